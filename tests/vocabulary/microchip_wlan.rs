//! Chapter 5, "WLAN commands", with its events.

use std::net::Ipv4Addr;
use std::time::Duration;

use atwifi::microchip::command::{Channel, Rows, wlan::*};
use atwifi::microchip::{Event, Microchip, Secret, Status, Text};
use atwifi::{LinkState, Mac, Ranged, Reported, Switch};
use atwifi_simulator::Simulation;

use super::evidence::Chapter;
use super::microchip::{Module, hear_any, hear_of, hear_own, row, rows};
use crate::common::{PASSWORD, SSID};

/// The simulated module's address.
const MODULE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 50);

/// A station that joins the module's access point.
const CLIENT: Mac = Mac([0, 1, 2, 3, 4, 5]);

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    station(&mut chapter);
    access_point(&mut chapter);
    provisioning(&mut chapter);
    station_events(&mut chapter);
    access_point_events(&mut chapter);
    chapter
}

fn station(chapter: &mut Chapter) {
    let all = GetStationParameters { parameter: None };
    let one = |parameter| GetStationParameters {
        parameter: Some(parameter),
    };
    chapter
        .row("AT+WSTAC[=<param_id>]")
        .writes(&all, "AT+WSTAC")
        .writes(&one(StationParameterId::NtpServer), "AT+WSTAC=12")
        // Firmware omits the `+` where it prints all.
        .reads(&all, "WSTAC:1,[]\r\nWSTAC:2,0\r\n", Rows { count: 2 })
        .reads(
            &one(StationParameterId::Ssid),
            "+WSTAC:1,\"MyAP\"\r\n",
            Rows { count: 1 },
        )
        .refuses(&all, "+WSTAC:1\r\n")
        .greatest(&one(StationParameterId::Roaming))
        .talks::<Microchip>(move |module, _| {
            let rows = rows(module, &all);
            let defaults = [
                StationRow::Security(Reported::Known(Security::Open)),
                StationRow::Channel(255),
                StationRow::NtpStatic(Reported::Known(Switch::Off)),
            ];
            for value in defaults {
                let is_there = rows.iter().any(|row| StationRow::parse(row) == Some(value));
                assert!(is_there, "{value:?}");
            }
        });

    let set = |parameter| ConfigureStation { parameter };
    let ssid = move |ssid| set(StationParameter::Ssid(Text::new(ssid).unwrap()));
    let credentials = move |text| set(StationParameter::Credentials(Secret::new(text).unwrap()));
    chapter
        .row("AT+WSTAC=<param_id>,<param_val>")
        .obeys(&ssid(b"MyAP"), "AT+WSTAC=1,\"MyAP\"")
        .obeys(&ssid(br#"a"b\c"#), "AT+WSTAC=1,[6122625C63]")
        .obeys(
            &ssid("foo\u{a9} bar".as_bytes()),
            "AT+WSTAC=1,[666F6FC2A920626172]",
        )
        .obeys(
            &set(StationParameter::Security(Security::Wep)),
            "AT+WSTAC=2,1",
        )
        .obeys(&credentials(b"MyAPPSK"), "AT+WSTAC=3,\"MyAPPSK\"")
        .obeys(
            &set(StationParameter::Channel(Channel::ANY)),
            "AT+WSTAC=4,255",
        )
        .obeys(
            &set(StationParameter::Bssid(RawMac(Mac([0, 1, 2, 3, 4, 0xff])))),
            "AT+WSTAC=5,[0001020304FF]",
        )
        .obeys(
            &set(StationParameter::Address([10, 0, 0, 2].into())),
            "AT+WSTAC=6,\"10.0.0.2\"",
        )
        .obeys(
            &set(StationParameter::NtpStatic(Switch::On)),
            "AT+WSTAC=13,1",
        )
        .greatest(&ssid(&[0; 32]))
        .greatest(&credentials(&[b'x'; 128]))
        .greatest(&credentials(&[0; 99]))
        .talks::<Microchip>(move |module, _| {
            module.command(&ssid(SSID)).unwrap();
            let ssid = row(module, &one(StationParameterId::Ssid));
            assert!(matches!(
                StationRow::parse(&ssid),
                Some(StationRow::Ssid(ssid)) if ssid.is(SSID)
            ));
            module.command(&credentials(PASSWORD)).unwrap();
            let secret = row(module, &one(StationParameterId::Credentials));
            let Some(StationRow::Credentials(secret)) = StationRow::parse(&secret) else {
                panic!("credentials");
            };
            assert!(secret.reveal().unwrap().is(PASSWORD));
            assert_eq!(format!("{secret:?}"), "SecretLiteral(***)");
        });

    chapter
        .row("AT+WSTA")
        .writes(&GetStation, "AT+WSTA")
        .reads(&GetStation, "+WSTA:1,1,\"MyAP\",-50,0\r\n", is_on(true))
        .reads(&GetStation, "+WSTA:1,\"Open\"AP\",0,3\r\n", is_on(true))
        .reads(&GetStation, "+WSTA:1,0\r\n", is_on(false))
        .reads(&GetStation, "+WSTA:0\r\n", is_on(false))
        .refuses(&GetStation, "+WSTA:\r\n")
        .refuses(&GetStation, "+WSTA:2\r\n")
        .greatest(&GetStation)
        .talks::<Microchip>(|module, _| {
            assert_eq!(module.command(&GetStation), Ok(is_on(false)));
            module.join(SSID, PASSWORD).unwrap();
            assert_eq!(module.command(&GetStation), Ok(is_on(true)));
            let row = row(module, &GetStation);
            let network = StationState::parse(&row).unwrap().network.unwrap();
            assert!(network.ssid.is(SSID));
            assert_eq!(network.security, Security::WpaWpa2);
        });

    let switch = |station, timeout_ms| SetStation {
        station,
        timeout_ms,
    };
    chapter
        .row("AT+WSTA=<STATE>")
        .obeys(&switch(Switch::On, None), "AT+WSTA=1")
        .obeys(&switch(Switch::On, Some(20_000)), "AT+WSTA=1,20000")
        .obeys(&switch(Switch::Off, None), "AT+WSTA=0")
        .greatest(&switch(Switch::On, Some(u16::MAX)))
        .talks::<Microchip>(move |module, simulation| {
            configure(module, PASSWORD);
            module.command(&switch(Switch::On, None)).unwrap();
            hear_of(
                module,
                simulation,
                atwifi::Event::StationAddress(Some(MODULE)),
            );
            assert_eq!(module.link_state(), Ok(LinkState::Up));
            module.command(&switch(Switch::Off, None)).unwrap();
            hear_of(module, simulation, atwifi::Event::StationDisconnected);
        });
}

fn is_on(is_on: bool) -> Station {
    Station { is_on }
}

/// Tells the station its network, and a password for it.
fn configure(module: &mut Module<'_>, password: &[u8]) {
    let parameters = [
        StationParameter::Ssid(Text::new(SSID).unwrap()),
        StationParameter::Security(Security::WpaWpa2),
        StationParameter::Credentials(Secret::new(password).unwrap()),
    ];
    for parameter in parameters {
        module.command(&ConfigureStation { parameter }).unwrap();
    }
}

fn access_point(chapter: &mut Chapter) {
    let all = GetAccessPointParameters { parameter: None };
    let one = |parameter| GetAccessPointParameters {
        parameter: Some(parameter),
    };
    chapter
        .row("AT+WAPC[=<param_id>]")
        .writes(&all, "AT+WAPC")
        .writes(&one(AccessPointParameterId::Hidden), "AT+WAPC=5")
        .reads(
            &all,
            "+WAPC:1,\"DEMO_AP\"\r\n+WAPC:2,0\r\n+WAPC:3,[]\r\n+WAPC:4,6\r\n+WAPC:5,0\r\n",
            Rows { count: 5 },
        )
        .refuses(&all, "+WAPC:\r\n")
        .greatest(&one(AccessPointParameterId::Hidden))
        .talks::<Microchip>(move |module, _| {
            let rows = rows(module, &all);
            let channel = Some(AccessPointRow::Channel(6));
            assert!(rows.iter().any(|row| AccessPointRow::parse(row) == channel));
        });

    let set = |parameter| ConfigureAccessPoint { parameter };
    let ssid = |ssid| set(AccessPointParameter::Ssid(Text::new(ssid).unwrap()));
    let credentials = |text| {
        set(AccessPointParameter::Credentials(
            Secret::new(text).unwrap(),
        ))
    };
    let channel = set(AccessPointParameter::Channel(Ranged::constant::<11>()));
    chapter
        .row("AT+WAPC=<param_id>,<param_val>")
        .obeys(&ssid(b"MyAPSSID"), "AT+WAPC=1,\"MyAPSSID\"")
        .obeys(
            &set(AccessPointParameter::Security(AccessPointSecurity::Wpa)),
            "AT+WAPC=2,2",
        )
        .obeys(&credentials(b"MyAPPassword"), "AT+WAPC=3,\"MyAPPassword\"")
        .obeys(&channel, "AT+WAPC=4,11")
        .obeys(
            &set(AccessPointParameter::Hidden(Switch::On)),
            "AT+WAPC=5,1",
        )
        .greatest(&credentials(&[b'x'; 128]))
        .greatest(&ssid(&[0; 32]))
        .talks::<Microchip>(move |module, _| {
            module.command(&channel).unwrap();
            let row = row(module, &one(AccessPointParameterId::Channel));
            assert_eq!(
                AccessPointRow::parse(&row),
                Some(AccessPointRow::Channel(11))
            );
        });

    let state = |is_on, station| AccessPoint { is_on, station };
    let station = Some((CLIENT, -50));
    chapter
        .row("AT+WAP")
        .writes(&GetAccessPoint, "AT+WAP")
        .reads(&GetAccessPoint, "+WAP:0\r\n", state(false, None))
        .reads(&GetAccessPoint, "+WAP:1\r\n", state(true, None))
        .reads(
            &GetAccessPoint,
            "+WAP:1,\"00:01:02:03:04:05\",-50\r\n",
            state(true, station),
        )
        .refuses(&GetAccessPoint, "+WAP:1,\"00:01\",-50\r\n")
        .greatest(&GetAccessPoint)
        .talks::<Microchip>(move |module, simulation| {
            assert_eq!(module.command(&GetAccessPoint), Ok(state(false, None)));
            start(module);
            assert_eq!(module.command(&GetAccessPoint), Ok(state(true, None)));
            simulation.station_joins(CLIENT.0);
            hear_of(module, simulation, atwifi::Event::ClientConnected(CLIENT));
            let here = module.command(&GetAccessPoint).unwrap();
            let (mac, _) = here.station.expect("it has joined");
            assert_eq!(mac, CLIENT);
        });

    let switch = |access_point| SetAccessPoint { access_point };
    chapter
        .row("AT+WAP=<STATE>")
        .obeys(&switch(Switch::On), "AT+WAP=1")
        .obeys(&switch(Switch::Off), "AT+WAP=0")
        .greatest(&switch(Switch::On))
        .talks::<Microchip>(move |module, _| {
            start(module);
            assert!(module.command(&GetAccessPoint).unwrap().is_on);
            module.command(&switch(Switch::Off)).unwrap();
            assert!(!module.command(&GetAccessPoint).unwrap().is_on);
        });
}

/// Starts the module's access point.
fn start(module: &mut Module<'_>) {
    let access_point = Switch::On;
    module.command(&SetAccessPoint { access_point }).unwrap();
}

fn provisioning(chapter: &mut Chapter) {
    let all = GetProvisioningParameters { parameter: None };
    let one = |parameter| GetProvisioningParameters {
        parameter: Some(parameter),
    };
    chapter
        .row("AT+WPROVC[=<param_id>]")
        .writes(&all, "AT+WPROVC")
        .writes(&one(ProvisioningParameterId::Port), "AT+WPROVC=3")
        .reads(
            &all,
            "+WPROVC:1,2\r\n+WPROVC:2,[]\r\n+WPROVC:3,7777\r\n",
            Rows { count: 3 },
        )
        .refuses(&all, "+WPROVC\r\n")
        .greatest(&one(ProvisioningParameterId::Port))
        .talks::<Microchip>(move |module, _| {
            let rows = rows(module, &all);
            let values: Vec<_> = rows.iter().map(|row| ProvisioningRow::parse(row)).collect();
            let mode = Reported::Known(ProvisioningMode::Socket);
            assert_eq!(values[0], Some(ProvisioningRow::Mode(mode)));
            assert_eq!(values[2], Some(ProvisioningRow::Port(7777)));
        });

    let set = |parameter| ConfigureProvisioning { parameter };
    let port = set(ProvisioningParameter::Port(Ranged::constant::<8888>()));
    let pin = |pin| set(ProvisioningParameter::Pin(Secret::new(pin).unwrap()));
    chapter
        .row("AT+WPROVC=<param_id>,<param_val>")
        .obeys(&port, "AT+WPROVC=3,8888")
        .obeys(
            &set(ProvisioningParameter::Mode(ProvisioningMode::Socket)),
            "AT+WPROVC=1,2",
        )
        .obeys(&pin(b"12345670"), "AT+WPROVC=2,\"12345670\"")
        .greatest(&pin(&[0; 8]))
        .talks::<Microchip>(move |module, _| {
            module.command(&port).unwrap();
            let row = row(module, &one(ProvisioningParameterId::Port));
            assert_eq!(
                ProvisioningRow::parse(&row),
                Some(ProvisioningRow::Port(8888))
            );
        });

    let switch = |provisioning| SetProvisioning { provisioning };
    let on = |is_on| Provisioning { is_on };
    chapter
        .row("AT+WPROV[=<STATE>]")
        .obeys(&switch(Switch::On), "AT+WPROV=1")
        .writes(&GetProvisioning, "AT+WPROV")
        .reads(&GetProvisioning, "+WPROV:1\r\n", on(true))
        .reads(&GetProvisioning, "+WPROV:0\r\n", on(false))
        .refuses(&GetProvisioning, "+WPROV:2\r\n")
        .greatest(&switch(Switch::On))
        .talks::<Microchip>(move |module, simulation| {
            module.command(&switch(Switch::On)).unwrap();
            simulation.advance(Duration::from_secs(1));
            module.command(&switch(Switch::Off)).unwrap();
        });

    chapter
        .row("+WPROVEXIT")
        .tells("+WPROVEXIT", |line| {
            Event::parse(line) == Some(Event::Provisioned)
        })
        .talks::<Microchip>(move |module, simulation| {
            module.command(&switch(Switch::On)).unwrap();
            simulation.advance(Duration::from_secs(1));
            module.command(&switch(Switch::Off)).unwrap();
            hear_own(module, simulation, Event::Provisioned);
        });
}

fn station_events(chapter: &mut Chapter) {
    let bssid = Mac([0, 1, 2, 3, 4, 5]);
    let up = move |association| Event::StationConnected {
        association,
        bssid,
        channel: 6,
    };
    let joined: fn(&mut Module<'_>, &Simulation) = |module, _| {
        module.join(SSID, PASSWORD).unwrap();
    };
    chapter
        .row("+WSTALU:<ASSOC_ID>,<BSSID>,<CHANNEL>")
        .tells(r#"+WSTALU:1,"00:01:02:03:04:05",6"#, move |line| {
            Event::parse(line) == Some(up(Some(1)))
        })
        .tells(r#"+WSTALU:"00:01:02:03:04:05",6"#, move |line| {
            Event::parse(line) == Some(up(None))
        })
        .talks::<Microchip>(joined);

    chapter
        .row("+WSTALD:<ASSOC_ID>")
        .tells("+WSTALD:1", |line| {
            Event::parse(line)
                == Some(Event::StationDisconnected {
                    association: Some(1),
                })
        })
        .tells("+WSTALD", |line| {
            Event::parse(line) == Some(Event::StationDisconnected { association: None })
        })
        .talks::<Microchip>(move |module, simulation| {
            joined(module, simulation);
            simulation.lose_link();
            hear_of(module, simulation, atwifi::Event::StationDisconnected);
        });

    let address = |association, ip: [u8; 4]| Event::StationAddress {
        association,
        address: ip.into(),
    };
    chapter
        .row("+WSTAAIP:<ASSOC_ID>,<IP_ADDRESS>")
        .tells(r#"+WSTAAIP:1,"19.168.0.20""#, |line| {
            Event::parse(line) == Some(address(Some(1), [19, 168, 0, 20]))
        })
        .tells(r#"+WSTAAIP:"10.0.0.156""#, |line| {
            Event::parse(line) == Some(address(None, [10, 0, 0, 156]))
        })
        .talks::<Microchip>(move |module, simulation| {
            joined(module, simulation);
            assert_eq!(module.addresses().unwrap().ip, MODULE);
        });

    chapter
        .row("+WSTAERR:<ERROR_CODE>")
        .tells("+WSTAERR:24", |line| {
            Event::parse(line) == Some(Event::StationError(Status::StationStartFailed))
        })
        .tells("+WSTA:ERROR:24,\"STA Connection Failed\"", |line| {
            Event::parse(line) == Some(Event::StationError(Status::StationStartFailed))
        })
        // Firmware says the latter, and that only when the time it was given is over.
        .talks::<Microchip>(|module, simulation| {
            configure(module, b"wrong password");
            let join = SetStation {
                station: Switch::On,
                timeout_ms: Some(5000),
            };
            module.command(&join).unwrap();
            hear_of(module, simulation, atwifi::Event::StationError(24));
        });
}

fn access_point_events(chapter: &mut Chapter) {
    let joined = |association| Event::ClientConnected {
        association,
        mac: CLIENT,
    };
    chapter
        .row("+WAPSC:<ASSOC_ID>,<BSSID>")
        .tells(r#"+WAPSC:2,"00:01:02:03:04:05""#, |line| {
            Event::parse(line) == Some(joined(Some(2)))
        })
        .tells(r#"+WAPSC:"00:01:02:03:04:05""#, |line| {
            Event::parse(line) == Some(joined(None))
        })
        .talks::<Microchip>(|module, simulation| {
            start(module);
            simulation.station_joins(CLIENT.0);
            hear_of(module, simulation, atwifi::Event::ClientConnected(CLIENT));
        });

    let left = |association| Event::ClientDisconnected {
        association,
        mac: CLIENT,
    };
    chapter
        .row("+WAPSD:<ASSOC_ID>,<BSSID>")
        .tells(r#"+WAPSD:2,"00:01:02:03:04:05""#, |line| {
            Event::parse(line) == Some(left(Some(2)))
        })
        .tells(r#"+WAPSD:"00:01:02:03:04:05""#, |line| {
            Event::parse(line) == Some(left(None))
        })
        .talks::<Microchip>(|module, simulation| {
            start(module);
            simulation.station_joins(CLIENT.0);
            simulation.advance(Duration::from_secs(5));
            simulation.station_leaves(CLIENT.0);
            hear_of(
                module,
                simulation,
                atwifi::Event::ClientDisconnected(CLIENT),
            );
        });

    let address = |association| Event::ClientAddress {
        association,
        address: [192, 168, 0, 100].into(),
    };
    chapter
        .row("+WAPAIP:<ASSOC_ID>,<IP_ADDRESS>")
        .tells(r#"+WAPAIP:2,"192.168.0.100""#, |line| {
            Event::parse(line) == Some(address(Some(2)))
        })
        .tells(r#"+WAPAIP:"192.168.0.100""#, |line| {
            Event::parse(line) == Some(address(None))
        })
        .talks::<Microchip>(|module, simulation| {
            start(module);
            simulation.station_joins(CLIENT.0);
            hear_any(module, simulation, |event| match event {
                atwifi::Event::ClientAddress(None, _) => Some(()),
                _ => None,
            });
        });
}
