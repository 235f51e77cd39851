//! Whose a link is: nothing is sent or received over one that has become somebody else's, and none is
//! lost for good.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::common::*;
use atwifi::st67::St67;
use atwifi::{Error, Module, Resource, SocketMemory, TcpSocket, Transport};
use atwifi_simulator::{Fault, FaultKind, Faults, PortError, Profile, Simulation, services};
use embedded_io::{ErrorType, Read, Write};
use embedded_nal::{TcpClientStack, nb};

/// Runs a test on firmware that tells who has sent data.
fn each_telling(test: impl Fn(&Simulation, &mut Driver<'_, St67>)) {
    for config in configs::<St67>().filter(|config| config.profile != Profile::St67Reference) {
        let simulation = Simulation::new(config, Network::default().build());
        with_joined::<St67, _>(&simulation, |module| test(&simulation, module));
    }
}

type Log = Rc<RefCell<Vec<u8>>>;

/// Receives what there is; whether the stream has ended.
fn drain(module: &mut Driver<'_, St67>, socket: &mut TcpSocket, got: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 64];
    for _ in 0..20 {
        match module.receive(socket, &mut buffer) {
            Ok(n) => got.extend(&buffer[..n]),
            Err(nb::Error::Other(Error::Closed(_))) => return true,
            Err(_) => {}
        }
    }
    false
}

fn pause(simulation: &Simulation) {
    simulation.advance(Duration::from_millis(300));
}

/// A peer gets the link of a client whose end was not heard as it was told.
fn a_stranger_comes(
    simulation: &Simulation,
    module: &mut Driver<'_, St67>,
    n: u64,
    kind: &FaultKind,
) {
    let what = format!("{kind:?} at {n}");
    // Connected before the module listens, so that its link is the one that the next peer gets.
    let mut client = module.socket().unwrap();
    flat(module.connect(&mut client, at(SHORT))).unwrap();
    let mut listener = listening(module, 8080);
    flat(module.send(&mut client, b"GET / HTTP/1.0\r\n\r\n")).unwrap();
    simulation.set_faults(Faults {
        to_host: vec![Fault::new(simulation.to_host() + n, kind.clone())],
        ..Faults::default()
    });
    pause(simulation);
    let log = Log::default();
    let service = services::record(log.clone());
    let stranger = simulation.dial(peer(4000), module_at(8080), service);
    pause(simulation);
    stranger.send(b"SECRET");
    pause(simulation);
    simulation.set_faults(Faults::default());
    stranger.send(b"SECRET");
    pause(simulation);
    let mut got = Vec::new();
    let has_ended = drain(module, &mut client, &mut got);
    assert!(
        b"bye".starts_with(&got),
        "{what}: received {got:?}\n{}",
        simulation.transcript()
    );
    assert!(has_ended, "{what}\n{}", simulation.transcript());
    let sent = flat(module.send(&mut client, b"PASSWORD"));
    assert!(matches!(sent, Err(Error::Closed(_))), "{what}: {sent:?}");
    let (mut accepted, remote) = accept(module, simulation, &mut listener);
    assert_eq!(remote, peer(4000), "{what}");
    module.close(client).unwrap();
    let mut got = Vec::new();
    receive_until(module, simulation, &mut accepted, 64, &mut got, |got| {
        got.len() >= 12
    })
    .unwrap_or_else(|error| panic!("{what}: {error:?}\n{}", simulation.transcript()));
    assert_eq!(got, b"SECRETSECRET", "{what}");
    flat(module.send(&mut accepted, b"hello")).unwrap();
    pause(simulation);
    assert_eq!(*log.borrow(), b"hello", "{what}");
    module.close(accepted).unwrap();
    module.close(listener).unwrap();
}

#[test]
fn a_strangers_connection_is_never_adopted() {
    // A byte of the last data's announcement or of the notice behind it; or all for a while.
    let bytes = (0..48).flat_map(|n| {
        let kinds = [
            FaultKind::Drop(1),
            FaultKind::Corrupt(1),
            FaultKind::Corrupt(4),
        ];
        kinds.map(|kind| (n, kind))
    });
    for ms in [200, 400, 700] {
        let kind = FaultKind::Cut(Duration::from_millis(ms));
        each_telling(|simulation, module| a_stranger_comes(simulation, module, 0, &kind));
    }
    for (n, kind) in bytes {
        each_joined::<St67>(|simulation, module| a_stranger_comes(simulation, module, n, &kind));
    }
}

#[test]
fn a_stranger_is_not_taken_for_the_one_that_was_accepted() {
    for ms in [100, 400, 700] {
        each_telling(|simulation, module| {
            let mut listener = listening(module, 8080);
            let first = simulation.dial(peer(4000), module_at(8080), services::echo());
            let (mut accepted, _) = accept(module, simulation, &mut listener);
            simulation.set_faults(Faults {
                to_host: vec![Fault::new(
                    simulation.to_host(),
                    FaultKind::Cut(Duration::from_millis(ms)),
                )],
                ..Faults::default()
            });
            first.close();
            pause(simulation);
            let log = Log::default();
            let service = services::record(log.clone());
            let stranger = simulation.dial(peer(4001), module_at(8080), service);
            pause(simulation);
            pause(simulation);
            simulation.set_faults(Faults::default());
            stranger.send(b"SECRET");
            pause(simulation);
            let mut got = Vec::new();
            assert!(drain(module, &mut accepted, &mut got), "{ms}");
            assert_eq!(got, b"", "{ms}");
            assert!(module.send(&mut accepted, b"PASSWORD").is_err());
            let (_, remote) = accept(module, simulation, &mut listener);
            assert_eq!(remote, peer(4001));
            pause(simulation);
            assert_eq!(*log.borrow(), b"");
        });
    }
}

#[test]
fn one_spoilt_row_ends_no_connection() {
    for n in 0..120 {
        each_joined::<St67>(|simulation, module| {
            let mut listener = listening(module, 8080);
            let _peer = simulation.dial(peer(4000), module_at(8080), services::echo());
            let (mut accepted, _) = accept(module, simulation, &mut listener);
            let mut client = module.socket().unwrap();
            flat(module.connect(&mut client, at(ECHO))).unwrap();
            simulation.emit(b"+CIP:7,NONSENSE\r\n");
            simulation.advance(Duration::from_millis(10));
            simulation.set_faults(Faults {
                to_host: vec![Fault::new(simulation.to_host() + n, FaultKind::Corrupt(1))],
                ..Faults::default()
            });
            // Spoilt may be the answer to this, and then it is told.
            let _ = module.link_state();
            let _ = module.link_state();
            for socket in [&mut accepted, &mut client] {
                let sent = flat(module.send(socket, b"hello"));
                assert_eq!(sent, Ok(5), "{n}\n{}", simulation.transcript());
            }
        });
    }
}

#[test]
fn a_listen_whose_answer_was_lost_can_be_repeated() {
    each_joined::<St67>(|simulation, module| {
        for is_closed in [false, true] {
            let mut socket = module.socket().unwrap();
            embedded_nal::TcpFullStack::bind(module, &mut socket, 8080).unwrap();
            simulation.set_faults(Faults {
                to_host: vec![Fault::new(
                    simulation.to_host(),
                    FaultKind::Cut(Duration::from_millis(100)),
                )],
                ..Faults::default()
            });
            let listening = embedded_nal::TcpFullStack::listen(module, &mut socket);
            assert_eq!(listening, Err(Error::Timeout));
            simulation.set_faults(Faults::default());
            let early = simulation.dial(peer(4000), module_at(8080), services::echo());
            pause(simulation);
            if is_closed {
                module.close(socket).unwrap();
                pause(simulation);
                let _ = module.poll();
                module.link_state().unwrap();
                pause(simulation);
                assert_eq!(simulation.links_open(), 0, "{}", simulation.transcript());
                let refused = simulation.dial(peer(4001), module_at(8080), services::echo());
                pause(simulation);
                assert_ne!(refused.state(), atwifi_simulator::Dialled::Open);
                continue;
            }
            let (accepted, _) = {
                early.close();
                simulation.dial(peer(4002), module_at(8080), services::echo());
                pause(simulation);
                embedded_nal::TcpFullStack::listen(module, &mut socket).unwrap();
                simulation.dial(peer(4003), module_at(8080), services::echo());
                accept(module, simulation, &mut socket)
            };
            module.close(accepted).unwrap();
            module.close(socket).unwrap();
            pause(simulation);
            module.release_sockets().unwrap();
            pause(simulation);
        }
    });
}

#[test]
fn a_datagram_socket_without_its_link_reads_nothing() {
    each_joined::<St67>(|simulation, module| {
        let mut socket = embedded_nal::UdpClientStack::socket(module).unwrap();
        embedded_nal::UdpFullStack::bind(module, &mut socket, 6000).unwrap();
        let mut listener = listening(module, 8080);
        simulation.send_datagram(peer(1), module_at(6000), b"a datagram");
        pause(simulation);
        let _ = module.poll().unwrap();
        simulation.lose_link();
        simulation.advance(Duration::from_secs(1));
        module.join(SSID, PASSWORD).unwrap();
        let mut strangers = Vec::new();
        for n in 0..5 {
            let stranger = simulation.dial(peer(4000 + n), module_at(8080), services::echo());
            pause(simulation);
            stranger.send(b"the beginning of a stream");
            pause(simulation);
            strangers.push(stranger);
        }
        let mut buffer = [0; 64];
        for _ in 0..5 {
            let got = embedded_nal::UdpClientStack::receive(module, &mut socket, &mut buffer);
            assert!(got.is_err(), "{got:?}: {}", buffer.escape_ascii());
        }
        embedded_nal::UdpClientStack::close(module, socket).unwrap();
        accept(module, simulation, &mut listener);
    });
}

/// A link that a peer gets at the moment at which the driver chooses it.
#[test]
fn a_link_that_a_peer_has_got_first_is_no_choice() {
    each_joined::<St67>(|simulation, module| {
        let mut listener = listening(module, 8080);
        for round in 0..4 {
            let mut clients = Vec::new();
            for _ in 0..3 {
                let mut client = module.socket().unwrap();
                flat(module.connect(&mut client, at(ECHO))).unwrap();
                clients.push(client);
            }
            simulation.advance(Duration::from_millis(100));
            let mut last = embedded_nal::UdpClientStack::socket(module).unwrap();
            for n in 0..2 {
                simulation.dial(
                    peer(4000 + 2 * round + n),
                    module_at(8080),
                    services::echo(),
                );
            }
            // They have come when the command is there, and nobody has heard of it yet.
            let before = simulation.now();
            let opened = embedded_nal::UdpClientStack::connect(module, &mut last, at(ECHO));
            let took = simulation.now() - before;
            assert!(took < Duration::from_secs(1), "{took:?}: {opened:?}");
            embedded_nal::UdpClientStack::close(module, last).unwrap();
            for client in clients {
                module.close(client).unwrap();
            }
            for _ in 0..2 {
                let (mut accepted, _) = accept(module, simulation, &mut listener);
                flat(module.send(&mut accepted, b"hello")).unwrap();
                module.close(accepted).unwrap();
            }
            pause(simulation);
            assert_eq!(simulation.links_open(), 0, "{round}");
        }
    });
}

/// A line on which the module does not hear some of the commands.
struct Deaf {
    wire: Wire,
    swallows: Rc<Cell<Option<&'static [u8]>>>,
}

impl ErrorType for Deaf {
    type Error = PortError;
}

impl Read for Deaf {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, PortError> {
        self.wire.read(into)
    }
}

impl Write for Deaf {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        match self.swallows.get() {
            Some(command) if bytes.starts_with(command) => Ok(bytes.len()),
            _ => self.wire.write(bytes),
        }
    }

    fn flush(&mut self) -> Result<(), PortError> {
        self.wire.flush()
    }
}

impl Transport for Deaf {
    fn read_ready(&mut self) -> Result<bool, PortError> {
        self.wire.read_ready()
    }

    fn restart(&mut self) -> Result<(), PortError> {
        self.wire.restart()
    }
}

fn with_deaf(
    sockets: usize,
    test: impl Fn(&Simulation, &mut Module<'_, St67, Deaf, SimClock>, &Cell<Option<&'static [u8]>>),
) {
    for simulation in simulations::<St67>(|config| config) {
        let swallows = Rc::new(Cell::new(None));
        let line = Deaf {
            wire: wire_of(&simulation),
            swallows: swallows.clone(),
        };
        let clock = SimClock::new(&simulation);
        let mut buffer = [0; 1024];
        let mut sockets: Vec<_> = (0..sockets).map(|_| SocketMemory::<64>::new()).collect();
        let mut module = Module::new(line, clock, &mut buffer, &mut sockets).unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        test(&simulation, &mut module, &swallows);
    }
}

#[test]
fn lost_closes_leak_no_link() {
    with_deaf(1, |simulation, module, swallows| {
        for round in 0..20 {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO)))
                .unwrap_or_else(|error| panic!("{round}: {error:?}\n{}", simulation.transcript()));
            flat(module.send(&mut socket, b"hello")).unwrap();
            swallows.set(Some(b"AT+CIPCLOSE"));
            assert_eq!(module.close(socket), Err(Error::Timeout));
            swallows.set(None);
        }
        module.link_state().unwrap();
        pause(simulation);
        assert_eq!(simulation.links_open(), 0);
    });
}

#[test]
fn a_close_that_is_never_answered_stops_nothing_else() {
    with_deaf(5, |simulation, module, swallows| {
        let mut healthy = module.socket().unwrap();
        flat(module.connect(&mut healthy, at(ECHO))).unwrap();
        let mut stuck = module.socket().unwrap();
        flat(module.connect(&mut stuck, at(ECHO))).unwrap();
        swallows.set(Some(b"AT+CIPCLOSE=1"));
        assert_eq!(module.close(stuck), Err(Error::Timeout));
        let mut slow = 0;
        for _ in 0..10 {
            let before = simulation.now();
            flat(module.send(&mut healthy, b"hello")).unwrap();
            module.link_state().unwrap();
            let mut other = module.socket().unwrap();
            flat(module.connect(&mut other, at(ECHO))).unwrap();
            module.close(other).unwrap();
            slow += usize::from(simulation.now() - before > Duration::from_secs(1));
        }
        assert!(slow <= 2, "the close was tried {slow} times");
        // Where no other is left it is tried again.
        swallows.set(None);
        let mut clients = Vec::new();
        for _ in 0..4 {
            let mut client = module.socket().unwrap();
            flat(module.connect(&mut client, at(ECHO))).unwrap();
            clients.push(client);
        }
        assert_eq!(simulation.links_open(), 5);
        let none = module.socket().err();
        assert_eq!(none, Some(Error::Resource(Resource::Sockets)));
    });
}

/// What the module holds of a chunk that does not fit its buffer it may announce again, as a whole.
#[test]
fn a_stream_that_is_complete_ends_as_closed_by_its_peer() {
    for length in [1, 2920, 4608, 4609, 6000, 8000, 12_345, 20_000] {
        for chunk in [1, 63, 1000, 2920, 4096] {
            for ms in [0, 1, 10, 100] {
                a_download_ends(length, chunk, Duration::from_millis(ms));
            }
        }
    }
}

fn a_download_ends(length: usize, chunk: usize, pause: Duration) {
    for config in configs::<St67>() {
        let profile = config.profile;
        let sent: Vec<u8> = (0..length).map(|n| (n * 7 + n / 251) as u8).collect();
        let body = sent.clone();
        let network = Network::default()
            .build()
            .serve(at(81), move |_| services::respond(body.clone()));
        let simulation = Simulation::new(config, network);
        with_joined::<St67, _>(&simulation, |module| {
            let what = format!("{profile}: {length} by {chunk}, {pause:?}");
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(81))).unwrap();
            flat(module.send(&mut socket, b"GET / HTTP/1.0\r\n\r\n")).unwrap();
            let mut got: Vec<u8> = Vec::new();
            let mut buffer = vec![0; chunk];
            loop {
                simulation.advance(pause);
                match module.receive(&mut socket, &mut buffer) {
                    Ok(n) => got.extend(&buffer[..n]),
                    Err(nb::Error::WouldBlock) => simulation.idle(),
                    Err(nb::Error::Other(error)) => {
                        let closed = Error::Closed(atwifi::Closed::ByPeer);
                        assert_eq!(error, closed, "{what}\n{}", simulation.transcript());
                        break;
                    }
                }
            }
            assert!(got == sent, "{what}: {} of {length}", got.len());
        });
    }
}

#[test]
fn a_module_that_was_left_listening_can_be_set_up_again() {
    for simulation in simulations::<St67>(|config| config) {
        with_joined::<St67, _>(&simulation, |module| {
            let mut listener = listening(module, 8080);
            simulation.dial(peer(4000), module_at(8080), services::echo());
            accept(module, &simulation, &mut listener);
            let mut client = module.socket().unwrap();
            flat(module.connect(&mut client, at(ECHO))).unwrap();
        });
        // The host restarts, and its driver with it.
        with_driver::<St67, _>(&simulation, |module| {
            let told = story(module, &simulation, 64);
            assert!(
                told.error.is_none(),
                "{:?}\n{}",
                told.error,
                simulation.transcript()
            );
            pause(&simulation);
            assert_eq!(simulation.links_open(), 0);
            let mut listener = listening(module, 8080);
            simulation.dial(peer(4001), module_at(8080), services::echo());
            accept(module, &simulation, &mut listener);
        });
    }
}

#[test]
fn joining_keeps_the_access_point_that_the_module_is() {
    use atwifi::Switch;
    use atwifi::st67::command::wifi::{GetMode, Mode, SetMode};
    for (mode, joined) in [
        (Mode::AccessPoint, Mode::Both),
        (Mode::Both, Mode::Both),
        (Mode::Station, Mode::Station),
        (Mode::Off, Mode::Station),
    ] {
        for simulation in simulations::<St67>(|config| config) {
            with_driver::<St67, _>(&simulation, |module| {
                module.reset().unwrap();
                let auto_connect = Some(Switch::Off);
                module.command(&SetMode { mode, auto_connect }).unwrap();
                module.join(SSID, PASSWORD).unwrap();
                assert_eq!(
                    module.command(&GetMode).unwrap().mode,
                    atwifi::Reported::from(joined as u32)
                );
            });
        }
    }
}

fn leaving_without_having_joined_is_no_error<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let left = module.leave();
            assert_eq!(left, Ok(()), "{}", simulation.transcript());
            module.join(SSID, PASSWORD).unwrap();
            module.leave().unwrap();
            module.leave().unwrap();
        });
    }
}

/// What is left of a payload when the module restarts stands in front of the next command.
#[test]
fn a_restart_in_the_middle_of_a_payload_costs_one_call() {
    for at_byte in [0, 1, 50, 99, 100, 101, 120] {
        each_joined::<St67>(|simulation, module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            simulation.set_faults(Faults {
                to_module: vec![Fault::new(
                    simulation.to_module() + 20 + at_byte,
                    FaultKind::Reset,
                )],
                ..Faults::default()
            });
            let sent = flat(module.send(&mut socket, &[b'x'; 200]));
            simulation.set_faults(Faults::default());
            assert!(sent.is_err(), "{at_byte}: {sent:?}");
            simulation.advance(Duration::from_secs(2));
            let joined = module.join(SSID, PASSWORD);
            assert!(
                joined.is_ok(),
                "{at_byte}: {sent:?}, {joined:?}\n{}",
                simulation.transcript()
            );
        });
    }
}

/// A question whose answer is spoilt on the way is asked again before sockets are thrown away.
#[test]
fn one_spoilt_answer_is_no_proof_of_a_restart() {
    for n in 0..40 {
        each_joined::<St67>(|simulation, module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            let _listener = listening(module, 8080);
            for _ in 0..4 {
                simulation.emit(b"garbage\r\n");
                simulation.advance(Duration::from_millis(10));
                let _ = module.poll();
                simulation.set_faults(Faults {
                    to_host: vec![Fault::new(simulation.to_host() + n, FaultKind::Corrupt(1))],
                    ..Faults::default()
                });
                let _ = module.link_state();
                simulation.set_faults(Faults::default());
                let sent = flat(module.send(&mut socket, b"hello"));
                assert_eq!(sent, Ok(5), "{n}\n{}", simulation.transcript());
            }
        });
    }
}

on_both_dialects! {
    leaving_without_having_joined_is_no_error
}

#[test]
fn a_long_datagram_takes_no_other_with_it() {
    for length in [2919, 2920, 2921, 4000] {
        each_telling(|simulation, module| {
            let mut socket = embedded_nal::UdpClientStack::socket(module).unwrap();
            embedded_nal::UdpFullStack::bind(module, &mut socket, 6000).unwrap();
            let long: Vec<u8> = (0..length).map(|n| n as u8).collect();
            simulation.send_datagram(peer(1), module_at(6000), &long);
            simulation.send_datagram(peer(2), module_at(6000), b"next");
            pause(simulation);
            let mut buffer = [0; 4608];
            for expected in [(peer(1), &long[..]), (peer(2), b"next")] {
                let got = embedded_nal::UdpClientStack::receive(module, &mut socket, &mut buffer);
                let (n, sender) = got.unwrap();
                assert!(
                    (sender, &buffer[..n]) == expected,
                    "{length}: {n} of {sender}"
                );
            }
        });
    }
}
