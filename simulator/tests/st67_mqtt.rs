//! The MQTT client of the ST67W611M1: chapter 5 of ST's reference, and what the firmware makes of
//! it.

use std::time::Duration;

use crate::support::certificates::Authority;
use crate::support::{Host, server};
use atwifi_simulator::services::{MqttBroker, MqttMessage, TlsServer};
use atwifi_simulator::{Config, Faults, MemoryNetwork, Profile, services};

const REFERENCE: Profile = Profile::St67Reference;
const FW: Profile = Profile::St67Fw2_0_75;
const OK: &str = "\r\nOK\r\n";
const ERROR: &str = "\r\nERROR\r\n";
const CONNECT: &str = "AT+MQTTCONN=0,\"broker.example.test\",1883,0";

/// A module in reach of a broker at port 1883, of one with TLS at port 8883, and of a peer that says
/// nothing at port 9.
fn host_with(profile: Profile, faults: Faults) -> (Host, MqttBroker) {
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
        .with_access_point(crate::support::SSID, crate::support::PASSWORD)
        .with_faults(faults)
        .with_file("ca.crt", authority.pem);
    (Host::new(config, network).joined(), broker)
}

fn host(profile: Profile) -> (Host, MqttBroker) {
    host_with(profile, Faults::default())
}

/// What stands in front of `OK`.
fn lead(profile: Profile) -> &'static str {
    if profile == REFERENCE { "" } else { "\r\n" }
}

fn ok(profile: Profile) -> String {
    format!("{}OK\r\n", lead(profile))
}

fn error(profile: Profile) -> String {
    format!("{}ERROR\r\n", lead(profile))
}

fn with_ok(profile: Profile, row: &str) -> String {
    format!("{row}\r\n{}", ok(profile))
}

/// Plays lines that are answered with nothing but `OK`.
#[track_caller]
fn accepts(host: &mut Host, profile: Profile, lines: &[&str]) {
    for line in lines {
        host.play(&[(line, &ok(profile))]);
    }
}

/// A module with a session.
fn connected_with(profile: Profile, faults: Faults) -> (Host, MqttBroker) {
    let (mut host, broker) = host_with(profile, faults);
    let configure = "AT+MQTTUSERCFG=0,0,\"device1\",\"user\",\"123456789\"";
    accepts(&mut host, profile, &[configure]);
    let ok = ok(profile);
    let told = if profile == REFERENCE {
        format!("{ok}+MQTT:CONNECTED,0\r\n")
    } else {
        format!("+MQTT:CONNECTED,0\r\n{ok}")
    };
    host.play(&[(CONNECT, &told)]);
    (host, broker)
}

fn connected(profile: Profile) -> (Host, MqttBroker) {
    connected_with(profile, Faults::default())
}

/// 5.1.1
#[test]
fn the_user_is_configured() {
    for profile in Profile::ST67 {
        let (mut host, _) = host(profile);
        let row = "+MQTTUSERCFG:0,4,\"ST67W611M\",\"user\",\"123456789\",\"client_1.crt\",\"client_1.key\",\"ca_1.crt\"";
        accepts(
            &mut host,
            profile,
            &[
                "AT+MQTTUSERCFG=0,4,\"ST67W611M\",\"user\",\"123456789\",\"client_1.crt\",\"client_1.key\",\"ca_1.crt\"",
            ],
        );
        host.play(&[
            ("AT+MQTTUSERCFG?", &with_ok(profile, row)),
            (
                "AT+MQTTCLIENTID?",
                &with_ok(profile, "+MQTTCLIENTID:0,\"ST67W611M\""),
            ),
            (
                "AT+MQTTUSERNAME?",
                &with_ok(profile, "+MQTTUSERNAME:0,\"user\""),
            ),
            (
                "AT+MQTTPASSWORD?",
                &with_ok(profile, "+MQTTPASSWORD:0,\"123456789\""),
            ),
            ("AT+MQTTCONN?", &with_ok(profile, "+MQTTCONN:0,1,4,\"\",,0")),
        ]);
        for bad in [
            "AT+MQTTUSERCFG=1,0,\"a\",\"b\",\"c\"",
            "AT+MQTTUSERCFG=0,\"0\",\"a\",\"b\",\"c\"",
            "AT+MQTTUSERCFG=0,0,\"123456789012345678901234\",\"b\",\"c\"",
            "AT+MQTTUSERCFG=0,2,\"a\",\"b\",\"c\"",
            "AT+MQTTUSERCFG=0,3,\"a\",\"b\",\"c\",\"cert\"",
            "AT+MQTTUSERCFG=0,0",
        ] {
            host.play(&[(bad, &error(profile))]);
        }
    }
}

/// 5.1.2 to 5.1.4
#[test]
fn texts_can_be_given_behind_a_prompt() {
    for (profile, prompt, done) in [
        (REFERENCE, "OK\r\n>", "Recv 8 bytes\r\nOK\r\n"),
        (FW, "\r\nOK\r\n\r\n>", "Recv 8 bytes\r\n\r\nSEND OK\r\n"),
    ] {
        let (mut host, _) = host(profile);
        for name in ["CLIENTID", "USERNAME", "PASSWORD"] {
            host.play(&[(&format!("AT+MQTT{name}=0,8"), prompt)]);
            host.write(b"a\",\\b\r\n");
            host.write(b"c");
            host.expect(done);
            let row = format!("+MQTT{name}:0,\"a\",\\b\r\nc\"");
            host.play(&[(&format!("AT+MQTT{name}?"), &with_ok(profile, &row))]);
            for bad in ["0,0", "0,129", "1,5", "0"] {
                host.play(&[(&format!("AT+MQTT{name}={bad}"), &error(profile))]);
            }
        }
        for name in ["CLIENTID", "USERNAME", "PASSWORD"] {
            let told = host.ask(&format!("AT+MQTTLONG{name}=0,1"));
            assert_eq!(told, if profile == REFERENCE { prompt } else { ERROR });
            host.write(b"x");
            host.wait();
        }
        assert!(host.ask("AT+MQTTCLIENTID=0,24").contains("ERROR"));
    }
}

/// 5.1.5
#[test]
fn the_connection_is_configured() {
    let (mut host, _) = host(REFERENCE);
    host.play(&[
        (
            "AT+MQTTCONNCFG?",
            "+MQTTCONNCFG:0,0,0,\"\",\"\",0,0\r\nOK\r\n",
        ),
        ("AT+MQTTCONNCFG=0,0,0,\"\",\"\",0,0", "OK\r\n"),
        ("AT+MQTTCONNCFG=0,7200,1,\"lwt\",\"gone\",2,1", "OK\r\n"),
        (
            "AT+MQTTCONNCFG?",
            "+MQTTCONNCFG:0,7200,1,\"lwt\",\"gone\",2,1\r\nOK\r\n",
        ),
        ("AT+MQTTCONN?", "+MQTTCONN:0,2,0,\"\",,0\r\nOK\r\n"),
        ("AT+MQTTCONNCFG=0,7201,1,\"lwt\",\"gone\",2,1", "ERROR\r\n"),
        ("AT+MQTTCONNCFG=0,60,1,\"lwt\",\"gone\",3,1", "ERROR\r\n"),
        ("AT+MQTTCONNCFG=0,60,1,\"lwt\",\"gone\",2", "ERROR\r\n"),
    ]);
}

#[test]
fn the_firmware_tells_the_opposite_of_the_session() {
    let (mut host, _) = host(FW);
    host.play(&[
        ("AT+MQTTCONNCFG=0,60,0,\"lwt\",\"gone\",1,0", OK),
        (
            "AT+MQTTCONNCFG?",
            "+MQTTCONNCFG:0,60,1,\"lwt\",\"gone\",1,0\r\n\r\nOK\r\n",
        ),
        ("AT+MQTTCONNCFG=0,0,0,\"lwt\",\"gone\",1,0", ERROR),
    ]);
}

/// 5.1.6 and 5.1.7
#[test]
fn tls_is_configured() {
    for profile in Profile::ST67 {
        let name = "my_specific_prefix.iot.my_aws_region.amazonaws.com";
        let quote = if profile == FW { "" } else { "\"" };
        let (mut host, _) = host(profile);
        accepts(
            &mut host,
            profile,
            &[
                "AT+MQTTALPN=0,2,\"mqtt-ca.cn\",\"mqtt-ca.us\"",
                &format!("AT+MQTTSNI=0,\"{name}\""),
            ],
        );
        host.play(&[
            (
                "AT+MQTTALPN?",
                &with_ok(profile, "+MQTTALPN:0,\"mqtt-ca.cn\",\"mqtt-ca.us\""),
            ),
            (
                "AT+MQTTSNI?",
                &with_ok(profile, &format!("+MQTTSNI:0,{quote}{name}{quote}")),
            ),
        ]);
        accepts(&mut host, profile, &["AT+MQTTALPN=0,0"]);
        host.play(&[
            ("AT+MQTTALPN?", &with_ok(profile, "+MQTTALPN:0")),
            ("AT+MQTTALPN=0,2,\"one\"", &error(profile)),
            ("AT+MQTTALPN=0,7", &error(profile)),
            ("AT+MQTTSNI=1,\"a\"", &error(profile)),
        ]);
    }
}

/// 5.1.8 and 5.1.13
#[test]
fn connects_and_cleans_up() {
    for profile in Profile::ST67 {
        let (mut host, broker) = connected(profile);
        let connect = &broker.connects()[0];
        assert_eq!(connect.client_id, "device1");
        assert_eq!(connect.username, "user");
        assert_eq!(connect.password, "123456789");
        assert_eq!(connect.keep_alive, 120);
        assert!(connect.clean_session);
        let state = if profile == REFERENCE { 5 } else { 4 };
        let row = format!("+MQTTCONN:0,{state},0,\"broker.example.test\",1883,0");
        host.play(&[
            ("AT+MQTTCONN?", &with_ok(profile, &row)),
            (CONNECT, &error(profile)),
        ]);
        if profile == REFERENCE {
            host.play(&[
                ("AT+MQTTCLEAN=0", "OK\r\n"),
                ("AT+MQTTCONN?", "+MQTTCONN:0,0,0,\"\",,0\r\nOK\r\n"),
                (CONNECT, "ERROR\r\n"),
            ]);
        } else {
            host.play(&[
                ("AT+MQTTCLEAN=0", "+MQTT:DISCONNECTED,0\r\n\r\nOK\r\n"),
                ("AT+MQTTCONN?", "+MQTTCONN:0,3,0,\"\",,0\r\n\r\nOK\r\n"),
                (CONNECT, "+MQTT:CONNECTED,0\r\n\r\nOK\r\n"),
            ]);
        }
    }
}

#[test]
fn there_may_be_no_broker() {
    for line in [
        "AT+MQTTCONN=0,\"nowhere.example.test\",1883,0",
        "AT+MQTTCONN=0,\"broker.example.test\",1,0",
    ] {
        let (mut reference, _) = host(REFERENCE);
        reference.ask("AT+MQTTUSERCFG=0,0,\"a\",\"b\",\"c\"");
        reference.play(&[(line, "OK\r\n+MQTT:DISCONNECTED,0\r\n")]);
        let (mut firmware, _) = host(FW);
        firmware.play(&[(line, ERROR), (CONNECT, "+MQTT:CONNECTED,0\r\n\r\nOK\r\n")]);
    }
}

#[test]
fn a_broker_may_refuse() {
    for (profile, told) in [
        (REFERENCE, "OK\r\n+MQTT:DISCONNECTED,0\r\n"),
        (
            FW,
            "+MQTT:CONNECTED,0\r\n\r\nOK\r\n+MQTT:DISCONNECTED,0\r\n",
        ),
    ] {
        let (mut host, broker) = host(profile);
        broker.answer_with(5);
        host.ask("AT+MQTTUSERCFG=0,0,\"a\",\"b\",\"c\"");
        host.play(&[(CONNECT, told)]);
    }
}

#[test]
fn a_client_may_connect_by_itself() {
    for profile in Profile::ST67 {
        let (mut host, broker) = host(profile);
        host.ask("AT+MQTTUSERCFG=0,0,\"a\",\"b\",\"c\"");
        let connected = format!("{}+MQTT:CONNECTED,0\r\n", ok(profile));
        host.play(&[("AT+MQTTCONN=0,\"broker.example.test\",1883,1", &connected)]);
        broker.disconnect_all();
        host.expect("+MQTT:DISCONNECTED,0\r\n+MQTT:CONNECTED,0\r\n");
        host.ask("AT+MQTTCLEAN=0");
        broker.disconnect_all();
        host.expect("");
        assert_eq!(broker.connects().len(), 2);
    }
}

#[test]
fn a_session_that_is_over_must_be_cleaned_up() {
    let (mut host, broker) = connected(REFERENCE);
    broker.disconnect_all();
    host.expect("+MQTT:DISCONNECTED,0\r\n");
    host.play(&[
        (
            "AT+MQTTCONN?",
            "+MQTTCONN:0,3,0,\"broker.example.test\",1883,0\r\nOK\r\n",
        ),
        (CONNECT, "ERROR\r\n"),
        ("AT+MQTTCLEAN=0", "OK\r\n"),
        ("AT+MQTTUSERCFG=0,0,\"a\",\"b\",\"c\"", "OK\r\n"),
        (CONNECT, "OK\r\n+MQTT:CONNECTED,0\r\n"),
    ]);
}

/// 5.1.9
#[test]
fn messages_are_published() {
    for profile in Profile::ST67 {
        let (mut host, broker) = connected(profile);
        accepts(
            &mut host,
            profile,
            &[
                "AT+MQTTPUB=0,\"topic\",\"\\\"{\\\"timestamp\\\":\\\"20201121085253\\\"}\\\"\",0,0",
                "AT+MQTTPUB=0,\"topic\",\"\",2,1",
            ],
        );
        let second = MqttMessage::new("topic", "");
        let second = if [FW, Profile::St67Fw2_0_89].contains(&profile) {
            second
        } else {
            second.with_qos(2).retained()
        };
        let first = MqttMessage::new("topic", "\"{\"timestamp\":\"20201121085253\"}\"");
        assert_eq!(broker.messages(), [first, second]);
        for bad in [
            "AT+MQTTPUB=0,\"topic\",\"x\",3,0",
            "AT+MQTTPUB=0,\"topic\",\"x\",0,2",
            "AT+MQTTPUB=1,\"topic\",\"x\",0,0",
            "AT+MQTTPUB=0,\"topic\",\"x\",0",
        ] {
            host.play(&[(bad, &error(profile))]);
        }
    }
}

/// 5.1.10
#[test]
fn any_bytes_are_published() {
    let payload: Vec<u8> = (0..=255).cycle().take(1470).collect();
    for (profile, prompt, done) in [
        (REFERENCE, "OK\r\n>", "Recv 1470 bytes\r\nSEND OK\r\n"),
        (
            // 2.0.75 ends at a NUL.
            Profile::St67Fw2_0_89,
            "\r\nOK\r\n\r\n>",
            "Recv 1470 bytes\r\n\r\nSEND OK\r\n",
        ),
    ] {
        let (mut host, broker) = connected(profile);
        host.play(&[("AT+MQTTPUBRAW=0,\"topic\",1470,0,0", prompt)]);
        host.write(&payload);
        host.expect(done);
        assert_eq!(
            broker.messages(),
            [MqttMessage::new("topic", payload.clone())]
        );
        for bad in ["0,\"topic\",0,0,0", "0,\"topic\",-1,0,0", "0,\"topic\",1,0"] {
            host.play(&[(&format!("AT+MQTTPUBRAW={bad}"), &error(profile))]);
        }
    }
    let (mut host, broker) = connected(FW);
    host.ask("AT+MQTTPUBRAW=0,\"topic\",1600,0,0");
    host.write(&[1; 1600]);
    host.expect("Recv 1600 bytes\r\n\r\nSEND FAIL\r\n");
    assert!(broker.messages().is_empty());
}

/// 5.1.11 and 5.1.12
#[test]
fn topics_are_subscribed() {
    for profile in Profile::ST67 {
        let (quote, separator) = if profile == REFERENCE {
            ("\"", ',')
        } else {
            ("", ':')
        };
        let (mut host, broker) = connected(profile);
        accepts(
            &mut host,
            profile,
            &["AT+MQTTSUB=0,\"a/+\",1", "AT+MQTTSUB=0,\"b\",0"],
        );
        assert_eq!(
            broker.subscriptions(),
            [("a/+".to_owned(), 1), ("b".to_owned(), 0)]
        );
        let rows = format!("+MQTTSUB:0,6,{quote}a/+{quote},1\r\n+MQTTSUB:0,6,{quote}b{quote},0");
        host.play(&[
            ("AT+MQTTSUB?", &with_ok(profile, &rows)),
            (
                "AT+MQTTSUB=0,\"b\",2",
                &with_ok(profile, &format!("+MQTTSUB{separator}ALREADY_SUBSCRIBE")),
            ),
            ("AT+MQTTSUB=0,\"c\",3", &error(profile)),
        ]);
        for payload in [&b"hello"[..], b"", b"\r\nOK\r\n", &[1, 2, 0xff, b'\n']] {
            broker.publish(MqttMessage::new("a/b", payload).with_qos(2));
            host.simulation.advance(crate::support::LONG);
            let head = format!("+MQTT:SUBRECV{separator}0,3,{},\"a/b\",", payload.len());
            let line = [head.as_bytes(), payload, b"\r\n"].concat();
            assert_eq!(host.read(), line);
        }
        accepts(&mut host, profile, &["AT+MQTTUNSUB=0,\"a/+\""]);
        host.play(&[(
            "AT+MQTTUNSUB=0,\"a/+\"",
            &with_ok(profile, "+MQTTUNSUB:NO_UNSUBSCRIBE"),
        )]);
        broker.publish(MqttMessage::new("a/b", "x"));
        host.expect("");
        let state = if profile == REFERENCE { 6 } else { 5 };
        let row = format!("+MQTTSUB:0,{state},{quote}b{quote},0");
        host.play(&[("AT+MQTTSUB?", &with_ok(profile, &row))]);
    }
}

#[test]
fn large_messages_come_whole() {
    let payload = vec![b'x'; 1500];
    for profile in Profile::ST67 {
        let (mut host, broker) = connected(profile);
        accepts(&mut host, profile, &["AT+MQTTSUB=0,\"t\",0"]);
        broker.publish(MqttMessage::new("t", payload.clone()));
        let told = host.wait();
        assert!(told.ends_with(&format!(
            "0,1,1500,\"t\",{}\r\n",
            String::from_utf8_lossy(&payload)
        )));
    }
    let (mut host, broker) = connected(FW);
    host.ask("AT+MQTTSUB=0,\"t\",0");
    broker.publish(MqttMessage::new("t", vec![b'x'; 1600]));
    host.expect("+MQTT:DISCONNECTED,0\r\n");
}

#[test]
fn firmware_2_0_75_cuts_messages_at_zero_and_others_may() {
    for (profile, cut_messages_at_zero, is_cut) in [
        (FW, false, true),
        (Profile::St67Fw2_0_89, false, false),
        (Profile::St67Fw2_0_89, true, true),
    ] {
        let faults = Faults {
            cut_messages_at_zero,
            ..Faults::default()
        };
        let (mut host, broker) = connected_with(profile, faults);
        host.ask("AT+MQTTSUB=0,\"t\",0");
        broker.publish(MqttMessage::new("t", *b"ab\0cd"));
        let payload = if is_cut { "ab" } else { "ab\0cd" };
        host.expect(&format!("+MQTT:SUBRECV:0,1,5,\"t\",{payload}\r\n"));
        host.ask("AT+MQTTPUBRAW=0,\"u\",5,0,0");
        host.write(b"ab\0cd");
        host.wait();
        assert_eq!(broker.messages(), [MqttMessage::new("u", payload)]);
    }
}

#[test]
fn only_so_many_topics() {
    let (mut host, _) = connected(FW);
    for topic in 0..32 {
        host.play(&[(&format!("AT+MQTTSUB=0,\"{topic}\",0"), OK)]);
    }
    host.play(&[("AT+MQTTSUB=0,\"one more\",0", ERROR)]);
}

#[test]
fn without_a_session_there_is_nothing_to_ask_for() {
    for profile in Profile::ST67 {
        let (mut host, _) = host(profile);
        for line in [
            "AT+MQTTPUB=0,\"t\",\"x\",0,0",
            "AT+MQTTPUBRAW=0,\"t\",1,0,0",
            "AT+MQTTSUB=0,\"t\",0",
            "AT+MQTTUNSUB=0,\"t\"",
        ] {
            host.play(&[(line, &error(profile))]);
        }
        host.play(&[("AT+MQTTSUB?", &ok(profile))]);
    }
}

#[test]
fn a_will_is_published_when_the_link_is_lost() {
    for profile in Profile::ST67 {
        let (mut host, broker) = host(profile);
        accepts(
            &mut host,
            profile,
            &[
                "AT+MQTTUSERCFG=0,0,\"a\",\"b\",\"c\"",
                "AT+MQTTCONNCFG=0,60,1,\"lwt\",\"gone\",1,1",
            ],
        );
        host.ask(CONNECT);
        let connect = &broker.connects()[0];
        let will = MqttMessage::new("lwt", "gone").with_qos(1).retained();
        assert_eq!(connect.will.as_ref(), Some(&will));
        assert!(!connect.clean_session);
        host.simulation.lose_link();
        let told = host.wait();
        assert!(told.contains("+MQTT:DISCONNECTED,0\r\n"), "{told:?}");
        assert_eq!(broker.messages(), [will]);
    }
}

#[test]
fn the_session_may_be_in_tls() {
    for profile in Profile::ST67 {
        let (mut host, broker) = host(profile);
        accepts(
            &mut host,
            profile,
            &[
                "AT+MQTTUSERCFG=0,2,\"a\",\"b\",\"c\",,,\"ca.crt\"",
                "AT+MQTTSNI=0,\"broker.example.test\"",
            ],
        );
        let told = host.ask("AT+MQTTCONN=0,\"broker.example.test\",8883,0");
        assert!(told.contains("+MQTT:CONNECTED,0\r\n"), "{told:?}");
        accepts(&mut host, profile, &["AT+MQTTPUB=0,\"t\",\"x\",0,0"]);
        assert_eq!(broker.messages(), [MqttMessage::new("t", "x")]);
    }
}

#[test]
fn a_mute_broker_is_given_up() {
    let (mut host, _) = host(REFERENCE);
    host.ask("AT+MQTTUSERCFG=0,0,\"a\",\"b\",\"c\"");
    host.play(&[("AT+MQTTCONN=0,\"broker.example.test\",9,0", "OK\r\n")]);
    host.simulation.advance(Duration::from_secs(30));
    assert_eq!(host.read(), b"+MQTT:DISCONNECTED,0\r\n");
}
