//! Counted payload: what stands before it, in replies and in events.

use super::Delivery;
use crate::engine::protocol::{Header, Payload};
use crate::engine::text::{agree, digits, number};
use crate::engine::words::{Words, words};

/// No module has the memory for more: such a number was spoilt on the way, and must not keep the
/// driver waiting for good.
const COUNT_MAX: usize = u16::MAX as usize;

/// How many fields stand before payload, of which the last is its length; each is a number with a comma
/// behind it.
///
/// - `+MQTT:SUBRECV:<link>,<topic length>,<data length>,` stands before `"<topic>",<data>`; the
///   reference has a comma for the colon. What is before that counts as a field.
/// - `+BLE:GATTWRITE:<connection>,<service>,<characteristic>,<length>,`, and `GATTREAD`; without
///   the last comma it is a peer's request to be sent data, and a line.
/// - `+BLE:NOTIDATA:<connection>,<length>,`; firmware 2.0.89 puts the handle before the length.
const HEADERS: Words<Form> = words! {
    "+CIPRECVDATA:" => Form::Reply,
    "+MQTT:SUBRECV" => Form::Topic,
    "+BLE:GATTWRITE:" => Form::Attribute,
    "+BLE:GATTREAD:" => Form::Attribute,
    "+BLE:NOTIDATA:" => Form::Notification,
};

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Reply,
    Topic,
    Attribute,
    Notification,
}

/// Looks for what stands before counted payload.
pub(super) fn payload(delivery: Delivery, pending: &[u8], header: &mut Header) -> Payload {
    let Some((form, rest)) = HEADERS.find_agreeing(pending) else {
        return Payload::No;
    };
    let fields = match form {
        Form::Reply => 1,
        Form::Topic | Form::Attribute => 4,
        Form::Notification if delivery.has_notify_handle => 3,
        Form::Notification => 2,
    };
    let mut numbers = Numbers {
        length: pending.len() - rest.len(),
        last: 0,
        before: 0,
    };
    if let Err(verdict) = numbers.read(rest, fields) {
        return verdict;
    }
    header.length = numbers.length;
    header.count = numbers.last;
    header.text = match form {
        Form::Topic => numbers.before + b"\"\",".len(),
        _ => 0,
    };
    match form {
        Form::Reply => Payload::Counted,
        _ => Payload::Message,
    }
}

/// The numbers of a header: how long they are with what stands before them, and the last two.
struct Numbers {
    length: usize,
    last: usize,
    before: usize,
}

impl Numbers {
    /// Reads so many, each with a comma behind it.
    fn read(&mut self, text: &[u8], mut fields: u32) -> Result<(), Payload> {
        let mut number = 0;
        for &byte in text {
            self.length += 1;
            match byte {
                b'0'..=b'9' => number = (number * 10 + usize::from(byte - b'0')).min(COUNT_MAX),
                b',' | b':' => {
                    (self.before, self.last) = (self.last, core::mem::take(&mut number));
                    fields -= 1;
                    if fields == 0 {
                        return Ok(());
                    }
                }
                _ => return Err(Payload::No),
            }
        }
        Err(Payload::Incomplete)
    }
}

/// The same for what only commands of the user's bring about.
pub(super) fn other_payload(
    delivery: Delivery,
    command: &[u8],
    pending: &[u8],
    header: &mut Header,
) -> Payload {
    const NAMES: [&[u8]; 3] = [b"+FS:READ,", b"+EFUSE-R:", b"+FLASH-R:"];
    if delivery.is_active && agree(pending, DATA) {
        return data(delivery, pending, header).unwrap_or_else(|verdict| verdict);
    }
    match NAMES.iter().find(|name| agree(pending, name)) {
        Some(name) => counted(pending, name, uncounted(command, name), header),
        None => Payload::No,
    }
}

const DATA: &[u8] = b"+IPD:";

/// `+IPD:[<link>,]<length>[,"<ip>",<port>],` in active mode: data comes with its event.
fn data(delivery: Delivery, pending: &[u8], header: &mut Header) -> Result<Payload, Payload> {
    let mut numbers = Numbers {
        length: DATA.len().min(pending.len()),
        last: 0,
        before: 0,
    };
    let rest = |numbers: &Numbers| pending.get(numbers.length..).unwrap_or(&[]);
    numbers.read(rest(&numbers), 2 - u32::from(delivery.is_single))?;
    (header.text, header.count) = (0, numbers.last);
    if !delivery.has_no_sender {
        let sender = rest(&numbers);
        let address = match sender {
            [b'"', address @ ..] => address,
            [] => return Err(Payload::Incomplete),
            _ => return Err(Payload::No),
        };
        let end = address.iter().position(|b| b"\"\r\n".contains(b));
        let end = end.ok_or(Payload::Incomplete)?;
        match address.get(end..) {
            Some([b'"', b',', ..]) => numbers.length += end + 3,
            Some([b'"']) => return Err(Payload::Incomplete),
            _ => return Err(Payload::No),
        }
        numbers.read(rest(&numbers), 1)?;
    }
    header.length = numbers.length;
    Ok(Payload::Message)
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
