//! Which devices advertise.

use core::ops::ControlFlow;

use heapless::Vec;

use super::advertising::kind;
use super::{AddressKind, Bluetooth, Uuid};
use crate::clock::Clock;
use crate::driver::dialect::Outcome;
use crate::engine::gather::{Gather, Head};
use crate::error::Usage;
use crate::st67::event::{Event, ble_scanned};
use crate::st67::{Error, Module};
use crate::transport::Transport;
use crate::value::ip::digits_of;
use crate::value::{Mac, Reported};

/// The most that is advertised at once, in bytes.
const LENGTH: usize = 31;

/// What to scan for, and how.
///
/// ```
/// use atwifi::st67::ble::{BleScan, Uuid};
///
/// let heart_rate = BleScan::new()
///     .with_duration_ms(2000)
///     .with_service(Uuid::Short(0x180d))
///     .with_min_rssi(-80);
/// assert!(!heart_rate.is_passive);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BleScan<'a> {
    /// How long, in milliseconds. Default: 5000, as ST's host.
    pub duration_ms: u32,
    /// Only listen, and ask nobody for more.
    pub is_passive: bool,
    /// From one look to the next and how long it takes, in steps of 0.625 ms: 4 to 16 384. Default: 40
    /// both, without a pause.
    pub interval: u16,
    /// See `interval`.
    pub window: u16,
    /// Only what is received at least this strongly, in dBm.
    pub min_rssi: Option<i8>,
    /// Only what names this service, or has data of it.
    pub service: Option<Uuid>,
    /// Only what has this name, or what is told of it. Firmware tells of what a device answers, where most
    /// have their names, apart from what it advertises.
    pub name: Option<&'a [u8]>,
    /// Only this device.
    pub peer: Option<Mac>,
}

impl<'a> BleScan<'a> {
    /// Everything, for five seconds.
    #[must_use]
    pub const fn new() -> Self {
        BleScan {
            duration_ms: 5000,
            is_passive: false,
            interval: 40,
            window: 40,
            min_rssi: None,
            service: None,
            name: None,
            peer: None,
        }
    }

    /// The same, for so long.
    #[must_use]
    pub const fn with_duration_ms(self, duration_ms: u32) -> Self {
        BleScan {
            duration_ms,
            ..self
        }
    }

    /// The same, asking nobody.
    #[must_use]
    pub const fn passive(self) -> Self {
        BleScan {
            is_passive: true,
            ..self
        }
    }

    /// The same, for `window` of each `interval`, both in steps of 0.625 ms.
    #[must_use]
    pub const fn with_window(self, interval: u16, window: u16) -> Self {
        BleScan {
            interval,
            window,
            ..self
        }
    }

    /// The same, without what is weaker.
    #[must_use]
    pub const fn with_min_rssi(self, min_rssi: i8) -> Self {
        BleScan {
            min_rssi: Some(min_rssi),
            ..self
        }
    }

    /// The same, without what has not to do with this service.
    #[must_use]
    pub const fn with_service(self, service: Uuid) -> Self {
        BleScan {
            service: Some(service),
            ..self
        }
    }

    /// The same, without what does not have this name.
    #[must_use]
    pub const fn with_name(self, name: &'a [u8]) -> Self {
        BleScan {
            name: Some(name),
            ..self
        }
    }

    /// The same, for one device.
    #[must_use]
    pub const fn with_peer(self, peer: Mac) -> Self {
        BleScan {
            peer: Some(peer),
            ..self
        }
    }

    fn check(&self) -> Result<(), Usage> {
        let longest = i32::from(self.interval.min(0x4000));
        let fits = |steps: u16| (4..=0x4000).contains(&steps);
        match fits(self.interval) && fits(self.window) && self.window <= self.interval {
            true => Ok(()),
            false => Err(Usage::OutOfRange {
                min: 4,
                max: longest.max(4),
            }),
        }
    }

    fn wants(&self, found: &Advertised) -> bool {
        let names = |field: Field<'_>| match field {
            Field::Name(name) | Field::ShortName(name) => Some(name) == self.name,
            _ => false,
        };
        let serves = |field: Field<'_>| match (field, self.service) {
            (Field::Service(uuid) | Field::ServiceData(uuid, _), Some(wanted)) => uuid == wanted,
            _ => false,
        };
        self.min_rssi.is_none_or(|least| found.rssi >= least.into())
            && self.peer.is_none_or(|peer| found.peer == peer)
            && (self.service.is_none() || found.fields().any(serves))
            && (self.name.is_none() || found.fields().any(names))
    }
}

impl Default for BleScan<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// What a scan tells of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advertised {
    /// Its address.
    pub peer: Mac,
    /// The kind of that.
    pub kind: Reported<AddressKind>,
    /// How strongly it is received, in dBm.
    pub rssi: i16,
    data: Vec<u8, LENGTH>,
    response: Vec<u8, LENGTH>,
}

/// Up to 31 bytes, of hexadecimal digits.
fn bytes_of(digits: &[u8]) -> Option<Vec<u8, LENGTH>> {
    let mut bytes = Vec::new();
    for pair in digits.chunks(2) {
        bytes.push(digits_of(pair, 16, 2)? as u8).ok()?;
    }
    digits.len().is_multiple_of(2).then_some(bytes)
}

impl Advertised {
    /// What it advertises, up to 31 bytes. Empty where the module tells of its answer alone.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// What it answers to who asks, up to 31 bytes. Firmware tells of it apart from what is advertised.
    #[must_use]
    pub fn response(&self) -> &[u8] {
        &self.response
    }

    /// All that is in both.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        Fields::new(self.data()).chain(Fields::new(self.response()))
    }

    /// Its name, or what is told of it.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        self.fields().find_map(|field| match field {
            Field::Name(name) | Field::ShortName(name) => Some(name),
            _ => None,
        })
    }
}

/// What a structure of an advertisement tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field<'a> {
    /// Whether it can be found, and what it speaks.
    Flags(u8),
    /// The name.
    Name(&'a [u8]),
    /// The beginning of the name.
    ShortName(&'a [u8]),
    /// One of the services.
    Service(Uuid),
    /// Data of a service.
    ServiceData(Uuid, &'a [u8]),
    /// Data of the company with this number.
    Manufacturer(u16, &'a [u8]),
    /// What the device looks like, by the number that the Bluetooth SIG has assigned.
    Appearance(u16),
    /// How strongly the device sends, in dBm.
    Power(i8),
    /// A structure of another type.
    Other(u8, &'a [u8]),
}

/// The structures of an advertisement; of a list of services, each of them. What makes no sense ends it.
///
/// ```
/// use atwifi::st67::ble::{Field, Fields, Uuid};
///
/// let told = b"\x02\x01\x06\x05\x03\x0d\x18\x0f\x18\x05\xff\x4c\x00\x10\x05\x03\x09HR";
/// let fields: Vec<Field> = Fields::new(told).collect();
/// assert_eq!(fields[0], Field::Flags(6));
/// assert_eq!(fields[1], Field::Service(Uuid::Short(0x180d)));
/// assert_eq!(fields[2], Field::Service(Uuid::Short(0x180f)));
/// assert_eq!(fields[3], Field::Manufacturer(0x4c, &[0x10, 5]));
/// assert_eq!(fields[4], Field::Name(b"HR"));
/// assert_eq!(fields.len(), 5);
/// ```
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
    /// What is left of a list of services, and how long each is.
    services: &'a [u8],
    width: usize,
}

impl<'a> Fields<'a> {
    /// Those in these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Fields {
            rest: bytes,
            services: &[],
            width: 2,
        }
    }

    fn next_service(&mut self) -> Option<Field<'a>> {
        let (uuid, rest) = self.services.split_at_checked(self.width)?;
        self.services = rest;
        self::uuid(uuid).map(Field::Service)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            if let Some(service) = self.next_service() {
                return Some(service);
            }
            let (&length, rest) = self.rest.split_first()?;
            let Some((structure, rest)) = rest.split_at_checked(length.into()) else {
                self.rest = &[];
                return None;
            };
            self.rest = rest;
            // One of no length fills the rest up.
            let (&kind, data) = structure.split_first()?;
            match kind {
                kind::SOME_SHORT | kind::ALL_SHORT => (self.services, self.width) = (data, 2),
                kind::SOME_LONG | kind::ALL_LONG => (self.services, self.width) = (data, 16),
                kind => return Some(field(kind, data).unwrap_or(Field::Other(kind, data))),
            }
        }
    }
}

fn field(kind: u8, data: &[u8]) -> Option<Field<'_>> {
    let short = || {
        let (number, rest) = data.split_first_chunk::<2>()?;
        Some((u16::from_le_bytes(*number), rest))
    };
    Some(match (kind, data) {
        (kind::FLAGS, [flags, ..]) => Field::Flags(*flags),
        (kind::NAME, name) => Field::Name(name),
        (kind::SHORT_NAME, name) => Field::ShortName(name),
        (kind::POWER, [dbm]) => Field::Power(i8::from_le_bytes([*dbm])),
        (kind::APPEARANCE, _) => Field::Appearance(short()?.0),
        (kind::MANUFACTURER, _) => {
            let (company, rest) = short()?;
            Field::Manufacturer(company, rest)
        }
        (kind::SHORT_DATA, _) => {
            let (uuid, rest) = short()?;
            Field::ServiceData(Uuid::Short(uuid), rest)
        }
        (kind::LONG_DATA, data) => {
            let (uuid, rest) = data.split_at_checked(16)?;
            Field::ServiceData(self::uuid(uuid)?, rest)
        }
        _ => return None,
    })
}

/// A UUID as it goes on the air.
fn uuid(bytes: &[u8]) -> Option<Uuid> {
    if let Ok(short) = bytes.try_into() {
        return Some(Uuid::Short(u16::from_le_bytes(short)));
    }
    let long = u128::from_le_bytes(bytes.try_into().ok()?);
    Some(Uuid::Long(long.to_be_bytes()))
}

/// Remembers which devices were told of, in memory that is lent: for a scan that tells of each once.
///
/// ```
/// use atwifi::st67::ble::Seen;
/// use atwifi::Mac;
///
/// let mut memory = [Mac([0; 6]); 2];
/// let mut seen = Seen::new(&mut memory);
/// let devices = [1, 2, 1, 3, 3].map(|n| Mac([n; 6]));
/// // What there is no room for is new each time.
/// assert_eq!(devices.map(|mac| seen.is_new(mac)), [true, true, false, true, true]);
/// ```
#[derive(Debug)]
pub struct Seen<'m> {
    memory: &'m mut [Mac],
    count: usize,
}

impl<'m> Seen<'m> {
    /// As many devices as there is memory for.
    pub fn new(memory: &'m mut [Mac]) -> Self {
        Seen { memory, count: 0 }
    }

    /// Whether this device was not told of before, as far as there is memory; it is from now on.
    pub fn is_new(&mut self, peer: Mac) -> bool {
        let known = self.memory.get(..self.count).unwrap_or(&[]);
        if known.contains(&peer) {
            return false;
        }
        if let Some(place) = self.memory.get_mut(self.count) {
            *place = peer;
            self.count += 1;
        }
        true
    }
}

impl Bluetooth<'_> {
    /// Scans for devices that advertise, and hands over what is told of each, as often as it is told; no
    /// memory is needed for that. [`Seen`] lets each through once. Returns how many were handed over.
    ///
    /// After a `Break` it ends at once. Sockets stay open meanwhile, and lose nothing; nor do connections.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`], before a byte is sent, for a window that is longer
    /// than its interval. [`Error::Module`](crate::Error::Module) if the module is no client.
    ///
    /// ```
    /// # use core::ops::ControlFlow;
    /// # use atwifi::mock::{Clock, Uart};
    /// # use atwifi::st67;
    /// # use atwifi::st67::ble::*;
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// #     ("AT+GMR", "component_version_sdk_2.0.75\r\n\r\nOK\r\n"),
    /// #     ("AT+BLEINIT?", "+BLEINIT:0\r\n\r\nOK\r\n"), ("AT+BLEINIT=1", "\r\nOK\r\n"),
    /// #     ("AT+BLESECPARAM=3", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+BLESCANPARAM=1,0,0,40,40\r\n", "\r\nOK\r\n")
    ///     .answer(
    ///         "AT+BLESCAN=1\r\n",
    ///         "\r\nOK\r\n+BLE:SCAN:\"5a:67:11:00:00:01\",-48,03190403,,1\r\n\
    ///          +BLE:SCAN:\"5a:67:11:00:00:01\",-48,,03094852,1\r\n",
    ///     )
    ///     .answer("AT+BLESCAN=0\r\n", "\r\nOK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// let mut ble = wifi.bluetooth(&BleConfig::new(Role::Client))?;
    /// let scan = BleScan::new().with_name(b"HR");
    /// let found = ble.scan(&mut wifi, &scan, |found| {
    ///     assert_eq!(found.name(), Some(&b"HR"[..]));
    ///     ControlFlow::Break(())
    /// })?;
    /// assert_eq!(found, 1);
    /// # uart.assert_done();
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn scan<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        scan: &BleScan<'_>,
        mut each: impl FnMut(&Advertised) -> ControlFlow<()>,
    ) -> Result<usize, Error<T::Error>> {
        module.begin_call_of(scan.duration_ms.saturating_add(module.timeouts.call));
        self.on(module, |_, module| {
            scan.check().map_err(|usage| module.refuse(usage))?;
            let mut count = 0;
            scan_for(module, scan, &mut |found| {
                if !scan.wants(found) {
                    return true;
                }
                count += 1;
                each(found).is_continue()
            })?;
            Ok(count)
        })
    }
}

fn scan_for<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    scan: &BleScan<'_>,
    each: &mut dyn FnMut(&Advertised) -> bool,
) -> Outcome {
    let is_active = u32::from(!scan.is_passive);
    let [interval, window] = [scan.interval.into(), scan.window.into()];
    let parameters = [is_active, interval, window];
    module.tell("AT+BLESCANPARAM=#,0,0,#,#\r\n", &parameters)?;
    let mut rows = Rows {
        each: Some(each),
        patience: Some(scan.duration_ms),
        is_over: false,
    };
    module.compose("AT+BLESCAN=1\r\n", &[]);
    let timeout = scan.duration_ms.saturating_add(module.timeouts.command);
    let scanned = module.gather(&mut rows, timeout);
    // What is told until it has ended is nobody's.
    let mut rows = Rows {
        each: None,
        patience: None,
        is_over: true,
    };
    module.prepare()?;
    module.compose("AT+BLESCAN=0\r\n", &[]);
    let ended = module.gather(&mut rows, module.timeouts.command);
    scanned.and(ended)
}

/// `+BLE:SCAN:`, in the reference `+BLESCAN:`.
struct Rows<'s> {
    each: Option<&'s mut dyn FnMut(&Advertised) -> bool>,
    /// How long rows come behind the answer.
    patience: Option<u32>,
    is_over: bool,
}

impl Gather for Rows<'_> {
    fn take(&mut self, pending: &[u8]) -> Head {
        let is_row = pending.starts_with(b"+BLE:SCAN:") || pending.starts_with(b"+BLESCAN:");
        let end = pending.iter().position(|&byte| byte == b'\n');
        let (true, Some(end)) = (is_row, end) else {
            return Head::Other;
        };
        let line = pending.get(..end).unwrap_or(&[]).trim_ascii();
        let Some(found) = advertised(line) else {
            return Head::Spoilt;
        };
        if let (Some(each), false) = (&mut self.each, self.is_over) {
            self.is_over = !each(&found);
        }
        Head::Row(end + 1)
    }

    /// The device will be heard again.
    fn miss(&mut self) {}

    fn answered(&mut self) -> Option<u32> {
        self.patience
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}

fn advertised(line: &[u8]) -> Option<Advertised> {
    let colon = line.iter().skip(5).position(|&byte| byte == b':')? + 5;
    let Event::BleScanned {
        address,
        rssi,
        advertisement,
        response,
        kind,
    } = ble_scanned(line.get(colon + 1..)?)?
    else {
        return None;
    };
    Some(Advertised {
        peer: address,
        kind,
        rssi,
        data: bytes_of(advertisement)?,
        response: bytes_of(response)?,
    })
}
