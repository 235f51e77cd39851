//! Lists the Bluetooth LE devices around, connects to a thermometer among them, and logs what it measures.
//! An ST67W611M1 only.
#![no_std]
#![no_main]

use core::ops::ControlFlow;

use atwifi::Mac;
use atwifi::st67::ble::*;
use defmt::info;
use embedded_hal::delay::DelayNs;
use firmware::ble::{Error, Wifi, start};
use firmware::{Uptime, entry};

const ENVIRONMENT: Uuid = Uuid::Short(0x181a);
const TEMPERATURE: Uuid = Uuid::Short(0x2a6e);

#[entry]
fn main() -> ! {
    start(look)
}

fn look(wifi: &mut Wifi, clock: Uptime) -> Result<(), Error> {
    let mut ble = wifi.bluetooth(&BleConfig::new(Role::Client))?;
    loop {
        let mut memory = [Mac([0; 6]); 16];
        let (mut seen, mut thermometer) = (Seen::new(&mut memory), None);
        ble.scan(wifi, &BleScan::new().with_duration_ms(2500), |found| {
            if let Some(name) = found.name().filter(|_| seen.is_new(found.peer)) {
                info!("{}, {} dBm: {=[u8]:a}", found.peer, found.rssi, name);
            }
            if found
                .fields()
                .any(|field| field == Field::Service(ENVIRONMENT))
            {
                thermometer = found.kind.known().map(|kind| (found.peer, kind));
            }
            ControlFlow::Continue(())
        })?;
        if let Some((peer, kind)) = thermometer {
            let connection = ble.connect(wifi, peer, kind, 5)?;
            listen(wifi, &mut ble, connection, clock)?;
            info!("it has gone");
        }
    }
}

/// Logs temperatures until the thermometer goes.
fn listen(
    wifi: &mut Wifi,
    ble: &mut Bluetooth<'_>,
    connection: Connection,
    mut clock: Uptime,
) -> Result<(), Error> {
    let mut temperature = None;
    ble.discover(wifi, connection, |found| {
        if let Found::Characteristic(remote) = found {
            temperature = Some(*remote).filter(|remote| remote.uuid == TEMPERATURE);
        }
        temperature.map_or(ControlFlow::Continue(()), |_| ControlFlow::Break(()))
    })?;
    if let Some(temperature) = &temperature {
        ble.subscribe(wifi, connection, temperature, Subscription::Notification)?;
    }
    let mut memory = [0; VALUE_MAX];
    loop {
        match ble.next(wifi, &mut memory)? {
            Some(Event::Notified {
                value: &[low, high],
                ..
            }) => {
                info!("{} hundredths of a degree", i16::from_le_bytes([low, high]));
            }
            Some(Event::Disconnected { .. }) => return Ok(()),
            Some(_) => {}
            None => clock.delay_ms(20),
        }
    }
}
