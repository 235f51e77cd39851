//! Sends everybody who connects back what they send.
#![no_std]
#![no_main]

use core::convert::Infallible;

use atwifi::{Stream, TcpSocket};
use defmt::{Debug2Format, error, info, warn};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_io::{Read, Write};
use embedded_nal::{TcpClientStack, TcpFullStack, nb};
use firmware::board::Uptime;
use firmware::settings::{ECHO_PORT, PASSWORD, SSID};
use firmware::{Board, Error, Wifi, entry};

#[entry]
fn main() -> ! {
    let mut board = Board::take();
    // One buffer for the socket that listens, one for its client.
    let (mut line, mut read_ahead) = ([0; 640], [[0; 64]; 2]);
    let wifi = Wifi::new(board.uart, board.clock, &mut line, &mut read_ahead);
    let mut wifi = wifi.expect("the buffers suffice");
    loop {
        let Err(error) = run(&mut wifi, &mut board.reset, board.clock);
        error!("{}; once more", error);
        board.clock.delay_ms(1000);
    }
}

/// Switches the module off and on, joins, and serves one client after the other until something
/// goes wrong.
fn run(
    wifi: &mut Wifi,
    reset: &mut impl OutputPin,
    mut clock: Uptime,
) -> Result<Infallible, Error> {
    wifi.reset_by_pin(reset, &mut clock)?;
    // The sockets that were open when something went wrong.
    wifi.release_sockets()?;
    let address = wifi.join(SSID, PASSWORD)?;
    let mut listener = wifi.socket()?;
    wifi.bind(&mut listener, ECHO_PORT)?;
    wifi.listen(&mut listener)?;
    info!("listening on {}:{}", Debug2Format(&address), ECHO_PORT);
    loop {
        match wifi.accept(&mut listener) {
            Ok((client, address)) => {
                info!("{} has connected", Debug2Format(&address));
                echo(wifi, client)?;
            }
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
