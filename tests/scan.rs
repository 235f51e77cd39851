//! Scans: each access point is told, whatever it is called, and the scan ends.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::service::in_all_weathers;
use crate::common::*;
use atwifi::{AccessPointInfo, Error, Mac, ScanOptions, Security, Strongest, Switch, Usage};
use atwifi_simulator::{AccessPoint, Config, Faults, Fragment};
use embedded_nal::TcpClientStack;

/// So much memory the README lends.
const LINE_BUFFER: usize = 1024;

/// Access points with SSIDs of 32 bytes that look like everything a module can say.
fn hostile(count: usize) -> Vec<AccessPoint> {
    let texts: [&[u8]; 8] = [
        b"\",-50,\"00:11:22:33:44:55\",1,4,7",
        b"\r\n+CW:SCAN_DONE\r\n",
        b"\r\nOK\r\n\r\nERROR\r\nready\r\n",
        b"\r\n+CW:DISCONNECTED\r\n+CWLAP:(",
        b"a\"),(\"b\\",
        b"\r+WSCNDONE\r\n+WSCNIND:-1,0,1,",
        b"\r\n>\r\n+IPD:0,9\r\n",
        b"caf\xc3\xa9 \xff\xfe\x80",
    ];
    (0..count)
        .map(|i| {
            let mut ssid = texts[i % texts.len()].to_vec();
            ssid.truncate(30);
            ssid.extend([b'a' + (i / 26) as u8, b'a' + (i % 26) as u8]);
            AccessPoint::new(ssid, "12345678").numbered(i)
        })
        .collect()
}

fn around(config: Config, access_points: Vec<AccessPoint>) -> Config {
    Config {
        access_points,
        ..config
    }
}

fn collect<D: UnderTest>(
    module: &mut Driver<'_, D>,
    options: &ScanOptions<'_>,
) -> Result<Vec<AccessPointInfo>, Failure<D>> {
    let mut found = Vec::new();
    let scanned = module.scan(options, |access_point| {
        found.push(access_point.clone());
        ControlFlow::Continue(())
    })?;
    assert_eq!((scanned.found, scanned.spoilt), (found.len() as u16, 0));
    Ok(found)
}

fn fifty_access_points_are_all_told_whatever_they_are_called<D: UnderTest>() {
    for fragment in [Fragment::Whole, Fragment::Every(1), Fragment::Random(40)] {
        for simulation in simulations::<D>(|config| around(config, hostile(50))) {
            simulation.set_faults(Faults {
                fragment,
                ..Faults::default()
            });
            with_memory::<D, _, 512>(&simulation, LINE_BUFFER, 2, |module| {
                module.reset().unwrap();
                let found = collect(module, &ScanOptions::new());
                let found = found.unwrap_or_else(|e| panic!("{e}\n{}", simulation.transcript()));
                let ssids: BTreeSet<_> = found.iter().map(|f| f.ssid.as_bytes().to_vec()).collect();
                let expected: BTreeSet<_> = hostile(50).into_iter().map(|a| a.ssid).collect();
                assert_eq!(ssids, expected, "{}", simulation.transcript());
                assert_eq!(found.len(), 50);
                assert_eq!(module.poll(), Ok(None), "nothing of it is an event");
            });
        }
    }
}

fn what_is_told_of_each_is_exact<D: UnderTest>() {
    let access_points = || {
        vec![
            AccessPoint::new("one", "12345678")
                .with_bssid([1, 2, 3, 4, 5, 6])
                .on_channel(11)
                .heard_at(-71),
            AccessPoint::new("two", "")
                .with_bssid([2; 6])
                .on_channel(1)
                .heard_at(-40),
            AccessPoint::new("three", "12345678")
                .with_bssid([3; 6])
                .hidden(),
        ]
    };
    for simulation in simulations::<D>(|config| around(config, access_points())) {
        with_driver::<D, _>(&simulation, |module| {
            let mut found = collect(module, &ScanOptions::new()).unwrap();
            found.sort_by_key(|found| found.bssid);
            let told: Vec<_> = found
                .iter()
                .map(|f| {
                    (
                        f.ssid.as_str().unwrap(),
                        f.bssid,
                        f.channel,
                        f.rssi,
                        f.security,
                    )
                })
                .collect();
            assert_eq!(
                told,
                [
                    ("one", Mac([1, 2, 3, 4, 5, 6]), 11, -71, Security::Wpa2),
                    ("two", Mac([2; 6]), 1, -40, Security::Open),
                    ("", Mac([3; 6]), 6, -48, Security::Wpa2),
                ]
            );
        });
    }
}

fn options_choose<D: UnderTest>() {
    let access_points = || {
        vec![
            AccessPoint::new("near", "12345678")
                .numbered(0)
                .heard_at(-40),
            AccessPoint::new("far", "12345678")
                .numbered(1)
                .heard_at(-90),
            AccessPoint::new("secret", "12345678").numbered(2).hidden(),
        ]
    };
    for simulation in simulations::<D>(|config| around(config, access_points())) {
        with_driver::<D, _>(&simulation, |module| {
            let options = ScanOptions::new();
            for (options, expected) in [
                (options.with_min_rssi(-80), vec!["near", ""]),
                (options.with_channel(11), vec!["far"]),
                (options.with_ssid(b"secret"), vec!["secret"]),
                (options.with_ssid(b"secret").passive(), vec![]),
                (
                    options.passive().with_dwell_ms(100).with_channel(6),
                    vec!["near"],
                ),
                // What one scan has looked for, the next one does not.
                (options, vec!["near", "far", ""]),
            ] {
                let found = collect(module, &options);
                let found = found.unwrap_or_else(|e| panic!("{e}\n{}", simulation.transcript()));
                let mut ssids: Vec<_> = found.iter().map(|f| f.ssid.as_str().unwrap()).collect();
                ssids.sort_by_key(|ssid| expected.iter().position(|e| e == ssid));
                assert_eq!(ssids, expected, "{options:?}\n{}", simulation.transcript());
            }
        });
    }
}

fn what_cannot_be_looked_for_is_refused_before_a_byte<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            let before = simulation.to_module();
            let options = ScanOptions::new();
            for (options, usage) in [
                (options.with_ssid(b""), Usage::Empty),
                (options.with_ssid(&[b'x'; 33]), Usage::TooLong(32)),
            ] {
                assert_eq!(collect(module, &options), Err(Error::Usage(usage)));
            }
            for options in [
                options.with_channel(0),
                options.with_channel(15),
                options.with_dwell_ms(0),
            ] {
                let refused = collect(module, &options);
                assert!(matches!(
                    refused,
                    Err(Error::Usage(Usage::OutOfRange { .. }))
                ));
            }
            assert_eq!(simulation.to_module(), before);
        });
    }
}

fn a_break_ends_the_rows_and_leaves_the_link_in_step<D: UnderTest>() {
    for simulation in simulations::<D>(|config| around(config, hostile(20))) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let mut seen = 0;
            let scanned = module
                .scan(&ScanOptions::new(), |_| {
                    seen += 1;
                    match seen {
                        3 => ControlFlow::Break(()),
                        _ => ControlFlow::Continue(()),
                    }
                })
                .unwrap();
            assert_eq!((seen, scanned.found), (3, 3));
            let before = simulation.commands();
            module.link_state().unwrap();
            assert_eq!(simulation.commands(), before + 1, "in step");
            assert_eq!(module.poll(), Ok(None));
        });
    }
}

fn a_joined_station_stays_joined_and_its_sockets_lose_nothing<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let mut socket = module.socket().unwrap();
        module.connect(&mut socket, at(ECHO)).unwrap();
        let sent = payload();
        module.send(&mut socket, &sent).unwrap();
        let found = collect(module, &ScanOptions::new()).unwrap();
        assert!(found.iter().any(|found| found.ssid.as_bytes() == SSID));
        let mut got = Vec::new();
        receive_until(module, simulation, &mut socket, 64, &mut got, |got| {
            got.len() >= sent.len()
        })
        .unwrap();
        assert_eq!(got, sent);
    });
}

fn nothing_found_ends_too<D: UnderTest>() {
    for simulation in simulations::<D>(|config| around(config, Vec::new())) {
        with_driver::<D, _>(&simulation, |module| {
            let before = simulation.now();
            assert_eq!(collect(module, &ScanOptions::new()), Ok(Vec::new()));
            assert!(simulation.now() - before < Duration::from_secs(20));
            assert!(module.link_state().is_ok());
        });
    }
}

/// The module refuses, each in its own way: a radio that is off, a scan of somebody else's.
#[test]
fn a_refusal_says_why() {
    use atwifi::microchip::command::{Channel, scanning::ScanPassively};
    use atwifi::st67::command::wifi::SetRadio;
    for simulation in simulations::<atwifi::st67::St67>(|config| config) {
        with_driver::<atwifi::st67::St67, _>(&simulation, |module| {
            let radio = |radio| SetRadio { radio };
            module.command(&radio(Switch::Off)).unwrap();
            let refused = collect(module, &ScanOptions::new());
            assert!(
                matches!(refused, Err(Error::Module(_))),
                "{}",
                simulation.transcript()
            );
            module.command(&radio(Switch::On)).unwrap();
            assert!(collect(module, &ScanOptions::new()).is_ok());
        });
    }
    each_joined::<atwifi::microchip::Microchip>(|simulation, module| {
        let foreign = ScanPassively {
            channel: Channel::ANY,
            ssid: None,
        };
        module.command(&foreign).unwrap();
        let refused = collect(module, &ScanOptions::new());
        let busy = atwifi::microchip::Status::WifiRequestFailed;
        assert_eq!(
            refused,
            Err(Error::Module(busy)),
            "{}",
            simulation.transcript()
        );
        simulation.advance(Duration::from_secs(10));
        assert!(collect(module, &ScanOptions::new()).is_ok());
    });
}

fn a_slow_module_is_waited_for_and_a_busy_one_asked_again<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let next = simulation.commands();
        simulation.set_faults(Faults {
            late: vec![
                (next, Duration::from_secs(3)),
                (next + 1, Duration::from_secs(3)),
            ],
            busy: vec![next + 2],
            ..Faults::default()
        });
        let found = collect(module, &ScanOptions::new());
        assert_eq!(
            found.map(|found| found.len()),
            Ok(1),
            "{}",
            simulation.transcript()
        );
        // A Microchip module drops it without a word.
        let dropped = collect(module, &ScanOptions::new());
        assert!(
            matches!(dropped, Ok(_) | Err(Error::Timeout)),
            "{dropped:?}"
        );
        let found = collect(module, &ScanOptions::new());
        assert_eq!(
            found.map(|found| found.len()),
            Ok(1),
            "{}",
            simulation.transcript()
        );
    });
}

fn a_scan_stands_all_weathers<D: UnderTest>() {
    let access_points = |config| {
        let mut access_points = hostile(4);
        access_points.push(AccessPoint::new(SSID, PASSWORD).numbered(4));
        around(config, access_points)
    };
    in_all_weathers::<D>(access_points, |module| {
        let mut strongest = Strongest::<8>::new();
        let scanned = module.scan(&ScanOptions::new(), |found| {
            strongest.take(found);
            ControlFlow::Continue(())
        })?;
        Ok(format!("{scanned:?}"))
    });
}

on_both_dialects! {
    fifty_access_points_are_all_told_whatever_they_are_called
    what_is_told_of_each_is_exact
    options_choose
    what_cannot_be_looked_for_is_refused_before_a_byte
    a_break_ends_the_rows_and_leaves_the_link_in_step
    a_joined_station_stays_joined_and_its_sockets_lose_nothing
    nothing_found_ends_too
    a_slow_module_is_waited_for_and_a_busy_one_asked_again
    a_scan_stands_all_weathers
}
