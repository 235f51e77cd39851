//! Bluetooth LE: chapter 6 of the reference. The module is a client or a server, not both.

mod advertise;
mod client;
mod commands;
mod connection;
mod profiles;
mod scan;
mod security;
mod server;
mod setup;
pub(super) mod variant;

pub(super) use commands::COMMANDS;
pub(super) use security::Bond;
pub(super) use server::Characteristic;

use std::collections::VecDeque;
use std::time::Duration;

use crate::ble::{Action, BlePeer};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step};
use crate::st67::{St67, World};
use client::Discovered;
use connection::Connection;
use profiles::Profiles;
use scan::Scan;
use server::Service;
use setup::Setup;

/// Connections that there can be with any firmware.
const CONNECTIONS: usize = 10;
/// How long anything takes on the air, there and back.
const ROUND_TRIP: Duration = Duration::from_millis(50);
/// The longest value.
const LONGEST_VALUE: i64 = 244;
/// Services that the module can offer, and characteristics of each.
const SERVICES: usize = 3;
const CHARACTERISTICS: usize = 5;
/// What a characteristic can be used for.
const READ: u8 = 2;
const WRITE_PLAINLY: u8 = 4;
const WRITE: u8 = 8;
const NOTIFY: u8 = 16;
const INDICATE: u8 = 32;

/// What the module is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    #[default]
    None,
    Client,
    Server,
    Both,
}

/// Everything that Bluetooth LE needs, but for what is kept in flash.
#[derive(Debug, Default)]
pub(super) struct Ble {
    role: Role,
    setup: Setup,
    scan: Option<Scan>,
    advertises: bool,
    connections: [Option<Connection>; CONNECTIONS],
    services: [Option<Service>; SERVICES],
    registered: bool,
    discovered: Vec<Option<Discovered>>,
    profiles: Profiles,
    /// What is told later, in its order.
    later: VecDeque<(Duration, Later)>,
}

/// What is told of a connection later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Later {
    Disconnected(usize),
    Parameters(usize),
    DataLength {
        index: usize,
        octets: i64,
        time: i64,
    },
    Mtu(usize),
    Indicated,
    Pairing(usize),
    Paired(usize),
    PairingFailed(usize),
}

/// A payload for Bluetooth LE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Notify(usize, Characteristic),
    Indicate(usize, Characteristic),
    /// What a client that reads is answered.
    Answer(Characteristic),
    Write {
        index: usize,
        handle: Option<u16>,
    },
}

impl Ble {
    pub fn next(&self, peers: &[BlePeer]) -> Option<Duration> {
        let acts = peers.iter().any(BlePeer::has_something_to_do);
        let later = self.later.front().map(|(at, _)| *at);
        let connections = self.connections.iter().flatten();
        let gives_up = connections.filter_map(|connection| Some(connection.reading?.1));
        let times = [
            acts.then_some(Duration::ZERO),
            later,
            gives_up.min(),
            self.scan.as_ref().map(Scan::next),
        ];
        times.into_iter().flatten().min()
    }

    /// All peers are left alone.
    pub fn release(&mut self) {
        for connection in self.connections.iter().flatten() {
            connection.peer.set_connected(false);
        }
    }

    fn connection(&self, index: usize) -> Option<&Connection> {
        self.connections.get(index)?.as_ref()
    }

    fn connection_mut(&mut self, index: usize) -> Option<&mut Connection> {
        self.connections.get_mut(index)?.as_mut()
    }

    /// Takes what is to be told by now.
    fn due(&mut self, now: Duration) -> Option<(Duration, Later)> {
        self.later.front().filter(|(at, _)| *at <= now)?;
        self.later.pop_front()
    }

    fn later(&mut self, now: Duration, later: Later) {
        self.later.push_back((now + ROUND_TRIP, later));
    }
}

impl St67 {
    /// Refuses what needs this role.
    fn need_role(&self, role: Role) -> Result<(), Code> {
        if self.ble.role == role || self.ble.role == Role::Both {
            return Ok(());
        }
        Err(Code::NOT_BEGUN)
    }

    /// Refuses what needs any role.
    fn need_ble(&self) -> Result<(), Code> {
        if self.ble.role == Role::None {
            return Err(Code::NOT_BEGUN);
        }
        Ok(())
    }

    /// The connection that an argument names, which must be open.
    fn ble_connection(&self, arguments: &Arguments, argument: usize) -> Result<usize, Code> {
        let index = self.ble_connection_number(arguments, argument)?;
        self.ble.connection(index).ok_or(Code::INVALID)?;
        Ok(index)
    }

    /// The number of a connection, which may be open or not.
    fn ble_connection_number(&self, arguments: &Arguments, argument: usize) -> Result<usize, Code> {
        let last = i64::try_from(self.variant.ble.connections).unwrap_or(0) - 1;
        let index = arguments.need_number(argument, 0..=last)?;
        Ok(usize::try_from(index).unwrap_or(0))
    }

    pub(super) fn poll_ble(&mut self, world: &mut World) {
        while let Some((_, later)) = self.ble.due(world.now) {
            self.tell_later(later, world.now);
        }
        for index in 0..CONNECTIONS {
            let reading = self.ble.connection(index).and_then(|known| known.reading);
            if reading.is_some_and(|(_, until)| until <= world.now) {
                self.ble_disconnected(index, false);
            }
        }
        for peer in self.config.ble_peers.clone() {
            while let Some(action) = peer.take_action() {
                self.feel(&peer, action, world.now);
            }
        }
        self.poll_scan(world.now);
    }

    fn tell_later(&mut self, later: Later, now: Duration) {
        match later {
            Later::Disconnected(index) => self.ble_disconnected(index, true),
            Later::Parameters(index) => self.tell_parameters(index),
            Later::DataLength {
                index,
                octets,
                time,
            } => {
                if self.variant.ble.tells_data_length && self.ble.connection(index).is_some() {
                    self.say(&format!(
                        "+BLE:DATALENUPDATED:{index},{octets},{time},{octets},{time}"
                    ));
                }
            }
            Later::Mtu(index) => self.tell_mtu(index),
            Later::Indicated => self.say("+BLE:INDICATION:2,0"),
            Later::Pairing(index) => self.go_on_pairing(index, now),
            Later::Paired(index) => self.paired(index),
            Later::PairingFailed(index) => self.pairing_failed(index),
        }
    }

    /// A peer does something.
    fn feel(&mut self, peer: &BlePeer, action: Action, now: Duration) {
        if let Action::Connect = action {
            return self.let_central_in(peer, now);
        }
        let connections = self.ble.connections.iter();
        let mut connections = connections.map(|connection| connection.as_ref());
        let index = connections.position(|connection| {
            connection.is_some_and(|connection| connection.address == peer.address())
        });
        let Some(index) = index else {
            return;
        };
        match action {
            Action::Connect => {}
            Action::Disconnect => self.ble_disconnected(index, false),
            Action::Write {
                service,
                characteristic,
                data,
            } => self.client_writes(index, service, characteristic, &data),
            Action::Read {
                service,
                characteristic,
            } => self.client_reads(index, service, characteristic, peer, now),
            Action::Subscribe {
                service,
                characteristic,
                updates,
            } => self.client_subscribes(index, service, characteristic, updates),
            Action::Notify { handle, data } => {
                if peer.has_subscribed(handle) {
                    let length = data.len();
                    let head = if self.variant.ble.tells_value_handle {
                        format!("+BLE:NOTIDATA:{index},{handle},{length},")
                    } else {
                        format!("+BLE:NOTIDATA:{index},{length},")
                    };
                    self.tell_value(&head, &data);
                }
            }
            Action::Pair { level } => {
                // A peer that wants more than is possible gets nothing.
                let _ = self.begin_pairing(index, i64::from(level), now);
            }
            Action::Alert(level) => self.tell_alert(level),
        }
    }

    /// An event with a value, which may be any bytes.
    fn tell_value(&mut self, head: &str, value: &[u8]) {
        let line = [head.as_bytes(), value, b"\r\n"].concat();
        self.output.write_unbroken(&[&line]);
    }

    /// The prompt behind which a value is awaited.
    fn prompt_for_value(
        &mut self,
        arguments: &Arguments,
        argument: usize,
        value: Value,
        says_ok: bool,
    ) -> Result<Reply, Code> {
        let longest = match value {
            Value::Answer(_) => self.variant.ble.longest_answer,
            _ => LONGEST_VALUE,
        };
        let length = arguments.need_number(argument, 1..=longest)?;
        let length = usize::try_from(length).unwrap_or(0);
        if says_ok {
            self.conclude("OK");
        }
        Ok(self.prompt_for_payload(length, move |module, data, world| {
            module.take_ble_value(value, data, world)
        }))
    }

    /// A value is complete.
    fn take_ble_value(&mut self, value: Value, data: &[u8], world: &mut World) -> Step {
        self.say(&format!("Recv {} bytes", data.len()));
        let done = match value {
            Value::Notify(index, to) => self.notify(index, to, NOTIFY, data),
            Value::Indicate(index, to) => {
                let done = self.notify(index, to, INDICATE, data);
                if done {
                    self.ble.later(world.now, Later::Indicated);
                }
                done
            }
            Value::Answer(to) => self.set_answer(to, data),
            Value::Write { index, handle } => self.write_value(index, handle, data),
        };
        let [good, bad] = self.variant.ble.value_results;
        self.conclude(if done { good } else { bad });
        Step::Next(Job::Idle)
    }

    /// An address, as the module prints it by itself.
    fn ble_address(&self, address: [u8; 6]) -> String {
        let quote = self.variant.ble.quote;
        let text = address.map(|byte| format!("{byte:02x}")).join(":");
        format!("{quote}{text}{quote}")
    }
}

/// The address in an argument such as `"11:22:33:44:55:66"`.
fn address(arguments: &Arguments, argument: usize) -> Result<[u8; 6], Code> {
    let text = arguments.need_text(argument, 17)?;
    let text = std::str::from_utf8(text).map_err(|_| Code::INVALID)?;
    let bytes: Vec<u8> = text
        .split(':')
        .map(|part| match part.len() {
            2 => u8::from_str_radix(part, 16).map_err(|_| Code::INVALID),
            _ => Err(Code::INVALID),
        })
        .collect::<Result<_, Code>>()?;
    bytes.try_into().map_err(|_| Code::INVALID)
}

/// The bytes of a text of hexadecimal digits.
fn hexadecimal(digits: &[u8]) -> Result<Vec<u8>, Code> {
    if !digits.len().is_multiple_of(2) {
        return Err(Code::INVALID);
    }
    let pairs = digits.chunks_exact(2).map(|pair| {
        let pair = std::str::from_utf8(pair).map_err(|_| Code::INVALID)?;
        u8::from_str_radix(pair, 16).map_err(|_| Code::INVALID)
    });
    pairs.collect()
}

/// Bytes as hexadecimal digits.
fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
