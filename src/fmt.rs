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

/// What of a line may be logged: everything before its arguments.
pub(crate) fn name(line: &[u8]) -> &str {
    let end = line
        .iter()
        .position(|b| matches!(b, b'=' | b':' | b',' | b'\r'))
        .unwrap_or(line.len());
    core::str::from_utf8(line.get(..end).unwrap_or(&[])).unwrap_or("?")
}
