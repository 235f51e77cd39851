//! First-time set-up over Bluetooth LE: a phone or a browser hands over the network to join, by the Improv
//! Wi-Fi protocol. An ST67W611M1 only.
#![no_std]
#![no_main]

use atwifi::LinkState;
use atwifi_improv::{Device, set_up};
use defmt::{info, warn};
use embedded_hal::delay::DelayNs;
use firmware::ble::{self, Error, Wifi};
use firmware::{Uptime, entry};

const DEVICE: Device = Device {
    name: "atwifi improv",
    firmware: "improv",
    version: env!("CARGO_PKG_VERSION"),
    hardware: "ST67W611M1",
};

#[entry]
fn main() -> ! {
    ble::start(run)
}

/// Is told which network to join, and stays there until the link is lost. A product keeps what it was
/// told, and asks only if that does not work.
fn run(wifi: &mut Wifi, mut clock: Uptime) -> Result<(), Error> {
    let mut wait = clock;
    // A product blinks.
    let identify = || info!("here I am");
    info!("waiting to be set up");
    let (_, address) = set_up(wifi, &DEVICE, identify, || wait.delay_ms(20))?;
    info!("set up: {}", address);
    while wifi.link_state()? == LinkState::Up {
        clock.delay_ms(1000);
    }
    warn!("the link is lost");
    Ok(())
}
