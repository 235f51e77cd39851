//! Counted payload: what stands before it, in replies and in events.

use super::{Delivery, St67};
use crate::driver::dialect::Words;
use crate::engine::protocol::{Header, LineEnd, Payload};
use crate::engine::text::{agree, digits, number};

/// No module has the memory for more: such a number was spoilt on the way, and must not keep the
/// driver waiting for good.
const COUNT_MAX: usize = u16::MAX as usize;

/// Looks for what stands before counted payload: `+CIPRECVDATA:<length>,`, or an event.
pub(super) fn payload(delivery: Delivery, pending: &[u8], header: &mut Header) -> Payload {
    let name = St67::RECEIVED.as_bytes();
    if agree(pending, name) {
        return counted(pending, name, None, header);
    }
    message(delivery, pending, header)
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

/// The header of an event with payload, as [`HEADERS`] draws it.
fn message(delivery: Delivery, pending: &[u8], header: &mut Header) -> Payload {
    let Some((name, form)) = HEADERS.iter().find(|(name, _)| agree(pending, name)) else {
        return Payload::No;
    };
    if *name == DATA && !delivery.is_active {
        // In passive mode it is a line.
        return Payload::No;
    }
    (header.text, header.count) = (0, 0);
    let mut at = name.len();
    for part in form.bytes() {
        let read = match part {
            b'L' if delivery.is_single => continue,
            b'S' if delivery.has_no_sender => continue,
            b'H' if !delivery.has_notify_handle => continue,
            b':' => one_of(b":,", pending, &mut at),
            b'S' => sender(pending, &mut at),
            part => number_at(pending, &mut at).map(|number| match part {
                b'T' => header.text = (number + b"\"\",".len()).min(COUNT_MAX),
                b'D' => header.count = number.min(COUNT_MAX),
                _ => {}
            }),
        };
        if let Err(verdict) = read {
            return verdict;
        }
    }
    header.length = at;
    Payload::Message
}

const DATA: &[u8] = b"+IPD:";

/// What stands before the payload of events: `#` is a number, `T` the length of a topic between
/// quotes, `D` that of the payload, each with a comma behind it. `L`, the number of the link, `H`, a
/// handle, and `S`, who has sent it, are there as the user's commands and the firmware have it.
///
/// - `+MQTT:SUBRECV:<link>,<topic length>,<data length>,` stands before `"<topic>",<data>`; the
///   reference has a comma for the colon.
/// - `+BLE:GATTWRITE:<connection>,<service>,<characteristic>,<length>,`, and `GATTREAD`; without
///   the last comma it is a peer's request to be sent data, and a line.
/// - `+BLE:NOTIDATA:<connection>,<length>,`; firmware 2.0.89 puts the handle before the length.
/// - `+IPD:[<link>,]<length>[,"<ip>",<port>],` in active mode.
const HEADERS: [(&[u8], &str); 5] = [
    (b"+MQTT:SUBRECV", ":#TD"),
    (b"+BLE:GATTWRITE:", "###D"),
    (b"+BLE:GATTREAD:", "###D"),
    (b"+BLE:NOTIDATA:", "#HD"),
    (DATA, "LDS"),
];

/// The next byte of a header. What is not all there yet, or is no header, ends the search.
fn next(pending: &[u8], at: &mut usize) -> Result<u8, Payload> {
    let byte = pending.get(*at).ok_or(Payload::Incomplete)?;
    *at += 1;
    match byte {
        b'\r' | b'\n' => Err(Payload::No),
        byte => Ok(*byte),
    }
}

fn one_of(bytes: &[u8], pending: &[u8], at: &mut usize) -> Result<(), Payload> {
    let byte = next(pending, at)?;
    match bytes.iter().any(|&one| one == byte) {
        true => Ok(()),
        false => Err(Payload::No),
    }
}

/// A number and the comma behind it.
fn number_at(pending: &[u8], at: &mut usize) -> Result<usize, Payload> {
    let mut number = None;
    loop {
        match next(pending, at)? {
            digit @ b'0'..=b'9' => {
                let tens = number.unwrap_or(0_usize).min(COUNT_MAX) * 10;
                number = Some(tens + usize::from(digit - b'0'));
            }
            b',' => return number.ok_or(Payload::No),
            _ => return Err(Payload::No),
        }
    }
}

/// `"<ip>",<port>,`
fn sender(pending: &[u8], at: &mut usize) -> Result<(), Payload> {
    one_of(b"\"", pending, at)?;
    while next(pending, at)? != b'"' {}
    one_of(b",", pending, at)?;
    number_at(pending, at).map(drop)
}
