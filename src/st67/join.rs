//! The ST67's sequences for joining as the user wants it, and what it tells of the network.

use super::command::wifi::{self, GetJoined, GetState};
use super::scan::security;
use super::station::{become_station, compose_join, enter};
use super::text::Rule;
use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Joining, Outcome, Station};
use crate::engine::text::number;
use crate::error::Usage;
use crate::transport::Transport;
use crate::value::{JoinOptions, Joined, LinkState, Numbered, Reported, Security, Switch};

/// Gives addresses, and name servers, back to DHCP.
const DHCP: &str = "AT+CWDHCP=1,1\r\n";
const DHCP_DNS: &str = "AT+CIPDNS=0\r\n";

impl Joining for St67 {
    fn join_with<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        options: &JoinOptions<'_>,
    ) -> Outcome {
        let checked = match options.channel {
            None => options.protection(Security::Wpa2Wpa3),
            Some(_) => Err(Usage::Unsupported("a channel")),
        };
        let security = checked.map_err(|usage| module.refuse(usage))?;
        // Before a byte is sent, and again behind the commands that are.
        compose_country(module, options);
        module.check_command()?;
        compose_host_name(module, options);
        module.check_command()?;
        compose(module, options, security);
        module.check_command()?;
        become_station(module)?;
        // Addresses that are set while it is up would be told as news of this network.
        Self::leave(module)?;
        configure(module, options)?;
        compose(module, options, security);
        enter(module, module.timeouts.join)
    }

    fn station<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Option<Joined>> {
        module.write(&GetJoined);
        module.keep_rows("+CWJAP:", module.timeouts.command)?;
        let Some(found) = module.parse_reply(&GetJoined)?.access_point else {
            return Ok(None);
        };
        let mut told = None;
        module.compose("AT+CWSTATE?\r\n", &[]);
        module.ask("+CWSTATE:", module.timeouts.command, &mut |row: &[u8]| {
            told = told_security(row);
        })?;
        Ok(Some(Joined {
            ssid: found.ssid,
            bssid: Some(found.bssid),
            channel: Some(found.channel),
            rssi: found.rssi.try_into().ok(),
            security: match found.wep == Switch::On {
                true => Some(Security::Wep),
                false => told,
            },
        }))
    }

    fn is_up_in<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        ssid: &[u8],
    ) -> Outcome<bool> {
        module.write(&GetState);
        module.keep_rows("+CWSTATE:", module.timeouts.command)?;
        let told = module.parse_reply(&GetState)?;
        Ok(told.state == LinkState::Up && told.ssid.as_bytes() == ssid)
    }

    fn forget<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        // What is no station leaves nothing (wire notes, 11).
        become_station(module)?;
        module.session().station_leaves();
        module.tell("AT+CWQAP=1\r\n", &[])?;
        module.session().link_state = LinkState::Disconnected;
        Ok(())
    }
}

/// Tells the module all but the network itself; what is not asked for is taken back.
fn configure<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    options: &JoinOptions<'_>,
) -> Outcome {
    let timeout = module.timeouts.command;
    if options.country.is_some() {
        compose_country(module, options);
        module.send_composed(timeout)?;
    }
    if options.host_name.is_some() {
        compose_host_name(module, options);
        module.send_composed(timeout)?;
    }
    if options.ipv6 {
        module.tell("AT+CIPV6=1\r\n", &[])?;
    }
    match options.address {
        Some(fixed) => {
            let command = module.compose("AT+CIPSTA=", &[]).address(fixed.ip.into());
            let command = command.put(",", &[]).address(fixed.gateway.into());
            let command = command.put(",", &[]).address(fixed.netmask.into());
            command.put("\r\n", &[]);
            module.send_composed(timeout)?;
        }
        None => module.tell(DHCP, &[])?,
    }
    if options.dns == [None; 2] {
        return module.tell(DHCP_DNS, &[]);
    }
    let command = module.compose("AT+CIPDNS=1", &[]);
    for &server in options.dns.iter().flatten() {
        command.put(",", &[]).address(server.into());
    }
    command.put("\r\n", &[]);
    module.send_composed(timeout)
}

fn compose<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    options: &JoinOptions<'_>,
    security: Security,
) {
    let password = match security {
        Security::Open => &[],
        _ => options.password,
    };
    let command = compose_join(module, options.ssid, password);
    if let Some(bssid) = options.bssid {
        command.put(",", &[]).mac(bssid);
    }
    if security == Security::Wep {
        command.put(if options.bssid.is_some() { ",1" } else { ",,1" }, &[]);
    }
    command.put("\r\n", &[]);
}

/// Nothing of it is sent if no country was named; nor of a host name.
fn compose_country<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    options: &JoinOptions<'_>,
) {
    module
        .compose("AT+CWCOUNTRY=1,", &[])
        .text::<Rule>(options.country.unwrap_or_default().as_bytes(), 3)
        .put("\r\n", &[]);
}

fn compose_host_name<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    options: &JoinOptions<'_>,
) {
    module
        .compose("AT+CWHOSTNAME=", &[])
        .text::<Rule>(options.host_name.unwrap_or_default().as_bytes(), 32)
        .put("\r\n", &[]);
}

/// `<state>,"<ssid>",<security>,<protocol>` in firmware 2.0.97 and later; the SSID is not escaped.
fn told_security(row: &[u8]) -> Option<Security> {
    let end = row.iter().rposition(|&b| b == b'"')?;
    let told = row.get(end..)?.strip_prefix(b"\",")?;
    let number = number(told.split(|&b| b == b',').next()?)?;
    let known = wifi::Security::from_number(number)?;
    Some(security(Reported::Known(known)))
}
