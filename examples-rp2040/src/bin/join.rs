//! Joins the access point, and joins it again when the link is lost.
#![no_std]
#![no_main]

use atwifi::LinkState;
use defmt::{error, warn};
use embedded_hal::delay::DelayNs;
use firmware::{Error, Uptime, Wifi, entry};

#[entry]
fn main() -> ! {
    firmware::start(|wifi, clock| match stay(wifi, clock) {
        Ok(()) => warn!("the link is lost"),
        Err(error) => error!("{}", error),
    })
}

/// Looks at the link once a second until it is lost.
fn stay(wifi: &mut Wifi, mut clock: Uptime) -> Result<(), Error> {
    while wifi.link_state()? == LinkState::Up {
        clock.delay_ms(1000);
    }
    Ok(())
}
