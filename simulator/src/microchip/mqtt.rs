//! The MQTT client: chapter 6 of the reference.

use std::net::SocketAddr;
use std::time::Duration;

use mqttbytes::v4::{Connect, Login};

use super::engine::Reply;
use super::parameter::Parameters;
use super::settings::{Settings, Value};
use super::status::Status;
use super::text::printable;
use super::variant::Variant;
use super::{Microchip, World};
use crate::mqtt::{Address, Client, Event, Message};

/// How long the broker may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Seconds of silence after which the broker is asked whether it is there.
const KEEP_ALIVE: i64 = 60;
/// What the client calls itself until it is given a name: the number of the device.
const DEVICE_ID: &str = "0123F2C7C8C5D8E8B5";
/// The numbers of the settings.
const BROKER: i64 = 1;
const PORT: i64 = 2;
const CLIENT_ID: i64 = 3;
const USERNAME: i64 = 4;
const PASSWORD: i64 = 5;
const KEEP_ALIVE_TIME: i64 = 6;
const TLS: i64 = 7;

/// The settings and the session with the broker.
#[derive(Debug)]
pub(super) struct Mqtt {
    settings: Settings,
    client: Option<Client>,
    /// When the broker has taken too long to let the client in.
    give_up: Option<Duration>,
    pending: Option<Pending>,
    topics: Vec<Vec<u8>>,
    /// The host has ended the session and is to be told.
    ended: bool,
}

/// A request that the broker has not acknowledged.
#[derive(Debug)]
struct Pending {
    request: Request,
    id: u16,
    give_up: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    Subscribe,
    Unsubscribe,
    Publish { qos: u8 },
}

impl Mqtt {
    pub fn new(variant: &Variant) -> Self {
        let mut settings = vec![
            (BROKER, Value::text(64)),
            (PORT, Value::Bounded(8883, 0..=65_535)),
            (CLIENT_ID, Value::named(DEVICE_ID, 23)),
            (USERNAME, Value::text(128)),
        ];
        if variant.extended_mqtt {
            settings.push((PASSWORD, Value::text(256)));
            settings.push((KEEP_ALIVE_TIME, Value::Bounded(KEEP_ALIVE, 0..=65_535)));
        }
        let most = if variant.extended_mqtt { 2 } else { 1 };
        settings.push((TLS, Value::Bounded(1, 0..=most)));
        Mqtt {
            settings: Settings::new(settings),
            client: None,
            give_up: None,
            pending: None,
            topics: Vec::new(),
            ended: false,
        }
    }

    pub fn next(&self) -> Option<Duration> {
        let client = self.client.as_ref().and_then(Client::next);
        let pending = self.pending.as_ref().map(|pending| pending.give_up);
        [client, self.give_up, pending].into_iter().flatten().min()
    }

    /// The broker is not heard of any more, and nobody is told.
    pub fn abandon(&mut self, world: &mut World) {
        if let Some(client) = &mut self.client {
            client.abandon(world.now, world.network);
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.client = None;
        self.give_up = None;
        self.pending = None;
        self.topics.clear();
    }

    fn is_connected(&self) -> bool {
        self.client.as_ref().is_some_and(Client::is_accepted)
    }

    /// The session, if the broker owes it nothing.
    fn ready(&mut self) -> Result<&mut Client, Status> {
        let idle = self.pending.is_none();
        let client = self.client.as_mut().filter(|client| client.is_accepted());
        client.filter(|_| idle).ok_or(Status::MQTT_ERROR)
    }

    fn await_answer(&mut self, request: Request, id: u16, now: Duration) {
        self.pending = Some(Pending {
            request,
            id,
            give_up: now + TIMEOUT,
        });
    }

    /// The request with this id is no longer pending.
    fn answered(&mut self, id: u16) -> Option<Request> {
        let pending = self.pending.take_if(|pending| pending.id == id);
        pending.map(|pending| pending.request)
    }
}

impl Request {
    /// What is told when it has failed.
    fn failure(self) -> &'static str {
        match self {
            Request::Subscribe => "+MQTTSUB:1",
            Request::Unsubscribe => "+MQTTUNSUB:0",
            Request::Publish { .. } => "+MQTTPUBERR",
        }
    }
}

impl Microchip {
    /// `AT+MQTTC[=<id>[,<value>]]`
    pub(super) fn mqtt_settings(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let settings: fn(&mut Microchip) -> &mut Settings = |module| &mut module.mqtt.settings;
        let in_use = self.mqtt.client.is_some();
        self.configure("+MQTTC", settings, parameters, in_use)
    }

    /// `AT+MQTTCONN[=<clean>]`. Every session is a clean one.
    pub(super) fn mqtt_connect(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        if parameters.len() == 0 {
            let state = u8::from(self.mqtt.is_connected());
            self.say(&format!("+MQTTCONN:{state}"));
            return Ok(Reply::Ok);
        }
        if !(0..=1).contains(&parameters.integer(0)?) {
            return Err(Status::INVALID_PARAMETER);
        }
        let own = self.own_address().ok_or(Status::NOT_CONNECTED)?;
        let settings = &self.mqtt.settings;
        let host = text(settings.text(BROKER));
        if self.mqtt.client.is_some() || host.is_empty() {
            return Err(Status::MQTT_ERROR);
        }
        let tls = match usize::try_from(settings.integer(TLS) - 1) {
            Ok(index) => {
                let client = self.tls_client(index, true, world.now);
                Some(client.ok_or(Status::MQTT_ERROR)?)
            }
            Err(_) => None,
        };
        let address = Address {
            host,
            port: u16::try_from(settings.integer(PORT)).unwrap_or(0),
            local: SocketAddr::from((own, self.sockets.take_port())),
            tls,
        };
        let client = Client::begin(world.now, address, self.introduction(), world.network);
        self.mqtt.client = Some(client);
        Ok(Reply::Ok)
    }

    fn introduction(&self) -> Connect {
        let settings = &self.mqtt.settings;
        let username = text(settings.text(USERNAME));
        let keep_alive = if self.variant.mqtt_keep_alive {
            settings.integer(KEEP_ALIVE_TIME)
        } else {
            KEEP_ALIVE
        };
        let mut connect = Connect::new(text(settings.text(CLIENT_ID)));
        connect.keep_alive = u16::try_from(keep_alive).unwrap_or(u16::MAX);
        if !username.is_empty() {
            connect.login = Some(Login::new(username, String::new()));
        }
        connect
    }

    /// `AT+MQTTSUB=<topic>,<quality of service>`
    pub(super) fn mqtt_subscribe(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let topic = parameters.text(0)?.to_vec();
        let quality = quality(parameters.integer(1)?)?;
        let known = self.mqtt.topics.contains(&topic);
        let room = known || self.mqtt.topics.len() < self.variant.mqtt_topics;
        let client = self.mqtt.ready()?;
        if !room {
            return Ok(Reply::Ok);
        }
        let id = client.subscribe(world.now, &topic, quality, world.network);
        if !known {
            self.mqtt.topics.push(topic);
        }
        self.mqtt.await_answer(Request::Subscribe, id, world.now);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTUNSUB=<topic>`
    pub(super) fn mqtt_unsubscribe(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let topic = parameters.text(0)?;
        let client = self.mqtt.ready()?;
        let id = client.unsubscribe(world.now, topic, world.network);
        self.mqtt.topics.retain(|known| known != topic);
        self.mqtt.await_answer(Request::Unsubscribe, id, world.now);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTPUB=<dup>,<quality of service>,<retain>,<topic>,<payload>`
    pub(super) fn mqtt_publish(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        flag(parameters.integer(0)?)?;
        let qos = quality(parameters.integer(1)?)?;
        let message = Message {
            qos,
            retain: flag(parameters.integer(2)?)?,
            topic: parameters.text(3)?.to_vec(),
            payload: parameters.text(4)?.to_vec(),
        };
        let client = self.mqtt.ready()?;
        let id = client.publish(world.now, message, world.network);
        if qos > 0 {
            let request = Request::Publish { qos };
            self.mqtt.await_answer(request, id, world.now);
        }
        Ok(Reply::Ok)
    }

    /// `AT+MQTTDISCONN[=<reason>]`
    pub(super) fn mqtt_disconnect(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        if parameters.len() > 0 {
            if !self.variant.mqtt_reasons {
                return Err(Status::PARAMETER_COUNT);
            }
            parameters.integer(0)?;
        }
        let client = self.mqtt.client.as_mut();
        let client = client.filter(|client| client.is_accepted());
        let client = client.ok_or(Status::MQTT_ERROR)?;
        client.disconnect(world.now, world.network);
        self.mqtt.forget();
        self.mqtt.ended = true;
        Ok(Reply::Ok)
    }

    pub(super) fn poll_mqtt(&mut self, world: &mut World) {
        if std::mem::take(&mut self.mqtt.ended) {
            self.tell("+MQTTCONN:0");
        }
        while let Some(client) = &mut self.mqtt.client {
            let Some(event) = client.poll(world.now, world.network) else {
                break;
            };
            self.tell_mqtt(event, world);
        }
        if self.mqtt.give_up.is_some_and(|at| at <= world.now) {
            self.mqtt_refused(None, world);
        }
        let due = |pending: &mut Pending| pending.give_up <= world.now;
        if let Some(pending) = self.mqtt.pending.take_if(due) {
            self.tell(pending.request.failure());
            if self.variant.mqtt_timeout_ends {
                self.mqtt_ended(world);
            }
        }
    }

    fn tell_mqtt(&mut self, event: Event, world: &mut World) {
        match event {
            Event::Opened => self.mqtt.give_up = Some(world.now + TIMEOUT),
            Event::Answered {
                session_present,
                code: 0,
            } => {
                self.mqtt.give_up = None;
                let flags = u8::from(session_present);
                self.tell(&format!("+MQTTCONNACK:{flags},0"));
                self.tell("+MQTTCONN:1");
            }
            Event::Answered { code, .. } => self.mqtt_refused(Some(code), world),
            Event::Message { topic, payload } => {
                let (topic_length, length) = (topic.len(), payload.len());
                let (topic, payload) = (printable(&topic), printable(&payload));
                self.tell(&format!(
                    "+MQTTPUB:{topic_length},{topic},{length},{payload}"
                ));
            }
            Event::Published(id) => match self.mqtt.answered(id) {
                Some(Request::Publish { qos: 2 }) => self.tell(self.variant.mqtt_complete),
                Some(_) => self.tell("+MQTTPUBACC"),
                None => {}
            },
            Event::Subscribed(id, granted) => {
                if self.mqtt.answered(id).is_some() {
                    let failed = u8::from(granted.is_none());
                    self.tell(&format!("+MQTTSUB:{failed}"));
                }
                if granted.is_none() {
                    self.mqtt.topics.pop();
                }
            }
            Event::Unsubscribed(id) => {
                if self.mqtt.answered(id).is_some() {
                    self.tell("+MQTTUNSUB:1");
                }
            }
            Event::Closed => self.mqtt_ended(world),
        }
    }

    /// The broker does not let the client in, or says nothing at all.
    fn mqtt_refused(&mut self, code: Option<u8>, world: &mut World) {
        if let Some(answer) = self.variant.mqtt_refusal {
            self.tell(&format!("+MQTTCONNACK:{answer}"));
            self.tell("+MQTTCONN:0");
        } else if let Some(code) = code {
            self.tell(&format!("+MQTTCONNACK:0,{code}"));
        }
        self.mqtt_ended(world);
    }

    fn mqtt_ended(&mut self, world: &mut World) {
        let pending = self.mqtt.pending.take();
        self.mqtt.abandon(world);
        if let Some(pending) = pending {
            self.tell(pending.request.failure());
        }
        self.tell("+MQTTCONN:0");
    }

    /// The way to the broker is gone.
    pub(super) fn lose_broker(&mut self, world: &mut World) {
        if self.mqtt.client.is_some() {
            self.mqtt_ended(world);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn quality(number: i64) -> Result<u8, Status> {
    let number = u8::try_from(number).ok();
    number
        .filter(|number| *number <= 2)
        .ok_or(Status::INVALID_PARAMETER)
}

fn flag(number: i64) -> Result<bool, Status> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Status::INVALID_PARAMETER),
    }
}
