//! The module as a client: what it finds in a peer, and what it does with it.

use std::time::Duration;

use super::{READ, ROUND_TRIP, Role, Value, WRITE, WRITE_PLAINLY};
use crate::ble::{BleUpdates, FoundCharacteristic};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Reply, Step, Task};
use crate::st67::{St67, World};

/// Services that the module remembers, of all peers.
const REMEMBERED: usize = 8;
/// Characteristics of a service that it remembers.
const CHARACTERISTICS: usize = 16;
/// The longest number of anything that is discovered.
const NUMBER: std::ops::RangeInclusive<i64> = 0..=0xffff;

/// A service of a peer.
#[derive(Debug)]
pub(super) struct Discovered {
    /// The connection with the peer.
    index: usize,
    uuid: String,
    primary: bool,
    start: u16,
    end: u16,
    /// What is known of it.
    characteristics: Vec<FoundCharacteristic>,
}

/// What the module asks a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Services,
    /// Of the service with this number.
    Characteristics(usize),
    /// The value with this handle, which has these numbers.
    Value {
        service: usize,
        number: usize,
        handle: u16,
    },
}

/// A question that has been asked.
#[derive(Clone, Copy, Debug)]
pub(in crate::st67) struct Asked {
    index: usize,
    question: Question,
    /// When the answer is there.
    at: Duration,
}

impl Task for Asked {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, _: &mut World) -> Step {
        module.end_ble_question(*self)
    }
}

impl St67 {
    fn ask(&self, index: usize, question: Question, now: Duration) -> Result<Reply, Code> {
        Ok(Reply::Later(
            Asked {
                index,
                question,
                at: now + ROUND_TRIP,
            }
            .into(),
        ))
    }

    /// `AT+BLEGATTCSRVDIS=<connection>`
    pub(in crate::st67) fn discover_ble_services(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let index = self.ble_connection(arguments, 0)?;
        self.need_role(Role::Client)?;
        self.ask(index, Question::Services, world.now)
    }

    /// `AT+BLEGATTCCHARDIS=<connection>,<service>`
    pub(in crate::st67) fn discover_ble_characteristics(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let index = self.ble_connection(arguments, 0)?;
        let service = arguments.need_number(1, NUMBER)?;
        self.need_role(Role::Client)?;
        let service = usize::try_from(service).unwrap_or(0);
        self.discovered(service).ok_or(Code::FAILED)?;
        self.ask(index, Question::Characteristics(service), world.now)
    }

    /// The service with this number, counted from 1.
    fn discovered(&mut self, service: usize) -> Option<&mut Discovered> {
        let place = self.ble.discovered.get_mut(service.checked_sub(1)?)?;
        place.as_mut()
    }

    /// The answer of the peer is there, unless the peer has gone.
    fn end_ble_question(&mut self, asked: Asked) -> Step {
        let Asked {
            index, question, ..
        } = asked;
        let done = match question {
            Question::Services => self.tell_services(index),
            Question::Characteristics(service) => self.tell_characteristics(index, service),
            Question::Value {
                service,
                number,
                handle,
            } => self.tell_read(index, service, number, handle),
        };
        self.finish(done.ok_or(Code::FAILED))
    }

    fn tell_services(&mut self, index: usize) -> Option<()> {
        let found = self.ble.connection(index)?.peer.discover();
        let known = &mut self.ble.discovered;
        known.resize_with(REMEMBERED, || None);
        let others = |place: &mut Option<Discovered>| {
            place.take_if(|service| service.index == index);
        };
        known.iter_mut().for_each(others);
        // Primary services are looked for first.
        let (primary, secondary): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|service| service.primary);
        let mut free = known.iter_mut().filter(|place| place.is_none());
        for service in primary.into_iter().chain(secondary) {
            if let Some(place) = free.next() {
                *place = Some(Discovered {
                    index,
                    uuid: service.uuid,
                    primary: service.primary,
                    start: service.start,
                    end: service.end,
                    characteristics: Vec::new(),
                });
            }
        }
        let head = self.variant.ble.service_row;
        let known = self.ble.discovered.iter().enumerate();
        let rows = known.filter_map(|(place, service)| {
            let service = service.as_ref().filter(|service| service.index == index)?;
            let Discovered {
                uuid, start, end, ..
            } = service;
            let (number, primary) = (place + 1, u8::from(service.primary));
            Some(format!(
                "{head}{index},{number},{uuid},{primary},{start},{end}"
            ))
        });
        let rows: Vec<String> = rows.collect();
        rows.iter().for_each(|row| self.say(row));
        Some(())
    }

    fn tell_characteristics(&mut self, index: usize, service: usize) -> Option<()> {
        let mut found = self.ble.connection(index)?.peer.discover();
        let known = self.discovered(service)?;
        found.retain(|candidate| candidate.start == known.start);
        let mut characteristics = found.pop()?.characteristics;
        characteristics.truncate(CHARACTERISTICS);
        known.characteristics.clone_from(&characteristics);
        let of = known.index;
        let head = self.variant.ble.characteristic_row;
        for (place, characteristic) in characteristics.iter().enumerate() {
            let FoundCharacteristic {
                uuid,
                properties,
                handle,
            } = characteristic;
            let properties = if self.variant.ble.hexadecimal_properties {
                format!("0x{properties:02x}")
            } else {
                (properties >> 1).to_string()
            };
            let (number, value) = (place + 1, characteristic.value_handle());
            self.say(&format!(
                "{head}{of},{service},{number},{uuid},{properties},{handle},{value}"
            ));
        }
        Some(())
    }

    /// The characteristic with these numbers, if it has one of these properties.
    fn remote(&mut self, service: usize, number: usize, properties: u8) -> Option<u16> {
        let known = &self.discovered(service)?.characteristics;
        let found = known.get(number.checked_sub(1)?)?;
        let fits = found.properties & properties != 0;
        fits.then(|| found.value_handle())
    }

    /// `AT+BLEGATTCWR=<connection>,<service>,<characteristic>,<length>`
    pub(in crate::st67) fn ble_write(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Client)?;
        arguments.expect(4..=4)?;
        let index = self.ble_connection(arguments, 0)?;
        let service = usize::try_from(arguments.need_number(1, NUMBER)?).unwrap_or(0);
        let number = usize::try_from(arguments.need_number(2, NUMBER)?).unwrap_or(0);
        let handle = self.remote(service, number, WRITE | WRITE_PLAINLY);
        let value = Value::Write { index, handle };
        self.prompt_for_value(arguments, 3, value, false)
    }

    /// Writes a value of the peer, and says whether that is possible.
    pub(super) fn write_value(&mut self, index: usize, handle: Option<u16>, data: &[u8]) -> bool {
        let connection = self.ble.connection(index);
        let (Some(connection), Some(handle)) = (connection, handle) else {
            return false;
        };
        connection.peer.take_value(handle, data);
        true
    }

    /// `AT+BLEGATTCRD=<connection>,<service>,<characteristic>`
    pub(in crate::st67) fn ble_read(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Client)?;
        arguments.expect(3..=3)?;
        let index = self.ble_connection(arguments, 0)?;
        let service = usize::try_from(arguments.need_number(1, NUMBER)?).unwrap_or(0);
        let number = usize::try_from(arguments.need_number(2, NUMBER)?).unwrap_or(0);
        let handle = self.remote(service, number, READ).ok_or(Code::FAILED)?;
        let question = Question::Value {
            service,
            number,
            handle,
        };
        self.ask(index, question, world.now)
    }

    fn tell_read(
        &mut self,
        index: usize,
        service: usize,
        number: usize,
        handle: u16,
    ) -> Option<()> {
        let value = self.ble.connection(index)?.peer.value(handle)?;
        let length = value.len();
        let head = format!("+BLE:GATTREAD:{index},{service},{number},{length},");
        self.tell_value(&head, &value);
        if self.variant.ble.tells_read {
            self.say(&format!("+BLEREAD={index},{service},{number},{length}"));
        }
        Some(())
    }

    /// `AT+BLEGATTCSUBSCRIBE=<connection>,<descriptor handle>,<value handle>,<kind>`
    pub(in crate::st67) fn ble_subscribe(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Client)?;
        arguments.expect(4..=4)?;
        let index = self.ble_connection(arguments, 0)?;
        let descriptor = arguments.need_number(1, 1..=*NUMBER.end())?;
        let value = arguments.need_number(2, 1..=*NUMBER.end())?;
        let updates = match arguments.need_number(3, 1..=2)? {
            1 => BleUpdates::Notifications,
            _ => BleUpdates::Indications,
        };
        // Whether the peer has such handles nobody tells.
        if descriptor == value + 1 {
            if let (Some(connection), Ok(value)) =
                (self.ble.connection(index), u16::try_from(value))
            {
                connection.peer.set_subscription(value, updates);
            }
        }
        Ok(Reply::Ok)
    }

    /// `AT+BLEGATTCUNSUBSCRIBE=<connection>,<value handle>`
    pub(in crate::st67) fn ble_unsubscribe(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Client)?;
        arguments.expect(2..=2)?;
        let index = self.ble_connection(arguments, 0)?;
        let value = arguments.need_number(1, 1..=*NUMBER.end())?;
        let value = u16::try_from(value).map_err(|_| Code::INVALID)?;
        let connection = self.ble.connection(index).ok_or(Code::INVALID)?;
        if connection.peer.set_subscription(value, BleUpdates::None) {
            return Ok(Reply::Ok);
        }
        Err(Code::FAILED)
    }
}
