//! Sending: the prompt, the payload, and what is said behind it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::argument::Arguments;
use super::ble::Value;
use super::code::Code;
use super::files::Place;
use super::job::{Job, Reply, Step};
use super::memory::Cell;
use super::mqtt::Name;
use super::net::Wanted;
use super::pipe::{Follow, Pipe};
use super::through::Through;
use super::{St67, World};
use crate::mqtt::Message;

/// Pause between two looks at what the network has not taken yet.
const UNSENT: Duration = Duration::from_millis(1);

/// Payload that is being collected behind a prompt.
#[derive(Debug)]
pub(super) struct Payload {
    goal: Goal,
    /// Bytes that are still awaited at most.
    left: usize,
    data: Vec<u8>,
    escapes: Escapes,
    /// Where the last backslash was, if they are looked for again.
    unescaped: usize,
}

/// Where a payload goes.
#[derive(Debug)]
pub(super) enum Goal {
    Link {
        id: usize,
        /// Where a datagram goes, if not to the peer of the link.
        to: Option<SocketAddr>,
    },
    File(Place),
    Memory(Cell),
    Update,
    MqttName(Name),
    MqttMessage(Message),
    Ble(Value),
}

/// A payload for which a prompt will be printed, and where it is to go.
#[derive(Debug)]
pub(super) struct Destination {
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

/// What a backslash in the payload means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escapes {
    /// Nothing: `AT+CIPSEND`.
    None,
    /// The next byte is literal, except that `\0` ends the payload: `AT+CIPSENDEX`.
    Unescaped,
    /// There was one just now.
    Backslash,
    /// The same as unescaped, but they are looked for again in all that has come.
    Again,
    /// Nothing, and what comes with the last of the payload belongs to it.
    Excess,
}

impl Payload {
    pub fn new(goal: Goal, length: usize) -> Self {
        Payload {
            goal,
            left: length,
            data: Vec::new(),
            escapes: Escapes::None,
            unescaped: 0,
        }
    }

    /// Bytes that can belong to it.
    fn most(&self) -> usize {
        match self.escapes {
            Escapes::None | Escapes::Again => self.left,
            Escapes::Unescaped | Escapes::Backslash | Escapes::Excess => usize::MAX,
        }
    }

    /// Takes more of it.
    fn extend(&mut self, bytes: Vec<u8>) {
        if self.escapes == Escapes::Excess {
            self.left = self.left.saturating_sub(bytes.len());
            self.data.extend(bytes);
            return;
        }
        if self.escapes == Escapes::Again {
            let length = self.left + self.data.len();
            self.data.extend(bytes);
            let ended = self.unescape();
            self.left = if ended { 0 } else { length - self.data.len() };
            return;
        }
        for byte in bytes {
            if self.left > 0 {
                self.add(byte);
            }
        }
    }

    /// Takes the backslashes out, and says whether one of them ends the payload.
    fn unescape(&mut self) -> bool {
        let mut backslash = false;
        let mut at = self.unescaped;
        while let Some(&byte) = self.data.get(at) {
            if backslash && byte == b'0' {
                self.data.truncate(at - 1);
                return true;
            }
            if backslash {
                at -= 1;
                self.data.remove(at);
                self.unescaped = at;
            }
            backslash = !backslash && byte == b'\\';
            at += 1;
        }
        false
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
        self.prompt_for(arguments, Way::Counted, world)
    }

    /// `AT+CIPSENDEX=[<id>,]<length>[,<"remote host">,<remote port>]`
    pub(super) fn send_escaped(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        self.prompt_for(arguments, Way::Escaped, world)
    }

    /// `AT+CIPSENDL=[<id>,]<length>[,<"remote host">,<remote port>]`
    pub(super) fn send_long(
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
            Way::Counted | Way::Escaped => self.variant.longest_send,
            Way::Long => i64::from(i32::MAX),
        };
        arguments.any_number(first)?;
        let host = arguments.text(first + 1, self.variant.longest_host)?;
        let port = arguments.number(first + 2, 0..=65535)?.unwrap_or(0);
        let length = arguments.need_number(first, 1..=longest)?;
        let destination = Destination {
            link,
            length: usize::try_from(length).unwrap_or(0),
            way,
            port: u16::try_from(port).unwrap_or(0),
        };
        match host {
            Some(host) => self.look_up(host, Wanted::Destination(destination), world),
            None => self.prompt(destination, None),
        }
    }

    /// The address of the host in `AT+CIPSEND` is known.
    pub(super) fn send_to(
        &mut self,
        address: IpAddr,
        destination: Destination,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let Destination { link, port, .. } = destination;
        let to = SocketAddr::new(address, port);
        if self.links.get(link).is_free() && self.variant.send_sets_peer && port != 0 {
            self.open_udp(link, to, 0, Follow::Nobody, world)?;
        }
        match self.links.get(link).pipe() {
            None => Err(Code::FAILED),
            Some(Pipe::Tcp(_)) => Err(Code::NOT_ALLOWED),
            Some(Pipe::Udp(_)) if self.variant.send_sets_peer => {
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
            Way::Counted if self.variant.sends_excess && self.config.baud.is_none() => {
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
        Ok(Reply::Later(Job::Payload(Payload {
            escapes,
            ..Payload::new(Goal::Link { id, to }, destination.length)
        })))
    }

    fn escapes(&self) -> Escapes {
        if self.variant.unescapes_again && self.config.baud.is_some() {
            Escapes::Again
        } else {
            Escapes::Unescaped
        }
    }

    /// The prompt behind which a payload is awaited.
    pub(super) fn prompt_for_payload(&mut self, goal: Goal, length: usize) -> Reply {
        let prompt = self.variant.prompt;
        self.output.write(&[prompt.as_bytes()]);
        Reply::Later(Job::Payload(Payload::new(goal, length)))
    }

    pub(super) fn collect(&mut self, mut payload: Payload, world: &mut World) -> Step {
        while payload.left > 0 {
            let Some(bytes) = self.input.payload(payload.most()) else {
                return Step::Wait(Job::Payload(payload));
            };
            payload.extend(bytes);
        }
        let Payload { goal, data, .. } = payload;
        match goal {
            Goal::Link { id, to } => self.send_on(id, to, &data, world),
            Goal::File(place) => self.write_file(&place, &data),
            Goal::Memory(cell) => self.write_memory(cell, &data),
            Goal::Update => self.take_update(&data),
            Goal::MqttName(name) => self.take_mqtt_name(name, &data),
            Goal::Ble(value) => self.take_ble_value(value, &data, world),
            Goal::MqttMessage(message) => self.take_mqtt_message(message, &data, world),
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
        Step::Next(Job::Sent {
            link: id,
            count: data.len(),
            at: world.now + self.config.latency,
        })
    }

    /// Sends on a link that is open.
    pub(super) fn send_over(
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
                if self.variant.sending_keeps_link {
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
