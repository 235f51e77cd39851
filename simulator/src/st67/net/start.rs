//! `AT+CIPSTART`: connections, and sockets for datagrams.

use std::net::{IpAddr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

use crate::network::Connection;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Reply, Step, Task};
use crate::st67::net::names::Family;
use crate::st67::net::pipe::{Follow, Pipe, Protocol};
use crate::st67::{St67, World};
use crate::tls::Session;

/// How long the TCP stack tries to reach a peer that does not answer.
const SYN_TIMEOUT: Duration = Duration::from_secs(18);

/// Where `AT+CIPSTART` wants to go.
#[derive(Debug)]
struct Target {
    id: usize,
    protocol: Protocol,
    ipv6: bool,
    port: u16,
    /// The port for datagrams; any if it is 0.
    local_port: u16,
    follow: Follow,
    give_up: Duration,
}

impl Target {
    /// The kind of address that it takes.
    pub fn family(&self) -> Family {
        if self.ipv6 {
            Family::Ipv6
        } else {
            Family::Ipv4
        }
    }
}

/// A connection that is being opened.
#[derive(Debug)]
pub(in crate::st67) struct Opening {
    pub id: usize,
    pub connection: Connection,
    pub remote: SocketAddr,
    local_port: u16,
    protocol: Protocol,
    pub give_up: Duration,
    /// When TLS must have begun.
    pub shake_limit: Option<Duration>,
}

impl Opening {
    pub fn is_tls(&self) -> bool {
        self.protocol == Protocol::Ssl
    }
}

impl Task for Opening {
    fn next(&self) -> Option<Duration> {
        Some(self.give_up)
    }

    fn may_end_early(&self) -> bool {
        true
    }

    fn connection(&self) -> Option<Connection> {
        Some(self.connection)
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        module.await_connection(*self, world)
    }
}

impl St67 {
    /// `AT+CIPSTART=[<id>,]...`
    pub(in crate::st67) fn start(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let (id, first) = self.link_argument(arguments)?;
        self.start_on(id, first, arguments, world)
    }

    /// `AT+CIPSTARTEX=...`: as `AT+CIPSTART`, on the first link that is free.
    pub(in crate::st67) fn start_anywhere(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let free = self.links.free().ok_or(Code::NOT_ALLOWED)?;
        self.start_on(free, 0, arguments, world)
    }

    /// `<"type">,<"host">,<port>`, and behind them `[,<keep_alive>][,<"local IP">][,<timeout>]` of
    /// a connection or `[,<local port>][,<mode>][,<keep_alive>][,<"local IP">][,<timeout>]` of
    /// datagrams.
    fn start_on(
        &mut self,
        id: usize,
        first: usize,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(first + 3..=first + 8)?;
        let kind = arguments.text(first, 6)?.unwrap_or(b"TCP");
        let (protocol, ipv6) = kind_of(kind).ok_or(Code::INVALID)?;
        let datagrams = protocol == Protocol::Udp;
        let last = if datagrams { 8 } else { 6 };
        arguments.expect(first + 3..=(first + last).min(self.variant.net.start_arguments))?;
        let host = arguments.need_text(first + 1, self.variant.net.longest_host)?;
        let port = arguments.need_number(first + 2, 1..=65535)?;
        let mut next = first + 3;
        let (mut local_port, mut mode) = (0, 0);
        if datagrams {
            local_port = arguments.number(next, 0..=65535)?.unwrap_or(0);
            mode = arguments.number(next + 1, 0..=2)?.unwrap_or(0);
            next += 2;
        }
        let keep_alive = arguments.number(next, 0..=7200)?;
        arguments.text(next + 1, 39)?;
        let timeout = arguments.number(next + 2, 0..=20000)?;
        if ipv6 && !self.settings.kept.ipv6 {
            return Err(Code::INVALID);
        }
        if let Some(keep_alive) = keep_alive.filter(|_| self.links.get(id).is_free()) {
            self.settings.kept.tcp_options[id][3] = keep_alive;
        }
        let timeout = timeout.and_then(|timeout| u64::try_from(timeout).ok());
        let patience = timeout
            .filter(|timeout| *timeout > 0)
            .map_or(SYN_TIMEOUT, Duration::from_millis);
        let target = Target {
            id,
            protocol,
            ipv6,
            port: u16::try_from(port).map_err(|_| Code::INVALID)?,
            local_port: u16::try_from(local_port).map_err(|_| Code::INVALID)?,
            follow: Follow::from_mode(mode),
            give_up: world.now + patience,
        };
        self.look_up(
            host,
            target.family(),
            move |module, address, world| {
                module.connect(address.ok_or(Code::FAILED)?, target, world)
            },
            world,
        )
    }

    fn connect(
        &mut self,
        address: IpAddr,
        target: Target,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let remote = SocketAddr::new(address, target.port);
        if !self.links.get(target.id).is_free() {
            // The error would be told as a negative number, for which there is no answer.
            return if self.variant.net.ignores_open_link {
                Ok(Reply::Silence)
            } else {
                Err(Code::HANDLE)
            };
        }
        self.own_address(remote).ok_or(Code::FAILED)?;
        if target.protocol == Protocol::Udp {
            self.open_udp(target.id, remote, target.local_port, target.follow, world)?;
            return Ok(Reply::Ok);
        }
        let opening = self.open(target.id, target.protocol, remote, target.give_up, world);
        Ok(Reply::Later(opening.ok_or(Code::FAILED)?.into()))
    }

    /// Begins a connection, if there is a way to the peer.
    pub(in crate::st67) fn open(
        &mut self,
        id: usize,
        protocol: Protocol,
        remote: SocketAddr,
        give_up: Duration,
        world: &mut World,
    ) -> Option<Opening> {
        let own = self.own_address(remote)?;
        let local_port = self.links.take_port();
        let local = SocketAddr::new(own, local_port);
        Some(Opening {
            id,
            connection: world.network.connect(world.now, local, remote),
            remote,
            local_port,
            protocol,
            give_up,
            shake_limit: Some(give_up).filter(|_| !self.variant.net.waits_for_tls_for_ever),
        })
    }

    fn await_connection(&mut self, opening: Opening, world: &mut World) -> Step {
        let connection = opening.connection;
        match world.network.connected(world.now, connection) {
            Poll::Ready(Ok(())) if self.has_network() => {
                if opening.is_tls() {
                    return self.start_tls(opening, world);
                }
                self.open_link(&opening, None);
                self.finish(Ok(()))
            }
            Poll::Pending if self.has_network() && opening.give_up > world.now => {
                Step::Wait(opening.into())
            }
            outcome => {
                world.network.close(world.now, connection);
                let late = outcome.is_pending() && self.has_network();
                self.finish(Err(if late { Code::TIMEOUT } else { Code::FAILED }))
            }
        }
    }

    /// The connection is open, and the host is told.
    pub(in crate::st67) fn open_link(&mut self, opening: &Opening, session: Option<Box<Session>>) {
        let Opening {
            id,
            connection,
            remote,
            local_port,
            protocol,
            ..
        } = *opening;
        self.links
            .occupy(id, Pipe::Tcp(connection), remote, local_port);
        let link = self.links.get_mut(id);
        link.protocol = protocol;
        link.session = session;
        self.tell_connected(id);
    }
}

/// The protocol of a `<type>`, and whether it is that of IPv6.
pub(in crate::st67) fn kind_of(kind: &[u8]) -> Option<(Protocol, bool)> {
    let kind = kind.to_ascii_uppercase();
    match kind.as_slice() {
        b"TCP" => Some((Protocol::Tcp, false)),
        b"TCPV6" => Some((Protocol::Tcp, true)),
        b"UDP" => Some((Protocol::Udp, false)),
        b"SSL" => Some((Protocol::Ssl, false)),
        b"SSLV6" => Some((Protocol::Ssl, true)),
        b"UDPV6" => Some((Protocol::Udp, true)),
        _ => None,
    }
}
