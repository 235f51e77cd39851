//! What a vendor's command set must tell the driver: the page to read before porting a third
//! module.
//!
//! A dialect is words and sequences. The words, [`Words`], say what a line on the wire is; the
//! sequences, [`Station`], [`Streams`], [`Datagrams`], [`Server`] and [`Secured`] for sockets, and one
//! for each of the [`Services`], say which commands, in which order, do what the user asked. Everything
//! else — deadlines, buffers, events in any gap, payload, getting back into step, sockets, handles, the
//! `embedded-nal` traits — is shared.
//!
//! # What is not used is not linked
//!
//! Firmware that has one TCP client has no code for datagrams, servers, TLS or commands of the user's.
//! So each of these is a sequence of its own; and what they need of the common path, the way a line
//! is taken, is a function that their first call installs in the [`Session`].
//!
//! # Adding a dialect
//!
//! Make a folder beside `src/st67/` and `src/microchip/` with the same files:
//!
//! 1. `command/<chapter>.rs`: a struct for each command, derived with `atat`, and the type of its
//!    reply. One row for each in `tests/vocabulary/`, with the bytes of the vendor's reference.
//! 2. `text.rs`: how text is quoted and escaped, as a [`Rule`](crate::Rule).
//! 3. `status.rs`: why the module refuses, every code with its name, and what that is in words that
//!    all modules share.
//! 4. `words.rs`, `payload.rs` and `others.rs`: the words. `line` says what a line is and takes note
//!    of what it tells: which socket has data, which was closed, where the station stands. `payload`
//!    finds what stands before counted payload, `event` translates for `poll`.
//! 5. `station.rs`, `stream.rs`, `datagram.rs`, `server.rs` and `tls.rs`: the sequences for sockets, and
//!    one file for each service; one trait each.
//! 6. `mod.rs`: what the dialect remembers, and the constants, each with its source.
//! 7. `templates.rs`: the test that holds each template of the sequences against its struct.
//!
//! Then teach the simulator the module's side (`simulator/src/<dialect>/`, written from the
//! reference, not from the driver), and add one `impl UnderTest` in `tests/common/mod.rs`: every
//! scenario, sweep and contract test then runs on the new dialect too.

use core::fmt::{Debug, Display};
use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use embedded_nal::AddrType;

use super::event::Event;
use super::module::{Module, Timeouts};
use crate::clock::Clock;
use crate::error::{Closed, Usage};
use crate::socket::Handle;
use crate::transport::Transport;
use crate::value::{Addresses, LinkState, TlsConfig};

pub use super::services::{
    About, AccessPoint, Certificates, Joining, MqttClient, Ping, Power, Provisioner, Scanner,
    Services, Time,
};

pub use super::session::Session;
pub use crate::engine::protocol::{Decoded, Encoding, Escape, Header, Line, Payload};
pub use crate::error::{Fault, Refusal};

/// What comes of a sequence.
pub type Outcome<R = ()> = Result<R, Fault>;

/// A setting of the session, and how the module answers when asked for it.
///
/// After trouble on the wire the driver asks for one of these: the answer cannot be mistaken for
/// another command's, and it shows whether the module still is as it was set up.
pub struct Setting {
    /// The query, with its line end. Its name, without `AT`, begins the answer.
    pub query: &'static str,
    /// The value that the driver has set; `None` if there is none to compare: of the last setting, or
    /// of all.
    pub value: Option<&'static str>,
}

/// The words of a dialect: what stands on its wire. Sealed.
pub trait Words: Sized + 'static + private::Sealed {
    /// Why the module refuses.
    type Status: Copy + Debug + Default + Display + PartialEq + Refusal;
    /// What the dialect remembers between two lines.
    type State: Default;
    /// How events about datagrams are taken: functions that the first socket for them installs.
    type Datagrams: Copy;
    /// How connections are taken that peers make: functions that a listening socket installs.
    type Peers: Copy;
    /// What the dialect remembers of its MQTT client, and how its events are taken, which the first session
    /// installs.
    type Mqtt;
    /// Nothing, to begin with.
    const MQTT: Self::Mqtt;

    /// The character with which the module asks for payload.
    const PROMPT: u8;
    /// The character with which the module asks for a command, if it does: while its echo is on.
    const READY_PROMPT: Option<u8>;
    /// Milliseconds between the bytes that are sent to a module that may still wait for payload;
    /// 0 if it does not mind to be sent more than it waits for.
    const OWED_PACE: u32;
    /// The most payload bytes that go over the line at once, either way: so much a silent module may
    /// be waiting for, and no count that it tells is greater.
    const PAYLOAD_MAX: usize;
    /// Whether all firmware closes counted payload with a line end.
    const ENDS_PAYLOAD: bool;
    /// How often a command is sent again that a busy module has dropped: 0 if it never says that it was busy.
    const BUSY_RETRIES: usize;
    /// How a stream is ended that a command of the driver may begin if it is spoilt on the way.
    const ESCAPE: Option<Escape>;
    /// The command that makes the module answer as it does from its start, if there is one that makes it answer
    /// otherwise.
    const VERBOSE: &'static str;
    /// The last line that a starting module prints.
    const BOOT: &'static str;
    /// The command that restarts the module, with its line end.
    const RESTART: &'static str;
    /// The longest command, in bytes with its line end.
    const COMMAND_MAX: usize;
    /// The settings that [`set_up`](Station::set_up) makes and that can be asked for, or what else no
    /// other command of the driver asks: the more questions there are, the later one comes round again.
    const SETTINGS: &'static [Setting];

    /// Says what a line is, and takes note of what it tells. `command` is the command in flight,
    /// empty if there is none. What it does not know is a [`Line::Reply`].
    fn line(session: &mut Session<'_, Self>, command: &[u8], line: &[u8]) -> Line;

    /// Looks for what stands before counted payload at the start of a line, and describes it.
    fn payload(session: &Session<'_, Self>, pending: &[u8], header: &mut Header) -> Payload;

    /// Looks at a line again that [`line`](Words::line) has taken for `kind`, once commands of the
    /// user's have been sent: theirs are the events of the other chapters, and settings of the
    /// session that they change.
    fn other_line(session: &mut Session<'_, Self>, command: &[u8], line: &[u8], kind: Line)
    -> Line;

    /// As [`payload`](Words::payload), for replies that only commands of the user's have.
    fn other_payload(
        session: &Session<'_, Self>,
        command: &[u8],
        pending: &[u8],
        header: &mut Header,
    ) -> Payload;

    /// Puts an event line into neutral words.
    fn event(line: &[u8]) -> Event<'_>;

    /// Whether an event with payload is an MQTT message, of which `"topic",` and the payload follow its header.
    fn is_mqtt(_header: &[u8]) -> bool {
        false
    }
}

/// A vendor's AT dialect: its words, and the sequences of commands that do what the user asked.
pub trait Dialect: Words + Station + Streams + Datagrams + Server + Secured + Services {}

impl<D: Words + Station + Streams + Datagrams + Server + Secured + Services> Dialect for D {}

/// The module itself and its station.
pub trait Station: Words {
    /// How long the module may take, as its reference or its vendor's own driver says.
    const TIMEOUTS: Timeouts;

    /// Makes the settings that the driver relies on, after a start of the module.
    fn set_up<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome;

    /// Joins an access point and waits for an address.
    fn join<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        ssid: &[u8],
        password: &[u8],
    ) -> Outcome;

    /// Leaves the access point.
    fn leave<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome;

    /// Asks for the state of the station's link.
    fn link_state<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
    ) -> Outcome<LinkState>;

    /// Asks for the station's IPv4 address, all zero if it has none.
    fn address<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome<Ipv4Addr>;

    /// Asks for all of the station's addresses.
    fn addresses<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>)
    -> Outcome<Addresses>;

    /// Resolves a host name.
    fn resolve<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        name: &str,
        kind: AddrType,
    ) -> Outcome<IpAddr>;
}

/// TCP connections.
pub trait Streams: Words {
    /// How many links the module can have open.
    const LINKS: usize;
    /// The most payload of one send command, in bytes.
    const SEND_MAX: usize;
    /// How long a socket is silent (ms) of which the module may have announced too little, before it is
    /// asked again; 0 where it announces everything.
    const LOOK_AGAIN: u32;
    /// The most payload that one receive command may ask for, in bytes.
    const RECEIVE_MAX: usize;

    /// Opens `socket`, which has no link, and names its link before the module can speak of it.
    fn connect<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        socket: &Handle,
        remote: SocketAddr,
    ) -> Outcome;

    /// How much of the payload one send command carries, at most
    /// [`SEND_MAX`](Streams::SEND_MAX) bytes; more than there is means all of it.
    fn piece<T: Transport, C: Clock>(_: &Module<'_, Self, T, C>, _payload: &[u8]) -> usize {
        Self::SEND_MAX
    }

    /// Sends so much payload. A module that has refused has taken none of it.
    fn send<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        link: u32,
        payload: &[u8],
    ) -> Outcome;

    /// Reads what the module holds, at most `length` and [`RECEIVE_MAX`](Streams::RECEIVE_MAX)
    /// bytes; what does not fit `into` is dropped. Returns how many bytes it was.
    fn receive<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        link: u32,
        length: usize,
        into: &mut [u8],
    ) -> Outcome<usize>;

    /// Closes a link, of whatever kind but a listening one; one that is closed already is no error.
    fn close<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>, link: u32) -> Outcome;

    /// Has the module probe connections that are silent for so long; 0 for never. Not every module can.
    fn set_keep_alive<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        _seconds: u16,
    ) -> Outcome {
        Err(module.refuse(Usage::Unsupported("keep-alive")))
    }

    /// Asks the module which links are open and which hold data, and puts the socket table right.
    fn reconcile<T: Transport, C: Clock>(module: &mut Module<'_, Self, T, C>) -> Outcome;
}

/// Datagrams.
pub trait Datagrams: Words {
    /// The longest datagram, in bytes.
    const DATAGRAM_MAX: usize;
    /// What a read leaves of a datagram is told of again, in the answer to that read, or it is gone.
    const TELLS_REST: bool;

    /// Opens `socket` for datagrams to and from this address, from a port that the module chooses.
    fn exchange<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        socket: &Handle,
        remote: SocketAddr,
    ) -> Outcome;

    /// Opens it for datagrams to and from anybody, at this local port; 0 lets the module choose.
    fn bind<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        socket: &Handle,
        local_port: u16,
    ) -> Outcome;

    /// Opens it for the datagrams of a multicast group, at its port.
    fn join_group<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        socket: &Handle,
        group: SocketAddrV4,
    ) -> Outcome;

    /// Sends a datagram of at most [`DATAGRAM_MAX`](Datagrams::DATAGRAM_MAX) bytes.
    fn send_to<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        link: u32,
        to: SocketAddr,
        payload: &[u8],
    ) -> Outcome;
}

/// A connection that a peer has made to a listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The module's name for it.
    pub link: u32,
    /// Who it is.
    pub remote: SocketAddr,
    /// How it has ended since, if it has.
    pub ended: Option<Closed>,
}

/// TCP connections that others make.
pub trait Server: Words {
    /// Opens `socket` for connections to this local port.
    fn listen<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        socket: &Handle,
        local_port: u16,
    ) -> Outcome;

    /// The next connection to the port that listens, if there is one.
    fn accept<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        local_port: u16,
    ) -> Outcome<Option<Incoming>>;

    /// Closes a link that listens.
    fn close_listener<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        link: u32,
    ) -> Outcome;
}

/// TCP connections through TLS.
pub trait Secured: Words {
    /// What says that an authority is missing.
    const NO_AUTHORITY: Self::Status;

    /// Whether the authority of this name is there, where a connection finds it.
    fn has_authority<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        name: &str,
    ) -> Outcome<bool>;

    /// Refuses a connection whose authority is not there: firmware would make it, and check nobody.
    fn check_authority<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        config: &TlsConfig<'_>,
    ) -> Outcome {
        Self::check_authority_by(module, config, Self::has_authority)
    }

    /// The same of a connection that finds it elsewhere.
    fn check_authority_by<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        config: &TlsConfig<'_>,
        has_authority: impl FnOnce(&mut Module<'_, Self, T, C>, &str) -> Outcome<bool>,
    ) -> Outcome {
        let Some(ca) = config.ca else {
            return Ok(());
        };
        if !config.is_ca_vouched && !has_authority(module, ca)? {
            module.session().refusal = Self::NO_AUTHORITY;
            return Err(Fault::Refused);
        }
        Ok(())
    }

    /// As [`Streams::connect`].
    fn connect_tls<T: Transport, C: Clock>(
        module: &mut Module<'_, Self, T, C>,
        socket: &Handle,
        remote: SocketAddr,
        config: &TlsConfig<'_>,
    ) -> Outcome;
}

pub(crate) mod private {
    pub trait Sealed {}
}
