//! Chapter 3, "Wi-Fi AT commands".

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatResp};

use super::{Done, Rows, values};
use crate::engine::text::{Fields, number, rows, unquoted};
use crate::error::Usage;
use crate::st67::text::{Secret, Text};
use crate::value::Mac;
use crate::value::Ranged;
use crate::value::ip as address;
use crate::value::{Addresses, LinkState};
use crate::value::{Printed, PrintedSecret};
use crate::value::{Reported, Switch};

/// `AT+WIFISP?`: asks whether the radio is on (3.1.1). Not all firmware has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WIFISP?", Radio, timeout_ms = 6000, termination = "\r\n")]
pub struct GetRadio;

/// The reply to [`GetRadio`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Radio {
    /// Whether it is on.
    pub radio: Reported<Switch>,
}

/// `AT+WIFISP`: switches the radio on or off (3.1.1). Firmware refuses to switch it off while the
/// station or the soft access point is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WIFISP", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetRadio {
    /// Whether it shall be on.
    pub radio: Switch,
}

numbered! {
    /// What the radio is: the mode of [`SetMode`].
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
}

/// `AT+CWMODE?`: asks for the Wi-Fi mode (3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWMODE?", CurrentMode, timeout_ms = 6000, termination = "\r\n")]
pub struct GetMode;

/// The reply to [`GetMode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct CurrentMode {
    /// The mode.
    pub mode: Reported<Mode>,
}

/// `AT+CWMODE`: sets the Wi-Fi mode (3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWMODE", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetMode {
    /// The mode. A new module is [`Mode::Off`].
    pub mode: Mode,
    /// Whether to connect to the access point that is stored in flash; if omitted, it is.
    pub auto_connect: Option<Switch>,
}

numbered! {
    /// Where the network stack is.
    pub enum NetworkMode {
        /// In the host (RCP): the module refuses all commands of chapters 4 and 5.
        Host = 0,
        /// In the module (NCP).
        Module = 1,
    }
}

/// `AT+CWNETMODE?`: asks where the network stack is (3.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CWNETMODE?",
    CurrentNetworkMode,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetNetworkMode;

/// The reply to [`GetNetworkMode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct CurrentNetworkMode {
    /// Where it is.
    pub mode: Reported<NetworkMode>,
}

/// `AT+CWSTATE?`: asks for the state of the station (3.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWSTATE?", State, parse = parse_state, timeout_ms = 6000, termination = "\r\n")]
pub struct GetState;

/// The reply to [`GetState`]. What newer firmware tells behind the SSID is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The state of the station's link.
    pub state: LinkState,
    /// The SSID of the access point, empty if there is none.
    pub ssid: Printed<32>,
}

impl AtatResp for State {}

fn parse_state(reply: &[u8]) -> Result<State, atat::Error> {
    parse_state_values(values(reply, b"+CWSTATE:")?).ok_or(atat::Error::Parse)
}

fn parse_state_values(values: &[u8]) -> Option<State> {
    let digits = values.iter().take_while(|b| b.is_ascii_digit()).count();
    let state = match number(values.get(..digits)?)? {
        0 => LinkState::Idle,
        1 => LinkState::NoAddress,
        2 => LinkState::Up,
        3 => LinkState::Connecting,
        4 => LinkState::Disconnected,
        n => LinkState::Unknown(u8::try_from(n).ok()?),
    };
    // The SSID is not escaped: it goes on to the last quote.
    let quoted = values.get(digits..)?.strip_prefix(b",\"");
    let ssid = quoted.and_then(|rest| rest.get(..rest.iter().rposition(|&b| b == b'"')?));
    Some(State {
        state,
        ssid: Printed::new(ssid.unwrap_or_default())?,
    })
}

/// `AT+CWJAP?`: asks which access point the station has joined (3.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWJAP?", Joined, parse = parse_joined, timeout_ms = 6000, termination = "\r\n")]
pub struct GetJoined;

/// The reply to [`GetJoined`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The access point; `None` if the station has joined none.
    pub access_point: Option<AccessPoint>,
}

/// The access point that the station has joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPoint {
    /// Its SSID.
    pub ssid: Printed<32>,
    /// Its hardware address.
    pub bssid: Mac,
    /// Its channel.
    pub channel: u8,
    /// How strong it is received, in dBm.
    pub rssi: i16,
    /// Whether it uses WEP.
    pub wep: Reported<Switch>,
}

impl AtatResp for Joined {}

fn parse_joined(reply: &[u8]) -> Result<Joined, atat::Error> {
    if reply.trim_ascii().is_empty() {
        return Ok(Joined { access_point: None });
    }
    let access_point = parse_access_point(values(reply, b"+CWJAP:")?).ok_or(atat::Error::Parse)?;
    Ok(Joined {
        access_point: Some(access_point),
    })
}

fn parse_access_point(values: &[u8]) -> Option<AccessPoint> {
    // The SSID is not escaped; the address is quoted last.
    let (ssid, rest) = split_at_last(values.strip_prefix(b"\"")?, b"\",\"")?;
    let (bssid, rest) = split_at_last(rest, b"\",")?;
    let mut fields = Fields::new(rest);
    Some(AccessPoint {
        ssid: Printed::new(ssid)?,
        bssid: Mac::parse(bssid)?,
        channel: fields.number()?,
        rssi: fields.signed()?,
        wep: fields.reported()?,
    })
}

/// What stands before and behind the last `separator`.
fn split_at_last<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text
        .windows(separator.len())
        .rposition(|window| window == separator)?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}

numbered! {
    /// How the station looks for the access point.
    pub enum JoinScan {
        /// It takes the first of that name.
        First = 0,
        /// It looks on all channels and takes the strongest.
        All = 1,
    }
}

/// `AT+CWJAP`: joins an access point (3.1.5). Needs [`Mode::Station`] or [`Mode::Both`].
///
/// By the reference `OK` comes when the station has an address or could not join, by the firmware
/// before; [`Module::join`](crate::Module::join) waits for either. The parameters behind `wep` are
/// the firmware's, which refuses the nine of the reference's last example.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::st67::command::wifi::Join;
/// use atwifi::st67::{Secret, Text};
///
/// let join = Join::new(Text::new(br"ab\,c")?, Secret::new(br#"0123456789"\"#)?);
/// let mut wire = [0; 64];
/// let n = join.write(&mut wire);
/// assert_eq!(wire[..n].trim_ascii_end(), br#"AT+CWJAP="ab\\\,c","0123456789\"\\""#);
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWJAP", Done, parse = parse_join, timeout_ms = 20000, termination = "\r\n")]
pub struct Join<'a> {
    /// The SSID: 1 to 32 bytes.
    pub ssid: Text<'a, 32>,
    /// The password: up to 64 bytes, empty for an open network.
    pub password: Secret<'a, 64>,
    /// Which of several access points of that name.
    pub bssid: Option<Mac>,
    /// Whether it uses WEP. Default: off.
    pub wep: Option<Switch>,
    /// How often the station listens while it saves power, in beacons. Default: 3.
    pub listen_interval: Option<Ranged<1, 100>>,
    /// How to look for it. Default: [`JoinScan::All`].
    pub scan: Option<JoinScan>,
    /// How long the module tries, in seconds. Default: 15.
    pub timeout_s: Option<Ranged<3, 600>>,
}

impl<'a> Join<'a> {
    /// Joins with what is needed; everything else is the module's default.
    pub fn new(ssid: Text<'a, 32>, password: Secret<'a, 64>) -> Self {
        Join {
            ssid,
            password,
            bssid: None,
            wep: None,
            listen_interval: None,
            scan: None,
            timeout_s: None,
        }
    }
}

/// `AT+CWJAP` without parameters: joins the access point that was joined last (3.1.5). Some
/// firmware says `OK` and does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWJAP", Done, parse = parse_join, timeout_ms = 20000, termination = "\r\n")]
pub struct JoinAgain;

/// What may come before `OK` are events, and they are taken as such; see `words.rs`.
fn parse_join(reply: &[u8]) -> Result<Done, atat::Error> {
    if reply.is_empty() {
        Ok(Done {})
    } else {
        Err(atat::Error::Parse)
    }
}

/// `AT+CWRECONNCFG?`: asks how the station reconnects (3.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWRECONNCFG?", Reconnecting, timeout_ms = 6000, termination = "\r\n")]
pub struct GetReconnecting;

/// The reply to [`GetReconnecting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Reconnecting {
    /// Seconds between two attempts; 0 if there are none.
    pub interval_s: u16,
    /// How many attempts; 0 for no limit in the reference, for none in the firmware.
    pub attempts: u16,
}

/// `AT+CWRECONNCFG`: how the station reconnects when its link is lost (3.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWRECONNCFG", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetReconnecting {
    /// Seconds between two attempts; 0 (default) makes none.
    pub interval_s: Ranged<0, 7200>,
    /// How many attempts; 0 (default) is no limit in the reference, but none in the firmware.
    pub attempts: Ranged<0, 1000>,
}

mask! {
    /// The columns of a [`ScanRow`].
    pub struct Columns {
        /// The kind of security.
        SECURITY = 1;
        /// The SSID.
        SSID = 1 << 1;
        /// How strong it is received.
        RSSI = 1 << 2;
        /// The hardware address.
        BSSID = 1 << 3;
        /// The channel.
        CHANNEL = 1 << 4;
        /// The frequency offset (reserved).
        FREQUENCY_OFFSET = 1 << 5;
        /// The frequency calibration value (reserved).
        FREQUENCY_CALIBRATION = 1 << 6;
        /// The cipher between station and access point.
        PAIRWISE_CIPHER = 1 << 7;
        /// The cipher for all stations.
        GROUP_CIPHER = 1 << 8;
        /// The 802.11 standards.
        STANDARDS = 1 << 9;
        /// Whether it offers WPS.
        WPS = 1 << 10;
    }
}

mask! {
    /// Which kinds of access points a scan shows: a bit for each [`Security`].
    pub struct Securities {
        /// [`Security::Open`].
        OPEN = 1;
        /// [`Security::Wep`].
        WEP = 1 << 1;
        /// [`Security::Wpa`].
        WPA = 1 << 2;
        /// [`Security::Wpa2`].
        WPA2 = 1 << 3;
        /// [`Security::WpaWpa2`].
        WPA_WPA2 = 1 << 4;
        /// [`Security::Enterprise`].
        ENTERPRISE = 1 << 5;
        /// [`Security::Wpa3`].
        WPA3 = 1 << 6;
        /// [`Security::Wpa2Wpa3`].
        WPA2_WPA3 = 1 << 7;
    }
}

/// `AT+CWLAPOPT`: what a scan shows (3.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWLAPOPT", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetScanOptions {
    /// Whether the strongest come first. Default: on.
    pub sort: Switch,
    /// The columns. Default: all.
    pub columns: Columns,
    /// The weakest that is shown, in dBm. Default: -100.
    pub rssi_min: Option<Ranged<-100, 40>>,
    /// The kinds that are shown. Default: all.
    pub securities: Option<Securities>,
    /// The most that are shown. Default: 50.
    pub count: Option<Ranged<1, 50>>,
}

numbered! {
    /// How to scan.
    pub enum ScanType {
        /// Access points are asked.
        Active = 0,
        /// Their beacons are listened to.
        Passive = 1,
    }
}

/// `AT+CWLAP` with parameters: looks for certain access points (3.1.8). Rows as [`Scan`].
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWLAP", Rows, parse = parse_scan, timeout_ms = 15000, termination = "\r\n")]
pub struct ScanFor<'a> {
    /// How to scan.
    pub scan: ScanType,
    /// The SSID, up to 32 bytes.
    pub ssid: Option<Text<'a, 32>>,
    /// The hardware address.
    pub bssid: Option<Mac>,
    /// The channel; 0 is every one.
    pub channel: Option<Ranged<0, 14>>,
    /// The least time on a channel, in milliseconds; only if active.
    pub time_min_ms: Option<Ranged<0, 1500>>,
    /// The most, in milliseconds; 0 is 120 if active, 360 if passive.
    pub time_max_ms: Option<Ranged<0, 1500>>,
}

/// `AT+CWLAP`: looks for access points (3.1.8).
///
/// In the reference the rows ([`ScanRow`]) are the reply. Firmware says `OK` first: there each row
/// is an [`Event`](crate::Event), and
/// [`Event::ScanDone`](crate::Event::ScanDone) follows the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWLAP", Rows, parse = parse_scan, timeout_ms = 15000, termination = "\r\n")]
pub struct Scan;

fn parse_scan(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| line.starts_with(b"+CWLAP:")).map(|count| Rows { count })
}

numbered! {
    /// How an access point is secured.
    pub enum Security {
        /// Not at all.
        Open = 0,
        /// WEP.
        Wep = 1,
        /// WPA-PSK.
        Wpa = 2,
        /// WPA2-PSK.
        Wpa2 = 3,
        /// WPA-PSK or WPA2-PSK.
        WpaWpa2 = 4,
        /// WPA enterprise.
        Enterprise = 5,
        /// WPA3.
        Wpa3 = 6,
        /// WPA2-PSK or WPA3.
        Wpa2Wpa3 = 7,
    }
}

numbered! {
    /// A cipher.
    pub enum Cipher {
        /// None.
        None = 0,
        /// WEP with 40 bits.
        Wep40 = 1,
        /// WEP with 104 bits.
        Wep104 = 2,
        /// TKIP.
        Tkip = 3,
        /// CCMP.
        Ccmp = 4,
        /// TKIP and CCMP.
        TkipCcmp = 5,
        /// AES-CMAC-128.
        AesCmac128 = 6,
        /// The module does not know it.
        Other = 7,
    }
}

mask! {
    /// Standards of IEEE 802.11.
    pub struct Standards {
        /// 802.11b.
        B = 1;
        /// 802.11g.
        G = 2;
        /// 802.11n.
        N = 4;
        /// 802.11ax.
        AX = 8;
    }
}

/// An access point that a scan has found: `+CWLAP:`. What the columns leave out is `None`.
///
/// ```
/// use atwifi::st67::command::wifi::{Columns, ScanRow, Security};
///
/// let columns = Columns::SECURITY | Columns::SSID | Columns::RSSI;
/// let row = ScanRow::parse(br#"+CWLAP:(3,"a "quoted" name",-42)"#, columns).unwrap();
/// assert_eq!(row.ssid, Some(&br#"a "quoted" name"#[..]));
/// assert_eq!(row.security.unwrap(), Security::Wpa2);
/// assert_eq!((row.rssi, row.channel), (Some(-42), None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanRow<'a> {
    /// How it is secured.
    pub security: Option<Reported<Security>>,
    /// Its SSID.
    pub ssid: Option<&'a [u8]>,
    /// How strong it is received, in dBm.
    pub rssi: Option<i16>,
    /// Its hardware address.
    pub bssid: Option<Mac>,
    /// Its channel.
    pub channel: Option<u8>,
    /// Its frequency offset (reserved).
    pub frequency_offset: Option<i16>,
    /// Its frequency calibration value (reserved).
    pub frequency_calibration: Option<i16>,
    /// The cipher between it and a station.
    pub pairwise_cipher: Option<Reported<Cipher>>,
    /// The cipher for all stations.
    pub group_cipher: Option<Reported<Cipher>>,
    /// The 802.11 standards.
    pub standards: Option<Standards>,
    /// Whether it offers WPS.
    pub wps: Option<Reported<Switch>>,
}

impl ScanRow<'_> {
    /// Takes a row apart, of which the columns are those that [`SetScanOptions`] has chosen, or
    /// [`Columns::ALL`].
    pub fn parse(line: &[u8], columns: Columns) -> Option<ScanRow<'_>> {
        let values = line.strip_prefix(b"+CWLAP:")?;
        let Some(values) = values.strip_prefix(b"(") else {
            return ScanRow::parse_values(values, columns);
        };
        // Firmware has it between parentheses, and leaves the cipher for all stations out.
        let values = values.strip_suffix(b")")?;
        let told = Columns::from_bits(columns.bits() & !Columns::GROUP_CIPHER.bits());
        ScanRow::parse_values(values, told).or_else(|| ScanRow::parse_values(values, columns))
    }

    fn parse_values(values: &[u8], columns: Columns) -> Option<ScanRow<'_>> {
        let shows = |column| columns.contains(column);
        let mut start = Fields::new(values);
        let security = column(shows(Columns::SECURITY), || start.reported())?;
        let values = start.rest();
        let (ssid, values) = if shows(Columns::SSID) {
            let (ssid, rest) = split_off_ssid(values, columns)?;
            (Some(ssid), rest)
        } else {
            (None, values)
        };
        let mut fields = Fields::new(values);
        let row = ScanRow {
            security,
            ssid,
            rssi: column(shows(Columns::RSSI), || fields.signed())?,
            bssid: column(shows(Columns::BSSID), || fields.mac())?,
            channel: column(shows(Columns::CHANNEL), || fields.number())?,
            frequency_offset: column(shows(Columns::FREQUENCY_OFFSET), || fields.signed())?,
            frequency_calibration: column(shows(Columns::FREQUENCY_CALIBRATION), || {
                fields.signed()
            })?,
            pairwise_cipher: column(shows(Columns::PAIRWISE_CIPHER), || fields.reported())?,
            group_cipher: column(shows(Columns::GROUP_CIPHER), || fields.reported())?,
            standards: column(shows(Columns::STANDARDS), || {
                fields.number().map(Standards::from_bits)
            })?,
            wps: column(shows(Columns::WPS), || fields.reported())?,
        };
        let is_all = fields.next().is_none_or(<[u8]>::is_empty);
        is_all.then_some(row)
    }
}

/// A column that is shown must be there.
fn column<V>(is_shown: bool, value: impl FnOnce() -> Option<V>) -> Option<Option<V>> {
    if is_shown {
        value().map(Some)
    } else {
        Some(None)
    }
}

/// The SSID at the start of a row, and what stands behind it: no other column has a comma in it,
/// and the SSID is not escaped.
fn split_off_ssid(values: &[u8], columns: Columns) -> Option<(&[u8], &[u8])> {
    let behind = (columns.bits() & Columns::ALL.bits() >> 2 << 2).count_ones() as usize;
    let mut commas = values.iter().enumerate().filter(|&(_, &b)| b == b',');
    let end = match behind.checked_sub(1) {
        None => values.len(),
        Some(n) => commas.nth_back(n)?.0,
    };
    let (ssid, rest) = values.split_at_checked(end)?;
    let ssid = ssid.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    Some((ssid, rest.get(1..).unwrap_or_default()))
}

/// `AT+CWQAP` with a parameter: leaves the access point (3.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWQAP", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct LeaveAnd {
    /// Whether to erase SSID and password that are stored. Default: off.
    pub forget: Switch,
}

/// `AT+CWQAP`: leaves the access point (3.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWQAP", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct Leave;

numbered! {
    /// How the soft access point is secured.
    pub enum SoftApSecurity {
        /// Not at all.
        Open = 0,
        /// WPA-PSK.
        Wpa = 2,
        /// WPA2-PSK.
        Wpa2 = 3,
        /// WPA3 in the reference; some firmware takes it for WPA-PSK or WPA2-PSK.
        Wpa3 = 4,
    }
}

/// `AT+CWSAP?`: asks how the soft access point is set up (3.1.10). Firmware refuses unless the mode
/// has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWSAP?", SoftAp, parse = parse_soft_ap, timeout_ms = 6000, termination = "\r\n")]
pub struct GetSoftAp;

/// The reply to [`GetSoftAp`].
///
/// Neither text is escaped: where one holds `","`, the SSID ends at the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftAp {
    /// The SSID.
    pub ssid: Printed<32>,
    /// The password.
    pub password: PrintedSecret<64>,
    /// The channel.
    pub channel: u8,
    /// How it is secured.
    pub security: Reported<SoftApSecurity>,
    /// The most stations that can join.
    pub stations: u8,
    /// Whether the SSID is hidden.
    pub hidden: Reported<Switch>,
}

impl AtatResp for SoftAp {}

fn parse_soft_ap(reply: &[u8]) -> Result<SoftAp, atat::Error> {
    parse_soft_ap_values(values(reply, b"+CWSAP:")?).ok_or(atat::Error::Parse)
}

fn parse_soft_ap_values(values: &[u8]) -> Option<SoftAp> {
    let (texts, rest) = split_at_last(values.strip_prefix(b"\"")?, b"\",")?;
    let at = texts.windows(3).position(|window| window == b"\",\"")?;
    let mut fields = Fields::new(rest);
    Some(SoftAp {
        ssid: Printed::new(texts.get(..at)?)?,
        password: PrintedSecret::new(texts.get(at + 3..)?)?,
        channel: fields.number()?,
        security: fields.reported()?,
        stations: fields.number()?,
        hidden: fields.reported()?,
    })
}

/// `AT+CWSAP`: sets up the soft access point (3.1.10). Needs [`Mode::AccessPoint`] or
/// [`Mode::Both`].
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWSAP", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetSoftAp<'a> {
    /// The SSID: 1 to 32 bytes.
    pub ssid: Text<'a, 32>,
    /// The password: 8 to 64 bytes; empty if it is open.
    pub password: Secret<'a, 64>,
    /// The channel; with [`Mode::Both`] that of the station.
    pub channel: Ranged<1, 13>,
    /// How it is secured.
    pub security: SoftApSecurity,
    /// The most stations that can join: to 4 by the reference's text, to 10 by its example and
    /// the firmware.
    pub stations: Option<Ranged<1, 10>>,
    /// Whether the SSID is hidden. Default: off.
    pub hidden: Option<Switch>,
}

/// `AT+CWLIF`: lists the stations that have joined the soft access point and got an address of its
/// DHCP server (3.1.11). Rows: [`ClientRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWLIF", Rows, parse = parse_clients, timeout_ms = 6000, termination = "\r\n")]
pub struct GetClients;

fn parse_clients(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| ClientRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetClients`].
///
/// ```
/// use atwifi::st67::command::wifi::ClientRow;
///
/// let row = ClientRow::parse(b"+CWLIF:192.168.4.2,18:b9:05:ed:59:cc").unwrap();
/// assert_eq!(row.ip.octets(), [192, 168, 4, 2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientRow {
    /// The station's address.
    pub ip: Ipv4Addr,
    /// Its hardware address.
    pub mac: Mac,
}

impl ClientRow {
    /// Takes a row apart.
    pub fn parse(line: &[u8]) -> Option<ClientRow> {
        let mut fields = Fields::new(line.strip_prefix(b"+CWLIF:")?);
        let row = ClientRow {
            ip: fields.ipv4()?,
            mac: fields.mac()?,
        };
        fields.is_empty().then_some(row)
    }
}

/// `AT+CWQIF`: sends all stations away from the soft access point (3.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWQIF", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct DropClients;

/// `AT+CWQIF` with a parameter: sends one station away from the soft access point (3.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWQIF", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct DropClient {
    /// The station's hardware address. Firmware refuses one that has not joined.
    pub mac: Mac,
}

mask! {
    /// Who uses DHCP.
    pub struct Dhcp {
        /// The station asks for its address.
        STATION = 1;
        /// The soft access point gives addresses.
        SOFT_AP = 2;
    }
}

/// `AT+CWDHCP?`: asks who uses DHCP (3.1.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWDHCP?", CurrentDhcp, parse = parse_dhcp, timeout_ms = 6000, termination = "\r\n")]
pub struct GetDhcp;

/// The reply to [`GetDhcp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentDhcp {
    /// Who uses it.
    pub dhcp: Dhcp,
}

impl AtatResp for CurrentDhcp {}

fn parse_dhcp(reply: &[u8]) -> Result<CurrentDhcp, atat::Error> {
    // The reference shows the number alone.
    let value = values(reply, b"+CWDHCP:").or_else(|_| values(reply, b""))?;
    let bits = number(value).ok_or(atat::Error::Parse)?;
    Ok(CurrentDhcp {
        dhcp: Dhcp::from_bits(bits),
    })
}

/// `AT+CWDHCP`: switches DHCP on or off (3.1.13). Switched on, it takes the place of a fixed
/// address; [`SetStationAddress`] and [`SetSoftApAddress`] take its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWDHCP", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetDhcp {
    /// On or off.
    pub operate: Switch,
    /// For whom; for the others it stays as it is.
    pub dhcp: Dhcp,
}

/// `AT+CWDHCPS?`: asks which addresses the soft access point gives (3.1.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWDHCPS?", DhcpServer, parse = parse_dhcp_server, timeout_ms = 6000, termination = "\r\n")]
pub struct GetDhcpServer;

/// The reply to [`GetDhcpServer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DhcpServer {
    /// For how many minutes.
    pub lease_min: u16,
    /// The first address.
    pub first: Ipv4Addr,
    /// The last.
    pub last: Ipv4Addr,
}

impl AtatResp for DhcpServer {}

fn parse_dhcp_server(reply: &[u8]) -> Result<DhcpServer, atat::Error> {
    // A colon in firmware, an equals sign in the reference.
    let values = values(reply, b"+CWDHCPS:").or_else(|_| values(reply, b"+CWDHCPS="))?;
    let mut fields = Fields::new(values);
    let server = (|| {
        Some(DhcpServer {
            lease_min: fields.number()?,
            first: fields.ipv4()?,
            last: fields.ipv4()?,
        })
    })();
    server.ok_or(atat::Error::Parse)
}

/// `AT+CWDHCPS`: which addresses the soft access point gives (3.1.14). Works only while the soft
/// access point and its DHCP server are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWDHCPS", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetDhcpServer {
    enable: Switch,
    lease_min: Option<Ranged<1, 2880>>,
    first: Option<Ipv4Addr>,
    last: Option<Ipv4Addr>,
}

impl SetDhcpServer {
    /// The addresses from `first` to `last`, in the network of the soft access point, for so many
    /// minutes.
    pub fn range(lease_min: Ranged<1, 2880>, first: Ipv4Addr, last: Ipv4Addr) -> Self {
        SetDhcpServer {
            enable: Switch::On,
            lease_min: Some(lease_min),
            first: Some(first),
            last: Some(last),
        }
    }

    /// The module's default.
    pub fn default_range() -> Self {
        SetDhcpServer {
            enable: Switch::Off,
            lease_min: None,
            first: None,
            last: None,
        }
    }
}

/// `AT+CWAUTOCONN`: whether the station joins by itself when the module starts (3.1.15). Always
/// goes to flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWAUTOCONN", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetAutoConnect {
    /// Whether it does. Default: on.
    pub enable: Switch,
}

/// `AT+CIPSTAMAC?`: asks for the hardware address of the station (3.1.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTAMAC?", OwnMac, parse = parse_station_mac, timeout_ms = 6000, termination = "\r\n")]
pub struct GetStationMac;

/// `AT+CIPAPMAC?`: asks for the hardware address of the soft access point (3.1.17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPAPMAC?", OwnMac, parse = parse_soft_ap_mac, timeout_ms = 6000, termination = "\r\n")]
pub struct GetSoftApMac;

/// The reply to [`GetStationMac`] and [`GetSoftApMac`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnMac {
    /// The address.
    pub mac: Mac,
}

impl AtatResp for OwnMac {}

fn parse_station_mac(reply: &[u8]) -> Result<OwnMac, atat::Error> {
    parse_mac(values(reply, b"+CIPSTAMAC:")?)
}

fn parse_soft_ap_mac(reply: &[u8]) -> Result<OwnMac, atat::Error> {
    parse_mac(values(reply, b"+CIPAPMAC:")?)
}

fn parse_mac(value: &[u8]) -> Result<OwnMac, atat::Error> {
    let mac = Fields::new(value).mac().ok_or(atat::Error::Parse)?;
    Ok(OwnMac { mac })
}

/// An address that a station can have: not a group's, nor all zeros.
fn own(mac: Mac) -> Result<Mac, Usage> {
    let is_own = mac.0[0] & 1 == 0 && mac != Mac::default();
    is_own.then_some(mac).ok_or(Usage::Address)
}

/// `AT+CIPSTAMAC`: sets the hardware address of the station (3.1.16), by the reference that of the
/// soft access point too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTAMAC", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetStationMac {
    mac: Mac,
}

impl SetStationMac {
    /// Checks the address.
    ///
    /// # Errors
    /// [`Usage::Address`] if it is a group's (bit 0 of the first byte) or all zeros.
    pub fn new(mac: Mac) -> Result<Self, Usage> {
        own(mac).map(|mac| SetStationMac { mac })
    }
}

/// `AT+CIPAPMAC`: sets the hardware address of the soft access point (3.1.17), by the reference
/// that of the station too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPAPMAC", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetSoftApMac {
    mac: Mac,
}

impl SetSoftApMac {
    /// Checks the address.
    ///
    /// # Errors
    /// [`Usage::Address`] if it is a group's (bit 0 of the first byte) or all zeros.
    pub fn new(mac: Mac) -> Result<Self, Usage> {
        own(mac).map(|mac| SetSoftApMac { mac })
    }
}

/// `AT+CIPSTA?`: asks for the addresses of the station (3.1.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTA?", StationAddresses, parse = parse_addresses, timeout_ms = 6000, termination = "\r\n")]
pub struct GetAddresses;

/// The reply to [`GetAddresses`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StationAddresses {
    /// The IPv4 addresses; zeros if there are none.
    pub ipv4: Addresses,
    /// The IPv6 address on the link, with IPv6 switched on.
    pub link_local: Option<Ipv6Addr>,
    /// The first other IPv6 address.
    pub global: Option<Ipv6Addr>,
}

impl AtatResp for StationAddresses {}

fn parse_addresses(reply: &[u8]) -> Result<StationAddresses, atat::Error> {
    let row = |name| address_row(reply, b"+CIPSTA:", name);
    let ipv6 = |name| match address::read(row(name)?)? {
        IpAddr::V6(address) => Some(address),
        IpAddr::V4(_) => None,
    };
    Ok(StationAddresses {
        ipv4: parse_ipv4_addresses(reply, b"+CIPSTA:").ok_or(atat::Error::Parse)?,
        link_local: ipv6(b"ip6ll:"),
        global: ipv6(b"ip6gl:"),
    })
}

fn parse_ipv4_addresses(reply: &[u8], head: &[u8]) -> Option<Addresses> {
    let row = |name| address::v4(address_row(reply, head, name)?);
    let (gateway, netmask) = (row(b"gateway:")?, row(b"netmask:")?);
    Some(Addresses::new(row(b"ip:")?).with_network(gateway, netmask))
}

/// What the row of that name says.
fn address_row<'a>(reply: &'a [u8], head: &[u8], name: &[u8]) -> Option<&'a [u8]> {
    reply
        .split(|&b| b == b'\n')
        .find_map(|line| line.trim_ascii().strip_prefix(head)?.strip_prefix(name))
        .map(unquoted)
}

/// `AT+CIPSTA`: gives the station a fixed address, instead of DHCP's (3.1.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTA", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetStationAddress {
    /// The address.
    pub ip: Ipv4Addr,
    /// The gateway. Firmware's default: the first address of the network.
    pub gateway: Option<Ipv4Addr>,
    /// The mask. Firmware's default: 255.255.255.0.
    pub netmask: Option<Ipv4Addr>,
    /// The name server. Firmware 2.0.75 refuses it.
    pub dns: Option<Ipv4Addr>,
}

/// `AT+CIPAP?`: asks for the addresses of the soft access point (3.1.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPAP?", Addresses, parse = parse_soft_ap_addresses, timeout_ms = 6000, termination = "\r\n")]
pub struct GetSoftApAddresses;

impl AtatResp for Addresses {}

fn parse_soft_ap_addresses(reply: &[u8]) -> Result<Addresses, atat::Error> {
    parse_ipv4_addresses(reply, b"+CIPAP:").ok_or(atat::Error::Parse)
}

/// `AT+CIPAP`: sets the address of the soft access point (3.1.19). Default: 192.168.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPAP", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetSoftApAddress {
    /// The address.
    pub ip: Ipv4Addr,
    /// The gateway. Firmware's default: the address itself.
    pub gateway: Option<Ipv4Addr>,
    /// The mask. Firmware's default: 255.255.255.0.
    pub netmask: Option<Ipv4Addr>,
}

/// `AT+CWHOSTNAME?`: asks for the host name of the station (3.1.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWHOSTNAME?", HostName, parse = parse_host_name, timeout_ms = 6000, termination = "\r\n")]
pub struct GetHostName;

/// The reply to [`GetHostName`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    /// The name.
    pub name: Printed<32>,
}

impl AtatResp for HostName {}

fn parse_host_name(reply: &[u8]) -> Result<HostName, atat::Error> {
    let name = unquoted(values(reply, b"+CWHOSTNAME:")?);
    let name = Printed::new(name).ok_or(atat::Error::Parse)?;
    Ok(HostName { name })
}

/// `AT+CWHOSTNAME`: sets the host name of the station (3.1.20). Needs [`Mode::Station`] or
/// [`Mode::Both`].
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWHOSTNAME", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetHostName<'a> {
    /// The name: up to 32 bytes by the reference; firmware refuses more than 27.
    pub name: Text<'a, 32>,
}

numbered! {
    /// Who decides which country's channels are used.
    pub enum CountryPolicy {
        /// The access point that the station joins.
        AccessPoint = 0,
        /// [`SetCountry`].
        Fixed = 1,
    }
}

/// `AT+CWCOUNTRY?`: asks for the country (3.1.21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWCOUNTRY?", Country, parse = parse_country, timeout_ms = 6000, termination = "\r\n")]
pub struct GetCountry;

/// The reply to [`GetCountry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// Who decides.
    pub policy: Reported<CountryPolicy>,
    /// The country's code.
    pub code: Printed<3>,
}

impl AtatResp for Country {}

fn parse_country(reply: &[u8]) -> Result<Country, atat::Error> {
    let mut fields = Fields::new(values(reply, b"+CWCOUNTRY:")?);
    let country = (|| {
        Some(Country {
            policy: fields.reported()?,
            code: Printed::new(fields.quoted()?.as_bytes())?,
        })
    })();
    country.ok_or(atat::Error::Parse)
}

/// `AT+CWCOUNTRY`: sets the country (3.1.21).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWCOUNTRY", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetCountry<'a> {
    /// Who decides.
    pub policy: CountryPolicy,
    /// The country's code, up to 3 bytes. Firmware knows `CN`, `JP`, `US`, `EU` and `00`.
    pub code: Text<'a, 3>,
}

/// `AT+CWMONITOR`: receives whatever is on a channel (3.1.22), packets as events `+CWMONITOR,`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWMONITOR", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetMonitor {
    /// On or off.
    pub enable: Switch,
    /// The channel, of those that the country has.
    pub channel: Ranged<1, 14>,
    /// The length of the shortest packet that is shown, in bytes.
    pub length_min: Option<u16>,
    /// The length of the longest.
    pub length_max: Option<u16>,
}

/// `AT+CWSTAPROTO?`: asks which standards the station uses (3.1.23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWSTAPROTO?", UsedStandards, timeout_ms = 6000, termination = "\r\n")]
pub struct GetStationStandards;

/// `AT+CWAPPROTO?`: asks which standards the soft access point uses (3.1.24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWAPPROTO?", UsedStandards, timeout_ms = 6000, termination = "\r\n")]
pub struct GetSoftApStandards;

/// The reply to [`GetStationStandards`] and [`GetSoftApStandards`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct UsedStandards {
    /// The standards.
    pub standards: Standards,
}

/// `AT+CWSTAPROTO`: which standards the station uses, from the next connection on (3.1.23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWSTAPROTO", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetStationStandards {
    /// The standards, no other bits. Default: all.
    pub standards: Standards,
}

/// `AT+CWAPPROTO`: which standards the soft access point uses, from the next connection on
/// (3.1.24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWAPPROTO", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetSoftApStandards {
    /// The standards, no other bits. Default: all.
    pub standards: Standards,
}

numbered! {
    /// The weakest security that WPS may agree on.
    pub enum WpsFloor {
        /// None.
        Open = 0,
        /// WEP, which WPS does not support.
        Wep = 1,
        /// WPA-PSK.
        Wpa = 2,
        /// WPA2-PSK.
        Wpa2 = 3,
        /// WPA-PSK or WPA2-PSK.
        WpaWpa2 = 4,
    }
}

/// `AT+WPS`: joins an access point whose button is pushed (3.1.25). Needs [`Mode::Station`] or
/// [`Mode::Both`]. Not all firmware has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+WPS", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetWps {
    /// On or off.
    pub enable: Switch,
    /// The weakest security. Default: [`WpsFloor::Open`].
    pub floor: Option<WpsFloor>,
}

/// `AT+CWANTENABLE?`: asks for the antenna diversity (3.1.26).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CWANTENABLE?",
    AntennaDiversity,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetAntennaDiversity;

/// The reply to [`GetAntennaDiversity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct AntennaDiversity {
    /// Whether it is dynamic.
    pub dynamic: Reported<Switch>,
    /// Whether it is static.
    pub fixed: Reported<Switch>,
    /// The pin.
    pub pin: u8,
}

/// `AT+CWANTENABLE`: switches the antenna diversity on or off, from the next start on (3.1.26).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWANTENABLE", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetAntennaDiversity {
    /// Whether it is dynamic.
    pub dynamic: Switch,
    /// Whether it is static.
    pub fixed: Switch,
    /// The number of the pin; firmware needs it to switch either on.
    pub pin: Option<u8>,
}

/// `AT+CWANTNUM?`: asks how many antennas there can be (3.1.27).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWANTNUM?", Antennas, timeout_ms = 6000, termination = "\r\n")]
pub struct GetAntennas;

/// The reply to [`GetAntennas`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Antennas {
    /// How many.
    pub count: u8,
}

/// `AT+CWANT?`: asks which antenna is in use (3.1.28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWANT?", Antenna, timeout_ms = 6000, termination = "\r\n")]
pub struct GetAntenna;

/// The reply to [`GetAntenna`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Antenna {
    /// Its number.
    pub antenna: u8,
}

/// `AT+CWANT`: chooses the antenna (3.1.28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWANT", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetAntenna {
    /// Its number, from 0.
    pub antenna: u8,
}
