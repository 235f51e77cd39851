//! What the stack keeps of a socket for datagrams.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use crate::microchip::variant::Accepts;
use crate::network::{Datagram, UdpSocket};

/// Datagrams that wait for the one that is being read.
const QUEUE: usize = 16;

/// What the stack keeps of a socket for datagrams.
#[derive(Debug)]
pub(in crate::microchip) struct Udp {
    pub socket: UdpSocket,
    pub(super) accepts: Accepts,
    pub(super) queue: VecDeque<Datagram>,
    /// What is left of the datagram that is being read.
    pub(super) current: VecDeque<u8>,
    /// Who has sent it.
    pub(super) source: Option<SocketAddr>,
    /// Where datagrams go to.
    pub(super) destination: Ipv4Addr,
    pub(super) destination_set: bool,
    /// The port to which they go; in the firmware, that is the one from which the last one came.
    pub(super) port: u16,
    /// Bytes that have been told of and not been read.
    pub(super) pending: usize,
    /// A datagram has been told of and not been read.
    pub(super) announced: bool,
}

impl Udp {
    pub fn new(socket: UdpSocket, accepts: Accepts) -> Self {
        Udp {
            socket,
            accepts,
            queue: VecDeque::new(),
            current: VecDeque::new(),
            source: None,
            destination: Ipv4Addr::UNSPECIFIED,
            destination_set: false,
            port: 0,
            pending: 0,
            announced: false,
        }
    }

    fn takes(&self, from: SocketAddr) -> bool {
        match self.accepts {
            Accepts::Anybody | Accepts::Group => true,
            Accepts::Port => {
                let known = self.source.is_none_or(|source| source.ip() == from.ip());
                known && from.port() == self.port
            }
            Accepts::Peer => from == SocketAddr::from((self.destination, self.port)),
        }
    }

    /// Takes a datagram, or loses it.
    pub(super) fn arrive(&mut self, datagram: Datagram) -> bool {
        let taken = self.takes(datagram.from) && self.queue.len() < QUEUE;
        if taken {
            self.queue.push_back(datagram);
        }
        taken
    }

    /// Bytes of the current datagram; if there are none left, that is the next one.
    pub(super) fn ready(&mut self, answers_last: bool) -> usize {
        let next = if self.current.is_empty() {
            self.queue.pop_front()
        } else {
            None
        };
        if let Some(datagram) = next {
            if answers_last && self.accepts != Accepts::Group {
                self.port = datagram.from.port();
                if let (IpAddr::V4(ip), false) = (datagram.from.ip(), self.destination_set) {
                    self.destination = ip;
                }
            }
            self.source = Some(datagram.from);
            self.current = datagram.data.into();
        }
        self.current.len()
    }

    /// Datagrams go there from now on.
    pub fn aim(&mut self, to: SocketAddrV4) {
        self.destination = *to.ip();
        self.destination_set = true;
        self.port = to.port();
    }
}
