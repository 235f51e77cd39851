//! Echoes of other hosts.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Reply, Step, Task};
use crate::st67::net::names::Family;
use crate::st67::{St67, World};

/// How long an echo is waited for.
const ECHO_TIMEOUT: Duration = Duration::from_secs(1);

/// Echoes that are still to come.
#[derive(Debug)]
pub(in crate::st67) struct Echoes {
    pub host: IpAddr,
    /// When the next one is answered or given up.
    pub next: Duration,
    interval: Duration,
    /// How long an echo is waited for.
    patience: Duration,
    left: i64,
    /// How long the current one takes.
    time: Option<Duration>,
}

impl Task for Echoes {
    fn next(&self) -> Option<Duration> {
        Some(self.next)
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        module.ping_on(*self, world)
    }
}

impl St67 {
    /// `AT+PING=<"host">[,<len>,<count>,<interval>[,<timeout>]]`
    pub(in crate::st67) fn ping(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=self.variant.net.ping_arguments)?;
        let name = arguments.need_text(0, self.variant.net.longest_host)?;
        arguments.number(1, 1..=65534)?;
        let count = arguments.number(2, 1..=65535)?;
        let count = count.unwrap_or(self.variant.net.echoes);
        let interval = arguments.number(3, 1..=65534)?.unwrap_or(1000);
        let patience = arguments.number(4, 0..=i64::from(u16::MAX))?;
        let patience = patience.and_then(|patience| u64::try_from(patience).ok());
        let echoes = Echoes {
            host: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            next: world.now,
            interval: Duration::from_millis(u64::try_from(interval).unwrap_or(0)),
            patience: patience.map_or(ECHO_TIMEOUT, Duration::from_millis),
            left: count,
            time: None,
        };
        self.look_up(
            name,
            Family::Ipv4First,
            move |module, address, world| module.start_echoes(address, echoes, world),
            world,
        )
    }

    /// The address is known, or that there is none.
    fn start_echoes(
        &mut self,
        address: Option<IpAddr>,
        mut echoes: Echoes,
        world: &mut World,
    ) -> Result<Reply, Code> {
        match address {
            Some(address) => echoes.host = address,
            None if self.variant.net.pings_after_ok => return Err(Code::ADDRESS),
            None => {
                self.say("+PING:TIMEOUT");
                return Err(Code::FAILED);
            }
        }
        let echoes = self.send_echo(echoes, world);
        if self.variant.net.pings_after_ok {
            self.echoes.push(echoes);
            return Ok(Reply::Ok);
        }
        Ok(Reply::Later(echoes.into()))
    }

    /// Tells the echoes that come while other commands are answered.
    pub(in crate::st67) fn poll_echoes(&mut self, world: &mut World) {
        for echoes in std::mem::take(&mut self.echoes) {
            if echoes.next > world.now {
                self.echoes.push(echoes);
            } else {
                let (_, more) = self.tell_echo(echoes, world);
                self.echoes.extend(more);
            }
        }
    }

    /// An echo that the answer to the command waits for.
    fn ping_on(&mut self, echoes: Echoes, world: &mut World) -> Step {
        match self.tell_echo(echoes, world) {
            (_, Some(more)) => Step::Next(more.into()),
            (true, None) => self.finish(Ok(())),
            (false, None) => self.finish(Err(Code::FAILED)),
        }
    }

    /// Tells one echo and sends the next; whether it was answered, and what is still to come.
    fn tell_echo(&mut self, mut echoes: Echoes, world: &mut World) -> (bool, Option<Echoes>) {
        let answered = echoes.time.map(|time| time.as_millis());
        match answered {
            Some(0) | None => self.say("+PING:TIMEOUT"),
            Some(time) if self.variant.net.pings_after_ok => self.say(&format!("+PING:{time}ms")),
            Some(time) => self.say(&format!("+PING:{time}")),
        }
        echoes.left -= 1;
        echoes.next += echoes.interval;
        let more = (echoes.left > 0).then(|| self.send_echo(echoes, world));
        (answered.is_some(), more)
    }

    /// The next echo, and when it is answered or given up.
    fn send_echo(&self, echoes: Echoes, world: &mut World) -> Echoes {
        let time = self.is_online().then_some(echoes.host);
        let time = time.and_then(|host| world.network.ping(world.now, host));
        let time = time.filter(|time| *time <= echoes.patience);
        Echoes {
            next: echoes.next.max(world.now) + time.unwrap_or(echoes.patience),
            time,
            ..echoes
        }
    }
}
