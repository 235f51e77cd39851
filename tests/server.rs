//! `TcpFullStack`: connections that others make to the module.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::common::*;
use atwifi::{Closed, Error, Resource, Usage};
use atwifi_simulator::{Config, Dialled, Profile, Simulation, services};
use embedded_nal::{TcpClientStack, TcpFullStack, nb};

type Log = Rc<RefCell<Vec<u8>>>;

fn two_clients_alternate_on_one_listener<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut listener = listening(module, 8080);
        let logs: [Log; 2] = Default::default();
        let mut connections = Vec::new();
        let clients: Vec<_> = logs
            .iter()
            .zip([4001, 4002])
            .map(|(log, port)| {
                let service = services::record(log.clone());
                let client = simulation.dial(peer(port), module_at(8080), service);
                // What comes before it is accepted is not lost.
                client.send(&[b'a'; 10]);
                let (connection, remote) = accept(module, simulation, &mut listener);
                assert_eq!(remote, peer(port));
                connections.push(connection);
                client
            })
            .collect();
        let mut heard: [Vec<u8>; 2] = Default::default();
        for round in 0..10_u8 {
            for (client, n) in clients.iter().zip(0..) {
                client.send(&[round * 2 + n; 33]);
            }
            for (connection, heard) in connections.iter_mut().zip(&mut heard) {
                let wanted = 10 + 33 * (usize::from(round) + 1);
                receive_until(module, simulation, connection, 20, heard, |got| {
                    got.len() >= wanted
                })
                .unwrap_or_else(|error| panic!("{error:?}\n{}", simulation.transcript()));
                flat(module.send(connection, &[round; 5])).unwrap();
            }
        }
        simulation.advance(Duration::from_millis(100));
        for (n, (heard, log)) in (0..).zip(heard.iter().zip(&logs)) {
            let mut expected = vec![b'a'; 10];
            expected.extend((0..10).flat_map(|round: u8| [round * 2 + n; 33]));
            assert_eq!(heard, &expected);
            let answered: Vec<u8> = (0..10).flat_map(|round| [round; 5]).collect();
            assert_eq!(*log.borrow(), answered);
        }
        for connection in connections {
            module.close(connection).unwrap();
        }
        module.close(listener).unwrap();
    });
}

fn rule_16_the_listener_outlives_its_connections<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        // Bound, and not told to listen: accept does.
        let mut listener = module.socket().unwrap();
        module.bind(&mut listener, 8080).unwrap();
        assert_eq!(module.accept(&mut listener), Err(nb::Error::WouldBlock));
        for round in 0..12 {
            let client = simulation.dial(peer(5000 + round), module_at(8080), services::echo());
            let (mut connection, _) = accept(module, simulation, &mut listener);
            flat(module.send(&mut connection, b"to and fro"))
                .unwrap_or_else(|error| panic!("{error:?}\n{}", simulation.transcript()));
            let mut got = Vec::new();
            receive_until(module, simulation, &mut connection, 64, &mut got, |got| {
                got.len() >= 10
            })
            .unwrap();
            assert_eq!(got, b"to and fro");
            if round % 2 == 0 {
                client.close();
                receive_until(module, simulation, &mut connection, 64, &mut got, |_| false)
                    .unwrap();
                let sent = module.send(&mut connection, b"x");
                assert_eq!(sent, Err(nb::Error::Other(Error::Closed(Closed::ByPeer))));
            }
            module.close(connection).unwrap();
            simulation.advance(Duration::from_millis(200));
            assert_eq!(client.state(), Dialled::Closed, "round {round}");
        }
    });
}

fn a_full_table_leaves_the_client_waiting<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_memory::<D, _, 64>(&simulation, 1024, 2, |module| {
            module.reset().unwrap();
            module.join(SSID, PASSWORD).unwrap();
            let mut listener = listening(module, 8080);
            let own = module.socket().unwrap();
            simulation.dial(peer(6000), module_at(8080), services::echo());
            simulation.advance(Duration::from_millis(200));
            assert_eq!(module.accept(&mut listener), Err(nb::Error::WouldBlock));
            module.close(own).unwrap();
            let (_, remote) = accept(module, &simulation, &mut listener);
            assert_eq!(remote, peer(6000));
        });
    }
}

fn client_and_server_share_the_module<D: UnderTest>() {
    let answering = configs::<D>().filter(|config| !is_silent(config));
    answering.for_each(share_the_module::<D>);
}

#[test]
fn client_and_server_share_a_module_that_does_not_answer() {
    let silent = configs::<atwifi::st67::St67>().filter(is_silent);
    silent.for_each(share_the_module::<atwifi::st67::St67>);
}

/// Whether a connection over a link that a client has taken just before is never answered.
fn is_silent(config: &Config) -> bool {
    matches!(
        config.profile,
        Profile::St67Fw2_0_75
            | Profile::St67Fw2_0_89
            | Profile::St67Fw2_0_97
            | Profile::St67Fw2_0_106
    )
}

fn share_the_module<D: UnderTest>(config: Config) {
    let simulation = Simulation::new(config, Network::default().build());
    with_joined::<D, _>(&simulation, |module| {
        let mut listener = listening(module, 8080);
        for round in 0..8 {
            simulation.dial(peer(7000 + round), module_at(8080), services::echo());
            let mut client = module.socket().unwrap();
            // A peer may get the link that the driver has chosen: then it says no.
            let _ = module.connect(&mut client, at(ECHO));
            let (connection, remote) = accept(module, &simulation, &mut listener);
            assert_eq!(remote, peer(7000 + round));
            flat(module.connect(&mut client, at(ECHO))).unwrap();
            module.close(client).unwrap();
            module.close(connection).unwrap();
        }
    });
}

fn what_cannot_listen_says_so<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut socket = module.socket().unwrap();
        let unbound = module.listen(&mut socket);
        assert_eq!(unbound, Err(Error::Closed(Closed::NotConnected)));
        module.bind(&mut socket, 0).unwrap();
        assert_eq!(
            module.listen(&mut socket),
            Err(Error::Usage(Usage::Unsupported("port 0")))
        );
        let listener = listening(module, 8080);
        let mut second = module.socket().unwrap();
        module.bind(&mut second, 8081).unwrap();
        match module.listen(&mut second) {
            // The ST67 has one server.
            Err(Error::Resource(Resource::Listeners)) => {}
            other => other.unwrap(),
        }
        module.close(listener).unwrap();
        module.close(second).unwrap();
        // The port is free again.
        let mut again = listening(module, 8080);
        simulation.dial(peer(8000), module_at(8080), services::echo());
        accept(module, simulation, &mut again);
    });
}

fn a_restart_ends_the_listener_and_it_can_listen_again<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut listener = listening(module, 8080);
        simulation.reset_module();
        simulation.advance(Duration::from_secs(3));
        assert_eq!(
            module.accept(&mut listener),
            Err(nb::Error::Other(Error::ModuleReset))
        );
        module.join(SSID, PASSWORD).unwrap();
        module.listen(&mut listener).unwrap();
        simulation.dial(peer(9000), module_at(8080), services::echo());
        accept(module, simulation, &mut listener);
    });
}

/// What it accepts would have no place.
fn who_has_memory_for_one_socket_cannot_listen<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_memory::<D, _, 64>(&simulation, 1024, 1, |module| {
            module.reset().unwrap();
            module.join(SSID, PASSWORD).unwrap();
            let mut socket = module.socket().unwrap();
            module.bind(&mut socket, 8080).unwrap();
            let before = simulation.to_module();
            let too_few = Error::Usage(Usage::TooFewSockets);
            assert_eq!(module.listen(&mut socket), Err(too_few));
            let accepted = module.accept(&mut socket).map(drop);
            assert_eq!(accepted, Err(nb::Error::Other(too_few)));
            assert_eq!(simulation.to_module(), before, "nothing was sent");
            // Nothing else is wrong with it.
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
        });
    }
}

on_both_dialects! {
    who_has_memory_for_one_socket_cannot_listen
    two_clients_alternate_on_one_listener
    rule_16_the_listener_outlives_its_connections
    a_full_table_leaves_the_client_waiting
    client_and_server_share_the_module
    what_cannot_listen_says_so
    a_restart_ends_the_listener_and_it_can_listen_again
}
