//! A port at which connections are awaited.

use core::cell::RefCell;
use core::net::SocketAddr;

use embedded_nal::{TcpClientStack, TcpFullStack};

use super::{Connection, lent, until_there, wake_when_ready};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::driver::dialect::Dialect;
use crate::error::{Closed, Error};
use crate::nal::Shared;
use crate::socket::TcpSocket;
use crate::transport::Transport;

/// A port of a [`Shared`] module at which it listens. Dropping it ends that.
///
/// It takes one place in the socket table, and each connection that it accepts another. While there is
/// none, connections wait in the module.
#[derive(Debug)]
pub struct Listener<'a, 'b, D: Dialect, T: Transport, C: Clock> {
    module: Shared<'a, 'b, D, T, C>,
    /// There until it is dropped.
    socket: Option<RefCell<TcpSocket>>,
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> Listener<'a, 'b, D, T, C> {
    /// Listens at a port.
    pub(super) fn at(
        mut module: Shared<'a, 'b, D, T, C>,
        port: u16,
    ) -> Result<Self, ErrorOf<D, T>> {
        let socket = TcpClientStack::socket(&mut module)?;
        let mut listener = Listener {
            module,
            socket: Some(RefCell::new(socket)),
        };
        if let Some(socket) = &mut listener.socket {
            TcpFullStack::bind(&mut module, socket.get_mut(), port)?;
            module.listen(socket.get_mut())?;
        }
        Ok(listener)
    }

    /// The next connection, and who made it.
    pub(super) async fn next(
        &self,
    ) -> Result<(SocketAddr, Connection<'a, 'b, D, T, C>), ErrorOf<D, T>> {
        let Some(socket) = &self.socket else {
            return Err(Error::Closed(Closed::NotConnected));
        };
        let mut module = self.module;
        let accept = || module.accept(&mut *lent(socket)?);
        let wake = |waker: &_| wake_when_ready(&self.module, waker);
        let (socket, remote) = until_there(accept, wake).await?;
        Ok((remote, Connection::of(self.module, socket)))
    }
}

impl<D: Dialect, T: Transport, C: Clock> Drop for Listener<'_, '_, D, T, C> {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.take() {
            // If it fails, nobody can be told.
            let _ = TcpClientStack::close(&mut self.module, socket.into_inner());
        }
    }
}
