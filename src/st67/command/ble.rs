//! Chapter 6, "BLE related AT commands".
//!
//! What the other device does is told by events, [`Event::BleConnected`](crate::st67::Event) and
//! its neighbours, and so is what a client finds and reads.

use core::fmt;

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatResp};
use atat::serde_at::serde::{Serialize, Serializer};

use super::{Done, Rows, values};
use crate::driver::Upload;
use crate::engine::text::{Fields, number, rows, unquoted};
use crate::error::Usage;
use crate::st67::event::{AddressKind, BlePeer, ble_peer};
use crate::st67::text::Text;
use crate::value::Mac;
use crate::value::Ranged;
use crate::value::{Printed, SecretSlice};
use crate::value::{Reported, Switch};

/// A connection's index: 0 or 1 in the reference; firmware 2.0.97 and later has ten.
pub type Connection = Ranged<0, 9>;

/// The index of a service that the module has.
pub type Service = Ranged<0, 2>;

/// The index of a characteristic that the module has.
pub type Characteristic = Ranged<0, 4>;

/// The index of a service or characteristic that the other device has; the first is 1.
pub type Found = Ranged<1, 255>;

/// How long a value may be, in bytes; that of [`AnswerRead`] up to 240 in firmware 2.0.106.
pub type ValueLength = Ranged<1, 244>;

fn size<const MIN: i32, const MAX: i32>(length: Ranged<MIN, MAX>) -> usize {
    usize::try_from(length.get()).unwrap_or(0)
}

numbered! {
    /// What the module is to other devices.
    pub enum Role {
        /// Nothing: BLE is off.
        Off = 0,
        /// A client, which scans and connects.
        Client = 1,
        /// A server, which advertises and is connected to.
        Server = 2,
        /// Both: firmware 2.0.97 and later.
        Both = 3,
    }
}

/// `AT+BLEINIT?`: asks for the role (6.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEINIT?", CurrentRole, timeout_ms = 2000, termination = "\r\n")]
pub struct GetRole;

/// The reply to [`GetRole`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct CurrentRole {
    /// The role.
    pub role: Reported<Role>,
}

/// `AT+BLEINIT`: switches BLE on in a role, or off (6.1.1). Default: off.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::st67::command::ble::{Role, SetRole};
///
/// let mut wire = [0; 32];
/// let n = SetRole { role: Role::Server }.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+BLEINIT=2\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEINIT", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetRole {
    /// The role.
    pub role: Role,
}

/// `AT+BLEADDR?`: asks for the module's address (6.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEADDR?", Address, parse = parse_address, timeout_ms = 2000, termination = "\r\n")]
pub struct GetAddress;

/// The reply to [`GetAddress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub address: Mac,
}

impl AtatResp for Address {}

fn parse_address(reply: &[u8]) -> Result<Address, atat::Error> {
    let address = Mac::parse(unquoted(values(reply, b"+BLEADDR:")?));
    let address = address.ok_or(atat::Error::Parse)?;
    Ok(Address { address })
}

/// `AT+BLEADDR`: sets the module's address (6.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEADDR", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetAddress {
    /// The address.
    pub address: Mac,
}

/// `AT+BLENAME?`: asks for the module's name (6.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLENAME?", Name, parse = parse_name, timeout_ms = 2000, termination = "\r\n")]
pub struct GetName;

/// The reply to [`GetName`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name. Default in firmware: `QCC74x-AT`.
    pub name: Printed<29>,
}

impl AtatResp for Name {}

fn parse_name(reply: &[u8]) -> Result<Name, atat::Error> {
    let line = reply.strip_suffix(b"\n").unwrap_or(reply);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let name = line.strip_prefix(b"+BLENAME:").and_then(Printed::new);
    let name = name.ok_or(atat::Error::Parse)?;
    Ok(Name { name })
}

/// `AT+BLENAME`: sets the module's name (6.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLENAME", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetName<'a> {
    /// The name: up to 29 bytes.
    pub name: Text<'a, 29>,
}

numbered! {
    /// How a scan finds advertisers.
    pub enum ScanKind {
        /// By listening.
        Passive = 0,
        /// By asking.
        Active = 1,
    }
}

numbered! {
    /// The kind of the module's address in a scan.
    pub enum OwnAddress {
        /// Public.
        Public = 0,
        /// Random.
        Random = 1,
        /// Private and resolvable, or else public.
        PrivateOrPublic = 2,
        /// Private and resolvable, or else random.
        PrivateOrRandom = 3,
    }
}

numbered! {
    /// Whose advertisements a scan tells.
    pub enum ScanFilter {
        /// Everybody's.
        All = 0,
        /// Only those on the white list.
        WhiteList = 1,
        /// Everybody's, with directed ones to private addresses that cannot be resolved.
        AllAndDirected = 2,
        /// Those on the white list, with such directed ones.
        WhiteListAndDirected = 3,
    }
}

/// `AT+BLESCANPARAM?`: asks for the parameters of scans (6.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+BLESCANPARAM?",
    ScanParameters,
    timeout_ms = 2000,
    termination = "\r\n"
)]
pub struct GetScanParameters;

/// The reply to [`GetScanParameters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct ScanParameters {
    /// How.
    pub kind: Reported<ScanKind>,
    /// As whom.
    pub own_address: Reported<OwnAddress>,
    /// Whose.
    pub filter: Reported<ScanFilter>,
    /// From one scan to the next, in steps of 0.625 ms.
    pub interval: u16,
    /// How long each is, in steps of 0.625 ms.
    pub window: u16,
}

/// `AT+BLESCANPARAM`: sets the parameters of scans (6.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESCANPARAM", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetScanParameters {
    kind: ScanKind,
    own_address: OwnAddress,
    filter: ScanFilter,
    interval: Ranged<4, 0x4000>,
    window: Ranged<4, 0x4000>,
}

impl SetScanParameters {
    /// Scans every `interval` for as long as `window`, both in steps of 0.625 ms: 2.5 ms to
    /// 10.24 s.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`] if the window is longer than the interval.
    pub fn new(
        kind: ScanKind,
        own_address: OwnAddress,
        filter: ScanFilter,
        interval: Ranged<4, 0x4000>,
        window: Ranged<4, 0x4000>,
    ) -> Result<Self, Usage> {
        ordered(window, interval)?;
        Ok(SetScanParameters {
            kind,
            own_address,
            filter,
            interval,
            window,
        })
    }
}

/// Checks that the first is not greater than the second.
fn ordered<const MIN: i32, const MAX: i32>(
    least: Ranged<MIN, MAX>,
    greatest: Ranged<MIN, MAX>,
) -> Result<(), Usage> {
    let (min, max) = (MIN, greatest.get());
    if least > greatest {
        return Err(Usage::OutOfRange { min, max });
    }
    Ok(())
}

/// `AT+BLESCAN`: starts or ends a scan (6.1.5). What it finds comes as
/// [`Event::BleScanned`](crate::st67::Event::BleScanned).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESCAN", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetScan {
    /// Whether to scan.
    pub scan: Switch,
}

/// What is advertised: up to 31 bytes of structures, each with its length and type. On the wire
/// they are hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertisement<'a>(&'a [u8]);

/// The longest advertisement, in bytes.
const ADVERTISEMENT: usize = 31;

impl<'a> Advertisement<'a> {
    /// Checks the length.
    ///
    /// # Errors
    /// [`Usage::TooLong`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Usage> {
        if bytes.len() > ADVERTISEMENT {
            return Err(Usage::TooLong(ADVERTISEMENT));
        }
        Ok(Advertisement(bytes))
    }
}

impl Serialize for Advertisement<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        quoted_hex::<{ 2 * ADVERTISEMENT + 2 }, S>(self.0, serializer)
    }
}

/// Writes bytes as hexadecimal digits between quotes, `N` characters at most.
fn quoted_hex<const N: usize, S: Serializer>(
    bytes: &[u8],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = [b'"'; N];
    let inside = text.iter_mut().skip(1);
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    for (place, digit) in inside.zip(digits) {
        *place = *DIGITS.get(usize::from(digit)).unwrap_or(&b'0');
    }
    serializer.serialize_bytes(text.get(..2 * bytes.len() + 2).unwrap_or(&[]))
}

/// `AT+BLESCANRSPDATA`: sets what scanners are answered (6.1.6). The name must stand second in it.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::st67::command::ble::{Advertisement, SetScanResponse};
///
/// let data = Advertisement::new(&[2, 1, 6, 6, 9, b'W', b'W', b'W', b'W', b'W'])?;
/// let mut wire = [0; 64];
/// let n = SetScanResponse { data }.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+BLESCANRSPDATA=\"02010606095757575757\"\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESCANRSPDATA", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetScanResponse<'a> {
    /// The answer.
    pub data: Advertisement<'a>,
}

numbered! {
    /// What others may do with an advertiser.
    pub enum AdvertisingKind {
        /// Connect, and ask for more.
        Connectable = 0,
        /// Ask for more.
        Scannable = 1,
        /// Neither.
        NotConnectable = 2,
    }
}

numbered! {
    /// The radio channels of advertisements.
    pub enum Channels {
        /// Channel 37.
        Channel37 = 1,
        /// Channel 38.
        Channel38 = 2,
        /// Channel 39.
        Channel39 = 4,
        /// All three.
        All = 7,
    }
}

/// `AT+BLEADVPARAM?`: asks for the parameters of advertising (6.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+BLEADVPARAM?",
    AdvertisingParameters,
    timeout_ms = 2000,
    termination = "\r\n"
)]
pub struct GetAdvertisingParameters;

/// The reply to [`GetAdvertisingParameters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct AdvertisingParameters {
    /// The least interval, in steps of 0.625 ms.
    pub min_interval: u16,
    /// The greatest interval, in steps of 0.625 ms.
    pub max_interval: u16,
    /// What others may do.
    pub kind: Reported<AdvertisingKind>,
    /// On which channels.
    pub channels: Reported<Channels>,
}

/// `AT+BLEADVPARAM`: sets the parameters of advertising (6.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEADVPARAM", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetAdvertisingParameters {
    min_interval: Ranged<0x20, 0x4000>,
    max_interval: Ranged<0x20, 0x4000>,
    kind: AdvertisingKind,
    channels: Channels,
}

impl SetAdvertisingParameters {
    /// Advertises at an interval between these, in steps of 0.625 ms: 20 ms to 10.24 s.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`] if the least interval is greater than the greatest.
    pub fn new(
        min_interval: Ranged<0x20, 0x4000>,
        max_interval: Ranged<0x20, 0x4000>,
        kind: AdvertisingKind,
        channels: Channels,
    ) -> Result<Self, Usage> {
        ordered(min_interval, max_interval)?;
        Ok(SetAdvertisingParameters {
            min_interval,
            max_interval,
            kind,
            channels,
        })
    }
}

/// `AT+BLEADVDATA`: sets what is advertised (6.1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEADVDATA", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetAdvertisement<'a> {
    /// The advertisement.
    pub data: Advertisement<'a>,
}

/// `AT+BLEADVSTART`: starts to advertise (6.1.9). Servers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEADVSTART", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct StartAdvertising;

/// `AT+BLEADVSTOP`: ends that (6.1.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEADVSTOP", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct StopAdvertising;

/// `AT+BLECONN?`: lists the connections (6.1.11). Rows: [`ConnectionRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLECONN?", Rows, parse = parse_connections, timeout_ms = 2000, termination = "\r\n")]
pub struct GetConnections;

/// Without a connection there is a row with nothing in it.
fn parse_connections(reply: &[u8]) -> Result<Rows, atat::Error> {
    if reply.trim_ascii() == b"+BLECONN:" {
        return Ok(Rows { count: 0 });
    }
    rows(reply, |line| ConnectionRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetConnections`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionRow {
    /// The connection's index.
    pub connection: u8,
    /// The other device.
    pub peer: Mac,
}

impl ConnectionRow {
    /// Takes a row apart; `None` also for the one that says that there is no connection.
    pub fn parse(line: &[u8]) -> Option<ConnectionRow> {
        Self::parse_values(line.strip_prefix(b"+BLECONN:")?)
    }

    /// The same of what stands behind the name.
    pub(crate) fn parse_values(values: &[u8]) -> Option<ConnectionRow> {
        let mut fields = Fields::new(values);
        let connection = fields.number()?;
        let peer = fields.mac()?;
        let row = ConnectionRow { connection, peer };
        fields.is_empty().then_some(row)
    }
}

/// `AT+BLECONN`: connects with a device (6.1.11). Clients only.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::st67::{AddressKind, command::ble::Connect};
/// use atwifi::Ranged;
///
/// let connect = Connect {
///     connection: Ranged::MIN,
///     peer: "11:22:33:44:55:66".parse()?,
///     kind: AddressKind::Public,
///     timeout_s: Some(Ranged::new(10)?),
/// };
/// let mut wire = [0; 64];
/// let n = connect.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+BLECONN=0,\"11:22:33:44:55:66\",0,10\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLECONN", Done, timeout_ms = 32_000, termination = "\r\n")]
pub struct Connect {
    /// The connection's index, which must be free.
    pub connection: Connection,
    /// The other device.
    pub peer: Mac,
    /// The kind of its address.
    pub kind: AddressKind,
    /// Seconds until the module gives up. Default: 5.
    pub timeout_s: Option<Ranged<3, 30>>,
}

/// `AT+BLECONNPARAM?`: asks for the parameters of each connection (6.1.12). Rows:
/// [`ConnectionParametersRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLECONNPARAM?", Rows, parse = parse_connection_parameters, timeout_ms = 2000, termination = "\r\n")]
pub struct GetConnectionParameters;

fn parse_connection_parameters(reply: &[u8]) -> Result<Rows, atat::Error> {
    if reply.trim_ascii() == b"+BLECONNPARAM:" {
        return Ok(Rows { count: 0 });
    }
    rows(reply, |line| ConnectionParametersRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetConnectionParameters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionParametersRow {
    /// The connection's index.
    pub connection: u8,
    /// The least interval, in steps of 1.25 ms.
    pub min_interval: u16,
    /// The greatest interval, in steps of 1.25 ms.
    pub max_interval: u16,
    /// The interval in use, in steps of 1.25 ms.
    pub interval: u16,
    /// How many intervals the peripheral may stay silent.
    pub latency: u16,
    /// When the connection counts as lost, in steps of 10 ms.
    pub timeout: u16,
}

impl ConnectionParametersRow {
    /// Takes a row apart; `None` also for one that says that there is no connection.
    pub fn parse(line: &[u8]) -> Option<ConnectionParametersRow> {
        let mut fields = Fields::new(line.strip_prefix(b"+BLECONNPARAM:")?);
        let row = ConnectionParametersRow {
            connection: fields.number()?,
            min_interval: fields.number()?,
            max_interval: fields.number()?,
            interval: fields.number()?,
            latency: fields.number()?,
            timeout: fields.number()?,
        };
        fields.is_empty().then_some(row)
    }
}

/// `AT+BLECONNPARAM`: asks the other device for these parameters (6.1.12). What comes of it is
/// [`Event::BleParameters`](crate::st67::Event::BleParameters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLECONNPARAM", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetConnectionParameters {
    connection: Connection,
    min_interval: Ranged<6, 0x0c80>,
    max_interval: Ranged<6, 0x0c80>,
    latency: Ranged<0, 0x01f3>,
    timeout: Ranged<10, 0x0c80>,
}

impl SetConnectionParameters {
    /// An interval between these, in steps of 1.25 ms: 7.5 ms to 4 s; the peripheral may stay silent
    /// for `latency` of them; after `timeout`, in steps of 10 ms, 100 ms to 32 s, the connection
    /// counts as lost.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`] if the least interval is greater than the greatest.
    pub fn new(
        connection: Connection,
        min_interval: Ranged<6, 0x0c80>,
        max_interval: Ranged<6, 0x0c80>,
        latency: Ranged<0, 0x01f3>,
        timeout: Ranged<10, 0x0c80>,
    ) -> Result<Self, Usage> {
        ordered(min_interval, max_interval)?;
        Ok(SetConnectionParameters {
            connection,
            min_interval,
            max_interval,
            latency,
            timeout,
        })
    }
}

/// `AT+BLEDISCONN`: ends a connection (6.1.13). That it has ended is
/// [`Event::BleDisconnected`](crate::st67::Event::BleDisconnected).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEDISCONN", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct Disconnect {
    /// The connection's index.
    pub connection: Connection,
}

/// `AT+BLEDATALEN`: sets how long the packets of a connection may be (6.1.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEDATALEN", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetDataLength {
    /// The connection's index.
    pub connection: Connection,
    /// In bytes.
    pub length: Ranged<27, 251>,
    /// How long one may take to send, in µs. The example has 2120 for 251 bytes.
    pub time_us: u16,
}

/// `AT+BLEEXCHANGEMTU`: agrees with the other device on the longest attribute packet (6.1.15). What
/// comes of it is [`Event::BleMtu`](crate::st67::Event::BleMtu).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEEXCHANGEMTU", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct ExchangeMtu {
    /// The connection's index.
    pub connection: Connection,
}

/// The name of a service or characteristic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Uuid {
    /// One that the Bluetooth SIG has assigned.
    Short(u16),
    /// One's own, its first byte first.
    Long([u8; 16]),
}

impl Uuid {
    /// Reads hexadecimal digits, 4 or 32 of them; hyphens do not matter.
    pub fn parse(text: &[u8]) -> Option<Uuid> {
        let mut bytes = [0; 16];
        let mut count = 0;
        let mut digits = unquoted(text).iter().filter(|&&b| b != b'-');
        while let Some(&high) = digits.next() {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            let byte = digit(high)? << 4 | digit(*digits.next()?)?;
            *bytes.get_mut(count)? = u8::try_from(byte).ok()?;
            count += 1;
        }
        match (count, bytes) {
            (2, [high, low, ..]) => Some(Uuid::Short(u16::from_be_bytes([high, low]))),
            (16, bytes) => Some(Uuid::Long(bytes)),
            _ => None,
        }
    }

    fn kind(self) -> UuidKind {
        match self {
            Uuid::Short(_) => UuidKind::Short,
            Uuid::Long(_) => UuidKind::Long,
        }
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Uuid::Short(uuid) => quoted_hex::<6, S>(&uuid.to_be_bytes(), serializer),
            Uuid::Long(uuid) => quoted_hex::<34, S>(uuid, serializer),
        }
    }
}

numbered! {
    /// How long a [`Uuid`] is.
    enum UuidKind {
        /// 16 bits.
        Short = 0,
        /// 128 bits.
        Long = 2,
    }
}

numbered! {
    /// Whether a service stands for itself.
    pub enum ServiceKind {
        /// It is part of others.
        Secondary = 0,
        /// It does.
        Primary = 1,
    }
}

/// `AT+BLEGATTSSRV?`: lists the services that the module has (6.1.16). Rows: [`ServiceRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTSSRV?", Rows, parse = parse_services, timeout_ms = 2000, termination = "\r\n")]
pub struct GetServices;

fn parse_services(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| ServiceRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetServices`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceRow {
    /// The service's index.
    pub service: u8,
    /// Its name.
    pub uuid: Uuid,
    /// Whether it stands for itself.
    pub kind: Reported<ServiceKind>,
}

impl ServiceRow {
    /// Takes a row apart.
    pub fn parse(line: &[u8]) -> Option<ServiceRow> {
        let mut fields = Fields::new(line.strip_prefix(b"+BLEGATTSSRV:")?);
        let row = ServiceRow {
            service: fields.number()?,
            uuid: Uuid::parse(fields.next()?)?,
            kind: fields.reported()?,
        };
        fields.number::<u8>()?;
        fields.is_empty().then_some(row)
    }
}

/// `AT+BLEGATTSSRVCRE`: adds a service to the module's (6.1.17). Others see it when it is
/// [registered](RegisterServices).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTSSRVCRE", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct CreateService {
    service: Service,
    uuid: Uuid,
    kind: ServiceKind,
    uuid_kind: UuidKind,
}

impl CreateService {
    /// A service at an index that is free.
    pub fn new(service: Service, uuid: Uuid, kind: ServiceKind) -> Self {
        CreateService {
            service,
            uuid,
            kind,
            uuid_kind: uuid.kind(),
        }
    }
}

/// `AT+BLEGATTSSRVDEL`: takes a service from the module's (6.1.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTSSRVDEL", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct DeleteService {
    /// The service's index.
    pub service: Service,
}

/// `AT+BLEGATTSREGISTER`: lets others see the services, or not (6.1.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTSREGISTER", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct RegisterServices {
    /// Whether they are seen.
    pub registered: Switch,
}

mask! {
    /// What can be done with a characteristic.
    pub struct Properties {
        /// It can be read.
        READ = 2;
        /// It can be written, and no answer comes.
        WRITE_WITHOUT_RESPONSE = 4;
        /// It can be written.
        WRITE = 8;
        /// It can be told of, and no answer comes.
        NOTIFY = 16;
        /// It can be told of.
        INDICATE = 32;
    }
}

mask! {
    /// What others may do with a characteristic.
    pub struct Permissions {
        /// Read it.
        READ = 1;
        /// Write it.
        WRITE = 2;
    }
}

/// `AT+BLEGATTSCHAR?`: lists the characteristics that the module has (6.1.20). Rows:
/// [`CharacteristicRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTSCHAR?", Rows, parse = parse_characteristics, timeout_ms = 2000, termination = "\r\n")]
pub struct GetCharacteristics;

fn parse_characteristics(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| CharacteristicRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetCharacteristics`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CharacteristicRow {
    /// The service's index.
    pub service: u8,
    /// The characteristic's index.
    pub characteristic: u8,
    /// Its name.
    pub uuid: Uuid,
    /// What can be done with it.
    pub properties: Properties,
    /// What others may do with it; the reference's module does not tell.
    pub permissions: Option<Permissions>,
}

impl CharacteristicRow {
    /// Takes a row apart.
    pub fn parse(line: &[u8]) -> Option<CharacteristicRow> {
        let mut fields = Fields::new(line.strip_prefix(b"+BLEGATTSCHAR:")?);
        let mut row = CharacteristicRow {
            service: fields.number()?,
            characteristic: fields.number()?,
            uuid: Uuid::parse(fields.next()?)?,
            properties: Properties::from_bits(fields.number()?),
            permissions: None,
        };
        // The kind of the name is last.
        let next = fields.number()?;
        if !fields.is_empty() {
            row.permissions = Some(Permissions::from_bits(next));
            fields.number::<u32>()?;
        }
        fields.is_empty().then_some(row)
    }
}

/// `AT+BLEGATTSCHARCRE`: adds a characteristic to a service of the module's (6.1.21).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::Ranged;
/// use atwifi::st67::command::ble::{CreateCharacteristic, Permissions, Properties, Uuid};
///
/// let both = Permissions::READ | Permissions::WRITE;
/// let level = Uuid::Short(0x2a19);
/// let create =
///     CreateCharacteristic::new(Ranged::MIN, Ranged::MIN, level, Properties::READ, both);
/// let mut wire = [0; 64];
/// let n = create.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+BLEGATTSCHARCRE=0,0,\"2A19\",2,3,0\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTSCHARCRE", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct CreateCharacteristic {
    service: Service,
    characteristic: Characteristic,
    uuid: Uuid,
    properties: Properties,
    permissions: Permissions,
    uuid_kind: UuidKind,
}

impl CreateCharacteristic {
    /// A characteristic at an index that is free.
    pub fn new(
        service: Service,
        characteristic: Characteristic,
        uuid: Uuid,
        properties: Properties,
        permissions: Permissions,
    ) -> Self {
        CreateCharacteristic {
            service,
            characteristic,
            uuid,
            properties,
            permissions,
            uuid_kind: uuid.kind(),
        }
    }
}

/// `AT+BLEGATTSNTFY`: tells a client the value of a characteristic, and awaits no answer (6.1.22).
/// The value goes with [`Module::command_with_data`](crate::Module::command_with_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTSNTFY", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct Notify {
    /// The service's index.
    pub service: Service,
    /// The characteristic's index.
    pub characteristic: Characteristic,
    /// How many bytes follow.
    pub length: ValueLength,
    /// To whom: firmware 2.0.97 and later.
    pub connection: Option<Connection>,
}

impl Upload for Notify {
    fn length(&self) -> usize {
        size(self.length)
    }
}

/// `AT+BLEGATTSIND`: tells a client the value of a characteristic (6.1.23). The value goes with
/// [`Module::command_with_data`](crate::Module::command_with_data); the client's answer is
/// [`Event::BleIndicated`](crate::st67::Event::BleIndicated).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTSIND", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct Indicate {
    /// The service's index.
    pub service: Service,
    /// The characteristic's index.
    pub characteristic: Characteristic,
    /// How many bytes follow.
    pub length: ValueLength,
    /// To whom: firmware 2.0.97 and later.
    pub connection: Option<Connection>,
}

impl Upload for Indicate {
    fn length(&self) -> usize {
        size(self.length)
    }
}

/// `AT+BLEGATTSRD`: sets what clients read of a characteristic (6.1.24), also in answer to
/// [`Event::BleReadRequest`](crate::st67::Event::BleReadRequest). The value goes with
/// [`Module::command_with_data`](crate::Module::command_with_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTSRD", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct AnswerRead {
    /// The service's index.
    pub service: Service,
    /// The characteristic's index.
    pub characteristic: Characteristic,
    /// How many bytes follow.
    pub length: ValueLength,
}

impl Upload for AnswerRead {
    fn length(&self) -> usize {
        size(self.length)
    }
}

/// `AT+BLEGATTCSRVDIS`: looks for the services of the other device (6.1.25), which come as
/// [`Event::BleService`](crate::st67::Event::BleService).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTCSRVDIS", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct DiscoverServices {
    /// The connection's index.
    pub connection: Connection,
}

/// `AT+BLEGATTCCHARDIS`: looks for the characteristics of a service of the other device (6.1.26),
/// which come as [`Event::BleCharacteristic`](crate::st67::Event::BleCharacteristic).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTCCHARDIS", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct DiscoverCharacteristics {
    /// The connection's index.
    pub connection: Connection,
    /// The service's index, as it was found.
    pub service: Found,
}

/// `AT+BLEGATTCWR`: writes a characteristic of the other device (6.1.27). The value goes with
/// [`Module::command_with_data`](crate::Module::command_with_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTCWR", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Write {
    /// The connection's index.
    pub connection: Connection,
    /// The service's index, as it was found.
    pub service: Found,
    /// The characteristic's index, as it was found.
    pub characteristic: Found,
    /// How many bytes follow.
    pub length: ValueLength,
}

impl Upload for Write {
    fn length(&self) -> usize {
        size(self.length)
    }
}

/// `AT+BLEGATTCRD`: reads a characteristic of the other device (6.1.28). The value comes as
/// [`Event::BleRead`](crate::st67::Event::BleRead).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTCRD", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Read {
    /// The connection's index.
    pub connection: Connection,
    /// The service's index, as it was found.
    pub service: Found,
    /// The characteristic's index, as it was found.
    pub characteristic: Found,
}

numbered! {
    /// How the other device tells of a value.
    pub enum Subscription {
        /// It awaits no answer.
        Notification = 1,
        /// It does, and the module gives it.
        Indication = 2,
    }
}

/// `AT+BLEGATTCSUBSCRIBE`: lets the other device tell of a value (6.1.29), by
/// [`Event::BleNotified`](crate::st67::Event::BleNotified).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTCSUBSCRIBE", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Subscribe {
    /// The connection's index.
    pub connection: Connection,
    /// The handle of the characteristic's client configuration.
    pub configuration_handle: u16,
    /// The handle of its value.
    pub value_handle: u16,
    /// How.
    pub subscription: Subscription,
}

/// `AT+BLEGATTCUNSUBSCRIBE`: ends that (6.1.30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEGATTCUNSUBSCRIBE", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Unsubscribe {
    /// The connection's index.
    pub connection: Connection,
    /// The handle of the characteristic's value.
    pub value_handle: u16,
}

/// `AT+BLETXPWR?`: asks how strongly the module sends (6.1.31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLETXPWR?", Power, timeout_ms = 2000, termination = "\r\n")]
pub struct GetPower;

/// The reply to [`GetPower`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Power {
    /// In dBm.
    pub power: u8,
}

/// `AT+BLETXPWR`: sets how strongly the module sends (6.1.31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLETXPWR", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetPower {
    /// In dBm.
    pub power: Ranged<0, 20>,
}

numbered! {
    /// What there is to pair with: it decides how.
    pub enum Ability {
        /// A display.
        Display = 0,
        /// A display, and a button each for yes and no.
        DisplayYesNo = 1,
        /// A keyboard.
        Keyboard = 2,
        /// Nothing.
        Nothing = 3,
        /// A keyboard and a display.
        KeyboardDisplay = 4,
    }
}

/// `AT+BLESECPARAM?`: asks what there is to pair with (6.1.32).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESECPARAM?", Abilities, timeout_ms = 2000, termination = "\r\n")]
pub struct GetAbility;

/// The reply to [`GetAbility`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Abilities {
    /// What there is.
    pub ability: Reported<Ability>,
}

/// `AT+BLESECPARAM`: sets what there is to pair with (6.1.32).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESECPARAM", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetAbility {
    /// What there is.
    pub ability: Ability,
}

/// `AT+BLESECCANNEL`: breaks pairing off (6.1.33). The name is spelt as in the reference and the
/// firmware of the notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESECCANNEL", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct CancelPairing {
    /// The connection's index.
    pub connection: Connection,
}

/// `AT+BLESECPASSKEYCONFIRM`: both devices show the same number (6.1.34).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESECPASSKEYCONFIRM", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct ConfirmPasskey {
    /// The connection's index.
    pub connection: Connection,
}

/// `AT+BLESECPAIRINGCONFIRM`: the device that asks may be paired (6.1.35).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESECPAIRINGCONFIRM", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct ConfirmPairing {
    /// The connection's index.
    pub connection: Connection,
}

/// The number that the other device shows: 0 to 999999. It does not show in `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Passkey(Ranged<0, 999_999>);

impl Passkey {
    /// Checks the range.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`].
    pub fn new(passkey: u32) -> Result<Self, Usage> {
        Ranged::new(passkey).map(Passkey)
    }

    pub(crate) fn reveal(self) -> u32 {
        u32::try_from(self.0.get()).unwrap_or(0)
    }
}

impl fmt::Debug for Passkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passkey(***)")
    }
}

impl Serialize for Passkey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// `AT+BLESECPASSKEY`: enters the number that the other device shows (6.1.36).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESECPASSKEY", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct EnterPasskey {
    /// The connection's index.
    pub connection: Connection,
    /// The number.
    pub passkey: Passkey,
}

/// `AT+BLESECGETLTKLIST?`: lists the devices that the module is paired with (6.1.37). Rows:
/// [`BondRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESECGETLTKLIST?", Rows, parse = parse_bonds, timeout_ms = 2000, termination = "\r\n")]
pub struct GetBonds;

fn parse_bonds(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| BondRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetBonds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BondRow<'a> {
    /// The other device.
    pub peer: BlePeer<'a>,
    /// The key that they share, in hexadecimal digits.
    pub key: SecretSlice<'a>,
}

impl<'a> BondRow<'a> {
    /// What a row begins with: in the reference, and in firmware.
    pub(crate) const NAMES: [&'static [u8]; 2] = [b"+BTADDR ", b"+BLESECGETLTKLIST: BONDADDR "];

    /// Takes a row apart: `+BTADDR <device> LTK:<key>` in the reference,
    /// `+BLESECGETLTKLIST: BONDADDR <device> LTK:<key>` in firmware.
    pub fn parse(line: &'a [u8]) -> Option<BondRow<'a>> {
        let bond = Self::NAMES
            .iter()
            .find_map(|name| line.strip_prefix(*name))?;
        Self::parse_values(bond)
    }

    /// Takes apart what stands behind the name.
    pub(crate) fn parse_values(bond: &'a [u8]) -> Option<BondRow<'a>> {
        const KEY: &[u8] = b"LTK:";
        const KEY_MAX: usize = 32;
        let at = bond.windows(KEY.len()).position(|word| word == KEY)?;
        let key = bond.get(at + KEY.len()..)?.trim_ascii();
        Some(BondRow {
            peer: ble_peer(bond.get(..at)?)?,
            key: SecretSlice::of_most(key, KEY_MAX)?,
        })
    }
}

/// `AT+BLESECUNPAIR`: forgets a device (6.1.38).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESECUNPAIR", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct Unpair {
    /// The device.
    pub peer: Mac,
    /// The kind of its address.
    pub kind: AddressKind,
}

/// `AT+BLESECSTART`: asks the other device to be paired (6.1.39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLESECSTART", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct StartPairing {
    /// The connection's index.
    pub connection: Connection,
    /// The level of security that is asked for.
    pub level: Ranged<0, 4>,
}

/// `AT+BLEBASINIT`: adds the battery service (6.1.40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEBASINIT", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct StartBattery;

/// `AT+BLEBASDEINIT`: takes it away (6.1.41).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEBASDEINIT", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct StopBattery;

/// `AT+BLEBASLVLGET?`: asks for the battery's level (6.1.42).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEBASLVLGET?", BatteryLevel, parse = parse_level, timeout_ms = 2000, termination = "\r\n")]
pub struct GetBatteryLevel;

/// The reply to [`GetBatteryLevel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatteryLevel {
    /// In percent.
    pub level: u8,
}

impl AtatResp for BatteryLevel {}

fn parse_level(reply: &[u8]) -> Result<BatteryLevel, atat::Error> {
    let level = number(values(reply, b"+BLE:BASLEVEL:")?).and_then(|level| level.try_into().ok());
    let level = level.ok_or(atat::Error::Parse)?;
    Ok(BatteryLevel { level })
}

/// `AT+BLEBASLVLSET`: sets the battery's level (6.1.43).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEBASLVLSET", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetBatteryLevel {
    /// The connection's index.
    pub connection: Connection,
    /// In percent.
    pub level: Ranged<0, 100>,
}

/// `AT+BLEIASINIT`: adds the immediate alert service (6.1.44), which is told of by
/// [`Event::BleAlert`](crate::st67::Event::BleAlert).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEIASINIT", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct StartAlert;

/// `AT+BLEIASDEINIT`: takes it away (6.1.45).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEIASDEINIT", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct StopAlert;

/// `AT+BLEDISINIT`: adds the device information service, with the device's numbers (6.1.46).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEDISINIT", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct StartDeviceInfo {
    /// Who has assigned the vendor's number: 1 the Bluetooth SIG, 2 the USB forum.
    pub vendor_source: u8,
    /// The vendor's number.
    pub vendor: u16,
    /// The product's number.
    pub product: u16,
    /// Its version.
    pub version: u16,
}

/// `AT+BLEDISDEINIT`: takes it away (6.1.47).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEDISDEINIT", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct StopDeviceInfo;

/// What the device information service tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceInfo {
    /// `"manuf"`: the manufacturer's name.
    Manufacturer,
    /// `"model"`: the number of the model.
    Model,
    /// `"serial"`: the serial number.
    Serial,
    /// `"fw"`: the revision of the firmware.
    Firmware,
    /// `"hw"`: the revision of the hardware.
    Hardware,
    /// `"sw"`: the revision of the software.
    Software,
}

impl DeviceInfo {
    pub(crate) fn name(self) -> &'static str {
        match self {
            DeviceInfo::Manufacturer => "manuf",
            DeviceInfo::Model => "model",
            DeviceInfo::Serial => "serial",
            DeviceInfo::Firmware => "fw",
            DeviceInfo::Hardware => "hw",
            DeviceInfo::Software => "sw",
        }
    }
}

impl Serialize for DeviceInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// `AT+BLEDISSET`: sets a text of the device information service (6.1.48).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::st67::command::ble::{DeviceInfo, SetDeviceInfo};
///
/// let mut wire = [0; 64];
/// let n = SetDeviceInfo::new(DeviceInfo::Manufacturer, b"ST67W611M")?.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+BLEDISSET=\"manuf\",\"ST67W611M\",9\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+BLEDISSET", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetDeviceInfo<'a> {
    /// Which.
    pub info: DeviceInfo,
    /// The text.
    pub text: Text<'a, 21>,
    /// How many bytes of it count. The reference's example has 6 for nine bytes.
    pub length: Ranged<0, 21>,
}

impl<'a> SetDeviceInfo<'a> {
    /// The whole of a text.
    ///
    /// # Errors
    /// [`Usage::TooLong`], [`Usage::Byte`].
    pub fn new(info: DeviceInfo, text: &'a [u8]) -> Result<Self, Usage> {
        let length = i64::try_from(text.len()).map_err(|_| Usage::TooLong(21))?;
        Ok(SetDeviceInfo {
            info,
            text: Text::new(text)?,
            length: Ranged::new(length)?,
        })
    }
}
