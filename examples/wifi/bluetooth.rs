//! Bluetooth LE of an ST67.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use atwifi::dialect::Dialect;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::st67::ble::{
    Advertised, Advertising, AdvertisingData, At, BleConfig, BleScan, Characteristic, Event, Field,
    Properties, Role, Service, Table, Uuid, VALUE_MAX,
};
use atwifi::{Error, Transport};
use clap::Args;

use crate::Wifi;

const ENVIRONMENT: Uuid = Uuid::Short(0x181a);
static TABLE: Table = Table::new(&[Service::new(
    ENVIRONMENT,
    &[Characteristic::new(
        Uuid::Short(0x2a6e),
        Properties::READ.and(Properties::NOTIFY),
    )],
)])
.expect("there is room for it");
const TEMPERATURE: At = At::new(0, 0).expect("the table has it");
const DATA: AdvertisingData = AdvertisingData::new()
    .with_flags(AdvertisingData::DISCOVERABLE)
    .with_service(ENVIRONMENT)
    .with_name(b"atwifi demo");

#[derive(Args)]
pub struct Ble {
    /// For how many seconds to look around, and to be a thermometer then.
    #[arg(long, default_value_t = 3)]
    seconds: u32,
}

/// A module that may have Bluetooth LE.
pub trait HasBluetooth: Dialect {
    fn bluetooth<T: Transport>(wifi: &mut Wifi<'_, Self, T>, job: &Ble) -> Result<()>
    where
        T::Error: Send + Sync + 'static;
}

impl HasBluetooth for Microchip {
    fn bluetooth<T: Transport>(_: &mut Wifi<'_, Self, T>, _: &Ble) -> Result<()> {
        bail!("this module has no Bluetooth")
    }
}

impl HasBluetooth for St67 {
    fn bluetooth<T: Transport>(wifi: &mut Wifi<'_, Self, T>, job: &Ble) -> Result<()>
    where
        T::Error: Send + Sync + 'static,
    {
        look_around(wifi, job.seconds)?;
        serve(wifi, job.seconds)
    }
}

fn look_around<T: Transport>(wifi: &mut Wifi<'_, St67, T>, seconds: u32) -> Result<()>
where
    T::Error: Send + Sync + 'static,
{
    let mut ble = wifi.bluetooth(&BleConfig::new(Role::Client))?;
    let scan = BleScan::new().with_duration_ms(seconds * 1000);
    let found = ble.scan(wifi, &scan, |found| {
        println!("{}", line(found));
        ControlFlow::Continue(())
    })?;
    eprintln!("{found} advertisements");
    ble.switch_off(wifi)?;
    Ok(())
}

/// What a device tells, in a line.
fn line(found: &Advertised) -> String {
    let fields = found.fields().map(|field| match field {
        Field::Name(name) | Field::ShortName(name) => format!(" \"{}\"", name.escape_ascii()),
        other => format!(" {other:02x?}"),
    });
    let fields: String = fields.collect();
    format!("{} {:4} dBm{fields}", found.peer, found.rssi)
}

fn serve<T: Transport>(wifi: &mut Wifi<'_, St67, T>, seconds: u32) -> Result<()>
where
    T::Error: Send + Sync + 'static,
{
    let mut ble = wifi.bluetooth(&BleConfig::new(Role::Server))?;
    ble.serve(wifi, &TABLE)?;
    ble.advertise(wifi, &Advertising::new(DATA))?;
    println!("advertising");
    let end = Instant::now() + Duration::from_secs(seconds.into());
    let mut client = None;
    let mut memory = [0; VALUE_MAX];
    while Instant::now() < end {
        match ble.next(wifi, &mut memory)? {
            None => thread::sleep(Duration::from_millis(10)),
            Some(event) => {
                println!("{event:?}");
                match event {
                    Event::Connected { connection, .. } => client = Some(connection),
                    Event::Subscribed { is_on: true, .. } | Event::Read { .. } => {
                        let hundredths = (wifi.temperature()? / 10) as i16;
                        ble.set(wifi, TEMPERATURE, &hundredths.to_le_bytes())?;
                        if let Some(client) = client {
                            let told =
                                ble.notify(wifi, client, TEMPERATURE, &hundredths.to_le_bytes());
                            match told {
                                // It has not subscribed.
                                Err(Error::Module(_)) => {}
                                told => told?,
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    ble.switch_off(wifi)?;
    Ok(())
}
