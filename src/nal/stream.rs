//! A TCP socket as a stream of bytes: `embedded_io::{Read, ReadReady, Write}`.

use embedded_io::{ErrorType, Read, ReadReady, Write};
use embedded_nal::{TcpClientStack, nb};

/// A TCP stack that can wait for its sockets.
pub trait WaitTcp: TcpClientStack {
    /// Whether `receive` has something to tell: bytes, or the end.
    fn is_readable(&mut self, socket: &mut Self::TcpSocket) -> Result<bool, Self::Error>;

    /// Waits for that, up to `ms` milliseconds; then it is an error.
    fn wait_readable(&mut self, socket: &mut Self::TcpSocket, ms: u32) -> Result<(), Self::Error>;

    /// Whether an error says that the peer has closed the connection.
    fn is_end(error: &Self::Error) -> bool;
}

impl<S: WaitTcp> WaitTcp for &mut S {
    fn is_readable(&mut self, socket: &mut S::TcpSocket) -> Result<bool, S::Error> {
        S::is_readable(self, socket)
    }

    fn wait_readable(&mut self, socket: &mut S::TcpSocket, ms: u32) -> Result<(), S::Error> {
        S::wait_readable(self, socket, ms)
    }

    fn is_end(error: &S::Error) -> bool {
        S::is_end(error)
    }
}

/// Milliseconds that a read waits for the peer, unless told otherwise.
const READ_TIMEOUT: u32 = 30_000;

/// A connected TCP socket as a stream of bytes, for crates that want `embedded-io` 0.7.
///
/// Small writes are gathered in the memory that is lent, until it is full, until
/// [`flush`](Write::flush), or until a read has to wait: each command to the module is a round trip.
/// A read waits for at least one byte; `Ok(0)` is the end of the stream.
///
/// Dropping it does neither: [`close`](Stream::close) does both, and [`into_parts`](Stream::into_parts)
/// gives the socket back.
#[derive(Debug)]
pub struct Stream<S: TcpClientStack, G> {
    stack: S,
    socket: S::TcpSocket,
    gathered: G,
    length: usize,
    /// How long a read waits for the peer, in milliseconds; then it ends with a timeout. 30 s
    /// unless changed.
    pub read_timeout: u32,
}

impl<S: WaitTcp, G: AsMut<[u8]>> Stream<S, G> {
    /// A stream over a connected socket of `stack`, which may be `&mut Module` or a
    /// [`Shared`](crate::Shared) handle; `gather` is where small writes wait: an array or a
    /// `&mut [u8]`, which may be empty.
    pub fn new(stack: S, socket: S::TcpSocket, gather: G) -> Self {
        Stream {
            stack,
            socket,
            gathered: gather,
            length: 0,
            read_timeout: READ_TIMEOUT,
        }
    }

    /// Sends what is gathered, and closes the connection, whatever comes of that.
    ///
    /// # Errors
    /// What came of either; the socket is the stack's again.
    pub fn close(mut self) -> Result<(), S::Error> {
        let sent = self.send_gathered();
        let closed = self.stack.close(self.socket);
        sent.and(closed)
    }

    /// Gives the stack and the socket back. What was not flushed is dropped.
    pub fn into_parts(self) -> (S, S::TcpSocket) {
        (self.stack, self.socket)
    }

    fn send_gathered(&mut self) -> Result<(), S::Error> {
        match self.gathered.as_mut().get(..self.length) {
            Some(bytes) if !bytes.is_empty() => {
                nb::block!(self.stack.send(&mut self.socket, bytes))?;
            }
            _ => {}
        }
        self.length = 0;
        Ok(())
    }

    /// The stack whose socket it is.
    #[cfg(feature = "async")]
    pub(super) fn stack(&self) -> &S {
        &self.stack
    }

    /// Reads what is there; 0 at the end of the stream. Before it says `WouldBlock` it sends what
    /// is gathered: the peer may be waiting for it.
    pub(super) fn read_now(&mut self, buffer: &mut [u8]) -> nb::Result<usize, S::Error> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match self.stack.receive(&mut self.socket, buffer) {
            Err(nb::Error::Other(error)) if S::is_end(&error) => Ok(0),
            Err(nb::Error::WouldBlock) => {
                self.send_gathered()?;
                Err(nb::Error::WouldBlock)
            }
            other => other,
        }
    }

    /// Whether a read has something to tell; before it says `WouldBlock` it does as
    /// [`read_now`](Stream::read_now).
    #[cfg(feature = "edge-nal")]
    pub(super) fn ready_now(&mut self) -> nb::Result<(), S::Error> {
        if self.stack.is_readable(&mut self.socket)? {
            return Ok(());
        }
        self.send_gathered()?;
        Err(nb::Error::WouldBlock)
    }
}

impl<S, G> ErrorType for Stream<S, G>
where
    S: TcpClientStack<Error: embedded_io::Error>,
{
    type Error = S::Error;
}

impl<S, G: AsMut<[u8]>> Read for Stream<S, G>
where
    S: WaitTcp<Error: embedded_io::Error>,
{
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, S::Error> {
        loop {
            match self.read_now(buffer) {
                Ok(n) => return Ok(n),
                Err(nb::Error::Other(error)) => return Err(error),
                Err(nb::Error::WouldBlock) => self
                    .stack
                    .wait_readable(&mut self.socket, self.read_timeout)?,
            }
        }
    }
}

impl<S, G: AsMut<[u8]>> ReadReady for Stream<S, G>
where
    S: WaitTcp<Error: embedded_io::Error>,
{
    fn read_ready(&mut self) -> Result<bool, S::Error> {
        self.stack.is_readable(&mut self.socket)
    }
}

impl<S, G: AsMut<[u8]>> Write for Stream<S, G>
where
    S: WaitTcp<Error: embedded_io::Error>,
{
    fn write(&mut self, bytes: &[u8]) -> Result<usize, S::Error> {
        if self.length + bytes.len() > self.gathered.as_mut().len() {
            self.send_gathered()?;
        }
        let place = self.length..self.length + bytes.len();
        match self.gathered.as_mut().get_mut(place) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.length += bytes.len();
                Ok(bytes.len())
            }
            // More than fits at all.
            None => nb::block!(self.stack.send(&mut self.socket, bytes)),
        }
    }

    fn flush(&mut self) -> Result<(), S::Error> {
        self.send_gathered()
    }
}
