//! Saving power.

use std::convert::Infallible;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use atwifi::dialect::Dialect;
use atwifi::{Error, Event, PowerSave, Transport, Usage};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{ErrorType, OutputPin};

use crate::{ModuleOptions, Wifi, join};

/// From the pin to the first byte that a module hears (ms): more than enough.
pub const SETTLE: u32 = 50;

/// The module's wake-up input.
pub struct WakePin(pub Box<dyn FnMut(bool)>);

impl ErrorType for WakePin {
    type Error = Infallible;
}

impl OutputPin for WakePin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        (self.0)(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        (self.0)(true);
        Ok(())
    }
}

pub struct Delay;

impl DelayNs for Delay {
    fn delay_ns(&mut self, ns: u32) {
        thread::sleep(Duration::from_nanos(ns.into()));
    }
}

/// Sleeps in the network, or, where the module cannot, without one until its button is pressed.
pub fn sleep<D: Dialect, T: Transport>(
    wifi: &mut Wifi<'_, D, T>,
    options: &ModuleOptions,
    seconds: u64,
) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    join(wifi, options)?;
    match wifi.start_power_save(&PowerSave::new().with_dtim(3)) {
        Err(Error::Usage(Usage::Unsupported(_))) => return sleep_deeply(wifi, options),
        other => other?,
    }
    println!("it sleeps between beacons for {seconds} s");
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        match wifi.poll()? {
            None => thread::sleep(Duration::from_millis(10)),
            Some(event) => println!("{event:?}"),
        }
    }
    let asked = Instant::now();
    let station = wifi.station()?.context("it has lost its network")?;
    let ssid = station.ssid.as_bytes().escape_ascii();
    println!(
        "woken and asked in {} ms: in \"{ssid}\"",
        asked.elapsed().as_millis()
    );
    wifi.stop_power_save()?;
    Ok(())
}

fn sleep_deeply<D: Dialect, T: Transport>(
    wifi: &mut Wifi<'_, D, T>,
    options: &ModuleOptions,
) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    drop(wifi.deep_sleep()?);
    println!("it sleeps until its button is pressed");
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        match wifi.poll()? {
            None => thread::sleep(Duration::from_millis(10)),
            Some(Event::ModuleReset) => {
                println!("it has been woken");
                return join(wifi, options);
            }
            Some(event) => println!("{event:?}"),
        }
    }
    bail!("nobody has pressed its button")
}
