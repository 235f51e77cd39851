//! Chapter 5, "MQTT AT commands". There is one client, link 0.
//!
//! Order: [`SetUser`], then [`SetConnection`], [`SetProtocols`] and [`SetServerName`] as needed, then
//! [`Connect`]. Messages come from [`poll`](crate::Module::poll) as
//! [`Event::MqttMessage`](crate::st67::Event::MqttMessage).

use atat::AtatResp;
use atat::atat_derive::AtatCmd;

use super::net::Port;
use super::{Done, Rows, values};
use crate::driver::Upload;
use crate::engine::text::{Fields, number, rows, unquoted};
use crate::error::Usage;
use crate::st67::text::{Secret, Text, fit};
use crate::value::Ranged;
use crate::value::{Printed, PrintedSecret};
use crate::value::{Reported, Switch};

pub use crate::value::Qos;

/// What stands between two texts in a reply. They are not escaped: where one holds this itself, it
/// ends there.
const BETWEEN: &[u8] = b"\",\"";

/// The text before the next [`BETWEEN`], and what stands behind it.
fn next_text(texts: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = texts.windows(BETWEEN.len()).position(|w| w == BETWEEN)?;
    let (text, rest) = texts.split_at_checked(at)?;
    Some((text, rest.strip_prefix(BETWEEN)?))
}

numbered! {
    /// What MQTT runs on.
    pub enum Scheme {
        /// TCP.
        Tcp = 0,
        /// TLS; no certificate is verified.
        Tls = 1,
        /// TLS; the server's certificate is verified. The module needs the time for that: see
        /// [`SetTimeServers`](super::net::SetTimeServers).
        TlsVerified = 2,
        /// TLS; the client shows a certificate.
        TlsIdentified = 3,
        /// TLS; both.
        TlsMutual = 4,
    }
}

numbered! {
    /// How far the client has come.
    pub enum State {
        /// Nothing is set.
        Uninitialised = 0,
        /// [`SetUser`] was done.
        UserSet = 1,
        /// [`SetConnection`] was done.
        ConnectionSet = 2,
        /// The connection was lost.
        Disconnected = 3,
        /// It is established.
        Established = 4,
        /// Connected, without a subscription.
        Connected = 5,
        /// Connected, with subscriptions.
        Subscribed = 6,
    }
}

/// `AT+MQTTUSERCFG?`: asks who the client is (5.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTUSERCFG?", User, parse = parse_user, timeout_ms = 6000, termination = "\r\n")]
pub struct GetUser;

/// The reply to [`GetUser`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// What MQTT runs on.
    pub scheme: Reported<Scheme>,
    /// The client's id.
    pub client_id: Printed<23>,
    /// The user's name.
    pub username: Printed<128>,
    /// The password.
    pub password: PrintedSecret<128>,
    /// The file with the client's certificate.
    pub certificate: Printed<31>,
    /// The file with its private key.
    pub key: Printed<31>,
    /// The file with the certificate authority.
    pub ca: Printed<31>,
}

impl AtatResp for User {}

fn parse_user(reply: &[u8]) -> Result<User, atat::Error> {
    user(values(reply, b"+MQTTUSERCFG:0,")?).ok_or(atat::Error::Parse)
}

/// `<scheme>,"<client id>","<user name>","<password>","<certificate>","<key>","<ca>"`
fn user(values: &[u8]) -> Option<User> {
    let (scheme, texts) = values.split_at_checked(values.iter().position(|&b| b == b',')?)?;
    let texts = texts.strip_prefix(b",\"")?.strip_suffix(b"\"")?;
    let (client_id, texts) = next_text(texts)?;
    let (username, texts) = next_text(texts)?;
    let (password, texts) = next_text(texts)?;
    let (certificate, texts) = next_text(texts)?;
    let (key, ca) = next_text(texts)?;
    Some(User {
        scheme: number(scheme)?.into(),
        client_id: Printed::new(client_id)?,
        username: Printed::new(username)?,
        password: PrintedSecret::new(password)?,
        certificate: Printed::new(certificate)?,
        key: Printed::new(key)?,
        ca: Printed::new(ca)?,
    })
}

/// Files in the module that TLS needs; empty where the scheme needs none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Files<'a> {
    /// The client's certificate.
    pub certificate: &'a str,
    /// Its private key.
    pub key: &'a str,
    /// The certificate authority.
    pub ca: &'a str,
}

/// `AT+MQTTUSERCFG`: says who the client is (5.1.1). Refused while it is connected.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTUSERCFG=0,",
    Done,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct SetUser<'a> {
    scheme: Scheme,
    client_id: Text<'a, 23>,
    username: Text<'a, 128>,
    password: Secret<'a, 128>,
    certificate: Option<Text<'a, 31>>,
    key: Option<Text<'a, 31>>,
    ca: Option<Text<'a, 31>>,
}

impl<'a> SetUser<'a> {
    /// What MQTT runs on; the client's id, to 23 bytes; the user's name and password, to 128 bytes
    /// each; the files that TLS needs, named with up to 31 bytes.
    ///
    /// # Errors
    /// Those of [`Text::new`]; [`Usage::TooLong`] if together they are too long for a command. Then
    /// leave texts empty here, and set them with [`SetClientId`], [`SetUsername`] and
    /// [`SetPassword`].
    pub fn new(
        scheme: Scheme,
        client_id: &'a str,
        username: &'a str,
        password: &'a [u8],
        files: Option<Files<'a>>,
    ) -> Result<Self, Usage> {
        let file = |name: fn(Files<'a>) -> &'a str| {
            let name = files.map(name).map(str::as_bytes);
            name.map(Text::new).transpose()
        };
        let command = SetUser {
            scheme,
            client_id: Text::new(client_id.as_bytes())?,
            username: Text::new(username.as_bytes())?,
            password: Secret::new(password)?,
            certificate: file(|files| files.certificate)?,
            key: file(|files| files.key)?,
            ca: file(|files| files.ca)?,
        };
        let names = [&command.certificate, &command.key, &command.ca];
        let written = names.into_iter().flatten().map(Text::written).chain([
            command.client_id.written(),
            command.username.written(),
            command.password.written(),
        ]);
        fit(written, "AT+MQTTUSERCFG=0,4,,,,,,\r\n".len())?;
        Ok(command)
    }
}

/// `AT+MQTTCLIENTID?`: asks for the client's id (5.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTCLIENTID?",
    ClientId,
    parse = parse_client_id,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetClientId;

/// The reply to [`GetClientId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId {
    /// The id.
    pub client_id: Printed<23>,
}

impl AtatResp for ClientId {}

fn parse_client_id(reply: &[u8]) -> Result<ClientId, atat::Error> {
    let text = unquoted(values(reply, b"+MQTTCLIENTID:0,")?);
    let client_id = Printed::new(text).ok_or(atat::Error::Parse)?;
    Ok(ClientId { client_id })
}

/// `AT+MQTTCLIENTID`: sets the client's id, after [`SetUser`] (5.1.2), with
/// [`Module::command_with_data`](crate::Module::command_with_data). The reference names it
/// `AT+MQTTLONGCLIENTID`, which firmware does not know: [`SetLongClientId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTCLIENTID=0,",
    Done,
    value_sep = false,
    timeout_ms = 11000,
    termination = "\r\n"
)]
pub struct SetClientId {
    /// How many bytes it has.
    pub length: Ranged<1, 23>,
}

impl Upload for SetClientId {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+MQTTLONGCLIENTID`: [`SetClientId`] as the reference names it (5.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTLONGCLIENTID=0,",
    Done,
    value_sep = false,
    timeout_ms = 11000,
    termination = "\r\n"
)]
pub struct SetLongClientId {
    /// How many bytes it has.
    pub length: Ranged<1, 23>,
}

impl Upload for SetLongClientId {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+MQTTUSERNAME?`: asks for the user's name (5.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTUSERNAME?",
    Username,
    parse = parse_username,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetUsername;

/// The reply to [`GetUsername`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    /// The name.
    pub username: Printed<128>,
}

impl AtatResp for Username {}

fn parse_username(reply: &[u8]) -> Result<Username, atat::Error> {
    let text = unquoted(values(reply, b"+MQTTUSERNAME:0,")?);
    let username = Printed::new(text).ok_or(atat::Error::Parse)?;
    Ok(Username { username })
}

/// `AT+MQTTUSERNAME`: sets the user's name, after [`SetUser`] (5.1.3), with
/// [`Module::command_with_data`](crate::Module::command_with_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTUSERNAME=0,",
    Done,
    value_sep = false,
    timeout_ms = 11000,
    termination = "\r\n"
)]
pub struct SetUsername {
    /// How many bytes it has.
    pub length: Ranged<1, 128>,
}

impl Upload for SetUsername {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+MQTTPASSWORD?`: asks for the password (5.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTPASSWORD?",
    Password,
    parse = parse_password,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetPassword;

/// The reply to [`GetPassword`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password {
    /// The password.
    pub password: PrintedSecret<128>,
}

impl AtatResp for Password {}

fn parse_password(reply: &[u8]) -> Result<Password, atat::Error> {
    let text = unquoted(values(reply, b"+MQTTPASSWORD:0,")?);
    let password = PrintedSecret::new(text).ok_or(atat::Error::Parse)?;
    Ok(Password { password })
}

/// `AT+MQTTPASSWORD`: sets the password, after [`SetUser`] (5.1.4), with
/// [`Module::command_with_data`](crate::Module::command_with_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTPASSWORD=0,",
    Done,
    value_sep = false,
    timeout_ms = 11000,
    termination = "\r\n"
)]
pub struct SetPassword {
    /// How many bytes it has.
    pub length: Ranged<1, 128>,
}

impl Upload for SetPassword {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+MQTTCONNCFG?`: asks for the connection's settings (5.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTCONNCFG?",
    Connection,
    parse = parse_connection,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetConnection;

/// The reply to [`GetConnection`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Seconds between pings.
    pub keep_alive_s: u16,
    /// Whether the session outlives the connection. Firmware 2.0.75 prints the opposite.
    pub keep_session: Reported<Switch>,
    /// The topic of the last will.
    pub will_topic: Printed<128>,
    /// Its message.
    pub will_message: Printed<128>,
    /// Its quality of service.
    pub will_qos: Reported<Qos>,
    /// Whether it is retained.
    pub will_retain: Reported<Switch>,
}

impl AtatResp for Connection {}

fn parse_connection(reply: &[u8]) -> Result<Connection, atat::Error> {
    connection(values(reply, b"+MQTTCONNCFG:0,")?).ok_or(atat::Error::Parse)
}

/// `<keep-alive>,<keep session>,"<topic>","<message>",<qos>,<retain>`
fn connection(values: &[u8]) -> Option<Connection> {
    let texts = values.iter().position(|&b| b == b'"')?;
    let (numbers, rest) = values.split_at_checked(texts)?;
    let end = rest.windows(2).rposition(|w| w == b"\",")?;
    let (texts, last) = rest.split_at_checked(end)?;
    let (topic, message) = next_text(texts.get(1..)?)?;
    let (mut numbers, mut last) = (Fields::new(numbers), Fields::new(last.get(2..)?));
    let connection = Connection {
        keep_alive_s: numbers.number()?,
        keep_session: numbers.reported()?,
        will_topic: Printed::new(topic)?,
        will_message: Printed::new(message)?,
        will_qos: last.reported()?,
        will_retain: last.reported()?,
    };
    last.is_empty().then_some(connection)
}

/// What the broker publishes when the connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Will<'a> {
    /// The topic: to 127 bytes.
    pub topic: &'a str,
    /// The message: to 127 bytes.
    pub message: &'a [u8],
    /// Its quality of service.
    pub qos: Qos,
    /// Whether it is retained.
    pub retain: Switch,
}

/// `AT+MQTTCONNCFG`: the connection's settings, after [`SetUser`] (5.1.5).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTCONNCFG=0,",
    Done,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct SetConnection<'a> {
    keep_alive_s: Ranged<0, 7200>,
    keep_session: Switch,
    will_topic: Text<'a, 127>,
    will_message: Text<'a, 127>,
    will_qos: Qos,
    will_retain: Switch,
}

impl<'a> SetConnection<'a> {
    /// Seconds between pings, where 0 is taken as 120 by the reference and refused by firmware;
    /// whether the session outlives the connection (default: off); the last will.
    ///
    /// # Errors
    /// Those of [`Text::new`]; [`Usage::TooLong`] if the will is too long for a command.
    pub fn new(
        keep_alive_s: Ranged<0, 7200>,
        keep_session: Switch,
        will: Option<Will<'a>>,
    ) -> Result<Self, Usage> {
        let will = will.unwrap_or(Will {
            topic: "",
            message: b"",
            qos: Qos::AtMostOnce,
            retain: Switch::Off,
        });
        let command = SetConnection {
            keep_alive_s,
            keep_session,
            will_topic: Text::new(will.topic.as_bytes())?,
            will_message: Text::new(will.message)?,
            will_qos: will.qos,
            will_retain: will.retain,
        };
        let written = [command.will_topic.written(), command.will_message.written()];
        fit(
            written.into_iter(),
            "AT+MQTTCONNCFG=0,7200,1,,,2,1\r\n".len(),
        )?;
        Ok(command)
    }
}

/// `AT+MQTTALPN?`: asks for the protocols that TLS offers (5.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTALPN?", Rows, parse = parse_protocols, timeout_ms = 6000, termination = "\r\n")]
pub struct GetProtocols;

fn parse_protocols(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| ProtocolsRow::parse(line).is_some()).map(|count| Rows { count })
}

/// The row of the reply to [`GetProtocols`].
///
/// ```
/// use atwifi::st67::command::mqtt::ProtocolsRow;
///
/// let row = ProtocolsRow::parse(br#"+MQTTALPN:0,"mqtt-ca.cn","mqtt-ca.us""#).unwrap();
/// assert!(row.names().eq([&b"mqtt-ca.cn"[..], b"mqtt-ca.us"]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolsRow<'a>(&'a [u8]);

impl<'a> ProtocolsRow<'a> {
    /// Takes the row apart.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let names = line.strip_prefix(b"+MQTTALPN:0")?;
        Some(ProtocolsRow(names.strip_prefix(b",").unwrap_or(names)))
    }

    /// The protocols.
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> {
        Fields::new(self.0)
            .map(unquoted)
            .filter(|name| !name.is_empty())
    }
}

/// `AT+MQTTALPN`: the protocols that TLS offers, after [`SetUser`] (5.1.6).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTALPN=0,",
    Done,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct SetProtocols<'a> {
    /// How many there are: 0 clears.
    pub count: Ranged<0, 5>,
    /// The first: up to 15 bytes each, so that the command fits the module's line.
    pub first: Option<Text<'a, 15>>,
    /// The second.
    pub second: Option<Text<'a, 15>>,
    /// The third.
    pub third: Option<Text<'a, 15>>,
    /// The fourth.
    pub fourth: Option<Text<'a, 15>>,
    /// The fifth.
    pub fifth: Option<Text<'a, 15>>,
}

/// `AT+MQTTSNI?`: asks for the name that TLS asks the server for (5.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTSNI?",
    ServerName,
    parse = parse_server_name,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetServerName;

/// The reply to [`GetServerName`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerName {
    /// The name; empty if there is none. Firmware 2.0.75 prints it without quotes.
    pub name: Printed<254>,
}

impl AtatResp for ServerName {}

fn parse_server_name(reply: &[u8]) -> Result<ServerName, atat::Error> {
    let name = match unquoted(values(reply, b"+MQTTSNI:0,")?) {
        b"(null)" => b"",
        name => name,
    };
    let name = Printed::new(name).ok_or(atat::Error::Parse)?;
    Ok(ServerName { name })
}

/// `AT+MQTTSNI`: the name that TLS asks the server for, after [`SetUser`] (5.1.7).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTSNI=0,",
    Done,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct SetServerName<'a> {
    /// The name: as long as the command has room for.
    pub name: Text<'a, 198>,
}

/// `AT+MQTTCONN?`: asks how the connection stands (5.1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTCONN?",
    ConnectionState,
    parse = parse_state,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetState;

/// The reply to [`GetState`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionState {
    /// How far the client has come.
    pub state: Reported<State>,
    /// What MQTT runs on.
    pub scheme: Reported<Scheme>,
    /// The broker.
    pub host: Printed<128>,
    /// Its port, if there is a broker.
    pub port: Option<u16>,
    /// Whether the client connects again by itself.
    pub reconnect: Reported<Switch>,
}

impl AtatResp for ConnectionState {}

fn parse_state(reply: &[u8]) -> Result<ConnectionState, atat::Error> {
    connection_state(values(reply, b"+MQTTCONN:0,")?).ok_or(atat::Error::Parse)
}

/// `<state>,<scheme>,"<host>",<port>,<reconnect>`; in the reference there is no comma before the
/// host.
fn connection_state(values: &[u8]) -> Option<ConnectionState> {
    let host = values.iter().position(|&b| b == b'"')?;
    let (numbers, rest) = values.split_at_checked(host)?;
    let mut numbers = Fields::new(numbers);
    let mut rest = Fields::new(rest);
    let state = ConnectionState {
        state: numbers.reported()?,
        scheme: numbers.reported()?,
        host: Printed::new(unquoted(rest.next()?))?,
        port: match rest.next()? {
            b"" => None,
            port => Some(number(port)?.try_into().ok()?),
        },
        reconnect: rest.reported()?,
    };
    rest.is_empty().then_some(state)
}

/// `AT+MQTTCONN`: connects to the broker (5.1.8). That the link is there is told by the event
/// [`MqttConnected`](crate::Event::MqttConnected), that the broker refuses by
/// [`MqttDisconnected`](crate::Event::MqttDisconnected).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTCONN=0,",
    Done,
    value_sep = false,
    timeout_ms = 10000,
    termination = "\r\n"
)]
pub struct Connect<'a> {
    /// The broker: up to 128 bytes.
    pub host: Text<'a, 128>,
    /// Its port.
    pub port: Port,
    /// Whether the client connects again by itself. If not, [`Clean`] comes before it connects
    /// again.
    pub reconnect: Switch,
}

/// `AT+MQTTPUB`: publishes a message (5.1.9). It cannot carry NUL, CR and LF: [`PublishRaw`] can.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTPUB=0,",
    Done,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct Publish<'a> {
    topic: Text<'a, 127>,
    message: Text<'a, 127>,
    qos: Qos,
    retain: Switch,
}

impl<'a> Publish<'a> {
    /// The topic and the message, to 127 bytes each; the quality of service (firmware before 2.0.97
    /// does not heed it); whether the broker keeps it.
    ///
    /// # Errors
    /// Those of [`Text::new`]; [`Usage::TooLong`] if together they are too long for a command.
    pub fn new(topic: &'a str, message: &'a [u8], qos: Qos, retain: Switch) -> Result<Self, Usage> {
        let command = Publish {
            topic: Text::new(topic.as_bytes())?,
            message: Text::new(message)?,
            qos,
            retain,
        };
        let written = [command.topic.written(), command.message.written()];
        fit(written.into_iter(), "AT+MQTTPUB=0,,,2,1\r\n".len())?;
        Ok(command)
    }
}

/// `AT+MQTTPUBRAW`: publishes a message of any bytes (5.1.10), with
/// [`Module::command_with_data`](crate::Module::command_with_data). Firmware 2.0.75 stops at the first
/// NUL.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTPUBRAW=0,",
    Done,
    value_sep = false,
    timeout_ms = 11000,
    termination = "\r\n"
)]
pub struct PublishRaw<'a> {
    /// The topic: up to 127 bytes.
    pub topic: Text<'a, 127>,
    /// How many bytes the message has: as many as the module's memory has room for, 1470 in
    /// firmware.
    pub length: Ranged<1, 65535>,
    /// The quality of service.
    pub qos: Qos,
    /// Whether the broker keeps it.
    pub retain: Switch,
}

impl Upload for PublishRaw<'_> {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+MQTTSUB?`: lists the subscriptions (5.1.11). Rows: [`SubscriptionRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTSUB?",
    Rows,
    parse = parse_subscriptions,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetSubscriptions;

fn parse_subscriptions(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| SubscriptionRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetSubscriptions`].
///
/// ```
/// use atwifi::st67::command::mqtt::{Qos, State, SubscriptionRow};
///
/// let row = SubscriptionRow::parse(br#"+MQTTSUB:0,6,"a,b/#",1"#).unwrap();
/// assert_eq!((row.topic, row.qos.known()), (&b"a,b/#"[..], Some(Qos::AtLeastOnce)));
/// assert_eq!(row.state, State::Subscribed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionRow<'a> {
    /// How far the client has come.
    pub state: Reported<State>,
    /// The topic. Firmware prints it without quotes.
    pub topic: &'a [u8],
    /// The quality of service.
    pub qos: Reported<Qos>,
}

impl SubscriptionRow<'_> {
    /// Takes a row apart.
    pub fn parse(line: &[u8]) -> Option<SubscriptionRow<'_>> {
        let values = line.strip_prefix(b"+MQTTSUB:0,")?;
        let comma = |&b: &u8| b == b',';
        let (state, rest) = values.split_at_checked(values.iter().position(comma)?)?;
        let (topic, qos) = rest.split_at_checked(rest.iter().rposition(comma)?)?;
        Some(SubscriptionRow {
            state: number(state)?.into(),
            topic: unquoted(topic.get(1..)?),
            qos: number(qos.get(1..)?)?.into(),
        })
    }
}

/// `AT+MQTTSUB`: subscribes to a topic (5.1.11). Needs a connection; firmware takes up to 32.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTSUB=0,",
    Subscribed,
    parse = parse_subscribed,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct Subscribe<'a> {
    /// The topic: up to 127 bytes.
    pub topic: Text<'a, 127>,
    /// The quality of service.
    pub qos: Qos,
}

/// The reply to [`Subscribe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// Whether it was subscribed to already.
    pub already: bool,
}

impl AtatResp for Subscribed {}

fn parse_subscribed(reply: &[u8]) -> Result<Subscribed, atat::Error> {
    match reply.trim_ascii() {
        b"" => Ok(Subscribed { already: false }),
        // A colon in firmware, a comma in the reference.
        b"+MQTTSUB:ALREADY_SUBSCRIBE" | b"+MQTTSUB,ALREADY_SUBSCRIBE" => {
            Ok(Subscribed { already: true })
        }
        _ => Err(atat::Error::Parse),
    }
}

/// `AT+MQTTUNSUB`: ends a subscription (5.1.12). Needs a connection.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+MQTTUNSUB=0,",
    Unsubscribed,
    parse = parse_unsubscribed,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct Unsubscribe<'a> {
    /// The topic: up to 127 bytes.
    pub topic: Text<'a, 127>,
}

/// The reply to [`Unsubscribe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubscribed {
    /// Whether there was a subscription.
    pub was_subscribed: bool,
}

impl AtatResp for Unsubscribed {}

fn parse_unsubscribed(reply: &[u8]) -> Result<Unsubscribed, atat::Error> {
    let was_subscribed = match reply.trim_ascii() {
        b"" => true,
        b"+MQTTUNSUB:NO_UNSUBSCRIBE" => false,
        _ => return Err(atat::Error::Parse),
    };
    Ok(Unsubscribed { was_subscribed })
}

/// `AT+MQTTCLEAN`: closes the connection and forgets its settings (5.1.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+MQTTCLEAN=0", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct Clean;
