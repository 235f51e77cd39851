//! The ST67's rule for text in commands: quoted, with a backslash before `,` `"` and `\`.
//!
//! Reference 3.1.5 and wire notes 3: the module drops the backslash and takes the next character
//! as it is. CR, LF and NUL cannot be carried; every other byte value can.

use crate::error::Usage;
use crate::value as text;

/// A text argument of at most `MAX` bytes.
///
/// ```
/// use atwifi::{Usage, st67::Text};
///
/// assert!(Text::<32>::new(b"caf\xc3\xa9").is_ok());
/// assert_eq!(Text::<32>::new(b"a\r\nAT+RST"), Err(Usage::Byte(b'\r')));
/// assert_eq!(Text::<2>::new(b"abc"), Err(Usage::TooLong(2)));
/// ```
pub type Text<'a, const MAX: usize> = text::Text<'a, Rule, MAX>;

/// A secret text argument of at most `MAX` bytes.
pub type Secret<'a, const MAX: usize> = text::Secret<'a, Rule, MAX>;

/// Refuses texts, by their [written](text::Text::written) lengths, that make a command too long
/// together with the `rest` of it.
pub(super) fn fit(texts: impl Iterator<Item = usize>, rest: usize) -> Result<(), Usage> {
    /// The shortest line of any known firmware.
    const LINE: usize = 255;
    let room = LINE.saturating_sub(rest);
    match texts.sum::<usize>() <= room {
        true => Ok(()),
        false => Err(Usage::TooLong(room)),
    }
}

/// The ST67's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule;

impl text::Rule for Rule {
    fn refuses(byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n' | 0)
    }

    fn write(text: &[u8], push: &mut impl FnMut(u8)) {
        push(b'"');
        for &byte in text {
            if matches!(byte, b',' | b'"' | b'\\') {
                push(b'\\');
            }
            push(byte);
        }
        push(b'"');
    }
}
