//! The sockets and their receive buffers.

use std::collections::VecDeque;
use std::net::SocketAddrV4;
use std::time::Duration;

use super::tls::Tls;
use super::udp::Udp;
use crate::microchip::World;
use crate::microchip::status::Status;
use crate::network::{Connection, Listener};

/// Sockets that there can be.
const SOCKETS: usize = 20;
/// Sockets of one protocol that the stack can have.
const STACK_SOCKETS: usize = 10;
/// First port that the module uses for itself.
const FIRST_PORT: u16 = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::microchip) enum Protocol {
    Udp,
    Tcp,
}

impl Protocol {
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Protocol::Udp),
            2 => Some(Protocol::Tcp),
            _ => None,
        }
    }

    pub fn number(self) -> u8 {
        match self {
            Protocol::Udp => 1,
            Protocol::Tcp => 2,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::microchip) enum State {
    /// Opened, and not bound to anything.
    Unbound,
    /// Being connected; the stack has given up if there is no connection any more.
    Connecting(Option<Connection>),
    /// Connected; without a connection it is gone, and nobody has been told.
    Open(Option<Connection>),
    /// Closed by the peer.
    Closed,
    /// Bound, for datagrams.
    Bound,
    /// Listens; its children have the connections.
    Listening(Listener),
    /// A child that waits for a peer.
    Idle,
}

/// One socket.
#[derive(Debug)]
pub(in crate::microchip) struct Socket {
    pub id: i64,
    pub protocol: Protocol,
    pub state: State,
    /// Of a child, the socket that listens.
    pub parent: Option<i64>,
    pub remote: Option<SocketAddrV4>,
    /// The port as the firmware tells it.
    pub local_port: u16,
    /// What the stack keeps of a socket for datagrams that is bound.
    pub udp: Option<Udp>,
    /// How far a connection has come with TLS.
    pub tls: Tls,
    /// What the host has not read yet.
    pub buffer: VecDeque<u8>,
    /// The count that the firmware compares the buffer with. It has 16 bits and wraps.
    pub announced: u16,
    /// When the firmware takes the socket for one that cannot be bound.
    pub give_up: Option<Duration>,
    pub last_data: Duration,
    /// When the module sees that the peer has closed.
    pub ends: Option<Duration>,
}

impl Socket {
    pub fn new(id: i64, protocol: Protocol) -> Self {
        Socket {
            id,
            protocol,
            state: State::Unbound,
            parent: None,
            remote: None,
            local_port: 0,
            udp: None,
            tls: Tls::None,
            buffer: VecDeque::new(),
            announced: 0,
            give_up: None,
            last_data: Duration::ZERO,
            ends: None,
        }
    }

    pub fn connection(&self) -> Option<Connection> {
        match self.state {
            State::Connecting(connection) | State::Open(connection) => connection,
            _ => None,
        }
    }

    /// Gives back what it has of the network.
    pub fn release(&self, world: &mut World) {
        if let Some(connection) = self.connection() {
            world.network.close(world.now, connection);
        }
        if let Some(udp) = &self.udp {
            world.network.unbind(world.now, udp.socket);
        }
        if let State::Listening(listener) = self.state {
            world.network.stop_listening(world.now, listener);
        }
    }

    /// Datagrams go there from now on.
    pub fn set_destination(&mut self, to: SocketAddrV4) {
        if let Some(udp) = &mut self.udp {
            udp.aim(to);
        }
    }

    /// A child without a peer. Its id is that of the last one.
    pub fn wait_for_peer(&mut self) {
        *self = Socket {
            state: State::Idle,
            parent: self.parent,
            local_port: self.local_port,
            ..Socket::new(self.id, Protocol::Tcp)
        };
    }

    fn next(&self) -> Option<Duration> {
        self.give_up.into_iter().chain(self.ends).min()
    }
}

/// All sockets of the module.
#[derive(Debug, Default)]
pub(in crate::microchip) struct Sockets {
    sockets: Vec<Socket>,
    last_id: Option<i64>,
    hidden_ids: i64,
    ports: u16,
}

impl Sockets {
    pub fn iter(&self) -> impl Iterator<Item = &Socket> {
        self.sockets.iter()
    }

    pub fn get(&mut self, id: i64) -> Result<&mut Socket, Status> {
        let mut sockets = self.sockets.iter_mut();
        let found = sockets.find(|socket| socket.id == id);
        found.ok_or(Status::NO_SUCH_SOCKET)
    }

    /// The state of the socket, if there is one.
    pub fn state(&self, id: i64) -> Option<State> {
        let mut sockets = self.sockets.iter();
        let found = sockets.find(|socket| socket.id == id);
        found.map(|socket| socket.state)
    }

    pub fn remove(&mut self, id: i64) {
        self.sockets.retain(|socket| socket.id != id);
    }

    /// Adds a child without a peer, and without an id that anybody is told.
    pub fn add_child(&mut self, parent: i64, local_port: u16) {
        self.hidden_ids += 1;
        self.sockets.push(Socket {
            state: State::Idle,
            parent: Some(parent),
            local_port,
            ..Socket::new(-self.hidden_ids, Protocol::Tcp)
        });
    }

    /// A child that waits for a peer.
    pub fn idle_child(&self, parent: i64) -> Option<i64> {
        let mut sockets = self.sockets.iter();
        let found =
            sockets.find(|socket| socket.parent == Some(parent) && socket.state == State::Idle);
        found.map(|socket| socket.id)
    }

    /// How many children the socket has.
    pub fn children(&self, parent: i64) -> usize {
        let children = self.sockets.iter();
        children
            .filter(|socket| socket.parent == Some(parent))
            .count()
    }

    /// Closes the children of a socket that has listened.
    pub fn remove_children(&mut self, parent: i64, world: &mut World) {
        self.sockets.retain(|socket| {
            let child = socket.parent == Some(parent);
            if child {
                socket.release(world);
            }
            !child
        });
    }

    /// A new socket, whose id follows the one before, or is `first`.
    pub fn open(&mut self, first: i64, protocol: Protocol) -> Result<i64, Status> {
        if !self.has_slot() {
            return Err(Status::NO_FREE_SOCKET);
        }
        let id = self.take_id(first);
        self.sockets.push(Socket::new(id, protocol));
        Ok(id)
    }

    pub fn has_slot(&self) -> bool {
        self.sockets.len() < SOCKETS
    }

    /// The next id, which follows the one before, or is `first`.
    pub fn take_id(&mut self, first: i64) -> i64 {
        let id = self.last_id.map_or(first, |last| last + 1);
        self.last_id = Some(id);
        id
    }

    /// Whether the stack can have one more socket of this protocol.
    pub fn has_room(&self, protocol: Protocol) -> bool {
        let used = self.sockets.iter().filter(|socket| {
            let of_stack = !matches!(socket.state, State::Unbound | State::Listening(_));
            of_stack && socket.protocol == protocol
        });
        used.count() < STACK_SOCKETS
    }

    /// Sockets that the host has opened and not closed, and the connections of those that listen.
    pub fn open_count(&self) -> usize {
        let open = |socket: &&Socket| socket.state != State::Idle;
        self.sockets.iter().filter(open).count()
    }

    pub fn next(&self) -> Option<Duration> {
        self.sockets.iter().filter_map(Socket::next).min()
    }

    pub fn take_port(&mut self) -> u16 {
        let port = FIRST_PORT.saturating_add(self.ports);
        self.ports = (self.ports + 1) % (u16::MAX - FIRST_PORT);
        port
    }

    pub fn ids(&self) -> Vec<i64> {
        self.sockets.iter().map(|socket| socket.id).collect()
    }
}
