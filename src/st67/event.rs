//! Everything that the ST67 tells on its own, in its own words.

use core::net::{Ipv4Addr, SocketAddr};

use super::{Delivery, ErrorCode, Reason};
use crate::engine::text::{Fields, number, unquoted};
use crate::value::Mac;
use crate::value::Reported;
use crate::value::SecretSlice;
use crate::value::ip::digits_of;

/// What the module tells on its own (reference 1.1.2; for its form, wire notes 2, 4, 5 and 7).
///
/// ```
/// use atwifi::st67::Event;
///
/// # let line = b"+MQTT:SUBRECV:0,4,5,\"room\",21.5C";
/// // what `poll` has handed out as `atwifi::Event::Other(line)`
/// let Some(Event::MqttMessage { topic, length, data, .. }) = Event::parse(line) else {
///     panic!("another event");
/// };
/// assert_eq!((topic, length, data), (&b"room"[..], 5, &b"21.5C"[..]));
/// ```
///
/// An event with payload has its `length` and the `data` that is here. Where that is less, it did
/// not fit the memory lent, and the rest follows in [`atwifi::Event::More`](crate::Event::More).
///
/// What has a neutral meaning comes from [`poll`](crate::Module::poll) as a variant of
/// [`atwifi::Event`](crate::Event), not as a line; events about the driver's own sockets do not
/// come from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// `ready`: the module has started.
    Ready,
    /// `busy p...`: it is executing a command and dropped what it was told.
    Busy,
    /// `ERR CODE:0x…`: why the `ERROR` comes that follows.
    ErrorCode(ErrorCode),

    /// `+CW:CONNECTING`: the station connects to an access point.
    StationConnecting,
    /// `+CW:CONNECTED`: it is associated.
    StationConnected,
    /// `+CW:ERROR`: it is not, or not any more.
    StationError(Reason),
    /// `+CW:GOTIP`: it has an address.
    StationAddress,
    /// `+CW:DISCONNECTED`: its link is gone.
    StationDisconnected,
    /// `+CW:STA_CONNECTED`: a station has joined the module's access point.
    ClientConnected(Mac),
    /// `+CW:STA_DISCONNECTED`: it has left.
    ClientDisconnected(Mac),
    /// `+CW:DIST_STA_IP`: it was given an address.
    ClientAddress {
        /// Which station.
        mac: Mac,
        /// Its address.
        ip: Ipv4Addr,
    },
    /// `+CW:SCAN_DONE`: the scan is complete.
    ScanDone,
    /// `+CWMONITOR`: a packet that the radio has heard (3.1.22). Firmware prints the time and the
    /// packet, and nothing else.
    Monitored {
        /// The radio channel, if it is told.
        channel: Option<u8>,
        /// The packet's length, in bytes.
        length: u16,
        /// The packet, in hexadecimal digits.
        data: &'a [u8],
    },

    /// `+CIP:CONNECTED`: a link is open. Without a number where there is but one.
    LinkConnected(Option<u8>),
    /// `+CIP:DISCONNECTED`, or `CLOSED` (4.1.11): a link is closed.
    LinkDisconnected(Option<u8>),
    /// `+LINK_CONN`: a link is open, in detail; see `AT+SYSMSG` (2.2.8).
    LinkDetails(LinkDetails<'a>),
    /// `+IPD` in passive mode: data waits to be read.
    Waiting {
        /// The link, where there are several.
        link: Option<u8>,
        /// Its length, in bytes.
        length: u32,
        /// Who has sent it, if that is told.
        sender: Option<SocketAddr>,
    },
    /// `+IPD` in active mode: data.
    Data {
        /// The link, where there are several.
        link: Option<u8>,
        /// Who has sent it, if that is told.
        sender: Option<SocketAddr>,
        /// Its length, in bytes.
        length: usize,
        /// The data.
        data: &'a [u8],
    },
    /// `+CIPSENDL`: how far a long send has come (4.1.13).
    SendProgress {
        /// Bytes that went out.
        sent: u32,
        /// Bytes that the module has taken from the host.
        taken: u32,
    },
    /// `SEND CANCELLED`: a long send was broken off with `+++`.
    SendCancelled,
    /// `+QUITT`: the module has left the passthrough mode.
    PassthroughLeft,
    /// `+PING`: the answer to an echo request took so many milliseconds; `None`: it did not come
    /// (4.1.29).
    Ping(Option<u32>),

    /// `+MQTT:CONNECTED`: the link to the broker is there.
    MqttConnected {
        /// Always 0.
        link: u8,
    },
    /// `+MQTT:DISCONNECTED`: it is gone.
    MqttDisconnected {
        /// Always 0.
        link: u8,
    },
    /// `+MQTT:SUBRECV`: a message of a topic that is subscribed to.
    MqttMessage {
        /// Always 0.
        link: u8,
        /// The topic.
        topic: &'a [u8],
        /// The message's length, in bytes.
        length: usize,
        /// The message. Firmware 2.0.75 cuts it at its first NUL.
        data: &'a [u8],
    },

    /// `+BLE:SCAN`, in the reference `+BLESCAN`: an advertiser (6.1.5).
    BleScanned {
        /// Its address.
        address: Mac,
        /// How strong it is, in dBm.
        rssi: i16,
        /// What it advertises, in hexadecimal digits.
        advertisement: &'a [u8],
        /// What it answers to scanners, in hexadecimal digits.
        response: &'a [u8],
        /// The kind of its address.
        kind: Reported<AddressKind>,
    },
    /// `+BLE:CONNECTED`: a connection is open.
    BleConnected {
        /// The connection's index.
        connection: u8,
        /// The other device.
        peer: Mac,
    },
    /// `+BLE:DISCONNECTED`: it is closed.
    BleDisconnected {
        /// The connection's index.
        connection: u8,
        /// The other device.
        peer: Mac,
    },
    /// `+BLE:CONNPARAM`: the parameters of a connection, as for
    /// `AT+BLECONNPARAM` (6.1.12).
    BleParameters {
        /// The connection's index.
        connection: u8,
        /// The least interval, in steps of 1.25 ms.
        min_interval: u16,
        /// The greatest interval, in steps of 1.25 ms.
        max_interval: u16,
        /// The interval in use, in steps of 1.25 ms.
        interval: u16,
        /// How many intervals the peripheral may stay silent.
        latency: u16,
        /// When the connection counts as lost, in steps of 10 ms.
        timeout: u16,
    },
    /// `+BLE:DATALENUPDATED`: how long packets may be, from firmware.
    BleDataLength {
        /// The connection's index.
        connection: u8,
        /// The longest packet that is sent, in bytes.
        send_length: u16,
        /// How long that takes, in µs.
        send_time: u16,
        /// The longest packet that is received, in bytes.
        receive_length: u16,
        /// How long that takes, in µs.
        receive_time: u16,
    },
    /// `+BLE:MTUSIZE`: the longest attribute packet of a connection.
    BleMtu {
        /// The connection's index.
        connection: u8,
        /// In bytes.
        mtu: u16,
    },
    /// `+BLE:SRV`, in the reference `+BLESRV`: a service that the peer has (6.1.25).
    BleService {
        /// The connection's index.
        connection: u8,
        /// The service's index.
        service: u8,
        /// Its UUID, in hexadecimal digits.
        uuid: &'a [u8],
        /// Whether it is a primary service.
        is_primary: bool,
        /// Its first handle.
        start: u16,
        /// Its last handle.
        end: u16,
    },
    /// `+BLE:SRVCHAR`, in the reference `+BLESRVCHAR`: a characteristic that it has (6.1.26).
    BleCharacteristic {
        /// The connection's index.
        connection: u8,
        /// The service's index.
        service: u8,
        /// The characteristic's index.
        characteristic: u8,
        /// Its UUID, in hexadecimal digits.
        uuid: &'a [u8],
        /// What it can: 1 read, 2 write without response, 4 write (8 in firmware), …
        properties: u8,
        /// Its handle.
        handle: u16,
        /// The handle of its value.
        value_handle: u16,
    },
    /// `+BLE:GATTREAD` without data: a client reads from the module, and is to be answered with
    /// `AT+BLEGATTSRD` (6.1.24).
    BleReadRequest {
        /// The connection's index.
        connection: u8,
        /// The service's index.
        service: u8,
        /// The characteristic's index.
        characteristic: u8,
        /// How much it asks for, in bytes.
        length: u16,
    },
    /// `+BLE:GATTREAD` with data, in the reference `+BLEREAD`: what `AT+BLEGATTCRD` has read
    /// (6.1.28).
    BleRead {
        /// The connection's index.
        connection: u8,
        /// The service's index.
        service: u8,
        /// The characteristic's index.
        characteristic: u8,
        /// Its length, in bytes.
        length: usize,
        /// The value. The reference shows none.
        data: &'a [u8],
    },
    /// `+BLE:GATTWRITE`: a client has written to the module.
    BleWritten {
        /// The connection's index.
        connection: u8,
        /// The service's index.
        service: u8,
        /// The characteristic's index.
        characteristic: u8,
        /// The value's length, in bytes.
        length: usize,
        /// The value.
        data: &'a [u8],
    },
    /// `+BLE:NOTIDATA`: a server has sent a notification or indication.
    BleNotified {
        /// The connection's index.
        connection: u8,
        /// The handle of the value, if it is told: from firmware 2.0.89 on.
        handle: Option<u16>,
        /// The value's length, in bytes.
        length: usize,
        /// The value.
        data: &'a [u8],
    },
    /// `+BLE:NOTIFICATION`: a client wants notifications of a characteristic, or does not any more.
    BleNotifications {
        /// Whether it wants them.
        is_on: bool,
        /// The service's index.
        service: u8,
        /// The characteristic's index.
        characteristic: u8,
    },
    /// `+BLE:INDICATION:0` and `1`: the same of indications.
    BleIndications {
        /// Whether it wants them.
        is_on: bool,
        /// The service's index.
        service: u8,
        /// The characteristic's index.
        characteristic: u8,
    },
    /// `+BLE:INDICATION:2`: a client has received an indication, or it failed with this error of
    /// the attribute protocol; 0 is none.
    BleIndicated {
        /// The error.
        error: u16,
    },
    /// `+BLE:PASSKEYDISPLAY`: show this number, which is entered at the peer.
    BlePasskeyDisplay(u32),
    /// `+BLE:PASSKEYCONFIRM`: does the peer show the same number?
    BlePasskeyConfirm {
        /// The other device.
        peer: BlePeer<'a>,
        /// The number.
        passkey: u32,
    },
    /// `+BLE:PASSKEYENTRY`: enter the number that the peer shows, with `AT+BLESECPASSKEY`.
    BlePasskeyEntry(BlePeer<'a>),
    /// `+BLE:PAIRINGCONFIRM`: a device asks to be paired.
    BlePairingConfirm(BlePeer<'a>),
    /// `+BLE:PAIRINGCOMPLETED`: two devices are paired.
    BlePaired {
        /// Whether they stay so.
        is_bonded: bool,
        /// The other device.
        peer: BlePeer<'a>,
        /// The key that they share, in hexadecimal digits.
        key: SecretSlice<'a>,
    },
    /// `+BLE:PAIRINGFAILED`: they are not.
    BlePairingFailed(BlePeer<'a>),
    /// `+BLE:PAIRCANNELED`: pairing was broken off; from firmware.
    BlePairingCancelled(BlePeer<'a>),
    /// `+BLE:BASLEVEL`: the level of the battery service, in percent (6.1.42).
    BleBatteryLevel(u8),
    /// `+BLE:IAS`: a client has set the level of the immediate alert service; from firmware.
    BleAlert(u8),
}

/// What `+LINK_CONN` tells about a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkDetails<'a> {
    /// 0: it is open.
    pub status: u8,
    /// The link.
    pub link: u8,
    /// `TCP`, `UDP` or `SSL`, or the same with `v6`.
    pub protocol: &'a str,
    /// Whether the module is the server.
    pub is_server: bool,
    /// The peer's address.
    pub remote: SocketAddr,
    /// The module's port.
    pub local_port: u16,
}

numbered! {
    /// The kind of a Bluetooth device address.
    pub enum AddressKind {
        /// Registered with the IEEE.
        Public = 0,
        /// Chosen by the device.
        Random = 1,
    }
}

/// A Bluetooth device, as events about pairing name it: `aa:bb:cc:dd:ee:ff (public)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlePeer<'a> {
    /// Its address.
    pub address: Mac,
    /// The kind of its address: `public`, `random`, …; empty if it is not told.
    pub kind: &'a [u8],
}

impl<'a> Event<'a> {
    /// Takes a line apart; `None` if it is no event, or makes no sense.
    ///
    /// `+IPD` is understood as the driver sets the module up: passive, with several links.
    pub fn parse(line: &'a [u8]) -> Option<Event<'a>> {
        Self::parse_delivered(line, Delivery::default())
    }

    /// As [`parse`](Event::parse), for a module that was told to deliver data in another way: the
    /// same `+IPD` means one thing here and another there.
    ///
    /// ```
    /// use atwifi::st67::{Delivery, Event};
    ///
    /// let single = Delivery {
    ///     is_active: true,
    ///     is_single: true,
    ///     has_no_sender: true,
    ///     ..Delivery::default()
    /// };
    /// assert!(matches!(
    ///     Event::parse_delivered(b"+IPD:1,5", single),
    ///     Some(Event::Data { link: None, length: 1, data: b"5", .. })
    /// ));
    /// assert!(matches!(
    ///     Event::parse(b"+IPD:1,5"),
    ///     Some(Event::Waiting { link: Some(1), length: 5, .. })
    /// ));
    /// ```
    pub fn parse_delivered(line: &'a [u8], delivery: Delivery) -> Option<Event<'a>> {
        if let Some(values) = line.strip_prefix(b"+IPD:") {
            return received(values, delivery);
        }
        words(line)
            .or_else(|| monitored_then(line))
            .or_else(|| wifi_event(line))
            .or_else(|| net_event(line))
            .or_else(|| ble(line, delivery))
            .or_else(|| link_closed(line))
    }
}

type Parse<'a> = fn(&'a [u8]) -> Option<Event<'a>>;

/// What the first makes of a line of those that begin as it does, and make something of it.
fn first<'a>(line: &'a [u8], parsers: &[(&[u8], Parse<'a>)]) -> Option<Event<'a>> {
    parsers
        .iter()
        .find_map(|(prefix, parse)| parse(line.strip_prefix(*prefix)?))
}

/// Chapters 2 and 3.
fn wifi_event(line: &[u8]) -> Option<Event<'_>> {
    first(
        line,
        &[
            (b"ERR CODE:0x", error_code),
            (b"+CW:ERROR,", station_error),
            (b"+CW:STA_CONNECTED ", |mac| {
                Mac::parse(unquoted(mac)).map(Event::ClientConnected)
            }),
            (b"+CW:STA_DISCONNECTED ", |mac| {
                Mac::parse(unquoted(mac)).map(Event::ClientDisconnected)
            }),
            (b"+CW:DIST_STA_IP ", client_address),
            (b"+CWMONITOR,", monitored),
        ],
    )
}

/// Chapters 4 and 5.
fn net_event(line: &[u8]) -> Option<Event<'_>> {
    first(
        line,
        &[
            (b"+CIP:", link_event),
            (b"+LINK_CONN:", link_details),
            (b"+CIPSENDL:", send_progress),
            (b"+PING:", ping),
            (b"+MQTT:CONNECTED,", |link| {
                let link = last(Fields::new(link))?;
                Some(Event::MqttConnected { link })
            }),
            (b"+MQTT:DISCONNECTED,", |link| {
                let link = last(Fields::new(link))?;
                Some(Event::MqttDisconnected { link })
            }),
            (b"+MQTT:SUBRECV:", mqtt_message),
            (b"+MQTT:SUBRECV,", mqtt_message),
        ],
    )
}

/// What is about Bluetooth LE.
pub(super) fn ble(line: &[u8], delivery: Delivery) -> Option<Event<'_>> {
    if let Some(values) = line.strip_prefix(b"+BLE:NOTIDATA:") {
        return ble_notified(values, delivery);
    }
    ble_event(line).or_else(|| ble_security_event(line))
}

/// Bluetooth LE: connections, services, and what is read and written.
fn ble_event(line: &[u8]) -> Option<Event<'_>> {
    first(
        line,
        &[
            (b"+BLE:SCAN:", ble_scanned),
            (b"+BLESCAN:", ble_scanned),
            (b"+BLE:CONNECTED:", ble_connected),
            (b"+BLECONN:", ble_connected),
            (b"+BLE:DISCONNECTED:", ble_disconnected),
            (b"+BLEDISCONN:", ble_disconnected),
            (b"+BLE:CONNPARAM:", ble_parameters),
            (b"+BLECONNPARAM:", ble_parameters),
            (b"+BLE:DATALENUPDATED:", ble_data_length),
            (b"+BLE:MTUSIZE:", ble_mtu),
            (b"+BLE:SRV:", ble_service),
            (b"+BLESRV=", ble_service),
            (b"+BLE:SRVCHAR:", ble_characteristic),
            (b"+BLESRVCHAR=", ble_characteristic),
            (b"+BLE:GATTREAD:", ble_read),
            (b"+BLEREAD=", ble_answer),
            (b"+BLE:GATTWRITE:", ble_written),
            (b"+BLE:NOTIFICATION:", ble_notifications),
            (b"+BLE:INDICATION:", ble_indications),
            (b"+BLE:BASLEVEL:", |level| {
                last(Fields::new(level)).map(Event::BleBatteryLevel)
            }),
            (b"+BLE:IAS:", |level| {
                let level = u8::try_from(digits_of(level, 16, 8)?).ok()?;
                Some(Event::BleAlert(level))
            }),
        ],
    )
}

/// Bluetooth LE: pairing.
fn ble_security_event(line: &[u8]) -> Option<Event<'_>> {
    first(
        line,
        &[
            (b"+BLE:PASSKEYDISPLAY:", |passkey| {
                number(passkey).map(Event::BlePasskeyDisplay)
            }),
            (b"+BLE:PASSKEYCONFIRM:", ble_passkey_confirm),
            (b"+BLE:PASSKEYENTRY:", |peer| {
                ble_peer(peer).map(Event::BlePasskeyEntry)
            }),
            (b"+BLE:PAIRINGCONFIRM:", |peer| {
                ble_peer(peer).map(Event::BlePairingConfirm)
            }),
            (b"+BLE:PAIRINGCOMPLETED:", ble_paired),
            (b"+BLE:PAIRINGFAILED:", |peer| {
                ble_peer(peer).map(Event::BlePairingFailed)
            }),
            (b"+BLE:PAIRCANNELED:", |peer| {
                ble_peer(peer).map(Event::BlePairingCancelled)
            }),
        ],
    )
}

/// Events without values.
fn words(line: &[u8]) -> Option<Event<'_>> {
    Some(match line {
        b"ready" => Event::Ready,
        b"busy p..." => Event::Busy,
        b"SEND CANCELLED" => Event::SendCancelled,
        b"+QUITT" => Event::PassthroughLeft,
        b"+CW:CONNECTING" => Event::StationConnecting,
        b"+CW:CONNECTED" => Event::StationConnected,
        b"+CW:GOTIP" => Event::StationAddress,
        b"+CW:DISCONNECTED" => Event::StationDisconnected,
        b"+CW:SCAN_DONE" => Event::ScanDone,
        b"CLOSED" => Event::LinkDisconnected(None),
        _ => return None,
    })
}

fn error_code(digits: &[u8]) -> Option<Event<'_>> {
    digits_of(digits, 16, 8).map(|code| Event::ErrorCode(ErrorCode(code)))
}

fn station_error(number: &[u8]) -> Option<Event<'_>> {
    last::<u16>(Fields::new(number)).map(|reason| Event::StationError(reason.into()))
}

/// `<mac>,<ip>`
fn client_address(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    let (mac, ip) = (fields.mac()?, fields.ipv4()?);
    fields
        .is_empty()
        .then_some(Event::ClientAddress { mac, ip })
}

/// `<channel>,<length>:<data>`
fn monitored(values: &[u8]) -> Option<Event<'_>> {
    let colon = values.iter().position(|&b| b == b':')?;
    let (values, data) = values.split_at_checked(colon)?;
    let mut fields = Fields::new(values);
    Some(Event::Monitored {
        channel: Some(fields.number()?),
        length: last(fields)?,
        data: data.get(1..)?,
    })
}

/// `2021-10-19:17:47:56.123 <data>`
pub(super) fn monitored_then(line: &[u8]) -> Option<Event<'_>> {
    let (time, data) = line.split_at_checked("2021-10-19:17:47:56.123 ".len())?;
    let is_time =
        time.iter()
            .zip(b"0000-00-00:00:00:00.000 ")
            .all(|(byte, pattern)| match pattern {
                b'0' => byte.is_ascii_digit(),
                separator => byte == separator,
            });
    let is_data = !data.is_empty() && data.iter().all(u8::is_ascii_hexdigit);
    (is_time && is_data).then_some(Event::Monitored {
        channel: None,
        length: u16::try_from(data.len() / 2).ok()?,
        data,
    })
}

/// `[<link>,]CONNECTED`, `[<link>,]DISCONNECTED`
fn link_event(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    let first = fields.next()?;
    let (link, what) = match fields.next() {
        Some(what) => (Some(u8::try_from(number(first)?).ok()?), what),
        None => (None, first),
    };
    match (what, fields.is_empty()) {
        (b"CONNECTED", true) => Some(Event::LinkConnected(link)),
        (b"DISCONNECTED", true) => Some(Event::LinkDisconnected(link)),
        _ => None,
    }
}

/// `<link>,CLOSED`
fn link_closed(line: &[u8]) -> Option<Event<'_>> {
    let link = number(line.strip_suffix(b",CLOSED")?)?;
    Some(Event::LinkDisconnected(Some(link.try_into().ok()?)))
}

/// `<status>,<link>,"<type>",<terminal type>,"<ip>",<remote port>,<local port>`
fn link_details(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    Some(Event::LinkDetails(LinkDetails {
        status: fields.number()?,
        link: fields.number()?,
        protocol: text(unquoted(fields.next()?))?,
        is_server: fields.number::<u8>()? == 1,
        remote: sender(&mut fields)?,
        local_port: last(fields)?,
    }))
}

/// `[<link>,]<length>[,"<ip>",<port>]`, in active mode with `,<data>` behind it.
fn received(mut values: &[u8], delivery: Delivery) -> Option<Event<'_>> {
    let mut link = None;
    if !delivery.is_single {
        let number;
        (number, values) = counted(values)?;
        link = Some(u8::try_from(number).ok()?);
    }
    if !delivery.is_active {
        let mut fields = Fields::new(values);
        let length = fields.number()?;
        let sender = match fields.is_empty() {
            true => None,
            false => Some(sender(&mut fields)?),
        };
        return fields.is_empty().then_some(Event::Waiting {
            link,
            length,
            sender,
        });
    }
    let (length, mut data) = counted(values)?;
    let mut from = None;
    if !delivery.has_no_sender {
        let ip = data.iter().position(|&b| b == b',')?;
        let port = data.get(ip + 1..)?.iter().position(|&b| b == b',')?;
        let (told, rest) = data.split_at_checked(ip + 1 + port)?;
        from = Some(sender(&mut Fields::new(told))?);
        data = rest.get(1..)?;
    }
    (data.len() <= length).then_some(Event::Data {
        link,
        sender: from,
        length,
        data,
    })
}

/// `"<ip>",<port>`
fn sender(fields: &mut Fields<'_>) -> Option<SocketAddr> {
    let ip = fields.address()?;
    Some(SocketAddr::new(ip, fields.number()?))
}

/// `<sent>,<taken>`
fn send_progress(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    Some(Event::SendProgress {
        sent: fields.number()?,
        taken: last(fields)?,
    })
}

/// `<time>ms`, `<time>`, `TIMEOUT`
fn ping(values: &[u8]) -> Option<Event<'_>> {
    if values == b"TIMEOUT" {
        return Some(Event::Ping(None));
    }
    let time = number(values.strip_suffix(b"ms").unwrap_or(values))?;
    Some(Event::Ping(Some(time)))
}

/// `<link>,<topic length>,<length>,"<topic>",<data>`
fn mqtt_message(values: &[u8]) -> Option<Event<'_>> {
    let (link, values) = counted(values)?;
    let (topic, values) = counted(values)?;
    let (length, values) = counted(values)?;
    let (topic, data) = values.strip_prefix(b"\"")?.split_at_checked(topic)?;
    let data = data.strip_prefix(b"\",")?;
    (data.len() <= length).then_some(Event::MqttMessage {
        link: link.try_into().ok()?,
        topic,
        length,
        data,
    })
}

/// `<address>,<rssi>,<advertisement>,<response>,<address type>`
pub(super) fn ble_scanned(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    Some(Event::BleScanned {
        address: fields.mac()?,
        rssi: fields.signed()?,
        advertisement: unquoted(fields.next()?),
        response: unquoted(fields.next()?),
        kind: last::<u32>(fields)?.into(),
    })
}

/// `<connection>,<address>`
fn ble_connected(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    let (connection, peer) = ble_connection(&mut fields)?;
    let connected = Event::BleConnected { connection, peer };
    fields.is_empty().then_some(connected)
}

/// `<connection>,<address>`, with a role behind it from firmware 2.0.97 on.
fn ble_disconnected(values: &[u8]) -> Option<Event<'_>> {
    let (connection, peer) = ble_connection(&mut Fields::new(values))?;
    Some(Event::BleDisconnected { connection, peer })
}

fn ble_connection(fields: &mut Fields<'_>) -> Option<(u8, Mac)> {
    let connection = fields.number()?;
    Some((connection, fields.mac()?))
}

/// `<connection>,<least>,<greatest>,<current>,<latency>,<timeout>`
fn ble_parameters(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    Some(Event::BleParameters {
        connection: fields.number()?,
        min_interval: fields.number()?,
        max_interval: fields.number()?,
        interval: fields.number()?,
        latency: fields.number()?,
        timeout: last(fields)?,
    })
}

/// `<connection>,<send length>,<send time>,<receive length>,<receive time>`
fn ble_data_length(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    Some(Event::BleDataLength {
        connection: fields.number()?,
        send_length: fields.number()?,
        send_time: fields.number()?,
        receive_length: fields.number()?,
        receive_time: last(fields)?,
    })
}

/// `<connection>,<mtu>`
fn ble_mtu(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    Some(Event::BleMtu {
        connection: fields.number()?,
        mtu: last(fields)?,
    })
}

/// `<connection>,<service>,<uuid>,<type>,<start>,<end>`
pub(super) fn ble_service(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    Some(Event::BleService {
        connection: fields.number()?,
        service: fields.number()?,
        uuid: unquoted(fields.next()?),
        is_primary: fields.number::<u8>()? == 1,
        start: fields.number()?,
        end: last(fields)?,
    })
}

/// `<connection>,<service>,<characteristic>,<uuid>,<properties>,<handle>,<value handle>`
pub(super) fn ble_characteristic(values: &[u8]) -> Option<Event<'_>> {
    let mut fields = Fields::new(values);
    Some(Event::BleCharacteristic {
        connection: fields.number()?,
        service: fields.number()?,
        characteristic: fields.number()?,
        uuid: unquoted(fields.next()?),
        properties: {
            let field = fields.next()?;
            let number = match field.strip_prefix(b"0x") {
                Some(digits) => digits_of(digits, 16, 8),
                None => number(field),
            };
            number?.try_into().ok()?
        },
        handle: fields.number()?,
        value_handle: last(fields)?,
    })
}

/// `<connection>,<service>,<characteristic>,<length>[,<data>]`
fn ble_read(values: &[u8]) -> Option<Event<'_>> {
    let ([connection, service, characteristic], values) = ble_attribute(values)?;
    match number(values) {
        Some(length) => Some(Event::BleReadRequest {
            connection,
            service,
            characteristic,
            length: length.try_into().ok()?,
        }),
        None => {
            let (length, data) = counted(values)?;
            (data.len() <= length).then_some(Event::BleRead {
                connection,
                service,
                characteristic,
                length,
                data,
            })
        }
    }
}

/// The reference's `+BLEREAD` is the answer to the module's own question, and shows no data.
fn ble_answer(values: &[u8]) -> Option<Event<'_>> {
    match ble_read(values)? {
        Event::BleReadRequest {
            connection,
            service,
            characteristic,
            length,
        } => Some(Event::BleRead {
            connection,
            service,
            characteristic,
            length: length.into(),
            data: &[],
        }),
        read => Some(read),
    }
}

/// `<connection>,<service>,<characteristic>,<length>,<data>`
fn ble_written(values: &[u8]) -> Option<Event<'_>> {
    let ([connection, service, characteristic], values) = ble_attribute(values)?;
    let (length, data) = counted(values)?;
    (data.len() <= length).then_some(Event::BleWritten {
        connection,
        service,
        characteristic,
        length,
        data,
    })
}

fn ble_attribute(mut values: &[u8]) -> Option<([u8; 3], &[u8])> {
    let mut numbers = [0; 3];
    for place in &mut numbers {
        let number;
        (number, values) = counted(values)?;
        *place = number.try_into().ok()?;
    }
    Some((numbers, values))
}

/// `<connection>,[<handle>,]<length>,<data>`
fn ble_notified(values: &[u8], delivery: Delivery) -> Option<Event<'_>> {
    let (connection, mut values) = counted(values)?;
    let mut handle = None;
    if delivery.has_notify_handle {
        let number;
        (number, values) = counted(values)?;
        handle = Some(number.try_into().ok()?);
    }
    let (length, data) = counted(values)?;
    (data.len() <= length).then_some(Event::BleNotified {
        connection: connection.try_into().ok()?,
        handle,
        length,
        data,
    })
}

/// `<0|1>,<service>,<characteristic>`
fn ble_notifications(values: &[u8]) -> Option<Event<'_>> {
    let (is_on, service, characteristic) = ble_wish(values)?;
    Some(Event::BleNotifications {
        is_on,
        service,
        characteristic,
    })
}

/// The same, or `2,<error>`
fn ble_indications(values: &[u8]) -> Option<Event<'_>> {
    if let Some(error) = values.strip_prefix(b"2,") {
        let error = last(Fields::new(error))?;
        return Some(Event::BleIndicated { error });
    }
    let (is_on, service, characteristic) = ble_wish(values)?;
    Some(Event::BleIndications {
        is_on,
        service,
        characteristic,
    })
}

fn ble_wish(values: &[u8]) -> Option<(bool, u8, u8)> {
    let mut fields = Fields::new(values);
    let is_on = match fields.next()? {
        b"0" => false,
        b"1" => true,
        _ => return None,
    };
    Some((is_on, fields.number()?, last(fields)?))
}

/// `<peer>PASSKEY:<passkey>`
fn ble_passkey_confirm(values: &[u8]) -> Option<Event<'_>> {
    const NAME: &[u8] = b"PASSKEY:";
    let at = values.windows(NAME.len()).position(|part| part == NAME)?;
    let (peer, passkey) = values.split_at_checked(at)?;
    Some(Event::BlePasskeyConfirm {
        peer: ble_peer(peer)?,
        passkey: number(passkey.strip_prefix(NAME)?)?,
    })
}

/// ` Bonded BTADDR: <peer> LTK: <key>`, or `Paired`
fn ble_paired(values: &[u8]) -> Option<Event<'_>> {
    const KEY: &[u8] = b"LTK:";
    const KEY_MAX: usize = 32;
    let values = values.trim_ascii();
    let (is_bonded, values) = match values.strip_prefix(b"Bonded") {
        Some(values) => (true, values),
        None => (false, values.strip_prefix(b"Paired")?),
    };
    let values = values.trim_ascii().strip_prefix(b"BTADDR:")?;
    let at = values.windows(KEY.len()).position(|part| part == KEY)?;
    let (peer, key) = values.split_at_checked(at)?;
    Some(Event::BlePaired {
        is_bonded,
        peer: ble_peer(peer)?,
        key: SecretSlice::of_most(key.strip_prefix(KEY)?.trim_ascii(), KEY_MAX)?,
    })
}

/// `aa:bb:cc:dd:ee:ff (public)`
pub(super) fn ble_peer(text: &[u8]) -> Option<BlePeer<'_>> {
    const ADDRESS: usize = "aa:bb:cc:dd:ee:ff".len();
    let (address, kind) = unquoted(text.trim_ascii()).split_at_checked(ADDRESS)?;
    let kind = kind.trim_ascii();
    let kind = kind.strip_prefix(b"(").unwrap_or(kind);
    Some(BlePeer {
        address: Mac::parse(address)?,
        kind: kind.strip_suffix(b")").unwrap_or(kind),
    })
}

/// A number, and what stands behind the comma behind it.
fn counted(text: &[u8]) -> Option<(usize, &[u8])> {
    let comma = text.iter().position(|&b| b == b',')?;
    let (digits, rest) = text.split_at_checked(comma)?;
    Some((number(digits)? as usize, rest.get(1..)?))
}

/// A number with nothing behind it.
fn last<N: TryFrom<u32>>(mut fields: Fields<'_>) -> Option<N> {
    let number = fields.number()?;
    fields.is_empty().then_some(number)
}

fn text(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok()
}
