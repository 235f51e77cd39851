//! The network of the machine that the simulator runs on.

mod stream;
mod udp;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use super::{Connection, Datagram, InUse, Listener, Lookup, Network, Received, Refused, UdpSocket};
use stream::{State, Stream};
use udp::Udp;

/// How long the machine tries to connect; the module gives up earlier.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long what has been sent may take to leave after the module has closed a connection.
const LINGER: Duration = Duration::from_secs(10);
/// What an echo on this machine takes.
const LOOPBACK_ECHO: Duration = Duration::from_millis(1);

/// The network of this machine: real sockets, and only the names that were added.
///
/// A port on which the module listens, or to which it binds a socket, is the same port of this
/// machine: on the loopback address, whatever address the module believes it has, and on all
/// addresses if [`allow_any`](Self::allow_any) is set.
///
/// Unless [`allow_any`](Self::allow_any) says otherwise, nothing but loopback addresses can be
/// reached, so that a test never talks to the world.
#[derive(Debug, Default)]
pub struct HostNetwork {
    hosts: BTreeMap<String, Vec<IpAddr>>,
    allow_any: bool,
    peers_from: Option<IpAddr>,
    lookups: BTreeMap<Lookup, Receiver<Vec<IpAddr>>>,
    streams: BTreeMap<Connection, Stream>,
    listeners: BTreeMap<Listener, TcpListener>,
    sockets: BTreeMap<UdpSocket, Udp>,
    count: u64,
}

impl HostNetwork {
    /// A network that knows the name `localhost`.
    #[must_use]
    pub fn new() -> Self {
        Self::default().host("localhost", IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// Adds a name, or one more address of a name.
    #[must_use]
    pub fn host(mut self, name: &str, address: IpAddr) -> Self {
        let addresses = self.hosts.entry(name.to_ascii_lowercase()).or_default();
        addresses.push(address);
        self
    }

    /// Lets the module reach any address and look up any name that this machine can.
    #[must_use]
    pub fn allow_any(mut self, allow: bool) -> Self {
        self.allow_any = allow;
        self
    }

    /// Tells the module that whoever of this machine connects to it has this address, instead of a loopback
    /// address: one in the network of the module's access point, for firmware that serves nobody else.
    #[must_use]
    pub fn peers_from(mut self, address: IpAddr) -> Self {
        self.peers_from = Some(address);
        self
    }

    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn reachable(&self, address: IpAddr) -> bool {
        self.allow_any || address.is_loopback()
    }

    /// What of this machine stands for the module's own address.
    fn own(&self, at: SocketAddr) -> SocketAddr {
        let ip = match (at.ip(), self.allow_any) {
            (IpAddr::V4(_), true) => Ipv4Addr::UNSPECIFIED.into(),
            (IpAddr::V4(_), false) => Ipv4Addr::LOCALHOST.into(),
            (IpAddr::V6(_), true) => Ipv6Addr::UNSPECIFIED.into(),
            (IpAddr::V6(_), false) => Ipv6Addr::LOCALHOST.into(),
        };
        SocketAddr::new(ip, at.port())
    }
}

impl Network for HostNetwork {
    fn poll(&mut self, now: Duration) {
        for stream in self.streams.values_mut() {
            stream.open();
            stream.flush();
        }
        self.streams.retain(|_, stream| match stream.closed {
            Some(limit) => now < limit && stream.is_sending(),
            None => true,
        });
    }

    fn next(&self) -> Option<Duration> {
        None
    }

    fn needs_polling(&self) -> bool {
        let idle = self.streams.is_empty()
            && self.lookups.is_empty()
            && self.listeners.is_empty()
            && self.sockets.is_empty();
        !idle
    }

    fn resolve(&mut self, _now: Duration, name: &str) -> Lookup {
        let lookup = Lookup(self.number());
        let known = self.hosts.get(&name.to_ascii_lowercase()).cloned();
        let name = name.to_owned();
        let ask_system = known.is_none() && self.allow_any;
        let answer = in_background(move || {
            if ask_system {
                return ask_resolver(&name);
            }
            known.unwrap_or_default()
        });
        self.lookups.insert(lookup, answer);
        lookup
    }

    fn resolved(&mut self, _now: Duration, lookup: Lookup) -> Poll<Vec<IpAddr>> {
        let answer = self.lookups.get(&lookup).map(Receiver::try_recv);
        if let Some(Err(TryRecvError::Empty)) = answer {
            return Poll::Pending;
        }
        self.lookups.remove(&lookup);
        Poll::Ready(answer.and_then(Result::ok).unwrap_or_default())
    }

    fn connect(&mut self, _now: Duration, _from: SocketAddr, to: SocketAddr) -> Connection {
        let connection = Connection(self.number());
        let state = if self.reachable(to.ip()) {
            State::Opening(in_background(move || {
                TcpStream::connect_timeout(&to, CONNECT_TIMEOUT)
            }))
        } else {
            State::Failed
        };
        self.streams.insert(connection, Stream::new(state));
        connection
    }

    fn connected(&mut self, _now: Duration, connection: Connection) -> Poll<Result<(), Refused>> {
        let Some(stream) = self.streams.get_mut(&connection) else {
            return Poll::Ready(Err(Refused));
        };
        stream.open();
        match stream.state {
            State::Opening(_) => Poll::Pending,
            State::Open(_) => Poll::Ready(Ok(())),
            State::Failed => Poll::Ready(Err(Refused)),
        }
    }

    fn send(&mut self, _now: Duration, connection: Connection, data: &[u8]) {
        if let Some(stream) = self.streams.get_mut(&connection) {
            stream.outgoing.extend(data);
            stream.flush();
        }
    }

    fn unsent(&self, _now: Duration, connection: Connection) -> usize {
        let stream = self.streams.get(&connection);
        stream.map_or(0, |stream| stream.outgoing.len())
    }

    fn receive(&mut self, _now: Duration, connection: Connection, limit: usize) -> Received {
        match self.streams.get_mut(&connection) {
            Some(stream) => stream.receive(limit),
            None => Received::Closed,
        }
    }

    fn was_reset(&self, connection: Connection) -> bool {
        let stream = self.streams.get(&connection);
        stream.is_some_and(|stream| matches!(stream.state, State::Failed))
    }

    fn close(&mut self, now: Duration, connection: Connection) {
        if let Some(stream) = self.streams.get_mut(&connection) {
            stream.closed = Some(now + LINGER);
        }
        self.poll(now);
    }

    fn listen(&mut self, _now: Duration, at: SocketAddr) -> Result<Listener, InUse> {
        let taken = |_| InUse(at.port());
        let socket = TcpListener::bind(self.own(at)).map_err(taken)?;
        socket.set_nonblocking(true).map_err(taken)?;
        let listener = Listener(self.number());
        self.listeners.insert(listener, socket);
        Ok(listener)
    }

    fn accept(&mut self, _now: Duration, listener: Listener) -> Option<(Connection, SocketAddr)> {
        let (stream, mut peer) = self.listeners.get(&listener)?.accept().ok()?;
        if let (Some(address), true) = (self.peers_from, peer.ip().is_loopback()) {
            peer.set_ip(address);
        }
        let connection = Connection(self.number());
        self.streams.insert(connection, Stream::accepted(stream));
        Some((connection, peer))
    }

    fn stop_listening(&mut self, _now: Duration, listener: Listener) {
        self.listeners.remove(&listener);
    }

    fn bind(&mut self, _now: Duration, at: SocketAddr) -> Result<(UdpSocket, u16), InUse> {
        let own = self.own(at);
        let bound = if at.ip().is_multicast() {
            Udp::bind_to_group(at, own.ip())
        } else {
            Udp::bind(own)
        };
        let udp = bound.map_err(|_| InUse(at.port()))?;
        let port = udp.port();
        let socket = UdpSocket(self.number());
        self.sockets.insert(socket, udp);
        Ok((socket, port))
    }

    fn join(&mut self, socket: UdpSocket, group: IpAddr) -> bool {
        let socket = self.sockets.get_mut(&socket);
        socket.is_some_and(|socket| socket.join(group).is_ok())
    }

    fn send_to(
        &mut self,
        _now: Duration,
        socket: UdpSocket,
        _from: IpAddr,
        to: SocketAddr,
        data: &[u8],
    ) {
        if !self.reachable(to.ip()) && !to.ip().is_multicast() {
            return;
        }
        if let Some(socket) = self.sockets.get(&socket) {
            socket.send(to, data);
        }
    }

    fn receive_from(&mut self, _now: Duration, socket: UdpSocket) -> Option<Datagram> {
        self.sockets.get(&socket)?.receive()
    }

    fn unbind(&mut self, _now: Duration, socket: UdpSocket) {
        self.sockets.remove(&socket);
    }

    /// Echoes need rights that the simulator does not ask for: only this machine answers.
    fn ping(&mut self, _now: Duration, address: IpAddr) -> Option<Duration> {
        address.is_loopback().then_some(LOOPBACK_ECHO)
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

fn ask_resolver(name: &str) -> Vec<IpAddr> {
    let found = (name, 0).to_socket_addrs();
    found
        .map(|addresses| addresses.map(|address| address.ip()).collect())
        .unwrap_or_default()
}

/// Runs what blocks on a thread of its own.
fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // If nobody waits any more, nobody wants the result.
        let _ = sender.send(work());
    });
    receiver
}
