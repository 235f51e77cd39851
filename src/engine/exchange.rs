//! One command and its reply, with payload in either direction.

use embedded_io::ErrorType;

use super::protocol::{Decoded, Encoding, Line, LineEnd, Prompt, Protocol};
use super::{Engine, Lead, Token};
use crate::clock::{Clock, Deadline};
use crate::error::{Error, Resource};
use crate::transport::Transport;

/// A payload has stopped when no byte comes for this long (ms): ST's host driver gives a burst
/// 500 ms (wire notes 8). No module restarts as fast, so what it says then is no payload.
pub(super) const PAYLOAD_SILENCE: u32 = 500;

/// A pause within a payload that is suspicious (ms). The slowest documented rate, 9600 baud,
/// delivers a byte every 1.04 ms.
pub(super) const PAYLOAD_PAUSE: u32 = 100;

/// How long firmware that may have no prompt is given to send one (ms), behind the `OK` that it
/// sends in any case. No source gives a figure; those that have one send it at once.
const PROMPT_WAIT: u32 = 100;

/// What stands before a payload is read in pieces of this size: what comes behind it in the same
/// piece has to be moved.
const HEADER: usize = 24;

/// How long a module that said `busy` may still answer (ms) before the command counts as dropped.
const BUSY_WAIT: u32 = 1000;

type ErrorOf<T, P> = Error<<T as ErrorType>::Error, <P as Protocol>::Status>;

/// What to do with the lines of a reply.
pub(crate) enum Reply<'f> {
    /// Keep them in the line buffer for [`Engine::reply`].
    Keep,
    /// Hand each to this function.
    Lines(&'f mut dyn FnMut(&[u8])),
}

impl Reply<'_> {
    /// The same for another attempt.
    pub(crate) fn reborrow(&mut self) -> Reply<'_> {
        match self {
            Reply::Keep => Reply::Keep,
            Reply::Lines(each) => Reply::Lines(&mut **each),
        }
    }
}

impl<'b, T: Transport, C: Clock> Engine<'b, T, C> {
    /// Lets `write` put a command into the command buffer; it returns how long it is.
    pub(crate) fn compose(&mut self, write: impl FnOnce(&mut [u8]) -> usize) {
        let n = write(self.command);
        self.command_len = n.min(self.command.len());
    }

    /// Sends bytes whose answer nobody takes apart.
    pub(crate) fn write_raw<S>(
        &mut self,
        bytes: &[u8],
        timeout: u32,
    ) -> Result<(), Error<T::Error, S>> {
        self.out_of_step = true;
        let deadline = self.link.deadline(timeout);
        self.link.write(bytes, deadline)
    }

    /// The lines that the last exchange kept.
    pub(crate) fn reply(&self) -> &[u8] {
        self.input.kept()
    }

    /// Sends the composed command and takes its reply up to the final result.
    pub(crate) fn exchange<P: Protocol>(
        &mut self,
        session: &mut P,
        reply: Reply<'_>,
        timeout: u32,
    ) -> Result<(), ErrorOf<T, P>> {
        let deadline = self.begin(session, timeout)?;
        let result = self
            .send_command(deadline)
            .and_then(|()| self.final_result(session, reply, deadline));
        self.end(session, result)
    }

    /// Sends the composed command, which has no answer.
    pub(crate) fn send_only<S>(&mut self, timeout: u32) -> Result<(), Error<T::Error, S>> {
        self.input.forget_kept();
        let deadline = self.link.deadline(timeout);
        let result = self.send_command(deadline);
        self.out_of_step |= result.is_err();
        result
    }

    /// As [`exchange`](Self::exchange), for a command that somebody else writes to the transport.
    pub(crate) fn exchange_written<P: Protocol>(
        &mut self,
        session: &mut P,
        timeout: u32,
        write: impl FnOnce(&mut T) -> Result<(), T::Error>,
    ) -> Result<(), ErrorOf<T, P>> {
        let deadline = self.begin(session, timeout)?;
        let result = write(&mut self.link.transport)
            .map_err(Error::Transport)
            .and_then(|()| self.final_result(session, Reply::Keep, deadline));
        self.end(session, result)
    }

    /// Sends the composed command and, at the prompt, the payload.
    pub(crate) fn upload<P: Protocol>(
        &mut self,
        session: &mut P,
        payload: &[u8],
        prompt: Prompt,
        is_receipt_exact: bool,
        timeout: u32,
    ) -> Result<(), ErrorOf<T, P>> {
        let deadline = self.begin(session, timeout)?;
        let result = self.upload_payload(session, payload, prompt, is_receipt_exact, deadline);
        self.end(session, result)
    }

    /// Sends the composed command and reads the payload of its reply, at most `limit` bytes,
    /// straight into `into`; what does not fit there is dropped.
    ///
    /// Returns how many bytes it was. After an error nothing in `into` is to be used.
    pub(crate) fn download<P: Protocol>(
        &mut self,
        session: &mut P,
        limit: usize,
        into: &mut [u8],
        timeout: u32,
    ) -> Result<usize, ErrorOf<T, P>> {
        let deadline = self.begin(session, timeout)?;
        let result = self
            .send_command(deadline)
            .and_then(|()| self.download_payload(session, limit, into, deadline));
        let result = self.end(session, result);
        if core::mem::take(&mut self.suspects_restart) {
            // Only the module knows.
            self.resync(session)?;
            return if session.is_set_up() {
                result
            } else {
                Err(Error::ModuleReset)
            };
        }
        result
    }

    pub(super) fn begin<P: Protocol>(
        &mut self,
        session: &mut P,
        timeout: u32,
    ) -> Result<Deadline, ErrorOf<T, P>> {
        let command_len = self.command_len;
        self.was_set_up = session.is_set_up();
        // Events first: what arrived before the command cannot be its reply.
        self.pump(session, false)?;
        if self.is_out_of_step() {
            self.resync(session)?;
        }
        if self.was_set_up && !session.is_set_up() {
            return Err(Error::ModuleReset);
        }
        self.command_len = command_len;
        self.input.forget_kept();
        self.busy = false;
        debug!(
            "> {}",
            crate::fmt::visible(self.command.get(..self.command_len).unwrap_or(&[]))
        );
        Ok(self.link.deadline(timeout))
    }

    pub(super) fn end<R, P: Protocol>(
        &mut self,
        session: &P,
        result: Result<R, ErrorOf<T, P>>,
    ) -> Result<R, ErrorOf<T, P>> {
        self.command_len = 0;
        match &result {
            Ok(_) => debug!("< done"),
            Err(error) => {
                debug!("< {}", crate::fmt::Shown(error));
                self.out_of_step |= error.leaves_answer_open();
            }
        }
        if self.was_set_up && !session.is_set_up() {
            // The reply has shown that the module restarted before it heard the command.
            return Err(Error::ModuleReset);
        }
        result
    }

    pub(super) fn send_command<S>(&mut self, deadline: Deadline) -> Result<(), Error<T::Error, S>> {
        self.link.write(
            self.command.get(..self.command_len).unwrap_or(&[]),
            deadline,
        )
    }

    fn final_result<P: Protocol>(
        &mut self,
        session: &mut P,
        mut reply: Reply<'_>,
        mut deadline: Deadline,
    ) -> Result<(), ErrorOf<T, P>> {
        let mut overlong = false;
        loop {
            let at = match self.token(session, false, deadline)? {
                Token::Line(at) => at,
                Token::Overlong => {
                    overlong = true;
                    continue;
                }
                Token::Prompt => continue,
                Token::Payload(n, _) => {
                    self.unwanted = n;
                    return Err(Error::Malformed);
                }
                // What of the answer was taken for payload?
                Token::Encoded(..) | Token::Spoilt => return Err(Error::Malformed),
            };
            match self.line(session, at.clone()) {
                Line::Ok if overlong => return Err(Error::Resource(Resource::LineBuffer)),
                Line::Ok => {
                    self.blank_before_ok = Some(self.lead_before.line_feed);
                    return Ok(());
                }
                Line::Failed(status) | Line::NotUnderstood(status) => {
                    return Err(Error::Module(status));
                }
                Line::Boot => return Err(Error::ModuleReset),
                Line::Busy(_) => deadline = self.after_busy(deadline),
                Line::Event | Line::Detail => {}
                Line::Reply => match &mut reply {
                    Reply::Keep => self.input.keep(at),
                    Reply::Lines(each) => each(self.input.get(at)),
                },
                Line::Sent | Line::Received(_) | Line::Unknown => return Err(Error::Malformed),
            }
        }
    }

    fn upload_payload<P: Protocol>(
        &mut self,
        session: &mut P,
        payload: &[u8],
        prompt: Prompt,
        is_receipt_exact: bool,
        mut deadline: Deadline,
    ) -> Result<(), ErrorOf<T, P>> {
        self.send_command(deadline)?;
        // From here to the final result the module may wait for payload, prompt seen or not.
        self.owed = payload.len();
        let mut prompted = false;
        let mut prompt_due = None;
        loop {
            let token = match self.token(session, !prompted, prompt_due.unwrap_or(deadline)) {
                Err(Error::Timeout) if prompt_due.is_some() => Token::Prompt,
                token => token?,
            };
            let at = match token {
                Token::Line(at) => at,
                Token::Prompt if !prompted => {
                    prompted = true;
                    prompt_due = None;
                    // What goes out now may be used: it is not sent again.
                    self.busy = false;
                    trace!("> payload: {} bytes", payload.len());
                    self.link.write(payload, deadline)?;
                    continue;
                }
                Token::Prompt => continue,
                Token::Overlong | Token::Encoded(..) | Token::Spoilt => {
                    return Err(Error::Malformed);
                }
                Token::Payload(n, _) => {
                    self.unwanted = n;
                    return Err(Error::Malformed);
                }
            };
            match self.line(session, at) {
                // The firmware says OK before it prompts; that is not the end.
                Line::Ok if !prompted => {
                    if prompt == Prompt::Perhaps {
                        prompt_due = Some(self.link.deadline(PROMPT_WAIT));
                    }
                }
                Line::Ok | Line::Sent if prompted => break,
                Line::Received(n) if n == payload.len() || !is_receipt_exact => {}
                Line::Failed(status) | Line::NotUnderstood(status) => {
                    self.owed = 0;
                    return Err(Error::Module(status));
                }
                Line::Boot => {
                    self.owed = 0;
                    return Err(Error::ModuleReset);
                }
                Line::Busy(_) => {
                    deadline = self.after_busy(deadline);
                    self.busy = !prompted;
                }
                Line::Event | Line::Detail => {}
                _ => return Err(Error::Malformed),
            }
        }
        self.owed = 0;
        Ok(())
    }

    fn download_payload<P: Protocol>(
        &mut self,
        session: &mut P,
        limit: usize,
        into: &mut [u8],
        mut deadline: Deadline,
    ) -> Result<usize, ErrorOf<T, P>> {
        let (mut got, mut closing, mut lead) = (None, None, None);
        loop {
            let at = match self.token_in_reads(HEADER, session, false, deadline)? {
                Token::Line(at) => at,
                Token::Payload(n, line_end) => {
                    if n > limit || got.is_some() {
                        self.unwanted = n;
                        return Err(Error::Malformed);
                    }
                    trace!("< payload: {} bytes", n);
                    let kept = n.min(into.len());
                    self.read_payload(into.get_mut(..kept).unwrap_or(&mut []))?;
                    for _ in kept..n {
                        self.read_payload(&mut [0])?;
                    }
                    if line_end == LineEnd::Always {
                        self.read_line_end()?;
                    }
                    got = Some(n);
                    closing = Some(line_end);
                    lead = None;
                    continue;
                }
                Token::Encoded(n, encoding) => {
                    let place = into.get_mut(..n).filter(|_| n <= limit && got.is_none());
                    self.read_encoded(place.ok_or(Error::Malformed)?, encoding)?;
                    got = Some(n);
                    continue;
                }
                Token::Prompt => continue,
                Token::Overlong | Token::Spoilt => return Err(Error::Malformed),
            };
            // What closes the payload stands before the first line behind it.
            let lead = *lead.get_or_insert(self.lead_before);
            match self.line(session, at) {
                Line::Ok => {
                    let n = got.unwrap_or(0);
                    let payload = into.get(..n).unwrap_or(&[]);
                    return if self.is_whole(payload, closing, lead) {
                        Ok(n)
                    } else {
                        Err(Error::Malformed)
                    };
                }
                Line::Failed(status) | Line::NotUnderstood(status) if got.is_none() => {
                    return Err(Error::Module(status));
                }
                Line::Boot => return Err(Error::ModuleReset),
                Line::Busy(_) => deadline = self.after_busy(deadline),
                Line::Event | Line::Detail => {}
                _ => return Err(Error::Malformed),
            }
        }
    }

    /// Whether payload is closed as it should be: one of which bytes were lost on the way has
    /// eaten what stood behind it. `lead` is what stood before the first line behind it, the
    /// `OK` has been read last.
    fn is_whole(&self, payload: &[u8], closing: Option<LineEnd>, lead: Lead) -> bool {
        match closing {
            Some(LineEnd::Always) => self
                .blank_before_ok
                .is_none_or(|blank| blank == self.lead_before.line_feed),
            Some(LineEnd::Likely) if lead.line_feed => {
                lead.carriage_return || !payload.ends_with(b"\r")
            }
            Some(LineEnd::Likely) => !payload.ends_with(b"\n"),
            Some(LineEnd::Unlikely) | None => true,
        }
    }

    /// Reads counted payload, byte for byte, whatever it looks like.
    fn read_payload<S>(&mut self, into: &mut [u8]) -> Result<(), Error<T::Error, S>> {
        let mut done = self.input.take(into);
        while done < into.len() {
            let silence = self.link.deadline(PAYLOAD_SILENCE);
            let rest = into.get_mut(done..).unwrap_or(&mut []);
            let read = self.link.read(rest, silence);
            // What interrupts a payload may be a restart, whose first words end up in it.
            self.suspects_restart |= self.link.remaining(silence) + PAYLOAD_PAUSE < PAYLOAD_SILENCE;
            match read {
                Ok(n) => done += n,
                Err(error) => {
                    self.unwanted = into.len() - done;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Reads the text that stands for payload, with what closes it.
    fn read_encoded<S>(
        &mut self,
        into: &mut [u8],
        encoding: Encoding,
    ) -> Result<(), Error<T::Error, S>> {
        trace!("< payload: {} bytes, encoded", into.len());
        for place in into {
            *place = loop {
                match (encoding.decode)(self.input.pending()) {
                    Decoded::Byte(byte, length) => {
                        self.input.skip(length);
                        break byte;
                    }
                    Decoded::Incomplete => {
                        let silence = self.link.deadline(PAYLOAD_SILENCE);
                        let n = self.link.read(self.input.room(), silence)?;
                        self.input.filled(n);
                    }
                    Decoded::Nonsense => return Err(Error::Malformed),
                }
            };
        }
        let mut closing = [0];
        self.read_payload(&mut closing)?;
        if closing != [encoding.closing] {
            return Err(Error::Malformed);
        }
        self.read_line_end()
    }

    fn read_line_end<S>(&mut self) -> Result<(), Error<T::Error, S>> {
        let mut line_end = [0; 2];
        self.read_payload(&mut line_end)?;
        match &line_end {
            b"\r\n" => Ok(()),
            _ => Err(Error::Malformed),
        }
    }

    /// The next thing in the input, waiting for it up to the deadline.
    pub(super) fn token<P: Protocol>(
        &mut self,
        session: &mut P,
        prompt_awaited: bool,
        deadline: Deadline,
    ) -> Result<Token, ErrorOf<T, P>> {
        self.token_in_reads(usize::MAX, session, prompt_awaited, deadline)
    }

    /// The same, in reads of at most so many bytes.
    fn token_in_reads<P: Protocol>(
        &mut self,
        at_most: usize,
        session: &mut P,
        prompt_awaited: bool,
        deadline: Deadline,
    ) -> Result<Token, ErrorOf<T, P>> {
        loop {
            match self.next_token(session, prompt_awaited, false) {
                Some(token) => return Ok(token),
                None => self.fill_at_most(at_most, session, deadline)?,
            }
        }
    }

    pub(super) fn line<P: Protocol>(
        &mut self,
        session: &mut P,
        at: core::ops::Range<usize>,
    ) -> Line<P::Status> {
        let command = self.command.get(..self.command_len).unwrap_or(&[]);
        let line = self.input.get(at);
        trace!("< {}", crate::fmt::visible(line));
        let kind = session.line(command, line);
        self.unsure |= matches!(kind, Line::NotUnderstood(_));
        kind
    }

    pub(super) fn after_busy(&mut self, deadline: Deadline) -> Deadline {
        self.busy = true;
        let soon = self.link.deadline(BUSY_WAIT);
        if soon.ends_before(deadline) {
            soon
        } else {
            deadline
        }
    }
}
