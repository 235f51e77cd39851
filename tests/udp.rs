//! Datagrams: never merged, never mixed up, never silently cut.

use std::net::SocketAddr;
use std::time::Duration;

use crate::common::*;
use atwifi::{Error, Lent, Usage};
use atwifi_simulator::{Profile, Simulation};
use embedded_nal::{UdpClientStack, UdpFullStack, nb};

const PEERS: [([u8; 4], u16); 2] = [([10, 0, 0, 7], 5000), ([10, 0, 0, 9], 123)];

fn sender(n: usize) -> SocketAddr {
    SocketAddr::from(PEERS[n])
}

/// The reference of the ST67 has no way to choose a local port.
fn can_bind(profile: Profile) -> bool {
    profile != Profile::St67Reference
}

fn each_that_binds<D: UnderTest>(test: impl Fn(&Simulation, &mut Driver<'_, D>)) {
    for config in configs::<D>().filter(|config| can_bind(config.profile)) {
        let simulation = Simulation::new(config, Network::default().build());
        with_joined::<D, _>(&simulation, |module| test(&simulation, module));
    }
}

/// Waits up to five virtual seconds for a datagram.
fn receive<D: UnderTest>(
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    socket: &mut atwifi::UdpSocket,
    buffer: &mut [u8],
) -> Result<(usize, SocketAddr), Failure<D>> {
    let deadline = simulation.now() + Duration::from_secs(5);
    loop {
        match UdpClientStack::receive(module, socket, buffer) {
            Ok(got) => return Ok(got),
            Err(nb::Error::WouldBlock) if simulation.now() < deadline => simulation.idle(),
            Err(nb::Error::WouldBlock) => {
                panic!("no datagram\n{}", simulation.transcript())
            }
            Err(nb::Error::Other(error)) => return Err(error),
        }
    }
}

fn rule_11_the_source_is_the_address_that_was_dialled<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut socket = UdpClientStack::socket(module).unwrap();
        module.connect(&mut socket, at(ECHO)).unwrap();
        for length in [1, 48, 512] {
            let sent: Vec<u8> = payload().into_iter().cycle().take(length).collect();
            flat(UdpClientStack::send(module, &mut socket, &sent)).unwrap();
            let mut buffer = [0; 1152];
            let (n, source) = receive(module, simulation, &mut socket, &mut buffer).unwrap();
            assert_eq!((&buffer[..n], source), (&sent[..], at(ECHO)));
        }
        // Connect again: used by SNTP clients.
        module.connect(&mut socket, at(ECHO)).unwrap();
        flat(UdpClientStack::send(module, &mut socket, b"again")).unwrap();
        let mut buffer = [0; 8];
        let got = receive(module, simulation, &mut socket, &mut buffer).unwrap();
        assert_eq!(got, (5, at(ECHO)));
        UdpClientStack::close(module, socket).unwrap();
    });
}

fn rule_11_two_peers_alternate_on_one_bound_socket<D: UnderTest>() {
    each_that_binds::<D>(|simulation, module| {
        let mut socket = UdpClientStack::socket(module).unwrap();
        module.bind(&mut socket, 5683).unwrap();
        for round in 0..20_u8 {
            for (n, &other) in [sender(0), sender(1)].iter().enumerate() {
                let length = 1 + usize::from(round) * 7 + n;
                simulation.send_datagram(other, module_at(5683), &vec![round; length]);
            }
            for n in 0..2 {
                let mut buffer = [0; 512];
                let (length, source) =
                    receive(module, simulation, &mut socket, &mut buffer).unwrap();
                assert_eq!(source, sender(n), "{}", simulation.transcript());
                assert_eq!(
                    &buffer[..length],
                    &vec![round; 1 + usize::from(round) * 7 + n][..]
                );
            }
        }
        UdpClientStack::close(module, socket).unwrap();
    });
}

fn answers_go_to_whom_they_are_sent<D: UnderTest>() {
    each_that_binds::<D>(|simulation, module| {
        let others = [7, 8, 9].map(|host| SocketAddr::from(([10, 0, 0, host], ECHO)));
        let mut socket = UdpClientStack::socket(module).unwrap();
        module.bind(&mut socket, 5683).unwrap();
        // Short ones and those that fit no command.
        for length in [3, 90, 400] {
            for round in 0..2 {
                let sent = vec![length as u8 + round; length];
                let other = others[0];
                flat(module.send_to(&mut socket, other, &sent)).unwrap();
                let mut buffer = [0; 512];
                let (n, source) = receive(module, simulation, &mut socket, &mut buffer).unwrap();
                assert_eq!((&buffer[..n], source), (&sent[..], other));
                // To somebody else in between; nobody answers.
                flat(module.send_to(&mut socket, others[2], &sent)).unwrap();
            }
        }
        let unanswered = UdpClientStack::receive(module, &mut socket, &mut [0; 8]);
        assert_eq!(unanswered, Err(nb::Error::WouldBlock));
    });
}

fn many_datagrams_keep_their_bounds<D: UnderTest>() {
    each_that_binds::<D>(|simulation, module| {
        let mut socket = UdpClientStack::socket(module).unwrap();
        module.bind(&mut socket, 6000).unwrap();
        for length in 1..=12_usize {
            simulation.send_datagram(sender(length % 2), module_at(6000), &vec![b'x'; length]);
        }
        for length in 1..=12_usize {
            let mut buffer = [0; 64];
            let got = receive(module, simulation, &mut socket, &mut buffer).unwrap();
            assert_eq!(got, (length, sender(length % 2)));
        }
        let empty = UdpClientStack::receive(module, &mut socket, &mut [0; 64]);
        assert_eq!(empty, Err(nb::Error::WouldBlock));
    });
}

fn one_that_does_not_fit_is_reported_and_the_next_is_whole<D: UnderTest>() {
    each_that_binds::<D>(|simulation, module| {
        let mut socket = UdpClientStack::socket(module).unwrap();
        module.bind(&mut socket, 6000).unwrap();
        simulation.send_datagram(sender(0), module_at(6000), &[b'l'; 300]);
        simulation.send_datagram(sender(1), module_at(6000), b"next");
        let mut buffer = [0; 48];
        let got = receive(module, simulation, &mut socket, &mut buffer);
        assert_eq!(
            got,
            Err(Error::Usage(Usage::BufferTooSmall {
                which: Lent::Data,
                needed: 300
            }))
        );
        let got = receive(module, simulation, &mut socket, &mut buffer).unwrap();
        assert_eq!((&buffer[..got.0], got.1), (&b"next"[..], sender(1)));
    });
}

fn an_empty_receive_costs_no_command<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut socket = UdpClientStack::socket(module).unwrap();
        module.connect(&mut socket, at(ECHO)).unwrap();
        let before = simulation.commands();
        for _ in 0..1000 {
            let nothing = UdpClientStack::receive(module, &mut socket, &mut [0; 48]);
            assert_eq!(nothing, Err(nb::Error::WouldBlock));
        }
        assert_eq!(simulation.commands(), before);
    });
}

fn what_cannot_be_sent_is_refused_before_a_byte<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut socket = UdpClientStack::socket(module).unwrap();
        let before = simulation.to_module();
        let not_connected = UdpClientStack::send(module, &mut socket, b"x");
        assert!(matches!(
            not_connected,
            Err(nb::Error::Other(Error::Closed(_)))
        ));
        assert_eq!(simulation.to_module(), before);
        module.connect(&mut socket, at(ECHO)).unwrap();
        let before = simulation.to_module();
        for (length, usage) in [
            (0, Usage::Unsupported("an empty datagram")),
            (D::DATAGRAM_MAX + 1, Usage::TooLong(D::DATAGRAM_MAX)),
        ] {
            let sent = UdpClientStack::send(module, &mut socket, &vec![0; length]);
            assert_eq!(sent, Err(nb::Error::Other(Error::Usage(usage))));
        }
        assert_eq!(simulation.to_module(), before);
    });
}

fn a_zero_length_datagram_is_received<D: UnderTest>() {
    each_that_binds::<D>(|simulation, module| {
        let mut socket = UdpClientStack::socket(module).unwrap();
        module.bind(&mut socket, 6000).unwrap();
        simulation.send_datagram(sender(0), module_at(6000), b"");
        let got = receive(module, simulation, &mut socket, &mut [0; 8]).unwrap();
        assert_eq!(got, (0, sender(0)));
        simulation.send_datagram(sender(1), module_at(6000), b"more");
        let got = receive(module, simulation, &mut socket, &mut [0; 8]).unwrap();
        assert_eq!(got, (4, sender(1)));
    });
}

fn a_restart_ends_the_binding_and_the_socket_can_be_bound_again<D: UnderTest>() {
    each_that_binds::<D>(|simulation, module| {
        let mut socket = UdpClientStack::socket(module).unwrap();
        module.bind(&mut socket, 6000).unwrap();
        simulation.reset_module();
        simulation.advance(Duration::from_secs(3));
        let lost = UdpClientStack::receive(module, &mut socket, &mut [0; 8]);
        assert_eq!(lost, Err(nb::Error::Other(Error::ModuleReset)));
        module.join(SSID, PASSWORD).unwrap();
        module.bind(&mut socket, 6000).unwrap();
        simulation.send_datagram(sender(0), module_at(6000), b"back");
        let got = receive(module, simulation, &mut socket, &mut [0; 8]).unwrap();
        assert_eq!(got, (4, sender(0)));
    });
}

fn datagrams_of_a_group_are_received<D: UnderTest>() {
    each_that_binds::<D>(|simulation, module| {
        let group: std::net::SocketAddrV4 = "224.0.0.251:5353".parse().unwrap();
        let mut socket = UdpClientStack::socket(module).unwrap();
        let elsewhere = module.join_group(&mut socket, "10.0.0.1:5353".parse().unwrap());
        assert_eq!(
            elsewhere,
            Err(Error::Usage(Usage::Unsupported("a group that is none")))
        );
        module.join_group(&mut socket, group).unwrap();
        simulation.send_datagram(sender(0), SocketAddr::V4(group), b"who is there?");
        let mut buffer = [0; 32];
        let got = receive(module, simulation, &mut socket, &mut buffer).unwrap();
        assert_eq!(&buffer[..got.0], b"who is there?");
        // The Microchip firmware tells the port of the group.
        assert_eq!(got.1.ip(), sender(0).ip());
    });
}

on_both_dialects! {
    rule_11_the_source_is_the_address_that_was_dialled
    rule_11_two_peers_alternate_on_one_bound_socket
    answers_go_to_whom_they_are_sent
    many_datagrams_keep_their_bounds
    one_that_does_not_fit_is_reported_and_the_next_is_whole
    an_empty_receive_costs_no_command
    what_cannot_be_sent_is_refused_before_a_byte
    a_zero_length_datagram_is_received
    a_restart_ends_the_binding_and_the_socket_can_be_bound_again
    datagrams_of_a_group_are_received
}
