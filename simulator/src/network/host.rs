//! The network of the machine that the simulator runs on.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use super::{Connection, Lookup, Network, Received, Refused};

/// How long the machine tries to connect; the module gives up earlier.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long what has been sent may take to leave after the module has closed a connection.
const LINGER: Duration = Duration::from_secs(10);
/// What an echo on this machine takes.
const LOOPBACK_ECHO: Duration = Duration::from_millis(1);

/// The network of this machine: real TCP connections, and only the names that were added.
///
/// Unless [`allow_any`](Self::allow_any) says otherwise, nothing but loopback addresses can be
/// reached, so that a test never talks to the world.
#[derive(Debug, Default)]
pub struct HostNetwork {
    hosts: BTreeMap<String, Vec<IpAddr>>,
    allow_any: bool,
    lookups: BTreeMap<Lookup, Receiver<Vec<IpAddr>>>,
    sockets: BTreeMap<Connection, Socket>,
    count: u64,
}

/// One connection of this machine.
#[derive(Debug)]
struct Socket {
    state: State,
    outgoing: VecDeque<u8>,
    /// The module has closed it, and it goes at this time at the latest.
    closed: Option<Duration>,
}

#[derive(Debug)]
enum State {
    Opening(Receiver<io::Result<TcpStream>>),
    Open(TcpStream),
    Failed,
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

    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn reachable(&self, address: IpAddr) -> bool {
        self.allow_any || address.is_loopback()
    }
}

impl Network for HostNetwork {
    fn poll(&mut self, now: Duration) {
        for socket in self.sockets.values_mut() {
            socket.open();
            socket.flush();
        }
        self.sockets.retain(|_, socket| match socket.closed {
            Some(limit) => now < limit && socket.is_sending(),
            None => true,
        });
    }

    fn next(&self) -> Option<Duration> {
        None
    }

    fn needs_polling(&self) -> bool {
        !self.sockets.is_empty() || !self.lookups.is_empty()
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
        let socket = Socket {
            state,
            outgoing: VecDeque::new(),
            closed: None,
        };
        self.sockets.insert(connection, socket);
        connection
    }

    fn connected(&mut self, _now: Duration, connection: Connection) -> Poll<Result<(), Refused>> {
        let Some(socket) = self.sockets.get_mut(&connection) else {
            return Poll::Ready(Err(Refused));
        };
        socket.open();
        match socket.state {
            State::Opening(_) => Poll::Pending,
            State::Open(_) => Poll::Ready(Ok(())),
            State::Failed => Poll::Ready(Err(Refused)),
        }
    }

    fn send(&mut self, _now: Duration, connection: Connection, data: &[u8]) {
        if let Some(socket) = self.sockets.get_mut(&connection) {
            socket.outgoing.extend(data);
            socket.flush();
        }
    }

    fn unsent(&self, connection: Connection) -> usize {
        let socket = self.sockets.get(&connection);
        socket.map_or(0, |socket| socket.outgoing.len())
    }

    fn receive(&mut self, _now: Duration, connection: Connection, limit: usize) -> Received {
        match self.sockets.get_mut(&connection) {
            Some(socket) => socket.receive(limit),
            None => Received::Closed,
        }
    }

    fn was_reset(&self, connection: Connection) -> bool {
        let socket = self.sockets.get(&connection);
        socket.is_some_and(|socket| matches!(socket.state, State::Failed))
    }

    fn close(&mut self, now: Duration, connection: Connection) {
        if let Some(socket) = self.sockets.get_mut(&connection) {
            socket.closed = Some(now + LINGER);
        }
        self.poll(now);
    }

    /// Echoes need rights that the simulator does not ask for: only this machine answers.
    fn ping(&mut self, _now: Duration, address: IpAddr) -> Option<Duration> {
        address.is_loopback().then_some(LOOPBACK_ECHO)
    }
}

impl Socket {
    fn is_sending(&self) -> bool {
        matches!(self.state, State::Open(_)) && !self.outgoing.is_empty()
    }

    fn open(&mut self) {
        let State::Opening(opened) = &self.state else {
            return;
        };
        self.state = match opened.try_recv() {
            Err(TryRecvError::Empty) => return,
            Ok(Ok(stream)) => prepare(stream).map_or(State::Failed, State::Open),
            Ok(Err(_)) | Err(TryRecvError::Disconnected) => State::Failed,
        };
    }

    fn flush(&mut self) {
        let State::Open(stream) = &mut self.state else {
            return;
        };
        while !self.outgoing.is_empty() {
            match stream.write(self.outgoing.make_contiguous()) {
                Ok(count) => drop(self.outgoing.drain(..count)),
                Err(error) if is_for_later(&error) => return,
                Err(_) => self.outgoing.clear(),
            }
        }
    }

    fn receive(&mut self, limit: usize) -> Received {
        let State::Open(stream) = &mut self.state else {
            return Received::Closed;
        };
        let mut data = vec![0; limit];
        match stream.read(&mut data) {
            Ok(0) => Received::Closed,
            Ok(count) => {
                data.truncate(count);
                Received::Data(data)
            }
            Err(error) if is_for_later(&error) => Received::Nothing,
            Err(_) => {
                self.state = State::Failed;
                Received::Closed
            }
        }
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

fn prepare(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    Ok(stream)
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
