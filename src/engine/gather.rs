//! A command whose rows are handed over as they come, also behind its `OK`: scans, lists, echoes.

use super::exchange::{Task, Upload};
use super::protocol::Protocol;
use super::word::Word;
use super::{Engine, Lead};
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

/// A row that is not complete with its line end is spoilt if nothing follows it for this long (ms).
const ROW_SILENCE: u32 = 100;

/// What stands at the start of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// No row.
    Other,
    /// A row that goes on behind what is here.
    Part,
    /// A row of so many bytes, with its line end.
    Row(usize),
    /// A line that begins like a row and is none, of which bytes must have been lost.
    Spoilt,
}

/// The values of a row that is a line with this beginning, if it is here as a whole, and its length.
pub(crate) fn line_row<'p>(pending: &'p [u8], beginning: &[u8]) -> Option<(&'p [u8], usize)> {
    let end = pending.iter().position(|&byte| byte == b'\n')?;
    let values = pending.get(..end)?.strip_prefix(beginning)?;
    Some((values.trim_ascii(), end + 1))
}

/// What an operation takes of what the module says.
///
/// It looks at a line before anything else does: a row may hold whatever somebody within reach of the
/// radio likes, line ends and whole events too.
pub(crate) trait Gather {
    /// Says what stands at the start of a line; takes it if it is a whole row.
    fn take(&mut self, pending: &[u8]) -> Head;
    /// A row was spoilt on the way.
    fn miss(&mut self);
    /// The command was answered with `OK`. For so many milliseconds at most, a row may follow where
    /// silence says that there is none.
    fn answered(&mut self) -> Option<u32>;
    /// Whether no row follows.
    fn is_over(&self) -> bool;
    /// Whether what comes next is in the middle of a row, of which a part was taken.
    fn is_within(&self) -> bool {
        false
    }
    /// The module has fallen silent behind a part of a row. How much of that is all there is of it; 0 if
    /// it was spoilt on the way.
    fn cut(&mut self) -> usize {
        0
    }
}

impl<P: Protocol, T: Transport, C: Clock> Engine<'_, P, T, C> {
    /// Sends the composed command, hands over its rows, and returns when they are over.
    pub(crate) fn gather(&mut self, operation: &mut dyn Gather, timeout: u32) -> Result<(), Fault> {
        self.attempt(timeout, |engine| {
            engine.send_command()?;
            engine.take_rows(operation, false).map(|()| 0)
        })
        .map(drop)
    }

    /// Sends the composed command and its payload, and hands over what the module tells behind its answer,
    /// until that is over.
    pub(crate) fn upload_and_gather(
        &mut self,
        payload: &[u8],
        operation: &mut dyn Gather,
        timeout: u32,
    ) -> Result<(), Fault> {
        let mut task = Task::Upload(Upload {
            payload,
            is_receipt_exact: true,
        });
        self.attempt(timeout, |engine| {
            engine.owed = payload.len();
            engine.send_command()?;
            engine.converse(&mut task, false)?;
            engine.take_rows(operation, true).map(|()| 0)
        })
        .map(drop)
    }

    fn take_rows(
        &mut self,
        operation: &mut dyn Gather,
        mut is_answered: bool,
    ) -> Result<(), Fault> {
        let mut ends_in_silence = false;
        while !is_answered || !operation.is_over() {
            let word = match self.await_row(operation) {
                Err(Fault::Timeout) if ends_in_silence => return Ok(()),
                word => word?,
            };
            match word {
                None => {}
                Some(Word::Overlong) => {
                    operation.miss();
                    self.session.lost_line();
                }
                Some(word) => match (self.take_aside(word), is_answered) {
                    (Ok(false), _) => {}
                    (Ok(true), false) => {
                        is_answered = true;
                        if let Some(most) = operation.answered() {
                            ends_in_silence = true;
                            self.link.at_most(most);
                        }
                    }
                    // The answer to something that is over.
                    (Ok(true) | Err(Fault::Refused), true) => return Err(Fault::Malformed),
                    (Err(fault), _) => return Err(fault),
                },
            }
        }
        Ok(())
    }

    /// Takes a row, or waits for another word.
    fn await_row(&mut self, operation: &mut dyn Gather) -> Result<Option<Word>, Fault> {
        loop {
            if self.is_at_line_start() {
                if !operation.is_within() {
                    if let Some(word) = self.skip_blanks() {
                        return Ok(Some(word));
                    }
                }
                let length = match operation.take(self.input.pending()) {
                    Head::Other => 0,
                    Head::Row(length) => length,
                    Head::Part if self.fill_row()? => continue,
                    Head::Part => match operation.cut() {
                        0 => self.miss_row(operation),
                        length => length,
                    },
                    Head::Spoilt => self.miss_row(operation),
                };
                if length > 0 {
                    self.lead = Lead::default();
                    self.input.skip(length);
                    return Ok(None);
                }
            }
            match self.next_word() {
                Some(word) => return Ok(Some(word)),
                None => self.fill(usize::MAX)?,
            }
        }
    }

    /// A row was spoilt; how long the line is that is left of it.
    fn miss_row(&mut self, operation: &mut dyn Gather) -> usize {
        operation.miss();
        self.first_line()
    }

    fn is_at_line_start(&self) -> bool {
        self.unwanted == 0 && self.message.is_none() && !self.input.is_overlong()
    }

    /// Waits for more of a row; whether any came before the module fell silent behind a line end.
    fn fill_row(&mut self) -> Result<bool, Fault> {
        if self.first_line() == 0 {
            return self.fill(usize::MAX).map(|()| true);
        }
        let most = self.link.remaining().min(ROW_SILENCE);
        match self.fill_within(most) {
            Ok(()) => Ok(true),
            Err(Fault::Timeout) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// How long the line is that has arrived, with its end; 0 if it has none.
    fn first_line(&self) -> usize {
        let end = self.input.pending().iter().position(|&byte| byte == b'\n');
        end.map_or(0, |end| end + 1)
    }
}
