//! What the crates above need from an `embedded-nal` stack: each rule has a test that is named
//! after it. Those on UDP and on servers are in `udp.rs` and `server.rs`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::common::*;
use atwifi::{Closed, Error, Resource, SocketMemory, Usage};
use atwifi_simulator::{Config, Faults, MemoryNetwork, Peer, Service, Simulation};
use embedded_nal::{AddrType, Dns, SharableStack, TcpClientStack, TcpError, TcpErrorKind, nb};

/// Runs a test on every firmware of a dialect.
fn each<D: UnderTest>(test: impl Fn(&Simulation, &Network)) {
    each_with::<D>(|config| config, test);
}

fn each_with<D: UnderTest>(
    change: impl Fn(Config) -> Config,
    test: impl Fn(&Simulation, &Network),
) {
    for config in configs::<D>() {
        let network = Network::default();
        test(&Simulation::new(change(config), network.build()), &network);
    }
}

fn kind<D: atwifi::dialect::Dialect>(error: nb::Error<Failure<D>>) -> TcpErrorKind {
    match error {
        nb::Error::Other(error) => TcpError::kind(&error),
        nb::Error::WouldBlock => panic!("WouldBlock"),
    }
}

fn rule_1_connect_blocks_to_completion<D: UnderTest>() {
    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            let mut socket = module.socket().unwrap();
            assert!(module.connect(&mut socket, at(ECHO)).is_ok());
            let mut other = module.socket().unwrap();
            assert!(matches!(
                module.connect(&mut other, at(REFUSED)),
                Err(nb::Error::Other(Error::Unconnected(_)))
            ));
            assert!(matches!(
                module.connect(&mut other, at(SILENT)),
                Err(nb::Error::Other(Error::Unconnected(_)))
            ));
        });
    });
}

fn rule_2_connect_again_after_a_failure<D: UnderTest>() {
    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            let mut socket = module.socket().unwrap();
            for _ in 0..8 {
                assert!(module.connect(&mut socket, at(REFUSED)).is_err());
            }
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            echo_works(module, simulation, &mut socket);
        });
    });
}

fn echo_works<D: UnderTest>(
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    socket: &mut atwifi::TcpSocket,
) {
    let sent = payload();
    assert_eq!(flat(module.send(socket, &sent)).unwrap(), sent.len());
    let mut got = Vec::new();
    receive_until(module, simulation, socket, 33, &mut got, |got| {
        got.len() >= sent.len()
    })
    .unwrap();
    assert_eq!(got, sent);
}

fn rule_3_connect_on_an_open_socket_opens_a_new_connection<D: UnderTest>() {
    each::<D>(|simulation, network| {
        with_joined::<D, _>(simulation, |module| {
            let mut socket = module.socket().unwrap();
            for round in 0..12 {
                // The data of the connection before must not leak into the new one.
                flat(module.connect(&mut socket, at(ECHO))).unwrap();
                flat(module.send(&mut socket, b"left behind")).unwrap();
                simulation.advance(Duration::from_millis(10));
                flat(module.connect(&mut socket, at(ECHO))).unwrap();
                echo_works(module, simulation, &mut socket);
                assert_eq!(simulation.links_open(), 1, "round {round}");
            }
            flat(module.connect(&mut socket, at(RECORD))).unwrap();
            flat(module.send(&mut socket, b"recorded")).unwrap();
            simulation.advance(Duration::from_millis(10));
            assert_eq!(*network.recorded.borrow(), b"recorded");
        });
    });
}

fn rule_4_send_takes_any_size<D: UnderTest>() {
    each::<D>(|simulation, network| {
        with_joined::<D, _>(simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(RECORD))).unwrap();
            let mut sent = Vec::new();
            for size in [1, 2, 63, 1460, 6143, 6144, 6145, 8192, 9033, 100_000] {
                let bytes: Vec<u8> = (0..size).map(|i| (i * 7 % 251) as u8).collect();
                assert_eq!(flat(module.send(&mut socket, &bytes)).unwrap(), size);
                sent.extend(bytes);
            }
            assert_eq!(flat(module.send(&mut socket, b"")).unwrap(), 0);
            simulation.advance(Duration::from_secs(1));
            assert!(*network.recorded.borrow() == sent);
        });
    });
}

fn rule_5_no_data_is_would_block<D: UnderTest>() {
    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            let mut buffer = [0; 16];
            assert_eq!(
                module.receive(&mut socket, &mut buffer),
                Err(nb::Error::WouldBlock)
            );
            assert_eq!(module.receive(&mut socket, &mut []), Ok(0));
        });
    });
}

fn rule_6_a_closed_peer_is_pipe_closed_after_its_last_byte<D: UnderTest>() {
    for close_behind_data in [false, true] {
        let change = |config: Config| {
            config.with_faults(Faults {
                close_behind_data,
                ..Faults::default()
            })
        };
        for chunk in [1, 7, 600, 100_000] {
            each_with::<D>(change, |simulation, _| {
                with_joined::<D, _>(simulation, |module| {
                    let mut socket = module.socket().unwrap();
                    flat(module.connect(&mut socket, at(HTTP))).unwrap();
                    flat(module.send(&mut socket, b"GET / HTTP/1.0\r\n\r\n")).unwrap();
                    let mut got = Vec::new();
                    receive_until(module, simulation, &mut socket, chunk, &mut got, |_| false)
                        .unwrap();
                    assert!(
                        got == response(),
                        "{} bytes of {}",
                        got.len(),
                        response().len()
                    );
                    for _ in 0..3 {
                        let end = module.receive(&mut socket, &mut [0; 8]).unwrap_err();
                        assert_eq!(kind::<D>(end), TcpErrorKind::PipeClosed);
                    }
                });
            });
        }
    }
}

fn rule_6_a_lost_wifi_link_is_pipe_closed<D: UnderTest>() {
    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            simulation.lose_link();
            simulation.advance(Duration::from_millis(100));
            let end = module.receive(&mut socket, &mut [0; 8]).unwrap_err();
            assert_eq!(kind::<D>(end), TcpErrorKind::PipeClosed);
            let end = module.send(&mut socket, b"x").unwrap_err();
            assert_eq!(kind::<D>(end), TcpErrorKind::PipeClosed);
            module.join(SSID, PASSWORD).unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            echo_works(module, simulation, &mut socket);
        });
    });
}

fn rule_7_send_on_a_closed_socket_is_pipe_closed<D: UnderTest>() {
    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            let mut socket = module.socket().unwrap();
            for _ in 0..3 {
                assert_eq!(
                    kind::<D>(module.send(&mut socket, b"x").unwrap_err()),
                    TcpErrorKind::PipeClosed
                );
            }
            flat(module.connect(&mut socket, at(SHORT))).unwrap();
            flat(module.send(&mut socket, b"\r\n\r\n")).unwrap();
            simulation.advance(Duration::from_secs(1));
            for _ in 0..3 {
                assert_eq!(
                    kind::<D>(module.send(&mut socket, b"x").unwrap_err()),
                    TcpErrorKind::PipeClosed
                );
            }
        });
    });
}

fn rule_8_close_is_ok_in_every_state_and_frees_the_slot<D: UnderTest>() {
    each::<D>(|simulation, _| {
        with_memory::<D, _, 64>(simulation, 1024, 1, |module| {
            module.reset().unwrap();
            module.join(SSID, PASSWORD).unwrap();
            for round in 0..7 {
                let fresh = module.socket().unwrap();
                module.close(fresh).unwrap();
                let mut failed = module.socket().unwrap();
                assert!(module.connect(&mut failed, at(REFUSED)).is_err());
                module.close(failed).unwrap();
                let mut closed_by_peer = module.socket().unwrap();
                flat(module.connect(&mut closed_by_peer, at(HTTP))).unwrap();
                flat(module.send(&mut closed_by_peer, b"\r\n\r\n")).unwrap();
                simulation.advance(Duration::from_secs(1));
                module.close(closed_by_peer).unwrap();
                let mut connected = module.socket().unwrap();
                flat(module.connect(&mut connected, at(ECHO))).unwrap();
                echo_works(module, simulation, &mut connected);
                assert_eq!(
                    module.socket(),
                    Err(Error::Resource(Resource::Sockets)),
                    "a pool of one"
                );
                module.close(connected).unwrap();
                simulation.advance(Duration::from_millis(50));
                assert_eq!(simulation.links_open(), 0, "round {round}");
            }
        });
    });
}

fn rule_9_tiny_reads_cost_no_command_each<D: UnderTest>() {
    for config in configs::<D>() {
        let commands = |chunk: usize| {
            let simulation = Simulation::new(config.clone(), Network::default().build());
            with_joined::<D, _>(&simulation, |module| {
                let mut socket = module.socket().unwrap();
                flat(module.connect(&mut socket, at(HTTP))).unwrap();
                flat(module.send(&mut socket, b"\r\n\r\n")).unwrap();
                simulation.advance(Duration::from_secs(1));
                let (before, mut got) = (simulation.commands(), Vec::new());
                receive_until(module, &simulation, &mut socket, chunk, &mut got, |_| false)
                    .unwrap();
                assert!(got == response());
                simulation.commands() - before
            })
        };
        assert_eq!(
            commands(1),
            commands(511),
            "{}: a 1-byte reader, a 511-byte reader",
            config.profile
        );
    }
}

fn rule_10_an_empty_receive_costs_no_command<D: UnderTest>() {
    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            let before = simulation.to_module();
            for _ in 0..10_000 {
                assert_eq!(
                    module.receive(&mut socket, &mut [0; 64]),
                    Err(nb::Error::WouldBlock)
                );
                simulation.idle();
            }
            assert_eq!(simulation.to_module(), before);
        });
    });
}

fn rule_12_one_error_for_all_traits<D: UnderTest>() {
    fn takes_a_network<N, E>(_: &mut N)
    where
        N: TcpClientStack<Error = E> + Dns<Error = E>,
        E: std::error::Error + embedded_io::Error + TcpError + Clone + PartialEq + 'static,
    {
    }
    let _check: fn(&mut Driver<'static, D>) = takes_a_network::<_, Failure<D>>;
    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            let literal = module
                .get_host_by_name("10.1.2.3", AddrType::Either)
                .unwrap();
            assert_eq!(literal, IpAddr::from([10, 1, 2, 3]));
            assert!(matches!(
                module.get_host_by_name("nobody.test", AddrType::IPv4),
                Err(nb::Error::Other(Error::Module(_)))
            ));
            let mut name = [0; 64];
            let reverse = module.get_host_by_address(literal, &mut name);
            assert_eq!(
                reverse,
                Err(nb::Error::Other(Error::Usage(Usage::Unsupported(
                    "names of addresses"
                ))))
            );
        });
    });
}

fn rule_13_the_stack_can_be_shared<D: UnderTest>() {
    each::<D>(|simulation, _| {
        let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<128>::new() }; 2]);
        let clock = SimClock::new(simulation);
        let mut module: Driver<'_, D> =
            atwifi::Module::new(wire_of(simulation), clock, &mut line, &mut sockets).unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        let sharable = SharableStack::new(module);
        let (mut one, mut two) = (sharable.acquire(), sharable.acquire());
        let (mut a, mut b) = (one.socket().unwrap(), two.socket().unwrap());
        flat(one.connect(&mut a, at(ECHO))).unwrap();
        flat(two.connect(&mut b, at(ECHO))).unwrap();
        let mut heard: [Vec<u8>; 2] = Default::default();
        for round in 0..20_u8 {
            flat(one.send(&mut a, &[round; 40])).unwrap();
            flat(two.send(&mut b, &[100 + round; 40])).unwrap();
            simulation.advance(Duration::from_millis(10));
            let mut buffer = [0; 30];
            while let Ok(n) = one.receive(&mut a, &mut buffer) {
                heard[0].extend(&buffer[..n]);
            }
            while let Ok(n) = two.receive(&mut b, &mut buffer) {
                heard[1].extend(&buffer[..n]);
            }
        }
        for (base, heard) in [0, 100].into_iter().zip(heard) {
            let expected: Vec<u8> = (0..20).flat_map(|round| [base + round; 40]).collect();
            assert_eq!(heard, expected);
        }
    });
}

fn rule_14_both_kinds_of_sockets_on_one_stack<D: UnderTest>() {
    use embedded_nal::UdpClientStack;

    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            // With both traits in scope `socket()` alone would not say which.
            let mut stream = TcpClientStack::socket(module).unwrap();
            let mut datagrams = UdpClientStack::socket(module).unwrap();
            flat(TcpClientStack::connect(module, &mut stream, at(ECHO))).unwrap();
            UdpClientStack::connect(module, &mut datagrams, at(ECHO)).unwrap();
            flat(TcpClientStack::send(module, &mut stream, b"stream")).unwrap();
            flat(UdpClientStack::send(module, &mut datagrams, b"datagram")).unwrap();
            simulation.advance(Duration::from_millis(200));
            let mut buffer = [0; 16];
            let n = flat(TcpClientStack::receive(module, &mut stream, &mut buffer)).unwrap();
            assert_eq!(&buffer[..n], b"stream");
            let (n, from) =
                flat(UdpClientStack::receive(module, &mut datagrams, &mut buffer)).unwrap();
            assert_eq!((&buffer[..n], from), (&b"datagram"[..], at(ECHO)));
            TcpClientStack::close(module, stream).unwrap();
            UdpClientStack::close(module, datagrams).unwrap();
            assert_eq!(simulation.links_open(), 0);
        });
    });
}

fn rule_15_leaked_sockets_can_be_released<D: UnderTest>() {
    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            let mut leaked = Vec::new();
            while let Ok(mut socket) = module.socket() {
                flat(module.connect(&mut socket, at(ECHO))).unwrap();
                leaked.push(socket);
            }
            assert_eq!(leaked.len(), 5);
            assert_eq!(
                module.socket(),
                Err(Error::Resource(Resource::Sockets)),
                "a sixth"
            );
            module.release_sockets().unwrap();
            simulation.advance(Duration::from_millis(100));
            assert_eq!(simulation.links_open(), 0);
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            for stale in &mut leaked {
                let before = simulation.to_module();
                let stale_handle = Err(nb::Error::Other(Error::Usage(Usage::StaleHandle)));
                assert_eq!(module.send(stale, b"x"), stale_handle);
                assert_eq!(module.receive(stale, &mut [0; 8]), stale_handle);
                assert!(module.connect(stale, at(ECHO)).is_err());
                assert_eq!(
                    simulation.to_module(),
                    before,
                    "a stale handle never reaches the wire"
                );
            }
            echo_works(module, simulation, &mut socket);
        });
    });
}

/// A server that speaks first, and one that resets.
struct Greeter;

impl Service for Greeter {
    fn connected(&mut self, peer: &mut Peer) {
        peer.send(b"220 hello\r\n");
        peer.reset_after(Duration::from_millis(200));
    }

    fn received(&mut self, _: Duration, _: &[u8], _: &mut Peer) {}
}

fn a_server_that_speaks_first_and_resets<D: UnderTest>() {
    for config in configs::<D>() {
        let network = MemoryNetwork::default().serve(at(21), |_| Box::new(Greeter));
        let simulation = Simulation::new(config, network);
        with_joined::<D, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(21))).unwrap();
            let mut got = Vec::new();
            receive_until(module, &simulation, &mut socket, 4, &mut got, |_| false).unwrap();
            assert_eq!(got, b"220 hello\r\n");
            let again = module.receive(&mut socket, &mut [0; 4]);
            assert_eq!(again, Err(nb::Error::Other(Error::Closed(Closed::ByPeer))));
        });
    }
}

fn addresses_that_cannot_be_reached<D: UnderTest>() {
    each::<D>(|simulation, _| {
        with_joined::<D, _>(simulation, |module| {
            let mut socket = module.socket().unwrap();
            let before = simulation.to_module();
            let v6 = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 80));
            let unsupported = |part| Err(nb::Error::Other(Error::Usage(Usage::Unsupported(part))));
            assert_eq!(module.connect(&mut socket, at(0)), unsupported("port 0"));
            assert_eq!(simulation.to_module(), before, "nothing was sent");
            // IPv6 is what the Microchip module does not have, and the ST67 has switched off.
            match module.connect(&mut socket, v6) {
                Err(nb::Error::Other(Error::Unconnected(_))) => {}
                refused => assert_eq!(refused, unsupported("IPv6")),
            }
        });
    });
}

on_both_dialects! {
    rule_1_connect_blocks_to_completion
    rule_2_connect_again_after_a_failure
    rule_3_connect_on_an_open_socket_opens_a_new_connection
    rule_4_send_takes_any_size
    rule_5_no_data_is_would_block
    rule_6_a_closed_peer_is_pipe_closed_after_its_last_byte
    rule_6_a_lost_wifi_link_is_pipe_closed
    rule_7_send_on_a_closed_socket_is_pipe_closed
    rule_8_close_is_ok_in_every_state_and_frees_the_slot
    rule_9_tiny_reads_cost_no_command_each
    rule_10_an_empty_receive_costs_no_command
    rule_12_one_error_for_all_traits
    rule_13_the_stack_can_be_shared
    rule_14_both_kinds_of_sockets_on_one_stack
    rule_15_leaked_sockets_can_be_released
    a_server_that_speaks_first_and_resets
    addresses_that_cannot_be_reached
}
