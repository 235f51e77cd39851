//! The ST67's sequences for set-up, the station and names.

use core::net::{IpAddr, Ipv4Addr};

use embedded_nal::AddrType;

use super::command::wifi::{GetAddresses, GetState};
use super::status::{Reason, Status};
use super::text::Rule;
use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::Timeouts;
use crate::driver::dialect::{Outcome, Station};
use crate::engine::compose::Command;
use crate::engine::text::unquoted;
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::{Addresses, LinkState, ip};

/// The settings, in order; `SETTINGS` asks for them. `AT+SYSSTORE` comes before the others, which
/// firmware would keep in flash else; as it would the password of each join.
const SET_UP: [&str; 6] = [
    "ATE0\r\n",
    "AT+SYSSTORE=0\r\n",
    "AT+SYSLOG=1\r\n",
    "AT+CIPMUX=1\r\n",
    "AT+CIPRECVMODE=1\r\n",
    "AT+CIPDINFO=1\r\n",
];

/// The first of them that a module with open links refuses.
const ABOUT_LINKS: usize = 3;

/// Closes every link.
pub(super) const CLOSE_ALL: &str = "AT+CIPCLOSE=5\r\n";

/// Closes the one link that has no number.
pub(super) const CLOSE_SINGLE: &str = "AT+CIPCLOSE\r\n";

/// Stops the server and closes its connections; every link; the one link that has no number.
const END_ALL: [&str; 3] = ["AT+CIPSERVER=0,1\r\n", CLOSE_ALL, CLOSE_SINGLE];

/// Makes the module a station (1) that does not join by itself, and leaves it the access point (2)
/// that it is.
pub(super) const STATION: &str = "AT+CWMODE=#,0\r\n";

/// How long links may take to close after the module has agreed to (ms); no source gives a
/// figure.
pub(super) const CLOSING: u32 = 500;

impl Station for St67 {
    /// Wire notes 9, ST's own host driver, unless said otherwise.
    const TIMEOUTS: Timeouts = Timeouts {
        command: 6000,
        boot: 4000,
        // Reference 3.1.5: "The default value is 15 seconds"; DHCP comes on top.
        join: 20_000,
        resolve: 20_000,
        // Sent as the command's own timeout parameter; reference 4.1.7: at most 20000.
        connect: 10_000,
        // The prompt's 5000 and the command class's 6000.
        send: 11_000,
        receive: 6000,
        close: 6000,
        // With what its last step takes, less than a minute.
        call: 58_000,
        unheard: 60_000,
    };

    fn set_up<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        for (n, &line) in SET_UP.iter().enumerate() {
            let mut told = module.tell(line, &[]);
            let is_refused = told == Err(Fault::Refused);
            // The answer of a busy module may have been another's.
            if is_refused || module.engine.was_busy() {
                // What stood before it may have spoilt it: payload of which the module has heard only the end.
                // Or links are open that the driver before this one has left.
                if is_refused && n >= ABOUT_LINKS {
                    close_everything(module)?;
                }
                told = module.tell(line, &[]);
                let is_unknown = module.session().refusal.is_about_an_unknown_command();
                if told == Err(Fault::Refused) && n == ABOUT_LINKS && is_unknown {
                    // There is firmware that has no TCP/IP.
                    module.session().refusal = Status::NetworkOnHost;
                }
            }
            told?;
        }
        Ok(())
    }

    fn join<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        ssid: &[u8],
        password: &[u8],
    ) -> Outcome {
        if ssid.is_empty() {
            return Err(module.refuse(Usage::Empty));
        }
        compose_join(module, ssid, password).put("\r\n", &[]);
        // Before a byte is sent, and again behind the command that is.
        module.check_command()?;
        // A new module's radio is off, and then it refuses to join (wire notes 10).
        become_station(module)?;
        compose_join(module, ssid, password).put("\r\n", &[]);
        enter(module, module.timeouts.join)
    }

    fn leave<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        module.session().station_leaves();
        for _ in 0..2 {
            match module.tell("AT+CWQAP\r\n", &[]) {
                // What it heard was spoilt, or it has never joined.
                Err(Fault::Refused) => {}
                other => {
                    other?;
                    break;
                }
            }
        }
        // The reference's module says OK and nothing else.
        module.session().link_state = LinkState::Disconnected;
        Ok(())
    }

    fn link_state<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<LinkState> {
        module.write(&GetState);
        module.keep_rows("+CWSTATE:", module.timeouts.command)?;
        Ok(module.parse_reply(&GetState)?.state)
    }

    fn address<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Ipv4Addr> {
        own_address(module, "AT+CIPSTA?\r\n", "+CIPSTA:")
    }

    fn addresses<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Addresses> {
        module.write(&GetAddresses);
        module.keep_rows("+CIPSTA:", module.timeouts.command)?;
        let told = module.parse_reply(&GetAddresses)?;
        Ok(told.ipv4.with_ipv6(told.link_local, told.global))
    }

    fn resolve<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        name: &str,
        kind: AddrType,
    ) -> Outcome<IpAddr> {
        if name.is_empty() {
            return Err(module.refuse(Usage::Empty));
        }
        module
            .compose("AT+CIPDOMAIN=", &[])
            .text::<Rule>(name.as_bytes(), 127);
        // Each kind apart, so that firmware that wants one has no code for the other.
        let address = match kind {
            AddrType::IPv6 => resolve(module, 3, ip::v6)?
                .filter(|address| !address.is_unspecified())
                .map(IpAddr::V6),
            // With IPv6 switched off the firmware refuses anything else (wire notes 2).
            AddrType::IPv4 | AddrType::Either => resolve(module, 2, ip::v4)?
                .filter(|address| !address.is_unspecified())
                .map(IpAddr::V4),
        };
        // What is no address is the firmware's way to say that it found none: `(null)`, `0.0.0.0`.
        address.ok_or_else(|| {
            module.session().refusal = Status::NameNotFound;
            Fault::Refused
        })
    }
}

/// Makes the module a station, and leaves it the access point that it is.
pub(super) fn become_station<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    let soft_ap = module.session().vendor.soft_ap;
    module.tell(STATION, &[1 + soft_ap])
}

/// Sends the composed command to join, and waits so long for an address.
pub(super) fn enter<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    patience: u32,
) -> Outcome {
    module.session().link_state = LinkState::Idle;
    module.session().station_error = None;
    let deadline = module.engine.link.after(patience);
    // By the reference the events come before OK, by the firmware behind it: both are taken.
    module.send_composed(patience)?;
    loop {
        module.engine.link.resume(deadline);
        let remaining = module.engine.link.remaining();
        let waited = module.wait_until(remaining, |session| {
            session.link_state == LinkState::Up || session.station_error.is_some()
        });
        match module.session().station_error.take().map(Reason::from) {
            // Leaving the access point before is reported like a failure, and is none.
            Some(Reason::UserDisconnect | Reason::UserDisconnectSilent | Reason::Reassociating) => {
            }
            Some(reason) => {
                module.session().refusal = Status::Join(reason);
                return Err(Fault::Refused);
            }
            None => return waited,
        }
    }
}

/// Asks for an address of the module's own: of its station, or of its access point.
pub(super) fn own_address<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    query: &str,
    name: &'static str,
) -> Outcome<Ipv4Addr> {
    let mut address = None;
    module.compose(query, &[]);
    module.ask(name, module.timeouts.command, &mut |row: &[u8]| {
        if let Some(value) = row.strip_prefix(b"ip:") {
            address = ip::v4(unquoted(value));
        }
    })?;
    address.ok_or_else(|| module.engine.malformed())
}

/// Ends what the driver before this one has left: each is refused where there is nothing to end.
fn close_everything<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    for line in END_ALL {
        match module.tell(line, &[]) {
            Err(Fault::Refused) => {}
            other => other?,
        }
    }
    // The notices come behind the OK.
    module.pause(CLOSING)
}

/// Ends `AT+CIPDOMAIN` with the kind of address, and reads the answer.
fn resolve<A, T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    family: u32,
    read: fn(&[u8]) -> Option<A>,
) -> Outcome<Option<A>> {
    let mut address = None;
    module.engine.command().put(",#\r\n", &[family]);
    let asked = module.ask(
        "+CIPDOMAIN:",
        module.timeouts.resolve,
        &mut |value: &[u8]| {
            address = read(unquoted(value));
        },
    );
    // So the reference's module says that it has found none.
    if !(asked == Err(Fault::Refused) && module.session().refusal.is_mere_failure()) {
        asked?;
    }
    Ok(address)
}

/// Begins the command to join; its line end is still to come.
pub(super) fn compose_join<'m, 'b, T: Transport, C: Clock>(
    module: &'m mut Module<'b, T, C>,
    ssid: &[u8],
    password: &[u8],
) -> &'m mut Command<'b> {
    module
        .compose("AT+CWJAP=", &[])
        .text::<Rule>(ssid, 32)
        .put(",", &[])
        .text::<Rule>(password, 64)
}
