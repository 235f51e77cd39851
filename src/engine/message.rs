//! Events with counted payload, which arrive in any gap: they are taken length first, into the
//! session, before any line is looked at.

use super::Engine;
use super::exchange::{PAYLOAD_PAUSE, PAYLOAD_SILENCE};
use super::protocol::{End, Protocol};
use crate::clock::{Clock, Deadline};
use crate::error::Error;
use crate::transport::Transport;

/// The message that is arriving.
pub(super) struct Message {
    /// Payload bytes that are still to come.
    rest: usize,
    /// When it counts as given up by the module, if nothing comes until then.
    silence: Deadline,
    /// It came with a pause in it: what came then may be the first words of a module that restarted.
    has_pause: bool,
}

/// How far the payload of a message has been taken.
pub(super) enum Taken {
    /// There is no message, or not any more.
    All,
    /// The rest is still to come.
    Part,
    /// What closes it is something else.
    Spoilt,
}

impl<'b, T: Transport, C: Clock> Engine<'b, T, C> {
    pub(super) fn begin_message(&mut self, length: usize) {
        self.message = Some(Message {
            rest: length,
            silence: self.link.deadline(PAYLOAD_SILENCE),
            has_pause: false,
        });
    }

    /// Hands payload of the message to the session, as far as it is here and there is room.
    pub(super) fn take_message<P: Protocol>(&mut self, session: &mut P, may_wait: bool) -> Taken {
        let Some(message) = &mut self.message else {
            return Taken::All;
        };
        let pending = self.input.pending();
        let here = pending.get(..message.rest).unwrap_or(pending);
        let taken = session.extend_message(here, may_wait);
        self.waits_for_room = taken < here.len();
        message.rest -= taken;
        if taken > 0 || self.waits_for_room {
            message.silence = self.link.deadline(PAYLOAD_SILENCE);
        }
        self.input.skip(taken);
        if message.rest > 0 {
            return Taken::Part;
        }
        match self.input.pending() {
            [] | [b'\r'] => Taken::Part,
            [b'\r', b'\n', ..] => {
                self.unsure |= message.has_pause;
                self.input.skip(2);
                self.end_message(session, End::Whole);
                Taken::All
            }
            _ => {
                self.end_message(session, End::Spoilt);
                session.doubt();
                Taken::Spoilt
            }
        }
    }

    /// Waits for more bytes up to the deadline, or, within a message, for as long as a payload may
    /// pause. A message that stops is over.
    pub(super) fn fill<P: Protocol>(
        &mut self,
        session: &mut P,
        deadline: Deadline,
    ) -> Result<(), Error<T::Error, P::Status>> {
        self.fill_at_most(usize::MAX, session, deadline)
    }

    /// The same for at most so many bytes.
    pub(super) fn fill_at_most<P: Protocol>(
        &mut self,
        at_most: usize,
        session: &mut P,
        deadline: Deadline,
    ) -> Result<(), Error<T::Error, P::Status>> {
        let until = match &self.message {
            Some(message) => message.silence,
            None => deadline,
        };
        let room = self.input.room();
        let size = room.len().min(at_most);
        let read = self
            .link
            .read(room.get_mut(..size).unwrap_or(&mut []), until);
        match (&mut self.message, read) {
            (Some(message), Ok(n)) => {
                let left = self.link.remaining(message.silence);
                message.has_pause |= left + PAYLOAD_PAUSE < PAYLOAD_SILENCE;
                self.input.filled(n);
                Ok(())
            }
            (Some(_), Err(Error::Timeout)) => {
                self.give_up_message(session);
                Ok(())
            }
            (None, Ok(n)) => {
                self.input.filled(n);
                Ok(())
            }
            (_, Err(error)) => Err(error),
        }
    }

    /// Nothing has come: is the message over?
    pub(super) fn end_silent_message<P: Protocol>(&mut self, session: &mut P) {
        let silence = self.message.as_ref().map(|message| message.silence);
        if silence.is_some_and(|silence| self.link.is_late(silence)) {
            self.give_up_message(session);
        }
    }

    /// The module has not sent what it announced, or it was lost: what else was?
    fn give_up_message<P: Protocol>(&mut self, session: &mut P) {
        self.end_message(session, End::Short);
        self.unsure = true;
        session.doubt();
    }

    pub(super) fn end_message<P: Protocol>(&mut self, session: &mut P, end: End) {
        if self.message.take().is_some() {
            session.end_message(end);
        }
    }
}
