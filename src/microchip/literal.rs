//! Texts that the Microchip module prints, and what they mean.
//!
//! Wire notes 4. Firmware prints a text of bytes 0x20 to 0x7E between quotes as it is: `"` and `\`
//! within it stand alone. If there are control characters among them that have an escape (NUL, BEL
//! to CR, ESC), it escapes those and `"` and `\`. Everything else is `[hex]`, and so is an empty
//! text: `[]`.

use core::fmt;

use crate::engine::protocol::{Decoded, Encoding};
use crate::error::{Lent, Usage};
use crate::value::Printed;

/// A text as the module printed it.
///
/// Where the module does not tell the length, `"a\n"` may be a line feed or a backslash and an
/// `n`: firmware prints both the same, and it is taken for the line feed.
///
/// ```
/// use atwifi::microchip::Literal;
///
/// let ssid = Literal::parse(b"[666F6FC2A9626172]").unwrap();
/// let mut text = [0; 32];
/// assert_eq!(ssid.decode_into(&mut text)?, "foo\u{a9}bar".as_bytes());
/// assert!(ssid.is("foo\u{a9}bar".as_bytes()));
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy)]
pub struct Literal<'a> {
    /// What stands between quotes or brackets.
    inside: &'a [u8],
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Escaped,
    Hex,
}

impl<'a> Literal<'a> {
    /// Takes a field of a line for a text. `None` if it is neither quoted nor hexadecimal.
    pub fn parse(field: &'a [u8]) -> Option<Self> {
        let field = field.trim_ascii();
        if let Some(inside) = within(field, b"[", b"]") {
            return Literal::hex(inside);
        }
        let inside = within(field, b"\"", b"\"")?;
        let form = match scan(inside) {
            Some((end, true)) if end == inside.len() => Form::Escaped,
            _ => Form::Plain,
        };
        Some(Literal { inside, form })
    }

    /// Takes a text of `length` bytes from the start of `values`, and returns what is behind it
    /// and its comma. The length tells how it was printed.
    pub(super) fn counted(values: &'a [u8], length: usize) -> Option<(Self, &'a [u8])> {
        let (end, form) = match values.split_first()? {
            (b'[', _) => (length.checked_mul(2)?, Form::Hex),
            (b'"', inside) => match scan(inside) {
                Some((end, true)) => (end, Form::Escaped),
                _ => (length, Form::Plain),
            },
            _ => return None,
        };
        Literal::cut(values, end, form)
            .filter(|(text, _)| text.len() == length)
            // What looks like an escape may be none.
            .or_else(|| Literal::cut(values, length, Form::Plain))
    }

    /// Takes a text that has `end` bytes between its quotes or brackets.
    fn cut(values: &'a [u8], end: usize, form: Form) -> Option<(Self, &'a [u8])> {
        let (field, rest) = values.split_at_checked(end.checked_add(2)?)?;
        let inside = match form {
            Form::Hex => Literal::hex(within(field, b"[", b"]")?)?.inside,
            Form::Plain | Form::Escaped => within(field, b"\"", b"\"")?,
        };
        let rest = match rest {
            [] => rest,
            _ => rest.strip_prefix(b",")?,
        };
        Some((Literal { inside, form }, rest))
    }

    fn hex(inside: &'a [u8]) -> Option<Self> {
        let is_hex = inside.len().is_multiple_of(2) && inside.iter().all(u8::is_ascii_hexdigit);
        let form = Form::Hex;
        is_hex.then_some(Literal { inside, form })
    }

    /// The bytes of the text.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + 'a {
        let (mut rest, form) = (self.inside, self.form);
        core::iter::from_fn(move || {
            let decoded = match form {
                Form::Plain => rest.first().map(|&byte| Decoded::Byte(byte, 1))?,
                Form::Escaped => escaped(rest),
                Form::Hex => hexadecimal(rest),
            };
            let Decoded::Byte(byte, length) = decoded else {
                return None;
            };
            rest = rest.get(length..)?;
            Some(byte)
        })
    }

    /// How many bytes the text has.
    pub fn len(&self) -> usize {
        self.bytes().count()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.inside.is_empty()
    }

    /// Whether it is this text, or may be.
    pub fn is(&self, text: &[u8]) -> bool {
        let may_be_plain = self.form == Form::Escaped && self.inside == text;
        may_be_plain || self.bytes().eq(text.iter().copied())
    }

    /// Puts the text at the start of `into` and returns it.
    ///
    /// # Errors
    /// [`Usage::BufferTooSmall`].
    pub fn decode_into<'m>(&self, into: &'m mut [u8]) -> Result<&'m [u8], Usage> {
        let length = self.len();
        let place = into.get_mut(..length).ok_or(Usage::BufferTooSmall {
            which: Lent::Data,
            needed: length,
        })?;
        for (to, byte) in place.iter_mut().zip(self.bytes()) {
            *to = byte;
        }
        Ok(place)
    }

    /// Keeps the text; `None` if it is longer than `N` bytes.
    pub fn keep<const N: usize>(&self) -> Option<Printed<N>> {
        let mut text = heapless::Vec::new();
        for byte in self.bytes() {
            text.push(byte).ok()?;
        }
        Some(text.into())
    }

    /// The text where it stands in the line, if it stands there as it is.
    pub fn as_plain(&self) -> Option<&'a [u8]> {
        match self.form {
            Form::Plain => Some(self.inside),
            Form::Escaped | Form::Hex => self.is_empty().then_some(b""),
        }
    }
}

impl PartialEq for Literal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl Eq for Literal<'_> {}

impl fmt::Debug for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Literal(\"")?;
        for byte in self.bytes() {
            write!(f, "{}", byte.escape_ascii())?;
        }
        f.write_str("\")")
    }
}

/// A password or key as the module printed it: it does not show in `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretLiteral<'a>(&'a [u8]);

impl<'a> SecretLiteral<'a> {
    pub(super) fn new(field: &'a [u8]) -> Self {
        SecretLiteral(field)
    }

    /// The text, for whoever needs to know. `None` where the module prints stars.
    pub fn reveal(&self) -> Option<Literal<'a>> {
        Literal::parse(self.0)
    }
}

impl fmt::Debug for SecretLiteral<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretLiteral(***)")
    }
}

fn within<'a>(field: &'a [u8], before: &[u8], behind: &[u8]) -> Option<&'a [u8]> {
    field.strip_prefix(before)?.strip_suffix(behind)
}

/// Where an escaped text ends, at its closing quote or with the line, and whether it has a control
/// character: without one firmware does not escape. `None` if a backslash escapes nothing.
fn scan(text: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut has_control) = (0, false);
    loop {
        match text.get(at..)? {
            [] | [b'"', ..] => return Some((at, has_control)),
            [b'\\', escaped, ..] => {
                has_control |= control(*escaped)? < b' ';
                at += 2;
            }
            [b'\\'] => return None,
            [0x20..=0x7e, ..] => at += 1,
            _ => return None,
        }
    }
}

/// How a text is written that opens with this, where none of its characters but the closing one can
/// be mistaken.
pub(super) fn encoding(opening: u8) -> Option<Encoding> {
    let (decode, closing): (fn(&[u8]) -> Decoded, u8) = match opening {
        b'"' => (escaped, b'"'),
        b'[' => (hexadecimal, b']'),
        _ => return None,
    };
    Some(Encoding { decode, closing })
}

fn escaped(text: &[u8]) -> Decoded {
    match text {
        [] | [b'\\'] => Decoded::Incomplete,
        [b'\\', escape, ..] => {
            control(*escape).map_or(Decoded::Nonsense, |byte| Decoded::Byte(byte, 2))
        }
        [byte @ 0x20..=0x7e, ..] if *byte != b'"' => Decoded::Byte(*byte, 1),
        _ => Decoded::Nonsense,
    }
}

pub(super) fn hexadecimal(text: &[u8]) -> Decoded {
    match text {
        [high, low, ..] => match (digit(*high), digit(*low)) {
            (Some(high), Some(low)) => Decoded::Byte(high << 4 | low, 2),
            _ => Decoded::Nonsense,
        },
        _ => Decoded::Incomplete,
    }
}

/// The byte that a backslash and this character stand for.
fn control(escaped: u8) -> Option<u8> {
    Some(match escaped {
        b'0' => 0x00,
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        b'e' => 0x1b,
        b'"' | b'\\' => escaped,
        _ => return None,
    })
}

fn digit(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex - b'0'),
        b'a'..=b'f' => Some(hex - b'a' + 10),
        b'A'..=b'F' => Some(hex - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn decoded(field: &[u8]) -> Option<Vec<u8>> {
        Literal::parse(field).map(|text| text.bytes().collect())
    }

    #[test]
    fn texts_are_decoded_as_firmware_prints_them() {
        assert_eq!(decoded(b"[]").unwrap(), b"");
        assert_eq!(decoded(br#""te"s\,t""#).unwrap(), br#"te"s\,t"#);
        assert_eq!(
            decoded(br#""a\"b\\\r\n\0\e""#).unwrap(),
            b"a\"b\\\r\n\0\x1b"
        );
        assert_eq!(decoded(b"[00fF]").unwrap(), b"\x00\xff");
        for nonsense in [&b""[..], b"\"", b"a", b"[0]", b"[0g]", b"[00"] {
            assert_eq!(decoded(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn what_could_be_either_is_either() {
        let text = Literal::parse(br#""C:\new""#).unwrap();
        assert!(text.is(b"C:\new"));
        assert!(text.is(br"C:\new"));
        assert!(!text.is(b"C:new"));
    }

    #[test]
    fn a_length_tells_how_a_text_was_printed() {
        let (text, rest) = Literal::counted(br#""C:\new",1"#, 6).unwrap();
        assert_eq!((text.as_plain(), rest), (Some(&br"C:\new"[..]), &b"1"[..]));
        let (text, rest) = Literal::counted(br#""C:\new""#, 5).unwrap();
        assert_eq!((text.as_plain(), rest), (None, &b""[..]));
        let (text, rest) = Literal::counted(br#""{"a","b"}",2"#, 9).unwrap();
        assert_eq!(
            (text.as_plain(), rest),
            (Some(&br#"{"a","b"}"#[..]), &b"2"[..])
        );
        let (text, rest) = Literal::counted(br#""\nx\",",7"#, 4).unwrap();
        assert_eq!((text.is(b"\nx\","), rest), (true, &b"7"[..]));
        assert!(Literal::counted(b"[],0", 0).is_some());
        assert!(Literal::counted(b"[00],0", 2).is_none());
        assert!(Literal::counted(br#""abc""#, 2).is_none());
        assert!(Literal::counted(br#""abc"d"#, 3).is_none());
        assert!(Literal::counted(b"", 0).is_none());
    }
}
