//! The MQTT client of a module: MQTT 3.1.1 on the network that the module is in.

mod link;

pub(crate) use link::Address;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::BytesMut;
use mqttbytes::QoS;
use mqttbytes::v4::{
    self, Connect, ConnectReturnCode, Packet, PubAck, PubComp, PubRec, PubRel, Publish, Subscribe,
    SubscribeReasonCode, Unsubscribe,
};

use crate::network::Network;
use link::{Link, Progress};

/// The largest packet that is taken.
const LARGEST: usize = 64 * 1024;

/// A message that is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub topic: Vec<u8>,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
}

/// What a client has to tell its module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The connection is open, and the broker has been greeted.
    Opened,
    /// The broker has let the client in, or has not: with this return code.
    Answered {
        session_present: bool,
        code: u8,
    },
    /// A message of a topic that was subscribed.
    Message {
        topic: Vec<u8>,
        payload: Vec<u8>,
    },
    /// The broker has what was published.
    Published(u16),
    /// The broker has subscribed the client, with this quality of service, or has not.
    Subscribed(u16, Option<u8>),
    Unsubscribed(u16),
    /// The connection has ended. It is the last event.
    Closed,
}

/// A session with a broker, from the moment when its name is looked up.
#[derive(Debug)]
pub(crate) struct Client {
    link: Link,
    connect: Connect,
    /// The broker has let it in.
    accepted: bool,
    closed: bool,
    arrived: BytesMut,
    last_id: u16,
    /// Messages that have been received once and are to be received only once.
    received: BTreeSet<u16>,
    last_sent: Duration,
    awaits_ping: bool,
    events: VecDeque<Event>,
}

impl Client {
    /// Goes to the broker.
    pub fn begin(
        now: Duration,
        address: Address,
        connect: Connect,
        network: &mut dyn Network,
    ) -> Self {
        Client {
            link: Link::begin(now, address, network),
            connect,
            accepted: false,
            closed: false,
            arrived: BytesMut::new(),
            last_id: 0,
            received: BTreeSet::new(),
            last_sent: now,
            awaits_ping: false,
            events: VecDeque::new(),
        }
    }

    /// The broker has let it in, and the connection is open.
    pub fn is_accepted(&self) -> bool {
        self.accepted && !self.closed
    }

    /// When it has to let the broker know that it is there.
    pub fn next(&self) -> Option<Duration> {
        let interval = Duration::from_secs(self.connect.keep_alive.into());
        let idle = !self.is_accepted() || interval.is_zero();
        (!idle).then(|| self.last_sent + interval)
    }

    /// The next thing that it has to tell.
    pub fn poll(&mut self, now: Duration, network: &mut dyn Network) -> Option<Event> {
        while self.events.is_empty() && !self.closed {
            match self.link.poll(now, network) {
                Progress::Waiting => {
                    self.keep_alive(now, network);
                    break;
                }
                Progress::Opened => {
                    self.send(now, &Packet::Connect(self.connect.clone()), network);
                    self.events.push_back(Event::Opened);
                }
                Progress::Data(data) => {
                    self.arrived.extend_from_slice(&data);
                    self.read(now, network);
                }
                Progress::Closed => self.end(),
            }
        }
        self.events.pop_front()
    }

    fn end(&mut self) {
        self.closed = true;
        self.events.push_back(Event::Closed);
    }

    fn keep_alive(&mut self, now: Duration, network: &mut dyn Network) {
        if self.next().is_none_or(|at| at > now) {
            return;
        }
        if self.awaits_ping {
            self.link.close(now, network);
            self.end();
        } else {
            self.send(now, &Packet::PingReq, network);
            self.awaits_ping = true;
        }
    }

    fn read(&mut self, now: Duration, network: &mut dyn Network) {
        loop {
            match v4::read(&mut self.arrived, LARGEST) {
                Ok(packet) => self.take(now, packet, network),
                Err(mqttbytes::Error::InsufficientBytes(_)) => return,
                Err(_) => {
                    self.link.close(now, network);
                    self.arrived.clear();
                    return self.end();
                }
            }
        }
    }

    fn take(&mut self, now: Duration, packet: Packet, network: &mut dyn Network) {
        match packet {
            Packet::ConnAck(answer) => {
                self.accepted = answer.code == ConnectReturnCode::Success;
                self.events.push_back(Event::Answered {
                    session_present: answer.session_present,
                    code: answer.code as u8,
                });
            }
            Packet::Publish(publish) => self.take_message(now, publish, network),
            Packet::PubAck(PubAck { pkid }) | Packet::PubComp(PubComp { pkid }) => {
                self.events.push_back(Event::Published(pkid));
            }
            Packet::PubRec(PubRec { pkid }) => {
                self.send(now, &Packet::PubRel(PubRel::new(pkid)), network);
            }
            Packet::PubRel(PubRel { pkid }) => {
                self.received.remove(&pkid);
                self.send(now, &Packet::PubComp(PubComp::new(pkid)), network);
            }
            Packet::SubAck(answer) => {
                let granted = answer.return_codes.first().and_then(|code| match code {
                    SubscribeReasonCode::Success(qos) => Some(*qos as u8),
                    SubscribeReasonCode::Failure => None,
                });
                self.events
                    .push_back(Event::Subscribed(answer.pkid, granted));
            }
            Packet::UnsubAck(answer) => self.events.push_back(Event::Unsubscribed(answer.pkid)),
            Packet::PingResp => self.awaits_ping = false,
            _ => {}
        }
    }

    fn take_message(&mut self, now: Duration, publish: Publish, network: &mut dyn Network) {
        let id = publish.pkid;
        let fresh = match publish.qos {
            QoS::AtMostOnce => true,
            QoS::AtLeastOnce => {
                self.send(now, &Packet::PubAck(PubAck::new(id)), network);
                true
            }
            QoS::ExactlyOnce => {
                self.send(now, &Packet::PubRec(PubRec::new(id)), network);
                self.received.insert(id)
            }
        };
        if fresh {
            self.events.push_back(Event::Message {
                topic: publish.topic.into_bytes(),
                payload: publish.payload.to_vec(),
            });
        }
    }

    /// Publishes a message; the id under which [`Event::Published`] will tell of it.
    pub fn publish(&mut self, now: Duration, message: Message, network: &mut dyn Network) -> u16 {
        let topic = String::from_utf8_lossy(&message.topic);
        let mut publish = Publish::new(topic, qos(message.qos), message.payload);
        publish.retain = message.retain;
        publish.pkid = self.take_id();
        let id = publish.pkid;
        self.send(now, &Packet::Publish(publish), network);
        id
    }

    /// Subscribes; the id under which [`Event::Subscribed`] will tell of it.
    pub fn subscribe(
        &mut self,
        now: Duration,
        filter: &[u8],
        quality: u8,
        network: &mut dyn Network,
    ) -> u16 {
        let mut subscribe = Subscribe::new(String::from_utf8_lossy(filter), qos(quality));
        subscribe.pkid = self.take_id();
        let id = subscribe.pkid;
        self.send(now, &Packet::Subscribe(subscribe), network);
        id
    }

    /// Ends a subscription; the id under which [`Event::Unsubscribed`] will tell of it.
    pub fn unsubscribe(&mut self, now: Duration, filter: &[u8], network: &mut dyn Network) -> u16 {
        let mut unsubscribe = Unsubscribe::new(String::from_utf8_lossy(filter));
        unsubscribe.pkid = self.take_id();
        let id = unsubscribe.pkid;
        self.send(now, &Packet::Unsubscribe(unsubscribe), network);
        id
    }

    /// Takes leave of the broker.
    pub fn disconnect(&mut self, now: Duration, network: &mut dyn Network) {
        self.send(now, &Packet::Disconnect, network);
        self.abandon(now, network);
    }

    /// Closes the connection without a word.
    pub fn abandon(&mut self, now: Duration, network: &mut dyn Network) {
        self.link.close(now, network);
        self.closed = true;
        self.events.clear();
    }

    /// The next id. There is no 0.
    fn take_id(&mut self) -> u16 {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.last_id
    }

    fn send(&mut self, now: Duration, packet: &Packet, network: &mut dyn Network) {
        let bytes = encode(packet);
        self.link.send(now, &bytes, network);
        self.last_sent = now;
    }
}

/// The quality of service with this number, or the best that there is.
pub(crate) fn qos(number: u8) -> QoS {
    mqttbytes::qos(number).unwrap_or(QoS::ExactlyOnce)
}

/// A packet as it goes into the connection; nothing if it is too large for MQTT.
pub(crate) fn encode(packet: &Packet) -> BytesMut {
    let mut bytes = BytesMut::new();
    let buffer = &mut bytes;
    let written = match packet {
        Packet::Connect(packet) => packet.write(buffer),
        Packet::ConnAck(packet) => packet.write(buffer),
        Packet::Publish(packet) => packet.write(buffer),
        Packet::PubAck(packet) => packet.write(buffer),
        Packet::PubRec(packet) => packet.write(buffer),
        Packet::PubRel(packet) => packet.write(buffer),
        Packet::PubComp(packet) => packet.write(buffer),
        Packet::Subscribe(packet) => packet.write(buffer),
        Packet::SubAck(packet) => packet.write(buffer),
        Packet::Unsubscribe(packet) => packet.write(buffer),
        Packet::UnsubAck(packet) => packet.write(buffer),
        Packet::PingReq => v4::PingReq.write(buffer),
        Packet::PingResp => v4::PingResp.write(buffer),
        Packet::Disconnect => v4::Disconnect.write(buffer),
    };
    if written.is_err() {
        bytes.clear();
    }
    bytes
}
