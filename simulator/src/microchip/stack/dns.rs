//! Names and echoes: `AT+DNSRESOLV` and `AT+PING`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::task::Poll;
use std::time::Duration;

use crate::microchip::engine::Reply;
use crate::microchip::parameter::Parameters;
use crate::microchip::status::Status;
use crate::microchip::{Microchip, World};
use crate::network::Lookup;

/// How long the firmware waits for an answer.
const TIMEOUT: Duration = Duration::from_millis(5001);
/// Names are shorter than that.
const LONGEST_NAME: usize = 64;
const A: i64 = 1;
const AAAA: i64 = 2;

/// The lookup that is under way, the names that are known, and the echo that is awaited.
#[derive(Debug, Default)]
pub(in crate::microchip) struct Resolver {
    query: Option<Query>,
    known: BTreeMap<String, Ipv4Addr>,
    echo: Option<(Duration, IpAddr, Duration)>,
}

#[derive(Debug)]
struct Query {
    name: String,
    purpose: Purpose,
    /// None once it has failed, which is told when the time is over.
    lookup: Option<Lookup>,
    give_up: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Address { record: i64 },
    Echo { ipv6: bool },
}

impl Resolver {
    pub fn next(&self) -> Option<Duration> {
        let query = self.query.as_ref().map(|query| query.give_up);
        let echo = self.echo.map(|(at, ..)| at);
        query.into_iter().chain(echo).min()
    }
}

impl Microchip {
    /// `AT+DNSRESOLV=<type>,<name>`
    pub(in crate::microchip) fn resolve(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let record = parameters.integer(0)?;
        let name = parameters.text(1)?;
        if !self.station.is_associated() {
            return Err(Status::NOT_CONNECTED);
        }
        // Another lookup that was under way is never told of.
        self.resolver.query = None;
        if record != A && !(record == AAAA && self.variant.resolves_ipv6) {
            return Err(Status::DNS_TYPE);
        }
        if name.len() >= LONGEST_NAME {
            return Err(Status::INVALID_PARAMETER);
        }
        let name = String::from_utf8_lossy(name).into_owned();
        let literal = name.parse::<Ipv4Addr>().ok();
        let known = literal.or_else(|| self.resolver.known.get(&name).copied());
        if let Some(address) = known.filter(|_| record == A) {
            let row = self.resolution(record, &name, address.into());
            self.say(&row);
            return Ok(Reply::Ok);
        }
        self.look_up(name, Purpose::Address { record }, world);
        Ok(Reply::Ok)
    }

    /// `AT+PING=<host>[,<IP version>]`
    pub(in crate::microchip) fn ping(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let name = parameters.text(0)?;
        let ipv6 = match parameters.len() {
            1 => false,
            _ if !self.variant.pings_versions => return Err(Status::PARAMETER_COUNT),
            _ => match parameters.integer(1)? {
                1 => false,
                2 => true,
                _ => return Err(Status::INVALID_PARAMETER),
            },
        };
        if name.len() >= LONGEST_NAME {
            return Err(Status::INVALID_PARAMETER);
        }
        if !self.station.is_online() {
            return Err(Status::PING_FAILED);
        }
        let name = String::from_utf8_lossy(name).into_owned();
        match name.parse() {
            Ok(address) => self.send_echo(address, world),
            Err(_) => self.look_up(name, Purpose::Echo { ipv6 }, world),
        }
        Ok(Reply::Ok)
    }

    fn look_up(&mut self, name: String, purpose: Purpose, world: &mut World) {
        let lookup = world.network.resolve(world.now, &name);
        let online = self.station.is_online() && !name.is_empty();
        self.resolver.query = Some(Query {
            name,
            purpose,
            lookup: Some(lookup).filter(|_| online),
            give_up: world.now + TIMEOUT,
        });
    }

    pub(in crate::microchip) fn poll_resolver(&mut self, world: &mut World) {
        if let Some(mut query) = self.resolver.query.take() {
            if !self.answer(&mut query, world) {
                self.resolver.query = Some(query);
            }
        }
        let due = |echo: &mut (Duration, IpAddr, Duration)| echo.0 <= world.now;
        if let Some((_, address, time)) = self.resolver.echo.take_if(due) {
            self.tell(&format!("+PING:\"{address}\",{}", time.as_millis()));
        }
    }

    /// Whether the query is done.
    fn answer(&mut self, query: &mut Query, world: &mut World) -> bool {
        let addresses = query
            .lookup
            .map(|lookup| world.network.resolved(world.now, lookup));
        if let Some(Poll::Ready(addresses)) = addresses {
            query.lookup = None;
            if self.tell_addresses(query, &addresses, world) {
                return true;
            }
            if self.variant.error_events {
                query.give_up = world.now;
            }
        }
        if query.give_up > world.now {
            return false;
        }
        if matches!(query.purpose, Purpose::Address { .. }) {
            self.resolution_failed();
        }
        true
    }

    /// Tells what has been found, if that is of use.
    fn tell_addresses(&mut self, query: &Query, found: &[IpAddr], world: &mut World) -> bool {
        let wants_ipv6 = match query.purpose {
            Purpose::Address { record } => record == AAAA,
            Purpose::Echo { ipv6 } => ipv6,
        };
        let fitting = found
            .iter()
            .filter(|address| address.is_ipv6() == wants_ipv6);
        let fitting: Vec<IpAddr> = fitting.copied().collect();
        let Some(first) = fitting.first().copied() else {
            return false;
        };
        match first {
            IpAddr::V4(address) if self.variant.remembers_names => {
                self.resolver.known.insert(query.name.clone(), address);
            }
            _ => {}
        }
        match query.purpose {
            Purpose::Echo { .. } => self.send_echo(first, world),
            Purpose::Address { record } => {
                for address in fitting {
                    let row = self.resolution(record, &query.name, address);
                    self.tell(&row);
                }
            }
        }
        true
    }

    fn resolution(&self, record: i64, name: &str, address: IpAddr) -> String {
        let record = self.variant.record_type.unwrap_or(record);
        format!("+DNSRESOLV:{record},\"{name}\",\"{address}\"")
    }

    fn resolution_failed(&mut self) {
        let status = Status::DNS_TIMEOUT;
        if self.variant.error_events {
            self.tell(&format!("+DNSERROR:{}", status.code()));
        } else {
            self.tell_failure("+DNSRESOLV", status);
        }
    }

    /// Nothing is told of an echo that nobody answers.
    fn send_echo(&mut self, address: IpAddr, world: &mut World) {
        let time = world.network.ping(world.now, address);
        self.resolver.echo = time.map(|time| (world.now + time, address, time));
    }
}
