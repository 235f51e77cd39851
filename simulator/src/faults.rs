//! The knobs for everything that can go wrong between a host and its module.

use std::time::Duration;

/// What goes wrong; by default nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The largest piece that one `read` of the host returns.
    pub fragment: Fragment,
    /// Faults of the line from the module to the host.
    pub to_host: Vec<Fault>,
    /// Faults of the line from the host to the module.
    pub to_module: Vec<Fault>,
    /// Makes the module print these bytes in the gap with this number, counted from 0 since it was
    /// switched on.
    ///
    /// A gap is every place of its output where firmware may print an event: before and after a
    /// line, between `OK` and the prompt, behind the prompt while payload is awaited, between
    /// counted data and `OK`. There is none inside a line or a payload.
    pub event_in_gap: Option<(u64, Vec<u8>)>,
    /// Command lines, numbered from 0 as they are received, that are dropped: by an ST67W611M1 with
    /// `busy p...`, by a PIC32MZW1 without a word.
    pub busy: Vec<u64>,
    /// Command lines, numbered the same way, that are answered so much later.
    pub late: Vec<(u64, Duration)>,
    /// Size of the host's receive FIFO if nothing holds the module back: a byte that finds it full
    /// is lost, and the next `read` reports the overrun.
    pub fifo: Option<usize>,
    /// The peer's close arrives right behind its last data, so that both events come in one piece.
    pub close_behind_data: bool,
    /// Each write of the firmware arrives as a piece of its own instead of running together with
    /// what else is there.
    pub split_writes: bool,
    /// When a peer closes, what it sent and nobody has read yet is thrown away.
    pub clear_on_close: bool,
    /// While a PIC32MZW1 with firmware 0.3.2 prints binary data of more than 128 bytes, it does not
    /// notice what happens on its sockets, as in truth it does not with bad luck.
    pub deaf_while_reading: bool,
    /// An ST67W611M1 takes the payload of an MQTT message for a text: what it publishes with
    /// `AT+MQTTPUBRAW`, and what it prints in `+MQTT:SUBRECV`, ends in front of the first zero byte,
    /// whatever length was told. Firmware 2.0.75 does that without being asked.
    pub cut_messages_at_zero: bool,
    /// All files of an ST67W611M1 together have room for so many bytes: what does not fit cannot be
    /// created or written. Otherwise, there is room for everything.
    pub flash_room: Option<usize>,
    /// Writes to files, numbered from 0 since the module was made, that an ST67W611M1 fails to do when it
    /// has taken the payload.
    pub failed_writes: Vec<u64>,
    /// Each change of a file takes an ST67W611M1 so long. If it resets meanwhile, nothing has changed.
    pub slow_flash: Duration,
    /// What goes wrong while an ST67W611M1 writes an update to its flash.
    pub update: UpdateFaults,
}

/// What goes wrong while an update is written to flash, which nobody is told before its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateFaults {
    /// The part with this number, counted from 0 in each update, cannot be written.
    pub fails_at: Option<usize>,
    /// What is written is not what was sent.
    pub is_spoilt: bool,
    /// How long each part takes.
    pub write: Duration,
}

/// The largest piece that one `read` of the host returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fragment {
    /// All that is there.
    #[default]
    Whole,
    /// At most so many bytes.
    Every(usize),
    /// At random between one byte and so many.
    Random(usize),
}

/// One fault of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The byte it happens to, counted from 0 in that direction since the module was switched on.
    pub at: u64,
    /// What happens.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that happens to the byte with this number.
    #[must_use]
    pub fn new(at: u64, kind: FaultKind) -> Self {
        Fault { at, kind }
    }
}

/// What happens to a byte on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// So many bytes are lost, this one first.
    Drop(usize),
    /// The byte arrives with these bits flipped.
    Corrupt(u8),
    /// The byte, and with it all behind it, arrives so much later.
    Delay(Duration),
    /// These bytes arrive in front of it.
    Insert(Vec<u8>),
    /// The module resets right after it; what it had still to say is lost.
    Reset,
    /// Everything in this direction is lost for so long, this byte first.
    Cut(Duration),
}
