//! Commands that carry data behind a prompt, commands whose reply is data, and replies that are
//! better taken row by row.

use atat::AtatCmd;

use super::dialect::{Dialect, Outcome};
use super::module::{ErrorOf, Module};
use crate::clock::Clock;
use crate::engine::exchange::{self, Each, Task, unless_full};
use crate::error::{Error, Lent, Usage};
use crate::transport::Transport;

pub use crate::engine::protocol::Prompt;

/// A command that announces data: [`Module::command_with_data`].
pub trait Upload: AtatCmd {
    /// Whether the module asks for the data.
    const PROMPT: Prompt = Prompt::Always;

    /// Whether the module, where it tells how many bytes it has received, counts them as they are
    /// sent. Where it does, another number means that bytes were lost.
    const IS_RECEIPT_EXACT: bool = true;

    /// How many bytes follow the command.
    fn length(&self) -> usize;
}

/// A command whose reply is data: [`Module::command_for_data`].
pub trait Download: AtatCmd {
    /// The most bytes that it asks for.
    fn length(&self) -> usize;
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Sends a command and, when the module is ready for it, its data.
    ///
    /// # Errors
    /// [`Usage::WrongLength`] if `data` is not as long as the command announces, or empty.
    pub fn command_with_data<A: Upload>(
        &mut self,
        command: &A,
        data: &[u8],
    ) -> Result<A::Response, ErrorOf<D, T>> {
        if data.len() != command.length() || data.is_empty() {
            return Err(Error::Usage(Usage::WrongLength(command.length())));
        }
        let upload = exchange::Upload {
            payload: data,
            is_receipt_exact: A::IS_RECEIPT_EXACT,
        };
        let reply = self.ready_for_command(A::MAX_TIMEOUT_MS).and_then(|()| {
            self.write(command);
            match A::PROMPT {
                Prompt::Always => self.run(&mut Task::Upload(upload), A::MAX_TIMEOUT_MS)?,
                Prompt::Perhaps => self.run_unprompted(upload, A::MAX_TIMEOUT_MS)?,
            };
            self.parse_reply(command)
        });
        self.outcome(reply)
    }

    /// Sends a command whose reply is data, straight into `into`. Returns how many bytes it was.
    ///
    /// # Errors
    /// [`Usage::BufferTooSmall`] if `into` does not have room for all that the command asks for.
    /// After an error nothing in `into` is to be used.
    pub fn command_for_data<A: Download>(
        &mut self,
        command: &A,
        into: &mut [u8],
    ) -> Result<usize, ErrorOf<D, T>> {
        let limit = command.length();
        if into.len() < limit {
            return Err(Error::Usage(Usage::BufferTooSmall {
                which: Lent::Data,
                needed: limit,
            }));
        }
        let got = self.ready_for_command(A::MAX_TIMEOUT_MS).and_then(|()| {
            self.write(command);
            self.download(limit, into, A::MAX_TIMEOUT_MS)
        });
        self.outcome(got)
    }

    /// Sends a command and hands over each line of its reply as it comes, however many there are:
    /// for replies of rows, which need not fit the line buffer together.
    pub fn command_for_rows<A: AtatCmd>(
        &mut self,
        command: &A,
        each: impl FnMut(&[u8]),
    ) -> Result<(), ErrorOf<D, T>> {
        let is_full = false;
        let mut each = Each { each, is_full };
        let rows = self.ready_for_command(A::MAX_TIMEOUT_MS).and_then(|()| {
            self.write(command);
            self.ask("", A::MAX_TIMEOUT_MS, &mut each)?;
            unless_full(each.is_full)
        });
        self.outcome(rows)
    }

    /// Makes the module fit for a command of the user's, and the driver for what it brings about.
    pub(super) fn ready_for_command(&mut self, timeout: u32) -> Outcome {
        self.begin_call_of(timeout);
        // What came before the first of them is no work of theirs.
        self.prepare()?;
        self.expect_others();
        Ok(())
    }
}
