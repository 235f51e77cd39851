//! Connections: begun by the module as a client, or by a central that has found it advertising.

use std::time::Duration;

use super::security::Pairing;
use super::{Characteristic, Later, ROUND_TRIP, Role, address};
use crate::ble::{BlePeer, BleUpdates};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Reply, Step, Task};
use crate::st67::{St67, World};

/// The intervals that the module asks for, in units of 1.25 ms.
const INTERVALS: [i64; 2] = [24, 40];
/// How long a peer may take to answer, in seconds.
const PATIENCE: i64 = 5;
/// How long a connection may be silent, in units of 10 ms.
const SILENCE: i64 = 500;
/// The longest packet of the attribute protocol.
const MTU: u16 = 247;
/// Octets in a packet.
const OCTETS: std::ops::RangeInclusive<i64> = 27..=251;

/// A connection with a peer.
#[derive(Debug)]
pub(super) struct Connection {
    pub peer: BlePeer,
    /// Its address, and whether that is a random one.
    pub address: ([u8; 6], bool),
    /// Shortest and longest interval, the one in force, latency and timeout.
    parameters: [i64; 5],
    pub pairing: Option<Pairing>,
    /// The peer has begun it.
    accepted: bool,
    /// What the peer wants to be told, if it is a client that has said so.
    pub subscriptions: Vec<(Characteristic, BleUpdates)>,
    /// What the peer reads and is not answered yet, and until when it waits.
    pub reading: Option<(Characteristic, Duration)>,
}

/// `AT+BLECONN`: the peer that is looked for, and until when.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    index: usize,
    address: ([u8; 6], bool),
    pub at: Duration,
}

impl Task for Attempt {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, _: &mut World) -> Step {
        module.end_ble_connect(*self)
    }
}

impl St67 {
    /// `AT+BLECONN?`
    pub(in crate::st67) fn ble_connections(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let connections = self.ble.connections.iter().enumerate();
        let rows: Vec<String> = connections
            .filter_map(|(index, connection)| {
                let address = self.ble_address(connection.as_ref()?.address.0);
                Some(format!("+BLECONN:{index},{address}"))
            })
            .collect();
        rows.iter().for_each(|row| self.say(row));
        if rows.is_empty() && self.variant.ble.names_no_connection {
            self.say("+BLECONN:");
        }
        Ok(Reply::Ok)
    }

    /// `AT+BLECONN=<index>,<"address">[,<address type>][,<timeout>]`
    pub(in crate::st67) fn ble_connect(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=4)?;
        let index = self.ble_connection_number(arguments, 0)?;
        let address = address(arguments, 1)?;
        let random = arguments.number(2, 0..=1)?.unwrap_or(0) == 1;
        let patience = arguments.number(3, 3..=30)?.unwrap_or(PATIENCE);
        self.need_role(Role::Client)?;
        if self.ble.connection(index).is_some() {
            return Err(Code::TIMEOUT);
        }
        let address = (address, random);
        let patience = Duration::from_secs(u64::try_from(patience).unwrap_or(0));
        let wait = match self.find_peripheral(address) {
            Some(_) => ROUND_TRIP,
            None => patience,
        };
        Ok(Reply::Later(
            Attempt {
                index,
                address,
                at: world.now + wait,
            }
            .into(),
        ))
    }

    /// A peer with this address that advertises.
    fn find_peripheral(&self, address: ([u8; 6], bool)) -> Option<BlePeer> {
        let mut peers = self.config.ble_peers.iter();
        let found = peers.find(|peer| peer.address() == address && peer.advertisement().is_some());
        found.cloned()
    }

    /// The peer has answered, or it has had time enough.
    fn end_ble_connect(&mut self, attempt: Attempt) -> Step {
        let Attempt { index, address, .. } = attempt;
        let names = self.variant.ble.names_connections;
        let Some(peer) = self.find_peripheral(address) else {
            if names {
                self.say(&format!("+BLECONN:{index},-1"));
            }
            return self.finish(Err(Code::TIMEOUT));
        };
        let late = self.variant.ble.parameters_come_late;
        let [shortest, longest] = INTERVALS;
        let parameters = if late {
            [shortest, longest, 0, 0, 0]
        } else {
            [shortest, longest, longest, 0, SILENCE]
        };
        self.open_ble_connection(index, peer, parameters, false);
        let name = if names { "+BLECONN" } else { "+BLE:CONNECTED" };
        let address = self.ble_address(address.0);
        self.say(&format!("{name}:{index},{address}"));
        self.finish(Ok(()))
    }

    /// What is told of who has begun a connection that has ended: 0 the module, 1 the peer.
    fn ble_role_text(&self, accepted: bool) -> &'static str {
        match (self.variant.ble.tells_roles, accepted) {
            (false, _) => "",
            (true, false) => ",0",
            (true, true) => ",1",
        }
    }

    fn open_ble_connection(
        &mut self,
        index: usize,
        peer: BlePeer,
        parameters: [i64; 5],
        accepted: bool,
    ) {
        peer.set_connected(true);
        self.ble.connections[index] = Some(Connection {
            address: peer.address(),
            peer,
            parameters,
            pairing: None,
            accepted,
            subscriptions: Vec::new(),
            reading: None,
        });
    }

    /// A central connects.
    pub(super) fn let_central_in(&mut self, peer: &BlePeer, now: Duration) {
        let Some(index) = self.place_for_central() else {
            return;
        };
        if self.need_role(Role::Server).is_err() || !self.can_be_connected() {
            return;
        }
        self.ble.advertises = false;
        self.announce();
        let [shortest, longest] = INTERVALS;
        let parameters = if self.variant.ble.parameters_come_late {
            [0, 0, longest, 0, 0]
        } else {
            [shortest, longest, longest, 0, SILENCE]
        };
        self.open_ble_connection(index, peer.clone(), parameters, true);
        let address = self.ble_address(peer.address().0);
        self.say(&format!("+BLE:CONNECTED:{index},{address}"));
        self.ble.later(now, Later::Mtu(index));
    }

    /// The number of the next connection that a central begins. A server that is nothing else has
    /// only one.
    fn place_for_central(&self) -> Option<usize> {
        let places = if self.variant.ble.both_roles {
            self.variant.ble.connections
        } else {
            1
        };
        (0..places).find(|index| self.ble.connection(*index).is_none())
    }

    /// `AT+BLEDISCONN=<index>`
    pub(in crate::st67) fn ble_disconnect(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.need_ble()?;
        let index = self.ble_connection(arguments, 0)?;
        self.ble.later(world.now, Later::Disconnected(index));
        Ok(Reply::Ok)
    }

    /// A connection has ended, because the module has wished that or the peer.
    pub(super) fn ble_disconnected(&mut self, index: usize, wished: bool) {
        let Some(connection) = self.ble.connections.get_mut(index).and_then(Option::take) else {
            return;
        };
        connection.peer.set_connected(false);
        let address = self.ble_address(connection.address.0);
        let name = if self.variant.ble.names_connections && wished {
            "+BLEDISCONN"
        } else {
            "+BLE:DISCONNECTED"
        };
        let role = self.ble_role_text(connection.accepted);
        self.say(&format!("{name}:{index},{address}{role}"));
        let serves = self.need_role(Role::Server).is_ok();
        if serves && connection.accepted && self.variant.ble.advertises_again {
            self.ble.advertises = true;
            self.announce();
        }
    }

    /// `AT+BLECONNPARAM?`
    pub(in crate::st67) fn ble_parameters(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let rows: Vec<String> = (0..self.ble.connections.len())
            .filter_map(|index| self.parameters_row("+BLECONNPARAM", index))
            .collect();
        if rows.is_empty() && self.variant.ble.parameters_come_late {
            return Err(Code::INVALID);
        }
        rows.iter().for_each(|row| self.say(row));
        Ok(Reply::Ok)
    }

    fn parameters_row(&self, name: &str, index: usize) -> Option<String> {
        let parameters = self.ble.connection(index)?.parameters;
        let parameters = parameters.map(|number| number.to_string()).join(",");
        Some(format!("{name}:{index},{parameters}"))
    }

    /// `AT+BLECONNPARAM=<index>,<shortest interval>,<longest interval>,<latency>,<timeout>`
    pub(in crate::st67) fn set_ble_parameters(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(5..=5)?;
        let shortest = arguments.need_number(1, 0x6..=0xc80)?;
        let longest = arguments.need_number(2, 0x6..=0xc80)?;
        let latency = arguments.need_number(3, 0..=0x1f3)?;
        let timeout = arguments.need_number(4, 0xa..=0xc80)?;
        if shortest > longest {
            return Err(Code::INVALID);
        }
        self.need_ble()?;
        let index = match self.ble_connection(arguments, 0) {
            Ok(index) => index,
            Err(code) => {
                let asked = self.ble_connection_number(arguments, 0)?;
                if self.variant.ble.names_connections {
                    self.say(&format!("+BLECONNPARAM: {asked},-1"));
                }
                return Err(code);
            }
        };
        if let Some(connection) = &mut self.ble.connections[index] {
            connection.parameters = [shortest, longest, longest, latency, timeout];
        }
        self.ble.later(world.now, Later::Parameters(index));
        Ok(Reply::Ok)
    }

    pub(super) fn tell_parameters(&mut self, index: usize) {
        if let Some(row) = self.parameters_row("+BLE:CONNPARAM", index) {
            self.say(&row);
        }
    }

    /// `AT+BLEDATALEN=<index>,<octets>,<time>`
    pub(in crate::st67) fn set_ble_data_length(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(3..=3)?;
        let octets = arguments.need_number(1, OCTETS)?;
        let time = arguments.need_number(2, 1..=i64::from(u16::MAX))?;
        self.need_ble()?;
        let index = self.ble_connection(arguments, 0)?;
        let later = Later::DataLength {
            index,
            octets,
            time,
        };
        self.ble.later(world.now, later);
        Ok(Reply::Ok)
    }

    /// `AT+BLEEXCHANGEMTU=<index>`
    pub(in crate::st67) fn exchange_ble_mtu(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.need_ble()?;
        let index = self.ble_connection(arguments, 0)?;
        self.ble.later(world.now, Later::Mtu(index));
        Ok(Reply::Ok)
    }

    pub(super) fn tell_mtu(&mut self, index: usize) {
        if self.ble.connection(index).is_some() {
            self.say(&format!("+BLE:MTUSIZE:{index},{MTU}"));
        }
    }
}
