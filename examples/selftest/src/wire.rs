//! What the module and its peer say to each other. A connection begins with a line that says what the peer
//! is to do; a datagram comes back as it is.

use core::fmt::{self, Write};

use sha2::{Digest, Sha256};

/// The port of the peer, unless another is named: TCP and UDP.
pub const PORT: u16 = 6711;
/// Everything that follows comes back.
pub const ECHO: &str = "echo";
/// So many bytes follow; their SHA-256 comes back, in hexadecimal digits and with a line end.
pub const COUNT: &str = "count";
/// So many bytes of the [`pattern`](fill) are sent.
pub const SOURCE: &str = "source";
/// [`BYE`] is sent, and the connection closed.
pub const CLOSE: &str = "close";
/// The peer connects to this port of whoever asks, sends [`CALL_BYTES`] of the pattern, and wants them back.
/// [`CALLED`] comes when it has them.
pub const CALL: &str = "call";

/// What is said before the peer closes.
pub const BYE: &[u8] = b"bye\r\n";
/// What is said when everything has come back.
pub const CALLED: &[u8] = b"all came back\r\n";
/// How much the peer wants back.
pub const CALL_BYTES: usize = 1000;
/// The length of a hash as it is sent, without its line end.
pub const HASH: usize = 64;

/// What a module says, which must not be taken for that inside of payload.
const WORDS: &[u8] = b"\r\nOK\r\n+CIP:0,DISCONNECTED\r\n>+SOCKCL:1\r\nERROR\r\nready\r\n#+++";
/// From one time that they come to the next.
const PERIOD: u32 = 997;

/// Fills a piece of what is transferred, from this byte of it on: all values, without a pattern that a loss
/// could leave as it is, and among them words that modules say.
pub fn fill(from: u32, piece: &mut [u8]) {
    for (at, byte) in (from..).zip(piece) {
        let word = WORDS.get((at % PERIOD) as usize);
        *byte = match word {
            Some(byte) => *byte,
            None => (at.wrapping_mul(0x9e37_79b1) >> 23) as u8,
        };
    }
}

/// The SHA-256 of what is transferred, written in hexadecimal digits.
#[derive(Clone, Default)]
pub struct Hash(Sha256);

impl Hash {
    /// Takes the next piece.
    pub fn take(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// As it is sent, without its line end.
    #[must_use]
    pub fn digits(self) -> [u8; HASH] {
        let mut digits = [0; HASH];
        let nibbles = self.0.finalize();
        let nibbles = nibbles.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        for (place, nibble) in digits.iter_mut().zip(nibbles) {
            *place = b"0123456789abcdef"[usize::from(nibble)];
        }
        digits
    }
}

/// A line to the peer.
#[derive(Default)]
pub struct Line {
    bytes: [u8; 24],
    length: usize,
}

impl Line {
    /// What the peer is to do, with a number behind it.
    #[must_use]
    pub fn new(what: &str, number: u32) -> Line {
        let mut line = Line::default();
        // The longest of the words and of the numbers have room together.
        let _ = write!(line, "{what} {number}\r\n");
        line
    }

    /// What is sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let place = self.bytes.get_mut(self.length..end);
        place.ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
