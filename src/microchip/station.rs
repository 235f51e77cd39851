//! The Microchip module's sequences for set-up, the station and names.

use core::net::{IpAddr, Ipv4Addr};

use embedded_nal::AddrType;

use super::command::wlan::GetStation;
use super::status::Status;
use super::stream::{Wanted, close_unknown};
use super::text::Rule;
use super::words::station_down;
use super::{Attempt, Microchip, Module, fingerprint};
use crate::clock::Clock;
use crate::driver::Timeouts;
use crate::driver::dialect::{Outcome, Station};
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::{Addresses, LinkState};

/// Firmware is told to report a failure this long (ms) before the driver gives up.
const REPORT_MARGIN: u32 = 2000;

/// How long the station may take to go down (ms); no source gives a figure.
const LEAVING: u32 = 3000;

/// Between two attempts to configure a station that is going down (ms): the firmware looks at its
/// commands every 50 ms.
const PAUSE: u32 = 100;

/// What comes of a `+DNSRESOLV` that was asked for in this way.
const RESOLVE: &str = "AT+DNSRESOLV=1,";

impl Station for Microchip {
    /// Wire notes 10, host drivers of the same family, unless said otherwise.
    const TIMEOUTS: Timeouts = Timeouts {
        command: 5000,
        boot: 10_000,
        join: 20_000,
        // A failed lookup takes firmware more than 5 s (wire notes 9).
        resolve: 15_000,
        // A refused connection takes firmware more than 10 s (wire notes 6).
        connect: 20_000,
        send: 10_000,
        receive: 5000,
        close: 5000,
        // With what its last step takes, less than a minute.
        call: 58_000,
        unheard: 60_000,
    };

    /// Makes the settings, and takes back what a driver before this one has left.
    fn set_up<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        module.tell("ATE0\r\n", &[])?;
        close_unknown(module, Wanted::All)
    }

    fn join<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        ssid: &[u8],
        password: &[u8],
    ) -> Outcome {
        if ssid.is_empty() {
            return Err(module.refuse(Usage::Empty));
        }
        // Before a byte is sent, and again behind the commands that are.
        compose_text(module, CREDENTIALS, password);
        module.check_command()?;
        compose_text(module, SSID, ssid);
        module.check_command()?;
        enter(module, |module| start(module, ssid, password))
    }

    fn leave<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        module.session().station_leaves();
        let left = module.tell("AT+WSTA=0\r\n", &[]);
        // Else it is off already.
        if !module.has_refused(&left, Status::StationStopNotPermitted) {
            left?;
            let left = module.wait_until(LEAVING, |session| {
                !matches!(session.link_state, LinkState::Up | LinkState::NoAddress)
            });
            if left != Err(Fault::Timeout) {
                left?;
            }
        }
        station_down(module.session());
        Ok(())
    }

    fn link_state<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<LinkState> {
        let mut is_on = ask_for_station(module)?;
        if !is_on && module.session().vendor.address.is_some() {
            // The notice of it was lost, or the answer was spoilt on its way.
            is_on = ask_for_station(module)?;
            if !is_on {
                station_down(module.session());
            }
        }
        let known = module.session().link_state;
        Ok(match (is_on, module.session().vendor.address) {
            (true, Some(_)) => LinkState::Up,
            (true, None) => LinkState::NoAddress,
            (false, _) if matches!(known, LinkState::Up | LinkState::NoAddress) => {
                LinkState::Disconnected
            }
            (false, _) => known,
        })
    }

    /// As the module told it: there is no command to ask for it.
    fn address<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Ipv4Addr> {
        let address = module.session().vendor.address;
        Ok(address.unwrap_or(Ipv4Addr::UNSPECIFIED))
    }

    fn addresses<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Addresses> {
        Ok(Addresses::new(Self::address(module)?))
    }

    fn resolve<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        name: &str,
        kind: AddrType,
    ) -> Outcome<IpAddr> {
        if kind == AddrType::IPv6 {
            return Err(module.refuse(Usage::Unsupported("IPv6")));
        }
        if name.is_empty() {
            return Err(module.refuse(Usage::Empty));
        }
        let command = module.compose(RESOLVE, &[]);
        command.text::<Rule>(name.as_bytes(), 63);
        let name_asked = fingerprint(command.get().get(RESOLVE.len()..).unwrap_or(&[]));
        command.put("\r\n", &[]);
        module.session().vendor.name_asked = name_asked;
        module.session().vendor.name = Attempt::Open;
        let asked = module.send_composed(module.timeouts.command);
        let asked = asked.and_then(|()| {
            module.wait_until(module.timeouts.resolve, |session| {
                !matches!(session.vendor.name, Attempt::Open)
            })
        });
        match core::mem::take(&mut module.session().vendor.name) {
            Attempt::Settled(Ok(address)) => asked.map(|()| address.into()),
            Attempt::Settled(Err(status)) => {
                module.session().refusal = status;
                Err(Fault::Refused)
            }
            Attempt::None | Attempt::Open => Err(asked.err().unwrap_or(Fault::Timeout)),
        }
    }
}

/// Starts the station, as soon as it can be started, and waits for an address.
pub(super) fn enter<'b, T: Transport, C: Clock>(
    module: &mut Module<'b, T, C>,
    mut start: impl FnMut(&mut Module<'b, T, C>) -> Outcome,
) -> Outcome {
    let deadline = module.engine.link.after(module.timeouts.join);
    loop {
        let started = start(module);
        module.engine.link.resume(deadline);
        // The station is on, or not off yet, or on its way to an access point that nobody
        // wants any more: it takes no configuration then, or no order.
        let is_busy = module.has_refused(&started, Status::ConfigurationBlocked)
            || module.has_refused(&started, Status::StationStartNotPermitted);
        if !is_busy || module.engine.link.is_late() {
            started?;
            return wait_for_address(module);
        }
        Microchip::leave(module)?;
        module.pause(PAUSE)?;
    }
}

/// The parameters of the station that are texts (reference 5.1.3).
pub(super) const SSID: u32 = 1;
pub(super) const CREDENTIALS: u32 = 3;

pub(super) fn compose_text<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    parameter: u32,
    text: &[u8],
) {
    let most = if parameter == SSID { 32 } else { 128 };
    module
        .compose("AT+WSTAC=#,", &[parameter])
        .text::<Rule>(text, most)
        .put("\r\n", &[]);
}

/// Configures the station and turns it on.
fn start<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    ssid: &[u8],
    password: &[u8],
) -> Outcome {
    /// Of the protection: none, and WPA or WPA2.
    const OPEN: u32 = 0;
    const WPA_WPA2: u32 = 2;
    let timeout = module.timeouts.command;
    compose_text(module, SSID, ssid);
    module.send_composed(timeout)?;
    // An open network needs no credentials, and an empty text is refused by firmware though it is
    // taken (wire notes 4).
    if password.is_empty() {
        module.tell("AT+WSTAC=2,#\r\n", &[OPEN])?;
    } else {
        module.tell("AT+WSTAC=2,#\r\n", &[WPA_WPA2])?;
        compose_text(module, CREDENTIALS, password);
        module.send_composed(timeout)?;
    }
    turn_on(module)
}

/// Turns the station on, with its configuration.
pub(super) fn turn_on<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    let session = module.session();
    session.link_state = LinkState::Connecting;
    session.station_error = None;
    session.vendor.address = None;
    let report = module.timeouts.join.saturating_sub(REPORT_MARGIN);
    let started = module.tell("AT+WSTA=1,#\r\n", &[report.min(u16::MAX.into())]);
    // The reference knows no such parameter.
    if module.has_refused(&started, Status::ParameterCount)
        || module.has_refused(&started, Status::InvalidParameter)
    {
        return module.tell("AT+WSTA=1\r\n", &[]);
    }
    started
}

/// Whether the module is a station that has, or looks for, an access point.
fn ask_for_station<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<bool> {
    module.write(&GetStation);
    module.keep_rows("+WSTA:", module.timeouts.command)?;
    Ok(module.parse_reply(&GetStation)?.is_on)
}

fn wait_for_address<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    let waited = module.wait_until(module.timeouts.join, |session| {
        session.link_state == LinkState::Up || session.station_error.is_some()
    });
    let failed = match (module.session().station_error.take(), waited) {
        (Some(code), _) => Status::from(code),
        (None, Err(Fault::Timeout)) => Status::NoConnection,
        (None, other) => return other,
    };
    // Else the module goes on trying, and takes no other configuration.
    Microchip::leave(module)?;
    module.session().refusal = failed;
    Err(Fault::Refused)
}
