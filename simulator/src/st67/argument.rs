//! The arguments of a command line.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::code::Code;

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Argument {
    Omitted,
    Number(i64),
    Text(Vec<u8>),
    Malformed,
}

/// The arguments behind the `=` of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments(Vec<Argument>);

impl Arguments {
    /// Most arguments of a command.
    pub const MOST: usize = 16;

    pub fn parse(text: &[u8]) -> Self {
        if text.is_empty() {
            return Arguments::default();
        }
        Arguments(split(text).into_iter().map(argument).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Refuses any other number of arguments.
    pub fn expect(&self, count: RangeInclusive<usize>) -> Result<(), Code> {
        if count.contains(&self.len()) {
            return Ok(());
        }
        let need = if self.len() < *count.start() {
            *count.start()
        } else {
            *count.end()
        };
        Err(Code::count(need, self.len()))
    }

    /// The number at `index` if it is there.
    pub fn number(&self, index: usize, range: RangeInclusive<i64>) -> Result<Option<i64>, Code> {
        match self.0.get(index) {
            None | Some(Argument::Omitted) => Ok(None),
            Some(Argument::Number(number)) if range.contains(number) => Ok(Some(*number)),
            Some(Argument::Number(_)) => Err(Code::INVALID),
            Some(_) => Err(Code::parse(index)),
        }
    }

    /// The number at `index`, which must be there.
    pub fn need_number(&self, index: usize, range: RangeInclusive<i64>) -> Result<i64, Code> {
        self.number(index, range)?.ok_or(Code::parse(index))
    }

    /// The 0 or 1 at `index`, which must be there.
    pub fn need_switch(&self, index: usize) -> Result<bool, Code> {
        Ok(self.need_number(index, 0..=1)? == 1)
    }

    /// The text at `index` if it is there.
    pub fn text(&self, index: usize, longest: usize) -> Result<Option<&[u8]>, Code> {
        match self.0.get(index) {
            None | Some(Argument::Omitted) => Ok(None),
            Some(Argument::Text(text)) if text.len() <= longest => Ok(Some(text)),
            Some(_) => Err(Code::parse(index)),
        }
    }

    /// The MAC address at `index` if it is there.
    pub fn mac(&self, index: usize) -> Result<Option<[u8; 6]>, Code> {
        let text = self.text(index, 17)?;
        text.map(|text| parse_mac(text).ok_or(Code::ADDRESS))
            .transpose()
    }

    /// The MAC address of a station at `index`, which must be there.
    pub fn need_own_mac(&self, index: usize) -> Result<[u8; 6], Code> {
        let mac = self.mac(index)?.ok_or(Code::parse(index))?;
        if mac[0] & 1 != 0 || mac == [0; 6] {
            return Err(Code::INVALID);
        }
        Ok(mac)
    }

    /// The IPv4 address at `index` if it is there.
    pub fn ipv4(&self, index: usize) -> Result<Option<Ipv4Addr>, Code> {
        let text = self.text(index, 15)?;
        text.map(|text| parse(text).filter(|ip: &Ipv4Addr| !ip.is_unspecified()))
            .map(|ip| ip.ok_or(Code::ADDRESS))
            .transpose()
    }

    /// The text at `index`, which must be there.
    pub fn need_text(&self, index: usize, longest: usize) -> Result<&[u8], Code> {
        self.text(index, longest)?.ok_or(Code::parse(index))
    }
}

fn parse<T: FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Six times two hexadecimal digits, with colons between.
fn parse_mac(text: &[u8]) -> Option<[u8; 6]> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = |byte: &str| byte.len() == 2 && !byte.starts_with('+');
    let bytes: Option<Vec<u8>> = text
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16).ok().filter(|_| digits(byte)))
        .collect();
    bytes?.try_into().ok()
}

/// Cuts at each comma that has no backslash in front, quoted or not.
fn split(text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (index, &byte) in text.iter().enumerate() {
        if byte == b',' && !escaped {
            parts.push(&text[start..index]);
            start = index + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    parts.push(&text[start..]);
    parts
}

fn argument(text: &[u8]) -> Argument {
    match text {
        [] => Argument::Omitted,
        [b'"', rest @ ..] => quoted(rest).map_or(Argument::Malformed, Argument::Text),
        _ => number(text).map_or(Argument::Malformed, Argument::Number),
    }
}

/// Text up to a quote that must be the last byte; a backslash makes any byte after it literal.
fn quoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut unescaped = Vec::new();
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => return bytes.as_slice().is_empty().then_some(unescaped),
            b'\\' => unescaped.push(*bytes.next()?),
            _ => unescaped.push(byte),
        }
    }
    None
}

fn number(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: i32 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(i64::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes() {
        let arguments = Arguments::parse(br#""ab\\\,c","0123456789\"\\""#);
        assert_eq!(arguments.need_text(0, 32), Ok(&br"ab\,c"[..]));
        assert_eq!(arguments.need_text(1, 64), Ok(&br#"0123456789"\"#[..]));
    }

    #[test]
    fn a_comma_in_quotes_ends_the_argument() {
        let arguments = Arguments::parse(br#""Test_SSID","pw123,56",,0"#);
        assert_eq!(arguments.len(), 5);
        assert_eq!(arguments.need_text(0, 32), Ok(&b"Test_SSID"[..]));
        assert_eq!(arguments.need_text(1, 64), Err(Code::parse(1)));
    }

    #[test]
    fn numbers() {
        let arguments = Arguments::parse(b"-1,,0x10,99999999999,7");
        assert_eq!(arguments.number(0, -1..=5), Ok(Some(-1)));
        assert_eq!(arguments.number(1, 0..=5), Ok(None));
        assert_eq!(arguments.number(2, 0..=5), Err(Code::parse(2)));
        assert_eq!(arguments.number(3, 0..=5), Err(Code::parse(3)));
        assert_eq!(arguments.number(4, 0..=5), Err(Code::INVALID));
        assert_eq!(arguments.number(9, 0..=5), Ok(None));
    }

    #[test]
    fn behind_the_closing_quote_nothing_may_follow() {
        assert_eq!(argument(br#""a"b"#), Argument::Malformed);
        assert_eq!(argument(br#""a"#), Argument::Malformed);
        assert_eq!(argument(br#""a\""#), Argument::Malformed);
        assert_eq!(argument(br#""=?""#), Argument::Text(b"=?".to_vec()));
    }
}
