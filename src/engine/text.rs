//! Reading the values of a line: fields between commas, quoted or not.

use core::net::IpAddr;

use crate::value::ip as address;

use core::net::Ipv4Addr;

use crate::value::Mac;
use crate::value::{Numbered, Reported};

/// The comma-separated fields of a line, without the blanks around them; a comma between quotes
/// does not separate.
///
/// For lines whose quoted fields hold no quotes themselves: addresses, types, numbers.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Fields { rest: Some(text) }
    }

    /// The next field as a number.
    pub(crate) fn number<N: TryFrom<u32>>(&mut self) -> Option<N> {
        N::try_from(number(self.next()?)?).ok()
    }

    /// The next field as a number that may be negative.
    pub(crate) fn signed<N: TryFrom<i64>>(&mut self) -> Option<N> {
        let field = self.next()?;
        let magnitude = i64::from(number(field.strip_prefix(b"-").unwrap_or(field))?);
        N::try_from(match field.starts_with(b"-") {
            true => -magnitude,
            false => magnitude,
        })
        .ok()
    }

    /// The next field as a number with a name.
    pub(crate) fn reported<E: Numbered>(&mut self) -> Option<Reported<E>> {
        self.number::<u32>().map(Reported::from)
    }

    /// The next field as an IPv4 address, quoted or not.
    pub(crate) fn ipv4(&mut self) -> Option<Ipv4Addr> {
        address::v4(unquoted(self.next()?))
    }

    /// The next field as a hardware address, quoted or not.
    pub(crate) fn mac(&mut self) -> Option<Mac> {
        Mac::parse(unquoted(self.next()?))
    }

    /// Whether the next field is quoted.
    pub(crate) fn is_quoted(&mut self) -> bool {
        matches!(self.next(), Some([b'"', .., b'"']))
    }

    /// The next field without its quotes.
    pub(crate) fn quoted(&mut self) -> Option<&'a str> {
        let field = self.next()?.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        core::str::from_utf8(field).ok()
    }

    /// The next field as an IP address, quoted or not.
    pub(crate) fn address(&mut self) -> Option<IpAddr> {
        address::read(unquoted(self.next()?))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_none()
    }

    /// What no field was taken of yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest.unwrap_or(&[])
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let mut in_quotes = false;
        let comma = rest.iter().position(|&b| {
            in_quotes ^= b == b'"';
            b == b',' && !in_quotes
        });
        self.rest = comma.and_then(|at| rest.get(at + 1..));
        rest.get(..comma.unwrap_or(rest.len())).map(trimmed)
    }
}

/// A field without the blanks around it.
#[inline(never)]
pub(crate) fn trimmed(mut field: &[u8]) -> &[u8] {
    while let [b' ', within @ ..] | [within @ .., b' '] = field {
        field = within;
    }
    field
}

/// A field without its quotes, if it has any.
pub(crate) fn unquoted(field: &[u8]) -> &[u8] {
    field
        .strip_prefix(b"\"")
        .and_then(|field| field.strip_suffix(b"\""))
        .unwrap_or(field)
}

/// The digits at the start of a text, and what stands behind them; `None` while nothing does.
pub(crate) fn digits(text: &[u8]) -> Option<(&[u8], u8)> {
    let length = text.iter().take_while(|b| b.is_ascii_digit()).count();
    Some((text.get(..length)?, *text.get(length)?))
}

/// A decimal number that is nothing but digits.
pub(crate) fn number(digits: &[u8]) -> Option<u32> {
    let (first, rest) = digits.split_first()?;
    rest.iter().try_fold(digit(*first)?, |number, &next| {
        // Without `checked_mul`, which a core without a long multiplication does not have.
        if number > u32::MAX / 10 {
            return None;
        }
        (number * 10).checked_add(digit(next)?)
    })
}

fn digit(byte: u8) -> Option<u32> {
    byte.is_ascii_digit().then(|| u32::from(byte - b'0'))
}

/// Whether a line is the command itself, without its end.
pub(crate) fn is_echo(line: &[u8], command: &[u8]) -> bool {
    command.starts_with(line) && command.len() == line.len() + b"\r\n".len()
}

/// Whether one of the two begins with the other.
pub(crate) fn agree(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}

/// How many lines a reply has, of which each must be a row.
pub(crate) fn rows(reply: &[u8], is_row: fn(&[u8]) -> bool) -> Result<usize, atat::Error> {
    let mut lines = reply
        .split(|&b| b == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    lines.try_fold(0, |count, line| match is_row(line) {
        true => Ok(count + 1),
        false => Err(atat::Error::Parse),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_quoted_commas_together() {
        let mut fields = Fields::new(b"0,15,\"a,b\",,80");
        assert_eq!(fields.number::<u8>(), Some(0));
        assert_eq!(fields.number::<u8>(), Some(15));
        assert_eq!(fields.quoted(), Some("a,b"));
        assert_eq!(fields.next(), Some(&b""[..]));
        assert_eq!(fields.number::<u16>(), Some(80));
        assert!(fields.is_empty());
        assert_eq!(fields.next(), None);
    }

    #[test]
    fn a_number_out_of_range_is_none() {
        assert_eq!(Fields::new(b"256").number::<u8>(), None);
        assert_eq!(number(b"4294967296"), None);
        assert_eq!(number(b"-1"), None);
        assert_eq!(number(b""), None);
    }
}
