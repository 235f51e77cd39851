//! Addresses, names and name servers: 4.1.1 to 4.1.4.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatEnum, AtatResp};
use heapless::Vec;

use super::super::{Done, values};
use crate::engine::text::{Fields, unquoted};
use crate::st67::text::Text;
use crate::value::Ip;
use crate::value::Mac;
use crate::value::ip as address;
use crate::value::{Reported, Switch};

/// `AT+CIPV6?`: asks whether IPv6 is on (4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPV6?", Ipv6State, timeout_ms = 6000, termination = "\r\n")]
pub struct GetIpv6;

/// The reply to [`GetIpv6`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Ipv6State {
    /// Whether it is on.
    pub ipv6: Reported<Switch>,
}

/// `AT+CIPV6`: switches IPv6 on or off (4.1.1), before joining. Default: off, and then whatever has
/// to do with IPv6 is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPV6", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetIpv6 {
    /// Whether it shall be on.
    pub ipv6: Switch,
}

/// `AT+CIFSR`: asks for all addresses of the module (4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIFSR",
    LocalAddresses,
    parse = parse_local,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetLocalAddresses;

/// The reply to [`GetLocalAddresses`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalAddresses {
    /// Those of the station.
    pub station: Interface,
    /// Those of the soft access point.
    pub access_point: Interface,
}

/// The addresses of one side of the module; what it does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The IPv4 address; unspecified if there is none.
    pub ip: Option<Ipv4Addr>,
    /// The link-local IPv6 address.
    pub ip6_local: Option<Ipv6Addr>,
    /// The global IPv6 address.
    pub ip6_global: Option<Ipv6Addr>,
    /// The hardware address.
    pub mac: Option<Mac>,
}

impl AtatResp for LocalAddresses {}

fn parse_local(reply: &[u8]) -> Result<LocalAddresses, atat::Error> {
    let mut addresses = LocalAddresses::default();
    let lines = reply.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    for line in lines.filter(|line| !line.is_empty()) {
        local_row(&mut addresses, line).ok_or(atat::Error::Parse)?;
    }
    Ok(addresses)
}

/// `+CIFSR:STAIP,"<address>"`; before an IPv6 address firmware has a colon for the comma.
fn local_row(addresses: &mut LocalAddresses, line: &[u8]) -> Option<()> {
    let row = line.strip_prefix(b"+CIFSR:")?;
    let end = row.iter().position(|b| b":,".contains(b))?;
    let (name, value) = row.split_at_checked(end)?;
    let value = unquoted(value.get(1..)?);
    let (side, name) = match name.strip_prefix(b"STA") {
        Some(name) => (&mut addresses.station, name),
        None => (&mut addresses.access_point, name.strip_prefix(b"AP")?),
    };
    match name {
        b"IP" => side.ip = Some(address::v4(value)?),
        b"IP6LL" => side.ip6_local = Some(address::v6(value)?),
        b"IP6GL" => side.ip6_global = Some(address::v6(value)?),
        b"MAC" => side.mac = Some(Mac::parse(value)?),
        _ => return None,
    }
    Some(())
}

/// Which addresses a name is resolved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatEnum)]
pub enum Family {
    /// IPv4 preferred. The firmware refuses this unless IPv6 is switched on.
    Ipv4First = 1,
    /// IPv4 only: the firmware's default.
    Ipv4 = 2,
    /// IPv6 only. The firmware refuses this unless IPv6 is switched on.
    Ipv6 = 3,
}

/// `AT+CIPDOMAIN`: resolves a name (4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPDOMAIN",
    Resolved,
    parse = parse_resolved,
    timeout_ms = 20000,
    termination = "\r\n"
)]
pub struct Resolve<'a> {
    /// The name: up to 127 bytes in firmware 2.0.75.
    pub name: Text<'a, 127>,
    /// Which addresses to look for. The reference's default is 1, the firmware's 2.
    pub family: Family,
}

/// The reply to [`Resolve`]. A failed lookup is no parseable address: `(null)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The address; unspecified if newer firmware found none.
    pub address: IpAddr,
}

impl AtatResp for Resolved {}

fn parse_resolved(reply: &[u8]) -> Result<Resolved, atat::Error> {
    let address = Fields::new(values(reply, b"+CIPDOMAIN:")?).address();
    address
        .map(|address| Resolved { address })
        .ok_or(atat::Error::Parse)
}

/// `AT+CIPDNS?`: asks for the name servers (4.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPDNS?",
    NameServers,
    parse = parse_name_servers,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetNameServers;

/// The reply to [`GetNameServers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameServers {
    /// On: set by [`SetNameServers`]; off: by DHCP.
    pub manual: Reported<Switch>,
    /// The servers; unspecified where there is none.
    pub servers: Vec<IpAddr, 3>,
}

impl AtatResp for NameServers {}

fn parse_name_servers(reply: &[u8]) -> Result<NameServers, atat::Error> {
    name_servers(values(reply, b"+CIPDNS:")?).ok_or(atat::Error::Parse)
}

fn name_servers(values: &[u8]) -> Option<NameServers> {
    let mut fields = Fields::new(values);
    let manual = fields.reported()?;
    let mut servers = Vec::new();
    while !fields.is_empty() {
        servers.push(fields.address()?).ok()?;
    }
    Some(NameServers { manual, servers })
}

/// `AT+CIPDNS`: names the name servers (4.1.4). They must differ. The setting is stored with
/// `AT+SYSSTORE=1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPDNS", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetNameServers {
    /// On: use these; off: use those of DHCP, until then 208.67.222.222 and 8.8.8.8.
    pub manual: Switch,
    /// The first. Default: 208.67.222.222.
    pub first: Option<Ip>,
    /// The second. Default: 8.8.8.8.
    pub second: Option<Ip>,
    /// The third.
    pub third: Option<Ip>,
}
