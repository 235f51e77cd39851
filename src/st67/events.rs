//! What the lines of an ST67 are, and what its events mean.

use core::net::{IpAddr, SocketAddr};

use super::{LINKS, Memory, St67, Status};
use crate::driver::Session;
use crate::engine::protocol::Line;
use crate::engine::text::{Fields, number};
use crate::error::Closed;
use crate::event::Event;
use crate::socket::{Datagram, State};
use crate::st67::status::{ErrorCode, JoinError};
use crate::station::LinkState;

type St67Session<'b> = Session<'b, St67>;

/// Says what a line is. Reply or event: `+CW:`, `+CIP:`, `+IPD:` and `+LINK_CONN:` lines are
/// events always, also between a command and its `OK`; so is `<id>,CLOSED`.
pub(super) fn line(session: &mut St67Session<'_>, command: &[u8], line: &[u8]) -> Line<Status> {
    match line {
        b"OK" => return Line::Ok,
        b"SEND OK" => return Line::Sent,
        b"ERROR" | b"FAIL" => return Line::Failed(why(&mut session.vendor)),
        b"SEND FAIL" => return Line::Failed(Status::SendFailed),
        b"SEND CANCELLED" => return Line::Failed(Status::SendCancelled),
        b"busy p..." => return Line::Busy(Status::Busy),
        b"ready" => return Line::Boot,
        _ => {}
    }
    if let Some(count) = received(line) {
        return Line::Received(count);
    }
    if let Some(code) = line.strip_prefix(b"ERR CODE:0x").and_then(hexadecimal) {
        session.vendor.error_code = Some(ErrorCode(code));
        return Line::Detail;
    }
    if let Some(known) = event_line(session, line) {
        return if known { Line::Event } else { Line::Unknown };
    }
    if command.is_empty() {
        return if is_other_event(line) {
            keep(session, line)
        } else {
            Line::Unknown
        };
    }
    if is_echo(command, line) {
        return Line::Detail;
    }
    if command.starts_with(b"AT+CWJAP") {
        if let Some(error) = line.strip_prefix(b"+CWJAP:").and_then(number) {
            session.vendor.join_error = u16::try_from(error).ok().map(JoinError::from);
            return Line::Detail;
        }
    }
    if is_other_event(line) {
        return keep(session, line);
    }
    Line::Reply
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

/// `Recv 15 bytes`
fn received(line: &[u8]) -> Option<usize> {
    number(line.strip_prefix(b"Recv ")?.strip_suffix(b" bytes")?).map(|n| n as usize)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    u32::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
}

fn is_echo(command: &[u8], line: &[u8]) -> bool {
    line == command.trim_ascii_end()
}

/// Events of chapters that have no meaning for the driver itself: they wait for `poll`.
fn is_other_event(line: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 5] = [b"+MQTT:", b"+BLE:", b"+CWLAP:(", b"+CWMONITOR,", b"+QUITT"];
    PREFIXES.iter().any(|prefix| line.starts_with(prefix))
}

fn keep(session: &mut St67Session<'_>, line: &[u8]) -> Line<Status> {
    session.events.push(line);
    Line::Event
}

/// Takes an event of Wi-Fi or sockets. `None` if the line is none; `Some(false)` if it looks like
/// one but does not make sense, so that bytes must have been lost.
fn event_line(session: &mut St67Session<'_>, line: &[u8]) -> Option<bool> {
    if line.starts_with(b"+CW:") {
        return Some(wifi_event(session, line));
    }
    if let Some(what) = line.strip_prefix(b"+CIP:") {
        return Some(link_event(session, what));
    }
    if let Some(what) = line.strip_prefix(b"+IPD:") {
        return Some(data_event(session, what));
    }
    if let Some(what) = line.strip_prefix(b"+LINK_CONN:") {
        // The detailed form of `+CIP:<id>,CONNECTED`: a status, then the id.
        let link = Fields::new(what).nth(1).and_then(number);
        let link = link.and_then(|link| u8::try_from(link).ok());
        link.filter(|&link| link < LINKS)
            .map(|link| connected(session, link))?;
        return Some(true);
    }
    if line.ends_with(b",CLOSED") {
        return Some(link_event(session, line));
    }
    None
}

fn wifi_event(session: &mut St67Session<'_>, line: &[u8]) -> bool {
    match event(line) {
        Event::StationConnecting => session.link_state = LinkState::Connecting,
        Event::StationConnected => session.link_state = LinkState::NoAddress,
        Event::StationAddress(_) => session.link_state = LinkState::Up,
        Event::StationDisconnected => session.station_down(),
        Event::StationError(reason) => session.station_error = Some(reason),
        Event::ScanDone => {}
        // `+CW:STA_CONNECTED "mac"` and its like: the soft access point's clients.
        Event::Other(line) if line.starts_with(b"+CW:STA_") || line.starts_with(b"+CW:DIST_") => {}
        _ => return false,
    }
    session.events.push(line);
    true
}

/// `<id>,CONNECTED`, `<id>,DISCONNECTED`, `<id>,CLOSED`
fn link_event(session: &mut St67Session<'_>, what: &[u8]) -> bool {
    let mut fields = Fields::new(what);
    let Some(link) = fields.number::<u8>().filter(|&link| link < 5) else {
        return false;
    };
    match (fields.next(), fields.is_empty()) {
        (Some(b"CONNECTED"), true) => {
            connected(session, link);
            true
        }
        (Some(b"DISCONNECTED" | b"CLOSED"), true) => {
            session.vendor.incoming.take(link);
            if !session.vendor.closing.take(link) {
                if let Some(slot) = session.sockets.by_link(link.into()) {
                    slot.closed_by_module(Closed::ByPeer);
                }
            }
            true
        }
        _ => false,
    }
}

/// A link is open: one that the driver is opening, or one that a peer has opened.
fn connected(session: &mut St67Session<'_>, link: u8) {
    let slot = session.sockets.by_link(link.into());
    match slot {
        Some(slot) if !matches!(slot.state, State::Closed(_)) => return,
        Some(slot) if session.vendor.listens => slot.give_up_link(),
        _ => {}
    }
    if session.vendor.listens {
        // Whatever was there before has ended, told or not.
        session.vendor.closing.take(link);
        session.vendor.incoming.insert(link);
    }
}

/// `<id>,<length>` in the reference, `<id>,<length>,"<ip>",<port>` in firmware.
fn data_event(session: &mut St67Session<'_>, what: &[u8]) -> bool {
    let mut fields = Fields::new(what);
    let (Some(link), Some(length)) = (fields.number::<u8>(), fields.number::<u32>()) else {
        return false;
    };
    let mut sender = None;
    if !fields.is_empty() {
        let address = fields.quoted().and_then(|ip| ip.parse::<IpAddr>().ok());
        sender = address.zip(fields.number::<u16>()).map(SocketAddr::from);
        if sender.is_none() || !fields.is_empty() {
            return false;
        }
    }
    let Some(slot) = session.sockets.by_link(link.into()) else {
        // Data for a link that the driver is closing is nobody's, for one that is not accepted yet
        // its owner will ask; where there is no link the number must have been spoilt on the wire.
        return session.vendor.closing.contains(link) || session.vendor.incoming.contains(link);
    };
    if !slot.is_datagram {
        slot.announce(length);
        return true;
    }
    let Ok(length) = u16::try_from(length) else {
        return false;
    };
    // The reference does not show a sender.
    let sender = sender.unwrap_or(Datagram::UNTOLD);
    if !slot.note(Datagram { length, sender }) {
        session.events.lose();
    }
    true
}

/// Puts an event line into neutral words.
pub(super) fn event(line: &[u8]) -> Event<'_> {
    match line {
        b"ready" => Event::ModuleReset,
        b"+CW:CONNECTING" => Event::StationConnecting,
        b"+CW:CONNECTED" => Event::StationConnected,
        b"+CW:GOTIP" => Event::StationAddress(None),
        b"+CW:DISCONNECTED" => Event::StationDisconnected,
        b"+CW:SCAN_DONE" => Event::ScanDone,
        _ => line
            .strip_prefix(b"+CW:ERROR,")
            .and_then(number)
            .and_then(|n| u16::try_from(n).ok())
            .map_or(Event::Other(line), Event::StationError),
    }
}
