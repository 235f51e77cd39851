//! The SPI of an ST67W611M1: frames on five wires, as a stream of bytes.
//!
//! A transaction lasts from CS high to CS low. In it both sides send a header of eight bytes and a
//! payload, at the same time:
//!
//! ```text
//! CS   __/----------------------------\__   raised by the host, whoever has something to say
//! RDY  _____/------------------\_________   raised when the module is ready, lowered behind the header
//! MOSI       header | payload, padded
//! MISO       header | payload, padded
//! ```
//!
//! Nothing here waits for the module: where RDY is low, [`Spi`] takes nothing and has nothing, and
//! the driver comes again, under the deadline of the call and with the clock's idle hook. What is
//! waited for is the few microseconds in which RDY falls.

use core::fmt;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal::spi::{self, SpiBus};
use embedded_io::{ErrorKind, ErrorType, Read, Write};

use super::Transport;
use crate::value::bytes::{copy, move_down};

const MAGIC: [u8; 2] = [0xaa, 0x55];
/// What the factory firmware of early modules says in place of a header.
const FACTORY: [u8; 2] = [0x01, 0x55];
const HEADER: usize = 8;
/// The most payload of a frame: the size of the module's buffers.
const FRAME_MAX: usize = 6144;
/// In a header: the payload of this transaction's host frame is dropped.
const RX_STALL: u8 = 0x04;
/// The type of frames that carry AT commands and their answers. Nothing else is sent: frames of
/// another type take a buffer of the module's for good.
const AT: u8 = 0;
/// The module moves words of so many bytes; what is left of one is lost.
const WORD: usize = 4;
const PADDING: u8 = 0x88;
/// How much goes out at a time where what comes in meanwhile is to be kept: a part of the stack.
const PIECE: usize = 32;
/// The least time for which CS is low between two transactions (us).
const GAP_US: u32 = 2;
/// Time between two looks at RDY (us): it falls 70 us after it rose.
const LOOK_US: u32 = 4;
/// Behind a frame, RDY is looked at so often before the module counts as silent: with more to say it
/// rises again within tens of microseconds, and what was said long ago must not be missed.
const LOOKS_FOR_MORE: u8 = 25;
/// After so much of that (us), a power of two, the caller has to come again.
const BRIEF_US: u32 = 256;
/// RDY that is still high after this long (us) is a new offer: the module has restarted with CS
/// high and waits for clocks. ST's own driver looks every 100 ms.
const OFFER_US: u32 = 400 * BRIEF_US;

/// An ST67W611M1 on an SPI, in the firmware that ST releases for it (mission profile T01).
///
/// ```
/// # use core::convert::Infallible;
/// # use embedded_hal::{delay::DelayNs, digital::{InputPin, OutputPin}, spi::SpiBus};
/// use atwifi::{SocketMemory, st67, transport::Spi};
///
/// # fn online<B: SpiBus, CS: OutputPin, RDY: InputPin, D: DelayNs>(
/// #     bus: B, cs: CS, rdy: RDY, delay: D, clock: impl atwifi::Clock,
/// #     mut chip_en: impl OutputPin, mut other_delay: impl DelayNs,
/// # ) -> Result<(), st67::Error<atwifi::transport::SpiError>> {
/// let mut meanwhile = [0; 260];
/// let spi = Spi::new(bus, cs, rdy, delay, &mut meanwhile);
/// let mut line = [0; 640];
/// let mut sockets = [const { SocketMemory::<512>::new() }; 2];
/// let mut wifi = st67::Module::new(spi, clock, &mut line, &mut sockets)?;
/// wifi.reset_by_pin(&mut chip_en, &mut other_delay)?;
/// # Ok(())
/// # }
/// ```
///
/// | wire | |
/// |---|---|
/// | SCK, MOSI, MISO | mode 0, most significant bit first, at most 40 MHz, of an SPI with no other device on it: the module drives MISO always, and counts every clock as its own |
/// | CS | a plain output, active **high**, low to begin with |
/// | RDY | an input with a pull-down: the module does not drive it while it starts |
/// | CHIP_EN | an output; low holds the module in reset. [`reset_by_pin`](crate::Module::reset_by_pin) drives it |
/// | BOOT | low when CHIP_EN rises, or the module starts its bootloader |
///
/// Make RDY's rising edge an interrupt if the clock's [`idle`](crate::Clock::idle) sleeps until the
/// next one; as with a [`Ring`](super::Ring), look at the pin and go to sleep with interrupts masked.
/// A HAL's `SpiBus` may move each byte by itself or whole slices by DMA: payload passes through it in
/// slices as long as they come, straight from and to the memory of the caller. How a HAL's is wrapped by
/// one with DMA is shown in `examples-stm32/src/board/dma.rs`.
///
/// CS of a module that sleeps (`AT+PWR=2`) wakes it up, if it was told to watch the pin
/// (`AT+SLWKIO=28,0`): the first command after that takes as long as the module needs.
pub struct Spi<'b, B, CS, RDY, D> {
    bus: B,
    cs: CS,
    rdy: RDY,
    delay: D,
    state: State,
    /// Why nothing is taken or heard at the moment.
    trouble: Option<SpiError>,
    /// What the module says while it is spoken to, and what is left of a word: `start..end` of it waits.
    meanwhile: &'b mut [u8],
    start: usize,
    end: usize,
    /// Some of it did not fit.
    overrun: bool,
    /// Payload bytes of the open frame that are still in the module.
    left: u16,
    /// Frames that were no text, since the beginning.
    dropped: u16,
    /// How often RDY is still looked at, because the module may have more to say.
    looks: u8,
    /// For how long RDY has been waited for in the end of this transaction (us).
    waited: u32,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is none: CS is low.
    Idle,
    /// CS is high, and RDY is awaited. It stays high until the module has come: a CS that falls before
    /// spoils the next transaction.
    Asking,
    /// The headers are exchanged, and the module's payload is on its way.
    Open,
    /// All is clocked. CS falls when RDY has.
    Closing,
}

/// What can go wrong between a host and its ST67W611M1 on an SPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SpiError {
    /// The SPI of the microcontroller failed.
    Bus(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] spi::ErrorKind),
    /// A pin of the microcontroller failed.
    Pin,
    /// RDY does not rise.
    NotReady,
    /// RDY is high, but the module does not drive MISO.
    Silent,
    /// The module takes no frames.
    Stalled,
    /// There was no header where one was due: the lines are noisy, or the module restarted.
    Header,
    /// The module runs the firmware that early ones left the factory with.
    FactoryFirmware,
    /// Bytes were lost: what the module said while it was spoken to did not fit the memory lent.
    Overrun,
    /// Nothing was sent: what the module has said is to be read first, and does not fit the memory
    /// lent.
    Unread,
}

impl fmt::Display for SpiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SpiError::Bus(_) => "the SPI failed",
            SpiError::Pin => "a pin failed",
            SpiError::NotReady => {
                "RDY does not rise: check power, the wires of RDY and CS (active high), CHIP_EN high, \
                 BOOT low, and that the firmware is the SPI one"
            }
            SpiError::Silent => {
                "RDY is high and MISO does not move: check MISO, SCK, and RDY's pull-down"
            }
            SpiError::Stalled => {
                "the module takes no frames: a command runs, or both of its receive buffers are lost \
                 to frames of other types, and only a reset by CHIP_EN brings them back"
            }
            SpiError::Header => {
                "no header of the module's: check the SPI's mode and clock, and the length of the \
                 wires; or the module restarted"
            }
            SpiError::FactoryFirmware => {
                "the module runs its factory firmware: flash ST's mission profile T01"
            }
            SpiError::Overrun => "bytes were lost that the module said while it was spoken to",
            SpiError::Unread => {
                "what the module has said is to be read first: read it, or lend the SPI more memory"
            }
        })
    }
}

impl core::error::Error for SpiError {}

impl embedded_io::Error for SpiError {
    fn kind(&self) -> ErrorKind {
        match self {
            SpiError::Bus(_) | SpiError::Pin => ErrorKind::Other,
            SpiError::NotReady | SpiError::Silent | SpiError::Stalled => ErrorKind::TimedOut,
            SpiError::Header => ErrorKind::InvalidData,
            SpiError::FactoryFirmware => ErrorKind::Unsupported,
            SpiError::Overrun | SpiError::Unread => ErrorKind::OutOfMemory,
        }
    }
}

impl<'b, B: SpiBus, CS: OutputPin, RDY: InputPin, D: DelayNs> Spi<'b, B, CS, RDY, D> {
    /// Takes the SPI, the two pins, a delay and memory. Nothing is driven yet.
    ///
    /// `meanwhile` holds what the module says while it is spoken to: 260 bytes are enough for any line
    /// of text; where payload comes unasked (MQTT, Bluetooth LE, `+IPD` in active mode) lend 2 KiB.
    /// 6144 are enough for any one frame. Still, several writes with no read between them can meet a
    /// frame each, and what does not fit ends in an error: [`SpiError::Unread`], before anything is
    /// sent, or [`SpiError::Overrun`], behind which the driver gets back into step.
    pub fn new(bus: B, cs: CS, rdy: RDY, delay: D, meanwhile: &'b mut [u8]) -> Self {
        Spi {
            bus,
            cs,
            rdy,
            delay,
            state: State::Idle,
            trouble: Some(SpiError::NotReady),
            meanwhile,
            start: 0,
            end: 0,
            overrun: false,
            left: 0,
            dropped: 0,
            looks: 0,
            waited: 0,
        }
    }

    /// Gives the SPI, CS, RDY and the delay back.
    pub fn release(self) -> (B, CS, RDY, D) {
        (self.bus, self.cs, self.rdy, self.delay)
    }

    /// How many frames were dropped because they carried no text, since the beginning; it stops at
    /// 65535. Firmware for an IP stack on the host (mission profile T02) sends such frames.
    pub fn dropped_frames(&self) -> u16 {
        self.dropped
    }

    fn is_rdy_high(&mut self) -> Result<bool, SpiError> {
        self.rdy.is_high().map_err(|_| SpiError::Pin)
    }

    /// Whether a header can be exchanged, with CS high from here on.
    fn ask(&mut self) -> Result<bool, SpiError> {
        self.close()?;
        if self.state == State::Idle {
            self.cs.set_high().map_err(|_| SpiError::Pin)?;
            self.state = State::Asking;
        }
        let is_ready = self.state == State::Asking && self.is_rdy_high()?;
        if !is_ready {
            // Behind a stall it is low for a moment.
            self.trouble.get_or_insert(SpiError::NotReady);
        }
        Ok(is_ready)
    }

    /// Ends a transaction in which all is clocked, unless RDY takes its time.
    fn close(&mut self) -> Result<(), SpiError> {
        while self.state == State::Closing {
            if !self.is_rdy_high()? {
                self.end_transaction()?;
            } else if self.waited >= OFFER_US {
                self.state = State::Asking;
            } else {
                self.delay.delay_us(LOOK_US);
                self.waited += LOOK_US;
                if self.waited & (BRIEF_US - 1) == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    fn end_transaction(&mut self) -> Result<(), SpiError> {
        self.state = State::Idle;
        self.cs.set_low().map_err(|_| SpiError::Pin)?;
        self.delay.delay_us(GAP_US);
        Ok(())
    }

    /// Ends a transaction if all of the module's payload is clocked.
    fn close_if_read(&mut self) -> Result<(), SpiError> {
        if self.state == State::Open && self.left == 0 {
            self.bus.flush().map_err(bus_error)?;
            self.state = State::Closing;
            self.waited = 0;
        }
        self.close()
    }

    /// Exchanges headers, where RDY is high, and sends the payload behind ours. What the module says
    /// meanwhile is kept. Whether it has taken the payload: not where nobody drives the line, nor
    /// where it is stalled.
    fn exchange(&mut self, payload: &[u8]) -> Result<bool, SpiError> {
        let [low, high] = (payload.len() as u16).to_le_bytes();
        let mut header = [MAGIC[0], MAGIC[1], low, high, 0, AT, 0, 0];
        self.bus.transfer_in_place(&mut header).map_err(bus_error)?;
        if header == [0x00; HEADER] || header == [0xff; HEADER] {
            self.trouble = Some(SpiError::Silent);
            return Ok(false);
        }
        let length = u16::from_le_bytes([header[2], header[3]]);
        let is_header = header[..2] == MAGIC && length <= FRAME_MAX as u16;
        let is_stalled = is_header && header[4] & RX_STALL != 0;
        let is_text = is_header && header[5] == AT;
        self.state = State::Open;
        self.trouble = is_stalled.then_some(SpiError::Stalled);
        if is_text && length > 0 {
            self.looks = LOOKS_FOR_MORE;
        }
        self.left = if is_header { length } else { 0 };
        if !is_stalled {
            // Also behind a header that is none: a module that has heard ours takes what follows for
            // the payload.
            self.send(payload, is_text)?;
        }
        if !is_header {
            // A module that has lost half of a header waits for the rest.
            self.left = HEADER as u16;
        }
        if !is_text {
            self.drop_frame(is_header && length > 0)?;
        }
        self.close_if_read()?;
        match is_header {
            true => Ok(!is_stalled),
            false if header[..2] == FACTORY => Err(SpiError::FactoryFirmware),
            false => Err(SpiError::Header),
        }
    }

    /// Sends payload behind the header, and keeps what comes meanwhile.
    fn send(&mut self, mut payload: &[u8], is_text: bool) -> Result<(), SpiError> {
        while self.left > 0 && !payload.is_empty() {
            let mut piece = [PADDING; PIECE];
            let sent = copy(payload, &mut piece);
            let clocked = piece.get_mut(..sent.next_multiple_of(WORD));
            self.clock(clocked.unwrap_or(&mut []), is_text)?;
            payload = payload.get(sent..).unwrap_or(&[]);
        }
        if !payload.is_empty() {
            let padding = payload.len().wrapping_neg() % WORD;
            let padding = [PADDING; WORD].get(..padding).unwrap_or(&[]);
            self.bus.write(payload).map_err(bus_error)?;
            self.bus.write(padding).map_err(bus_error)?;
        }
        Ok(())
    }

    /// Clocks words of an open frame, and keeps what of them is payload.
    fn clock(&mut self, words: &mut [u8], is_text: bool) -> Result<(), SpiError> {
        self.bus.transfer_in_place(words).map_err(bus_error)?;
        let count = words.len().min(self.left.into());
        self.left -= count as u16;
        if is_text {
            let room = self.meanwhile.get_mut(self.end..).unwrap_or(&mut []);
            let kept = copy(words.get(..count).unwrap_or(&[]), room);
            self.end += kept;
            self.overrun |= kept < count;
        }
        Ok(())
    }

    /// Takes a frame off the wire that is no text.
    fn drop_frame(&mut self, is_counted: bool) -> Result<(), SpiError> {
        if is_counted {
            warn_!("the module sent what is no text: is its firmware T01?");
            self.dropped = self.dropped.saturating_add(1);
        }
        while self.left > 0 {
            self.clock(&mut [PADDING; WORD], false)?;
        }
        Ok(())
    }

    /// Takes the rest of an open frame in, to make way for another transaction.
    fn make_way(&mut self) -> Result<(), SpiError> {
        move_down(self.meanwhile, self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if usize::from(self.left) > self.meanwhile.len() - self.end {
            return Err(SpiError::Unread);
        }
        while self.left > 0 {
            self.clock(&mut [PADDING; WORD], true)?;
        }
        self.close_if_read()
    }

    /// Hands out what was kept.
    fn take_kept(&mut self, into: &mut [u8]) -> usize {
        let kept = self.meanwhile.get(self.start..self.end).unwrap_or(&[]);
        let taken = copy(kept, into);
        self.start += taken;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        taken
    }
}

fn bus_error<E: spi::Error>(error: E) -> SpiError {
    SpiError::Bus(error.kind())
}

impl<B, CS, RDY, D> ErrorType for Spi<'_, B, CS, RDY, D> {
    type Error = SpiError;
}

impl<B: SpiBus, CS: OutputPin, RDY: InputPin, D: DelayNs> Transport for Spi<'_, B, CS, RDY, D> {
    fn read_ready(&mut self) -> Result<bool, SpiError> {
        if self.start < self.end || self.overrun || self.left > 0 {
            return Ok(true);
        }
        self.close()?;
        while self.state != State::Closing {
            match (self.is_rdy_high()?, self.looks) {
                (true, _) => return Ok(true),
                (false, 0) => break,
                (false, looks) => self.looks = looks - 1,
            }
            self.delay.delay_us(LOOK_US);
        }
        Ok(false)
    }

    fn restart(&mut self) -> Result<(), SpiError> {
        self.trouble = Some(SpiError::NotReady);
        (self.start, self.end) = (0, 0);
        self.overrun = false;
        self.left = 0;
        self.looks = 0;
        self.end_transaction()
    }

    fn trouble(&mut self) -> Result<(), SpiError> {
        match self.trouble {
            Some(trouble) => Err(trouble),
            None => Ok(()),
        }
    }
}

impl<B: SpiBus, CS: OutputPin, RDY: InputPin, D: DelayNs> Read for Spi<'_, B, CS, RDY, D> {
    /// Returns `Ok(0)` where the module has nothing to say.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, SpiError> {
        if into.is_empty() || !self.read_ready()? {
            return Ok(0);
        }
        if self.start < self.end {
            return Ok(self.take_kept(into));
        }
        if core::mem::take(&mut self.overrun) {
            return Err(SpiError::Overrun);
        }
        if self.left == 0 && self.ask()? {
            self.exchange(&[])?;
        }
        // Whole words go straight to the caller; of another, what is left is kept.
        let whole = into.len().min(self.left.into()) & !(WORD - 1);
        let taken = match into.get_mut(..whole) {
            Some(words @ [_, ..]) => {
                self.bus.read(words).map_err(bus_error)?;
                self.left -= whole as u16;
                whole
            }
            _ if self.left > 0 => {
                self.clock(&mut [PADDING; WORD], true)?;
                self.take_kept(into)
            }
            _ => 0,
        };
        self.close_if_read()?;
        Ok(taken)
    }
}

impl<B: SpiBus, CS: OutputPin, RDY: InputPin, D: DelayNs> Write for Spi<'_, B, CS, RDY, D> {
    /// Sends one frame, of at most 6144 bytes. Returns `Ok(0)` where the module does not take it now.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, SpiError> {
        let payload = bytes.get(..FRAME_MAX).unwrap_or(bytes);
        if payload.is_empty() {
            return Ok(0);
        }
        self.make_way()?;
        if !self.ask()? {
            return Ok(0);
        }
        Ok(match self.exchange(payload)? {
            true => payload.len(),
            false => 0,
        })
    }

    /// Does nothing: a frame is sent when it is written.
    fn flush(&mut self) -> Result<(), SpiError> {
        Ok(())
    }
}
