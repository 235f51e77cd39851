//! What sockets of every kind do: open, hang up, close, and find out why they cannot go on.

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Purpose};
use crate::driver::{ErrorOf, Module};
use crate::error::{Closed, Error};
use crate::fmt::Shown;
use crate::socket::{Handle, Slot, State};
use crate::transport::Transport;

impl<'b, D: Dialect, T: Transport, C: Clock> Module<'b, D, T, C> {
    /// The place of a socket.
    pub(super) fn slot(&mut self, socket: &Handle) -> Result<&mut Slot<'b>, ErrorOf<D, T>> {
        self.session.sockets.slot(socket).map_err(Error::Usage)
    }

    /// A handle whose connection went with a restart of the module says so.
    pub(super) fn check_run(&mut self, socket: &Handle) -> Result<(), ErrorOf<D, T>> {
        self.slot(socket)?;
        if self.session.sockets.is_from_before_restart(socket) {
            return Err(Error::ModuleReset);
        }
        Ok(())
    }

    /// The link of an open socket.
    pub(super) fn open_link(&mut self, socket: &Handle) -> Result<u32, ErrorOf<D, T>> {
        self.check_run(socket)?;
        let slot = self.slot(socket)?;
        match slot.state {
            State::Open => Ok(slot.link),
            State::Listening => Err(Error::Closed(Closed::NotConnected)),
            State::Closed(how) => Err(Error::Closed(how)),
        }
    }

    /// Opens a socket, whatever it was before.
    pub(super) fn open_for(
        &mut self,
        socket: &mut Handle,
        purpose: Purpose<'_>,
    ) -> Result<(), ErrorOf<D, T>> {
        self.prepare()?;
        self.hang_up(socket)?;
        self.session.sockets.renew(socket);
        let result = D::open(self, socket, purpose);
        match &result {
            Ok(()) => {
                let link = self.slot(socket)?.link;
                info!("link {}: {}", link, Shown(&purpose));
            }
            Err(error) => info!("not {}: {}", Shown(&purpose), Shown(error)),
        }
        if let Err(error) = &result {
            let slot = self.slot(socket)?;
            // Where the module has said no, or was not asked, there is no link; else it may come.
            match error {
                Error::Module(_) | Error::Usage(_) | Error::Resource(_) | Error::ModuleReset => {
                    slot.closed_by_module(Closed::NotConnected);
                    // What was announced meanwhile was for somebody else.
                    slot.drop_rest();
                }
                // Nobody has told yet which link it would be.
                _ if matches!(slot.state, State::Closed(_)) => {}
                _ => slot.abandon(Closed::NotConnected),
            }
        }
        result
    }

    /// Ends the link that a socket has, or may have, in the module.
    pub(super) fn hang_up(&mut self, socket: &Handle) -> Result<(), ErrorOf<D, T>> {
        let slot = self.slot(socket)?;
        let in_module = slot.lingers || !matches!(slot.state, State::Closed(_));
        let link = slot.link;
        slot.drop_rest();
        if !in_module {
            return Ok(());
        }
        slot.abandon(Closed::NotConnected);
        self.prepare()?;
        // Getting into step may have shown that the link is gone.
        let slot = self.slot(socket)?;
        if slot.lingers && slot.link == link {
            D::close(self, link)?;
            info!("link {}: closed", link);
            self.slot(socket)?.closed_by_module(Closed::NotConnected);
        }
        Ok(())
    }

    /// Closes a socket, whatever its state, and frees its place.
    pub(super) fn close_socket(&mut self, socket: &Handle) -> Result<(), ErrorOf<D, T>> {
        let result = if self.session.sockets.is_from_before_restart(socket) {
            self.slot(socket).map(drop)
        } else {
            self.hang_up(socket)
        };
        self.session.sockets.free(socket);
        match result {
            // The link went with the module.
            Err(Error::ModuleReset) => Ok(()),
            other => other,
        }
    }

    /// Takes in what the module has told, and asks it where that is not enough.
    pub(super) fn catch_up(&mut self, socket: &Handle) -> Result<(), ErrorOf<D, T>> {
        self.check_run(socket)?;
        self.engine.pump(&mut self.session, false)?;
        if self.needs_attention() {
            self.prepare()?;
        }
        self.check_run(socket)
    }

    /// What a failed send means for the socket, of which nothing is known to have gone out.
    pub(super) fn after_failed_send(
        &mut self,
        socket: &Handle,
        error: ErrorOf<D, T>,
    ) -> ErrorOf<D, T> {
        let Ok(slot) = self.slot(socket) else {
            return error;
        };
        match (&error, slot.state) {
            // The notice of the close and the command crossed.
            (Error::Module(_), State::Closed(how)) => Error::Closed(how),
            (Error::Module(_), _) => {
                // Refused though the link seems open: was its close missed? The module knows.
                self.session.in_doubt = true;
                match self.prepare().and_then(|()| self.open_link(socket)) {
                    Ok(_) | Err(Error::Timeout) => error,
                    Err(found) => found,
                }
            }
            (Error::ModuleReset | Error::Usage(_), _) => error,
            // A datagram more or less.
            _ if slot.is_datagram => error,
            _ => {
                // Nobody knows how much of the payload the peer has got.
                slot.spoil();
                error
            }
        }
    }
}
