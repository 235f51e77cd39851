//! For programs on a computer: what has the traits of `std::io`.

use std::io::{self, ErrorKind};
use std::vec::Vec;

use embedded_io::{ErrorType, Read, ReadReady, Write};

/// How much is read when it is asked whether there is anything.
const AHEAD: usize = 256;

/// A serial port or a connection of the operating system, as a transport.
///
/// Its reads must return soon when nothing is there, with
/// [`WouldBlock`](ErrorKind::WouldBlock) or [`TimedOut`](ErrorKind::TimedOut): give it a timeout of a
/// millisecond. Without one the first call hangs, since no deadline is looked at while a read waits. It is the same for a port of the crate `serialport`:
///
/// ```no_run
/// use std::net::TcpStream;
/// use std::time::Duration;
///
/// use atwifi::transport::Std;
///
/// # fn main() -> std::io::Result<()> {
/// let stream = TcpStream::connect("192.168.1.7:5000")?; // a serial server, or the simulator
/// stream.set_nodelay(true)?;
/// stream.set_read_timeout(Some(Duration::from_millis(1)))?;
/// let transport = Std::new(stream);
/// # let _ = transport;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Std<S> {
    stream: S,
    ahead: Vec<u8>,
}

impl<S> Std<S> {
    /// A transport over this.
    pub fn new(stream: S) -> Self {
        Std {
            stream,
            ahead: Vec::new(),
        }
    }

    /// Gives it back. What was read and not handed out is dropped.
    pub fn release(self) -> S {
        self.stream
    }
}

impl<S: io::Read> Std<S> {
    fn read_now(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.stream.read(into) {
            Ok(0) if !into.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
            read => unless_nothing(read),
        }
    }
}

/// Nothing is there now, or there is no room.
fn unless_nothing(done: io::Result<usize>) -> io::Result<usize> {
    match done {
        Err(error) if is_nothing(error.kind()) => Ok(0),
        done => done,
    }
}

fn is_nothing(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

impl<S> ErrorType for Std<S> {
    type Error = io::Error;
}

impl<S: io::Read> ReadReady for Std<S> {
    fn read_ready(&mut self) -> io::Result<bool> {
        if self.ahead.is_empty() {
            let mut bytes = [0; AHEAD];
            let count = self.read_now(&mut bytes)?;
            self.ahead.extend(bytes.iter().take(count));
        }
        Ok(!self.ahead.is_empty())
    }
}

impl<S: io::Read> Read for Std<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.ahead.is_empty() {
            return self.read_now(into);
        }
        let count = into.len().min(self.ahead.len());
        for (place, byte) in into.iter_mut().zip(self.ahead.drain(..count)) {
            *place = byte;
        }
        Ok(count)
    }
}

impl<S: io::Write> Write for Std<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_nothing(self.stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.stream.flush() {
            Err(error) if is_nothing(error.kind()) => Ok(()),
            flushed => flushed,
        }
    }
}
