//! Binary data from the host, behind `#`.

use std::time::Duration;

use super::engine::Job;
use super::status::Status;
use super::{Microchip, World};

/// Room for data of known length. The firmware does not check it.
const BUFFER: usize = 1400;
/// Data of unknown length goes on in pieces of at most this size.
const PIECE: usize = 16;
/// So many `+` end data of unknown length, if silence follows.
const ESCAPES: usize = 3;
/// The longest pause between two of them.
const BETWEEN: Duration = Duration::from_millis(250);
/// The silence behind them.
const SILENCE: Duration = Duration::from_millis(1000);
/// A pause must be longer than that.
const TICK: Duration = Duration::from_millis(1);

/// Data that is being collected.
#[derive(Debug)]
pub(super) struct Binary {
    socket: i64,
    /// The name of the certificate that it is, if it does not go to a socket.
    certificate: Option<Vec<u8>>,
    /// The length that was announced; 0 means that `+++` ends it.
    length: usize,
    data: Vec<u8>,
    /// More has come than was announced, or than there is room for: there is no way out.
    stuck: bool,
    escapes: usize,
    last_escape: Duration,
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

    /// Whether `+++` and silence have ended a certificate before its length was there.
    fn escape_certificate(&mut self, now: Duration) -> bool {
        let over = self.next().is_some_and(|at| at <= now);
        let escaped = over && self.is_certificate() && self.escapes == ESCAPES;
        if escaped {
            self.data.truncate(self.data.len().saturating_sub(ESCAPES));
        }
        escaped
    }

    /// Takes the next byte, and returns what of it is data.
    fn escape(&mut self, byte: u8, now: Duration) -> Option<u8> {
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

impl Microchip {
    /// Takes what has come since the last look.
    pub(super) fn collect(&mut self, mut binary: Binary, world: &mut World) {
        let done = if binary.stuck {
            self.engine.waiting.clear();
            false
        } else if binary.length > 0 {
            self.collect_all(&mut binary, world)
        } else if self.variant.guarded_escape {
            self.collect_pieces(&mut binary, world)
        } else {
            self.collect_plainly(&mut binary, world)
        };
        let escaped = !done && binary.escape_certificate(world.now);
        let loaded = binary.certificate.take_if(|_| done || escaped);
        if let Some(name) = loaded {
            self.engine.announced = 0;
            self.engine.job = Job::Binary(Binary::new(0, 0));
            self.finish_loading(name, binary.data, escaped);
            return;
        }
        self.engine.job = Job::Binary(binary);
        if done {
            self.engine.announced = 0;
            let lead = self.variant.binary_lead;
            self.say_bytes(lead.as_bytes());
            self.finish(Status::OK);
        }
    }

    /// Data of known length is sent when it is complete.
    fn collect_all(&mut self, binary: &mut Binary, world: &mut World) -> bool {
        // At each look the firmware takes up to the whole length, however much it has already.
        let limit = if self.variant.guarded_escape {
            binary.length
        } else {
            binary.length - binary.data.len()
        };
        let count = limit.min(self.engine.waiting.len());
        binary.data.extend(self.engine.waiting.drain(..count));
        if count > 0 && binary.is_certificate() {
            let escaped = binary.data.ends_with(b"+++");
            binary.escapes = if escaped { ESCAPES } else { 0 };
            binary.last_escape = world.now;
        }
        let own_room = self.variant.longest_write.is_some() || binary.certificate.is_some();
        let room = own_room || binary.data.len() <= BUFFER;
        binary.stuck = binary.data.len() > binary.length || !room;
        let done = binary.data.len() == binary.length && room;
        if done && binary.certificate.is_none() {
            // What the stack has no room for is lost, and nobody says so.
            self.send(binary.socket, &binary.data, world);
        }
        done
    }

    /// Data of unknown length goes on as it comes. Only the last three bytes of what has come at
    /// once can be an escape, and what the firmware takes for the beginning of one may be lost.
    fn collect_pieces(&mut self, binary: &mut Binary, world: &mut World) -> bool {
        let plain = self.engine.waiting.len().saturating_sub(ESCAPES);
        let data: Vec<u8> = self.engine.waiting.drain(..plain).collect();
        for piece in data.chunks(PIECE) {
            self.send(binary.socket, piece, world);
        }
        while let Some(byte) = self.engine.waiting.pop_front() {
            if let Some(byte) = binary.escape(byte, world.now) {
                self.send(binary.socket, &[byte], world);
            }
        }
        if binary.next().is_none_or(|at| at > world.now) {
            return false;
        }
        if binary.escapes == ESCAPES {
            return true;
        }
        let pluses = vec![b'+'; binary.escapes];
        self.send(binary.socket, &pluses, world);
        binary.escapes = 0;
        false
    }

    /// Data of unknown length as the reference has it: up to `+++`.
    fn collect_plainly(&mut self, binary: &mut Binary, world: &mut World) -> bool {
        while let Some(byte) = self.engine.waiting.pop_front() {
            binary.data.push(byte);
            if binary.data.ends_with(b"+++") {
                let end = binary.data.len() - ESCAPES;
                self.send(binary.socket, &binary.data[..end], world);
                return true;
            }
        }
        false
    }
}
