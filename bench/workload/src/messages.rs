//! A message to an MQTT broker and one from it: by the client in the module, and by minimq over a connection.

use atwifi::dialect::Dialect;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{Arrival, Module, MqttConfig, MqttMemory, Qos, SocketMemory};
use embedded_time::fraction::Fraction;
use minimq::broker::IpBroker;
use minimq::{Broker, ConfigBuilder, Minimq, Publication};

use crate::Meter;
use crate::atwifi_work::{Driver, SERVER, Standing, expect, microchip_answer, st67_answer};
use crate::script::{Answer, Port, Script};

/// Payload of a message, in bytes; its topic has 4.
pub const MESSAGE: usize = 100;
const PAYLOAD: [u8; MESSAGE] = [b'.'; MESSAGE];
const TOPIC: &str = "lamp";

/// What is measured, in the order in which it is done.
pub const MESSAGES: [&str; 4] = [
    "publish",
    "message",
    "publish by minimq",
    "message by minimq",
];

/// Bytes around the payload of a message.
macro_rules! message {
    ($head:literal, $tail:literal) => {{
        const BYTES: [u8; $head.len() + MESSAGE + $tail.len()] =
            crate::script::around($head, &PAYLOAD, $tail);
        &BYTES
    }};
}

fn st67(command: &[u8]) -> Answer {
    if command.starts_with(b"AT+MQTTPUBRAW=") {
        return Answer {
            now: b"\r\nOK\r\n\r\n>",
            payload: MESSAGE,
            receipt: b"Recv 100 bytes\r\n\r\nSEND OK\r\n",
        };
    }
    if command.starts_with(b"AT+MQTTCONN=") {
        return Answer::plain(b"+MQTT:CONNECTED,0\r\n\r\nOK\r\n");
    }
    if let Some(length) = command.strip_prefix(b"AT+CIPSEND=0,") {
        let (payload, receipt): (_, &[u8]) = match length {
            b"34\r\n" => (34, b"Recv 34 bytes\r\n\r\nSEND OK\r\n"),
            _ => (109, b"Recv 109 bytes\r\n\r\nSEND OK\r\n"),
        };
        return Answer {
            now: b"\r\nOK\r\n\r\n>",
            payload,
            receipt,
        };
    }
    match command {
        b"AT+GMR\r\n" => Answer::plain(b"component_version_sdk_2.0.75\r\n\r\nOK\r\n"),
        b"AT+MQTTCONN?\r\n" => {
            Answer::plain(b"+MQTTCONN:0,4,0,\"broker.test\",1883,0\r\n\r\nOK\r\n")
        }
        b"AT+CIPRECVDATA=0,512\r\n" => {
            Answer::plain(b"+CIPRECVDATA:5,\x20\x03\0\0\0\r\n\r\nOK\r\n")
        }
        _ => st67_answer(command),
    }
}

/// The same, when the broker has accepted the session.
fn st67_accepted(command: &[u8]) -> Answer {
    if command == b"AT+CIPRECVDATA=0,512\r\n" {
        return Answer::plain(message!(
            b"+CIPRECVDATA:109,\x30\x6b\0\x04lamp\0",
            b"\r\n\r\nOK\r\n"
        ));
    }
    st67(command)
}

fn microchip(command: &[u8]) -> Answer {
    if command.starts_with(b"AT+SOCKWR=") {
        return Answer::plain(b"OK\r\n");
    }
    match command {
        b"AT+MQTTCONN\r\n" => Answer::plain(b"+MQTTCONN:0\r\nOK\r\n"),
        b"AT+MQTTCONN=1\r\n" => Answer::plain(b"OK\r\n\r+MQTTCONNACK:0,0\r\n\r+MQTTCONN:1\r\n"),
        b"AT+SOCKRD=1000,2,512\r\n" => Answer::plain(b"+SOCKRD:1000,5,\r\n#\x20\x03\0\0\0OK\r\n"),
        _ => microchip_answer(command),
    }
}

/// The same, when the broker has accepted the session.
fn microchip_accepted(command: &[u8]) -> Answer {
    if command == b"AT+SOCKRD=1000,2,512\r\n" {
        return Answer::plain(message!(
            b"+SOCKRD:1000,109,\r\n#\x30\x6b\0\x04lamp\0",
            b"OK\r\n"
        ));
    }
    microchip(command)
}

/// What a module says unasked.
struct Events {
    message: &'static [u8],
    accepted: &'static [u8],
    published: &'static [u8],
    /// How it answers behind the acceptance.
    answer: fn(&[u8]) -> Answer,
}

/// The messages on an ST67.
pub fn st67_messages(meter: &mut dyn Meter) {
    let events = Events {
        message: message!(b"+MQTT:SUBRECV:0,4,100,\"lamp\",", b"\r\n"),
        accepted: b"+IPD:0,5,\"10.0.0.7\",80\r\n",
        published: b"+IPD:0,109,\"10.0.0.7\",80\r\n",
        answer: st67_accepted,
    };
    measure::<St67>(meter, &Script::new(b'\n', st67), &events);
}

/// The messages on a Microchip module.
pub fn microchip_messages(meter: &mut dyn Meter) {
    let events = Events {
        message: message!(b"\r+MQTTPUB:4,\"lamp\",100,\"", b"\"\r\n"),
        accepted: b"\r+SOCKRXT:1000,5\r\n",
        published: b"\r+SOCKRXT:1000,109\r\n",
        answer: microchip_accepted,
    };
    measure::<Microchip>(meter, &Script::new(b'\n', microchip), &events);
}

fn measure<D: Dialect>(meter: &mut dyn Meter, script: &Script, events: &Events) {
    let mut line = [0; 1024];
    let mut sockets = [const { SocketMemory::<512>::new() }; 1];
    let mut messages = MqttMemory::<D, 512>::new();
    let made = Driver::<D>::new(Port(script), Standing(0), &mut line, &mut sockets);
    let mut module = made.unwrap_or_else(|_| panic!("the buffers suffice"));
    module.lend_messages(&mut messages);
    expect(module.reset().is_ok(), "reset");
    expect(module.join(b"home", b"12345678").is_ok(), "join");
    in_module(meter, &mut module, script, events);
    by_minimq(meter, &mut module, script, events);
}

fn in_module<D: Dialect>(
    meter: &mut dyn Meter,
    module: &mut Driver<'_, D>,
    script: &Script,
    events: &Events,
) {
    let config = MqttConfig::new("broker.test", 1883, "sensor");
    let Ok(mut session) = module.mqtt(&config) else {
        panic!("no session");
    };
    let mut done = false;
    meter.measure(MESSAGES[0], &mut || {
        let published = session.publish(module, TOPIC, &PAYLOAD, Qos::AtMostOnce, false);
        done = published.is_ok();
    });
    expect(done, MESSAGES[0]);
    script.say(events.message);
    let mut memory = [0; 128];
    let mut got = 0;
    meter.measure(MESSAGES[1], &mut || {
        if let Ok(Some(Arrival::Message { payload, .. })) = session.receive(module, &mut memory) {
            got = payload.len();
        }
    });
    expect(got == MESSAGE, MESSAGES[1]);
}

fn by_minimq<D: Dialect>(
    meter: &mut dyn Meter,
    module: &mut Module<'_, D, Port<'_>, Standing>,
    script: &Script,
    events: &Events,
) {
    let mut broker = IpBroker::new(SERVER.ip());
    broker.set_port(SERVER.port());
    let mut memory = [0; 1536];
    let config = ConfigBuilder::new(broker, &mut memory).client_id("sensor");
    let Ok(config) = config else {
        panic!("a short name");
    };
    let mut session = Minimq::new(module, Ticks, config);
    // It connects, sends what it has to say, and is accepted.
    for _ in 0..4 {
        let _ = session.poll(|_, _, _, _| ());
    }
    script.say(events.accepted);
    let mut polls = 0..4;
    while !session.client().is_connected() && polls.next().is_some() {
        let _ = session.poll(|_, _, _, _| ());
    }
    expect(session.client().is_connected(), "a session");
    script.change(events.answer);
    let mut done = false;
    meter.measure(MESSAGES[2], &mut || {
        let published = session.client().publish(Publication::new(TOPIC, &PAYLOAD));
        done = published.is_ok();
    });
    expect(done, MESSAGES[2]);
    script.say(events.published);
    let mut got = None;
    meter.measure(MESSAGES[3], &mut || {
        got = session
            .poll(|_, _, message, _| message.len())
            .ok()
            .flatten();
    });
    expect(got == Some(MESSAGE), MESSAGES[3]);
}

/// A clock for a session in which nothing is late.
struct Ticks;

impl embedded_time::Clock for Ticks {
    type T = u32;
    const SCALING_FACTOR: Fraction = Fraction::new(1, 1000);

    fn try_now(&self) -> Result<embedded_time::Instant<Self>, embedded_time::clock::Error> {
        Ok(embedded_time::Instant::new(0))
    }
}
