//! The socket table: who owns which place, and what the driver knows of its connection.

use super::TcpSocket;
use crate::error::{Closed, Resource, Usage};

/// The most sockets the table has room for; a dialect may allow fewer.
const PLACES: usize = 8;

/// What the driver knows of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Closed(Closed),
}

/// One place of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    owned: bool,
    generation: u16,
    pub(crate) state: State,
    /// The module's name for the link: an id of 0 to 4, or a 32-bit handle.
    pub(crate) link: u32,
    /// The link may still exist in the module though it is closed here; it must be closed there
    /// before its place is used again.
    pub(crate) lingers: bool,
    /// The module has, or may have, data for this link.
    pub(crate) readable: bool,
    /// At least this many bytes wait in the module.
    announced: u32,
    /// What of this socket's read-ahead buffer is not handed out yet.
    ahead_start: u16,
    ahead_end: u16,
}

const FREE: Slot = Slot {
    owned: false,
    generation: 0,
    state: State::Closed(Closed::NotConnected),
    link: 0,
    lingers: false,
    readable: false,
    announced: 0,
    ahead_start: 0,
    ahead_end: 0,
};

impl Slot {
    /// A new connection begins.
    pub(crate) fn open(&mut self, link: u32) {
        *self = Slot {
            owned: true,
            generation: self.generation,
            state: State::Open,
            link,
            ..FREE
        };
    }

    /// The module has announced data. Firmware counts each arrival, the reference counts all that
    /// waits: in either case no less than `n` bytes wait now.
    pub(crate) fn announce(&mut self, n: u32) {
        self.readable = true;
        self.announced = self.announced.max(n);
    }

    /// A read command begins. What is announced from here on may be part of its answer, or not.
    pub(crate) fn begin_read(&mut self) -> u32 {
        self.readable = false;
        core::mem::take(&mut self.announced)
    }

    /// The module has given `n` of the `wanted` bytes; `announced` had been promised before.
    pub(crate) fn end_read(&mut self, n: usize, wanted: usize, announced: u32) {
        self.announced = self.announced.max(announced).saturating_sub(n as u32);
        if n == wanted {
            // All that was asked for came: there may be more.
            self.readable = true;
        } else if n < announced as usize && matches!(self.state, State::Closed(_)) {
            // The module forgot what it had announced.
            self.state = State::Closed(Closed::StreamBroken);
        }
    }

    /// The module has closed the link. What it still holds of the stream can be read.
    pub(crate) fn closed_by_module(&mut self, how: Closed) {
        self.lingers = false;
        self.close(how);
    }

    /// The connection is over for the caller, but the module may not know it.
    pub(crate) fn abandon(&mut self, how: Closed) {
        self.lingers = true;
        self.close(how);
    }

    /// Nobody wants what is left of the stream.
    pub(crate) fn drop_rest(&mut self) {
        self.readable = false;
        self.ahead_start = 0;
        self.ahead_end = 0;
    }

    /// Bytes of the stream were lost: what comes behind them is not handed out.
    pub(crate) fn spoil(&mut self) {
        self.readable = false;
        self.abandon(Closed::StreamBroken);
    }

    fn close(&mut self, how: Closed) {
        if self.state == State::Open {
            self.state = State::Closed(how);
        }
    }

    /// Whether the module has, or may have, something under this link's name.
    pub(crate) fn occupies_link(&self) -> bool {
        self.owned && (self.state == State::Open || self.lingers || self.readable)
    }
}

/// The table and the memory for reading ahead.
pub(crate) struct Table<'b> {
    slots: [Slot; PLACES],
    /// One part per socket.
    ahead: &'b mut [u8],
    part: usize,
    capacity: usize,
    /// Counts restarts of the module.
    run: u16,
}

impl<'b> Table<'b> {
    /// A table of as many sockets as `ahead` has parts, at most `links`.
    pub(crate) fn new<const N: usize>(ahead: &'b mut [[u8; N]], links: usize) -> Self {
        let capacity = ahead.len().min(links).min(PLACES);
        Table {
            slots: [FREE; PLACES],
            ahead: ahead.as_flattened_mut(),
            part: N,
            capacity,
            run: 0,
        }
    }

    /// The size of each read-ahead buffer.
    pub(crate) fn read_ahead(&self) -> usize {
        // Places in it are counted with 16 bits.
        self.part.min(usize::from(u16::MAX))
    }

    /// Gives a free place to a new owner.
    pub(crate) fn allocate(&mut self) -> Result<TcpSocket, Resource> {
        let index = (0..self.capacity)
            .find(|&i| self.slots.get(i).is_some_and(|s| !s.owned))
            .ok_or(Resource::Sockets)?;
        let run = self.run;
        let slot = self.slots.get_mut(index).ok_or(Resource::Sockets)?;
        *slot = Slot {
            owned: true,
            generation: slot.generation.wrapping_add(1),
            ..FREE
        };
        Ok(TcpSocket {
            index: index as u8,
            generation: slot.generation,
            run,
        })
    }

    /// The place that a handle owns.
    pub(crate) fn slot(&mut self, socket: &TcpSocket) -> Result<&mut Slot, Usage> {
        self.slots
            .get_mut(usize::from(socket.index))
            .filter(|slot| slot.owned && slot.generation == socket.generation)
            .ok_or(Usage::StaleHandle)
    }

    /// Whether the connection of this handle was lost with a restart of the module.
    pub(crate) fn is_from_before_restart(&self, socket: &TcpSocket) -> bool {
        socket.run != self.run
    }

    /// Makes a handle that survived a restart usable for a new connection.
    pub(crate) fn renew(&mut self, socket: &mut TcpSocket) {
        socket.run = self.run;
    }

    pub(crate) fn free(&mut self, socket: &TcpSocket) {
        if let Ok(slot) = self.slot(socket) {
            *slot = Slot {
                generation: slot.generation,
                ..FREE
            };
        }
    }

    /// The connection that the module knows as `link`.
    pub(crate) fn by_link(&mut self, link: u32) -> Option<&mut Slot> {
        self.slots
            .iter_mut()
            .find(|slot| slot.link == link && slot.occupies_link())
    }

    /// Some link that the module has, or may have.
    pub(crate) fn any_link(&self) -> Option<u32> {
        self.slots
            .iter()
            .find(|slot| slot.occupies_link())
            .map(|slot| slot.link)
    }

    /// The open connections.
    pub(crate) fn open(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.slots
            .iter_mut()
            .filter(|slot| slot.owned && slot.state == State::Open)
    }

    /// The module restarted: every connection ends, and every handle notices.
    pub(crate) fn restart(&mut self) {
        for slot in &mut self.slots {
            *slot = Slot {
                owned: slot.owned,
                generation: slot.generation,
                ..FREE
            };
        }
        self.run = self.run.wrapping_add(1);
    }

    /// Takes every place from its owner.
    pub(crate) fn release_all(&mut self) {
        for slot in &mut self.slots {
            *slot = Slot {
                generation: slot.generation,
                ..FREE
            };
        }
    }

    /// Whether something was read ahead.
    pub(crate) fn has_ahead(&mut self, socket: &TcpSocket) -> bool {
        self.slot(socket)
            .is_ok_and(|slot| slot.ahead_start < slot.ahead_end)
    }

    /// Hands out what was read ahead.
    pub(crate) fn take_ahead(&mut self, socket: &TcpSocket, into: &mut [u8]) -> usize {
        let part = self.part * usize::from(socket.index);
        let Ok(slot) = self.slot(socket) else {
            return 0;
        };
        let (from, to) = (usize::from(slot.ahead_start), usize::from(slot.ahead_end));
        let n = into.len().min(to.saturating_sub(from));
        slot.ahead_start += n as u16;
        match (
            self.ahead.get(part + from..part + from + n),
            into.get_mut(..n),
        ) {
            (Some(ahead), Some(into)) => {
                into.copy_from_slice(ahead);
                n
            }
            _ => 0,
        }
    }

    /// Takes the read-ahead buffer of a socket out of the table, to be filled from the module.
    ///
    /// The memory is swapped for an empty slice, so that the rest of the session can be used
    /// meanwhile; [`put_ahead`](Self::put_ahead) brings it back.
    pub(crate) fn lend_ahead(&mut self) -> &'b mut [u8] {
        core::mem::take(&mut self.ahead)
    }

    /// The part of `ahead` that belongs to a socket.
    pub(crate) fn part_of<'a>(&self, ahead: &'a mut [u8], socket: &TcpSocket) -> &'a mut [u8] {
        let start = self.part * usize::from(socket.index);
        ahead
            .get_mut(start..start + self.read_ahead())
            .unwrap_or(&mut [])
    }

    /// Brings the read-ahead memory back, with `n` new bytes for `socket`.
    pub(crate) fn put_ahead(&mut self, ahead: &'b mut [u8], socket: &TcpSocket, n: usize) {
        self.ahead = ahead;
        if let Ok(slot) = self.slot(socket) {
            slot.ahead_start = 0;
            slot.ahead_end = n as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_sockets_as_buffers_and_links() {
        let mut ahead = [[0; 4]; 3];
        let mut table = Table::new(&mut ahead, 2);
        let first = table.allocate().unwrap();
        table.allocate().unwrap();
        assert_eq!(table.allocate(), Err(Resource::Sockets));
        table.free(&first);
        assert_eq!(table.slot(&first).err(), Some(Usage::StaleHandle));
        let third = table.allocate().unwrap();
        assert_eq!(third.index, first.index);
        assert!(
            table.slot(&first).is_err(),
            "a freed handle must not reach the next owner"
        );
        assert!(table.slot(&third).is_ok());
    }

    #[test]
    fn a_restart_ends_connections_but_not_ownership() {
        let mut ahead = [[0; 4]; 1];
        let mut table = Table::new(&mut ahead, 5);
        let mut socket = table.allocate().unwrap();
        table.slot(&socket).unwrap().open(3);
        table.restart();
        assert!(table.is_from_before_restart(&socket));
        assert!(table.by_link(3).is_none());
        table.renew(&mut socket);
        assert!(!table.is_from_before_restart(&socket));
        assert!(table.slot(&socket).is_ok());
    }
}
