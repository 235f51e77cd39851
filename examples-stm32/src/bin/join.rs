//! Joins the access point, and joins it again when the link is lost.
#![no_std]
#![no_main]

use core::convert::Infallible;

use atwifi::LinkState;
use defmt::{Debug2Format, error, info, warn};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use firmware::board::Uptime;
use firmware::settings::{PASSWORD, SSID};
use firmware::{Board, Error, Wifi, entry};

#[entry]
fn main() -> ! {
    let mut board = Board::take();
    let (mut line, mut read_ahead) = ([0; 640], [[0; 512]; 1]);
    let wifi = Wifi::new(board.uart, board.clock, &mut line, &mut read_ahead);
    let mut wifi = wifi.expect("the buffers suffice");
    loop {
        let Err(error) = run(&mut wifi, &mut board.reset, board.clock);
        error!("{}; once more", error);
        board.clock.delay_ms(1000);
    }
}

/// Switches the module off and on, and stays in the network until something goes wrong.
fn run(
    wifi: &mut Wifi,
    reset: &mut impl OutputPin,
    mut clock: Uptime,
) -> Result<Infallible, Error> {
    wifi.reset_by_pin(reset, &mut clock)?;
    loop {
        let address = wifi.join(SSID, PASSWORD)?;
        info!("joined {} as {}", SSID, Debug2Format(&address));
        while wifi.link_state()? == LinkState::Up {
            clock.delay_ms(1000);
        }
        warn!("the link is lost");
    }
}
