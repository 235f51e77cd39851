//! The session with a broker: how it begins, what it tells, and how it ends.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::settings::Settings;
use super::{check_link, text};
use crate::mqtt::{Address, Client, Event};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step, Task};
use crate::st67::{St67, World};

/// How long the TCP stack tries to reach a broker.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(18);
/// How long a broker may take to let the client in.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause before a client that connects by itself tries again.
const PAUSE: Duration = Duration::from_secs(1);

/// How far the client has come, as `AT+MQTTCONN?` tells it.
const DISCONNECTED: u8 = 3;
const ESTABLISHED: u8 = 4;
pub(super) const WITHOUT_TOPIC: u8 = 5;
pub(super) const WITH_TOPIC: u8 = 6;

/// The client.
#[derive(Debug, Default)]
pub(in crate::st67) struct Mqtt {
    pub settings: Settings,
    pub(super) state: u8,
    host: Vec<u8>,
    port: u16,
    /// It connects by itself when it has been disconnected.
    reconnects: bool,
    retry: Option<Duration>,
    client: Option<Client>,
    /// When the broker has taken too long.
    give_up: Option<Duration>,
    /// The host has been told that it is connected.
    told: bool,
    /// A session has ended. There is no other until it has been cleaned up.
    spent: bool,
    pub(super) topics: Vec<(Vec<u8>, i64)>,
}

impl Mqtt {
    pub fn next(&self) -> Option<Duration> {
        let client = self.client.as_ref().and_then(Client::next);
        let times = [client, self.give_up, self.retry];
        times.into_iter().flatten().min()
    }

    /// Settings of this kind have been made.
    pub fn configured(&mut self, state: u8) {
        if self.client.is_none() {
            self.state = state;
        }
    }

    /// The session, if the host has been told of it.
    pub(super) fn session(&mut self) -> Result<&mut Client, Code> {
        let client = self.client.as_mut().filter(|_| self.told);
        client.ok_or(Code::NOT_ALLOWED)
    }

    /// The broker is not heard of any more, and nobody is told.
    pub fn abandon(&mut self, world: &mut World) {
        if let Some(mut client) = self.client.take() {
            client.abandon(world.now, world.network);
        }
    }
}

/// `AT+MQTTCONN` where the answer waits for the connection.
#[derive(Debug)]
struct Connecting;

impl Task for Connecting {
    fn step(self: Box<Self>, module: &mut St67, _: &mut World) -> Step {
        module.await_broker()
    }
}

impl St67 {
    /// `AT+MQTTCONN?`
    pub(in crate::st67) fn mqtt_connection(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let Mqtt {
            state,
            host,
            port,
            reconnects,
            settings,
            ..
        } = &self.mqtt;
        let port = match port {
            0 => String::new(),
            port => port.to_string(),
        };
        let head = format!("+MQTTCONN:0,{state},{},\"", settings.scheme);
        let tail = format!("\",{port},{}", u8::from(*reconnects));
        let row = [head.as_bytes(), host, tail.as_bytes()].concat();
        self.say_bytes(&[&row]);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTCONN=<link>,<"host">,<port>,<reconnect>`
    pub(in crate::st67) fn mqtt_connect(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(4..=4)?;
        let host = arguments.need_text(1, self.variant.net.longest_host)?;
        if self.variant.mqtt.keeps_host {
            self.mqtt.host = host.to_vec();
        }
        arguments.any_number(2)?;
        let reconnects = if self.variant.mqtt.takes_any_number {
            arguments.any_number(3)?.ok_or(Code::parse(3))? != 0
        } else {
            arguments.need_switch(3)?
        };
        let port = arguments.need_number(2, 1..=65_535)?;
        check_link(arguments)?;
        if self.mqtt.client.is_some() || self.mqtt.retry.is_some() {
            return Err(Code::INVALID);
        }
        let unready = self.mqtt.spent || self.mqtt.state == 0;
        if unready && self.variant.mqtt.needs_cleaning {
            return Err(Code::NOT_ALLOWED);
        }
        self.mqtt.host = host.to_vec();
        self.mqtt.port = u16::try_from(port).unwrap_or(0);
        self.mqtt.reconnects = reconnects;
        let begun = self.begin_mqtt(world);
        if self.variant.mqtt.waits_for_connection && !reconnects {
            begun?;
            return Ok(Reply::Later(Connecting.into()));
        }
        if begun.is_err() {
            self.conclude("OK");
            self.mqtt_lost(world);
            return Ok(Reply::Later(Job::Idle));
        }
        Ok(Reply::Ok)
    }

    fn begin_mqtt(&mut self, world: &mut World) -> Result<(), Code> {
        let own = self.own_address(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        let own = own.ok_or(Code::FAILED)?;
        let settings = &self.mqtt.settings;
        let tls = match settings.tls_files() {
            None => None,
            Some(files) => {
                let name = settings.server_name.as_deref();
                Some(self.tls_client(&files, name, &settings.protocols, world.now)?)
            }
        };
        let connect = settings.introduction();
        let address = Address {
            host: text(&self.mqtt.host),
            port: self.mqtt.port,
            local: SocketAddr::new(own, self.links.take_port()),
            tls,
        };
        let client = Client::begin(world.now, address, connect, world.network);
        self.mqtt.client = Some(client);
        self.mqtt.give_up = Some(world.now + CONNECT_TIMEOUT);
        Ok(())
    }

    /// `AT+MQTTCONN` where the answer waits for the connection, but not for the broker.
    fn await_broker(&mut self) -> Step {
        if self.mqtt.told {
            self.finish(Ok(()))
        } else if self.mqtt.client.is_none() {
            self.finish(Err(Code::FAILED))
        } else {
            Step::Wait(Connecting.into())
        }
    }

    pub(in crate::st67) fn poll_mqtt(&mut self, world: &mut World) {
        let due = |at: &mut Duration| *at <= world.now;
        if self.mqtt.retry.take_if(due).is_some() && self.begin_mqtt(world).is_err() {
            self.mqtt.retry = Some(world.now + PAUSE);
        }
        while let Some(client) = &mut self.mqtt.client {
            let Some(event) = client.poll(world.now, world.network) else {
                break;
            };
            self.take_mqtt_event(event, world);
        }
        if self.mqtt.give_up.is_some_and(|at| at <= world.now) {
            self.mqtt_lost(world);
        }
    }

    fn take_mqtt_event(&mut self, event: Event, world: &mut World) {
        match event {
            Event::Opened => {
                self.mqtt.give_up = Some(world.now + ANSWER_TIMEOUT);
                self.mqtt.state = ESTABLISHED;
                if self.variant.mqtt.waits_for_connection {
                    self.tell_broker();
                }
            }
            Event::Answered { code: 0, .. } => {
                self.mqtt.give_up = None;
                if !self.variant.mqtt.waits_for_connection {
                    self.mqtt.state = WITHOUT_TOPIC;
                    self.tell_broker();
                }
            }
            Event::Answered { .. } | Event::Closed => self.mqtt_lost(world),
            Event::Message { topic, payload } => self.tell_message(&topic, &payload, world),
            Event::Published(_) | Event::Subscribed(..) | Event::Unsubscribed(_) => {}
        }
    }

    fn tell_broker(&mut self) {
        self.mqtt.told = true;
        self.say("+MQTT:CONNECTED,0");
    }

    /// There is no session, or no session any more.
    pub(super) fn mqtt_lost(&mut self, world: &mut World) {
        self.mqtt.abandon(world);
        self.mqtt.give_up = None;
        self.mqtt.state = DISCONNECTED;
        let told = std::mem::take(&mut self.mqtt.told);
        if told || !self.variant.mqtt.waits_for_connection {
            self.say("+MQTT:DISCONNECTED,0");
        }
        if self.mqtt.reconnects {
            self.mqtt.retry = Some(world.now + PAUSE);
        } else {
            self.mqtt.spent = true;
        }
    }

    /// The way to the broker is gone.
    pub(in crate::st67) fn lose_broker(&mut self, world: &mut World) {
        if self.mqtt.client.is_some() {
            self.mqtt_lost(world);
        }
    }

    /// `AT+MQTTCLEAN=<link>`
    pub(in crate::st67) fn mqtt_clean(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        check_link(arguments)?;
        if let Some(mut client) = self.mqtt.client.take() {
            client.disconnect(world.now, world.network);
        }
        let told = self.mqtt.told;
        let settings = std::mem::take(&mut self.mqtt).settings;
        if self.variant.mqtt.needs_cleaning {
            return Ok(Reply::Ok);
        }
        self.mqtt.settings = settings;
        self.mqtt.state = DISCONNECTED;
        if told {
            self.say("+MQTT:DISCONNECTED,0");
        }
        Ok(Reply::Ok)
    }
}
