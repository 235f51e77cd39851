//! Text that a module has printed, kept: a `heapless::Vec`, with what hangs on it.

use core::fmt;
use core::ops::Deref;
use core::str::Utf8Error;

use heapless::{String, Vec};

use crate::error::Usage;

/// Text that a module has printed: up to `N` bytes, as they came, which nobody promises to be UTF-8.
///
/// It is a [`heapless::Vec`] and derefs to its bytes; [`Display`](fmt::Display) shows what is no UTF-8 as
/// U+FFFD. A [`heapless::String`] is made of it by `try_into`.
///
/// ```
/// use atwifi::{Printed, Usage, heapless};
///
/// let name = Printed::<32>::try_from("caf\u{e9}")?;
/// assert_eq!(name, "caf\u{e9}");
/// assert_eq!((name.len(), name.as_str()), (5, Some("caf\u{e9}")));
/// let text: heapless::String<32> = name.try_into().unwrap();
/// assert_eq!(text, "caf\u{e9}");
///
/// let spoilt = Printed::<32>::try_from(&b"caf\xe9"[..])?;
/// assert_eq!((spoilt.as_str(), spoilt.to_string()), (None, "caf\u{fffd}".into()));
/// assert_eq!(Printed::<2>::try_from("abc"), Err(Usage::TooLong(2)), "nothing is cut off");
/// # Ok::<(), Usage>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Printed<const N: usize>(Vec<u8, N>);

impl<const N: usize> Printed<N> {
    /// Keeps a text; `None` if it is longer than `N` bytes.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        Vec::from_slice(text).ok().map(Printed)
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(&self.0).ok()
    }
}

impl<const N: usize> Deref for Printed<N> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> AsRef<[u8]> for Printed<N> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> TryFrom<&[u8]> for Printed<N> {
    type Error = Usage;

    /// [`Usage::TooLong`].
    fn try_from(text: &[u8]) -> Result<Self, Usage> {
        Printed::new(text).ok_or(Usage::TooLong(N))
    }
}

impl<const N: usize> TryFrom<&str> for Printed<N> {
    type Error = Usage;

    /// [`Usage::TooLong`].
    fn try_from(text: &str) -> Result<Self, Usage> {
        text.as_bytes().try_into()
    }
}

impl<const N: usize> From<Vec<u8, N>> for Printed<N> {
    fn from(text: Vec<u8, N>) -> Self {
        Printed(text)
    }
}

impl<const N: usize> From<String<N>> for Printed<N> {
    fn from(text: String<N>) -> Self {
        Printed(text.into_bytes())
    }
}

impl<const N: usize> From<Printed<N>> for Vec<u8, N> {
    fn from(text: Printed<N>) -> Self {
        text.0
    }
}

impl<const N: usize> TryFrom<Printed<N>> for String<N> {
    type Error = Utf8Error;

    fn try_from(text: Printed<N>) -> Result<Self, Utf8Error> {
        String::from_utf8(text.0)
    }
}

impl<const N: usize> PartialEq<[u8]> for Printed<N> {
    fn eq(&self, other: &[u8]) -> bool {
        self.0 == *other
    }
}

impl<const N: usize> PartialEq<str> for Printed<N> {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other.as_bytes()
    }
}

impl<const N: usize> PartialEq<&[u8]> for Printed<N> {
    fn eq(&self, other: &&[u8]) -> bool {
        *self == **other
    }
}

impl<const N: usize> PartialEq<&str> for Printed<N> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Printed<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=[u8]:a}", self.as_bytes());
    }
}

impl<const N: usize> fmt::Display for Printed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

impl<const N: usize> fmt::Debug for Printed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Printed(\"{}\")", self.0.escape_ascii())
    }
}

/// A secret that a module has printed: it never appears in `Debug`, a log or an error.
///
/// It has no `Display`, no `defmt::Format` and derefs to nothing: who wants it says
/// [`reveal`](PrintedSecret::reveal).
#[derive(Clone, Default, PartialEq, Eq)]
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

impl<const N: usize> From<Printed<N>> for PrintedSecret<N> {
    fn from(text: Printed<N>) -> Self {
        PrintedSecret(text)
    }
}

impl<const N: usize> TryFrom<&[u8]> for PrintedSecret<N> {
    type Error = Usage;

    /// [`Usage::TooLong`].
    fn try_from(text: &[u8]) -> Result<Self, Usage> {
        Printed::try_from(text).map(PrintedSecret)
    }
}

impl<const N: usize> TryFrom<&str> for PrintedSecret<N> {
    type Error = Usage;

    /// [`Usage::TooLong`].
    fn try_from(text: &str) -> Result<Self, Usage> {
        Printed::try_from(text).map(PrintedSecret)
    }
}

impl<const N: usize> fmt::Debug for PrintedSecret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrintedSecret(***)")
    }
}

/// A secret where it stands in what a module prints; [`PrintedSecret`] keeps it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretSlice<'a>(&'a [u8]);

impl<'a> SecretSlice<'a> {
    /// A secret that stands here.
    #[must_use]
    pub const fn new(text: &'a [u8]) -> Self {
        SecretSlice(text)
    }

    /// The same, unless it is longer than that.
    pub(crate) fn of_most(text: &'a [u8], most: usize) -> Option<Self> {
        (text.len() <= most).then_some(SecretSlice(text))
    }

    /// The secret.
    #[must_use]
    pub const fn reveal(self) -> &'a [u8] {
        self.0
    }
}

impl<const N: usize> TryFrom<SecretSlice<'_>> for PrintedSecret<N> {
    type Error = Usage;

    /// [`Usage::TooLong`].
    fn try_from(secret: SecretSlice<'_>) -> Result<Self, Usage> {
        secret.0.try_into()
    }
}

impl fmt::Debug for SecretSlice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretSlice(***)")
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn a_secret_does_not_show() {
        let secret = SecretSlice::new(b"hunter2");
        assert_eq!(format!("{secret:?}"), "SecretSlice(***)");
        let printed = PrintedSecret::<64>::try_from(secret).unwrap();
        assert_eq!(format!("{printed:?}"), "PrintedSecret(***)");
        assert_eq!(printed.reveal(), b"hunter2");
        assert_eq!(PrintedSecret::<6>::try_from(secret), Err(Usage::TooLong(6)));
    }

    #[test]
    fn it_becomes_what_holds_it_and_comes_back() {
        let bytes = Vec::<u8, 4>::from_slice(b"a\xffbc").unwrap();
        let printed = Printed::from(bytes.clone());
        assert_eq!(&printed[1..], b"\xffbc");
        assert_eq!(
            format!("{printed} {printed:?}"),
            "a\u{fffd}bc Printed(\"a\\xffbc\")"
        );
        assert!(String::try_from(printed.clone()).is_err());
        assert_eq!(Vec::from(printed), bytes);
        let text = String::<4>::try_from("abcd").unwrap();
        assert_eq!(Printed::from(text), "abcd");
    }
}
