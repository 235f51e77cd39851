//! Counted payload: what stands before it in a reply.

use super::literal;
use crate::engine::protocol::{Header, Payload};
use crate::engine::text::{agree, digits, number};

/// Looks for the header of counted payload: `+SOCKRD:<id>,<length>,` and `#`, with or without CR LF
/// between them.
pub(super) fn payload(pending: &[u8], header: &mut Header) -> Payload {
    received(pending, header).unwrap_or_else(|verdict| verdict)
}

/// The same for replies that only commands of the user's have. A certificate that nobody waits for is
/// a line like any other.
pub(super) fn other_payload(command: &[u8], pending: &[u8], header: &mut Header) -> Payload {
    match command.starts_with(b"AT+READCERT=") {
        true => certificate(pending, header).unwrap_or_else(|verdict| verdict),
        false => Payload::No,
    }
}

fn received(pending: &[u8], header: &mut Header) -> Result<Payload, Payload> {
    let at = counted(pending, b"+SOCKRD:", header)?;
    let rest = pending.get(at..).unwrap_or(&[]);
    let blanks = rest.iter().take_while(|b| b" \r\n".contains(b)).count();
    // Firmware has its line end before the `#` and none before the `OK`, the reference the other
    // way round (wire notes 3).
    header.has_line_end = blanks == 0;
    header.length = at + blanks + 1;
    match rest.get(blanks) {
        None => Err(Payload::Incomplete),
        Some(b'#') => Ok(Payload::Counted),
        // Text mode.
        Some(_) => Err(Payload::No),
    }
}

/// `+READCERT:<type>, <length>,` stands before text that is quoted or hexadecimal.
fn certificate(pending: &[u8], header: &mut Header) -> Result<Payload, Payload> {
    let at = counted(pending, b"+READCERT:", header)?;
    let opening = *pending.get(at).ok_or(Payload::Incomplete)?;
    header.length = at + 1;
    header.encoding = Some(literal::encoding(opening).ok_or(Payload::No)?);
    Ok(Payload::Encoded)
}

/// `<name><number>,<count>,`: how long it is; the numbers go into the header.
pub(super) fn counted(pending: &[u8], name: &[u8], header: &mut Header) -> Result<usize, Payload> {
    if !agree(pending, name) {
        return Err(Payload::No);
    }
    let mut at = name.len();
    for _ in 0..2 {
        let field = pending.get(at..).unwrap_or(&[]);
        let blanks = field.iter().take_while(|&&b| b == b' ').count();
        let field = field.get(blanks..).unwrap_or(&[]);
        let (digits, separator) = digits(field).ok_or(Payload::Incomplete)?;
        if separator != b',' {
            return Err(Payload::No);
        }
        header.socket = header.count;
        header.count = number(digits).ok_or(Payload::No)? as usize;
        at += blanks + digits.len() + 1;
    }
    Ok(at)
}
