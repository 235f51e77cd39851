//! An MQTT broker, for MQTT 3.1.1.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use mqttbytes::v4::{
    self, ConnAck, Connect, ConnectReturnCode, LastWill, Packet, PubAck, PubComp, PubRec, PubRel,
    Publish, SubAck, Subscribe, SubscribeReasonCode, UnsubAck,
};
use mqttbytes::{QoS, valid_filter, valid_topic};

use crate::mqtt::{encode, qos};
use crate::{Peer, Service};

/// The largest packet that it takes.
const LARGEST: usize = 1024 * 1024;

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

/// A broker in memory. Clones are handles to the same broker.
///
/// Give each connection of a [`MemoryNetwork`](crate::MemoryNetwork) one [`serve`](Self::serve),
/// and publish to the module from the test.
#[derive(Clone, Default)]
pub struct MqttBroker(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    clients: BTreeMap<u64, Client>,
    count: u64,
    /// Subscriptions of clients that have not asked for a clean session.
    sessions: BTreeMap<String, Vec<(String, QoS)>>,
    retained: BTreeMap<String, MqttMessage>,
    connects: Vec<MqttConnect>,
    messages: Vec<MqttMessage>,
    /// How the next clients are answered, if not with 0.
    refusal: Option<u8>,
    /// Nothing is answered any more.
    mute: bool,
}

/// A client that has introduced itself.
#[derive(Default)]
struct Client {
    name: String,
    clean: bool,
    subscriptions: Vec<(String, QoS)>,
    will: Option<MqttMessage>,
    outgoing: BytesMut,
    leave: bool,
    last_id: u16,
    /// Messages that it publishes exactly once and has not released.
    received: BTreeSet<u16>,
}

impl MqttBroker {
    /// A broker that lets everybody in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The broker's end of one connection.
    #[must_use]
    pub fn serve(&self) -> Box<dyn Service> {
        let mut state = self.0.borrow_mut();
        state.count += 1;
        Box::new(Connection {
            broker: self.clone(),
            number: state.count,
            arrived: BytesMut::new(),
        })
    }

    /// Publishes a message to all that have subscribed its topic.
    pub fn publish(&self, message: MqttMessage) {
        self.0.borrow_mut().distribute(message);
    }

    /// Answers all who come from now on with this return code; 0 lets them in.
    pub fn answer_with(&self, code: u8) {
        self.0.borrow_mut().refusal = Some(code).filter(|code| *code != 0);
    }

    /// Hears, but answers nothing any more.
    pub fn mute(&self) {
        self.0.borrow_mut().mute = true;
    }

    /// Closes the connections of all clients.
    pub fn disconnect_all(&self) {
        let mut state = self.0.borrow_mut();
        state
            .clients
            .values_mut()
            .for_each(|client| client.leave = true);
    }

    /// How clients have introduced themselves, in their order.
    #[must_use]
    pub fn connects(&self) -> Vec<MqttConnect> {
        self.0.borrow().connects.clone()
    }

    /// The messages that clients have published, in their order.
    #[must_use]
    pub fn messages(&self) -> Vec<MqttMessage> {
        self.0.borrow().messages.clone()
    }

    /// The filters that are subscribed, with their quality of service.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<(String, u8)> {
        let state = self.0.borrow();
        let all = state
            .clients
            .values()
            .flat_map(|client| &client.subscriptions);
        all.map(|(filter, qos)| (filter.clone(), *qos as u8))
            .collect()
    }
}

impl fmt::Debug for MqttBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttBroker")
            .field("connects", &self.connects())
            .field("subscriptions", &self.subscriptions())
            .finish_non_exhaustive()
    }
}

impl State {
    fn distribute(&mut self, message: MqttMessage) {
        if message.retain {
            self.retained.insert(message.topic.clone(), message.clone());
        }
        for client in self.clients.values_mut() {
            let fitting = client.subscriptions.iter();
            let fitting = fitting.filter(|(filter, _)| matches(&message.topic, filter));
            let granted = fitting.map(|(_, qos)| *qos as u8).max();
            if let Some(granted) = granted {
                client.deliver(&message, granted, false);
            }
        }
    }

    fn introduce(&mut self, number: u64, connect: Connect) {
        let Connect {
            client_id,
            clean_session,
            ..
        } = &connect;
        let known = self.sessions.get(client_id).cloned();
        let subscriptions = known.filter(|_| !clean_session);
        let mut client = Client {
            name: client_id.clone(),
            clean: *clean_session,
            will: connect.last_will.as_ref().map(will),
            ..Client::default()
        };
        let code = self.refusal.map_or(ConnectReturnCode::Success, refusal);
        if !self.mute {
            let answer = ConnAck::new(code, subscriptions.is_some());
            client.send(&Packet::ConnAck(answer));
        }
        client.subscriptions = subscriptions.unwrap_or_default();
        client.leave = code != ConnectReturnCode::Success;
        self.clients.insert(number, client);
        self.connects.push(introduction(connect));
    }

    fn take(&mut self, number: u64, packet: Packet) {
        if let Packet::Connect(connect) = packet {
            return self.introduce(number, connect);
        }
        let Some(client) = self.clients.get_mut(&number) else {
            return;
        };
        let answer = match packet {
            Packet::Publish(publish) => return self.take_message(number, publish),
            Packet::PubRec(PubRec { pkid }) => Packet::PubRel(PubRel::new(pkid)),
            Packet::PubRel(PubRel { pkid }) => {
                client.received.remove(&pkid);
                Packet::PubComp(PubComp::new(pkid))
            }
            Packet::Subscribe(subscribe) => return self.subscribe(number, subscribe),
            Packet::Unsubscribe(unsubscribe) => {
                let ended = |filter: &String| unsubscribe.topics.contains(filter);
                client.subscriptions.retain(|(filter, _)| !ended(filter));
                Packet::UnsubAck(UnsubAck::new(unsubscribe.pkid))
            }
            Packet::PingReq => Packet::PingResp,
            Packet::Disconnect => {
                client.will = None;
                client.leave = true;
                return;
            }
            _ => return,
        };
        self.answer(number, &answer);
    }

    fn take_message(&mut self, number: u64, publish: Publish) {
        let id = publish.pkid;
        let Some(client) = self.clients.get_mut(&number) else {
            return;
        };
        if !valid_topic(&publish.topic) || publish.topic.is_empty() {
            client.leave = true;
            return;
        }
        let fresh = publish.qos != QoS::ExactlyOnce || client.received.insert(id);
        match publish.qos {
            QoS::AtMostOnce => {}
            QoS::AtLeastOnce => self.answer(number, &Packet::PubAck(PubAck::new(id))),
            QoS::ExactlyOnce => self.answer(number, &Packet::PubRec(PubRec::new(id))),
        }
        if fresh {
            let message = MqttMessage {
                topic: publish.topic,
                payload: publish.payload.to_vec(),
                qos: publish.qos as u8,
                retain: publish.retain,
            };
            self.messages.push(message.clone());
            self.distribute(message);
        }
    }

    fn subscribe(&mut self, number: u64, subscribe: Subscribe) {
        let filters = subscribe.filters.iter();
        let granted = filters.map(|filter| {
            if valid_filter(&filter.path) {
                SubscribeReasonCode::Success(filter.qos)
            } else {
                SubscribeReasonCode::Failure
            }
        });
        let answer = SubAck::new(subscribe.pkid, granted.collect());
        self.answer(number, &Packet::SubAck(answer));
        let Some(client) = self.clients.get_mut(&number) else {
            return;
        };
        for filter in subscribe.filters {
            if !valid_filter(&filter.path) {
                continue;
            }
            client
                .subscriptions
                .retain(|(known, _)| *known != filter.path);
            let kept = self.retained.values();
            for message in kept.filter(|message| matches(&message.topic, &filter.path)) {
                client.deliver(message, filter.qos as u8, true);
            }
            client.subscriptions.push((filter.path, filter.qos));
        }
    }

    fn answer(&mut self, number: u64, packet: &Packet) {
        if self.mute {
            return;
        }
        if let Some(client) = self.clients.get_mut(&number) {
            client.send(packet);
        }
    }

    /// The connection has ended.
    fn forget(&mut self, number: u64) {
        let Some(client) = self.clients.remove(&number) else {
            return;
        };
        if client.clean {
            self.sessions.remove(&client.name);
        } else {
            self.sessions.insert(client.name, client.subscriptions);
        }
        if let Some(will) = client.will {
            self.messages.push(will.clone());
            self.distribute(will);
        }
    }
}

impl Client {
    fn send(&mut self, packet: &Packet) {
        self.outgoing.extend_from_slice(&encode(packet));
    }

    fn deliver(&mut self, message: &MqttMessage, granted: u8, retained: bool) {
        let quality = qos(message.qos.min(granted));
        let mut publish = Publish::new(&message.topic, quality, message.payload.clone());
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        publish.pkid = self.last_id;
        publish.retain = retained;
        self.send(&Packet::Publish(publish));
    }
}

/// One connection.
struct Connection {
    broker: MqttBroker,
    number: u64,
    arrived: BytesMut,
}

impl Connection {
    fn with_client<T>(&self, act: impl FnOnce(&mut Client) -> T) -> Option<T> {
        let mut state = self.broker.0.borrow_mut();
        state.clients.get_mut(&self.number).map(act)
    }
}

impl Service for Connection {
    fn received(&mut self, _now: Duration, data: &[u8], peer: &mut Peer) {
        self.arrived.extend_from_slice(data);
        loop {
            match v4::read(&mut self.arrived, LARGEST) {
                Ok(packet) => self.broker.0.borrow_mut().take(self.number, packet),
                Err(mqttbytes::Error::InsufficientBytes(_)) => break,
                Err(_) => {
                    peer.close();
                    break;
                }
            }
        }
        self.speak(peer);
    }

    fn has_something_to_say(&self) -> bool {
        let waiting = self.with_client(|client| client.leave || !client.outgoing.is_empty());
        waiting.unwrap_or(false)
    }

    fn speak(&mut self, peer: &mut Peer) {
        let (outgoing, leave) = self
            .with_client(|client| (client.outgoing.split(), client.leave))
            .unwrap_or_default();
        if !outgoing.is_empty() {
            peer.send(&outgoing);
        }
        if leave {
            peer.close();
            self.broker.0.borrow_mut().forget(self.number);
        }
    }

    fn closed(&mut self) {
        self.broker.0.borrow_mut().forget(self.number);
    }
}

fn refusal(code: u8) -> ConnectReturnCode {
    match code {
        1 => ConnectReturnCode::RefusedProtocolVersion,
        2 => ConnectReturnCode::BadClientId,
        3 => ConnectReturnCode::ServiceUnavailable,
        4 => ConnectReturnCode::BadUserNamePassword,
        _ => ConnectReturnCode::NotAuthorized,
    }
}

fn will(will: &LastWill) -> MqttMessage {
    MqttMessage {
        topic: will.topic.clone(),
        payload: will.message.to_vec(),
        qos: will.qos as u8,
        retain: will.retain,
    }
}

fn introduction(connect: Connect) -> MqttConnect {
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
        will: connect.last_will.as_ref().map(will),
    }
}

/// Whether a topic is one of those that a filter means.
fn matches(topic: &str, filter: &str) -> bool {
    let hidden = topic.starts_with('$') && filter.starts_with(['+', '#']);
    if hidden {
        return false;
    }
    let mut levels = topic.split('/');
    for part in filter.split('/') {
        match (part, levels.next()) {
            ("#", _) => return true,
            (_, None) => return false,
            ("+", Some(_)) => {}
            (part, Some(level)) if part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_topics() {
        for (topic, filter, fits) in [
            ("a/b", "a/b", true),
            ("a/b", "a/+", true),
            ("a/b", "#", true),
            ("a", "a/#", true),
            ("a/b/c", "a/+", false),
            ("a", "a/+", false),
            ("a/b", "a", false),
            ("$sys/a", "#", false),
            ("$sys/a", "$sys/#", true),
            ("\u{e4}/b", "+/b", true),
        ] {
            assert_eq!(matches(topic, filter), fits, "{topic} {filter}");
        }
    }
}
