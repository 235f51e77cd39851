//! Text arguments of commands: checked when they are made, written by the dialect's own rule.
//!
//! No input can inject a command: what a rule cannot carry is refused before a byte is sent.

use core::fmt;
use core::marker::PhantomData;

use atat::serde_at::serde::{Serialize, Serializer};

use crate::error::Usage;

/// The longest text as it is written, with quotes and escapes, in bytes: with it every command
/// stays within 255 bytes, the shortest line of any known firmware.
const WRITTEN_MAX: usize = 200;

/// How a dialect writes text.
pub trait Rule: Copy + fmt::Debug + 'static {
    /// Whether the rule has no way to write this byte.
    fn refuses(byte: u8) -> bool;

    /// Writes a text, byte by byte.
    fn write(text: &[u8], push: &mut impl FnMut(u8));
}

/// A text argument of at most `MAX` bytes, checked: the module can take it.
///
/// Use the alias of the dialect: [`st67::Text`](crate::st67::Text),
/// [`microchip::Text`](crate::microchip::Text).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<'a, R, const MAX: usize> {
    bytes: &'a [u8],
    rule: PhantomData<R>,
}

impl<'a, R: Rule, const MAX: usize> Text<'a, R, MAX> {
    /// Checks a text.
    ///
    /// # Errors
    /// [`Usage::TooLong`], also where escapes make it too long for a command;
    /// [`Usage::Byte`] for a byte that the module cannot be told.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Usage> {
        check::<R>(bytes, MAX)?;
        Ok(Text {
            bytes,
            rule: PhantomData,
        })
    }
}

impl<R, const MAX: usize> Text<'_, R, MAX> {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl<R: Rule, const MAX: usize> Text<'_, R, MAX> {
    /// How many bytes it takes in a command, with quotes and escapes.
    pub(crate) fn written(&self) -> usize {
        written::<R>(self.bytes)
    }
}

fn written<R: Rule>(bytes: &[u8]) -> usize {
    let mut written = 0;
    R::write(bytes, &mut |_| written += 1);
    written
}

fn check<R: Rule>(bytes: &[u8], limit: usize) -> Result<(), Usage> {
    if bytes.len() > limit {
        return Err(Usage::TooLong(limit));
    }
    if let Some(&byte) = bytes.iter().find(|&&byte| R::refuses(byte)) {
        return Err(Usage::Byte(byte));
    }
    if written::<R>(bytes) > WRITTEN_MAX {
        Err(Usage::TooLong(WRITTEN_MAX))
    } else {
        Ok(())
    }
}

impl<R: Rule, const MAX: usize> Serialize for Text<'_, R, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = [0; WRITTEN_MAX];
        let mut length = 0;
        R::write(self.bytes, &mut |byte| {
            if let Some(place) = written.get_mut(length) {
                *place = byte;
                length += 1;
            }
        });
        serializer.serialize_bytes(written.get(..length).unwrap_or(&[]))
    }
}

impl<R, const MAX: usize> fmt::Debug for Text<'_, R, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text(\"{}\")", self.bytes.escape_ascii())
    }
}

/// A text argument that is nobody's business: it never appears in `Debug`, a log or an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret<'a, R, const MAX: usize>(Text<'a, R, MAX>);

impl<'a, R: Rule, const MAX: usize> Secret<'a, R, MAX> {
    /// Checks a secret; errors as [`Text::new`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Usage> {
        Text::new(bytes).map(Secret)
    }
}

impl<R, const MAX: usize> Secret<'_, R, MAX> {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<R: Rule, const MAX: usize> Secret<'_, R, MAX> {
    /// How many bytes it takes in a command, with quotes and escapes.
    pub(crate) fn written(&self) -> usize {
        self.0.written()
    }
}

impl<R, const MAX: usize> fmt::Debug for Secret<'_, R, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl<R: Rule, const MAX: usize> Serialize for Secret<'_, R, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    #[test]
    fn a_secret_does_not_show() {
        let secret = crate::st67::Secret::<64>::new(b"hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        let text = crate::st67::Text::<64>::new(b"caf\xc3\xa9").unwrap();
        assert_eq!(format!("{text:?}"), "Text(\"caf\\xc3\\xa9\")");
    }
}
