//! Being told which network to join: by a client of the module's access point, and by the button of the
//! network's own one.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::service::{connected, echoes, provision_by, spoilt};
use crate::common::*;
use atwifi::microchip::{Microchip, Status};
use atwifi::st67::{Reason, St67};
use atwifi::{AccessPointConfig, Credentials, Error, Resource, Security};
use atwifi_simulator::{
    AccessPoint, Config, Fault, FaultKind, Faults, Guest, Profile, Simulation, services,
};
use embedded_nal::{TcpClientStack, TcpFullStack};

const MINUTE: u32 = 60_000;

/// Nothing takes longer than the call was given and this.
const MARGIN: Duration = Duration::from_secs(61);

fn access_point() -> AccessPointConfig<'static> {
    AccessPointConfig::new(b"set me up", b"12345678")
}

/// Who names the network of the tests.
fn guest<D: UnderTest>(simulation: &Simulation) -> Guest {
    Guest::naming(simulation, D::PROFILES[0], SSID, PASSWORD)
}

/// Provisions the module while somebody names the network of the tests.
fn provision<D: UnderTest>(
    simulation: &Simulation,
    module: &mut Driver<'_, D>,
    timeout: u32,
) -> Result<Option<Credentials>, Failure<D>> {
    provision_by(
        module,
        &access_point(),
        timeout,
        &mut guest::<D>(simulation),
    )
}

/// The same while nobody comes.
fn provision_alone<D: UnderTest>(
    module: &mut Driver<'_, D>,
    timeout: u32,
) -> Result<Option<Credentials>, Failure<D>> {
    module.provision(&access_point(), timeout, || ControlFlow::Continue(()))
}

fn assert_named<D: UnderTest>(
    told: &Result<Option<Credentials>, Failure<D>>,
    simulation: &Simulation,
) {
    let context = || format!("{told:?}\n{}", simulation.transcript());
    let Ok(Some(credentials)) = told else {
        panic!("{}", context());
    };
    assert_eq!(credentials.ssid.as_bytes(), SSID, "{}", context());
    assert_eq!(credentials.password.reveal(), PASSWORD, "{}", context());
    // A page does not ask for it.
    let expected = match D::PROFILES[0].module() {
        "st67" => Security::Wpa2Wpa3,
        _ => Security::Wpa2,
    };
    assert_eq!(credentials.security, expected);
}

fn each<D: UnderTest>(test: impl Fn(&Simulation, &mut Driver<'_, D>)) {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().expect("reset");
            test(&simulation, module);
        });
    }
}

fn a_client_names_the_network_and_it_can_be_joined<D: UnderTest>() {
    each::<D>(|simulation, module| {
        for _ in 0..3 {
            let told = provision(simulation, module, MINUTE);
            assert_named::<D>(&told, simulation);
            let credentials = told.unwrap().unwrap();
            let joined = module.join(credentials.ssid.as_bytes(), credentials.password.reveal());
            joined.unwrap_or_else(|e| panic!("{e:?}\n{}", simulation.transcript()));
            assert_eq!(simulation.links_open(), 0, "{}", simulation.transcript());
            module.leave().unwrap();
        }
    });
}

fn nobody_who_comes_is_a_timeout<D: UnderTest>() {
    each::<D>(|simulation, module| {
        for _ in 0..2 {
            let began = simulation.now();
            let told = provision_alone(module, MINUTE);
            assert_eq!(told, Err(Error::Timeout), "{}", simulation.transcript());
            let took = simulation.now() - began;
            let least = Duration::from_millis(MINUTE.into());
            assert!(took >= least && took < least + MARGIN, "{took:?}");
        }
        module.join(SSID, PASSWORD).unwrap();
    });
}

fn it_is_broken_off_in_an_orderly_way<D: UnderTest>() {
    each::<D>(|simulation, module| {
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

fn events_around_it_change_nothing<D: UnderTest>() {
    each::<D>(|simulation, module| {
        let flood = D::ANY_TIME.concat().repeat(40);
        let mut count = 0;
        let mut guest = guest::<D>(simulation);
        let told = module.provision(&access_point(), MINUTE, || {
            simulation.emit(&flood);
            count += 1;
            if count % 3 == 0 {
                guest.go_on();
            }
            ControlFlow::Continue(())
        });
        assert_named::<D>(&told, simulation);
    });
}

/// One in so many places is tried, fewer with firmware that is much like another; all with
/// `ATWIFI_SWEEP=all`.
fn stride_on(profile: Profile) -> usize {
    let is_quick = profile.module() == "microchip";
    match (is_quick, is_alike(profile)) {
        (true, _) => 1,
        (_, true) => stride(41),
        _ => stride(5),
    }
}

/// Every byte of the conversation is lost once, either way; and the module restarts at each.
fn whatever_is_lost_it_ends_in_time_and_works_again<D: UnderTest>() {
    for &profile in D::PROFILES {
        let (from, to) = conversation::<D>(profile, Faults::default(), true);
        for (is_to_host, range) in [(true, from.0..to.0), (false, from.1..to.1)] {
            for at in range.step_by(stride_on(profile)) {
                for kind in [FaultKind::Drop(1), FaultKind::Reset] {
                    conversation::<D>(profile, spoilt(!is_to_host, at, kind), false);
                }
            }
        }
    }
}

fn conversation<D: UnderTest>(
    profile: Profile,
    faults: Faults,
    is_undisturbed: bool,
) -> ((u64, u64), (u64, u64)) {
    let what = format!("{profile} {:?} {:?}", faults.to_host, faults.to_module);
    let config = config(profile).with_faults(faults);
    let simulation = Simulation::new(config, Network::default().build());
    with_driver::<D, _>(&simulation, |module| {
        module.reset().expect("reset");
        let crossed = || (simulation.to_host(), simulation.to_module());
        let before = crossed();
        let mut told = Vec::new();
        loop {
            let began = simulation.now();
            told.push(provision(&simulation, module, MINUTE));
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

on_both_dialects! {
    a_client_names_the_network_and_it_can_be_joined
    nobody_who_comes_is_a_timeout
    it_is_broken_off_in_an_orderly_way
    events_around_it_change_nothing
    whatever_is_lost_it_ends_in_time_and_works_again
}

#[test]
fn a_client_that_names_none_is_no_network() {
    each::<Microchip>(|simulation, module| {
        // What was told before does not count.
        assert_named::<Microchip>(&provision(simulation, module, MINUTE), simulation);
        let says = vec![b"AT+WPROV=0\r\n".to_vec()];
        let mut guest = Guest::new(simulation, Profile::MICROCHIP[0], says);
        let told = provision_by(module, &access_point(), MINUTE, &mut guest);
        assert_eq!(told, Ok(None), "{}", simulation.transcript());
    });
}

#[test]
fn a_station_that_is_on_refuses_it() {
    each::<Microchip>(|simulation, module| {
        module.join(SSID, PASSWORD).unwrap();
        let told = provision(simulation, module, MINUTE);
        let refused = Err(Error::Module(Status::ConfigurationBlocked));
        assert_eq!(told, refused, "{}", simulation.transcript());
        module.leave().unwrap();
        assert_named::<Microchip>(&provision(simulation, module, MINUTE), simulation);
    });
}

#[test]
fn what_the_driver_before_has_left_is_ended() {
    each::<Microchip>(|simulation, module| {
        provision_alone(module, 10).ok();
        simulation.emit(b"");
        module.start_access_point(&access_point()).unwrap();
        assert_named::<Microchip>(&provision(simulation, module, MINUTE), simulation);
        let mut port = simulation.port();
        embedded_io::Write::write_all(&mut port, b"AT+WPROV=1\r\n").unwrap();
        simulation.advance(Duration::from_secs(1));
        let started = module.start_access_point(&access_point());
        assert!(started.is_ok(), "{started:?}\n{}", simulation.transcript());
    });
}

/// What an ST67 says to somebody who asks so, before a network is named at last.
fn said_to(simulation: &Simulation, module: &mut Driver<'_, St67>, asks: &[&[u8]]) -> String {
    let mut guest = guest::<St67>(simulation);
    guest.say(asks);
    let (mut heard, mut asked) = (String::new(), 0);
    let told = module.provision(&access_point(), MINUTE, || {
        asked += 1;
        if !guest.go_on() && heard.is_empty() && asked > asks.len() + 10 {
            heard = format!("{} ", guest.heard());
            guest = Guest::naming(simulation, Profile::ST67[0], SSID, PASSWORD);
        }
        ControlFlow::Continue(())
    });
    assert_named::<St67>(&told, simulation);
    heard
}

/// Phones look for a page of their own whose content they know, and show what comes instead.
#[test]
fn phones_open_the_page_by_themselves() {
    each::<St67>(|simulation, module| {
        for probe in [
            "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\n",
            "GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n",
            "GET /connecttest.txt HTTP/1.1\r\nHost: www.msftconnecttest.com\r\n",
        ] {
            let probe = format!("{probe}User-Agent: {}\r\n\r\n", "x".repeat(900));
            let said = said_to(simulation, module, &[probe.as_bytes()]);
            assert!(said.starts_with("HTTP/1.0 200 OK\r\n"), "{said}");
            assert!(said.contains("Which network") && said.contains("<form"));
            assert!(!said.contains("Success") && !said.contains("Microsoft"));
        }
    });
}

#[test]
fn other_requests_are_answered_as_they_should_be() {
    each::<St67>(|simulation, module| {
        let said = said_to(simulation, module, &[b"HEAD / HTTP/1.1\r\n\r\n"]);
        assert!(said.starts_with("HTTP/1.0 200 OK\r\n") && said.trim_end().ends_with("close"));
        let said = said_to(simulation, module, &[b"DELETE / HTTP/1.1\r\n\r\n"]);
        assert!(said.starts_with("HTTP/1.0 405 "), "{said}");
        let said = said_to(simulation, module, &[b"\x16\x03\x01 GET\n\n"]);
        assert!(said.starts_with("HTTP/1.0 405 "), "{said}");
    });
}

#[test]
fn a_form_that_names_no_network_is_asked_for_again() {
    each::<St67>(|simulation, module| {
        let long = format!("ssid={}&password=", "a".repeat(33));
        let endless = format!("ssid=a&password={}", "%41".repeat(500));
        for form in [
            "",
            "ssid=&password=x",
            "ssid=%4&password=",
            "a",
            &long,
            &endless,
        ] {
            let length = form.len();
            let ask = format!("POST /x HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{form}");
            let said = said_to(simulation, module, &[ask.as_bytes()]);
            assert!(
                said.contains("no network") && said.contains("<form"),
                "{said}"
            );
        }
    });
}

/// Whoever says nothing more, or will never end, does not keep others out.
#[test]
fn who_does_not_come_to_an_end_is_hung_up_on() {
    each::<St67>(|simulation, module| {
        let never: Vec<Vec<u8>> = vec![
            b"GET / HT".to_vec(),
            b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n".to_vec(),
            Vec::new(),
        ];
        for begins in never {
            let mut silent = Guest::new(simulation, Profile::ST67[0], vec![begins]);
            let mut guest = guest::<St67>(simulation);
            let told = module.provision(&access_point(), MINUTE, || {
                silent.go_on();
                guest.go_on();
                ControlFlow::Continue(())
            });
            assert_named::<St67>(&told, simulation);
        }
        // One who trickles.
        let mut trickle = Guest::new(simulation, Profile::ST67[0], vec![b"x".to_vec(); 5000]);
        let mut guest = guest::<St67>(simulation);
        let began = simulation.now();
        let told = module.provision(&access_point(), MINUTE, || {
            trickle.go_on();
            guest.go_on();
            ControlFlow::Continue(())
        });
        assert_named::<St67>(&told, simulation);
        assert!(simulation.now() - began < Duration::from_secs(20));
    });
}

#[test]
fn a_form_may_come_in_any_pieces() {
    let simulation = Simulation::new(config(Profile::St67Fw2_0_75), Network::default().build());
    let form = "ssid=caf%C3%A9+1&password=a%26%3D%00%ff%25";
    let length = form.len();
    let ask = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{form}");
    with_driver::<St67, _>(&simulation, |module| {
        for at in 0..ask.len() {
            let (one, other) = ask.as_bytes().split_at(at);
            let says = vec![one.to_vec(), other.to_vec()];
            let mut guest = Guest::new(&simulation, Profile::ST67[0], says);
            let told = provision_by(module, &access_point(), MINUTE, &mut guest);
            let told = told.unwrap().expect("a network was named");
            assert_eq!(told.ssid.as_bytes(), "caf\u{e9} 1".as_bytes());
            assert_eq!(told.password.reveal(), b"a&=\0\xff%");
            assert!(guest.heard().contains("Thank you"), "{}", guest.heard());
            assert!(!format!("{told:?}").contains("a&"));
        }
    });
}

#[test]
fn every_name_is_the_modules() {
    let asker = SocketAddr::from(([192, 168, 4, 100], 5353));
    for profile in Profile::ST67 {
        let answers = services::UdpLog::default();
        let record = services::udp_record(answers.clone());
        let network = Network::default().build().serve_udp(asker, record);
        let simulation = Simulation::new(config(profile), network);
        with_driver::<St67, _>(&simulation, |module| {
            let mut asked = 0;
            let told = module.provision(&access_point(), MINUTE, || {
                let question = b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\0\x04wifi\x04test\0\0\x01\0\x01";
                let own = (Ipv4Addr::new(192, 168, 4, 1), 53);
                match asked {
                    1 => simulation.send_datagram(asker, own, question),
                    2 => simulation.send_datagram(asker, own, &[0xff; 600]),
                    3 => simulation.send_datagram(asker, own, b"x"),
                    4 => simulation.send_datagram(asker, own, question),
                    20 => return ControlFlow::Break(()),
                    _ => {}
                }
                asked += 1;
                ControlFlow::Continue(())
            });
            assert_eq!(told, Ok(None));
        });
        let answers = answers.borrow();
        // By its reference the ST67 has no way to choose the port of a socket for datagrams.
        let count = if profile == Profile::St67Reference {
            0
        } else {
            2
        };
        assert_eq!(answers.len(), count, "{}", simulation.transcript());
        for (_, answer) in answers.iter() {
            assert!(answer.ends_with(&[0, 4, 192, 168, 4, 1]), "{answer:02x?}");
        }
    }
}

/// A network that is joined stays so, and nobody in it is served.
#[test]
fn a_station_stays_where_it_is_and_names_nothing() {
    each_joined::<St67>(|simulation, module| {
        let mut socket = connected(module);
        let from = (Ipv4Addr::new(192, 168, 1, 20), 50_000);
        let mut stranger = None;
        let told = module.provision(&access_point(), 5000, || {
            stranger.get_or_insert_with(|| {
                let to = (Ipv4Addr::new(192, 168, 1, 50), 80);
                let stranger = simulation.dial(from, to, services::echo());
                stranger.send(b"POST / HTTP/1.1\r\nContent-Length: 16\r\n\r\nssid=a&password=");
                stranger
            });
            ControlFlow::Continue(())
        });
        assert_eq!(told, Err(Error::Timeout), "{}", simulation.transcript());
        assert_named::<St67>(&provision(simulation, module, MINUTE), simulation);
        echoes(module, simulation, &mut socket).unwrap();
        assert_eq!(module.link_state().unwrap(), atwifi::LinkState::Up);
        assert_eq!(simulation.links_open(), 1, "{}", simulation.transcript());
    });
}

#[test]
fn what_it_needs_is_refused_before_a_byte_or_taken_back() {
    each_joined::<St67>(|simulation, module| {
        let before = simulation.to_module();
        let sockets: Vec<_> = std::iter::from_fn(|| TcpClientStack::socket(module).ok()).collect();
        let mut sockets = sockets.into_iter();
        for _ in 0..2 {
            let socket = sockets.next().unwrap();
            module.close(socket).unwrap();
        }
        let told = provision_alone(module, MINUTE);
        assert_eq!(told, Err(Error::Resource(Resource::Sockets)));
        assert_eq!(simulation.to_module(), before);
        for socket in sockets {
            module.close(socket).unwrap();
        }
        let mut own = TcpClientStack::socket(module).unwrap();
        module.bind(&mut own, 8080).unwrap();
        module.listen(&mut own).unwrap();
        let told = provision_alone(module, MINUTE);
        assert_eq!(told, Err(Error::Resource(Resource::Listeners)));
        // It goes on.
        let from = (Ipv4Addr::new(192, 168, 1, 20), 50_000);
        let to = (Ipv4Addr::new(192, 168, 1, 50), 8080);
        simulation.dial(from, to, services::echo());
        simulation.advance(Duration::from_secs(1));
        assert!(
            module.accept(&mut own).is_ok(),
            "{}",
            simulation.transcript()
        );
    });
}

#[test]
fn a_module_that_restarts_ends_it() {
    each::<St67>(|simulation, module| {
        let mut asked = 0;
        let told = module.provision(&access_point(), MINUTE, || {
            asked += 1;
            if asked == 10 {
                simulation.reset_module();
            }
            ControlFlow::Continue(())
        });
        assert_eq!(told, Err(Error::ModuleReset), "{}", simulation.transcript());
        assert_named::<St67>(&provision(simulation, module, MINUTE), simulation);
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
