//! How a link that lost the thread finds it again.
//!
//! After a timeout, garbage or an overrun nobody knows which command the next answer belongs to,
//! or whether the module still waits for payload. So: wait for silence, pay what payload may be
//! owed, then ask a question that no other command asks, and ignore everything until its answer.
//! The questions are the settings of the session, so the answer also tells whether the module
//! restarted unseen. A module answers in order: where several questions were asked before the
//! first answer came, the link is in step when all answers have come, or no more do.

use embedded_io::ErrorType;

use super::exchange::PAYLOAD_SILENCE;
use super::protocol::{Answer, Line, Protocol};
use super::{Engine, SILENCE, Token};
use crate::clock::{Clock, Deadline};
use crate::error::Error;
use crate::transport::Transport;

type ErrorOf<T, P> = Error<<T as ErrorType>::Error, <P as Protocol>::Status>;

/// How long each attempt waits for its answer (ms). Together they outlast the longest a module
/// keeps a command to itself: 10 s for `AT+CIPSTART` with the driver's timeout parameter.
const PATIENCE: [u32; 5] = [250, 500, 1000, 4000, 10_000];

/// The attempt before which the module is told to leave a stream: by then it has had more time than
/// most commands take.
const ESCAPE_AT: usize = 2;

/// How long payload is paid byte by byte before the caller is told (ms); the next call goes on.
const OWED_PATIENCE: u32 = 40_000;

/// A module that chatters on is asked all the same after this long (ms).
const CHATTER: u32 = 500;

/// What is sent where payload may be owed: no line end, and nothing that a peer could execute.
const FILLER: [u8; 32] = [b' '; 32];

impl<'b, T: Transport, C: Clock> Engine<'b, T, C> {
    /// Gets back into step. All events on the way are taken; all late answers are dropped.
    pub(crate) fn resync<P: Protocol>(&mut self, session: &mut P) -> Result<(), ErrorOf<T, P>> {
        self.leave_stream()?;
        debug!("out of step: asking the module");
        if self.out_of_step {
            session.doubt();
        }
        self.out_of_step = true;
        self.command_len = 0;
        self.input.forget_kept();
        for (attempt, patience) in PATIENCE.into_iter().enumerate() {
            if let (ESCAPE_AT, Some(escape)) = (attempt, P::ESCAPE) {
                self.leave_unknown_stream(escape)?;
            }
            let question = self.question;
            self.question = (question + 1) % P::QUESTIONS;
            self.unanswered = self.unanswered.saturating_add(1);
            self.wait_for_silence(session, question)?;
            if self.pay_what_is_owed(session, question)? || self.ask(session, question, patience)? {
                self.out_of_step = false;
                self.unsure = false;
                self.paced = false;
                return Ok(());
            }
        }
        Err(Error::Timeout)
    }

    fn wait_for_silence<P: Protocol>(
        &mut self,
        session: &mut P,
        question: u8,
    ) -> Result<(), ErrorOf<T, P>> {
        let enough = self.link.deadline(CHATTER);
        loop {
            self.drop_unwanted()?;
            while let Some(token) = self.next_token(session, false, false) {
                // Whatever it answers, it is no news: the question stands for the commands that
                // are over.
                self.take_unasked(session, token, P::question(question));
                self.drop_unwanted()?;
            }
            let silence = self.link.deadline(SILENCE);
            match self.fill(session, silence) {
                Ok(()) => {}
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

    /// A module that waits for payload has no timeout: everything it is told goes into the
    /// payload, until it has enough and speaks. The connection it belongs to is given up by the
    /// caller. Returns whether the question was answered on the way.
    fn pay_what_is_owed<P: Protocol>(
        &mut self,
        session: &mut P,
        question: u8,
    ) -> Result<bool, ErrorOf<T, P>> {
        if P::OWED_PACE > 0 {
            return self.pay_with_questions(session, question);
        }
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
        Ok(false)
    }

    /// For a module that must not be sent a byte more than it waits for: the question goes out
    /// byte by byte, so that it is payload while payload is owed, and a question when none is.
    fn pay_with_questions<P: Protocol>(
        &mut self,
        session: &mut P,
        question: u8,
    ) -> Result<bool, ErrorOf<T, P>> {
        self.paced |= self.owed > 0;
        let deadline = self.link.deadline(OWED_PATIENCE);
        while self.owed > 0 {
            if self.link.is_late(deadline) {
                return Err(Error::Timeout);
            }
            if self.ask(session, question, PATIENCE[0])? {
                self.owed = 0;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes a question byte by byte, until the module speaks: then it has enough, or this is
    /// something else, and the question is asked anew.
    fn write_paced<S>(&mut self, question: &[u8], pace: u32) -> Result<(), Error<T::Error, S>> {
        for byte in question {
            let pace = self.link.deadline(pace);
            self.link.write(core::slice::from_ref(byte), pace)?;
            self.owed = self.owed.saturating_sub(1);
            match self.link.read(self.input.room(), pace) {
                Ok(n) => {
                    self.input.filled(n);
                    let is_echo = n == 1 && self.input.pending().last() == Some(byte);
                    if !is_echo {
                        break;
                    }
                }
                Err(Error::Timeout) => {}
                Err(error) => return Err(error),
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
    ) -> Result<bool, ErrorOf<T, P>> {
        let deadline = self.link.deadline(patience);
        if self.paced {
            self.write_paced(P::question(question), P::OWED_PACE)?;
        } else {
            self.link.write(P::question(question), deadline)?;
        }
        let deadline = self.link.deadline(patience);
        self.hear(session, question, deadline)
    }

    /// Waits for the answer to a question, and drops everything else that is no event.
    fn hear<P: Protocol>(
        &mut self,
        session: &mut P,
        question: u8,
        mut deadline: Deadline,
    ) -> Result<bool, ErrorOf<T, P>> {
        let mut answered = false;
        let mut in_step = false;
        loop {
            while let Some(token) = self.next_token(session, false, false) {
                let Token::Line(at) = token else {
                    self.take_unasked(session, token, P::question(question));
                    self.drop_unwanted()?;
                    continue;
                };
                if self.is_answer(session, at.clone()) {
                    answered = true;
                    continue;
                }
                match session.line(P::question(question), self.input.get(at)) {
                    Line::Ok if answered => {
                        self.blank_before_ok = Some(self.lead_before.line_feed);
                        if self.unanswered == 0 {
                            return Ok(true);
                        }
                        in_step = true;
                        deadline = self.link.deadline(PATIENCE[0]);
                    }
                    // A fresh module owes nothing and has not heard the question.
                    Line::Boot => {
                        self.owed = 0;
                        self.unanswered = 0;
                        return Ok(true);
                    }
                    _ => {}
                }
            }
            match self.fill(session, deadline) {
                Ok(()) => {}
                Err(Error::Timeout) => {
                    if in_step {
                        self.unanswered = 0;
                    }
                    return Ok(in_step);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a line answers any question that may be open.
    fn is_answer<P: Protocol>(&mut self, session: &mut P, at: core::ops::Range<usize>) -> bool {
        let line = self.input.get(at);
        let answer = (0..P::QUESTIONS)
            .map(|n| P::answer(n, line))
            .find(|answer| *answer != Answer::No);
        if answer == Some(Answer::SettingsLost) {
            session.restarted();
        }
        self.unanswered = self.unanswered.saturating_sub(u8::from(answer.is_some()));
        answer.is_some()
    }
}
