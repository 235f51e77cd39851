//! `embedded-nal-async` and `embedded-io-async` on the same driver, for crates that have left the
//! blocking traits.
//!
//! It is cooperative, and no more than that: a call that talks to the module blocks as it does in
//! the blocking traits, and only a read for which nothing is there yields. It wakes itself at once, so
//! that the executor polls it again when the other tasks have had their turn.

use core::future::poll_fn;
use core::net::{IpAddr, SocketAddr};
use core::task::Poll;

use embedded_io::ErrorType;
use embedded_io_async::{Read, Write};
use embedded_nal::{AddrType, TcpClientStack, nb};
use embedded_nal_async::TcpConnect;

use super::{Shared, Stream};
use crate::clock::Clock;
use crate::dialect::Dialect;
use crate::driver::ErrorOf;
use crate::engine::link::Transport;
use crate::error::Error;

/// Small writes are gathered in so many bytes: each command to the module is a round trip.
const GATHER: usize = 256;

/// A TCP connection of a [`Shared`] module. Dropping it closes it; what was not flushed is lost.
#[derive(Debug)]
pub struct Connection<'a, 'b, D: Dialect, T: Transport, C: Clock> {
    stream: Option<Stream<Shared<'a, 'b, D, T, C>, [u8; GATHER]>>,
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
            TcpClientStack::close(&mut module, socket)?;
            return Err(error);
        }
        Ok(Connection {
            stream: Some(Stream::new(module, socket, [0; GATHER])),
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
        poll_fn(|context| {
            let Some(stream) = &mut self.stream else {
                return Poll::Ready(Ok(0));
            };
            match stream.read_now(buffer) {
                Ok(n) => Poll::Ready(Ok(n)),
                Err(nb::Error::Other(error)) => Poll::Ready(Err(error)),
                Err(nb::Error::WouldBlock) => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl<D: Dialect, T: Transport, C: Clock> Write for Connection<'_, '_, D, T, C> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        match &mut self.stream {
            Some(stream) => embedded_io::Write::write(stream, bytes),
            None => Ok(0),
        }
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        match &mut self.stream {
            Some(stream) => embedded_io::Write::flush(stream),
            None => Ok(()),
        }
    }
}

impl<D: Dialect, T: Transport, C: Clock> Drop for Connection<'_, '_, D, T, C> {
    fn drop(&mut self) {
        if let Some((mut module, socket)) = self.stream.take().map(Stream::into_parts) {
            // If it fails, nobody can be told.
            let _ = TcpClientStack::close(&mut module, socket);
        }
    }
}
