//! `atat`'s blocking client trait, for code that is written against it.

use atat::blocking::AtatClient;
use atat::{AtatCmd, InternalError};

use crate::clock::Clock;
use crate::driver::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::error::Error;
use crate::transport::Transport;

/// Sends commands as [`Module::command`](crate::Module::command) does, with `atat`'s own error,
/// which tells less.
impl<D: Dialect, T: Transport, C: Clock> AtatClient for Module<'_, D, T, C> {
    type Writer = T;

    /// The transport. What is written to it behind the driver's back is its caller's business.
    fn inner(&mut self) -> &mut T {
        &mut self.engine.link.transport
    }

    fn send_with<A: AtatCmd>(
        &mut self,
        command: &A,
        write: impl FnOnce(&mut T) -> Result<(), T::Error>,
    ) -> Result<A::Response, atat::Error> {
        let sent = self.prepare().and_then(|()| {
            self.engine
                .exchange_written(&mut self.session, A::MAX_TIMEOUT_MS, write)
        });
        self.answer(command, sent)
    }

    fn send<A: AtatCmd>(&mut self, command: &A) -> Result<A::Response, atat::Error> {
        let sent = self.prepare().and_then(|()| {
            if A::EXPECTS_RESPONSE_CODE {
                self.exchange_for(command, A::MAX_TIMEOUT_MS)
            } else {
                self.engine.compose(|buffer| command.write(buffer));
                self.engine.send_only(A::MAX_TIMEOUT_MS)
            }
        });
        self.answer(command, sent)
    }
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    fn answer<A: AtatCmd>(
        &mut self,
        command: &A,
        sent: Result<(), ErrorOf<D, T>>,
    ) -> Result<A::Response, atat::Error> {
        match sent {
            Ok(()) => command.parse(Ok(self.engine.reply())),
            Err(error) => command.parse(Err(match error {
                Error::Transport(_) => InternalError::Read,
                Error::Timeout => InternalError::Timeout,
                Error::Interrupted | Error::ModuleReset => InternalError::Aborted,
                Error::Malformed => InternalError::InvalidResponse,
                Error::Resource(_) => InternalError::Capacity,
                Error::Module(_) | Error::Usage(_) | Error::Closed(_) => InternalError::Error,
            })),
        }
    }
}
