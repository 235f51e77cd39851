//! The services that the module brings along, besides those of the table: battery, immediate alert and
//! device information.

use super::{Bluetooth, Connection, DeviceInfo};
use crate::clock::Clock;
use crate::error::Usage;
use crate::st67::text::Rule;
use crate::st67::{Error, Module};
use crate::transport::Transport;

/// The longest text of the device information (reference 6.1.48).
const TEXT_MAX: usize = 21;

/// The numbers of a device, in its device information (reference 6.1.46).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeviceNumbers {
    /// Who has assigned the vendor's number: 1 the Bluetooth SIG, 2 the USB forum.
    pub vendor_source: u8,
    /// The vendor's number.
    pub vendor: u16,
    /// The product's number.
    pub product: u16,
    /// Its version.
    pub version: u16,
}

impl Bluetooth<'_> {
    /// Adds the battery service, whose level is 100 percent until it is [set](Self::set_battery).
    pub fn start_battery<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |_, module| module.tell("AT+BLEBASINIT\r\n", &[]))
    }

    /// Sets the level of the battery, in percent, and tells this client of it.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`] beyond 100.
    pub fn set_battery<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        percent: u8,
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            if percent > 100 {
                return Err(module.refuse(Usage::OutOfRange { min: 0, max: 100 }));
            }
            module.tell("AT+BLEBASLVLSET=#,#\r\n", &[index, percent.into()])
        })
    }

    /// Adds the immediate alert service: [`Event::Alert`](super::Event::Alert) tells of its level.
    pub fn start_alert<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |_, module| module.tell("AT+BLEIASINIT\r\n", &[]))
    }

    /// Adds the device information service, with these numbers.
    pub fn start_device_info<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        numbers: &DeviceNumbers,
    ) -> Result<(), Error<T::Error>> {
        let numbers = [
            numbers.vendor_source.into(),
            numbers.vendor.into(),
            numbers.product.into(),
            numbers.version.into(),
        ];
        self.on(module, |_, module| {
            module.tell("AT+BLEDISINIT=#,#,#,#\r\n", &numbers)
        })
    }

    /// Sets a text of the device information: 1 to 21 bytes.
    ///
    /// # Errors
    /// [`Usage::Empty`], [`Usage::TooLong`], [`Usage::Byte`].
    pub fn set_device_info<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        which: DeviceInfo,
        text: &[u8],
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |_, module| {
            if text.is_empty() {
                return Err(module.refuse(Usage::Empty));
            }
            let command = module.compose("AT+BLEDISSET=\"", &[]);
            command.put(which.name(), &[]).put("\",", &[]);
            command.text::<Rule>(text, TEXT_MAX);
            command.put(",#\r\n", &[text.len() as u32]);
            module.send_composed(module.timeouts.command)
        })
    }
}
