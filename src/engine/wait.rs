//! What comes while no command is in flight.

use super::Engine;
use super::protocol::{Line, Protocol};
use super::word::Word;
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

/// The line is silent when nothing comes for this long (ms): twenty byte times at 9600 baud.
pub(super) const SILENCE: u32 = 20;

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

    /// Waits for the end of a line that has begun, but not long: one that does not end is garbage.
    pub(crate) fn settle(&mut self) -> Result<(), Fault> {
        self.pump()?;
        while !self.out_of_step && (self.message.is_some() || !self.input.pending().is_empty()) {
            self.link.within(SILENCE);
            match self.fill(usize::MAX) {
                Ok(()) => {}
                Err(fault) => {
                    self.out_of_step = true;
                    if fault != Fault::Timeout {
                        return Err(fault);
                    }
                }
            }
            self.pump()?;
        }
        self.is_settled = true;
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

    /// Waits for the module to report that it has started.
    pub(crate) fn wait_for_boot(&mut self, timeout: u32) -> Result<(), Fault> {
        self.unwanted = 0;
        self.owed = 0;
        self.paced = false;
        self.unanswered = 0;
        self.in_stream = false;
        self.forget_message();
        self.out_of_step = true;
        self.link.within(timeout);
        loop {
            match self.await_word(usize::MAX) {
                Ok(word) if self.take_unasked(word) => {
                    self.out_of_step = false;
                    return Ok(());
                }
                Ok(_) => {}
                // A module that starts may not drive its lines yet.
                Err(Fault::Transport) if !self.link.is_late() => self.link.idle()?,
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Takes what no exchange has asked for. Returns whether it says that the module restarted.
    pub(super) fn take_unasked(&mut self, word: Word) -> bool {
        match word {
            Word::Line(Line::Boot) => return true,
            Word::Line(Line::Event | Line::Detail | Line::Stray) | Word::Prompt => {}
            // The answer of a command that is over, or garbage: what else was missed?
            Word::Line(_) => {
                self.out_of_step = true;
                self.session.doubt();
            }
            Word::Overlong => self.session.lost_line(),
            // A late answer with payload: none of it may be taken for lines.
            Word::Payload => {
                self.unwanted = self.header.count;
                self.out_of_step = true;
            }
            Word::Encoded | Word::Spoilt => self.out_of_step = true,
        }
        false
    }
}
