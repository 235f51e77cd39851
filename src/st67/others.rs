//! What the lines of an ST67 are that only commands of the user's can bring about, and what its
//! events mean in neutral words.

use super::words::link_of;
use super::{Delivery, St67};
use crate::driver::{Event, Session};
use crate::engine::protocol::Line;
use crate::engine::text::{Fields, number};
use crate::engine::words::{Words, words};
use crate::value::versions::numbers;

type St67Session<'b> = Session<'b, St67>;

/// Looks at a line again that was taken for `kind`: with the user's commands come events of other
/// chapters and links that are not the driver's.
pub(super) fn line(session: &mut St67Session<'_>, command: &[u8], line: &[u8], kind: Line) -> Line {
    match kind {
        Line::Ok => {
            learn(&mut session.vendor.delivery, command);
            if let Some([mode, ..]) = command.strip_prefix(b"AT+CWMODE=") {
                session.vendor.soft_ap = u32::from(*mode) & 2;
            }
        }
        Line::Event if is_about_single_link(session, line) => session.events.push(line),
        Line::Event => end_foreign_link(session, line),
        Line::Stray
            if is_about_single_link(session, line) || is_about_foreign_link(session, line) =>
        {
            session.events.push(line);
            return Line::Event;
        }
        Line::Reply => {
            if let Some(version) = line.strip_prefix(SDK) {
                learn_version(session, version);
            }
            if is_event(command, line) || is_about_single_link(session, line) {
                if let Some(mqtt) = &mut session.mqtt {
                    (mqtt.vendor.take)(mqtt, line);
                }
                session.events.push(line);
                return Line::Event;
            }
        }
        _ => {}
    }
    kind
}

/// A command of the user's has changed how the module tells what it receives.
fn learn(delivery: &mut Delivery, command: &[u8]) {
    let [name @ .., value @ (b'0' | b'1'), b'\r', b'\n'] = command else {
        return;
    };
    let is_off = *value == b'0';
    match name {
        b"AT+CIPRECVMODE=" => delivery.is_active = is_off,
        b"AT+CIPMUX=" => delivery.is_single = is_off,
        b"AT+CIPDINFO=" => delivery.has_no_sender = is_off,
        _ => {}
    }
}

/// What stands before the version by which firmware is named, such as `2.0.97`.
pub(super) const SDK: &[u8] = b"component_version_sdk_";

/// The first firmware that names the handle of a notification.
pub(super) const NOTIFY_HANDLE: [u32; 3] = [2, 0, 89];

/// The module has told the version of its firmware: what depends on it is known from here on.
pub(super) fn learn_version(session: &mut St67Session<'_>, version: &[u8]) {
    let version = numbers(version);
    let delivery = &mut session.vendor.delivery;
    let has_notify_handle = version >= NOTIFY_HANDLE;
    if has_notify_handle != delivery.has_notify_handle {
        delivery.has_notify_handle = has_notify_handle;
        let [major, minor, patch] = version;
        info!(
            "firmware {}.{}.{} names the handles of notifications",
            major, minor, patch
        );
    }
}

/// What a line about links begins with.
const ABOUT_LINKS: Words<()> = words! {
    "+CIP:" => (),
    "+IPD:" => (),
    "+LINK_CONN:" => (),
    "CLOSED" => (),
};

/// The driver itself uses no link without a number.
fn is_about_single_link(session: &St67Session<'_>, line: &[u8]) -> bool {
    session.vendor.delivery.is_single && ABOUT_LINKS.find_start(line).is_some()
}

/// Whether a line is about a link that the user has opened with a command; takes note of one that
/// has just been opened.
fn is_about_foreign_link(session: &mut St67Session<'_>, line: &[u8]) -> bool {
    let Some(link) = link_in(line) else {
        return false;
    };
    let is_new = line.ends_with(b",CONNECTED") || line.starts_with(b"+LINK_CONN:");
    if is_new && session.sockets.by_link(link).is_none() {
        session.vendor.foreign.insert(link);
        // Or was the number spoilt on the wire?
        session.in_doubt = true;
    }
    session.vendor.foreign.contains(link)
}

/// A link of the user's may have ended.
fn end_foreign_link(session: &mut St67Session<'_>, line: &[u8]) {
    let is_end = line.ends_with(b",DISCONNECTED") || line.ends_with(b",CLOSED");
    if let (true, Some(link)) = (is_end, link_in(line)) {
        if session.vendor.foreign.take(link) {
            session.events.push(line);
        }
    }
}

/// The link that a line is about.
fn link_in(line: &[u8]) -> Option<u32> {
    if let Some(details) = line.strip_prefix(b"+LINK_CONN:") {
        let mut fields = Fields::new(details);
        fields.next()?;
        return Some(link_of(fields.rest())?.0);
    }
    let what = [&b"+CIP:"[..], b"+IPD:", b""]
        .iter()
        .find_map(|name| line.strip_prefix(*name))?;
    Some(link_of(what)?.0)
}

/// How events of chapters begin that have no meaning for the driver itself: they wait for `poll`. In
/// the reference some share their name with the answer to a query, which stands behind it.
const EVENTS: Words<&str> = words! {
    "+MQTT:" => "",
    "+BLE:BASLEVEL:" => "AT+BLEBASLVLGET?",
    "+BLE:" => "",
    "+BLESCAN:" => "",
    "+BLESRV=" => "",
    "+BLESRVCHAR=" => "",
    "+BLEREAD=" => "",
    "+BLEDISCONN:" => "",
    "+BLECONN:" => "AT+BLECONN?",
    "+BLECONNPARAM:" => "AT+BLECONNPARAM?",
    "+CWLAP:(" => "",
    "+CWMONITOR," => "",
    "+CIPSENDL:" => "",
    "+PING:" => "",
    "+QUITT" => "",
};

fn is_event(command: &[u8], line: &[u8]) -> bool {
    match EVENTS.find_start(line) {
        Some((query, _)) => query.is_empty() || !command.starts_with(query.as_bytes()),
        None => super::event::monitored_then(line).is_some(),
    }
}

/// Events with a neutral meaning and no values.
const NEUTRAL: Words<Event<'static>> = words! {
    "ready" => Event::ModuleReset,
    "+CW:CONNECTING" => Event::StationConnecting,
    "+CW:CONNECTED" => Event::StationConnected,
    "+CW:GOTIP" => Event::StationAddress(None),
    "+CW:DISCONNECTED" => Event::StationDisconnected,
    "+CW:SCAN_DONE" => Event::ScanDone,
    "+MQTT:CONNECTED,0" => Event::MqttConnected,
    "+MQTT:DISCONNECTED,0" => Event::MqttDisconnected,
};

/// Puts an event line into neutral words.
pub(super) fn event(line: &[u8]) -> Event<'_> {
    let meaning = NEUTRAL.find(line).or_else(|| with_values(line));
    meaning.unwrap_or(Event::Other(line))
}

fn with_values(line: &[u8]) -> Option<Event<'static>> {
    let what = line.strip_prefix(b"+CW:")?;
    match what.strip_prefix(b"ERROR,") {
        Some(reason) => Some(Event::StationError(number(reason)?.try_into().ok()?)),
        None => client_event(what),
    }
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
