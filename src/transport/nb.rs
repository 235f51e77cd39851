//! For HALs whose UART speaks `embedded-hal-nb` only.

use core::fmt;

use embedded_hal_nb::serial::{ErrorKind as SerialErrorKind, Read, Write};
use embedded_io::{ErrorKind, ErrorType};

/// A UART, or half of one, with the serial traits of `embedded-hal-nb`.
///
/// As a receiver it takes bytes from the UART's own FIFO only while the driver waits: use it
/// where hardware flow control holds the module back meanwhile, or behind a [`Ring`](super::Ring)
/// otherwise. As a sender it says "full" (`Ok(0)`) instead of waiting for ever for a module that
/// does not raise CTS; the driver's deadlines rule.
#[derive(Debug)]
pub struct Nb<S: embedded_hal_nb::serial::ErrorType> {
    serial: S,
    /// What `read_ready` found.
    found: Option<Result<u8, S::Error>>,
}

impl<S: embedded_hal_nb::serial::ErrorType> Nb<S> {
    /// Takes a UART.
    pub fn new(serial: S) -> Self {
        Nb {
            serial,
            found: None,
        }
    }

    /// Gives the UART back.
    pub fn release(self) -> S {
        self.serial
    }
}

/// The error of the UART.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NbError<E>(pub E);

impl<E: embedded_hal_nb::serial::Error> NbError<E> {
    fn text(&self) -> &'static str {
        match self.0.kind() {
            SerialErrorKind::Overrun => "received bytes were lost",
            SerialErrorKind::FrameFormat => "a byte without its stop bit",
            SerialErrorKind::Parity => "a byte with the wrong parity",
            SerialErrorKind::Noise => "noise on the line",
            _ => "the UART failed",
        }
    }
}

impl<E: embedded_hal_nb::serial::Error> fmt::Display for NbError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Errors of HALs seldom have it themselves.
#[cfg(feature = "defmt")]
impl<E: embedded_hal_nb::serial::Error> defmt::Format for NbError<E> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.text());
    }
}

impl<E: embedded_hal_nb::serial::Error> core::error::Error for NbError<E> {}

impl<E: embedded_hal_nb::serial::Error> embedded_io::Error for NbError<E> {
    fn kind(&self) -> ErrorKind {
        match self.0.kind() {
            SerialErrorKind::FrameFormat | SerialErrorKind::Parity => ErrorKind::InvalidData,
            _ => ErrorKind::Other,
        }
    }
}

impl<S: embedded_hal_nb::serial::ErrorType> ErrorType for Nb<S> {
    type Error = NbError<S::Error>;
}

impl<S: Read<u8>> Nb<S> {
    /// The next byte or error, if there is one.
    fn take(&mut self) -> Option<Result<u8, S::Error>> {
        self.found.take().or_else(|| match self.serial.read() {
            Ok(byte) => Some(Ok(byte)),
            Err(nb::Error::Other(error)) => Some(Err(error)),
            Err(nb::Error::WouldBlock) => None,
        })
    }
}

impl<S: Read<u8>> embedded_io::ReadReady for Nb<S> {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        self.found = self.take();
        Ok(self.found.is_some())
    }
}

impl<S: Read<u8>> embedded_io::Read for Nb<S> {
    /// Waits for a byte; the driver asks `read_ready` first.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Self::Error> {
        let mut n = 0;
        for place in into {
            let next = match self.take() {
                None if n > 0 => break,
                None => nb::block!(self.serial.read()),
                Some(next) => next,
            };
            match next {
                Ok(byte) => *place = byte,
                Err(error) if n == 0 => return Err(NbError(error)),
                Err(error) => {
                    self.found = Some(Err(error));
                    break;
                }
            }
            n += 1;
        }
        Ok(n)
    }
}

impl<S: Write<u8>> embedded_io::Write for Nb<S> {
    /// Writes what the UART has room for, which may be nothing: `Ok(0)`.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let mut n = 0;
        for &byte in bytes {
            match self.serial.write(byte) {
                Ok(()) => n += 1,
                Err(nb::Error::WouldBlock) => break,
                // The error comes again with the next byte, if it matters.
                Err(nb::Error::Other(_)) if n > 0 => break,
                Err(nb::Error::Other(error)) => return Err(NbError(error)),
            }
        }
        Ok(n)
    }

    /// Does not wait for the last byte: the UART sends it by itself.
    fn flush(&mut self) -> Result<(), Self::Error> {
        match self.serial.flush() {
            Ok(()) | Err(nb::Error::WouldBlock) => Ok(()),
            Err(nb::Error::Other(error)) => Err(NbError(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::vec::Vec;

    use embedded_io::{Read as _, ReadReady as _, Write as _};

    use super::*;

    /// A UART with a FIFO of four bytes, which is full until it is emptied by hand.
    #[derive(Default)]
    struct Uart {
        arrives: VecDeque<Result<u8, SerialErrorKind>>,
        sends: Vec<u8>,
    }

    impl embedded_hal_nb::serial::ErrorType for Uart {
        type Error = SerialErrorKind;
    }

    impl Read<u8> for Uart {
        fn read(&mut self) -> nb::Result<u8, SerialErrorKind> {
            match self.arrives.pop_front() {
                Some(next) => next.map_err(nb::Error::Other),
                None => Err(nb::Error::WouldBlock),
            }
        }
    }

    impl Write<u8> for Uart {
        fn write(&mut self, byte: u8) -> nb::Result<(), SerialErrorKind> {
            if self.sends.len() == 4 {
                return Err(nb::Error::WouldBlock);
            }
            self.sends.push(byte);
            Ok(())
        }

        fn flush(&mut self) -> nb::Result<(), SerialErrorKind> {
            Err(nb::Error::WouldBlock)
        }
    }

    #[test]
    fn an_error_between_bytes_is_reported_in_its_place() {
        let arrives = [Ok(b'a'), Ok(b'b'), Err(SerialErrorKind::Overrun), Ok(b'd')];
        let mut uart = Nb::new(Uart {
            arrives: arrives.into(),
            ..Uart::default()
        });
        let mut into = [0; 8];
        assert_eq!(uart.read_ready(), Ok(true));
        assert_eq!(uart.read(&mut into), Ok(2));
        assert_eq!(&into[..2], b"ab");
        assert_eq!(uart.read_ready(), Ok(true));
        assert_eq!(uart.read(&mut into), Err(NbError(SerialErrorKind::Overrun)));
        assert_eq!(uart.read(&mut into), Ok(1));
        assert_eq!(into[0], b'd');
        assert_eq!(uart.read_ready(), Ok(false));
    }

    #[test]
    fn a_module_that_holds_cts_back_hangs_nobody() {
        let mut uart = Nb::new(Uart::default());
        assert_eq!(uart.write(b"AT+GMR\r\n"), Ok(4));
        assert_eq!(uart.write(b"MR\r\n"), Ok(0));
        assert_eq!(uart.flush(), Ok(()));
        assert_eq!(uart.release().sends, b"AT+G");
    }
}
