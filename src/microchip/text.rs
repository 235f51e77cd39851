//! The Microchip module's rule for text in commands: quoted, or hexadecimal in brackets.
//!
//! Wire notes 4: between quotes stand bytes 0x20 to 0x7E, with a backslash before `"` and `\`.
//! Everything else is written as `[hex]`, which carries every byte value.

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
        if text.iter().all(|b| (0x20..=0x7e).contains(b)) {
            push(b'"');
            for &byte in text {
                if matches!(byte, b'"' | b'\\') {
                    push(b'\\');
                }
                push(byte);
            }
            push(b'"');
        } else {
            push(b'[');
            for &byte in text {
                push(digit(byte >> 4));
                push(digit(byte & 0x0f));
            }
            push(b']');
        }
    }
}

fn digit(value: u8) -> u8 {
    if value < 10 {
        b'0' + value
    } else {
        b'A' + value - 10
    }
}
