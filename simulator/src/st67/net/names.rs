//! Names and name servers.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::task::Poll;

use crate::network::Lookup;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step, Task};
use crate::st67::net::variant::NAME_SERVERS;
use crate::st67::{St67, World};

/// `AT+CIPDNS`.
#[derive(Clone, Copy, Debug)]
pub(in crate::st67) struct Dns {
    /// The servers were named, and not left to the module.
    pub by_hand: bool,
    pub servers: [Ipv4Addr; 3],
}

/// Goes on when the address is known, or that there is none.
type Then = Box<dyn FnOnce(&mut St67, Option<IpAddr>, &mut World) -> Result<Reply, Code> + Send>;

/// `<ip network>` of `AT+CIPDOMAIN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::st67) enum Family {
    Ipv4First,
    Ipv4,
    Ipv6,
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

/// A name is looked up.
struct Asked {
    lookup: Lookup,
    family: Family,
    then: Then,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("lookup", &self.lookup)
            .field("family", &self.family)
            .finish_non_exhaustive()
    }
}

impl Task for Asked {
    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        let Poll::Ready(addresses) = world.network.resolved(world.now, self.lookup) else {
            return Step::Wait(Job::from(*self));
        };
        match (self.then)(module, self.family.choose(&addresses), world) {
            Ok(Reply::Later(job)) => Step::Next(job),
            Ok(Reply::Ok) => module.finish(Ok(())),
            Ok(Reply::Silence) => Step::Next(Job::Idle),
            Err(code) => module.finish(Err(code)),
        }
    }
}

impl St67 {
    /// `AT+CIPV6?`
    pub(in crate::st67) fn ipv6(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say_switch("CIPV6", self.settings.kept.ipv6)
    }

    /// `AT+CIPV6=<enable>`
    pub(in crate::st67) fn set_ipv6(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let on = arguments.need_switch(0)?;
        self.keep_if_firmware(|kept| kept.ipv6 = on);
        Ok(Reply::Ok)
    }

    /// `AT+CIPDNS?`
    pub(in crate::st67) fn dns(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let dns = self.settings.kept.dns;
        let by_hand = u8::from(dns.is_some_and(|dns| dns.by_hand));
        let [a, b, c] = self.settings.name_servers;
        self.say(&format!("+CIPDNS:{by_hand},\"{a}\",\"{b}\",\"{c}\""));
        Ok(Reply::Ok)
    }

    /// `AT+CIPDNS=<enable>[,<"DNS IP1">][,<"DNS IP2">][,<"DNS IP3">]`
    pub(in crate::st67) fn set_dns(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=4)?;
        let on = arguments.need_switch(0)?;
        let named = arguments.len() > 1;
        let replaces = self.variant.net.replaces_name_servers;
        if replaces && named && !on {
            return Err(Code::INVALID);
        }
        let by_hand = on && (named || !replaces);
        let mut servers = if replaces && named {
            [Ipv4Addr::UNSPECIFIED; 3]
        } else {
            NAME_SERVERS
        };
        for (index, server) in servers.iter_mut().enumerate() {
            if let Some(address) = arguments.ipv4(index + 1)? {
                *server = address;
            }
        }
        self.use_name_servers(by_hand, servers);
        Ok(Reply::Ok)
    }

    pub(in crate::st67) fn use_name_servers(&mut self, by_hand: bool, servers: [Ipv4Addr; 3]) {
        self.keep(|kept| kept.dns = Some(Dns { by_hand, servers }));
        self.settings.name_servers = servers;
    }

    /// The station has got its address from DHCP, and with it a name server: the gateway.
    pub(in crate::st67) fn hear_name_server(&mut self) {
        let by_hand = self.settings.kept.dns.is_some_and(|dns| dns.by_hand);
        let dhcp = self.settings.kept.station_dhcp;
        if dhcp && !by_hand && self.variant.net.asks_dhcp_for_name_server {
            self.settings.name_servers[0] = self.config.gateway;
        }
    }

    /// `AT+CIPDOMAIN=<"domain name">[,<ip network>]`
    pub(in crate::st67) fn resolve(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=2)?;
        let name = arguments.need_text(0, self.variant.net.longest_host)?;
        let chosen = arguments.number(1, 1..=3)?;
        let family = match chosen.unwrap_or(self.variant.net.ip_network) {
            1 => Family::Ipv4First,
            2 => Family::Ipv4,
            _ => Family::Ipv6,
        };
        let refused = self.variant.net.networks_need_ipv6 || family == Family::Ipv6;
        if family != Family::Ipv4 && !self.settings.kept.ipv6 && refused {
            return Err(Code::NOT_ALLOWED);
        }
        self.look_up(
            name,
            family,
            |module, address, _| module.tell_address(address),
            world,
        )
    }

    /// Looks up a name, or takes it for the address that it is, and goes on with an address of that
    /// kind.
    pub(in crate::st67) fn look_up(
        &mut self,
        name: &[u8],
        family: Family,
        then: impl FnOnce(&mut St67, Option<IpAddr>, &mut World) -> Result<Reply, Code> + Send + 'static,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let name = std::str::from_utf8(name).unwrap_or_default();
        if let Ok(address) = name.parse() {
            return then(self, family.choose(&[address]), world);
        }
        if !self.is_online() || name.is_empty() {
            return then(self, None, world);
        }
        let asked = Asked {
            lookup: world.network.resolve(world.now, name),
            family,
            then: Box::new(then),
        };
        Ok(Reply::Later(asked.into()))
    }

    fn tell_address(&mut self, address: Option<IpAddr>) -> Result<Reply, Code> {
        match address {
            Some(address) => self.say(&format!("+CIPDOMAIN:\"{}\"", self.ip_text(address))),
            None if self.variant.net.null_address => self.say("+CIPDOMAIN:\"(null)\""),
            None => return Err(Code::FAILED),
        }
        Ok(Reply::Ok)
    }
}
