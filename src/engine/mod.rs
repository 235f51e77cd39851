//! Knows AT, knows no vendor: bytes become lines, prompts and counted payload; a command and its
//! reply become one call.
//!
//! Read in this order: [`link`] (bytes under a deadline), [`buffer`] (lines), [`protocol`] (what a
//! dialect tells the engine about its lines), [`word`] (what stands next on the line), [`compose`]
//! (commands), [`exchange`] (one command and its reply), [`gather`] (rows behind it), [`trickle`]
//! (payload that goes out slowly), [`payload`] (counted payload, byte for byte), [`message`] (events
//! with payload), [`resync`] (how a link that lost the thread finds it again).

pub(crate) mod buffer;
pub(crate) mod compose;
pub(crate) mod exchange;
pub(crate) mod gather;
pub(crate) mod link;
mod message;
mod payload;
pub(crate) mod protocol;
mod resync;
pub(crate) mod stream;
pub(crate) mod text;
pub(crate) mod trickle;
mod wait;
mod word;
pub(crate) mod words;

use crate::clock::Clock;
use crate::error::{Fault, Usage};
use crate::transport::Transport;

use buffer::Buffer;
use compose::Command;
use link::Link;
use message::{Message, Others};
use protocol::{Header, Protocol};
use word::Lead;

/// How a payload is left that is not to go on.
type WayOut<E> = fn(&mut E);

/// The link, the line buffer, the session, and what is known about being in step.
///
/// In this order: an instruction of a small core reaches bytes that stand near the beginning, and
/// words that are not far behind, without another that computes where they are.
#[repr(C)]
pub(crate) struct Engine<'b, P, T: Transport, C> {
    /// The bytes on the wire may belong to something that is over: see `resync`.
    out_of_step: bool,
    /// The module may have understood half a command, and have another answer to come.
    unsure: bool,
    /// Payload was owed, or may be, and the module has not answered since: what is sent goes byte by
    /// byte.
    paced: bool,
    /// What comes may be the rest of a payload that was not read to its end: nothing of it counts but
    /// what a peer cannot know, the answer to a question of the driver's.
    is_loose: bool,
    /// The last answer to a question told of the settings of the session.
    is_as_set_up: bool,
    /// The module has answered a question since the link was found out of step.
    has_answered: bool,
    /// The module said that it was busy during the exchange.
    busy: bool,
    /// A payload came with a pause in it, or not whole.
    suspects_restart: bool,
    /// The settings of the session were made when the exchange began.
    was_set_up: bool,
    /// All that had arrived was taken in, and nothing was sent since.
    is_settled: bool,
    /// A prompt is one here; elsewhere it is skipped.
    prompt_awaited: bool,
    /// The line carries somebody's stream.
    in_stream: bool,
    /// Whoever pumps will come again: what there is no room for may wait in the transport.
    may_wait: bool,
    /// There is no room just now for the event with payload that is arriving.
    waits_for_room: bool,
    /// Whether this firmware puts an empty line before `OK`: learned from its answers, used to
    /// notice bytes missing from a payload.
    blank_before_ok: Option<bool>,
    /// What was sent last came back, and nothing was said to it.
    hears_itself: bool,
    /// What stands before the line that is being read, and what stood before the last one.
    lead: Lead,
    lead_before: Lead,
    /// How many attempts were made to get back into step, of those that a module is given.
    attempts: usize,
    /// Which question `resync` has asked last.
    question: u32,
    /// How many questions are without an answer, of those that are not payload by now.
    unanswered: u32,
    /// Payload bytes that the module may still wait for.
    owed: usize,
    /// Payload bytes that it waits for if it prompts for them, though it said that it did not understand.
    doubtful: usize,
    /// Payload bytes that may still come from the module and belong to nobody.
    unwanted: usize,
    pub(crate) link: Link<T, C>,
    input: Buffer<'b>,
    /// The payload that was found last.
    header: Header,
    /// How what only commands of the user's can bring about is taken, once one was sent.
    others: Option<Others<Self>>,
    /// The event with payload that is arriving.
    message: Option<Message>,
    pub(crate) session: P,
    command: Command<'b>,
    /// How a payload is left that a command of the driver's has begun, once there was one that can be.
    way_out: Option<WayOut<Self>>,
}

impl<'b, P: Protocol, T: Transport, C: Clock> Engine<'b, P, T, C> {
    pub(crate) fn new(
        transport: T,
        clock: C,
        command: &'b mut [u8],
        input: &'b mut [u8],
        session: P,
    ) -> Self {
        Engine {
            // Nobody knows what the module did before.
            out_of_step: true,
            unsure: false,
            paced: true,
            is_loose: false,
            has_answered: false,
            hears_itself: false,
            busy: false,
            suspects_restart: false,
            was_set_up: false,
            is_settled: false,
            prompt_awaited: false,
            may_wait: false,
            blank_before_ok: None,
            lead: Lead::default(),
            lead_before: Lead::default(),
            attempts: 0,
            question: P::QUESTIONS,
            unanswered: 0,
            is_as_set_up: false,
            owed: 0,
            doubtful: 0,
            unwanted: 0,
            header: Header::default(),
            in_stream: false,
            others: None,
            message: None,
            way_out: None,
            waits_for_room: false,
            command: Command::new(command),
            input: Buffer::new(input),
            session,
            link: Link::new(transport, clock),
        }
    }

    /// The command that is sent next.
    pub(crate) fn command(&mut self) -> &mut Command<'b> {
        &mut self.command
    }

    /// Why a composed command must not be sent.
    pub(crate) fn check_command(&mut self) -> Result<(), Usage> {
        self.command.check()
    }

    pub(crate) fn is_out_of_step(&self) -> bool {
        self.out_of_step || self.unsure
    }

    /// What came makes no sense: whatever is said next, something was lost.
    pub(crate) fn malformed(&mut self) -> Fault {
        self.out_of_step = true;
        Fault::Malformed
    }

    pub(crate) fn fall_out_of_step(&mut self) {
        self.out_of_step = true;
    }

    /// The module is known.
    #[cfg(test)]
    pub(crate) fn be_in_step(&mut self) {
        self.out_of_step = false;
    }

    /// Whether the last command came back as it was sent.
    pub(crate) fn hears_itself(&self) -> bool {
        self.hears_itself
    }

    /// Whether the module has said that it was busy when it was told the last command.
    pub(crate) fn was_busy(&self) -> bool {
        self.busy
    }

    /// Whether something has begun to come and not ended: a line, or what stands before one.
    pub(crate) fn has_begun(&self) -> bool {
        let Lead {
            carriage_return,
            line_feed,
        } = self.lead;
        carriage_return || line_feed || self.is_loose || !self.input.pending().is_empty()
    }

    /// A refusal was to be expected: no other answer follows.
    pub(crate) fn be_sure(&mut self) {
        self.unsure = false;
    }

    /// Whose payload was received last, where the module has said so.
    pub(crate) fn owner(&self) -> u32 {
        self.header.socket as u32
    }

    /// The lines that the last exchange kept.
    pub(crate) fn reply(&self) -> &[u8] {
        self.input.kept()
    }
}
