//! What clients say: who they are, and their messages.

use std::fmt;

use mqttbytes::v4::{Connect, LastWill};

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttMessage {
    /// Its topic.
    pub topic: String,
    /// Any bytes.
    pub payload: Vec<u8>,
    /// Quality of service, 0 to 2.
    pub qos: u8,
    /// The broker keeps it for those who subscribe later.
    pub retain: bool,
}

impl MqttMessage {
    /// A message of quality 0 that is not kept.
    pub fn new(topic: impl Into<String>, payload: impl Into<Vec<u8>>) -> Self {
        MqttMessage {
            topic: topic.into(),
            payload: payload.into(),
            qos: 0,
            retain: false,
        }
    }

    /// The same message with this quality of service.
    #[must_use]
    pub fn with_qos(mut self, qos: u8) -> Self {
        self.qos = qos;
        self
    }

    /// The same message, to be kept by the broker.
    #[must_use]
    pub fn retained(mut self) -> Self {
        self.retain = true;
        self
    }
}

/// How a client has introduced itself.
#[derive(Clone, PartialEq, Eq)]
pub struct MqttConnect {
    /// Its name.
    pub client_id: String,
    /// Who it claims to be; empty if it does not say.
    pub username: String,
    /// The proof of that; empty if it gives none.
    pub password: String,
    /// Seconds of silence after which it is gone; 0 for no limit.
    pub keep_alive: u16,
    /// It wants nothing of an earlier session.
    pub clean_session: bool,
    /// What is to be published when it is gone without a word.
    pub will: Option<MqttMessage>,
}

impl fmt::Debug for MqttConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttConnect")
            .field("client_id", &self.client_id)
            .field("username", &self.username)
            .field("keep_alive", &self.keep_alive)
            .field("clean_session", &self.clean_session)
            .field("will", &self.will)
            .finish_non_exhaustive()
    }
}

impl From<&LastWill> for MqttMessage {
    fn from(will: &LastWill) -> Self {
        MqttMessage {
            topic: will.topic.clone(),
            payload: will.message.to_vec(),
            qos: will.qos as u8,
            retain: will.retain,
        }
    }
}

impl From<Connect> for MqttConnect {
    fn from(connect: Connect) -> Self {
        let (username, password) = connect
            .login
            .map(|login| (login.username, login.password))
            .unwrap_or_default();
        MqttConnect {
            client_id: connect.client_id,
            username,
            password,
            keep_alive: connect.keep_alive,
            clean_session: connect.clean_session,
            will: connect.last_will.as_ref().map(MqttMessage::from),
        }
    }
}
