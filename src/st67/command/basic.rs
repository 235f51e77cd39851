//! Chapter 2, "Basic AT commands".

use atat::atat_derive::{AtatCmd, AtatResp};

use super::Done;
use crate::number::{Reported, Switch};

/// `AT`: tests that the module listens (2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct Test;

/// `ATE0`: switches the echo off (2.2.6). Default of the firmware: off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("E0", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct EchoOff;

/// `AT+SYSLOG?`: asks whether error codes are printed (2.2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSLOG?", ErrorCodes, timeout_ms = 2000, termination = "\r\n")]
pub struct GetErrorCodes;

/// The reply to [`GetErrorCodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct ErrorCodes {
    /// Whether they are printed.
    pub codes: Reported<Switch>,
}

/// `AT+SYSLOG`: switches the error code that precedes `ERROR` on or off (2.2.9).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::{Switch, st67::command::basic::SetErrorCodes};
///
/// let mut wire = [0; 32];
/// let n = SetErrorCodes { codes: Switch::On }.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+SYSLOG=1\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSLOG", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetErrorCodes {
    /// Whether to print them. Default: off.
    pub codes: Switch,
}

/// `AT+SYSSTORE`: whether later settings go to flash (2.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSSTORE", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetStore {
    /// Off: settings are lost with a reset; on: they are stored in flash (default).
    pub store: Switch,
}

pub mod danger {
    //! What cannot be undone.

    use atat::atat_derive::AtatCmd;

    use crate::danger::IUnderstand;
    use crate::st67::command::Done;

    /// `AT+RESTORE`: forgets all settings and restarts the module (2.2.4).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
    #[at_cmd("+RESTORE", Done, timeout_ms = 2000, termination = "\r\n")]
    #[non_exhaustive]
    pub struct Restore;

    impl Restore {
        /// Everything that was stored is gone then: access points, addresses, names.
        pub fn new(_: IUnderstand) -> Self {
            Restore
        }
    }
}
