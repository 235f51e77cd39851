//! The Microchip module's sequences for set-up and the station.

use super::command::general::SetEcho;
use super::command::network::{Close, GetSockets, SocketRow};
use super::command::wlan::{ConfigureStation, GetStation, Security, SetStation, StationParameter};
use super::status::Status;
use super::text::{Secret, Text};
use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::error::{Error, Usage};
use crate::transport::Transport;
use crate::value::LinkState;
use crate::value::Switch;

/// Firmware is told to report a failure this long (ms) before the driver gives up.
const REPORT_MARGIN: u32 = 2000;

/// How long the station may take to go down (ms); no source gives a figure.
const LEAVING: u32 = 3000;

/// Between two attempts to configure a station that is going down (ms): the firmware looks at its
/// commands every 50 ms.
const PAUSE: u32 = 100;

/// As many sockets as are looked for at once; the module has 20.
const LEFT_OPEN: usize = 20;

/// Makes the settings that the driver relies on, and takes back what a driver before it has left.
pub(super) fn set_up<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<(), ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.command;
    let echo = Switch::Off;
    module.execute(&SetEcho { echo }, timeout)?;
    let (mut left_open, mut count) = ([0; LEFT_OPEN], 0);
    module.execute_lines(&GetSockets, timeout, &mut |line| {
        let row = SocketRow::parse(line);
        if let (Some(row), Some(place)) = (row, left_open.get_mut(count)) {
            *place = row.socket;
            count += 1;
        }
    })?;
    for &socket in left_open.iter().take(count) {
        match module.execute(&Close { socket }, timeout) {
            Err(Error::Module(_)) => {}
            other => drop(other?),
        }
    }
    Ok(())
}

pub(super) fn join<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    ssid: &[u8],
    password: &[u8],
) -> Result<(), ErrorOf<Microchip, T>> {
    if ssid.is_empty() {
        return Err(Error::Usage(Usage::Empty));
    }
    let ssid = StationParameter::Ssid(Text::new(ssid).map_err(Error::Usage)?);
    let credentials = StationParameter::Credentials(Secret::new(password).map_err(Error::Usage)?);
    // An open network needs none, and an empty text is refused by firmware though it is taken
    // (wire notes 4).
    let credentials = (!password.is_empty()).then_some(credentials);
    let deadline = module.engine.link.deadline(module.timeouts.join);
    loop {
        match start(module, ssid, credentials) {
            // The station is on, or not off yet, or on its way to an access point that nobody
            // wants any more: it takes no configuration then, or no order.
            Err(Error::Module(Status::ConfigurationBlocked | Status::StationStartNotPermitted))
                if !module.engine.link.is_late(deadline) =>
            {
                leave(module)?;
                module.pause(PAUSE)?;
            }
            other => {
                other?;
                break;
            }
        }
    }
    wait_for_address(module)
}

/// Configures the station and turns it on.
fn start<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    ssid: StationParameter<'_>,
    credentials: Option<StationParameter<'_>>,
) -> Result<(), ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.command;
    let security = match credentials {
        None => Security::Open,
        Some(_) => Security::WpaWpa2,
    };
    let security = StationParameter::Security(security);
    for parameter in [ssid, security].into_iter().chain(credentials) {
        module.execute(&ConfigureStation { parameter }, timeout)?;
    }
    module.session.link_state = LinkState::Connecting;
    module.session.station_error = None;
    module.session.vendor.address = None;
    let report = module.timeouts.join.saturating_sub(REPORT_MARGIN);
    let report = u16::try_from(report).unwrap_or(u16::MAX);
    let [reporting, silent] = [Some(report), None].map(|timeout| SetStation {
        station: Switch::On,
        timeout_ms: timeout,
    });
    match module.execute(&reporting, timeout) {
        // The reference knows no such parameter.
        Err(Error::Module(Status::ParameterCount | Status::InvalidParameter)) => {
            module.execute(&silent, timeout)?;
        }
        other => drop(other?),
    }
    Ok(())
}

fn wait_for_address<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<(), ErrorOf<Microchip, T>> {
    let waited = module.wait_until(module.timeouts.join, &mut |session| {
        session.link_state == LinkState::Up || session.station_error.is_some()
    });
    let failed = match (module.session.station_error.take(), waited) {
        (Some(code), _) => Status::from(code),
        (None, Err(Error::Timeout)) => Status::NoConnection,
        (None, other) => return other,
    };
    // Else the module goes on trying, and takes no other configuration.
    leave(module)?;
    Err(Error::Module(failed))
}

pub(super) fn leave<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<(), ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.command;
    match module.execute(
        &SetStation {
            station: Switch::Off,
            timeout_ms: None,
        },
        timeout,
    ) {
        // It is off already.
        Err(Error::Module(Status::StationStopNotPermitted)) => {}
        other => {
            other?;
            let left = module.wait_until(LEAVING, &mut |session| {
                !matches!(session.link_state, LinkState::Up | LinkState::NoAddress)
            });
            if !matches!(left, Err(Error::Timeout)) {
                left?;
            }
        }
    }
    module.session.station_down();
    module.session.vendor.address = None;
    Ok(())
}

pub(super) fn link_state<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<LinkState, ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.command;
    let station = module.execute(&GetStation, timeout)?;
    let known = module.session.link_state;
    Ok(match (station.is_on, known) {
        (true, LinkState::Up | LinkState::NoAddress) => known,
        (true, _) => LinkState::NoAddress,
        (false, LinkState::Up | LinkState::NoAddress) => LinkState::Disconnected,
        (false, _) => known,
    })
}
