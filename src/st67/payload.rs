//! Counted payload: what stands before it, in replies and in events.

use super::Delivery;
use crate::engine::protocol::{Header, LineEnd, Payload};
use crate::engine::text::{agree, digits, number};
use crate::engine::words::{Words, words};

/// No module has the memory for more: such a number was spoilt on the way, and must not keep the
/// driver waiting for good.
const COUNT_MAX: usize = u16::MAX as usize;

/// What stands before payload, field by field, each with a comma behind it: `#` is a number, `C` the
/// length of payload that was asked for, `D` that of an event's, `T` that of a topic between quotes;
/// `:` is nothing, with a colon or a comma behind it.
///
/// `L` is the number of the link, `H` a handle, `S` and `P` the address between quotes and the port of
/// who has sent it: they are there as the user's commands and the firmware have it. Behind `A` it is a
/// line, unless data comes with its event.
///
/// - `+MQTT:SUBRECV:<link>,<topic length>,<data length>,` stands before `"<topic>",<data>`; the
///   reference has a comma for the colon.
/// - `+BLE:GATTWRITE:<connection>,<service>,<characteristic>,<length>,`, and `GATTREAD`; without
///   the last comma it is a peer's request to be sent data, and a line.
/// - `+BLE:NOTIDATA:<connection>,<length>,`; firmware 2.0.89 puts the handle before the length.
/// - `+IPD:[<link>,]<length>[,"<ip>",<port>],` in active mode.
const HEADERS: Words<&str> = words! {
    "+CIPRECVDATA:" => "C",
    "+MQTT:SUBRECV" => ":#TD",
    "+BLE:GATTWRITE:" => "###D",
    "+BLE:GATTREAD:" => "###D",
    "+BLE:NOTIDATA:" => "#HD",
    "+IPD:" => "ALDSP",
};

/// Looks for what stands before counted payload.
pub(super) fn payload(delivery: Delivery, pending: &[u8], header: &mut Header) -> Payload {
    match HEADERS.find_agreeing(pending) {
        Some((form, fields)) => read(delivery, form, pending, fields, header),
        None => Payload::No,
    }
}

fn read(
    delivery: Delivery,
    form: &str,
    pending: &[u8],
    fields: &[u8],
    header: &mut Header,
) -> Payload {
    let mut form = form.bytes().filter(|part| match part {
        b'L' => !delivery.is_single,
        b'H' => delivery.has_notify_handle,
        b'S' | b'P' => !delivery.has_no_sender,
        b'A' => !delivery.is_active,
        _ => true,
    });
    let (mut part, mut number, mut is_quoted) = (form.next(), None, false);
    header.text = 0;
    for (n, &byte) in (1..).zip(fields) {
        match (byte, part) {
            (b'\r' | b'\n', _) | (_, Some(b'A')) => return Payload::No,
            (b'"', Some(b'S')) => is_quoted = !is_quoted,
            _ if is_quoted => {}
            (b'0'..=b'9', _) => {
                let tens = number.unwrap_or(0_usize).min(COUNT_MAX) * 10;
                number = Some((tens + usize::from(byte - b'0')).min(COUNT_MAX));
            }
            (b',', _) | (b':', Some(b':')) => {
                match (part, number.take()) {
                    (Some(b':' | b'S'), None) => {}
                    (Some(b'T'), Some(length)) => header.text = length + b"\"\",".len(),
                    (Some(b'C' | b'D'), Some(count)) => header.count = count,
                    (Some(_), Some(_)) => {}
                    _ => return Payload::No,
                }
                let last = part;
                part = form.next();
                if part.is_none() {
                    header.length = pending.len() - fields.len() + n;
                    header.line_end = LineEnd::Always;
                    return match last {
                        Some(b'C') => Payload::Counted,
                        _ => Payload::Message,
                    };
                }
            }
            _ => return Payload::No,
        }
    }
    Payload::Incomplete
}

/// The same for replies that only commands of the user's have.
pub(super) fn other_payload(command: &[u8], pending: &[u8], header: &mut Header) -> Payload {
    const NAMES: [&[u8]; 3] = [b"+FS:READ,", b"+EFUSE-R:", b"+FLASH-R:"];
    match NAMES.iter().find(|name| agree(pending, name)) {
        Some(name) => counted(pending, name, uncounted(command, name), header),
        None => Payload::No,
    }
}

/// `<name><count>,`; or, where the module does not count what it prints, `name` alone.
fn counted(pending: &[u8], name: &[u8], asked: Option<usize>, header: &mut Header) -> Payload {
    let Some((digits, separator)) = pending.get(name.len()..).and_then(digits) else {
        return Payload::Incomplete;
    };
    let count = number(digits).filter(|_| separator == b',');
    let count = count.map(|count| count as usize);
    (header.length, header.count) = match (count, asked) {
        (Some(count), asked) if asked.is_none_or(|asked| count == asked) => {
            (name.len() + digits.len() + 1, count)
        }
        (_, Some(asked)) => (name.len(), asked),
        (_, None) => return Payload::No,
    };
    header.line_end = LineEnd::Always;
    Payload::Counted
}

/// How many bytes the command in flight asks for, if the reference's module does not count what it
/// prints: `+EFUSE-R:<data>`, `+FLASH-R:<data>` (2.2.13, 2.2.16). Firmware prints that number before
/// the data; data that begins with its own length and a comma cannot be told from that.
fn uncounted(command: &[u8], name: &[u8]) -> Option<usize> {
    let name = name.strip_suffix(b"-R:")?;
    let asked = command
        .strip_prefix(b"AT")?
        .strip_prefix(name)?
        .strip_prefix(b"-R=")?;
    Some(number(digits(asked)?.0)? as usize)
}
