//! Counted payload: what stands before it, in replies and in events.

use super::{Delivery, Memory};
use crate::engine::protocol::{LineEnd, Payload};
use crate::engine::text::number;

const MESSAGE_MAX: usize = u16::MAX as usize;

/// Looks for the header of counted payload at the start of a line.
pub(super) fn payload(memory: &Memory, command: &[u8], pending: &[u8]) -> Payload {
    match message(memory, pending) {
        Payload::No => reply(command, pending),
        found => found,
    }
}

/// What stands before payload that answers a command, up to its length: `+CIPRECVDATA:<length>,`.
const REPLIES: [&[u8]; 4] = [b"+CIPRECVDATA:", b"+FS:READ,", b"+EFUSE-R:", b"+FLASH-R:"];

fn reply(command: &[u8], pending: &[u8]) -> Payload {
    let begins = |header: &&&[u8]| {
        let known = pending.len().min(header.len());
        pending.get(..known) == header.get(..known)
    };
    let Some(header) = REPLIES.iter().find(begins) else {
        return Payload::No;
    };
    let Some((digits, separator)) = pending.get(header.len()..).and_then(digits) else {
        return Payload::Incomplete;
    };
    let counted = |header, count: u32| Payload::Counted {
        header,
        count: count as usize,
        line_end: LineEnd::Always,
    };
    let count = number(digits).filter(|_| separator == b',');
    match (count, uncounted(command, header)) {
        (Some(count), asked) if asked.is_none_or(|asked| count <= asked) => {
            counted(header.len() + digits.len() + 1, count)
        }
        (_, Some(asked)) => counted(header.len(), asked),
        (_, None) => Payload::No,
    }
}

/// The digits at the start of a text, and what stands behind them; `None` while nothing does.
fn digits(text: &[u8]) -> Option<(&[u8], u8)> {
    let length = text.iter().take_while(|b| b.is_ascii_digit()).count();
    Some((text.get(..length)?, *text.get(length)?))
}

/// How many bytes the command in flight asks for, if the reference's module does not count what it
/// prints: `+EFUSE-R:<data>`, `+FLASH-R:<data>` (2.2.13, 2.2.16).
fn uncounted(command: &[u8], header: &[u8]) -> Option<u32> {
    let name = header.strip_suffix(b"-R:")?;
    let (digits, _) = digits(
        command
            .strip_prefix(b"AT")?
            .strip_prefix(name)?
            .strip_prefix(b"-R=")?,
    )?;
    number(digits)
}

/// The header of an event with payload.
fn message(memory: &Memory, pending: &[u8]) -> Payload {
    let headers: [(&[u8], Rest); 5] = [
        (b"+MQTT:SUBRECV", mqtt_message),
        (b"+BLE:GATTWRITE:", gatt_data),
        (b"+BLE:GATTREAD:", gatt_data),
        (b"+BLE:NOTIDATA:", notification),
        (b"+IPD:", data),
    ];
    for (name, rest) in headers {
        let known = pending.len().min(name.len());
        if pending.get(..known) != name.get(..known) {
            continue;
        }
        let values = Values {
            pending,
            at: name.len(),
        };
        return if known < name.len() {
            Payload::Incomplete
        } else {
            rest(memory, values).unwrap_or_else(|verdict| verdict)
        };
    }
    Payload::No
}

type Found = Result<Payload, Payload>;

type Rest = fn(&Memory, Values<'_>) -> Found;

/// `:<link>,<topic length>,<data length>,` stands before `"<topic>",<data>`; the reference has a
/// comma for the colon.
fn mqtt_message(_: &Memory, mut values: Values<'_>) -> Found {
    values.one_of(b":,")?;
    values.number()?;
    let (topic, data) = (values.number()?, values.number()?);
    let text = topic.saturating_add(b"\"\",".len());
    Ok(values.message(text, data))
}

/// `<connection>,<service>,<characteristic>,<length>,`; without the last comma it is a peer's
/// request to be sent data, and a line.
fn gatt_data(_: &Memory, mut values: Values<'_>) -> Found {
    for _ in 0..3 {
        values.number()?;
    }
    let data = values.number()?;
    Ok(values.message(0, data))
}

/// `<connection>,<length>,`; firmware 2.0.89 puts the handle before the length.
fn notification(memory: &Memory, mut values: Values<'_>) -> Found {
    values.number()?;
    if memory.delivery.has_notify_handle {
        values.number()?;
    }
    let data = values.number()?;
    Ok(values.message(0, data))
}

/// `[<link>,]<length>[,"<ip>",<port>],` in active mode. In passive mode it is a line.
fn data(memory: &Memory, mut values: Values<'_>) -> Found {
    let Delivery {
        is_active,
        is_single,
        has_no_sender,
        ..
    } = memory.delivery;
    if !is_active {
        return Err(Payload::No);
    }
    if !is_single {
        values.number()?;
    }
    let data = values.number()?;
    if !has_no_sender {
        values.one_of(b"\"")?;
        while values.next()? != b'"' {}
        values.one_of(b",")?;
        values.number()?;
    }
    Ok(values.message(0, data))
}

/// The values of a header. What is not all there yet, or is no header, ends the search.
struct Values<'p> {
    pending: &'p [u8],
    at: usize,
}

impl Values<'_> {
    fn next(&mut self) -> Result<u8, Payload> {
        let byte = self.pending.get(self.at).ok_or(Payload::Incomplete)?;
        self.at += 1;
        match byte {
            b'\r' | b'\n' => Err(Payload::No),
            byte => Ok(*byte),
        }
    }

    fn one_of(&mut self, bytes: &[u8]) -> Result<(), Payload> {
        match bytes.contains(&self.next()?) {
            true => Ok(()),
            false => Err(Payload::No),
        }
    }

    /// A number and the comma behind it.
    fn number(&mut self) -> Result<usize, Payload> {
        let mut number = None;
        loop {
            match self.next()? {
                digit @ b'0'..=b'9' => {
                    let tens: usize = number.unwrap_or(0);
                    let units = usize::from(digit - b'0');
                    number = Some(tens.saturating_mul(10).saturating_add(units));
                }
                b',' => return number.ok_or(Payload::No),
                _ => return Err(Payload::No),
            }
        }
    }

    /// No module has the memory for more than 65535 bytes: such a number was spoilt on the way,
    /// and must not keep the driver waiting for good.
    fn message(&self, text: usize, data: usize) -> Payload {
        Payload::Message {
            header: self.at,
            text: text.min(MESSAGE_MAX),
            data: data.min(MESSAGE_MAX),
        }
    }
}
