//! A thermometer that phones connect to by Bluetooth LE: it is read, tells of what it measures, and is told
//! how often. An ST67W611M1 only.
#![no_std]
#![no_main]

use atwifi::st67::ble::*;
use defmt::info;
use embedded_hal::delay::DelayNs;
use firmware::ble::{Error, Wifi, start};
use firmware::{Uptime, entry};

const TOLD: Properties = Properties::READ.and(Properties::NOTIFY);
/// The temperature in hundredths of a degree, and every how many milliseconds it is measured.
static TABLE: Table = Table::new(&[Service::new(
    Uuid::Short(0x181a),
    &[
        Characteristic::new(Uuid::Short(0x2a6e), TOLD),
        Characteristic::new(Uuid::Short(0x2a21), Properties::WRITE),
    ],
)])
.expect("there is room for it");
const TEMPERATURE: At = At::new(0, 0).expect("the table has it");
const INTERVAL: At = At::new(0, 1).expect("the table has it");
const DATA: AdvertisingData = AdvertisingData::new()
    .with_flags(AdvertisingData::DISCOVERABLE)
    .with_service(Uuid::Short(0x181a))
    .with_name(b"atwifi sensor");

const TICK_MS: u32 = 20;

#[entry]
fn main() -> ! {
    start(serve)
}

fn serve(wifi: &mut Wifi, mut clock: Uptime) -> Result<(), Error> {
    let mut ble = wifi.bluetooth(&BleConfig::new(Role::Server).with_name(b"atwifi sensor"))?;
    ble.serve(wifi, &TABLE)?;
    ble.advertise(wifi, &Advertising::new(DATA))?;
    info!("advertising");
    let (mut client, mut is_subscribed, mut interval, mut waited) = (None, false, 1000, 0);
    loop {
        let mut memory = [0; VALUE_MAX];
        while let Some(event) = ble.next(wifi, &mut memory)? {
            match event {
                Event::Connected { connection, peer } => {
                    info!("connected: {}", peer);
                    (client, is_subscribed) = (Some(connection), false);
                }
                Event::Disconnected { .. } => client = None,
                Event::Subscribed { is_on, .. } => is_subscribed = is_on,
                Event::Written {
                    at: INTERVAL,
                    value: &[low, high],
                    ..
                } => {
                    interval = u32::from(u16::from_le_bytes([low, high]));
                    info!("every {} ms", interval);
                }
                _ => {}
            }
        }
        clock.delay_ms(TICK_MS);
        waited += TICK_MS;
        if waited >= interval {
            waited = 0;
            // What the module's own chip has; a product has a sensor.
            let hundredths = (wifi.temperature()? / 10) as i16;
            ble.set(wifi, TEMPERATURE, &hundredths.to_le_bytes())?;
            if let Some(client) = client.filter(|_| is_subscribed) {
                let told = ble.notify(wifi, client, TEMPERATURE, &hundredths.to_le_bytes());
                // Where it has gone, `next` will tell.
                if !matches!(told, Err(Error::Closed(_) | Error::Module(_))) {
                    told?;
                    info!("told of {}", hundredths);
                }
            }
        }
    }
}
