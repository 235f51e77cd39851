//! `embedded-nal-async` and `embedded-io-async` on the same driver, for crates that have left the
//! blocking traits.
//!
//! It is cooperative, and no more than that: a call that talks to the module blocks as it does in
//! the blocking traits, and only a read for which nothing is there yields. The transport says when it is
//! polled again: behind a signal, or at once, when the other tasks have had their turn.

use core::cell::{RefCell, RefMut};
use core::future::poll_fn;
use core::net::{IpAddr, SocketAddr};
use core::task::{Poll, Waker};

use embedded_io::ErrorType;
use embedded_io_async::{Read, Write};
use embedded_nal::{AddrType, TcpClientStack, UdpClientStack, UdpFullStack, nb};
use embedded_nal_async::{ConnectedUdp, TcpConnect, UdpStack, UnconnectedUdp};

use super::{Shared, Stream};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::driver::dialect::Dialect;
use crate::error::{Error, Resource};
use crate::socket::UdpSocket;
use crate::transport::Transport;

/// Small writes are gathered in so many bytes: each command to the module is a round trip.
const GATHER: usize = 256;

/// A TCP connection of a [`Shared`] module. Dropping it closes it; what was not flushed is lost.
#[derive(Debug)]
pub struct Connection<'a, 'b, D: Dialect, T: Transport, C: Clock> {
    stream: Option<RefCell<Gathering<'a, 'b, D, T, C>>>,
}

type Gathering<'a, 'b, D, T, C> = Stream<Shared<'a, 'b, D, T, C>, [u8; GATHER]>;

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> Connection<'a, 'b, D, T, C> {
    /// Sends what is gathered, and closes the connection, whatever comes of that; does not yield.
    ///
    /// # Errors
    /// What came of either.
    pub async fn close(mut self) -> Result<(), ErrorOf<D, T>> {
        match self.stream.take() {
            Some(stream) => stream.into_inner().close(),
            None => Ok(()),
        }
    }

    /// Two halves, for a task that reads and one that writes.
    pub fn split(
        &mut self,
    ) -> (
        ReadHalf<'_, 'a, 'b, D, T, C>,
        WriteHalf<'_, 'a, 'b, D, T, C>,
    ) {
        let stream = self.stream.as_ref();
        (ReadHalf { stream }, WriteHalf { stream })
    }
}

/// The half of a [`Connection`] that reads.
#[derive(Debug)]
pub struct ReadHalf<'s, 'a, 'b, D: Dialect, T: Transport, C: Clock> {
    stream: Option<&'s RefCell<Gathering<'a, 'b, D, T, C>>>,
}

/// The half of a [`Connection`] that writes.
#[derive(Debug)]
pub struct WriteHalf<'s, 'a, 'b, D: Dialect, T: Transport, C: Clock> {
    stream: Option<&'s RefCell<Gathering<'a, 'b, D, T, C>>>,
}

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
        let mut module = *self;
        let mut socket = TcpClientStack::socket(&mut module)?;
        let connected = TcpClientStack::connect(&mut module, &mut socket, remote);
        if let Err(error) = finished(connected) {
            // Why it failed matters more than whether the socket could be closed.
            let _ = TcpClientStack::close(&mut module, socket);
            return Err(error);
        }
        Ok(Connection {
            stream: Some(RefCell::new(Stream::new(module, socket, [0; GATHER]))),
        })
    }
}

impl<D: Dialect, T: Transport, C: Clock> embedded_nal_async::Dns for Shared<'_, '_, D, T, C> {
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

/// Calls until there is something, and lets the other tasks have their turn in between.
async fn until_there<R, E>(
    mut call: impl FnMut() -> nb::Result<R, E>,
    wake_when_ready: impl Fn(&Waker),
) -> Result<R, E> {
    poll_fn(|context| {
        // Twice: what comes between the look and the waker is not slept through.
        for is_last in [false, true] {
            match call() {
                Ok(result) => return Poll::Ready(Ok(result)),
                Err(nb::Error::Other(error)) => return Poll::Ready(Err(error)),
                Err(nb::Error::WouldBlock) if is_last => {}
                Err(nb::Error::WouldBlock) => wake_when_ready(context.waker()),
            }
        }
        Poll::Pending
    })
    .await
}

/// The waker is told when the module may have said something.
fn wake_when_ready<D: Dialect, T: Transport, C: Clock>(
    module: &Shared<'_, '_, D, T, C>,
    waker: &Waker,
) {
    let told = module.with(|module| module.engine.link.transport.wake_when_ready(waker));
    if told.is_err() {
        // A call is under way: again when it is over.
        waker.wake_by_ref();
    }
}

/// What a call gave that blocks until it has finished.
fn finished<R, E, S>(result: nb::Result<R, Error<E, S>>) -> Result<R, Error<E, S>> {
    result.map_err(|error| match error {
        nb::Error::Other(error) => error,
        nb::Error::WouldBlock => Error::Timeout,
    })
}

impl<D: Dialect, T: Transport, C: Clock> ErrorType for Connection<'_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;
}

impl<D: Dialect, T: Transport, C: Clock> Read for Connection<'_, '_, D, T, C> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        self.split().0.read(buffer).await
    }
}

impl<D: Dialect, T: Transport, C: Clock> Write for Connection<'_, '_, D, T, C> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.split().1.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        self.split().1.flush().await
    }
}

impl<D: Dialect, T: Transport, C: Clock> ErrorType for ReadHalf<'_, '_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;
}

impl<D: Dialect, T: Transport, C: Clock> Read for ReadHalf<'_, '_, '_, D, T, C> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let Some(stream) = self.stream else {
            return Ok(0);
        };
        until_there(
            || lent(stream)?.read_now(buffer),
            |waker| match stream.try_borrow() {
                Ok(stream) => wake_when_ready(stream.stack(), waker),
                Err(_) => waker.wake_by_ref(),
            },
        )
        .await
    }
}

impl<D: Dialect, T: Transport, C: Clock> ErrorType for WriteHalf<'_, '_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;
}

impl<D: Dialect, T: Transport, C: Clock> Write for WriteHalf<'_, '_, '_, D, T, C> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        match self.stream {
            Some(stream) => embedded_io::Write::write(&mut *lent(stream)?, bytes),
            None => Ok(0),
        }
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        match self.stream {
            Some(stream) => embedded_io::Write::flush(&mut *lent(stream)?),
            None => Ok(()),
        }
    }
}

/// The stream of a connection, which nobody holds while another task has its turn.
fn lent<G, E, S>(stream: &RefCell<G>) -> Result<RefMut<'_, G>, Error<E, S>> {
    stream
        .try_borrow_mut()
        .map_err(|_| Error::Resource(Resource::Module))
}

impl<D: Dialect, T: Transport, C: Clock> Drop for Connection<'_, '_, D, T, C> {
    fn drop(&mut self) {
        if let Some((mut module, socket)) = self
            .stream
            .take()
            .map(|stream| stream.into_inner().into_parts())
        {
            // If it fails, nobody can be told.
            let _ = TcpClientStack::close(&mut module, socket);
        }
    }
}

/// A UDP socket of a [`Shared`] module. Dropping it closes it.
#[derive(Debug)]
pub struct Datagrams<'a, 'b, D: Dialect, T: Transport, C: Clock> {
    module: Shared<'a, 'b, D, T, C>,
    socket: Option<UdpSocket>,
    local: SocketAddr,
}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> Datagrams<'a, 'b, D, T, C> {
    /// Takes a socket, which is bound if a port is asked for, and connected if there is a peer.
    fn open(
        mut module: Shared<'a, 'b, D, T, C>,
        port: Option<u16>,
        local: SocketAddr,
        remote: Option<SocketAddr>,
    ) -> Result<Self, ErrorOf<D, T>> {
        let socket = UdpClientStack::socket(&mut module)?;
        let mut datagrams = Datagrams {
            module,
            socket: Some(socket),
            local,
        };
        if let Some(socket) = &mut datagrams.socket {
            if let Some(port) = port {
                UdpFullStack::bind(&mut module, socket, port)?;
            }
            if let Some(remote) = remote {
                UdpClientStack::connect(&mut module, socket, remote)?;
            }
        }
        Ok(datagrams)
    }

    /// The next datagram: as much of it as fits, its whole length, and who sent it.
    async fn receive(&mut self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), ErrorOf<D, T>> {
        let receive = || match &self.socket {
            Some(socket) => {
                let received = self.module.with(|module| {
                    let received = module.receive_datagram(socket, buffer);
                    module.outcome(received)
                });
                received??.ok_or(nb::Error::WouldBlock)
            }
            None => Err(nb::Error::WouldBlock),
        };
        until_there(receive, |waker| wake_when_ready(&self.module, waker)).await
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
        let port = (local.port() != 0).then_some(local.port());
        Ok((local, Datagrams::open(*self, port, local, Some(remote))?))
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
        match &mut self.socket {
            Some(socket) => finished(UdpClientStack::send(&mut self.module, socket, data)),
            None => Ok(()),
        }
    }

    async fn receive_into(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let (length, _) = self.receive(buffer).await?;
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
        match &mut self.socket {
            Some(socket) => finished(self.module.send_to(socket, remote, data)),
            None => Ok(()),
        }
    }

    async fn receive_into(
        &mut self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr, SocketAddr), Self::Error> {
        let local = self.local;
        let (length, sender) = self.receive(buffer).await?;
        Ok((length, local, sender))
    }
}

impl<D: Dialect, T: Transport, C: Clock> Drop for Datagrams<'_, '_, D, T, C> {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.take() {
            // If it fails, nobody can be told.
            let _ = UdpClientStack::close(&mut self.module, socket);
        }
    }
}
