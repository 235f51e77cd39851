//! The Microchip module's sequences for its MQTT client (reference 6, wire notes 8).

use super::certificates::is_loaded;
use super::event::message;
use super::status::Status;
use super::text::{Rule, fitting};
use super::{Attempt, COMMAND_MAX, Microchip, Module, tls};
use crate::clock::Clock;
use crate::driver::dialect::{MqttClient, Outcome, Secured};
use crate::driver::mqtt::Mqtt;
use crate::driver::queue::Queue;
use crate::engine::text::{Fields, number};
use crate::engine::words::{Words, words};
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::{MqttConfig, Numbered, Qos};

/// How long texts may be, in bytes (wire notes 8).
const BROKER_MAX: usize = 64;
const CLIENT_ID_MAX: usize = 23;
const USERNAME_MAX: usize = 128;

/// The keep-alive of firmware that cannot be told of another, in seconds (wire notes 8).
const KEEP_ALIVE: u16 = 60;
/// The first that can.
const KEEPS_ALIVE: [u32; 3] = [0, 3, 0];

/// How long the broker may take for an answer (ms): firmware gives it 5 s (wire notes 8).
const ANSWER: u32 = 10_000;

/// What the dialect remembers of its MQTT client.
pub struct Memory {
    /// Takes an event of the client, of which values stand behind its name. Whether it was a message of the
    /// session.
    pub(super) take: fn(&mut Mqtt<'_, Microchip>, &[u8], &[u8]) -> bool,
    /// What was asked of the broker last, and what came of it.
    asked: Option<Asked>,
    answer: Attempt<()>,
    /// Why it does not accept the client, if it has said so.
    refusal: Option<u8>,
}

impl Memory {
    /// Nothing, to begin with.
    pub(super) const NEW: Self = Memory {
        take,
        asked: None,
        answer: Attempt::None,
        refusal: None,
    };
}

/// What is asked of the broker.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Connect,
    Disconnect,
    Subscribe,
    Unsubscribe,
    Publish,
}

/// The events of the MQTT client.
const EVENTS: Words<Name> = words! {
    "+MQTTCONN" => Name::Connection,
    "+MQTTCONNACK" => Name::Acceptance,
    "+MQTTSUB" => Name::Subscribed,
    "+MQTTUNSUB" => Name::Unsubscribed,
    "+MQTTPUBACC" => Name::Published,
    "+MQTTPUBCOMP" => Name::Published,
    "+MQTTPUBERR" => Name::NotPublished,
    "+MQTTPUB" => Name::Message,
};

#[derive(Clone, Copy)]
enum Name {
    Connection,
    Acceptance,
    Subscribed,
    Unsubscribed,
    Published,
    NotPublished,
    Message,
}

impl MqttClient for Microchip {
    /// Of the fifth firmware says `OK`, and nothing else ever (wire notes 8).
    const TOPICS: usize = 4;

    fn connect_mqtt<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        config: &MqttConfig<'_>,
    ) -> Outcome {
        check(module, config)?;
        if let Some(tls) = &config.tls {
            // Other than for sockets, firmware uses what was loaded.
            Microchip::check_authority_by(module, tls, |module, ca| Ok(is_loaded(module, ca)))?;
        }
        if config.keep_alive_s != KEEP_ALIVE && !keeps_alive(module)? {
            return Err(module.refuse(Usage::Unsupported("another keep-alive than 60 s")));
        }
        if Microchip::has_mqtt(module)? {
            Microchip::disconnect_mqtt(module)?;
        }
        configure(module, config)?;
        module.mqtt_client()?.is_open = true;
        let asked = ask(module, Asked::Connect, |module| {
            module.tell("AT+MQTTCONN=1\r\n", &[])
        });
        let connected = asked.and_then(|()| settle(module, module.timeouts.connect));
        match connected {
            Err(Fault::Refused) => Err(Fault::Unconnected),
            // What it said may be lost.
            Err(Fault::Timeout) if Microchip::has_mqtt(module)? => Ok(()),
            other => other,
        }
    }

    fn has_mqtt<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<bool> {
        let mut is_connected = None;
        module.compose("AT+MQTTCONN\r\n", &[]);
        module.ask(
            "+MQTTCONN:",
            module.timeouts.command,
            &mut |row: &[u8]| is_connected = number(row).map(|state| state == 1),
        )?;
        is_connected.ok_or_else(|| module.engine.malformed())
    }

    fn publish<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        topic: &str,
        payload: &[u8],
        qos: Qos,
        is_retained: bool,
    ) -> Outcome {
        let flags = [qos.number(), u32::from(is_retained)];
        let used = module
            .compose("AT+MQTTPUB=0,#,#,", &flags)
            .text::<Rule>(topic.as_bytes(), COMMAND_MAX)
            .get()
            .len();
        let room = COMMAND_MAX.saturating_sub(used + ",\"\"\r\n".len());
        let most = fitting(payload, room);
        module
            .engine
            .command()
            .put(",", &[])
            .text::<Rule>(payload, most)
            .put("\r\n", &[]);
        let timeout = module.timeouts.send;
        if qos == Qos::AtMostOnce {
            return module.send_composed(timeout);
        }
        ask(module, Asked::Publish, |module| {
            module.send_composed(timeout)
        })?;
        settle(module, ANSWER)
    }

    fn subscribe<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        topic: &str,
        qos: Qos,
    ) -> Outcome<bool> {
        ask(module, Asked::Subscribe, |module| {
            module
                .compose("AT+MQTTSUB=", &[])
                .text::<Rule>(topic.as_bytes(), COMMAND_MAX)
                .put(",#\r\n", &[qos.number()]);
            module.send_composed(module.timeouts.command)
        })?;
        settle(module, ANSWER).map(|()| true)
    }

    fn unsubscribe<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        topic: &str,
    ) -> Outcome<bool> {
        ask(module, Asked::Unsubscribe, |module| {
            module
                .compose("AT+MQTTUNSUB=", &[])
                .text::<Rule>(topic.as_bytes(), COMMAND_MAX)
                .put("\r\n", &[]);
            module.send_composed(module.timeouts.command)
        })?;
        settle(module, ANSWER).map(|()| true)
    }

    fn disconnect_mqtt<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        ask(module, Asked::Disconnect, |module| {
            module.tell("AT+MQTTDISCONN\r\n", &[])
        })?;
        settle(module, ANSWER)
    }
}

fn memory_of<'m, T: Transport, C: Clock>(
    module: &'m mut Module<'_, T, C>,
) -> Outcome<&'m mut Memory> {
    Ok(&mut module.mqtt_client()?.vendor)
}

/// Sends a command that asks the broker for something; its answer is awaited from here on.
fn ask<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    what: Asked,
    send: impl FnOnce(&mut Module<'_, T, C>) -> Outcome,
) -> Outcome {
    let memory = memory_of(module)?;
    (memory.asked, memory.answer, memory.refusal) = (Some(what), Attempt::Open, None);
    let sent = send(module);
    if sent.is_err() {
        memory_of(module)?.asked = None;
    }
    sent
}

/// Waits for the broker's answer.
fn settle<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, timeout: u32) -> Outcome {
    let waited = module.wait_until(timeout, |session| {
        let mqtt = session.mqtt.as_ref();
        !mqtt.is_some_and(|mqtt| matches!(mqtt.vendor.answer, Attempt::Open))
    });
    let memory = memory_of(module)?;
    memory.asked = None;
    let answer = memory.answer;
    waited?;
    match answer {
        Attempt::Settled(Err(status)) => {
            module.session().refusal = status;
            Err(Fault::Refused)
        }
        _ => Ok(()),
    }
}

/// Whether the module can be told all of it; nothing is sent.
fn check<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &MqttConfig<'_>,
) -> Outcome {
    let tls = config.tls.unwrap_or_default();
    let refused = if !config.password.is_empty() {
        Some(Usage::Unsupported("a password for MQTT"))
    } else if config.will.is_some() {
        Some(Usage::Unsupported("a will"))
    } else if config.keeps_session {
        Some(Usage::Unsupported("a session that is kept"))
    } else if !tls.alpn.is_empty() {
        Some(Usage::Unsupported("ALPN"))
    } else if tls.psk.is_some() {
        Some(Usage::Unsupported("a pre-shared key"))
    } else {
        None
    };
    if let Some(usage) = refused {
        return Err(module.refuse(usage));
    }
    for parameter in texts(config) {
        compose(module, parameter);
        module.check_command()?;
    }
    tls::check(module, &tls).map(drop)
}

/// The texts that the client is told of: their numbers, themselves, and how long they may be.
fn texts<'c>(config: &MqttConfig<'c>) -> [tls::Parameter<'c>; 3] {
    [
        (1, config.host, BROKER_MAX),
        (3, config.client_id, CLIENT_ID_MAX),
        (4, config.username, USERNAME_MAX),
    ]
}

fn compose<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    (number, value, most): tls::Parameter<'_>,
) {
    module
        .compose("AT+MQTTC=#,", &[number])
        .text::<Rule>(value.as_bytes(), most)
        .put("\r\n", &[]);
}

pub(super) fn configure<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &MqttConfig<'_>,
) -> Outcome {
    if let Some(tls) = &config.tls {
        let wanted = tls::check(module, tls)?;
        tls::configure(module, tls, wanted)?;
    }
    for parameter in texts(config) {
        compose(module, parameter);
        let set = module.send_composed(module.timeouts.command);
        // So firmware answers to an empty text, which it takes (wire notes 4).
        if module.has_refused(&set, Status::ConfigurationFailed) && parameter.1.is_empty() {
            module.engine.be_sure();
        } else {
            set?;
        }
    }
    module.tell("AT+MQTTC=2,#\r\n", &[config.port.into()])?;
    let set = module.tell("AT+MQTTC=6,#\r\n", &[config.keep_alive_s.into()]);
    // The reference's module does not know it.
    match set {
        Err(Fault::Refused) if config.keep_alive_s == KEEP_ALIVE => module.engine.be_sure(),
        set => set?,
    }
    module.tell("AT+MQTTC=7,#\r\n", &[config.tls.is_some().into()])
}

/// Whether the firmware can be told of a keep-alive. It tells its version behind `=`, the module of the
/// reference behind a colon.
fn keeps_alive<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<bool> {
    let mut version = None;
    module.compose("AT+GMR\r\n", &[]);
    module.ask("+GMR", module.timeouts.command, &mut |row: &[u8]| {
        let firmware = row
            .strip_prefix(b"=\"")
            .and_then(|row| row.strip_suffix(b"\""));
        version = Some(firmware.map_or([0; 3], crate::value::versions::numbers));
    })?;
    match version {
        Some(version) => Ok(version >= KEEPS_ALIVE),
        None => Err(module.engine.malformed()),
    }
}

/// Takes an event of the client, of which `values` stand behind its name. Whether it was a message of the
/// session.
fn take(mqtt: &mut Mqtt<'_, Microchip>, name: &[u8], values: &[u8]) -> bool {
    let Some(name) = EVENTS.find(name) else {
        return false;
    };
    let memory = &mut mqtt.vendor;
    match name {
        Name::Message if mqtt.is_open => {
            take_message(&mut mqtt.messages, values);
            return true;
        }
        Name::Message => {}
        Name::Acceptance => memory.refusal = code(values),
        Name::Connection if values == b"1" => memory.settle(Asked::Connect, true),
        Name::Connection => {
            mqtt.is_open = false;
            memory.end();
        }
        Name::Subscribed => memory.settle(Asked::Subscribe, values == b"0"),
        // 1 in firmware and in the reference's example, 2 in its table (wire notes 11).
        Name::Unsubscribed => memory.settle(Asked::Unsubscribe, values != b"0"),
        Name::Published => memory.settle(Asked::Publish, true),
        Name::NotPublished => memory.settle(Asked::Publish, false),
    }
    false
}

/// `<flags>,<code>`: why the broker refuses, if it does.
fn code(values: &[u8]) -> Option<u8> {
    let mut fields = Fields::new(values);
    fields.next();
    fields.number().filter(|&code| code != 0)
}

impl Memory {
    fn settle(&mut self, what: Asked, is_done: bool) {
        if self.asked == Some(what) {
            self.answer.settle(match is_done {
                true => Ok(()),
                false => Err(Status::Mqtt),
            });
        }
    }

    /// There is no session, which is what was asked for, or not.
    fn end(&mut self) {
        self.settle(Asked::Disconnect, true);
        self.answer.settle(Err(match self.refusal {
            // Of MQTT 3.1.1: a bad user name or password, or one that is not authorised.
            Some(4 | 5) => Status::UserRefused,
            Some(_) => Status::ClientRefused,
            None => Status::Mqtt,
        }));
    }
}

/// Keeps a message for the session, whichever way the module prints it; one that makes no sense is lost.
fn take_message(messages: &mut Queue<'_>, values: &[u8]) {
    let Some((topic, payload)) = message(values) else {
        messages.lose();
        return;
    };
    let (quote, end) = (b"\"".iter().copied(), b"\",".iter().copied());
    let text = quote.chain(topic.bytes()).chain(end);
    let lengths = (topic.len() + b"\"\",".len(), payload.len());
    messages.push_message(lengths, text.chain(payload.bytes()));
}
