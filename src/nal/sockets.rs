//! What sockets of every kind do: open, hang up, close, and find out why they cannot go on.

use core::fmt;

use crate::clock::Clock;
use crate::driver::Module;
use crate::driver::dialect::{Dialect, Outcome};
use crate::engine::protocol::Protocol;
use crate::error::Fault;
use crate::fmt::Shown;
use crate::socket::{Handle, Slot, State};
use crate::transport::Transport;
use crate::value::LinkState;

impl<'b, D: Dialect, T: Transport, C: Clock> Module<'b, D, T, C> {
    /// The place of a socket.
    pub(super) fn slot(&mut self, socket: &Handle) -> Outcome<&mut Slot<'b>> {
        self.session().sockets.slot(socket)
    }

    /// The place of a socket; a handle whose connection went with a restart of the module says so.
    pub(super) fn current(&mut self, socket: &Handle) -> Outcome<&mut Slot<'b>> {
        let sockets = &mut self.session().sockets;
        let is_stale = sockets.is_from_before_restart(socket);
        let slot = sockets.slot(socket)?;
        match is_stale {
            true => Err(Fault::ModuleReset),
            false => Ok(slot),
        }
    }

    /// The link of an open socket.
    pub(super) fn open_link(&mut self, socket: &Handle) -> Outcome<u32> {
        let slot = self.current(socket)?;
        match slot.state {
            State::Open => Ok(slot.link),
            State::Listening => Err(Fault::NotConnected),
            State::Closed(how) => Err(how.into()),
        }
    }

    /// Makes a socket fit to be opened, whatever it was before.
    pub(super) fn begin_open(&mut self, socket: &mut Handle) -> Outcome {
        // First: whatever comes of it, nobody uses the old connection any more.
        self.hang_up(socket)?;
        self.prepare()?;
        self.session().sockets.renew(socket);
        Ok(())
    }

    /// What a refusal says, if the station has a link; without one nobody can be reached.
    pub(super) fn explain<R>(&mut self, outcome: Outcome<R>, with_link: Fault) -> Outcome<R> {
        match outcome {
            Err(Fault::Refused) => Err(self.refusal(with_link)),
            other => other,
        }
    }

    #[inline(never)]
    fn refusal(&mut self, with_link: Fault) -> Fault {
        match self.session().link_state {
            LinkState::Up | LinkState::NoAddress => with_link,
            _ => Fault::NoNetwork,
        }
    }

    /// What has become of a socket that was opened.
    pub(super) fn end_open(
        &mut self,
        socket: &Handle,
        opened: Outcome,
        what: &dyn fmt::Display,
    ) -> Outcome {
        let Err(fault) = opened else {
            let link = self.slot(socket)?.link;
            info!("link {}: {}", link, Shown(&what));
            return Ok(());
        };
        info!("not {}: {}", Shown(&what), Shown(&fault));
        let may_open = fault.leaves_answer_open() || self.engine.is_out_of_step();
        let slot = self.slot(socket)?;
        if !may_open {
            // Where the module has said no to what it has understood, or was not asked, there is no link.
            slot.forget();
        }
        // It may come, unless nobody has told yet which link it would be. What was announced meanwhile was for
        // somebody else, or came over a connection that nobody has got.
        slot.hang_up();
        Err(fault)
    }

    /// Ends the link that a socket has, or may have, in the module.
    pub(super) fn hang_up(&mut self, socket: &Handle) -> Outcome {
        let slot = self.slot(socket)?;
        slot.hang_up();
        if slot.lingers {
            self.prepare()?;
        }
        match self.slot(socket)?.lingers {
            true => Err(Fault::Timeout),
            false => Ok(()),
        }
    }

    /// Closes a socket, whatever its state, and frees its place.
    #[inline(never)]
    pub(super) fn close_socket(&mut self, socket: &Handle) -> Outcome {
        let result = if self.session().sockets.is_from_before_restart(socket) {
            self.slot(socket).map(drop)
        } else {
            self.hang_up(socket)
        };
        self.session().sockets.free(socket);
        match result {
            // The link went with the module.
            Err(Fault::ModuleReset) => Ok(()),
            other => other,
        }
    }

    /// Frees the place of a socket; what it has in the module ends before the next command.
    pub(crate) fn let_go(&mut self, socket: &Handle) {
        let is_over = self.session().sockets.is_from_before_restart(socket);
        if let (false, Ok(slot)) = (is_over, self.slot(socket)) {
            slot.hang_up();
        }
        self.session().sockets.free(socket);
    }

    /// Takes in what the module has told, and asks it where that is not enough.
    pub(super) fn catch_up(&mut self, socket: &Handle) -> Outcome<&mut Slot<'b>> {
        self.current(socket)?;
        self.engine.pump()?;
        if self.engine.link.is_due(self.timeouts.unheard) {
            self.session().doubt();
        }
        if self.needs_attention() {
            self.prepare()?;
        }
        let is_time = D::LOOK_AGAIN > 0 && self.engine.link.has_passed(self.look_at);
        let slot = self.current(socket)?;
        if is_time && slot.is_uncertain {
            slot.expect_data();
        }
        Ok(slot)
    }

    /// What a failed send means for the socket, of which nothing is known to have gone out.
    pub(super) fn after_failed_send(&mut self, socket: &Handle, fault: Fault) -> Fault {
        let Ok(slot) = self.slot(socket) else {
            return fault;
        };
        match (fault, slot.state) {
            (Fault::Untaken, State::Closed(how)) => how.into(),
            (Fault::Refused, state) => {
                // Refused though the link seems open: was its close missed? The module knows. Else the
                // notice of the close and the command crossed.
                let refusal = self.session().refusal;
                self.session().in_doubt |= state == State::Open;
                let found = self.prepare().and_then(|()| self.open_link(socket));
                self.session().refusal = refusal;
                match found {
                    Ok(_) | Err(Fault::Timeout | Fault::Unresponsive) => fault,
                    Err(found) => found,
                }
            }
            (Fault::ModuleReset | Fault::Usage, _) => fault,
            // The peer takes nothing any more; what it has sent can be read.
            (_, State::Closed(_)) => fault,
            // A datagram more or less.
            _ if slot.is_datagram() => fault,
            _ => {
                // Nobody knows how much of the payload the peer has got.
                slot.spoil();
                fault
            }
        }
    }
}
