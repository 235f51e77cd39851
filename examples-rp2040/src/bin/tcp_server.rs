//! Sends everybody who connects back what they send.
#![no_std]
#![no_main]

use core::convert::Infallible;

use atwifi::{Stream, TcpSocket};
use defmt::{error, info, warn};
use embedded_hal::delay::DelayNs;
use embedded_io::{Read, Write};
use embedded_nal::{TcpClientStack, TcpFullStack, nb};
use firmware::settings::ECHO_PORT;
use firmware::{Error, Uptime, Wifi, entry};

#[entry]
fn main() -> ! {
    firmware::start(|wifi, clock| {
        let Err(error) = run(wifi, clock);
        error!("{}", error);
    })
}

/// Serves one client after the other.
fn run(wifi: &mut Wifi, mut clock: Uptime) -> Result<Infallible, Error> {
    let mut listener = wifi.socket()?;
    wifi.bind(&mut listener, ECHO_PORT)?;
    wifi.listen(&mut listener)?;
    info!("listening on port {}", ECHO_PORT);
    loop {
        match wifi.accept(&mut listener) {
            Ok((client, _)) => echo(wifi, client)?,
            Err(nb::Error::WouldBlock) => clock.delay_ms(10),
            Err(nb::Error::Other(error)) => return Err(error),
        }
    }
}

fn echo(wifi: &mut Wifi, client: TcpSocket) -> Result<(), Error> {
    // Nothing is gathered: what is read is sent at once.
    let mut client = Stream::new(wifi, client, []);
    let (mut buffer, mut total) = ([0; 2048], 0);
    loop {
        let echoed = match client.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => client.write_all(&buffer[..n]).map(|()| total += n),
            Err(error) => Err(error),
        };
        // The end of this client; if it is that of the module too, `accept` says so.
        if let Err(error) = echoed {
            warn!("{}", error);
            break;
        }
    }
    info!("{} bytes sent back", total);
    let (wifi, client) = client.into_parts();
    wifi.close(client)
}
