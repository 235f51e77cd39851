//! A network in memory, on whatever time it is given: the same every time.

mod agenda;
mod line;
mod service;
mod udp;

pub use line::Dialled;
pub(crate) use service::Action;
pub use service::{Peer, Service};
pub use udp::{DatagramService, Sender};

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

use super::{Connection, Datagram, InUse, Listener, Lookup, Network, Received, Refused, UdpSocket};
use agenda::Agenda;
use line::{Arrival, Line};
use udp::Datagrams;

type MakeService = Box<dyn FnMut(SocketAddr) -> Box<dyn Service>>;

/// A port on which the module listens.
struct Listening {
    at: SocketAddr,
    waiting: VecDeque<(Connection, SocketAddr)>,
}

/// A network in memory. It knows the hosts and services that were added; a connection to anywhere
/// else is refused at once, and any other name is unknown.
///
/// Services are called from inside the simulation and must not call it.
pub struct MemoryNetwork {
    now: Duration,
    delay: Duration,
    hosts: BTreeMap<String, Vec<IpAddr>>,
    servers: BTreeMap<SocketAddr, MakeService>,
    silent: BTreeSet<SocketAddr>,
    clogged: BTreeSet<SocketAddr>,
    slow: BTreeMap<SocketAddr, Duration>,
    lookups: BTreeMap<Lookup, (Duration, Vec<IpAddr>)>,
    lines: BTreeMap<Connection, Line>,
    listeners: BTreeMap<Listener, Listening>,
    /// Peers that have begun a connection with a port of the module, from an address.
    dialling: Agenda<(Connection, SocketAddr, SocketAddr)>,
    datagrams: Datagrams,
    count: u64,
}

impl Default for MemoryNetwork {
    fn default() -> Self {
        MemoryNetwork {
            now: Duration::ZERO,
            delay: Duration::from_millis(1),
            hosts: BTreeMap::new(),
            servers: BTreeMap::new(),
            silent: BTreeSet::new(),
            clogged: BTreeSet::new(),
            slow: BTreeMap::new(),
            lookups: BTreeMap::new(),
            lines: BTreeMap::new(),
            listeners: BTreeMap::new(),
            dialling: Agenda::new(),
            datagrams: Datagrams::new(),
            count: 0,
        }
    }
}

impl MemoryNetwork {
    /// A network without hosts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long anything takes in one direction; 1 ms if nothing is said.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Adds a name, or one more address of a name.
    #[must_use]
    pub fn host(mut self, name: &str, address: IpAddr) -> Self {
        let addresses = self.hosts.entry(name.to_ascii_lowercase()).or_default();
        addresses.push(address);
        self
    }

    /// Adds a TCP listener; each connection is served by what `service` makes for it.
    #[must_use]
    pub fn serve(
        mut self,
        address: SocketAddr,
        service: impl FnMut(SocketAddr) -> Box<dyn Service> + 'static,
    ) -> Self {
        self.servers.insert(address, Box::new(service));
        self
    }

    /// Adds an address that never answers an attempt to connect.
    #[must_use]
    pub fn silent(mut self, address: SocketAddr) -> Self {
        self.silent.insert(address);
        self
    }

    /// The TCP listener at this address lets the module in and takes nothing of what it sends, which
    /// stays in the module.
    #[must_use]
    pub fn clogged(mut self, address: SocketAddr) -> Self {
        self.clogged.insert(address);
        self
    }

    /// The TCP listener at this address takes so long to acknowledge what it is sent, which stays in
    /// the module until then.
    #[must_use]
    pub fn slow(mut self, address: SocketAddr, time: Duration) -> Self {
        self.slow.insert(address, time);
        self
    }

    /// Adds a service for datagrams that the module sends to this address, which may be that of a
    /// group. What goes to any other address is lost.
    #[must_use]
    pub fn serve_udp(mut self, address: SocketAddr, service: Box<dyn DatagramService>) -> Self {
        self.datagrams.serve(address, service);
        self
    }

    /// A peer begins a connection with a port of the module.
    pub(crate) fn dial(
        &mut self,
        now: Duration,
        from: SocketAddr,
        to: SocketAddr,
        service: Box<dyn Service>,
    ) -> Connection {
        let connection = Connection(self.number());
        let mut line = Line::new(Some(service));
        line.dialled = Some(Dialled::Connecting);
        self.lines.insert(connection, line);
        self.dialling
            .schedule(now + self.delay, (connection, from, to));
        connection
    }

    /// How far a connection has come that a peer has begun.
    pub(crate) fn dialled(&self, connection: Connection) -> Dialled {
        let line = self.lines.get(&connection);
        line.and_then(|line| line.dialled)
            .unwrap_or(Dialled::Closed)
    }

    /// The peer that has begun a connection sends data.
    pub(crate) fn peer_sends(&mut self, now: Duration, connection: Connection, data: &[u8]) {
        self.peer_acts(now, connection, Action::Send(data.to_vec()));
    }

    /// The peer that has begun a connection closes it.
    pub(crate) fn peer_closes(&mut self, now: Duration, connection: Connection) {
        self.peer_acts(now, connection, Action::Close);
    }

    /// The peer that has begun a connection breaks it off.
    pub(crate) fn peer_resets(&mut self, now: Duration, connection: Connection) {
        self.peer_acts(now, connection, Action::Reset);
    }

    fn peer_acts(&mut self, now: Duration, connection: Connection, action: Action) {
        if let Some(line) = self.lines.get_mut(&connection) {
            line.act(now, self.delay, action);
        }
    }

    /// A peer sends a datagram to a port of the module.
    pub(crate) fn send_datagram(
        &mut self,
        now: Duration,
        from: SocketAddr,
        to: SocketAddr,
        data: &[u8],
    ) {
        let at = now + self.delay;
        self.datagrams.send_to_module(at, from, to, data);
    }

    /// The first word of a peer has come to a port of the module.
    fn arrive(&mut self, connection: Connection, from: SocketAddr, to: SocketAddr) {
        let mut listeners = self.listeners.values_mut();
        let found = listeners.find(|listening| {
            listening.at.port() == to.port() && listening.at.is_ipv4() == to.is_ipv4()
        });
        match found {
            Some(listening) => listening.waiting.push_back((connection, from)),
            None => self.refuse(self.now, connection),
        }
    }

    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn knows(&self, address: IpAddr) -> bool {
        self.hosts.values().flatten().any(|host| *host == address)
            || self.servers.keys().any(|host| host.ip() == address)
            || self.datagrams.knows(address)
    }
}

impl Network for MemoryNetwork {
    fn poll(&mut self, now: Duration) {
        self.now = now;
        while let Some((_, (connection, from, to))) = self.dialling.due(now) {
            self.arrive(connection, from, to);
        }
        for line in self.lines.values_mut() {
            line.poll(now, self.delay);
        }
        self.lines.retain(|_, line| !line.is_over());
        self.datagrams.poll(now, self.delay);
    }

    fn next(&self) -> Option<Duration> {
        let events = self.lines.values().filter_map(Line::next);
        let decisions = self.lines.values().filter_map(|line| line.decided);
        let answers = self.lookups.values().map(|(at, _)| *at);
        let to_come = decisions.chain(answers).filter(|at| *at > self.now);
        let others = [self.dialling.next(), self.datagrams.next()];
        events
            .chain(to_come)
            .chain(others.into_iter().flatten())
            .min()
    }

    fn resolve(&mut self, now: Duration, name: &str) -> Lookup {
        let found = self.hosts.get(&name.to_ascii_lowercase()).cloned();
        let lookup = Lookup(self.number());
        let answer = (now + 2 * self.delay, found.unwrap_or_default());
        self.lookups.insert(lookup, answer);
        lookup
    }

    fn resolved(&mut self, now: Duration, lookup: Lookup) -> Poll<Vec<IpAddr>> {
        match self.lookups.get(&lookup) {
            Some((at, _)) if *at > now => Poll::Pending,
            _ => Poll::Ready(self.lookups.remove(&lookup).unwrap_or_default().1),
        }
    }

    fn connect(&mut self, now: Duration, from: SocketAddr, to: SocketAddr) -> Connection {
        let connection = Connection(self.number());
        let service = self.servers.get_mut(&to).map(|server| server(from));
        let mut line = Line::new(service);
        line.unsent = self.clogged.contains(&to).then_some(0);
        line.slowness = self.slow.get(&to).copied();
        line.decided = Some(now + 2 * self.delay).filter(|_| !self.silent.contains(&to));
        if line.decided.is_some() {
            line.to_service
                .schedule(now + self.delay, Arrival::Connected);
        }
        self.lines.insert(connection, line);
        connection
    }

    fn connected(&mut self, now: Duration, connection: Connection) -> Poll<Result<(), Refused>> {
        match self.lines.get(&connection) {
            None => Poll::Ready(Err(Refused)),
            Some(line) => match line.decided {
                Some(at) if at <= now => {
                    Poll::Ready(line.service.as_ref().map(|_| ()).ok_or(Refused))
                }
                _ => Poll::Pending,
            },
        }
    }

    fn send(&mut self, now: Duration, connection: Connection, data: &[u8]) {
        if let Some(line) = self.lines.get_mut(&connection) {
            if let Some(unsent) = &mut line.unsent {
                *unsent += data.len();
                return;
            }
            if let Some(slowness) = line.slowness {
                line.in_flight.push((now + slowness, data.len()));
            }
            let arrival = Arrival::Data(data.to_vec());
            line.to_service.schedule(now + self.delay, arrival);
        }
    }

    fn unsent(&self, now: Duration, connection: Connection) -> usize {
        let line = self.lines.get(&connection);
        line.map_or(0, |line| line.unsent.unwrap_or(0) + line.in_flight(now))
    }

    fn receive(&mut self, _now: Duration, connection: Connection, limit: usize) -> Received {
        let line = self.lines.get_mut(&connection);
        line.map_or(Received::Closed, |line| line.receive(limit))
    }

    fn was_reset(&self, connection: Connection) -> bool {
        self.lines.get(&connection).is_some_and(|line| line.reset)
    }

    fn close(&mut self, now: Duration, connection: Connection) {
        if let Some(line) = self.lines.get_mut(&connection) {
            line.closed = true;
            if line.service.is_some() && line.decided.is_some() {
                line.to_service.schedule(now + self.delay, Arrival::Closed);
            }
        }
    }

    fn ping(&mut self, _now: Duration, address: IpAddr) -> Option<Duration> {
        self.knows(address).then_some(2 * self.delay)
    }

    fn listen(&mut self, _now: Duration, at: SocketAddr) -> Result<Listener, InUse> {
        let taken = |listening: &Listening| listening.at == at;
        if self.listeners.values().any(taken) {
            return Err(InUse(at.port()));
        }
        let listener = Listener(self.number());
        let waiting = VecDeque::new();
        self.listeners.insert(listener, Listening { at, waiting });
        Ok(listener)
    }

    fn accept(&mut self, now: Duration, listener: Listener) -> Option<(Connection, SocketAddr)> {
        let listening = self.listeners.get_mut(&listener)?;
        let (connection, from) = listening.waiting.pop_front()?;
        if let Some(line) = self.lines.get_mut(&connection) {
            line.decided = Some(now);
            line.to_service
                .schedule(now + self.delay, Arrival::Connected);
        }
        Some((connection, from))
    }

    fn refuse(&mut self, now: Duration, connection: Connection) {
        if let Some(line) = self.lines.get_mut(&connection) {
            line.dialled = Some(Dialled::Refused);
            line.closed = true;
            // The service hears of its end only.
            line.to_service = Agenda::new();
            line.to_service.schedule(now + self.delay, Arrival::Closed);
        }
    }

    fn stop_listening(&mut self, now: Duration, listener: Listener) {
        let listening = self.listeners.remove(&listener);
        for (connection, _) in listening
            .into_iter()
            .flat_map(|listening| listening.waiting)
        {
            self.refuse(now, connection);
        }
    }

    fn bind(&mut self, _now: Duration, at: SocketAddr) -> Result<(UdpSocket, u16), InUse> {
        let socket = UdpSocket(self.number());
        let port = self.datagrams.bind(socket, at)?;
        Ok((socket, port))
    }

    fn join(&mut self, socket: UdpSocket, group: IpAddr) -> bool {
        self.datagrams.join(socket, group);
        true
    }

    fn send_to(
        &mut self,
        now: Duration,
        socket: UdpSocket,
        from: IpAddr,
        to: SocketAddr,
        data: &[u8],
    ) {
        let at = now + self.delay;
        self.datagrams.send(at, socket, from, to, data);
    }

    fn receive_from(&mut self, _now: Duration, socket: UdpSocket) -> Option<Datagram> {
        self.datagrams.receive(socket)
    }

    fn unbind(&mut self, _now: Duration, socket: UdpSocket) {
        self.datagrams.unbind(socket);
    }
}
