//! Chapter 6, "MQTT commands", with its events.

use atwifi::microchip::command::{Rows, mqtt::*};
use atwifi::microchip::{Event, Microchip, Secret, Text};
use atwifi::{Ranged, Reported, Switch};
use atwifi_simulator::{Profile, Simulation};

use super::evidence::Chapter;
use super::microchip::{Module, hear, hear_of, hear_own, row, rows};
use crate::common::{MQTT, NAME, PASSWORD, SSID};

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    parameters(&mut chapter);
    connection(&mut chapter);
    topics(&mut chapter);
    events(&mut chapter);
    chapter
}

fn parameters(chapter: &mut Chapter) {
    let all = GetMqttParameters { parameter: None };
    let one = |parameter| GetMqttParameters {
        parameter: Some(parameter),
    };
    chapter
        .row("AT+MQTTC[=<param_id>]")
        .writes(&all, "AT+MQTTC")
        .writes(&one(MqttParameterId::TlsIndex), "AT+MQTTC=7")
        .reads(
            &all,
            "+MQTTC:1,[]\r\n+MQTTC:2,8883\r\n+MQTTC:3,\"0123F2C7C8C5D8E8B5\"\r\n\
             +MQTTC:4,[]\r\n+MQTTC:7,1\r\n",
            Rows { count: 5 },
        )
        .refuses(&all, "+MQTTC:1\r\n")
        .greatest(&one(MqttParameterId::TlsIndex))
        .talks::<Microchip>(move |module, _| {
            let rows = rows(module, &all);
            for value in [MqttRow::Port(8883), MqttRow::TlsIndex(1)] {
                assert!(rows.iter().any(|row| MqttRow::parse(row) == Some(value)));
            }
        });

    let set = |parameter| ConfigureMqtt { parameter };
    let broker = move |name| set(MqttParameter::Broker(Text::new(name).unwrap()));
    let username = |name| set(MqttParameter::Username(Text::new(name).unwrap()));
    let password = |text| set(MqttParameter::Password(Secret::new(text).unwrap()));
    chapter
        .row("AT+MQTTC=<param_id>,<param_val>")
        .obeys(
            &broker(b"test.mosquitto.org"),
            "AT+MQTTC=1,\"test.mosquitto.org\"",
        )
        .obeys(
            &set(MqttParameter::Port(Ranged::constant::<1883>())),
            "AT+MQTTC=2,1883",
        )
        .obeys(
            &set(MqttParameter::ClientId(Text::new(b"device1").unwrap())),
            "AT+MQTTC=3,\"device1\"",
        )
        .obeys(&username(b"user"), "AT+MQTTC=4,\"user\"")
        .obeys(&password(b"pass\xff"), "AT+MQTTC=5,[70617373FF]")
        .obeys(&set(MqttParameter::KeepAliveS(60)), "AT+MQTTC=6,60")
        .obeys(&set(MqttParameter::TlsIndex(Ranged::MIN)), "AT+MQTTC=7,0")
        .greatest(&broker(&[0; 64]))
        .greatest(&username(&[b'x'; 128]))
        .greatest(&password(&[b'x'; 198]))
        .talks::<Microchip>(move |module, _| {
            module.command(&broker(b"a \"broker\"")).unwrap();
            let row = row(module, &one(MqttParameterId::Broker));
            assert!(matches!(
                MqttRow::parse(&row),
                Some(MqttRow::Broker(name)) if name.is(b"a \"broker\"")
            ));
        });
}

/// Joins, and connects to the broker.
fn connect(module: &mut Module<'_>, simulation: &Simulation) {
    module.join(SSID, PASSWORD).unwrap();
    let parameters = [
        MqttParameter::Broker(Text::new(NAME.as_bytes()).unwrap()),
        MqttParameter::Port(Ranged::new(MQTT).unwrap()),
        MqttParameter::TlsIndex(Ranged::MIN),
    ];
    for parameter in parameters {
        module.command(&ConfigureMqtt { parameter }).unwrap();
    }
    let clean = CleanSession::Yes;
    module.command(&ConnectMqtt { clean }).unwrap();
    hear_of(module, simulation, atwifi::Event::MqttConnected);
}

fn connection(chapter: &mut Chapter) {
    let state = |is_connected| MqttConnection { is_connected };
    chapter
        .row("AT+MQTTCONN")
        .writes(&GetMqttConnection, "AT+MQTTCONN")
        .reads(&GetMqttConnection, "+MQTTCONN:0\r\n", state(false))
        .reads(&GetMqttConnection, "+MQTTCONN:1\r\n", state(true))
        .refuses(&GetMqttConnection, "+MQTTCONN:2\r\n")
        .greatest(&GetMqttConnection)
        .talks::<Microchip>(move |module, simulation| {
            assert_eq!(module.command(&GetMqttConnection), Ok(state(false)));
            connect(module, simulation);
            assert_eq!(module.command(&GetMqttConnection), Ok(state(true)));
        });

    let clean = ConnectMqtt {
        clean: CleanSession::Yes,
    };
    chapter
        .row("AT+MQTTCONN[=<CLEAN>]")
        .obeys(&clean, "AT+MQTTCONN=1")
        .greatest(&clean)
        .talks::<Microchip>(connect);

    let disconnect = DisconnectMqtt { reason: None };
    let because = DisconnectMqtt { reason: Some(4) };
    chapter
        .row("AT+MQTTDISCONN[=<REASON_CODE>]")
        .obeys(&disconnect, "AT+MQTTDISCONN")
        .obeys(&because, "AT+MQTTDISCONN=4")
        .greatest(&DisconnectMqtt {
            reason: Some(u8::MAX),
        })
        .talks::<Microchip>(move |module, simulation| {
            connect(module, simulation);
            module.command(&disconnect).unwrap();
            hear_of(module, simulation, atwifi::Event::MqttDisconnected);
        });
}

/// Subscribes to the topic of the examples.
fn subscribe(module: &mut Module<'_>, simulation: &Simulation) {
    let subscribe = Subscribe {
        topic: Text::new(b"Topic/name").unwrap(),
        max_qos: Qos::AtMostOnce,
    };
    module.command(&subscribe).unwrap();
    hear_own(module, simulation, Event::MqttSubscribed(Ok(())));
}

fn topics(chapter: &mut Chapter) {
    let subscription = |topic, max_qos| Subscribe {
        topic: Text::new(topic).unwrap(),
        max_qos,
    };
    chapter
        .row("AT+MQTTSUB=<TOPIC_NAME>,<MAX_QOS>")
        // The example has no quality; firmware needs it.
        .obeys(
            &subscription(b"Topic/name", Qos::ExactlyOnce),
            "AT+MQTTSUB=\"Topic/name\",2",
        )
        .greatest(&subscription(&[b'x'; 128], Qos::ExactlyOnce))
        .greatest(&subscription(&[0; 99], Qos::ExactlyOnce))
        .talks::<Microchip>(|module, simulation| {
            connect(module, simulation);
            subscribe(module, simulation);
        });

    let unsubscribe = |topic| Unsubscribe {
        topic: Text::new(topic).unwrap(),
    };
    chapter
        .row("AT+MQTTUNSUB=<TOPIC_NAME>")
        .obeys(&unsubscribe(b"Topic/name"), "AT+MQTTUNSUB=\"Topic/name\"")
        .greatest(&unsubscribe(&[b'x'; 128]))
        .talks::<Microchip>(move |module, simulation| {
            connect(module, simulation);
            subscribe(module, simulation);
            module.command(&unsubscribe(b"Topic/name")).unwrap();
            hear_own(module, simulation, Event::MqttUnsubscribed(1));
        });

    let message = Publish::new(b"Topic/name", b"123456").unwrap();
    let surely = message.with_qos(Qos::AtLeastOnce);
    chapter
        .row("AT+MQTTPUB=<DUP>,<QOS>,<RETAIN>,<TOPIC_NAME>,<TOPIC_PAYLOAD>")
        .obeys(&surely, "AT+MQTTPUB=0,1,0,\"Topic/name\",\"123456\"")
        .obeys(
            &message.retained().repeated(),
            "AT+MQTTPUB=1,0,1,\"Topic/name\",\"123456\"",
        )
        .greatest(&Publish::new(&[b't'; 33], &[b'x'; 198]).unwrap())
        .greatest(&Publish::new(&[b't'; 128], &[b'x'; 103]).unwrap())
        .talks::<Microchip>(move |module, simulation| {
            connect(module, simulation);
            subscribe(module, simulation);
            for payload in [&b"{\"delay\":\"PT5S\"}"[..], b"a\r\nOK\r\n", b"\0\xff", b""] {
                module
                    .command(&Publish::new(b"Topic/name", payload).unwrap())
                    .unwrap();
                let is_same = hear(module, simulation, |event| match event {
                    Event::MqttMessage {
                        topic,
                        payload: heard,
                    } => Some(topic.is(b"Topic/name") && heard.is(payload)),
                    _ => None,
                });
                assert!(is_same, "{payload:?}: {}", simulation.transcript());
            }
        });
    assert!(Publish::new(b"", b"x").is_err());
    assert!(Publish::new(&[b't'; 34], &[b'x'; 198]).is_err());
}

/// Publishes the message of the examples.
fn publish(module: &mut Module<'_>, qos: Qos) {
    let message = Publish::new(b"Topic/name", b"123456").unwrap();
    module.command(&message.with_qos(qos)).unwrap();
}

fn events(chapter: &mut Chapter) {
    let accepted = Event::MqttConnectAck { flags: 0, code: 0 };
    chapter
        .row("+MQTTCONNACK:<CONNACK_FLAGS>,<RETURN_CODE>")
        .tells("+MQTTCONNACK:0,0", |line| {
            Event::parse(line) == Some(accepted)
        })
        .talks::<Microchip>(connect);

    chapter
        .row("+MQTTCONN:<CONN_STATE>")
        .tells("+MQTTCONN:1", |line| {
            Event::parse(line) == Some(connected(Switch::On))
        })
        .tells("+MQTTCONN:0", |line| {
            Event::parse(line) == Some(connected(Switch::Off))
        })
        .talks::<Microchip>(connect);

    chapter
        .row("+MQTTSUB:<REASON_CODE>")
        .tells("+MQTTSUB:0", |line| {
            Event::parse(line) == Some(Event::MqttSubscribed(Ok(())))
        })
        .tells("+MQTTSUB:1", |line| {
            Event::parse(line) == Some(Event::MqttSubscribed(Err(1)))
        })
        .talks::<Microchip>(|module, simulation| {
            connect(module, simulation);
            subscribe(module, simulation);
        });

    chapter
        .row("+MQTTUNSUB:<RESULT>")
        .tells("+MQTTUNSUB:1", |line| {
            Event::parse(line) == Some(Event::MqttUnsubscribed(1))
        })
        .talks::<Microchip>(|module, simulation| {
            connect(module, simulation);
            subscribe(module, simulation);
            let topic = Text::new(b"Topic/name").unwrap();
            module.command(&Unsubscribe { topic }).unwrap();
            hear(module, simulation, |event| match event {
                Event::MqttUnsubscribed(_) => Some(()),
                _ => None,
            });
        });

    chapter
        .row("+MQTTPUBACC")
        .tells("+MQTTPUBACC", |line| {
            Event::parse(line) == Some(Event::MqttPublished)
        })
        .talks::<Microchip>(|module, simulation| {
            connect(module, simulation);
            publish(module, Qos::AtLeastOnce);
            hear_own(module, simulation, Event::MqttPublished);
        });

    chapter
        .row("+MQTTPUBCOMP")
        .tells("+MQTTPUBCOMP", |line| {
            Event::parse(line) == Some(Event::MqttPublishedOnce)
        })
        // Firmware says `+MQTTPUBACC`.
        .only_with(&[Profile::MicrochipReference])
        .talks::<Microchip>(|module, simulation| {
            connect(module, simulation);
            publish(module, Qos::ExactlyOnce);
            hear_own(module, simulation, Event::MqttPublishedOnce);
        });

    chapter
        .row("+MQTTPUBERR")
        .tells("+MQTTPUBERR", |line| {
            Event::parse(line) == Some(Event::MqttPublishFailed)
        })
        .talks::<Microchip>(|module, simulation| {
            connect(module, simulation);
            publish(module, Qos::ExactlyOnce);
            simulation.lose_link();
            hear_own(module, simulation, Event::MqttPublishFailed);
        });
}

fn connected(state: Switch) -> Event<'static> {
    Event::MqttConnection(Reported::Known(state))
}
