//! A UDP socket.

use core::cell::RefCell;
use core::net::SocketAddr;

use embedded_nal::{UdpClientStack, UdpFullStack, nb};

use super::{finished, lent, until_there, wake_when_ready};
use crate::clock::Clock;
use crate::driver::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::error::{Closed, Error};
use crate::nal::Shared;
use crate::socket::UdpSocket;
use crate::transport::Transport;

/// A UDP socket of a [`Shared`] module. Dropping it closes it.
#[derive(Debug)]
pub struct Datagrams<'a, 'b, D: Dialect, T: Transport, C: Clock> {
    module: Shared<'a, 'b, D, T, C>,
    /// There until it is dropped.
    socket: Option<RefCell<UdpSocket>>,
    pub(super) local: SocketAddr,
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> Datagrams<'a, 'b, D, T, C> {
    /// Takes a socket, which is bound if a port is asked for, and connected if there is a peer.
    pub(super) fn open(
        mut module: Shared<'a, 'b, D, T, C>,
        port: Option<u16>,
        local: SocketAddr,
        remote: Option<SocketAddr>,
    ) -> Result<Self, ErrorOf<D, T>> {
        let socket = UdpClientStack::socket(&mut module)?;
        let datagrams = Datagrams {
            module,
            socket: Some(RefCell::new(socket)),
            local,
        };
        datagrams.with(|module, socket| {
            if let Some(port) = port {
                UdpFullStack::bind(module, socket, port)?;
            }
            match remote {
                Some(remote) => UdpClientStack::connect(module, socket, remote),
                None => Ok(()),
            }
        })??;
        Ok(datagrams)
    }

    /// A socket that speaks to one peer, from the local port or, if that is 0, from one that the
    /// module chooses.
    pub(super) fn connected(
        module: Shared<'a, 'b, D, T, C>,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Result<Self, ErrorOf<D, T>> {
        let port = (local.port() != 0).then_some(local.port());
        Self::open(module, port, local, Some(remote))
    }

    /// A call of the module for its socket.
    pub(super) fn with<R>(
        &self,
        call: impl FnOnce(&mut Module<'b, D, T, C>, &mut UdpSocket) -> R,
    ) -> Result<R, ErrorOf<D, T>> {
        let Some(socket) = &self.socket else {
            return Err(Error::Closed(Closed::NotConnected));
        };
        let mut socket = lent(socket)?;
        self.module.with(|module| call(module, &mut socket))
    }

    /// Sends a datagram to the peer.
    pub(super) fn send_now(&self, data: &[u8]) -> Result<(), ErrorOf<D, T>> {
        finished(self.with(|module, socket| UdpClientStack::send(module, socket, data))?)
    }

    /// Sends a datagram to any address.
    pub(super) fn send_to_now(&self, remote: SocketAddr, data: &[u8]) -> Result<(), ErrorOf<D, T>> {
        finished(self.with(|module, socket| module.send_to(socket, remote, data))?)
    }

    /// The next datagram: as much of it as fits, its whole length, and who sent it.
    pub(super) async fn next(
        &self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr), ErrorOf<D, T>> {
        let receive = || {
            let received = self.with(|module, socket| {
                let received = module.receive_datagram(socket, buffer);
                module.outcome(received)
            });
            received??.ok_or(nb::Error::WouldBlock)
        };
        until_there(receive, |waker| wake_when_ready(&self.module, waker)).await
    }

    /// Waits until there may be a datagram.
    #[cfg(feature = "edge-nal")]
    pub(super) async fn wait_readable(&self) -> Result<(), ErrorOf<D, T>> {
        let look = || {
            let looked = self.with(|module, socket| {
                let looked = module.has_datagram(socket);
                module.outcome(looked)
            });
            match looked?? {
                true => Ok(()),
                false => Err(nb::Error::WouldBlock),
            }
        };
        until_there(look, |waker| wake_when_ready(&self.module, waker)).await
    }
}

impl<D: Dialect, T: Transport, C: Clock> Drop for Datagrams<'_, '_, D, T, C> {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.take() {
            // If it fails, nobody can be told.
            let _ = UdpClientStack::close(&mut self.module, socket.into_inner());
        }
    }
}
