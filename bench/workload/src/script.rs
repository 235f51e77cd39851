//! A transport in memory that has an answer for each command.

use core::cell::{Cell, RefCell};
use core::convert::Infallible;

use embedded_io::{ErrorType, Read, ReadReady, Write};

use crate::TRANSFER;

/// The longest command that is kept.
const COMMAND: usize = 64;

/// What a module says to a command, and then.
pub(crate) struct Answer {
    /// At once.
    pub now: &'static [u8],
    /// When so many bytes of payload have come.
    pub payload: usize,
    /// What it says to them.
    pub receipt: &'static [u8],
}

impl Answer {
    /// An answer that asks for nothing.
    pub const fn plain(now: &'static [u8]) -> Self {
        Answer {
            now,
            payload: 0,
            receipt: b"",
        }
    }

    /// The answer to the first of these beginnings that the command has.
    pub fn first_of(answers: &[(&[u8], &'static [u8])], command: &[u8]) -> Self {
        let mut answers = answers.iter();
        let found = answers.find(|(beginning, _)| command.starts_with(beginning));
        Answer::plain(found.map_or(b"", |(_, answer)| answer))
    }
}

/// The module's side.
pub(crate) struct Script {
    answer: Cell<fn(&[u8]) -> Answer>,
    /// The byte that ends a command.
    end: u8,
    command: RefCell<([u8; COMMAND], usize)>,
    owed: Cell<(usize, &'static [u8])>,
    output: Cell<&'static [u8]>,
}

impl Script {
    pub fn new(end: u8, answer: fn(&[u8]) -> Answer) -> Self {
        Script {
            answer: Cell::new(answer),
            end,
            command: RefCell::new(([0; COMMAND], 0)),
            owed: Cell::new((0, b"")),
            output: Cell::new(b""),
        }
    }

    /// Answers otherwise from now on.
    pub fn change(&self, answer: fn(&[u8]) -> Answer) {
        self.answer.set(answer);
    }

    /// Says something unasked.
    pub fn say(&self, line: &'static [u8]) {
        self.output.set(line);
    }

    fn take_command(&self, bytes: &[u8]) {
        let (command, length) = &mut *self.command.borrow_mut();
        if let Some(place) = command.get_mut(*length..*length + bytes.len()) {
            place.copy_from_slice(bytes);
            *length += bytes.len();
        }
        if bytes.last() == Some(&self.end) {
            let answer = self.answer.get()(command.get(..*length).unwrap_or(&[]));
            *length = 0;
            self.output.set(answer.now);
            self.owed.set((answer.payload, answer.receipt));
        }
    }
}

/// The host's end.
#[derive(Clone, Copy)]
pub(crate) struct Port<'s>(pub &'s Script);

impl ErrorType for Port<'_> {
    type Error = Infallible;
}

impl ReadReady for Port<'_> {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0.output.get().is_empty())
    }
}

impl Read for Port<'_> {
    #[inline(never)]
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let output = self.0.output.get();
        let n = output.len().min(into.len());
        let (now, later) = output.split_at(n);
        into[..n].copy_from_slice(now);
        self.0.output.set(later);
        Ok(n)
    }
}

impl Write for Port<'_> {
    #[inline(never)]
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        match self.0.owed.get() {
            (0, _) => self.0.take_command(bytes),
            (owed, receipt) => {
                let owed = owed.saturating_sub(bytes.len());
                self.0.owed.set((owed, receipt));
                if owed == 0 {
                    self.0.output.set(receipt);
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A head, a transfer of payload, and a tail.
pub(crate) const fn framed<const N: usize>(head: &[u8], tail: &[u8]) -> [u8; N] {
    around(head, &[b'.'; TRANSFER], tail)
}

/// A head, payload, and a tail.
pub(crate) const fn around<const N: usize>(head: &[u8], payload: &[u8], tail: &[u8]) -> [u8; N] {
    assert!(N == head.len() + payload.len() + tail.len());
    let mut bytes = [0; N];
    let (before, rest) = bytes.split_at_mut(head.len());
    before.copy_from_slice(head);
    let (between, behind) = rest.split_at_mut(payload.len());
    between.copy_from_slice(payload);
    behind.copy_from_slice(tail);
    bytes
}
