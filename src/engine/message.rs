//! Events with counted payload, which arrive in any gap: they are taken length first, into the
//! session, before any line is looked at. And replies that only commands of the user's have.
//!
//! All of it is reached through [`Others`], so that firmware that sends no such command has none of
//! its code.

use super::Engine;
use super::protocol::{Decoded, End, Payload, Protocol};
use super::word::{PAYLOAD_PAUSE, PAYLOAD_SILENCE, Word};
use crate::clock::{Clock, Deadline};
use crate::error::Fault;
use crate::transport::Transport;

/// How the engine `E` takes what only commands of the user's can bring about.
pub(super) struct Others<E> {
    /// Looks for other payload at the start of a line.
    pub(super) look: fn(&mut E) -> Payload,
    /// Begins a message; `false` if there is no room for it yet.
    pub(super) begin: fn(&mut E) -> bool,
    /// Takes what is here of a message. What is not all here ends the search for the next word.
    pub(super) take: fn(&mut E) -> Result<(), Option<Word>>,
    /// Waits for more of a message.
    pub(super) fill: fn(&mut E) -> Result<(), Fault>,
    /// Ends a message.
    pub(super) end: fn(&mut E, End),
    /// Reads text that stands for payload.
    pub(super) decode: fn(&mut E, &mut [u8]) -> Result<(), Fault>,
}

impl<E> Clone for Others<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Others<E> {}

/// The message that is arriving.
#[derive(Clone, Copy)]
pub(super) struct Message {
    /// Payload bytes that are still to come.
    rest: usize,
    /// When it counts as given up by the module, if nothing comes until then.
    silence: Deadline,
    /// It came with a pause in it: what came then may be the first words of a module that restarted.
    has_pause: bool,
}

impl<P: Protocol, T: Transport, C: Clock> Engine<'_, P, T, C> {
    /// From here on messages are taken, and other replies with payload understood.
    pub(crate) fn expect_others(&mut self) {
        self.others = Some(Others {
            look: Self::look_for_other_payload,
            begin: Self::take_header,
            take: Self::take_message,
            fill: Self::fill_message,
            end: Self::end_message,
            decode: Self::read_encoded,
        });
    }

    /// Nothing has come: is the message over?
    pub(super) fn end_silent_message(&mut self) {
        if let (Some(message), Some(others)) = (self.message, self.others) {
            let deadline = self.link.resume(message.silence);
            if self.link.is_late() {
                (others.end)(self, End::Short);
            }
            self.link.resume(deadline);
        }
    }

    /// What the message said is worth nothing any more.
    pub(super) fn forget_message(&mut self) {
        if let (Some(_), Some(others)) = (self.message, self.others) {
            (others.end)(self, End::Spoilt);
        }
    }

    fn look_for_other_payload(&mut self) -> Payload {
        let (command, pending) = (self.command.in_flight(), self.input.pending());
        self.session
            .other_payload(command, pending, &mut self.header)
    }

    fn take_header(&mut self) -> bool {
        let header = self.header;
        let line = self.input.pending().get(..header.length).unwrap_or(&[]);
        let has_room = self
            .session
            .begin_message(line, header.text, header.count, self.may_wait);
        self.waits_for_room = !has_room;
        if has_room {
            self.begin_payload(Word::Payload);
            self.message = Some(Message {
                rest: header.text.saturating_add(header.count),
                silence: self.link.after(PAYLOAD_SILENCE),
                has_pause: false,
            });
        }
        has_room
    }

    /// Hands payload of the message to the session, as far as it is here and there is room.
    fn take_message(&mut self) -> Result<(), Option<Word>> {
        self.waits_for_room = false;
        let Some(message) = &mut self.message else {
            // Who comes again loses no line for want of room.
            let here = self.input.pending().len();
            self.waits_for_room = self.may_wait && self.session.is_full(here);
            return match self.waits_for_room {
                true => Err(None),
                false => Ok(()),
            };
        };
        let pending = self.input.pending();
        let here = pending.get(..message.rest).unwrap_or(pending);
        let taken = self.session.extend_message(here, self.may_wait);
        self.waits_for_room = taken < here.len();
        message.rest -= taken;
        if taken > 0 || self.waits_for_room {
            message.silence = self.link.after(PAYLOAD_SILENCE);
        }
        let Message {
            rest, has_pause, ..
        } = *message;
        self.input.skip(taken);
        match self.input.pending() {
            _ if rest > 0 => Err(None),
            [] | [b'\r'] => Err(None),
            [b'\r', b'\n', ..] => {
                self.unsure |= has_pause;
                self.input.skip(2);
                self.end_message(End::Whole);
                Ok(())
            }
            _ => {
                self.end_message(End::Spoilt);
                self.session.doubt();
                Err(Some(Word::Spoilt))
            }
        }
    }

    /// Waits for more of the message for as long as a payload may pause. One that stops is over.
    fn fill_message(&mut self) -> Result<(), Fault> {
        let Some(silence) = self.message.map(|message| message.silence) else {
            return Ok(());
        };
        // A module that begins one message behind the other does not make a call longer.
        let deadline = match self.link.is_call_over() {
            true => self.link.within(0),
            false => self.link.resume(silence),
        };
        let filled = self.fill_now(usize::MAX);
        let left = self.link.remaining();
        self.link.resume(deadline);
        match (filled, &mut self.message) {
            (Ok(()), Some(message)) => message.has_pause |= left + PAYLOAD_PAUSE < PAYLOAD_SILENCE,
            (Err(Fault::Timeout), _) => self.end_message(End::Short),
            (other, _) => return other,
        }
        Ok(())
    }

    fn end_message(&mut self, end: End) {
        if self.message.take().is_some() {
            self.session.end_message(end);
            if end == End::Short {
                // The module has not sent what it announced, or it was lost: what else was?
                self.unsure = true;
                self.session.doubt();
            }
        }
    }

    /// Reads the text that stands for payload, with what closes it.
    fn read_encoded(&mut self, into: &mut [u8]) -> Result<(), Fault> {
        let (Some(encoding), count) = (self.header.encoding, self.header.count) else {
            return Err(Fault::Malformed);
        };
        trace!("< payload: {} bytes, encoded", count);
        for place in into.get_mut(..count).ok_or(Fault::Malformed)? {
            *place = loop {
                match (encoding.decode)(self.input.pending()) {
                    Decoded::Byte(byte, length) => {
                        self.input.skip(length);
                        break byte;
                    }
                    Decoded::Incomplete => {
                        self.link.within(PAYLOAD_SILENCE);
                        self.fill_now(usize::MAX)?;
                    }
                    Decoded::Nonsense => return Err(Fault::Malformed),
                }
            };
        }
        let mut closing = [0];
        self.read_bytes(&mut closing)?;
        // Its end says by itself that it is whole.
        self.header.has_line_end = false;
        match closing == [encoding.closing] {
            true => self.read_line_end(),
            false => Err(Fault::Malformed),
        }
    }
}
