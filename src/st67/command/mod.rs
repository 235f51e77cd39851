//! The ST67W611M1's commands, a file for each chapter of the vendor's reference.
//!
//! Each is a struct that serializes itself and parses its reply, with
//! [`Module::command`](crate::Module::command) or with a client of `atat`'s own.
//!
//! | wire name | struct |
//! |---|---|
//! | `AT`, `AT+GMR`, `ATE`, `AT+SYSLOG`, `AT+SYSSTORE` | [`basic`] |
//! | `AT+CWMODE`, `AT+CWSTATE`, `AT+CWJAP`, `AT+CWQAP`, `AT+CIPSTA` | [`wifi`] |
//! | `AT+CIPDOMAIN`, `AT+CIPSTATE`, `AT+CIPSTART`, `AT+CIPCLOSE`, `AT+CIPSEND`, `AT+CIPDINFO`, `AT+CIPMUX`, `AT+CIPRECVMODE`, `AT+CIPRECVDATA`, `AT+CIPRECVLEN` | [`net`] |

pub mod basic;
pub mod net;
pub mod wifi;

use atat::atat_derive::AtatResp;

/// The reply of a command that answers with `OK` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Done {}
