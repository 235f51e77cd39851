//! Chapter 4, "Scanning".
//!
//! What a scan finds comes as events: [`Event::Found`](crate::microchip::Event::Found), then
//! [`Event::ScanDone`](crate::Event::ScanDone).

use atat::atat_derive::AtatCmd;

use super::parameter::parameters;
use super::{Channel, Done, Rows, parse_rows};
use crate::microchip::text::Text;

parameters! {
    "WSCNC"
    /// A parameter of scans, with its value (4.1.3).
    set ScanParameter
    /// A parameter of scans (4.1.3).
    id ScanParameterId
    /// A row of the reply to [`GetScanParameters`].
    row ScanRow
    /// 1: how long to wait for probe responses, in milliseconds. The example shows 30.
    1 ActiveMs(u16) -> u16;
    /// 2: how long to listen for beacons, in milliseconds. The example shows 300.
    2 PassiveMs(u16) -> u16;
}

/// `AT+WSCNC`: sets a parameter of scans (4.1).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::microchip::command::scanning::{ConfigureScan, ScanParameter};
///
/// let mut wire = [0; 32];
/// let n = ConfigureScan { parameter: ScanParameter::PassiveMs(300) }.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+WSCNC=2,300\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSCNC", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ConfigureScan {
    /// The parameter and its value.
    pub parameter: ScanParameter,
}

/// `AT+WSCNC`: asks for one parameter of scans, or all (4.1). Rows: [`ScanRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSCNC", Rows, parse = parse_scan_rows, timeout_ms = 5000, termination = "\r\n")]
pub struct GetScanParameters {
    /// Which; `None` asks for all.
    pub parameter: Option<ScanParameterId>,
}

fn parse_scan_rows(reply: &[u8]) -> Result<Rows, atat::Error> {
    parse_rows(reply, |line| ScanRow::parse(line).is_some())
}

/// `AT+WSCNA`: scans actively, by asking (4.2).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::microchip::command::{Channel, scanning::ScanActively};
///
/// let mut wire = [0; 32];
/// let n = ScanActively { channel: Channel::ANY, ssid: None }.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+WSCNA=255\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSCNA", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ScanActively<'a> {
    /// The channel to scan.
    pub channel: Channel,
    /// Only networks of this SSID, also a hidden one.
    pub ssid: Option<Text<'a, 32>>,
}

/// `AT+WSCNP`: scans passively, by listening for beacons (4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSCNP", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ScanPassively<'a> {
    /// The channel to scan.
    pub channel: Channel,
    /// Only networks of this SSID. The reference's table calls it an integer.
    pub ssid: Option<Text<'a, 32>>,
}
