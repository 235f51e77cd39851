//! Connections: which there are, and how they end.

use super::Bluetooth;
use crate::clock::Clock;
use crate::driver::dialect::Outcome;
use crate::engine::gather::{Gather, Head};
use crate::engine::text::Fields;
use crate::error::Fault;
use crate::st67::command::ble::ConnectionRow;
use crate::st67::{Error, Module};
use crate::transport::Transport;
use crate::value::Mac;

/// How many connections there can be, in firmware before 2.0.97 and from there on (wire notes 5).
const FEW: usize = 2;
const MANY: usize = 10;

/// A connection with another device. One that has ended is never taken for another that the module has
/// given the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Connection {
    index: u8,
    age: u8,
}

/// What is known of a connection.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The other device, while there is one.
    peer: Option<Mac>,
    /// How often there was one.
    age: u8,
}

/// All connections, as the user was told of them.
#[derive(Debug)]
pub(super) struct Connections {
    places: [Place; MANY],
    count: usize,
    /// Something may have happened that nobody has told of: the module is to be asked.
    pub(super) is_doubtful: bool,
}

impl Connections {
    pub(super) fn new(are_many: bool) -> Self {
        Connections {
            places: [Place::default(); MANY],
            count: if are_many { MANY } else { FEW },
            is_doubtful: false,
        }
    }

    /// The number of an open connection.
    pub(super) fn index(&self, connection: Connection) -> Outcome<u32> {
        match self.get(connection.index) {
            Some((known, _)) if known == connection => Ok(connection.index.into()),
            _ => Err(Fault::ClosedByPeer),
        }
    }

    /// The connection with this number, if it is open, and the other device.
    pub(super) fn get(&self, index: u8) -> Option<(Connection, Mac)> {
        let place = self.places.get(usize::from(index))?;
        let age = place.age;
        Some((Connection { index, age }, place.peer?))
    }

    /// The connection with this device; with any, if there is none.
    pub(super) fn with_peer(&self, peer: Mac) -> Option<Connection> {
        let all = || (0..MANY as u8).filter_map(|index| self.get(index));
        let exact = all().find(|(_, known)| *known == peer);
        let found = exact.or_else(|| all().next());
        found.map(|(connection, _)| connection)
    }

    /// A number that no connection has: neither one that the module has told that it has, nor one whose
    /// end the user was not told of.
    pub(super) fn free(&self, told: &[Option<Mac>]) -> Option<u8> {
        let mut places = (0..).zip(self.places.iter().zip(told)).take(self.count);
        let found = places.find(|(_, (place, told))| place.peer.is_none() && told.is_none());
        found.map(|(index, _)| index)
    }

    /// Whether the user was told of others than these.
    fn differ(&self, told: &[Option<Mac>]) -> bool {
        let known = |index| self.get(index).map(|(_, peer)| peer);
        (0..).zip(told).any(|(index, peer)| known(index) != *peer)
    }

    /// The other device of a connection is known now.
    fn name(&mut self, index: u8, peer: Mac) {
        if let Some(place) = self.places.get_mut(usize::from(index)) {
            place.peer = Some(peer);
        }
    }

    /// A connection is open; `None` if that is no news, or there can be none with this number.
    pub(super) fn open(&mut self, index: u8, peer: Mac) -> Option<Connection> {
        let mut places = self.places.iter_mut().take(self.count);
        let place = places.nth(index.into())?;
        if place.peer == Some(peer) {
            return None;
        }
        place.age = place.age.wrapping_add(1);
        place.peer = Some(peer);
        info!("bluetooth: connection {} is open", index);
        let age = place.age;
        Some(Connection { index, age })
    }

    /// A connection has ended; `None` if that is no news.
    pub(super) fn close(&mut self, index: u8) -> Option<(Connection, Mac)> {
        let known = self.get(index)?;
        self.places.get_mut(usize::from(index))?.peer = None;
        info!("bluetooth: connection {} has ended", index);
        Some(known)
    }

    /// The connection with this number, about which something is told: it is open, whether that was told
    /// or not.
    pub(super) fn heard(&mut self, index: u8) -> Option<Connection> {
        if let Some((connection, _)) = self.get(index) {
            return Some(connection);
        }
        self.is_doubtful = true;
        self.open(index, Mac::default())
    }
}

/// What has changed about a connection without anybody telling.
pub(super) enum Change {
    Opened(Connection, Mac),
    Closed(Connection, Mac),
}

impl Bluetooth<'_> {
    /// Ends a connection, and returns when it has. One that has ended is no error.
    pub fn disconnect<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
    ) -> Result<(), Error<T::Error>> {
        self.on(module, |ble, module| {
            let Ok(index) = ble.connections.index(connection) else {
                return Ok(());
            };
            let mut end = End {
                index,
                is_over: false,
            };
            module.compose("AT+BLEDISCONN=#\r\n", &[index]);
            match module.gather(&mut end, module.timeouts.command) {
                // It has ended already, which is still to be told.
                Err(Fault::Refused) if !is_open(module, index)? => {
                    ble.connections.is_doubtful = true;
                    return Ok(());
                }
                other => other?,
            }
            ble.connections.close(connection.index);
            ble.settle_advertising();
            Ok(())
        })
    }

    /// Has the other device agree on longer packets: [`Event::Mtu`](super::Event::Mtu) tells of how long
    /// they are then. A value that is told of is at most three bytes shorter; 20 bytes where nobody has
    /// asked.
    pub fn exchange_mtu<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        connection: Connection,
    ) -> Result<(), Error<T::Error>> {
        self.with(module, connection, |_, module, index| {
            module.tell("AT+BLEEXCHANGEMTU=#\r\n", &[index])
        })
    }

    /// Asks the module which connections it has, if some may have been missed. One change at a time.
    pub(super) fn find_change<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
    ) -> Outcome<Option<Change>> {
        if !self.connections.is_doubtful {
            return Ok(None);
        }
        module.prepare()?;
        self.check_run(module)?;
        let told = ask(module)?;
        if self.connections.differ(&told) && ask(module)? != told {
            // A row was spoilt on the way, or something happens now.
            return Ok(None);
        }
        for (index, peer) in (0..).zip(told) {
            let known = self.connections.get(index);
            match (known, peer) {
                (Some((connection, known)), Some(peer)) if known == Mac::default() => {
                    self.connections.name(index, peer);
                    return Ok(Some(Change::Opened(connection, peer)));
                }
                (Some((_, known)), told) if told != Some(known) => {
                    self.settle_advertising();
                    let closed = self.connections.close(index);
                    return Ok(closed.map(|(connection, peer)| Change::Closed(connection, peer)));
                }
                (None, Some(peer)) => {
                    let opened = self.connections.open(index, peer);
                    return Ok(opened.map(|connection| Change::Opened(connection, peer)));
                }
                _ => {}
            }
        }
        self.connections.is_doubtful = false;
        Ok(None)
    }
}

fn is_open<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, index: u32) -> Outcome<bool> {
    let told = ask(module)?;
    Ok(told.get(index as usize).is_some_and(Option::is_some))
}

/// Asks the module which connections it has.
pub(super) fn ask<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Outcome<[Option<Mac>; MANY]> {
    let mut told = [None; MANY];
    module.compose("AT+BLECONN?\r\n", &[]);
    module.ask(
        "+BLECONN:",
        module.timeouts.command,
        &mut |values: &[u8]| {
            if let Some(row) = ConnectionRow::parse_values(values) {
                if let Some(place) = told.get_mut(usize::from(row.connection)) {
                    *place = Some(row.peer);
                }
            }
        },
    )?;
    Ok(told)
}

/// Waits for the end of a connection.
struct End {
    index: u32,
    is_over: bool,
}

impl Gather for End {
    fn take(&mut self, pending: &[u8]) -> Head {
        match ended(pending) {
            Some((index, length)) if index == self.index => {
                self.is_over = true;
                Head::Row(length)
            }
            _ => Head::Other,
        }
    }

    fn miss(&mut self) {}

    fn answered(&mut self) -> Option<u32> {
        None
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}

/// Which connection has ended, if a line is here as a whole that says so, and how long the line is.
pub(super) fn ended(pending: &[u8]) -> Option<(u32, usize)> {
    let end = pending.iter().position(|&byte| byte == b'\n')? + 1;
    let line = pending.get(..end)?;
    let values = line
        .strip_prefix(b"+BLE:DISCONNECTED:")
        .or_else(|| line.strip_prefix(b"+BLEDISCONN:"))?;
    Some((Fields::new(values).number()?, end))
}
