//! What the lines of a Microchip module are that only commands of the user's can bring about, and
//! what its events mean in neutral words.

use super::words::{ipv4, split, station_error};
use super::{Microchip, access_point, certificates};
use crate::driver::{Event, Session};
use crate::engine::protocol::Line;
use crate::engine::text::Fields;
use crate::engine::words::{Words, words};
use crate::value::{LinkState, Mac};

/// Events of chapters that have no meaning for the driver itself: they wait for `poll`.
const EVENTS: Words<()> = words! {
    "+BOOT" => (),
    "+LOADCERT" => (),
    "+MQTTCONN" => (),
    "+MQTTCONNACK" => (),
    "+MQTTPUB" => (),
    "+MQTTPUBACC" => (),
    "+MQTTPUBCOMP" => (),
    "+MQTTPUBERR" => (),
    "+MQTTSUB" => (),
    "+MQTTUNSUB" => (),
    "+PING" => (),
    "+PINGERR" => (),
    "+TIME" => (),
    "+WSCNDONE" => (),
    "+WSCNERROR" => (),
    "+WSCNIND" => (),
};

/// Looks at a line again that was taken for `kind`: with the user's commands come events of other
/// chapters, and addresses that the driver did not ask for.
pub(super) fn line(
    session: &mut Session<'_, Microchip>,
    command: &[u8],
    line: &[u8],
    kind: Line,
) -> Line {
    if kind == Line::Ok {
        return kind;
    }
    let kind = access_point::line(session, command, line, kind);
    let kind = certificates::line(session, command, line, kind);
    let (name, values) = split(line);
    let is_event = match kind {
        Line::Reply => EVENTS.find(name).is_some() && !is_reply(command, name),
        // Behind an address that it was given comes no other word (wire notes 7).
        Line::Event if name == b"+WSTALU" && session.vendor.fixed != 0 => {
            session.vendor.address = Some(session.vendor.fixed.into());
            session.link_state = LinkState::Up;
            false
        }
        Line::Stray => name == b"+DNSRESOLV" && Fields::new(values).nth(2).is_some(),
        _ => false,
    };
    if !is_event {
        return kind;
    }
    let is_taken = match &mut session.mqtt {
        Some(mqtt) => (mqtt.vendor.take)(mqtt, name, values),
        None => false,
    };
    if !is_taken {
        session.events.push(line);
    }
    Line::Event
}

/// Some share their name with a reply: a query is answered by a line of its own name, a command
/// with parameters is followed by an event of its name; but `AT+TIME=<format>` is a query.
fn is_reply(command: &[u8], name: &[u8]) -> bool {
    let asked = command
        .strip_prefix(b"AT")
        .and_then(|rest| rest.trim_ascii_end().strip_prefix(name));
    match asked {
        Some([]) => true,
        Some([b'=', ..]) => name == b"+TIME",
        _ => false,
    }
}

/// Puts an event line into neutral words.
pub(super) fn event(line: &[u8]) -> Event<'_> {
    known(line).unwrap_or(Event::Other(line))
}

fn known(line: &[u8]) -> Option<Event<'static>> {
    let (name, values) = split(line);
    Some(match name {
        b"OK" => Event::ModuleReset,
        b"+WSTALU" => Event::StationConnected,
        b"+WSTALD" => Event::StationDisconnected,
        b"+WSTAAIP" => Event::StationAddress(Some(ipv4(values)?)),
        b"+WSTAERR" => Event::StationError(station_error(values)?),
        b"+WSTA" if values.starts_with(b"ERROR:") => Event::StationError(station_error(values)?),
        b"+WSCNDONE" => Event::ScanDone,
        b"+WAPSC" => Event::ClientConnected(mac(values)?),
        b"+WAPSD" => Event::ClientDisconnected(mac(values)?),
        b"+WAPAIP" => Event::ClientAddress(None, ipv4(values)?),
        b"+MQTTCONN" if values == b"0" => Event::MqttDisconnected,
        b"+MQTTCONN" if values == b"1" => Event::MqttConnected,
        _ => return None,
    })
}

/// The field that is a hardware address.
fn mac(values: &[u8]) -> Option<Mac> {
    Fields::new(values).find_map(|field| Fields::new(field).mac())
}
