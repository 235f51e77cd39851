//! Sending: the prompt, the payload, and what is said behind it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step, Task};
use crate::st67::line::payload::{Escapes, Payload};
use crate::st67::net::names::Family;
use crate::st67::net::pipe::{Follow, Pipe};
use crate::st67::net::through::Through;
use crate::st67::{St67, World};

/// Pause between two looks at what the network has not taken yet.
const UNSENT: Duration = Duration::from_millis(1);

/// A payload for which a prompt will be printed, and where it is to go.
#[derive(Debug)]
struct Destination {
    link: usize,
    length: usize,
    way: Way,
    port: u16,
}

/// How a payload is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Whole, and then sent: `AT+CIPSEND`.
    Counted,
    /// The same, with escapes: `AT+CIPSENDEX`.
    Escaped,
    /// While it comes: `AT+CIPSENDL`.
    Long,
}

/// Payload is on its way into the network.
#[derive(Debug)]
struct Sent {
    link: usize,
    count: usize,
    at: Duration,
}

impl Task for Sent {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        module.await_sent(self.link, self.count, world)
    }
}

impl St67 {
    /// `AT+CIPSEND=[<id>,]<length>[,<"remote host">,<remote port>]`
    pub(in crate::st67) fn send(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        self.prompt_for(arguments, Way::Counted, world)
    }

    /// `AT+CIPSENDEX=[<id>,]<length>[,<"remote host">,<remote port>]`
    pub(in crate::st67) fn send_escaped(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        self.prompt_for(arguments, Way::Escaped, world)
    }

    /// `AT+CIPSENDL=[<id>,]<length>[,<"remote host">,<remote port>]`
    pub(in crate::st67) fn send_long(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        self.prompt_for(arguments, Way::Long, world)
    }

    fn prompt_for(
        &mut self,
        arguments: &Arguments,
        way: Way,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let (link, first) = self.link_argument(arguments)?;
        arguments.expect(first + 1..=first + 3)?;
        let longest = match way {
            Way::Counted | Way::Escaped => self.variant.net.longest_send,
            Way::Long => i64::from(i32::MAX),
        };
        arguments.any_number(first)?;
        let host = arguments.text(first + 1, self.variant.net.longest_host)?;
        let port = arguments.number(first + 2, 0..=65535)?.unwrap_or(0);
        let length = arguments.need_number(first, 1..=longest)?;
        let destination = Destination {
            link,
            length: usize::try_from(length).unwrap_or(0),
            way,
            port: u16::try_from(port).unwrap_or(0),
        };
        match host {
            Some(host) => self.look_up(
                host,
                Family::Ipv4First,
                move |module, address, world| {
                    module.send_to(address.ok_or(Code::ADDRESS)?, destination, world)
                },
                world,
            ),
            None => self.prompt(destination, None),
        }
    }

    /// The address of the host in `AT+CIPSEND` is known.
    fn send_to(
        &mut self,
        address: IpAddr,
        destination: Destination,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let Destination { link, port, .. } = destination;
        let to = SocketAddr::new(address, port);
        if self.links.get(link).is_free() && self.variant.net.send_sets_peer && port != 0 {
            self.open_udp(link, to, 0, Follow::Nobody, world)?;
        }
        match self.links.get(link).pipe() {
            None => Err(Code::FAILED),
            Some(Pipe::Tcp(_)) => Err(Code::NOT_ALLOWED),
            Some(Pipe::Udp(_)) if self.variant.net.send_sets_peer => {
                self.links.get_mut(link).remote = to;
                self.prompt(destination, None)
            }
            Some(Pipe::Udp(_)) => self.prompt(destination, Some(to)),
        }
    }

    fn prompt(&mut self, destination: Destination, to: Option<SocketAddr>) -> Result<Reply, Code> {
        let id = destination.link;
        if self.links.get(id).pipe().is_none() {
            return Err(Code::FAILED);
        }
        let (prompt, escapes) = match destination.way {
            Way::Counted if self.variant.net.sends_excess && self.config.baud.is_none() => {
                (self.variant.prompt, Escapes::Excess)
            }
            Way::Counted => (self.variant.prompt, Escapes::None),
            Way::Escaped => (self.variant.prompt_ex, self.escapes()),
            Way::Long => {
                let through = Through::long(id, to, destination.length);
                return Ok(self.enter_data_mode(through));
            }
        };
        let ok = format!("{}OK\r\n", self.variant.lead);
        self.output.write(&[ok.as_bytes(), prompt.as_bytes()]);
        let payload = Payload::new(destination.length, move |module, data, world| {
            module.send_on(id, to, data, world)
        });
        let is_one_piece = self.variant.net.takes_frames && self.config.spi.is_some();
        let payload = payload.with_escapes(escapes).in_one_piece(is_one_piece);
        Ok(Reply::Later(payload.into()))
    }

    fn escapes(&self) -> Escapes {
        if self.variant.net.unescapes_again && self.config.baud.is_some() {
            Escapes::Again
        } else {
            Escapes::Unescaped
        }
    }

    fn send_on(
        &mut self,
        id: usize,
        to: Option<SocketAddr>,
        data: &[u8],
        world: &mut World,
    ) -> Step {
        if let Some(pipe) = self.links.get(id).pipe() {
            self.send_over(id, pipe, to, data, world);
        }
        Step::Next(
            Sent {
                link: id,
                count: data.len(),
                at: world.now + self.config.latency,
            }
            .into(),
        )
    }

    /// Sends on a link that is open.
    pub(in crate::st67) fn send_over(
        &mut self,
        id: usize,
        pipe: Pipe,
        to: Option<SocketAddr>,
        data: &[u8],
        world: &mut World,
    ) {
        let link = self.links.get_mut(id);
        match pipe {
            Pipe::Tcp(connection) => {
                match &mut link.session {
                    Some(session) => session.send(world.now, connection, world.network, data),
                    None => world.network.send(world.now, connection, data),
                }
                if self.variant.net.sending_keeps_link {
                    link.last_data = world.now;
                }
            }
            Pipe::Udp(socket) => {
                let to = to.unwrap_or(link.remote);
                self.send_datagrams(socket, to, data, world);
            }
        }
    }

    /// The answer waits for the network to take all of the payload.
    fn await_sent(&mut self, link: usize, count: usize, world: &mut World) -> Step {
        let pipe = self.links.get(link).pipe();
        if pipe.is_some_and(|pipe| pipe.unsent(world) > 0) {
            let at = world.now + UNSENT;
            return Step::Wait(Sent { link, count, at }.into());
        }
        self.say(&format!("Recv {count} bytes"));
        if pipe.is_none() && self.variant.net.send_can_fail {
            return self.finish(Err(Code::FAILED));
        }
        self.conclude("SEND OK");
        Step::Next(Job::Idle)
    }
}
