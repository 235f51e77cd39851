//! Bad input and bad luck: typed errors, nothing lost, and a way back.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use crate::common::*;
use atwifi::{Clock as _, Closed, Error, Event, Lent, Module, SocketMemory, Usage, mock};
use atwifi_simulator::{Config, Fault, FaultKind, Faults, PortError, Simulation};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};

fn every_byte_value_in_ssid_and_password_arrives_or_is_refused<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let mut refused = 0;
            for byte in 0..=255_u8 {
                for (ssid, password) in [
                    (vec![b'a', byte, b'z'], b"12345678".to_vec()),
                    (b"net".to_vec(), [byte; 9].to_vec()),
                ] {
                    let before = simulation.to_module();
                    match module.join(&ssid, &password) {
                        Err(Error::Usage(Usage::Byte(b))) => {
                            assert_eq!(
                                (b, simulation.to_module()),
                                (byte, before),
                                "refused after bytes were sent"
                            );
                            refused += 1;
                        }
                        _ => assert_eq!(
                            simulation.joined(),
                            Some((ssid, password)),
                            "byte {byte:#04x}"
                        ),
                    }
                }
            }
            assert_eq!(refused, 2 * D::REFUSED_BYTES);
        });
    }
}

fn text_over_its_limit_is_refused_before_a_byte_is_sent<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            let before = simulation.to_module();
            assert_eq!(
                module.join([b'x'; 33], "password"),
                Err(Error::Usage(Usage::TooLong(32)))
            );
            assert_eq!(
                module.join("net", vec![b'x'; D::PASSWORD_MAX + 1]),
                Err(Error::Usage(Usage::TooLong(D::PASSWORD_MAX)))
            );
            assert_eq!(module.join("", "password"), Err(Error::Usage(Usage::Empty)));
            let long = "x".repeat(D::NAME_MAX + 1);
            let name = module.get_host_by_name(&long, AddrType::IPv4);
            assert_eq!(
                name,
                Err(nb::Error::Other(Error::Usage(Usage::TooLong(D::NAME_MAX))))
            );
            assert_eq!(simulation.to_module(), before);
            // No name injects a command.
            assert!(
                module
                    .get_host_by_name("a\r\nAT+RESTORE", AddrType::IPv4)
                    .is_err()
            );
            assert_eq!(module.link_state(), Ok(atwifi::LinkState::Up));
            // The longest that is allowed arrives.
            module.join([b','; 32], [b'"'; 64]).unwrap_err();
            assert_eq!(simulation.joined(), Some((vec![b','; 32], vec![b'"'; 64])));
        });
    }
}

fn joining_without_dhcp_ends_at_the_deadline<D: UnderTest>() {
    let mut config = Config::new(D::PROFILES[D::PROFILES.len() - 1]);
    config
        .access_points
        .push(atwifi_simulator::AccessPoint::new("net", "12345678").without_dhcp());
    let simulation = Simulation::new(config, Network::default().build());
    with_driver::<D, _>(&simulation, |module| {
        module.reset().unwrap();
        let before = simulation.now();
        assert!(matches!(
            module.join("net", "12345678"),
            Err(Error::Timeout | Error::Module(_))
        ));
        let taken = simulation.now() - before;
        assert!(
            taken < Duration::from_millis(u64::from(module.timeouts.join) + 5000),
            "{taken:?}"
        );
        assert_ne!(module.link_state(), Ok(atwifi::LinkState::Up));
    });
}

fn state_and_addresses<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            assert_eq!(module.link_state(), Ok(atwifi::LinkState::Idle));
            let ip = module.join(SSID, PASSWORD).unwrap();
            assert_eq!(module.link_state(), Ok(atwifi::LinkState::Up));
            let addresses = module.addresses().unwrap();
            assert_eq!(addresses.ip, ip);
            let mask = std::net::Ipv4Addr::new(255, 255, 255, 0);
            assert_eq!(addresses.netmask.unwrap_or(mask), mask);
            module.leave().unwrap();
            assert_ne!(module.link_state(), Ok(atwifi::LinkState::Up));
        });
    }
}

fn a_buffer_too_small_is_refused_when_it_is_lent<D: UnderTest>() {
    let (mut line, mut sockets) = ([0; 100], [const { SocketMemory::<16>::new() }; 1]);
    let module = Module::<D, _, _>::new(
        mock::Uart::new(),
        mock::Clock::new(),
        &mut line,
        &mut sockets,
    );
    let needed = Module::<D, mock::Uart, mock::Clock>::LINE_BUFFER;
    assert_eq!(
        module.err(),
        Some(Error::Usage(Usage::BufferTooSmall {
            which: Lent::Line,
            needed
        }))
    );
    // The least that is allowed carries the whole story.
    for simulation in simulations::<D>(|config| config) {
        with_memory::<D, _, 1>(&simulation, needed, 1, |module| {
            module.reset().unwrap();
            let told = story(module, &simulation, 1);
            assert!(told.error.is_none(), "{:?}", told.error);
            assert_eq!(told.received, payload());
        });
    }
}

fn events_wait_for_poll_and_the_lost_ones_are_counted<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            module.join(SSID, PASSWORD).unwrap();
            let mut seen = Vec::new();
            while let Some(event) = module.poll().unwrap() {
                seen.push(format!("{event:?}"));
            }
            assert!(seen.contains(&"StationConnected".to_string()), "{seen:?}");
            assert!(
                seen.iter().any(|event| event.starts_with("StationAddress")),
                "{seen:?}"
            );
            for _ in 0..500 {
                simulation.emit(D::SCAN_DONE);
                module.link_state().unwrap();
            }
            let Some(Event::Lost(lost)) = module.poll().unwrap() else {
                panic!("nothing lost?")
            };
            let mut kept = 0;
            while let Some(event) = module.poll().unwrap() {
                assert_eq!(event, Event::ScanDone);
                kept += 1;
            }
            assert_eq!(usize::from(lost) + kept, 500);
            assert!(kept > 5);
            simulation.emit(b"+NEW:\"thing\",1\r\n");
            simulation.idle();
            assert_eq!(
                module.poll().unwrap(),
                Some(Event::Other(b"+NEW:\"thing\",1"))
            );
        });
    }
}

fn poll_takes_in_no_more_than_it_can_keep<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_memory::<D, _, 64>(&simulation, 640, 1, |module| {
            module.reset().unwrap();
            for n in 0..100 {
                simulation.emit(format!("+NEW:\"thing\",{n}\r\n").as_bytes());
            }
            for n in 0..100 {
                let line = format!("+NEW:\"thing\",{n}");
                let polled = module.poll().unwrap();
                assert_eq!(polled, Some(Event::Other(line.as_bytes())));
            }
            assert_eq!(module.poll(), Ok(None));
        });
    }
}

fn a_restart_while_idle_is_told_and_survived<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            while module.poll().unwrap().is_some() {}
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            simulation.reset_module();
            simulation.advance(Duration::from_secs(2));
            assert_eq!(
                module.receive(&mut socket, &mut [0; 8]),
                Err(nb::Error::Other(Error::ModuleReset))
            );
            assert_eq!(
                module.send(&mut socket, b"x"),
                Err(nb::Error::Other(Error::ModuleReset))
            );
            assert_eq!(module.poll().unwrap(), Some(Event::ModuleReset));
            module.join(SSID, PASSWORD).unwrap();
            flat(module.connect(&mut socket, at(ECHO))).expect("the handle can be connected again");
            let mut got = Vec::new();
            flat(module.send(&mut socket, b"again")).unwrap();
            receive_until(module, &simulation, &mut socket, 9, &mut got, |got| {
                got.len() >= 5
            })
            .unwrap();
            assert_eq!(got, b"again");
        });
    }
}

fn resets_by_pin<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            let (mut pin, mut delay) = (Board(simulation.clone()), Board(simulation.clone()));
            module.reset_by_pin(&mut pin, &mut delay).unwrap();
            assert!(story(module, &simulation, 50).error.is_none());
        });
    }
}

/// A line that floats while the module is reset carries garbage up to its first word.
fn garbage_before_the_boot_report_does_not_hide_it<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            for garbage in [&b"\xff\x00"[..], b"gar", b"+gar", b"#", b"\xfe>"] {
                let noise = FaultKind::Insert(garbage.to_vec());
                simulation.set_faults(Faults {
                    to_host: vec![Fault::new(simulation.to_host(), noise)],
                    ..Faults::default()
                });
                let begin = simulation.now();
                assert_eq!(module.reset(), Ok(()), "{}", simulation.transcript());
                let took = simulation.now() - begin;
                assert!(took < Duration::from_secs(5), "{garbage:?}: {took:?}");
            }
        });
    }
}

fn a_late_reply_never_answers_another_command<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            for late in [7, 9, 20] {
                let number = simulation.commands();
                simulation.set_faults(Faults {
                    late: vec![(number, Duration::from_secs(late))],
                    ..Faults::default()
                });
                assert_eq!(module.link_state(), Err(Error::Timeout));
                // Each of these has a reply of its own kind.
                let addresses = module.addresses();
                assert!(
                    addresses.is_ok(),
                    "{late} s: {addresses:?}\n{}",
                    simulation.transcript()
                );
                assert_eq!(
                    addresses.unwrap().ip,
                    std::net::Ipv4Addr::new(192, 168, 1, 50)
                );
                assert_eq!(
                    module.link_state(),
                    Ok(atwifi::LinkState::Up),
                    "{}",
                    simulation.transcript()
                );
                module.link_state().unwrap();
            }
        });
    }
}

fn an_overrun_is_reported_and_what_it_hid_is_found<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config.with_baud(921_600)) {
        with_joined::<D, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            flat(module.send(&mut socket, b"hidden")).unwrap();
            simulation.set_faults(Faults {
                fifo: Some(4),
                ..Faults::default()
            });
            // The firmware is busy elsewhere while the announcement comes.
            simulation.advance(Duration::from_millis(100));
            let lost = module.receive(&mut socket, &mut [0; 64]);
            assert_eq!(
                lost,
                Err(nb::Error::Other(Error::Transport(PortError::Overrun)))
            );
            simulation.set_faults(Faults::default());
            let mut got = Vec::new();
            receive_until(module, &simulation, &mut socket, 64, &mut got, |got| {
                got.len() >= 6
            })
            .unwrap();
            assert_eq!(got, b"hidden");
        });
    }
}

fn data_that_comes_untold_during_a_read_is_found<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            simulation.set_faults(Faults {
                deaf_while_reading: true,
                ..Faults::default()
            });
            let sent = payload().repeat(9);
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            flat(module.send(&mut socket, &sent)).unwrap();
            let mut got = Vec::new();
            receive_until(module, &simulation, &mut socket, 2048, &mut got, |got| {
                got.len() >= sent.len()
            })
            .unwrap_or_else(|error| panic!("{error:?}\n{}", simulation.transcript()));
            assert_eq!(got, sent);
        });
    }
}

fn a_missed_close_is_found<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(SHORT))).unwrap();
            flat(module.send(&mut socket, b"\r\n\r\n")).unwrap();
            // The announcement and the notice of the close are lost on the wire.
            let next = simulation.to_host();
            let cut = Fault {
                at: next,
                kind: FaultKind::Cut(Duration::from_secs(1)),
            };
            simulation.set_faults(Faults {
                to_host: vec![cut],
                ..Faults::default()
            });
            simulation.advance(Duration::from_secs(2));
            simulation.set_faults(Faults::default());
            // A module that keeps half-open connections takes the data all the same.
            match module.send(&mut socket, b"x") {
                Err(nb::Error::Other(Error::Closed(Closed::ByPeer))) | Ok(1) => {}
                other => panic!("{other:?}\n{}", simulation.transcript()),
            }
            let mut got = Vec::new();
            receive_until(module, &simulation, &mut socket, 64, &mut got, |got| {
                got.len() >= 3
            })
            .unwrap();
            assert_eq!(got, b"bye");
        });
    }
}

fn the_idle_hook_runs_and_breaks_a_wait_off<D: UnderTest>() {
    let simulation = Simulation::new(
        config(D::PROFILES[D::PROFILES.len() - 1]),
        Network::default().build(),
    );
    let (mut line, mut sockets) = ([0; 640], [const { SocketMemory::<64>::new() }; 1]);
    let budget = Rc::new(Cell::new(u32::MAX));
    let left = budget.clone();
    let clock = SimClock::exact(&simulation).on_idle(move || {
        left.set(left.get() - 1);
        if left.get() == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let mut module =
        Module::<D, _, _>::new(wire_of(&simulation), clock, &mut line, &mut sockets).unwrap();
    module.reset().unwrap();
    assert!(u32::MAX - budget.get() > 100, "the hook ran");
    for patience in [1, 2, 5, 10, 100, 700, 1000, 1900] {
        budget.set(patience);
        assert_eq!(
            module.join(SSID, PASSWORD),
            Err(Error::Interrupted),
            "after {patience} calls"
        );
        budget.set(u32::MAX);
        assert!(module.link_state().is_ok());
    }
    module.join(SSID, PASSWORD).unwrap();
}

fn secrets_stay_out_of_errors_and_debug<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            let error = module.join(SSID, "hunter2hunter2").unwrap_err();
            assert!(!format!("{error:?} {error}").contains("hunter2"));
            assert!(!simulation.transcript().to_string().contains("hunter2"));
        });
    }
}

on_both_dialects! {
    every_byte_value_in_ssid_and_password_arrives_or_is_refused
    text_over_its_limit_is_refused_before_a_byte_is_sent
    joining_without_dhcp_ends_at_the_deadline
    state_and_addresses
    a_buffer_too_small_is_refused_when_it_is_lent
    events_wait_for_poll_and_the_lost_ones_are_counted
    poll_takes_in_no_more_than_it_can_keep
    a_restart_while_idle_is_told_and_survived
    resets_by_pin
    garbage_before_the_boot_report_does_not_hide_it
    a_late_reply_never_answers_another_command
    an_overrun_is_reported_and_what_it_hid_is_found
    data_that_comes_untold_during_a_read_is_found
    a_missed_close_is_found
    the_idle_hook_runs_and_breaks_a_wait_off
    secrets_stay_out_of_errors_and_debug
}
