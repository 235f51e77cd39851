//! The Microchip module's rule for text in commands: quoted, or hexadecimal in brackets.
//!
//! Wire notes 4: between quotes stand bytes 0x20 to 0x7E; `[hex]` carries every byte value. Where a
//! backslash would be needed the text is hexadecimal, too. For payload in a command stands beside its
//! length, and the module refuses it if they disagree: no byte lost on the way may turn it into
//! something else of the same length, as `"\\"` would become `"\"`, which firmware takes for a quote
//! without a closing one.

use crate::value as text;

/// A text argument of at most `MAX` bytes.
///
/// ```
/// use atwifi::{Usage, microchip::Text};
///
/// assert!(Text::<32>::new(b"caf\xc3\xa9\r\n").is_ok());
/// assert_eq!(Text::<2>::new(b"abc"), Err(Usage::TooLong(2)));
/// ```
pub type Text<'a, const MAX: usize> = text::Text<'a, Rule, MAX>;

/// A secret text argument of at most `MAX` bytes.
pub type Secret<'a, const MAX: usize> = text::Secret<'a, Rule, MAX>;

/// The Microchip module's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule;

impl text::Rule for Rule {
    fn refuses(_: u8) -> bool {
        false
    }

    fn write(text: &[u8], push: &mut impl FnMut(u8)) {
        let is_quoted = text.iter().all(|&byte| can_be_quoted(byte));
        push(if is_quoted { b'"' } else { b'[' });
        for &byte in text {
            if is_quoted {
                push(byte);
            } else {
                push(digit(byte >> 4));
                push(digit(byte & 0x0f));
            }
        }
        push(if is_quoted { b'"' } else { b']' });
    }
}

/// How many bytes of payload one command carries that has so much room between quotes or brackets:
/// as much as can be quoted, or what fits as digits, whichever is more.
pub(super) fn fitting(payload: &[u8], room: usize) -> usize {
    let quoted = payload
        .iter()
        .take(room)
        .take_while(|byte| can_be_quoted(**byte));
    quoted.count().max(room / 2)
}

fn can_be_quoted(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')
}

fn digit(value: u8) -> u8 {
    if value < 10 {
        b'0' + value
    } else {
        b'A' + value - 10
    }
}
