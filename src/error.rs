//! What can go wrong, sorted by whose fault it is.

use core::fmt;

use embedded_nal::{TcpError, TcpErrorKind};

/// The error of every call of the driver and of every `embedded-nal` trait it implements.
///
/// `E` is the transport's error; `S` is the dialect's status, such as
/// [`st67::Status`](crate::st67::Status), which decodes every code of the vendor's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E, S> {
    /// The UART or SPI failed. The link gets back into step before the next command.
    Transport(E),
    /// The module did not answer within the deadline.
    Timeout,
    /// The module has not answered anything, in spite of all that was tried to get back into step with
    /// it: several questions with growing patience, the end of a stream, as much payload as it can be
    /// waiting for. Each call tries it anew; but where the module has power and its lines are whole,
    /// only its reset pin helps.
    Unresponsive,
    /// The idle hook of the [`Clock`](crate::Clock) broke the wait off.
    Interrupted,
    /// The module said no, and why.
    Module(S),
    /// The module said something that its reference does not allow here, or bytes were lost on
    /// the way.
    Malformed,
    /// The driver or the module ran out of something.
    Resource(Resource),
    /// The caller asked for something that cannot be; nothing was sent.
    Usage(Usage),
    /// The connection is gone.
    Closed(Closed),
    /// The module restarted. All connections are gone and the station has left its network; the
    /// driver restores the module's settings on the next use.
    ModuleReset,
}

/// A fault inside the driver: one word, which says whose it is. What else is known of it the engine
/// remembers; at the public boundary both become an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Fault {
    /// The transport failed.
    Transport,
    /// The deadline passed.
    Timeout,
    /// The module has answered nothing at all.
    Unresponsive,
    /// The idle hook broke the wait off.
    Interrupted,
    /// The module said no.
    Refused,
    /// The module said no behind the payload, of which some may have gone out.
    Untaken,
    /// The module's answer makes no sense.
    Malformed,
    /// The module restarted.
    ModuleReset,
    /// The caller asked for something that cannot be.
    Usage,
    /// The handle is of a socket that was released.
    StaleHandle,
    /// An answer does not fit the line buffer.
    LineBuffer,
    /// There is no socket left.
    Sockets,
    /// There can be no other listener.
    Listeners,
    /// The socket has no connection.
    NotConnected,
    /// The peer has closed it.
    ClosedByPeer,
    /// It ended with the Wi-Fi link.
    StationDown,
    /// It lost bytes between host and module.
    StreamBroken,
}

impl Fault {
    /// Whether the link may be out of step after this: an answer may still come.
    pub(crate) fn leaves_answer_open(self) -> bool {
        matches!(
            self,
            Fault::Transport
                | Fault::Timeout
                | Fault::Unresponsive
                | Fault::Interrupted
                | Fault::Malformed
        )
    }
}

impl fmt::Display for Fault {
    /// As an [`Error`], without what the engine remembers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Transport => "the transport to the module failed",
            Fault::Timeout => "the module did not answer in time",
            Fault::Unresponsive => "the module is silent",
            Fault::Interrupted => "the wait was broken off",
            Fault::Refused => "the module refused",
            Fault::Untaken => "the module refused what it had been sent",
            Fault::Malformed => "the module's answer does not make sense",
            Fault::ModuleReset => "the module restarted",
            Fault::Usage => "the caller asked for what cannot be",
            Fault::StaleHandle => "the socket was released",
            Fault::LineBuffer => "the module's answer does not fit the line buffer",
            Fault::Sockets => "all sockets are in use",
            Fault::Listeners => "the module cannot listen on another port",
            Fault::NotConnected => "the socket is not connected",
            Fault::ClosedByPeer => "the peer closed the connection",
            Fault::StationDown => "the connection ended with the Wi-Fi link",
            Fault::StreamBroken => "the connection lost bytes between host and module",
        })
    }
}

impl From<Closed> for Fault {
    fn from(how: Closed) -> Fault {
        match how {
            Closed::NotConnected => Fault::NotConnected,
            Closed::ByPeer => Fault::ClosedByPeer,
            Closed::StationDown => Fault::StationDown,
            Closed::StreamBroken => Fault::StreamBroken,
        }
    }
}

/// What ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Resource {
    /// A line or reply of the module does not fit the line buffer that was lent.
    LineBuffer,
    /// Every socket is in use: as many as the module has links, or as pieces of memory were
    /// lent.
    Sockets,
    /// The module listens on a port already, and can do so on one at a time.
    Listeners,
    /// The module is in use by another client that shares it: it called from inside a wait.
    Module,
}

/// What the caller asked for that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Usage {
    /// The buffer that was lent is too small; this many bytes are needed.
    BufferTooSmall(usize),
    /// A text or a datagram is longer than this many bytes, the vendor's limit.
    TooLong(usize),
    /// A text that must not be empty is.
    Empty,
    /// The module's text rule cannot carry this byte.
    Byte(u8),
    /// A number, or the length of a password, is outside these limits, the vendor's.
    OutOfRange {
        /// The least.
        min: i32,
        /// The greatest.
        max: i32,
    },
    /// The data is not this long, as the command says it is.
    WrongLength(usize),
    /// A text is no hardware address, or the address cannot be set.
    Address,
    /// The handle is of a socket that was released.
    StaleHandle,
    /// The module, or the driver, cannot do this part of what was asked; see the README's "Not
    /// supported".
    Unsupported(&'static str),
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[repr(u32)]
pub enum Closed {
    /// It was never opened, or the last attempt failed.
    NotConnected,
    /// The peer closed it, or the network did.
    ByPeer,
    /// The station left the network.
    StationDown,
    /// A fault on the wire between host and module lost bytes of the stream, or may have.
    StreamBroken,
}

impl<E: fmt::Display, S: fmt::Display> fmt::Display for Error<E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Transport(e) => write!(f, "the transport to the module failed: {e}"),
            Error::Timeout => f.write_str("the module did not answer in time"),
            Error::Unresponsive => f.write_str("the module is silent"),
            Error::Interrupted => f.write_str("the wait was broken off"),
            Error::Module(status) => write!(f, "the module answered: {status}"),
            Error::Malformed => f.write_str("the module's answer does not make sense"),
            Error::Resource(what) => what.fmt(f),
            Error::Usage(what) => what.fmt(f),
            Error::Closed(how) => how.fmt(f),
            Error::ModuleReset => f.write_str("the module restarted"),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Resource::LineBuffer => "the module's answer does not fit the line buffer",
            Resource::Sockets => "all sockets are in use",
            Resource::Listeners => "the module cannot listen on another port",
            Resource::Module => "another client is using the module",
        })
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Usage::BufferTooSmall(n) => write!(f, "the buffer needs {n} bytes"),
            Usage::TooLong(n) => write!(f, "what was passed is longer than {n} bytes"),
            Usage::Empty => f.write_str("the text is empty"),
            Usage::Byte(b) => write!(f, "the module cannot take the byte 0x{b:02x} in a text"),
            Usage::OutOfRange { min, max } => write!(f, "the number must be {min} to {max}"),
            Usage::WrongLength(n) => write!(f, "the command announces {n} bytes of data"),
            Usage::Address => f.write_str("the hardware address cannot be used"),
            Usage::StaleHandle => f.write_str("the socket was released"),
            Usage::Unsupported(part) => write!(f, "not supported: {part}"),
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Closed::NotConnected => "the socket is not connected",
            Closed::ByPeer => "the peer closed the connection",
            Closed::StationDown => "the connection ended with the Wi-Fi link",
            Closed::StreamBroken => "the connection lost bytes between host and module",
        })
    }
}

impl<E, S> core::error::Error for Error<E, S>
where
    E: fmt::Debug + fmt::Display,
    S: fmt::Debug + fmt::Display,
{
}

impl<E, S> embedded_io::Error for Error<E, S>
where
    E: embedded_io::Error,
    S: fmt::Debug + fmt::Display,
{
    fn kind(&self) -> embedded_io::ErrorKind {
        use embedded_io::ErrorKind;
        match self {
            Error::Transport(e) => e.kind(),
            Error::Timeout | Error::Unresponsive => ErrorKind::TimedOut,
            Error::Interrupted => ErrorKind::Interrupted,
            Error::Module(_) => ErrorKind::Other,
            Error::Malformed => ErrorKind::InvalidData,
            Error::Resource(_) => ErrorKind::OutOfMemory,
            Error::Usage(Usage::Unsupported(_)) => ErrorKind::Unsupported,
            Error::Usage(_) => ErrorKind::InvalidInput,
            Error::Closed(Closed::NotConnected) => ErrorKind::NotConnected,
            Error::Closed(_) | Error::ModuleReset => ErrorKind::ConnectionReset,
        }
    }
}

impl<E, S> TcpError for Error<E, S>
where
    E: fmt::Debug,
    S: fmt::Debug,
{
    fn kind(&self) -> TcpErrorKind {
        match self {
            Error::Closed(_) | Error::ModuleReset | Error::Usage(Usage::StaleHandle) => {
                TcpErrorKind::PipeClosed
            }
            _ => TcpErrorKind::Other,
        }
    }
}
