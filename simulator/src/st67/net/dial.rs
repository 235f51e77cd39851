//! The link of the passthrough mode, which is made again when it is lost, and may be saved for the
//! next time the module is switched on.

use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::task::Poll;
use std::time::Duration;

use crate::network::{Connection, Lookup};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::net::link::Link;
use crate::st67::net::names::Family;
use crate::st67::net::pipe::{Follow, Pipe, Protocol};
use crate::st67::net::start::{Opening, kind_of};
use crate::st67::{St67, World};
use crate::tls::Session;

/// How long the passthrough mode tries to reach its peer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `AT+CIPRECONNINTV` counts.
const PAUSE_UNIT: Duration = Duration::from_millis(100);

/// Where a link goes.
#[derive(Clone, Debug)]
pub(in crate::st67) struct SavedLink {
    host: String,
    port: u16,
    protocol: Protocol,
    ipv6: bool,
    /// The port for datagrams; any if it is 0.
    local_port: u16,
}

/// How far a link has come that is made again.
#[derive(Debug)]
pub(in crate::st67) enum Dial {
    /// It is not tried before this time.
    Pause(Duration),
    Lookup(Lookup),
    Open(Opening),
    Shake(Opening, Box<Session>),
}

impl Dial {
    pub fn next(&self) -> Option<Duration> {
        match self {
            Dial::Pause(at) => Some(*at),
            Dial::Lookup(_) => None,
            Dial::Open(opening) | Dial::Shake(opening, _) => Some(opening.give_up),
        }
    }

    pub fn connection(&self) -> Option<Connection> {
        match self {
            Dial::Open(opening) | Dial::Shake(opening, _) => Some(opening.connection),
            Dial::Pause(_) | Dial::Lookup(_) => None,
        }
    }
}

impl SavedLink {
    /// Where an open link goes.
    pub fn of(link: &Link, pipe: Pipe) -> Self {
        SavedLink {
            host: link.remote.ip().to_string(),
            port: link.remote.port(),
            protocol: link.protocol,
            ipv6: link.remote.is_ipv6(),
            local_port: match pipe {
                Pipe::Tcp(_) => 0,
                Pipe::Udp(_) => link.local_port,
            },
        }
    }

    fn family(&self) -> Family {
        if self.ipv6 {
            Family::Ipv6
        } else {
            Family::Ipv4
        }
    }
}

impl St67 {
    /// `AT+SAVETRANSLINK=<mode>,<"remote host">,<remote port>[,<"type">,<keep alive or local port>]`
    pub(in crate::st67) fn save_link(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=5)?;
        if !arguments.need_switch(0)? {
            let most = if self.variant.net.clears_link_alone {
                1
            } else {
                5
            };
            arguments.expect(1..=most)?;
            self.flash.saved_link = None;
            return Ok(Reply::Ok);
        }
        let host = arguments.need_text(1, self.variant.net.longest_host)?;
        let port = arguments.need_number(2, 1..=65535)?;
        let kind = arguments.text(3, 6)?.unwrap_or(b"TCP");
        let (protocol, ipv6) = kind_of(kind).ok_or(Code::INVALID)?;
        let last = if protocol == Protocol::Udp {
            65535
        } else {
            7200
        };
        let last = arguments.number(4, 0..=last)?.unwrap_or(0);
        let local_port = if protocol == Protocol::Udp { last } else { 0 };
        self.flash.saved_link = Some(SavedLink {
            host: String::from_utf8_lossy(host).into_owned(),
            port: u16::try_from(port).map_err(|_| Code::INVALID)?,
            protocol,
            ipv6,
            local_port: u16::try_from(local_port).map_err(|_| Code::INVALID)?,
        });
        Ok(Reply::Ok)
    }

    /// `AT+CIPRECONNINTV?`
    pub(in crate::st67) fn link_pause(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+CIPRECONNINTV:{}", self.settings.kept.link_pause));
        Ok(Reply::Ok)
    }

    /// `AT+CIPRECONNINTV=<interval>`
    pub(in crate::st67) fn set_link_pause(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let pause = arguments.need_number(0, 1..=36_000)?;
        self.keep(|kept| kept.link_pause = pause);
        Ok(Reply::Ok)
    }

    /// Makes the link of the passthrough mode again if it is lost; how far that has come.
    pub(super) fn dial_again(
        &mut self,
        target: &SavedLink,
        mut dial: Option<Dial>,
        world: &mut World,
    ) -> Option<Dial> {
        while self.links.get(0).is_free() {
            let next = dial.unwrap_or_else(|| self.pause(world));
            match self.dial_on(next, target, world) {
                ControlFlow::Continue(next) => dial = Some(next),
                ControlFlow::Break(next) => return Some(next),
            }
        }
        None
    }

    fn pause(&self, world: &World) -> Dial {
        let pause = u32::try_from(self.settings.kept.link_pause).unwrap_or(1);
        Dial::Pause(world.now + PAUSE_UNIT * pause)
    }

    /// One step; breaks when it has to wait.
    fn dial_on(
        &mut self,
        dial: Dial,
        target: &SavedLink,
        world: &mut World,
    ) -> ControlFlow<Dial, Dial> {
        match dial {
            Dial::Pause(at) if at > world.now => ControlFlow::Break(dial),
            Dial::Pause(_) if !self.is_online() => ControlFlow::Break(self.pause(world)),
            Dial::Pause(_) => match target.host.parse() {
                Ok(address) => self.dial_address(&[address], target, world),
                Err(_) => {
                    let lookup = world.network.resolve(world.now, &target.host);
                    ControlFlow::Continue(Dial::Lookup(lookup))
                }
            },
            Dial::Lookup(lookup) => match world.network.resolved(world.now, lookup) {
                Poll::Pending => ControlFlow::Break(Dial::Lookup(lookup)),
                Poll::Ready(addresses) => self.dial_address(&addresses, target, world),
            },
            Dial::Open(opening) => self.dial_connection(opening, world),
            Dial::Shake(opening, session) => self.dial_session(opening, session, world),
        }
    }

    fn dial_address(
        &mut self,
        addresses: &[IpAddr],
        target: &SavedLink,
        world: &mut World,
    ) -> ControlFlow<Dial, Dial> {
        let Some(address) = target.family().choose(addresses) else {
            return ControlFlow::Break(self.pause(world));
        };
        let remote = SocketAddr::new(address, target.port);
        if target.protocol == Protocol::Udp {
            let port = target.local_port;
            // If the port is taken, it is tried again.
            return match self.open_udp(0, remote, port, Follow::Nobody, world) {
                Ok(()) => ControlFlow::Continue(self.pause(world)),
                Err(_) => ControlFlow::Break(self.pause(world)),
            };
        }
        match self.open(0, target.protocol, remote, world.now + PATIENCE, world) {
            Some(opening) => ControlFlow::Continue(Dial::Open(opening)),
            None => ControlFlow::Break(self.pause(world)),
        }
    }

    fn dial_connection(&mut self, opening: Opening, world: &mut World) -> ControlFlow<Dial, Dial> {
        match world.network.connected(world.now, opening.connection) {
            Poll::Ready(Ok(())) if opening.is_tls() => {
                match self.begin_tls(opening.id, opening.remote, world.now) {
                    Ok(session) => ControlFlow::Continue(Dial::Shake(opening, Box::new(session))),
                    Err(_) => self.hang_up(&opening, world),
                }
            }
            Poll::Ready(Ok(())) => {
                self.open_link(&opening, None);
                ControlFlow::Continue(self.pause(world))
            }
            Poll::Pending if opening.give_up > world.now => ControlFlow::Break(Dial::Open(opening)),
            _ => self.hang_up(&opening, world),
        }
    }

    fn dial_session(
        &mut self,
        opening: Opening,
        mut session: Box<Session>,
        world: &mut World,
    ) -> ControlFlow<Dial, Dial> {
        match session.shake(world.now, opening.connection, world.network) {
            Poll::Ready(Ok(())) => {
                self.open_link(&opening, Some(session));
                ControlFlow::Continue(self.pause(world))
            }
            Poll::Pending if opening.give_up > world.now => {
                ControlFlow::Break(Dial::Shake(opening, session))
            }
            _ => self.hang_up(&opening, world),
        }
    }

    fn hang_up(&mut self, opening: &Opening, world: &mut World) -> ControlFlow<Dial, Dial> {
        world.network.close(world.now, opening.connection);
        ControlFlow::Break(self.pause(world))
    }
}
