//! An MQTT broker, for MQTT 3.1.1.

mod message;
mod state;

pub use message::{MqttConnect, MqttMessage};

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use mqttbytes::v4;

use crate::{Peer, Service};
use state::{Client, State};

/// The largest packet that it takes.
const LARGEST: usize = 1024 * 1024;

/// A broker in memory. Clones are handles to the same broker.
///
/// Give each connection of a [`MemoryNetwork`](crate::MemoryNetwork) one [`serve`](Self::serve),
/// and publish to the module from the test.
#[derive(Clone, Default)]
pub struct MqttBroker(Rc<RefCell<State>>);

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
