//! Chapter 6, "MQTT".
//!
//! `OK` says that the module will try; what came of it is told by an event:
//! [`Event::MqttConnected`](crate::Event::MqttConnected), or one of the dialect's own such as
//! [`Event::MqttSubscribed`](crate::microchip::Event::MqttSubscribed).

use atat::AtatResp;
use atat::atat_derive::AtatCmd;

use super::parameter::parameters;
use super::{Done, Rows, parse_rows};
use crate::engine::text::Fields;
use crate::error::Usage;
use crate::microchip::literal::{Literal, SecretLiteral};
use crate::microchip::text::{Secret, Text};
use crate::value::Ranged;
use crate::value::{Reported, Switch};

pub use crate::value::Qos;

parameters! {
    "MQTTC"
    /// A parameter of the MQTT client, with its value (6.1.3).
    set MqttParameter['a]
    /// A parameter of the MQTT client (6.1.3).
    id MqttParameterId
    /// A row of the reply to [`GetMqttParameters`].
    row MqttRow
    /// 1: the broker's name or IPv4 address, up to 64 bytes. Default: none.
    1 Broker(Text<'a, 64>) -> Literal<'a>;
    /// 2: the broker's port. Default: 8883.
    2 Port(Ranged<1, 65535>) -> u16;
    /// 3: the client's name, up to 23 bytes. Default: an id of the device.
    3 ClientId(Text<'a, 23>) -> Literal<'a>;
    /// 4: the user's name, up to 128 bytes. Default: none.
    4 Username(Text<'a, 128>) -> Literal<'a>;
    /// 5: the user's password, as long as a command can be. The reference does not know it;
    /// firmware keeps it and does not send it (wire notes 8).
    5 Password(Secret<'a, 198>) -> SecretLiteral<'a>;
    /// 6: seconds between two signs of life. Used by firmware 0.3.0 and later; the reference does
    /// not know it.
    6 KeepAliveS(u16) -> u16;
    /// 7: the TLS configuration to use, see
    /// [`ConfigureTls`](super::network::ConfigureTls); 0 for none. Default: 1.
    7 TlsIndex(Ranged<0, 2>) -> u16;
}

/// `AT+MQTTC`: sets a parameter of the MQTT client (6.1). An empty text is refused by firmware,
/// though it is taken (wire notes 4).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::microchip::{Text, command::mqtt::{ConfigureMqtt, MqttParameter}};
///
/// let mut wire = [0; 64];
/// let n = ConfigureMqtt { parameter: MqttParameter::Broker(Text::new(b"test.mosquitto.org")?) }
///     .write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+MQTTC=1,\"test.mosquitto.org\"\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTC", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ConfigureMqtt<'a> {
    /// The parameter and its value.
    pub parameter: MqttParameter<'a>,
}

/// `AT+MQTTC`: asks for one parameter of the MQTT client, or all (6.1). Rows: [`MqttRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTC", Rows, parse = parse_mqtt_rows, timeout_ms = 5000, termination = "\r\n")]
pub struct GetMqttParameters {
    /// Which; `None` asks for all.
    pub parameter: Option<MqttParameterId>,
}

fn parse_mqtt_rows(reply: &[u8]) -> Result<Rows, atat::Error> {
    parse_rows(reply, |line| MqttRow::parse(line).is_some())
}

numbered! {
    /// What becomes of the session that the broker may have kept.
    pub enum CleanSession {
        /// It is used again. A placeholder for a future release.
        No = 0,
        /// A clean one is asked for.
        Yes = 1,
    }
}

/// `AT+MQTTCONN`: connects to the broker (6.2). Firmware ignores the flag.
///
/// [`Event::MqttConnectAck`](crate::microchip::Event::MqttConnectAck), then
/// [`Event::MqttConnected`](crate::Event::MqttConnected) or
/// [`Event::MqttDisconnected`](crate::Event::MqttDisconnected) tell what came of it; without an
/// answer, firmware gives up after 5 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTCONN", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ConnectMqtt {
    /// Whether to start anew.
    pub clean: CleanSession,
}

/// `AT+MQTTCONN`: asks whether the module is connected to the broker (6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTCONN", MqttConnection, parse = parse_connection, timeout_ms = 5000, termination = "\r\n")]
pub struct GetMqttConnection;

/// The reply to [`GetMqttConnection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MqttConnection {
    /// Whether the module is connected to the broker.
    pub is_connected: bool,
}

impl AtatResp for MqttConnection {}

/// An event of the same name may stand beside the answer: the last one is the latest.
fn parse_connection(reply: &[u8]) -> Result<MqttConnection, atat::Error> {
    let last = reply.trim_ascii().rsplit(|&b| b == b'\n').next();
    let values = last.and_then(|line| line.strip_prefix(b"+MQTTCONN:"));
    let state = values.and_then(|values| Fields::new(values).reported::<Switch>());
    let state = state.and_then(Reported::known).ok_or(atat::Error::Parse)?;
    let is_connected = state == Switch::On;
    Ok(MqttConnection { is_connected })
}

/// `AT+MQTTSUB`: subscribes to a topic (6.3). The result is
/// [`Event::MqttSubscribed`](crate::microchip::Event::MqttSubscribed).
///
/// Firmware takes four topics; to a fifth it says `OK` and no more (wire notes 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTSUB", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Subscribe<'a> {
    /// The topic, or a filter with wildcards: up to 128 bytes.
    pub topic: Text<'a, 128>,
    /// The most that messages may be delivered with. The reference's example has none; firmware
    /// needs it.
    pub max_qos: Qos,
}

/// `AT+MQTTUNSUB`: unsubscribes from a topic (6.4). The result is
/// [`Event::MqttUnsubscribed`](crate::microchip::Event::MqttUnsubscribed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTUNSUB", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Unsubscribe<'a> {
    /// The topic, as it was subscribed to: up to 128 bytes.
    pub topic: Text<'a, 128>,
}

/// `AT+MQTTPUB`: publishes a message (6.5).
///
/// With [`Qos::AtLeastOnce`] and [`Qos::ExactlyOnce`] an event follows:
/// [`Event::MqttPublished`](crate::microchip::Event::MqttPublished), or
/// [`Event::MqttPublishFailed`](crate::microchip::Event::MqttPublishFailed).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::microchip::command::mqtt::{Publish, Qos};
///
/// let publish = Publish::new(b"Topic/name", b"123456")?.with_qos(Qos::AtLeastOnce);
/// let mut wire = [0; 64];
/// let n = publish.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+MQTTPUB=0,1,0,\"Topic/name\",\"123456\"\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTPUB", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Publish<'a> {
    duplicate: Switch,
    qos: Qos,
    retain: Switch,
    topic: Text<'a, 128>,
    payload: Text<'a, 198>,
}

/// Of a command, what topic and payload leave to the rest.
const PUBLISH_WRITTEN_MAX: usize = 255 - "AT+MQTTPUB=0,0,0,,\r\n".len();

impl<'a> Publish<'a> {
    /// A message that is delivered at most once and not retained.
    ///
    /// # Errors
    /// [`Usage::TooLong`] if the topic is longer than 128 bytes, or topic and payload with their
    /// quotes and escapes longer than a command can be: 235 bytes. [`Usage::Empty`] without a topic.
    pub fn new(topic: &'a [u8], payload: &'a [u8]) -> Result<Self, Usage> {
        let (topic, payload) = (Text::new(topic)?, Text::new(payload)?);
        if topic.is_empty() {
            return Err(Usage::Empty);
        }
        if topic.written() + payload.written() > PUBLISH_WRITTEN_MAX {
            return Err(Usage::TooLong(PUBLISH_WRITTEN_MAX));
        }
        Ok(Publish {
            duplicate: Switch::Off,
            qos: Qos::AtMostOnce,
            retain: Switch::Off,
            topic,
            payload,
        })
    }

    /// The same message, delivered like this.
    pub fn with_qos(self, qos: Qos) -> Self {
        Publish { qos, ..self }
    }

    /// The same message, kept by the broker for those who subscribe later.
    pub fn retained(self) -> Self {
        Publish {
            retain: Switch::On,
            ..self
        }
    }

    /// The same message, marked as sent before. A placeholder for a future release.
    pub fn repeated(self) -> Self {
        Publish {
            duplicate: Switch::On,
            ..self
        }
    }
}

/// `AT+MQTTDISCONN`: disconnects from the broker (6.6). The result is
/// [`Event::MqttDisconnected`](crate::Event::MqttDisconnected).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTDISCONN", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct DisconnectMqtt {
    /// Why, in the numbers of MQTT 5. Firmware, which speaks MQTT 3, takes none.
    pub reason: Option<u8>,
}
