//! The access point that the module itself is.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::service::spoilt;
use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{AccessPointConfig, Error, Event, Leases, Lent, Mac, Security, Usage};
use atwifi_simulator::{Config, Fault, FaultKind, Faults, Profile, Simulation, services};
use embedded_nal::{TcpClientStack, UdpClientStack, UdpFullStack, nb};

const NAME: &[u8] = b"set up, \"me\" \\first";
const SECRET: &[u8] = b"open, \"sesame\" \\";
const PHONE: [u8; 6] = [0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc];

/// Nothing takes longer than this, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(61);

fn access_point() -> AccessPointConfig<'static> {
    AccessPointConfig::new(NAME, SECRET)
        .with_channel(11)
        .hidden()
}

/// Where a client stands that the access point of this address has let in.
fn phone(own: Ipv4Addr, port: u16) -> SocketAddr {
    let [a, b, c, _] = own.octets();
    SocketAddr::from(([a, b, c, 100], port))
}

/// An access point on every firmware of a dialect.
fn each_on<D: UnderTest>(test: impl Fn(&Simulation, &mut Driver<'_, D>, Ipv4Addr)) {
    each_of::<D>(|_| true, test);
}

/// The same on those that are `wanted`.
fn each_of<D: UnderTest>(
    wanted: impl Fn(&Profile) -> bool,
    test: impl Fn(&Simulation, &mut Driver<'_, D>, Ipv4Addr),
) {
    for config in configs::<D>().filter(|config| wanted(&config.profile)) {
        let simulation = Simulation::new(config, Network::default().build());
        with_driver::<D, _>(&simulation, |module| {
            module.reset().expect("reset");
            let own = module.start_access_point(&access_point());
            let own = own.unwrap_or_else(|e| panic!("{e:?}\n{}", simulation.transcript()));
            test(&simulation, module, own);
        });
    }
}

/// What `poll` tells, without what the station does.
fn events<D: UnderTest>(module: &mut Driver<'_, D>) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(event) = module.poll().unwrap() {
        told.push(format!("{event:?}"));
    }
    told
}

fn clients_are_told_of<D: UnderTest>() {
    each_on::<D>(|simulation, module, own| {
        let mac = Mac(PHONE);
        for is_polled in [false, true] {
            simulation.station_joins(PHONE);
            simulation.advance(Duration::from_secs(2));
            if !is_polled {
                // They wait while other calls need the line, and are no reason to ask anything.
                let before = simulation.commands();
                module.link_state().unwrap();
                assert_eq!(
                    simulation.commands() - before,
                    1,
                    "{}",
                    simulation.transcript()
                );
            }
            let told = events(module);
            let context = format!("{told:?}\n{}", simulation.transcript());
            assert_eq!(
                told[0],
                format!("{:?}", Event::ClientConnected(mac)),
                "{context}"
            );
            let [a, b, c, _] = own.octets();
            assert!(told[1].contains(&format!("{a}.{b}.{c}.")), "{context}");
            assert!(told[1].starts_with("ClientAddress("), "{context}");
            simulation.station_leaves(PHONE);
            simulation.advance(Duration::from_secs(1));
            let gone = format!("{:?}", Event::ClientDisconnected(mac));
            assert_eq!(events(module), [gone], "{}", simulation.transcript());
        }
    });
}

fn a_client_reaches_a_server_on_it<D: UnderTest>() {
    each_on::<D>(|simulation, module, own| {
        simulation.station_joins(PHONE);
        let mut listener = listening(module, 80);
        for round in 0..3 {
            let from = phone(own, 4000 + round);
            let to = SocketAddr::from((own, 80));
            let client = simulation.dial(from, to, services::echo());
            client.send(b"GET / HTTP/1.0\r\n\r\n");
            let (mut connection, remote) = accept(module, simulation, &mut listener);
            assert_eq!(remote, from);
            let mut got = Vec::new();
            receive_until(module, simulation, &mut connection, 64, &mut got, |got| {
                got.ends_with(b"\r\n\r\n")
            })
            .unwrap();
            flat(TcpClientStack::send(
                module,
                &mut connection,
                b"HTTP/1.0 200 OK\r\n\r\n",
            ))
            .unwrap();
            TcpClientStack::close(module, connection).unwrap();
        }
        TcpClientStack::close(module, listener).unwrap();
    });
}

fn a_datagram_is_answered_on_it<D: UnderTest>() {
    // By its reference the ST67 has no way to choose a local port.
    let can_bind = |profile: &Profile| *profile != Profile::St67Reference;
    each_of::<D>(can_bind, |simulation, module, own| {
        let mut socket = UdpClientStack::socket(module).unwrap();
        let bound = module.bind(&mut socket, 53);
        bound.unwrap_or_else(|e| panic!("{e:?}\n{}", simulation.transcript()));
        let from = phone(own, 5353);
        let mut buffer = [0; 64];
        for question in [&b"first"[..], b"second"] {
            simulation.send_datagram(from, (own, 53), question);
            let deadline = simulation.now() + Duration::from_secs(5);
            let (n, remote) = loop {
                match UdpClientStack::receive(module, &mut socket, &mut buffer) {
                    Err(nb::Error::WouldBlock) if simulation.now() < deadline => simulation.idle(),
                    other => break flat(other).unwrap(),
                }
            };
            assert_eq!((&buffer[..n], remote), (question, from));
            flat(module.send_to(&mut socket, from, b"answer")).unwrap();
        }
        UdpClientStack::close(module, socket).unwrap();
    });
}

fn it_is_set_up_anew_and_stopped_twice<D: UnderTest>() {
    each_on::<D>(|simulation, module, own| {
        let other = AccessPointConfig::new(b"other", b"");
        let context = || simulation.transcript().to_string();
        assert_eq!(module.start_access_point(&other), Ok(own), "{}", context());
        simulation.station_joins(PHONE);
        assert_eq!(module.stop_access_point(), Ok(()), "{}", context());
        events(module);
        simulation.station_joins(PHONE);
        assert_eq!(events(module), [""; 0], "{}", context());
        assert_eq!(module.stop_access_point(), Ok(()), "{}", context());
        module.join(SSID, PASSWORD).unwrap();
        assert_eq!(
            simulation.joined(),
            Some((SSID.to_vec(), PASSWORD.to_vec()))
        );
    });
}

fn what_no_module_takes_is_refused_before_a_byte<D: UnderTest>() {
    let new = AccessPointConfig::new;
    let length = Usage::OutOfRange { min: 8, max: 64 };
    for (config, usage) in [
        (new(b"", b"12345678"), Usage::Empty),
        (new(&[b'a'; 33], b"12345678"), Usage::TooLong(32)),
        (new(b"a", b"1234567"), length),
        (new(b"a", b"").with_security(Security::Wpa2), length),
        (
            new(b"a", b"12345678").with_security(Security::Open),
            Usage::TooLong(0),
        ),
        (
            new(b"a", b"").with_channel(14),
            Usage::OutOfRange { min: 1, max: 13 },
        ),
        (
            new(b"a", b"12345678").with_security(Security::Enterprise),
            Usage::Unsupported("an access point protected in this way"),
        ),
    ] {
        with_mock::<D, _>(&met::<D>(), |module| {
            let started = module.start_access_point(&config);
            assert_eq!(started, Err(Error::Usage(usage)), "{config:?}");
        });
    }
}

/// Every byte of the conversation is lost once, either way; and the module restarts at each.
fn whatever_is_lost_it_ends_in_time_and_works_again<D: UnderTest>() {
    for config in configs::<D>() {
        let (from, to) = conversation::<D>(config.clone(), Faults::default(), true);
        for (is_to_host, range) in [(true, from.0..to.0), (false, from.1..to.1)] {
            for at in range {
                for kind in [FaultKind::Drop(1), FaultKind::Reset] {
                    conversation::<D>(config.clone(), spoilt(!is_to_host, at, kind), false);
                }
            }
        }
    }
}

/// Starts an access point, has a client, and stops it; with a fault, then the same again. Returns
/// the bytes that had crossed before and behind it.
fn conversation<D: UnderTest>(
    config: Config,
    faults: Faults,
    is_undisturbed: bool,
) -> ((u64, u64), (u64, u64)) {
    let what = format!(
        "{} {:?} {:?}",
        config.profile, faults.to_host, faults.to_module
    );
    let config = config.with_faults(faults);
    let simulation = Simulation::new(config, Network::default().build());
    with_driver::<D, _>(&simulation, |module| {
        module.reset().expect("reset");
        let crossed = || (simulation.to_host(), simulation.to_module());
        let before = crossed();
        let mut told = Vec::new();
        loop {
            let began = simulation.now();
            let outcome = once(&simulation, module);
            let took = simulation.now() - began;
            told.push(outcome);
            let context = || format!("{what} {told:?}\n{}", simulation.transcript());
            assert!(took < 3 * LIMIT, "{took:?} {}", context());
            match &told[..] {
                [Ok(())] if is_undisturbed => break,
                // A fault behind the last answer is noticed by the next call.
                [_] | [Ok(()), Err(_)] if !is_undisturbed => {}
                [.., Ok(())] => break,
                _ => panic!("{}", context()),
            }
        }
        (before, crossed())
    })
}

fn once<D: UnderTest>(
    simulation: &Simulation,
    module: &mut Driver<'_, D>,
) -> Result<(), Failure<D>> {
    let started = module.start_access_point(&access_point());
    simulation.station_joins(PHONE);
    simulation.advance(Duration::from_secs(1));
    let polled = module.poll().map(drop);
    let stopped = module.stop_access_point();
    started.map(drop).and(polled).and(stopped)
}

fn events_around_it_change_nothing<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let flood: Vec<u8> = D::ANY_TIME.concat().repeat(40);
            simulation.emit(&flood);
            let started = module.start_access_point(&access_point());
            let own = started.unwrap_or_else(|e| panic!("{e:?}\n{}", simulation.transcript()));
            assert!(own.is_private());
            simulation.emit(&flood);
            module.stop_access_point().unwrap();
        });
    }
}

fn a_restart_ends_it<D: UnderTest>() {
    each_on::<D>(|simulation, module, own| {
        simulation.reset_module();
        simulation.advance(Duration::from_secs(5));
        let joined = module.join(SSID, PASSWORD);
        let joined = joined.or_else(|_| module.join(SSID, PASSWORD));
        joined.unwrap_or_else(|e| panic!("{e:?}\n{}", simulation.transcript()));
        simulation.station_joins(PHONE);
        let told = events(module).concat();
        assert!(
            !told.contains("Client"),
            "{told}\n{}",
            simulation.transcript()
        );
        module.leave().unwrap();
        let started = module.start_access_point(&access_point());
        assert_eq!(started, Ok(own), "{}", simulation.transcript());
    });
}

fn a_module_that_says_nothing_ends_it_in_time<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let mut faults = Faults::default();
            let dead = FaultKind::Cut(Duration::from_secs(200));
            faults.to_host.push(Fault::new(simulation.to_host(), dead));
            simulation.set_faults(faults);
            let began = simulation.now();
            let started = module.start_access_point(&access_point());
            assert!(matches!(started, Err(Error::Timeout)), "{started:?}");
            assert!(simulation.now() - began < LIMIT);
            simulation.advance(Duration::from_secs(200));
            let started = module.start_access_point(&access_point());
            assert!(started.is_ok(), "{started:?}\n{}", simulation.transcript());
        });
    }
}

on_both_dialects! {
    clients_are_told_of
    a_client_reaches_a_server_on_it
    a_datagram_is_answered_on_it
    it_is_set_up_anew_and_stopped_twice
    what_no_module_takes_is_refused_before_a_byte
    whatever_is_lost_it_ends_in_time_and_works_again
    events_around_it_change_nothing
    a_restart_ends_it
    a_module_that_says_nothing_ends_it_in_time
}

/// The ST67 is an access point beside its station.
#[test]
fn a_station_and_its_sockets_do_not_notice() {
    each_joined::<St67>(|simulation, module| {
        let mut socket = TcpClientStack::socket(module).unwrap();
        flat(TcpClientStack::connect(module, &mut socket, at(DOWNLOAD))).unwrap();
        let (mut got, all) = (Vec::new(), download());
        for n in 1..=9 {
            let wanted = n * 10_000;
            receive_until(module, simulation, &mut socket, 700, &mut got, |got| {
                got.len() >= wanted
            })
            .unwrap();
            match n % 3 {
                0 => module.stop_access_point().unwrap(),
                _ => drop(module.start_access_point(&access_point()).unwrap()),
            }
            simulation.station_joins(PHONE);
        }
        receive_until(module, simulation, &mut socket, 700, &mut got, |got| {
            got.len() >= all.len()
        })
        .unwrap();
        assert!(got == all);
        assert_eq!(module.link_state().unwrap(), atwifi::LinkState::Up);
    });
}

#[test]
fn joining_keeps_it_on_the_st67() {
    each_on::<St67>(|simulation, module, _| {
        module.join(SSID, PASSWORD).unwrap();
        module
            .scan(&atwifi::ScanOptions::new(), |_| ControlFlow::Continue(()))
            .unwrap();
        simulation.station_joins(PHONE);
        assert!(events(module).contains(&format!("{:?}", Event::ClientConnected(Mac(PHONE)))));
        module.leave().unwrap();
        simulation.station_leaves(PHONE);
        simulation.station_joins(PHONE);
        assert!(events(module).contains(&format!("{:?}", Event::ClientConnected(Mac(PHONE)))));
    });
}

#[test]
fn clients_are_listed_and_sent_away() {
    each_on::<St67>(|simulation, module, own| {
        let other = [0x18, 0xb9, 0x05, 0xed, 0x59, 0xcd];
        simulation.station_joins(PHONE);
        simulation.advance(Duration::from_secs(2));
        simulation.station_joins(other);
        let listed = module.access_point_clients::<4>();
        let listed = listed.unwrap_or_else(|error| panic!("{error}\n{}", simulation.transcript()));
        let seen: Vec<_> = (listed.iter())
            .map(|client| (client.mac, client.address))
            .collect();
        let [a, b, c, _] = own.octets();
        let first = Some(Ipv4Addr::new(a, b, c, 2));
        assert_eq!(seen, [(Mac(PHONE), first), (Mac(other), None)]);
        let no_room = Usage::BufferTooSmall {
            which: Lent::Data,
            needed: 2,
        };
        let listed = module.access_point_clients::<1>();
        assert_eq!(listed, Err(Error::Usage(no_room)));

        module.disconnect_client(Mac(PHONE)).unwrap();
        let again = module.disconnect_client(Mac(PHONE));
        assert!(matches!(again, Err(Error::Module(_))), "{again:?}");
        let listed = module.access_point_clients::<1>().unwrap();
        assert_eq!(listed[0].mac, Mac(other));
    });
}

#[test]
fn its_network_is_chosen_on_the_st67() {
    for simulation in simulations::<St67>(|config| config) {
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            let (own, mask) = (Ipv4Addr::new(10, 3, 2, 1), Ipv4Addr::new(255, 255, 255, 0));
            let leases = Leases {
                first: Ipv4Addr::new(10, 3, 2, 40),
                last: Ipv4Addr::new(10, 3, 2, 50),
                minutes: 3,
            };
            let config = access_point()
                .with_address(own, mask)
                .with_leases(leases)
                .with_clients(2);
            let started = module.start_access_point(&config);
            assert_eq!(started, Ok(own), "{}", simulation.transcript());
            simulation.station_joins(PHONE);
            simulation.advance(Duration::from_secs(2));
            let told = events(module).concat();
            assert!(told.contains("10.3.2.40"), "{told}");

            // One that is not as it was to be is none.
            let wrong = Leases {
                first: Ipv4Addr::new(1, 2, 3, 4),
                ..leases
            };
            module.stop_access_point().unwrap();
            let started = module.start_access_point(&config.with_leases(wrong));
            assert!(
                matches!(started, Err(Error::Module(atwifi::st67::Status::Code(_)))),
                "{started:?}"
            );
            events(module);
            simulation.station_joins(PHONE);
            assert_eq!(events(module), [""; 0], "{}", simulation.transcript());
        });
    }
}

#[test]
fn what_the_st67_cannot_do_is_refused_before_a_byte() {
    let minutes = |minutes| Leases {
        first: Ipv4Addr::LOCALHOST,
        last: Ipv4Addr::LOCALHOST,
        minutes,
    };
    for (config, min, max) in [
        (access_point().with_clients(0), 1, 4),
        (access_point().with_clients(5), 1, 4),
        (access_point().with_leases(minutes(0)), 1, 2880),
        (access_point().with_leases(minutes(2881)), 1, 2880),
    ] {
        with_mock::<St67, _>(&met::<St67>(), |module| {
            let started = module.start_access_point(&config);
            let usage = Usage::OutOfRange { min, max };
            assert_eq!(started, Err(Error::Usage(usage)));
        });
    }
}

#[test]
fn what_the_microchip_module_cannot_do_is_refused_before_a_byte() {
    let leases = Leases {
        first: Ipv4Addr::LOCALHOST,
        last: Ipv4Addr::LOCALHOST,
        minutes: 1,
    };
    for (config, what) in [
        (access_point().with_clients(4), "a limit of clients"),
        (
            access_point().with_address(Ipv4Addr::LOCALHOST, Ipv4Addr::BROADCAST),
            "an address of the access point's own",
        ),
        (access_point().with_leases(leases), "addresses for clients"),
        (
            access_point().with_security(Security::Wpa3),
            "an access point protected in this way",
        ),
    ] {
        with_mock::<Microchip, _>(&met::<Microchip>(), |module| {
            let started = module.start_access_point(&config);
            assert_eq!(started, Err(Error::Usage(Usage::Unsupported(what))));
        });
    }
    with_mock::<Microchip, _>(&met::<Microchip>(), |module| {
        let listed = module.access_point_clients::<4>();
        let usage = Usage::Unsupported("a list of clients");
        assert_eq!(listed, Err(Error::Usage(usage)));
    });
}

/// The Microchip module is a station or an access point.
#[test]
fn a_station_that_is_on_refuses_it_on_the_microchip_module() {
    each_joined::<Microchip>(|simulation, module| {
        let started = module.start_access_point(&access_point());
        let status = atwifi::microchip::Status::AccessPointStartNotPermitted;
        assert_eq!(
            started,
            Err(Error::Module(status)),
            "{}",
            simulation.transcript()
        );
        assert_eq!(module.link_state().unwrap(), atwifi::LinkState::Up);
        let mut socket = TcpClientStack::socket(module).unwrap();
        flat(TcpClientStack::connect(module, &mut socket, at(ECHO))).unwrap();
        module.leave().unwrap();
        module.start_access_point(&access_point()).unwrap();
        let status = atwifi::microchip::Status::StationStartNotPermitted;
        assert_eq!(module.join(SSID, PASSWORD), Err(Error::Module(status)));
        module.stop_access_point().unwrap();
        module.join(SSID, PASSWORD).unwrap();
    });
}

#[test]
fn a_module_that_refuses_says_why() {
    let uart = met::<St67>()
        .answer("AT+CWMODE=3,0\r\n", "\r\nOK\r\n")
        .answer(
            "AT+CWSAP=\"a\",\"\",1,0,4,0\r\n",
            "ERR CODE:0x010c0000\r\n\r\nERROR\r\n",
        )
        .answer("AT+CWMODE=1,0\r\n", "\r\nOK\r\n");
    with_mock::<St67, _>(&uart, |module| {
        let started = module.start_access_point(&AccessPointConfig::new(b"a", b""));
        let code = match started {
            Err(Error::Module(atwifi::st67::Status::Code(code))) => code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code.0, 0x010c_0000);
    });
    uart.assert_done();
}
