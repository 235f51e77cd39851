//! Asks a time server for the time, once a minute.
#![no_std]
#![no_main]

use core::cell::RefCell;
use core::convert::Infallible;
use core::net::SocketAddr;

use atwifi::UdpSocket;
use defmt::{Debug2Format, error, info};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_nal::{AddrType, Dns, UdpClientStack, nb};
use firmware::board::Uptime;
use firmware::settings::{NTP_HOST, NTP_PORT, PASSWORD, SSID};
use firmware::{Board, Error, Wifi, entry};
use sntpc::{NtpContext, NtpTimestampGenerator, NtpUdpSocket, sync};

#[entry]
fn main() -> ! {
    let mut board = Board::take();
    let (mut line, mut read_ahead) = ([0; 640], [[0; 64]; 1]);
    let wifi = Wifi::new(board.uart, board.clock, &mut line, &mut read_ahead);
    let mut wifi = wifi.expect("the buffers suffice");
    loop {
        let Err(error) = run(&mut wifi, &mut board.reset, board.clock);
        error!("{}; once more", Debug2Format(&error));
        board.clock.delay_ms(1000);
    }
}

/// Switches the module off and on, joins, and asks for the time until something goes wrong.
fn run(
    wifi: &mut Wifi,
    reset: &mut impl OutputPin,
    mut clock: Uptime,
) -> Result<Infallible, sntpc::Error> {
    wifi.reset_by_pin(reset, &mut clock).map_err(report)?;
    // The socket that was open when something went wrong.
    wifi.release_sockets().map_err(report)?;
    let address = wifi.join(SSID, PASSWORD).map_err(report)?;
    info!("joined {} as {}", SSID, Debug2Format(&address));
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
