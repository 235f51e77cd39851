//! Being told which network to join: by a client of the Microchip module's access point, and by the
//! button of the network's own one.

mod common;

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::ops::ControlFlow;
use std::time::Duration;

use atwifi::microchip::{Microchip, Status};
use atwifi::st67::{Reason, St67};
use atwifi::{AccessPointConfig, Credentials, Error, Security, Usage};
use atwifi_simulator::{
    AccessPoint, Config, Fault, FaultKind, Faults, Profile, Simulation, services,
};
use common::service::{provision_by, spoilt};
use common::*;

const MINUTE: u32 = 60_000;

/// Nothing takes longer than the call was given and this.
const MARGIN: Duration = Duration::from_secs(61);

fn access_point() -> AccessPointConfig<'static> {
    AccessPointConfig::new(b"set me up", b"12345678")
}

/// What a client says that names the network of the tests.
fn naming() -> Vec<Vec<u8>> {
    let hex = |text: &[u8]| -> String { text.iter().map(|byte| format!("{byte:02X}")).collect() };
    vec![
        format!("AT+WSTAC=1,[{}]\r\n", hex(SSID)).into_bytes(),
        b"AT+WSTAC=2,3\r\n".to_vec(),
        format!("AT+WSTAC=3,[{}]\r\n", hex(PASSWORD)).into_bytes(),
        b"AT+WPROV=0\r\n".to_vec(),
    ]
}

/// Provisions the module while a client says so.
fn provision(
    simulation: &Simulation,
    module: &mut Driver<'_, Microchip>,
    timeout: u32,
    lines: &[Vec<u8>],
) -> Result<Option<Credentials>, Failure<Microchip>> {
    provision_by(simulation, module, &access_point(), timeout, lines)
}

fn assert_named(told: Result<Option<Credentials>, Failure<Microchip>>, simulation: &Simulation) {
    let context = || format!("{told:?}\n{}", simulation.transcript());
    let credentials = match &told {
        Ok(Some(credentials)) => credentials,
        _ => panic!("{}", context()),
    };
    assert_eq!(credentials.ssid.as_bytes(), SSID, "{}", context());
    assert_eq!(credentials.password.reveal(), PASSWORD, "{}", context());
    assert_eq!(credentials.security, Security::Wpa2);
}

fn each(test: impl Fn(&Simulation, &mut Driver<'_, Microchip>)) {
    for simulation in simulations::<Microchip>(|config| config) {
        with_driver::<Microchip, _>(&simulation, |module| {
            module.reset().expect("reset");
            test(&simulation, module);
        });
    }
}

#[test]
fn a_client_names_the_network_and_it_can_be_joined() {
    each(|simulation, module| {
        for _ in 0..3 {
            let told = provision(simulation, module, MINUTE, &naming());
            assert_named(told, simulation);
            let credentials = told.unwrap().unwrap();
            let joined = module.join(credentials.ssid.as_bytes(), credentials.password.reveal());
            joined.unwrap_or_else(|e| panic!("{e:?}\n{}", simulation.transcript()));
            module.leave().unwrap();
        }
    });
}

#[test]
fn a_client_that_names_none_is_no_network() {
    each(|simulation, module| {
        // What was told before does not count.
        assert_named(provision(simulation, module, MINUTE, &naming()), simulation);
        let told = provision(simulation, module, MINUTE, &[b"AT+WPROV=0\r\n".to_vec()]);
        assert_eq!(told, Ok(None), "{}", simulation.transcript());
    });
}

#[test]
fn nobody_who_comes_is_a_timeout() {
    each(|simulation, module| {
        for _ in 0..2 {
            let began = simulation.now();
            let told = provision(simulation, module, MINUTE, &[]);
            assert_eq!(told, Err(Error::Timeout), "{}", simulation.transcript());
            let took = simulation.now() - began;
            let least = Duration::from_millis(MINUTE.into());
            assert!(took >= least && took < least + MARGIN, "{took:?}");
        }
        module.join(SSID, PASSWORD).unwrap();
    });
}

#[test]
fn it_is_broken_off_in_an_orderly_way() {
    each(|simulation, module| {
        for _ in 0..2 {
            let left = Cell::new(20);
            let began = simulation.now();
            let told = module.provision(&access_point(), MINUTE, || {
                left.set(left.get() - 1);
                match left.get() {
                    0 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            });
            assert_eq!(told, Ok(None), "{}", simulation.transcript());
            assert!(simulation.now() - began < Duration::from_secs(20));
        }
        module.join(SSID, PASSWORD).unwrap();
    });
}

#[test]
fn a_station_that_is_on_refuses_it() {
    each(|simulation, module| {
        module.join(SSID, PASSWORD).unwrap();
        let told = provision(simulation, module, MINUTE, &naming());
        let refused = Err(Error::Module(Status::ConfigurationBlocked));
        assert_eq!(told, refused, "{}", simulation.transcript());
        module.leave().unwrap();
        assert_named(provision(simulation, module, MINUTE, &naming()), simulation);
    });
}

#[test]
fn what_the_driver_before_has_left_is_ended() {
    each(|simulation, module| {
        module
            .provision(&access_point(), 10, || ControlFlow::Continue(()))
            .ok();
        simulation.emit(b"");
        module.start_access_point(&access_point()).unwrap();
        assert_named(provision(simulation, module, MINUTE, &naming()), simulation);
        let mut port = simulation.port();
        embedded_io::Write::write_all(&mut port, b"AT+WPROV=1\r\n").unwrap();
        simulation.advance(Duration::from_secs(1));
        let started = module.start_access_point(&access_point());
        assert!(started.is_ok(), "{started:?}\n{}", simulation.transcript());
    });
}

#[test]
fn events_around_it_change_nothing() {
    each(|simulation, module| {
        let flood = Microchip::ANY_TIME.concat().repeat(40);
        let mut count = 0;
        let mut client = None;
        let mut lines = naming().into_iter();
        let told = module.provision(&access_point(), MINUTE, || {
            simulation.emit(&flood);
            count += 1;
            let client = client.get_or_insert_with(|| {
                let from = (Ipv4Addr::new(192, 168, 0, 100), 50_000);
                let to = (Ipv4Addr::new(192, 168, 0, 1), 7777);
                simulation.dial(from, to, services::echo())
            });
            if count % 3 == 0 {
                client.send(&lines.next().unwrap_or_default());
            }
            ControlFlow::Continue(())
        });
        assert_named(told, simulation);
    });
}

/// Every byte of the conversation is lost once, either way; and the module restarts at each.
#[test]
fn whatever_is_lost_it_ends_in_time_and_works_again() {
    for profile in Profile::MICROCHIP {
        let (from, to) = conversation(profile, Faults::default(), true);
        for (is_to_host, range) in [(true, from.0..to.0), (false, from.1..to.1)] {
            for at in range {
                for kind in [FaultKind::Drop(1), FaultKind::Reset] {
                    conversation(profile, spoilt(!is_to_host, at, kind), false);
                }
            }
        }
    }
}

fn conversation(
    profile: Profile,
    faults: Faults,
    is_undisturbed: bool,
) -> ((u64, u64), (u64, u64)) {
    let what = format!("{profile} {:?} {:?}", faults.to_host, faults.to_module);
    let config = config(profile).with_faults(faults);
    let simulation = Simulation::new(config, Network::default().build());
    with_driver::<Microchip, _>(&simulation, |module| {
        module.reset().expect("reset");
        let crossed = || (simulation.to_host(), simulation.to_module());
        let before = crossed();
        let mut told = Vec::new();
        loop {
            let began = simulation.now();
            told.push(provision(&simulation, module, MINUTE, &naming()));
            let took = simulation.now() - began;
            let context = || format!("{what} {told:?}\n{}", simulation.transcript());
            assert!(
                took < Duration::from_millis(MINUTE.into()) + MARGIN,
                "{took:?} {}",
                context()
            );
            match &told[..] {
                [Ok(Some(_))] if is_undisturbed => break,
                // A fault behind the last answer is noticed by the next call.
                [_] | [Ok(_), Err(_)] if !is_undisturbed => {}
                [.., Ok(Some(credentials))] => {
                    assert_eq!(credentials.ssid.as_bytes(), SSID, "{}", context());
                    break;
                }
                _ => panic!("{}", context()),
            }
        }
        (before, crossed())
    })
}

#[test]
fn the_st67_has_none() {
    with_mock::<St67, _>(&met::<St67>(), |module| {
        let told = module.provision(&access_point(), MINUTE, || ControlFlow::Continue(()));
        let usage = Usage::Unsupported("provisioning");
        assert_eq!(told, Err(Error::Usage(usage)));
    });
}

/// An ST67 beside these access points.
fn each_beside(access_points: &[AccessPoint], test: impl Fn(&Simulation, &mut Driver<'_, St67>)) {
    for profile in Profile::ST67 {
        let config = Config::new(profile);
        let simulation = Simulation::new(config, Network::default().build());
        simulation.set_access_points(access_points.to_vec());
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().expect("reset");
            test(&simulation, module);
        });
    }
}

fn pushed() -> AccessPoint {
    AccessPoint {
        wps: true,
        ..AccessPoint::new(SSID, PASSWORD).numbered(1)
    }
}

#[test]
fn the_access_point_whose_button_is_pushed_is_joined() {
    let others = AccessPoint::new(&b"other"[..], &b"12345678"[..]);
    each_beside(&[others.clone(), pushed()], |simulation, module| {
        for _ in 0..2 {
            let joined = module.join_by_button(120_000);
            assert!(joined.is_ok(), "{joined:?}\n{}", simulation.transcript());
            assert_eq!(module.link_state().unwrap(), atwifi::LinkState::Up);
        }
        module.start_access_point(&access_point()).unwrap();
        module.join_by_button(120_000).unwrap();
        simulation.station_joins([1, 2, 3, 4, 5, 6]);
        assert!(
            simulation
                .transcript()
                .to_string()
                .contains("+CW:STA_CONNECTED")
        );
    });
}

#[test]
fn no_button_is_a_timeout() {
    each_beside(&[], |simulation, module| {
        let began = simulation.now();
        assert_eq!(module.join_by_button(120_000), Err(Error::Timeout));
        let took = simulation.now() - began;
        assert!(simulation.transcript().to_string().contains("AT+WPS=0"));
        assert!(
            took >= Duration::from_secs(120) && took < Duration::from_secs(125),
            "{took:?}"
        );
        simulation.set_access_points(vec![AccessPoint::new(SSID, PASSWORD)]);
        module.join(SSID, PASSWORD).unwrap();
    });
}

#[test]
fn a_pushed_button_that_lets_nobody_in_says_why() {
    let refusing = AccessPoint {
        refuses: Some(2),
        ..pushed()
    };
    each_beside(&[refusing], |simulation, module| {
        let status = atwifi::st67::Status::Join(Reason::from(2));
        let joined = module.join_by_button(120_000);
        assert_eq!(
            joined,
            Err(Error::Module(status)),
            "{}",
            simulation.transcript()
        );
    });
}

#[test]
fn a_restart_ends_the_wait_for_the_button() {
    each_beside(&[pushed()], |simulation, module| {
        for at in (simulation.to_host()..simulation.to_host() + 60).step_by(3) {
            let mut faults = Faults::default();
            let at = at.max(simulation.to_host());
            faults.to_host.push(Fault::new(at, FaultKind::Reset));
            simulation.set_faults(faults);
            let began = simulation.now();
            let joined = module.join_by_button(20_000);
            assert!(simulation.now() - began < MARGIN, "{joined:?}");
            simulation.set_faults(Faults::default());
            let joined = module.join_by_button(20_000);
            let joined = joined.or_else(|_| module.join_by_button(20_000));
            assert!(joined.is_ok(), "{joined:?}\n{}", simulation.transcript());
        }
    });
}
