//! Text arguments of commands: checked when they are made, written by the dialect's own rule. And
//! text that a module prints.
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

/// Text that a module has printed: up to `N` bytes, as they came.
///
/// ```
/// use atwifi::Printed;
///
/// let name = Printed::<32>::new(b"caf\xc3\xa9").unwrap();
/// assert_eq!(name.as_str(), Some("caf\u{e9}"));
/// assert_eq!(Printed::<2>::new(b"abc"), None, "nothing is cut off");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Printed<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Printed<N> {
    /// Keeps a text; `None` if it is longer than `N` bytes.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; N];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Printed {
            bytes,
            length: text.len(),
        })
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// The text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.as_bytes()).ok()
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Printed<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=[u8]:a}", self.as_bytes());
    }
}

impl<const N: usize> fmt::Debug for Printed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Printed(\"{}\")", self.as_bytes().escape_ascii())
    }
}

/// A secret that a module has printed: it never appears in `Debug`, a log or an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PrintedSecret<const N: usize>(Printed<N>);

impl<const N: usize> PrintedSecret<N> {
    /// Keeps a secret; `None` if it is longer than `N` bytes.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        Printed::new(text).map(PrintedSecret)
    }

    /// The secret.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl<const N: usize> fmt::Debug for PrintedSecret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrintedSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    #[test]
    fn a_secret_does_not_show() {
        let secret = crate::st67::Secret::<64>::new(b"hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        let printed = super::PrintedSecret::<64>::new(b"hunter2").unwrap();
        assert_eq!(format!("{printed:?}"), "PrintedSecret(***)");
        let text = crate::st67::Text::<64>::new(b"caf\xc3\xa9").unwrap();
        assert_eq!(format!("{text:?}"), "Text(\"caf\\xc3\\xa9\")");
    }
}
