//! What comes while no command is in flight.

use super::Engine;
use super::protocol::{Line, Protocol};
use super::word::Word;
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

/// The line is silent when nothing comes for this long (ms): twenty byte times at 9600 baud.
pub(super) const SILENCE: u32 = 20;

/// A module that chatters on is asked all the same after this long (ms).
pub(super) const CHATTER: u32 = 500;

/// The most bytes that one `pump` takes in.
const PUMP_LIMIT: usize = 4096;

impl<P: Protocol, T: Transport, C: Clock> Engine<'_, P, T, C> {
    /// Drops what has arrived: it was said before a reset, in which the module is held now.
    pub(crate) fn discard(&mut self) -> Result<(), Fault> {
        self.input.clear();
        self.lead = super::Lead::default();
        let mut dropped = 0;
        while dropped <= PUMP_LIMIT {
            match self.link.read_now(self.input.room()) {
                Ok(0) => break,
                Ok(n) => dropped += n,
                // Lines that nobody drives, or bytes that were lost: what is to be dropped was.
                Err(_) => dropped += 1,
            }
        }
        let restarted = self.link.transport.restart();
        self.link.outcome(restarted)
    }

    /// Takes in what has arrived, without waiting.
    pub(crate) fn pump(&mut self) -> Result<(), Fault> {
        let mut seen = 0;
        while !self.out_of_step {
            while let Some(word) = self.next_word() {
                self.take_unasked(word);
            }
            // A module that never stops talking must not hold the caller for good.
            if seen > PUMP_LIMIT || self.waits_for_room {
                break;
            }
            let read = self.link.read_now(self.input.room());
            match read.inspect_err(|_| self.out_of_step = true)? {
                0 => {
                    self.end_silent_message();
                    break;
                }
                n => {
                    self.input.filled(n);
                    seen += n;
                }
            }
        }
        Ok(())
    }

    /// As [`pump`](Self::pump), for a caller that will come again: what there is no room for waits in
    /// the transport.
    pub(crate) fn pump_with_patience(&mut self) -> Result<(), Fault> {
        self.may_wait = true;
        let pumped = self.pump();
        self.may_wait = false;
        pumped
    }

    /// Whether something has come for which there is no room yet.
    pub(crate) fn waits_for_room(&self) -> bool {
        self.waits_for_room
    }

    /// Waits for the end of a line that has begun, but not long: one that does not end is garbage.
    pub(crate) fn settle(&mut self) -> Result<(), Fault> {
        self.pump()?;
        if !self.input.pending().is_empty() || self.message.is_some() {
            self.await_line_end()?;
        }
        self.is_settled = true;
        Ok(())
    }

    #[inline(never)]
    fn await_line_end(&mut self) -> Result<(), Fault> {
        self.link.within(CHATTER);
        while !self.out_of_step && (self.message.is_some() || !self.input.pending().is_empty()) {
            match self.fill_within(SILENCE) {
                // A message is as long as it says.
                Ok(()) => self.out_of_step |= self.message.is_none() && self.link.is_late(),
                Err(fault) => {
                    self.out_of_step = true;
                    if fault != Fault::Timeout {
                        return Err(fault);
                    }
                }
            }
            self.pump()?;
        }
        Ok(())
    }

    /// Takes in what comes next, waiting for it up to the deadline: something on which the caller
    /// waits may have happened then.
    pub(crate) fn await_event(&mut self) -> Result<(), Fault> {
        self.is_settled = false;
        let was_set_up = self.session.is_set_up();
        if self.is_out_of_step() {
            self.resync()?;
        }
        if let Some(word) = self.next_word() {
            self.take_unasked(word);
            if self.out_of_step {
                return Err(Fault::Malformed);
            }
        } else {
            // Silence while waiting for an event leaves nothing open; a failure does.
            self.fill(usize::MAX).inspect_err(|&fault| {
                self.out_of_step |= !matches!(fault, Fault::Timeout | Fault::Interrupted);
            })?;
        }
        match was_set_up && !self.session.is_set_up() {
            true => Err(Fault::ModuleReset),
            false => Ok(()),
        }
    }

    /// As [`await_event`](Self::await_event), for a caller that will come again.
    pub(crate) fn await_event_with_patience(&mut self) -> Result<(), Fault> {
        self.may_wait = true;
        let awaited = self.await_event();
        self.may_wait = false;
        awaited
    }

    /// Waits for the module to report that it has started. What is heard before is noise, and so is
    /// what goes wrong: while a module restarts, its lines float.
    pub(crate) fn wait_for_boot(&mut self, timeout: u32) -> Result<(), Fault> {
        self.forget_past();
        self.in_stream = false;
        self.forget_message();
        self.out_of_step = true;
        self.link.within(timeout);
        loop {
            match self.await_word(usize::MAX) {
                // Noise may stand before it, on the same line.
                Ok(Word::Line(_) | Word::Overlong) if self.input.line().ends_with(P::BOOT) => break,
                Ok(word) => self.take_unasked(word),
                Err(Fault::Transport) if !self.link.is_late() => self.link.idle()?,
                Err(fault) => return Err(fault),
            }
        }
        self.out_of_step = false;
        Ok(())
    }

    /// The module speaks with us: what was owed on either side, or left open, is so no more.
    pub(super) fn forget_past(&mut self) {
        self.unwanted = 0;
        self.owed = 0;
        self.unanswered = 0;
        self.doubtful = 0;
        self.paced = false;
        self.unsure = false;
        self.is_loose = false;
        self.attempts = 0;
        self.has_answered = false;
    }

    /// Only a question tells whether the module has restarted.
    pub(super) fn suspect_restart(&mut self) {
        self.out_of_step |= self.session.is_set_up();
    }

    /// Takes what no exchange has asked for.
    pub(super) fn take_unasked(&mut self, word: Word) {
        match word {
            Word::Line(Line::Event | Line::Due | Line::Detail | Line::Echo | Line::Stray)
            | Word::Prompt => {}
            // Of settings that are being made the first are gone.
            Word::Line(Line::Boot) if P::TELLS_START => self.session.doubt(),
            // The answer of a command that is over, or garbage: what else was missed?
            Word::Line(_) => {
                self.out_of_step = true;
                self.session.doubt();
            }
            Word::Ready => self.suspect_restart(),
            Word::Overlong => self.session.lost_line(),
            // A late answer with payload: none of it may be taken for lines.
            Word::Payload => self.drop_payload(P::PAYLOAD_MAX),
            Word::Encoded | Word::Spoilt => self.out_of_step = true,
        }
    }
}
