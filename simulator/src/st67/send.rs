//! Sending: the prompt, the payload, and what is said behind it.

use std::time::Duration;

use super::argument::Arguments;
use super::code::Code;
use super::job::{Job, Reply, Step};
use super::{St67, World};

/// Pause between two looks at what the network has not taken yet.
const UNSENT: Duration = Duration::from_millis(1);

/// Payload that is being collected behind a prompt.
#[derive(Debug)]
pub(super) struct Payload {
    link: usize,
    /// Bytes that are still awaited at most.
    left: usize,
    data: Vec<u8>,
    escapes: Escapes,
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
    pub(super) fn send(&mut self, arguments: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let prompt = self.variant.prompt;
        self.prompt_for(arguments, Escapes::None, prompt)
    }

    /// `AT+CIPSENDEX=[<id>,]<length>[,<"remote host">,<remote port>]`
    pub(super) fn send_escaped(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let prompt = self.variant.prompt_ex;
        self.prompt_for(arguments, Escapes::Unescaped, prompt)
    }

    fn prompt_for(
        &mut self,
        arguments: &Arguments,
        escapes: Escapes,
        prompt: &str,
    ) -> Result<Reply, Code> {
        let (link, first) = self.link_argument(arguments)?;
        arguments.expect(first + 1..=first + 3)?;
        let length = arguments.need_number(first, 1..=self.variant.longest_send)?;
        arguments.text(first + 1, self.variant.longest_host)?;
        arguments.number(first + 2, 0..=65535)?;
        if self.links.get(link).connection().is_none() {
            return Err(Code::FAILED);
        }
        let ok = format!("{}OK\r\n", self.variant.lead);
        self.output.write(&[ok.as_bytes(), prompt.as_bytes()]);
        Ok(Reply::Later(Job::Payload(Payload {
            link,
            left: usize::try_from(length).unwrap_or(0),
            data: Vec::new(),
            escapes,
        })))
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
        if let Some(connection) = self.links.get(payload.link).connection() {
            world.network.send(world.now, connection, &payload.data);
        }
        Step::Next(Job::Sent {
            link: payload.link,
            count: payload.data.len(),
            at: world.now + self.config.latency,
        })
    }

    /// The answer waits for the network to take all of the payload.
    pub(super) fn await_sent(&mut self, link: usize, count: usize, world: &mut World) -> Step {
        let connection = self.links.get(link).connection();
        if connection.is_some_and(|connection| world.network.unsent(connection) > 0) {
            let at = world.now + UNSENT;
            return Step::Wait(Job::Sent { link, count, at });
        }
        self.say(&format!("Recv {count} bytes"));
        if connection.is_none() && self.variant.send_can_fail {
            return self.finish(Err(Code::FAILED));
        }
        self.conclude("SEND OK");
        Step::Next(Job::Idle)
    }
}
