//! minimq, an MQTT 5 client that owns its `TcpClientStack`, against Mosquitto.

use atwifi_consumers::{
    Board, Firmware, Handle, Mosquitto, NAME, Patience, UnderTest, on_every_firmware,
};
use minimq::broker::NamedBroker;
use minimq::types::{SubscriptionOptions, TopicFilter};
use minimq::{Broker, ConfigBuilder, Error, Minimq, Publication, QoS};
use std_embedded_time::StandardClock;

#[allow(dead_code)]
#[path = "../examples/mqtt.rs"]
mod example;

type Client<D> = Minimq<'static, Handle<D>, StandardClock, NamedBroker<Handle<D>>>;

/// The largest message; minimq cuts its memory in three.
const LARGEST: usize = 3000;
const MEMORY: usize = 16 * 1024;

/// A client that knows its broker by name.
fn client<D: UnderTest>(network: Handle<D>, broker: &Mosquitto) -> Client<D> {
    let mut named = NamedBroker::new(NAME, network).expect("a short name");
    named.set_port(broker.address().port());
    let memory = Box::leak(Box::new([0; MEMORY]));
    let settings = ConfigBuilder::new(named, memory)
        .client_id("board")
        .expect("a short identifier");
    Minimq::new(network, StandardClock::default(), settings)
}

/// Lets the client work until there is a message. A session that the broker has lost is no error.
fn poll<D: UnderTest>(client: &mut Client<D>) -> Option<(String, Vec<u8>)> {
    match client.poll(|_, topic, message, _| (topic.to_owned(), message.to_owned())) {
        Err(Error::SessionReset) => None,
        result => result.expect("poll"),
    }
}

fn connect<D: UnderTest>(client: &mut Client<D>) {
    let patience = Patience::new();
    while !client.client().is_connected() {
        assert_eq!(poll(client), None);
        patience.wait("connected");
    }
}

fn subscribe<D: UnderTest>(client: &mut Client<D>, topic: &str) {
    let options = SubscriptionOptions::default().maximum_qos(QoS::AtLeastOnce);
    let filter = TopicFilter::new(topic).options(options);
    client
        .client()
        .subscribe(&[filter], &[])
        .expect("subscribe");
    let patience = Patience::new();
    while client.client().subscriptions_pending() {
        assert_eq!(poll(client), None);
        patience.wait("subscribed");
    }
}

/// Publishes as soon as the client has room for it.
fn publish<D: UnderTest>(client: &mut Client<D>, message: Publication<'_, &[u8]>, qos: QoS) {
    let patience = Patience::new();
    while !client.client().can_publish(qos) {
        assert_eq!(poll(client), None);
        patience.wait("room to publish");
    }
    client.client().publish(message.qos(qos)).expect("publish");
}

fn receive<D: UnderTest>(client: &mut Client<D>) -> (String, Vec<u8>) {
    let patience = Patience::new();
    loop {
        if let Some(message) = poll(client) {
            return message;
        }
        patience.wait("a message");
    }
}

/// Until the broker has all that was published.
fn settle<D: UnderTest>(client: &mut Client<D>) {
    let patience = Patience::new();
    while client.client().pending_messages() {
        assert_eq!(poll(client), None);
        patience.wait("acknowledged");
    }
}

/// Bytes that look like what a module says, and any others.
fn message(length: usize) -> Vec<u8> {
    let words = b"\r\nOK\r\n+CIP:0,DISCONNECTED\r\n>+SOCKCL:1\r\nERROR\r\n";
    let bytes = words.iter().copied().chain(0..=255);
    bytes.cycle().take(length).collect()
}

fn messages_up_to_3_kb_come_back<D: UnderTest>(firmware: Firmware) {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    let mut client = client(network, &broker);
    connect(&mut client);
    subscribe(&mut client, "back");
    for length in [0, 1, 512, 1460, LARGEST] {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
            let sent = message(length);
            publish(&mut client, Publication::new("back", &sent[..]), qos);
            let (topic, received) = receive(&mut client);
            assert_eq!(topic, "back");
            assert!(received == sent, "{length} bytes, {qos:?}");
            settle(&mut client);
        }
    }
}

fn another_client_gets_what_was_published<D: UnderTest>(firmware: Firmware) {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    let mut client = client(network, &broker);
    connect(&mut client);
    for (length, qos) in [(LARGEST, QoS::AtMostOnce), (LARGEST - 1, QoS::AtLeastOnce)] {
        let sent = message(length);
        let kept = Publication::new("kept", &sent[..]).retain();
        publish(&mut client, kept, qos);
        // The broker answers in order: what came before its answer to this has arrived too.
        let fence = Publication::new("fence", &b""[..]);
        publish(&mut client, fence, QoS::AtLeastOnce);
        settle(&mut client);
        let Some(received) = broker.kept_message("kept") else {
            return;
        };
        assert!(received == sent, "{length} bytes, {qos:?}");
    }
}

/// Messages arrive in a burst, and the client answers each from its callback, while it also sends
/// acknowledgements.
fn every_message_of_a_burst_is_answered<D: UnderTest>(firmware: Firmware) {
    const BURST: usize = 40;
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    let mut client = client(network, &broker);
    connect(&mut client);
    subscribe(&mut client, "question");
    subscribe(&mut client, "answer");

    let questions: Vec<String> = (0..BURST).map(|n| n.to_string().repeat(10)).collect();
    let Some(()) = broker.publish_lines("question", &questions) else {
        return;
    };
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    let patience = Patience::new();
    while answered.len() < BURST {
        let message = client.poll(|client, topic, message, _| {
            let text = String::from_utf8(message.to_owned()).expect("as it was sent");
            if topic == "question" {
                let answer = Publication::new("answer", message);
                client.publish(answer).expect("an answer");
            }
            (topic == "question", text)
        });
        match message.expect("poll") {
            Some((true, text)) => asked.push(text),
            Some((false, text)) => answered.push(text),
            None => patience.wait("all answers"),
        }
    }
    assert_eq!(asked, questions);
    assert_eq!(answered, questions);
}

fn a_client_comes_back_after_its_broker<D: UnderTest>(firmware: Firmware) {
    let Some(mut broker) = Mosquitto::start() else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    let mut client = client(network, &broker);
    connect(&mut client);
    subscribe(&mut client, "back");
    broker.restart();
    let patience = Patience::new();
    loop {
        match client.poll(|_, _, _, _| ()) {
            // The new broker does not know the client: it was left, and has come back.
            Err(Error::SessionReset) => break,
            result => assert_eq!(result.expect("poll"), None),
        }
        patience.wait("the client comes back");
    }
    subscribe(&mut client, "back");
    publish(
        &mut client,
        Publication::new("back", &b"again"[..]),
        QoS::AtLeastOnce,
    );
    assert_eq!(receive(&mut client), ("back".to_owned(), b"again".to_vec()));
}

fn the_example_works<D: UnderTest>(firmware: Firmware) {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (_board, mut network) = Board::joined::<D>(firmware);
    let echo = example::greet(&mut network, broker.address());
    assert_eq!(echo.expect("an echo"), "hello from the module");
}

on_every_firmware! {
    the_example_works
    messages_up_to_3_kb_come_back
    another_client_gets_what_was_published
    every_message_of_a_burst_is_answered
    a_client_comes_back_after_its_broker
}
