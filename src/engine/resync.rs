//! How a link that lost the thread finds it again.
//!
//! After a timeout, garbage or an overrun nobody knows which command the next answer belongs to,
//! or whether the module still waits for payload. So: wait for silence, pay what payload may be
//! owed, then ask a question that no other command asks, and ignore everything until its answer.
//! The questions are the settings of the session, so the answer also tells whether the module
//! restarted unseen; and each attempt asks another one, so that a late answer to one attempt is
//! not taken for the answer to the next.

use embedded_io::ErrorType;

use super::exchange::PAYLOAD_SILENCE;
use super::link::Transport;
use super::protocol::{Answer, Line, Protocol};
use super::{Engine, SILENCE, Token};
use crate::clock::Clock;
use crate::error::Error;

/// How long each attempt waits for its answer (ms). Together they outlast the longest a module
/// keeps a command to itself: 10 s for `AT+CIPSTART` with the driver's timeout parameter.
const PATIENCE: [u32; 5] = [250, 500, 1000, 4000, 10_000];

/// A module that chatters on is asked all the same after this long (ms).
const CHATTER: u32 = 500;

/// What is sent where payload may be owed: no line end, and nothing that a peer could execute.
const FILLER: [u8; 32] = [b' '; 32];

impl<'b, T: Transport, C: Clock> Engine<'b, T, C> {
    /// Gets back into step. All events on the way are taken; all late answers are dropped.
    pub(crate) fn resync<P: Protocol>(
        &mut self,
        session: &mut P,
    ) -> Result<(), Error<<T as ErrorType>::Error, P::Status>> {
        self.out_of_step = true;
        self.command_len = 0;
        self.input.forget_kept();
        session.doubt();
        for patience in PATIENCE {
            self.wait_for_silence(session)?;
            self.pay_what_is_owed()?;
            let question = self.question;
            self.question = (question + 1) % P::QUESTIONS;
            if self.ask(session, question, patience)? {
                self.out_of_step = false;
                return Ok(());
            }
        }
        Err(Error::Timeout)
    }

    fn wait_for_silence<P: Protocol>(
        &mut self,
        session: &mut P,
    ) -> Result<(), Error<T::Error, P::Status>> {
        let enough = self.link.deadline(CHATTER);
        loop {
            self.drop_unwanted()?;
            while let Some(token) = self.next_token::<P>(false) {
                self.take_unasked(session, token);
                self.drop_unwanted()?;
            }
            let silence = self.link.deadline(SILENCE);
            match self.link.read(self.input.room(), silence) {
                Ok(n) => self.input.filled(n),
                Err(Error::Timeout) => {
                    // A line that was begun and not ended must not spoil the answer.
                    self.input.clear();
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            if self.link.is_late(enough) {
                return Ok(());
            }
        }
    }

    /// Drops the rest of a payload that nobody waits for any more; where it does not come, what
    /// comes next is a line.
    fn drop_unwanted<S>(&mut self) -> Result<(), Error<T::Error, S>> {
        while self.unwanted > 0 {
            if self.input.pending().is_empty() {
                let silence = self.link.deadline(PAYLOAD_SILENCE);
                match self.link.read(self.input.room(), silence) {
                    Ok(n) => self.input.filled(n),
                    Err(Error::Timeout) => self.unwanted = 0,
                    Err(error) => return Err(error),
                }
            }
            let here = self.input.pending().len().min(self.unwanted);
            self.input.skip(here);
            self.unwanted -= here;
        }
        Ok(())
    }

    /// A module that waits for payload has no timeout (wire notes, 1): everything it is told goes
    /// into the payload. The connection it belongs to is given up by the caller.
    fn pay_what_is_owed<S>(&mut self) -> Result<(), Error<T::Error, S>> {
        let deadline = self.link.deadline(PAYLOAD_SILENCE + self.owed as u32);
        while self.owed > 0 {
            let n = self.owed.min(FILLER.len());
            self.link.write(FILLER.get(..n).unwrap_or(&[]), deadline)?;
            self.owed -= n;
            if self.owed == 0 {
                // What the module did not take as payload is the beginning of a line.
                self.link.write(b"\r\n", deadline)?;
            }
        }
        Ok(())
    }

    /// Asks one question; whether its answer came.
    fn ask<P: Protocol>(
        &mut self,
        session: &mut P,
        question: u8,
        patience: u32,
    ) -> Result<bool, Error<T::Error, P::Status>> {
        let deadline = self.link.deadline(patience);
        self.link.write(P::question(question), deadline)?;
        let mut answered = false;
        loop {
            while let Some(token) = self.next_token::<P>(false) {
                let Token::Line(at) = token else {
                    self.take_unasked(session, token);
                    self.drop_unwanted()?;
                    continue;
                };
                match P::answer(question, self.input.get(at.clone())) {
                    Answer::No => {}
                    Answer::AsSetUp => {
                        answered = true;
                        continue;
                    }
                    Answer::SettingsLost => {
                        session.restarted();
                        answered = true;
                        continue;
                    }
                }
                match session.line(P::question(question), self.input.get(at)) {
                    Line::Ok if answered => {
                        self.blank_before_ok = Some(self.blank_before);
                        return Ok(true);
                    }
                    // A fresh module owes nothing and has not heard the question.
                    Line::Boot => {
                        self.owed = 0;
                        return Ok(true);
                    }
                    _ => {}
                }
            }
            match self.link.read(self.input.room(), deadline) {
                Ok(n) => self.input.filled(n),
                Err(Error::Timeout) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }
}
