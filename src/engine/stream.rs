//! A line that carries somebody's stream of bytes instead of commands, until an escape sequence
//! ends it.

use super::protocol::Protocol;
use super::{Engine, Lead};
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

impl<P: Protocol, T: Transport, C: Clock> Engine<'_, P, T, C> {
    /// Sends the composed command, at whose prompt the stream begins.
    ///
    /// From here on the link counts as out of step: who wants to send a command gets back into
    /// step first, and that ends the stream.
    pub(crate) fn enter_stream(&mut self, timeout: u32) -> Result<(), Fault> {
        let entered = self.attempt(timeout, |engine| {
            engine.prompt_awaited = true;
            engine.send_command()?;
            engine.await_prompt().map(|()| 0)
        });
        if !matches!(entered, Err(Fault::Refused | Fault::ModuleReset)) {
            self.in_stream = true;
            self.out_of_step = true;
            if entered.is_err() {
                // What comes until it is left is dropped, and may have been events.
                self.session.lose();
            }
        }
        entered.map(drop)
    }

    /// Whether bytes of the stream wait.
    pub(crate) fn is_stream_ready(&mut self) -> Result<bool, Fault> {
        let is_pending = !self.input.pending().is_empty();
        Ok(is_pending || self.link.is_ready()?)
    }

    /// Reads at least one byte of the stream.
    pub(crate) fn read_stream(&mut self, into: &mut [u8], timeout: u32) -> Result<usize, Fault> {
        match self.input.take(into) {
            0 if !into.is_empty() => {
                self.link.within(timeout);
                self.link.read(into)
            }
            n => Ok(n),
        }
    }

    /// Sends bytes of the stream.
    pub(crate) fn write_stream(&mut self, bytes: &[u8], timeout: u32) -> Result<(), Fault> {
        self.link.within(timeout);
        self.link.write(bytes)
    }

    /// Sends nothing for a while. What comes meanwhile is kept as far as there is room; the rest waits
    /// in the transport.
    pub(crate) fn send_nothing(&mut self, milliseconds: u32) -> Result<(), Fault> {
        // Also where the call is over: who must be slow cannot be fast.
        let end = self.link.after(milliseconds);
        self.link.resume(end);
        loop {
            let paused = match self.input.is_full() {
                true => self.link.read(&mut []).map(drop),
                false => self.fill_now(usize::MAX),
            };
            match paused {
                Ok(()) => {}
                Err(Fault::Timeout) => return Ok(()),
                other => return other,
            }
        }
    }

    /// Whether the bytes of the stream that are here begin like this.
    pub(crate) fn stream_begins_with(&self, text: &[u8]) -> bool {
        self.input.pending().starts_with(text)
    }

    /// Ends the stream, if there is one. What still comes of it is dropped.
    pub(super) fn leave_stream(&mut self) -> Result<(), Fault> {
        match self.in_stream {
            true => self.escape(usize::MAX),
            false => Ok(()),
        }
    }

    /// Ends a stream that nobody has begun: of a command that lost its end on the way, the module
    /// may have made one that begins a stream, or one that makes it answer otherwise.
    pub(super) fn leave_unknown_stream(&mut self) -> Result<(), Fault> {
        let Some(escape) = P::ESCAPE else {
            return Ok(());
        };
        if P::OWED_PACE > 0 {
            if let Some(leave) = self.way_out {
                leave(self);
            }
            return self.write_paced(P::VERBOSE);
        }
        self.in_stream = true;
        let left = self.escape(0);
        self.in_stream = false;
        left?;
        // If there was none, it is the beginning of a line.
        self.link.within(escape.rest);
        self.link.write(b"\r\n")
    }

    /// Ends the stream, of which so many bytes may come before.
    fn escape(&mut self, most: usize) -> Result<(), Fault> {
        let Some(escape) = P::ESCAPE.filter(|_| P::OWED_PACE == 0) else {
            return Ok(());
        };
        self.drop_for(escape.guard, most)?;
        self.link.within(escape.rest);
        self.link.write(escape.sequence)?;
        self.drop_for(escape.rest, escape.answer.len())?;
        self.in_stream = false;
        Ok(())
    }

    /// Drops what comes for a while. More than so many bytes may have been events.
    fn drop_for(&mut self, milliseconds: u32, most: usize) -> Result<(), Fault> {
        self.link.within(milliseconds);
        self.lead = Lead::default();
        let mut dropped = 0;
        let end = loop {
            self.input.clear();
            match self.link.read(self.input.room()) {
                Ok(n) => dropped += n,
                Err(fault) => break fault,
            }
        };
        if dropped > most {
            self.session.lose();
        }
        match end {
            Fault::Timeout => Ok(()),
            fault => Err(fault),
        }
    }
}
