//! The arguments of a command.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::st67::line::code::Code;

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
pub(in crate::st67) struct Arguments(Vec<Argument>);

impl Arguments {
    /// Of the words behind the name of a command, as they stand in the line but without escapes.
    pub fn new(words: &[Vec<u8>]) -> Self {
        Arguments(words.iter().map(|word| argument(word)).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Refuses any other number of arguments; what is needed is told as the least of them.
    pub fn expect(&self, count: RangeInclusive<usize>) -> Result<(), Code> {
        if count.contains(&self.len()) {
            return Ok(());
        }
        Err(Code::count(*count.start(), self.len()))
    }

    /// The number at `index` if it is there, whatever it is.
    pub fn any_number(&self, index: usize) -> Result<Option<i64>, Code> {
        self.number(index, i64::MIN..=i64::MAX)
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

/// A MAC address as the module prints it.
pub(in crate::st67) fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
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

fn argument(word: &[u8]) -> Argument {
    match word {
        [] => Argument::Omitted,
        [b'"', text @ .., b'"'] => Argument::Text(text.to_vec()),
        _ => number(word).map_or(Argument::Malformed, Argument::Number),
    }
}

/// A number that is too large for 32 bits counts as the largest.
fn number(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = std::str::from_utf8(digits)
        .ok()?
        .parse()
        .unwrap_or(i64::MAX);
    let signed = if digits.len() < text.len() {
        -number
    } else {
        number
    };
    Some(signed.clamp(i64::from(i32::MIN), i64::from(i32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Arguments {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        Arguments::new(&words)
    }

    #[test]
    fn numbers() {
        let arguments = arguments(&["-1", "", "0x10", "99999999999", "7", "-"]);
        assert_eq!(arguments.number(0, -1..=5), Ok(Some(-1)));
        assert_eq!(arguments.number(1, 0..=5), Ok(None));
        assert_eq!(arguments.number(2, 0..=5), Err(Code::parse(2)));
        assert_eq!(arguments.any_number(3), Ok(Some(0x7fff_ffff)));
        assert_eq!(arguments.number(4, 0..=5), Err(Code::INVALID));
        assert_eq!(arguments.any_number(5), Err(Code::parse(5)));
        assert_eq!(arguments.number(9, 0..=5), Ok(None));
    }

    #[test]
    fn texts() {
        let arguments = arguments(&["\"ab\"\"", "\"\"", "ab", "\"12345\""]);
        assert_eq!(arguments.need_text(0, 32), Ok(&b"ab\""[..]));
        assert_eq!(arguments.need_text(1, 32), Ok(&b""[..]));
        assert_eq!(arguments.need_text(2, 32), Err(Code::parse(2)));
        assert_eq!(arguments.need_text(3, 4), Err(Code::parse(3)));
    }
}
