//! The Microchip module's sequences for the access point that it can be instead of a station.

use core::net::Ipv4Addr;

use super::status::Status;
use super::text::Rule;
use super::words::split;
use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::Session;
use crate::driver::dialect::{AccessPoint, Outcome};
use crate::engine::protocol::Line;
use crate::engine::words::{Words, words};
use crate::error::{Closed, Fault, Usage};
use crate::transport::Transport;
use crate::value::{AccessPointConfig, Client, LinkState, Security};

/// The default (reference 5.3.3).
const CHANNEL: u8 = 6;

/// Its own address in its network: what the reference's example hands out is of that network (5.4.6),
/// and firmware has it so.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 1);

/// Whether it is hidden; as every setting taken only while the access point is off.
const HIDDEN: &str = "AT+WAPC=5,#\r\n";

/// Ends the access point that is there for provisioning.
pub(super) const END_PROVISIONING: &str = "AT+WPROV=0\r\n";

impl AccessPoint for Microchip {
    fn start_access_point<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        config: &AccessPointConfig<'_>,
        security: Security,
    ) -> Outcome<Ipv4Addr> {
        set_up(module, config, security)?;
        module.tell("AT+WAP=1\r\n", &[])?;
        Ok(ADDRESS)
    }

    fn stop_access_point<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        let stopped = tell_end(module, "AT+WAP=0\r\n");
        if stopped != Err(Fault::Refused) {
            return stopped;
        }
        // It is off already if it takes a setting. Else it is there for provisioning, which the driver
        // before this one has left.
        let set = module.tell(HIDDEN, &[0]);
        match module.has_refused(&set, Status::ConfigurationBlocked) {
            true => tell_end(module, END_PROVISIONING),
            false => set,
        }
    }

    fn clients<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        _: &mut dyn FnMut(&Client),
    ) -> Outcome {
        Err(module.refuse(Usage::Unsupported("a list of clients")))
    }
}

/// Ends the access point, and the connections over it, whatever the module says of each of them. Those of
/// a station that is up are not over it: the module is one or the other.
fn tell_end<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, line: &'static str) -> Outcome {
    let session = module.session();
    if !matches!(session.link_state, LinkState::Up | LinkState::NoAddress) {
        over(session);
    }
    module.tell(line, &[])?;
    over(module.session());
    Ok(())
}

/// Sets the access point up, stopping it if it is on, and lets its events be taken.
pub(super) fn set_up<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &AccessPointConfig<'_>,
    security: Security,
) -> Outcome {
    let protection = match check(config, security) {
        Ok(protection) => protection,
        Err(usage) => return Err(module.refuse(usage)),
    };
    // Before a byte is sent, and again behind the commands that are.
    for text in [1, 3] {
        compose(module, config, text);
        module.check_command()?;
    }
    module.session().expect(line);
    let configured = configure(module, config, protection);
    if module.has_refused(&configured, Status::ConfigurationBlocked) {
        Microchip::stop_access_point(module)?;
        return configure(module, config, protection);
    }
    configured
}

/// The number of the protection, if the module can do all that is asked.
fn check(config: &AccessPointConfig<'_>, security: Security) -> Result<u32, Usage> {
    let unsupported = if config.clients.is_some() {
        "a limit of clients"
    } else if config.address.is_some() {
        "an address of the access point's own"
    } else if config.leases.is_some() {
        "addresses for clients"
    } else {
        match security {
            Security::Open => return Ok(0),
            Security::Wpa => return Ok(2),
            Security::Wpa2 => return Ok(3),
            _ => "an access point protected in this way",
        }
    };
    Err(Usage::Unsupported(unsupported))
}

fn configure<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &AccessPointConfig<'_>,
    protection: u32,
) -> Outcome {
    compose(module, config, 1);
    module.send_composed(module.timeouts.command)?;
    module.tell("AT+WAPC=2,#\r\n", &[protection])?;
    // Firmware refuses an empty text, though it takes it (wire notes 4).
    if !config.password.is_empty() {
        compose(module, config, 3);
        module.send_composed(module.timeouts.command)?;
    }
    let channel = config.channel.unwrap_or(CHANNEL).into();
    module.tell("AT+WAPC=4,#\r\n", &[channel])?;
    module.tell(HIDDEN, &[config.is_hidden.into()])
}

/// The SSID (1) or the password (3).
fn compose<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &AccessPointConfig<'_>,
    parameter: u32,
) {
    let (text, most) = match parameter {
        1 => (config.ssid, 32),
        _ => (config.password, 64),
    };
    module
        .compose("AT+WAPC=#,", &[parameter])
        .text::<Rule>(text, most)
        .put("\r\n", &[]);
}

/// The access point is over, and so are all connections.
pub(super) fn over(session: &mut Session<'_, Microchip>) {
    session
        .sockets
        .each_open(|slot| slot.abandon(Closed::StationDown));
}

/// What is told of the access point.
const EVENTS: Words<bool> = words! {
    "+WAPAIP" => false,
    "+WAPSC" => false,
    "+WAPSD" => false,
    "+WPROVEXIT" => true,
};

/// Looks at a line again that was taken for `kind`: it may be of the access point.
pub(super) fn line(
    session: &mut Session<'_, Microchip>,
    _: &[u8],
    line: &[u8],
    kind: Line,
) -> Line {
    if kind != Line::Reply {
        return kind;
    }
    let Some(is_end) = EVENTS.find(split(line).0) else {
        return kind;
    };
    if is_end {
        session.vendor.connection.settle(Ok(()));
    }
    session.events.push(line);
    Line::Event
}
