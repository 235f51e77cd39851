//! `TcpFullStack`: connections that others make to the module.

use core::net::SocketAddr;

use embedded_nal::TcpFullStack;

use crate::clock::Clock;
use crate::driver::Module;
use crate::driver::dialect::{Dialect, Purpose};
use crate::error::{Closed, Error, Usage};
use crate::socket::{State, TcpSocket};
use crate::transport::Transport;

impl<D: Dialect, T: Transport, C: Clock> TcpFullStack for Module<'_, D, T, C> {
    /// Remembers the port for [`listen`](TcpFullStack::listen); nothing is sent.
    fn bind(&mut self, socket: &mut TcpSocket, local_port: u16) -> Result<(), Self::Error> {
        self.slot(&socket.handle)?;
        socket.port = Some(local_port);
        Ok(())
    }

    /// Listens on the port that the socket is bound to.
    ///
    /// # Errors
    /// [`Resource::Listeners`](crate::Resource::Listeners) where the module listens already and can
    /// do so on one port only: the ST67. [`Usage::Unsupported`] for port 0, which no module chooses.
    fn listen(&mut self, socket: &mut TcpSocket) -> Result<(), Self::Error> {
        match socket.port {
            None => Err(Error::Closed(Closed::NotConnected)),
            Some(0) => Err(Error::Usage(Usage::Unsupported)),
            Some(port) => self.open_for(&mut socket.handle, Purpose::Listen(port)),
        }
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
        let (listener, port) = (&socket.handle, socket.port.unwrap_or(0));
        self.check_run(listener)?;
        if self.slot(listener)?.state != State::Listening {
            self.listen(socket)?;
        }
        self.catch_up(&socket.handle)?;
        let Ok(handle) = self.session.sockets.allocate() else {
            return Err(nb::Error::WouldBlock);
        };
        let accepted = match D::accept(self, port) {
            Ok(accepted) => accepted,
            Err(error) => {
                self.session.sockets.free(&handle);
                return Err(error.into());
            }
        };
        let Some(incoming) = accepted else {
            self.session.sockets.free(&handle);
            return Err(nb::Error::WouldBlock);
        };
        let slot = self.slot(&handle)?;
        slot.open(incoming.link);
        // What came before it was accepted was nobody's.
        slot.readable = true;
        if incoming.is_closed {
            slot.abandon(Closed::ByPeer);
        }
        info!("link {}: accepted {}", incoming.link, incoming.remote);
        let connection = TcpSocket { handle, port: None };
        Ok((connection, incoming.remote))
    }
}
