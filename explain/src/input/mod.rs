//! Reading: whatever the log is, it becomes entries.

mod analyser;
mod lines;

use crate::entry::Log;

/// Reads a log of any kind that is known; what cannot be read is a remark, never an error.
#[must_use]
pub fn read(text: &[u8]) -> Log {
    match analyser::read(text) {
        Some(log) => log,
        None => lines::read(&String::from_utf8_lossy(text)),
    }
}
