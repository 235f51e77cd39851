//! Certificates and keys in the module: whole, or told as missing.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::service::{in_all_weathers, spoilt};
use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{AccessPointConfig, Cause, Error, Event, Usage};
use atwifi_simulator::{FaultKind, Faults, Simulation};

const FILE: &str = "ca, \"1\".der";

/// So many bytes that may be a certificate in DER, and what a module or a line may stumble over: NULs alone
/// and in a row, DEL, line ends, results, prompts, escapes.
fn anything(length: usize) -> Vec<u8> {
    let hard = b"+++\r\nOK\r\n\0\r\n\r\nOK\r\n\0\0\0\x7f\r\nready\r\n\r\nERROR\r\n>#+++\r\n+FS:READ,1,+\n\n\r\r";
    let [_, _, high, low] = (length as u32 - 4).to_be_bytes();
    let mut content = vec![0x30, 0x82, high, low];
    content.extend_from_slice(hard);
    content.extend((0..length).map(|n| (n * 7 + n / 256) as u8));
    content.truncate(length);
    content
}

/// What the module has under a name.
fn has(simulation: &Simulation, content: &[u8]) -> bool {
    simulation.file(FILE).is_some_and(|file| file == content)
}

fn any_content_goes_in_and_is_there_exactly<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        for length in [5, 127, 128, 129, 900, 1500] {
            let content = anything(length);
            let loaded = module.load_certificate(FILE, &content);
            assert_eq!(loaded, Ok(()), "{length}: {}", simulation.transcript());
            assert!(has(simulation, &content), "{length}");
            let commands = simulation.commands();
            module.link_state().unwrap();
            assert_eq!(simulation.commands(), commands + 1, "in step");
        }
    });
}

fn what_is_there_already_is_replaced<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        for length in [900, 100, 901] {
            let content = anything(length);
            module.load_certificate(FILE, &content).unwrap();
            assert!(has(simulation, &content), "{}", simulation.transcript());
        }
    });
}

/// A byte lost, changed or added, the module restarting, or the line cut at any byte, of a certificate of
/// 1500 bytes.
fn a_fault_leaves_it_whole_or_told_as_missing<D: UnderTest>() {
    let content = anything(1500);
    for profile in D::PROFILES {
        let begin = || {
            let simulation = Simulation::new(config(*profile), Network::default().build());
            with_joined::<D, _>(&simulation, |_| {});
            simulation
        };
        let simulation = begin();
        let before = (simulation.to_module(), simulation.to_host());
        with_driver::<D, _>(&simulation, |module| {
            module.load_certificate(FILE, &content).unwrap();
        });
        let last = simulation.to_host();
        let places = [
            (true, before.0..simulation.to_module()),
            (false, before.1..last),
        ];
        let kinds = [
            FaultKind::Drop(1),
            FaultKind::Corrupt(0x04),
            FaultKind::Corrupt(0x80),
            FaultKind::Insert(b"\r\n".to_vec()),
            FaultKind::Insert(b"0".to_vec()),
            FaultKind::Reset,
            FaultKind::Cut(Duration::from_secs(2)),
        ];
        for (is_to_module, places) in places {
            // Each kind at other bytes.
            for (at, kind) in places.zip(kinds.iter().cycle()).step_by(stride(STEP)) {
                if is_to_module && !D::HAS_FILES && (before.0..before.0 + COMMAND).contains(&at) {
                    // A name that was spoilt cannot be read back; who looks for the right one finds
                    // nothing.
                    continue;
                }
                if !is_to_module && at + RESULT >= last && kind == &FaultKind::Reset {
                    // It had done what it was asked.
                    continue;
                }
                let simulation = begin();
                simulation.add_faults(spoilt(is_to_module, at, kind.clone()));
                let story = format!("{profile}, to module: {is_to_module}, {at}: {kind:?}");
                load_in_spite(
                    &simulation,
                    &content,
                    &story,
                    |module: &mut Driver<'_, D>| module.load_certificate(FILE, &content),
                );
            }
        }
    }
}

/// One in so many bytes is tried, with each of the kinds in turn.
const STEP: usize = 5;

/// With the questions that the driver begins with.
const COMMAND: u64 = 90;

/// The result, which is printed last.
const RESULT: u64 = 8;

fn load_in_spite<D: UnderTest>(
    simulation: &Simulation,
    content: &[u8],
    story: &str,
    load: impl Fn(&mut Driver<'_, D>) -> Result<(), Failure<D>>,
) {
    with_driver::<D, _>(simulation, |module| {
        let told = load(module);
        let context = || format!("{story}: {told:?}\n{}", simulation.transcript());
        let file = simulation.file(FILE);
        let is_whole = file.as_deref() == Some(content);
        match told {
            Ok(()) => assert!(is_whole, "{}", context()),
            // Nobody takes what is left for a certificate; a Microchip module's driver does not, either.
            Err(_) => {
                let is_nothing = file.is_none_or(|file| file.first().is_none_or(|&b| b == 0));
                let is_known = D::HAS_FILES;
                assert!(is_whole || is_nothing || !is_known, "{}", context());
            }
        }
        // And it can be loaded anew, once the module is found again.
        let again = (0..4).any(|_| load(module).is_ok());
        assert!(again && has(simulation, content), "{}", context());
    });
}

/// Every fault at every byte of the end, at which the first byte goes in.
fn nor_does_one_at_the_very_end<D: UnderTest>() {
    let content = anything(40);
    let load = |module: &mut Driver<'_, D>| module.load_certificate(FILE, &content);
    for profile in [D::PROFILES[0], D::PROFILES[1]] {
        let begin = || {
            let simulation = Simulation::new(config(profile), Network::default().build());
            with_joined::<D, _>(&simulation, |_| {});
            simulation
        };
        let simulation = begin();
        with_driver::<D, _>(&simulation, |module| load(module).unwrap());
        let end = simulation.to_module();
        let kinds = [
            FaultKind::Drop(1),
            FaultKind::Corrupt(0x01),
            FaultKind::Corrupt(0x80),
            FaultKind::Insert(b"\r\n".to_vec()),
            FaultKind::Insert(b"-".to_vec()),
            FaultKind::Cut(Duration::from_secs(2)),
            FaultKind::Delay(Duration::from_secs(12)),
        ];
        // A name that was spoilt cannot be read back where there are no files.
        let last = if D::HAS_FILES { 90 } else { 54 };
        for at in end - last..end {
            for kind in &kinds {
                let simulation = begin();
                simulation.add_faults(spoilt(true, at, kind.clone()));
                let story = format!("{profile}, {at} of {end}: {kind:?}");
                load_in_spite(&simulation, &content, &story, load);
            }
        }
    }
}

/// A command that is answered when nobody waits for it any more, and lines that are late.
fn what_is_late_leaves_it_whole_or_told_as_missing<D: UnderTest>() {
    let content = anything(40);
    let load = |module: &mut Driver<'_, D>| module.load_certificate(FILE, &content);
    for profile in D::PROFILES {
        for command in 0..14 {
            for late in [1, 4, 11, 20].map(Duration::from_secs) {
                let simulation = Simulation::new(config(*profile), Network::default().build());
                with_joined::<D, _>(&simulation, |_| {});
                simulation.add_faults(Faults {
                    late: vec![(simulation.commands() + command, late)],
                    ..Faults::default()
                });
                let story = format!("{profile}, {command} late by {late:?}");
                load_in_spite(&simulation, &content, &story, load);
                let simulation = Simulation::new(config(*profile), Network::default().build());
                with_joined::<D, _>(&simulation, |_| {});
                let at = simulation.to_module() + 10 * command;
                simulation.add_faults(spoilt(true, at, FaultKind::Delay(late)));
                let story = format!("{profile}, {at} late by {late:?}");
                load_in_spite(&simulation, &content, &story, load);
            }
        }
    }
}

fn loading_stands_all_weathers<D: UnderTest>() {
    in_all_weathers::<D>(
        |config| config,
        |module| {
            module
                .load_certificate(FILE, &anything(60))
                .map(|()| "loaded".to_owned())
        },
    );
}

fn questions_stand_all_weathers_or_are_refused<D: UnderTest>() {
    if !D::HAS_FILES {
        return;
    }
    in_all_weathers::<D>(
        |config| config.with_file(FILE, anything(60)).with_file("a", "b"),
        |module| {
            let is_there = module.has_certificate(FILE)?;
            let mut names = 0;
            module.certificates(|_| {
                names += 1;
                ControlFlow::Continue(())
            })?;
            Ok(format!("{is_there}, {names}"))
        },
    );
    in_all_weathers::<D>(
        |config| config.with_file(FILE, anything(60)),
        // Whether it was there is told once.
        |module| module.delete_certificate(FILE).map(|_| String::new()),
    );
}

fn what_cannot_be_loaded_is_refused_before_a_byte<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let before = simulation.to_module();
        let long = "x".repeat(65);
        for (name, content, usage) in [
            ("", &b"0"[..], Usage::Empty),
            (FILE, b"", Usage::Empty),
            (
                &long,
                b"0",
                Usage::TooLong(if D::HAS_FILES { 31 } else { 64 }),
            ),
        ] {
            let refused = module.load_certificate(name, content);
            assert_eq!(refused, Err(Error::Usage(usage)));
        }
        assert_eq!(simulation.to_module(), before);
    });
}

#[test]
fn a_microchip_module_takes_certificates_only() {
    each_joined::<Microchip>(|simulation, module| {
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let before = simulation.to_module();
        for (content, usage) in [
            (key.as_bytes(), Usage::Unsupported("private keys")),
            (&anything(1501), Usage::TooLong(1500)),
            (b"hello", Usage::Unsupported("data that is no certificate")),
        ] {
            let refused = module.load_certificate("key", content);
            assert_eq!(refused, Err(Error::Usage(usage)));
        }
        assert_eq!(simulation.to_module(), before);
        let asked = module.has_certificate("key");
        assert!(matches!(asked, Err(Error::Usage(Usage::Unsupported(_)))));
        let asked = module.delete_certificate("key");
        assert!(matches!(asked, Err(Error::Usage(Usage::Unsupported(_)))));
        let asked = module.certificates(|_| ControlFlow::Continue(()));
        assert!(matches!(asked, Err(Error::Usage(Usage::Unsupported(_)))));
        assert_eq!(simulation.to_module(), before);
    });
}

/// Each looks out for lines that are no others'.
#[test]
fn an_access_point_and_a_certificate_do_not_mind_each_other() {
    let access_point = AccessPointConfig::new(b"set me up", b"12345678");
    for simulation in simulations::<Microchip>(|config| config) {
        with_driver::<Microchip, _>(&simulation, |module| {
            module.reset().unwrap();
            let content = anything(40);
            for _ in 0..2 {
                module.start_access_point(&access_point).unwrap();
                let loaded = module.load_certificate(FILE, &content);
                assert_eq!(loaded, Ok(()), "{}", simulation.transcript());
                simulation.station_joins([1, 2, 3, 4, 5, 6]);
                simulation.advance(Duration::from_secs(1));
                let event = module.poll().unwrap();
                assert!(
                    matches!(event, Some(Event::ClientConnected(_))),
                    "{event:?}"
                );
                module.stop_access_point().unwrap();
                while module.poll().unwrap().is_some() {}
                assert_eq!(module.load_certificate(FILE, &content), Ok(()));
            }
        });
    }
}

/// The module keeps them in DER, whatever they were in.
#[test]
fn a_microchip_module_is_given_der() {
    each_joined::<Microchip>(|simulation, module| {
        let certified = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
        let (pem, der) = (certified.cert.pem(), certified.cert.der().to_vec());
        module.load_certificate(FILE, pem.as_bytes()).unwrap();
        assert!(has(simulation, &der), "{}", simulation.transcript());
        let crlf = format!("# mine\r\n{}", pem.replace('\n', "\r\n"));
        module.load_certificate(FILE, crlf.as_bytes()).unwrap();
        assert!(has(simulation, &der));
    });
}

#[test]
fn what_is_there_is_listed_asked_for_and_deleted() {
    each_joined::<St67>(|simulation, module| {
        let names = |module: &mut Driver<'_, St67>| {
            let mut names = Vec::new();
            let count = module.certificates(|name| {
                names.push(String::from_utf8_lossy(name).into_owned());
                ControlFlow::Continue(())
            });
            assert_eq!(count, Ok(names.len()));
            names.sort();
            names
        };
        assert_eq!(module.has_certificate(FILE), Ok(false));
        assert_eq!(module.delete_certificate(FILE), Ok(false));
        assert!(names(module).is_empty(), "{}", simulation.transcript());
        module.load_certificate(FILE, &anything(40)).unwrap();
        module.load_certificate("key", b"-----BEGIN").unwrap();
        assert_eq!(module.has_certificate(FILE), Ok(true));
        assert_eq!(names(module), [FILE, "key"]);
        let first = module.certificates(|_| ControlFlow::Break(()));
        assert_eq!(first, Ok(1));
        assert_eq!(module.delete_certificate(FILE), Ok(true));
        assert_eq!(names(module), ["key"]);
        // They are in flash.
        module.reset().unwrap();
        assert_eq!(module.has_certificate("key"), Ok(true));
    });
}

/// Neither by the driver nor by the module: it begins with a NUL until all of it is there.
#[test]
fn what_power_has_cut_short_is_no_certificate() {
    each_joined::<St67>(|simulation, module| {
        let content = anything(1500);
        module.load_certificate(FILE, &anything(700)).unwrap();
        let before = simulation.to_module();
        module.load_certificate(FILE, &content).unwrap();
        let cost = simulation.to_module() - before;
        for part in 1..20 {
            let at = simulation.to_module() + cost * part / 20;
            simulation.set_faults(spoilt(true, at, FaultKind::Reset));
            let told = module.load_certificate(FILE, &content);
            assert!(told.is_err(), "{part}");
            simulation.set_faults(Faults::default());
            // The host has lost its power, too.
            with_driver::<St67, _>(simulation, |module| {
                let told = module.has_certificate(FILE);
                let is_whole = has(simulation, &content);
                assert_eq!(told, Ok(is_whole), "{part}: {}", simulation.transcript());
            });
        }
    });
}

#[test]
fn a_full_flash_says_so_and_is_not_kept_full() {
    each_joined::<St67>(|simulation, module| {
        for room in [0, 1, 100, 1000, 1499] {
            simulation.set_faults(Faults {
                flash_room: Some(room),
                ..Faults::default()
            });
            let full = module.load_certificate(FILE, &anything(1500)).unwrap_err();
            assert_eq!(
                full.cause(),
                Some(Cause::File),
                "{room}: {full:?}\n{}",
                simulation.transcript()
            );
            assert_eq!(simulation.file(FILE), None, "{room}");
        }
        simulation.set_faults(Faults {
            flash_room: Some(1500),
            ..Faults::default()
        });
        module.load_certificate(FILE, &anything(1500)).unwrap();
    });
}

#[test]
fn a_write_that_fails_says_so() {
    each_joined::<St67>(|simulation, module| {
        for failing in 0..3 {
            simulation.set_faults(Faults {
                // Each attempt has as many writes as it gets to.
                failed_writes: vec![failing * (failing + 1) / 2 + failing],
                ..Faults::default()
            });
            let failed = module.load_certificate(FILE, &anything(500)).unwrap_err();
            assert_eq!(
                failed.cause(),
                Some(Cause::File),
                "{failing}: {}",
                simulation.transcript()
            );
            assert_eq!(simulation.file(FILE), None, "{failing}");
        }
    });
}

#[test]
fn a_slow_flash_is_waited_for() {
    each_joined::<St67>(|simulation, module| {
        simulation.set_faults(Faults {
            slow_flash: Duration::from_secs(4),
            ..Faults::default()
        });
        let content = anything(1500);
        let loaded = module.load_certificate(FILE, &content);
        assert_eq!(loaded, Ok(()), "{}", simulation.transcript());
        assert!(has(simulation, &content));
        simulation.set_faults(Faults {
            slow_flash: Duration::from_secs(100),
            ..Faults::default()
        });
        let before = simulation.now();
        assert!(module.load_certificate(FILE, &content).is_err());
        assert!(simulation.now() - before < Duration::from_secs(60));
    });
}

fn a_flood_of_events_changes_nothing<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let content = anything(300);
        let gaps = simulation.gaps();
        module.load_certificate(FILE, &content).unwrap();
        let gaps = gaps..simulation.gaps();
        for gap in gaps {
            let event = D::ANY_TIME.concat().repeat(20);
            simulation.set_faults(Faults {
                event_in_gap: Some((simulation.gaps() + gap, event)),
                ..Faults::default()
            });
            let loaded = module.load_certificate(FILE, &content);
            assert_eq!(loaded, Ok(()), "{}", simulation.transcript());
            assert!(has(simulation, &content));
        }
    });
}

fn a_module_that_does_not_answer_is_not_waited_for<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let content = anything(300);
        let before = simulation.commands();
        module.load_certificate(FILE, &content).unwrap();
        for command in 0..simulation.commands() - before {
            simulation.set_faults(Faults {
                late: vec![(simulation.commands() + command, Duration::from_secs(100))],
                ..Faults::default()
            });
            let before = simulation.now();
            assert!(module.load_certificate(FILE, &content).is_err());
            let taken = simulation.now() - before;
            assert!(taken < Duration::from_secs(60), "{command}: {taken:?}");
            simulation.set_faults(Faults::default());
            simulation.advance(Duration::from_secs(200));
            let again = (0..4).any(|_| module.load_certificate(FILE, &content).is_ok());
            assert!(again, "{command}: {}", simulation.transcript());
        }
    });
}

on_both_dialects! {
    any_content_goes_in_and_is_there_exactly
    what_is_there_already_is_replaced
    a_fault_leaves_it_whole_or_told_as_missing
    nor_does_one_at_the_very_end
    what_is_late_leaves_it_whole_or_told_as_missing
    loading_stands_all_weathers
    questions_stand_all_weathers_or_are_refused
    what_cannot_be_loaded_is_refused_before_a_byte
    a_flood_of_events_changes_nothing
    a_module_that_does_not_answer_is_not_waited_for
}
