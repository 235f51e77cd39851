//! Payload for a module that loses a certain byte where another one follows it too soon.

use super::Engine;
use super::exchange::{Task, Upload};
use super::protocol::Protocol;
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

/// Written at once at most.
const PIECE: usize = 64;

/// Payload that is made as it goes out.
pub(crate) struct Trickle<'t> {
    pub(crate) bytes: &'t mut dyn Iterator<Item = u8>,
    /// How many there are.
    pub(crate) length: usize,
    /// Behind this one the line is silent.
    pub(crate) delicate: u8,
    /// For so many milliseconds.
    pub(crate) pause: u32,
}

impl<P: Protocol, T: Transport, C: Clock> Engine<'_, P, T, C> {
    /// Sends the composed command and, at the prompt, its payload; the module may take so long for each
    /// of what is before the payload and behind it.
    pub(crate) fn trickle(&mut self, payload: Trickle<'_>, timeout: u32) -> Result<(), Fault> {
        let Trickle {
            bytes,
            length,
            delicate,
            pause,
        } = payload;
        let mut is_sent = false;
        self.way_out = Some(Self::leave_trickle);
        self.attempt(timeout, |engine| {
            engine.owed = length;
            engine.prompt_awaited = true;
            engine.send_command()?;
            engine.await_prompt()?;
            engine.prompt_awaited = false;
            // It is made once, and not sent again.
            engine.busy = false;
            if core::mem::replace(&mut is_sent, true) {
                return Err(Fault::Malformed);
            }
            trace!("> payload: {} bytes", length);
            engine.send_pieces(bytes, delicate, pause, timeout)?;
            engine.link.within(timeout);
            let mut task = Task::Upload(Upload {
                payload: &[],
                is_receipt_exact: false,
            });
            engine.converse(&mut task, true)
        })
        .map(drop)
    }

    /// Leaves a payload of which the module has got more than it was to, or nobody knows how much. Byte by
    /// byte: to one that waits for another payload it must not be more than that.
    fn leave_trickle(&mut self) {
        let Some(escape) = P::ESCAPE else {
            return;
        };
        // What fails here fails what comes behind it, too.
        let _ = self
            .write_paced(escape.sequence)
            .and_then(|()| self.send_nothing(escape.rest));
    }

    fn send_pieces(
        &mut self,
        bytes: &mut dyn Iterator<Item = u8>,
        delicate: u8,
        pause: u32,
        timeout: u32,
    ) -> Result<(), Fault> {
        let mut piece = [0; PIECE];
        let mut length = 0;
        loop {
            let byte = bytes.next();
            if let Some((place, byte)) = piece.get_mut(length).zip(byte) {
                *place = byte;
                length += 1;
            }
            if byte.is_none() || byte == Some(delicate) || length == PIECE {
                self.link.within(timeout);
                self.link.write(piece.get(..length).unwrap_or(&[]))?;
                length = 0;
            }
            match byte {
                None => return Ok(()),
                Some(byte) if byte == delicate => self.send_nothing(pause)?,
                Some(_) => {}
            }
        }
    }
}
