//! The network on the far side of a simulated module.

mod host;
mod memory;

pub use host::HostNetwork;
pub(crate) use memory::Action;
pub use memory::{DatagramService, Dialled, MemoryNetwork, Peer, Sender, Service};

use std::net::{IpAddr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

/// A name lookup that has been started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lookup(pub u64);

/// A connection that has been started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection(pub u64);

/// A port on which the module listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener(pub u64);

/// A socket for datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UdpSocket(pub u64);

/// Another socket has the port, or the port cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InUse(pub u16);

/// A datagram that has arrived; it may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Who has sent it.
    pub from: SocketAddr,
    /// What was sent.
    pub data: Vec<u8>,
}

/// The other end did not let the module in, or nobody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// What a connection has for the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Nothing at the moment.
    Nothing,
    /// These bytes, at least one.
    Data(Vec<u8>),
    /// The other end has closed or broken the connection, and all it sent has been received.
    Closed,
}

/// The network of a simulated module. Nothing in it blocks: what takes time is asked for again.
pub trait Network {
    /// Does what is due at `now`.
    fn poll(&mut self, now: Duration);

    /// When something will happen by itself, if that is known.
    fn next(&self) -> Option<Duration>;

    /// Whether it has to be asked again and again because `next` cannot know.
    fn needs_polling(&self) -> bool {
        false
    }

    /// Starts to look up a host name.
    fn resolve(&mut self, now: Duration, name: &str) -> Lookup;

    /// The addresses of the name, none if it is unknown. A lookup is answered once.
    fn resolved(&mut self, now: Duration, lookup: Lookup) -> Poll<Vec<IpAddr>>;

    /// Starts to open a TCP connection.
    fn connect(&mut self, now: Duration, from: SocketAddr, to: SocketAddr) -> Connection;

    /// Whether the connection is open.
    fn connected(&mut self, now: Duration, connection: Connection) -> Poll<Result<(), Refused>>;

    /// Sends all of `data`.
    fn send(&mut self, now: Duration, connection: Connection, data: &[u8]);

    /// Bytes that have been sent and that the network has no room for yet.
    fn unsent(&self, now: Duration, connection: Connection) -> usize;

    /// Takes at most `limit` bytes that have arrived.
    fn receive(&mut self, now: Duration, connection: Connection, limit: usize) -> Received;

    /// Whether the other end has broken off the connection instead of closing it.
    fn was_reset(&self, connection: Connection) -> bool {
        let _ = connection;
        false
    }

    /// Closes the connection, or gives up opening it. It is not to be used again.
    fn close(&mut self, now: Duration, connection: Connection);

    /// Listens for TCP connections on a port. The address is unspecified: that of the module.
    fn listen(&mut self, now: Duration, at: SocketAddr) -> Result<Listener, InUse>;

    /// Lets in the next peer that waits; tells its address.
    fn accept(&mut self, now: Duration, listener: Listener) -> Option<(Connection, SocketAddr)>;

    /// Sends away a peer that has just been let in, as if nobody had listened.
    fn refuse(&mut self, now: Duration, connection: Connection) {
        self.close(now, connection);
    }

    /// Listens no more. Connections that have been let in stay.
    fn stop_listening(&mut self, now: Duration, listener: Listener);

    /// Opens a socket for datagrams; tells its port, which is any if 0 is asked for. An unspecified
    /// address is that of the module; a socket that is bound to that of a group gets nothing else.
    fn bind(&mut self, now: Duration, at: SocketAddr) -> Result<(UdpSocket, u16), InUse>;

    /// Receives what is sent to a group as well; says whether that is possible.
    fn join(&mut self, socket: UdpSocket, group: IpAddr) -> bool;

    /// Sends a datagram from the module's address, which is `from`.
    fn send_to(
        &mut self,
        now: Duration,
        socket: UdpSocket,
        from: IpAddr,
        to: SocketAddr,
        data: &[u8],
    );

    /// Takes the next datagram that has arrived.
    fn receive_from(&mut self, now: Duration, socket: UdpSocket) -> Option<Datagram>;

    /// Closes a socket for datagrams.
    fn unbind(&mut self, now: Duration, socket: UdpSocket);

    /// How long an echo takes, if anybody answers.
    fn ping(&mut self, now: Duration, address: IpAddr) -> Option<Duration>;
}
