//! What firmware 0.3.x of the Microchip module does without a word to the host (wire notes 12).

mod common;

use std::time::Duration;

use atwifi::microchip::Microchip;
use atwifi_simulator::{MemoryNetwork, Peer, Profile, Service, Simulation, services};
use common::*;
use embedded_nal::{TcpClientStack, nb};

const FIRMWARE: [Profile; 2] = [Profile::MicrochipFw0_2_0, Profile::MicrochipFw0_3_2];

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
#[ignore = "driver: asks once whether anything has come, and then waits for `+SOCKRXT` for good"]
fn an_answer_behind_one_that_was_not_announced_is_received() {
    for profile in FIRMWARE {
        for delay in [1, 10, 30, 60, 100, 150] {
            let network = MemoryNetwork::new()
                .serve(at(HTTP), |_| Box::new(Asked))
                .delay(Duration::from_millis(delay));
            let simulation = Simulation::new(config(profile), network);
            with_joined::<Microchip, _>(&simulation, |module| {
                let mut socket = module.socket().unwrap();
                flat(module.connect(&mut socket, at(HTTP))).unwrap();
                flat(module.send(&mut socket, b"?")).unwrap();
                for _ in 0..12 {
                    flat(module.send(&mut socket, b"x")).unwrap();
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
                        "{profile}, {delay} ms\n{}",
                        simulation.transcript()
                    );
                }
            });
        }
    }
}

/// The transmit buffer holds 1460 bytes. Binary data that finds no room is dropped, and answered
/// with `OK`; the text form answers `ERROR:17`.
#[test]
#[ignore = "driver: takes `OK` behind binary data for granted, and leaves a hole in the stream"]
fn data_that_finds_no_room_is_not_taken_for_sent() {
    for profile in FIRMWARE {
        let network = MemoryNetwork::new()
            .serve(at(ECHO), |_| services::echo())
            .clogged(at(ECHO));
        let simulation = Simulation::new(config(profile), network);
        with_joined::<Microchip, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            let mut sent = 0;
            for _ in 0..4 {
                match module.send(&mut socket, &[b'x'; 1000]) {
                    Ok(count) => sent += count,
                    Err(nb::Error::WouldBlock) => break,
                    Err(nb::Error::Other(error)) => panic!("{error:?}"),
                }
            }
            assert!(sent <= 1460, "{profile}: {sent} bytes have no room");
        });
    }
}
