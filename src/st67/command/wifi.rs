//! Chapter 3, "Wi-Fi AT commands".

use core::net::Ipv4Addr;

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatEnum};

use super::Done;
use crate::st67::text::{Secret, Text};
use crate::station::{Addresses, LinkState};

/// What the radio is: the mode of [`SetMode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatEnum)]
pub enum Mode {
    /// Radio off.
    Off = 0,
    /// Station.
    Station = 1,
    /// Soft access point.
    AccessPoint = 2,
    /// Soft access point and station, on the same channel.
    Both = 3,
}

/// `AT+CWMODE`: sets the Wi-Fi mode (3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWMODE", Done, termination = "\r\n")]
pub struct SetMode {
    /// The mode. A new module is [`Mode::Off`].
    pub mode: Mode,
    /// 1: connect to the access point that is stored in flash; the default if omitted. 0: do not.
    pub auto_connect: Option<u8>,
}

/// `AT+CWSTATE?`: asks for the state of the station (3.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWSTATE?", State, parse = parse_state, termination = "\r\n")]
pub struct GetState;

/// The reply to [`GetState`]. The SSID that follows on the wire is not escaped and not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The state of the station's link.
    pub state: LinkState,
}

impl AtatResp for State {}

fn parse_state(reply: &[u8]) -> Result<State, atat::Error> {
    let values = reply.strip_prefix(b"+CWSTATE:").ok_or(atat::Error::Parse)?;
    let digits = values.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = crate::engine::text::number(values.get(..digits).unwrap_or(&[]))
        .ok_or(atat::Error::Parse)?;
    let state = match number {
        0 => LinkState::Idle,
        1 => LinkState::NoAddress,
        2 => LinkState::Up,
        3 => LinkState::Connecting,
        4 => LinkState::Disconnected,
        n => LinkState::Unknown(u8::try_from(n).map_err(|_| atat::Error::Parse)?),
    };
    Ok(State { state })
}

/// `AT+CWJAP`: joins an access point (3.1.5).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::st67::command::wifi::Join;
/// use atwifi::st67::{Secret, Text};
///
/// let join = Join {
///     ssid: Text::new(br"ab\,c")?,
///     password: Secret::new(br#"0123456789"\"#)?,
/// };
/// let mut wire = [0; 64];
/// let n = join.write(&mut wire);
/// assert_eq!(wire[..n].trim_ascii_end(), br#"AT+CWJAP="ab\\\,c","0123456789\"\\""#);
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWJAP", Done, parse = parse_join, termination = "\r\n")]
pub struct Join<'a> {
    /// The SSID: 1 to 32 bytes.
    pub ssid: Text<'a, 32>,
    /// The password: up to 64 bytes, empty for an open network.
    pub password: Secret<'a, 64>,
}

/// What may come before `OK` are events, and they are taken as such; see `events.rs`.
fn parse_join(reply: &[u8]) -> Result<Done, atat::Error> {
    if reply.is_empty() {
        Ok(Done {})
    } else {
        Err(atat::Error::Parse)
    }
}

/// `AT+CWQAP`: leaves the access point (3.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWQAP", Done, termination = "\r\n")]
pub struct Leave;

/// `AT+CIPSTA?`: asks for the addresses of the station (3.1.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTA?", Addresses, parse = parse_addresses, termination = "\r\n")]
pub struct GetAddresses;

impl AtatResp for Addresses {}

fn parse_addresses(reply: &[u8]) -> Result<Addresses, atat::Error> {
    let row = |name: &[u8]| -> Result<Ipv4Addr, atat::Error> {
        reply
            .split(|&b| b == b'\n')
            .find_map(|line| {
                line.trim_ascii()
                    .strip_prefix(b"+CIPSTA:")?
                    .strip_prefix(name)?
                    .strip_prefix(b":")
            })
            .and_then(|value| core::str::from_utf8(value).ok())
            .and_then(|value| value.trim_matches('"').parse().ok())
            .ok_or(atat::Error::Parse)
    };
    Ok(Addresses {
        ip: row(b"ip")?,
        gateway: Some(row(b"gateway")?),
        netmask: Some(row(b"netmask")?),
    })
}
