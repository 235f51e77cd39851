//! Collecting binary data.

use std::time::Duration;

use super::Job;
use super::binary::{Binary, ESCAPES};
use crate::microchip::status::Status;
use crate::microchip::{Microchip, World};

/// Room for data of known length. The firmware does not check it.
const BUFFER: usize = 1400;
/// Data of unknown length goes on in pieces of at most this size.
const PIECE: usize = 16;

impl Microchip {
    /// Takes what has come since the last look.
    pub(in crate::microchip) fn collect(&mut self, mut binary: Binary, world: &mut World) {
        let done = if binary.stuck {
            self.engine.waiting.clear();
            false
        } else if binary.is_certificate() && self.variant.guarded_escape {
            self.collect_certificate(&mut binary, world.now)
        } else if binary.length > 0 {
            self.collect_all(&mut binary, world)
        } else if self.variant.guarded_escape {
            self.collect_pieces(&mut binary, world)
        } else {
            self.collect_plainly(&mut binary, world)
        };
        let is_data = !self.variant.guarded_escape;
        let escaped = !done && binary.escape_certificate(world.now, is_data);
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

    /// A certificate is taken as data of unknown length is, up to its length: so a `+` among its bytes may
    /// be lost (wire notes 2).
    fn collect_certificate(&mut self, binary: &mut Binary, now: Duration) -> bool {
        let plain = self.engine.waiting.len().saturating_sub(ESCAPES);
        binary.data.extend(self.engine.waiting.drain(..plain));
        while let Some(byte) = self.engine.waiting.pop_front() {
            let byte = binary.escape(byte, now);
            binary.data.extend(byte);
        }
        let is_over = binary.next().is_some_and(|at| at <= now);
        if is_over && binary.escapes < ESCAPES {
            binary.data.extend(vec![b'+'; binary.escapes]);
            binary.escapes = 0;
        }
        // Where more comes than was announced, the length is never there, and only `+++` leads out.
        binary.data.len() == binary.length
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
