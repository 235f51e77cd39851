//! Joining as the user wants it, staying joined, forgetting; and what the module tells of the network
//! and of itself.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::common::service::spoilt;
use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi::st67::{St67, command::net::GetNameServers, command::wifi::GetHostName};
use atwifi::{Error, FixedAddress, JoinOptions, LinkState, Mac, Security, Switch, Usage};
use atwifi_simulator::{
    AccessPoint, Config, FaultKind, Faults, Fragment, Profile, Protection, Simulation,
};
use embedded_nal::{AddrType, Dns, TcpClientStack};

const OTHER: &[u8] = b"other";
const OTHER_PASSWORD: &[u8] = b"a password of its own";
const FIXED: FixedAddress = FixedAddress {
    ip: Ipv4Addr::new(192, 168, 1, 77),
    netmask: Ipv4Addr::new(255, 255, 255, 0),
    gateway: Ipv4Addr::new(192, 168, 1, 1),
};
const BY_DHCP: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 50);
const FIRST_DNS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);
const SECOND_DNS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 3);

fn home() -> JoinOptions<'static> {
    JoinOptions::new(SSID, PASSWORD)
}

fn other() -> JoinOptions<'static> {
    JoinOptions::new(OTHER, OTHER_PASSWORD)
}

/// Home, and one more network.
fn two(config: Config) -> Config {
    let access_points = vec![
        AccessPoint::new(SSID, PASSWORD),
        AccessPoint::new(OTHER, OTHER_PASSWORD).numbered(1),
    ];
    Config {
        access_points,
        ..config
    }
}

fn only(access_point: AccessPoint) -> impl Fn(Config) -> Config {
    move |config| Config {
        access_points: vec![access_point.clone()],
        ..config
    }
}

fn echoes<D: UnderTest>(module: &mut Driver<'_, D>, simulation: &Simulation) {
    let mut socket = module.socket().unwrap();
    flat(module.connect(&mut socket, at(ECHO))).unwrap();
    flat(module.send(&mut socket, b"hello")).unwrap();
    let mut got = Vec::new();
    receive_until(module, simulation, &mut socket, 9, &mut got, |got| {
        got.len() >= 5
    })
    .unwrap();
    assert_eq!(got, b"hello");
    module.close(socket).unwrap();
}

fn a_network_is_joined_told_and_left<D: UnderTest>() {
    for fragment in [Fragment::Whole, Fragment::Every(1)] {
        for simulation in simulations::<D>(two) {
            simulation.set_faults(Faults {
                fragment,
                ..Faults::default()
            });
            with_driver::<D, _>(&simulation, |module| {
                module.reset().unwrap();
                assert_eq!(module.station(), Ok(None));
                assert_eq!(module.join_with(&home()), Ok(BY_DHCP));
                let joined = module.station().unwrap().unwrap();
                assert_eq!(joined.ssid.as_bytes(), SSID);
                assert_eq!(joined.bssid, Some(Mac([0x5a, 0x67, 0x11, 0, 0, 1])));
                assert_eq!(joined.channel, Some(6));
                assert!(matches!(joined.rssi, None | Some(-48)), "{joined:?}");
                echoes(module, &simulation);
                // From one to the other without a word.
                module.join_with(&other()).unwrap();
                let joined = module.station().unwrap().unwrap();
                assert_eq!((joined.ssid.as_bytes(), joined.channel), (OTHER, Some(11)));
                echoes(module, &simulation);
                module.leave().unwrap();
                assert_eq!(module.station(), Ok(None));
            });
        }
    }
}

fn a_hidden_network_is_joined_by_its_name<D: UnderTest>() {
    for simulation in simulations::<D>(only(AccessPoint::new(SSID, PASSWORD).hidden())) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            assert_eq!(module.join_with(&home()), Ok(BY_DHCP));
        });
    }
}

fn every_byte_of_an_ssid_is_told<D: UnderTest>() {
    for byte in 1..=255_u8 {
        let ssid = [b'a', byte, b'"', b',', byte, b'"', b','];
        for simulation in simulations::<D>(only(AccessPoint::new(ssid, PASSWORD))) {
            with_driver::<D, _>(&simulation, |module| {
                module.reset().unwrap();
                let options = JoinOptions::new(&ssid, PASSWORD);
                match module.join_with(&options) {
                    Err(Error::Usage(Usage::Byte(refused))) => assert_eq!(refused, byte),
                    joined => {
                        joined.unwrap();
                        let told = module.station().unwrap().unwrap();
                        assert_eq!(told.ssid.as_bytes(), ssid, "{}", simulation.transcript());
                        let before = simulation.commands();
                        module.rejoin(&options).unwrap();
                        assert!(simulation.commands() <= before + 2, "it is up already");
                    }
                }
            });
        }
    }
}

/// The module's reason, as a word.
fn refusal<D: UnderTest>(module: &mut Driver<'_, D>, options: &JoinOptions<'_>) -> String {
    match module.join_with(options) {
        Err(Error::Module(status)) => format!("{status:?}"),
        other => panic!("{other:?}"),
    }
}

fn a_failure_has_its_reason_and_the_next_call_works<D: UnderTest>() {
    for simulation in simulations::<D>(two) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let wrong = refusal(module, &JoinOptions::new(SSID, b"not the password"));
            let missing = refusal(module, &JoinOptions::new(b"nowhere", PASSWORD));
            let reasons = (wrong.as_str(), missing.as_str());
            let known = matches!(
                reasons,
                (
                    "Join(HandshakeTimeout)",
                    "Join(NoAccessPoint)" | "JoinError(NoAccessPoint)"
                ) | ("StationStartFailed", "StationStartFailed")
            );
            assert!(known, "{reasons:?}");
            assert_eq!(module.station(), Ok(None));
            assert_ne!(module.link_state(), Ok(LinkState::Up));
            assert_eq!(module.join_with(&home()), Ok(BY_DHCP));
        });
    }
}

/// The kinds that a station may be told, and where they get in.
fn the_kind_of_wpa_that_is_asked_for_is_joined<D: UnderTest>() {
    use Protection::{Wpa, Wpa2, Wpa2Wpa3, Wpa3, WpaWpa2};
    let kinds: [(Security, &[Protection]); 5] = [
        (Security::Wpa, &[Wpa, WpaWpa2]),
        (Security::WpaWpa2, &[Wpa, WpaWpa2, Wpa2, Wpa2Wpa3]),
        (Security::Wpa2, &[WpaWpa2, Wpa2, Wpa2Wpa3]),
        (Security::Wpa2Wpa3, &[Wpa2, Wpa2Wpa3, Wpa3]),
        (Security::Wpa3, &[Wpa2Wpa3, Wpa3]),
    ];
    for (security, protections) in kinds {
        for &protection in protections {
            let access_point = AccessPoint::new(SSID, PASSWORD).protected_by(protection);
            let profiles = configs::<D>().map(|config| config.profile);
            for (profile, simulation) in profiles.zip(simulations::<D>(only(access_point))) {
                let is_wpa3 = matches!(security, Security::Wpa3 | Security::Wpa2Wpa3);
                with_driver::<D, _>(&simulation, |module| {
                    module.reset().unwrap();
                    let options = home().with_security(security);
                    if is_wpa3 && profile == Profile::MicrochipFw0_3_2 {
                        assert_eq!(refusal(module, &options), "UnsupportedSecurity");
                        assert_ne!(module.link_state(), Ok(LinkState::Up));
                        return;
                    }
                    let joined = module.join_with(&options);
                    assert_eq!(joined, Ok(BY_DHCP), "{profile} {security:?} {protection:?}");
                    echoes(module, &simulation);
                });
            }
        }
    }
}

/// Only the ST67 takes what the access point offers.
#[test]
fn a_network_with_wpa3_alone_is_joined_if_the_module_is_told() {
    let access_point = AccessPoint::new(SSID, PASSWORD).protected_by(Protection::Wpa3);
    for simulation in simulations::<St67>(only(access_point.clone())) {
        with_driver::<St67, _>(&simulation, |module| {
            assert_eq!(module.join(SSID, PASSWORD), Ok(BY_DHCP));
        });
    }
    for simulation in simulations::<Microchip>(only(access_point)) {
        with_driver::<Microchip, _>(&simulation, |module| {
            let joined = module.join(SSID, PASSWORD);
            assert!(matches!(joined, Err(Error::Module(_))), "{joined:?}");
        });
    }
}

fn open_networks_and_keys_are_joined<D: UnderTest>() {
    let key = [b'f'; 64];
    for (access_point, options) in [
        (AccessPoint::new(SSID, ""), JoinOptions::new(SSID, b"")),
        (
            AccessPoint::new(SSID, ""),
            home().with_security(Security::Open),
        ),
        (AccessPoint::new(SSID, key), JoinOptions::new(SSID, &key)),
    ] {
        for simulation in simulations::<D>(only(access_point.clone())) {
            with_driver::<D, _>(&simulation, |module| {
                module.reset().unwrap();
                assert_eq!(module.join_with(&options), Ok(BY_DHCP), "{options:?}");
            });
        }
    }
}

fn what_cannot_be_is_refused_before_a_byte_is_sent<D: UnderTest>() {
    let unsupported = |part| Usage::Unsupported(part);
    let options = [
        (JoinOptions::new(b"", PASSWORD), Usage::Empty),
        (JoinOptions::new(&[b'x'; 33], PASSWORD), Usage::TooLong(32)),
        (JoinOptions::new(SSID, b"1234567"), Usage::TooShort(8)),
        (JoinOptions::new(SSID, &[b'x'; 64]), Usage::TooLong(63)),
        (
            JoinOptions::new(SSID, b"").with_security(Security::Wpa3),
            Usage::TooShort(8),
        ),
        (
            home().with_security(Security::Enterprise),
            unsupported("802.1X"),
        ),
    ];
    let st67 = [
        (home().with_channel(6), unsupported("a channel")),
        (home().with_host_name(""), Usage::Empty),
        (home().with_host_name("a\nb"), Usage::Byte(b'\n')),
        (home().with_country("Utopia"), Usage::TooLong(3)),
        (JoinOptions::new(SSID, b"12345678\n"), Usage::Byte(b'\n')),
    ];
    let range = Usage::OutOfRange { min: 1, max: 14 };
    let microchip = [
        (home().with_bssid(Mac([2; 6])), unsupported("a BSSID")),
        (home().with_channel(15), range),
        (home().with_channel(0), range),
        (home().with_host_name("thing"), unsupported("a host name")),
        (home().with_country("EU"), unsupported("a country")),
        (home().with_ipv6(), unsupported("IPv6")),
        (home().with_security(Security::Wep), unsupported("WEP")),
        (
            home().with_dns(FIRST_DNS, None),
            unsupported("name servers without a fixed address"),
        ),
    ];
    each_joined::<D>(|simulation, module| {
        let own = match D::PROFILES[0].module() {
            "st67" => &st67[..],
            _ => &microchip[..],
        };
        let before = simulation.to_module();
        for (options, usage) in options.iter().chain(own) {
            assert_eq!(
                module.join_with(options),
                Err(Error::Usage(*usage)),
                "{options:?}"
            );
        }
        assert_eq!(simulation.to_module(), before);
        assert_eq!(module.link_state(), Ok(LinkState::Up));
    });
}

fn a_fixed_address_is_in_force_until_the_next_join<D: UnderTest>() {
    for simulation in simulations::<D>(two) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let fixed = home()
                .with_address(FIXED)
                .with_dns(FIRST_DNS, Some(SECOND_DNS));
            assert_eq!(module.join_with(&fixed), Ok(FIXED.ip));
            assert_eq!(module.addresses().unwrap().ip, FIXED.ip);
            assert_eq!(module.link_state(), Ok(LinkState::Up));
            echoes(module, &simulation);
            // A plain join keeps it, wherever it goes.
            assert_eq!(module.join(OTHER, OTHER_PASSWORD), Ok(FIXED.ip));
            simulation.lose_link();
            simulation.advance(Duration::from_millis(100));
            assert_eq!(module.rejoin(&fixed), Ok(FIXED.ip));
            assert_eq!(module.join_with(&home()), Ok(BY_DHCP));
            assert_eq!(module.addresses().unwrap().ip, BY_DHCP);
            flat(module.get_host_by_name(NAME, AddrType::IPv4)).unwrap();
            // Nor is it left behind by a restart.
            module.join_with(&fixed).unwrap();
            module.reset().unwrap();
            assert_eq!(module.join(SSID, PASSWORD), Ok(BY_DHCP));
        });
    }
}

#[test]
fn the_st67_is_told_all_the_rest() {
    for simulation in simulations::<St67>(two) {
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            let options = other()
                .with_bssid(Mac([0x5a, 0x67, 0x11, 0, 0, 2]))
                .with_dns(FIRST_DNS, None)
                .with_host_name("thing")
                .with_country("EU")
                .with_ipv6();
            module.join_with(&options).unwrap();
            let name = module.command(&GetHostName).unwrap().name;
            assert_eq!(name.as_str(), Some("thing"));
            let servers = module.command(&GetNameServers).unwrap();
            assert_eq!(servers.manual, Switch::On);
            assert_eq!(servers.servers[0], FIRST_DNS);
            let addresses = module.addresses().unwrap();
            assert!(addresses.link_local.is_some(), "{addresses:?}");
            module.join_with(&home()).unwrap();
            let servers = module.command(&GetNameServers).unwrap();
            assert_eq!(servers.manual, Switch::Off);
            // An access point that is not there.
            let elsewhere = home().with_bssid(Mac([2; 6]));
            assert!(matches!(
                module.join_with(&elsewhere),
                Err(Error::Module(_))
            ));
        });
    }
}

#[test]
fn the_st67_joins_wep_if_it_is_told_so() {
    let access_point = AccessPoint::new(SSID, "12345").protected_by(Protection::Wep);
    for simulation in simulations::<St67>(only(access_point)) {
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            let options = JoinOptions::new(SSID, b"12345").with_security(Security::Wep);
            assert_eq!(module.join_with(&options), Ok(BY_DHCP));
            let joined = module.station().unwrap().unwrap();
            assert_eq!(joined.security, Some(Security::Wep));
        });
    }
}

#[test]
fn the_st67_stays_the_access_point_that_it_is() {
    use atwifi::st67::command::wifi::{GetMode, Mode, SetMode};
    for simulation in simulations::<St67>(two) {
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            let mode = SetMode {
                mode: Mode::AccessPoint,
                auto_connect: None,
            };
            module.command(&mode).unwrap();
            module.join_with(&home()).unwrap();
            assert_eq!(module.command(&GetMode).unwrap().mode, Mode::Both);
            module.forget().unwrap();
            assert_eq!(module.command(&GetMode).unwrap().mode, Mode::Both);
        });
    }
}

#[test]
fn the_microchip_module_looks_on_one_channel_alone_if_it_is_told_so() {
    for simulation in simulations::<Microchip>(two) {
        with_driver::<Microchip, _>(&simulation, |module| {
            module.reset().unwrap();
            assert_eq!(
                refusal(module, &home().with_channel(1)),
                "StationStartFailed"
            );
            assert_eq!(module.join_with(&home().with_channel(6)), Ok(BY_DHCP));
            assert_eq!(module.join_with(&other()), Ok(BY_DHCP), "any channel");
        });
    }
}

fn rejoining_costs_nothing_while_it_is_up<D: UnderTest>() {
    for simulation in simulations::<D>(two) {
        with_joined::<D, _>(&simulation, |module| {
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            let commands = simulation.commands();
            assert_eq!(module.rejoin(&home()), Ok(BY_DHCP));
            assert!(simulation.commands() - commands <= 2);
            flat(module.send(&mut socket, b"still")).expect("the socket is open");
            // Gone, and back.
            simulation.lose_link();
            simulation.advance(Duration::from_millis(100));
            assert_eq!(module.rejoin(&home()), Ok(BY_DHCP));
            assert_eq!(
                simulation.joined(),
                Some((SSID.to_vec(), PASSWORD.to_vec()))
            );
            echoes(module, &simulation);
            // Another network.
            assert_eq!(module.rejoin(&other()), Ok(BY_DHCP));
            assert_eq!(module.station().unwrap().unwrap().ssid.as_bytes(), OTHER);
            // Out of reach for a while.
            simulation.set_access_points(Vec::new());
            simulation.lose_link();
            simulation.advance(Duration::from_millis(100));
            assert!(module.rejoin(&home()).is_err());
            simulation.set_access_points(two(config(D::PROFILES[0])).access_points);
            assert_eq!(module.rejoin(&home()), Ok(BY_DHCP));
            // After a restart that nobody has seen yet, the call tells of it; the next one joins.
            simulation.reset_module();
            simulation.advance(Duration::from_secs(2));
            let told = module.rejoin(&home());
            assert!(
                matches!(told, Ok(BY_DHCP) | Err(Error::ModuleReset)),
                "{told:?}"
            );
            assert_eq!(module.rejoin(&home()), Ok(BY_DHCP));
        });
    }
}

fn a_network_is_forgotten<D: UnderTest>() {
    for simulation in simulations::<D>(two) {
        with_joined::<D, _>(&simulation, |module| {
            module.forget().unwrap();
            assert_eq!(module.station(), Ok(None));
            module.forget().expect("there is nothing to forget");
            module.join(SSID, PASSWORD).unwrap();
        });
    }
}

#[test]
fn the_st67_forgets_what_it_has_stored() {
    use atwifi::st67::command::basic::SetStore;
    use atwifi::st67::command::wifi::JoinAgain;
    let simulation = Simulation::new(config(Profile::St67Reference), Network::default().build());
    with_joined::<St67, _>(&simulation, |module| {
        module.command(&SetStore { store: Switch::On }).unwrap();
        module.join(SSID, PASSWORD).unwrap();
        module.forget().unwrap();
        assert!(module.command(&JoinAgain).is_err(), "there is no last one");
    });
}

#[test]
fn the_microchip_module_tells_nobody_the_password_any_more() {
    use atwifi::microchip::command::wlan::{GetStationParameters, StationParameterId, StationRow};
    for simulation in simulations::<Microchip>(two) {
        with_joined::<Microchip, _>(&simulation, |module| {
            module.forget().unwrap();
            let parameter = Some(StationParameterId::Credentials);
            let ask = GetStationParameters { parameter };
            let mut told = None;
            let rows = module.command_for_rows(&ask, |row| {
                if let Some(StationRow::Credentials(secret)) = StationRow::parse(row) {
                    told = Some(secret.reveal().unwrap().bytes().collect());
                }
            });
            rows.unwrap();
            assert_eq!(told, Some(Vec::new()));
        });
    }
}

fn an_access_point_without_addresses_ends_at_the_deadline<D: UnderTest>() {
    for simulation in simulations::<D>(only(AccessPoint::new(SSID, PASSWORD).without_dhcp())) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let before = simulation.now();
            let joined = module.join_with(&home());
            assert!(
                matches!(joined, Err(Error::Timeout | Error::Module(_))),
                "{joined:?}"
            );
            let taken = simulation.now() - before;
            let join = Duration::from_millis(module.timeouts.join.into());
            assert!(taken < join + Duration::from_secs(5), "{taken:?}");
            // What needs none of them is joined.
            assert_eq!(module.join_with(&home().with_address(FIXED)), Ok(FIXED.ip));
        });
    }
}

fn a_slow_network_is_waited_for<D: UnderTest>() {
    let slow = |config| Config {
        associate: Duration::from_secs(8),
        dhcp: Duration::from_secs(6),
        ..two(config)
    };
    for simulation in simulations::<D>(slow) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            assert_eq!(module.join_with(&home()), Ok(BY_DHCP));
        });
    }
}

/// What each call of this chapter says where all goes well.
fn conversation<D: UnderTest>(module: &mut Driver<'_, D>) -> Result<(), Failure<D>> {
    module.join_with(&home())?;
    module.station()?;
    module.versions()?;
    module.rejoin(&home())?;
    module.link_state()?;
    module.addresses()?;
    module.forget()
}

/// The same, once more, on a line that is whole again.
fn works_again<D: UnderTest>(module: &mut Driver<'_, D>, simulation: &Simulation, what: &str) {
    // The first call may tell of a restart.
    let told = (0..3).map(|_| module.rejoin(&home())).find(Result::is_ok);
    assert_eq!(
        told,
        Some(Ok(BY_DHCP)),
        "{what}\n{}",
        simulation.transcript()
    );
    let joined = module.station().unwrap().unwrap();
    assert_eq!(joined.ssid.as_bytes(), SSID, "{what}");
    module.versions().unwrap();
}

fn with_fault<D: UnderTest>(simulation: &Simulation, faults: Faults) {
    let what = format!("{faults:?}");
    with_driver::<D, _>(simulation, |module| {
        module.reset().unwrap();
        simulation.set_faults(faults);
        let before = simulation.now();
        let _ = conversation(module);
        let taken = simulation.now() - before;
        assert!(taken < Duration::from_secs(5 * 60), "{what}: {taken:?}");
        simulation.set_faults(Faults::default());
        works_again(module, simulation, &what);
    });
}

fn each_byte_may_be_lost_spoilt_or_the_last<D: UnderTest>() {
    for config in configs::<D>() {
        let new = || Simulation::new(two(config.clone()), Network::default().build());
        let simulation = new();
        let (sent, said) = with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let before = (simulation.to_module(), simulation.to_host());
            conversation(module).unwrap();
            let after = (simulation.to_module(), simulation.to_host());
            (before.0..after.0, before.1..after.1)
        });
        let kinds = [
            FaultKind::Drop(1),
            FaultKind::Corrupt(0x04),
            FaultKind::Reset,
        ];
        for (n, kind) in kinds.into_iter().enumerate() {
            // Each byte is lost once; the others are tried at every fifth place.
            let step = if n == 0 { 1 } else { 5 };
            for (is_to_module, places) in [(true, sent.clone()), (false, said.clone())] {
                for at in places.step_by(step) {
                    with_fault::<D>(&new(), spoilt(is_to_module, at, kind.clone()));
                }
            }
        }
    }
}

fn events_in_any_gap_change_nothing<D: UnderTest>() {
    for config in configs::<D>() {
        let new = || Simulation::new(two(config.clone()), Network::default().build());
        let simulation = new();
        let gaps = with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let before = simulation.gaps();
            conversation(module).unwrap();
            before..simulation.gaps()
        });
        for gap in gaps {
            for event in D::ANY_TIME {
                let simulation = new();
                with_driver::<D, _>(&simulation, |module| {
                    module.reset().unwrap();
                    simulation.set_faults(Faults {
                        event_in_gap: Some((gap, event.repeat(9))),
                        fragment: Fragment::Random(7),
                        ..Faults::default()
                    });
                    let told = conversation(module);
                    let event = event.escape_ascii();
                    assert_eq!(told, Ok(()), "{event} {gap}\n{}", simulation.transcript());
                });
            }
        }
    }
}

fn versions_and_address_are_told<D: UnderTest>() {
    let profiles = configs::<D>().map(|config| config.profile);
    for (profile, simulation) in profiles.zip(simulations::<D>(two)) {
        with_driver::<D, _>(&simulation, |module| {
            let versions = module.versions().unwrap();
            let expected = match profile {
                Profile::St67Fw2_0_89 => [2, 0, 89],
                Profile::St67Fw2_0_97 => [2, 0, 97],
                Profile::St67Fw2_0_106 => [2, 0, 106],
                Profile::MicrochipFw0_2_0 => [0, 2, 0],
                Profile::MicrochipFw0_3_2 => [0, 3, 2],
                Profile::MicrochipReference => [19, 6, 1],
                _ => [2, 0, 75],
            };
            assert_eq!(versions.numbers(), expected, "{profile}");
            assert!(versions.model.is_some(), "{versions:?}");
            assert_eq!(versions.at.is_some(), profile.module() == "st67");
            let mac = Mac([0x40, 0x82, 0x7b, 0x12, 0x34, 0x56]);
            match module.mac() {
                // The reference has no command for it.
                Err(Error::Module(_)) if profile == Profile::MicrochipReference => {}
                told => assert_eq!(told, Ok(mac)),
            }
            // Next to whatever else.
            assert_eq!(module.join(SSID, PASSWORD), Ok(BY_DHCP));
        });
    }
}

#[test]
fn the_st67_measures_itself() {
    for simulation in simulations::<St67>(two) {
        with_driver::<St67, _>(&simulation, |module| {
            assert_eq!(module.supply_voltage(), Ok(3326));
            let temperature = module.temperature().unwrap();
            assert!((10_000..90_000).contains(&temperature), "{temperature}");
            assert!(module.part_number().unwrap().is_some());
        });
    }
}

#[test]
fn the_st67_tells_how_the_network_is_protected_where_firmware_does() {
    for (profile, simulation) in Profile::ST67.iter().zip(simulations::<St67>(two)) {
        with_joined::<St67, _>(&simulation, |module| {
            let joined = module.station().unwrap().unwrap();
            let tells = matches!(profile, Profile::St67Fw2_0_97 | Profile::St67Fw2_0_106);
            assert_eq!(
                joined.security,
                tells.then_some(Security::Wpa2),
                "{profile}"
            );
        });
    }
}

/// From then on the handles of notifications are understood.
#[test]
fn what_depends_on_the_version_is_learned_with_it() {
    for (profile, simulation) in Profile::ST67.iter().zip(simulations::<St67>(two)) {
        with_driver::<St67, _>(&simulation, |module| {
            let versions = module.versions().unwrap();
            let has_handle = versions.numbers() >= [2, 0, 89];
            assert_eq!(module.delivery().has_notify_handle, has_handle, "{profile}");
        });
    }
}

#[test]
fn a_module_that_was_told_nothing_says_so() {
    let uart = met::<Microchip>()
        .answer("AT+WSTA\r\n", "+WSTA:1,\"home\",0,5\r\nOK\r\n")
        .answer("AT+WSTAC=5\r\n", "+WSTAC:5,[]\r\nOK\r\n")
        .answer("AT+WSTAC=4\r\n", "+WSTAC:4,0\r\nOK\r\n");
    with_mock::<Microchip, _>(&uart, |module| {
        assert_eq!(module.station(), Ok(None), "it is still looking");
    });
    uart.assert_done();
}

on_both_dialects! {
    a_network_is_joined_told_and_left
    a_hidden_network_is_joined_by_its_name
    every_byte_of_an_ssid_is_told
    a_failure_has_its_reason_and_the_next_call_works
    the_kind_of_wpa_that_is_asked_for_is_joined
    open_networks_and_keys_are_joined
    what_cannot_be_is_refused_before_a_byte_is_sent
    a_fixed_address_is_in_force_until_the_next_join
    rejoining_costs_nothing_while_it_is_up
    a_network_is_forgotten
    an_access_point_without_addresses_ends_at_the_deadline
    a_slow_network_is_waited_for
    each_byte_may_be_lost_spoilt_or_the_last
    events_in_any_gap_change_nothing
    versions_and_address_are_told
}
