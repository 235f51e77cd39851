//! Exercises the whole driver against one's own network, and prints a report to paste, which has no SSID and no
//! password. Steps whose host is empty in the settings are skipped.
#![no_std]
#![no_main]

use atwifi_selftest::{MESSAGES, SOCKETS, Settings, run};
use defmt::{Display2Format, info};
use firmware::{entry, settings};

const SETTINGS: Settings = Settings {
    ssid: settings::SSID,
    password: settings::PASSWORD,
    peer: settings::PEER,
    time_server: settings::NTP_HOST,
    tls: settings::TLS_SERVER,
    ca: settings::TLS_CA,
    broker: (settings::MQTT_HOST, settings::MQTT_PORT),
    listen_port: settings::ECHO_PORT,
    link: if IS_SERIAL { "serial line" } else { "SPI" },
    // The chip select wakes it.
    can_wake: !IS_SERIAL,
};
const IS_SERIAL: bool = cfg!(feature = "uart");

#[entry]
fn main() -> ! {
    firmware::start_once::<SOCKETS, MESSAGES>(|wifi, pin, clock| {
        let (mut time, mut delay) = (clock, clock);
        run(
            wifi,
            &mut time,
            &SETTINGS,
            &mut |wifi| wifi.reset_by_pin(pin, &mut delay),
            &mut |line| info!("{}", Display2Format(&line)),
        );
    })
}
