//! Logging through `defmt`, `log`, both or neither: the only copy of the shim.
//!
//! Only what carries no secret is logged: the name of a command, never its arguments; the name
//! of a reply, never its values.

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

/// What of a line may be logged: everything before its arguments, if it begins like a command or
/// an answer. The tail of a line of which the beginning was lost may be an argument.
pub(crate) fn name(line: &[u8]) -> &str {
    let end = line
        .iter()
        .position(|b| !(b.is_ascii_uppercase() || b.is_ascii_digit() || b"+- ".contains(b)))
        .unwrap_or(line.len());
    let is_known = [&b"AT"[..], b"+", b"OK", b"ERR", b"SEND"];
    match line.get(..end) {
        Some(name) if is_known.iter().any(|known| line.starts_with(known)) => {
            core::str::from_utf8(name).unwrap_or("?")
        }
        _ => "?",
    }
}
