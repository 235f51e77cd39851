//! The ST67's sequences for its MQTT client (reference 5). There is one, link 0.

use super::about::firmware;
use super::status::Status;
use super::text::Rule;
use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{MqttClient, Outcome, Secured};
use crate::driver::mqtt::Mqtt;
use crate::engine::text::Fields;
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::{MqttConfig, MqttWill, Numbered, Qos, TlsConfig};

/// How long texts may be, in bytes (wire notes 3).
const HOST_MAX: usize = 127;
const CLIENT_ID_MAX: usize = 23;
const LOGIN_MAX: usize = 128;
const TOPIC_MAX: usize = 127;
const WILL_MAX: usize = 127;
const FILE_MAX: usize = 31;
/// As long as the command has room for.
const SERVER_NAME_MAX: usize = 198;
/// As long as five of them have.
const PROTOCOL_MAX: usize = 15;
const PROTOCOLS_MAX: usize = 5;
/// Seconds of keep-alive (wire notes 4).
const KEEP_ALIVE_MAX: i32 = 7200;

/// How long a payload may be (ST's known limitations, wire notes 10), and with its topic: so much is in the
/// firmware's buffer of 1536 bytes beside what the packet has else (wire notes 4).
const PAYLOAD_MAX: usize = 1470;
const MESSAGE_MAX: usize = 1529;

/// ST's own driver gives a connection to a broker so long (wire notes 9), beside the TCP connection (ms).
const CONNECT: u32 = 10_000;

/// How often the state is asked for (ms), and how often at most.
const ASK_EVERY: u32 = 100;
const ASK_AT_MOST: u32 = 300;
/// Firmware whose connection is established says the same before the broker has accepted and after it. If it
/// has not told of a refusal by then, it is taken for accepted: in 2 s.
const ACCEPTED_AFTER: u32 = 20;

/// What `AT+MQTTCONN?` says of a session (reference 5.1.8).
const DISCONNECTED: u32 = 3;
const ESTABLISHED: u32 = 4;

/// What the dialect remembers of its MQTT client.
pub struct Memory {
    /// Takes note of what an event says of the session.
    pub(super) take: fn(&mut Mqtt<'_, St67>, &[u8]),
    /// The module has told that it is connected, since a connection was asked for.
    is_told: bool,
    /// Its firmware publishes to the first NUL (2.0.75, wire notes 4).
    cuts_at_zero: bool,
    /// It loses the quality of service, and that a message is to be retained (before 2.0.97, wire notes 4).
    loses_flags: bool,
}

impl Memory {
    /// Nothing, to begin with.
    pub(super) const NEW: Self = Memory {
        take,
        is_told: false,
        cuts_at_zero: false,
        loses_flags: false,
    };
}

impl MqttClient for St67 {
    const TOPICS: usize = 32;

    fn connect_mqtt<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        config: &MqttConfig<'_>,
    ) -> Outcome {
        check(module, config)?;
        if let Some(tls) = &config.tls {
            St67::check_authority(module, tls)?;
        }
        let version = firmware(module)?;
        // Ends the session that there is, and its subscriptions.
        module.tell("AT+MQTTCLEAN=0\r\n", &[])?;
        let memory = &mut module.mqtt_client()?.vendor;
        memory.cuts_at_zero = version < [2, 0, 89];
        memory.loses_flags = version < [2, 0, 97];
        configure(module, config)?;
        let mqtt = module.mqtt_client()?;
        mqtt.vendor.is_told = false;
        mqtt.is_open = true;
        compose_connect(module, config);
        let connected = module.send_composed(module.timeouts.connect + CONNECT);
        if connected == Err(Fault::Refused) {
            if let (Some(_), Status::Code(code)) = (config.tls, module.session().refusal) {
                module.session().refusal = Status::Unsecured(code);
            }
            return Err(Fault::Unconnected);
        }
        connected?;
        await_acceptance(module)
    }

    fn has_mqtt<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<bool> {
        Ok(state(module)? > DISCONNECTED)
    }

    fn publish<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        topic: &str,
        payload: &[u8],
        qos: Qos,
        is_retained: bool,
    ) -> Outcome {
        let most = PAYLOAD_MAX.min(MESSAGE_MAX.saturating_sub(topic.len()));
        let memory = &module.mqtt_client()?.vendor;
        let refused = if memory.loses_flags && (qos != Qos::AtMostOnce || is_retained) {
            Some(Usage::Unsupported(
                "quality of service and retained messages before firmware 2.0.97",
            ))
        } else if memory.cuts_at_zero && payload.contains(&0) {
            Some(Usage::Byte(0))
        } else {
            (payload.len() > most).then_some(Usage::TooLong(most))
        };
        if let Some(usage) = refused {
            return Err(module.refuse(usage));
        }
        let flags = [qos.number(), u32::from(is_retained)];
        let name = match payload.is_empty() {
            true => "AT+MQTTPUB=0,",
            false => "AT+MQTTPUBRAW=0,",
        };
        let command = module
            .compose(name, &[])
            .text::<Rule>(topic.as_bytes(), TOPIC_MAX);
        if payload.is_empty() {
            command.put(",\"\",#,#\r\n", &flags);
            return module.send_composed(module.timeouts.send);
        }
        command
            .put(",#", &[payload.len() as u32])
            .put(",#,#\r\n", &flags);
        module.upload(payload, module.timeouts.send)
    }

    fn subscribe<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        topic: &str,
        qos: Qos,
    ) -> Outcome<bool> {
        module
            .compose("AT+MQTTSUB=0,", &[])
            .text::<Rule>(topic.as_bytes(), TOPIC_MAX)
            .put(",#\r\n", &[qos.number()]);
        ask_whether_not(module, "+MQTTSUB", b"ALREADY_SUBSCRIBE")
    }

    fn unsubscribe<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        topic: &str,
    ) -> Outcome<bool> {
        module
            .compose("AT+MQTTUNSUB=0,", &[])
            .text::<Rule>(topic.as_bytes(), TOPIC_MAX)
            .put("\r\n", &[]);
        ask_whether_not(module, "+MQTTUNSUB", b"NO_UNSUBSCRIBE")
    }

    fn disconnect_mqtt<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        module.tell("AT+MQTTCLEAN=0\r\n", &[])
    }
}

/// Sends the composed command; whether the module does not say this, behind a colon or a comma.
fn ask_whether_not<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &'static str,
    word: &[u8],
) -> Outcome<bool> {
    let mut is_said = false;
    let mut is_nonsense = false;
    module.ask(name, module.timeouts.command, &mut |row: &[u8]| {
        is_said = row.get(1..) == Some(word);
        is_nonsense |= !is_said;
    })?;
    match is_nonsense {
        true => Err(module.engine.malformed()),
        false => Ok(!is_said),
    }
}

/// How far the client has come.
fn state<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<u32> {
    let mut state = None;
    module.compose("AT+MQTTCONN?\r\n", &[]);
    module.ask(
        "+MQTTCONN:0,",
        module.timeouts.command,
        &mut |row: &[u8]| state = Fields::new(row).number(),
    )?;
    state.ok_or_else(|| module.engine.malformed())
}

/// Waits until the broker has accepted the client, or refused.
fn await_acceptance<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    let mut established = 0;
    for _ in 0..ASK_AT_MOST {
        let state = state(module)?;
        let mqtt = module.mqtt_client()?;
        let is_told = mqtt.vendor.is_told;
        if state == DISCONNECTED || !mqtt.is_open {
            module.session().refusal = Status::NoBroker;
            return Err(Fault::Unconnected);
        }
        established += u32::from(state == ESTABLISHED && is_told);
        if state > ESTABLISHED || established > ACCEPTED_AFTER {
            return Ok(());
        }
        module.pause(ASK_EVERY)?;
    }
    Err(Fault::Timeout)
}

/// Whether the module can be told all of it; nothing is sent.
fn check<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &MqttConfig<'_>,
) -> Outcome {
    let keep_alive = 1..=KEEP_ALIVE_MAX;
    let tls = config.tls.unwrap_or_default();
    let refused = if !keep_alive.contains(&config.keep_alive_s.into()) {
        let (min, max) = keep_alive.into_inner();
        Some(Usage::OutOfRange { min, max })
    } else if tls.psk.is_some() {
        Some(Usage::Unsupported("a pre-shared key for MQTT"))
    } else if tls.alpn.len() > PROTOCOLS_MAX {
        Some(Usage::TooLong(PROTOCOLS_MAX))
    } else {
        let login = [config.username.as_bytes(), config.password];
        // They go out as data, of which the firmware keeps a text.
        let has_zero = login.iter().any(|text| text.contains(&0));
        let is_long = login.iter().any(|text| text.len() > LOGIN_MAX);
        match (has_zero, is_long) {
            (true, _) => Some(Usage::Byte(0)),
            (_, true) => Some(Usage::TooLong(LOGIN_MAX)),
            _ => None,
        }
    };
    if let Some(usage) = refused {
        return Err(module.refuse(usage));
    }
    compose_user(module, config);
    module.check_command()?;
    compose_connection(module, config);
    module.check_command()?;
    compose_protocols(module, &tls);
    module.check_command()?;
    compose_server_name(module, &tls);
    module.check_command()?;
    compose_connect(module, config);
    module.check_command()
}

pub(super) fn configure<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &MqttConfig<'_>,
) -> Outcome {
    let timeout = module.timeouts.command;
    compose_user(module, config);
    module.send_composed(timeout)?;
    // The longest of them would not fit the command.
    let login = [
        ("AT+MQTTUSERNAME=0,#\r\n", config.username.as_bytes()),
        ("AT+MQTTPASSWORD=0,#\r\n", config.password),
    ];
    for (template, text) in login {
        if !text.is_empty() {
            module.compose(template, &[text.len() as u32]);
            module.upload(text, module.timeouts.send)?;
        }
    }
    compose_connection(module, config);
    module.send_composed(timeout)?;
    let Some(tls) = &config.tls else {
        return Ok(());
    };
    compose_protocols(module, tls);
    module.send_composed(timeout)?;
    compose_server_name(module, tls);
    match module.send_composed(timeout) {
        // There is none to clear.
        Err(Fault::Refused) if tls.server_name.is_none() => Ok(()),
        other => other,
    }
}

fn compose_user<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, config: &MqttConfig<'_>) {
    let tls = config.tls.unwrap_or_default();
    // 1: TLS, 2: the server's certificate is checked, 3: the client shows one, 4: both.
    let scheme = match (tls.ca, tls.certificate) {
        _ if config.tls.is_none() => 0,
        (None, None) => 1,
        (Some(_), None) => 2,
        (None, Some(_)) => 3,
        (Some(_), Some(_)) => 4,
    };
    let (certificate, key) = tls.certificate.unwrap_or_default();
    let command = module
        .compose("AT+MQTTUSERCFG=0,#,", &[scheme])
        .text::<Rule>(config.client_id.as_bytes(), CLIENT_ID_MAX)
        .put(",\"\",\"\"", &[]);
    for file in [certificate, key, tls.ca.unwrap_or_default()] {
        command
            .put(",", &[])
            .text::<Rule>(file.as_bytes(), FILE_MAX);
    }
    command.put("\r\n", &[]);
}

fn compose_connection<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &MqttConfig<'_>,
) {
    let will = config.will.unwrap_or(MqttWill::new("", b""));
    let numbers = [config.keep_alive_s.into(), config.keeps_session.into()];
    module
        .compose("AT+MQTTCONNCFG=0,#,#,", &numbers)
        .text::<Rule>(will.topic.as_bytes(), WILL_MAX)
        .put(",", &[])
        .text::<Rule>(will.payload, WILL_MAX)
        .put(",#,#\r\n", &[will.qos.number(), will.is_retained.into()]);
}

fn compose_protocols<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, tls: &TlsConfig<'_>) {
    let command = module.compose("AT+MQTTALPN=0,#", &[tls.alpn.len() as u32]);
    for name in tls.alpn {
        command
            .put(",", &[])
            .text::<Rule>(name.as_bytes(), PROTOCOL_MAX);
    }
    command.put("\r\n", &[]);
}

fn compose_server_name<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, tls: &TlsConfig<'_>) {
    let name = tls.server_name.unwrap_or_default();
    module
        .compose("AT+MQTTSNI=0,", &[])
        .text::<Rule>(name.as_bytes(), SERVER_NAME_MAX)
        .put("\r\n", &[]);
}

pub(super) fn compose_connect<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &MqttConfig<'_>,
) {
    module
        .compose("AT+MQTTCONN=0,", &[])
        .text::<Rule>(config.host.as_bytes(), HOST_MAX)
        .put(",#,0\r\n", &[config.port.into()]);
}

/// Takes note of what an event says of the session.
fn take(mqtt: &mut Mqtt<'_, St67>, line: &[u8]) {
    match line {
        b"+MQTT:CONNECTED,0" => mqtt.vendor.is_told = true,
        b"+MQTT:DISCONNECTED,0" => mqtt.is_open = false,
        _ => {}
    }
}
