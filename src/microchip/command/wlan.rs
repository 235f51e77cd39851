//! Chapter 5, "WLAN Configuration".

use core::net::Ipv4Addr;

use atat::AtatResp;
use atat::atat_derive::AtatCmd;
use atat::serde_at::serde::{Serialize, Serializer};

use super::parameter::parameters;
use super::{Channel, Done, Rows, parse_rows};
use crate::engine::text::Fields;
use crate::microchip::literal::{Literal, SecretLiteral};
use crate::microchip::text::{Secret, Text};
use crate::value::Mac;
use crate::value::Ranged;
use crate::value::{Reported, Switch};

numbered! {
    /// How the network is protected: parameter 2 of the station's configuration (5.1.3).
    pub enum Security {
        /// None.
        Open = 0,
        /// WEP. Refused by the PIC32MZW1.
        Wep = 1,
        /// WPA or WPA2, pre-shared key.
        WpaWpa2 = 2,
        /// WPA2, pre-shared key.
        Wpa2 = 3,
        /// WPA2 or WPA3. Refused by firmware 0.3.x (wire notes 7).
        Wpa2Wpa3 = 4,
        /// WPA3. Refused by firmware 0.3.x.
        Wpa3 = 5,
    }
}

/// A BSSID as the station's configuration has it: six bytes, not digits (wire notes 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawMac(pub Mac);

impl Serialize for RawMac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Text::<6>::new(&self.0.0)
            .map_err(|_| atat::serde_at::serde::ser::Error::custom("six bytes always fit"))?
            .serialize(serializer)
    }
}

parameters! {
    "WSTAC"
    /// A parameter of the station, with its value (5.1.3, wire notes 7).
    set StationParameter['a]
    /// A parameter of the station (5.1.3, wire notes 7).
    id StationParameterId
    /// A row of the reply to [`GetStationParameters`].
    row StationRow
    /// 1: the SSID, 1 to 32 bytes.
    1 Ssid(Text<'a, 32>) -> Literal<'a>;
    /// 2: the protection. Default: open.
    2 Security(Security) -> Reported<Security>;
    /// 3: the credentials, up to 128 bytes: the password, or `KEYINDEX*KEY` for WEP.
    3 Credentials(Secret<'a, 128>) -> SecretLiteral<'a>;
    /// 4: the channel that the network must be on. Default: any. Only any works in firmware 0.3.x.
    4 Channel(Channel) -> u16;
    /// 5: the access point's BSSID. Does not work in firmware 0.3.x.
    5 Bssid(RawMac) -> Literal<'a>;
    /// 6: the station's address, without DHCP.
    6 Address(Ipv4Addr) -> Ipv4Addr;
    /// 7: its netmask.
    7 Netmask(Ipv4Addr) -> Ipv4Addr;
    /// 8: its gateway.
    8 Gateway(Ipv4Addr) -> Ipv4Addr;
    /// 9: its first DNS server.
    9 Dns1(Ipv4Addr) -> Ipv4Addr;
    /// 10: its second DNS server.
    10 Dns2(Ipv4Addr) -> Ipv4Addr;
    /// 11: whether addresses come by DHCP. Default: on.
    11 Dhcp(Switch) -> Reported<Switch>;
    /// 12: the NTP server's name or address, up to 128 bytes. Default: none.
    12 NtpServer(Text<'a, 128>) -> Literal<'a>;
    /// 13: whether only that server is asked; off, which lets DHCP name one, is a placeholder.
    /// Default: off.
    13 NtpStatic(Switch) -> Reported<Switch>;
    /// 14: whether the time is asked for once the station has an address. Default: on.
    14 NtpClient(Switch) -> Reported<Switch>;
    /// 15: whether the station changes to a better access point of its network. Default: off.
    15 Roaming(Switch) -> Reported<Switch>;
}

/// `AT+WSTAC`: sets a parameter of the station (5.1). Refused while the station is on.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::microchip::{Text, command::wlan::{ConfigureStation, StationParameter}};
///
/// let mut wire = [0; 32];
/// let n = ConfigureStation { parameter: StationParameter::Ssid(Text::new(b"MyAP")?) }
///     .write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+WSTAC=1,\"MyAP\"\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSTAC", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ConfigureStation<'a> {
    /// The parameter and its value.
    pub parameter: StationParameter<'a>,
}

/// `AT+WSTAC`: asks for one parameter of the station, or all (5.1). Rows: [`StationRow`]. While the
/// station is on, firmware tells what is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSTAC", Rows, parse = parse_station_rows, timeout_ms = 5000, termination = "\r\n")]
pub struct GetStationParameters {
    /// Which; `None` asks for all.
    pub parameter: Option<StationParameterId>,
}

fn parse_station_rows(reply: &[u8]) -> Result<Rows, atat::Error> {
    parse_rows(reply, |line| StationRow::parse(line).is_some())
}

/// `AT+WSTA`: switches the station on or off (5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSTA", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct SetStation {
    /// On: with the configuration of [`ConfigureStation`].
    pub station: Switch,
    /// Milliseconds after which firmware reports that it could not connect; the reference does
    /// not know the parameter. Without it firmware fails silently (wire notes 7).
    pub timeout_ms: Option<u16>,
}

/// `AT+WSTA`: asks for the state of the station (5.2). Row, with the network: [`StationState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WSTA", Station, parse = parse_station, timeout_ms = 5000, termination = "\r\n")]
pub struct GetStation;

/// The reply to [`GetStation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// Whether the station is on.
    pub is_on: bool,
}

impl AtatResp for Station {}

fn parse_station(reply: &[u8]) -> Result<Station, atat::Error> {
    let (_, is_on, _) = station(reply.trim_ascii()).ok_or(atat::Error::Parse)?;
    Ok(Station { is_on })
}

/// The association, the state, and what follows: `+WSTA:0` or `+WSTA:1,"SSID",0,3` in firmware,
/// `+WSTA:<assoc id>,<state>…` in the reference.
fn station(line: &[u8]) -> Option<(Option<u32>, bool, &[u8])> {
    let mut fields = Fields::new(line.strip_prefix(b"+WSTA:")?);
    let first: u32 = fields.number()?;
    let behind_first = fields.rest();
    let (association, state, rest) = match fields.number() {
        Some(state) => (Some(first), state, fields.rest()),
        None => (None, first, behind_first),
    };
    match state {
        0 => Some((association, false, rest)),
        1 => Some((association, true, rest)),
        _ => None,
    }
}

/// The row of the reply to [`GetStation`].
///
/// ```
/// use atwifi::microchip::command::wlan::{Security, StationState};
///
/// let row = StationState::parse(br#"+WSTA:1,"MyAP",0,3"#).unwrap();
/// let network = row.network.unwrap();
/// assert!(network.ssid.is(b"MyAP"));
/// assert_eq!(network.security, Security::Wpa2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StationState<'a> {
    /// The association's number; firmware omits it.
    pub association: Option<u32>,
    /// Whether the station is on.
    pub is_on: bool,
    /// The network that it was told to join.
    pub network: Option<Network<'a>>,
}

/// The network of a [`StationState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network<'a> {
    /// Its SSID.
    pub ssid: Literal<'a>,
    /// How strongly it is received, in dBm; firmware says 0.
    pub rssi: i16,
    /// How it is protected.
    pub security: Reported<Security>,
}

impl<'a> StationState<'a> {
    /// Takes the row apart.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (association, is_on, rest) = station(line)?;
        Some(StationState {
            association,
            is_on,
            network: match rest {
                [] => None,
                values => Some(Network::parse(values)?),
            },
        })
    }
}

impl<'a> Network<'a> {
    /// The SSID may hold quotes and commas: what follows it is read from the end.
    fn parse(values: &'a [u8]) -> Option<Self> {
        let mut fields = values.rsplitn(3, |&b| b == b',');
        let security = Fields::new(fields.next()?).reported()?;
        let rssi = Fields::new(fields.next()?).signed()?;
        Some(Network {
            ssid: Literal::parse(fields.next()?)?,
            rssi,
            security,
        })
    }
}

numbered! {
    /// How an access point is protected: the module's own, by parameter 2 of its configuration
    /// (5.3.3), or one that a scan finds (4.2.4, 4.3.4).
    pub enum AccessPointSecurity {
        /// None.
        Open = 0,
        /// WEP.
        Wep = 1,
        /// WPA, pre-shared key.
        Wpa = 2,
        /// WPA2, pre-shared key.
        Wpa2 = 3,
        /// Enterprise. The PIC32MZW1 neither starts with it nor finds it.
        Enterprise = 4,
    }
}

parameters! {
    "WAPC"
    /// A parameter of the module's own access point, with its value (5.3.3).
    set AccessPointParameter['a]
    /// A parameter of the module's own access point (5.3.3).
    id AccessPointParameterId
    /// A row of the reply to [`GetAccessPointParameters`].
    row AccessPointRow
    /// 1: the SSID, 1 to 32 bytes. Default: `DEMO_AP`, in firmware `DEMO_AP_1`.
    1 Ssid(Text<'a, 32>) -> Literal<'a>;
    /// 2: the protection. Default: open.
    2 Security(AccessPointSecurity) -> Reported<AccessPointSecurity>;
    /// 3: the credentials, up to 128 bytes: the password, or `KEYINDEX*KEY` for WEP.
    3 Credentials(Secret<'a, 128>) -> SecretLiteral<'a>;
    /// 4: the channel. Default: 6.
    4 Channel(Ranged<1, 13>) -> u16;
    /// 5: whether the SSID is kept out of beacons. Default: off.
    5 Hidden(Switch) -> Reported<Switch>;
}

/// `AT+WAPC`: sets a parameter of the module's own access point (5.3). Refused while it is on.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::{Ranged, microchip::command::wlan::{AccessPointParameter, ConfigureAccessPoint}};
///
/// let channel = AccessPointParameter::Channel(Ranged::new(11)?);
/// let mut wire = [0; 32];
/// let n = ConfigureAccessPoint { parameter: channel }.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+WAPC=4,11\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WAPC", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ConfigureAccessPoint<'a> {
    /// The parameter and its value.
    pub parameter: AccessPointParameter<'a>,
}

/// `AT+WAPC`: asks for one parameter of the module's own access point, or all (5.3). Rows:
/// [`AccessPointRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WAPC", Rows, parse = parse_access_point_rows, timeout_ms = 5000, termination = "\r\n")]
pub struct GetAccessPointParameters {
    /// Which; `None` asks for all.
    pub parameter: Option<AccessPointParameterId>,
}

fn parse_access_point_rows(reply: &[u8]) -> Result<Rows, atat::Error> {
    parse_rows(reply, |line| AccessPointRow::parse(line).is_some())
}

/// `AT+WAP`: switches the module's own access point on or off (5.4). Refused while the station is
/// on.
///
/// Stations that join, leave and get an address are told by
/// [`Event::ClientConnected`](crate::Event::ClientConnected) and its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WAP", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct SetAccessPoint {
    /// On: with the configuration of [`ConfigureAccessPoint`].
    pub access_point: Switch,
}

/// `AT+WAP`: asks for the state of the module's own access point (5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WAP", AccessPoint, parse = parse_access_point, timeout_ms = 5000, termination = "\r\n")]
pub struct GetAccessPoint;

/// The reply to [`GetAccessPoint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessPoint {
    /// Whether it is on.
    pub is_on: bool,
    /// The station that is there, if the module tells, and how strongly it is received, in dBm.
    pub station: Option<(Mac, i16)>,
}

impl AtatResp for AccessPoint {}

fn parse_access_point(reply: &[u8]) -> Result<AccessPoint, atat::Error> {
    access_point(reply.trim_ascii()).ok_or(atat::Error::Parse)
}

fn access_point(line: &[u8]) -> Option<AccessPoint> {
    let mut fields = Fields::new(line.strip_prefix(b"+WAP:")?);
    let is_on = switch(fields.reported()?)?;
    let station = if fields.is_empty() {
        None
    } else {
        Some((fields.mac()?, fields.signed()?))
    };
    Some(AccessPoint { is_on, station })
}

fn switch(state: Reported<Switch>) -> Option<bool> {
    Some(state.known()? == Switch::On)
}

numbered! {
    /// How the module is told of its network (5.5.3).
    pub enum ProvisioningMode {
        /// By a TCP client that sends `AT+WSTAC` commands: the only one there is.
        Socket = 2,
    }
}

parameters! {
    "WPROVC"
    /// A parameter of provisioning, with its value (5.5.3).
    set ProvisioningParameter['a]
    /// A parameter of provisioning (5.5.3).
    id ProvisioningParameterId
    /// A row of the reply to [`GetProvisioningParameters`].
    row ProvisioningRow
    /// 1: the mode. Default: by socket.
    1 Mode(ProvisioningMode) -> Reported<ProvisioningMode>;
    /// 2: the pin for WPS, 4 or 8 digits. Not supported.
    2 Pin(Secret<'a, 8>) -> SecretLiteral<'a>;
    /// 3: the port that the module listens on. Default: 7777.
    3 Port(Ranged<1, 65535>) -> u16;
}

/// `AT+WPROVC`: sets a parameter of provisioning (5.5). Refused while it is on. The SSID of its
/// access point is that of [`ConfigureAccessPoint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WPROVC", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ConfigureProvisioning<'a> {
    /// The parameter and its value.
    pub parameter: ProvisioningParameter<'a>,
}

/// `AT+WPROVC`: asks for one parameter of provisioning, or all (5.5). Rows: [`ProvisioningRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WPROVC", Rows, parse = parse_provisioning_rows, timeout_ms = 5000, termination = "\r\n")]
pub struct GetProvisioningParameters {
    /// Which; `None` asks for all.
    pub parameter: Option<ProvisioningParameterId>,
}

fn parse_provisioning_rows(reply: &[u8]) -> Result<Rows, atat::Error> {
    parse_rows(reply, |line| ProvisioningRow::parse(line).is_some())
}

/// `AT+WPROV`: starts or stops provisioning (5.6): an access point, and a socket on it that takes
/// the station's configuration. A client stops it too, by `AT+WPROV=0`:
/// [`Event::Provisioned`](crate::microchip::Event::Provisioned).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WPROV", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct SetProvisioning {
    /// Whether to provision.
    pub provisioning: Switch,
}

/// `AT+WPROV`: asks whether provisioning is on (5.6). The reference shows no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WPROV", Provisioning, parse = parse_provisioning, timeout_ms = 5000, termination = "\r\n")]
pub struct GetProvisioning;

/// The reply to [`GetProvisioning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provisioning {
    /// Whether it is on.
    pub is_on: bool,
}

impl AtatResp for Provisioning {}

fn parse_provisioning(reply: &[u8]) -> Result<Provisioning, atat::Error> {
    let values = reply.trim_ascii().strip_prefix(b"+WPROV:");
    let state = values.and_then(|values| Fields::new(values).reported());
    let is_on = state.and_then(switch).ok_or(atat::Error::Parse)?;
    Ok(Provisioning { is_on })
}
