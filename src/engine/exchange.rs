//! One command and its reply, with payload in either direction.

use super::buffer::Buffer;
use super::compose::InFlight;
use super::protocol::{Line, Protocol};
use super::word::Word;
use super::{Engine, Lead};
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

/// How long firmware that may have no prompt is given to send one (ms), behind the `OK` that it
/// sends in any case. No source gives a figure; those that have one send it at once.
const PROMPT_WAIT: u32 = 100;

/// What stands before a payload is read in pieces of this size: what comes behind it in the same
/// piece has to be moved.
const HEADER: usize = 24;

/// How long a final result may take (ms) that firmware prints together with an event.
const DUE_WAIT: u32 = 100;

/// How long a module that said `busy` may still answer (ms) before the command counts as dropped.
const BUSY_WAIT: u32 = 1000;

/// What an exchange is for.
pub(crate) enum Task<'t> {
    /// The module does something, and the reply is its result alone.
    Tell,
    /// The lines of the reply that begin like this are rows, each taken by the function; others are
    /// events. With no name, all are rows that may have the command's.
    Rows(&'static str, &'t mut dyn Rows),
    /// Payload is sent at the prompt.
    Upload(Upload<'t>),
    /// At most `limit` bytes of payload are received, straight into `into`; what does not fit there
    /// is dropped.
    Download { into: &'t mut [u8], limit: usize },
}

/// Payload that is sent.
pub(crate) struct Upload<'t> {
    pub(crate) payload: &'t [u8],
    /// Where the module counts what it has received, another number means that bytes were lost.
    pub(crate) is_receipt_exact: bool,
}

/// Takes the rows of a reply.
///
/// A trait of its own, since each `dyn FnMut` costs firmware a function that is never called.
pub(crate) trait Rows {
    /// Takes the line that was taken last from the buffer, of which so many bytes are its name.
    fn take(&mut self, input: &mut Buffer<'_>, name: usize);
}

impl<F: FnMut(&[u8])> Rows for F {
    fn take(&mut self, input: &mut Buffer<'_>, name: usize) {
        self(input.line().get(name..).unwrap_or(&[]));
    }
}

/// Stands for the length of the name of a row that did not fit the buffer.
pub(crate) const OVERLONG: usize = usize::MAX;

/// Keeps the rows in the buffer, unless there are too many of them.
#[derive(Default)]
pub(crate) struct Keep {
    pub(crate) is_full: bool,
}

impl Rows for Keep {
    fn take(&mut self, input: &mut Buffer<'_>, name: usize) {
        self.is_full |= name == OVERLONG || !input.keep();
    }
}

/// Whether a reply is here as a whole.
pub(crate) fn unless_full(is_full: bool) -> Result<(), Fault> {
    match is_full {
        true => Err(Fault::LineBuffer),
        false => Ok(()),
    }
}

/// Hands over rows whose name is part of them, unless one is too long.
pub(crate) struct Each<F> {
    pub(crate) each: F,
    pub(crate) is_full: bool,
}

impl<F: FnMut(&[u8])> Rows for Each<F> {
    fn take(&mut self, input: &mut Buffer<'_>, name: usize) {
        match name {
            OVERLONG => self.is_full = true,
            _ => (self.each)(input.line()),
        }
    }
}

/// How far an exchange has come.
struct Progress {
    /// The prompt has come, and what waited for it has gone out.
    prompted: bool,
    /// A line that nobody knows may have been part of the reply.
    is_suspect: bool,
    /// A row was taken.
    has_rows: bool,
    /// How much payload has come.
    got: Option<usize>,
    /// What stood before the first line behind the payload.
    lead: Option<Lead>,
}

impl<P: Protocol, T: Transport, C: Clock> Engine<'_, P, T, C> {
    /// Sends the composed command and takes its reply up to the final result. Returns how much
    /// payload was received; after a fault nothing of it is to be used.
    ///
    /// A busy module has dropped what it was told. Whether it did, only the way back into step
    /// tells; then the command is sent again.
    pub(crate) fn exchange(&mut self, task: &mut Task<'_>, timeout: u32) -> Result<usize, Fault> {
        self.attempt(timeout, |engine| {
            if let Task::Upload(upload) = &*task {
                // From here to the final result the module may wait for payload, prompt seen or not.
                engine.owed = upload.payload.len();
            }
            engine.send_command()?;
            engine.converse(task, false)
        })
    }

    /// As [`exchange`](Self::exchange) of payload that firmware may take without a prompt for it, behind
    /// the `OK` that it sends in any case.
    pub(crate) fn exchange_unprompted(
        &mut self,
        upload: Upload<'_>,
        timeout: u32,
    ) -> Result<usize, Fault> {
        let payload = upload.payload;
        let mut task = Task::Upload(upload);
        self.attempt(timeout, |engine| {
            engine.owed = payload.len();
            engine.prompt_awaited = true;
            engine.send_command()?;
            while !engine
                .await_word(usize::MAX)
                .and_then(|word| engine.take_aside(word))?
            {}
            let deadline = engine.link.within(PROMPT_WAIT);
            match engine.await_prompt() {
                Ok(()) | Err(Fault::Timeout) => {}
                Err(fault) => return Err(fault),
            }
            engine.link.resume(deadline);
            engine.send_payload(payload)?;
            engine.converse(&mut task, true)
        })
    }

    /// Waits for the prompt.
    pub(super) fn await_prompt(&mut self) -> Result<(), Fault> {
        loop {
            match self.await_word(usize::MAX)? {
                Word::Prompt => return Ok(()),
                word => drop(self.take_aside(word)?),
            }
        }
    }

    /// Takes what is not what an operation waits for. Returns whether it is the answer to its command.
    pub(super) fn take_aside(&mut self, word: Word) -> Result<bool, Fault> {
        match word {
            Word::Line(Line::Ok) => return Ok(true),
            Word::Line(Line::Failed | Line::NotUnderstood) => {
                self.doubtful = core::mem::take(&mut self.owed);
                return Err(Fault::Refused);
            }
            Word::Line(Line::Boot) if P::TELLS_START => {
                self.owed = 0;
                return Err(Fault::ModuleReset);
            }
            Word::Line(Line::Busy) if P::BUSY_RETRIES > 0 => {
                self.busy = true;
                self.link.at_most(BUSY_WAIT);
            }
            Word::Line(Line::Reply) => self.session.stray(self.input.line()),
            word => {
                self.take_unasked(word);
                if self.out_of_step {
                    return Err(Fault::Malformed);
                }
            }
        }
        Ok(false)
    }

    /// Lets `converse` send the composed command and take its reply, again while a busy module drops it.
    pub(super) fn attempt(
        &mut self,
        timeout: u32,
        mut converse: impl FnMut(&mut Self) -> Result<usize, Fault>,
    ) -> Result<usize, Fault> {
        let mut attempts = P::BUSY_RETRIES;
        loop {
            self.begin(timeout)?;
            let result = converse(self);
            let result = self.end(result);
            let is_dropped = matches!(result, Err(Fault::Refused | Fault::Timeout)) && self.busy;
            if attempts == 0 || !is_dropped {
                return self.check_payload(result);
            }
            attempts -= 1;
            self.resync()?;
        }
    }

    /// As [`exchange`](Self::exchange), for a command that somebody else writes to the transport, and
    /// whose reply is kept.
    pub(crate) fn exchange_written(
        &mut self,
        timeout: u32,
        write: impl FnOnce(&mut T) -> Result<(), T::Error>,
    ) -> Result<(), Fault> {
        self.command.begin();
        self.begin(timeout)?;
        let written = write(&mut self.link.transport);
        let mut keep = Keep::default();
        let result = match self.link.outcome(written) {
            Ok(()) => self.converse(&mut Task::Rows("", &mut keep), false),
            Err(fault) => Err(fault),
        };
        self.end(result)?;
        unless_full(keep.is_full)
    }

    /// Sends the composed command, which has no answer.
    pub(crate) fn send_only(&mut self, timeout: u32) -> Result<(), Fault> {
        self.input.forget_kept();
        self.link.within(timeout);
        let sent = self.send_command();
        self.out_of_step |= sent.is_err();
        sent
    }

    /// Sends bytes whose answer nobody takes apart.
    pub(crate) fn write_raw(&mut self, bytes: &[u8], timeout: u32) -> Result<(), Fault> {
        self.out_of_step = true;
        self.link.within(timeout);
        self.link.write(bytes)
    }

    /// Makes sure that what comes next answers the command that is sent next.
    fn begin(&mut self, timeout: u32) -> Result<(), Fault> {
        self.was_set_up = self.session.is_set_up();
        // Events first: what arrived before the command cannot be its reply.
        if !core::mem::take(&mut self.is_settled) {
            self.pump()?;
        }
        if self.is_out_of_step() {
            self.resync()?;
        }
        if self.was_set_up && !self.session.is_set_up() {
            return Err(Fault::ModuleReset);
        }
        self.input.forget_kept();
        self.busy = false;
        self.hears_itself = false;
        self.command.fly(InFlight::Command);
        debug!("> {}", crate::fmt::visible(self.command.get()));
        self.link.within(timeout);
        Ok(())
    }

    #[inline(never)]
    fn end(&mut self, result: Result<usize, Fault>) -> Result<usize, Fault> {
        self.command.fly(InFlight::Nothing);
        self.prompt_awaited = false;
        match result {
            Ok(_) => debug!("< done"),
            Err(fault) => {
                debug!("< {}", crate::fmt::Shown(&fault));
                self.out_of_step |= fault.leaves_answer_open();
            }
        }
        if self.was_set_up && !self.session.is_set_up() {
            // The reply has shown that the module restarted before it heard the command.
            return Err(Fault::ModuleReset);
        }
        result
    }

    pub(super) fn send_command(&mut self) -> Result<(), Fault> {
        self.link.write(self.command.get())
    }

    /// Takes what the module says, up to the final result; payload may be gone out already.
    pub(super) fn converse(&mut self, task: &mut Task<'_>, prompted: bool) -> Result<usize, Fault> {
        let mut progress = Progress {
            prompted,
            is_suspect: false,
            has_rows: false,
            got: None,
            lead: None,
        };
        let mut read_at_most = usize::MAX;
        match task {
            Task::Download { .. } => read_at_most = HEADER,
            Task::Upload(..) | Task::Tell | Task::Rows(..) => {}
        }
        self.prompt_awaited = !prompted && matches!(task, Task::Upload(_));
        loop {
            let word = self.await_word(read_at_most)?;
            let done = match word {
                Word::Line(line) => self.take_line(task, &mut progress, line)?,
                Word::Prompt => {
                    if let Task::Upload(Upload { payload, .. }) = task {
                        progress.prompted = true;
                        self.send_payload(payload)?;
                    }
                    false
                }
                Word::Payload | Word::Encoded => self.take_payload(task, &mut progress, word)?,
                Word::Overlong if matches!(task, Task::Tell | Task::Rows(..)) => {
                    self.take_overlong(task, &mut progress);
                    false
                }
                Word::Ready if progress.got.is_none() => {
                    self.suspect_restart();
                    false
                }
                // Behind payload it may be the rest of that.
                Word::Ready | Word::Overlong | Word::Spoilt => return Err(Fault::Malformed),
            };
            if done {
                return Ok(progress.got.unwrap_or(0));
            }
        }
    }

    /// Takes a line; whether it was the final result.
    #[inline(never)]
    fn take_line(
        &mut self,
        task: &mut Task<'_>,
        progress: &mut Progress,
        line: Line,
    ) -> Result<bool, Fault> {
        // What closes the payload stands before the first line behind it.
        progress.lead.get_or_insert(self.lead_before);
        match (line, task) {
            (Line::Event | Line::Detail | Line::Echo, _) => {}
            (Line::Stray, task) => self.take_stray(task, progress),
            (Line::Ok | Line::Sent, task) => return self.take_success(task, progress, line),
            (Line::Received, Task::Upload(upload))
                if self.session.received() == upload.payload.len() || !upload.is_receipt_exact => {}
            (Line::Reply, Task::Rows(name, each)) if self.is_row(name) => {
                each.take(&mut self.input, name.len());
                progress.has_rows = true;
            }
            // Nothing that belongs to the reply: an event that nobody knows. Behind payload that is not
            // closed by a line end it may be the rest of that.
            (Line::Reply, task)
                if progress.got.is_none()
                    || P::ENDS_PAYLOAD
                    || self.input.line().starts_with(b"+") && self.lead_before.carriage_return =>
            {
                self.session.stray(self.input.line());
                self.take_stray(task, progress);
            }
            (Line::Busy | Line::Due, _) if P::BUSY_RETRIES > 0 => {
                let mut most = DUE_WAIT;
                if line == Line::Busy {
                    self.busy = !progress.prompted;
                    most = BUSY_WAIT;
                }
                self.link.at_most(most);
            }
            (Line::Boot, _) if P::TELLS_START => {
                self.owed = 0;
                return Err(Fault::ModuleReset);
            }
            (Line::Failed | Line::NotUnderstood, task)
                if progress.got.is_none()
                    && !(progress.is_suspect && matches!(task, Task::Download { .. })) =>
            {
                self.doubtful = core::mem::take(&mut self.owed);
                return Err(match progress.prompted {
                    true => Fault::Untaken,
                    false => Fault::Refused,
                });
            }
            _ => return Err(Fault::Malformed),
        }
        Ok(false)
    }

    /// Takes a final result that is good, or looks like one; whether it was.
    fn take_success(
        &mut self,
        task: &mut Task<'_>,
        progress: &mut Progress,
        line: Line,
    ) -> Result<bool, Fault> {
        let is_whole = match task {
            Task::Tell | Task::Rows(..) if line == Line::Ok => {
                self.learn_from_ok();
                progress.has_rows || !progress.is_suspect || matches!(task, Task::Tell)
            }
            Task::Download { into, .. } if line == Line::Ok => match progress.got {
                Some(got) => self.is_closed(into.get(..got).unwrap_or(&[]), progress.lead),
                None => !progress.is_suspect,
            },
            Task::Upload(_) if progress.prompted => {
                self.owed = 0;
                true
            }
            // The firmware says OK before it prompts; that is not the end.
            Task::Upload(_) if line == Line::Ok => return Ok(false),
            _ => false,
        };
        match is_whole {
            true => Ok(true),
            false => Err(Fault::Malformed),
        }
    }

    /// Takes a line that did not fit the buffer: garbage, or an event, or a row that is longer than all
    /// that the driver itself asks for.
    fn take_overlong(&mut self, task: &mut Task<'_>, progress: &mut Progress) {
        match task {
            Task::Rows("", each) if self.looks_like_reply() => each.take(&mut self.input, OVERLONG),
            _ => {
                self.session.lost_line();
                progress.is_suspect = true;
            }
        }
    }

    /// Whether the last line is a row with this name; if it is empty, with that of the command.
    fn is_row(&self, name: &str) -> bool {
        let line = self.input.line();
        match name.is_empty() {
            true => !line.starts_with(b"+") || self.looks_like_reply(),
            false => line.starts_with(name.as_bytes()),
        }
    }

    /// Takes a line that nobody knows: an event, or what is left of a payload of which bytes were lost.
    fn take_stray(&mut self, task: &Task<'_>, progress: &mut Progress) {
        let is_event = !matches!(task, Task::Download { .. })
            && self.input.line().starts_with(b"+")
            && !self.looks_like_reply();
        progress.is_suspect |= !is_event;
    }

    /// Whether the last line may be what is left of the beginning of a reply, which has the command's
    /// name, of which a byte was spoilt, lost or added on the way.
    fn looks_like_reply(&self) -> bool {
        let (line, command) = (self.input.line(), self.command.in_flight());
        let is_behind_name = |byte: &u8| matches!(byte, b'=' | b'?' | b'\r');
        let length = command.iter().position(is_behind_name).unwrap_or(0);
        let name = command.get(b"AT".len()..length);
        let halves = name.and_then(|name| name.split_at_checked(b"+C".len()));
        // A plain `AT` has no name.
        let Some((beginning, end @ [_, ..])) = halves else {
            return false;
        };
        let is_end = |at| {
            line.get(at..)
                .is_some_and(|rest: &[u8]| rest.starts_with(end))
        };
        line.starts_with(beginning) || (0..line.len()).any(is_end)
    }

    /// The prompt is there, or will not come.
    fn send_payload(&mut self, payload: &[u8]) -> Result<(), Fault> {
        self.prompt_awaited = false;
        // What goes out now may be used: it is not sent again.
        self.busy = false;
        trace!("> payload: {} bytes", payload.len());
        self.link.write(payload)
    }

    fn take_payload(
        &mut self,
        task: &mut Task<'_>,
        progress: &mut Progress,
        word: Word,
    ) -> Result<bool, Fault> {
        let count = self.header.count;
        match task {
            Task::Download { into, limit } if count <= *limit && progress.got.is_none() => {
                match self.others {
                    Some(others) if word == Word::Encoded => (others.decode)(self, into)?,
                    _ => self.read_payload(into).inspect_err(|_| self.lose_track())?,
                }
                progress.got = Some(count);
                progress.lead = None;
                Ok(false)
            }
            Task::Download { limit, .. } => {
                let most = *limit;
                self.drop_payload(most);
                Err(Fault::Malformed)
            }
            _ => {
                self.drop_payload(P::PAYLOAD_MAX);
                Err(Fault::Malformed)
            }
        }
    }

    /// What came in with a pause may be the first words of a module that restarted: only the module
    /// knows.
    fn check_payload(&mut self, result: Result<usize, Fault>) -> Result<usize, Fault> {
        if !core::mem::take(&mut self.suspects_restart) {
            return result;
        }
        self.resync()?;
        match self.session.is_set_up() {
            true => result,
            false => Err(Fault::ModuleReset),
        }
    }
}
