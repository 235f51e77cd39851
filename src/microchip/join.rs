//! The Microchip module's sequences for joining as the user wants it, and what it tells of the
//! network.

use super::command::wlan::{self, GetStation, StationState};
use super::literal::Literal;
use super::station::{CREDENTIALS, SSID, compose_text, enter, turn_on};
use super::status::Status;
use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::dialect::{Joining, Outcome, Station};
use crate::engine::text::number;
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::{
    FixedAddress, JoinOptions, Joined, LinkState, Mac, Numbered, Printed, Reported, Security,
};

use core::net::Ipv4Addr;

/// Any channel (reference 5.1.3).
const ANY_CHANNEL: u32 = 255;

/// Parameters of the station (wire notes 7): where it is, once it is up.
const CHANNEL: u32 = 4;
const BSSID: u32 = 5;

impl Joining for Microchip {
    fn join_with<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        options: &JoinOptions<'_>,
    ) -> Outcome {
        let checked = check(options);
        let security = checked.map_err(|usage| module.refuse(usage))?;
        // Before a byte is sent, and again behind the commands that are.
        compose_text(module, CREDENTIALS, options.password);
        module.check_command()?;
        compose_text(module, SSID, options.ssid);
        module.check_command()?;
        let joined = enter(module, |module| start(module, options, security));
        let is_wpa3 = matches!(security, wlan::Security::Wpa3 | wlan::Security::Wpa2Wpa3);
        // So firmware says that it has no WPA3 (wire notes 7): of the other parameters the channel
        // alone can be wrong.
        if is_wpa3
            && options.channel.is_none()
            && module.has_refused(&joined, Status::InvalidParameter)
        {
            module.session().refusal = Status::UnsupportedSecurity;
        }
        joined
    }

    fn station<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Option<Joined>> {
        let Some((ssid, security)) = network(module, |ssid| ssid.keep())? else {
            return Ok(None);
        };
        let ssid: Printed<32> = ssid.ok_or_else(|| module.engine.malformed())?;
        let mut bssid = None;
        ask(module, BSSID, &mut |value| {
            let octets = Literal::parse(value).and_then(|text| text.keep::<6>());
            let octets = octets.and_then(|octets| octets.as_bytes().try_into().ok());
            bssid = octets.map(Mac);
        })?;
        let mut channel = None;
        ask(module, CHANNEL, &mut |value| {
            channel = number(value).and_then(|n| u8::try_from(n).ok());
        })?;
        // A station that is on may not have found its access point yet.
        let session = module.session();
        let is_known =
            session.link_state == LinkState::NoAddress || session.vendor.address.is_some();
        if bssid.is_none() && !is_known {
            return Ok(None);
        }
        Ok(Some(Joined {
            ssid,
            bssid,
            channel: channel.filter(|channel| matches!(channel, 1..=14)),
            rssi: None,
            security: Some(security),
        }))
    }

    fn is_up_in<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        ssid: &[u8],
    ) -> Outcome<bool> {
        let network = network(module, |told| told.is(ssid))?;
        let is_up = module.session().vendor.address.is_some();
        Ok(is_up && matches!(network, Some((true, _))))
    }

    /// It stores nothing, but tells SSID and password to who asks, up to the next start.
    fn forget<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        Self::leave(module)?;
        for line in ["AT+WSTAC=3,\"\"\r\n", "AT+WSTAC=1,\"\"\r\n"] {
            let cleared = module.tell(line, &[]);
            // So firmware answers to an empty text, which it takes (wire notes 4).
            if !module.has_refused(&cleared, Status::ConfigurationFailed) {
                cleared?;
            }
        }
        Ok(())
    }
}

/// What the module cannot do; else how the network is protected, in its own words.
fn check(options: &JoinOptions<'_>) -> Result<wlan::Security, Usage> {
    let unsupported = [
        (options.bssid.is_some(), "a BSSID"),
        (options.ipv6, "IPv6"),
        (options.host_name.is_some(), "a host name"),
        (options.country.is_some(), "a country"),
        (
            options.dns != [None; 2] && options.address.is_none(),
            "name servers without a fixed address",
        ),
    ];
    if let Some((_, part)) = unsupported.into_iter().find(|(is_asked, _)| *is_asked) {
        return Err(Usage::Unsupported(part));
    }
    if !matches!(options.channel, None | Some(1..=14)) {
        return Err(Usage::OutOfRange { min: 1, max: 14 });
    }
    match options.protection(Security::WpaWpa2)? {
        Security::Open => Ok(wlan::Security::Open),
        Security::Wep => Err(Usage::Unsupported("WEP")),
        Security::Wpa2 => Ok(wlan::Security::Wpa2),
        Security::Wpa2Wpa3 => Ok(wlan::Security::Wpa2Wpa3),
        Security::Wpa3 => Ok(wlan::Security::Wpa3),
        _ => Ok(wlan::Security::WpaWpa2),
    }
}

/// Configures the station and turns it on. What is not asked for is taken back.
fn start<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    options: &JoinOptions<'_>,
    security: wlan::Security,
) -> Outcome {
    let timeout = module.timeouts.command;
    compose_text(module, SSID, options.ssid);
    module.send_composed(timeout)?;
    module.tell("AT+WSTAC=2,#\r\n", &[security.number()])?;
    if security != wlan::Security::Open {
        compose_text(module, CREDENTIALS, options.password);
        module.send_composed(timeout)?;
    }
    let channel = options.channel.map_or(ANY_CHANNEL, u32::from);
    module.tell("AT+WSTAC=#,#\r\n", &[CHANNEL, channel])?;
    match options.address {
        Some(fixed) => fix(module, fixed, options.dns)?,
        None => {
            module.session().vendor.fixed = 0;
            let freed = module.tell("AT+WSTAC=11,1\r\n", &[]);
            // The reference knows no such parameter, and nothing but DHCP.
            if !module.has_refused(&freed, Status::ConfigurationFailed) {
                freed?;
            }
        }
    }
    turn_on(module)
}

/// Gives the station an address, instead of DHCP.
fn fix<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    fixed: FixedAddress,
    dns: [Option<Ipv4Addr>; 2],
) -> Outcome {
    let [first, second] = dns.map(|server| server.unwrap_or(Ipv4Addr::UNSPECIFIED));
    let addresses = [fixed.ip, fixed.netmask, fixed.gateway, first, second];
    for (number, address) in (6..).zip(addresses) {
        module
            .compose("AT+WSTAC=#,", &[number])
            .address(address.into())
            .put("\r\n", &[]);
        module.send_composed(module.timeouts.command)?;
    }
    module.tell("AT+WSTAC=11,0\r\n", &[])?;
    // Nothing but the link itself will be told: that it is up then, and where.
    module.session().expect_others();
    module.session().vendor.fixed = fixed.ip.into();
    Ok(())
}

/// The network that the station was told to join, if it is on: its SSID as `read`, and how it is
/// protected.
fn network<R, T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    read: impl FnOnce(Literal<'_>) -> R,
) -> Outcome<Option<(R, Security)>> {
    module.write(&GetStation);
    module.keep_rows("+WSTA:", module.timeouts.command)?;
    let told = StationState::parse(module.engine.reply().trim_ascii());
    let network = told.map(|told| told.network.filter(|_| told.is_on));
    let network = network.map(|network| {
        network.map(|network| {
            let security = neutral(network.security);
            (read(network.ssid), security)
        })
    });
    network.ok_or_else(|| module.engine.malformed())
}

/// A parameter of the station as it is in force; nothing if the module does not know it.
pub(super) fn ask<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    parameter: u32,
    take: &mut dyn FnMut(&[u8]),
) -> Outcome {
    module.compose("AT+WSTAC=#\r\n", &[parameter]);
    let asked = module.ask("+WSTAC:", module.timeouts.command, &mut |row: &[u8]| {
        // The number is that of the question.
        if let Some(comma) = row.iter().position(|&b| b == b',') {
            take(row.get(comma + 1..).unwrap_or(&[]));
        }
    });
    match asked {
        Err(Fault::Refused) => Ok(()),
        other => other,
    }
}

/// The station's protection in words that both modules share.
pub(super) fn neutral(security: Reported<wlan::Security>) -> Security {
    match security.known() {
        Some(wlan::Security::Open) => Security::Open,
        Some(wlan::Security::Wep) => Security::Wep,
        Some(wlan::Security::WpaWpa2) => Security::WpaWpa2,
        Some(wlan::Security::Wpa2) => Security::Wpa2,
        Some(wlan::Security::Wpa2Wpa3) => Security::Wpa2Wpa3,
        Some(wlan::Security::Wpa3) => Security::Wpa3,
        None => Security::Unknown,
    }
}
