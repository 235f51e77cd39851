//! Updates the firmware of an ST67W611M1: fetches an image from a web server, and hands it to the module as
//! it comes.
#![no_std]
#![no_main]
#![cfg_attr(feature = "microchip", allow(dead_code, unused_imports))]

use core::net::SocketAddr;

use atwifi::{Closed, Image, WaitTcp};
use defmt::{error, info};
use embedded_hal::delay::DelayNs;
use embedded_io::Write;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use firmware::http::{self, Head};
use firmware::settings::{HTTP_HOST, HTTP_PORT, UPDATE_PATH};
use firmware::{Error, Uptime, Wifi, entry};

/// How long the server is waited for (ms).
const PATIENCE: u32 = 30_000;

#[entry]
fn main() -> ! {
    firmware::start(|wifi, clock| match update(wifi) {
        Ok(()) => rest(clock),
        Err(error) => error!("{}", error),
    })
}

/// There is nothing more to do.
fn rest(mut clock: Uptime) {
    loop {
        clock.delay_ms(10_000);
    }
}

#[cfg(feature = "microchip")]
fn update(_: &mut Wifi) -> Result<(), Error> {
    info!("the firmware of this module is updated by its vendor's tool");
    Ok(())
}

#[cfg(not(feature = "microchip"))]
fn update(wifi: &mut Wifi) -> Result<(), Error> {
    info!("firmware {}", wifi.versions()?.firmware);
    let host = nb::block!(wifi.get_host_by_name(HTTP_HOST, AddrType::IPv4))?;
    let mut socket = wifi.socket()?;
    nb::block!(wifi.connect(&mut socket, SocketAddr::new(host, HTTP_PORT)))?;
    http::request(wifi, &mut socket, HTTP_HOST, UPDATE_PATH)?;

    let mut part = [0; 4096];
    let mut update = atwifi::st67::Update::new(&mut part).map_err(Error::Usage)?;
    let (mut head, mut tenths) = (Head::default(), 0);
    let mut buffer = [0; 1024];
    loop {
        wifi.wait_readable(&mut socket, PATIENCE)?;
        let received = match wifi.receive(&mut socket, &mut buffer) {
            Ok(n) => &buffer[..n],
            Err(nb::Error::WouldBlock) => continue,
            Err(nb::Error::Other(Error::Closed(Closed::ByPeer))) => break,
            Err(nb::Error::Other(error)) => return Err(error),
        };
        // What is no image is refused before anything of it is sent.
        update.writer(wifi).write_all(head.skip(received))?;
        if let Some(&Image { length, .. }) = update.image() {
            let done = update.sent() / (length / 10).max(1);
            if done > tenths {
                info!("{} of {} bytes", update.sent(), length);
            }
            tenths = done;
        }
    }
    wifi.close(socket)?;
    let versions = update.finish(wifi)?;
    info!("updated: {}", versions.firmware);
    Ok(())
}
