//! Logging through `defmt`, `log`, both or neither: the only copy of the shim.
//!
//! - `info` tells the story: joining, resolving, connections that open and end, restarts.
//! - `debug` tells each exchange: the command, and what came of it.
//! - `trace` tells each line of the module, and how much payload goes which way.
//!
//! Only what carries no secret is logged: of a command or a reply the name and the numbers, never a
//! text; of payload its length.

use core::fmt;

macro_rules! log_with {
    ($level:ident, $($arg:tt)*) => {{
        #[cfg(feature = "defmt")]
        ::defmt::$level!($($arg)*);
        #[cfg(feature = "log")]
        ::log::$level!($($arg)*);
        // Never called, only compiled: without a logger nothing is left of it.
        #[cfg(not(any(feature = "defmt", feature = "log")))]
        let _ = || {
            let _ = ::core::format_args!($($arg)*);
        };
    }};
}

macro_rules! debug { ($($arg:tt)*) => { log_with!(debug, $($arg)*) }; }
macro_rules! info { ($($arg:tt)*) => { log_with!(info, $($arg)*) }; }
macro_rules! trace { ($($arg:tt)*) => { log_with!(trace, $($arg)*) }; }
macro_rules! warn_ { ($($arg:tt)*) => { log_with!(warn, $($arg)*) }; }

/// A value that is logged as its `Display` says, by both.
pub(crate) struct Shown<'a, T>(pub(crate) &'a T);

impl<T: fmt::Display> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "defmt")]
impl<T: fmt::Display> defmt::Format for Shown<'_, T> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self.0));
    }
}

/// What of a line may be logged: its name and the numbers behind it, up to the first argument that
/// is text, if it begins like a command or an answer; or all of a line that is a word of the module's.
/// Anything else may be a text, or what is left of one; and a passkey is a secret, though it is a number.
pub(crate) fn visible(line: &[u8]) -> &str {
    const WORDS: [&[u8]; 7] = [
        b"OK",
        b"SEND OK",
        b"SEND FAIL",
        b"SEND CANCELLED",
        b"FAIL",
        b"busy p...",
        b"ready",
    ];
    let is_name = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"+- ".contains(b);
    let is_number = |b: &u8| b.is_ascii_digit() || b"=?:,-".contains(b);
    let is_known = match line {
        [b'+', letter, ..] => letter.is_ascii_uppercase(),
        [b'A', b'T', ..] => true,
        _ => line.starts_with(b"ERR"),
    };
    if !is_known && !WORDS.contains(&line) {
        return "?";
    }
    let length = match is_known {
        true => {
            let name = line.iter().take_while(|b| is_name(b)).count();
            let numbers = line.iter().skip(name).take_while(|b| is_number(b)).count();
            let is_secret = line.windows(KEY.len()).any(|part| part == KEY);
            name + if is_secret { 0 } else { numbers }
        }
        false => line.len(),
    };
    core::str::from_utf8(line.get(..length).unwrap_or(&[])).unwrap_or("?")
}

/// What of a line that the module has said may be logged. It may be what is left of a private key that was
/// read back, of whose letters a line may look like a name: so a name counts with what no key has behind it.
pub(crate) fn heard(line: &[u8]) -> &str {
    const BARE: [&[u8]; 8] = [
        b"ERROR",
        b"+QUITT",
        b"+WSTALD",
        b"+WSCNDONE",
        b"+WPROVEXIT",
        b"+MQTTPUBACC",
        b"+MQTTPUBCOMP",
        b"+MQTTPUBERR",
    ];
    let is_name = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"+- ".contains(b);
    let name = line.iter().take_while(|b| is_name(b)).count();
    let is_told = match line.get(name..) {
        Some([b':' | b',', ..]) => true,
        Some([b'=', value, ..]) => value.is_ascii_alphanumeric() || *value == b'"',
        // A word.
        _ => BARE.contains(&line) || !matches!(line, [b'+' | b'A' | b'E', ..]),
    };
    if is_told { visible(line) } else { "?" }
}

/// Is in the name of what carries a secret that is a number.
const KEY: &[u8] = b"PASSKEY";

#[cfg(test)]
mod tests {
    use super::{heard, visible};

    #[test]
    fn lines_of_a_key_are_not_visible() {
        let rows = [
            ("+MIIEVQIBADANBGKQ", "?"),
            ("+KEY=", "?"),
            ("+KEY==", "?"),
            ("ATKEY", "?"),
            ("AT+KEY", "?"),
            ("ERRKEY", "?"),
            ("OKKEY", "?"),
            ("+WSTALD", "+WSTALD"),
            ("+GMM=\"PIC32MZW1\"", "+GMM="),
            ("ERR CODE:0x01120000", "ERR CODE:0"),
            ("ERROR:10,\"no\"", "ERROR:10,"),
            ("ERROR", "ERROR"),
            ("OK", "OK"),
        ];
        for (line, shown) in rows {
            assert_eq!(heard(line.as_bytes()), shown);
        }
    }

    #[test]
    fn text_arguments_are_not_visible() {
        let rows = [
            ("AT+CIPSEND=0,100\r\n", "AT+CIPSEND=0,100"),
            ("AT+CWJAP=\"home\",\"12345678\"\r\n", "AT+CWJAP="),
            ("AT+WSTAC=4,[31323334]\r\n", "AT+WSTAC=4,"),
            (
                "AT+CIPSTART=1,\"TCP\",\"10.0.0.7\",80\r\n",
                "AT+CIPSTART=1,",
            ),
            ("+IPD:0,1460", "+IPD:0,1460"),
            ("ERROR:10,\"no\"", "ERROR:10,"),
            ("SEND OK", "SEND OK"),
            ("12345678\"", "?"),
            ("+49 171 5550123", "?"),
            ("OK, so this is a text", "?"),
            ("AT+BLESECPASSKEY=0,731946\r\n", "AT+BLESECPASSKEY"),
            ("+BLESECPASSKEY:0,731946", "+BLESECPASSKEY"),
            ("+BLE:PASSKEYDISPLAY:731946", "+BLE"),
            ("busy p...", "busy p..."),
        ];
        for (line, shown) in rows {
            assert_eq!(visible(line.as_bytes()), shown);
        }
    }
}
