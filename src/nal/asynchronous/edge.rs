//! `edge-nal`.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use edge_nal::{
    AddrType, Close, Dns, MulticastV4, MulticastV6, Readable, TcpAccept, TcpBind, TcpConnect,
    TcpShutdown, TcpSplit, UdpBind, UdpConnect, UdpReceive, UdpSend, UdpSplit, UdpSplitMulticast,
};
use embedded_io::ErrorType;
use embedded_io_async::{Read, Write};

use super::{Connection, Datagrams, Listener, ReadHalf, WriteHalf};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::driver::dialect::Dialect;
use crate::error::{Error, Usage};
use crate::nal::Shared;
use crate::transport::Transport;

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> TcpConnect for Shared<'a, 'b, D, T, C> {
    type Error = ErrorOf<D, T>;
    type Socket<'c>
        = Connection<'a, 'b, D, T, C>
    where
        Self: 'c;

    /// Opens a connection; does not yield.
    async fn connect(&self, remote: SocketAddr) -> Result<Self::Socket<'_>, Self::Error> {
        Connection::open(*self, remote)
    }
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> TcpBind for Shared<'a, 'b, D, T, C> {
    type Error = ErrorOf<D, T>;
    type Accept<'c>
        = Listener<'a, 'b, D, T, C>
    where
        Self: 'c;

    /// Listens at the local port, on all addresses that the module has; does not yield.
    ///
    /// # Errors
    /// As [`TcpFullStack::listen`](embedded_nal::TcpFullStack::listen).
    async fn bind(&self, local: SocketAddr) -> Result<Self::Accept<'_>, Self::Error> {
        Listener::at(*self, local.port())
    }
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> TcpAccept for Listener<'a, 'b, D, T, C> {
    type Error = ErrorOf<D, T>;
    type Socket<'c>
        = Connection<'a, 'b, D, T, C>
    where
        Self: 'c;

    /// The next connection, and who made it.
    ///
    /// # Errors
    /// [`Error::ModuleReset`] behind a restart of the module: then nobody listens any more, and the port
    /// is to be bound anew.
    async fn accept(&self) -> Result<(SocketAddr, Self::Socket<'_>), Self::Error> {
        self.next().await
    }
}

impl<D: Dialect, T: Transport, C: Clock> Dns for Shared<'_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;

    /// Resolves a name; does not yield.
    async fn get_host_by_name(&self, host: &str, kind: AddrType) -> Result<IpAddr, Self::Error> {
        let kind = match kind {
            AddrType::IPv4 => embedded_nal::AddrType::IPv4,
            AddrType::IPv6 => embedded_nal::AddrType::IPv6,
            AddrType::Either => embedded_nal::AddrType::Either,
        };
        embedded_nal_async::Dns::get_host_by_name(self, host, kind).await
    }

    /// Always [`Usage::Unsupported`]: no module can.
    async fn get_host_by_address(
        &self,
        address: IpAddr,
        result: &mut [u8],
    ) -> Result<usize, Self::Error> {
        embedded_nal_async::Dns::get_host_by_address(self, address, result).await
    }
}

impl<D: Dialect, T: Transport, C: Clock> Readable for Connection<'_, '_, D, T, C> {
    async fn readable(&mut self) -> Result<(), Self::Error> {
        self.split().0.wait_readable().await
    }
}

impl<D: Dialect, T: Transport, C: Clock> Readable for ReadHalf<'_, '_, '_, D, T, C> {
    async fn readable(&mut self) -> Result<(), Self::Error> {
        self.wait_readable().await
    }
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> TcpSplit for Connection<'a, 'b, D, T, C> {
    type Read<'s>
        = ReadHalf<'s, 'a, 'b, D, T, C>
    where
        Self: 's;
    type Write<'s>
        = WriteHalf<'s, 'a, 'b, D, T, C>
    where
        Self: 's;

    fn split(&mut self) -> (Self::Read<'_>, Self::Write<'_>) {
        Connection::split(self)
    }
}

impl<D: Dialect, T: Transport, C: Clock> TcpShutdown for Connection<'_, '_, D, T, C> {
    /// Sends what is gathered, and closes the connection. [`Close::Read`] reads until the peer has
    /// closed, and drops what comes.
    ///
    /// # Errors
    /// [`Usage::Unsupported`] for [`Close::Write`], behind what was gathered: no module closes one
    /// direction, and to close both would lose the answer.
    async fn close(&mut self, what: Close) -> Result<(), Self::Error> {
        match what {
            Close::Read => {
                let mut dropped = [0; 32];
                while self.read(&mut dropped).await? > 0 {}
                Ok(())
            }
            Close::Write => {
                self.flush().await?;
                Err(Error::Usage(Usage::Unsupported("closing one direction")))
            }
            Close::Both => self.end(),
        }
    }

    /// Closes the connection without what is gathered. What the peer is told is the module's affair.
    async fn abort(&mut self) -> Result<(), Self::Error> {
        self.drop_stream()
    }
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> UdpConnect for Shared<'a, 'b, D, T, C> {
    type Error = ErrorOf<D, T>;
    type Socket<'c>
        = Datagrams<'a, 'b, D, T, C>
    where
        Self: 'c;

    /// A socket that speaks to one peer, from the local port or, if that is 0, from one that the
    /// module chooses.
    async fn connect(
        &self,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Result<Self::Socket<'_>, Self::Error> {
        Datagrams::connected(*self, local, remote)
    }
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> UdpBind for Shared<'a, 'b, D, T, C> {
    type Error = ErrorOf<D, T>;
    type Socket<'c>
        = Datagrams<'a, 'b, D, T, C>
    where
        Self: 'c;

    /// A socket at a local port, on all addresses that the module has.
    async fn bind(&self, local: SocketAddr) -> Result<Self::Socket<'_>, Self::Error> {
        Datagrams::open(*self, Some(local.port()), local, None)
    }
}

impl<D: Dialect, T: Transport, C: Clock> ErrorType for Datagrams<'_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;
}

/// One of the parts of a socket, which all have the whole of it.
impl<D: Dialect, T: Transport, C: Clock> ErrorType for &Datagrams<'_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;
}

impl<D: Dialect, T: Transport, C: Clock> Readable for &Datagrams<'_, '_, D, T, C> {
    async fn readable(&mut self) -> Result<(), Self::Error> {
        self.wait_readable().await
    }
}

impl<D: Dialect, T: Transport, C: Clock> UdpReceive for &Datagrams<'_, '_, D, T, C> {
    async fn receive(&mut self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Self::Error> {
        self.next(buffer).await
    }
}

impl<D: Dialect, T: Transport, C: Clock> UdpSend for &Datagrams<'_, '_, D, T, C> {
    async fn send(&mut self, remote: SocketAddr, data: &[u8]) -> Result<(), Self::Error> {
        self.send_to_now(remote, data)
    }
}

impl<D: Dialect, T: Transport, C: Clock> MulticastV4 for &Datagrams<'_, '_, D, T, C> {
    async fn join_v4(&mut self, group: Ipv4Addr, _interface: Ipv4Addr) -> Result<(), Self::Error> {
        let group = SocketAddrV4::new(group, self.local.port());
        self.with(|module, socket| module.join_group(socket, group))?
    }

    async fn leave_v4(
        &mut self,
        _group: Ipv4Addr,
        _interface: Ipv4Addr,
    ) -> Result<(), Self::Error> {
        Err(Error::Usage(Usage::Unsupported("leaving a group")))
    }
}

impl<D: Dialect, T: Transport, C: Clock> MulticastV6 for &Datagrams<'_, '_, D, T, C> {
    async fn join_v6(&mut self, _group: Ipv6Addr, _interface: u32) -> Result<(), Self::Error> {
        Err(Error::Usage(Usage::Unsupported("groups of IPv6")))
    }

    async fn leave_v6(&mut self, _group: Ipv6Addr, _interface: u32) -> Result<(), Self::Error> {
        Err(Error::Usage(Usage::Unsupported("groups of IPv6")))
    }
}

impl<D: Dialect, T: Transport, C: Clock> Readable for Datagrams<'_, '_, D, T, C> {
    /// Waits until there may be a datagram.
    async fn readable(&mut self) -> Result<(), Self::Error> {
        (&*self).readable().await
    }
}

impl<D: Dialect, T: Transport, C: Clock> UdpReceive for Datagrams<'_, '_, D, T, C> {
    async fn receive(&mut self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Self::Error> {
        (&*self).receive(buffer).await
    }
}

impl<D: Dialect, T: Transport, C: Clock> UdpSend for Datagrams<'_, '_, D, T, C> {
    /// Sends a datagram to any address; does not yield.
    async fn send(&mut self, remote: SocketAddr, data: &[u8]) -> Result<(), Self::Error> {
        (&*self).send(remote, data).await
    }
}

impl<D: Dialect, T: Transport, C: Clock> MulticastV4 for Datagrams<'_, '_, D, T, C> {
    /// Binds the socket to its port anew, in the group: see
    /// [`Module::join_group`](crate::Module::join_group). It is in one group at a time, on the module's
    /// own interface.
    async fn join_v4(&mut self, group: Ipv4Addr, interface: Ipv4Addr) -> Result<(), Self::Error> {
        (&*self).join_v4(group, interface).await
    }

    /// Always [`Usage::Unsupported`]: a socket leaves its group when it is dropped.
    async fn leave_v4(&mut self, group: Ipv4Addr, interface: Ipv4Addr) -> Result<(), Self::Error> {
        (&*self).leave_v4(group, interface).await
    }
}

/// Always [`Usage::Unsupported`]: no module can.
impl<D: Dialect, T: Transport, C: Clock> MulticastV6 for Datagrams<'_, '_, D, T, C> {
    async fn join_v6(&mut self, group: Ipv6Addr, interface: u32) -> Result<(), Self::Error> {
        (&*self).join_v6(group, interface).await
    }

    async fn leave_v6(&mut self, group: Ipv6Addr, interface: u32) -> Result<(), Self::Error> {
        (&*self).leave_v6(group, interface).await
    }
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> UdpSplit for Datagrams<'a, 'b, D, T, C> {
    type Receive<'s>
        = &'s Self
    where
        Self: 's;
    type Send<'s>
        = &'s Self
    where
        Self: 's;

    fn split(&mut self) -> (Self::Receive<'_>, Self::Send<'_>) {
        (self, self)
    }
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> UdpSplitMulticast for Datagrams<'a, 'b, D, T, C> {
    type MulticastV4<'s>
        = &'s Self
    where
        Self: 's;
    type MulticastV6<'s>
        = &'s Self
    where
        Self: 's;

    fn split_multicast(
        &mut self,
    ) -> (
        Self::Receive<'_>,
        Self::Send<'_>,
        Self::MulticastV4<'_>,
        Self::MulticastV6<'_>,
    ) {
        (self, self, self, self)
    }
}
