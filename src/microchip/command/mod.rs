//! The PIC32MZW1's commands, a file for each chapter of the vendor's reference.
//!
//! Each is a struct that serializes itself and parses its reply, with
//! [`Module::command`](crate::Module::command) or with a client of `atat`'s own.
//!
//! | wire name | struct |
//! |---|---|
//! | `ATE`, `AT+GMI`, `AT+GMM`, `AT+GMR` | [`general`] |
//! | `AT+WSTAC`, `AT+WSTA` | [`wlan`] |
//! | `AT+SOCKO`, `AT+SOCKBR`, `AT+SOCKCL`, `AT+SOCKLST`, `AT+SOCKWR`, `AT+SOCKRD`, `AT+DNSRESOLV` | [`network`] |

pub mod general;
pub mod network;
pub mod wlan;

use atat::atat_derive::AtatResp;

/// The reply of a command that answers with `OK` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Done {}
