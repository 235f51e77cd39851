//! The MQTT client in the module, against Mosquitto.

use atwifi::dialect::Dialect;
use atwifi::{Arrival, Error, Mqtt, MqttConfig, MqttMemory, MqttWill, Qos, TlsConfig};
use atwifi_consumers::{
    Board, Certificates, Firmware, Mosquitto, NAME, Network, Patience, UnderTest, on_every_firmware,
};
use sha2::{Digest, Sha256};

/// Messages each way.
const MANY: usize = 1000;
/// What a module of any kind can publish.
const LENGTH: usize = 90;
/// What waits at most, in bytes.
const WAITING: usize = 8192;

fn config(broker: &Mosquitto) -> MqttConfig<'static> {
    MqttConfig::new(NAME, broker.address().port(), "module")
}

/// A board whose client has room for messages.
fn board<D: UnderTest>(firmware: Firmware) -> (Board, Network<D>) {
    let (board, mut network) = Board::joined::<D>(firmware);
    let memory = Box::leak(Box::new(MqttMemory::<D, WAITING>::new()));
    network.lend_messages(memory);
    (board, network)
}

/// Whether the firmware publishes with flags: an ST67W611M1 does from 2.0.97 on.
fn has_flags<D: Dialect>(network: &mut Network<D>) -> bool {
    let is_microchip = D::COMMAND_MAX < 256;
    is_microchip || network.versions().expect("versions").numbers() >= [2, 0, 97]
}

fn receive<D: UnderTest>(session: &mut Mqtt<'_>, network: &mut Network<D>) -> (Vec<u8>, Vec<u8>) {
    let mut memory = [0; 2048];
    let patience = Patience::new();
    loop {
        match session.receive(network, &mut memory).expect("receive") {
            Some(Arrival::Message {
                topic,
                payload,
                rest: 0,
            }) => return (topic.to_vec(), payload.to_vec()),
            None => patience.wait("a message"),
            other => panic!("{other:?}"),
        }
    }
}

/// What is published comes back once it has been subscribed to; of the ST67 nobody knows when that is.
fn subscribe<'c, D: UnderTest>(
    session: &mut Mqtt<'c>,
    network: &mut Network<D>,
    topic: &'c str,
    qos: Qos,
) {
    assert!(session.subscribe(network, topic, qos).expect("subscribe"));
}

fn line(n: usize) -> String {
    format!("{n:04} {:x}", Sha256::digest(n.to_string()))
}

fn every_quality_of_service_and_retained_messages<D: UnderTest>(firmware: Firmware) {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (_board, mut network) = board::<D>(firmware);
    let has_flags = has_flags(&mut network);
    let mut session = network.mqtt(&config(&broker)).expect("a session");
    subscribe(&mut session, &mut network, "back", Qos::ExactlyOnce);
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let qos = if has_flags { qos } else { Qos::AtMostOnce };
        for payload in [&b"x"[..], b"a \"quote\", a comma\r\n\xff\x01", b""] {
            session
                .publish(&mut network, "back", payload, qos, false)
                .expect("publish");
            let got = receive(&mut session, &mut network);
            assert_eq!(got, (b"back".to_vec(), payload.to_vec()), "{qos:?}");
        }
    }
    if has_flags {
        let kept = line(0);
        session
            .publish(
                &mut network,
                "kept",
                kept.as_bytes(),
                Qos::AtLeastOnce,
                true,
            )
            .expect("publish");
        // The broker answers in order: what came before this is there.
        session
            .publish(&mut network, "back", b"fence", Qos::AtMostOnce, false)
            .expect("publish");
        receive(&mut session, &mut network);
        let Some(received) = broker.kept_message("kept") else {
            return;
        };
        assert_eq!(received, kept.as_bytes());
        subscribe(&mut session, &mut network, "kept", Qos::AtMostOnce);
        assert_eq!(
            receive(&mut session, &mut network),
            (b"kept".to_vec(), kept.into_bytes())
        );
    }
    session.disconnect(&mut network).expect("disconnect");
}

/// A thousand messages from another client, and a thousand to it, by their hash.
fn a_thousand_messages_each_way<D: UnderTest>(firmware: Firmware) {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (_board, mut network) = board::<D>(firmware);
    let mut session = network.mqtt(&config(&broker)).expect("a session");
    subscribe(&mut session, &mut network, "#", Qos::AtMostOnce);
    session
        .publish(&mut network, "fence", b"x", Qos::AtMostOnce, false)
        .expect("publish");
    assert_eq!(receive(&mut session, &mut network).0, b"fence");

    let lines: Vec<String> = (0..MANY).map(line).collect();
    let expected = Sha256::digest(lines.concat());
    for some in lines.chunks(50) {
        let Some(()) = broker.publish_lines("in", some) else {
            return;
        };
        for line in some {
            let (topic, payload) = receive(&mut session, &mut network);
            assert_eq!((&topic[..], &payload[..]), (&b"in"[..], line.as_bytes()));
        }
    }
    // What it publishes comes back from the broker.
    let mut hash = Sha256::new();
    for line in &lines {
        assert!(line.len() <= LENGTH);
        session
            .publish(&mut network, "out", line.as_bytes(), Qos::AtMostOnce, false)
            .expect("publish");
        let (topic, payload) = receive(&mut session, &mut network);
        assert_eq!(topic, b"out");
        hash.update(&payload);
    }
    assert_eq!(hash.finalize(), expected);
}

fn a_will_is_seen_by_another_client<D: UnderTest>(firmware: Firmware) {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (board, mut network) = board::<D>(firmware);
    let will = MqttWill::new("state", b"gone without a word").retained();
    let config = config(&broker).with_will(will);
    match network.mqtt(&config) {
        Ok(_) => {}
        // The Microchip module has none.
        Err(Error::Usage(_)) if D::COMMAND_MAX < 256 => return,
        Err(error) => panic!("{error}"),
    }
    // The module is switched off.
    drop(network);
    drop(board);
    if let Some(told) = broker.kept_message("state") {
        assert_eq!(told, b"gone without a word");
    }
}

fn a_session_comes_back_after_its_broker<D: UnderTest>(firmware: Firmware) {
    let Some(mut broker) = Mosquitto::start() else {
        return;
    };
    let (_board, mut network) = board::<D>(firmware);
    let mut session = network.mqtt(&config(&broker)).expect("a session");
    subscribe(&mut session, &mut network, "back", Qos::AtMostOnce);
    for round in 0..2 {
        session
            .publish(&mut network, "back", b"there", Qos::AtMostOnce, false)
            .expect("publish");
        assert_eq!(receive(&mut session, &mut network).1, b"there", "{round}");
        broker.restart();
        let patience = Patience::new();
        loop {
            match session.receive(&mut network, &mut [0; 64]) {
                Ok(None) => patience.wait("the end"),
                Err(Error::Closed(_)) => break,
                other => panic!("{other:?}"),
            }
        }
        session.reconnect(&mut network).expect("it comes back");
    }
}

fn a_broker_behind_tls_is_checked<D: UnderTest>(firmware: Firmware) {
    let (Some(right), Some(wrong)) = (Certificates::new(NAME), Certificates::new(NAME)) else {
        return;
    };
    let Some(broker) = Mosquitto::start_secured(&right) else {
        return;
    };
    let (_board, mut network) = board::<D>(firmware);
    let tls = TlsConfig::new().with_ca("ca.der").with_server_name(NAME);
    let config = config(&broker).with_tls(tls);
    assert!(network.mqtt(&config).is_err(), "nobody to check it against");
    network
        .load_certificate("ca.der", &wrong.authority())
        .expect("an authority");
    let told = network.mqtt(&config);
    assert!(matches!(told, Err(Error::Unconnected(_))), "{told:?}");
    network
        .load_certificate("ca.der", &right.authority())
        .expect("an authority");
    let mut session = network.mqtt(&config).expect("the right broker");
    subscribe(&mut session, &mut network, "back", Qos::AtMostOnce);
    session
        .publish(&mut network, "back", b"secret", Qos::AtMostOnce, false)
        .expect("publish");
    assert_eq!(receive(&mut session, &mut network).1, b"secret");
}

on_every_firmware! {
    every_quality_of_service_and_retained_messages
    a_thousand_messages_each_way
    a_will_is_seen_by_another_client
    a_session_comes_back_after_its_broker
    a_broker_behind_tls_is_checked
}
