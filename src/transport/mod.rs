//! Adapters between what a microcontroller's HAL offers and the transport that the driver takes.
//!
//! A UART at 921600 baud delivers a byte every 11 µs, whatever the program does meanwhile. So the
//! receive interrupt puts each into a [`Ring`], and the driver reads there:
//!
//! ```
//! use atwifi::transport::{Halves, Ring};
//! # use std::collections::VecDeque;
//!
//! static RX: Ring<2048> = Ring::new();
//!
//! // #[interrupt]
//! fn usart() {
//! #   let (mut data_register, overrun_flag) = (VecDeque::from(*b"ready"), false);
//!     if overrun_flag {
//!         RX.overrun();
//!     }
//!     while let Some(byte) = data_register.pop_front() {
//!         RX.push(byte);
//!     }
//! }
//!
//! # fn main() {
//! # let transmitter = Vec::new();
//! let transport = Halves::new(RX.reader(), transmitter);
//! # use embedded_io::{Read, ReadReady};
//! # let mut transport = transport;
//! # usart();
//! # let mut bytes = [0; 8];
//! # assert_eq!(transport.read(&mut bytes).unwrap(), 5);
//! # assert_eq!(&bytes[..5], b"ready");
//! # assert!(!transport.read_ready().unwrap());
//! # }
//! ```
//!
//! # What fits on which HAL
//!
//! A UART's hardware keeps one byte, or a FIFO of them, for the time in which nobody reads. The traits of
//! `embedded-io` do not tell a type that receives in an interrupt from one that receives only while it is
//! read: both are a [`Transport`], and the second loses the middle of answers.
//!
//! | HAL | link | type | what to do |
//! |---|---|---|---|
//! | embassy-stm32 0.6.0 | UART | `BufferedUart` | nothing; what its buffer does not hold is lost in silence, so lend it 2 KiB. `Uart` receives only while it is read |
//! | embassy-stm32 0.6.0 | SPI | `Spi` | nothing |
//! | embassy-rp 0.10.0 | UART | `BufferedUart` | nothing; lend its receiver 2 KiB. `Uart` receives only while it is read |
//! | embassy-rp 0.10.0 | SPI | `Spi` | nothing |
//! | embassy-nrf 0.11.0 | UART | `BufferedUarte` | its traits are asynchronous only: a type of ten lines asks it for what it has now |
//! | embassy-nrf 0.11.0 | SPI | `Spim` | nothing |
//! | stm32f4xx-hal 0.23.0 | UART | `Rx`, `Tx` | a [`Ring`] filled in the interrupt, and `Io06` or `Nb` around `Tx`. `Serial` keeps one byte |
//! | stm32f4xx-hal 0.23.0 | SPI | `Spi` | nothing |
//! | stm32f1xx-hal 0.11.0 | UART | `Rx`, `Tx` | a [`Ring`] filled in the interrupt, and `Nb` around `Tx`. `Serial` keeps one byte |
//! | stm32f1xx-hal 0.11.0 | SPI | `Spi` | nothing |
//! | rp2040-hal 0.12.0 | UART | `Reader`, `Writer` | a [`Ring`] filled in the interrupt. `UartPeripheral` fits, and loses what its 32 bytes do not hold |
//! | rp2040-hal 0.12.0 | SPI | `Spi` | nothing |
//! | nrf-hal 0.19.0 | UART | `UarteRx`, `UarteTx` | a [`Ring`] filled in the interrupt, for low bit rates. `UarteRx` fits, and begins a transfer of one byte when it is asked for one: it cannot work. For high bit rates there is embassy-nrf |
//! | nrf-hal 0.19.0 | SPI | `Spim` | nothing |
//! | esp-hal 1.2.2 | UART | `UartRx`, `UartTx` | a [`Ring`] filled in the interrupt. `Uart` fits, and loses what its 128 bytes do not hold |
//! | esp-hal 1.2.2 | SPI | `master::Spi` | nothing |
//!
//! Other HALs for the STM32 are made as these two are; with the traits of `embedded-hal` 0.2 alone
//! (stm32h7xx-hal 0.16, stm32g0xx-hal 0.2) their SPI needs a type of your own that implements
//! `embedded_hal` 1's `SpiBus`. Each row is a function that every change compiles, in `tests/hals` of the
//! repository; none was tried on silicon.

#[cfg(feature = "async")]
mod awaited;
#[cfg(feature = "std")]
mod host;
#[cfg(feature = "embedded-hal-nb")]
mod nb;
#[cfg(feature = "embedded-io-06")]
mod older;
mod ring;
mod spi;
mod waking;

use core::fmt;
use core::task::Waker;

use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};

#[cfg(feature = "async")]
pub use awaited::{Awaited, Signal};
#[cfg(feature = "std")]
pub use host::Std;
#[cfg(feature = "embedded-hal-nb")]
pub use nb::{Nb, NbError};
#[cfg(feature = "embedded-io-06")]
pub use older::{Io06, Io06Error};
pub use ring::{Overrun, Reader, Ring};
pub use spi::{Spi, SpiError};
pub use waking::Waking;

/// What the driver needs of a UART or SPI: bytes in, bytes out, and whether there are any.
///
/// Implemented by everything that has `embedded-io` 0.7's `Read`, `ReadReady` and `Write`, and by
/// [`Spi`]. A `write` that returns `Ok(0)` is taken as "full, try again", a `read` that returns
/// `Ok(0)` as silence. The driver writes a command, and a payload, in one call, and goes on with
/// the rest of it if there is one: a transport may make a frame of each call.
///
/// **Bytes must be received while nobody reads**: in an interrupt, into a [`Ring`], or by a type of the
/// HAL's that has a buffer of its own. The compiler cannot tell: a UART that fits here and receives only
/// while it is read, such as one with a DMA transfer for each byte or with the hardware's FIFO alone,
/// answers a command or two and then loses pieces of answers. [`Module::cause_of`](crate::Module::cause_of)
/// says so then, [`Cause::BytesLost`](crate::Cause::BytesLost), and [`crate::transport`] has a table of HALs.
pub trait Transport: Read + Write {
    /// Whether the next `read` has something to hand out, or an error to report.
    ///
    /// # Errors
    /// The transport failed.
    fn read_ready(&mut self) -> Result<bool, Self::Error>;

    /// The module is held in reset by its pin at this moment: what the transport remembers of the
    /// conversation is over.
    ///
    /// # Errors
    /// The transport failed.
    fn restart(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Asked when a call ends because a wait is over.
    ///
    /// # Errors
    /// What is wrong with the module or its wiring, if the transport can tell; the caller is told
    /// that instead of [`Error::Timeout`](crate::Error::Timeout).
    fn trouble(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    /// A call is over: until the next `write` nobody speaks to the module, which may sleep.
    fn rest(&mut self) {}

    /// A task waits, in the asynchronous traits: it is to be polled again when there may be something
    /// to read. Without more knowledge than that, it is woken at once.
    fn wake_when_ready(&mut self, waker: &Waker) {
        waker.wake_by_ref();
    }
}

impl<T: Read + ReadReady + Write> Transport for T {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        ReadReady::read_ready(self)
    }
}

/// A receiving and a sending half, as one transport.
#[derive(Debug)]
pub struct Halves<R, W> {
    receive: R,
    send: W,
}

impl<R, W> Halves<R, W> {
    /// Joins two halves.
    pub fn new(receive: R, send: W) -> Self {
        Halves { receive, send }
    }

    /// Gives the halves back.
    pub fn release(self) -> (R, W) {
        (self.receive, self.send)
    }
}

/// Which of two halves failed, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum HalvesError<R, W> {
    /// The receiving half.
    Receive(R),
    /// The sending half.
    Send(W),
}

impl<R: fmt::Display, W: fmt::Display> fmt::Display for HalvesError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HalvesError::Receive(error) => write!(f, "receiving: {error}"),
            HalvesError::Send(error) => write!(f, "sending: {error}"),
        }
    }
}

impl<R: core::error::Error, W: core::error::Error> core::error::Error for HalvesError<R, W> {}

impl<R: embedded_io::Error, W: embedded_io::Error> embedded_io::Error for HalvesError<R, W> {
    fn kind(&self) -> ErrorKind {
        match self {
            HalvesError::Receive(error) => error.kind(),
            HalvesError::Send(error) => error.kind(),
        }
    }
}

impl<R: ErrorType, W: ErrorType> ErrorType for Halves<R, W> {
    type Error = HalvesError<R::Error, W::Error>;
}

impl<R: Read, W: ErrorType> Read for Halves<R, W> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Self::Error> {
        self.receive.read(into).map_err(HalvesError::Receive)
    }
}

impl<R: ReadReady, W: ErrorType> ReadReady for Halves<R, W> {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        self.receive.read_ready().map_err(HalvesError::Receive)
    }
}

impl<R: ErrorType, W: Write> Write for Halves<R, W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.send.write(bytes).map_err(HalvesError::Send)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.send.flush().map_err(HalvesError::Send)
    }
}
