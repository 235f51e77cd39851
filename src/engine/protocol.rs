//! What a dialect tells the engine about the lines on its wire.

/// What a line is, given the command that is in flight.
///
/// The dialect decides it in one place, also where a reply and an event share their name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Line {
    /// The final result: done.
    Ok,
    /// The final result of a command with payload: the module has taken it.
    Sent,
    /// The final result: refused, for the reason that the session has noted.
    Failed,
    /// The same, and it may be that the module did not understand what it was told: bytes may have
    /// been lost or added on the way, and another answer may follow.
    NotUnderstood,
    /// The module had no time for the command and dropped it, or part of what was sent.
    Busy,
    /// The module counts the payload bytes it has received; the session has noted how many.
    Received,
    /// The module has restarted.
    Boot,
    /// Something the module tells on its own; the session has taken note.
    Event,
    /// The same; and if it is the doing of the command in flight, the final result follows at once.
    Due,
    /// A part of the conversation that needs no further attention: an error code that
    /// the final result will carry.
    Detail,
    /// What was sent itself.
    Echo,
    /// Part of the reply to the command in flight, or nothing that the dialect knows.
    Reply,
    /// Nobody knows it, or it makes no sense: an event, or garbage. The session has taken note.
    Stray,
}

/// Whether the input stands before payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Payload {
    /// It does not.
    No,
    /// It may; more bytes will tell.
    Incomplete,
    /// It stands before counted payload, which answers a command.
    Counted,
    /// Before text that stands for payload, which answers a command.
    Encoded,
    /// Before payload that nobody has asked for, closed by CR LF: an event.
    Message,
}

/// What stands before payload, and how long both are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Length of what stands before the payload.
    pub length: usize,
    /// Of a message, the part of the payload that makes no sense apart from the header: a topic.
    pub text: usize,
    /// Whose payload it is, where the module says so.
    pub socket: usize,
    /// Length of the payload.
    pub count: usize,
    /// Counted payload has a line end behind it, as the header looks; the firmware may do otherwise. What should
    /// close payload and does not follow tells that bytes of it were lost.
    pub has_line_end: bool,
    /// How text stands for payload.
    pub encoding: Option<Encoding>,
}

/// How text stands for payload, byte after byte.
#[derive(Clone, Copy, Debug)]
pub struct Encoding {
    /// Tells the payload byte that the text begins with.
    pub decode: fn(&[u8]) -> Decoded,
    /// What stands behind the text, and has CR LF behind it.
    pub closing: u8,
}

impl PartialEq for Encoding {
    fn eq(&self, other: &Self) -> bool {
        self.closing == other.closing
    }
}

impl Eq for Encoding {}

/// What encoded text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// This byte, for which so many bytes of the text stand.
    Byte(u8, usize),
    /// More of the text will tell.
    Incomplete,
    /// No byte.
    Nonsense,
}

/// Whether a module asks for the data that a command has announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// It does; not a byte goes out before.
    Always,
    /// By the reference it does, but firmware says `OK` and waits in silence.
    Perhaps,
}

/// How a stream that a command has begun, and that is all that goes over the line, is ended.
#[derive(Clone, Copy, Debug)]
pub struct Escape {
    /// What ends it, if it stands alone.
    pub sequence: &'static [u8],
    /// Silence before it, in milliseconds, that makes it stand alone.
    pub guard: u32,
    /// What the module may answer to it, with its line ends.
    pub answer: &'static [u8],
    /// How long the module takes no command behind it, in milliseconds.
    pub rest: u32,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the last byte that was announced, and the line end behind it.
    Whole,
    /// Before it: the module fell silent.
    Short,
    /// Something else stands where the line end should: bytes were lost or added on the way.
    Spoilt,
}

/// The dialect's words and the session's memory, as the engine sees them.
pub(crate) trait Protocol {
    /// The character with which the module asks for payload.
    const PROMPT: u8;
    /// The character with which the module asks for a command, if it does.
    const READY_PROMPT: Option<u8>;
    /// Whether a line tells that the module has started, and nothing else.
    const TELLS_START: bool = Self::READY_PROMPT.is_none();
    /// Milliseconds between the bytes that are sent where payload may be owed; 0 for all at once.
    const OWED_PACE: u32;
    /// The most payload bytes that go over the line at once, either way.
    const PAYLOAD_MAX: usize;
    /// Behind counted payload there always is a line end that is none of it.
    const ENDS_PAYLOAD: bool;
    /// How often a command is sent again that a busy module has dropped, as it says; 0 if none ever says so.
    const BUSY_RETRIES: usize;
    /// What a module says last when it has started.
    const BOOT: &'static [u8];
    /// How a stream is ended that a spoilt command of the driver may have begun.
    const ESCAPE: Option<Escape>;
    /// What makes a module answer as it does from its start, if a spoilt command has made it answer otherwise.
    const VERBOSE: &'static [u8];
    /// How many questions there are.
    const QUESTIONS: u32;
    /// The one whose answer tells nothing of the settings, while others' do.
    const MUTE_QUESTION: Option<u32>;

    /// Takes a line, with the command in flight (empty if there is none).
    fn line(&mut self, command: &[u8], line: &[u8]) -> Line;
    /// The count of the last [`Line::Received`].
    fn received(&self) -> usize;
    /// Takes note of a line that nobody knows.
    fn stray(&mut self, line: &[u8]);
    /// Looks for what stands before payload at the start of a line, and describes it.
    fn payload(&self, pending: &[u8], header: &mut Header) -> Payload;
    /// The same for payload that only commands of the user's ask for, with the command in flight.
    fn other_payload(&self, command: &[u8], pending: &[u8], header: &mut Header) -> Payload;
    /// Takes the header of a message, of which `text` and `data` bytes follow. Where it `may_wait`
    /// and there is no room yet, it is refused: `false`.
    fn begin_message(&mut self, header: &[u8], text: usize, data: usize, may_wait: bool) -> bool;
    /// Takes payload of the message, all of it unless it `may_wait` for room. Returns how much.
    fn extend_message(&mut self, payload: &[u8], may_wait: bool) -> usize;
    /// The message has ended.
    fn end_message(&mut self, end: End);
    /// A question that no other command of the driver asks, with its line end.
    fn question(n: u32) -> &'static [u8];
    /// What `line` says to question `n`, if it is the answer: whether the module is as the driver has
    /// set it up. If not, it restarted and nobody saw it.
    fn answer(n: u32, line: &[u8]) -> Option<bool>;
    /// Whether there are events, and no room for so many bytes more.
    fn is_full(&self, bytes: usize) -> bool;
    /// An event could not be kept.
    fn lose(&mut self);
    /// A line was longer than the line buffer and is gone.
    fn lost_line(&mut self);
    /// A notice may have been missed: the module must be asked before the table is trusted.
    fn doubt(&mut self);
    /// The module turned out to have restarted.
    fn restarted(&mut self);
    /// Whether the settings of the session are made, and not lost since.
    fn is_set_up(&self) -> bool;
}
