//! Datagrams in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::agenda::Agenda;
use crate::network::{Datagram, InUse, UdpSocket};

/// First port of those that a socket gets if it asks for any.
const FIRST_PORT: u16 = 50000;

/// The far end of datagrams.
pub trait DatagramService {
    /// A datagram has arrived.
    fn received(&mut self, now: Duration, from: SocketAddr, data: &[u8], sender: &mut Sender);
}

/// Sends datagrams for a service.
#[derive(Debug)]
pub struct Sender {
    now: Duration,
    address: SocketAddr,
    sent: Vec<(Duration, Flying)>,
}

/// A datagram on its way.
#[derive(Debug)]
struct Flying {
    from: SocketAddr,
    to: SocketAddr,
    data: Vec<u8>,
}

impl Sender {
    /// The time.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Sends a datagram from the address of the service.
    pub fn send(&mut self, to: SocketAddr, data: &[u8]) {
        self.send_after(Duration::ZERO, to, data);
    }

    /// Sends a datagram from the address of the service after a while.
    pub fn send_after(&mut self, delay: Duration, to: SocketAddr, data: &[u8]) {
        self.fly(delay, self.address, to, data);
    }

    /// Sends a datagram from another address.
    pub fn send_from(&mut self, from: SocketAddr, to: SocketAddr, data: &[u8]) {
        self.fly(Duration::ZERO, from, to, data);
    }

    fn fly(&mut self, delay: Duration, from: SocketAddr, to: SocketAddr, data: &[u8]) {
        let data = data.to_vec();
        let flying = Flying { from, to, data };
        self.sent.push((self.now + delay, flying));
    }
}

/// A socket of the module.
struct Bound {
    at: SocketAddr,
    groups: BTreeSet<IpAddr>,
    arrived: VecDeque<Datagram>,
}

impl Bound {
    /// A socket bound to a group takes only what is sent there; any other takes what is sent to the
    /// module, and to the groups it has joined.
    fn takes(&self, to: SocketAddr) -> bool {
        let here = if to.ip().is_multicast() {
            self.groups.contains(&to.ip())
        } else {
            !self.at.ip().is_multicast() && self.at.is_ipv4() == to.is_ipv4()
        };
        here && self.at.port() == to.port()
    }
}

/// All that goes without a connection.
pub(super) struct Datagrams {
    services: BTreeMap<SocketAddr, Box<dyn DatagramService>>,
    sockets: BTreeMap<UdpSocket, Bound>,
    to_services: Agenda<Flying>,
    to_module: Agenda<Flying>,
    next_port: u16,
}

impl Datagrams {
    pub fn new() -> Self {
        Datagrams {
            services: BTreeMap::new(),
            sockets: BTreeMap::new(),
            to_services: Agenda::new(),
            to_module: Agenda::new(),
            next_port: FIRST_PORT,
        }
    }

    pub fn serve(&mut self, address: SocketAddr, service: Box<dyn DatagramService>) {
        self.services.insert(address, service);
    }

    pub fn knows(&self, address: IpAddr) -> bool {
        self.services.keys().any(|host| host.ip() == address)
    }

    pub fn next(&self) -> Option<Duration> {
        let times = [self.to_services.next(), self.to_module.next()];
        times.into_iter().flatten().min()
    }

    pub fn poll(&mut self, now: Duration, delay: Duration) {
        while let Some((at, datagram)) = self.to_services.due(now) {
            self.serve_datagram(at, delay, &datagram);
        }
        while let Some((_, datagram)) = self.to_module.due(now) {
            self.arrive(&datagram);
        }
    }

    fn serve_datagram(&mut self, at: Duration, delay: Duration, datagram: &Flying) {
        let Some(service) = self.services.get_mut(&datagram.to) else {
            return;
        };
        let mut sender = Sender {
            now: at,
            address: datagram.to,
            sent: Vec::new(),
        };
        service.received(at, datagram.from, &datagram.data, &mut sender);
        for (at, datagram) in sender.sent {
            self.to_module.schedule(at + delay, datagram);
        }
    }

    fn arrive(&mut self, datagram: &Flying) {
        for socket in self.sockets.values_mut() {
            if socket.takes(datagram.to) {
                socket.arrived.push_back(Datagram {
                    from: datagram.from,
                    data: datagram.data.clone(),
                });
            }
        }
    }

    /// A peer sends a datagram to the module.
    pub fn send_to_module(&mut self, at: Duration, from: SocketAddr, to: SocketAddr, data: &[u8]) {
        let data = data.to_vec();
        self.to_module.schedule(at, Flying { from, to, data });
    }

    pub fn bind(&mut self, socket: UdpSocket, at: SocketAddr) -> Result<u16, InUse> {
        let port = match at.port() {
            0 => self.free_port(at)?,
            port if self.is_taken(at) => return Err(InUse(port)),
            port => port,
        };
        let bound = Bound {
            at: SocketAddr::new(at.ip(), port),
            groups: BTreeSet::new(),
            arrived: VecDeque::new(),
        };
        self.sockets.insert(socket, bound);
        Ok(port)
    }

    fn is_taken(&self, at: SocketAddr) -> bool {
        self.sockets.values().any(|socket| socket.at == at)
    }

    fn free_port(&mut self, at: SocketAddr) -> Result<u16, InUse> {
        for _ in FIRST_PORT..=u16::MAX {
            let port = self.next_port;
            self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
            if !self.is_taken(SocketAddr::new(at.ip(), port)) {
                return Ok(port);
            }
        }
        Err(InUse(0))
    }

    pub fn join(&mut self, socket: UdpSocket, group: IpAddr) {
        if let Some(socket) = self.sockets.get_mut(&socket) {
            socket.groups.insert(group);
        }
    }

    /// Sends a datagram of the module, which is there at `at`.
    pub fn send(
        &mut self,
        at: Duration,
        socket: UdpSocket,
        from: IpAddr,
        to: SocketAddr,
        data: &[u8],
    ) {
        if let Some(socket) = self.sockets.get(&socket) {
            let from = SocketAddr::new(from, socket.at.port());
            let data = data.to_vec();
            self.to_services.schedule(at, Flying { from, to, data });
        }
    }

    pub fn receive(&mut self, socket: UdpSocket) -> Option<Datagram> {
        self.sockets.get_mut(&socket)?.arrived.pop_front()
    }

    pub fn unbind(&mut self, socket: UdpSocket) {
        self.sockets.remove(&socket);
    }
}
