//! Section 1.1.2, what the module tells on its own.

use std::net::SocketAddr;
use std::time::Duration;

use atwifi::st67::command::{basic, net, wifi};
use atwifi::st67::{Delivery, ErrorCode, Event, LinkDetails, Reason, St67, Status};
use atwifi::{Error, Mac, Ranged, Switch};
use atwifi_simulator::{Faults, Profile, Simulation};

use super::evidence::{Chapter, FIRMWARE, Row};
use super::st67_ble_events;
use super::st67_mqtt::wait_for;
use crate::common::{Driver, ECHO, MQTT, NAME, PASSWORD, SSID, at};

type Module<'b> = Driver<'b, St67>;

const MAC: Mac = Mac([0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc]);

/// Waits for an event that is a line, and takes it apart.
fn wait_for_line<R>(
    module: &mut Module<'_>,
    simulation: &Simulation,
    is: impl Fn(Event<'_>) -> Option<R>,
) -> R {
    let delivery = module.delivery();
    wait_for(module, simulation, |event| match event {
        atwifi::Event::Other(line) => Event::parse_delivered(line, delivery).and_then(&is),
        _ => None,
    })
}

/// Waits for an event with a neutral meaning.
fn wait_for_neutral(module: &mut Module<'_>, simulation: &Simulation, is: atwifi::Event<'_>) {
    wait_for(module, simulation, |event| (*event == is).then_some(()));
}

/// A line that is this event.
pub fn tells<'r>(row: &'r mut Row, line: &str, event: Event<'_>) -> &'r mut Row {
    row.tells(line, |line| Event::parse(line) == Some(event))
}

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    commands(&mut chapter);
    station(&mut chapter);
    access_point(&mut chapter);
    links(&mut chapter);
    data(&mut chapter);
    mqtt(&mut chapter);
    sending(&mut chapter);
    st67_ble_events::add(&mut chapter);
    chapter
}

fn commands(chapter: &mut Chapter) {
    tells(chapter.row("ready"), "ready", Event::Ready).talks::<St67>(|module, simulation| {
        simulation.reset_module();
        wait_for_neutral(module, simulation, atwifi::Event::ModuleReset);
    });
    tells(chapter.row("busy p..."), "busy p...", Event::Busy).talks::<St67>(
        |module, simulation| {
            simulation.set_faults(Faults {
                busy: vec![simulation.commands()],
                ..Faults::default()
            });
            module.command(&basic::Test).unwrap();
        },
    );
    let code = Event::ErrorCode(ErrorCode(0x0109_0000));
    let row = chapter.row("ERR CODE:<0x%08x>");
    tells(row, "ERR CODE:0x01090000", code).talks::<St67>(|module, _| {
        let refused = module.command(&to(ECHO));
        assert!(matches!(refused, Err(Error::Module(Status::Code(_)))));
    });
}

fn station(chapter: &mut Chapter) {
    let row = chapter.row("+CW:CONNECTING");
    tells(row, "+CW:CONNECTING", Event::StationConnecting).talks::<St67>(|module, simulation| {
        // The reference tells it only if the answer does not tell how it ends.
        assert!(module.join(SSID, b"wrong password").is_err());
        wait_for_neutral(module, simulation, atwifi::Event::StationConnecting);
    });
    let steps: [(&str, &str, Event<'_>, atwifi::Event<'_>); 2] = [
        (
            "+CW:CONNECTED",
            "+CW:CONNECTED",
            Event::StationConnected,
            atwifi::Event::StationConnected,
        ),
        (
            "+CW:GOTIP",
            "+CW:GOTIP",
            Event::StationAddress,
            atwifi::Event::StationAddress(None),
        ),
    ];
    for (syntax, line, event, neutral) in steps {
        tells(chapter.row(syntax), line, event).talks::<St67>(move |module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            wait_for_neutral(module, simulation, neutral);
        });
    }
    let failed = Event::StationError(Reason::NoAccessPoint);
    let row = chapter.row("+CW:ERROR,<reason_code>");
    tells(row, "+CW:ERROR,12", failed).talks::<St67>(|module, simulation| {
        module.join(SSID, PASSWORD).unwrap();
        simulation.lose_link();
        wait_for_neutral(module, simulation, atwifi::Event::StationError(16));
    });
    let row = chapter.row("+CW:DISCONNECTED");
    tells(row, "+CW:DISCONNECTED", Event::StationDisconnected).talks::<St67>(
        |module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            simulation.lose_link();
            wait_for_neutral(module, simulation, atwifi::Event::StationDisconnected);
        },
    );
}

fn access_point(chapter: &mut Chapter) {
    fn be(module: &mut Module<'_>, mode: wifi::Mode) {
        let auto_connect = None;
        let mode = wifi::SetMode { mode, auto_connect };
        module.command(&mode).unwrap();
    }
    let row = chapter.row("+CW:STA_CONNECTED <sta_mac>");
    let event = Event::ClientConnected(MAC);
    tells(row, "+CW:STA_CONNECTED 18:b9:05:ed:59:cc", event);
    // As firmware prints it.
    tells(row, "+CW:STA_CONNECTED \"18:b9:05:ed:59:cc\"", event).talks::<St67>(
        |module, simulation| {
            be(module, wifi::Mode::AccessPoint);
            simulation.station_joins(MAC.0);
            wait_for_neutral(module, simulation, atwifi::Event::ClientConnected(MAC));
        },
    );
    let row = chapter.row("+CW:STA_DISCONNECTED <sta_mac>");
    let event = Event::ClientDisconnected(MAC);
    tells(row, "+CW:STA_DISCONNECTED 18:b9:05:ed:59:cc", event).talks::<St67>(
        |module, simulation| {
            be(module, wifi::Mode::AccessPoint);
            simulation.station_joins(MAC.0);
            simulation.advance(Duration::from_secs(1));
            simulation.station_leaves(MAC.0);
            wait_for_neutral(module, simulation, atwifi::Event::ClientDisconnected(MAC));
        },
    );
    let row = chapter.row("+CW:DIST_STA_IP <sta_mac>,<sta_ip>");
    let event = Event::ClientAddress {
        mac: MAC,
        ip: [192, 168, 4, 2].into(),
    };
    tells(row, "+CW:DIST_STA_IP 18:b9:05:ed:59:cc,192.168.4.2", event);
    tells(
        row,
        "+CW:DIST_STA_IP \"18:b9:05:ed:59:cc\",\"192.168.4.2\"",
        event,
    )
    .talks::<St67>(|module, simulation| {
        be(module, wifi::Mode::AccessPoint);
        simulation.station_joins(MAC.0);
        wait_for(module, simulation, |event| match event {
            atwifi::Event::ClientAddress(Some(MAC), _) => Some(()),
            _ => None,
        });
    });
    let row = chapter.row("+CW:SCAN_DONE");
    // In the reference the answer to the command is all.
    tells(row, "+CW:SCAN_DONE", Event::ScanDone)
        .only_with(FIRMWARE)
        .talks::<St67>(|module, simulation| {
            be(module, wifi::Mode::Station);
            module.command_for_rows(&wifi::Scan, |_| {}).unwrap();
            wait_for_neutral(module, simulation, atwifi::Event::ScanDone);
        });
    let row = chapter.row("+CWMONITOR,<channel>,<pkg_len>:<data>");
    let frame = Event::Monitored {
        channel: Some(6),
        length: 4,
        data: b"80000a1f",
    };
    // Firmware prints the date in front of a frame, and no name.
    tells(row, "+CWMONITOR,6,4:80000a1f", frame)
        .only_with(&[Profile::St67Reference])
        .talks::<St67>(|module, simulation| {
            let monitor = wifi::SetMonitor {
                enable: Switch::On,
                channel: Ranged::constant::<6>(),
                length_min: None,
                length_max: None,
            };
            module.command(&monitor).unwrap();
            wait_for_line(module, simulation, |event| match event {
                // A beacon.
                Event::Monitored {
                    channel: Some(6),
                    data,
                    ..
                } => data.starts_with(b"80000000ffffffffffff").then_some(()),
                _ => None,
            });
        });
}

fn port(number: u16) -> net::Port {
    Ranged::new(number).unwrap()
}

fn to(number: u16) -> net::Connect<'static> {
    net::Connect {
        link: Ranged::constant::<0>(),
        protocol: net::Protocol::Tcp,
        host: at(number).ip().into(),
        remote_port: port(number),
        keep_alive_s: None,
        local_ip: None,
        timeout_ms: None,
    }
}

fn links(chapter: &mut Chapter) {
    let row = chapter.row("+CIP:[<conn_id>,]CONNECTED");
    tells(row, "+CIP:CONNECTED", Event::LinkConnected(None));
    tells(row, "+CIP:0,CONNECTED", Event::LinkConnected(Some(0))).talks::<St67>(
        |module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            module.command(&to(ECHO)).unwrap();
            wait_for_line(module, simulation, |event| {
                (event == Event::LinkConnected(Some(0))).then_some(())
            });
        },
    );
    let row = chapter.row("+CIP:[<conn_id>,]DISCONNECTED");
    tells(row, "+CIP:DISCONNECTED", Event::LinkDisconnected(None));
    tells(row, "0,CLOSED", Event::LinkDisconnected(Some(0)));
    tells(row, "+CIP:0,DISCONNECTED", Event::LinkDisconnected(Some(0))).talks::<St67>(
        |module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            module.command(&to(ECHO)).unwrap();
            let link = Ranged::constant::<0>();
            module.command(&net::Close { link }).unwrap();
            wait_for_line(module, simulation, |event| {
                (event == Event::LinkDisconnected(Some(0))).then_some(())
            });
        },
    );
    let details = Event::LinkDetails(LinkDetails {
        status: 0,
        link: 1,
        protocol: "TCP",
        is_server: false,
        remote: "10.0.0.7:7".parse().unwrap(),
        local_port: 50001,
    });
    let row = chapter.row(
        "+LINK_CONN:<status_type>,<link_id>,<ip_type>,<terminal_type>,<remote_ip>,\
         <remote_port>,<local_port>",
    );
    tells(
        row,
        "+LINK_CONN:0,1,\"TCP\",0,\"10.0.0.7\",7,50001",
        details,
    )
    .talks::<St67>(|module, simulation| {
        module.join(SSID, PASSWORD).unwrap();
        let messages = basic::SetMessages {
            messages: basic::Messages::ALL,
        };
        module.command(&messages).unwrap();
        module.command(&to(ECHO)).unwrap();
        let (link, remote) = wait_for_line(module, simulation, |event| match event {
            Event::LinkDetails(details) => Some((details.link, details.remote)),
            _ => None,
        });
        assert_eq!((link, remote), (0, at(ECHO)));
    });
}

fn alone_to(number: u16) -> net::single::Connect<'static> {
    net::single::Connect {
        protocol: net::Protocol::Tcp,
        host: at(number).ip().into(),
        remote_port: port(number),
        keep_alive_s: None,
        local_ip: None,
        timeout_ms: None,
    }
}

/// The echo of what looks like a module talking, as the module delivers it.
fn delivered(module: &mut Module<'_>, simulation: &Simulation, delivery: Delivery) {
    const SENT: &[u8] = b"\r\nOK\r\nready\r\n";
    let mode = match delivery.is_active {
        true => net::ReceiveMode::Active,
        false => net::ReceiveMode::Passive,
    };
    let shown = Switch::from(!delivery.has_no_sender);
    let multiple = Switch::from(!delivery.is_single);
    module.command(&net::SetMultiple { multiple }).unwrap();
    module.command(&net::SetReceiveMode { mode }).unwrap();
    module.command(&net::SetSenderInfo { shown }).unwrap();
    assert_eq!(module.delivery(), delivery);
    module.join(SSID, PASSWORD).unwrap();
    let length = Ranged::new(SENT.len() as u32).unwrap();
    if delivery.is_single {
        module.command(&alone_to(ECHO)).unwrap();
        module
            .command_with_data(&net::single::Send { length }, SENT)
            .unwrap();
    } else {
        module.command(&to(ECHO)).unwrap();
        let link = Ranged::constant::<0>();
        module
            .command_with_data(&net::Send { link, length }, SENT)
            .unwrap();
    }
    let number = (!delivery.is_single).then_some(0);
    let from = (!delivery.has_no_sender).then_some(at(ECHO));
    wait_for_line(module, simulation, |event| match event {
        Event::Data {
            link,
            sender,
            length,
            data,
        } => {
            assert!(delivery.is_active);
            assert_eq!(
                (link, sender, length, data),
                (number, from, SENT.len(), SENT)
            );
            Some(())
        }
        Event::Waiting { link, length, .. } => {
            assert!(!delivery.is_active);
            assert_eq!((link, length), (number, SENT.len() as u32));
            Some(())
        }
        _ => None,
    });
}

fn data(chapter: &mut Chapter) {
    let peer: SocketAddr = "10.0.0.7:7".parse().unwrap();
    let waiting = |link, sender| Event::Waiting {
        link,
        length: 5,
        sender,
    };
    let data = |link, sender| Event::Data {
        link,
        sender,
        length: 5,
        data: b"a,\r\nb",
    };
    let rows = [
        (
            "+IPD:<length>",
            "+IPD:5",
            waiting(None, None),
            (false, true, true),
        ),
        (
            "+IPD:<link_id>,<length>",
            "+IPD:0,5",
            waiting(Some(0), None),
            (false, false, true),
        ),
        (
            "+IPD:<length>,<data>",
            "+IPD:5,a,\r\nb",
            data(None, None),
            (true, true, true),
        ),
        (
            "+IPD:<link_id>,<length>,<data>",
            "+IPD:0,5,a,\r\nb",
            data(Some(0), None),
            (true, false, true),
        ),
        (
            "+IPD:<length>,<\"remote_ip\">,<remote_port>,<data>",
            "+IPD:5,\"10.0.0.7\",7,a,\r\nb",
            data(None, Some(peer)),
            (true, true, false),
        ),
        (
            "+IPD:<link_id>,<length>,<\"remote_ip\">,<remote_port>,<data>",
            "+IPD:0,5,\"10.0.0.7\",7,a,\r\nb",
            data(Some(0), Some(peer)),
            (true, false, false),
        ),
    ];
    for (syntax, line, event, (is_active, is_single, has_no_sender)) in rows {
        let delivery = Delivery {
            is_active,
            is_single,
            has_no_sender,
            ..Delivery::default()
        };
        chapter
            .row(syntax)
            .tells(line, |line| {
                Event::parse_delivered(line, delivery) == Some(event)
            })
            .talks::<St67>(move |module, simulation| delivered(module, simulation, delivery));
    }
    // As firmware tells it to the driver.
    let with_sender = waiting(Some(0), Some(peer));
    assert_eq!(Event::parse(b"+IPD:0,5,\"10.0.0.7\",7"), Some(with_sender));
}

fn mqtt(chapter: &mut Chapter) {
    use atwifi::st67::command::mqtt::*;

    fn connected(module: &mut Module<'_>, simulation: &Simulation) {
        module.join(SSID, PASSWORD).unwrap();
        let user = SetUser::new(Scheme::Tcp, "id", "user", b"password", None);
        module.command(&user.unwrap()).unwrap();
        let broker = Connect {
            host: atwifi::st67::Text::new(NAME.as_bytes()).unwrap(),
            port: port(MQTT),
            reconnect: Switch::Off,
        };
        module.command(&broker).unwrap();
        wait_for_neutral(module, simulation, atwifi::Event::MqttConnected);
    }

    let row = chapter.row("+MQTT:CONNECTED,<linkid>");
    tells(row, "+MQTT:CONNECTED,0", Event::MqttConnected { link: 0 }).talks::<St67>(connected);
    let row = chapter.row("+MQTT:DISCONNECTED,<linkid>");
    let lost = Event::MqttDisconnected { link: 0 };
    tells(row, "+MQTT:DISCONNECTED,0", lost).talks::<St67>(|module, simulation| {
        connected(module, simulation);
        simulation.lose_link();
        wait_for_neutral(module, simulation, atwifi::Event::MqttDisconnected);
    });
    let message = Event::MqttMessage {
        link: 0,
        topic: b"a\",\"b",
        length: 6,
        data: b"\r\nOK\r\n",
    };
    let row = chapter.row("+MQTT:SUBRECV,<LinkID>,<topic_length>,<data_length>,<\"topic\">,<data>");
    tells(row, "+MQTT:SUBRECV,0,5,6,\"a\",\"b\",\r\nOK\r\n", message);
    // As firmware prints it.
    tells(row, "+MQTT:SUBRECV:0,5,6,\"a\",\"b\",\r\nOK\r\n", message).talks::<St67>(
        |module, simulation| {
            connected(module, simulation);
            let topic = atwifi::st67::Text::new(b"room").unwrap();
            let (qos, retain) = (Qos::AtMostOnce, Switch::Off);
            module.command(&Subscribe { topic, qos }).unwrap();
            // Longer than all of the driver's memory for events.
            let data = b"0123\r\nOK\r\n".repeat(100);
            let publish = PublishRaw {
                topic: atwifi::st67::Text::new(b"room").unwrap(),
                length: Ranged::constant::<1000>(),
                qos,
                retain,
            };
            module.command_with_data(&publish, &data).unwrap();
            let mut got: Vec<u8> = Vec::new();
            let deadline = simulation.now() + Duration::from_secs(5);
            while got.len() < data.len() && simulation.now() < deadline {
                match module.poll().unwrap() {
                    Some(atwifi::Event::Other(line)) => {
                        let Some(Event::MqttMessage { length, data, .. }) = Event::parse(line)
                        else {
                            continue;
                        };
                        assert_eq!(length, 1000);
                        got.extend(data);
                    }
                    Some(atwifi::Event::More { data, rest }) => {
                        got.extend(data);
                        assert_eq!(rest, 1000 - got.len());
                    }
                    Some(_) => {}
                    None => simulation.idle(),
                }
            }
            assert_eq!(got, data, "{}", simulation.transcript());
        },
    );
}

fn sending(chapter: &mut Chapter) {
    fn long(length: i32) -> net::SendLong {
        net::SendLong {
            link: Ranged::constant::<0>(),
            length: Ranged::new(length).unwrap(),
        }
    }
    let row = chapter.row("SEND CANCELLED");
    tells(row, "SEND CANCELLED", Event::SendCancelled).talks::<St67>(|module, _| {
        module.join(SSID, PASSWORD).unwrap();
        module.command(&to(ECHO)).unwrap();
        let cancelled = module.command_with_data(&long(3), b"+++");
        assert_eq!(cancelled, Err(Error::Module(Status::SendCancelled)));
    });
    let progress = Event::SendProgress {
        sent: 1024,
        taken: 2048,
    };
    let row = chapter.row("+CIPSENDL:<had sent len>,<port recv len>");
    tells(row, "+CIPSENDL:1024,2048", progress).talks::<St67>(|module, simulation| {
        module.join(SSID, PASSWORD).unwrap();
        module.command(&to(ECHO)).unwrap();
        let data = [7; 2000];
        module.command_with_data(&long(2000), &data).unwrap();
        wait_for_line(module, simulation, |event| match event {
            Event::SendProgress { taken: 2000, .. } => Some(()),
            _ => None,
        });
    });
    let row = chapter.row("+QUITT");
    tells(row, "+QUITT", Event::PassthroughLeft).talks::<St67>(|module, _| {
        let messages = basic::SetMessages {
            messages: basic::Messages::PASSTHROUGH_END,
        };
        module.command(&messages).unwrap();
        module.join(SSID, PASSWORD).unwrap();
        let line = module.passthrough(&alone_to(ECHO)).unwrap();
        // It is part of what the end of the mode drops, and does no harm.
        line.leave().unwrap();
        module.command(&basic::Test).unwrap();
    });
    // None of the simulated firmware tells it so late that it is not dropped.
    row.talks::<St67>(|module, simulation| {
        simulation.emit(b"+QUITT\r\n");
        wait_for_line(module, simulation, |event| {
            (event == Event::PassthroughLeft).then_some(())
        });
    });
}
