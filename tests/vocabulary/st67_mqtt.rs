//! Chapter 5, "MQTT AT commands".

use std::time::Duration;

use atwifi::st67::command::mqtt::*;
use atwifi::st67::command::{Done, Rows};
use atwifi::st67::{Event, St67, Text};
use atwifi::{Printed, PrintedSecret, Ranged, Reported, Switch};
use atwifi_simulator::Simulation;

use super::evidence::Chapter;
use crate::common::{Driver, MQTT, NAME, PASSWORD, SSID};

type Module<'b> = Driver<'b, St67>;

fn text<const N: usize>(text: &str) -> Text<'_, N> {
    Text::new(text.as_bytes()).unwrap()
}

/// The longest text of what must be escaped.
fn commas<const N: usize>() -> Text<'static, N> {
    const COMMAS: &[u8] = &[b','; 99];
    Text::new(&COMMAS[..N.min(99)]).unwrap()
}

fn printed<const N: usize>(text: &str) -> Printed<N> {
    Printed::new(text.as_bytes()).unwrap()
}

fn user() -> SetUser<'static> {
    SetUser::new(Scheme::Tcp, "ST67W611M", "user", b"123456789", None).unwrap()
}

fn broker() -> Connect<'static> {
    Connect {
        host: text(NAME),
        port: Ranged::new(MQTT).unwrap(),
        reconnect: Switch::Off,
    }
}

/// A client that is connected.
fn connected<'m, 'b>(module: &'m mut Module<'b>, simulation: &Simulation) -> &'m mut Module<'b> {
    module.join(SSID, PASSWORD).unwrap();
    module.command(&user()).unwrap();
    module.command(&broker()).unwrap();
    wait_for(module, simulation, |event| {
        (*event == atwifi::Event::MqttConnected).then_some(())
    });
    module
}

/// Polls up to five virtual seconds for an event.
pub fn wait_for<R>(
    module: &mut Module<'_>,
    simulation: &Simulation,
    is: impl Fn(&atwifi::Event<'_>) -> Option<R>,
) -> R {
    let deadline = simulation.now() + Duration::from_secs(5);
    while simulation.now() < deadline {
        match module.poll().unwrap() {
            Some(event) => {
                if let Some(found) = is(&event) {
                    return found;
                }
            }
            None => simulation.idle(),
        }
    }
    panic!("it never came:\n{}", simulation.transcript());
}

fn subscribed<'m, 'b>(module: &'m mut Module<'b>, simulation: &Simulation) -> &'m mut Module<'b> {
    let told = connected(module, simulation).command(&Subscribe {
        topic: text("room/#"),
        qos: Qos::AtMostOnce,
    });
    assert_eq!(told, Ok(Subscribed { already: false }));
    module
}

/// Waits for the message on `room/1`.
fn message(module: &mut Module<'_>, simulation: &Simulation) -> Vec<u8> {
    wait_for(module, simulation, |event| {
        let atwifi::Event::Other(line) = event else {
            return None;
        };
        match Event::parse(line) {
            Some(Event::MqttMessage {
                link: 0,
                topic: b"room/1",
                length,
                data,
            }) => {
                assert_eq!(length, data.len());
                Some(data.to_vec())
            }
            _ => None,
        }
    })
}

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    identity(&mut chapter);
    connection(&mut chapter);
    messages(&mut chapter);
    chapter
}

fn identity(chapter: &mut Chapter) {
    let who = User {
        scheme: Reported::Known(Scheme::TlsMutual),
        client_id: printed("ST67W611M"),
        username: printed("us,er"),
        password: PrintedSecret::new(b"123\"45").unwrap(),
        certificate: printed("client_1.crt"),
        key: printed("client_1.key"),
        ca: printed("ca_1.crt"),
    };
    chapter
        .row("AT+MQTTUSERCFG?")
        .writes(&GetUser, "AT+MQTTUSERCFG?")
        .reads(
            &GetUser,
            "+MQTTUSERCFG:0,4,\"ST67W611M\",\"us,er\",\"123\"45\",\"client_1.crt\",\
             \"client_1.key\",\"ca_1.crt\"\r\n",
            who,
        )
        .refuses(&GetUser, "+MQTTUSERCFG:0,4,\"ST67W611M\",\"user\"\r\n")
        .greatest(&GetUser)
        .talks::<St67>(|module, _| {
            module.command(&user()).unwrap();
            let told = module.command(&GetUser).unwrap();
            assert_eq!(told.client_id, printed("ST67W611M"));
        });
    let files = Files {
        certificate: "client_1.crt",
        key: "client_1.key",
        ca: "ca_1.crt",
    };
    let mutual = SetUser::new(
        Scheme::TlsMutual,
        "ST67W611M",
        "user",
        b"123456789",
        Some(files),
    );
    let long = "x".repeat(80);
    let longest = SetUser::new(
        Scheme::TlsMutual,
        &long[..23],
        &long,
        long.as_bytes(),
        Some(Files {
            ca: &long[..28],
            ..Files::default()
        }),
    );
    assert!(
        SetUser::new(Scheme::Tcp, "", &long, &[b','; 80], None).is_err(),
        "too long for a command"
    );
    chapter
        .row(
            "AT+MQTTUSERCFG=<link_id>,<scheme>,<\"client_id\">,<\"username\">,<\"password\">\
             [,<\"cert_file\">][,<\"key_file\">][,<\"ca_file\">]",
        )
        .obeys(
            &mutual.unwrap(),
            "AT+MQTTUSERCFG=0,4,\"ST67W611M\",\"user\",\"123456789\",\"client_1.crt\",\
             \"client_1.key\",\"ca_1.crt\"",
        )
        .greatest(&longest.unwrap())
        .talks::<St67>(|module, _| {
            module.command(&user()).unwrap();
            let told = module.command(&GetUser).unwrap();
            assert_eq!(told.scheme, Scheme::Tcp);
            assert_eq!(told.username, printed("user"));
            assert_eq!(told.password.reveal(), b"123456789");
        });

    let id = |id| ClientId {
        client_id: printed(id),
    };
    chapter
        .row("AT+MQTTCLIENTID?")
        .writes(&GetClientId, "AT+MQTTCLIENTID?")
        .reads(&GetClientId, "+MQTTCLIENTID:0,\"ST67\"\r\n", id("ST67"))
        .reads(&GetClientId, "+MQTTCLIENTID:0,ST67\r\n", id("ST67"))
        .refuses(&GetClientId, "+MQTTCLIENTID:\r\n")
        .greatest(&GetClientId)
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            assert_eq!(module.command(&GetClientId), Ok(id("ST67W611M")));
        });
    let four = Ranged::constant::<4>();
    let long = SetLongClientId { length: four };
    let set = SetClientId { length: four };
    chapter
        .row("AT+MQTTLONGCLIENTID=<link_id>,<length>")
        .writes(&long, "AT+MQTTLONGCLIENTID=0,4")
        // What firmware has.
        .writes(&set, "AT+MQTTCLIENTID=0,4")
        .exchanges::<St67>(
            &[
                ("AT+MQTTLONGCLIENTID=0,4\r\n", "OK\r\n\r\n>"),
                ("ST67", "OK\r\n"),
                ("AT+MQTTCLIENTID=0,4\r\n", "\r\nOK\r\n\r\n>"),
                ("ST67", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
            ],
            |module| {
                assert_eq!(module.command_with_data(&long, b"ST67"), Ok(Done {}));
                assert_eq!(module.command_with_data(&set, b"ST67"), Ok(Done {}));
            },
        )
        .greatest(&SetLongClientId {
            length: Ranged::MAX,
        })
        .greatest(&SetClientId {
            length: Ranged::MAX,
        })
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            module.command_with_data(&set, b"ST67").unwrap();
            assert_eq!(module.command(&GetClientId), Ok(id("ST67")));
        });
    let name = |name| Username {
        username: printed(name),
    };
    chapter
        .row("AT+MQTTUSERNAME?")
        .writes(&GetUsername, "AT+MQTTUSERNAME?")
        .reads(&GetUsername, "+MQTTUSERNAME:0,\"me\"\r\n", name("me"))
        .refuses(&GetUsername, "+MQTTUSERNAME:\r\n")
        .greatest(&GetUsername)
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            assert_eq!(module.command(&GetUsername), Ok(name("user")));
        });
    let four = Ranged::constant::<4>();
    let set = SetUsername { length: four };
    chapter
        .row("AT+MQTTUSERNAME=<link_id>,<length>")
        .writes(&set, "AT+MQTTUSERNAME=0,4")
        .exchanges::<St67>(
            &[
                ("AT+MQTTUSERNAME=0,4\r\n", "\r\nOK\r\n\r\n>"),
                ("root", "\r\nOK\r\n"),
            ],
            |module| assert_eq!(module.command_with_data(&set, b"root"), Ok(Done {})),
        )
        .greatest(&SetUsername {
            length: Ranged::MAX,
        })
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            module.command_with_data(&set, b"root").unwrap();
            assert_eq!(module.command(&GetUsername), Ok(name("root")));
        });
    let password = |password: &[u8]| Password {
        password: PrintedSecret::new(password).unwrap(),
    };
    chapter
        .row("AT+MQTTPASSWORD?")
        .writes(&GetPassword, "AT+MQTTPASSWORD?")
        .reads(
            &GetPassword,
            "+MQTTPASSWORD:0,\"x\"y\"\r\n",
            password(b"x\"y"),
        )
        .refuses(&GetPassword, "+MQTTPASSWORD:\r\n")
        .greatest(&GetPassword)
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            assert_eq!(module.command(&GetPassword), Ok(password(b"123456789")));
        });
    let set = SetPassword { length: four };
    chapter
        .row("AT+MQTTPASSWORD=<link_id>,<length>")
        .writes(&set, "AT+MQTTPASSWORD=0,4")
        .exchanges::<St67>(
            &[
                ("AT+MQTTPASSWORD=0,4\r\n", "\r\nOK\r\n\r\n>"),
                ("a,b\"", "\r\nOK\r\n"),
            ],
            |module| assert_eq!(module.command_with_data(&set, b"a,b\""), Ok(Done {})),
        )
        .greatest(&SetPassword {
            length: Ranged::MAX,
        })
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            module.command_with_data(&set, b"a,b\"").unwrap();
            assert_eq!(module.command(&GetPassword), Ok(password(b"a,b\"")));
        });
}

fn connection(chapter: &mut Chapter) {
    let will = Will {
        topic: "last",
        message: b"bye, bye",
        qos: Qos::AtLeastOnce,
        retain: Switch::On,
    };
    let told = Connection {
        keep_alive_s: 60,
        keep_session: Reported::Known(Switch::Off),
        will_topic: printed("last"),
        will_message: printed("bye, bye"),
        will_qos: Reported::Known(Qos::AtLeastOnce),
        will_retain: Reported::Known(Switch::On),
    };
    let will_qos = told.will_qos;
    let minute = Ranged::constant::<60>();
    let set = move || SetConnection::new(minute, Switch::Off, Some(will)).unwrap();
    chapter
        .row("AT+MQTTCONNCFG?")
        .writes(&GetConnection, "AT+MQTTCONNCFG?")
        .reads(
            &GetConnection,
            "+MQTTCONNCFG:0,60,0,\"last\",\"bye, bye\",1,1\r\n",
            told,
        )
        .refuses(&GetConnection, "+MQTTCONNCFG:0,60,0,\"last\",1,1\r\n")
        .greatest(&GetConnection)
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            module.command(&set()).unwrap();
            let now = module.command(&GetConnection).unwrap();
            assert_eq!(
                (now.keep_alive_s, now.will_message),
                (60, printed("bye, bye"))
            );
        });
    let topic = "x".repeat(127);
    let longest = Will {
        topic: &topic,
        message: &topic.as_bytes()[..93],
        ..will
    };
    chapter
        .row(
            "AT+MQTTCONNCFG=<link_id>,<keepalive>,<disable_clean_session>,<\"lwt_topic\">,\
             <\"lwt_msg\">,<lwt_qos>,<lwt_retain>",
        )
        .obeys(&set(), "AT+MQTTCONNCFG=0,60,0,\"last\",\"bye\\, bye\",1,1")
        .writes(
            &SetConnection::new(minute, Switch::On, None).unwrap(),
            "AT+MQTTCONNCFG=0,60,1,\"\",\"\",0,0",
        )
        .greatest(&SetConnection::new(Ranged::MAX, Switch::On, Some(longest)).unwrap())
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            module.command(&set()).unwrap();
            let now = module.command(&GetConnection).unwrap();
            assert_eq!((now.will_topic, now.will_qos), (printed("last"), will_qos));
        });

    let protocols = SetProtocols {
        count: Ranged::constant::<2>(),
        first: Some(text("mqtt-ca.cn")),
        second: Some(text("mqtt-ca.us")),
        third: None,
        fourth: None,
        fifth: None,
    };
    let offered = |module: &mut Module<'_>| {
        let mut names = Vec::new();
        module
            .command_for_rows(&GetProtocols, |row| {
                let row = ProtocolsRow::parse(row).unwrap();
                names.extend(row.names().map(<[u8]>::to_vec));
            })
            .unwrap();
        names
    };
    chapter
        .row("AT+MQTTALPN?")
        .writes(&GetProtocols, "AT+MQTTALPN?")
        .reads(
            &GetProtocols,
            "+MQTTALPN:0,\"mqtt-ca.cn\",\"mqtt-ca.us\"\r\n",
            Rows { count: 1 },
        )
        .refuses(&GetProtocols, "+MQTTSNI:0\r\n")
        .greatest(&GetProtocols)
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            assert!(offered(module).is_empty());
        });
    let set = protocols.clone();
    chapter
        .row("AT+MQTTALPN=<link_id>,<alpn_counts>[,<\"alpn\">][,<\"alpn\">][,<\"alpn\">]")
        .obeys(&protocols, "AT+MQTTALPN=0,2,\"mqtt-ca.cn\",\"mqtt-ca.us\"")
        .greatest(&SetProtocols {
            count: Ranged::MAX,
            first: Some(commas()),
            second: Some(commas()),
            third: Some(commas()),
            fourth: Some(commas()),
            fifth: Some(commas()),
        })
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            module.command(&set).unwrap();
            assert_eq!(offered(module), [b"mqtt-ca.cn", b"mqtt-ca.us"]);
        });
    const SPECIFIC: &str = "my_specific_prefix.iot.my_aws_region.amazonaws.com";
    let name = |name| ServerName {
        name: printed(name),
    };
    chapter
        .row("AT+MQTTSNI?")
        .writes(&GetServerName, "AT+MQTTSNI?")
        .reads(&GetServerName, "+MQTTSNI:0,\"a.b\"\r\n", name("a.b"))
        .reads(&GetServerName, "+MQTTSNI:0,a.b\r\n", name("a.b"))
        .reads(&GetServerName, "+MQTTSNI:0,(null)\r\n", name(""))
        .refuses(&GetServerName, "+MQTTSNI:\r\n")
        .greatest(&GetServerName)
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            assert_eq!(module.command(&GetServerName), Ok(name("")));
        });
    chapter
        .row("AT+MQTTSNI=<link_id>,<\"sni\">")
        .obeys(
            &SetServerName {
                name: text(SPECIFIC),
            },
            "AT+MQTTSNI=0,\"my_specific_prefix.iot.my_aws_region.amazonaws.com\"",
        )
        .greatest(&SetServerName { name: commas() })
        .talks::<St67>(move |module, _| {
            module.command(&user()).unwrap();
            let set = SetServerName {
                name: text(SPECIFIC),
            };
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetServerName), Ok(name(SPECIFIC)));
        });

    let state = ConnectionState {
        state: Reported::Known(State::Connected),
        scheme: Reported::Known(Scheme::Tcp),
        host: printed("192.168.31.112"),
        port: Some(8883),
        reconnect: Reported::Known(Switch::On),
    };
    chapter
        .row("AT+MQTTCONN?")
        .writes(&GetState, "AT+MQTTCONN?")
        .reads(
            &GetState,
            "+MQTTCONN:0,5,0,\"192.168.31.112\",8883,1\r\n",
            state.clone(),
        )
        // Without the comma, as the reference has it.
        .reads(
            &GetState,
            "+MQTTCONN:0,5,0\"192.168.31.112\",8883,1\r\n",
            state,
        )
        .refuses(&GetState, "+MQTTCONN:0,5\r\n")
        .greatest(&GetState)
        .talks::<St67>(|module, _| {
            module.command(&user()).unwrap();
            let state = module.command(&GetState).unwrap().state;
            assert_eq!(state, State::UserSet);
        });
    let connect = Connect {
        host: text("192.168.31.112"),
        port: Ranged::constant::<8883>(),
        reconnect: Switch::On,
    };
    chapter
        .row("AT+MQTTCONN=<link_id>,<\"host\">,<port>,<reconnect>")
        .obeys(&connect, "AT+MQTTCONN=0,\"192.168.31.112\",8883,1")
        .greatest(&Connect {
            host: commas(),
            port: Ranged::MAX,
            reconnect: Switch::On,
        })
        .talks::<St67>(|module, simulation| {
            let told = connected(module, simulation).command(&GetState).unwrap();
            assert_eq!((told.host, told.port), (printed(NAME), Some(MQTT)));
        });
    chapter
        .row("AT+MQTTCLEAN=<link_id>")
        .obeys(&Clean, "AT+MQTTCLEAN=0")
        .greatest(&Clean)
        .talks::<St67>(|module, simulation| {
            connected(module, simulation).command(&Clean).unwrap();
            let state = module.command(&GetState).unwrap().state.known();
            let is_connected = [State::Established, State::Connected, State::Subscribed]
                .map(Some)
                .contains(&state);
            assert!(!is_connected, "{state:?}");
        });
}

fn messages(chapter: &mut Chapter) {
    let publish = |message: &'static str| {
        Publish::new("topic", message.as_bytes(), Qos::AtMostOnce, Switch::Off)
    };
    let topic = "x".repeat(127);
    let longest = Publish::new(
        &topic,
        &topic.as_bytes()[..104],
        Qos::ExactlyOnce,
        Switch::On,
    );
    assert!(
        Publish::new(&topic, &[b','; 127], Qos::AtMostOnce, Switch::Off).is_err(),
        "too long for a command"
    );
    chapter
        .row("AT+MQTTPUB=<link_id>,<\"topic\">,<\"data\">,<qos>,<retain>")
        .obeys(
            &publish("\"{\"timestamp\":\"20201121085253\"}\"").unwrap(),
            "AT+MQTTPUB=0,\"topic\",\"\\\"{\\\"timestamp\\\":\\\"20201121085253\\\"}\\\"\",0,0",
        )
        .greatest(&longest.unwrap())
        .talks::<St67>(|module, simulation| {
            let publish = Publish::new("room/1", b"21,5 \"C\"", Qos::AtMostOnce, Switch::Off);
            subscribed(module, simulation)
                .command(&publish.unwrap())
                .unwrap();
            assert_eq!(message(module, simulation), b"21,5 \"C\"");
        });
    let raw = |length| PublishRaw {
        topic: text("room/1"),
        length: Ranged::new(length).unwrap(),
        qos: Qos::AtMostOnce,
        retain: Switch::Off,
    };
    chapter
        .row("AT+MQTTPUBRAW=<link_id>,<\"topic\">,<length>,<qos>,<retain>")
        .writes(&raw(4), "AT+MQTTPUBRAW=0,\"room/1\",4,0,0")
        .exchanges::<St67>(
            &[
                ("AT+MQTTPUBRAW=0,\"room/1\",4,0,0\r\n", "\r\nOK\r\n\r\n>"),
                ("data", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
                ("AT+MQTTPUBRAW=0,\"room/1\",4,0,0\r\n", "OK\r\n\r\n>"),
                ("data", "SEND FAIL\r\n"),
            ],
            |module| {
                assert_eq!(module.command_with_data(&raw(4), b"data"), Ok(Done {}));
                assert!(module.command_with_data(&raw(4), b"data").is_err());
            },
        )
        .greatest(&PublishRaw {
            topic: commas(),
            length: Ranged::MAX,
            qos: Qos::ExactlyOnce,
            retain: Switch::On,
        })
        .talks::<St67>(move |module, simulation| {
            let data = b"\r\nOK\r\n+MQTT:SUBRECV:0,1,9,\"t\",\r\nready\r\n";
            let publish = raw(data.len() as u32);
            subscribed(module, simulation)
                .command_with_data(&publish, data)
                .unwrap();
            assert_eq!(message(module, simulation), data);
        });

    chapter
        .row("AT+MQTTSUB?")
        .writes(&GetSubscriptions, "AT+MQTTSUB?")
        .reads(
            &GetSubscriptions,
            "+MQTTSUB:0,6,\"topic1\",0\r\n\r\n+MQTTSUB:0,6,topic,2,1\r\n",
            Rows { count: 2 },
        )
        .refuses(&GetSubscriptions, "+MQTTSUB:0,6\r\n")
        .greatest(&GetSubscriptions)
        .talks::<St67>(|module, simulation| {
            let mut topics = Vec::new();
            subscribed(module, simulation)
                .command_for_rows(&GetSubscriptions, |row| {
                    topics.push(SubscriptionRow::parse(row).unwrap().topic.to_vec());
                })
                .unwrap();
            assert_eq!(topics, [b"room/#"]);
        });
    let subscribe = Subscribe {
        topic: text("topic"),
        qos: Qos::AtLeastOnce,
    };
    chapter
        .row("AT+MQTTSUB=<link_id>,<\"topic\">,<qos>")
        .writes(&subscribe, "AT+MQTTSUB=0,\"topic\",1")
        .reads(&subscribe, "", Subscribed { already: false })
        .reads(
            &subscribe,
            "+MQTTSUB,ALREADY_SUBSCRIBE\r\n",
            Subscribed { already: true },
        )
        .reads(
            &subscribe,
            "+MQTTSUB:ALREADY_SUBSCRIBE\r\n",
            Subscribed { already: true },
        )
        .refuses(&subscribe, "+MQTTSUB:0,6,\"topic\",1\r\n")
        .greatest(&Subscribe {
            topic: commas(),
            qos: Qos::ExactlyOnce,
        })
        .talks::<St67>(|module, simulation| {
            let again = subscribed(module, simulation).command(&Subscribe {
                topic: text("room/#"),
                qos: Qos::AtMostOnce,
            });
            assert_eq!(again, Ok(Subscribed { already: true }));
        });
    let unsubscribe = |topic| Unsubscribe { topic: text(topic) };
    chapter
        .row("AT+MQTTUNSUB=<link_id>,<\"topic\">")
        .writes(&unsubscribe("topic"), "AT+MQTTUNSUB=0,\"topic\"")
        .reads(
            &unsubscribe("topic"),
            "",
            Unsubscribed {
                was_subscribed: true,
            },
        )
        .reads(
            &unsubscribe("topic"),
            "+MQTTUNSUB:NO_UNSUBSCRIBE\r\n",
            Unsubscribed {
                was_subscribed: false,
            },
        )
        .refuses(&unsubscribe("topic"), "+MQTTUNSUB:\r\n")
        .greatest(&Unsubscribe { topic: commas() })
        .talks::<St67>(move |module, simulation| {
            subscribed(module, simulation);
            for was_subscribed in [true, false] {
                let told = module.command(&unsubscribe("room/#"));
                assert_eq!(told, Ok(Unsubscribed { was_subscribed }));
            }
        });
}
