//! For HALs whose UART speaks `embedded-io` 0.6.

use core::fmt;

use embedded_io::{ErrorKind, ErrorType};
use embedded_io_06 as io_06;

/// A UART, or half of one, with the traits of `embedded-io` 0.6.
#[derive(Debug)]
pub struct Io06<S>(pub S);

/// The error of the UART.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Io06Error<E>(pub E);

/// Errors of HALs seldom have it themselves.
#[cfg(feature = "defmt")]
impl<E: io_06::Error> defmt::Format for Io06Error<E> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "the UART failed: {}", defmt::Debug2Format(&self.0));
    }
}

impl<E: io_06::Error> fmt::Display for Io06Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the UART failed: {:?}", self.0)
    }
}

impl<E: io_06::Error> core::error::Error for Io06Error<E> {}

impl<E: io_06::Error> embedded_io::Error for Io06Error<E> {
    fn kind(&self) -> ErrorKind {
        match self.0.kind() {
            io_06::ErrorKind::TimedOut => ErrorKind::TimedOut,
            io_06::ErrorKind::Interrupted => ErrorKind::Interrupted,
            io_06::ErrorKind::InvalidData => ErrorKind::InvalidData,
            io_06::ErrorKind::BrokenPipe => ErrorKind::BrokenPipe,
            io_06::ErrorKind::ConnectionReset => ErrorKind::ConnectionReset,
            _ => ErrorKind::Other,
        }
    }
}

impl<S: io_06::ErrorType> ErrorType for Io06<S> {
    type Error = Io06Error<S::Error>;
}

impl<S: io_06::Read> embedded_io::Read for Io06<S> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Self::Error> {
        self.0.read(into).map_err(Io06Error)
    }
}

impl<S: io_06::ReadReady> embedded_io::ReadReady for Io06<S> {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        self.0.read_ready().map_err(Io06Error)
    }
}

impl<S: io_06::Write> embedded_io::Write for Io06<S> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0.write(bytes).map_err(Io06Error)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.0.flush().map_err(Io06Error)
    }
}
