//! What the lines of a Microchip module are, and what they tell of the station, names and sockets.

use core::net::Ipv4Addr;

use super::{Attempt, Microchip, Status};
use crate::driver::Session;
use crate::engine::protocol::Line;
use crate::engine::text::{Fields, digits, is_echo, number, trimmed};
use crate::engine::words::{Words, words};
use crate::error::Closed;
use crate::socket::Slot;
use crate::value::LinkState;

type MicrochipSession<'b> = Session<'b, Microchip>;

/// The events that mean something to the driver.
const EVENTS: Words<Name> = words! {
    "+SOCKRXT" => Name::Data,
    "+SOCKRXU" => Name::Datagram,
    "+SOCKCL" => Name::Closed,
    "+SOCKIND" => Name::Connected,
    "+SOCKTLS" => Name::Secured,
    "+SOCKERR" => Name::Refused,
    "+DNSRESOLV" => Name::Resolved,
    "+DNSERROR" => Name::NotResolved,
    "+WSTALU" => Name::StationUp,
    "+WSTALD" => Name::StationDown,
    "+WSTAAIP" => Name::StationAddress,
    "+WSTAERR" => Name::StationError,
    "+WSTA" => Name::Station,
};

#[derive(Clone, Copy, PartialEq)]
enum Name {
    Data,
    Datagram,
    Closed,
    Connected,
    Secured,
    Refused,
    Resolved,
    NotResolved,
    StationUp,
    StationDown,
    StationAddress,
    StationError,
    Station,
}

/// Says what a line is.
///
/// Reply or event where both have the name: `+SOCKCL` is the reply of `AT+SOCKCL` for the socket
/// that it closes, else the peer's close; `+WSTA:ERROR` and `+DNSRESOLV` are late results
/// always, also before the `OK`.
pub(super) fn line(session: &mut MicrochipSession<'_>, command: &[u8], line: &[u8]) -> Line {
    match line {
        // What makes no sense is a stray: bytes must have been lost.
        [b'+', ..] => return named(session, command, line).unwrap_or(Line::Stray),
        // A module that starts says no more than this (wire notes 1): on an idle line it is one
        // that may have restarted.
        b"OK" => return Line::Ok,
        // The echo was switched off: a module that has it has restarted unseen.
        _ if is_echo(line, command) => {}
        _ => {
            let Some(code) = line.strip_prefix(b"ERROR") else {
                return Line::Reply;
            };
            session.refusal = status(code.strip_prefix(b":").unwrap_or(b""));
            let slot = session.vendor.sent_binary.take();
            if let Some(slot) = slot.and_then(|link| session.sockets.by_link(link)) {
                // What was to be payload was taken for a command.
                slot.spoil();
            }
            // It may mean half a command: the other half is looked at 50 ms later (wire notes 1).
            return Line::NotUnderstood;
        }
    }
    session.forget_if_set_up();
    Line::Echo
}

/// `10,"Socket ID Not Found"`, `10`, or `14.0,…` of the successor's dialect.
pub(super) fn status(code: &[u8]) -> Status {
    let code = match digits(code) {
        Some((digits, b',')) => digits,
        _ => code,
    };
    let number = number(code).and_then(|number| u16::try_from(number).ok());
    number.map_or(Status::Error, Status::from)
}

/// Takes a line that begins with a name. `None` if it makes no sense.
fn named(session: &mut MicrochipSession<'_>, command: &[u8], line: &[u8]) -> Option<Line> {
    let (name, values) = split(line);
    let Some(name) = EVENTS.find(name) else {
        return Some(Line::Reply);
    };
    match name {
        Name::Data => data(session, line, values)?,
        Name::Datagram => match session.datagrams {
            Some(datagrams) => (datagrams.arrived)(session, line, values)?,
            None => session.events.push(line),
        },
        Name::Closed if is_closing(command, values) => {}
        Name::Closed => closed(session, line, number(values)?),
        Name::Connected => connected(session, line, values)?,
        Name::Secured => match Some(number(values)?) == session.vendor.securing {
            true => session.vendor.connection.settle(Ok(())),
            false => session.events.push(line),
        },
        Name::Refused => refused(session, line, values)?,
        Name::Resolved if !values.starts_with(b"ERROR:") => resolved(session, line, values)?,
        Name::Resolved | Name::NotResolved => {
            not_resolved(
                session,
                line,
                values.strip_prefix(b"ERROR:").unwrap_or(values),
            );
        }
        Name::Station if !values.starts_with(b"ERROR:") => return Some(Line::Reply),
        name => station_event(session, line, name, values)?,
    }
    Some(Line::Event)
}

/// The name of a line, and the values behind the colon.
pub(super) fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let colon = line.iter().position(|&b| b == b':').unwrap_or(line.len());
    let (name, values) = line.split_at_checked(colon).unwrap_or((line, &[]));
    (name, values.get(1..).unwrap_or(&[]).trim_ascii())
}

fn station_event(
    session: &mut MicrochipSession<'_>,
    line: &[u8],
    name: Name,
    values: &[u8],
) -> Option<()> {
    match name {
        Name::StationUp => session.link_state = LinkState::NoAddress,
        Name::StationAddress => {
            session.vendor.address = Some(ipv4(values)?);
            session.link_state = LinkState::Up;
        }
        Name::StationDown => station_down(session),
        _ => session.station_error = Some(station_error(values)?),
    }
    session.events.push(line);
    Some(())
}

/// The station has no link any more, nor have those that wait to be accepted.
pub(super) fn station_down(session: &mut MicrochipSession<'_>) {
    session.vendor.address = None;
    session.station_down();
    if let Some(peers) = session.peers {
        (peers.end)(session);
    }
}

/// The field that is an address: firmware omits the association id that the reference shows.
pub(super) fn ipv4(values: &[u8]) -> Option<Ipv4Addr> {
    Fields::new(values).find_map(|field| Fields::new(field).ipv4())
}

/// `[ERROR:]<code>[,<text>]`
pub(super) fn station_error(values: &[u8]) -> Option<u16> {
    let values = values.strip_prefix(b"ERROR:").unwrap_or(values);
    number(Fields::new(values).next()?)?.try_into().ok()
}

/// `0,"name","ip"` per address
fn resolved(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> Option<()> {
    let mut fields = Fields::new(values);
    number(fields.next()?)?;
    let (name, address) = (fields.next()?, fields.ipv4()?);
    // The answer to a question that is over may still come: it has another name.
    match super::fingerprint(name) == session.vendor.name_asked {
        true => session.vendor.name.settle(Ok(address)),
        false => session.events.push(line),
    }
    Some(())
}

/// A failure does not say whose name it was.
fn not_resolved(session: &mut MicrochipSession<'_>, line: &[u8], code: &[u8]) {
    match session.vendor.name {
        Attempt::Open => session.vendor.name.settle(Err(status(code))),
        Attempt::None | Attempt::Settled(_) => session.events.push(line),
    }
}

/// The id of a socket, and the fields behind it.
pub(super) fn socket_of(values: &[u8]) -> Option<(u32, Fields<'_>)> {
    let mut fields = Fields::new(values);
    Some((number(fields.next()?)?, fields))
}

/// `<id>,"<local ip>",<local port>,"<remote ip>",<remote port>`
fn connected(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> Option<()> {
    let (socket, ends) = socket_of(values)?;
    check_ends(ends.clone())?;
    if session.vendor.connecting == Some(socket) {
        session.vendor.connection.settle(Ok(()));
    } else if session.sockets.by_link(socket).is_some() {
        // It is connected, and that is known.
    } else {
        let is_taken = match session.peers {
            Some(peers) => (peers.arrived)(session, socket, ends),
            None => false,
        };
        if !is_taken {
            // Of the caller's own commands, as in what follows.
            session.events.push(line);
        }
    }
    Some(())
}

/// Whether two addresses with their ports follow, and nothing else.
fn check_ends(mut fields: Fields<'_>) -> Option<()> {
    for _ in 0..2 {
        if !fields.is_quoted() {
            return None;
        }
        number(fields.next()?)?;
    }
    fields.is_empty().then_some(())
}

/// `<id>,<code>[,<text>]`, the text quoted or bare
fn refused(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> Option<()> {
    let (socket, mut fields) = socket_of(values)?;
    let code = u16::try_from(number(fields.next()?)?).ok()?;
    let vendor = &mut session.vendor;
    if vendor.connecting == Some(socket) || vendor.securing == Some(socket) {
        vendor.connection.settle(Err(Status::from(code)));
    }
    match session.sockets.by_link(socket) {
        // Firmware has given it up, the reference's module has not.
        Some(slot) => slot.abandon(Closed::ByPeer),
        None => session.events.push(line),
    }
    Some(())
}

/// `<id>,<bytes that can be read>`
fn data(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> Option<()> {
    let (socket, fields) = socket_of(values)?;
    let length = number(fields.rest())?;
    if let Some(slot) = session.sockets.by_link(socket) {
        slot.announce(length);
    } else if !is_waiting(session, socket, false) {
        session.events.push(line);
    }
    Some(())
}

/// The peer has closed; the socket must still be closed here (reference 7.2.1).
fn closed(session: &mut MicrochipSession<'_>, line: &[u8], socket: u32) {
    if let Some(slot) = session.sockets.by_link(socket) {
        closed_by_peer(slot);
    } else if !is_waiting(session, socket, true) {
        session.events.push(line);
    }
}

pub(super) fn closed_by_peer(slot: &mut Slot<'_>) {
    slot.abandon(Closed::ByPeer);
    // What came unannounced, in a binary write, can still be read.
    slot.expect_data();
}

/// Whether a socket is a connection of a peer's that nobody has accepted yet; the peer may have closed
/// it. Whoever accepts it will look what it holds.
fn is_waiting(session: &mut MicrochipSession<'_>, socket: u32, is_closed: bool) -> bool {
    match session.peers {
        Some(peers) => (peers.is_waiting)(session, socket, is_closed),
        None => false,
    }
}

/// Whether `AT+SOCKCL=<id>` is for this socket.
fn is_closing(command: &[u8], socket: &[u8]) -> bool {
    command
        .strip_prefix(b"AT+SOCKCL=")
        .is_some_and(|id| trimmed(id) == socket)
}

impl<R> Attempt<R> {
    /// The first result counts.
    pub(super) fn settle(&mut self, result: Result<R, Status>) {
        if matches!(self, Attempt::Open) {
            *self = Attempt::Settled(result);
        }
    }
}
