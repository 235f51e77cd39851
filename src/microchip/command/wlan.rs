//! Chapter 5, "WLAN Configuration".

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatEnum};
use atat::serde_at::serde::{Serialize, Serializer};

use super::Done;
use crate::engine::text::Fields;
use crate::microchip::text::{Secret, Text};

/// How the network is protected: parameter 2 of the station's configuration (5.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatEnum)]
pub enum Security {
    /// None.
    Open = 0,
    /// WPA or WPA2, pre-shared key.
    WpaWpa2 = 2,
    /// WPA2, pre-shared key.
    Wpa2 = 3,
    /// WPA2 or WPA3. Refused by firmware 0.3.x (wire notes 7).
    Wpa2Wpa3 = 4,
    /// WPA3. Refused by firmware 0.3.x.
    Wpa3 = 5,
}

/// One parameter of the station's configuration, with its value (5.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter<'a> {
    /// 1: the SSID, 1 to 32 bytes.
    Ssid(Text<'a, 32>),
    /// 2: the protection.
    Security(Security),
    /// 3: the credentials, up to 128 bytes.
    Credentials(Secret<'a, 128>),
}

impl Serialize for Parameter<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "Parameter";
        match self {
            Parameter::Ssid(ssid) => serializer.serialize_newtype_variant(NAME, 1, "Ssid", ssid),
            Parameter::Security(security) => {
                serializer.serialize_newtype_variant(NAME, 2, "Security", security)
            }
            Parameter::Credentials(secret) => {
                serializer.serialize_newtype_variant(NAME, 3, "Credentials", secret)
            }
        }
    }
}

/// `AT+WSTAC`: sets a parameter of the station (5.1). Refused while the station is on.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::microchip::{Text, command::wlan::{Configure, Parameter}};
///
/// let mut wire = [0; 32];
/// let n = Configure { parameter: Parameter::Ssid(Text::new(b"MyAP")?) }.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+WSTAC=1,\"MyAP\"\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSTAC", Done, termination = "\r\n")]
pub struct Configure<'a> {
    /// The parameter and its value.
    pub parameter: Parameter<'a>,
}

/// `AT+WSTA`: switches the station on or off (5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSTA", Done, termination = "\r\n")]
pub struct SetStation {
    /// 0: off, 1: on, with the configuration of [`Configure`].
    pub on: u8,
    /// Milliseconds after which firmware reports that it could not connect; the reference does
    /// not know the parameter. Without it firmware fails silently (wire notes 7).
    pub timeout: Option<u16>,
}

/// `AT+WSTA`: asks for the state of the station (5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSTA", Station, parse = parse_station, termination = "\r\n")]
pub struct GetStation;

/// The reply to [`GetStation`]. The SSID that follows on the wire is not escaped and not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// Whether the station is connected.
    pub is_on: bool,
}

impl AtatResp for Station {}

/// `+WSTA:0` or `+WSTA:1,"SSID",0,3` in firmware, `+WSTA:<assoc id>,<state>…` in the reference.
fn parse_station(reply: &[u8]) -> Result<Station, atat::Error> {
    let values = reply
        .trim_ascii()
        .strip_prefix(b"+WSTA:")
        .ok_or(atat::Error::Parse)?;
    let mut fields = Fields::new(values);
    let first: u32 = fields.number().ok_or(atat::Error::Parse)?;
    let state = fields.number::<u32>().unwrap_or(first);
    match state {
        0 => Ok(Station { is_on: false }),
        1 => Ok(Station { is_on: true }),
        _ => Err(atat::Error::Parse),
    }
}
