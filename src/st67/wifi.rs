//! The ST67's sequences for set-up and the station.

use super::command::net::{Close, Links, single};
use super::command::wifi::Join;
use super::status::{Reason, Status};
use super::text::{Secret, Text};
use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::error::{Error, Usage};
use crate::transport::Transport;
use crate::value::LinkState;

/// Makes the settings that the driver relies on; see `SETTINGS`, which asks for them.
pub(super) fn set_up<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<(), ErrorOf<St67, T>> {
    let timeout = module.timeouts.command;
    for line in SET_UP {
        match module.tell(line, timeout) {
            // Links are open that the driver before this one has left.
            Err(Error::Module(_)) if line == SET_MULTIPLE => {
                let close_all = Close { link: Links::MAX };
                if let Err(Error::Module(_)) = module.execute(&close_all, timeout) {
                    // It has one link, and that has no number.
                    module.execute(&single::Close, timeout)?;
                }
                // Their notices come behind the OK.
                module.pause(CLOSING)?;
                module.tell(line, timeout)?;
            }
            other => other?,
        }
    }
    Ok(())
}

/// The settings, in order. As lines: the structs of `command` would take six times the flash to
/// write the same.
const SET_UP: [&str; 6] = [
    "ATE0\r\n",
    // Before the others, which firmware would keep in flash else; as it would the password of each
    // join.
    "AT+SYSSTORE=0\r\n",
    "AT+SYSLOG=1\r\n",
    SET_MULTIPLE,
    "AT+CIPRECVMODE=1\r\n",
    "AT+CIPDINFO=1\r\n",
];
const SET_MULTIPLE: &str = "AT+CIPMUX=1\r\n";

/// Makes the module a station that does not join by itself.
const STATION: &str = "AT+CWMODE=1,0\r\n";

/// How long links may take to close after the module has agreed to (ms); no source gives a
/// figure.
pub(super) const CLOSING: u32 = 500;

pub(super) fn join<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    ssid: &[u8],
    password: &[u8],
) -> Result<(), ErrorOf<St67, T>> {
    if ssid.is_empty() {
        return Err(Error::Usage(Usage::Empty));
    }
    let join = Join::new(
        Text::new(ssid).map_err(Error::Usage)?,
        Secret::new(password).map_err(Error::Usage)?,
    );
    let (timeout, patience) = (module.timeouts.command, module.timeouts.join);
    // A new module's radio is off, and then it refuses to join (wire notes 10).
    module.tell(STATION, timeout)?;
    module.session.link_state = LinkState::Idle;
    module.session.station_error = None;
    let deadline = module.engine.link.deadline(patience);
    // By the reference the events come before OK, by the firmware behind it: both are taken.
    module.execute(&join, patience)?;
    loop {
        let remaining = module.engine.link.remaining(deadline);
        let waited = module.wait_until(remaining, &mut |session| {
            session.link_state == LinkState::Up || session.station_error.is_some()
        });
        match module.session.station_error.take().map(Reason::from) {
            // Leaving the access point before is reported like a failure, and is none.
            Some(Reason::UserDisconnect | Reason::UserDisconnectSilent | Reason::Reassociating) => {
            }
            Some(reason) => return Err(Error::Module(Status::Join(reason))),
            None => return waited,
        }
    }
}

pub(super) fn leave<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<(), ErrorOf<St67, T>> {
    let timeout = module.timeouts.command;
    module.tell("AT+CWQAP\r\n", timeout)?;
    // The reference's module says OK and nothing else.
    module.session.station_down();
    Ok(())
}
