//! Counted payload: what stands before it in a reply.

use super::literal;
use crate::engine::protocol::{LineEnd, Payload};
use crate::engine::text::{agree, number};

/// Looks for the header of counted payload at the start of a line, with the command in flight.
pub(super) fn payload(command: &[u8], pending: &[u8]) -> Payload {
    let found = match received(pending) {
        // A certificate that nobody waits for is a line like any other.
        Err(Payload::No) if command.starts_with(b"AT+READCERT=") => certificate(pending),
        found => found,
    };
    found.unwrap_or_else(|verdict| verdict)
}

/// `+SOCKRD:<id>,<length>,` and `#` stand before payload, with or without CR LF between them.
fn received(pending: &[u8]) -> Result<Payload, Payload> {
    let (at, count) = header(pending, b"+SOCKRD:")?;
    let rest = pending.get(at..).unwrap_or(&[]);
    let blanks = rest.iter().take_while(|b| b" \r\n".contains(b)).count();
    // Firmware has its line end before the `#` and none before the `OK`, the reference the other
    // way round (wire notes 3).
    let line_end = match blanks {
        0 => LineEnd::Likely,
        _ => LineEnd::Unlikely,
    };
    match rest.get(blanks) {
        None => Err(Payload::Incomplete),
        Some(b'#') => Ok(Payload::Counted {
            header: at + blanks + 1,
            count,
            line_end,
        }),
        // Text mode.
        Some(_) => Err(Payload::No),
    }
}

/// `+READCERT:<type>, <length>,` stands before text that is quoted or hexadecimal.
fn certificate(pending: &[u8]) -> Result<Payload, Payload> {
    let (at, count) = header(pending, b"+READCERT:")?;
    let opening = *pending.get(at).ok_or(Payload::Incomplete)?;
    let encoding = literal::encoding(opening).ok_or(Payload::No)?;
    Ok(Payload::Encoded {
        header: at + 1,
        count,
        encoding,
    })
}

/// `<name><number>,<count>,`: how long it is, and the count.
fn header(pending: &[u8], name: &[u8]) -> Result<(usize, usize), Payload> {
    if !agree(pending, name) {
        return Err(Payload::No);
    }
    let (mut at, mut count) = (name.len(), None);
    for _ in 0..2 {
        let field = pending.get(at..).unwrap_or(&[]);
        let blanks = field.iter().take_while(|&&b| b == b' ').count();
        let digits = field.get(blanks..).unwrap_or(&[]);
        let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        match digits.get(length) {
            None => return Err(Payload::Incomplete),
            Some(b',') => count = number(digits.get(..length).unwrap_or(&[])),
            Some(_) => return Err(Payload::No),
        }
        at += blanks + length + 1;
    }
    let count = count.and_then(|count| usize::try_from(count).ok());
    Ok((at, count.ok_or(Payload::No)?))
}
