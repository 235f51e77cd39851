//! The ST67's rule for text in commands: quoted, with a backslash before `,` `"` and `\`.
//!
//! Reference 3.1.5 and wire notes 3: the module drops the backslash and takes the next character
//! as it is. CR, LF and NUL cannot be carried; every other byte value can.

use atat::serde_at::serde::{Serialize, Serializer};

use crate::error::Usage;

/// The longest text with its quotes and escapes, in bytes: with it every command stays within the
/// module's line of 256.
const QUOTED_MAX: usize = 200;

/// A text argument of at most `MAX` bytes, checked: the module can take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a, const MAX: usize>(&'a [u8]);

impl<'a, const MAX: usize> Text<'a, MAX> {
    /// Checks a text.
    ///
    /// # Errors
    /// [`Usage::TooLong`], or [`Usage::Byte`] for CR, LF and NUL.
    ///
    /// ```
    /// use atwifi::{Usage, st67::Text};
    ///
    /// assert!(Text::<32>::new(b"caf\xc3\xa9").is_ok());
    /// assert_eq!(Text::<32>::new(b"a\r\nAT+RST"), Err(Usage::Byte(b'\r')));
    /// assert_eq!(Text::<2>::new(b"abc"), Err(Usage::TooLong(2)));
    /// ```
    pub fn new(bytes: &'a [u8]) -> Result<Self, Usage> {
        check(bytes, MAX)?;
        Ok(Text(bytes))
    }
}

fn check(bytes: &[u8], limit: usize) -> Result<(), Usage> {
    if bytes.len() > limit {
        return Err(Usage::TooLong(limit));
    }
    if let Some(&byte) = bytes.iter().find(|b| matches!(b, b'\r' | b'\n' | 0)) {
        return Err(Usage::Byte(byte));
    }
    let quoted = 2 + bytes.len() + bytes.iter().filter(|&&b| is_special(b)).count();
    if quoted > QUOTED_MAX {
        return Err(Usage::TooLong(QUOTED_MAX - 2));
    }
    Ok(())
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b',' | b'"' | b'\\')
}

impl<const MAX: usize> Serialize for Text<'_, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut quoted = [0; QUOTED_MAX];
        let mut length = 0;
        let mut push = |byte| {
            if let Some(place) = quoted.get_mut(length) {
                *place = byte;
                length += 1;
            }
        };
        push(b'"');
        for &byte in self.0 {
            if is_special(byte) {
                push(b'\\');
            }
            push(byte);
        }
        push(b'"');
        serializer.serialize_bytes(quoted.get(..length).unwrap_or(&[]))
    }
}

/// A text argument that is nobody's business: it never appears in `Debug`, a log or an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret<'a, const MAX: usize>(Text<'a, MAX>);

impl<'a, const MAX: usize> Secret<'a, MAX> {
    /// Checks a secret; errors as [`Text::new`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Usage> {
        Text::new(bytes).map(Secret)
    }
}

impl<const MAX: usize> core::fmt::Debug for Secret<'_, MAX> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl<const MAX: usize> Serialize for Secret<'_, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn a_secret_does_not_show() {
        let secret = Secret::<64>::new(b"hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(***)");
    }
}
