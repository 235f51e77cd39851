//! What stands next on the line: the only place where lines, prompts and payload are told apart.

use super::Engine;
use super::buffer::Taken;
use super::protocol::{Line, Payload, Protocol};
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

/// A payload has stopped when no byte comes for this long (ms): ST's host driver gives a burst
/// 500 ms (wire notes 8). No module restarts as fast, so what it says then is no payload.
pub(super) const PAYLOAD_SILENCE: u32 = 500;

/// A pause within a payload that is suspicious (ms). The slowest documented rate, 9600 baud,
/// delivers a byte every 1.04 ms.
pub(super) const PAYLOAD_PAUSE: u32 = 100;

/// What stands next on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A line, which can still be read.
    Line(Line),
    /// A line that did not fit the buffer: its beginning can be read.
    Overlong,
    /// The module waits for payload.
    Prompt,
    /// It waits for a command, and prompts for it, which was switched off: it may have restarted, if
    /// this is no noise.
    Ready,
    /// Payload follows, which answers a command.
    Payload,
    /// Text follows that stands for such payload.
    Encoded,
    /// A message that is not closed as it should be.
    Spoilt,
}

/// The line ends that stand before a line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lead {
    pub(super) carriage_return: bool,
    pub(super) line_feed: bool,
}

impl<P: Protocol, T: Transport, C: Clock> Engine<'_, P, T, C> {
    /// The next thing in the input, if it is complete. Messages go their own way.
    pub(super) fn next_word(&mut self) -> Option<Word> {
        loop {
            if self.input.pending().is_empty() || !self.drop_unwanted() {
                return None;
            }
            if let Some(others) = self.others {
                match (others.take)(self) {
                    Ok(()) => {}
                    Err(word) => return word,
                }
            }
            if self.input.is_overlong() {
                break;
            }
            if let Some(word) = self.skip_blanks() {
                return Some(word);
            }
            match self.look_for_payload() {
                Payload::No => break,
                Payload::Incomplete => return None,
                Payload::Counted => return Some(self.begin_payload(Word::Payload)),
                Payload::Encoded => return Some(self.begin_payload(Word::Encoded)),
                Payload::Message => {
                    if let Some(others) = self.others {
                        if !(others.begin)(self) {
                            return None;
                        }
                    }
                }
            }
        }
        let taken = self.input.take_line()?;
        self.lead_before = core::mem::take(&mut self.lead);
        Some(match taken {
            Taken::Whole => Word::Line(self.read_line()),
            Taken::Overlong => Word::Overlong,
        })
    }

    /// What the line is that was taken last.
    fn read_line(&mut self) -> Line {
        let (line, command) = (self.input.line(), self.command.in_flight());
        match self.out_of_step {
            // Its beginning may be lost, and what is here be a text.
            true => trace!("< ?"),
            false => trace!("< {}", crate::fmt::heard(line)),
        }
        // Between what a peer has said, what counts is a result, or an echo of the question.
        if self.is_loose && line != b"OK" && !command.starts_with(line) {
            return Line::Reply;
        }
        let kind = self.session.line(command, line);
        self.unsure |= kind == Line::NotUnderstood;
        self.hears_itself |= kind == Line::Echo;
        kind
    }

    /// Skips what stands before a line. Some words need no line end behind them.
    pub(super) fn skip_blanks(&mut self) -> Option<Word> {
        let mut before = 0;
        let mut word = None;
        for &byte in self.input.pending() {
            match byte {
                b'\n' => self.lead.line_feed = true,
                b'\r' => self.lead.carriage_return = true,
                byte if byte == P::PROMPT => {
                    if self.prompt_awaited {
                        word = Some(Word::Prompt);
                    } else {
                        // It waits for payload that nobody knows of, or not any more.
                        self.owed = P::PAYLOAD_MAX;
                        self.unsure = true;
                    }
                }
                byte if Some(byte) == P::READY_PROMPT => word = Some(Word::Ready),
                _ => break,
            }
            before += 1;
            if word.is_some() {
                break;
            }
        }
        if before > 0 {
            self.input.skip(before);
        }
        word
    }

    fn look_for_payload(&mut self) -> Payload {
        let pending = self.input.pending();
        if pending.first() != Some(&b'+') || self.is_loose {
            return Payload::No;
        }
        match (self.session.payload(pending, &mut self.header), self.others) {
            (Payload::No, Some(others)) => (others.look)(self),
            (Payload::Message, None) => {
                self.drop_message();
                Payload::Message
            }
            (found, _) => found,
        }
    }

    /// The header is read, what follows is payload.
    pub(super) fn begin_payload(&mut self, word: Word) -> Word {
        self.input.skip(self.header.length);
        self.lead = Lead::default();
        word
    }

    /// Somebody used the module before: a message is nobody's. CR LF closes it.
    fn drop_message(&mut self) {
        self.begin_payload(Word::Payload);
        let length = self.header.text.saturating_add(self.header.count);
        self.unwanted = length.min(P::PAYLOAD_MAX) + b"\r\n".len();
        self.session.lose();
    }

    /// Payload comes that nobody wants, at most so much: a greater count is a spoilt one.
    pub(super) fn drop_payload(&mut self, most: usize) {
        self.unwanted = self.header.count.min(most);
        self.out_of_step = true;
        if self.header.count > most {
            self.lose_track();
        }
    }

    /// Payload was not read to its end, or may not have been.
    pub(super) fn lose_track(&mut self) {
        self.out_of_step = true;
        self.is_loose = true;
        self.session.lost_line();
    }

    /// Drops payload that nobody waits for any more, as far as it is here; whether that is all.
    fn drop_unwanted(&mut self) -> bool {
        if self.unwanted > 0 {
            let here = self.input.pending().len().min(self.unwanted);
            self.input.skip(here);
            self.unwanted -= here;
        }
        self.unwanted == 0
    }

    /// The next thing in the input, waiting for it up to the deadline.
    pub(super) fn await_word(&mut self, read_at_most: usize) -> Result<Word, Fault> {
        loop {
            match self.next_word() {
                Some(word) => return Ok(word),
                None => self.fill(read_at_most)?,
            }
        }
    }

    /// Waits for more bytes up to the deadline, or, while payload arrives that no exchange reads, for
    /// as long as a payload may pause: what stops is over.
    pub(super) fn fill(&mut self, read_at_most: usize) -> Result<(), Fault> {
        if let (Some(_), Some(others)) = (self.message, self.others) {
            return (others.fill)(self);
        }
        if self.unwanted == 0 {
            return self.fill_now(read_at_most);
        }
        let deadline = self.link.within(PAYLOAD_SILENCE);
        let filled = self.fill_now(usize::MAX);
        self.link.resume(deadline);
        match filled {
            Err(Fault::Timeout) => {
                self.unwanted = 0;
                self.lose_track();
                Ok(())
            }
            other => other,
        }
    }

    /// The same, but for so many milliseconds.
    #[inline(never)]
    pub(super) fn fill_within(&mut self, milliseconds: u32) -> Result<(), Fault> {
        let deadline = self.link.within(milliseconds);
        let filled = self.fill(usize::MAX);
        self.link.resume(deadline);
        filled
    }

    pub(super) fn fill_now(&mut self, read_at_most: usize) -> Result<(), Fault> {
        let room = self.input.room();
        let most = room.len().min(read_at_most);
        let n = self.link.read(room.get_mut(..most).unwrap_or(&mut []))?;
        self.input.filled(n);
        Ok(())
    }
}
