//! MQTT in the module.

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::mqtt::SessionId;
use crate::driver::{ErrorOf, Missed, Module, Piece};
use crate::error::{Fault, Usage};
use crate::fmt::Shown;
use crate::transport::Transport;
use crate::value::{Arrival, MqttConfig, Qos};

/// To so many topics a session may be subscribed, if the module takes as many.
const TOPICS_MAX: usize = 8;

/// A session of the MQTT client in the module with a broker; [`Module::mqtt`] makes it.
///
/// It does not hold the module: each call is lent it, and sockets and all else work beside. There is one
/// session at a time, since there is one client. Dropping this says nothing: the session goes on in the module
/// until it is [ended](Mqtt::disconnect), another is made, or the module restarts.
///
/// # When it is over
///
/// Then every call says how it ended, and keeps saying so until [`reconnect`](Mqtt::reconnect):
/// [`Closed::ByPeer`](crate::Closed::ByPeer) if the broker has ended it or is not heard of any more,
/// [`Closed::StationDown`](crate::Closed::StationDown) if the station has no link,
/// [`Error::ModuleReset`](crate::Error::ModuleReset) if the module restarted,
/// [`Closed::NotConnected`](crate::Closed::NotConnected) if another session was made since. What had arrived
/// before can still be received.
#[derive(Debug)]
pub struct Mqtt<'c> {
    config: MqttConfig<'c>,
    id: SessionId,
    topics: [Option<(&'c str, Qos)>; TOPICS_MAX],
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Makes a session with an MQTT broker, by the client in the module: MQTT 3.1.1, TLS and keep-alive are the
    /// module's. One that there is ends.
    ///
    /// It returns when the broker has accepted the client. The Microchip module tells that; the ST67's firmware
    /// tells only whether the connection is there and, later, that the broker has refused. So the driver asks
    /// it for its state, for 2 s: a broker that takes longer to refuse ends the session at that time, and
    /// whoever uses it is told.
    ///
    /// The station must have an address, and with a TLS certificate to check the time: see
    /// [`TlsConfig`](crate::TlsConfig).
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), before a byte is sent, for what is too long or cannot be: see
    /// [`MqttConfig`]. [`Error::Unconnected`](crate::Error::Unconnected) if the broker is not there, TLS is not
    /// as it should be, or the broker refuses. [`Error::Module`](crate::Error::Module) with
    /// [`Cause::NoAuthority`](crate::Cause::NoAuthority) if the authority is not in the module.
    /// [`Error::Timeout`](crate::Error::Timeout) if the broker does not answer.
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{Arrival, MqttConfig, MqttMemory, Qos, microchip};
    ///
    /// # let uart = [
    /// #     ("AT+GMM", "AT+GMM\r\n+GMM=\"PIC32MZW1\"\r\nOK\r\n>"), ("ATE0", "ATE0\r\nOK\r\n"),
    /// #     ("AT+SOCKLST", "OK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+MQTTCONN\r\n", "+MQTTCONN:0\r\nOK\r\n")
    ///     .answer("AT+MQTTC=1,\"broker.example\"\r\n", "OK\r\n")
    ///     .answer("AT+MQTTC=3,\"lamp-17\"\r\n", "OK\r\n")
    ///     .answer("AT+MQTTC=4,\"\"\r\n", "ERROR:7,\"Configuration Access Failed\"\r\n")
    ///     .answer("AT+MQTTC=2,1883\r\n", "OK\r\n")
    ///     .answer("AT+MQTTC=6,60\r\n", "OK\r\n")
    ///     .answer("AT+MQTTC=7,0\r\n", "OK\r\n")
    ///     .answer("AT+MQTTCONN=1\r\n", "OK\r\n\r+MQTTCONNACK:0,0\r\n\r+MQTTCONN:1\r\n")
    ///     .answer("AT+MQTTSUB=\"lamp/set\",1\r\n", "OK\r\n\r+MQTTSUB:0\r\n")
    ///     .answer("AT+MQTTPUB=0,1,1,\"lamp\",\"off\"\r\n",
    ///             "OK\r\n\r+MQTTPUBACC\r\n\r+MQTTPUB:8,\"lamp/set\",2,\"on\"\r\n");
    /// # let mut line = [0; 680];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = microchip::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// let mut messages = MqttMemory::<_, 512>::new();
    /// wifi.lend_messages(&mut messages);
    /// let config = MqttConfig::new("broker.example", 1883, "lamp-17");
    /// let mut session = wifi.mqtt(&config)?;
    /// session.subscribe(&mut wifi, "lamp/set", Qos::AtLeastOnce)?;
    /// session.publish(&mut wifi, "lamp", b"off", Qos::AtLeastOnce, true)?;
    ///
    /// let mut memory = [0; 64];
    /// let told = session.receive(&mut wifi, &mut memory)?;
    /// assert_eq!(told, Some(Arrival::Message { topic: b"lamp/set", payload: b"on", rest: 0 }));
    /// # uart.assert_done();
    /// # Ok::<(), microchip::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn mqtt<'c>(&mut self, config: &MqttConfig<'c>) -> Result<Mqtt<'c>, ErrorOf<D, T>> {
        let made = self.prepare().and_then(|()| {
            self.mqtt_client()?.messages.clear();
            // What was missed before was another's.
            self.session().take_missed(Missed::Messages);
            self.make_session(config)
        });
        let id = self.outcome(made)?;
        Ok(Mqtt {
            config: *config,
            id,
            topics: [None; TOPICS_MAX],
        })
    }

    fn make_session(&mut self, config: &MqttConfig<'_>) -> Outcome<SessionId> {
        self.expect_others();
        let id = self.begin_mqtt()?;
        let checked = config.check().map_err(|usage| self.refuse(usage));
        match checked.and_then(|()| D::connect_mqtt(self, config)) {
            Ok(()) => info!("MQTT: accepted by the broker"),
            Err(fault) => {
                info!("MQTT: no session: {}", Shown(&fault));
                self.mqtt_client()?.is_open = false;
                return Err(fault);
            }
        }
        self.check_mqtt(id)?;
        Ok(id)
    }
}

impl<'c> Mqtt<'c> {
    /// Publishes a message of any bytes, on a topic without wildcards. `is_retained`: the broker keeps it for
    /// whoever subscribes later; an empty message takes back the one that it keeps.
    ///
    /// The Microchip module says, but of [`Qos::AtMostOnce`], when the broker has it; of the ST67, when it is
    /// on its way.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), before a byte is sent, for a message that the module would cut
    /// or change. The ST67 takes a topic of 127 bytes and 1470 bytes of payload, 1529 together; firmware
    /// 2.0.75 no NUL, and until 2.0.97 neither another quality of service than [`Qos::AtMostOnce`] nor
    /// retained messages, since it loses those marks. The Microchip module takes what fits a line of 255
    /// bytes: about 220 bytes of topic and payload together, or half as much of those where there is a `"`,
    /// a `\` or a byte that is not printable ASCII.
    ///
    /// After [`Error::Timeout`](crate::Error::Timeout) or [`Error::Malformed`](crate::Error::Malformed) the
    /// message may have been published, or not.
    pub fn publish<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        topic: &str,
        payload: &[u8],
        qos: Qos,
        is_retained: bool,
    ) -> Result<(), ErrorOf<D, T>> {
        let published = self.call(wifi, |wifi| {
            if topic.is_empty() {
                return Err(wifi.refuse(Usage::Empty));
            }
            if let Some(wildcard) = topic.bytes().find(|byte| matches!(byte, b'+' | b'#')) {
                return Err(wifi.refuse(Usage::Byte(wildcard)));
            }
            D::publish(wifi, topic, payload, qos, is_retained)
        });
        wifi.outcome(published)
    }

    /// Subscribes to a topic, which may have wildcards. Whether the session was not subscribed to it; if it was,
    /// the ST67 leaves the quality of service as it is. Up to 8 topics, 4 on the Microchip module, which
    /// [`reconnect`](Mqtt::reconnect) subscribes to again.
    ///
    /// The Microchip module says when the broker has it; of the ST67, when it is on its way.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), before a byte is sent, for one topic too many, and for one that
    /// is empty or longer than 127 bytes (ST67) or a line (Microchip, about 230 bytes).
    /// [`Error::Module`](crate::Error::Module) if the broker refuses it, on the Microchip module.
    pub fn subscribe<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        topic: &'c str,
        qos: Qos,
    ) -> Result<bool, ErrorOf<D, T>> {
        let most = TOPICS_MAX.min(D::TOPICS);
        let subscribed = self.subscribe_to(wifi, topic, qos, most);
        wifi.outcome(subscribed)
    }

    fn subscribe_to<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        topic: &'c str,
        qos: Qos,
        most: usize,
    ) -> Outcome<bool> {
        let known = self.place_of(topic);
        let free = self.topics.iter().take(most).position(Option::is_none);
        let place = known.or(free);
        let is_new = self.call(wifi, |wifi| {
            if topic.is_empty() {
                return Err(wifi.refuse(Usage::Empty));
            }
            if place.is_none() {
                return Err(wifi.refuse(Usage::TooLong(most)));
            }
            D::subscribe(wifi, topic, qos)
        })?;
        if let Some(place) = place.and_then(|place| self.topics.get_mut(place)) {
            *place = Some((topic, qos));
        }
        Ok(is_new && known.is_none())
    }

    /// Ends a subscription. Whether there was one; of a topic that is not known nothing is told to the broker.
    pub fn unsubscribe<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        topic: &str,
    ) -> Result<bool, ErrorOf<D, T>> {
        let place = self.place_of(topic);
        let ended = self.call(wifi, |wifi| match place {
            Some(_) => D::unsubscribe(wifi, topic),
            None => Ok(false),
        });
        if let (Ok(_), Some(place)) = (ended, place.and_then(|place| self.topics.get_mut(place))) {
            *place = None;
        }
        wifi.outcome(ended)
    }

    fn place_of(&self, topic: &str) -> Option<usize> {
        let is_it = |known: &Option<(&str, Qos)>| known.is_some_and(|(known, _)| known == topic);
        self.topics.iter().position(is_it)
    }

    /// Hands out what has arrived, without waiting: a message, in `into`, or a piece of one that is longer than
    /// that or than the memory for events (see [`Module::poll`]); `None` if there is nothing.
    ///
    /// Messages that come while other calls are running wait in the memory for events, in which
    /// [`poll`](Module::poll) does not see them; those that do not fit are lost, and counted by
    /// [`Arrival::Lost`]. While only this is called nothing is lost: what has no room waits in the transport,
    /// and events that nobody polls make room. On the Microchip module a message must fit the line buffer's
    /// memory for events as a whole.
    ///
    /// # Errors
    /// [`Usage::BufferTooSmall`] if `into` has no room for the topic and one byte of payload; the message stays.
    /// When all is received of a session that is over, how it ended.
    pub fn receive<'m, D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        into: &'m mut [u8],
    ) -> Result<Option<Arrival<'m>>, ErrorOf<D, T>> {
        let piece = self.next(wifi, into);
        let Some(piece) = wifi.outcome(piece)? else {
            return Ok(None);
        };
        let part = |from: usize, length: usize| into.get(from..from + length).unwrap_or(&[]);
        Ok(Some(match piece {
            Next::Lost(count) => Arrival::Lost(count),
            Next::Piece(Piece::Message {
                topic,
                payload,
                rest,
            }) => Arrival::Message {
                topic: part(0, topic),
                payload: part(topic, payload),
                rest,
            },
            Next::Piece(Piece::More { payload, rest }) => Arrival::More {
                payload: part(0, payload),
                rest,
            },
            Next::Piece(Piece::Cut) => Arrival::Cut,
        }))
    }

    fn next<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        into: &mut [u8],
    ) -> Outcome<Option<Next>> {
        wifi.begin_call();
        wifi.take_in_messages()?;
        let state = wifi.check_mqtt(self.id);
        if state == Err(Fault::NotConnected) {
            state?;
        }
        if let Some(count) = wifi.mqtt_client()?.messages.take_lost() {
            return Ok(Some(Next::Lost(count)));
        }
        if let Some(piece) = wifi.next_piece(into)? {
            return Ok(Some(Next::Piece(piece)));
        }
        state?;
        self.look_after(wifi)
    }

    /// Nothing has arrived: is the session still there? The module is asked if the host may have missed the end
    /// of it, or a message, or has not asked for long.
    fn look_after<D: Dialect, T: Transport, C: Clock>(
        &self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Outcome<Option<Next>> {
        let is_due = wifi.engine.link.is_due(wifi.timeouts.unheard);
        if wifi.needs_attention() || wifi.session().has_missed(Missed::Messages) || is_due {
            wifi.prepare()?;
            wifi.check_mqtt(self.id)?;
            ask(wifi)?;
            wifi.check_mqtt(self.id)?;
        }
        let has_missed = wifi.session().take_missed(Missed::Messages);
        Ok(has_missed.then_some(Next::Lost(1)))
    }

    /// Waits up to so many milliseconds for something to receive, or for the end. Whether there is something.
    pub fn wait<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
        milliseconds: u32,
    ) -> Result<bool, ErrorOf<D, T>> {
        wifi.begin_call_of(milliseconds);
        let waited = wifi.await_message(milliseconds);
        wifi.outcome(waited)
    }

    /// Makes the session anew, with the same broker, and subscribes to all its topics again. What arrived
    /// before and was not received yet still can be.
    ///
    /// # Errors
    /// Those of [`Module::mqtt`] and of [`subscribe`](Mqtt::subscribe): then there is no session, and this can
    /// be called again.
    pub fn reconnect<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Result<(), ErrorOf<D, T>> {
        let made = self.make_again(wifi);
        wifi.outcome(made)
    }

    fn make_again<D: Dialect, T: Transport, C: Clock>(
        &mut self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Outcome {
        wifi.prepare()?;
        self.id = wifi.make_session(&self.config)?;
        for (topic, qos) in self.topics.into_iter().flatten() {
            if let Err(fault) = D::subscribe(wifi, topic, qos) {
                wifi.mqtt_client()?.is_open = false;
                return Err(fault);
            }
        }
        wifi.check_mqtt(self.id)
    }

    /// Takes leave of the broker, which publishes no will then. A session that is over already is no error.
    pub fn disconnect<D: Dialect, T: Transport, C: Clock>(
        self,
        wifi: &mut Module<'_, D, T, C>,
    ) -> Result<(), ErrorOf<D, T>> {
        let ended = wifi.prepare().and_then(|()| {
            if wifi.check_mqtt(self.id).is_err() {
                return Ok(());
            }
            let ended = D::disconnect_mqtt(wifi);
            let mqtt = wifi.mqtt_client()?;
            mqtt.is_open = false;
            mqtt.messages.clear();
            ended
        });
        wifi.outcome(ended)
    }

    /// A call of the session. One that the module refuses, or does not answer, may have had no session.
    fn call<D: Dialect, T: Transport, C: Clock, R>(
        &self,
        wifi: &mut Module<'_, D, T, C>,
        call: impl FnOnce(&mut Module<'_, D, T, C>) -> Outcome<R>,
    ) -> Outcome<R> {
        wifi.prepare()?;
        wifi.check_mqtt(self.id)?;
        let done = call(wifi);
        match done {
            Err(Fault::Refused | Fault::Untaken) => {
                let refusal = wifi.session().refusal;
                wifi.check_mqtt(self.id)?;
                ask(wifi)?;
                wifi.check_mqtt(self.id)?;
                wifi.session().refusal = refusal;
            }
            Err(Fault::Timeout) => wifi.check_mqtt(self.id)?,
            _ => {}
        }
        done
    }
}

/// What is handed out next.
enum Next {
    Lost(u16),
    Piece(Piece),
}

/// Asks the module whether there is a session.
fn ask<D: Dialect, T: Transport, C: Clock>(wifi: &mut Module<'_, D, T, C>) -> Outcome {
    let is_there = D::has_mqtt(wifi)?;
    wifi.mqtt_client()?.is_open &= is_there;
    Ok(())
}
