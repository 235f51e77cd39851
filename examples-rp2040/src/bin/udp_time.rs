//! Asks a time server for the time, once a minute.
#![no_std]
#![no_main]

use core::cell::RefCell;
use core::convert::Infallible;
use core::net::SocketAddr;

use atwifi::UdpSocket;
use defmt::{Debug2Format, error, info};
use embedded_hal::delay::DelayNs;
use embedded_nal::{AddrType, Dns, UdpClientStack, nb};
use firmware::settings::{NTP_HOST, NTP_PORT};
use firmware::{Error, Uptime, Wifi, entry};
use sntpc::{NtpContext, NtpTimestampGenerator, NtpUdpSocket, sync};

#[entry]
fn main() -> ! {
    firmware::start(|wifi, clock| {
        let Err(error) = run(wifi, clock);
        error!("{}", Debug2Format(&error));
    })
}

fn run(wifi: &mut Wifi, mut clock: Uptime) -> Result<Infallible, sntpc::Error> {
    let host = nb::block!(wifi.get_host_by_name(NTP_HOST, AddrType::IPv4)).map_err(report)?;
    let server = SocketAddr::new(host, NTP_PORT);
    let mut socket = wifi.socket().map_err(report)?;
    wifi.connect(&mut socket, server).map_err(report)?;
    let socket = Socket(RefCell::new((wifi, socket, clock)));
    loop {
        let time = sync::get_time(server, &socket, NtpContext::new(Unset))?;
        info!("{} s since 1970, says {}", time.sec(), NTP_HOST);
        clock.delay_ms(60_000);
    }
}

/// sntpc knows only that the network failed; this says how.
fn report(error: Error) -> sntpc::Error {
    error!("{}", error);
    sntpc::Error::Network
}

/// A socket as sntpc uses it.
struct Socket<'a, 'b>(RefCell<(&'a mut Wifi<'b>, UdpSocket, Uptime)>);

impl NtpUdpSocket for Socket<'_, '_> {
    async fn send_to(&self, request: &[u8], _server: SocketAddr) -> sntpc::Result<usize> {
        let (wifi, socket, _) = &mut *self.0.borrow_mut();
        nb::block!(wifi.send(socket, request)).map_err(report)?;
        Ok(request.len())
    }

    async fn recv_from(&self, into: &mut [u8]) -> sntpc::Result<(usize, SocketAddr)> {
        let (wifi, socket, clock) = &mut *self.0.borrow_mut();
        for _ in 0..500 {
            match wifi.receive(socket, into) {
                Err(nb::Error::WouldBlock) => clock.delay_ms(10),
                Err(nb::Error::Other(error)) => return Err(report(error)),
                Ok(answer) => return Ok(answer),
            }
        }
        Err(report(Error::Timeout))
    }
}

/// A clock that does not know the time yet.
#[derive(Clone, Copy)]
struct Unset;

impl NtpTimestampGenerator for Unset {
    fn init(&mut self) {}
    fn timestamp_sec(&self) -> u64 {
        0
    }
    fn timestamp_subsec_micros(&self) -> u32 {
        0
    }
}
