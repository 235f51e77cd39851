//! What the lines of an ST67 are, and what its events mean.

use core::net::SocketAddr;

use super::{Delivery, LINKS, Memory, St67, Status};
use crate::driver::Event;
use crate::driver::Session;
use crate::engine::protocol::Line;
use crate::engine::text::{Fields, number};
use crate::error::Closed;
use crate::socket::{Datagram, State};
use crate::st67::status::{ErrorCode, JoinError};
use crate::value::LinkState;
use crate::value::ip::digits_of;

type St67Session<'b> = Session<'b, St67>;

/// Says what a line is. Reply or event: `+CW:`, `+CIP:`, `+IPD:` and `+LINK_CONN:` lines are
/// events always, also between a command and its `OK`; so is `<id>,CLOSED`.
pub(super) fn line(session: &mut St67Session<'_>, command: &[u8], line: &[u8]) -> Line<Status> {
    const WORDS: [(&[u8], Line<Status>); 8] = [
        (b"OK", Line::Ok),
        (b"SEND OK", Line::Sent),
        (b"ERROR", Line::Failed(Status::Error)),
        (b"FAIL", Line::Failed(Status::Error)),
        (b"SEND FAIL", Line::Failed(Status::SendFailed)),
        (b"SEND CANCELLED", Line::Failed(Status::SendCancelled)),
        (b"busy p...", Line::Busy(Status::Busy)),
        (b"ready", Line::Boot),
    ];
    if let Some((_, kind)) = WORDS.iter().find(|(word, _)| *word == line) {
        match kind {
            Line::Ok => learn(&mut session.vendor.delivery, command),
            Line::Failed(Status::Error) => return Line::Failed(why(&mut session.vendor)),
            _ => {}
        }
        return *kind;
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
        return if is_other_event(command, line) {
            keep(session, line)
        } else {
            Line::Unknown
        };
    }
    if is_echo(command, line) {
        return Line::Detail;
    }
    if let Some(version) = line.strip_prefix(b"component_version_sdk_") {
        session.vendor.delivery.has_notify_handle = has_notify_handle(version);
    }
    if command.starts_with(b"AT+CWJAP") {
        if let Some(error) = line.strip_prefix(b"+CWJAP:").and_then(number) {
            session.vendor.join_error = u16::try_from(error).ok().map(JoinError::from);
            return Line::Detail;
        }
    }
    if is_other_event(command, line) {
        return keep(session, line);
    }
    Line::Reply
}

/// A command of the user's has changed how the module tells what it receives.
fn learn(delivery: &mut Delivery, command: &[u8]) {
    let Some((name, &[value @ (b'0' | b'1')])) = command.trim_ascii_end().split_last_chunk() else {
        return;
    };
    let is_off = value == b'0';
    let settings: [(&[u8], &mut bool); 3] = [
        (b"AT+CIPRECVMODE=", &mut delivery.is_active),
        (b"AT+CIPMUX=", &mut delivery.is_single),
        (b"AT+CIPDINFO=", &mut delivery.has_no_sender),
    ];
    for (setting, is_set) in settings {
        if setting == name {
            *is_set = is_off;
        }
    }
}

/// Whether firmware of this version, `2.0.97`, names the handle of a notification.
fn has_notify_handle(version: &[u8]) -> bool {
    const FIRST: [u32; 3] = [2, 0, 89];
    let mut numbers = version.split(|&b| b == b'.').map(number);
    let version = [(); 3].map(|()| numbers.next().flatten().unwrap_or(0));
    version >= FIRST
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

pub(super) fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits_of(digits, 16, 8)
}

fn is_echo(command: &[u8], line: &[u8]) -> bool {
    line == command.trim_ascii_end()
}

/// Events of chapters that have no meaning for the driver itself: they wait for `poll`. In the
/// reference some share their name with the answer to a query.
fn is_other_event(command: &[u8], line: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 12] = [
        b"+MQTT:",
        b"+BLE:",
        b"+BLESCAN:",
        b"+BLESRV=",
        b"+BLESRVCHAR=",
        b"+BLEREAD=",
        b"+BLEDISCONN:",
        b"+CWLAP:(",
        b"+CWMONITOR,",
        b"+CIPSENDL:",
        b"+PING:",
        b"+QUITT",
    ];
    const SHARED: [(&[u8], &[u8]); 3] = [
        (b"+BLECONN:", b"AT+BLECONN?"),
        (b"+BLECONNPARAM:", b"AT+BLECONNPARAM?"),
        (b"+BLE:BASLEVEL:", b"AT+BLEBASLVLGET?"),
    ];
    match SHARED.iter().find(|(name, _)| line.starts_with(name)) {
        Some((_, query)) => !command.starts_with(query),
        None => {
            let is_named = PREFIXES.iter().any(|prefix| line.starts_with(prefix));
            is_named || super::event::monitored_then(line).is_some()
        }
    }
}

fn keep(session: &mut St67Session<'_>, line: &[u8]) -> Line<Status> {
    session.events.push(line);
    Line::Event
}

/// Takes an event of Wi-Fi or sockets. `None` if the line is none; `Some(false)` if it looks like
/// one but does not make sense, so that bytes must have been lost.
#[inline(never)]
fn event_line(session: &mut St67Session<'_>, line: &[u8]) -> Option<bool> {
    if let Some(what) = line.strip_prefix(b"+CW:") {
        return Some(wifi_event(session, line, what));
    }
    let about_link = [&b"+CIP:"[..], b"+IPD:", b"+LINK_CONN:"]
        .iter()
        .find_map(|name| Some((*name, line.strip_prefix(*name)?)));
    let whose = match about_link {
        // The driver itself uses no such link.
        Some(_) if session.vendor.delivery.is_single => Some(Whose::User),
        Some((b"+CIP:", what)) => link_event(session, what),
        Some((b"+IPD:", what)) => data_event(session, what),
        Some((_, what)) => {
            // The detailed form of `+CIP:<id>,CONNECTED`: a status, then the id.
            let link = Fields::new(what).nth(1).and_then(number);
            let link = link.and_then(|link| u8::try_from(link).ok());
            let link = link.filter(|&link| link < LINKS)?;
            Some(connected(session, link))
        }
        None if line == b"CLOSED" && session.vendor.delivery.is_single => Some(Whose::User),
        None if line.ends_with(b",CLOSED") => link_event(session, line),
        None => return None,
    };
    if whose == Some(Whose::User) {
        session.events.push(line);
    }
    Some(whose.is_some())
}

/// Who uses the link that an event is about.
#[derive(PartialEq)]
enum Whose {
    /// The driver, for its sockets.
    Driver,
    /// The user, who has opened it with a command.
    User,
}

/// `line`, of which `what` stands behind `+CW:`. What the soft access point's clients do is not
/// looked at closer: it means nothing to the driver.
#[inline(never)]
fn wifi_event(session: &mut St67Session<'_>, line: &[u8], what: &[u8]) -> bool {
    const STATES: [(&[u8], LinkState); 4] = [
        (b"CONNECTING", LinkState::Connecting),
        (b"CONNECTED", LinkState::NoAddress),
        (b"GOTIP", LinkState::Up),
        (b"DISCONNECTED", LinkState::Disconnected),
    ];
    const OTHERS: [&[u8]; 3] = [b"SCAN_DONE", b"STA_", b"DIST_STA_IP "];
    if let Some((_, state)) = STATES.iter().find(|(name, _)| *name == what) {
        match state {
            LinkState::Disconnected => session.station_down(),
            state => session.link_state = *state,
        }
    } else if let Some(reason) = what.strip_prefix(b"ERROR,") {
        let Some(reason) = number(reason).and_then(|reason| reason.try_into().ok()) else {
            return false;
        };
        session.station_error = Some(reason);
    } else if !OTHERS.iter().any(|name| what.starts_with(name)) {
        return false;
    }
    session.events.push(line);
    true
}

/// `<id>,CONNECTED`, `<id>,DISCONNECTED`, `<id>,CLOSED`
#[inline(never)]
fn link_event(session: &mut St67Session<'_>, what: &[u8]) -> Option<Whose> {
    let mut fields = Fields::new(what);
    let link = fields.number::<u8>().filter(|&link| link < LINKS)?;
    match (fields.next(), fields.is_empty()) {
        (Some(b"CONNECTED"), true) => Some(connected(session, link)),
        (Some(b"DISCONNECTED" | b"CLOSED"), true) => {
            session.vendor.incoming.take(link);
            if !session.vendor.closing.take(link) {
                if let Some(slot) = session.sockets.by_link(link.into()) {
                    slot.closed_by_module(Closed::ByPeer);
                }
            }
            match session.vendor.foreign.take(link) {
                true => Some(Whose::User),
                false => Some(Whose::Driver),
            }
        }
        _ => None,
    }
}

/// A link is open: one that the driver is opening, one that a peer has opened, or one of the
/// user's.
fn connected(session: &mut St67Session<'_>, link: u8) -> Whose {
    let slot = session.sockets.by_link(link.into());
    match slot {
        Some(slot) if !matches!(slot.state, State::Closed(_)) => return Whose::Driver,
        Some(slot) if session.vendor.listens => slot.give_up_link(),
        None if !session.vendor.listens && !session.vendor.closing.contains(link) => {
            session.vendor.foreign.insert(link);
            // Or was the number spoilt on the wire?
            session.in_doubt = true;
            return Whose::User;
        }
        _ => {}
    }
    if session.vendor.listens {
        // Whatever was there before has ended, told or not.
        session.vendor.closing.take(link);
        session.vendor.incoming.insert(link);
    }
    Whose::Driver
}

/// `<id>,<length>` in the reference, `<id>,<length>,"<ip>",<port>` in firmware.
#[inline(never)]
fn data_event(session: &mut St67Session<'_>, what: &[u8]) -> Option<Whose> {
    let mut fields = Fields::new(what);
    let (link, length) = (fields.number::<u8>()?, fields.number::<u32>()?);
    let mut sender = None;
    if !fields.is_empty() {
        sender = fields
            .address()
            .zip(fields.number::<u16>())
            .map(SocketAddr::from);
        if sender.is_none() || !fields.is_empty() {
            return None;
        }
    }
    let Some(slot) = session.sockets.by_link(link.into()) else {
        // Data for a link that the driver is closing is nobody's, for one that is not accepted yet
        // its owner will ask; where there is no link the number must have been spoilt on the wire.
        let vendor = &session.vendor;
        if vendor.closing.contains(link) || vendor.incoming.contains(link) {
            return Some(Whose::Driver);
        }
        return vendor.foreign.contains(link).then_some(Whose::User);
    };
    if !slot.is_datagram {
        slot.announce(length);
        return Some(Whose::Driver);
    }
    let length = u16::try_from(length).ok()?;
    // The reference does not show a sender.
    let sender = sender.unwrap_or(Datagram::UNTOLD);
    if !slot.note(Datagram { length, sender }) {
        session.events.lose();
    }
    Some(Whose::Driver)
}

/// Puts an event line into neutral words.
pub(super) fn event(line: &[u8]) -> Event<'_> {
    let word = match line {
        b"ready" => Event::ModuleReset,
        b"+CW:CONNECTING" => Event::StationConnecting,
        b"+CW:CONNECTED" => Event::StationConnected,
        b"+CW:GOTIP" => Event::StationAddress(None),
        b"+CW:DISCONNECTED" => Event::StationDisconnected,
        b"+CW:SCAN_DONE" => Event::ScanDone,
        b"+MQTT:CONNECTED,0" => Event::MqttConnected,
        b"+MQTT:DISCONNECTED,0" => Event::MqttDisconnected,
        _ => Event::Other(line),
    };
    if word != Event::Other(line) {
        return word;
    }
    let Some(what) = line.strip_prefix(b"+CW:") else {
        return word;
    };
    if let Some(reason) = what.strip_prefix(b"ERROR,").and_then(number) {
        return u16::try_from(reason).map_or(word, Event::StationError);
    }
    client_event(what).unwrap_or(word)
}

/// What a station does that uses the module as its access point.
fn client_event(what: &[u8]) -> Option<Event<'static>> {
    let space = what.iter().position(|&b| b == b' ')?;
    let (name, values) = what.split_at_checked(space)?;
    let mut fields = Fields::new(values.trim_ascii());
    let mac = fields.mac()?;
    let event = match name {
        b"STA_CONNECTED" => Event::ClientConnected(mac),
        b"STA_DISCONNECTED" => Event::ClientDisconnected(mac),
        b"DIST_STA_IP" => Event::ClientAddress(Some(mac), fields.ipv4()?),
        _ => return None,
    };
    fields.is_empty().then_some(event)
}
