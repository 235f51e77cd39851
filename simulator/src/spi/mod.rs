//! The SPI of an ST67W611M1: five wires, frames, and the rules of both sides.
//!
//! Written from the source of the firmware: [`link`] is the module's side, [`wires`] are the ends
//! that a host holds.

mod link;
mod wires;

use std::time::Duration;

pub(crate) use link::{Link, Taken};
pub use wires::{SpiBus, SpiChipEn, SpiCs, SpiDelay, SpiRdy, SpiWires};

/// The most payload of a frame: the size of the module's buffers.
pub const SPI_FRAME_MAX: usize = 6144;

/// How the module hangs on its SPI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpiConfig {
    /// The host's clock, in hertz.
    pub clock: u32,
    /// From CS, or from a frame that is queued, to RDY.
    pub arming: Duration,
    /// From the header to the fall of RDY.
    pub acknowledging: Duration,
    /// The least time for which RDY is high.
    pub blind: Duration,
    /// How long the module waits for a free buffer before it stalls the host.
    pub patience: Duration,
    /// In reset and while it starts, RDY is not driven and reads high.
    pub floats: bool,
    /// A host that breaks a rule of the link ends the test: the simulator panics.
    pub is_strict: bool,
    /// The wires are simulated elsewhere: each write to the port is a frame, each frame of the module's a
    /// piece of what it reads. See [`Handle::serve_spi`](crate::Handle::serve_spi).
    pub is_elsewhere: bool,
    /// Each transaction is a remark in the transcript.
    pub is_told: bool,
    /// What goes wrong.
    pub faults: Vec<SpiFault>,
}

impl Default for SpiConfig {
    fn default() -> Self {
        SpiConfig {
            clock: 10_000_000,
            arming: Duration::from_micros(50),
            acknowledging: Duration::from_micros(10),
            blind: Duration::from_micros(70),
            patience: Duration::from_millis(5),
            floats: false,
            is_strict: true,
            is_elsewhere: false,
            is_told: false,
            faults: Vec::new(),
        }
    }
}

/// One fault of the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpiFault {
    /// The transaction it happens in, counted from 0 as RDY rises.
    pub at: u64,
    /// What happens.
    pub kind: SpiFaultKind,
}

impl SpiFault {
    /// A fault in the transaction with this number.
    #[must_use]
    pub fn new(at: u64, kind: SpiFaultKind) -> Self {
        SpiFault { at, kind }
    }
}

/// What happens in a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpiFaultKind {
    /// RDY rises so much later.
    Late(Duration),
    /// RDY never rises again, until a reset.
    Deaf,
    /// RDY does not fall, until a reset.
    Sticks,
    /// RDY is high for one look before it is.
    Glitch,
    /// This and so many transactions after it are stalled: the host's payload is dropped.
    Stall(u64),
    /// A receive buffer is lost, as a frame of another type loses one.
    Leak,
    /// The header begins like this.
    Magic([u8; 2]),
    /// These bits of the length in the header are flipped.
    Length(u16),
    /// A frame of this type, with so many bytes, comes before what the module has to say.
    Other(u8, usize),
    /// These bits of the byte with this number, the header counted in, are flipped on MISO.
    Flip(usize, u8),
    /// The module resets at this point.
    Reset(SpiMoment),
}

/// A moment in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpiMoment {
    /// When RDY would rise.
    Ready,
    /// Before the byte with this number, the header counted in.
    Byte(usize),
    /// When RDY falls.
    Acknowledged,
    /// When CS falls.
    End,
}

/// What has crossed the link so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpiCounts {
    /// Times that RDY rose.
    pub transactions: u64,
    /// Bytes clocked, in each direction at once.
    pub clocked: u64,
    /// Payload bytes of frames to the module.
    pub to_module: u64,
    /// Payload bytes of frames to the host.
    pub to_host: u64,
    /// Times that a payload from the host was dropped.
    pub stalls: u64,
}
