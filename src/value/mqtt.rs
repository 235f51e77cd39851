//! MQTT: with which broker a session is made, and how; and what it receives.

use core::fmt;

use super::TlsConfig;
use crate::error::Usage;

numbered! {
    /// How surely a message arrives.
    pub enum Qos {
        /// At most once.
        AtMostOnce = 0,
        /// At least once.
        AtLeastOnce = 1,
        /// Exactly once.
        ExactlyOnce = 2,
    }
}

/// With which broker a session is made, and how; see [`Module::mqtt`](crate::Module::mqtt). What a module
/// cannot do of it is refused before a byte of it is sent.
///
/// ```
/// use atwifi::{MqttConfig, MqttWill, TlsConfig};
///
/// let config = MqttConfig::new("broker.example", 8883, "sensor-17")
///     .with_login("sensor", b"correct horse")
///     .with_will(MqttWill::new("sensor-17/state", b"gone").retained())
///     .with_tls(TlsConfig::new().with_ca("ca.pem").with_server_name("broker.example"));
/// assert!(!format!("{config:?}").contains("horse"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MqttConfig<'c> {
    /// The broker: a name or an address, up to 127 bytes on the ST67 (wire notes 3), 64 on the Microchip module
    /// (wire notes 8).
    pub host: &'c str,
    /// Its port: 1883 usually, 8883 with TLS.
    pub port: u16,
    /// What the client is called, up to 23 bytes. The broker ends the session of another client that has the
    /// same name.
    pub client_id: &'c str,
    /// The user, up to 128 bytes; empty for none.
    pub username: &'c str,
    /// The user's password; empty for none. The ST67 only, up to 128 bytes without NUL: the firmware of the
    /// Microchip module keeps a password and never sends it (wire notes 8).
    pub password: &'c [u8],
    /// After so many seconds of silence the module asks whether the broker is there, and takes the session for
    /// lost if it does not answer. On the ST67 1 to 7200; on the Microchip module any number, of which 0 is
    /// never, with firmware 0.3.0 and later, and 60 with any.
    pub keep_alive_s: u16,
    /// Whether the broker shall keep subscriptions and messages for the client while it is away. The ST67
    /// only.
    pub keeps_session: bool,
    /// What the broker publishes when the client is gone without a word. The ST67 only.
    pub will: Option<MqttWill<'c>>,
    /// TLS, with the name that the server is asked for (SNI) and protocols (ALPN) if there are any; up to five
    /// of those, and on the ST67 only. Neither module has pre-shared keys here.
    ///
    /// The Microchip module has one TLS configuration for all; while a socket uses it, there can be no other.
    /// Other than for its sockets, it takes authorities that were
    /// [loaded](crate::Module::load_certificate).
    pub tls: Option<TlsConfig<'c>>,
}

impl<'c> MqttConfig<'c> {
    /// A session with this broker, without TLS, under this name; kept alive each minute.
    #[must_use]
    pub const fn new(host: &'c str, port: u16, client_id: &'c str) -> Self {
        MqttConfig {
            host,
            port,
            client_id,
            username: "",
            password: b"",
            keep_alive_s: 60,
            keeps_session: false,
            will: None,
            tls: None,
        }
    }

    /// The same as this [user](MqttConfig::username), with this [password](MqttConfig::password).
    #[must_use]
    pub const fn with_login(mut self, username: &'c str, password: &'c [u8]) -> Self {
        self.username = username;
        self.password = password;
        self
    }

    /// The same with another [keep-alive](MqttConfig::keep_alive_s), in seconds.
    #[must_use]
    pub const fn with_keep_alive_s(mut self, seconds: u16) -> Self {
        self.keep_alive_s = seconds;
        self
    }

    /// The same with what the broker [keeps](MqttConfig::keeps_session).
    #[must_use]
    pub const fn with_kept_session(mut self) -> Self {
        self.keeps_session = true;
        self
    }

    /// The same with a [will](MqttConfig::will).
    #[must_use]
    pub const fn with_will(mut self, will: MqttWill<'c>) -> Self {
        self.will = Some(will);
        self
    }

    /// The same through [TLS](MqttConfig::tls).
    #[must_use]
    pub const fn with_tls(mut self, tls: TlsConfig<'c>) -> Self {
        self.tls = Some(tls);
        self
    }
}

impl MqttConfig<'_> {
    /// Whether any module can be told this.
    pub(crate) fn check(&self) -> Result<(), Usage> {
        if self.host.is_empty() || self.tls.is_some_and(|tls| tls.ca == Some("")) {
            return Err(Usage::Empty);
        }
        if self.port == 0 {
            return Err(Usage::OutOfRange {
                min: 1,
                max: 65_535,
            });
        }
        Ok(())
    }
}

impl fmt::Debug for MqttConfig<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("client_id", &self.client_id)
            .field("username", &self.username)
            .field("password", &"***")
            .field("keep_alive_s", &self.keep_alive_s)
            .field("keeps_session", &self.keeps_session)
            .field("will", &self.will)
            .field("tls", &self.tls)
            .finish()
    }
}

/// What the broker publishes when a client is gone without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MqttWill<'c> {
    /// The topic: up to 127 bytes.
    pub topic: &'c str,
    /// The message: up to 127 bytes, without NUL and line ends.
    pub payload: &'c [u8],
    /// How surely it arrives.
    pub qos: Qos,
    /// Whether the broker keeps it for whoever subscribes later.
    pub is_retained: bool,
}

impl<'c> MqttWill<'c> {
    /// At most once, and not kept.
    #[must_use]
    pub const fn new(topic: &'c str, payload: &'c [u8]) -> Self {
        MqttWill {
            topic,
            payload,
            qos: Qos::AtMostOnce,
            is_retained: false,
        }
    }

    /// The same with another [quality of service](MqttWill::qos).
    #[must_use]
    pub const fn with_qos(mut self, qos: Qos) -> Self {
        self.qos = qos;
        self
    }

    /// The same, [kept](MqttWill::is_retained) by the broker.
    #[must_use]
    pub const fn retained(mut self) -> Self {
        self.is_retained = true;
        self
    }
}

/// What a session has received; see [`Mqtt::receive`](crate::Mqtt::receive). It lies in the caller's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arrival<'m> {
    /// A message, or its beginning.
    Message {
        /// Its topic.
        topic: &'m [u8],
        /// What it says, as far as there was room, or as far as it is here.
        payload: &'m [u8],
        /// So many bytes of it come in further pieces, [`More`](Arrival::More): nothing else comes before.
        rest: usize,
    },
    /// More of the message that was begun.
    More {
        /// What comes next.
        payload: &'m [u8],
        /// So many bytes are still to come.
        rest: usize,
    },
    /// What was still to come of it is lost: the module sent less than it had announced, as firmware 2.0.75 of
    /// the ST67 does with a NUL in it, or bytes were lost on the way, or another call needed the link.
    Cut,
    /// So many messages are lost for want of memory, or may be: lines that were spoilt on the way count, since
    /// nobody knows what they were.
    Lost(u16),
}
