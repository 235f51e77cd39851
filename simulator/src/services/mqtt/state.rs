//! What the broker knows, and how it answers.

use std::collections::{BTreeMap, BTreeSet};

use bytes::BytesMut;
use mqttbytes::v4::{
    ConnAck, Connect, ConnectReturnCode, Packet, PubAck, PubComp, PubRec, PubRel, Publish, SubAck,
    Subscribe, SubscribeReasonCode, UnsubAck,
};
use mqttbytes::{QoS, valid_filter, valid_topic};

use super::{MqttConnect, MqttMessage};
use crate::mqtt::{encode, qos};

/// Clients, subscriptions and messages.
#[derive(Default)]
pub(super) struct State {
    pub clients: BTreeMap<u64, Client>,
    pub count: u64,
    /// Subscriptions of clients that have not asked for a clean session.
    sessions: BTreeMap<String, Vec<(String, QoS)>>,
    retained: BTreeMap<String, MqttMessage>,
    pub connects: Vec<MqttConnect>,
    pub messages: Vec<MqttMessage>,
    /// How the next clients are answered, if not with 0.
    pub refusal: Option<u8>,
    /// Nothing is answered any more.
    pub mute: bool,
}

/// A client that has introduced itself.
#[derive(Default)]
pub(super) struct Client {
    name: String,
    clean: bool,
    pub subscriptions: Vec<(String, QoS)>,
    will: Option<MqttMessage>,
    pub outgoing: BytesMut,
    pub leave: bool,
    last_id: u16,
    /// Messages that it publishes exactly once and has not released.
    received: BTreeSet<u16>,
}

impl State {
    pub fn distribute(&mut self, message: MqttMessage) {
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
            will: connect.last_will.as_ref().map(MqttMessage::from),
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
        self.connects.push(connect.into());
    }

    pub fn take(&mut self, number: u64, packet: Packet) {
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
    pub fn forget(&mut self, number: u64) {
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

fn refusal(code: u8) -> ConnectReturnCode {
    match code {
        1 => ConnectReturnCode::RefusedProtocolVersion,
        2 => ConnectReturnCode::BadClientId,
        3 => ConnectReturnCode::ServiceUnavailable,
        4 => ConnectReturnCode::BadUserNamePassword,
        _ => ConnectReturnCode::NotAuthorized,
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
