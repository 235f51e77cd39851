//! Events with payload: MQTT messages, BLE data, data in active mode. They come in any gap, look
//! like anything, and arrive whole, in announced pieces, or are told to be lost.

use crate::common::*;
use atwifi::st67::command::basic::Test;
use atwifi::st67::command::net::Send;
use atwifi::st67::{self, St67};
use atwifi::{Event, Module, Ranged, SocketMemory, mock};
use atwifi_simulator::{Faults, Fragment, Simulation};
use proptest::prelude::*;

const SEND: Send = Send {
    link: Ranged::constant::<0>(),
    length: Ranged::constant::<2>(),
};

/// What stands for a message on the wire.
fn mqtt(topic: &[u8], data: &[u8]) -> Vec<u8> {
    let mut line = format!("+MQTT:SUBRECV:0,{},{},\"", topic.len(), data.len()).into_bytes();
    line.extend(topic);
    line.extend(b"\",");
    line.extend(data);
    line
}

fn closed(mut line: Vec<u8>) -> Vec<u8> {
    line.extend(b"\r\n");
    line
}

/// A payload that looks like everything that a module says.
fn nasty() -> Vec<u8> {
    let words: [&[u8]; 6] = [
        b"\r\nOK\r\n",
        b"\r\nready\r\n",
        b"+MQTT:SUBRECV:0,1,9,\"t\",",
        b"\r\nSEND OK\r\n",
        b"\r\n>",
        b"+CIP:0,DISCONNECTED\r\n",
    ];
    words.concat()
}

/// What `poll` hands out until it has nothing more: messages put together again, with what was
/// lost between them.
#[derive(Debug, Default, PartialEq)]
struct Polled {
    messages: Vec<Vec<u8>>,
    pieces: usize,
    lost: u16,
    cut: usize,
}

fn poll_all<T: atwifi::Transport, C: atwifi::Clock>(
    module: &mut st67::Module<'_, T, C>,
    polled: &mut Polled,
) where
    T::Error: std::fmt::Debug,
{
    while let Some(event) = module.poll().unwrap() {
        match event {
            Event::Other(line) => polled.messages.push(line.to_vec()),
            Event::More { data, rest } => {
                let message = polled.messages.last_mut().expect("a message has begun");
                message.extend(data);
                polled.pieces += 1;
                assert_eq!(announced(message) - message.len(), rest);
            }
            Event::Lost(n) => polled.lost += n,
            Event::Cut => polled.cut += 1,
            other => panic!("{other:?}"),
        }
    }
}

/// How long a message is that has begun.
fn announced(line: &[u8]) -> usize {
    let Some(st67::Event::MqttMessage { length, data, .. }) = st67::Event::parse(line) else {
        // Put together, it may be longer than its header says only if the driver is wrong.
        panic!("{:?}", line.escape_ascii().to_string());
    };
    line.len() - data.len() + length
}

fn lent<R>(
    uart: &mock::Uart,
    memory: usize,
    test: impl FnOnce(&mut Module<'_, St67, mock::Uart, mock::Clock>) -> R,
) -> R {
    let (mut line, mut sockets) = (vec![0; memory], [const { SocketMemory::<64>::new() }; 1]);
    test(&mut Module::new(uart.clone(), mock::Clock::new(), &mut line, &mut sockets).unwrap())
}

#[test]
fn a_message_is_taken_whole_in_any_gap_at_any_fragmentation() {
    let line = mqtt(b"room, \"1\"", &nasty());
    let message = String::from_utf8(closed(line.clone())).unwrap();
    for fragment in 1..message.len() {
        let uart = met::<St67>()
            .answer("AT\r\n", "\r\nOK\r\n")
            .say(&message)
            .answer("AT\r\n", format!("{message}\r\nOK\r\n"))
            .answer("AT+CIPSEND=0,2\r\n", format!("\r\nOK\r\n{message}\r\n>"))
            .answer(
                "hi",
                format!("{message}Recv 2 bytes\r\n{message}\r\nSEND OK\r\n{message}"),
            )
            .fragment(fragment);
        lent(&uart, 4000, |module| {
            module.command(&Test).unwrap();
            module.command(&Test).unwrap();
            module.command_with_data(&SEND, b"hi").unwrap();
            let mut polled = Polled::default();
            poll_all(module, &mut polled);
            assert_eq!(polled.messages, vec![line.clone(); 6], "{fragment}");
            assert_eq!((polled.lost, polled.cut, polled.pieces), (0, 0, 0));
        });
        uart.assert_done();
    }
}

#[test]
fn a_message_that_does_not_fit_comes_in_pieces() {
    let line = mqtt(b"room", &nasty().repeat(20));
    for fragment in [1, 7, 4096] {
        let uart = met::<St67>()
            .answer("AT\r\n", "\r\nOK\r\n")
            .say("+BLE:BASLEVEL:9\r\n")
            .say(closed(line.clone()))
            .say("+BLE:BASLEVEL:8\r\n")
            .answer("AT\r\n", "\r\nOK\r\n")
            .fragment(fragment);
        lent(&uart, 640, |module| {
            module.command(&Test).unwrap();
            let mut polled = Polled::default();
            poll_all(module, &mut polled);
            let expected = [
                b"+BLE:BASLEVEL:9".to_vec(),
                line.clone(),
                b"+BLE:BASLEVEL:8".to_vec(),
            ];
            assert_eq!(polled.messages, expected);
            assert!(polled.pieces > 10, "{} pieces", polled.pieces);
            assert_eq!((polled.lost, polled.cut), (0, 0));
            module.command(&Test).unwrap();
        });
        uart.assert_done();
    }
}

#[test]
fn what_does_not_fit_while_a_command_waits_is_counted_and_the_command_goes_on() {
    let line = mqtt(b"room", &nasty().repeat(20));
    let message = String::from_utf8(closed(line)).unwrap();
    let uart = met::<St67>().answer("AT\r\n", format!("{message}\r\nOK\r\n"));
    lent(&uart, 640, |module| {
        module.command(&Test).unwrap();
        let mut polled = Polled::default();
        poll_all(module, &mut polled);
        let lost = Polled {
            lost: 1,
            ..Polled::default()
        };
        assert_eq!(polled, lost);
    });
    uart.assert_done();
}

#[test]
fn pieces_end_with_a_cut_where_another_call_needs_the_link() {
    let line = mqtt(b"room", &nasty().repeat(20));
    let uart = met::<St67>()
        .answer("AT\r\n", "\r\nOK\r\n")
        .say(closed(line.clone()))
        .answer("AT\r\n", "\r\nOK\r\n");
    lent(&uart, 640, |module| {
        module.command(&Test).unwrap();
        let Ok(Some(Event::Other(begun))) = module.poll() else {
            panic!("the message begins");
        };
        let mut polled = Polled {
            messages: vec![begun.to_vec()],
            ..Polled::default()
        };
        module.command(&Test).unwrap();
        poll_all(module, &mut polled);
        assert!(line.starts_with(&polled.messages[0]));
        assert_eq!((polled.lost, polled.cut, polled.pieces), (0, 1, 0));
    });
    uart.assert_done();
}

/// Firmware 2.0.75 announces the length of a message and stops at its first NUL, without a line
/// end (wire notes 4).
#[test]
fn a_message_that_stops_is_handed_out_as_far_as_it_came() {
    let line = mqtt(b"t", b"abc\0def");
    let begun = &line[..line.len() - 4];
    let uart = met::<St67>()
        .answer("AT\r\n", "\r\nOK\r\n")
        .say(begun)
        // Nobody knows what else is missing.
        .answer("AT+CIPDINFO?\r\n", "+CIPDINFO:true\r\n\r\nOK\r\n")
        .answer("AT+CIPSTATE?\r\n", "\r\nOK\r\n")
        .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")
        .answer("AT\r\n", "\r\nOK\r\n");
    with_mock::<St67, _>(&uart, |module| {
        module.command(&Test).unwrap();
        assert_eq!(module.poll(), Ok(None), "the rest may still come");
        module.command(&Test).unwrap();
        let mut polled = Polled::default();
        poll_all(module, &mut polled);
        assert_eq!(polled.messages, [begun]);
        assert_eq!((polled.lost, polled.cut), (0, 1));
        assert_eq!(
            st67::Event::parse(begun),
            Some(st67::Event::MqttMessage {
                link: 0,
                topic: b"t",
                length: 7,
                data: b"abc"
            })
        );
    });
    uart.assert_done();
}

#[test]
fn a_message_of_which_bytes_are_missing_is_not_handed_out() {
    let mut message = closed(mqtt(b"t", b"0123456789"));
    message.remove(30);
    let uart = met::<St67>()
        .answer("AT\r\n", "\r\nOK\r\n")
        .say(message)
        .say("+CW:SCAN_DONE\r\n")
        .answer("AT+CIPDINFO?\r\n", "+CIPDINFO:true\r\n\r\nOK\r\n")
        .answer("AT+CIPSTATE?\r\n", "\r\nOK\r\n")
        .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")
        .answer("AT\r\n", "\r\nOK\r\n");
    with_mock::<St67, _>(&uart, |module| {
        module.command(&Test).unwrap();
        module.command(&Test).unwrap();
        assert_eq!(module.poll(), Ok(Some(Event::Lost(1))));
        assert_eq!(module.poll(), Ok(Some(Event::ScanDone)));
        assert_eq!(module.poll(), Ok(None));
    });
    uart.assert_done();
}

/// A number that was spoilt on the way must not keep the driver waiting for good.
#[test]
fn a_length_that_lies_takes_what_comes_and_no_more() {
    let uart = met::<St67>()
        .answer(
            "AT\r\n",
            "+MQTT:SUBRECV:0,1,4000000000,\"t\",abc\r\n\r\nOK\r\n",
        )
        .answer("AT+CIPDINFO?\r\n", "+CIPDINFO:true\r\n\r\nOK\r\n")
        .answer("AT+CIPSTATE?\r\n", "\r\nOK\r\n")
        .answer("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")
        .answer("AT\r\n", "\r\nOK\r\n");
    with_mock::<St67, _>(&uart, |module| {
        assert_eq!(module.command(&Test), Err(atwifi::Error::Timeout));
        module.command(&Test).unwrap();
        assert_eq!(module.poll(), Ok(Some(Event::Lost(1))));
        assert_eq!(module.poll(), Ok(None));
    });
    uart.assert_done();
}

/// The same line means one thing before firmware 2.0.89 and another from then on; the module is
/// asked for its version.
#[test]
fn a_notification_is_taken_as_the_firmware_means_it() {
    for (version, line, length) in [
        ("2.0.75", "+BLE:NOTIDATA:1,9,4,\r\nOK\r\n!", 9),
        ("2.0.97", "+BLE:NOTIDATA:1,9,4,\r\nOK", 4),
    ] {
        let uart = met::<St67>()
            .answer(
                "AT+GMR\r\n",
                format!("component_version_sdk_{version}\r\n\r\nOK\r\n"),
            )
            .say(format!("{line}\r\n"))
            .answer("AT\r\n", "\r\nOK\r\n");
        with_mock::<St67, _>(&uart, |module| {
            module
                .command_for_rows(&st67::command::basic::GetVersions, |_| {})
                .unwrap();
            let delivery = module.delivery();
            assert_eq!(delivery.has_notify_handle, length == 4);
            let Ok(Some(Event::Other(got))) = module.poll() else {
                panic!("{version}: no notification");
            };
            assert_eq!(got, line.as_bytes());
            let Some(st67::Event::BleNotified { length: told, .. }) =
                st67::Event::parse_delivered(got, delivery)
            else {
                panic!("{version}: another event");
            };
            assert_eq!(told, length);
            module.command(&Test).unwrap();
        });
        uart.assert_done();
    }
}

/// What the module tells comes between any two writes of it: before an `OK`, between it and the
/// prompt, behind payload.
#[test]
fn a_message_in_any_gap_of_a_conversation_changes_nothing() {
    let line = mqtt(b"room", &nasty());
    for config in configs::<St67>() {
        for gap in 0.. {
            let simulation = Simulation::new(config.clone(), Network::default().build());
            let is_told = with_driver::<St67, _>(&simulation, |module| {
                module.reset().unwrap();
                // Messages come to those who have subscribed, with a command of their own.
                module.command(&Test).unwrap();
                let first = simulation.gaps();
                simulation.set_faults(Faults {
                    fragment: Fragment::Every(7),
                    event_in_gap: Some((first + gap, closed(line.clone()))),
                    ..Faults::default()
                });
                let told = story(module, &simulation, 64);
                assert!(told.error.is_none(), "{gap}: {told:?}");
                assert_eq!(told.received, payload(), "{gap}");
                let mut messages = 0;
                while let Some(event) = module.poll().unwrap() {
                    match event {
                        Event::Other(told) => {
                            assert_eq!(told, line, "{gap}");
                            messages += 1;
                        }
                        Event::Lost(_) | Event::More { .. } | Event::Cut | Event::ModuleReset => {
                            panic!("{gap}: {event:?}\n{}", simulation.transcript());
                        }
                        _ => {}
                    }
                }
                let is_over = simulation.gaps() <= first + gap;
                assert!(messages == 1 || is_over, "{gap}: {messages} messages");
                !is_over
            });
            if !is_told {
                assert!(gap > 20, "{gap} gaps");
                break;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is sent, however it is cut up and however little memory there is: who polls gets
    /// every byte of it.
    #[test]
    fn every_message_that_is_polled_for_arrives(
        messages in proptest::collection::vec(
            ("[a-z/]{1,20}", proptest::collection::vec(any::<u8>(), 0..700)), 1..6),
        fragment in 1_usize..600,
        memory in 640_usize..3000,
    ) {
        let lines: Vec<_> = messages.iter().map(|(topic, data)| mqtt(topic.as_bytes(), data)).collect();
        let uart = lines.iter().fold(
            met::<St67>().answer("AT\r\n", "\r\nOK\r\n"),
            |uart, line| uart.say(closed(line.clone())),
        ).answer("AT\r\n", "\r\nOK\r\n").fragment(fragment);
        lent(&uart, memory, |module| {
            module.command(&Test).unwrap();
            let mut polled = Polled::default();
            poll_all(module, &mut polled);
            prop_assert_eq!(&polled.messages, &lines);
            prop_assert_eq!((polled.lost, polled.cut), (0, 0));
            module.command(&Test).unwrap();
            Ok(())
        })?;
        uart.assert_done();
    }
}

/// A module that other firmware has left with a subscription: whatever its messages look like, firmware
/// that sends no command of its own takes nothing of them for lines, and is told that they are lost.
#[test]
fn a_message_that_nobody_can_have_asked_for_is_dropped_as_a_whole() {
    let line = mqtt(b"room", &nasty());
    for config in configs::<St67>() {
        for gap in 0.. {
            let simulation = Simulation::new(config.clone(), Network::default().build());
            let is_told = with_driver::<St67, _>(&simulation, |module| {
                let first = simulation.gaps();
                simulation.set_faults(Faults {
                    fragment: Fragment::Every(7),
                    event_in_gap: Some((first + gap, closed(line.clone()))),
                    ..Faults::default()
                });
                module.reset().unwrap();
                let told = story(module, &simulation, 64);
                assert!(
                    told.error.is_none(),
                    "{gap}: {told:?}\n{}",
                    simulation.transcript()
                );
                assert_eq!(told.received, payload(), "{gap}");
                let mut lost = 0;
                while let Some(event) = module.poll().unwrap() {
                    match event {
                        Event::Lost(n) => lost += n,
                        // It came when `poll` was called, which takes messages.
                        Event::Other(told) => assert_eq!(told, line, "{gap}"),
                        Event::More { .. } | Event::Cut | Event::ModuleReset => {
                            panic!("{gap}: {event:?}\n{}", simulation.transcript());
                        }
                        _ => {}
                    }
                }
                let is_over = simulation.gaps() <= first + gap;
                assert!(lost <= 1, "{gap}: {lost} lost");
                !is_over
            });
            if !is_told {
                assert!(gap > 20, "{gap} gaps");
                break;
            }
        }
    }
}
