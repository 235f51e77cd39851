//! What a server does: offers its table, and tells of values.

use super::connection::ended;
use super::table::{Characteristic, SERVICES, Service};
use super::{At, BOTH, Bluetooth, Connection, Table, VALUE_MAX};
use crate::clock::Clock;
use crate::driver::dialect::Outcome;
use crate::engine::gather::{Gather, Head, line_row};
use crate::engine::text::number;
use crate::error::{Fault, Usage};
use crate::st67::command::ble::Uuid;
use crate::st67::status::Status;
use crate::st67::{Error, Module};
use crate::transport::Transport;

/// How long a client may take to confirm (ms): the attribute protocol gives it 30 s.
const CONFIRMATION: u32 = 31_000;

/// The longest answer of firmware 2.0.106 and later, and which that is (wire notes 5).
const ANSWER_MAX: usize = 240;
const SHORT_ANSWERS: [u32; 3] = [2, 0, 106];

impl<'t> Bluetooth<'t> {
    /// Creates the services of a table in the module, with the values that it has, and lets clients see
    /// them. Once; there are no others before [`Module::bluetooth`](crate::Module::bluetooth) is called
    /// anew. A table cannot be changed while clients can connect: advertise afterwards.
    ///
    /// It costs a command for each service, characteristic and value, and one more.
    pub fn serve<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        table: &Table<'t>,
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |ble, module| {
            for (number, service) in table.services() {
                compose_service(module, number, service);
                module.send_composed(module.timeouts.command)?;
            }
            for (at, characteristic) in table.all() {
                compose_characteristic(module, at, characteristic);
                module.send_composed(module.timeouts.command)?;
                if !characteristic.value.is_empty() {
                    ble.set_value(module, at, characteristic.value)?;
                }
            }
            module.tell("AT+BLEGATTSREGISTER=1\r\n", &[])?;
            ble.table = *table;
            Ok(())
        })
    }

    /// Sets what clients read of a characteristic, from now on; also in answer to
    /// [`Event::Read`](super::Event::Read), while the client waits: 30 s at most.
    ///
    /// # Errors
    /// [`Usage::Empty`] and [`Usage::TooLong`], before a byte is sent: 1 to 244 bytes can be read, from
    /// firmware 2.0.106 on 240.
    pub fn set<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        at: At,
        value: &[u8],
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |ble, module| {
            ble.check_place(module, at)?;
            ble.set_value(module, at, value)
        })
    }

    fn set_value<T: Transport, C: Clock>(
        &self,
        module: &mut Module<'_, T, C>,
        at: At,
        value: &[u8],
    ) -> Outcome {
        let most = match self.version >= SHORT_ANSWERS {
            true => ANSWER_MAX,
            false => VALUE_MAX,
        };
        check_length(module, value, most)?;
        compose_value(module, "AT+BLEGATTSRD=#,#,#", at, value);
        module.compose_end();
        module.upload(value, module.timeouts.send)
    }

    /// Tells a client the value of a characteristic, and awaits no answer.
    ///
    /// # Errors
    /// [`Error::Module`](crate::Error::Module) if the module could not send it: firmware 2.0.106 and later
    /// sends nothing to who has not subscribed. [`Closed::ByPeer`](crate::Closed) if the connection has
    /// ended. Before a byte is sent [`Usage::Empty`] and [`Usage::TooLong`], and [`Usage::Unsupported`]
    /// before firmware 2.0.97 for any but the first connection.
    pub fn notify<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        at: At,
        value: &[u8],
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |ble, module, index| {
            ble.compose_update(module, "AT+BLEGATTSNTFY=#,#,#", index, at, value)?;
            module.upload(value, module.timeouts.send)
        })
    }

    /// Tells a client the value of a characteristic, and returns when the client has confirmed it.
    ///
    /// # Errors
    /// As [`notify`](Self::notify); [`Status::SendFailed`] also if the client refuses it,
    /// [`Closed::ByPeer`](crate::Closed) also if it goes meanwhile, and
    /// [`Error::Timeout`](crate::Error::Timeout) if it does not answer within 30 s.
    pub fn indicate<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
        at: At,
        value: &[u8],
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |ble, module, index| {
            ble.compose_update(module, "AT+BLEGATTSIND=#,#,#", index, at, value)?;
            let mut confirmation = Confirmation {
                index,
                error: None,
                is_gone: false,
            };
            module.upload_and_gather(value, &mut confirmation, CONFIRMATION)?;
            match confirmation.error {
                Some(0) => Ok(()),
                None => Err(Fault::ClosedByPeer),
                Some(_) => {
                    module.session().refusal = Status::SendFailed;
                    Err(Fault::Untaken)
                }
            }
        })
    }

    /// `<command>`, with the connection where firmware takes it.
    fn compose_update<T: Transport, C: Clock>(
        &self,
        module: &mut Module<'_, T, C>,
        template: &str,
        index: u32,
        at: At,
        value: &[u8],
    ) -> Outcome {
        self.check_place(module, at)?;
        check_length(module, value, VALUE_MAX)?;
        let names_connection = self.version >= BOTH;
        if index > 0 && !names_connection {
            return Err(module.refuse(Usage::Unsupported("telling the second connection")));
        }
        compose_value(module, template, at, value);
        if names_connection {
            module.engine.command().put(",#", &[index]);
        }
        module.compose_end();
        Ok(())
    }

    /// Whether the table has this place.
    fn check_place<T: Transport, C: Clock>(
        &self,
        module: &mut Module<'_, T, C>,
        at: At,
    ) -> Outcome {
        let [service, characteristic] = at.numbers();
        match self.table.at(service as u8, characteristic as u8) {
            Some(_) => Ok(()),
            None => Err(module.refuse(Usage::OutOfRange {
                min: 0,
                max: SERVICES as i32 - 1,
            })),
        }
    }
}

impl<T: Transport, C: Clock> Module<'_, T, C> {
    /// Ends the command that is composed.
    fn compose_end(&mut self) {
        self.engine.command().put("\r\n", &[]);
    }
}

pub(super) fn check_length<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    value: &[u8],
    most: usize,
) -> Outcome {
    match value.len() {
        0 => Err(module.refuse(Usage::Empty)),
        length if length > most => Err(module.refuse(Usage::TooLong(most))),
        _ => Ok(()),
    }
}

fn compose_value<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    template: &str,
    at: At,
    value: &[u8],
) {
    let [service, characteristic] = at.numbers();
    module.compose(template, &[service, characteristic, value.len() as u32]);
}

fn compose_service<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    number: u32,
    service: &Service<'_>,
) {
    module.compose("AT+BLEGATTSSRVCRE=#,", &[number]);
    let kind = compose_uuid(module, service.uuid);
    let command = module.engine.command();
    command.put(",#,#\r\n", &[service.is_primary.into(), kind]);
}

fn compose_characteristic<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    at: At,
    characteristic: &Characteristic<'_>,
) {
    let permissions = characteristic.permissions().bits();
    let properties = characteristic.properties.bits();
    module.compose("AT+BLEGATTSCHARCRE=#,#,", &at.numbers());
    let kind = compose_uuid(module, characteristic.uuid);
    let command = module.engine.command();
    command.put(",#,#,#\r\n", &[properties, permissions, kind]);
}

/// Appends a UUID and returns the number of its kind.
fn compose_uuid<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, uuid: Uuid) -> u32 {
    let command = module.engine.command();
    match uuid {
        Uuid::Short(uuid) => {
            command.hex(&uuid.to_be_bytes());
            0
        }
        Uuid::Long(uuid) => {
            command.hex(&uuid);
            2
        }
    }
}

/// Waits for the answer to an indication.
struct Confirmation {
    index: u32,
    /// What the client says; 0 is nothing against it.
    error: Option<u32>,
    is_gone: bool,
}

impl Gather for Confirmation {
    fn take(&mut self, pending: &[u8]) -> Head {
        if let Some((error, length)) = line_row(pending, b"+BLE:INDICATION:2,") {
            let error = number(error);
            return match error {
                Some(_) => {
                    self.error = error;
                    Head::Row(length)
                }
                None => Head::Spoilt,
            };
        }
        // That remains an event.
        self.is_gone |= ended(pending).is_some_and(|(index, _)| index == self.index);
        Head::Other
    }

    fn miss(&mut self) {}

    fn answered(&mut self) -> Option<u32> {
        None
    }

    fn is_over(&self) -> bool {
        self.error.is_some() || self.is_gone
    }
}
