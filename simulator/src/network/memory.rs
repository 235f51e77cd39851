//! A network in memory, on whatever time it is given: the same every time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

use super::{Connection, Lookup, Network, Received, Refused};

/// The far end of one connection.
pub trait Service {
    /// The module has connected.
    fn connected(&mut self, peer: &mut Peer) {
        let _ = peer;
    }

    /// Bytes have arrived from the module.
    fn received(&mut self, now: Duration, data: &[u8], peer: &mut Peer);

    /// The module has closed the connection.
    fn closed(&mut self) {}
}

/// What a service can do to its connection.
#[derive(Debug)]
pub struct Peer {
    now: Duration,
    actions: Vec<(Duration, Action)>,
}

#[derive(Debug)]
enum Action {
    Send(Vec<u8>),
    Close,
    Reset,
}

impl Peer {
    /// The time.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Sends `data` to the module.
    pub fn send(&mut self, data: &[u8]) {
        self.send_after(Duration::ZERO, data);
    }

    /// Sends `data` to the module after a while.
    pub fn send_after(&mut self, delay: Duration, data: &[u8]) {
        self.act(delay, Action::Send(data.to_vec()));
    }

    /// Closes the connection behind what has been sent.
    pub fn close(&mut self) {
        self.close_after(Duration::ZERO);
    }

    /// Closes the connection after a while.
    pub fn close_after(&mut self, delay: Duration) {
        self.act(delay, Action::Close);
    }

    /// Breaks the connection off; what the module has not taken by then is lost.
    pub fn reset(&mut self) {
        self.reset_after(Duration::ZERO);
    }

    /// Breaks the connection off after a while.
    pub fn reset_after(&mut self, delay: Duration) {
        self.act(delay, Action::Reset);
    }

    fn act(&mut self, delay: Duration, action: Action) {
        self.actions.push((self.now + delay, action));
    }
}

/// Things to come, in the order of their time, and of their arrival where that is the same.
type Agenda<T> = VecDeque<(Duration, T)>;

fn schedule<T>(agenda: &mut Agenda<T>, at: Duration, what: T) {
    let index = agenda.partition_point(|(time, _)| *time <= at);
    agenda.insert(index, (at, what));
}

fn due<T>(agenda: &mut Agenda<T>, now: Duration) -> Option<(Duration, T)> {
    agenda.front().filter(|(at, _)| *at <= now)?;
    agenda.pop_front()
}

/// What reaches a service.
enum Arrival {
    Connected,
    Data(Vec<u8>),
    Closed,
}

/// One connection between the module and a service.
struct Line {
    /// When the module knows how its attempt went; never if nobody answers.
    decided: Option<Duration>,
    /// The service; none if the connection is refused or not answered.
    service: Option<Box<dyn Service>>,
    to_service: Agenda<Arrival>,
    to_module: Agenda<Action>,
    arrived: VecDeque<u8>,
    /// The service has closed or broken the connection, and the module can know.
    ended: bool,
    /// The service has broken it.
    reset: bool,
    /// The module has closed it.
    closed: bool,
}

impl Line {
    fn next(&self) -> Option<Duration> {
        let service = self.to_service.front().map(|(at, _)| *at);
        let module = self.to_module.front().map(|(at, _)| *at);
        service.into_iter().chain(module).min()
    }

    fn poll(&mut self, now: Duration, delay: Duration) {
        while let Some((at, arrival)) = due(&mut self.to_service, now) {
            self.serve(at, delay, arrival);
        }
        while let Some((_, action)) = due(&mut self.to_module, now) {
            self.arrive(action);
        }
    }

    fn serve(&mut self, at: Duration, delay: Duration, arrival: Arrival) {
        let Some(service) = &mut self.service else {
            return;
        };
        let mut peer = Peer {
            now: at,
            actions: Vec::new(),
        };
        match arrival {
            Arrival::Connected => service.connected(&mut peer),
            Arrival::Data(data) => service.received(at, &data, &mut peer),
            Arrival::Closed => service.closed(),
        }
        for (at, action) in peer.actions {
            schedule(&mut self.to_module, at + delay, action);
        }
    }

    fn arrive(&mut self, action: Action) {
        if self.ended {
            return;
        }
        match action {
            Action::Send(data) => self.arrived.extend(data),
            Action::Close => self.ended = true,
            Action::Reset => {
                self.arrived.clear();
                self.ended = true;
                self.reset = true;
            }
        }
    }
}

type Listener = Box<dyn FnMut(SocketAddr) -> Box<dyn Service>>;

/// A network in memory. It knows the hosts and services that were added; a connection to anywhere
/// else is refused at once, and any other name is unknown.
///
/// Services are called from inside the simulation and must not call it.
pub struct MemoryNetwork {
    now: Duration,
    delay: Duration,
    hosts: BTreeMap<String, Vec<IpAddr>>,
    listeners: BTreeMap<SocketAddr, Listener>,
    silent: BTreeSet<SocketAddr>,
    lookups: BTreeMap<Lookup, (Duration, Vec<IpAddr>)>,
    lines: BTreeMap<Connection, Line>,
    count: u64,
}

impl Default for MemoryNetwork {
    fn default() -> Self {
        MemoryNetwork {
            now: Duration::ZERO,
            delay: Duration::from_millis(1),
            hosts: BTreeMap::new(),
            listeners: BTreeMap::new(),
            silent: BTreeSet::new(),
            lookups: BTreeMap::new(),
            lines: BTreeMap::new(),
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
        self.listeners.insert(address, Box::new(service));
        self
    }

    /// Adds an address that never answers an attempt to connect.
    #[must_use]
    pub fn silent(mut self, address: SocketAddr) -> Self {
        self.silent.insert(address);
        self
    }

    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn knows(&self, address: IpAddr) -> bool {
        self.hosts.values().flatten().any(|host| *host == address)
            || self.listeners.keys().any(|host| host.ip() == address)
    }
}

impl Network for MemoryNetwork {
    fn poll(&mut self, now: Duration) {
        self.now = now;
        for line in self.lines.values_mut() {
            line.poll(now, self.delay);
        }
        self.lines
            .retain(|_, line| !line.closed || !line.to_service.is_empty());
    }

    fn next(&self) -> Option<Duration> {
        let events = self.lines.values().filter_map(Line::next);
        let decisions = self.lines.values().filter_map(|line| line.decided);
        let answers = self.lookups.values().map(|(at, _)| *at);
        let to_come = decisions.chain(answers).filter(|at| *at > self.now);
        events.chain(to_come).min()
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
        let mut line = Line {
            decided: Some(now + 2 * self.delay).filter(|_| !self.silent.contains(&to)),
            service: self.listeners.get_mut(&to).map(|listener| listener(from)),
            to_service: Agenda::new(),
            to_module: Agenda::new(),
            arrived: VecDeque::new(),
            ended: false,
            reset: false,
            closed: false,
        };
        if line.decided.is_some() {
            schedule(&mut line.to_service, now + self.delay, Arrival::Connected);
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
            let arrival = Arrival::Data(data.to_vec());
            schedule(&mut line.to_service, now + self.delay, arrival);
        }
    }

    fn unsent(&self, _connection: Connection) -> usize {
        0
    }

    fn receive(&mut self, _now: Duration, connection: Connection, limit: usize) -> Received {
        let Some(line) = self.lines.get_mut(&connection) else {
            return Received::Closed;
        };
        let count = line.arrived.len().min(limit);
        if count > 0 {
            Received::Data(line.arrived.drain(..count).collect())
        } else if line.ended && line.arrived.is_empty() {
            Received::Closed
        } else {
            Received::Nothing
        }
    }

    fn was_reset(&self, connection: Connection) -> bool {
        self.lines.get(&connection).is_some_and(|line| line.reset)
    }

    fn close(&mut self, now: Duration, connection: Connection) {
        if let Some(line) = self.lines.get_mut(&connection) {
            line.closed = true;
            if line.service.is_some() && line.decided.is_some() {
                schedule(&mut line.to_service, now + self.delay, Arrival::Closed);
            }
        }
    }

    fn ping(&mut self, _now: Duration, address: IpAddr) -> Option<Duration> {
        self.knows(address).then_some(2 * self.delay)
    }
}
