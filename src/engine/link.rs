//! The transport under a deadline, of which there is one at a time; and none is behind the end of the
//! call at hand.

use crate::clock::{Clock, Deadline};
use crate::error::Fault;
use crate::transport::Transport;

/// A transport and the clock it is watched by.
pub(crate) struct Link<T: Transport, C> {
    /// When the wait at hand is over.
    deadline: Deadline,
    /// When the call at hand is over, whatever it waits for; `None` while there is none.
    limit: Option<Deadline>,
    /// Bytes read since the deadline passed.
    overtime: usize,
    /// What the clock said when the host slept last, and how often it has slept since it said something
    /// else.
    time: u32,
    standstill: u32,
    /// When the module was asked last what may have been missed.
    asked: u32,
    /// Why the transport failed last.
    failure: Option<T::Error>,
    clock: C,
    pub(crate) transport: T,
}

/// How much of what has piled up is still taken in after a deadline: more than any receive ring
/// holds. A module that never stops talking must not hold the caller for good.
const BACKLOG: usize = 4096;

/// A clock that says the same in so many sleeps stands still: 2^24 of no length at all take the fastest
/// microcontroller a second.
const STANDSTILL: u32 = 1 << 24;

/// How often a full transport is tried again at once: a byte that is on its way out makes room
/// sooner than a sleep that begins now would end.
const SEND_SPINS: u32 = 1000;

impl<T: Transport, C: Clock> Link<T, C> {
    pub(crate) fn new(transport: T, mut clock: C) -> Self {
        let now = clock.now();
        Link {
            deadline: Deadline::after(0, 0),
            limit: None,
            overtime: 0,
            time: now,
            standstill: 0,
            asked: now,
            failure: None,
            clock,
            transport,
        }
    }

    pub(crate) fn release(self) -> (T, C) {
        (self.transport, self.clock)
    }

    /// Why the transport failed; once.
    pub(crate) fn take_failure(&mut self) -> Option<T::Error> {
        self.failure.take()
    }

    /// A call begins that may take so many milliseconds, unless it is part of one.
    pub(crate) fn begin_call(&mut self, milliseconds: u32) {
        if self.limit.is_none() {
            self.limit = Some(self.after(milliseconds));
        }
    }

    /// The same of a call that must be over at this moment.
    pub(crate) fn begin_call_until(&mut self, moment: Deadline) {
        self.limit.get_or_insert(moment);
    }

    pub(crate) fn end_call(&mut self) {
        self.limit = None;
        self.transport.rest();
    }

    /// Whether the call has had its time.
    pub(crate) fn is_call_over(&mut self) -> bool {
        let now = self.clock.now();
        self.limit.is_some_and(|limit| limit.remaining(now) == 0)
    }

    /// Waits are over in so many milliseconds, or with the call at hand. Returns the deadline before,
    /// for [`resume`](Self::resume).
    #[inline(never)]
    pub(crate) fn within(&mut self, milliseconds: u32) -> Deadline {
        let now = self.clock.now();
        let left = self
            .limit
            .map_or(milliseconds, |limit| limit.remaining(now));
        self.resume(Deadline::after(now, milliseconds.min(left)))
    }

    /// As [`within`](Self::within), unless they are over sooner.
    pub(crate) fn at_most(&mut self, milliseconds: u32) {
        if self.remaining() > milliseconds {
            self.within(milliseconds);
        }
    }

    /// The moment in so many milliseconds.
    #[inline(never)]
    pub(crate) fn after(&mut self, milliseconds: u32) -> Deadline {
        Deadline::after(self.clock.now(), milliseconds)
    }

    /// Whether the module was not asked for so long what may have been missed. It is now.
    pub(crate) fn is_due(&mut self, milliseconds: u32) -> bool {
        let now = self.clock.now();
        let is_due = now.wrapping_sub(self.asked) >= milliseconds;
        if is_due {
            self.asked = now;
        }
        is_due
    }

    /// Waits are over at this deadline. Returns the one before.
    pub(crate) fn resume(&mut self, deadline: Deadline) -> Deadline {
        core::mem::replace(&mut self.deadline, deadline)
    }

    /// Milliseconds until the deadline, 0 if it has passed.
    #[inline(never)]
    pub(crate) fn remaining(&mut self) -> u32 {
        self.deadline.remaining(self.clock.now())
    }

    pub(crate) fn has_passed(&mut self, moment: Deadline) -> bool {
        moment.remaining(self.clock.now()) == 0
    }

    pub(crate) fn is_late(&mut self) -> bool {
        self.remaining() == 0
    }

    /// Whether there is something to read.
    pub(crate) fn is_ready(&mut self) -> Result<bool, Fault> {
        let ready = self.transport.read_ready();
        self.outcome(ready)
    }

    /// Reads what has arrived already; 0 if nothing has.
    pub(crate) fn read_now(&mut self, into: &mut [u8]) -> Result<usize, Fault> {
        if into.is_empty() || !self.is_ready()? {
            return Ok(0);
        }
        let read = self.transport.read(into);
        // A transport that claims more than the slice holds must not reach an index.
        Ok(self.outcome(read)?.min(into.len()))
    }

    /// Reads at least one byte, or fails at the deadline.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> Result<usize, Fault> {
        loop {
            // In this order: what arrives while the deadline passes is not missed.
            let late = self.is_late();
            match (self.read_now(into)?, late) {
                (0, true) => return Err(Fault::Timeout),
                (0, false) => self.idle()?,
                (n, false) => {
                    self.overtime = 0;
                    return Ok(n);
                }
                (n, true) => {
                    self.overtime += n;
                    return match self.overtime > BACKLOG {
                        true => Err(Fault::Timeout),
                        false => Ok(n),
                    };
                }
            }
        }
    }

    /// Writes everything and flushes, or fails at the deadline.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        let mut spins = 0;
        while !bytes.is_empty() {
            let written = self.transport.write(bytes);
            match self.outcome(written)? {
                0 if spins < SEND_SPINS => spins += 1,
                0 if self.is_late() => return Err(Fault::Timeout),
                0 => self.idle()?,
                n => {
                    bytes = bytes.get(n..).unwrap_or(&[]);
                    spins = 0;
                }
            }
        }
        let flushed = self.transport.flush();
        self.outcome(flushed)
    }

    pub(super) fn outcome<R>(&mut self, result: Result<R, T::Error>) -> Result<R, Fault> {
        result.map_err(|error| {
            self.failure = Some(error);
            Fault::Transport
        })
    }

    /// Sleeps, but not for good: with a clock that stands still no deadline passes.
    pub(crate) fn idle(&mut self) -> Result<(), Fault> {
        let time = core::mem::replace(&mut self.time, self.clock.now());
        if time != self.time {
            self.standstill = 0;
        }
        self.standstill += 1;
        if self.standstill > STANDSTILL {
            return Err(Fault::Timeout);
        }
        match self.clock.idle() {
            core::ops::ControlFlow::Continue(()) => Ok(()),
            core::ops::ControlFlow::Break(()) => Err(Fault::Interrupted),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::convert::Infallible;
    use core::ops::ControlFlow;

    use embedded_io::{ErrorType, Read, ReadReady, Write};

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
    fn send(pause: u32) -> (Result<(), Fault>, usize, u32) {
        let uart = Uart {
            pause,
            full: 0,
            taken: 0,
        };
        let mut link = Link::new(uart, Sleeps(0));
        link.within(50);
        let result = link.write(&[0; 10]);
        let (uart, clock) = link.release();
        (result, uart.taken, clock.0)
    }

    #[test]
    fn nobody_sleeps_while_a_byte_goes_out() {
        assert_eq!(send(SEND_SPINS / 2), (Ok(()), 10, 0));
    }

    #[test]
    fn a_uart_that_stays_full_is_slept_out_up_to_the_deadline() {
        assert_eq!(send(u32::MAX), (Err(Fault::Timeout), 1, 50));
    }
}
