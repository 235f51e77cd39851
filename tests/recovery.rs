//! What happens in the field: streams that lost bytes stay broken, a peer's text stays a peer's, and
//! the module is found again, whatever it waits for and however slow it is.

use std::time::Duration;

use crate::common::*;
use atwifi::st67::St67;
use atwifi::{Closed, Error, Event, Module, SocketMemory, Transport};
use atwifi_simulator::{
    Fault, FaultKind, Faults, MemoryNetwork, PortError, Profile, Simulation, services,
};
use embedded_io::{ErrorType, Read, ReadReady, Write};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};

/// A fault for the first byte that comes from here on.
fn next_byte(simulation: &Simulation, kind: FaultKind) -> Faults {
    Faults {
        to_host: vec![Fault::new(simulation.to_host(), kind)],
        ..Faults::default()
    }
}

/// The refusal of what was sent already: the caller who sends it again would send it twice.
#[test]
fn a_refusal_behind_the_payload_breaks_the_stream() {
    let st67 = met::<St67>()
        .answer(
            "AT+CIPSTART=0,\"TCP\",\"10.0.0.7\",7,,,10000\r\n",
            "+CIP:0,CONNECTED\r\n\r\nOK\r\n",
        )
        .answer("AT+CIPSEND=0,5\r\n", "\r\nOK\r\n\r\n>")
        .answer("hello", "Recv 5 bytes\r\n\r\nSEND FAIL\r\n");
    with_mock::<St67, _>(&st67, |module| {
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(ECHO))).unwrap();
        let refused = flat(module.send(&mut socket, b"hello"));
        assert!(matches!(refused, Err(Error::Module(_))), "{refused:?}");
        let again = flat(module.send(&mut socket, b"hello"));
        assert_eq!(again, Err(Error::Closed(Closed::StreamBroken)));
    });
}

/// Bytes that are lost in the middle of a payload end the stream: what comes behind them is not
/// handed out, though the module announces it.
fn bytes_behind_a_gap_are_never_handed_out<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(DOWNLOAD))).unwrap();
        simulation.advance(Duration::from_millis(300));
        let mut buffer = [0; 1000];
        flat(module.receive(&mut socket, &mut buffer)).unwrap();
        let at = simulation.to_host() + 200;
        simulation.set_faults(Faults {
            to_host: vec![Fault::new(at, FaultKind::Drop(3))],
            ..Faults::default()
        });
        let spoilt = module.receive(&mut socket, &mut buffer);
        assert!(matches!(spoilt, Err(nb::Error::Other(_))), "{spoilt:?}");
        for _ in 0..5 {
            simulation.advance(Duration::from_secs(1));
            module.link_state().unwrap();
            assert_eq!(
                module.receive(&mut socket, &mut buffer),
                Err(nb::Error::Other(Error::Closed(Closed::StreamBroken)))
            );
        }
    });
}

/// More than a buffer holds, and behind that what looks like a module talking.
fn lies() -> Vec<u8> {
    let mut text = vec![b'x'; 300];
    for _ in 0..10 {
        text.extend(b"\r\nready\r\nOK\r\n>\r\n+CIP:0,DISCONNECTED\r\n+SOCKCL:1\r\n+WSTALD\r\n");
    }
    text
}

/// A datagram longer than the caller's buffer, with a pause while the rest is dropped.
fn a_peers_text_is_never_taken_for_the_modules<D: UnderTest>() {
    for config in configs::<D>() {
        for pause in [600, 900, 3000] {
            let network = MemoryNetwork::default()
                .serve(at(ECHO), |_| services::echo())
                .serve_udp(at(ECHO), services::udp_answer(at(ECHO), lies()));
            let simulation = Simulation::new(config.clone(), network);
            with_joined::<D, _>(&simulation, |module| {
                let mut stream = module.socket().unwrap();
                flat(module.connect(&mut stream, at(ECHO))).unwrap();
                let mut socket = embedded_nal::UdpClientStack::socket(module).unwrap();
                embedded_nal::UdpClientStack::connect(module, &mut socket, at(ECHO)).unwrap();
                flat(embedded_nal::UdpClientStack::send(
                    module,
                    &mut socket,
                    b"lie",
                ))
                .unwrap();
                while module.poll().unwrap().is_some() {}
                let at = simulation.to_host() + 420;
                simulation.set_faults(Faults {
                    to_host: vec![Fault::new(
                        at,
                        FaultKind::Delay(Duration::from_millis(pause)),
                    )],
                    ..Faults::default()
                });
                simulation.advance(Duration::from_millis(200));
                for _ in 0..20 {
                    let _ =
                        embedded_nal::UdpClientStack::receive(module, &mut socket, &mut [0; 64]);
                    simulation.advance(Duration::from_millis(300));
                }
                flat(module.send(&mut stream, b"still here")).unwrap_or_else(|e| {
                    panic!(
                        "{}, {pause}: {e:?}\n{}",
                        config.profile,
                        simulation.transcript()
                    )
                });
                let mut got = Vec::new();
                receive_until(module, &simulation, &mut stream, 64, &mut got, |got| {
                    got.len() >= 10
                })
                .unwrap();
                assert_eq!(got, b"still here");
                while let Some(event) = module.poll().unwrap() {
                    assert_ne!(event, Event::ModuleReset);
                }
            });
        }
    }
}

/// A transport whose receiver fails so many times, as one that floats does.
struct Floating {
    wire: Wire,
    failures: u32,
}

impl ErrorType for Floating {
    type Error = PortError;
}

impl Read for Floating {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, PortError> {
        self.wire.read(into)
    }
}

impl Write for Floating {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        self.wire.write(bytes)
    }

    fn flush(&mut self) -> Result<(), PortError> {
        self.wire.flush()
    }
}

impl Transport for Floating {
    fn read_ready(&mut self) -> Result<bool, PortError> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(PortError::Unplugged);
        }
        self.wire.read_ready()
    }

    fn restart(&mut self) -> Result<(), PortError> {
        self.wire.restart()
    }
}

fn what_is_heard_before_the_boot_report_is_noise<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<64>::new() }; 1]);
        // More than are dropped while the pin is low.
        let floating = Floating {
            wire: wire_of(&simulation),
            failures: 4500,
        };
        let clock = SimClock::new(&simulation);
        let mut module = Module::<D, _, _>::new(floating, clock, &mut line, &mut sockets).unwrap();
        let (mut pin, mut delay) = (Board(simulation.clone()), Board(simulation.clone()));
        assert_eq!(module.reset_by_pin(&mut pin, &mut delay), Ok(()));
    }
}

fn noise_in_front_of_the_boot_report_hides_nothing<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            let noise = FaultKind::Insert(b"\xff\x00\xf0".to_vec());
            simulation.set_faults(next_byte(&simulation, noise));
            let (mut pin, mut delay) = (Board(simulation.clone()), Board(simulation.clone()));
            let before = simulation.now();
            module.reset_by_pin(&mut pin, &mut delay).unwrap();
            assert!(simulation.now() - before < Duration::from_secs(3));
        });
    }
}

/// A silent module is told to restart in any case.
fn a_module_that_answers_no_question_is_told_to_restart<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            simulation.set_faults(next_byte(
                &simulation,
                FaultKind::Cut(Duration::from_secs(25)),
            ));
            let restarts = || {
                simulation
                    .transcript()
                    .to_string()
                    .matches("AT+RST")
                    .count()
            };
            let (before, told) = (simulation.now(), restarts());
            module.resume();
            let _ = module.reset();
            assert_eq!(restarts(), told + 1, "{}", simulation.transcript());
            assert!(simulation.now() - before < Duration::from_secs(60));
            simulation.advance(Duration::from_secs(30));
            assert!(story(module, &simulation, 500).error.is_none());
        });
    }
}

/// What a host sends before it restarts: a send command, its prompt awaited, and part of the payload.
fn begin_upload(simulation: &Simulation, command: &str, payload: usize) {
    let mut wire = wire_of(simulation);
    for piece in [command.as_bytes(), &vec![b'p'; payload]] {
        say(simulation, &mut wire, piece);
        simulation.advance(Duration::from_millis(200));
    }
}

/// The longest that a module may take to be found behind an upload that its host has forgotten: the
/// payload, byte by byte, and one call's recovery.
const FOUND: Duration = Duration::from_secs(140);

fn a_host_that_restarts_in_the_middle_of_an_upload_finds_its_module<D: UnderTest>() {
    let is_st67 = D::PROFILES.contains(&Profile::St67Fw2_0_75);
    for simulation in simulations::<D>(|config| config) {
        for sent in [0, 5, 1300, 1396] {
            with_joined::<D, _>(&simulation, |module| {
                let mut socket = module.socket().unwrap();
                flat(module.connect(&mut socket, at(ECHO))).unwrap();
            });
            let command = match is_st67 {
                true => "AT+CIPSEND=0,1400\r\n",
                false => "AT+SOCKWR=1,1400\r\n",
            };
            begin_upload(&simulation, command, sent);
            let before = simulation.now();
            with_driver::<D, _>(&simulation, |module| {
                while let Err(error) = module.link_state() {
                    assert!(
                        simulation.now() - before < FOUND,
                        "{sent}: {error:?}\n{}",
                        simulation.transcript()
                    );
                }
                let told = story(module, &simulation, 1000);
                assert!(
                    told.error.is_none(),
                    "{:?}\n{}",
                    told.error,
                    simulation.transcript()
                );
            });
        }
    }
}

/// Both directions are cut in the middle of a send, longer than one recovery takes.
fn a_cut_during_a_send_is_survived<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            let cut = FaultKind::Cut(Duration::from_secs(13));
            simulation.set_faults(Faults {
                to_host: vec![Fault::new(simulation.to_host() + 60, cut.clone())],
                to_module: vec![Fault::new(simulation.to_module() + 100, cut)],
                ..Faults::default()
            });
            flat(module.send(&mut socket, &[b'x'; 1400])).unwrap_err();
            let before = simulation.now();
            while module.link_state().is_err() {
                assert!(
                    simulation.now() - before < FOUND,
                    "{}",
                    simulation.transcript()
                );
            }
            let told = story(module, &simulation, 1000);
            assert!(told.error.is_none(), "{:?}", told.error);
        });
    }
}

/// A line that nobody knows, on a module that answers slowly: no answer is taken for another's.
fn a_slow_module_gets_each_call_its_own_answer<D: UnderTest>() {
    for latency in [260, 300, 450, 700, 1200, 2000] {
        let slow =
            |config: atwifi_simulator::Config| config.with_latency(Duration::from_millis(latency));
        for simulation in simulations::<D>(slow) {
            with_driver::<D, _>(&simulation, |module| {
                let reset = module.reset();
                assert_eq!(reset, Ok(()), "{latency} ms\n{}", simulation.transcript());
                module.join(SSID, PASSWORD).unwrap();
                for line in [&b"garbage\r\n"[..], b"+SOME:1\r\n", b"OK\r\n", b"ERROR\r\n"] {
                    simulation.emit(line);
                    let context = || format!("{latency} ms\n{}", simulation.transcript());
                    let known = flat(module.get_host_by_name(NAME, AddrType::IPv4));
                    assert_eq!(known, Ok(ADDRESS.into()), "{}", context());
                    let unknown = flat(module.get_host_by_name("nobody.test", AddrType::IPv4));
                    assert!(matches!(unknown, Err(Error::Module(_))), "{}", context());
                    assert_eq!(
                        module.link_state(),
                        Ok(atwifi::LinkState::Up),
                        "{}",
                        context()
                    );
                    assert_eq!(module.addresses().unwrap().ip.octets(), [192, 168, 1, 50]);
                }
            });
        }
    }
}

/// What a restart looks like on this line may be noise.
fn a_lone_prompt_or_result_is_no_restart<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(ECHO))).unwrap();
        for noise in [&b">"[..], b"OK\r\n", b"\r\nOK\r\n>", b"#", b"ERROR\r\n"] {
            simulation.emit(noise);
            flat(module.send(&mut socket, b"still here"))
                .unwrap_or_else(|e| panic!("{noise:?}: {e:?}\n{}", simulation.transcript()));
            let mut got = Vec::new();
            receive_until(module, simulation, &mut socket, 64, &mut got, |got| {
                got.len() >= 10
            })
            .unwrap();
            assert_eq!(got, b"still here");
        }
    });
}

/// The bytes that announce data, and a close, are lost while the host does not listen, and nothing
/// tells.
fn a_host_that_was_deaf_hears_of_all_it_missed<D: UnderTest>() {
    for is_told in [true, false] {
        each_joined::<D>(|simulation, module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(SHORT))).unwrap();
            flat(module.send(&mut socket, b"GET / HTTP/1.0\r\n\r\n")).unwrap();
            simulation.set_faults(next_byte(
                simulation,
                FaultKind::Cut(Duration::from_secs(1)),
            ));
            simulation.advance(Duration::from_secs(2));
            match is_told {
                true => module.resume(),
                false => simulation.advance(Duration::from_secs(61)),
            }
            let mut got = Vec::new();
            receive_until(module, simulation, &mut socket, 64, &mut got, |_| false)
                .unwrap_or_else(|e| panic!("{got:?}, {e:?}\n{}", simulation.transcript()));
            assert_eq!(got, b"bye");
        });
    }
}

/// A transport that takes everything and says nothing.
struct Silent;

impl ErrorType for Silent {
    type Error = core::convert::Infallible;
}

impl Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> Result<usize, Self::Error> {
        Ok(0)
    }
}

impl ReadReady for Silent {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        Ok(false)
    }
}

impl Write for Silent {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

fn a_clock_that_stands_still_hangs_nothing<D: UnderTest>() {
    let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<64>::new() }; 1]);
    let mut module = Module::<D, _, _>::new(Silent, || 7_u32, &mut line, &mut sockets).unwrap();
    assert!(module.link_state().is_err());
}

on_both_dialects! {
    bytes_behind_a_gap_are_never_handed_out
    a_peers_text_is_never_taken_for_the_modules
    what_is_heard_before_the_boot_report_is_noise
    noise_in_front_of_the_boot_report_hides_nothing
    a_module_that_answers_no_question_is_told_to_restart
    a_host_that_restarts_in_the_middle_of_an_upload_finds_its_module
    a_cut_during_a_send_is_survived
    a_slow_module_gets_each_call_its_own_answer
    a_lone_prompt_or_result_is_no_restart
    a_host_that_was_deaf_hears_of_all_it_missed
    a_clock_that_stands_still_hangs_nothing
}
