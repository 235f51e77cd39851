//! What a client does: connects, finds out what a server has, reads, writes and subscribes.

use core::ops::ControlFlow;

use super::{AddressKind, Bluetooth, Connection, Properties, Subscription, Uuid, VALUE_MAX};
use super::{connection, rows};
use crate::clock::Clock;
use crate::driver::dialect::Outcome;
use crate::engine::gather::{Gather, Head, line_row};
use crate::engine::text::{Fields, number};
use crate::error::{Fault, Usage};
use crate::st67::event::{Event, ble_characteristic, ble_service};
use crate::st67::{Error, Module, Status};
use crate::transport::Transport;
use crate::value::bytes::copy;
use crate::value::{Mac, Numbered};

/// How long connecting may take beside what the module is given for it (ms): ST's host waits 6 s for a
/// module that has 5 (wire notes 9).
const MARGIN: u32 = 1000;

/// How long the other device may take to answer (ms): the attribute protocol gives it 30 s.
const ANSWER: u32 = 31_000;

/// Bit `n` of what `AT+BLEGATTCCHARDIS` is to be asked of: the service with this number.
type Services = u32;

/// A service that the other device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteService {
    /// The module's number for it.
    pub number: u8,
    /// What it is.
    pub uuid: Uuid,
    /// Whether it stands for itself.
    pub is_primary: bool,
}

/// A characteristic that the other device has: what [`read`](Bluetooth::read) and its like take. It is
/// meaningless for another connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remote {
    /// The module's number for its service.
    pub service: u8,
    /// The module's number for it, in the service.
    pub number: u8,
    /// What it is.
    pub uuid: Uuid,
    /// What can be done with it.
    pub properties: Properties,
    /// The handle of its value, which [`Event::Notified`](super::Event::Notified) names.
    pub value_handle: u16,
}

/// What [`discover`](Bluetooth::discover) finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// A service. All of them come first.
    Service(RemoteService),
    /// A characteristic of one of them.
    Characteristic(Remote),
}

impl Bluetooth<'_> {
    /// Connects with a device, which advertises. It has so many seconds for that, 3 to 30. One that is
    /// connected already stays so.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`]; [`Error::Module`](crate::Error::Module) if it does not work, as where the
    /// device is not there, or the module is no client; with [`Status::NoConnection`] where there are as
    /// many connections as there can be, of which the end of one may still have to be told by
    /// [`next`](Bluetooth::next).
    pub fn connect<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        peer: Mac,
        kind: AddressKind,
        seconds: u8,
    ) -> Result<Connection, Error<T::Error>> {
        let patience = u32::from(seconds) * 1000 + MARGIN;
        module.begin_call_of(patience + module.timeouts.call);
        self.on(module, |ble, module| {
            if !(3..=30).contains(&seconds) {
                return Err(module.refuse(Usage::OutOfRange { min: 3, max: 30 }));
            }
            let told = connection::ask(module)?;
            let is_it = |known: &(u8, Option<Mac>)| known.1 == Some(peer);
            if let Some((index, _)) = (0..).zip(told).find(is_it) {
                ble.connections.open(index, peer);
                let known = ble.connections.get(index);
                return known.map(|known| known.0).ok_or(Fault::Malformed);
            }
            let Some(index) = ble.connections.free(&told) else {
                module.session().refusal = Status::NoConnection;
                return Err(Fault::Refused);
            };
            let command = module.compose("AT+BLECONN=#,", &[index.into()]);
            let numbers = [kind.number(), seconds.into()];
            command.mac(peer).put(",#,#\r\n", &numbers);
            module.gather(&mut Opening { index, peer }, patience)?;
            let opened = ble.connections.open(index, peer);
            opened.ok_or(Fault::Malformed)
        })
    }

    /// Finds out what the other device has, and hands it over: first its services, then the characteristics
    /// of each. After a `Break` nothing more is handed over, or asked. Returns how many were handed over.
    ///
    /// The module remembers 8 services of all devices together, with 16 characteristics each.
    pub fn discover<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        mut each: impl FnMut(&Found) -> ControlFlow<()>,
    ) -> Result<usize, Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            let mut is_broken_off = false;
            let mut count = 0;
            let mut tell = |found: &Found| {
                if !is_broken_off {
                    count += 1;
                    is_broken_off = each(found).is_break();
                }
                !is_broken_off
            };
            discover(module, index, &mut tell)?;
            Ok(count)
        })
    }

    /// Reads a characteristic into `into`. Returns how long the value is; what does not fit is dropped.
    ///
    /// # Errors
    /// [`Error::Module`](crate::Error::Module) if it cannot be read.
    pub fn read<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        remote: &Remote,
        into: &mut [u8],
    ) -> Result<usize, Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            let numbers = [index, remote.service.into(), remote.number.into()];
            let mut value = Value {
                numbers,
                into,
                length: None,
                got: 0,
            };
            module.compose("AT+BLEGATTCRD=#,#,#\r\n", &numbers);
            module.gather(&mut value, ANSWER)?;
            match value.length {
                Some(length) => Ok(length),
                None => Err(module.engine.malformed()),
            }
        })
    }

    /// Writes a characteristic.
    ///
    /// # Errors
    /// [`Usage::Empty`] and [`Usage::TooLong`]: 1 to 244 bytes. [`Error::Module`](crate::Error::Module) if
    /// it cannot be written.
    pub fn write<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        remote: &Remote,
        value: &[u8],
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            super::server::check_length(module, value, VALUE_MAX)?;
            let [service, number] = [remote.service.into(), remote.number.into()];
            let numbers = [index, service, number, value.len() as u32];
            module.compose("AT+BLEGATTCWR=#,#,#,#\r\n", &numbers);
            module.upload(value, ANSWER)
        })
    }

    /// Has the other device tell of a value from now on: [`Event::Notified`](super::Event::Notified).
    ///
    /// The descriptor that is written for that is taken to stand right behind the value, as in almost all
    /// devices: the module finds no descriptors.
    pub fn subscribe<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        remote: &Remote,
        how: Subscription,
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            let value = u32::from(remote.value_handle);
            let numbers = [index, value + 1, value, how.number()];
            module.compose("AT+BLEGATTCSUBSCRIBE=#,#,#,#\r\n", &numbers);
            module.send_composed(ANSWER)
        })
    }

    /// Ends that. One that was not subscribed to the module refuses.
    pub fn unsubscribe<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        remote: &Remote,
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            let numbers = [index, remote.value_handle.into()];
            module.compose("AT+BLEGATTCUNSUBSCRIBE=#,#\r\n", &numbers);
            module.send_composed(ANSWER)
        })
    }
}

/// The event that the connection is open, which is no news.
struct Opening {
    index: u8,
    peer: Mac,
}

impl Gather for Opening {
    fn take(&mut self, pending: &[u8]) -> Head {
        let is_it = |values: &[u8]| {
            let mut fields = Fields::new(values);
            fields.number() == Some(self.index) && fields.mac() == Some(self.peer)
        };
        let names: [&[u8]; 2] = [b"+BLE:CONNECTED:", b"+BLECONN:"];
        let mut rows = names.iter().filter_map(|name| line_row(pending, name));
        match rows.find(|(values, _)| is_it(values)) {
            Some((_, length)) => Head::Row(length),
            None => Head::Other,
        }
    }

    fn miss(&mut self) {}

    fn answered(&mut self) -> Option<u32> {
        None
    }

    fn is_over(&self) -> bool {
        true
    }
}

fn discover<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    index: u32,
    tell: &mut dyn FnMut(&Found) -> bool,
) -> Outcome {
    let mut services: Services = 0;
    let mut goes_on = true;
    module.compose("AT+BLEGATTCSRVDIS=#\r\n", &[index]);
    let names: [&[u8]; 2] = [b"+BLE:SRV:", b"+BLESRV="];
    rows::gather(module, names, ANSWER, &mut |values| {
        let found = service(values, index)?;
        services |= 1 << (found.number % 32);
        goes_on = goes_on && tell(&Found::Service(found));
        Some(())
    })?;
    for number in (0..Services::BITS).filter(|number| services & 1 << number != 0) {
        if !goes_on {
            break;
        }
        module.compose("AT+BLEGATTCCHARDIS=#,#\r\n", &[index, number]);
        let names: [&[u8]; 2] = [b"+BLE:SRVCHAR:", b"+BLESRVCHAR="];
        rows::gather(module, names, ANSWER, &mut |values| {
            let found = characteristic(values, index, number)?;
            goes_on = goes_on && tell(&Found::Characteristic(found));
            Some(())
        })?;
    }
    Ok(())
}

fn service(values: &[u8], index: u32) -> Option<RemoteService> {
    let Event::BleService {
        connection,
        service,
        uuid,
        is_primary,
        ..
    } = ble_service(values)?
    else {
        return None;
    };
    (u32::from(connection) == index).then_some(RemoteService {
        number: service,
        uuid: Uuid::parse(uuid)?,
        is_primary,
    })
}

fn characteristic(values: &[u8], index: u32, of: u32) -> Option<Remote> {
    let Event::BleCharacteristic {
        connection,
        service,
        characteristic,
        uuid,
        properties,
        value_handle,
        ..
    } = ble_characteristic(values)?
    else {
        return None;
    };
    // The reference counts as if there were no broadcasts (6.1.26), and prints no hexadecimal digits.
    let is_hexadecimal = values.windows(2).any(|pair| pair == b"0x");
    let properties = u32::from(properties) << u32::from(!is_hexadecimal);
    let is_asked_for = u32::from(connection) == index && u32::from(service) == of;
    is_asked_for.then_some(Remote {
        service,
        number: characteristic,
        uuid: Uuid::parse(uuid)?,
        properties: Properties::from_bits(properties),
        value_handle,
    })
}

const READ: &[u8] = b"+BLE:GATTREAD:";
const END: &[u8] = b"\r\n";

/// `+BLE:GATTREAD:<connection>,<service>,<characteristic>,<length>,<value>`: the value is what stands
/// there, whatever it looks like, straight into the caller's memory.
struct Value<'v> {
    numbers: [u32; 3],
    into: &'v mut [u8],
    length: Option<usize>,
    got: usize,
}

impl Value<'_> {
    /// How long the head is, and the value behind it; `None` if it is no head, or not here as a whole.
    fn head(&self, pending: &[u8]) -> Option<(usize, usize)> {
        let mut rest = pending.strip_prefix(READ)?;
        let mut told = [0; 4];
        for place in &mut told {
            let comma = rest.iter().position(|&byte| byte == b',')?;
            *place = number(rest.get(..comma)?)?;
            rest = rest.get(comma + 1..)?;
        }
        let [numbers @ .., length] = told;
        let length = length as usize;
        let is_it = numbers == self.numbers && length <= usize::from(u16::MAX);
        is_it.then_some((pending.len() - rest.len(), length))
    }

    /// Takes what is here of the value; behind the last of it a line end.
    fn take_value(&mut self, length: usize, pending: &[u8]) -> Head {
        let rest = length - self.got;
        let here = pending.get(..rest).unwrap_or(pending);
        match pending.get(rest..) {
            Some(behind) if behind.starts_with(END) => {}
            Some(behind) if END.starts_with(behind) => {
                // The line end is still to come.
                return match rest {
                    0 => Head::Part,
                    _ => self.keep(here),
                };
            }
            Some(_) => return Head::Spoilt,
            None if here.is_empty() => return Head::Part,
            None => return self.keep(here),
        }
        self.keep(here);
        // One more than there is: it is over.
        self.got = length + 1;
        Head::Row(here.len() + END.len())
    }

    fn keep(&mut self, here: &[u8]) -> Head {
        copy(here, self.into.get_mut(self.got..).unwrap_or(&mut []));
        self.got += here.len();
        Head::Row(here.len())
    }
}

impl Gather for Value<'_> {
    fn take(&mut self, pending: &[u8]) -> Head {
        match (self.length, self.head(pending)) {
            (Some(length), _) if self.got <= length => self.take_value(length, pending),
            (None, Some((head, length))) => {
                self.length = Some(length);
                Head::Row(head)
            }
            _ => Head::Other,
        }
    }

    fn miss(&mut self) {
        self.length = None;
    }

    fn answered(&mut self) -> Option<u32> {
        None
    }

    fn is_over(&self) -> bool {
        self.length.is_some_and(|length| self.got > length)
    }

    fn is_within(&self) -> bool {
        self.length.is_some_and(|length| self.got <= length)
    }
}
