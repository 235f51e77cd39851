//! What the Microchip module does without a word to the host (wire notes 12), and single bytes that
//! are lost on the way to it.

use std::time::Duration;

use crate::common::*;
use atwifi::microchip::{Microchip, Status};
use atwifi::{Closed, Error};
use atwifi_simulator::{
    Fault, FaultKind, Faults, MemoryNetwork, Peer, Profile, Service, Simulation, services,
};
use embedded_nal::{TcpClientStack, nb};

/// Answers `?` after a while, and `!` at once.
struct Asked;

impl Service for Asked {
    fn received(&mut self, _now: Duration, data: &[u8], peer: &mut Peer) {
        match data {
            b"?" => peer.send_after(Duration::from_millis(20), b"unheard"),
            b"!" => peer.send(b"heard"),
            _ => {}
        }
    }
}

/// Data that came during a binary write is read without having been announced, and the count of what
/// has been announced wraps. The next data is not announced, nor is there a second `AT+SOCKRD`: a
/// host must ask again.
#[test]
fn an_answer_behind_one_that_was_not_announced_is_received() {
    for profile in Profile::MICROCHIP {
        for (delay, in_bulk) in [1, 10, 30, 60, 100, 150]
            .map(|delay| [(delay, false), (delay, true)])
            .concat()
        {
            let network = MemoryNetwork::new()
                .serve(at(HTTP), |_| Box::new(Asked))
                .delay(Duration::from_millis(delay));
            let simulation = Simulation::new(config(profile), network);
            with_joined::<Microchip, _>(&simulation, |module| {
                module.send_in_bulk(in_bulk);
                let mut socket = module.socket().unwrap();
                flat(module.connect(&mut socket, at(HTTP))).unwrap();
                flat(module.send(&mut socket, b"?")).unwrap();
                for _ in 0..12 {
                    flat(module.send(&mut socket, &[b'x'; 200])).unwrap();
                }
                for (asked, expected) in [(&b""[..], &b"unheard"[..]), (b"!", b"heard")] {
                    if !asked.is_empty() {
                        flat(module.send(&mut socket, asked)).unwrap();
                    }
                    let mut got = Vec::new();
                    let received =
                        receive_until(module, &simulation, &mut socket, 64, &mut got, |got| {
                            got.len() >= expected.len()
                        });
                    assert_eq!(
                        (received, got.as_slice()),
                        (Ok(()), expected),
                        "{profile}, {delay} ms, {in_bulk}\n{}",
                        simulation.transcript()
                    );
                }
            });
        }
    }
}

/// A module whose peer takes nothing in.
fn clogged(profile: Profile) -> Simulation {
    let network = MemoryNetwork::new()
        .serve(at(ECHO), |_| services::echo())
        .clogged(at(ECHO));
    Simulation::new(config(profile), network)
}

/// The transmit buffer holds 1460 bytes. Binary data that finds no room is dropped, and answered
/// with `OK`; the text form answers `ERROR:17`.
#[test]
fn data_that_finds_no_room_is_not_taken_for_sent() {
    for profile in Profile::MICROCHIP {
        let simulation = clogged(profile);
        with_joined::<Microchip, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            let mut sent = 0;
            let end = loop {
                match module.send(&mut socket, &[b'x'; 1000]) {
                    Ok(count) => sent += count,
                    Err(nb::Error::WouldBlock) => {
                        panic!("clients take that for a failure, or panic")
                    }
                    Err(nb::Error::Other(error)) => break error,
                }
            };
            assert_eq!(sent, 1000, "{profile}: more have no room");
            assert_eq!(end, Error::Module(Status::SendFailed), "{profile}");
            // A part of them had.
            let broken = Error::Closed(Closed::StreamBroken);
            assert_eq!(
                flat(module.send(&mut socket, b"x")),
                Err(broken),
                "{profile}"
            );
        });
    }
}

/// What has no room at all can be sent later: nothing of it is gone.
#[test]
fn a_stream_that_has_no_room_for_a_while_stays_whole() {
    for profile in Profile::MICROCHIP {
        let simulation = clogged(profile);
        with_joined::<Microchip, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            assert_eq!(flat(module.send(&mut socket, &[b'x'; 1400])), Ok(1400));
            for _ in 0..2 {
                let begin = simulation.now();
                let refused = flat(module.send(&mut socket, &[b'x'; 100]));
                assert_eq!(refused, Err(Error::Module(Status::SendFailed)), "{profile}");
                let took = simulation.now() - begin;
                assert!(took < Duration::from_secs(12), "{profile}: {took:?}");
            }
            assert_eq!(flat(module.send(&mut socket, &[b'x'; 60])), Ok(60));
        });
    }
}

/// A peer that acknowledges late, as far away ones do, or one that reads in gusts.
#[test]
fn a_slow_peer_gets_all_that_was_sent() {
    for profile in Profile::MICROCHIP {
        for slowness in [50, 500, 4000] {
            let network = Network::default();
            let simulation = Simulation::new(
                config(profile),
                (network.build()).slow(at(RECORD), Duration::from_millis(slowness)),
            );
            with_joined::<Microchip, _>(&simulation, |module| {
                let mut socket = module.socket().unwrap();
                flat(module.connect(&mut socket, at(RECORD))).unwrap();
                for part in download().chunks(3000).take(3) {
                    assert_eq!(flat(module.send(&mut socket, part)), Ok(part.len()));
                }
                module.close(socket).unwrap();
            });
            simulation.advance(Duration::from_secs(5));
            let recorded = network.recorded.borrow();
            let what = format!("{profile}, {slowness} ms: {} bytes", recorded.len());
            assert!(*recorded == download()[..9000], "{what}");
        }
    }
}

/// Each byte on the way to the module is lost in turn: what was sent arrives, or its sender is told.
/// Payload that is looked for is text, text with line ends, quotes and backslashes at the end of a
/// command, and what a payload looks like that is a command itself.
#[test]
fn no_byte_is_lost_on_the_way_to_the_module_without_a_word() {
    let digits = b"0123456789".repeat(30);
    let payloads: [&[u8]; 6] = [
        b"plain text, 1,2,3",
        b"GET / HTTP/1.1\r\nHost: \"x\"\r\n\r\n",
        b"ends in a backslash\\",
        b"\"\\\"\\",
        b"AT+SOCKCL=1\r\nAT+RST\r\n",
        &digits,
    ];
    for profile in Profile::MICROCHIP {
        for payload in payloads {
            let mut lost = 0;
            while lose_one(profile, payload, lost) {
                lost += 1;
            }
            assert!(lost > payload.len() as u64, "{profile}: {lost}");
        }
    }
}

/// Loses one byte of what is sent; `false` if so many are not sent.
fn lose_one(profile: Profile, payload: &[u8], at_byte: u64) -> bool {
    let network = Network::default();
    let simulation = Simulation::new(config(profile), network.build());
    let crossed = with_joined::<Microchip, _>(&simulation, |module| {
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(RECORD))).unwrap();
        let first = simulation.to_module();
        simulation.set_faults(Faults {
            to_module: vec![Fault::new(first + at_byte, FaultKind::Drop(1))],
            ..Faults::default()
        });
        let sent = flat(module.send(&mut socket, payload));
        let crossed = simulation.to_module() - first;
        simulation.set_faults(Faults::default());
        simulation.advance(Duration::from_secs(1));
        let what = format!(
            "{profile}, byte {at_byte}: {sent:?}\n{}",
            simulation.transcript()
        );
        let got = network.recorded.borrow().clone();
        match sent {
            Ok(_) => assert!(got == payload, "{what}"),
            Err(_) => assert!(payload.starts_with(&got), "{what}"),
        }
        // If the driver says that nothing was sent, the stream goes on.
        let again = flat(module.send(&mut socket, payload));
        simulation.advance(Duration::from_secs(1));
        let got = network.recorded.borrow().clone();
        match (sent, again) {
            (Ok(_), again) => assert!(again.is_ok() && got == payload.repeat(2), "{what}"),
            (Err(_), Ok(_)) => assert!(got == payload, "{what}"),
            (Err(_), Err(again)) => {
                assert_eq!(again, Error::Closed(Closed::StreamBroken), "{what}");
            }
        }
        crossed
    });
    at_byte < crossed
}

/// A fault in the command that announces payload; the next connection needs no reset.
fn recovers(payload: &[u8], in_bulk: bool, fault: &dyn Fn(u64) -> Fault) {
    for profile in Profile::MICROCHIP {
        let simulation = Simulation::new(config(profile), Network::default().build());
        with_joined::<Microchip, _>(&simulation, |module| {
            module.send_in_bulk(in_bulk);
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(RECORD))).unwrap();
            simulation.set_faults(Faults {
                to_module: vec![fault(simulation.to_module())],
                ..Faults::default()
            });
            let sent = flat(module.send(&mut socket, payload));
            assert!(sent.is_err(), "{profile}");
            simulation.set_faults(Faults::default());
            // Each call pays for a while.
            let mut calls = 0;
            while flat(module.connect(&mut socket, at(ECHO))).is_err() {
                calls += 1;
                assert!(calls < 5, "{profile}\n{}", simulation.transcript());
            }
            let mut got = Vec::new();
            flat(module.send(&mut socket, b"again")).unwrap();
            receive_until(module, &simulation, &mut socket, 9, &mut got, |got| {
                got.len() >= 5
            })
            .unwrap();
            assert_eq!(got, b"again", "{profile}");
        });
    }
}

/// `ERROR:2`, then the command is executed all the same, and its `#` comes.
#[test]
fn payload_that_is_owed_behind_a_refusal_is_paid() {
    for length in [115, 120, 300, 1000] {
        recovers(&vec![b'x'; length], true, &|at| {
            Fault::new(at, FaultKind::Insert(b"x\r\n".to_vec()))
        });
    }
}

/// Of `AT+SOCKWR=5202,100,"…"` only the beginning arrives: it announces payload.
#[test]
fn payload_that_was_lost_with_the_end_of_its_command_is_paid() {
    for length in [3, 8, 11, 100, 220] {
        let text = length.to_string().len() as u64 + length as u64;
        recovers(&vec![b'x'; length], false, &|at| {
            // Behind the length; the reference has shorter ids, and loses a part of the text only.
            let head = "AT+SOCKWR=5202,".len() as u64 + text - length as u64;
            Fault::new(at + head, FaultKind::Drop(length + 3))
        });
    }
}
