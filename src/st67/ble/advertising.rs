//! What a server or a beacon lets everybody know.

use super::Bluetooth;
use crate::clock::Clock;
use crate::driver::dialect::Outcome;
use crate::error::{Fault, Usage};
use crate::st67::command::ble::{AdvertisingKind, Uuid};
use crate::st67::{Error, Module, Status, Subcategory};
use crate::transport::Transport;

/// The most that is advertised at once, in bytes.
const LENGTH: usize = 31;

/// The intervals that there are, in steps of 0.625 ms (reference 6.1.7).
const INTERVALS: [i32; 2] = [0x20, 0x4000];

/// The types of structures in an advertisement, as the Bluetooth SIG has assigned them.
pub(super) mod kind {
    pub const FLAGS: u8 = 0x01;
    pub const SOME_SHORT: u8 = 0x02;
    pub const ALL_SHORT: u8 = 0x03;
    pub const SOME_LONG: u8 = 0x06;
    pub const ALL_LONG: u8 = 0x07;
    pub const SHORT_NAME: u8 = 0x08;
    pub const NAME: u8 = 0x09;
    pub const POWER: u8 = 0x0a;
    pub const SHORT_DATA: u8 = 0x16;
    pub const APPEARANCE: u8 = 0x19;
    pub const LONG_DATA: u8 = 0x21;
    pub const MANUFACTURER: u8 = 0xff;
}

/// What is advertised, or answered to scanners: up to 31 bytes of structures, which can be put together
/// when the program is compiled.
///
/// ```
/// use atwifi::st67::ble::{AdvertisingData, Uuid};
///
/// const DATA: AdvertisingData = AdvertisingData::new()
///     .with_flags(AdvertisingData::DISCOVERABLE)
///     .with_service(Uuid::Short(0x181a))
///     .with_name(b"sensor-17");
/// const { assert!(DATA.fits()) };
/// assert_eq!(DATA.as_bytes(), b"\x02\x01\x06\x03\x03\x1a\x18\x0a\x09sensor-17");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvertisingData {
    bytes: [u8; LENGTH],
    length: usize,
}

impl AdvertisingData {
    /// Can be found by everybody, and speaks Bluetooth LE alone.
    pub const DISCOVERABLE: u8 = 6;

    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        AdvertisingData {
            bytes: [0; LENGTH],
            length: 0,
        }
    }

    /// Flags, such as [`DISCOVERABLE`](Self::DISCOVERABLE): 3 bytes. A server has them.
    #[must_use]
    pub const fn with_flags(self, flags: u8) -> Self {
        self.with_structure(kind::FLAGS, &[], &[flags])
    }

    /// The name: 2 bytes more than it has.
    #[must_use]
    pub const fn with_name(self, name: &[u8]) -> Self {
        self.with_structure(kind::NAME, &[], name)
    }

    /// The beginning of the name.
    #[must_use]
    pub const fn with_short_name(self, name: &[u8]) -> Self {
        self.with_structure(kind::SHORT_NAME, &[], name)
    }

    /// One of the services: 4 or 18 bytes.
    #[must_use]
    pub const fn with_service(self, uuid: Uuid) -> Self {
        match uuid {
            Uuid::Short(uuid) => self.with_structure(kind::ALL_SHORT, &uuid.to_le_bytes(), &[]),
            Uuid::Long(uuid) => self.with_structure(kind::ALL_LONG, &reversed(uuid), &[]),
        }
    }

    /// Data of a service: 4 or 18 bytes more than it has.
    #[must_use]
    pub const fn with_service_data(self, uuid: Uuid, data: &[u8]) -> Self {
        match uuid {
            Uuid::Short(uuid) => self.with_structure(kind::SHORT_DATA, &uuid.to_le_bytes(), data),
            Uuid::Long(uuid) => self.with_structure(kind::LONG_DATA, &reversed(uuid), data),
        }
    }

    /// Data of the company with this number: 4 bytes more than it has.
    #[must_use]
    pub const fn with_manufacturer(self, company: u16, data: &[u8]) -> Self {
        self.with_structure(kind::MANUFACTURER, &company.to_le_bytes(), data)
    }

    /// What the device looks like, by the number that the Bluetooth SIG has assigned: 4 bytes.
    #[must_use]
    pub const fn with_appearance(self, appearance: u16) -> Self {
        self.with_structure(kind::APPEARANCE, &appearance.to_le_bytes(), &[])
    }

    /// How strongly the device sends, in dBm: 3 bytes.
    #[must_use]
    pub const fn with_power(self, dbm: i8) -> Self {
        self.with_structure(kind::POWER, &dbm.to_le_bytes(), &[])
    }

    /// Any structure of this type: 2 bytes more than it has.
    #[must_use]
    pub const fn with_other(self, kind: u8, data: &[u8]) -> Self {
        self.with_structure(kind, &[], data)
    }

    const fn with_structure(mut self, kind: u8, first: &[u8], data: &[u8]) -> Self {
        self = self.with_byte((1 + first.len() + data.len()) as u8);
        self = self.with_byte(kind);
        self.with_bytes(first).with_bytes(data)
    }

    const fn with_bytes(mut self, mut bytes: &[u8]) -> Self {
        while let [byte, rest @ ..] = bytes {
            self = self.with_byte(*byte);
            bytes = rest;
        }
        self
    }

    const fn with_byte(mut self, byte: u8) -> Self {
        if self.length < LENGTH {
            self.bytes[self.length] = byte;
        }
        self.length += 1;
        self
    }

    /// Whether it is no longer than 31 bytes.
    #[must_use]
    pub const fn fits(&self) -> bool {
        self.length <= LENGTH
    }

    /// What goes on the air.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }
}

impl Default for AdvertisingData {
    fn default() -> Self {
        Self::new()
    }
}

/// A UUID of 128 bits, as it goes on the air.
const fn reversed(uuid: [u8; 16]) -> [u8; 16] {
    u128::from_be_bytes(uuid).to_le_bytes()
}

/// How a module advertises, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advertising {
    /// What everybody hears.
    pub data: AdvertisingData,
    /// What is answered to who asks. The reference wants the name to be the second structure in it (6.1.6).
    pub response: AdvertisingData,
    /// What others may do.
    pub kind: AdvertisingKind,
    /// How often, in milliseconds: 20 to 10 240, which are rounded to steps of 0.625 ms.
    pub interval_ms: u16,
    /// Whether to go on when a connection has ended. Firmware before 2.0.106 does so by itself, later
    /// firmware does not; [`next`](Bluetooth::next) tells it what it does not do by itself.
    pub goes_on: bool,
}

impl Advertising {
    /// Ten times a second, for whoever wants to connect, and again when they have gone.
    #[must_use]
    pub const fn new(data: AdvertisingData) -> Self {
        Advertising {
            data,
            response: AdvertisingData::new(),
            kind: AdvertisingKind::Connectable,
            interval_ms: 100,
            goes_on: true,
        }
    }

    /// The same, with this answer to scanners.
    #[must_use]
    pub const fn with_response(self, response: AdvertisingData) -> Self {
        Advertising { response, ..self }
    }

    /// The same for a beacon, or for scanners alone.
    #[must_use]
    pub const fn with_kind(self, kind: AdvertisingKind) -> Self {
        Advertising { kind, ..self }
    }

    /// The same, this often.
    #[must_use]
    pub const fn with_interval_ms(self, interval_ms: u16) -> Self {
        Advertising {
            interval_ms,
            ..self
        }
    }

    /// The same, for one connection only.
    #[must_use]
    pub const fn once(self) -> Self {
        Advertising {
            goes_on: false,
            ..self
        }
    }

    /// The interval in steps of 0.625 ms.
    fn steps(&self) -> Result<u32, Usage> {
        /// 2^16 / 0.625: a core without a division has a long one in its library.
        const STEPS: u32 = 104_858;
        match self.interval_ms {
            ms @ 20..=10_240 => Ok((u32::from(ms) * STEPS) >> 16),
            _ => Err(Usage::OutOfRange {
                min: 20,
                max: 10_240,
            }),
        }
    }
}

/// What is to be done about advertising when a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    Nothing,
    /// It goes on, which the firmware may not do by itself.
    Start,
    /// It is over, though the firmware goes on by itself.
    Stop,
}

impl Bluetooth<'_> {
    /// Advertises from now on, until [`stop_advertising`](Self::stop_advertising) or a connection.
    ///
    /// # Errors
    /// [`Usage::TooLong`], before a byte is sent, if one of the two is longer than 31 bytes;
    /// [`Usage::OutOfRange`] for the interval.
    pub fn advertise<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        advertising: &Advertising,
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |ble, module| {
            let steps = advertising.steps().map_err(|usage| module.refuse(usage))?;
            if !advertising.data.fits() || !advertising.response.fits() {
                return Err(module.refuse(Usage::TooLong(LENGTH)));
            }
            module.tell("AT+BLEADVSTOP\r\n", &[])?;
            let kind = advertising.kind as u32;
            let [least, most] = INTERVALS.map(|steps| steps as u32);
            let steps = steps.clamp(least, most);
            module.tell("AT+BLEADVPARAM=#,#,#,7\r\n", &[steps, steps, kind])?;
            tell_data(module, "AT+BLEADVDATA=", &advertising.data)?;
            tell_data(module, "AT+BLESCANRSPDATA=", &advertising.response)?;
            module.tell("AT+BLEADVSTART\r\n", &[])?;
            ble.goes_on = Some(advertising.goes_on);
            ble.afterwards = Afterwards::Nothing;
            Ok(())
        })
    }

    /// Advertises no more. One that does not anyway is no error.
    pub fn stop_advertising<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |ble, module| {
            module.tell("AT+BLEADVSTOP\r\n", &[])?;
            ble.goes_on = None;
            ble.afterwards = Afterwards::Nothing;
            Ok(())
        })
    }

    /// A connection has ended.
    pub(super) fn settle_advertising(&mut self) {
        /// From here on firmware does not go on by itself.
        const STOPS: [u32; 3] = [2, 0, 106];
        let is_stopped = self.version >= STOPS;
        self.afterwards = match self.goes_on {
            // Whether it has to be told, only later firmware leaves no doubt.
            Some(true) => Afterwards::Start,
            Some(false) if !is_stopped => Afterwards::Stop,
            _ => Afterwards::Nothing,
        };
    }

    /// Does what is to be done, if anything.
    pub(super) fn advertise_afterwards<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
    ) -> Outcome {
        match self.afterwards {
            Afterwards::Nothing => return Ok(()),
            Afterwards::Stop => {
                module.prepare()?;
                module.tell("AT+BLEADVSTOP\r\n", &[])?;
            }
            Afterwards::Start => {
                module.prepare()?;
                start(module)?;
            }
        }
        self.afterwards = Afterwards::Nothing;
        Ok(())
    }
}

/// Starts to advertise; a module that does already is no error.
fn start<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    match module.tell("AT+BLEADVSTART\r\n", &[]) {
        Err(Fault::Refused) if does_already(module.session().refusal) => Ok(()),
        told => told,
    }
}

fn does_already(refusal: Status) -> bool {
    matches!(refusal, Status::Code(code) if code.subcategory() == Subcategory::NotAllowed)
}

fn tell_data<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    command: &str,
    data: &AdvertisingData,
) -> Outcome {
    let command = module.compose(command, &[]);
    command.hex(data.as_bytes()).put("\r\n", &[]);
    module.send_composed(module.timeouts.command)
}
