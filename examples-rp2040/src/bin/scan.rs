//! Lists the access points around, the strongest of each network, every ten seconds.
#![no_std]
#![no_main]

use core::ops::ControlFlow;

use atwifi::{ScanOptions, Strongest};
use defmt::{error, info};
use embedded_hal::delay::DelayNs;
use firmware::{Error, Uptime, Wifi, entry};

/// How many are shown.
const SHOWN: usize = 5;

#[entry]
fn main() -> ! {
    firmware::start(|wifi, clock| {
        if let Err(error) = list(wifi, clock) {
            error!("{}", error);
        }
    })
}

fn list(wifi: &mut Wifi, mut clock: Uptime) -> Result<(), Error> {
    loop {
        let mut strongest = Strongest::<SHOWN>::new();
        let scanned = wifi.scan(&ScanOptions::new(), |found| {
            strongest.take(found);
            ControlFlow::Continue(())
        })?;
        for found in &strongest {
            info!("{}", found);
        }
        info!("{} access points found", scanned.found);
        clock.delay_ms(10_000);
    }
}
