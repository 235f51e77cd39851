//! `TcpFullStack`: connections that others make to the module.

use core::net::SocketAddr;

use embedded_nal::TcpFullStack;

use crate::clock::Clock;
use crate::driver::Module;
use crate::driver::dialect::{Dialect, Outcome};
use crate::error::{Fault, Usage};
use crate::socket::{Handle, State, TcpSocket};
use crate::transport::Transport;

impl<D: Dialect, T: Transport, C: Clock> TcpFullStack for Module<'_, D, T, C> {
    /// Remembers the port for [`listen`](TcpFullStack::listen); nothing is sent.
    fn bind(&mut self, socket: &mut TcpSocket, local_port: u16) -> Result<(), Self::Error> {
        let owned = self.slot(&socket.handle).map(drop);
        self.outcome(owned)?;
        socket.port = Some(local_port);
        Ok(())
    }

    /// Listens on the port that the socket is bound to.
    ///
    /// # Errors
    /// [`Resource::Listeners`](crate::Resource::Listeners) where the module listens already and can
    /// do so on one port only: the ST67. [`Usage::Unsupported`] for port 0, which no module chooses.
    /// [`Usage::TooFewSockets`] where memory for one socket was lent, which listens: what it accepts
    /// needs another.
    fn listen(&mut self, socket: &mut TcpSocket) -> Result<(), Self::Error> {
        let listening = self.open_listener(&mut socket.handle, socket.port);
        self.outcome(listening)
    }

    /// The next connection to the port, and who made it; `WouldBlock` if there is none, or no
    /// place in the socket table for it, in which case it waits in the module.
    ///
    /// A socket that is bound and does not listen yet begins to; after
    /// [`Error::ModuleReset`](crate::Error::ModuleReset) it must be told to
    /// [`listen`](TcpFullStack::listen) again. On the ST67 a client that has closed before it is
    /// accepted is gone: its module does not tell any more who it was.
    fn accept(
        &mut self,
        socket: &mut TcpSocket,
    ) -> nb::Result<(TcpSocket, SocketAddr), Self::Error> {
        let accepted = self.accept_next(socket);
        match self.outcome(accepted)? {
            Some((handle, remote)) => Ok((TcpSocket { handle, port: None }, remote)),
            None => Err(nb::Error::WouldBlock),
        }
    }
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    fn open_listener(&mut self, socket: &mut Handle, port: Option<u16>) -> Outcome {
        let port = match port {
            None => return Err(Fault::NotConnected),
            Some(0) => return Err(self.refuse(Usage::Unsupported("port 0"))),
            Some(port) => port,
        };
        if self.session().sockets.is_single() {
            return Err(self.refuse(Usage::TooFewSockets));
        }
        self.begin_open(socket)?;
        self.close_listener = Some(D::close_listener);
        let opened = D::listen(self, socket, port);
        self.end_open(socket, opened, &format_args!("listening at port {port}"))
    }

    fn accept_next(&mut self, socket: &mut TcpSocket) -> Outcome<Option<(Handle, SocketAddr)>> {
        if self.current(&socket.handle)?.state != State::Listening {
            self.open_listener(&mut socket.handle, socket.port)?;
        }
        self.catch_up(&socket.handle)?;
        // What lingers in a place is closed before somebody else gets it.
        self.prepare()?;
        let Ok(handle) = self.session().sockets.allocate() else {
            return Ok(None);
        };
        let accepted = D::accept(self, socket.port.unwrap_or(0));
        let Ok(Some(incoming)) = accepted else {
            self.session().sockets.free(&handle);
            return accepted.map(|_| None);
        };
        let slot = self.slot(&handle)?;
        slot.open(incoming.link);
        slot.set_peer(incoming.remote);
        // What came before it was accepted was nobody's.
        slot.expect_data();
        if let Some(how) = incoming.ended {
            slot.abandon(how);
        }
        info!("link {}: accepted {}", incoming.link, incoming.remote);
        Ok(Some((handle, incoming.remote)))
    }
}
