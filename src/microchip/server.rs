//! The Microchip module's sequences for the connections that peers make, and how it tells of them.

use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use super::command::network::{Protocol, SocketRow};
use super::datagram::close_if_refused;
use super::event::address;
use super::stream::{Listed, TCP, Wanted, ask_for_sockets, open};
use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::Session;
use crate::driver::dialect::{Incoming, Outcome, Server, Streams};
use crate::engine::text::Fields;
use crate::error::{Closed, Fault};
use crate::socket::{Handle, Slot};
use crate::transport::Transport;
use crate::value::Reported;
use crate::value::bytes::copy;

/// How connections are taken that peers make.
#[derive(Clone, Copy)]
pub struct Taken {
    /// A socket is connected that the driver has not connected: whether a peer has.
    pub(super) arrived: fn(&mut Session<'_, Microchip>, u32, Fields<'_>) -> bool,
    /// Whether a socket is such a connection; the peer may have closed it.
    pub(super) is_waiting: fn(&mut Session<'_, Microchip>, u32, bool) -> bool,
    /// The station has no link any more: what waits has ended.
    pub(super) end: fn(&mut Session<'_, Microchip>),
}

const STREAM: Reported<Protocol> = Reported::Known(Protocol::Tcp);

const TAKEN: Taken = Taken {
    arrived,
    is_waiting,
    end,
};

/// As many rows as are looked at for one that was not told; the module has 20 sockets.
const LISTED: usize = 20;

/// A connection that a peer has made and nobody has accepted yet. It is noted in the memory of the
/// socket that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Child {
    socket: u32,
    remote: SocketAddrV4,
    ended: Option<Closed>,
}

/// The length of a note: the socket, the address, the port, how it has ended.
const NOTE: usize = 4 + 4 + 2 + 1;

const BY_PEER: u8 = 1;
const STATION_DOWN: u8 = 2;

impl Child {
    fn write(self) -> [u8; NOTE] {
        let [s0, s1, s2, s3] = self.socket.to_le_bytes();
        let [a, b, c, d] = self.remote.ip().octets();
        let [p0, p1] = self.remote.port().to_le_bytes();
        let ended = match self.ended {
            None => 0,
            Some(Closed::StationDown) => STATION_DOWN,
            Some(_) => BY_PEER,
        };
        [s0, s1, s2, s3, a, b, c, d, p0, p1, ended]
    }

    fn read(note: &[u8]) -> Option<Child> {
        let &[s0, s1, s2, s3, a, b, c, d, p0, p1, ended] = note.first_chunk::<NOTE>()?;
        Some(Child {
            socket: u32::from_le_bytes([s0, s1, s2, s3]),
            remote: SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_le_bytes([p0, p1])),
            ended: match ended {
                BY_PEER => Some(Closed::ByPeer),
                STATION_DOWN => Some(Closed::StationDown),
                _ => None,
            },
        })
    }
}

/// Takes the next connection that a socket has noted.
fn take_child(listener: Option<&mut Slot<'_>>) -> Option<Child> {
    let listener = listener?;
    let child = Child::read(listener.notes())?;
    listener.drop_note(NOTE);
    Some(child)
}

impl Server for Microchip {
    fn listen<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        local_port: u16,
    ) -> Outcome {
        let opened = open(module, TCP)?;
        module.session().peers = Some(&TAKEN);
        let slot = module.session().sockets.slot(socket)?;
        slot.listen(opened);
        slot.destination = Some(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, local_port));
        let bound = module.tell("AT+SOCKBL=#,#\r\n", &[opened, local_port.into()]);
        close_if_refused(module, opened, bound)
    }

    /// Asks who it is that has come, if anybody has: of the notice a digit may have been lost, and firmware
    /// 0.3.x may have lost all of it.
    fn accept<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        local_port: u16,
    ) -> Outcome<Option<Incoming>> {
        let session = module.session();
        let listener = session.sockets.listener(local_port);
        let has_come = listener.is_some_and(|listener| !listener.notes().is_empty());
        let child = match core::mem::take(&mut session.vendor.untold_children) || has_come {
            true => find_child(module, local_port)?,
            false => None,
        };
        Ok(child.map(|child| Incoming {
            link: child.socket,
            remote: child.remote.into(),
            ended: child.ended,
        }))
    }

    fn close_listener<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, link: u32) -> Outcome {
        let listener = module.session().sockets.by_link(link);
        let port = listener.and_then(|listener| listener.destination);
        let port = port.map_or(0, |port| port.port());
        module.reconcile = Some(reconcile);
        let closed = end_listener(module, link, port);
        // Whatever came of it, nobody is waited for there any more.
        let session = module.session();
        let mut is_last = true;
        (session.sockets).each_listener(|other| is_last &= other.link == link);
        if is_last {
            session.peers = None;
        }
        closed
    }
}

/// Closes a listener: what it has accepted ends with it, and nobody will accept who has come already, told or not.
fn end_listener<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    port: u16,
) -> Outcome {
    Microchip::close(module, link)?;
    end_accepted(module)?;
    module.reconcile = None;
    // A row may be spoilt once.
    for _ in 0..2 {
        module.session().vendor.untold_children = true;
        while let Some(child) = Microchip::accept(module, port)? {
            Microchip::close(module, child.link)?;
        }
        let session = module.session();
        if !session.in_doubt && !session.vendor.untold_children {
            break;
        }
    }
    Ok(())
}

/// As [`Microchip::reconcile`], where a listener may have been closed, which nobody has confirmed yet.
fn reconcile<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    end_accepted(module)?;
    Microchip::reconcile(module)
}

/// Firmware ends with a socket that listens what it has accepted, and does not tell. What is not listed has
/// ended, unless its row was spoilt.
fn end_accepted<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    let is_accepted = |slot: &Slot<'_>| slot.has_peer() && !slot.is_datagram();
    for is_last in [false, true] {
        if !module.session().sockets.any_open(is_accepted) {
            break;
        }
        let mut listed = Listed::NONE;
        ask_for_sockets(module, Wanted::Connected, &mut listed)?;
        let mut has_ended = false;
        module.session().sockets.each_open(|slot| {
            if is_accepted(slot) && !listed.contains(slot.link) {
                has_ended = true;
                if is_last {
                    slot.closed_by_module(Closed::WithListener);
                    slot.drop_rest();
                }
            }
        });
        if !has_ended {
            break;
        }
    }
    Ok(())
}

/// Asks for the connections to a port: for one that was told and is there, else one that was not told.
fn find_child<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    port: u16,
) -> Outcome<Option<Child>> {
    let rows = match ask_for_rows(module, port) {
        // A row may be spoilt once.
        Err(Fault::Malformed) => ask_for_rows(module, port),
        rows => rows,
    }?;
    // Of one that has ended unheard the module does not know any more who it was.
    for row in rows.into_iter().flatten() {
        let is_known = module.session().sockets.by_link(row.socket).is_some();
        if row.remote_ip.is_none() && !is_known && !is_waiting(module.session(), row.socket, false)
        {
            Microchip::close(module, row.socket)?;
        }
    }
    let session = module.session();
    let ended = session.vendor.untold_ended.then_some(Closed::StationDown);
    let mut is_spoilt = false;
    while let Some(child) = take_child(session.sockets.listener(port)) {
        session.vendor.untold_children = true;
        let is_it = |row: &SocketRow| {
            let remote = row.remote_ip.map(|ip| SocketAddr::new(ip, row.remote_port));
            row.socket == child.socket && remote == Some(child.remote.into())
        };
        if child.ended.is_some() || rows.iter().flatten().any(is_it) {
            return Ok(Some(child));
        }
        // Of its notice a digit was lost, or of its row; or it was told behind the rows.
        is_spoilt = true;
    }
    if is_spoilt {
        return Ok(None);
    }
    let mut unknown = rows
        .into_iter()
        .flatten()
        .filter(|row| session.sockets.by_link(row.socket).is_none())
        .filter_map(|row| match row.remote_ip {
            Some(IpAddr::V4(ip)) => Some(Child {
                socket: row.socket,
                remote: SocketAddrV4::new(ip, row.remote_port),
                ended,
            }),
            _ => None,
        });
    let child = unknown.next();
    let is_last = unknown.next().is_none();
    session.vendor.untold_children |= !is_last;
    session.vendor.untold_ended &= !is_last;
    Ok(child)
}

/// Asks for the streams at a port.
fn ask_for_rows<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    port: u16,
) -> Outcome<[Option<SocketRow>; LISTED]> {
    let mut rows = [None; LISTED];
    let mut free = rows.iter_mut();
    module.compose("AT+SOCKLST\r\n", &[]);
    module.ask(
        "+SOCKLST:",
        module.timeouts.command,
        &mut |values: &[u8]| {
            let row = SocketRow::parse_values(values)
                .filter(|row| row.local_port == port && row.protocol == STREAM);
            if let (Some(row), Some(place)) = (row, free.next()) {
                *place = Some(row);
            }
        },
    )?;
    Ok(rows)
}

/// `"<local ip>",<local port>,"<remote ip>",<remote port>`
fn arrived(session: &mut Session<'_, Microchip>, socket: u32, mut ends: Fields<'_>) -> bool {
    let (Some(local), Some(SocketAddr::V4(remote))) = (address(&mut ends), address(&mut ends))
    else {
        return false;
    };
    let Some(listener) = session.sockets.listener(local.port()) else {
        return false;
    };
    let child = Child {
        socket,
        remote,
        ended: None,
    };
    let mut noted = listener.notes().chunks(NOTE).filter_map(Child::read);
    let is_known = noted.any(|noted| noted.socket == socket);
    if !is_known && !listener.append_note(&child.write()) {
        session.vendor.untold_children = true;
    }
    true
}

fn is_waiting(session: &mut Session<'_, Microchip>, socket: u32, is_closed: bool) -> bool {
    let mut is_noted = false;
    each_child(session, |child| {
        if child.socket == socket {
            is_noted = true;
            if is_closed {
                child.ended.get_or_insert(Closed::ByPeer);
            }
        }
    });
    is_noted
}

/// Who has come and was not noted is looked for at once: later nobody could tell when that was.
fn end(session: &mut Session<'_, Microchip>) {
    each_child(session, |child| child.ended = Some(Closed::StationDown));
    session.vendor.untold_children = true;
    session.vendor.untold_ended = true;
}

/// Goes through the connections that nobody has accepted yet.
fn each_child(session: &mut Session<'_, Microchip>, mut call: impl FnMut(&mut Child)) {
    session.sockets.each_listener(|listener| {
        for note in listener.notes_mut().chunks_mut(NOTE) {
            if let Some(mut child) = Child::read(note) {
                call(&mut child);
                copy(&child.write(), note);
            }
        }
    });
}
