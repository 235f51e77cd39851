//! A scripted UART and a clock that is moved by hand, for unit tests: the driver's and yours.
//!
//! ```
//! use atwifi::SocketMemory;
//! use atwifi::mock::{Clock, Uart};
//! use atwifi::st67::{Module, command::basic::Test};
//!
//! let uart = Uart::st67().answer("AT\r\n", "\r\nOK\r\n").fragment(1);
//! let (mut line, mut sockets) = ([0; 640], [SocketMemory::<64>::new()]);
//! let mut module = Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
//! module.command(&Test)?;
//! uart.assert_done();
//! # Ok::<(), atwifi::st67::Error<atwifi::mock::Failure>>(())
//! ```

extern crate alloc;

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::ops::ControlFlow;

use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};

/// A UART whose other end is a script. Clones are handles of the same UART, so that a test can
/// keep one.
#[derive(Clone, Default)]
pub struct Uart(Rc<RefCell<Script>>);

#[derive(Default)]
struct Script {
    steps: VecDeque<Step>,
    /// What of the step at hand is written already.
    written: Vec<u8>,
    incoming: VecDeque<u8>,
    fragment: Option<usize>,
    read_budget: Option<usize>,
    write_budget: Option<usize>,
}

enum Step {
    Expect(Vec<u8>),
    Say(Vec<u8>),
}

/// The failure that was ordered with [`Uart::fail_read_after`] or [`Uart::fail_write_after`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Failure;

impl Uart {
    /// A UART with an empty script: silent, and surprised by anything that is written.
    pub fn new() -> Self {
        Self::default()
    }

    /// An ST67W611M1 that has just started: what the driver asks of one is answered, and the script goes on
    /// with the first call.
    pub fn st67() -> Self {
        let ok = "\r\nOK\r\n";
        let settings = [
            "ATE0\r\n",
            "AT+SYSSTORE=0\r\n",
            "AT+SYSLOG=1\r\n",
            "AT+CIPMUX=1\r\n",
            "AT+CIPRECVMODE=1\r\n",
            "AT+CIPDINFO=1\r\n",
        ];
        let asked = Self::new().answer("AT+CIPMUX?\r\n", "+CIPMUX:0\r\n\r\nOK\r\n");
        let settings = settings.into_iter();
        settings.fold(asked, |uart, setting| uart.answer(setting, ok))
    }

    /// A PIC32MZW1 that has just started, in the same way.
    ///
    /// ```
    /// use atwifi::SocketMemory;
    /// use atwifi::microchip::Module;
    /// use atwifi::mock::{Clock, Uart};
    ///
    /// let uart = Uart::microchip().answer("AT+WSTA=0\r\n", "OK\r\n");
    /// let (mut line, mut sockets) = ([0; 640], [SocketMemory::<64>::new()]);
    /// let mut module = Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// module.leave()?;
    /// uart.assert_done();
    /// # Ok::<(), atwifi::microchip::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn microchip() -> Self {
        Self::new()
            .answer("AT+GMM\r\n", "AT+GMM\r\n+GMM=\"PIC32MZW1\"\r\nOK\r\n>")
            .answer("ATE0\r\n", "ATE0\r\nOK\r\n")
            .answer("AT+SOCKLST\r\n", "OK\r\n")
    }

    /// Then exactly these bytes must be written, in pieces of any size.
    pub fn expect(self, bytes: impl AsRef<[u8]>) -> Self {
        self.0
            .borrow_mut()
            .steps
            .push_back(Step::Expect(bytes.as_ref().to_vec()));
        self
    }

    /// Then the other end says this.
    pub fn say(self, bytes: impl AsRef<[u8]>) -> Self {
        {
            let mut script = self.0.borrow_mut();
            script.steps.push_back(Step::Say(bytes.as_ref().to_vec()));
            script.advance();
        }
        self
    }

    /// Then `command` must be written, and is answered with `answer`.
    pub fn answer(self, command: impl AsRef<[u8]>, answer: impl AsRef<[u8]>) -> Self {
        self.expect(command).say(answer)
    }

    /// A `read` returns at most `n` bytes.
    pub fn fragment(self, n: usize) -> Self {
        self.0.borrow_mut().fragment = Some(n);
        self
    }

    /// A `read` fails once, after `n` more bytes were read.
    pub fn fail_read_after(self, n: usize) -> Self {
        self.0.borrow_mut().read_budget = Some(n);
        self
    }

    /// A `write` fails once, after `n` more bytes were written.
    pub fn fail_write_after(self, n: usize) -> Self {
        self.0.borrow_mut().write_budget = Some(n);
        self
    }

    /// Checks that the script was played to its end and that everything said was read.
    ///
    /// # Panics
    /// If it was not.
    pub fn assert_done(&self) {
        let script = self.0.borrow();
        if let Some(Step::Expect(bytes)) = script.steps.front() {
            panic!("never written: {:?}", Text(bytes));
        }
        assert!(
            script.incoming.is_empty(),
            "never read: {:?}",
            Text(&Vec::from(script.incoming.clone()))
        );
    }
}

impl Script {
    /// Plays what comes without being waited for.
    fn advance(&mut self) {
        while let Some(Step::Say(_)) = self.steps.front() {
            if let Some(Step::Say(bytes)) = self.steps.pop_front() {
                self.incoming.extend(bytes);
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let Some(Step::Expect(expected)) = self.steps.front() else {
            panic!("written, but not expected: {:?}", Text(bytes));
        };
        self.written.extend_from_slice(bytes);
        assert!(
            expected.starts_with(&self.written),
            "written {:?} where {:?} was expected",
            Text(&self.written),
            Text(expected)
        );
        if expected.len() == self.written.len() {
            self.written.clear();
            self.steps.pop_front();
            self.advance();
        }
    }
}

impl ErrorType for Uart {
    type Error = Failure;
}

impl ReadReady for Uart {
    fn read_ready(&mut self) -> Result<bool, Failure> {
        let script = self.0.borrow();
        Ok(!script.incoming.is_empty() || script.read_budget == Some(0))
    }
}

impl Read for Uart {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Failure> {
        let mut script = self.0.borrow_mut();
        if script.read_budget == Some(0) {
            script.read_budget = None;
            return Err(Failure);
        }
        let most = into.len().min(script.fragment.unwrap_or(usize::MAX));
        let n = most
            .min(script.incoming.len())
            .min(script.read_budget.unwrap_or(usize::MAX));
        for (place, byte) in into.iter_mut().zip(script.incoming.drain(..n)) {
            *place = byte;
        }
        script.read_budget = script.read_budget.map(|budget| budget - n);
        Ok(n)
    }
}

impl Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        let mut script = self.0.borrow_mut();
        if script.write_budget == Some(0) {
            script.write_budget = None;
            return Err(Failure);
        }
        // A script that speaks between two bytes of a command must get the chance to.
        let step = match script.steps.front() {
            Some(Step::Expect(expected)) => expected.len() - script.written.len(),
            _ => bytes.len(),
        };
        let n = bytes
            .len()
            .min(step)
            .min(script.write_budget.unwrap_or(usize::MAX));
        script.take(&bytes[..n]);
        script.write_budget = script.write_budget.map(|budget| budget - n);
        Ok(n)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the mock UART failed as ordered")
    }
}

impl core::error::Error for Failure {}

impl embedded_io::Error for Failure {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A clock that a test moves; it also moves by one millisecond whenever the driver is idle.
#[derive(Clone, Debug, Default)]
pub struct Clock(Rc<Cell<u32>>);

impl Clock {
    /// A clock at 0 ms. Clones are handles of the same clock.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the time on.
    pub fn advance(&self, milliseconds: u32) {
        self.0.set(self.0.get().wrapping_add(milliseconds));
    }
}

impl crate::Clock for Clock {
    fn now(&mut self) -> u32 {
        self.0.get()
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.advance(1);
        ControlFlow::Continue(())
    }
}

/// Bytes as text, for messages.
struct Text<'a>(&'a [u8]);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}
