//! What a Microchip module tells on its own, in its own words.

use core::net::{IpAddr, SocketAddr};

use super::command::wlan::AccessPointSecurity;
use super::literal::Literal;
use super::status::Status;
use super::words::split;
use crate::engine::text::{Fields, number};
use crate::value::Mac;
use crate::value::{Reported, Switch};

/// What the module tells on its own, as its reference has it.
///
/// What has a neutral meaning comes from [`poll`](crate::Module::poll) as a variant of
/// [`atwifi::Event`](crate::Event), not as a line; events about sockets of the driver change those
/// at once and do not come from it.
///
/// ```
/// use atwifi::microchip::Event;
///
/// // what `poll` has handed out as `atwifi::Event::Other(line)`
/// let line = br#"+MQTTPUB:35,"$iothub/methods/POST/reboot/?$rid=1",16,"{"delay":"PT5S"}""#;
/// match Event::parse(line) {
///     Some(Event::MqttMessage { payload, .. }) => assert!(payload.is(br#"{"delay":"PT5S"}"#)),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// `+LOADCERT:<RESPONSE>`: a certificate was loaded, or was none (3.7.3).
    CertificateLoaded(Result<(), u32>),
    /// `+WSCNIND`: a scan has found a network (4.2.4, 4.3.4).
    Found(ScanResult<'a>),
    /// `+WSCNDONE`: a scan is complete (4.2.5, 4.3.5).
    ScanDone,
    /// `+WSCNERROR`: a scan failed (4.2.6, 4.3.6). Firmware does not say so.
    ScanFailed,
    /// `+WSTALU`: the station has a link (5.2.4).
    StationConnected {
        /// The association's number; firmware omits it.
        association: Option<u32>,
        /// The access point.
        bssid: Mac,
        /// Its channel.
        channel: u16,
    },
    /// `+WSTALD`: the station has lost its link, or left (5.2.5).
    StationDisconnected {
        /// The association's number; firmware omits it.
        association: Option<u32>,
    },
    /// `+WSTAAIP`: the station has an address (5.2.6).
    StationAddress {
        /// The association's number; firmware omits it.
        association: Option<u32>,
        /// The address.
        address: IpAddr,
    },
    /// `+WSTAERR:<code>`, in firmware `+WSTA:ERROR:<code>`: the station could not connect (5.2.7).
    StationError(Status),
    /// `+WAPSC`: a station has joined the module's access point (5.4.4).
    ClientConnected {
        /// The association's number; firmware omits it.
        association: Option<u32>,
        /// The station.
        mac: Mac,
    },
    /// `+WAPSD`: a station has left it (5.4.5).
    ClientDisconnected {
        /// The association's number; firmware omits it.
        association: Option<u32>,
        /// The station.
        mac: Mac,
    },
    /// `+WAPAIP`: a station has been given an address (5.4.6).
    ClientAddress {
        /// The association's number; firmware omits it.
        association: Option<u32>,
        /// The address.
        address: IpAddr,
    },
    /// `+WPROVEXIT`: the module has been told of its network (5.5.1).
    Provisioned,
    /// `+MQTTCONNACK`: the broker has answered (6.2.4).
    MqttConnectAck {
        /// 1: the broker has kept the session.
        flags: u8,
        /// 0: accepted, else why not, in the numbers of MQTT 3.1.1. Firmware says 1 for no answer.
        code: u8,
    },
    /// `+MQTTCONN`: the module is connected to the broker, or no longer (6.2.5, 6.6.4).
    MqttConnection(Reported<Switch>),
    /// `+MQTTSUB`: a subscription succeeded, which is 0, or failed (6.3.4).
    MqttSubscribed(Result<(), u32>),
    /// `+MQTTUNSUB`: it was ended, which is 1 in firmware and in the reference's example, or not
    /// (6.4.4). In the reference's table 2 is success and 1 failure.
    MqttUnsubscribed(u32),
    /// `+MQTTPUBACC`: a message has arrived at the broker (6.5.4).
    MqttPublished,
    /// `+MQTTPUBCOMP`: a message has arrived exactly once (6.5.5). Firmware says
    /// [`MqttPublished`](Event::MqttPublished).
    MqttPublishedOnce,
    /// `+MQTTPUBERR`: a message may not have arrived (6.5.6).
    MqttPublishFailed,
    /// `+MQTTPUB`: a message of a topic that is subscribed to. The reference does not know it
    /// (wire notes 8). It is one line, in which a byte may take two characters: one that does not fit
    /// the memory lent is counted by [`Event::Lost`](crate::Event::Lost).
    MqttMessage {
        /// Its topic.
        topic: Literal<'a>,
        /// What it says.
        payload: Literal<'a>,
    },
    /// `+SOCKCL`: the peer has closed a socket (7.2.4).
    SocketClosed(u32),
    /// `+SOCKIND`: a socket is connected, or a socket that listens has a new connection (7.3.4,
    /// 7.4.4).
    SocketConnected {
        /// The connection's id.
        socket: u32,
        /// The module's end.
        local: SocketAddr,
        /// The peer's end.
        remote: SocketAddr,
    },
    /// `+SOCKERR`: a socket was not connected, or has no TLS (7.4.5, 7.6.4). Firmware has closed it.
    SocketError {
        /// Its id.
        socket: u32,
        /// Why.
        status: Status,
    },
    /// `+SOCKTLS`: a socket has TLS (7.6.3).
    SocketSecured(u32),
    /// `+SOCKRXT`: a TCP socket holds data (7.10.2).
    Data {
        /// Its id.
        socket: u32,
        /// How many bytes.
        length: u32,
    },
    /// `+SOCKRXU`: a UDP socket holds a datagram (7.10.3).
    Datagram {
        /// Its id.
        socket: u32,
        /// Who sent it.
        sender: SocketAddr,
        /// How many bytes.
        length: u32,
    },
    /// `+DNSRESOLV`: a name was resolved (7.12.4).
    Resolved {
        /// The name.
        name: Literal<'a>,
        /// Its address, if it has one.
        address: Option<IpAddr>,
    },
    /// `+DNSERROR:<code>`, in firmware `+DNSRESOLV:ERROR:<code>`: it was not (7.12.5).
    ResolveFailed(Status),
    /// `+PING`: a host has answered (7.13.4).
    Echo {
        /// The host.
        address: IpAddr,
        /// How long it took, in milliseconds.
        rtt_ms: u32,
    },
    /// `+TIME`: the time, as the module was told to print it (wire notes 7): its format and value.
    Time(u32, &'a [u8]),
}

/// A network that a scan has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanResult<'a> {
    /// How strongly it is received, in dBm.
    pub rssi: i16,
    /// How it is protected. Firmware does not tell of networks that only do WPA3.
    pub security: Reported<AccessPointSecurity>,
    /// Its channel.
    pub channel: u16,
    /// Its access point.
    pub bssid: Mac,
    /// Its SSID; empty if it is hidden.
    pub ssid: Literal<'a>,
}

impl<'a> Event<'a> {
    /// Takes an event line apart. `None` if it is none of the reference, or makes no sense.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (name, values) = split(line.trim_ascii());
        station_event(name, values)
            .or_else(|| access_point_event(name, values))
            .or_else(|| mqtt_event(name, values))
            .or_else(|| socket_event(name, values))
            .or_else(|| other_event(name, values))
    }
}

/// Scans and the station: chapters 4, 5.1 and 5.2.
fn station_event<'a>(name: &[u8], values: &'a [u8]) -> Option<Event<'a>> {
    let mut fields = Fields::new(values);
    Some(match name {
        b"+WSCNIND" => Event::Found(ScanResult::parse(values)?),
        b"+WSCNDONE" => Event::ScanDone,
        b"+WSCNERROR" => Event::ScanFailed,
        b"+WSTALU" => Event::StationConnected {
            association: association(&mut fields),
            bssid: fields.mac()?,
            channel: fields.number()?,
        },
        b"+WSTALD" => Event::StationDisconnected {
            association: association(&mut fields),
        },
        b"+WSTAAIP" => Event::StationAddress {
            association: association(&mut fields),
            address: fields.address()?,
        },
        b"+WSTAERR" => Event::StationError(status(values)?),
        b"+WSTA" => Event::StationError(status(values.strip_prefix(b"ERROR:")?)?),
        _ => return None,
    })
}

/// The access point and provisioning: chapters 5.4 and 5.5.
fn access_point_event<'a>(name: &[u8], values: &'a [u8]) -> Option<Event<'a>> {
    let mut fields = Fields::new(values);
    Some(match name {
        b"+WAPSC" => Event::ClientConnected {
            association: association(&mut fields),
            mac: fields.mac()?,
        },
        b"+WAPSD" => Event::ClientDisconnected {
            association: association(&mut fields),
            mac: fields.mac()?,
        },
        b"+WAPAIP" => Event::ClientAddress {
            association: association(&mut fields),
            address: fields.address()?,
        },
        b"+WPROVEXIT" => Event::Provisioned,
        _ => return None,
    })
}

/// Chapter 6.
fn mqtt_event<'a>(name: &[u8], values: &'a [u8]) -> Option<Event<'a>> {
    let mut fields = Fields::new(values);
    Some(match name {
        b"+MQTTCONNACK" => Event::MqttConnectAck {
            flags: fields.number()?,
            code: fields.number()?,
        },
        b"+MQTTCONN" => Event::MqttConnection(number(values)?.into()),
        b"+MQTTSUB" => Event::MqttSubscribed(success(values)?),
        b"+MQTTUNSUB" => Event::MqttUnsubscribed(number(values)?),
        b"+MQTTPUBACC" => Event::MqttPublished,
        b"+MQTTPUBCOMP" => Event::MqttPublishedOnce,
        b"+MQTTPUBERR" => Event::MqttPublishFailed,
        b"+MQTTPUB" => {
            let (topic, payload) = message(values)?;
            Event::MqttMessage { topic, payload }
        }
        _ => return None,
    })
}

/// The sockets: chapter 7, up to 7.10.
fn socket_event<'a>(name: &[u8], values: &'a [u8]) -> Option<Event<'a>> {
    let mut fields = Fields::new(values);
    Some(match name {
        b"+SOCKCL" => Event::SocketClosed(number(values)?),
        b"+SOCKIND" => Event::SocketConnected {
            socket: fields.number()?,
            local: address(&mut fields)?,
            remote: address(&mut fields)?,
        },
        b"+SOCKERR" => Event::SocketError {
            socket: fields.number()?,
            status: fields.number::<u16>()?.into(),
        },
        b"+SOCKTLS" => Event::SocketSecured(number(values)?),
        b"+SOCKRXT" => Event::Data {
            socket: fields.number()?,
            length: fields.number()?,
        },
        b"+SOCKRXU" => Event::Datagram {
            socket: fields.number()?,
            sender: address(&mut fields)?,
            length: fields.number()?,
        },
        _ => return None,
    })
}

/// Certificates, names, echoes and the time: chapters 3.7, 7.12 and 7.13.
fn other_event<'a>(name: &[u8], values: &'a [u8]) -> Option<Event<'a>> {
    let mut fields = Fields::new(values);
    Some(match name {
        b"+LOADCERT" => Event::CertificateLoaded(success(values)?),
        b"+DNSRESOLV" => match values.strip_prefix(b"ERROR:") {
            Some(code) => Event::ResolveFailed(status(code)?),
            None => resolved(&mut fields)?,
        },
        b"+DNSERROR" => Event::ResolveFailed(status(values)?),
        b"+PING" => Event::Echo {
            address: fields.address()?,
            rtt_ms: fields.number()?,
        },
        b"+TIME" => Event::Time(fields.number()?, fields.rest()),
        _ => return None,
    })
}

impl<'a> ScanResult<'a> {
    pub(super) fn parse(values: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::new(values);
        Some(ScanResult {
            rssi: fields.signed()?,
            security: fields.reported()?,
            channel: fields.number()?,
            bssid: fields.mac()?,
            // It may hold quotes and commas.
            ssid: Literal::parse(fields.rest())?,
        })
    }
}

/// The association's number, where the firmware tells it.
fn association(fields: &mut Fields<'_>) -> Option<u32> {
    let mut ahead = fields.clone();
    let number = ahead.number()?;
    *fields = ahead;
    Some(number)
}

/// `"<ip>",<port>`
pub(super) fn address(fields: &mut Fields<'_>) -> Option<SocketAddr> {
    Some(SocketAddr::new(fields.address()?, fields.number()?))
}

/// 0 is success.
fn success(values: &[u8]) -> Option<Result<(), u32>> {
    Some(match number(values)? {
        0 => Ok(()),
        code => Err(code),
    })
}

/// `<code>`, or `<code>,<text>`
fn status(values: &[u8]) -> Option<Status> {
    Fields::new(values).number::<u16>().map(Status::from)
}

/// `<length>,<topic>,<length>,<payload>`
pub(super) fn message(values: &[u8]) -> Option<(Literal<'_>, Literal<'_>)> {
    let (topic, rest) = counted(values)?;
    let (payload, rest) = counted(rest)?;
    rest.is_empty().then_some((topic, payload))
}

/// `<length>,<text>`
fn counted(values: &[u8]) -> Option<(Literal<'_>, &[u8])> {
    let mut fields = Fields::new(values);
    let length = fields.number()?;
    Literal::counted(fields.rest(), length)
}

/// `<type>,"<name>"[,"<address>"]`
fn resolved<'a>(fields: &mut Fields<'a>) -> Option<Event<'a>> {
    fields.number::<u32>()?;
    Some(Event::Resolved {
        name: Literal::parse(fields.next()?)?,
        address: if fields.is_empty() {
            None
        } else {
            Some(fields.address()?)
        },
    })
}
