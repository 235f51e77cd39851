//! How the firmware prints bytes that came from elsewhere.

use std::fmt::Write;

/// In quotes, in quotes with escapes, or as hexadecimal digits in brackets.
pub(super) fn printable(bytes: &[u8]) -> String {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~');
    if bytes.is_empty() {
        return "[]".to_owned();
    }
    if bytes.iter().all(plain) {
        // Quotes and backslashes inside are not escaped.
        return format!("\"{}\"", characters(bytes));
    }
    if bytes
        .iter()
        .all(|byte| plain(byte) || escape(*byte).is_some())
    {
        let text: String = bytes.iter().map(|byte| escaped(*byte)).collect();
        return format!("\"{text}\"");
    }
    let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02X}");
        digits
    });
    format!("[{digits}]")
}

fn characters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn escaped(byte: u8) -> String {
    match (byte, escape(byte)) {
        (_, Some(letter)) => format!("\\{letter}"),
        (b'"' | b'\\', None) => format!("\\{}", char::from(byte)),
        (_, None) => char::from(byte).to_string(),
    }
}

/// The letter behind a backslash that stands for a control character.
fn escape(byte: u8) -> Option<char> {
    match byte {
        0x00 => Some('0'),
        0x07 => Some('a'),
        0x08 => Some('b'),
        b'\t' => Some('t'),
        b'\n' => Some('n'),
        0x0b => Some('v'),
        0x0c => Some('f'),
        b'\r' => Some('r'),
        0x1b => Some('e'),
        _ => None,
    }
}

/// A MAC address as the module prints it.
pub(super) fn mac(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02X}")).join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_printed_in_three_ways() {
        for (bytes, text) in [
            (&b""[..], "[]"),
            (b"MyAP", r#""MyAP""#),
            (br#"{"delay":"PT5S"}"#, r#""{"delay":"PT5S"}""#),
            (b"a\\b", r#""a\b""#),
            (b"a\\b\"\r\n\0", r#""a\\b\"\r\n\0""#),
            (b"Foo\xc2\xa9Bar", "[466F6FC2A9426172]"),
            (b"a\x01", "[6101]"),
        ] {
            assert_eq!(printable(bytes), text);
        }
    }
}
