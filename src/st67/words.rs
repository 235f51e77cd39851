//! What the lines of an ST67 are, and what they tell of the station and of links.

use super::{LINKS, Memory, St67, Status};
use crate::driver::Session;
use crate::engine::protocol::Line;
use crate::engine::text::{Fields, is_echo, number};
use crate::engine::words::{Words, words};
use crate::error::Closed;
use crate::st67::status::{ErrorCode, JoinError};
use crate::value::LinkState;
use crate::value::ip::digits_of;

type St67Session<'b> = Session<'b, St67>;

/// Final results, and the last line of a start.
const RESULTS: Words<Final> = words! {
    "OK" => Final::Ok,
    "SEND OK" => Final::Sent,
    "ERROR" => Final::Refused,
    "FAIL" => Final::Refused,
    "SEND FAIL" => Final::SendFailed,
    "SEND CANCELLED" => Final::SendCancelled,
    "busy p..." => Final::Busy,
    "ready" => Final::Boot,
};

#[derive(Clone, Copy)]
enum Final {
    Ok,
    Sent,
    Boot,
    Refused,
    SendFailed,
    SendCancelled,
    Busy,
}

/// How a line begins that is about links, or says more of a result.
const BEGINNINGS: Words<Beginning> = words! {
    "Recv " => Beginning::Received,
    "+IPD:" => Beginning::Data,
    "+CIP:" => Beginning::Link,
    "+CW:" => Beginning::Station,
    "+LINK_CONN:" => Beginning::Connected,
    "ERR CODE:0x" => Beginning::ErrorCode,
    "+CWJAP:" => Beginning::JoinError,
};

#[derive(Clone, Copy)]
enum Beginning {
    Data,
    Link,
    Station,
    Connected,
    Received,
    ErrorCode,
    JoinError,
}

/// Says what a line is. Reply or event: `+CW:`, `+CIP:`, `+IPD:` and `+LINK_CONN:` lines are
/// events always, also between a command and its `OK`; so is `<id>,CLOSED`.
pub(super) fn line(session: &mut St67Session<'_>, command: &[u8], line: &[u8]) -> Line {
    // No result begins like an event, or like the receipt of each upload.
    if !matches!(line.first(), Some(b'+' | b'R')) {
        if let Some(result) = RESULTS.find(line) {
            return end(session, result);
        }
    }
    if let Some((beginning, rest)) = BEGINNINGS.find_start(line) {
        return begun(session, command, line, beginning, rest);
    }
    if line.ends_with(b",CLOSED") {
        return link_event(session, command, line).unwrap_or(Line::Stray);
    }
    match is_echo(line, command) {
        true => Line::Echo,
        false => Line::Reply,
    }
}

/// What a final result is; of a refusal the session notes why.
fn end(session: &mut St67Session<'_>, result: Final) -> Line {
    session.refusal = match result {
        Final::Ok => return Line::Ok,
        Final::Sent => return Line::Sent,
        Final::Boot => return Line::Boot,
        Final::Refused => why(&mut session.vendor),
        Final::SendFailed => Status::SendFailed,
        Final::SendCancelled => Status::SendCancelled,
        Final::Busy => {
            session.refusal = Status::Busy;
            return Line::Busy;
        }
    };
    match session.refusal.is_about_the_line() {
        true => Line::NotUnderstood,
        false => Line::Failed,
    }
}

fn begun(
    session: &mut St67Session<'_>,
    command: &[u8],
    line: &[u8],
    beginning: Beginning,
    rest: &[u8],
) -> Line {
    match beginning {
        Beginning::Data => event(data_event(session, rest)),
        Beginning::Link => link_event(session, command, rest).unwrap_or(Line::Stray),
        Beginning::Station => event(station_event(session, line, rest)),
        Beginning::Connected => detailed_event(session, command, rest).unwrap_or(Line::Stray),
        Beginning::Received => match rest.strip_suffix(b" bytes").and_then(number) {
            Some(count) => {
                session.received = count as usize;
                Line::Received
            }
            None => Line::Reply,
        },
        Beginning::ErrorCode => match digits_of(rest, 16, 8) {
            Some(code) => {
                session.vendor.error_code = Some(ErrorCode(code));
                Line::Detail
            }
            None => Line::Reply,
        },
        Beginning::JoinError => match number(rest) {
            Some(code) if command.starts_with(b"AT+CWJAP") => {
                session.vendor.join_error = Some(JoinError::from(code as u16));
                Line::Detail
            }
            _ => Line::Reply,
        },
    }
}

/// What makes no sense is a stray: bytes must have been lost.
fn event(taken: Option<()>) -> Line {
    match taken {
        Some(()) => Line::Event,
        None => Line::Stray,
    }
}

/// The reason of an `ERROR`: what the lines before it said.
fn why(memory: &mut Memory) -> Status {
    let code = memory.error_code.take();
    match (memory.join_error.take(), code) {
        (Some(error), _) => Status::JoinError(error),
        (None, Some(code)) => Status::Code(code),
        (None, None) => Status::Error,
    }
}

/// What the station does.
const STATES: Words<LinkState> = words! {
    "CONNECTING" => LinkState::Connecting,
    "CONNECTED" => LinkState::NoAddress,
    "GOTIP" => LinkState::Up,
    "DISCONNECTED" => LinkState::Disconnected,
};

/// What else is told of Wi-Fi, and means nothing to the driver.
const OTHERS: Words<()> = words! {
    "SCAN_DONE" => (),
    "STA_" => (),
    "DIST_STA_IP " => (),
};

/// `line`, of which `what` stands behind `+CW:`.
fn station_event(session: &mut St67Session<'_>, line: &[u8], what: &[u8]) -> Option<()> {
    match STATES.find(what) {
        Some(LinkState::Disconnected) => session.station_down(),
        Some(state) => session.link_state = state,
        None => match what.strip_prefix(b"ERROR,") {
            Some(reason) => session.station_error = Some(number(reason)?.try_into().ok()?),
            None => drop(OTHERS.find_start(what)?),
        },
    }
    session.events.push(line);
    Some(())
}

/// The number of a link, and the fields behind it.
pub(super) fn link_of(what: &[u8]) -> Option<(u32, Fields<'_>)> {
    let mut fields = Fields::new(what);
    let link = number(fields.next()?)?;
    (link < LINKS).then_some((link, fields))
}

/// Whether a link is open, as it is told.
const LINK_STATES: Words<bool> = words! {
    "CONNECTED" => true,
    "DISCONNECTED" => false,
    "CLOSED" => false,
};

/// `<id>,CONNECTED`, `<id>,DISCONNECTED`, `<id>,CLOSED`
fn link_event(session: &mut St67Session<'_>, command: &[u8], what: &[u8]) -> Option<Line> {
    let (link, rest) = link_of(what)?;
    if LINK_STATES.find(rest.rest())? {
        return connected(session, command, link);
    }
    let is_awaited = session.vendor.closing.take(link);
    let is_incoming = session.vendor.incoming.take(link);
    match session.sockets.by_link(link) {
        Some(slot) if !is_awaited => {
            slot.closed_by_module(Closed::ByPeer);
            slot.is_uncertain |= slot.is_readable();
            // What came before may not have been heard of.
            slot.expect_data();
        }
        _ if is_awaited != session.vendor.foreign.contains(link) || is_incoming => {}
        // Was the number spoilt on the wire? Then another link has ended. Or it is one that could not
        // be closed, and is free now.
        _ => session.in_doubt = true,
    }
    Some(Line::Event)
}

/// The detailed form of `+CIP:<id>,CONNECTED`: a status, then the id.
fn detailed_event(session: &mut St67Session<'_>, command: &[u8], what: &[u8]) -> Option<Line> {
    let mut fields = Fields::new(what);
    fields.next()?;
    connected(session, command, link_of(fields.rest())?.0)
}

/// A link is open: one that the driver is opening, or one that a peer has opened. `None` if it is
/// neither: was the number spoilt on the wire?
fn connected(session: &mut St67Session<'_>, command: &[u8], link: u32) -> Option<Line> {
    session.vendor.opened.insert(link);
    if let Some(peers) = session.peers {
        return (peers.arrived)(session, command, link);
    }
    let is_known = session.vendor.closing.contains(link) || session.sockets.by_link(link).is_some();
    is_known.then_some(Line::Event)
}

/// `<id>,<length>` in the reference, `<id>,<length>,"<ip>",<port>` in firmware.
fn data_event(session: &mut St67Session<'_>, what: &[u8]) -> Option<()> {
    let (link, mut fields) = link_of(what)?;
    let length = number(fields.next()?)?;
    let (closing, incoming) = (session.vendor.closing, session.vendor.incoming);
    let peers = session.peers;
    match session.sockets.by_link(link) {
        Some(slot) if slot.is_datagram() => {
            let datagrams = session.datagrams?;
            (datagrams.arrived)(session, link, length, fields)
        }
        Some(slot) => {
            check_sender(fields.clone())?;
            slot.announce_chunk(length);
            match peers {
                Some(peers) => (peers.told)(session, link, fields),
                None => Some(()),
            }
        }
        // Data for a link that the driver is closing is nobody's, for one that is not accepted yet
        // its owner will ask; where there is no link the number must have been spoilt on the wire.
        None => (closing.contains(link) || incoming.contains(link)).then_some(()),
    }
}

/// Whether there is no sender, or one that has the form of an address.
fn check_sender(mut fields: Fields<'_>) -> Option<()> {
    if fields.is_empty() {
        return Some(());
    }
    let is_address = fields.is_quoted() && number(fields.next()?).is_some();
    (is_address && fields.is_empty()).then_some(())
}
