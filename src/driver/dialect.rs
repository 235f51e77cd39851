//! What a vendor's command set must tell the driver: the page to read before porting a third
//! module.
//!
//! A dialect is words and sequences. The words say what a line on the wire is; the sequences say
//! which commands, in which order, do what the user asked. Everything else — deadlines, buffers,
//! events in any gap, payload, getting back into step, sockets, handles, the `embedded-nal`
//! traits — is shared.
//!
//! # Adding a dialect
//!
//! Make a folder beside `src/st67/` and `src/microchip/` with the same files:
//!
//! 1. `command/<chapter>.rs`: a struct for each command, derived with `atat`, and the type of its
//!    reply. One row for each in `tests/vocabulary/`, with the bytes of the vendor's reference.
//! 2. `text.rs`: how text is quoted and escaped, as a [`Rule`](crate::Rule).
//! 3. `status.rs`: why the module refuses, every code with its name.
//! 4. `events.rs`: the words. `line` says what a line is and takes note of what it tells: which
//!    socket has data, which was closed, where the station stands. `payload` finds the header of
//!    counted payload, `event` translates for `poll`.
//! 5. `wifi.rs`, `socket.rs` and `tls.rs`: the sequences.
//! 6. `mod.rs`: the constants, each with its source, and `impl Words` and `impl Dialect`, which
//!    are a table of contents.
//!
//! Then teach the simulator the module's side (`simulator/src/<dialect>/`, written from the
//! reference, not from the driver), and add one `impl UnderTest` in `tests/common/mod.rs`: every
//! scenario, sweep and contract test then runs on the new dialect too.

use core::fmt::{self, Debug, Display};
use core::net::{IpAddr, SocketAddr, SocketAddrV4};

use embedded_nal::AddrType;

use crate::clock::Clock;
use crate::driver::Event;
use crate::driver::{ErrorOf, Module, Timeouts};
use crate::socket::Handle;
use crate::transport::Transport;
use crate::value::TlsConfig;
use crate::value::{Addresses, LinkState};

pub use crate::driver::Session;
pub use crate::engine::protocol::{Decoded, Encoding, Escape, Line, LineEnd, Payload};

/// A setting of the session, and how the module answers when asked for it.
///
/// After trouble on the wire the driver asks for one of these: the answer cannot be mistaken for
/// another command's, and it shows whether the module still is as it was set up.
pub struct Setting {
    /// The query, with its line end.
    pub query: &'static str,
    /// The start of the answer, up to the value.
    pub answer: &'static str,
    /// The value that the driver has set; `None` if there is none to compare.
    pub value: Option<&'static str>,
}

/// The words of a dialect: what stands on its wire. Sealed.
pub trait Words: Sized + 'static + private::Sealed {
    /// Why the module refuses.
    type Status: Copy + Debug + Display + PartialEq;
    /// What the dialect remembers between two lines.
    type State: Default;

    /// The character with which the module asks for payload.
    const PROMPT: u8;
    /// The character with which the module asks for a command, if it does: while its echo is on.
    const READY_PROMPT: Option<u8>;
    /// Milliseconds between the bytes that are sent to a module that may still wait for payload;
    /// 0 if it does not mind to be sent more than it waits for.
    const OWED_PACE: u32;
    /// How a stream is ended that a command of the driver may begin if it is spoilt on the way.
    const ESCAPE: Option<Escape>;
    /// The last line that a starting module prints.
    const BOOT: &'static str;
    /// The command that restarts the module, with its line end.
    const RESTART: &'static str;
    /// The longest command, in bytes with its line end.
    const COMMAND_MAX: usize;
    /// The settings that [`set_up`](Dialect::set_up) makes and that can be asked for.
    const SETTINGS: &'static [Setting];

    /// Says what a line is, and takes note of what it tells. `command` is the command in flight,
    /// empty if there is none.
    fn line(session: &mut Session<'_, Self>, command: &[u8], line: &[u8]) -> Line<Self::Status>;

    /// Looks for the header of counted payload at the start of a line. `command` is the command
    /// in flight, empty if there is none.
    fn payload(session: &Session<'_, Self>, command: &[u8], pending: &[u8]) -> Payload;

    /// Puts an event line into neutral words.
    fn event(line: &[u8]) -> Event<'_>;
}

/// What a socket is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'c> {
    /// A TCP connection to this address.
    Connect(SocketAddr),
    /// A TLS connection to this address.
    ConnectTls(SocketAddr, TlsConfig<'c>),
    /// Datagrams to and from this address, from a port that the module chooses.
    Exchange(SocketAddr),
    /// Datagrams to and from anybody, at this local port; 0 lets the module choose.
    Bind(u16),
    /// Datagrams of a multicast group, at its port.
    Group(SocketAddrV4),
    /// TCP connections from others, at this local port.
    Listen(u16),
}

impl Display for Purpose<'_> {
    /// As in "connected to 10.0.0.7:80".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Purpose::Connect(to) => write!(f, "connected to {to}"),
            Purpose::ConnectTls(to, _) => write!(f, "connected with TLS to {to}"),
            Purpose::Exchange(with) => write!(f, "exchanging datagrams with {with}"),
            Purpose::Bind(port) => write!(f, "receiving datagrams at port {port}"),
            Purpose::Group(group) => write!(f, "receiving datagrams of group {group}"),
            Purpose::Listen(port) => write!(f, "listening at port {port}"),
        }
    }
}

/// A connection that a peer has made to a listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The module's name for it.
    pub link: u32,
    /// Who it is.
    pub remote: SocketAddr,
    /// Whether the peer has closed it since.
    pub is_closed: bool,
}

/// A vendor's AT dialect: its words, its limits, and the sequences of commands that do what the
/// user asked.
pub trait Dialect: Words {
    /// How many links the module can have open.
    const LINKS: usize;
    /// The most payload of one send command, in bytes.
    const SEND_MAX: usize;
    /// The longest datagram, in bytes.
    const DATAGRAM_MAX: usize;
    /// The most payload that one receive command may ask for, in bytes.
    const RECEIVE_MAX: usize;
    /// How long the module may take, as its reference or its vendor's own driver says.
    const TIMEOUTS: Timeouts;

    /// Makes the settings that the driver relies on, after a start of the module.
    fn set_up<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
    ) -> Result<(), ErrorOf<Self, T>>;

    /// Asks the module which links are open and which hold data, and puts the socket table right.
    fn reconcile<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
    ) -> Result<(), ErrorOf<Self, T>>;

    /// Joins an access point and waits for an address.
    fn join<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        ssid: &[u8],
        password: &[u8],
    ) -> Result<(), ErrorOf<Self, T>>;

    /// Leaves the access point.
    fn leave<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
    ) -> Result<(), ErrorOf<Self, T>>;

    /// Asks for the state of the station's link.
    fn link_state<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
    ) -> Result<LinkState, ErrorOf<Self, T>>;

    /// Asks for the station's addresses.
    fn addresses<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
    ) -> Result<Addresses, ErrorOf<Self, T>>;

    /// Resolves a host name.
    fn resolve<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        name: &str,
        kind: AddrType,
    ) -> Result<IpAddr, ErrorOf<Self, T>>;

    /// Opens `socket`, which has no link, and names its link before the module can speak of it.
    fn open<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        socket: &Handle,
        purpose: Purpose<'_>,
    ) -> Result<(), ErrorOf<Self, T>>;

    /// The next connection to the port that listens, if there is one.
    fn accept<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        port: u16,
    ) -> Result<Option<Incoming>, ErrorOf<Self, T>>;

    /// Sends at most [`SEND_MAX`](Dialect::SEND_MAX) bytes of a stream, or a datagram `to` an
    /// address.
    fn send<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        link: u32,
        to: Option<SocketAddr>,
        payload: &[u8],
    ) -> Result<(), ErrorOf<Self, T>>;

    /// Reads what the module holds, at most `length` and [`RECEIVE_MAX`](Dialect::RECEIVE_MAX)
    /// bytes; what does not fit `into` is dropped. Returns how many bytes it was.
    fn receive<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        link: u32,
        length: usize,
        into: &mut [u8],
    ) -> Result<usize, ErrorOf<Self, T>>;

    /// Closes a link; one that is closed already is no error.
    fn close<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        link: u32,
    ) -> Result<(), ErrorOf<Self, T>>;
}

pub(crate) mod private {
    pub trait Sealed {}
}
