//! The parameters of a command line.

use std::net::Ipv4Addr;

use super::status::Status;

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Integer(i64),
    /// What stood in quotes or, as hexadecimal digits, in brackets.
    Text(Vec<u8>),
}

/// What stands behind the `=` of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(Vec<Parameter>);

impl Parameters {
    pub fn parse(text: &[u8]) -> Result<Self, Status> {
        let mut parameters = Vec::new();
        let mut rest = Some(text).filter(|text| !text.is_empty());
        while let Some(text) = rest {
            let (parameter, behind) = parameter(text).ok_or(Status::PARAMETER_COUNT)?;
            parameters.push(parameter);
            rest = behind;
        }
        Ok(Parameters(parameters))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, index: usize) -> Result<&Parameter, Status> {
        self.0.get(index).ok_or(Status::PARAMETER_COUNT)
    }

    /// Refuses any other number of parameters.
    pub fn expect(&self, counts: &[usize]) -> Result<(), Status> {
        if counts.contains(&self.len()) {
            return Ok(());
        }
        Err(Status::PARAMETER_COUNT)
    }

    pub fn integer(&self, index: usize) -> Result<i64, Status> {
        match self.get(index)? {
            Parameter::Integer(integer) => Ok(*integer),
            Parameter::Text(_) => Err(Status::INVALID_PARAMETER),
        }
    }

    pub fn text(&self, index: usize) -> Result<&[u8], Status> {
        match self.get(index)? {
            Parameter::Text(text) => Ok(text),
            Parameter::Integer(_) => Err(Status::INVALID_PARAMETER),
        }
    }
}

/// A text that is an IPv4 address in dotted notation.
pub(super) fn address(text: &[u8]) -> Option<Ipv4Addr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A port. The firmware looks at the lower half of the number only.
pub(super) fn port(number: i64) -> u16 {
    u16::try_from(number & 0xffff).unwrap_or(0)
}

/// The first parameter, and what stands behind the comma that ends it.
fn parameter(text: &[u8]) -> Option<(Parameter, Option<&[u8]>)> {
    let text = text.trim_ascii_start();
    match text {
        [b'"', rest @ ..] => {
            let (bytes, rest) = quoted(rest)?;
            Some((Parameter::Text(bytes), behind(rest)?))
        }
        [b'[', rest @ ..] => {
            let (bytes, rest) = hexadecimal(rest)?;
            Some((Parameter::Text(bytes), behind(rest)?))
        }
        _ => {
            let end = text.iter().position(|byte| *byte == b',');
            let (digits, rest) = match end {
                Some(end) => (&text[..end], Some(&text[end + 1..])),
                None => (text, None),
            };
            Some((Parameter::Integer(integer(digits)?), rest))
        }
    }
}

/// Behind the closing quote or bracket only spaces may stand; what a comma announces must be there.
fn behind(text: &[u8]) -> Option<Option<&[u8]>> {
    match text.trim_ascii_start() {
        [] => Some(None),
        [b',', rest @ ..] => Some(Some(rest)),
        _ => None,
    }
}

/// Text up to a quote, or to the end of the line.
fn quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut unescaped = Vec::new();
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => return Some((unescaped, bytes.as_slice())),
            b'\\' => unescaped.push(escaped(*bytes.next()?)?),
            b' '..=b'~' => unescaped.push(byte),
            _ => return None,
        }
    }
    Some((unescaped, &[]))
}

/// What a backslash and this byte stand for.
fn escaped(byte: u8) -> Option<u8> {
    match byte {
        b'a' => Some(0x07),
        b'b' => Some(0x08),
        b't' => Some(b'\t'),
        b'n' => Some(b'\n'),
        b'v' => Some(0x0b),
        b'f' => Some(0x0c),
        b'r' => Some(b'\r'),
        b'e' => Some(0x1b),
        b'"' | b'\\' => Some(byte),
        _ => None,
    }
}

/// Pairs of digits up to a bracket, or to the end of the line. Any letter is a digit, but those
/// beyond `F` count nothing.
fn hexadecimal(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let end = text.iter().position(|byte| *byte == b']');
    let (digits, rest) = match end {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &[][..]),
    };
    if digits.len() % 2 != 0 || !digits.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let bytes = digits.chunks(2).map(|pair| {
        let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0);
        u8::try_from(pair.iter().fold(0, |byte, digit| byte << 4 | value(*digit))).unwrap_or(0)
    });
    Some((bytes.collect(), rest))
}

/// Decimal, `0x` hexadecimal or, with a leading zero, octal; of 32 bits.
fn integer(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let magnitude = if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        in_radix(hex, 16).filter(|_| !hex.is_empty())?
    } else if digits.bytes().all(|digit| digit.is_ascii_digit()) && !text.is_empty() {
        let octal = digits.len() > 1 && digits.starts_with('0');
        // Behind a leading zero, the number ends with the first digit that is not octal.
        let end = digits.find(['8', '9']).filter(|_| octal);
        in_radix(
            &digits[..end.unwrap_or(digits.len())],
            if octal { 8 } else { 10 },
        )?
    } else {
        return None;
    };
    Some(if negative {
        (-magnitude).max(i64::from(i32::MIN))
    } else {
        // An unsigned number too large for the sign wraps around.
        i64::from(u32::try_from(magnitude).unwrap_or(u32::MAX).cast_signed())
    })
}

fn in_radix(digits: &str, radix: u32) -> Option<i64> {
    digits.chars().try_fold(0_i64, |number, digit| {
        let digit = i64::from(digit.to_digit(radix)?);
        Some(
            number
                .saturating_mul(i64::from(radix))
                .saturating_add(digit),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Option<Vec<Vec<u8>>> {
        let parameters = Parameters::parse(line.as_bytes()).ok()?;
        let texts = (0..parameters.len()).map(|index| parameters.text(index));
        texts.map(|text| Some(text.ok()?.to_vec())).collect()
    }

    fn integers(line: &str) -> Option<Vec<i64>> {
        let parameters = Parameters::parse(line.as_bytes()).ok()?;
        let integers = (0..parameters.len()).map(|index| parameters.integer(index));
        integers.map(Result::ok).collect()
    }

    #[test]
    fn texts_in_quotes() {
        assert_eq!(texts(r#""MyAP""#), Some(vec![b"MyAP".to_vec()]));
        assert_eq!(
            texts(r#" "a\"b\\c" , "\a\b\t\n\v\f\r\e""#),
            Some(vec![
                br#"a"b\c"#.to_vec(),
                b"\x07\x08\t\n\x0b\x0c\r\x1b".to_vec()
            ])
        );
        assert_eq!(texts(r#""open"#), Some(vec![b"open".to_vec()]));
        assert_eq!(texts(r#""a,b","""#), Some(vec![b"a,b".to_vec(), vec![]]));
        for bad in [
            r#""\0""#,
            r#""\x41""#,
            r#""a"b"#,
            r#""a","#,
            "\"a\x7f\"",
            r#""a\"#,
        ] {
            assert_eq!(texts(bad), None, "{bad}");
        }
    }

    #[test]
    fn texts_in_hexadecimal() {
        assert_eq!(texts("[68656c6C6f3275]"), Some(vec![b"hello2u".to_vec()]));
        assert_eq!(texts("[4g]"), Some(vec![vec![0x40]]));
        assert_eq!(texts("[] "), Some(vec![vec![]]));
        assert_eq!(texts("[4]"), None);
        assert_eq!(texts("[4 1]"), None);
    }

    #[test]
    fn numbers() {
        assert_eq!(
            integers("1, 2,0x10,010,-5,089,0"),
            Some(vec![1, 2, 16, 8, -5, 0, 0])
        );
        assert_eq!(integers("4294967295,99999999999"), Some(vec![-1, -1]));
        for bad in ["1 ", ",", "1,", "x", "1x", "0x", "0xg", "--1", " "] {
            assert_eq!(integers(bad), None, "{bad:?}");
        }
    }
}
