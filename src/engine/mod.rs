//! Knows AT, knows no vendor: bytes become lines, prompts and counted payload; a command and its
//! reply become one call.
//!
//! Read in this order: [`link`] (bytes under deadlines), [`buffer`] (lines), [`protocol`] (what a
//! dialect tells the engine about its lines), [`exchange`] (one command and its reply),
//! [`message`] (events with payload), [`resync`] (how a link that lost the thread finds it again).

pub(crate) mod buffer;
pub(crate) mod exchange;
pub(crate) mod link;
mod message;
pub(crate) mod protocol;
mod resync;
pub(crate) mod stream;
pub(crate) mod text;

use crate::clock::{Clock, Deadline};
use crate::error::Error;

use crate::transport::Transport;
use buffer::Buffer;
use link::Link;
use message::{Message, Taken};
use protocol::{Encoding, End, Escape, Line, LineEnd, Payload, Protocol};

/// The link, the line buffer, and what is known about being in step.
pub(crate) struct Engine<'b, T, C> {
    pub(crate) link: Link<T, C>,
    input: Buffer<'b>,
    /// The command in flight, for telling its echo and its reply lines from events.
    command: &'b mut [u8],
    command_len: usize,
    /// The bytes on the wire may belong to something that is over: see `resync`.
    out_of_step: bool,
    /// The module may have understood half a command, and have another answer to come.
    unsure: bool,
    /// Payload bytes that the module may still wait for.
    owed: usize,
    /// Payload was owed, and the module has not answered since: what is sent goes byte by byte.
    paced: bool,
    /// Payload bytes that may still come from the module and belong to nobody.
    unwanted: usize,
    /// The line carries somebody's stream, which ends like this.
    stream: Option<Escape>,
    /// The event with payload that is arriving.
    message: Option<Message>,
    /// There is no room for a message just now, and whoever pumps will come again.
    waits_for_room: bool,
    /// The module said that it was busy during the exchange.
    busy: bool,
    /// A payload came with a pause in it, or not whole.
    suspects_restart: bool,
    /// What stands before the line that is being read, and what stood before the last one.
    lead: Lead,
    lead_before: Lead,
    /// Whether this firmware puts an empty line before `OK`: learned from its answers, used to
    /// notice bytes missing from a payload.
    blank_before_ok: Option<bool>,
    /// The settings of the session were made when the exchange began.
    was_set_up: bool,
    /// Which question `resync` asks next, and how many are without an answer.
    question: u8,
    unanswered: u8,
}

/// The line is silent when nothing comes for this long (ms): twenty byte times at 9600 baud.
const SILENCE: u32 = 20;

/// The most bytes that one `pump` takes in.
const PUMP_LIMIT: usize = 4096;

/// What stands next in the input.
enum Token {
    /// A line, still in the line buffer.
    Line(core::ops::Range<usize>),
    /// A line that did not fit the buffer.
    Overlong,
    /// The module waits for payload.
    Prompt,
    /// This many bytes of payload follow, closed like this.
    Payload(usize, LineEnd),
    /// Text follows that stands for this many bytes of payload.
    Encoded(usize, Encoding),
    /// A message that is not closed as it should be.
    Spoilt,
}

/// The line ends that stand before a line.
#[derive(Clone, Copy, Default)]
struct Lead {
    carriage_return: bool,
    line_feed: bool,
}

impl<'b, T: Transport, C: Clock> Engine<'b, T, C> {
    pub(crate) fn new(transport: T, clock: C, command: &'b mut [u8], input: &'b mut [u8]) -> Self {
        Engine {
            link: Link::new(transport, clock),
            input: Buffer::new(input),
            command,
            command_len: 0,
            // Nobody knows what the module did before.
            out_of_step: true,
            unsure: false,
            owed: 0,
            paced: false,
            unwanted: 0,
            stream: None,
            message: None,
            waits_for_room: false,
            busy: false,
            suspects_restart: false,
            lead: Lead::default(),
            lead_before: Lead::default(),
            blank_before_ok: None,
            was_set_up: false,
            question: 0,
            unanswered: 0,
        }
    }

    pub(crate) fn is_out_of_step(&self) -> bool {
        self.out_of_step || self.unsure
    }

    pub(crate) fn fall_out_of_step(&mut self) {
        self.out_of_step = true;
    }

    /// A refusal was to be expected: no other answer follows.
    pub(crate) fn be_sure(&mut self) {
        self.unsure = false;
    }

    /// Whether the module said `busy` since the last exchange began.
    pub(crate) fn was_busy(&self) -> bool {
        self.busy
    }

    /// Drops what has arrived: it was said before a reset.
    pub(crate) fn discard<S>(&mut self) -> Result<(), Error<T::Error, S>> {
        self.input.clear();
        self.lead = Lead::default();
        let mut dropped = 0;
        while dropped <= PUMP_LIMIT {
            match self.link.read_now(self.input.room())? {
                0 => break,
                n => dropped += n,
            }
        }
        Ok(())
    }

    /// Takes in what has arrived, without waiting. What there is no room for is lost, or, where the
    /// caller `may_wait` and come again, left in the transport.
    pub(crate) fn pump<P: Protocol>(
        &mut self,
        session: &mut P,
        may_wait: bool,
    ) -> Result<(), Error<T::Error, P::Status>> {
        if self.out_of_step {
            return Ok(());
        }
        self.command_len = 0;
        let mut seen = 0;
        self.waits_for_room = false;
        loop {
            while let Some(token) = self.next_token(session, false, may_wait) {
                self.take_unasked(session, token, &[]);
            }
            // A module that never stops talking must not hold the caller for good.
            if self.out_of_step || self.waits_for_room || seen > PUMP_LIMIT {
                return Ok(());
            }
            let n = self
                .link
                .read_now(self.input.room())
                .inspect_err(|_| self.out_of_step = true)?;
            if n == 0 {
                self.end_silent_message(session);
                return Ok(());
            }
            self.input.filled(n);
            seen += n;
        }
    }

    /// Waits for the end of a line that has begun, but not long: one that does not end is garbage.
    pub(crate) fn settle<P: Protocol>(
        &mut self,
        session: &mut P,
    ) -> Result<(), Error<T::Error, P::Status>> {
        self.pump(session, false)?;
        while !self.out_of_step && (self.message.is_some() || !self.input.pending().is_empty()) {
            let silence = self.link.deadline(SILENCE);
            match self.fill(session, silence) {
                Ok(()) => {}
                Err(Error::Timeout) => self.out_of_step = true,
                Err(error) => {
                    self.out_of_step = true;
                    return Err(error);
                }
            }
            self.pump(session, false)?;
        }
        Ok(())
    }

    /// Takes in events until `done` says that it has seen enough, or the deadline passes.
    pub(crate) fn wait_until<P: Protocol>(
        &mut self,
        session: &mut P,
        deadline: Deadline,
        done: &mut dyn FnMut(&mut P) -> bool,
    ) -> Result<(), Error<T::Error, P::Status>> {
        self.command_len = 0;
        let was_set_up = session.is_set_up();
        if self.is_out_of_step() {
            self.resync(session)?;
        }
        loop {
            while let Some(token) = self.next_token(session, false, false) {
                self.take_unasked(session, token, &[]);
                if self.out_of_step {
                    return Err(Error::Malformed);
                }
            }
            if was_set_up && !session.is_set_up() {
                return Err(Error::ModuleReset);
            }
            if done(session) {
                return Ok(());
            }
            // Silence while waiting for an event leaves nothing open; a failure does.
            self.fill(session, deadline).inspect_err(|e| {
                self.out_of_step |= !matches!(e, Error::Timeout | Error::Interrupted)
            })?;
        }
    }

    /// Waits for the module to report that it has started.
    pub(crate) fn wait_for_boot<P: Protocol>(
        &mut self,
        session: &mut P,
        deadline: Deadline,
    ) -> Result<(), Error<T::Error, P::Status>> {
        self.command_len = 0;
        self.unwanted = 0;
        self.owed = 0;
        self.paced = false;
        self.unanswered = 0;
        self.stream = None;
        self.end_message(session, End::Spoilt);
        loop {
            while let Some(token) = self.next_token(session, false, false) {
                if self.take_unasked(session, token, &[]) {
                    self.out_of_step = false;
                    return Ok(());
                }
            }
            self.fill(session, deadline)
                .inspect_err(|_| self.out_of_step = true)?;
        }
    }

    /// A token that no exchange has asked for. Returns whether it says that the module restarted.
    fn take_unasked<P: Protocol>(&mut self, session: &mut P, token: Token, command: &[u8]) -> bool {
        match token {
            Token::Line(at) => match session.line(command, self.input.get(at)) {
                Line::Boot => return true,
                Line::Event | Line::Detail => {}
                // The answer of a command that is over, or garbage: what else was missed?
                _ => {
                    self.out_of_step = true;
                    session.doubt();
                }
            },
            Token::Overlong => session.lost_line(),
            Token::Prompt => {}
            // A late answer with payload: none of it may be taken for lines.
            Token::Payload(n, _) => {
                self.unwanted = n;
                self.out_of_step = true;
            }
            Token::Encoded(..) | Token::Spoilt => self.out_of_step = true,
        }
        false
    }

    /// The next thing in the input, if it is complete. Messages go their own way.
    ///
    /// A prompt is a prompt only where one is awaited; elsewhere it is skipped.
    fn next_token<P: Protocol>(
        &mut self,
        session: &mut P,
        prompt_awaited: bool,
        may_wait: bool,
    ) -> Option<Token> {
        loop {
            match self.take_message(session, may_wait) {
                Taken::All => {}
                Taken::Part => return None,
                Taken::Spoilt => return Some(Token::Spoilt),
            }
            if let Some(word) = self.skip_to_word::<P>(prompt_awaited) {
                return Some(word);
            }
            let command = self.command.get(..self.command_len).unwrap_or(&[]);
            let payload = match self.input.is_overlong() {
                true => Payload::No,
                false => session.payload(command, self.input.pending()),
            };
            match payload {
                Payload::No => break,
                Payload::Incomplete => return None,
                Payload::Counted {
                    header,
                    count,
                    line_end,
                } => {
                    self.input.skip(header);
                    self.lead = Lead::default();
                    return Some(Token::Payload(count, line_end));
                }
                Payload::Encoded {
                    header,
                    count,
                    encoding,
                } => {
                    self.input.skip(header);
                    self.lead = Lead::default();
                    return Some(Token::Encoded(count, encoding));
                }
                Payload::Message { header, text, data } => {
                    let line = self.input.pending().get(..header).unwrap_or(&[]);
                    if !session.begin_message(line, text, data, may_wait) {
                        self.waits_for_room = true;
                        return None;
                    }
                    self.input.skip(header);
                    self.lead = Lead::default();
                    self.begin_message(text.saturating_add(data));
                }
            }
        }
        let line = self.input.line()?;
        self.lead_before = core::mem::take(&mut self.lead);
        Some(if line.overlong {
            Token::Overlong
        } else {
            Token::Line(line.at)
        })
    }

    /// Skips what stands before a line. Some words need no line end behind them.
    fn skip_to_word<P: Protocol>(&mut self, prompt_awaited: bool) -> Option<Token> {
        if self.input.is_overlong() {
            return None;
        }
        let (mut before, mut is_prompt) = (0, false);
        while let Some(&byte) = self.input.pending().get(before) {
            match byte {
                b'\n' => self.lead.line_feed = true,
                b'\r' => self.lead.carriage_return = true,
                byte if byte == P::PROMPT => is_prompt = prompt_awaited,
                byte if Some(byte) == P::READY_PROMPT => {
                    self.input.skip(before);
                    return Some(Token::Line(self.input.skip_one()));
                }
                _ => break,
            }
            before += 1;
            if is_prompt {
                break;
            }
        }
        self.input.skip(before);
        is_prompt.then_some(Token::Prompt)
    }
}
