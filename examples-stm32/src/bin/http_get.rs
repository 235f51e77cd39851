//! Fetches a page every ten seconds and says what it is: its length and its SHA-256.
#![no_std]
#![no_main]

use core::convert::Infallible;
use core::net::SocketAddr;
use core::str;

use atwifi::Stream;
use defmt::{error, info};
use embedded_hal::delay::DelayNs;
use embedded_io::{Read, ReadExactError, Write};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use firmware::settings::{HTTP_HOST, HTTP_PORT};
use firmware::{Error, Uptime, Wifi, entry};
use sha2::{Digest, Sha256};

#[entry]
fn main() -> ! {
    firmware::start(|wifi, clock| {
        let Err(error) = run(wifi, clock);
        error!("{}", error);
    })
}

fn run(wifi: &mut Wifi, mut clock: Uptime) -> Result<Infallible, ReadExactError<Error>> {
    loop {
        get(wifi)?;
        clock.delay_ms(10_000);
    }
}

fn get(wifi: &mut Wifi) -> Result<(), ReadExactError<Error>> {
    let host = nb::block!(wifi.get_host_by_name(HTTP_HOST, AddrType::IPv4))?;
    let mut socket = wifi.socket()?;
    nb::block!(wifi.connect(&mut socket, SocketAddr::new(host, HTTP_PORT)))?;
    let mut server = Stream::new(wifi, socket, [0; 128]);

    // Small writes are gathered; the first read sends them.
    for part in ["GET / HTTP/1.0\r\nHost: ", HTTP_HOST, "\r\n\r\n"] {
        server.write_all(part.as_bytes())?;
    }
    let mut status = [0; 12];
    server.read_exact(&mut status)?;
    let mut last = [0; 4];
    while last != *b"\r\n\r\n" {
        last.rotate_left(1);
        server.read_exact(&mut last[3..])?;
    }

    let (mut hash, mut length) = (Sha256::new(), 0);
    let mut buffer = [0; 2048];
    loop {
        match server.read(&mut buffer)? {
            0 => break,
            n => {
                hash.update(&buffer[..n]);
                length += n;
            }
        }
    }
    let hash: [u8; 32] = hash.finalize().into();
    let status = str::from_utf8(&status).unwrap_or("?");
    info!("{}: {} bytes, SHA-256 {=[u8]:02x}", status, length, hash);
    let (wifi, socket) = server.into_parts();
    Ok(wifi.close(socket)?)
}
