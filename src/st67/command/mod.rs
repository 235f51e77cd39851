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
pub mod low_power;
pub mod net;
pub mod wifi;

use atat::AtatResp;
use atat::atat_derive::AtatResp;

/// The reply of a command that answers with `OK` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Done {}

/// The reply of a command that answers with rows: how many there were.
///
/// [`Module::command_for_rows`](crate::Module::command_for_rows) hands the rows themselves over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Rows.
    pub count: usize,
}

impl AtatResp for Rows {}

/// What stands behind `head` in a reply.
fn values<'a>(reply: &'a [u8], head: &[u8]) -> Result<&'a [u8], atat::Error> {
    reply
        .trim_ascii()
        .strip_prefix(head)
        .map(<[u8]>::trim_ascii)
        .ok_or(atat::Error::Parse)
}
