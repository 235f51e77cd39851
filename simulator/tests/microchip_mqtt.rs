//! The MQTT client of the PIC32MZW1: chapter 6 of Microchip's reference.

use std::time::Duration;

use crate::support::certificates::Authority;
use crate::support::{Host, server};
use atwifi_simulator::services::{MqttBroker, MqttMessage, TlsServer};
use atwifi_simulator::{Config, MemoryNetwork, Profile, services};

const REFERENCE: Profile = Profile::MicrochipReference;
const FW: Profile = Profile::MicrochipFw0_3_2;

/// A module in reach of a broker at port 1883, of one with TLS at port 8883, and of a peer that says
/// nothing at port 9.
fn host(profile: Profile) -> (Host, MqttBroker) {
    let authority = Authority::new("authority");
    let identity = authority.issue("broker.example.test");
    let tls = TlsServer::new(identity.certificate, identity.key);
    let broker = MqttBroker::new();
    let (plain, secure) = (broker.clone(), broker.clone());
    let network = MemoryNetwork::new()
        .host("broker.example.test", server(1883).ip())
        .serve(server(1883), move |_| plain.serve())
        .serve(server(8883), move |_| tls.serve(secure.serve()).unwrap())
        .serve(server(9), |_| services::record(Default::default()));
    let config = Config::new(profile)
        .with_poll(Duration::ZERO)
        .with_access_point(crate::support::SSID, crate::support::PASSWORD)
        .with_file("authority", authority.pem);
    (Host::new(config, network).joined(), broker)
}

/// What stands in front of an event.
fn lead(profile: Profile) -> &'static str {
    if profile == REFERENCE { "" } else { "\r" }
}

fn error(profile: Profile) -> &'static str {
    if profile == REFERENCE {
        "ERROR:47\r\n"
    } else {
        "ERROR:47,\"MQTT Error\"\r\n"
    }
}

fn configure(host: &mut Host, port: u16) {
    host.play(&[
        ("AT+MQTTC=1,\"broker.example.test\"", "OK\r\n"),
        (&format!("AT+MQTTC=2,{port}"), "OK\r\n"),
        ("AT+MQTTC=3,\"device1\"", "OK\r\n"),
        ("AT+MQTTC=4,\"user\"", "OK\r\n"),
        (&format!("AT+MQTTC=7,{}", u8::from(port == 8883)), "OK\r\n"),
    ]);
}

/// With a session.
fn connected(profile: Profile) -> (Host, MqttBroker) {
    let (mut host, broker) = host(profile);
    configure(&mut host, 1883);
    let lead = lead(profile);
    host.play(&[(
        "AT+MQTTCONN=1",
        &format!("OK\r\n{lead}+MQTTCONNACK:0,0\r\n{lead}+MQTTCONN:1\r\n"),
    )]);
    (host, broker)
}

/// 6.1.3
#[test]
fn the_client_is_configured() {
    host(REFERENCE).0.play(&[
        (
            "AT+MQTTC",
            "+MQTTC:1,[]\r\n+MQTTC:2,8883\r\n+MQTTC:3,\"0123F2C7C8C5D8E8B5\"\r\n\
             +MQTTC:4,[]\r\n+MQTTC:7,1\r\nOK\r\n",
        ),
        ("AT+MQTTC=1,\"test.mosquitto.org\"", "OK\r\n"),
        ("AT+MQTTC=1", "+MQTTC:1,\"test.mosquitto.org\"\r\nOK\r\n"),
        ("AT+MQTTC=2,65536", "ERROR:7\r\n"),
        ("AT+MQTTC=3,\"123456789012345678901234\"", "ERROR:7\r\n"),
        ("AT+MQTTC=5,\"secret\"", "ERROR:7\r\n"),
        ("AT+MQTTC=7,2", "ERROR:7\r\n"),
    ]);
    let (mut host, _) = host(FW);
    host.play(&[
        ("AT+MQTTC=5,\"secret\"", "OK\r\n"),
        ("AT+MQTTC=6", "+MQTTC:6,60\r\nOK\r\n"),
        ("AT+MQTTC=6,90", "OK\r\n"),
        ("AT+MQTTC=7,2", "OK\r\n"),
        (
            "AT+MQTTC=4,\"\"",
            "ERROR:7,\"Configuration Access Failed\"\r\n",
        ),
    ]);
}

/// 6.2.6 and 6.6.5
#[test]
fn connects_and_disconnects() {
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        let (mut host, broker) = connected(profile);
        let connect = &broker.connects()[0];
        assert_eq!(connect.client_id, "device1");
        assert_eq!(connect.username, "user");
        assert_eq!(connect.password, "");
        assert!(connect.clean_session);
        host.play(&[
            ("AT+MQTTCONN", "+MQTTCONN:1\r\nOK\r\n"),
            ("AT+MQTTCONN=1", error(profile)),
        ]);
        assert!(host.ask("AT+MQTTC=2,1884").starts_with("ERROR:6"));
        host.play(&[
            ("AT+MQTTDISCONN", &format!("OK\r\n{lead}+MQTTCONN:0\r\n")),
            ("AT+MQTTCONN", "+MQTTCONN:0\r\nOK\r\n"),
            ("AT+MQTTDISCONN", error(profile)),
        ]);
    }
}

#[test]
fn a_reason_is_for_the_reference_only() {
    connected(REFERENCE)
        .0
        .play(&[("AT+MQTTDISCONN=4", "OK\r\n+MQTTCONN:0\r\n")]);
    connected(FW).0.play(&[(
        "AT+MQTTDISCONN=4",
        "ERROR:5,\"Incorrect Number of Parameters\"\r\n",
    )]);
}

/// 6.5.7
#[test]
fn messages_are_published() {
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        let complete = if profile == REFERENCE {
            "+MQTTPUBCOMP"
        } else {
            "+MQTTPUBACC"
        };
        let (mut host, broker) = connected(profile);
        host.play(&[
            (
                "AT+MQTTPUB=0,1,0,\"Topic/name\",\"123456\"",
                &format!("OK\r\n{lead}+MQTTPUBACC\r\n"),
            ),
            ("AT+MQTTPUB=0,0,1,\"Topic/name\",[00FF]", "OK\r\n"),
            (
                "AT+MQTTPUB=0,2,0,\"Topic/name\",\"\\r\\n\"",
                &format!("OK\r\n{lead}{complete}\r\n"),
            ),
        ]);
        assert_eq!(
            broker.messages(),
            [
                MqttMessage::new("Topic/name", "123456").with_qos(1),
                MqttMessage::new("Topic/name", [0, 0xff]).retained(),
                MqttMessage::new("Topic/name", "\r\n").with_qos(2),
            ]
        );
        for bad in [
            "AT+MQTTPUB=0,3,0,\"t\",\"p\"",
            "AT+MQTTPUB=2,0,0,\"t\",\"p\"",
        ] {
            assert!(host.ask(bad).starts_with("ERROR:4"), "{bad}");
        }
    }
}

/// 6.3.5 and 6.4.5. The reference has nothing on messages that come.
#[test]
fn messages_are_received() {
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        let (mut host, broker) = connected(profile);
        host.play(&[(
            "AT+MQTTSUB=\"Topic/+\",2",
            &format!("OK\r\n{lead}+MQTTSUB:0\r\n"),
        )]);
        assert_eq!(broker.subscriptions(), [("Topic/+".to_owned(), 2)]);
        for qos in 0..=2 {
            broker.publish(MqttMessage::new("Topic/name", "{\"a\":1}").with_qos(qos));
            host.expect(&format!(
                "{lead}+MQTTPUB:10,\"Topic/name\",7,\"{{\"a\":1}}\"\r\n"
            ));
        }
        broker.publish(MqttMessage::new("Topic/\u{e4}", [0, 1, 0xff]));
        host.expect(&format!(
            "{lead}+MQTTPUB:8,[546F7069632FC3A4],3,[0001FF]\r\n"
        ));
        broker.publish(MqttMessage::new("Topic/name", ""));
        host.expect(&format!("{lead}+MQTTPUB:10,\"Topic/name\",0,[]\r\n"));
        host.play(&[(
            "AT+MQTTUNSUB=\"Topic/+\"",
            &format!("OK\r\n{lead}+MQTTUNSUB:1\r\n"),
        )]);
        broker.publish(MqttMessage::new("Topic/name", "x"));
        host.expect("");
    }
}

#[test]
fn the_firmware_subscribes_four_topics() {
    for (profile, told) in [(REFERENCE, "OK\r\n+MQTTSUB:0\r\n"), (FW, "OK\r\n")] {
        let (mut host, broker) = connected(profile);
        for topic in 1..=4 {
            host.ask(&format!("AT+MQTTSUB=\"{topic}\",0"));
        }
        host.play(&[("AT+MQTTSUB=\"5\",0", told)]);
        let subscribed = broker.subscriptions().len();
        assert_eq!(subscribed, if profile == FW { 4 } else { 5 });
    }
}

#[test]
fn a_filter_can_be_refused() {
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        connected(profile).0.play(&[(
            "AT+MQTTSUB=\"#/a\",0",
            &format!("OK\r\n{lead}+MQTTSUB:1\r\n"),
        )]);
    }
}

#[test]
fn without_a_session_there_is_nothing_to_ask_for() {
    for profile in Profile::MICROCHIP {
        let (mut host, _) = host(profile);
        for line in [
            "AT+MQTTCONN=1",
            "AT+MQTTSUB=\"t\",0",
            "AT+MQTTUNSUB=\"t\"",
            "AT+MQTTPUB=0,0,0,\"t\",\"p\"",
            "AT+MQTTDISCONN",
        ] {
            host.play(&[(line, error(profile))]);
        }
    }
}

#[test]
fn one_request_at_a_time() {
    let (mut host, broker) = connected(FW);
    broker.mute();
    host.write(b"AT+MQTTSUB=\"t\",0\r\n");
    host.simulation.advance(Duration::from_millis(100));
    host.write(b"AT+MQTTPUB=0,0,0,\"t\",\"p\"\r\n");
    host.simulation.advance(Duration::from_millis(100));
    assert_eq!(host.read(), b"OK\r\nERROR:47,\"MQTT Error\"\r\n");
    host.expect("\r+MQTTSUB:1\r\n\r+MQTTCONN:0\r\n");
}

#[test]
fn a_mute_broker_is_given_up() {
    for (profile, subscribed, published) in [
        (REFERENCE, "OK\r\n+MQTTSUB:1\r\n", "OK\r\n+MQTTPUBERR\r\n"),
        (
            FW,
            "OK\r\n\r+MQTTSUB:1\r\n\r+MQTTCONN:0\r\n",
            "OK\r\n\r+MQTTPUBERR\r\n\r+MQTTCONN:0\r\n",
        ),
    ] {
        let (mut host, broker) = connected(profile);
        broker.mute();
        host.play(&[("AT+MQTTSUB=\"t\",0", "OK\r\n")]);
        assert_eq!(format!("OK\r\n{}", host.wait()), subscribed);
        let (mut host, broker) = connected(profile);
        broker.mute();
        host.play(&[("AT+MQTTPUB=0,1,0,\"t\",\"p\"", "OK\r\n")]);
        assert_eq!(format!("OK\r\n{}", host.wait()), published);
    }
}

#[test]
fn a_broker_may_refuse() {
    for (profile, told) in [
        (REFERENCE, "OK\r\n+MQTTCONNACK:0,5\r\n+MQTTCONN:0\r\n"),
        (
            FW,
            "OK\r\n\r+MQTTCONNACK:1,1\r\n\r+MQTTCONN:0\r\n\r+MQTTCONN:0\r\n",
        ),
    ] {
        let (mut host, broker) = host(profile);
        configure(&mut host, 1883);
        broker.answer_with(5);
        host.play(&[("AT+MQTTCONN=1", told)]);
    }
}

#[test]
fn there_may_be_no_broker() {
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        for (address, port) in [("broker.example.test", 1), ("nowhere.example.test", 1883)] {
            let (mut host, _) = host(profile);
            configure(&mut host, port);
            host.ask(&format!("AT+MQTTC=1,\"{address}\""));
            host.play(&[("AT+MQTTCONN=1", &format!("OK\r\n{lead}+MQTTCONN:0\r\n"))]);
        }
        let (mut host, _) = host(profile);
        configure(&mut host, 9);
        let told = host.ask("AT+MQTTCONN=1") + &host.wait();
        assert!(told.ends_with("+MQTTCONN:0\r\n"), "{told:?}");
    }
}

#[test]
fn a_session_may_end() {
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        let (mut host, broker) = connected(profile);
        broker.disconnect_all();
        host.expect(&format!("{lead}+MQTTCONN:0\r\n"));
        let (mut host, _) = connected(profile);
        host.simulation.lose_link();
        let told = host.wait();
        assert!(told.contains(&format!("{lead}+WSTALD")), "{told:?}");
        assert!(told.contains(&format!("{lead}+MQTTCONN:0\r\n")), "{told:?}");
        host.play(&[("AT+MQTTCONN=1", &offline(profile))]);
    }
}

fn offline(profile: Profile) -> String {
    if profile == REFERENCE {
        "ERROR:9\r\n".to_owned()
    } else {
        "ERROR:9,\"STA Not Connected\"\r\n".to_owned()
    }
}

#[test]
fn the_session_is_kept_alive() {
    let (mut host, broker) = connected(REFERENCE);
    host.simulation.advance(Duration::from_secs(600));
    host.play(&[("AT+MQTTCONN", "+MQTTCONN:1\r\nOK\r\n")]);
    broker.mute();
    host.simulation.advance(Duration::from_secs(121));
    assert_eq!(host.read(), b"+MQTTCONN:0\r\n");
}

#[test]
fn the_session_may_be_in_tls() {
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        let (mut host, broker) = host(profile);
        configure(&mut host, 8883);
        host.ask("AT+TLSC=1,1,\"authority\"");
        host.ask("AT+TLSC=1,5,\"broker.example.test\"");
        host.play(&[
            (
                "AT+MQTTCONN=1",
                &format!("OK\r\n{lead}+MQTTCONNACK:0,0\r\n{lead}+MQTTCONN:1\r\n"),
            ),
            ("AT+MQTTSUB=\"t\",1", &format!("OK\r\n{lead}+MQTTSUB:0\r\n")),
        ]);
        broker.publish(MqttMessage::new("t", "hello"));
        host.expect(&format!("{lead}+MQTTPUB:1,\"t\",5,\"hello\"\r\n"));
    }
}
