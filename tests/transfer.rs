//! Large transfers, and what the network does in the middle of them: nothing is lost, repeated or
//! out of order.

use std::time::Duration;

use crate::common::*;
use atwifi::{Closed, Error, Resource};
use atwifi_simulator::Simulation;
use embedded_nal::{TcpClientStack, nb};

/// Downloads everything in reads of this size; how many commands that took.
fn fetch<D: UnderTest>(simulation: &Simulation, chunk: usize) -> u64 {
    with_memory::<D, _, 2048>(simulation, 1024, 1, |module| {
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(DOWNLOAD))).unwrap();
        let (before, expected) = (simulation.commands(), download());
        let mut got: Vec<u8> = Vec::new();
        let begin = simulation.now();
        while got.len() < expected.len() {
            let mut buffer = vec![0; chunk];
            match module.receive(&mut socket, &mut buffer) {
                Ok(n) => got.extend(&buffer[..n]),
                Err(nb::Error::WouldBlock) => simulation.idle(),
                Err(nb::Error::Other(error)) => panic!("{error:?}"),
            }
            assert!(simulation.now() - begin < Duration::from_secs(120));
        }
        assert!(got == expected);
        simulation.commands() - before
    })
}

fn a_hundred_kilobytes_come_whole_in_reads_of_any_size<D: UnderTest>() {
    for config in configs::<D>() {
        let commands = [1, 7, 2048, 100_000].map(|chunk| {
            let simulation = Simulation::new(config.clone(), Network::default().build());
            fetch::<D>(&simulation, chunk)
        });
        let [tiny, _, large, _] = commands;
        assert!(
            tiny <= large,
            "{}: {tiny} commands for reads of 1 byte, {large} for reads of 2 KiB",
            config.profile
        );
    }
}

fn a_hundred_kilobytes_go_whole<D: UnderTest>() {
    for config in configs::<D>() {
        let network = Network::default();
        let simulation = Simulation::new(config, network.build());
        with_joined::<D, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(RECORD))).unwrap();
            let sent = download();
            assert_eq!(flat(module.send(&mut socket, &sent)), Ok(sent.len()));
            module.close(socket).unwrap();
        });
        simulation.advance(Duration::from_secs(1));
        assert!(*network.recorded.borrow() == download());
    }
}

fn one_socket_is_enough_for_one_connection_after_the_other<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_memory::<D, _, 64>(&simulation, 1024, 1, |module| {
            module.reset().unwrap();
            module.join(SSID, PASSWORD).unwrap();
            for round in 0..12_u8 {
                let mut socket = module.socket().unwrap();
                let second = module.socket();
                assert_eq!(second, Err(Error::Resource(Resource::Sockets)));
                let refused = module.connect(&mut socket, at(REFUSED));
                assert!(matches!(
                    refused,
                    Err(nb::Error::Other(Error::Unconnected(_)))
                ));
                flat(module.connect(&mut socket, at(ECHO))).unwrap();
                flat(module.send(&mut socket, &[round; 100])).unwrap();
                let mut got = Vec::new();
                receive_until(module, &simulation, &mut socket, 30, &mut got, |got| {
                    got.len() >= 100
                })
                .unwrap();
                assert_eq!(got, [round; 100]);
                module.close(socket).unwrap();
            }
        });
    }
}

fn a_silent_peer_can_be_left_for_a_new_connection<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(RECORD))).unwrap();
        for _ in 0..4 {
            flat(module.send(&mut socket, b"are you there?")).unwrap();
            simulation.advance(Duration::from_secs(5));
            let nothing = module.receive(&mut socket, &mut [0; 8]);
            assert_eq!(nothing, Err(nb::Error::WouldBlock));
            // Without close: so does an MQTT client after a ping timeout.
            flat(module.connect(&mut socket, at(RECORD))).unwrap();
        }
        assert_eq!(simulation.links_open(), 1, "the old connections are gone");
    });
}

fn the_link_is_lost_and_comes_back<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(DOWNLOAD))).unwrap();
        let mut got = Vec::new();
        receive_until(module, simulation, &mut socket, 512, &mut got, |got| {
            got.len() >= 20_000
        })
        .unwrap();
        simulation.lose_link();
        let ended = receive_until(module, simulation, &mut socket, 512, &mut got, |_| false);
        assert!(
            matches!(
                ended,
                Ok(()) | Err(Error::Closed(Closed::StationDown | Closed::StreamBroken))
            ),
            "{ended:?}"
        );
        assert!(download().starts_with(&got), "what came is in order");
        let sent = module.send(&mut socket, b"x");
        assert!(matches!(sent, Err(nb::Error::Other(Error::Closed(_)))));
        module.join(SSID, PASSWORD).unwrap();
        flat(module.connect(&mut socket, at(DOWNLOAD))).unwrap();
        let mut again = Vec::new();
        receive_until(module, simulation, &mut socket, 512, &mut again, |got| {
            got.len() >= 100_000
        })
        .unwrap_or_else(|error| panic!("{error:?}"));
        assert!(again == download());
    });
}

on_both_dialects! {
    a_hundred_kilobytes_come_whole_in_reads_of_any_size
    a_hundred_kilobytes_go_whole
    one_socket_is_enough_for_one_connection_after_the_other
    a_silent_peer_can_be_left_for_a_new_connection
    the_link_is_lost_and_comes_back
}
