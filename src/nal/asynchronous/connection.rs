//! A TCP connection, and its two halves.

use core::cell::RefCell;
use core::net::SocketAddr;
use core::task::Waker;

use embedded_io::ErrorType;
use embedded_io_async::{Read, Write};
use embedded_nal::{TcpClientStack, nb};

use super::{finished, lent, until_there, wake_when_ready};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::driver::dialect::Dialect;
use crate::error::{Closed, Error};
use crate::nal::{Shared, Stream};
use crate::socket::TcpSocket;
use crate::transport::Transport;

/// Small writes are gathered in so many bytes: each command to the module is a round trip.
const GATHER: usize = 256;

/// A TCP connection of a [`Shared`] module. Dropping it closes it; what was not flushed is lost.
#[derive(Debug)]
pub struct Connection<'a, 'b, D: Dialect, T: Transport, C: Clock> {
    /// Gone once it is closed.
    stream: Option<RefCell<Gathering<'a, 'b, D, T, C>>>,
}

type Gathering<'a, 'b, D, T, C> = Stream<Shared<'a, 'b, D, T, C>, [u8; GATHER]>;

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> Connection<'a, 'b, D, T, C> {
    /// Opens a connection.
    pub(super) fn open(
        mut module: Shared<'a, 'b, D, T, C>,
        remote: SocketAddr,
    ) -> Result<Self, ErrorOf<D, T>> {
        let mut socket = TcpClientStack::socket(&mut module)?;
        let connected = TcpClientStack::connect(&mut module, &mut socket, remote);
        if let Err(error) = finished(connected) {
            // Why it failed matters more than whether the socket could be closed.
            let _ = TcpClientStack::close(&mut module, socket);
            return Err(error);
        }
        Ok(Connection::of(module, socket))
    }

    /// The connection of a socket that has one.
    pub(super) fn of(module: Shared<'a, 'b, D, T, C>, socket: TcpSocket) -> Self {
        Connection {
            stream: Some(RefCell::new(Stream::new(module, socket, [0; GATHER]))),
        }
    }

    /// Sends what is gathered, and closes the connection, whatever comes of that; does not yield.
    ///
    /// # Errors
    /// What came of either.
    pub async fn close(mut self) -> Result<(), ErrorOf<D, T>> {
        self.end()
    }

    /// The same, where what is closed goes on to be held.
    pub(super) fn end(&mut self) -> Result<(), ErrorOf<D, T>> {
        match self.stream.take() {
            Some(stream) => stream.into_inner().close(),
            None => Ok(()),
        }
    }

    /// Closes the connection; what was not flushed is lost.
    pub(super) fn drop_stream(&mut self) -> Result<(), ErrorOf<D, T>> {
        match self.stream.take() {
            Some(stream) => {
                let (mut module, socket) = stream.into_inner().into_parts();
                TcpClientStack::close(&mut module, socket)
            }
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

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> ReadHalf<'_, 'a, 'b, D, T, C> {
    /// Calls until the stream has something; `None` where there is no stream.
    async fn wait<R>(
        &self,
        mut call: impl FnMut(&mut Gathering<'a, 'b, D, T, C>) -> nb::Result<R, ErrorOf<D, T>>,
    ) -> Result<Option<R>, ErrorOf<D, T>> {
        let Some(stream) = self.stream else {
            return Ok(None);
        };
        let wake = |waker: &Waker| match stream.try_borrow() {
            Ok(stream) => wake_when_ready(stream.stack(), waker),
            Err(_) => waker.wake_by_ref(),
        };
        let there = until_there(|| call(&mut *lent(stream)?), wake).await;
        there.map(Some)
    }

    /// Waits until a read has something to tell: bytes, or the end.
    #[cfg(feature = "edge-nal")]
    pub(super) async fn wait_readable(&self) -> Result<(), ErrorOf<D, T>> {
        self.wait(Stream::ready_now).await.map(drop)
    }
}

/// The half of a [`Connection`] that writes.
#[derive(Debug)]
pub struct WriteHalf<'s, 'a, 'b, D: Dialect, T: Transport, C: Clock> {
    stream: Option<&'s RefCell<Gathering<'a, 'b, D, T, C>>>,
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
        let read = self.wait(|stream| stream.read_now(buffer)).await?;
        Ok(read.unwrap_or(0))
    }
}

impl<D: Dialect, T: Transport, C: Clock> ErrorType for WriteHalf<'_, '_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;
}

impl<D: Dialect, T: Transport, C: Clock> Write for WriteHalf<'_, '_, '_, D, T, C> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        match self.stream {
            Some(stream) => embedded_io::Write::write(&mut *lent(stream)?, bytes),
            None => Err(Error::Closed(Closed::NotConnected)),
        }
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        match self.stream {
            Some(stream) => embedded_io::Write::flush(&mut *lent(stream)?),
            None => Ok(()),
        }
    }
}

impl<D: Dialect, T: Transport, C: Clock> Drop for Connection<'_, '_, D, T, C> {
    fn drop(&mut self) {
        // If it fails, nobody can be told.
        let _ = self.drop_stream();
    }
}
