//! The socket table: who owns which place, and what the driver knows of its connection.

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use super::{Datagram, Handle};
use crate::error::{Closed, Fault};
use crate::value::bytes::{copy, move_down};

/// The length of datagrams that may be there, or not: more than a module holds.
const SUSPECTED: u32 = 0xffff;

/// What the driver knows of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// It waits for connections.
    Listening,
    Closed(Closed),
}

/// What a socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Stream,
    Datagrams,
    /// Connections that others make.
    Peers,
}

/// The memory of a socket: what the driver knows of its connection, and `N` bytes to read ahead of it.
///
/// It is lent to [`Module::new`](crate::Module::new), one for each socket that may be open at a time:
///
/// ```
/// use atwifi::SocketMemory;
///
/// let mut sockets = [const { SocketMemory::<512>::new() }; 2];
/// # let _ = &mut sockets;
/// ```
pub struct SocketMemory<'b, const N: usize> {
    slot: Slot<'b>,
    ahead: [u8; N],
}

impl<const N: usize> SocketMemory<'_, N> {
    /// Memory of which nothing is used yet.
    pub const fn new() -> Self {
        const { assert!(N > 0, "a read-ahead buffer cannot be empty") };
        SocketMemory {
            slot: Slot::FREE,
            ahead: [0; N],
        }
    }
}

impl<const N: usize> Default for SocketMemory<'_, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// One place of the table. Bytes come first, where short instructions reach them.
#[repr(C)]
pub(crate) struct Slot<'b> {
    owned: bool,
    /// The link may still exist in the module though it is closed here; it must be closed there
    /// before its place is used again.
    pub(crate) lingers: bool,
    /// The module has, or may have, data for this link, which somebody wants.
    readable: bool,
    /// The module has told something that cannot be about this connection: its link may be
    /// somebody else's by now.
    pub(crate) is_in_question: bool,
    /// The module gave more or less than it had announced: it may not announce what comes next. Of one that the
    /// peer has closed: something was told of that is not read.
    pub(crate) is_uncertain: bool,
    /// A datagram has been told since this was set to `false`. Of a link that nobody wants: the module
    /// was told to close it.
    pub(crate) is_told: bool,
    kind: Kind,
    pub(crate) state: State,
    /// The next place.
    next: Option<&'b mut Slot<'b>>,
    /// The module's name for the link: an id of 0 to 4, or a 32-bit handle.
    pub(crate) link: u32,
    generation: u32,
    /// At least this many bytes wait in the module.
    announced: u32,
    /// So many bytes of what will be told of may have been read already. Of a datagram that is read in parts:
    /// so many are told of again behind this one.
    untold: u32,
    /// Behind the datagrams that are noted the module holds this many bytes.
    pub(crate) unnoted: u32,
    /// What was read ahead of a stream and is not handed out yet; or notes on datagrams.
    ahead: Ahead<'b>,
    /// Where the module sends datagrams that are not told where to go, as far as is known; of a
    /// stream, who the peer is.
    pub(crate) destination: Option<SocketAddrV4>,
}

/// The memory for reading ahead, once there is some, of which a part is filled.
struct Ahead<'b> {
    bytes: Option<&'b mut [u8]>,
    start: usize,
    end: usize,
}

impl Ahead<'_> {
    const NONE: Self = Ahead {
        bytes: None,
        start: 0,
        end: 0,
    };

    fn filled(&self) -> &[u8] {
        let bytes = self.bytes.as_deref().unwrap_or(&[]);
        bytes.get(self.start..self.end).unwrap_or(&[])
    }

    fn drop_front(&mut self, n: usize) {
        self.start = self.end.min(self.start + n);
    }

    fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    /// Appends all of it, or nothing.
    fn append(&mut self, bytes: &[u8]) -> bool {
        let Some(memory) = &mut self.bytes else {
            return false;
        };
        if self.end + bytes.len() > memory.len() {
            move_down(memory, self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let end = self.end + bytes.len();
        match memory.get_mut(self.end..end) {
            Some(place) => {
                copy(bytes, place);
                self.end = end;
                true
            }
            None => false,
        }
    }
}

impl<'b> Slot<'b> {
    const FREE: Self = Slot {
        next: None,
        owned: false,
        generation: 0,
        state: State::Closed(Closed::NotConnected),
        link: 0,
        lingers: false,
        readable: false,
        announced: 0,
        untold: 0,
        is_in_question: false,
        is_uncertain: false,
        kind: Kind::Stream,
        is_told: false,
        destination: None,
        unnoted: 0,
        ahead: Ahead::NONE,
    };

    /// Nothing is left of the connection; the owner stays.
    pub(crate) fn forget(&mut self) {
        self.state = State::Closed(Closed::NotConnected);
        self.kind = Kind::Stream;
        self.lingers = false;
        self.destination = None;
        self.drop_rest();
    }

    /// A new connection begins.
    pub(crate) fn open(&mut self, link: u32) {
        self.forget();
        self.state = State::Open;
        self.link = link;
        self.untold = 0;
        self.is_in_question = false;
    }

    /// Who the peer of a stream is.
    pub(crate) fn set_peer(&mut self, peer: SocketAddr) {
        self.destination = Some(peer_of(peer));
    }

    /// Whether a stream has a peer that is known: one that a peer has made.
    pub(crate) fn has_peer(&self) -> bool {
        self.destination.is_some()
    }

    /// Whether this is the peer, as far as is known.
    pub(crate) fn is_peer(&self, told: SocketAddr) -> bool {
        self.destination.is_none_or(|peer| peer == peer_of(told))
    }

    /// A socket for datagrams is ready.
    pub(crate) fn open_datagram(&mut self, link: u32) {
        self.open(link);
        self.kind = Kind::Datagrams;
    }

    /// The socket waits for connections.
    pub(crate) fn listen(&mut self, link: u32) {
        self.open(link);
        self.state = State::Listening;
        self.kind = Kind::Peers;
    }

    pub(crate) fn is_datagram(&self) -> bool {
        self.kind == Kind::Datagrams
    }

    /// It listens, or did.
    pub(crate) fn is_listener(&self) -> bool {
        self.kind == Kind::Peers
    }

    /// The module has announced data. Firmware counts each arrival, the reference counts all that
    /// waits: in either case no less than `n` bytes wait now.
    pub(crate) fn announce(&mut self, n: u32) {
        if self.expect_data() {
            self.announced = self.announced.max(n);
        }
        self.is_uncertain = false;
    }

    /// The module may hold data. Whether anybody wants it: what comes behind lost bytes, or to a
    /// socket whose connection was never made, is nobody's.
    pub(crate) fn expect_data(&mut self) -> bool {
        let is_wanted = matches!(self.state, State::Open | State::Closed(Closed::ByPeer));
        self.readable |= is_wanted;
        is_wanted
    }

    /// Whether the module has, or may have, data for the owner.
    pub(crate) fn is_readable(&self) -> bool {
        self.readable
    }

    /// As [`announce`](Self::announce), by a module that may tell of a chunk when its last byte is
    /// there, of which the first may have been read by then.
    pub(crate) fn announce_chunk(&mut self, n: u32) {
        self.announce(n.saturating_sub(self.untold));
        self.untold = self.untold.saturating_sub(n);
    }

    /// The module holds so many bytes of the stream. Of a chunk that is told when its last byte is
    /// there some may be among them.
    pub(crate) fn recount(&mut self, n: u32) {
        self.announce(n);
        self.untold = n;
    }

    /// Whether the module has told of something of the stream that is not read.
    pub(crate) fn has_rest(&self) -> bool {
        self.announced > 0 || self.is_uncertain
    }

    /// The module holds nothing of the stream: of one that has ended nothing will come.
    pub(crate) fn has_no_rest(&mut self) {
        self.readable &= self.state == State::Open;
    }

    /// A read command begins. What is announced from here on may be part of its answer, or not.
    pub(crate) fn begin_read(&mut self) -> u32 {
        self.readable = false;
        core::mem::take(&mut self.announced)
    }

    /// The module has given `n` of the `wanted` bytes; `announced` had been promised before.
    pub(crate) fn end_read(&mut self, n: usize, wanted: usize, announced: u32) {
        let got = n as u32;
        self.announced = self.announced.max(announced);
        self.is_uncertain = got != self.announced;
        self.announced = self.announced.saturating_sub(got);
        self.untold += got.saturating_sub(announced);
        if n == wanted {
            // All that was asked for came: there may be more.
            self.expect_data();
        } else if got < announced && matches!(self.state, State::Closed(_)) {
            // The module forgot what it had announced.
            self.state = State::Closed(Closed::StreamBroken);
        }
    }

    /// The module has closed the link. What it still holds of the stream can be read.
    pub(crate) fn closed_by_module(&mut self, how: Closed) {
        self.lingers = false;
        self.close(how);
    }

    /// The module lists the link, or does not, and then the connection has ended; whether it must be
    /// asked again, since the row may have been spoilt on the way.
    pub(crate) fn is_missed(&mut self, is_listed: bool) -> bool {
        let is_first = self.state == State::Open && !self.is_in_question;
        self.is_in_question = !is_listed && is_first;
        if !is_listed && !is_first {
            self.closed_by_module(Closed::ByPeer);
        }
        self.is_in_question
    }

    /// The connection is over for the caller, but the module may not know it.
    pub(crate) fn abandon(&mut self, how: Closed) {
        self.lingers = true;
        self.close(how);
    }

    /// Nobody wants the connection any more; if the module may have it, that is told so next.
    pub(crate) fn hang_up(&mut self) {
        if !matches!(self.state, State::Closed(_)) {
            self.lingers = true;
        }
        self.is_told = false;
        self.state = State::Closed(Closed::NotConnected);
        self.drop_rest();
    }

    /// Nobody wants what is left of the stream, or of the datagrams.
    pub(crate) fn drop_rest(&mut self) {
        self.readable = false;
        self.announced = 0;
        self.is_uncertain = false;
        self.unnoted = 0;
        // What a listener has noted are connections, which are still to be closed.
        if self.kind != Kind::Peers {
            self.ahead.clear();
        }
    }

    /// Takes a note that the dialect reads, in the memory that a socket for connections of others
    /// does not need otherwise. `false` if there is no room.
    pub(crate) fn append_note(&mut self, note: &[u8]) -> bool {
        self.ahead.append(note)
    }

    /// What was noted.
    pub(crate) fn notes(&self) -> &[u8] {
        self.ahead.filled()
    }

    /// What was noted, to be changed.
    pub(crate) fn notes_mut(&mut self) -> &mut [u8] {
        let filled = self.ahead.start..self.ahead.end;
        let bytes = self.ahead.bytes.as_deref_mut().unwrap_or(&mut []);
        bytes.get_mut(filled).unwrap_or(&mut [])
    }

    /// The first so many bytes of what was noted are done with.
    pub(crate) fn drop_note(&mut self, length: usize) {
        self.ahead.drop_front(length);
    }

    /// The module has given the link to somebody else: what was not read is gone.
    pub(crate) fn give_up_link(&mut self) {
        if self.readable && matches!(self.state, State::Closed(_)) {
            self.state = State::Closed(Closed::StreamBroken);
        }
        // How one ended that was open nobody has heard, nor what came before that.
        self.close(Closed::StreamBroken);
        self.is_in_question = true;
        self.lingers = false;
        self.readable = false;
        self.announced = 0;
    }

    /// Bytes of the stream were lost: what comes behind them is not handed out, and its end is none.
    #[inline(never)]
    pub(crate) fn spoil(&mut self) {
        self.readable = false;
        self.abandon(Closed::StreamBroken);
        if self.state == State::Closed(Closed::ByPeer) {
            self.state = State::Closed(Closed::StreamBroken);
        }
    }

    fn close(&mut self, how: Closed) {
        if !matches!(self.state, State::Closed(_)) {
            if how != Closed::NotConnected {
                info!("link {}: {}", self.link, crate::fmt::Shown(&how));
            }
            self.state = State::Closed(how);
        }
    }

    fn is_open(&self) -> bool {
        self.owned && self.state == State::Open
    }

    /// Whether the module has, or may have, something under this link's name.
    pub(crate) fn occupies_link(&self) -> bool {
        let is_closed = matches!(self.state, State::Closed(_));
        self.lingers || self.owned && (!is_closed || self.readable)
    }

    /// Whether something was read ahead.
    pub(crate) fn has_ahead(&self) -> bool {
        !self.ahead.filled().is_empty()
    }

    /// Hands out what was read ahead.
    pub(crate) fn take_ahead(&mut self, into: &mut [u8]) -> usize {
        let n = copy(self.ahead.filled(), into);
        self.ahead.drop_front(n);
        n
    }

    /// How much can be read ahead.
    pub(crate) fn ahead_size(&self) -> usize {
        self.ahead.bytes.as_ref().map_or(0, |bytes| bytes.len())
    }

    /// Takes the read-ahead memory out, to be filled from the module while the table is in use;
    /// [`put_ahead`](Self::put_ahead) brings it back.
    pub(crate) fn lend_ahead(&mut self) -> &'b mut [u8] {
        self.ahead.bytes.take().unwrap_or(&mut [])
    }

    /// Brings the read-ahead memory back, with `n` new bytes.
    pub(crate) fn put_ahead(&mut self, bytes: &'b mut [u8], n: usize) {
        self.ahead = Ahead {
            bytes: Some(bytes),
            start: 0,
            end: n,
        };
    }

    /// The notice of a datagram may have been lost, and then no other comes until it has been read.
    pub(crate) fn suspect_datagram(&mut self) {
        if self.is_datagram() && !self.has_ahead() {
            self.unnoted = SUSPECTED;
        }
    }

    /// A part of the next datagram is read, behind which the module tells of so many bytes that are left.
    pub(crate) fn begin_part(&mut self, rest: usize) {
        self.untold = rest as u32;
    }

    /// The module has told of so many bytes: whether they are left of the datagram that is being read.
    pub(crate) fn take_rest(&mut self, told: u16) -> bool {
        let is_rest = self.untold > 0 && self.untold == u32::from(told);
        if is_rest {
            self.untold = 0;
        }
        is_rest
    }

    /// A part has been read, or was to be, or less than that. Whether the module has not told of the rest, or of
    /// another: then nobody knows what it holds.
    pub(crate) fn is_cut(&mut self, is_short: bool, may_be_told_late: bool) -> bool {
        let is_cut = is_short || self.untold > 0;
        if is_cut {
            self.ahead.clear();
            self.unnoted = SUSPECTED;
        }
        if !may_be_told_late {
            self.untold = 0;
        }
        is_cut
    }

    /// Of `unnoted` bytes, `n` have been read: as many as can be read at once, or all that were there.
    pub(crate) fn read_unnoted(&mut self, unnoted: u32, n: u32, is_full: bool) {
        if is_full && unnoted == SUSPECTED {
            // What was told meanwhile is the rest.
            self.ahead.clear();
            self.unnoted = SUSPECTED;
            return;
        }
        self.unnoted = match (n, self.unnoted) {
            // Behind one whose notice was lost the others are told.
            (0, _) | (_, SUSPECTED) => 0,
            (n, unnoted) => unnoted.saturating_sub(n),
        };
    }

    /// A datagram has come. `false` if there is no room to note it: it will be dropped, unread.
    pub(crate) fn note(&mut self, datagram: Datagram) -> bool {
        self.is_told |= self.is_open();
        if self.unnoted == SUSPECTED {
            // There was none, or this one would not have been told.
            self.unnoted = 0;
        }
        // Behind bytes of which nobody knows the bounds there are no others.
        if self.unnoted == 0 && self.ahead.append(&datagram.write()) {
            return true;
        }
        self.unnoted = self.unnoted.saturating_add(datagram.length.into());
        false
    }

    /// The datagram that is read next, if one is noted.
    pub(crate) fn next_datagram(&self) -> Option<Datagram> {
        Datagram::read(self.ahead.filled())
    }

    /// The next datagram has been read.
    pub(crate) fn forget_datagram(&mut self) {
        self.ahead.drop_front(Datagram::NOTE);
    }

    /// How many bytes of datagrams are noted.
    pub(crate) fn noted(&self) -> u32 {
        (self.ahead.filled())
            .chunks(Datagram::NOTE)
            .filter_map(Datagram::read)
            .map(|datagram| u32::from(datagram.length))
            .sum()
    }

    /// The module holds this many bytes of datagrams. `false` if they are not those of the notes,
    /// which are worth nothing then.
    pub(crate) fn check_notes(&mut self, waiting: u32) -> bool {
        if self.noted().saturating_add(self.unnoted) == waiting {
            return true;
        }
        self.ahead.clear();
        self.unnoted = waiting;
        false
    }
}

/// A peer, as it is kept: of one with an IPv6 address only the port.
fn peer_of(peer: SocketAddr) -> SocketAddrV4 {
    match peer {
        SocketAddr::V4(peer) => peer,
        SocketAddr::V6(peer) => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, peer.port()),
    }
}

/// The table: a list of places in the memory lent.
pub(crate) struct Table<'b> {
    first: Option<&'b mut Slot<'b>>,
    /// Counts restarts of the module.
    run: u32,
}

impl<'b> Table<'b> {
    /// A table of as many sockets as memory is lent for, at most `links`.
    pub(crate) fn new<const N: usize>(memory: &'b mut [SocketMemory<'b, N>], links: usize) -> Self {
        let mut first = None;
        for SocketMemory { slot, ahead } in memory.iter_mut().take(links) {
            slot.ahead.bytes = Some(ahead);
            slot.next = first;
            first = Some(slot);
        }
        Table { first, run: 0 }
    }

    /// The first place of which this is true, and which it is.
    fn find(&mut self, mut is_it: impl FnMut(&Slot<'b>) -> bool) -> Option<(u8, &mut Slot<'b>)> {
        let mut index = 0;
        let mut place = self.first.as_deref_mut();
        while let Some(slot) = place {
            if is_it(slot) {
                return Some((index, slot));
            }
            index += 1;
            place = slot.next.as_deref_mut();
        }
        None
    }

    /// Whether this is true of some place.
    fn any(&self, mut is_it: impl FnMut(&Slot<'b>) -> bool) -> bool {
        let mut place = self.first.as_deref();
        while let Some(slot) = place {
            if is_it(slot) {
                return true;
            }
            place = slot.next.as_deref();
        }
        false
    }

    pub(crate) fn each(&mut self, mut call: impl FnMut(&mut Slot<'b>)) {
        let mut place = self.first.as_deref_mut();
        while let Some(slot) = place {
            call(slot);
            place = slot.next.as_deref_mut();
        }
    }

    /// Whether there is one place, and no other.
    pub(crate) fn is_single(&self) -> bool {
        self.first.as_ref().is_some_and(|slot| slot.next.is_none())
    }

    /// Gives a free place to a new owner.
    pub(crate) fn allocate(&mut self) -> Result<Handle, Fault> {
        let run = self.run;
        // One whose link could not be closed last.
        let are_all_lingering = !self.any(|slot| !slot.owned && !slot.lingers);
        let (index, slot) = self
            .find(|slot| !slot.owned && (are_all_lingering || !slot.lingers))
            .ok_or(Fault::Sockets)?;
        if !slot.lingers {
            slot.forget();
        }
        slot.owned = true;
        slot.generation = slot.generation.wrapping_add(1);
        Ok(Handle {
            index,
            generation: slot.generation,
            run,
        })
    }

    /// The place that a handle owns.
    pub(crate) fn slot(&mut self, socket: &Handle) -> Result<&mut Slot<'b>, Fault> {
        let mut place = self.first.as_deref_mut();
        for _ in 0..socket.index {
            place = place.and_then(|slot| slot.next.as_deref_mut());
        }
        place
            .filter(|slot| slot.owned && slot.generation == socket.generation)
            .ok_or(Fault::StaleHandle)
    }

    /// Whether the connection of this handle was lost with a restart of the module.
    pub(crate) fn is_from_before_restart(&self, socket: &Handle) -> bool {
        socket.run != self.run
    }

    /// Makes a handle that survived a restart usable for a new connection.
    pub(crate) fn renew(&mut self, socket: &mut Handle) {
        socket.run = self.run;
    }

    pub(crate) fn free(&mut self, socket: &Handle) {
        if let Ok(slot) = self.slot(socket) {
            if !slot.lingers {
                slot.forget();
            }
            slot.owned = false;
        }
    }

    /// A link that nobody wants any more and that the module may have.
    pub(crate) fn orphan(&mut self) -> Option<&mut Slot<'b>> {
        let is_unwanted = |slot: &Slot| slot.state == State::Closed(Closed::NotConnected);
        Some(self.find(|slot| slot.lingers && is_unwanted(slot))?.1)
    }

    /// The connection that the module knows as `link`.
    #[inline(never)]
    pub(crate) fn by_link(&mut self, link: u32) -> Option<&mut Slot<'b>> {
        Some(
            self.find(|slot| slot.link == link && slot.occupies_link())?
                .1,
        )
    }

    /// Some link that the module has, or may have.
    pub(crate) fn any_link(&mut self) -> Option<u32> {
        Some(self.find(Slot::occupies_link)?.1.link)
    }

    /// Does something to each open connection.
    pub(crate) fn each_open(&mut self, mut call: impl FnMut(&mut Slot<'b>)) {
        self.each(|slot| {
            if slot.is_open() {
                call(slot);
            }
        });
    }

    /// Whether this is true of some open connection.
    pub(crate) fn any_open(&self, mut is_it: impl FnMut(&Slot<'b>) -> bool) -> bool {
        self.any(|slot| slot.is_open() && is_it(slot))
    }

    /// Whether something is to be read of a connection that has ended.
    pub(crate) fn any_rest(&self) -> bool {
        self.any(|slot| slot.readable && matches!(slot.state, State::Closed(_)))
    }

    /// The socket that waits for connections at this port, also while it is being closed: who comes then
    /// is hung up.
    pub(crate) fn listener(&mut self, port: u16) -> Option<&mut Slot<'b>> {
        let is_there = |slot: &Slot| slot.destination.is_some_and(|at| at.port() == port);
        let found = self.find(|slot| slot.is_listener() && is_there(slot));
        Some(found?.1)
    }

    /// Does something to each socket that waits for connections, or did.
    pub(crate) fn each_listener(&mut self, mut call: impl FnMut(&mut Slot<'b>)) {
        self.each(|slot| {
            if slot.is_listener() {
                call(slot);
            }
        });
    }

    /// Which run of the module this is, since the driver knows it.
    pub(crate) fn run(&self) -> u32 {
        self.run
    }

    /// The module restarted: every connection ends, and every handle notices.
    pub(crate) fn restart(&mut self) {
        self.each(Slot::forget);
        self.run = self.run.wrapping_add(1);
    }

    /// Takes every place from its owner.
    pub(crate) fn release_all(&mut self) {
        self.each(|slot| {
            slot.hang_up();
            slot.owned = false;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_sockets_as_buffers_and_links() {
        let mut memory = [const { SocketMemory::<4>::new() }; 3];
        let mut table = Table::new(&mut memory, 2);
        let first = table.allocate().unwrap();
        table.allocate().unwrap();
        assert_eq!(table.allocate(), Err(Fault::Sockets));
        table.free(&first);
        assert_eq!(table.slot(&first).err(), Some(Fault::StaleHandle));
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
        let mut memory = [const { SocketMemory::<4>::new() }; 1];
        let mut table = Table::new(&mut memory, 5);
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
