//! What the lines of a Microchip module are, and what its events mean.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::event::address;
use super::{Attempt, Child, Microchip, Status};
use crate::driver::Event;
use crate::driver::Session;
use crate::engine::protocol::Line;
use crate::engine::text::{Fields, number};
use crate::error::Closed;
use crate::socket::Datagram;
use crate::value::LinkState;
use crate::value::Mac;

type MicrochipSession<'b> = Session<'b, Microchip>;

/// Says what a line is.
///
/// Reply or event where both have the name: `+SOCKCL` is the reply of `AT+SOCKCL` for the socket
/// that it closes, else the peer's close; `+WSTA:ERROR` and `+DNSRESOLV` are late results
/// always, also before the `OK`.
pub(super) fn line(
    session: &mut MicrochipSession<'_>,
    command: &[u8],
    line: &[u8],
) -> Line<Status> {
    match line {
        // A module that starts says no more than this (wire notes 1).
        b"OK" if command.is_empty() => return Line::Boot,
        b"OK" => return Line::Ok,
        b"ERROR" => return Line::NotUnderstood(Status::Error),
        // Prompts and echo were switched off: a module that has them has restarted unseen.
        b">" => {
            session.forget_if_set_up();
            return Line::Detail;
        }
        _ => {}
    }
    if let Some(code) = line.strip_prefix(b"ERROR:") {
        // It may mean half a command: the other half is looked at 50 ms later (wire notes 1).
        return Line::NotUnderstood(status(code));
    }
    if !command.is_empty() && line == command.trim_ascii_end() {
        session.forget_if_set_up();
        return Line::Detail;
    }
    if let Some(result) = line
        .strip_prefix(b"+LOADCERT:")
        .filter(|_| command.starts_with(b"AT+LOADCERT="))
    {
        // Firmware has no `OK` behind it.
        return match result {
            b"0" => Line::Sent,
            _ => Line::Failed(Status::CertificateRefused),
        };
    }
    match known_event(session, command, line) {
        Some(true) => return Line::Event,
        Some(false) => return Line::Unknown,
        None => {}
    }
    if is_other_event(command, line) {
        session.events.push(line);
        return Line::Event;
    }
    if command.is_empty() {
        Line::Unknown
    } else {
        Line::Reply
    }
}

/// `10,"Socket ID Not Found"`, `10`, or `14.0,…` of the successor's dialect.
fn status(code: &[u8]) -> Status {
    let digits = code.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = number(code.get(..digits).unwrap_or(&[])).and_then(|n| u16::try_from(n).ok());
    match (number, code.get(digits)) {
        (Some(n), None | Some(b',')) => Status::from(n),
        _ => Status::Error,
    }
}

/// Events of chapters that have no meaning for the driver itself: they wait for `poll`.
///
/// Some share their name with a reply: a query is answered by a line of its own name, a command
/// with parameters is followed by an event of its name; but `AT+TIME=<format>` is a query.
fn is_other_event(command: &[u8], line: &[u8]) -> bool {
    const NAMES: [&[u8]; 20] = [
        b"+BOOT",
        b"+LOADCERT",
        b"+MQTTCONN",
        b"+MQTTCONNACK",
        b"+MQTTPUB",
        b"+MQTTPUBACC",
        b"+MQTTPUBCOMP",
        b"+MQTTPUBERR",
        b"+MQTTSUB",
        b"+MQTTUNSUB",
        b"+PING",
        b"+TIME",
        b"+WAPAIP",
        b"+WAPSC",
        b"+WAPSD",
        b"+WPROVEXIT",
        b"+WSCNDONE",
        b"+WSCNERROR",
        b"+WSCNIND",
        b"+PINGERR",
    ];
    let colon = line.iter().position(|&b| b == b':').unwrap_or(line.len());
    let name = line.get(..colon).unwrap_or(&[]);
    let asked = command
        .strip_prefix(b"AT")
        .and_then(|rest| rest.trim_ascii_end().strip_prefix(name));
    let is_reply = match asked {
        Some([]) => true,
        Some([b'=', ..]) => name == b"+TIME",
        _ => false,
    };
    NAMES.contains(&name) && !is_reply
}

/// Takes an event of the station, of names or of sockets. `None` if the line is none;
/// `Some(false)` if it looks like one but does not make sense, so that bytes must have been lost.
#[inline(never)]
fn known_event(session: &mut MicrochipSession<'_>, command: &[u8], line: &[u8]) -> Option<bool> {
    let colon = line.iter().position(|&b| b == b':').unwrap_or(line.len());
    let name = line.get(..colon)?;
    let values = line.get(colon + 1..).unwrap_or(&[]).trim_ascii();
    Some(match name {
        b"+WSTALU" | b"+WSTALD" | b"+WSTAAIP" | b"+WSTAERR" => station_event(session, line),
        b"+WSTA" if values.starts_with(b"ERROR:") => station_event(session, line),
        b"+DNSRESOLV" | b"+DNSERROR" => name_event(session, line, values),
        b"+SOCKIND" => connected(session, line, values).is_some(),
        b"+SOCKTLS" if number(values).is_some() => {
            if session.vendor.securing == number(values) {
                session.vendor.connection.settle(Ok(()));
            } else {
                session.events.push(line);
            }
            true
        }
        b"+SOCKERR" => refused(session, line, values).is_some(),
        b"+SOCKRXT" => data(session, line, values).is_some(),
        b"+SOCKRXU" => datagram(session, line, values).is_some(),
        b"+SOCKCL" if command.starts_with(b"AT+SOCKCL=") && is_closing(command, values) => {
            return Some(true);
        }
        b"+SOCKCL" => closed(session, line, values).is_some(),
        _ => return None,
    })
}

#[inline(never)]
fn station_event(session: &mut MicrochipSession<'_>, line: &[u8]) -> bool {
    match event(line) {
        Event::StationConnected => session.link_state = LinkState::NoAddress,
        Event::StationAddress(address) => {
            session.vendor.address = address;
            session.link_state = LinkState::Up;
        }
        Event::StationDisconnected => {
            session.vendor.address = None;
            session.station_down();
        }
        Event::StationError(code) => session.station_error = Some(code),
        _ => return false,
    }
    session.events.push(line);
    true
}

/// `0,"name","ip"` per address, or `ERROR:42,"DNS Query Timeout"`, or `<code>`.
#[inline(never)]
fn name_event(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> bool {
    if let Some(code) = values.strip_prefix(b"ERROR:") {
        settle_name(session, line, Err(status(code)));
        return true;
    }
    let mut fields = Fields::new(values);
    if fields.number::<u8>().is_none() {
        return false;
    }
    if fields.is_empty() {
        // `+DNSERROR:<code>`
        settle_name(session, line, Err(status(values)));
        return true;
    }
    let (Some(name), Some(address)) = (fields.next(), fields.address()) else {
        return false;
    };
    // The answer to a question that is over may still come: it has another name.
    match address {
        IpAddr::V4(address) if super::fingerprint(name) == session.vendor.name_asked => {
            session.vendor.name.settle(Ok(address));
        }
        _ => session.events.push(line),
    }
    true
}

/// A failure does not say whose name it was.
fn settle_name(session: &mut MicrochipSession<'_>, line: &[u8], result: Result<Ipv4Addr, Status>) {
    match session.vendor.name {
        Attempt::Open => session.vendor.name.settle(result),
        Attempt::None | Attempt::Settled(_) => session.events.push(line),
    }
}

/// `<id>,"<local ip>",<local port>,"<remote ip>",<remote port>`
#[inline(never)]
fn connected(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> Option<()> {
    let mut fields = Fields::new(values);
    let socket: u32 = fields.number()?;
    let local = address(&mut fields)?;
    let remote = address(&mut fields)?;
    if session.vendor.connecting == Some(socket) {
        session.vendor.connection.settle(Ok(()));
    } else if session.sockets.by_link(socket).is_some() {
        // It is connected, and that is known.
    } else if let (SocketAddr::V4(remote), true) =
        (remote, session.sockets.is_listening(local.port()))
    {
        session.vendor.add_child(Child {
            socket,
            local_port: local.port(),
            remote,
            is_closed: false,
        });
    } else {
        // Of the caller's own commands, as in what follows.
        session.events.push(line);
    }
    Some(())
}

/// `<id>,<code>[,<text>]`, the text quoted or bare
#[inline(never)]
fn refused(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> Option<()> {
    let mut fields = Fields::new(values);
    let socket: u32 = fields.number()?;
    let code: u16 = fields.number()?;
    if [session.vendor.connecting, session.vendor.securing].contains(&Some(socket)) {
        session.vendor.connection.settle(Err(Status::from(code)));
    }
    match session.sockets.by_link(socket) {
        Some(slot) => slot.closed_by_module(Closed::ByPeer),
        None => session.events.push(line),
    }
    Some(())
}

/// `<id>,<bytes that can be read>`
fn data(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> Option<()> {
    let mut fields = Fields::new(values);
    let (socket, length): (u32, u32) = (fields.number()?, fields.number()?);
    if !fields.is_empty() {
        return None;
    }
    match session.sockets.by_link(socket) {
        Some(slot) => slot.announce(length),
        // Whoever accepts it will look.
        None if session.vendor.child(socket).is_some() => {}
        None => session.events.push(line),
    }
    Some(())
}

/// `<id>,"<ip>",<port>,<length>`
#[inline(never)]
fn datagram(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> Option<()> {
    let mut fields = Fields::new(values);
    let socket: u32 = fields.number()?;
    let sender = address(&mut fields)?;
    let length = fields.number()?;
    if !fields.is_empty() {
        return None;
    }
    match session.sockets.by_link(socket) {
        Some(slot) if slot.is_datagram => {
            // Firmware sends to the port that it heard last.
            if let Some(destination) = &mut slot.destination {
                destination.set_port(sender.port());
            }
            let datagram = Datagram { length, sender };
            if !slot.note(datagram) {
                session.events.lose();
            }
        }
        // A stream has none.
        Some(_) => return None,
        None => session.events.push(line),
    }
    Some(())
}

/// The peer has closed; the socket must still be closed here (reference 7.2.1).
fn closed(session: &mut MicrochipSession<'_>, line: &[u8], values: &[u8]) -> Option<()> {
    let socket = number(values)?;
    if let Some(slot) = session.sockets.by_link(socket) {
        slot.abandon(Closed::ByPeer);
        // What came unannounced, in a binary write, can still be read.
        slot.readable = true;
    } else if let Some(child) = session.vendor.child(socket) {
        child.is_closed = true;
    } else {
        session.events.push(line);
    }
    Some(())
}

/// Whether `AT+SOCKCL=<id>` is for this socket.
fn is_closing(command: &[u8], values: &[u8]) -> bool {
    command
        .strip_prefix(b"AT+SOCKCL=")
        .is_some_and(|id| id.trim_ascii_end() == values)
}

/// Puts an event line into neutral words. Firmware omits the association id that the reference
/// shows.
pub(super) fn event(line: &[u8]) -> Event<'_> {
    let colon = line.iter().position(|&b| b == b':').unwrap_or(line.len());
    let values = line.get(colon + 1..).unwrap_or(&[]).trim_ascii_start();
    let known = match line.get(..colon).unwrap_or(&[]) {
        b"OK" => Some(Event::ModuleReset),
        b"+WSTALU" => Some(Event::StationConnected),
        b"+WSTALD" => Some(Event::StationDisconnected),
        b"+WSTAAIP" => ipv4(values).map(|address| Event::StationAddress(Some(address))),
        b"+WSTAERR" => code(values).map(Event::StationError),
        b"+WSTA" => values
            .strip_prefix(b"ERROR:")
            .and_then(code)
            .map(Event::StationError),
        b"+WSCNDONE" => Some(Event::ScanDone),
        b"+WAPSC" => mac(values).map(Event::ClientConnected),
        b"+WAPSD" => mac(values).map(Event::ClientDisconnected),
        b"+WAPAIP" => ipv4(values).map(|address| Event::ClientAddress(None, address)),
        b"+MQTTCONN" => match values {
            b"0" => Some(Event::MqttDisconnected),
            b"1" => Some(Event::MqttConnected),
            _ => None,
        },
        _ => None,
    };
    known.unwrap_or(Event::Other(line))
}

fn code(values: &[u8]) -> Option<u16> {
    Fields::new(values).number()
}

/// The field that is an address.
fn ipv4(values: &[u8]) -> Option<Ipv4Addr> {
    Fields::new(values).find_map(|field| Fields::new(field).ipv4())
}

/// The field that is a hardware address.
fn mac(values: &[u8]) -> Option<Mac> {
    Fields::new(values).find_map(|field| Fields::new(field).mac())
}

impl<R> Attempt<R> {
    /// The first result counts.
    fn settle(&mut self, result: Result<R, Status>) {
        if matches!(self, Attempt::Open) {
            *self = Attempt::Settled(result);
        }
    }
}
