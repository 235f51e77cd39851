//! Commands that carry data behind a prompt, commands whose reply is data, and replies that are
//! better taken row by row.

use atat::AtatCmd;

use crate::clock::Clock;
use crate::driver::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::error::{Error, Usage};
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
        self.prepare()?;
        self.upload(command, data, A::MAX_TIMEOUT_MS)?;
        self.parse_reply(command).ok_or_else(|| {
            self.engine.fall_out_of_step();
            Error::Malformed
        })
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
            return Err(Error::Usage(Usage::BufferTooSmall(limit)));
        }
        self.prepare()?;
        self.download(command, limit, into, A::MAX_TIMEOUT_MS)
    }

    /// Sends a command and hands over each line of its reply as it comes, however many there are:
    /// for replies of rows, which need not fit the line buffer together.
    pub fn command_for_rows<A: AtatCmd>(
        &mut self,
        command: &A,
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), ErrorOf<D, T>> {
        self.prepare()?;
        self.execute_lines(command, A::MAX_TIMEOUT_MS, &mut each)
    }
}
