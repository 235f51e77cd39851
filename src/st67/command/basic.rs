//! Chapter 2, "Basic AT commands".

use atat::atat_derive::{AtatCmd, AtatResp};

use super::Done;

/// `AT`: tests that the module listens (2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("", Done, termination = "\r\n")]
pub struct Test;

/// `ATE0`: switches the echo off (2.2.6). Default of the firmware: off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("E0", Done, termination = "\r\n")]
pub struct EchoOff;

/// `AT+SYSLOG`: switches the error code that precedes `ERROR` on or off (2.2.9).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::st67::command::basic::SetErrorCodes;
///
/// let mut wire = [0; 32];
/// let n = SetErrorCodes { on: 1 }.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+SYSLOG=1\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSLOG", Done, termination = "\r\n")]
pub struct SetErrorCodes {
    /// 0: off (default), 1: on.
    pub on: u8,
}

/// `AT+SYSLOG?`: asks whether error codes are printed (2.2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSLOG?", ErrorCodes, termination = "\r\n")]
pub struct GetErrorCodes;

/// The reply to [`GetErrorCodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct ErrorCodes {
    /// 0: off, 1: on.
    pub on: u8,
}

/// `AT+SYSSTORE`: whether later settings go to flash (2.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SYSSTORE", Done, termination = "\r\n")]
pub struct SetStore {
    /// 0: settings are lost with a reset, 1: they are stored in flash (default).
    pub on: u8,
}
