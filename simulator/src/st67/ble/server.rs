//! The module as a server: what it offers, and what clients do with it.

use std::time::Duration;

use super::{
    CHARACTERISTICS, INDICATE, NOTIFY, READ, Role, SERVICES, Value, WRITE, WRITE_PLAINLY, digits,
    hexadecimal,
};
use crate::ble::{BlePeer, BleUpdates};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// Digits of the longest UUID.
const UUID: usize = 32;
/// How long a client waits for an answer before it ends the connection.
const TRANSACTION: Duration = Duration::from_secs(30);
/// The kinds of UUIDs: of 16 bits, and of 128.
const SHORT: i64 = 0;
const LONG: i64 = 2;

/// A service that the module offers.
#[derive(Debug)]
pub(super) struct Service {
    uuid: Vec<u8>,
    kind: i64,
    primary: bool,
    characteristics: [Option<Offer>; CHARACTERISTICS],
}

/// A characteristic that the module offers.
#[derive(Debug)]
struct Offer {
    uuid: Vec<u8>,
    kind: i64,
    properties: u8,
    permissions: i64,
    /// What a client that reads it is answered, once the host has said so.
    answer: Option<Vec<u8>>,
}

/// The number of a service, and that of one of its characteristics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::st67) struct Characteristic(usize, usize);

/// The number in an argument, which must be less than `count`.
fn number(arguments: &Arguments, argument: usize, count: usize) -> Result<usize, Code> {
    let last = i64::try_from(count).unwrap_or(0) - 1;
    let number = arguments.need_number(argument, 0..=last)?;
    usize::try_from(number).map_err(|_| Code::INVALID)
}

/// The UUID in an argument, of the kind that another one tells.
fn uuid(arguments: &Arguments, argument: usize, kind: i64) -> Result<Vec<u8>, Code> {
    let uuid = hexadecimal(arguments.need_text(argument, UUID)?)?;
    match (uuid.len(), kind) {
        (2, SHORT) | (16, LONG) => Ok(uuid),
        _ => Err(Code::INVALID),
    }
}

impl St67 {
    fn quoted_uuid(&self, uuid: &[u8]) -> String {
        let quote = self.variant.ble.quote;
        format!("{quote}{}{quote}", digits(uuid))
    }

    fn offer(&mut self, Characteristic(service, number): Characteristic) -> Option<&mut Offer> {
        let service = self.ble.services.get_mut(service)?.as_mut()?;
        service.characteristics.get_mut(number)?.as_mut()
    }

    /// `AT+BLEGATTSSRV?`
    pub(in crate::st67) fn ble_services(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Server)?;
        let services = self.ble.services.iter().enumerate();
        let rows = services.filter_map(|(index, service)| {
            let service = service.as_ref()?;
            let uuid = self.quoted_uuid(&service.uuid);
            let (primary, kind) = (u8::from(service.primary), service.kind);
            Some(format!("+BLEGATTSSRV:{index},{uuid},{primary},{kind}"))
        });
        let rows: Vec<String> = rows.collect();
        rows.iter().for_each(|row| self.say(row));
        Ok(Reply::Ok)
    }

    /// `AT+BLEGATTSSRVCRE=<service>,<"UUID">,<primary>,<UUID type>`
    pub(in crate::st67) fn create_ble_service(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(4..=4)?;
        self.need_role(Role::Server)?;
        let index = number(arguments, 0, SERVICES)?;
        let kind = arguments.need_number(3, SHORT..=LONG)?;
        let service = Service {
            uuid: uuid(arguments, 1, kind)?,
            kind,
            primary: arguments.need_switch(2)?,
            characteristics: Default::default(),
        };
        let place = &mut self.ble.services[index];
        if place.is_some() {
            return Err(Code::FAILED);
        }
        *place = Some(service);
        Ok(Reply::Ok)
    }

    /// `AT+BLEGATTSSRVDEL=<service>`
    pub(in crate::st67) fn delete_ble_service(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.need_role(Role::Server)?;
        let index = number(arguments, 0, SERVICES)?;
        self.ble.services[index].take().ok_or(Code::FAILED)?;
        Ok(Reply::Ok)
    }

    /// `AT+BLEGATTSREGISTER=<enable>`
    pub(in crate::st67) fn register_ble_services(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.need_role(Role::Server)?;
        let register = arguments.need_switch(0)?;
        if !register && !self.ble.registered {
            return Err(Code::FAILED);
        }
        self.ble.registered = register;
        Ok(Reply::Ok)
    }

    /// `AT+BLEGATTSCHAR?`
    pub(in crate::st67) fn ble_characteristics(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Server)?;
        let mut rows = Vec::new();
        for (service, known) in self.ble.services.iter().enumerate() {
            let offers = known.iter().flat_map(|known| &known.characteristics);
            for (index, offer) in offers.enumerate() {
                if let Some(offer) = offer {
                    rows.push(self.characteristic_row(service, index, offer));
                }
            }
        }
        rows.iter().for_each(|row| self.say(row));
        Ok(Reply::Ok)
    }

    fn characteristic_row(&self, service: usize, index: usize, offer: &Offer) -> String {
        let uuid = self.quoted_uuid(&offer.uuid);
        let permissions = if self.variant.ble.tells_permissions {
            format!("{},", offer.permissions)
        } else {
            String::new()
        };
        let (properties, kind) = (offer.properties, offer.kind);
        format!("+BLEGATTSCHAR:{service},{index},{uuid},{properties},{permissions}{kind}")
    }

    /// `AT+BLEGATTSCHARCRE=<service>,<characteristic>,<"UUID">,<properties>,<permissions>,<UUID
    /// type>`
    pub(in crate::st67) fn create_ble_characteristic(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(6..=6)?;
        self.need_role(Role::Server)?;
        let service = number(arguments, 0, SERVICES)?;
        let index = number(arguments, 1, CHARACTERISTICS)?;
        let kind = arguments.need_number(5, SHORT..=LONG)?;
        let uuid = uuid(arguments, 2, kind)?;
        let all = READ | WRITE_PLAINLY | WRITE | NOTIFY | INDICATE;
        let properties = arguments.need_number(3, 0..=i64::from(all))?;
        let properties = u8::try_from(properties).unwrap_or(0);
        let permissions = arguments.need_number(4, 0..=3)?;
        if properties & !all != 0 {
            return Err(Code::INVALID);
        }
        let service = self.ble.services[service].as_mut().ok_or(Code::FAILED)?;
        let place = &mut service.characteristics[index];
        if place.is_some() {
            return Err(Code::FAILED);
        }
        *place = Some(Offer {
            uuid,
            kind,
            properties,
            permissions,
            answer: None,
        });
        Ok(Reply::Ok)
    }

    /// The characteristic that the arguments begin with.
    fn offer_argument(&self, arguments: &Arguments) -> Result<Characteristic, Code> {
        let service = number(arguments, 0, SERVICES)?;
        Ok(Characteristic(
            service,
            number(arguments, 1, CHARACTERISTICS)?,
        ))
    }

    /// `<service>,<characteristic>,<length>[,<connection>]`
    fn prompt_for_update(
        &mut self,
        arguments: &Arguments,
        value: fn(usize, Characteristic) -> Value,
        says_ok: bool,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Server)?;
        let tells_roles = self.variant.ble.tells_roles;
        arguments.expect(3..=if tells_roles { 4 } else { 3 })?;
        let to = self.offer_argument(arguments)?;
        let index = if arguments.len() > 3 {
            self.ble_connection_number(arguments, 3)?
        } else {
            0
        };
        self.prompt_for_value(arguments, 2, value(index, to), says_ok)
    }

    /// `AT+BLEGATTSNTFY=<service>,<characteristic>,<length>[,<connection>]`
    pub(in crate::st67) fn ble_notify(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let says_ok = self.variant.ble.ok_before_notification;
        self.prompt_for_update(arguments, Value::Notify, says_ok)
    }

    /// `AT+BLEGATTSIND=<service>,<characteristic>,<length>[,<connection>]`
    pub(in crate::st67) fn ble_indicate(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.prompt_for_update(arguments, Value::Indicate, false)
    }

    /// `AT+BLEGATTSRD=<service>,<characteristic>,<length>`
    pub(in crate::st67) fn set_ble_answer(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Server)?;
        arguments.expect(3..=3)?;
        let to = self.offer_argument(arguments)?;
        self.prompt_for_value(arguments, 2, Value::Answer(to), false)
    }

    /// Sends a new value to the client, and says whether that is possible.
    pub(super) fn notify(
        &mut self,
        index: usize,
        to: Characteristic,
        property: u8,
        data: &[u8],
    ) -> bool {
        let offered = self
            .offer(to)
            .is_some_and(|offer| offer.properties & property != 0);
        let ready = offered && self.ble.registered;
        let Some(connection) = self.ble.connection(index).filter(|_| ready) else {
            return false;
        };
        let wanted = if property == INDICATE {
            BleUpdates::Indications
        } else {
            BleUpdates::Notifications
        };
        if self.variant.ble.awaits_subscription && !connection.subscriptions.contains(&(to, wanted))
        {
            return false;
        }
        connection.peer.take_update(data);
        true
    }

    /// What a client that reads is answered; says whether there is such a characteristic.
    pub(super) fn set_answer(&mut self, to: Characteristic, data: &[u8]) -> bool {
        let offer = self.offer(to).filter(|offer| offer.properties & READ != 0);
        let Some(offer) = offer else {
            return false;
        };
        offer.answer = Some(data.to_vec());
        for connection in self.ble.connections.iter_mut().flatten() {
            if connection
                .reading
                .take_if(|(what, _)| *what == to)
                .is_some()
            {
                connection.peer.take_answer(data);
            }
        }
        true
    }

    /// A client writes.
    pub(super) fn client_writes(
        &mut self,
        index: usize,
        service: usize,
        number: usize,
        data: &[u8],
    ) {
        let offer = self.offer(Characteristic(service, number));
        let writable = offer.is_some_and(|offer| offer.properties & (WRITE | WRITE_PLAINLY) != 0);
        if writable && self.ble.registered {
            let head = format!("+BLE:GATTWRITE:{index},{service},{number},{},", data.len());
            self.tell_value(&head, data);
        }
    }

    /// A client reads: what the host has set before. Where it has set nothing yet, the client waits for
    /// it as long as the attribute protocol allows.
    pub(super) fn client_reads(
        &mut self,
        index: usize,
        service: usize,
        number: usize,
        peer: &BlePeer,
        now: Duration,
    ) {
        let registered = self.ble.registered;
        let offer = self.offer(Characteristic(service, number));
        let readable = offer.filter(|offer| registered && offer.properties & READ != 0);
        let Some(answer) = readable.map(|offer| offer.answer.clone()) else {
            return;
        };
        match (&answer, self.ble.connection_mut(index)) {
            (Some(answer), _) => peer.take_answer(answer),
            (None, Some(connection)) => {
                let what = Characteristic(service, number);
                connection.reading = Some((what, now + TRANSACTION));
            }
            (None, None) => {}
        }
        let length = answer.map_or(0, |answer| answer.len());
        self.say(&format!(
            "+BLE:GATTREAD:{index},{service},{number},{length}"
        ));
    }

    /// A client says what it wants to be told.
    pub(super) fn client_subscribes(
        &mut self,
        index: usize,
        service: usize,
        number: usize,
        updates: BleUpdates,
    ) {
        let registered = self.ble.registered;
        let offer = self.offer(Characteristic(service, number));
        let Some(properties) = offer.map(|offer| offer.properties).filter(|_| registered) else {
            return;
        };
        if let Some(connection) = self.ble.connection_mut(index) {
            let to = Characteristic(service, number);
            connection.subscriptions.retain(|(known, _)| *known != to);
            connection.subscriptions.push((to, updates));
        }
        if properties & INDICATE != 0 {
            let on = u8::from(updates == BleUpdates::Indications);
            self.say(&format!("+BLE:INDICATION:{on},{service},{number}"));
        }
        if properties & NOTIFY != 0 {
            let on = u8::from(updates == BleUpdates::Notifications);
            self.say(&format!("+BLE:NOTIFICATION:{on},{service},{number}"));
        }
    }
}
