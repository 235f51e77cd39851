//! The MQTT session in the module, and what waits for it.

use super::dialect::{MqttClient, Outcome, Words};
use super::module::Module;
use super::queue::{Piece, Queue};
use super::session::Missed;
use crate::clock::Clock;
use crate::error::{Fault, Lent, Usage};
use crate::transport::Transport;
use crate::value::LinkState;

/// What the driver knows of the MQTT session in the module.
pub(crate) struct Mqtt<'b, D: Words> {
    /// Which one it is.
    id: SessionId,
    /// It is there, or being made: the messages that come are its own.
    pub(crate) is_open: bool,
    /// What waits to be received.
    pub(crate) messages: Queue<'b>,
    /// What the dialect remembers.
    pub(crate) vendor: D::Mqtt,
}

/// Which session it is: in which run of the module, and which of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionId {
    run: u32,
    number: u32,
}

/// The memory of an MQTT client: what the driver knows of its session, and `N` bytes for messages that wait to
/// be received. It is lent to [`Module::lend_messages`].
///
/// A message takes as many bytes as its topic and payload together, and eleven.
pub struct MqttMemory<'b, D: Words, const N: usize> {
    client: Mqtt<'b, D>,
    bytes: [u8; N],
}

impl<D: Words, const N: usize> MqttMemory<'_, D, N> {
    /// Memory of which nothing is used yet.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N >= 64, "there is no message so small") };
        MqttMemory {
            client: Mqtt {
                id: SessionId { run: 0, number: 0 },
                is_open: false,
                messages: Queue::new(&mut []),
                vendor: D::MQTT,
            },
            bytes: [0; N],
        }
    }
}

impl<D: Words, const N: usize> Default for MqttMemory<'_, D, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'b, D: MqttClient, T: Transport, C: Clock> Module<'b, D, T, C> {
    /// Lends memory to the MQTT client, in which messages wait to be received; see [`mqtt`](Module::mqtt). Once,
    /// before the first session: other memory takes the place of what was lent before, and of what waits there.
    pub fn lend_messages<const N: usize>(&mut self, memory: &'b mut MqttMemory<'b, D, N>) {
        let MqttMemory { client, bytes } = memory;
        client.messages = Queue::new(bytes);
        self.session().mqtt = Some(client);
    }

    /// The MQTT client.
    pub(crate) fn mqtt_client(&mut self) -> Outcome<&mut Mqtt<'b, D>> {
        if self.session().mqtt.is_none() {
            return Err(self.refuse(Usage::BufferTooSmall {
                which: Lent::Messages,
                needed: 64,
            }));
        }
        self.session().mqtt.as_deref_mut().ok_or(Fault::Usage)
    }
}

impl<'b, D: MqttClient, T: Transport, C: Clock> Module<'b, D, T, C> {
    /// A session is about to be made; whatever there was is over. Which one it will be.
    pub(crate) fn begin_mqtt(&mut self) -> Outcome<SessionId> {
        let run = self.session().sockets.run();
        let mqtt = self.mqtt_client()?;
        let number = mqtt.id.number.wrapping_add(1);
        mqtt.id = SessionId { run, number };
        mqtt.is_open = false;
        Ok(mqtt.id)
    }

    /// Whether this session is still there; if not, how it ended.
    pub(crate) fn check_mqtt(&mut self, id: SessionId) -> Outcome {
        let session = self.session();
        let (run, link_state) = (session.sockets.run(), session.link_state);
        let mqtt = self.mqtt_client()?;
        if mqtt.id != id {
            Err(Fault::NotConnected)
        } else if run != id.run {
            Err(Fault::ModuleReset)
        } else if mqtt.is_open {
            Ok(())
        } else if link_state == LinkState::Up {
            Err(Fault::ClosedByPeer)
        } else {
            Err(Fault::StationDown)
        }
    }

    /// Takes in what has come for the session, without waiting. Where a message has no room, events make
    /// room for it that nobody polls; but a module that never stops talking does not hold the caller for good.
    pub(crate) fn take_in_messages(&mut self) -> Outcome {
        loop {
            self.engine.pump_with_patience()?;
            let is_ready = self.mqtt_client()?.messages.is_ready();
            if is_ready || !self.engine.waits_for_room() || self.engine.link.is_late() {
                return Ok(());
            }
            if !self.session().events.make_room() {
                return Ok(());
            }
        }
    }

    /// Waits up to so many milliseconds for something to receive.
    pub(crate) fn await_message(&mut self, milliseconds: u32) -> Outcome<bool> {
        self.engine.link.within(milliseconds);
        let mut waited = Ok(());
        loop {
            self.take_in_messages()?;
            let is_doubtful = self.session().has_missed(Missed::Messages);
            let mqtt = self.mqtt_client()?;
            if mqtt.messages.is_ready() || !mqtt.is_open || is_doubtful {
                return Ok(true);
            }
            match waited {
                Err(Fault::Timeout) => return Ok(false),
                other => other?,
            }
            // No deadline holds what is taken in above.
            waited = match self.engine.link.is_late() {
                true => Err(Fault::Timeout),
                false => self.engine.await_event_with_patience(),
            };
        }
    }

    /// Hands out the next piece of what has come.
    pub(crate) fn next_piece(&mut self, into: &mut [u8]) -> Outcome<Option<Piece>> {
        let needed = match self.mqtt_client()?.messages.receive(into) {
            Ok(piece) => return Ok(piece),
            Err(needed) => needed,
        };
        let which = Lent::Data;
        Err(self.refuse(Usage::BufferTooSmall { which, needed }))
    }
}
