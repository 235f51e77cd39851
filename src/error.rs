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
    /// The module did not answer within the deadline, or its answer did not come to its end: where bytes
    /// are lost on the line, [`Module::cause_of`](crate::Module::cause_of) says so.
    Timeout,
    /// The module has not answered anything, in spite of all that was tried to get back into step with
    /// it: several questions with growing patience, the end of a stream, as much payload as it can be
    /// waiting for. Each call tries it anew; but where the module has power and its lines are whole,
    /// only its reset pin helps. Or no answer has come whole: where the first calls behind a reset fail
    /// so, ask [`Module::cause_of`](crate::Module::cause_of).
    Unresponsive,
    /// The host hears what it sends, and nothing else; or beside the module's answers, though the module
    /// was told not to send anything back. Look at the wiring: is the line on which the host sends
    /// joined to the one on which it receives, instead of to the module's? Is there a jumper for such
    /// a test, or an adapter or an RS-485 driver that echoes? A UART that keeps one byte, too, hears the
    /// echo of a Microchip module, whose answers come all at once and are lost.
    HearsItself,
    /// The idle hook of the [`Clock`](crate::Clock) broke the wait off.
    Interrupted,
    /// The module said no, and why; [`cause`](Error::cause) puts that into neutral words.
    Module(S),
    /// The module could not make the connection, and why; [`cause`](Error::cause) puts that into
    /// neutral words.
    Unconnected(S),
    /// The module said something that its reference does not allow here, or, more often, bytes were
    /// lost on the way: see [`Cause::BytesLost`].
    Malformed,
    /// The driver or the module ran out of something.
    Resource(Resource),
    /// The caller asked for something that cannot be; nothing was sent.
    Usage(Usage),
    /// The connection is gone.
    Closed(Closed),
    /// A pin of the host failed: the module's reset pin.
    Pin(PinError),
    /// The module restarted. All connections are gone and the station has left its network; the
    /// driver restores the module's settings on the next use.
    ModuleReset,
}

/// How a pin failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinError(pub embedded_hal::digital::ErrorKind);

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pin failed: {}", self.0)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for PinError {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}

impl<E, S> Error<E, S> {
    /// Of a pin of the host.
    pub(crate) fn of_pin(error: impl embedded_hal::digital::Error) -> Self {
        Error::Pin(PinError(error.kind()))
    }

    /// Whether this is the end of a stream: the peer has closed the connection, and all that it has sent
    /// was received. A [`Stream`](crate::Stream) reads `Ok(0)` there.
    pub fn is_end(&self) -> bool {
        matches!(self, Error::Closed(Closed::ByPeer))
    }
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
    /// The host hears what it sends.
    HearsItself,
    /// The idle hook broke the wait off.
    Interrupted,
    /// The module's answer makes no sense.
    Malformed,
    /// The module said no.
    Refused,
    /// The module could not make a connection.
    Unconnected,
    /// The module said no behind the payload, of which some may have gone out.
    Untaken,
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
    /// It was never made: the station has no Wi-Fi link.
    NoNetwork,
    /// The module has ended it with the socket that has accepted it.
    ClosedWithListener,
}

impl Fault {
    /// How a connection ended, if that is what this says.
    pub(crate) fn how(self) -> Option<Closed> {
        match self {
            Fault::NotConnected => Some(Closed::NotConnected),
            Fault::ClosedByPeer => Some(Closed::ByPeer),
            Fault::StationDown => Some(Closed::StationDown),
            Fault::StreamBroken => Some(Closed::StreamBroken),
            Fault::NoNetwork => Some(Closed::NoNetwork),
            Fault::ClosedWithListener => Some(Closed::WithListener),
            _ => None,
        }
    }

    /// Whether the link may be out of step after this: an answer may still come.
    pub(crate) fn leaves_answer_open(self) -> bool {
        matches!(
            self,
            Fault::Transport
                | Fault::Timeout
                | Fault::Unresponsive
                | Fault::HearsItself
                | Fault::Interrupted
                | Fault::Malformed
                // A transport may have kept the command for the fresh module.
                | Fault::ModuleReset
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
            Fault::HearsItself => "the host hears itself: is TX joined to RX?",
            Fault::Interrupted => "the wait was broken off",
            Fault::Refused => "the module refused",
            Fault::Unconnected => "the module could not connect",
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
            Fault::NoNetwork => "the station has no Wi-Fi link",
            Fault::ClosedWithListener => "the connection ended with its listener",
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
            Closed::NoNetwork => Fault::NoNetwork,
            Closed::WithListener => Fault::ClosedWithListener,
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

/// A buffer that is lent to the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Lent {
    /// The line buffer of [`Module::new`](crate::Module::new).
    Line,
    /// What a socket reads ahead into: the `N` of [`SocketMemory`](crate::SocketMemory).
    Ahead,
    /// The buffer that was passed to the call, or the list that it returns.
    Data,
    /// The memory for messages of [`Module::lend_messages`](crate::Module::lend_messages).
    Messages,
}

impl fmt::Display for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lent::Line => "the line buffer",
            Lent::Ahead => "the socket's memory",
            Lent::Data => "the buffer that was passed",
            Lent::Messages => "the memory for messages",
        })
    }
}

/// What the caller asked for that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Usage {
    /// A buffer that was lent is too small.
    BufferTooSmall {
        /// Which one.
        which: Lent,
        /// How many bytes are needed.
        needed: usize,
    },
    /// A socket that listens needs another one for what it accepts: lend memory for two at least.
    TooFewSockets,
    /// A text or a datagram is longer than this many bytes, the vendor's limit.
    TooLong(usize),
    /// A text is shorter than this many bytes, the least there may be.
    TooShort(usize),
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
    /// What was to become the module's firmware is no image of it.
    Image(ImageFault),
}

/// What is wrong with an image of a module's firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ImageFault {
    /// It does not begin as images for this module do.
    Magic,
    /// It is not compressed as the module wants it: take the file whose name ends in `.xz.ota`.
    Kind,
    /// The length that it tells is none, or there is no room for so much in the module.
    Length,
    /// It tells no hash.
    Hash,
    /// It has ended too soon.
    Short,
    /// More has followed than it tells.
    Long,
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
    /// It was never opened: the module said no, and its station has no Wi-Fi link.
    NoNetwork,
    /// The socket that accepted it was closed: firmware of the Microchip module ends both.
    WithListener,
}

/// Why a call has failed, in words that all modules share: [`Error::cause`]. Which of a vendor's
/// codes mean what stands with the vendor's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cause {
    /// An answer makes no sense, or has begun and not come to its end: bytes are lost on the line between
    /// module and host.
    ///
    /// Mostly the host has lost them: it receives only while it reads, and its UART keeps a byte, or 16, or
    /// 32, of an answer of hundreds. Then short answers come whole, so that a reset works, and the calls
    /// behind it fail. Let it receive in an interrupt, into a [`Ring`](crate::transport::Ring), or by what
    /// the HAL has with a buffer: [`transport`](crate::transport) has a table. Else the buffer is too small
    /// for the time in which nobody reads, the bit rate is not the module's, or the wires are too long.
    BytesLost,
    /// The peer refuses the connection: nobody listens at the port.
    ConnectionRefused,
    /// The peer refuses the connection, or cannot be reached: the module does not tell which.
    RefusedOrUnreachable,
    /// Nobody has answered in time.
    TimedOut,
    /// The station has no Wi-Fi link, or no address.
    NetworkUnreachable,
    /// TLS could not be started: server and module do not agree, or the server is not who it should be.
    Tls,
    /// The certificate authority that the server is to be checked against is not in the module.
    NoAuthority,
    /// A file is not there, or the module could not store it: its flash may be full.
    File,
    /// No name server knows the name, or none has answered.
    NameNotFound,
    /// The local port is in use.
    AddressInUse,
    /// There is no such access point.
    NoAccessPoint,
    /// The access point does not accept the password, or its kind of protection is another one.
    Authentication,
    /// The access point could not be joined; the module does not say why.
    NotJoined,
    /// The data did not go out.
    NotSent,
    /// The module has no memory left.
    OutOfMemory,
    /// The module has none left of something else: sockets, say.
    OutOfResources,
    /// The module cannot do that in the state it is in, or is doing it already.
    NotNow,
    /// The module does not take a parameter.
    InvalidParameter,
    /// The module does not know the command, or this form of it.
    Unsupported,
    /// It failed; the module does not say why, or for a reason that has no word here.
    Other,
}

/// What a vendor's status means in words that all modules share.
pub trait Refusal {
    /// Why the module has refused a command.
    fn cause(&self) -> Cause;

    /// Why it could not make a connection.
    fn cause_of_connect(&self) -> Cause {
        self.cause()
    }
}

/// How both modules put it that there is nobody to check a server against.
pub(crate) const NO_AUTHORITY: &str =
    "the certificate authority is not in the module: load it, or nobody would be checked";

impl<E, S: Refusal> Error<E, S> {
    /// Why it failed, in words that all modules share; `None` where it was not the module, the line to it or
    /// the network that failed.
    ///
    /// What a module does not tell apart has one word: see [`Cause::RefusedOrUnreachable`].
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Error::Module(status) => Some(status.cause()),
            Error::Unconnected(status) => Some(status.cause_of_connect()),
            Error::Timeout => Some(Cause::TimedOut),
            Error::Malformed | Error::Closed(Closed::StreamBroken) => Some(Cause::BytesLost),
            Error::Closed(Closed::NoNetwork | Closed::StationDown) => {
                Some(Cause::NetworkUnreachable)
            }
            _ => None,
        }
    }
}

impl Cause {
    fn kind(self) -> embedded_io::ErrorKind {
        use embedded_io::ErrorKind;
        match self {
            Cause::ConnectionRefused | Cause::RefusedOrUnreachable => ErrorKind::ConnectionRefused,
            Cause::TimedOut => ErrorKind::TimedOut,
            Cause::NetworkUnreachable => ErrorKind::NotConnected,
            Cause::NameNotFound | Cause::NoAccessPoint | Cause::NoAuthority => ErrorKind::NotFound,
            Cause::AddressInUse => ErrorKind::AddrInUse,
            Cause::Authentication => ErrorKind::PermissionDenied,
            Cause::OutOfMemory | Cause::OutOfResources => ErrorKind::OutOfMemory,
            Cause::InvalidParameter => ErrorKind::InvalidInput,
            Cause::Unsupported => ErrorKind::Unsupported,
            Cause::BytesLost => ErrorKind::InvalidData,
            Cause::Tls
            | Cause::File
            | Cause::NotJoined
            | Cause::NotSent
            | Cause::NotNow
            | Cause::Other => ErrorKind::Other,
        }
    }
}

impl<E: fmt::Display, S: fmt::Display> fmt::Display for Error<E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Transport(e) => write!(f, "the transport to the module failed: {e}"),
            Error::Timeout => f.write_str("the module did not answer in time"),
            Error::Unresponsive => f.write_str("the module is silent"),
            Error::HearsItself => f.write_str("the host hears itself: is TX joined to RX?"),
            Error::Interrupted => f.write_str("the wait was broken off"),
            Error::Module(status) => write!(f, "the module answered: {status}"),
            Error::Unconnected(status) => write!(f, "the module could not connect: {status}"),
            Error::Malformed => f.write_str("the module's answer does not make sense"),
            Error::Resource(what) => what.fmt(f),
            Error::Usage(what) => what.fmt(f),
            Error::Closed(how) => how.fmt(f),
            Error::Pin(error) => error.fmt(f),
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
            Usage::BufferTooSmall { which, needed } => write!(f, "{which} needs {needed} bytes"),
            Usage::TooFewSockets => f.write_str("whoever listens needs memory for two sockets"),
            Usage::TooLong(n) => write!(f, "what was passed is longer than {n} bytes"),
            Usage::TooShort(n) => write!(f, "what was passed is shorter than {n} bytes"),
            Usage::Empty => f.write_str("the text is empty"),
            Usage::Byte(b) => write!(f, "the module cannot take the byte 0x{b:02x} in a text"),
            Usage::OutOfRange { min, max } => write!(f, "the number must be {min} to {max}"),
            Usage::WrongLength(n) => write!(f, "the command announces {n} bytes of data"),
            Usage::Address => f.write_str("the hardware address cannot be used"),
            Usage::StaleHandle => f.write_str("the socket was released"),
            Usage::Unsupported(part) => write!(f, "not supported: {part}"),
            Usage::Image(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for ImageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ImageFault::Magic => "the image is not for this module",
            ImageFault::Kind => "the image is not compressed: take the one that is called .xz.ota",
            ImageFault::Length => "the image has no length, or the module no room for it",
            ImageFault::Hash => "the image has no hash",
            ImageFault::Short => "the image has ended too soon",
            ImageFault::Long => "the image is longer than it says",
        })
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Closed::NotConnected => "the socket is not connected",
            Closed::ByPeer => "the peer closed the connection",
            Closed::StationDown => "the connection ended with the Wi-Fi link",
            Closed::StreamBroken => "the connection lost bytes between host and module",
            Closed::NoNetwork => "the station has no Wi-Fi link",
            Closed::WithListener => "the connection ended with its listener",
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
    S: Refusal + fmt::Debug + fmt::Display,
{
    fn kind(&self) -> embedded_io::ErrorKind {
        use embedded_io::ErrorKind;
        match self {
            Error::Transport(e) => e.kind(),
            Error::Timeout | Error::Unresponsive => ErrorKind::TimedOut,
            Error::Interrupted => ErrorKind::Interrupted,
            Error::Module(status) => status.cause().kind(),
            Error::Unconnected(status) => status.cause_of_connect().kind(),
            Error::Malformed | Error::HearsItself => ErrorKind::InvalidData,
            Error::Resource(_) => ErrorKind::OutOfMemory,
            Error::Usage(Usage::Unsupported(_)) => ErrorKind::Unsupported,
            Error::Usage(_) => ErrorKind::InvalidInput,
            Error::Closed(Closed::NotConnected | Closed::NoNetwork) => ErrorKind::NotConnected,
            Error::Closed(_) | Error::ModuleReset => ErrorKind::ConnectionReset,
            Error::Pin(_) => ErrorKind::Other,
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
