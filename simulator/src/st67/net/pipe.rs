//! What carries the data of a link.

use std::net::SocketAddr;

use crate::network::{Connection, UdpSocket};
use crate::st67::World;

/// `<type>` of a link, without its IP version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::st67) enum Protocol {
    Tcp,
    Udp,
    Ssl,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Ssl => "SSL",
        }
    }
}

/// What carries the data of an open link.
#[derive(Clone, Copy, Debug)]
pub(in crate::st67) enum Pipe {
    Tcp(Connection),
    Udp(UdpSocket),
}

impl Pipe {
    pub fn protocol(self) -> Protocol {
        match self {
            Pipe::Tcp(_) => Protocol::Tcp,
            Pipe::Udp(_) => Protocol::Udp,
        }
    }

    /// Bytes that have been sent and that the network has no room for yet.
    pub fn unsent(self, world: &World) -> usize {
        match self {
            Pipe::Tcp(connection) => world.network.unsent(world.now, connection),
            Pipe::Udp(_) => 0,
        }
    }

    pub fn close(self, world: &mut World) {
        match self {
            Pipe::Tcp(connection) => world.network.close(world.now, connection),
            Pipe::Udp(socket) => world.network.unbind(world.now, socket),
        }
    }
}

/// Where datagrams of a link go, and how that changes: `<mode>` of `AT+CIPSTART`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::st67) enum Follow {
    /// Always to the same peer.
    #[default]
    Nobody,
    /// To the first peer that sends something.
    First,
    /// To whoever has sent something last.
    Last,
}

impl Follow {
    pub fn from_mode(mode: i64) -> Self {
        match mode {
            1 => Follow::First,
            2 => Follow::Last,
            _ => Follow::Nobody,
        }
    }

    /// A datagram has come from `from`; who is the peer now.
    pub fn hear(&mut self, from: SocketAddr, remote: SocketAddr) -> SocketAddr {
        match self {
            Follow::Nobody => remote,
            Follow::First if from != remote => {
                *self = Follow::Nobody;
                from
            }
            Follow::First | Follow::Last => from,
        }
    }
}
