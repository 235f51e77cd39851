//! The five links and their receive buffers.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::st67::net::pipe::{Follow, Pipe, Protocol};
use crate::st67::net::server::Server;
use crate::tls::Session;

/// Links 0 to 4.
pub(in crate::st67) const LINKS: usize = 5;

/// From the answer to `AT+CIPCLOSE` to the event.
pub(in crate::st67) const CLOSING: Duration = Duration::from_millis(2);

/// First port that the module uses for itself.
const FIRST_PORT: u16 = 49153;

#[derive(Debug, Default)]
pub(in crate::st67) enum State {
    #[default]
    Free,
    Open(Pipe),
    /// Closed by the host; the event comes at this time.
    Closing(Duration),
}

/// One link.
#[derive(Debug)]
pub(in crate::st67) struct Link {
    pub state: State,
    /// What the host has not read yet. It outlives the connection.
    pub buffer: VecDeque<u8>,
    /// The sizes of the datagrams in it.
    pub sizes: VecDeque<usize>,
    pub capacity: usize,
    pub protocol: Protocol,
    pub remote: SocketAddr,
    pub local_port: u16,
    /// What stands between the link and its connection.
    pub session: Option<Box<Session>>,
    /// Who has sent the last datagram.
    pub source: SocketAddr,
    /// How datagrams that come change the peer.
    pub follow: Follow,
    /// A peer has begun the connection.
    pub accepted: bool,
    /// `+IPD` has told of the buffer, and the host has not read since.
    pub announced: bool,
    pub last_data: Duration,
    /// When the module sees that the peer has closed.
    pub ends: Option<Duration>,
    /// How long nothing may come from the peer.
    pub patience: Option<Duration>,
}

impl Link {
    fn new(capacity: usize) -> Self {
        Link {
            state: State::Free,
            buffer: VecDeque::new(),
            sizes: VecDeque::new(),
            capacity,
            protocol: Protocol::Tcp,
            remote: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            local_port: 0,
            session: None,
            source: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            follow: Follow::Nobody,
            accepted: false,
            announced: false,
            last_data: Duration::ZERO,
            ends: None,
            patience: None,
        }
    }

    /// What carries its data while it is open.
    pub fn pipe(&self) -> Option<Pipe> {
        match self.state {
            State::Open(pipe) => Some(pipe),
            _ => None,
        }
    }

    pub fn is_free(&self) -> bool {
        matches!(self.state, State::Free)
    }

    pub fn room(&self) -> usize {
        self.capacity.saturating_sub(self.buffer.len())
    }

    /// Takes at most `count` bytes of the first datagram off the list; how many they are. Of a
    /// stream it is all of them.
    pub fn datagram(&mut self, count: usize) -> usize {
        let Some(size) = self.sizes.pop_front() else {
            return count;
        };
        let taken = size.min(count);
        if taken < size {
            self.sizes.push_front(size - taken);
        }
        taken
    }

    /// When the module has waited long enough for the peer.
    pub fn times_out(&self) -> Option<Duration> {
        self.patience.map(|patience| self.last_data + patience)
    }
}

/// All links of the module.
#[derive(Debug)]
pub(in crate::st67) struct Links {
    pub links: [Link; LINKS],
    /// A chunk that has come for a link without enough room; nothing else is received meanwhile.
    pub held: Option<Held>,
    pub server: Option<Server>,
    next_port: u16,
}

#[derive(Debug)]
pub(in crate::st67) struct Held {
    pub link: usize,
    pub rest: Vec<u8>,
    pub whole: usize,
}

impl Links {
    pub fn new(capacity: usize) -> Self {
        Links {
            links: std::array::from_fn(|_| Link::new(capacity)),
            held: None,
            server: None,
            next_port: FIRST_PORT,
        }
    }

    pub fn get(&self, id: usize) -> &Link {
        &self.links[id.min(LINKS - 1)]
    }

    pub fn get_mut(&mut self, id: usize) -> &mut Link {
        &mut self.links[id.min(LINKS - 1)]
    }

    pub fn iter(&self) -> impl Iterator<Item = (usize, &Link)> {
        self.links.iter().enumerate()
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.links.iter().filter_map(Link::pipe).count()
    }

    /// The first link that is free.
    pub fn free(&self) -> Option<usize> {
        self.links.iter().position(Link::is_free)
    }

    pub fn any_in_use(&self) -> bool {
        self.server.is_some() || self.links.iter().any(|link| !link.is_free())
    }

    /// Links that peers have begun.
    pub fn accepted(&self) -> usize {
        let accepted = self.links.iter();
        accepted
            .filter(|link| link.accepted && !link.is_free())
            .count()
    }

    pub fn take_port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
        port
    }

    pub fn next(&self) -> Option<Duration> {
        let times = self.links.iter().filter_map(|link| match link.state {
            State::Closing(at) => Some(at),
            State::Open(_) => link.ends.into_iter().chain(link.times_out()).min(),
            State::Free => None,
        });
        times.min()
    }

    /// The link is connected anew: nothing of the last connection is left.
    pub fn occupy(&mut self, id: usize, pipe: Pipe, remote: SocketAddr, local_port: u16) {
        self.forget_held(id);
        let link = self.get_mut(id);
        *link = Link {
            state: State::Open(pipe),
            protocol: pipe.protocol(),
            remote,
            local_port,
            ..Link::new(link.capacity)
        };
    }

    /// Throws away what has come for the link and found no room.
    pub fn forget_held(&mut self, id: usize) {
        self.held.take_if(|held| held.link == id);
    }
}
