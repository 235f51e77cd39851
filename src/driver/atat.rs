//! `atat`'s blocking client trait, for code that is written against it.

use atat::blocking::AtatClient;
use atat::{AtatCmd, InternalError};

use super::dialect::{Dialect, Outcome};
use super::module::Module;
use crate::clock::Clock;
use crate::error::Fault;
use crate::transport::Transport;

/// Sends commands as [`Module::command`](crate::Module::command) does, with `atat`'s own error,
/// which tells less.
impl<D: Dialect, T: Transport, C: Clock> AtatClient for Module<'_, D, T, C> {
    type Writer = T;

    /// The transport, of which a `write` may take nothing for a while: see [`Transport`]. What is written to it behind the driver's back is its caller's business.
    fn inner(&mut self) -> &mut T {
        &mut self.engine.link.transport
    }

    fn send_with<A: AtatCmd>(
        &mut self,
        command: &A,
        write: impl FnOnce(&mut T) -> Result<(), T::Error>,
    ) -> Result<A::Response, atat::Error> {
        let sent = self
            .ready_for_command(A::MAX_TIMEOUT_MS)
            .and_then(|()| self.engine.exchange_written(A::MAX_TIMEOUT_MS, write));
        self.answer(command, sent)
    }

    fn send<A: AtatCmd>(&mut self, command: &A) -> Result<A::Response, atat::Error> {
        let sent = self.ready_for_command(A::MAX_TIMEOUT_MS).and_then(|()| {
            self.write(command);
            match A::EXPECTS_RESPONSE_CODE {
                true => self.keep_reply(A::MAX_TIMEOUT_MS),
                false => self.engine.send_only(A::MAX_TIMEOUT_MS),
            }
        });
        self.answer(command, sent)
    }
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    fn answer<A: AtatCmd>(
        &mut self,
        command: &A,
        sent: Outcome,
    ) -> Result<A::Response, atat::Error> {
        match sent {
            Ok(()) => command.parse(Ok(self.engine.reply())),
            Err(fault) => command.parse(Err(match fault {
                Fault::Transport => InternalError::Read,
                Fault::Timeout => InternalError::Timeout,
                Fault::Interrupted | Fault::ModuleReset => InternalError::Aborted,
                Fault::Malformed => InternalError::InvalidResponse,
                Fault::LineBuffer => InternalError::Capacity,
                _ => InternalError::Error,
            })),
        }
    }
}
