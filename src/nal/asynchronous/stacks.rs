//! `embedded-nal-async`.

use core::net::{IpAddr, SocketAddr};

use embedded_nal_async::{AddrType, ConnectedUdp, Dns, TcpConnect, UdpStack, UnconnectedUdp};

use super::{Connection, Datagrams, finished};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::driver::dialect::Dialect;
use crate::nal::Shared;
use crate::transport::Transport;

impl<'b, D: Dialect, T: Transport, C: Clock> TcpConnect for Shared<'_, 'b, D, T, C> {
    type Error = ErrorOf<D, T>;
    type Connection<'c>
        = Connection<'c, 'b, D, T, C>
    where
        Self: 'c;

    /// Opens a connection; does not yield.
    async fn connect<'c>(
        &'c self,
        remote: SocketAddr,
    ) -> Result<Self::Connection<'c>, Self::Error> {
        Connection::open(*self, remote)
    }
}

impl<D: Dialect, T: Transport, C: Clock> Dns for Shared<'_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;

    /// Resolves a name; does not yield.
    async fn get_host_by_name(&self, host: &str, kind: AddrType) -> Result<IpAddr, Self::Error> {
        let mut module = *self;
        finished(embedded_nal::Dns::get_host_by_name(&mut module, host, kind))
    }

    /// Always [`Usage::Unsupported`](crate::Usage::Unsupported): no module can.
    async fn get_host_by_address(
        &self,
        address: IpAddr,
        result: &mut [u8],
    ) -> Result<usize, Self::Error> {
        let mut module = *self;
        finished(embedded_nal::Dns::get_host_by_address(
            &mut module,
            address,
            result,
        ))
    }
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> UdpStack for Shared<'a, 'b, D, T, C> {
    type Error = ErrorOf<D, T>;
    type Connected = Datagrams<'a, 'b, D, T, C>;
    type UniquelyBound = Datagrams<'a, 'b, D, T, C>;
    type MultiplyBound = Datagrams<'a, 'b, D, T, C>;

    /// A socket that speaks to one peer, from the local port or, if that is 0, from one that the
    /// module chooses. The local address is returned as it was given: no module tells it.
    async fn connect_from(
        &self,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Result<(SocketAddr, Self::Connected), Self::Error> {
        Ok((local, Datagrams::connected(*self, local, remote)?))
    }

    /// A socket at a local port; the local address is returned as it was given.
    async fn bind_single(
        &self,
        local: SocketAddr,
    ) -> Result<(SocketAddr, Self::UniquelyBound), Self::Error> {
        let port = Some(local.port());
        Ok((local, Datagrams::open(*self, port, local, None)?))
    }

    /// As [`bind_single`](UdpStack::bind_single).
    async fn bind_multiple(&self, local: SocketAddr) -> Result<Self::MultiplyBound, Self::Error> {
        Datagrams::open(*self, Some(local.port()), local, None)
    }
}

impl<D: Dialect, T: Transport, C: Clock> ConnectedUdp for Datagrams<'_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;

    /// Sends a datagram; does not yield.
    async fn send(&mut self, data: &[u8]) -> Result<(), Self::Error> {
        self.send_now(data)
    }

    async fn receive_into(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let (length, _) = self.next(buffer).await?;
        Ok(length)
    }
}

impl<D: Dialect, T: Transport, C: Clock> UnconnectedUdp for Datagrams<'_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;

    /// Sends a datagram; does not yield. The local address is that of the socket.
    async fn send(
        &mut self,
        _local: SocketAddr,
        remote: SocketAddr,
        data: &[u8],
    ) -> Result<(), Self::Error> {
        self.send_to_now(remote, data)
    }

    async fn receive_into(
        &mut self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr, SocketAddr), Self::Error> {
        let local = self.local;
        let (length, sender) = self.next(buffer).await?;
        Ok((length, local, sender))
    }
}
