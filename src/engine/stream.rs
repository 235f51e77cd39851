//! A line that carries somebody's stream of bytes instead of commands, until an escape sequence
//! ends it.

use embedded_io::ErrorType;

use super::protocol::{Escape, Line, Protocol};
use super::{Engine, Lead, Token};
use crate::clock::{Clock, Deadline};
use crate::error::Error;
use crate::transport::Transport;

type ErrorOf<T, P> = Error<<T as ErrorType>::Error, <P as Protocol>::Status>;

impl<'b, T: Transport, C: Clock> Engine<'b, T, C> {
    /// Sends the composed command, at whose prompt the stream begins.
    ///
    /// From here on the link counts as out of step: who wants to send a command gets back into
    /// step first, and that ends the stream.
    pub(crate) fn enter_stream<P: Protocol>(
        &mut self,
        session: &mut P,
        escape: Escape,
        timeout: u32,
    ) -> Result<(), ErrorOf<T, P>> {
        let deadline = self.begin(session, timeout)?;
        let result = self
            .send_command(deadline)
            .and_then(|()| self.await_prompt(session, deadline));
        if !matches!(result, Err(Error::Module(_) | Error::ModuleReset)) {
            self.stream = Some(escape);
            self.out_of_step = true;
        }
        self.end(session, result)
    }

    fn await_prompt<P: Protocol>(
        &mut self,
        session: &mut P,
        mut deadline: Deadline,
    ) -> Result<(), ErrorOf<T, P>> {
        loop {
            let at = match self.token(session, true, deadline)? {
                Token::Line(at) => at,
                Token::Prompt => return Ok(()),
                _ => return Err(Error::Malformed),
            };
            match self.line(session, at) {
                Line::Ok | Line::Event | Line::Detail => {}
                Line::Failed(status) | Line::NotUnderstood(status) => {
                    return Err(Error::Module(status));
                }
                Line::Boot => return Err(Error::ModuleReset),
                Line::Busy(_) => deadline = self.after_busy(deadline),
                _ => return Err(Error::Malformed),
            }
        }
    }

    /// Whether bytes of the stream wait.
    pub(crate) fn is_stream_ready<S>(&mut self) -> Result<bool, Error<T::Error, S>> {
        let is_pending = !self.input.pending().is_empty();
        Ok(is_pending || self.link.is_ready()?)
    }

    /// Reads at least one byte of the stream.
    pub(crate) fn read_stream<S>(
        &mut self,
        into: &mut [u8],
        timeout: u32,
    ) -> Result<usize, Error<T::Error, S>> {
        match self.input.take(into) {
            0 if !into.is_empty() => {
                let deadline = self.link.deadline(timeout);
                self.link.read(into, deadline)
            }
            n => Ok(n),
        }
    }

    /// Sends bytes of the stream.
    pub(crate) fn write_stream<S>(
        &mut self,
        bytes: &[u8],
        timeout: u32,
    ) -> Result<(), Error<T::Error, S>> {
        let deadline = self.link.deadline(timeout);
        self.link.write(bytes, deadline)
    }

    /// Sends nothing for a while. What comes meanwhile is kept, as far as there is room.
    pub(crate) fn pause_stream<S>(&mut self, milliseconds: u32) -> Result<(), Error<T::Error, S>> {
        let deadline = self.link.deadline(milliseconds);
        loop {
            match self.link.read(self.input.room(), deadline) {
                Ok(n) => self.input.filled(n),
                Err(Error::Timeout) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Ends the stream, if there is one. What still comes of it is dropped.
    pub(super) fn leave_stream<S>(&mut self) -> Result<(), Error<T::Error, S>> {
        let Some(escape) = self.stream else {
            return Ok(());
        };
        self.drop_for(escape.guard)?;
        let deadline = self.link.deadline(escape.rest);
        self.link.write(escape.sequence, deadline)?;
        self.drop_for(escape.rest)?;
        self.stream = None;
        Ok(())
    }

    /// Ends a stream that nobody has begun: of a command that lost its end on the way, the module
    /// may have made one that begins a stream.
    pub(super) fn leave_unknown_stream<S>(
        &mut self,
        escape: Escape,
    ) -> Result<(), Error<T::Error, S>> {
        self.stream = Some(escape);
        self.leave_stream()?;
        // If there was none, it is the beginning of a line.
        let deadline = self.link.deadline(escape.rest);
        self.link.write(b"\r\n", deadline)
    }

    fn drop_for<S>(&mut self, milliseconds: u32) -> Result<(), Error<T::Error, S>> {
        let deadline = self.link.deadline(milliseconds);
        self.lead = Lead::default();
        loop {
            self.input.clear();
            match self.link.read::<S>(self.input.room(), deadline) {
                Ok(_) => {}
                Err(Error::Timeout) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}
