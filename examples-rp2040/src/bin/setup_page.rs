//! First-time set-up: on the module's own access point a page asks for the network to join.
#![no_std]
#![no_main]

use atwifi::portal::Ports;
use atwifi::{AccessPointConfig, LinkState};
use atwifi_setup::set_up;
use defmt::{error, info, warn};
use embedded_hal::delay::DelayNs;
use firmware::settings::{SETUP_DNS_PORT, SETUP_HTTP_PORT, SETUP_PASSWORD, SETUP_SSID};
use firmware::{Error, Uptime, Wifi, entry};

const PORTS: Ports = Ports {
    http: SETUP_HTTP_PORT,
    dns: SETUP_DNS_PORT,
};

/// The ST67 is an access point beside its station, the Microchip module one or the other.
const IS_BESIDE: bool = !cfg!(feature = "microchip");

#[entry]
fn main() -> ! {
    // For the page, for the names, for who asks for the page.
    firmware::start_unjoined::<3>(|wifi, clock| match run(wifi, clock) {
        Ok(()) => warn!("the link is lost"),
        Err(error) => error!("{}", error),
    })
}

/// Is told which network to join, and stays there until the link is lost. A product keeps what it was
/// told, and asks only if that does not work.
fn run(wifi: &mut Wifi, mut clock: Uptime) -> Result<(), Error> {
    let access_point = AccessPointConfig::new(SETUP_SSID.as_bytes(), SETUP_PASSWORD.as_bytes());
    let mut wait = clock;
    let address = set_up(wifi, &access_point, PORTS, IS_BESIDE, || wait.delay_ms(20))?;
    info!("set up: {}", address);
    while wifi.link_state()? == LinkState::Up {
        clock.delay_ms(1000);
    }
    Ok(())
}
