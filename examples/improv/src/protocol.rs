//! What goes through the characteristics: commands and results, by the specification at
//! <https://www.improv-wifi.com/ble>, revision 2.2.

use atwifi::heapless::Vec;
use atwifi::{Printed, PrintedSecret};

/// How the set-up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Ready to be told a network.
    Authorized = 2,
    /// It is being joined.
    Provisioning = 3,
    /// It is joined.
    Provisioned = 4,
}

/// What was wrong with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None = 0,
    /// It makes no sense.
    Invalid = 1,
    /// There is no such command.
    Unknown = 2,
    /// The network could not be joined.
    NotJoined = 3,
}

/// The network that a client has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its SSID.
    pub ssid: Printed<32>,
    /// Its password; empty for an open network.
    pub password: PrintedSecret<64>,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// To join a network.
    Join(Network),
    /// To show which device it is.
    Identify,
    /// To tell what it is.
    Info,
    /// To tell which networks are around.
    Scan,
}

pub(crate) const JOIN: u8 = 1;
const IDENTIFY: u8 = 2;
pub(crate) const INFO: u8 = 3;
pub(crate) const SCAN: u8 = 4;

/// The longest command: its number, a length, so much data, the checksum.
const COMMAND: usize = 2 + 255 + 1;
/// The longest result: firmware can have so much read.
const RESULT: usize = 240;

fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

impl Command {
    /// Takes a whole command apart, without its checksum.
    fn parse(command: &[u8]) -> Result<Command, Fault> {
        let (number, data) = match command {
            [number, length, data @ ..] if usize::from(*length) == data.len() => (*number, data),
            _ => return Err(Fault::Invalid),
        };
        match (number, data) {
            (JOIN, data) => network(data).map(Command::Join).ok_or(Fault::Invalid),
            (IDENTIFY, []) => Ok(Command::Identify),
            (INFO, []) => Ok(Command::Info),
            (SCAN, []) => Ok(Command::Scan),
            (IDENTIFY | INFO | SCAN, _) => Err(Fault::Invalid),
            _ => Err(Fault::Unknown),
        }
    }
}

/// An SSID and a password, each behind its length.
fn network(data: &[u8]) -> Option<Network> {
    let (ssid, rest) = text(data)?;
    let (password, rest) = text(rest)?;
    if ssid.is_empty() || !rest.is_empty() {
        return None;
    }
    Some(Network {
        ssid: Printed::new(ssid)?,
        password: PrintedSecret::new(password)?,
    })
}

fn text(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = data.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

/// Puts a command together from what a client writes, which may be pieces of 20 bytes.
///
/// ```
/// use atwifi_improv::protocol::{Assembler, Command, Fault};
///
/// let mut assembler = Assembler::new();
/// let join = b"\x01\x0f\x04home\x09password1\x6a";
/// assert_eq!(assembler.take(&join[..10]), None);
/// let Some(Ok(Command::Join(network))) = assembler.take(&join[10..]) else {
///     panic!("not a command");
/// };
/// assert_eq!(network.ssid.as_str(), Some("home"));
/// assert_eq!(network.password.reveal(), b"password1");
/// assert_eq!(assembler.take(b"\x02\x00\x02"), Some(Ok(Command::Identify)));
/// assert_eq!(assembler.take(b"\x02\x00\x03"), Some(Err(Fault::Invalid)));
/// assert_eq!(assembler.take(b"\x09\x00\x09"), Some(Err(Fault::Unknown)));
/// ```
pub struct Assembler {
    bytes: [u8; COMMAND],
    filled: usize,
}

impl Assembler {
    /// Nothing was written yet.
    #[must_use]
    pub const fn new() -> Self {
        Assembler {
            bytes: [0; COMMAND],
            filled: 0,
        }
    }

    /// Takes a piece; the command, once it is whole, and only then.
    pub fn take(&mut self, piece: &[u8]) -> Option<Result<Command, Fault>> {
        let Some(place) = self.bytes.get_mut(self.filled..self.filled + piece.len()) else {
            self.clear();
            return Some(Err(Fault::Invalid));
        };
        place.copy_from_slice(piece);
        self.filled += piece.len();
        let written = self.bytes.get(..self.filled).unwrap_or(&[]);
        let length = 3 + usize::from(*written.get(1)?);
        if written.len() < length {
            return None;
        }
        let command = match written.split_last() {
            Some((sum, command)) if written.len() == length && *sum == checksum(command) => {
                Command::parse(command)
            }
            _ => Err(Fault::Invalid),
        };
        self.clear();
        Some(command)
    }

    /// What was written is over: the client has gone.
    pub fn clear(&mut self) {
        // There may be a password in it.
        self.bytes.fill(0);
        self.filled = 0;
    }
}

impl Default for Assembler {
    fn default() -> Self {
        Self::new()
    }
}

/// The result of a command: a list of texts.
///
/// ```
/// use atwifi_improv::protocol::Answer;
///
/// let mut answer = Answer::to(1);
/// assert!(answer.push(&[b"http://", b"10.0.0.7"]));
/// assert_eq!(answer.finish(), b"\x01\x10\x0fhttp://10.0.0.7\xfa");
/// ```
pub struct Answer(Vec<u8, RESULT>);

impl Answer {
    /// To the command with this number, with nothing in it.
    #[must_use]
    pub fn to(command: u8) -> Self {
        let mut answer = Answer(Vec::new());
        answer.append(&[command, 0]);
        answer
    }

    /// Appends a text, which is given in parts; whether there was room for it.
    pub fn push(&mut self, parts: &[&[u8]]) -> bool {
        let text: usize = parts.iter().map(|part| part.len()).sum();
        // The checksum comes behind it.
        if self.length() + 1 + text + 1 > RESULT {
            return false;
        }
        self.append(&[text as u8]);
        parts.iter().for_each(|part| self.append(part));
        true
    }

    fn append(&mut self, bytes: &[u8]) {
        // Who appends has seen to it that there is room.
        let _ = self.0.extend_from_slice(bytes);
    }

    /// How much there is of it, to go back to with [`cut`](Self::cut).
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.len()
    }

    /// Goes back to when there was so much of it.
    pub fn cut(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// What goes through the characteristic.
    pub fn finish(&mut self) -> &[u8] {
        self.0[1] = (self.length() - 2) as u8;
        let sum = checksum(&self.0);
        self.append(&[sum]);
        &self.0
    }
}
