//! Binary data from the host, behind `#`.

use std::time::Duration;

/// So many `+` end data of unknown length, if silence follows.
pub(super) const ESCAPES: usize = 3;
/// The longest pause between two of them.
const BETWEEN: Duration = Duration::from_millis(250);
/// The silence behind them.
const SILENCE: Duration = Duration::from_millis(1000);
/// A pause must be longer than that.
const TICK: Duration = Duration::from_millis(1);

/// Data that is being collected.
#[derive(Debug)]
pub(in crate::microchip) struct Binary {
    pub(super) socket: i64,
    /// The name of the certificate that it is, if it does not go to a socket.
    pub(super) certificate: Option<Vec<u8>>,
    /// The length that was announced; 0 means that `+++` ends it.
    pub(super) length: usize,
    pub(super) data: Vec<u8>,
    /// More has come than was announced, or than there is room for: there is no way out.
    pub(super) stuck: bool,
    pub(super) escapes: usize,
    pub(super) last_escape: Duration,
}

impl Binary {
    pub fn new(socket: i64, length: usize) -> Self {
        Binary {
            socket,
            certificate: None,
            length,
            data: Vec::new(),
            stuck: false,
            escapes: 0,
            last_escape: Duration::ZERO,
        }
    }

    /// A certificate that is loaded.
    pub fn certificate(name: Vec<u8>, length: usize) -> Self {
        Binary {
            certificate: Some(name),
            ..Binary::new(0, length)
        }
    }

    pub fn is_certificate(&self) -> bool {
        self.certificate.is_some()
    }

    /// When a pause behind `+` means something.
    pub fn next(&self) -> Option<Duration> {
        let pause = match self.escapes {
            0 => return None,
            ESCAPES => SILENCE,
            _ => BETWEEN,
        };
        Some(self.last_escape + pause + TICK)
    }

    /// Whether `+++` and silence have ended a certificate before its length was there. If `+++` was taken for
    /// data at first, it is no more.
    pub(super) fn escape_certificate(&mut self, now: Duration, is_data: bool) -> bool {
        let over = self.next().is_some_and(|at| at <= now);
        let escaped = over && self.is_certificate() && self.escapes == ESCAPES;
        if escaped && is_data {
            self.data.truncate(self.data.len().saturating_sub(ESCAPES));
        }
        escaped
    }

    /// Takes the next byte, and returns what of it is data.
    pub(super) fn escape(&mut self, byte: u8, now: Duration) -> Option<u8> {
        if byte == b'+' && self.escapes < ESCAPES {
            self.escapes += 1;
            self.last_escape = now;
            return None;
        }
        // What looked like the beginning of an escape is lost.
        self.escapes = 0;
        Some(byte)
    }
}
