//! The transport under deadlines.

use embedded_io::ErrorType;

use crate::clock::{Clock, Deadline};
use crate::error::Error;
use crate::transport::Transport;

/// A transport and the clock it is watched by.
pub(crate) struct Link<T, C> {
    pub(crate) transport: T,
    clock: C,
    /// Bytes read since the deadline of the current wait passed.
    overtime: usize,
}

/// How much of what has piled up is still taken in after a deadline: more than any receive ring
/// holds. A module that never stops talking must not hold the caller for good.
const BACKLOG: usize = 4096;

/// How often a full transport is tried again at once: a byte that is on its way out makes room
/// sooner than a sleep that begins now would end.
const SEND_SPINS: u32 = 1000;

impl<T: Transport, C: Clock> Link<T, C> {
    pub(crate) fn new(transport: T, clock: C) -> Self {
        Link {
            transport,
            clock,
            overtime: 0,
        }
    }

    pub(crate) fn release(self) -> (T, C) {
        (self.transport, self.clock)
    }

    pub(crate) fn deadline(&mut self, milliseconds: u32) -> Deadline {
        Deadline::after(self.clock.now(), milliseconds)
    }

    /// Milliseconds until a deadline, 0 if it has passed.
    pub(crate) fn remaining(&mut self, deadline: Deadline) -> u32 {
        deadline.remaining(self.clock.now())
    }

    /// Whether there is something to read.
    pub(crate) fn is_ready<S>(&mut self) -> Result<bool, Error<T::Error, S>> {
        self.transport.read_ready().map_err(Error::Transport)
    }

    /// Reads what has arrived already; 0 if nothing has.
    pub(crate) fn read_now<S>(&mut self, into: &mut [u8]) -> Result<usize, Error<T::Error, S>> {
        if into.is_empty() || !self.is_ready()? {
            return Ok(0);
        }
        let n = self.transport.read(into).map_err(Error::Transport)?;
        // A transport that claims more than the slice holds must not reach an index.
        Ok(n.min(into.len()))
    }

    /// Reads at least one byte, or fails at the deadline.
    pub(crate) fn read<S>(
        &mut self,
        into: &mut [u8],
        deadline: Deadline,
    ) -> Result<usize, Error<T::Error, S>> {
        loop {
            let late = self.is_late(deadline);
            match self.read_now(into)? {
                0 if late => return Err(Error::Timeout),
                0 => self.idle()?,
                n => {
                    self.overtime = if late { self.overtime + n } else { 0 };
                    return if self.overtime > BACKLOG {
                        Err(Error::Timeout)
                    } else {
                        Ok(n)
                    };
                }
            }
        }
    }

    /// Writes everything and flushes, or fails at the deadline.
    pub(crate) fn write<S>(
        &mut self,
        mut bytes: &[u8],
        deadline: Deadline,
    ) -> Result<(), Error<T::Error, S>> {
        let mut spins = 0;
        while !bytes.is_empty() {
            match self.transport.write(bytes).map_err(Error::Transport)? {
                0 if spins < SEND_SPINS => spins += 1,
                0 if self.is_late(deadline) => return Err(Error::Timeout),
                0 => self.idle()?,
                n => {
                    bytes = bytes.get(n..).unwrap_or(&[]);
                    spins = 0;
                }
            }
        }
        self.transport.flush().map_err(Error::Transport)
    }

    pub(crate) fn is_late(&mut self, deadline: Deadline) -> bool {
        deadline.has_passed(self.clock.now())
    }

    fn idle<S>(&mut self) -> Result<(), Error<T::Error, S>> {
        match self.clock.idle() {
            core::ops::ControlFlow::Continue(()) => Ok(()),
            core::ops::ControlFlow::Break(()) => Err(Error::Interrupted),
        }
    }
}

impl<T: ErrorType, C> ErrorType for Link<T, C> {
    type Error = T::Error;
}

#[cfg(test)]
mod tests {
    use core::convert::Infallible;
    use core::ops::ControlFlow;

    use embedded_io::{Read, ReadReady, Write};

    use super::*;

    /// A UART that is full for so many writes after each byte, and a clock that only a sleep moves.
    struct Uart {
        pause: u32,
        full: u32,
        taken: usize,
    }

    struct Sleeps(u32);

    impl ErrorType for Uart {
        type Error = Infallible;
    }

    impl Read for Uart {
        fn read(&mut self, _into: &mut [u8]) -> Result<usize, Infallible> {
            Ok(0)
        }
    }

    impl ReadReady for Uart {
        fn read_ready(&mut self) -> Result<bool, Infallible> {
            Ok(false)
        }
    }

    impl Write for Uart {
        fn write(&mut self, _bytes: &[u8]) -> Result<usize, Infallible> {
            if self.full > 0 {
                self.full -= 1;
                return Ok(0);
            }
            self.full = self.pause;
            self.taken += 1;
            Ok(1)
        }

        fn flush(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }

    impl Clock for Sleeps {
        fn now(&mut self) -> u32 {
            self.0
        }

        fn idle(&mut self) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
    }

    /// What comes of sending ten bytes within 50 ms: the bytes that went out, and the sleeps.
    fn send(pause: u32) -> (Result<(), Error<Infallible, ()>>, usize, u32) {
        let uart = Uart {
            pause,
            full: 0,
            taken: 0,
        };
        let mut link = Link::new(uart, Sleeps(0));
        let deadline = link.deadline(50);
        let result = link.write(&[0; 10], deadline);
        let (uart, clock) = link.release();
        (result, uart.taken, clock.0)
    }

    #[test]
    fn nobody_sleeps_while_a_byte_goes_out() {
        assert_eq!(send(SEND_SPINS / 2), (Ok(()), 10, 0));
    }

    #[test]
    fn a_uart_that_stays_full_is_slept_out_up_to_the_deadline() {
        assert_eq!(send(u32::MAX), (Err(Error::Timeout), 1, 50));
    }
}
