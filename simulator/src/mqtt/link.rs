//! The way to a broker: its name, a connection, perhaps TLS, and then bytes.

use std::net::{IpAddr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

use crate::network::{Connection, Lookup, Network, Received};
use crate::tls::{self, Session};

/// The most that is taken from the connection at once.
const PIECE: usize = 16 * 1024;

/// Where a broker is, and how it is reached.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub host: String,
    pub port: u16,
    /// The module's own end.
    pub local: SocketAddr,
    /// How TLS begins, if the broker wants it.
    pub tls: Option<tls::Client>,
}

/// How far the way to the broker is open.
#[derive(Debug)]
pub(super) struct Link {
    address: Address,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Resolving(Lookup),
    Connecting(Connection, IpAddr),
    Shaking(Connection, Box<Session>),
    Open(Connection, Option<Box<Session>>),
    Closed,
}

/// What has become of a link.
pub(super) enum Progress {
    Waiting,
    /// It has just been opened.
    Opened,
    Data(Vec<u8>),
    Closed,
}

impl Link {
    pub fn begin(now: Duration, address: Address, network: &mut dyn Network) -> Self {
        let mut link = Link {
            stage: Stage::Closed,
            address,
        };
        match link.address.host.parse() {
            Ok(ip) => link.connect(now, ip, network),
            Err(_) => {
                let lookup = network.resolve(now, &link.address.host);
                link.stage = Stage::Resolving(lookup);
            }
        }
        link
    }

    fn connect(&mut self, now: Duration, ip: IpAddr, network: &mut dyn Network) {
        let Address { port, local, .. } = self.address;
        let connection = network.connect(now, local, SocketAddr::new(ip, port));
        self.stage = Stage::Connecting(connection, ip);
    }

    /// The next thing that happens on the link.
    pub fn poll(&mut self, now: Duration, network: &mut dyn Network) -> Progress {
        if let Stage::Resolving(lookup) = self.stage {
            let Poll::Ready(found) = network.resolved(now, lookup) else {
                return Progress::Waiting;
            };
            let ipv6 = self.address.local.is_ipv6();
            match found.into_iter().find(|ip| ip.is_ipv6() == ipv6) {
                Some(ip) => self.connect(now, ip, network),
                None => self.stage = Stage::Closed,
            }
        }
        if let Stage::Connecting(connection, ip) = self.stage {
            match network.connected(now, connection) {
                Poll::Pending => return Progress::Waiting,
                Poll::Ready(Err(_)) => self.close(now, network),
                Poll::Ready(Ok(())) => {
                    if let Some(opened) = self.enter(now, connection, ip, network) {
                        return opened;
                    }
                }
            }
        }
        if matches!(self.stage, Stage::Shaking(..)) {
            return self.shake(now, network);
        }
        self.receive(now, network)
    }

    /// The connection is open.
    fn enter(
        &mut self,
        now: Duration,
        connection: Connection,
        remote: IpAddr,
        network: &mut dyn Network,
    ) -> Option<Progress> {
        let Some(tls) = &self.address.tls else {
            self.stage = Stage::Open(connection, None);
            return Some(Progress::Opened);
        };
        match tls.begin(remote) {
            Ok(session) => self.stage = Stage::Shaking(connection, Box::new(session)),
            Err(_) => self.close(now, network),
        }
        None
    }

    fn shake(&mut self, now: Duration, network: &mut dyn Network) -> Progress {
        let Stage::Shaking(connection, mut session) =
            std::mem::replace(&mut self.stage, Stage::Closed)
        else {
            return Progress::Closed;
        };
        match session.shake(now, connection, network) {
            Poll::Pending => {
                self.stage = Stage::Shaking(connection, session);
                Progress::Waiting
            }
            Poll::Ready(Ok(())) => {
                self.stage = Stage::Open(connection, Some(session));
                Progress::Opened
            }
            Poll::Ready(Err(_)) => {
                network.close(now, connection);
                Progress::Closed
            }
        }
    }

    fn receive(&mut self, now: Duration, network: &mut dyn Network) -> Progress {
        let Stage::Open(connection, session) = &mut self.stage else {
            return Progress::Closed;
        };
        let received = match session {
            Some(session) => session.receive(now, *connection, network, PIECE),
            None => network.receive(now, *connection, PIECE),
        };
        match received {
            Received::Nothing => Progress::Waiting,
            Received::Data(data) => Progress::Data(data),
            Received::Closed => {
                self.close(now, network);
                Progress::Closed
            }
        }
    }

    pub fn send(&mut self, now: Duration, data: &[u8], network: &mut dyn Network) {
        match &mut self.stage {
            Stage::Open(connection, Some(session)) => {
                session.send(now, *connection, network, data);
            }
            Stage::Open(connection, None) => network.send(now, *connection, data),
            _ => {}
        }
    }

    pub fn close(&mut self, now: Duration, network: &mut dyn Network) {
        match std::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::Open(connection, session) => {
                if let Some(mut session) = session {
                    session.close(now, connection, network);
                }
                network.close(now, connection);
            }
            Stage::Connecting(connection, _) | Stage::Shaking(connection, _) => {
                network.close(now, connection);
            }
            Stage::Resolving(_) | Stage::Closed => {}
        }
    }
}
