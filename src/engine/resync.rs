//! How a link that lost the thread finds it again.
//!
//! After a timeout, garbage or an overrun nobody knows which command the next answer belongs to,
//! or whether the module still waits for payload. So: wait for silence, pay what payload may be
//! owed, then ask a question that no other command asks, and ignore everything until its answer. A
//! module that stays silent may be waiting for payload of which nobody knows: of a host that
//! restarted, or of a command that was spoilt on the way. So it is paid as much as it can want.
//! The questions are the settings of the session, so the answer also tells whether the module
//! restarted unseen. A module answers in order, and the questions differ: when the last one is
//! answered, the link is in step.

use super::Engine;
use super::compose::InFlight;
use super::protocol::{Line, Protocol};
use super::wait::{CHATTER, SILENCE};
use super::word::{PAYLOAD_SILENCE, Word};
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

/// How long each attempt waits for its answer (ms). Together they outlast the longest a module
/// keeps a command to itself: 10 s for `AT+CIPSTART` with the driver's timeout parameter.
const PATIENCE: [u32; 5] = [250, 500, 1500, 4000, 10_000];

/// The patience before which a module that has answered nothing is told to leave a stream, and paid
/// what it may be waiting for: by then it has had more time than most commands take.
const ESCAPE_BEFORE: u32 = 4000;

/// A module that has begun to answer keeps no command longer to itself (ms), unless it has got lost.
const SLOWEST: u32 = 2500;

/// How many bytes are paid between two questions to a module that is paid slowly.
const PAID_BETWEEN: usize = 56;

/// What is sent where payload may be owed: no line end, nothing that a peer could execute, and nothing with
/// which a certificate begins.
const FILLER: [u8; 32] = [0; 32];

impl<P: Protocol, T: Transport, C: Clock> Engine<'_, P, T, C> {
    /// Gets back into step. All events on the way are taken; all late answers are dropped.
    #[inline(never)]
    pub(crate) fn resync(&mut self) -> Result<(), Fault> {
        let deadline = self.link.within(0);
        let result = self.find_back();
        self.link.resume(deadline);
        self.command.fly(InFlight::Nothing);
        result
    }

    fn find_back(&mut self) -> Result<(), Fault> {
        self.leave_stream()?;
        debug!("out of step: asking the module");
        if self.out_of_step && self.session.is_set_up() {
            self.session.doubt();
        }
        self.out_of_step = true;
        self.input.forget_kept();
        // Where the last call was over before the module was found, this one goes on.
        while let Some(&patience) = PATIENCE.get(self.attempts) {
            let found = match self.make_way(patience) {
                // A module that takes nothing now may do so later.
                Ok(false) | Err(Fault::Timeout) => self.ask(patience),
                found => found,
            };
            if found? {
                self.forget_past();
                self.out_of_step = false;
                return Ok(());
            }
            self.attempts += 1;
        }
        self.attempts = 0;
        // What it was told last may have been spoilt on the way, and made it fall silent.
        self.has_answered = false;
        Err(match self.hears_itself {
            true => Fault::HearsItself,
            false => Fault::Unresponsive,
        })
    }

    /// Whether a question comes back as it was sent, and no answer to it.
    pub(crate) fn is_looped(&mut self) -> bool {
        self.hears_itself = false;
        self.attempts = PATIENCE.len() - 1;
        self.resync() == Err(Fault::HearsItself)
    }

    /// Ends what a question would be taken for. Returns whether one was answered on the way.
    fn make_way(&mut self, patience: u32) -> Result<bool, Fault> {
        // Who waits for payload, or carries a stream, does not send back what it is told.
        if patience == ESCAPE_BEFORE && !self.has_answered && !self.hears_itself {
            self.owed = P::PAYLOAD_MAX;
            self.leave_unknown_stream()?;
        }
        self.wait_for_silence()?;
        self.pay_what_is_owed()
    }

    /// Whatever comes before the question is asked is no news: the question stands for the commands
    /// that are over.
    fn wait_for_silence(&mut self) -> Result<(), Fault> {
        self.link.within(CHATTER);
        loop {
            while let Some(word) = self.next_word() {
                self.take_unasked(word);
            }
            match self.fill_within(SILENCE) {
                Ok(()) if self.link.is_late() => return Ok(()),
                Ok(()) => {}
                Err(Fault::Timeout) => {
                    if !self.input.pending().is_empty() {
                        // A line that was begun and not ended must not spoil the answer; and payload may
                        // follow of which this was the beginning.
                        self.input.clear();
                        self.lose_track();
                    }
                    return Ok(());
                }
                other => return other,
            }
        }
    }

    /// A module that waits for payload has no timeout: everything it is told goes into the
    /// payload, until it has enough and speaks. The connection it belongs to is given up by the
    /// caller. Returns whether a question was answered on the way.
    fn pay_what_is_owed(&mut self) -> Result<bool, Fault> {
        if P::OWED_PACE > 0 {
            return self.pay_with_questions();
        }
        if self.owed > 0 {
            self.link.within(PAYLOAD_SILENCE + self.owed as u32);
            let mut rest = self.owed;
            while rest > 0 {
                let piece = FILLER.get(..rest).unwrap_or(&FILLER);
                self.link.write(piece)?;
                rest -= piece.len();
            }
            // What the module did not take as payload is the beginning of a line.
            self.link.write(b"\r\n")?;
        }
        Ok(false)
    }

    /// For a module that must not be sent a byte more than it waits for: the questions go out
    /// byte by byte, so that they are payload while payload is owed, and questions when none is.
    fn pay_with_questions(&mut self) -> Result<bool, Fault> {
        // A command that was refused may have another answer, and that may be a prompt.
        self.paced |= self.owed > 0 || self.doubtful > 0;
        while self.owed > 0 {
            if self.ask(P::OWED_PACE)? {
                return Ok(true);
            }
            // To a module that waits for a command this is nothing; and one that is only slow should not
            // have all too many questions to answer.
            let rest = self.owed.saturating_sub(PAID_BETWEEN);
            while self.owed > rest && !self.link.is_call_over() {
                self.pay(0)?;
            }
        }
        Ok(false)
    }

    /// Asks the next question; whether its answer came. One that tells of other settings may have been
    /// spoilt on the way: only if it is the same again the module must have restarted.
    fn ask(&mut self, patience: u32) -> Result<bool, Fault> {
        if self.link.is_call_over() {
            return Err(Fault::Timeout);
        }
        self.question += 1;
        if self.question >= P::QUESTIONS {
            self.question = 0;
        }
        let mut may_be_spoilt = self.session.is_set_up();
        loop {
            let question = P::question(self.question);
            self.command.fly(InFlight::Question(question));
            self.link.within(patience);
            // Also of a write that fails the module may have heard everything.
            self.unanswered += 1;
            let written = match P::OWED_PACE > 0 && self.paced {
                true => self.write_paced(question),
                false => self.link.write(question),
            };
            if written == Err(Fault::Timeout) {
                return Ok(false);
            }
            written?;
            self.be_patient(patience);
            if !self.hear(patience)? {
                return Ok(false);
            }
            if P::MUTE_QUESTION == Some(self.question) {
                // In step, but has it restarted?
                self.question = 0;
                continue;
            }
            if self.is_as_set_up {
                return Ok(true);
            }
            if !core::mem::take(&mut may_be_spoilt) {
                self.session.restarted();
                return Ok(true);
            }
        }
    }

    /// Writes bytes one by one, so slowly that the module looks at each of them alone.
    #[inline(never)]
    pub(super) fn write_paced(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        bytes.iter().try_for_each(|byte| self.pay(*byte))
    }

    /// Writes a byte that may be one of those that the module waits for.
    fn pay(&mut self, byte: u8) -> Result<(), Fault> {
        self.link.write(&[byte])?;
        self.owed = self.owed.saturating_sub(1);
        self.send_nothing(P::OWED_PACE)
    }

    /// Waits for the answer to the last question, and drops everything else that is no event. A
    /// module that says anything else is given as much time again.
    fn hear(&mut self, patience: u32) -> Result<bool, Fault> {
        let mut answered = None;
        let mut is_last = false;
        loop {
            match self.await_word(usize::MAX) {
                Ok(Word::Line(Line::Reply)) => match self.answered() {
                    // A late answer, of which nobody knows what the one before it has answered, or an event that
                    // nobody knows.
                    None => {
                        // Nor is it what was sent.
                        self.hears_itself = false;
                        self.session.lost_line();
                    }
                    told => answered = told,
                },
                Ok(Word::Line(Line::Ok)) if answered.is_some() => {
                    self.learn_from_ok();
                    self.has_answered = true;
                    self.owed = 0;
                    self.unanswered = self.unanswered.saturating_sub(1);
                    // Unless so many are open that some are the same.
                    is_last = answered.take() == Some(self.question);
                    if is_last && self.unanswered < P::QUESTIONS {
                        return Ok(true);
                    }
                }
                // A fresh module owes nothing. The question has reached it only if the transport kept
                // it over the start.
                Ok(Word::Line(Line::Boot)) if P::TELLS_START => {
                    self.owed = 0;
                    self.link.at_most(PATIENCE[0]);
                    continue;
                }
                Ok(Word::Line(Line::Event | Line::Detail | Line::Echo | Line::Stray)) => continue,
                // It answers something: it does not wait, and goes on to answer.
                Ok(Word::Line(_)) => self.owed = 0,
                Ok(other) => self.take_unasked(other),
                Err(Fault::Timeout) => {
                    // Behind the answer to the last question it is silent: no other will come.
                    return Ok(is_last && !self.link.is_call_over());
                }
                Err(fault) => return Err(fault),
            }
            self.be_patient(patience);
        }
    }

    /// Gives the module so much time to answer, or as much as it may need for each of many answers.
    fn be_patient(&mut self, patience: u32) {
        self.link.within(match self.has_answered {
            true => SLOWEST.max(patience),
            false => patience,
        });
    }

    /// Which question the last line answers, if it does.
    fn answered(&mut self) -> Option<u32> {
        let line = self.input.line();
        let told = |n| Some(n).zip(P::answer(n, line));
        let (n, is_as_set_up) = (0..P::QUESTIONS).find_map(told)?;
        self.is_as_set_up = is_as_set_up;
        Some(n)
    }
}
