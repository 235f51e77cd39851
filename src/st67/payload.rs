//! Counted payload: what stands before it, in replies and in events.

use super::Memory;
use crate::engine::protocol::{LineEnd, Payload};
use crate::engine::text::{agree, number};

const MESSAGE_MAX: usize = u16::MAX as usize;

/// Looks for the header of counted payload at the start of a line.
pub(super) fn payload(memory: &Memory, command: &[u8], pending: &[u8]) -> Payload {
    if !agree(pending, b"+") {
        return Payload::No;
    }
    match message(memory, pending) {
        Payload::No => reply(command, pending),
        found => found,
    }
}

/// What stands before payload that answers a command, up to its length: `+CIPRECVDATA:<length>,`.
const REPLIES: [&[u8]; 4] = [b"+CIPRECVDATA:", b"+FS:READ,", b"+EFUSE-R:", b"+FLASH-R:"];

fn reply(command: &[u8], pending: &[u8]) -> Payload {
    let Some(header) = REPLIES.iter().find(|header| agree(pending, header)) else {
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
        (Some(count), asked) if asked.is_none_or(|asked| count == asked) => {
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
/// prints: `+EFUSE-R:<data>`, `+FLASH-R:<data>` (2.2.13, 2.2.16). Firmware prints that number before
/// the data; data that begins with its own length and a comma cannot be told from that.
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

/// The header of an event with payload:
///
/// - `+MQTT:SUBRECV:<link>,<topic length>,<data length>,` stands before `"<topic>",<data>`; the
///   reference has a comma for the colon.
/// - `+BLE:GATTWRITE:<connection>,<service>,<characteristic>,<length>,`, and `GATTREAD`; without
///   the last comma it is a peer's request to be sent data, and a line.
/// - `+BLE:NOTIDATA:<connection>,<length>,`; firmware 2.0.89 puts the handle before the length.
/// - `+IPD:[<link>,]<length>[,"<ip>",<port>],` in active mode. In passive mode it is a line.
fn message(memory: &Memory, pending: &[u8]) -> Payload {
    const MQTT: &[u8] = b"+MQTT:SUBRECV";
    const DATA: &[u8] = b"+IPD:";
    let delivery = memory.delivery;
    // The names, and how many numbers stand before those of the lengths.
    let headers: [(&[u8], usize); 5] = [
        (MQTT, 1),
        (b"+BLE:GATTWRITE:", 3),
        (b"+BLE:GATTREAD:", 3),
        (
            b"+BLE:NOTIDATA:",
            1 + usize::from(delivery.has_notify_handle),
        ),
        (DATA, usize::from(!delivery.is_single)),
    ];
    let Some(&(name, before)) = headers.iter().find(|(name, _)| agree(pending, name)) else {
        return Payload::No;
    };
    if name == DATA && !delivery.is_active {
        return Payload::No;
    }
    let found = || {
        let at = name.len();
        let mut values = Values { pending, at };
        let mut text = 0;
        if name == MQTT {
            values.one_of(b":,")?;
        }
        for _ in 0..before {
            values.number()?;
        }
        if name == MQTT {
            text = values.number()?.saturating_add(b"\"\",".len());
        }
        let data = values.number()?;
        if name == DATA && !delivery.has_no_sender {
            values.one_of(b"\"")?;
            while values.next()? != b'"' {}
            values.one_of(b",")?;
            values.number()?;
        }
        Ok(values.message(text, data))
    };
    found().unwrap_or_else(|verdict: Payload| verdict)
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
