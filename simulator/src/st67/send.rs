//! Sending: the prompt, the payload, and what is said behind it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::argument::Arguments;
use super::code::Code;
use super::files::Place;
use super::job::{Job, Reply, Step};
use super::net::Wanted;
use super::pipe::{Follow, Pipe};
use super::{St67, World};

/// Pause between two looks at what the network has not taken yet.
const UNSENT: Duration = Duration::from_millis(1);

/// Payload that is being collected behind a prompt.
#[derive(Debug)]
pub(super) struct Payload {
    link: usize,
    /// Where it goes, if that is no link but a file.
    file: Option<Place>,
    /// Where a datagram goes, if not to the peer of the link.
    to: Option<SocketAddr>,
    /// Bytes that are still awaited at most.
    left: usize,
    data: Vec<u8>,
    escapes: Escapes,
}

/// A payload for which a prompt will be printed, and where it is to go.
#[derive(Debug)]
pub(super) struct Destination {
    payload: Payload,
    port: u16,
    prompt: &'static str,
}

/// What a backslash in the payload means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escapes {
    /// Nothing: `AT+CIPSEND`.
    None,
    /// The next byte is literal, except that `\0` ends the payload: `AT+CIPSENDEX`.
    Unescaped,
    /// There was one just now.
    Backslash,
}

impl Payload {
    pub fn for_file(place: Place, length: usize) -> Self {
        Payload {
            link: 0,
            file: Some(place),
            to: None,
            left: length,
            data: Vec::new(),
            escapes: Escapes::None,
        }
    }

    /// Bytes that can belong to it.
    fn most(&self) -> usize {
        match self.escapes {
            Escapes::None => self.left,
            Escapes::Unescaped | Escapes::Backslash => usize::MAX,
        }
    }

    fn add(&mut self, byte: u8) {
        match (self.escapes, byte) {
            (Escapes::Unescaped, b'\\') => {
                self.escapes = Escapes::Backslash;
                return;
            }
            (Escapes::Backslash, b'0') => {
                self.left = 0;
                return;
            }
            (Escapes::Backslash, _) => self.escapes = Escapes::Unescaped,
            _ => {}
        }
        self.data.push(byte);
        self.left -= 1;
    }
}

impl St67 {
    /// `AT+CIPSEND=[<id>,]<length>[,<"remote host">,<remote port>]`
    pub(super) fn send(&mut self, arguments: &Arguments, world: &mut World) -> Result<Reply, Code> {
        let prompt = self.variant.prompt;
        self.prompt_for(arguments, Escapes::None, prompt, world)
    }

    /// `AT+CIPSENDEX=[<id>,]<length>[,<"remote host">,<remote port>]`
    pub(super) fn send_escaped(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let prompt = self.variant.prompt_ex;
        self.prompt_for(arguments, Escapes::Unescaped, prompt, world)
    }

    fn prompt_for(
        &mut self,
        arguments: &Arguments,
        escapes: Escapes,
        prompt: &'static str,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let (link, first) = self.link_argument(arguments)?;
        arguments.expect(first + 1..=first + 3)?;
        let length = arguments.need_number(first, 1..=self.variant.longest_send)?;
        let host = arguments.text(first + 1, self.variant.longest_host)?;
        let port = arguments.number(first + 2, 0..=65535)?.unwrap_or(0);
        let payload = Payload {
            link,
            file: None,
            to: None,
            left: usize::try_from(length).unwrap_or(0),
            data: Vec::new(),
            escapes,
        };
        let Some(host) = host else {
            return self.prompt(payload, prompt);
        };
        let destination = Destination {
            payload,
            port: u16::try_from(port).unwrap_or(0),
            prompt,
        };
        self.look_up(host, Wanted::Destination(destination), world)
    }

    /// The address of the host in `AT+CIPSEND` is known.
    pub(super) fn send_to(
        &mut self,
        address: IpAddr,
        destination: Destination,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let Destination {
            mut payload,
            port,
            prompt,
        } = destination;
        let to = SocketAddr::new(address, port);
        let link = payload.link;
        if self.links.get(link).is_free() && self.variant.send_sets_peer && port != 0 {
            self.open_udp(link, to, 0, Follow::Nobody, world)?;
        }
        match self.links.get(link).pipe() {
            None => return Err(Code::FAILED),
            Some(Pipe::Tcp(_)) => return Err(Code::NOT_ALLOWED),
            Some(Pipe::Udp(_)) if self.variant.send_sets_peer => {
                self.links.get_mut(link).remote = to;
            }
            Some(Pipe::Udp(_)) => payload.to = Some(to),
        }
        self.prompt(payload, prompt)
    }

    fn prompt(&mut self, payload: Payload, prompt: &'static str) -> Result<Reply, Code> {
        if self.links.get(payload.link).pipe().is_none() {
            return Err(Code::FAILED);
        }
        let ok = format!("{}OK\r\n", self.variant.lead);
        self.output.write(&[ok.as_bytes(), prompt.as_bytes()]);
        Ok(Reply::Later(Job::Payload(payload)))
    }

    pub(super) fn collect(&mut self, mut payload: Payload, world: &mut World) -> Step {
        while payload.left > 0 {
            let Some(bytes) = self.input.payload(payload.most()) else {
                return Step::Wait(Job::Payload(payload));
            };
            for byte in bytes {
                if payload.left > 0 {
                    payload.add(byte);
                }
            }
        }
        if let Some(place) = &payload.file {
            return self.write_file(place, &payload.data);
        }
        let link = self.links.get(payload.link);
        match link.pipe() {
            Some(Pipe::Tcp(connection)) => {
                let session = &mut self.links.get_mut(payload.link).session;
                match session {
                    Some(session) => {
                        session.send(world.now, connection, world.network, &payload.data);
                    }
                    None => world.network.send(world.now, connection, &payload.data),
                }
                if self.variant.sending_keeps_link {
                    self.links.get_mut(payload.link).last_data = world.now;
                }
            }
            Some(Pipe::Udp(socket)) => {
                let to = payload.to.unwrap_or(link.remote);
                self.send_datagrams(socket, to, &payload.data, world);
            }
            None => {}
        }
        Step::Next(Job::Sent {
            link: payload.link,
            count: payload.data.len(),
            at: world.now + self.config.latency,
        })
    }

    /// The answer waits for the network to take all of the payload.
    pub(super) fn await_sent(&mut self, link: usize, count: usize, world: &mut World) -> Step {
        let pipe = self.links.get(link).pipe();
        if pipe.is_some_and(|pipe| pipe.unsent(world) > 0) {
            let at = world.now + UNSENT;
            return Step::Wait(Job::Sent { link, count, at });
        }
        self.say(&format!("Recv {count} bytes"));
        if pipe.is_none() && self.variant.send_can_fail {
            return self.finish(Err(Code::FAILED));
        }
        self.conclude("SEND OK");
        Step::Next(Job::Idle)
    }
}
