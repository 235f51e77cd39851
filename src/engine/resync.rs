//! How a link that lost the thread finds it again.
//!
//! After a timeout, garbage or an overrun nobody knows which command the next answer belongs to,
//! or whether the module still waits for payload. So: wait for silence, pay what payload may be
//! owed, then ask a question that no other command asks, and ignore everything until its answer.
//! The questions are the settings of the session, so the answer also tells whether the module
//! restarted unseen. A module answers in order: where several questions were asked before the
//! first answer came, the link is in step when all answers have come, or no more do.

use super::Engine;
use super::compose::InFlight;
use super::protocol::{Answer, Line, Protocol};
use super::wait::SILENCE;
use super::word::{PAYLOAD_SILENCE, Word};
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

/// How long each attempt waits for its answer (ms). Together they outlast the longest a module
/// keeps a command to itself: 10 s for `AT+CIPSTART` with the driver's timeout parameter.
const PATIENCE: [u32; 5] = [250, 500, 1000, 4000, 10_000];

/// The patience before which the module is told to leave a stream: by then it has had more time than
/// most commands take.
const ESCAPE_BEFORE: u32 = 1000;

/// How long payload is paid byte by byte before the caller is told (ms); the next call goes on.
const OWED_PATIENCE: u32 = 40_000;

/// A module that chatters on is asked all the same after this long (ms).
const CHATTER: u32 = 500;

/// Whether what was written went out: a module that takes nothing now may take it later.
pub(super) fn is_taken(written: Result<(), Fault>) -> Result<bool, Fault> {
    match written {
        Ok(()) => Ok(true),
        Err(Fault::Timeout) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// What is sent where payload may be owed: no line end, and nothing that a peer could execute.
const FILLER: [u8; 64] = [b' '; 64];

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
        if self.out_of_step {
            self.session.doubt();
        }
        self.out_of_step = true;
        self.input.forget_kept();
        for &patience in &PATIENCE {
            if patience == ESCAPE_BEFORE {
                self.leave_unknown_stream()?;
            }
            self.command
                .fly(InFlight::Question(P::question(self.question)));
            self.question += 1;
            if self.question == P::QUESTIONS {
                self.question = 0;
            }
            self.unanswered += 1;
            self.wait_for_silence()?;
            if self.pay_what_is_owed()? || self.ask(patience)? {
                self.out_of_step = false;
                self.unsure = false;
                self.paced = false;
                return Ok(());
            }
        }
        Err(Fault::Timeout)
    }

    /// Whatever comes before the question is asked is no news: the question stands for the commands
    /// that are over.
    fn wait_for_silence(&mut self) -> Result<(), Fault> {
        self.link.within(CHATTER);
        loop {
            while let Some(word) = self.next_word() {
                self.take_unasked(word);
            }
            let enough = self.link.within(SILENCE);
            let filled = self.fill(usize::MAX);
            self.link.resume(enough);
            match filled {
                Ok(()) if self.link.is_late() => return Ok(()),
                Ok(()) => {}
                Err(Fault::Timeout) => {
                    // A line that was begun and not ended must not spoil the answer.
                    self.input.clear();
                    return Ok(());
                }
                other => return other,
            }
        }
    }

    /// A module that waits for payload has no timeout: everything it is told goes into the
    /// payload, until it has enough and speaks. The connection it belongs to is given up by the
    /// caller. Returns whether the question was answered on the way.
    fn pay_what_is_owed(&mut self) -> Result<bool, Fault> {
        if P::OWED_PACE > 0 {
            return self.pay_with_questions();
        }
        if self.owed > 0 {
            self.link.within(PAYLOAD_SILENCE + self.owed as u32);
            while self.owed > 0 {
                let piece = FILLER.get(..self.owed).unwrap_or(&FILLER);
                self.link.write(piece)?;
                self.owed -= piece.len();
            }
            // What the module did not take as payload is the beginning of a line.
            self.link.write(b"\r\n")?;
        }
        Ok(false)
    }

    /// For a module that must not be sent a byte more than it waits for: the question goes out
    /// byte by byte, so that it is payload while payload is owed, and a question when none is.
    fn pay_with_questions(&mut self) -> Result<bool, Fault> {
        self.paced |= self.owed > 0;
        self.link.within(OWED_PATIENCE);
        while self.owed > 0 {
            if self.link.is_late() {
                return Err(Fault::Timeout);
            }
            let deadline = self.link.within(0);
            let is_answered = self.ask(PATIENCE[0])?;
            self.link.resume(deadline);
            if is_answered {
                self.owed = 0;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Asks the question in flight; whether its answer came.
    fn ask(&mut self, patience: u32) -> Result<bool, Fault> {
        self.link.within(patience);
        if P::OWED_PACE > 0 && self.paced {
            self.write_paced()?;
        } else {
            let written = self.link.write(self.command.in_flight());
            if !is_taken(written)? {
                self.unanswered = self.unanswered.saturating_sub(1);
                return Ok(false);
            }
        }
        self.link.within(patience);
        self.hear()
    }

    /// Writes the question byte by byte, until the module speaks: then it has enough, or this is
    /// something else, and the question is asked anew.
    fn write_paced(&mut self) -> Result<(), Fault> {
        let mut written = 0;
        while let Some(&byte) = self.command.in_flight().get(written) {
            written += 1;
            self.link.within(P::OWED_PACE);
            self.link.write(&[byte])?;
            self.owed = self.owed.saturating_sub(1);
            let before = self.input.pending().len();
            match self.fill_now(usize::MAX) {
                Ok(()) => {
                    let heard = self.input.pending().get(before..).unwrap_or(&[]);
                    let is_echo = heard == [byte];
                    if !is_echo {
                        break;
                    }
                }
                Err(Fault::Timeout) => {}
                other => return other,
            }
        }
        Ok(())
    }

    /// Waits for the answer to the question in flight, and drops everything else that is no event.
    fn hear(&mut self) -> Result<bool, Fault> {
        let (mut is_answered, mut in_step) = (false, false);
        loop {
            match self.await_word(usize::MAX) {
                Ok(Word::Line(Line::Reply)) if self.is_answer() => is_answered = true,
                Ok(Word::Line(Line::Ok)) if is_answered => {
                    self.blank_before_ok = Some(self.lead_before.line_feed);
                    if self.unanswered == 0 {
                        return Ok(true);
                    }
                    in_step = true;
                    self.link.within(PATIENCE[0]);
                }
                // A fresh module owes nothing. The question reached it if the transport kept it over
                // the start.
                Ok(Word::Line(Line::Boot)) => {
                    self.owed = 0;
                    self.unanswered = 1;
                    in_step = true;
                    self.link.within(PATIENCE[0]);
                }
                Ok(Word::Line(_)) => {}
                Ok(other) => drop(self.take_unasked(other)),
                Err(Fault::Timeout) => {
                    if in_step {
                        self.unanswered = 0;
                    }
                    return Ok(in_step);
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Whether the last line answers any question that may be open.
    fn is_answer(&mut self) -> bool {
        let line = self.input.line();
        let answer = (0..P::QUESTIONS)
            .map(|n| P::answer(n, line))
            .find(|answer| *answer != Answer::No);
        if answer == Some(Answer::SettingsLost) {
            self.session.restarted();
        }
        self.unanswered = self.unanswered.saturating_sub(u32::from(answer.is_some()));
        answer.is_some()
    }
}
