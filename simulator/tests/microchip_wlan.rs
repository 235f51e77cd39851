//! Scanning, the access point that the module is, and provisioning: chapters 4 and 5 of Microchip's
//! reference.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::support::Host;
use atwifi_simulator::{AccessPoint, Config, Dialled, MemoryNetwork, Profile, services};

const REFERENCE: Profile = Profile::MicrochipReference;
const FW: Profile = Profile::MicrochipFw0_3_2;
const FOO_BAR: &[u8] = b"Foo \xc2\xa9 bar";

/// The access points of the examples in 4.2.7.
fn config(profile: Profile) -> Config {
    let mut config = Config::new(profile).with_poll(Duration::ZERO);
    config.access_points = vec![
        AccessPoint::new("test-network", "")
            .with_bssid([0x98, 0xfc, 0x11, 0x41, 0xe7, 0x7c])
            .on_channel(1)
            .heard_at(-57),
        AccessPoint::new(FOO_BAR, "")
            .with_bssid([0x24, 0xf2, 0x7f, 0xa5, 0x8b, 0x81])
            .on_channel(6)
            .heard_at(-62),
        AccessPoint::new("attic", "hidden99")
            .with_bssid([0x24, 0xf2, 0x7f, 0xa5, 0x8b, 0x82])
            .on_channel(11)
            .heard_at(-70)
            .hidden(),
    ];
    config
}

fn host(profile: Profile) -> Host {
    let mut host = Host::new(config(profile), MemoryNetwork::new());
    host.ask("ATE0");
    host
}

/// What stands in front of an event.
fn lead(profile: Profile) -> &'static str {
    if profile == REFERENCE { "" } else { "\r" }
}

/// 4.1.5
#[test]
fn scans_are_configured() {
    for profile in Profile::MICROCHIP {
        host(profile).play(&[
            ("AT+WSCNC", "+WSCNC:1,30\r\n+WSCNC:2,300\r\nOK\r\n"),
            ("AT+WSCNC=1,120", "OK\r\n"),
            ("AT+WSCNC=1", "+WSCNC:1,120\r\nOK\r\n"),
            ("AT+WSCNC=2", "+WSCNC:2,300\r\nOK\r\n"),
        ]);
        for bad in ["AT+WSCNC=3", "AT+WSCNC=1,-1", "AT+WSCNC=1,\"1\""] {
            assert!(host(profile).ask(bad).starts_with("ERROR:7"), "{bad}");
        }
    }
}

/// 4.2.7
#[test]
fn a_scan_tells_what_it_finds() {
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        let all = format!(
            "OK\r\n\
             {lead}+WSCNIND:-57,0,1,\"98:FC:11:41:E7:7C\",\"test-network\"\r\n\
             {lead}+WSCNIND:-62,0,6,\"24:F2:7F:A5:8B:81\",[466F6F20C2A920626172]\r\n\
             {lead}+WSCNIND:-70,3,11,\"24:F2:7F:A5:8B:82\",[]\r\n\
             {lead}+WSCNDONE\r\n"
        );
        let second = format!(
            "OK\r\n\
             {lead}+WSCNIND:-62,0,6,\"24:F2:7F:A5:8B:81\",[466F6F20C2A920626172]\r\n\
             {lead}+WSCNDONE\r\n"
        );
        let asked = format!(
            "OK\r\n\
             {lead}+WSCNIND:-70,3,11,\"24:F2:7F:A5:8B:82\",\"attic\"\r\n\
             {lead}+WSCNDONE\r\n"
        );
        let none = format!("OK\r\n{lead}+WSCNDONE\r\n");
        host(profile).play(&[
            ("AT+WSCNA=255", &all),
            ("AT+WSCNP=255", &all),
            ("AT+WSCNA=6", &second),
            ("AT+WSCNP=255,[466F6F20C2A920626172]", &second),
            ("AT+WSCNA=1,\"nobody\"", &none),
            ("AT+WSCNA=255,\"attic\"", &asked),
            ("AT+WSCNP=255,\"attic\"", &none),
        ]);
    }
}

#[test]
fn a_hidden_access_point_can_be_joined() {
    for profile in Profile::MICROCHIP {
        let mut host = host(profile);
        host.ask("AT+WSTAC=1,\"attic\"");
        host.ask("AT+WSTAC=2,3");
        host.ask("AT+WSTAC=3,\"hidden99\"");
        let reply = host.ask("AT+WSTA=1");
        assert!(reply.contains("+WSTALU:"), "{profile}: {reply}");
    }
}

#[test]
fn a_scan_takes_its_time_on_each_channel() {
    for (command, time) in [
        ("AT+WSCNA=1", 30),
        ("AT+WSCNA=255", 390),
        ("AT+WSCNP=1", 300),
    ] {
        let mut host = host(REFERENCE);
        host.write(format!("{command}\r\n").as_bytes());
        host.simulation.advance(Duration::from_millis(time));
        assert_eq!(host.read(), b"OK\r\n");
        host.simulation.advance(Duration::from_millis(1));
        assert!(host.read().ends_with(b"+WSCNDONE\r\n"));
    }
}

#[test]
fn one_scan_at_a_time() {
    let mut host = host(REFERENCE);
    host.write(b"AT+WSCNA=255\r\n");
    host.simulation.advance(Duration::from_millis(10));
    host.write(b"AT+WSCNP=255\r\n");
    host.simulation.advance(Duration::from_millis(10));
    assert_eq!(host.read(), b"OK\r\nERROR:8\r\n");
    for bad in ["AT+WSCNA=0", "AT+WSCNA=14", "AT+WSCNP=256"] {
        assert!(host.ask(bad).contains("ERROR:4\r\n"), "{bad}");
    }
    host.play(&[("AT+WSCNA", "ERROR:5\r\n")]);
}

/// 4.2.6: the reference has it, the firmware does not.
#[test]
fn joining_disturbs_a_scan() {
    for profile in [REFERENCE, FW] {
        let mut host = host(profile);
        host.ask("AT+WSTAC=1,\"test-network\"");
        host.write(b"AT+WSCNP=255\r\nAT+WSTA=1\r\n");
        let told = host.wait();
        assert_eq!(
            told.contains("+WSCNERROR\r\n"),
            profile == REFERENCE,
            "{told:?}"
        );
        assert_eq!(told.contains("+WSCNDONE\r\n"), profile == FW, "{told:?}");
    }
}

/// 5.3.3
#[test]
fn an_access_point_is_configured() {
    for profile in Profile::MICROCHIP {
        host(profile).play(&[
            (
                "AT+WAPC",
                "+WAPC:1,\"DEMO_AP\"\r\n+WAPC:2,0\r\n+WAPC:3,[]\r\n+WAPC:4,6\r\n+WAPC:5,0\r\nOK\r\n",
            ),
            ("AT+WAPC=1,\"MyAPSSID\"", "OK\r\n"),
            ("AT+WAPC=2,2", "OK\r\n"),
            ("AT+WAPC=3,\"MyAPPassword\"", "OK\r\n"),
            ("AT+WAPC=4,11", "OK\r\n"),
            ("AT+WAPC=5,1", "OK\r\n"),
            ("AT+WAPC=1", "+WAPC:1,\"MyAPSSID\"\r\nOK\r\n"),
            ("AT+WAPC=4", "+WAPC:4,11\r\nOK\r\n"),
            ("AT+WAP=1", "OK\r\n"),
            ("AT+WAP", "+WAP:1\r\nOK\r\n"),
        ]);
        for (bad, code) in [
            ("AT+WAPC=6", 7),
            ("AT+WAPC=4,14", 7),
            ("AT+WAPC=5,2", 7),
            ("AT+WAPC=1,1", 7),
            ("AT+WAP=2", 4),
        ] {
            let reply = host(profile).ask(bad);
            assert!(
                reply.starts_with(&format!("ERROR:{code}")),
                "{bad}: {reply}"
            );
        }
    }
}

/// 5.4.6
#[test]
fn stations_come_and_go() {
    let station = [0, 1, 2, 3, 4, 5];
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        let id = if profile == REFERENCE { "2," } else { "" };
        let mut host = host(profile);
        host.simulation.station_joins(station);
        host.expect("");
        host.play(&[("AT+WAP=1", "OK\r\n")]);
        host.simulation.station_joins(station);
        host.expect(&format!(
            "{lead}+WAPSC:{id}\"00:01:02:03:04:05\"\r\n{lead}+WAPAIP:{id}\"192.168.0.100\"\r\n"
        ));
        host.play(&[
            ("AT+WAP", "+WAP:1,\"00:01:02:03:04:05\",-48\r\nOK\r\n"),
            (
                "AT+WAPC=4,1",
                &error(profile, 6, "Configuration Update Blocked"),
            ),
        ]);
        host.simulation.station_leaves(station);
        host.expect(&format!("{lead}+WAPSD:{id}\"00:01:02:03:04:05\"\r\n"));
        host.play(&[("AT+WAP=0", "OK\r\n"), ("AT+WAP", "+WAP:0\r\nOK\r\n")]);
    }
}

/// In firmware the access point that is on is started again, and one that is off finds out late.
#[test]
fn the_access_point_is_switched_twice() {
    for profile in Profile::MICROCHIP {
        let (again, off) = match profile {
            REFERENCE => ("ERROR:27\r\n", "ERROR:25\r\n"),
            _ => ("OK\r\n", "ERROR:8,\"Wi-Fi Request Failed\"\r\n"),
        };
        host(profile).play(&[
            ("AT+WAP=0", off),
            ("AT+WAP=1", "OK\r\n"),
            ("AT+WAP=1", again),
            ("AT+WAP", "+WAP:1\r\nOK\r\n"),
            ("AT+WAP=0", "OK\r\n"),
            ("AT+WAP=0", off),
        ]);
    }
}

fn error(profile: Profile, code: u8, text: &str) -> String {
    if profile == REFERENCE {
        format!("ERROR:{code}\r\n")
    } else {
        format!("ERROR:{code},\"{text}\"\r\n")
    }
}

#[test]
fn station_and_access_point_exclude_each_other() {
    let mut host = host(REFERENCE);
    host.play(&[
        ("AT+WSTAC=1,\"test-network\"", "OK\r\n"),
        ("AT+WAP=1", "OK\r\n"),
        ("AT+WSTA=1", "ERROR:23\r\n"),
        ("AT+WAP=0", "OK\r\n"),
    ]);
    assert!(host.ask("AT+WSTA=1").contains("+WSTAAIP"));
    host.play(&[("AT+WAP=1", "ERROR:27\r\n"), ("AT+WPROV=1", "ERROR:31\r\n")]);
}

#[test]
fn sockets_work_in_the_own_network() {
    let mut host = host(REFERENCE);
    host.play(&[
        ("AT+WAP=1", "OK\r\n"),
        ("AT+SOCKO=2", "+SOCKO:1\r\nOK\r\n"),
        ("AT+SOCKBL=1,6000", "OK\r\n"),
    ]);
    let peer = ([192, 168, 0, 100], 12345);
    let client = host
        .simulation
        .dial(peer, ([192, 168, 0, 1], 6000), services::send("hi"));
    host.expect("+SOCKIND:2,\"192.168.0.1\",6000,\"192.168.0.100\",12345\r\n+SOCKRXT:2,2\r\n");
    assert_eq!(client.state(), Dialled::Open);
}

/// 5.5.5
#[test]
fn provisioning_is_configured() {
    for profile in Profile::MICROCHIP {
        host(profile).play(&[
            (
                "AT+WPROVC",
                "+WPROVC:1,2\r\n+WPROVC:2,[]\r\n+WPROVC:3,7777\r\nOK\r\n",
            ),
            ("AT+WPROVC=3,8888", "OK\r\n"),
            ("AT+WPROVC=3", "+WPROVC:3,8888\r\nOK\r\n"),
        ]);
        for bad in ["AT+WPROVC=1,1", "AT+WPROVC=3,0", "AT+WPROVC=4"] {
            assert!(host(profile).ask(bad).starts_with("ERROR:7"), "{bad}");
        }
    }
}

/// 5.5.1: a client of the module's port gives it the settings of the network, and ends it all.
#[test]
fn a_peer_provisions_the_module() {
    for profile in Profile::MICROCHIP {
        let lead = lead(profile);
        let mut host = host(profile);
        host.play(&[
            ("AT+WPROV", "+WPROV:0\r\nOK\r\n"),
            ("AT+WPROV=1", "OK\r\n"),
            ("AT+WPROV", "+WPROV:1\r\nOK\r\n"),
        ]);
        let heard = Rc::new(RefCell::new(Vec::new()));
        let client = host.simulation.dial(
            ([192, 168, 0, 100], 50000),
            ([192, 168, 0, 1], 7777),
            services::record(Rc::clone(&heard)),
        );
        host.expect("");
        client.send(b"AT+WSTAC=1,\"test-network\"\r\nAT+SOCKO=2\r\nAT+WSCNA=1\r\n");
        let unknown = error(profile, 3, "Unknown AT Command");
        let scan = format!(
            "{lead}+WSCNIND:-57,0,1,\"98:FC:11:41:E7:7C\",\"test-network\"\r\n{lead}+WSCNDONE\r\n"
        );
        let (host_hears, client_hears) = match profile {
            REFERENCE => (String::new(), format!("OK\r\n{unknown}OK\r\n{scan}")),
            _ => (format!("\rOK\r\n\r{unknown}\rOK\r\n"), scan),
        };
        host.expect(&host_hears);
        let said = std::mem::take(&mut *heard.borrow_mut());
        assert_eq!(String::from_utf8(said).unwrap(), client_hears);
        client.send(b"AT+WPROV=0\r\n");
        let (host_hears, client_hears) = match profile {
            REFERENCE => ("+WPROVEXIT\r\n", &b"OK\r\n"[..]),
            _ => ("\r+WPROVEXIT\r\n\rOK\r\n", &b""[..]),
        };
        host.expect(host_hears);
        assert_eq!(*heard.borrow(), client_hears);
        assert_eq!(client.state(), Dialled::Closed);
        assert!(host.ask("AT+WSTA=1").contains("+WSTAAIP"));
    }
}

/// Firmware answers the dump of the settings to the client, and begins provisioning a second time
/// without a word.
#[test]
fn firmware_provisions_once() {
    for profile in [Profile::MicrochipFw0_2_0, Profile::MicrochipFw0_3_2] {
        let mut host = host(profile);
        host.play(&[
            ("AT+WPROV=1", "OK\r\n"),
            ("AT+WPROV=0", "+WPROVEXIT\r\nOK\r\n"),
            ("AT+WPROV=1", ""),
            ("AT+WPROV", "+WPROV:1\r\nOK\r\n"),
        ]);
        let heard = Rc::new(RefCell::new(Vec::new()));
        let client = host.simulation.dial(
            ([192, 168, 0, 100], 50000),
            ([192, 168, 0, 1], 7777),
            services::record(Rc::clone(&heard)),
        );
        client.send(b"AT+WSTAC\r\n");
        assert!(host.wait().ends_with("\rOK\r\n"));
        assert!(heard.borrow().starts_with(b"WSTAC:1,"));
    }
}

#[test]
fn the_host_can_end_provisioning() {
    host(REFERENCE).play(&[
        ("AT+WPROV=0", "ERROR:29\r\n"),
        ("AT+WPROV=2", "ERROR:4\r\n"),
        ("AT+WPROV=1", "OK\r\n"),
        ("AT+WPROV=1", "ERROR:31\r\n"),
        ("AT+WAP=0", "ERROR:25\r\n"),
        ("AT+WPROV=0", "OK\r\n+WPROVEXIT\r\n"),
        ("AT+WAP", "+WAP:0\r\nOK\r\n"),
    ]);
}
