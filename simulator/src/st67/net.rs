//! Names and echoes: the first part of chapter 4 of the reference.

use std::net::{IpAddr, Ipv4Addr};
use std::task::Poll;
use std::time::Duration;

use super::argument::Arguments;
use super::code::Code;
use super::job::{Job, Reply, Step};
use super::send::Destination;
use super::start::Target;
use super::{St67, World};
use crate::network::Lookup;

/// Name servers if DHCP has not named any.
const NAME_SERVERS: [Ipv4Addr; 3] = [
    Ipv4Addr::new(208, 67, 222, 222),
    Ipv4Addr::new(8, 8, 8, 8),
    Ipv4Addr::UNSPECIFIED,
];

/// How long an echo is waited for.
const ECHO_TIMEOUT: Duration = Duration::from_secs(1);

/// What a name is looked up for.
#[derive(Debug)]
pub(super) enum Wanted {
    /// `AT+CIPDOMAIN`, and which kinds of address it takes.
    Address(Family),
    /// `AT+CIPSTART`.
    Connection(Target),
    /// `AT+CIPSEND` of a datagram.
    Destination(Destination),
    /// `AT+PING`.
    Echoes(Echoes),
}

/// `<ip network>` of `AT+CIPDOMAIN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Ipv4First,
    Ipv4,
    Ipv6,
}

/// Echoes that are still to come.
#[derive(Debug)]
pub(super) struct Echoes {
    pub host: IpAddr,
    /// When the next one is answered or given up.
    pub next: Duration,
    interval: Duration,
    left: i64,
    /// How long the current one takes.
    time: Option<Duration>,
}

impl Family {
    pub fn choose(self, addresses: &[IpAddr]) -> Option<IpAddr> {
        let ipv4 = addresses.iter().find(|address| address.is_ipv4());
        let ipv6 = addresses.iter().find(|address| address.is_ipv6());
        match self {
            Family::Ipv4First => ipv4.or(ipv6),
            Family::Ipv4 => ipv4,
            Family::Ipv6 => ipv6,
        }
        .copied()
    }
}

impl St67 {
    /// `AT+CIPV6?`
    pub(super) fn ipv6(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say_switch("CIPV6", self.settings.kept.ipv6)
    }

    /// `AT+CIPV6=<enable>`
    pub(super) fn set_ipv6(&mut self, arguments: &Arguments, _: &mut World) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let on = arguments.need_switch(0)?;
        self.keep_if_firmware(|kept| kept.ipv6 = on);
        Ok(Reply::Ok)
    }

    /// `AT+CIPDNS?`
    pub(super) fn dns(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let by_hand = u8::from(self.settings.kept.dns.is_some());
        let [a, b, c] = self.settings.kept.dns.unwrap_or(NAME_SERVERS);
        self.say(&format!("+CIPDNS:{by_hand},\"{a}\",\"{b}\",\"{c}\""));
        Ok(Reply::Ok)
    }

    /// `AT+CIPDNS=<enable>[,<"DNS IP1">][,<"DNS IP2">][,<"DNS IP3">]`
    pub(super) fn set_dns(&mut self, arguments: &Arguments, _: &mut World) -> Result<Reply, Code> {
        arguments.expect(1..=4)?;
        let by_hand = arguments.need_switch(0)?;
        let mut servers = NAME_SERVERS;
        for (index, server) in servers.iter_mut().enumerate() {
            if let Some(address) = arguments.ipv4(index + 1)? {
                *server = address;
            }
        }
        self.keep(|kept| kept.dns = by_hand.then_some(servers));
        Ok(Reply::Ok)
    }

    /// `AT+CIPDOMAIN=<"domain name">[,<ip network>]`
    pub(super) fn resolve(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=2)?;
        let name = arguments.need_text(0, self.variant.longest_host)?;
        let chosen = arguments.number(1, 1..=3)?;
        let family = match chosen.unwrap_or(self.variant.ip_network) {
            1 => Family::Ipv4First,
            2 => Family::Ipv4,
            _ => Family::Ipv6,
        };
        let refused = self.variant.networks_need_ipv6 || family == Family::Ipv6;
        if family != Family::Ipv4 && !self.settings.kept.ipv6 && refused {
            return Err(Code::NOT_ALLOWED);
        }
        self.look_up(name, Wanted::Address(family), world)
    }

    /// Looks up a name, or takes it for the address that it is.
    pub(super) fn look_up(
        &mut self,
        name: &[u8],
        wanted: Wanted,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let name = std::str::from_utf8(name).unwrap_or_default();
        if let Ok(address) = name.parse() {
            return self.use_addresses(&[address], wanted, world);
        }
        if !self.is_online() || name.is_empty() {
            return self.use_addresses(&[], wanted, world);
        }
        let lookup = world.network.resolve(world.now, name);
        Ok(Reply::Later(Job::Lookup { lookup, wanted }))
    }

    pub(super) fn await_lookup(
        &mut self,
        lookup: Lookup,
        wanted: Wanted,
        world: &mut World,
    ) -> Step {
        let Poll::Ready(addresses) = world.network.resolved(world.now, lookup) else {
            return Step::Wait(Job::Lookup { lookup, wanted });
        };
        match self.use_addresses(&addresses, wanted, world) {
            Ok(Reply::Later(job)) => Step::Next(job),
            Ok(Reply::Ok) => self.finish(Ok(())),
            Err(code) => self.finish(Err(code)),
        }
    }

    fn use_addresses(
        &mut self,
        addresses: &[IpAddr],
        wanted: Wanted,
        world: &mut World,
    ) -> Result<Reply, Code> {
        match wanted {
            Wanted::Address(family) => self.tell_address(family.choose(addresses)),
            Wanted::Connection(target) => {
                let address = target.family().choose(addresses).ok_or(Code::FAILED)?;
                self.connect(address, target, world)
            }
            Wanted::Destination(destination) => {
                let address = Family::Ipv4First.choose(addresses).ok_or(Code::ADDRESS)?;
                self.send_to(address, destination, world)
            }
            Wanted::Echoes(echoes) => {
                let address = Family::Ipv4First.choose(addresses);
                self.start_echoes(address, echoes, world)
            }
        }
    }

    fn tell_address(&mut self, address: Option<IpAddr>) -> Result<Reply, Code> {
        match address {
            Some(address) => self.say(&format!("+CIPDOMAIN:\"{}\"", self.ip_text(address))),
            None if self.variant.null_address => self.say("+CIPDOMAIN:\"(null)\""),
            None => return Err(Code::FAILED),
        }
        Ok(Reply::Ok)
    }

    /// `AT+PING=<"host">[,<len>,<count>,<interval>]`
    pub(super) fn ping(&mut self, arguments: &Arguments, world: &mut World) -> Result<Reply, Code> {
        arguments.expect(1..=5)?;
        let name = arguments.need_text(0, self.variant.longest_host)?;
        arguments.number(1, 0..=65535)?;
        let count = arguments.number(2, 1..=65535)?.unwrap_or(1);
        let interval = arguments.number(3, 0..=65535)?.unwrap_or(1000);
        let echoes = Echoes {
            host: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            next: world.now,
            interval: Duration::from_millis(u64::try_from(interval).unwrap_or(0)),
            left: count,
            time: None,
        };
        self.look_up(name, Wanted::Echoes(echoes), world)
    }

    fn start_echoes(
        &mut self,
        address: Option<IpAddr>,
        mut echoes: Echoes,
        world: &mut World,
    ) -> Result<Reply, Code> {
        if self.variant.pings_after_ok {
            self.answer(Ok(()));
        }
        match address {
            Some(address) if self.is_online() => {
                echoes.host = address;
                Ok(Reply::Later(Job::Ping(send_echo(echoes, world))))
            }
            _ => {
                self.say("+PING:TIMEOUT");
                self.end_echoes(false)
            }
        }
    }

    pub(super) fn ping_on(&mut self, mut echoes: Echoes, world: &mut World) -> Step {
        let answered = echoes.time.map(|time| time.as_millis());
        match answered {
            Some(0) | None => self.say("+PING:TIMEOUT"),
            Some(time) if self.variant.pings_after_ok => self.say(&format!("+PING:{time}ms")),
            Some(time) => self.say(&format!("+PING:{time}")),
        }
        echoes.left -= 1;
        if echoes.left > 0 {
            echoes.next += echoes.interval;
            return Step::Next(Job::Ping(send_echo(echoes, world)));
        }
        match self.end_echoes(answered.is_some()) {
            Ok(Reply::Ok) => self.finish(Ok(())),
            Ok(Reply::Later(job)) => Step::Next(job),
            Err(code) => self.finish(Err(code)),
        }
    }

    /// The final result, if it has not been told in front of the echoes.
    fn end_echoes(&mut self, answered: bool) -> Result<Reply, Code> {
        if self.variant.pings_after_ok {
            Ok(Reply::Later(Job::Idle))
        } else if answered {
            Ok(Reply::Ok)
        } else {
            Err(Code::FAILED)
        }
    }
}

/// The next echo, and when it is answered or given up.
fn send_echo(echoes: Echoes, world: &mut World) -> Echoes {
    let time = world.network.ping(world.now, echoes.host);
    Echoes {
        next: echoes.next.max(world.now) + time.unwrap_or(ECHO_TIMEOUT),
        time,
        ..echoes
    }
}
