//! Conversations with the AnyCloud firmware of the PIC32MZW1, byte for byte: the console, the
//! station and names.

use std::time::Duration;

use crate::support::{Host, PASSWORD, SSID, server};
use atwifi_simulator::{AccessPoint, Config, MemoryNetwork, Profile, Protection, services};

const OLD: Profile = Profile::MicrochipFw0_2_0;
const NEW: Profile = Profile::MicrochipFw0_3_2;
const BOTH: [Profile; 2] = [OLD, NEW];

fn config(profile: Profile) -> Config {
    Config::new(profile).with_access_point(SSID, PASSWORD)
}

fn host(profile: Profile) -> Host {
    let mut host = Host::new(config(profile), MemoryNetwork::new());
    host.play(&[("ATE0", "ATE0\r\nOK\r\n")]);
    host
}

#[test]
fn boots_with_ok_and_a_prompt() {
    for profile in BOTH {
        let mut host = Host::switched_on(config(profile), MemoryNetwork::new());
        host.write(b"AT\r\n");
        host.simulation.advance(Duration::from_millis(849));
        assert_eq!(host.read(), b"");
        host.simulation.advance(Duration::from_millis(1));
        assert_eq!(host.read(), b"\r\nOK\r\n>");
        host.play(&[("AT+RST", "AT+RST\r\n\r\nOK\r\n>")]);
    }
}

#[test]
fn echoes_and_prompts_until_told_otherwise() {
    for profile in BOTH {
        let mut host = Host::new(config(profile), MemoryNetwork::new());
        host.play(&[
            ("AT", "AT\r\nOK\r\n>"),
            ("", "\r\n>"),
            ("ATE0", "ATE0\r\nOK\r\n"),
            ("AT", "OK\r\n"),
            ("", ""),
            ("ATE1V4", "OK\r\n>"),
            ("ATX", "ATX\r\nERROR:\"Unknown AT Command\"\r\n>"),
            ("ATE", "ATE\r\nOK\r\n"),
        ]);
        host.write(b"A\x08AT\rAT\n");
        host.expect("OK\r\n");
        host.write(b"AT\r");
        host.expect("");
    }
}

#[test]
fn looks_at_its_line_every_50_ms() {
    let mut host = host(NEW);
    // 6 s and some: the grid begins with the banner at 0.85 s.
    host.write(b"AT\r\nAT\r\n");
    host.simulation.advance(Duration::from_millis(1));
    assert_eq!(host.read(), b"OK\r\n");
    host.simulation.advance(Duration::from_millis(49));
    assert_eq!(host.read(), b"");
    host.simulation.advance(Duration::from_millis(1));
    assert_eq!(host.read(), b"OK\r\n");
    host.simulation.advance(Duration::from_millis(10));
    host.write(b"AT\r\n");
    host.simulation.advance(Duration::from_millis(39));
    assert_eq!(host.read(), b"");
    host.simulation.advance(Duration::from_millis(1));
    assert_eq!(host.read(), b"OK\r\n");
}

#[test]
fn answers_at_once_if_it_is_told_to_look_all_the_time() {
    let config = config(NEW)
        .with_poll(Duration::ZERO)
        .with_latency(Duration::ZERO);
    let mut host = Host::new(config, MemoryNetwork::new());
    host.write(b"ATE0\r\nAT\r\n");
    assert_eq!(host.read(), b"ATE0\r\nOK\r\nOK\r\n");
}

#[test]
fn identifies_itself() {
    for (profile, revision) in [(OLD, "0.2.0"), (NEW, "0.3.2")] {
        host(profile).play(&[
            ("AT+GMI", "+GMI=\"Microchip\"\r\nOK\r\n"),
            ("AT+GMM", "+GMM=\"PIC32MZW1\"\r\nOK\r\n"),
            ("AT+GMR", &format!("+GMR=\"{revision}\"\r\nOK\r\n")),
        ]);
    }
    host(NEW).play(&[
        ("AT+CFG=1", "+CFG:1,\"40:82:7B:12:34:56\"\r\nOK\r\n"),
        (
            "AT+CFG",
            "+CFG:1,\"40:82:7B:12:34:56\"\r\n+CFG:2,\"PIC32MZW1-34-56\"\r\nOK\r\n",
        ),
        ("AT+CFG=3", "ERROR:7,\"Configuration Access Failed\"\r\n"),
    ]);
    host(OLD).play(&[("AT+IPR", "+IPR:0\r\nOK\r\n"), ("AT+IPR=1", "OK\r\n")]);
    host(NEW).play(&[
        ("AT+IPR", "+IPR:230400\r\nOK\r\n"),
        ("AT+IPR=1", "ERROR:4,\"Invalid Parameter\"\r\n"),
    ]);
}

#[test]
fn says_what_is_wrong() {
    host(NEW).play(&[
        ("at", "ERROR:2,\"Invalid AT Command\"\r\n"),
        ("hello", "ERROR:2,\"Invalid AT Command\"\r\n"),
        ("AT+FAKE", "ERROR:3,\"Unknown AT Command\"\r\n"),
        ("ATV6", "ERROR:3,\"Unknown AT Command\"\r\n"),
        ("AT+SOCKO=\"TCP\"", "ERROR:4,\"Invalid Parameter\"\r\n"),
        ("AT+SOCKO", "ERROR:5,\"Incorrect Number of Parameters\"\r\n"),
        (
            "AT+SOCKO?",
            "ERROR:5,\"Incorrect Number of Parameters\"\r\n",
        ),
        (
            "AT+SOCKO=2,",
            "ERROR:5,\"Incorrect Number of Parameters\"\r\n",
        ),
        (
            "AT+SOCKO=2 ",
            "ERROR:5,\"Incorrect Number of Parameters\"\r\n",
        ),
        ("AT+SOCKO=3", "ERROR:12,\"Invalid Socket Protocol\"\r\n"),
        ("AT+SOCKCL=1", "ERROR:10,\"Socket ID Not Found\"\r\n"),
        ("AT+SOCKO=?", "AT+SOCKO=<PROTOCOL>\r\nOK\r\n"),
        ("AT+SOCKO/?", "AT+SOCKO=<PROTOCOL>\r\nOK\r\n"),
        ("ATV3", "OK\r\n"),
        ("AT+FAKE", "ERROR:3\r\n"),
        ("ATV2", "OK\r\n"),
        ("AT+FAKE", "ERROR\r\n"),
        ("ATV1", "0\r\n"),
        ("AT+FAKE", "1:3\r\n"),
        ("ATV0", "0\r\n"),
        ("AT+FAKE", "1\r\n"),
    ]);
}

#[test]
fn a_line_that_is_too_long_loses_its_head() {
    for (profile, room) in [(OLD, 256), (NEW, 512)] {
        let mut host = host(profile);
        let longest = format!("AT+FAKE={}", "0".repeat(room - 1 - 8));
        let longer = format!("{longest}0?tail");
        host.play(&[
            (&longest, "ERROR:3,\"Unknown AT Command\"\r\n"),
            (&longer, "ERROR:2,\"Invalid AT Command\"\r\n"),
            ("AT", "OK\r\n"),
        ]);
    }
}

#[test]
fn joins() {
    for profile in BOTH {
        let mut host = host(profile);
        host.play(&[
            ("AT+WSTA", "+WSTA:0\r\nOK\r\n"),
            ("AT+WSTA=0", "ERROR:21,\"STA Disconnect Not Permitted\"\r\n"),
            ("AT+WSTAC=1,\"home\"", "OK\r\n"),
            ("AT+WSTAC=2,3", "OK\r\n"),
            ("AT+WSTAC=3,[7365637265743939]", "OK\r\n"),
            ("AT+WSTAC=1", "+WSTAC:1,\"home\"\r\nOK\r\n"),
            (
                "AT+WSTA=1",
                "OK\r\n\r+WSTALU:\"5A:67:11:00:00:01\",6\r\n\r+WSTAAIP:\"192.168.1.50\"\r\n",
            ),
            ("AT+WSTA", "+WSTA:1,\"home\",0,3\r\nOK\r\n"),
            ("AT+WSTAC=6", "+WSTAC:6,\"192.168.1.50\"\r\nOK\r\n"),
            (
                "AT+WSTAC=1,\"x\"",
                "ERROR:6,\"Configuration Update Blocked\"\r\n",
            ),
            ("AT+WSTA=1", "ERROR:23,\"STA Connection Not Permitted\"\r\n"),
            ("AT+WSTA=0", "OK\r\n\r+WSTALD\r\n"),
            ("AT+WSTA", "+WSTA:0\r\nOK\r\n"),
        ]);
        let joined = host.simulation.joined().unwrap();
        assert_eq!(joined, (b"home".to_vec(), b"secret99".to_vec()));
    }
}

#[test]
fn dumps_its_settings_without_a_plus() {
    host(NEW).play(&[(
        "AT+WSTAC",
        "WSTAC:1,[]\r\nWSTAC:2,0\r\nWSTAC:3,[]\r\nWSTAC:4,255\r\nWSTAC:5,[]\r\n\
         WSTAC:6,\"0.0.0.0\"\r\nWSTAC:7,\"0.0.0.0\"\r\nWSTAC:8,\"0.0.0.0\"\r\n\
         WSTAC:9,\"0.0.0.0\"\r\nWSTAC:10,\"0.0.0.0\"\r\nWSTAC:11,1\r\nWSTAC:12,[]\r\n\
         WSTAC:13,0\r\nWSTAC:14,1\r\nWSTAC:15,0\r\nOK\r\n",
    )]);
}

#[test]
fn refuses_settings() {
    const FAILED: &str = "ERROR:7,\"Configuration Access Failed\"\r\n";
    let long = format!("AT+WSTAC=1,\"{}\"", "x".repeat(33));
    host(NEW).play(&[
        (&long, FAILED),
        ("AT+WSTAC=99,1", FAILED),
        ("AT+WSTAC=99", FAILED),
        ("AT+WSTAC=2,\"3\"", FAILED),
        ("AT+WSTAC=11,2", FAILED),
        ("AT+WSTAC=1,\"home\"", "OK\r\n"),
        ("AT+WSTAC=1,\"\"", FAILED),
        ("AT+WSTAC=1", "+WSTAC:1,[]\r\nOK\r\n"),
        (
            "AT+WSTAC=1,\"\\0\"",
            "ERROR:5,\"Incorrect Number of Parameters\"\r\n",
        ),
        ("AT+WSTAC=1,\"Caf\\e\"", "OK\r\n"),
        ("AT+WSTAC=1", "+WSTAC:1,\"Caf\\e\"\r\nOK\r\n"),
        ("AT+WSTAC=5,[5A6711000001]", "OK\r\n"),
        ("AT+WSTAC=5", "+WSTAC:5,[5A6711000001]\r\nOK\r\n"),
    ]);
}

#[test]
fn wpa3_works_in_the_old_firmware_only() {
    for (profile, refused) in [(OLD, false), (NEW, true)] {
        let mut host = host(profile);
        host.ask("AT+WSTAC=1,\"home\"");
        host.ask("AT+WSTAC=2,5");
        host.ask("AT+WSTAC=3,\"secret99\"");
        let reply = host.ask("AT+WSTA=1");
        assert_eq!(reply == "ERROR:4,\"Invalid Parameter\"\r\n", refused);
    }
}

/// It joins what it is told to, and a scan tells only of what it can join.
#[test]
fn a_protection_of_another_kind_lets_nobody_in() {
    use Protection::{Wpa, Wpa2, Wpa2Wpa3, Wpa3};
    let joins: [(&str, &[Protection]); 4] = [
        ("2", &[Wpa, Wpa2, Wpa2Wpa3]),
        ("3", &[Wpa2, Wpa2Wpa3]),
        ("4", &[Wpa2, Wpa2Wpa3, Wpa3]),
        ("5", &[Wpa2Wpa3, Wpa3]),
    ];
    for protection in [Wpa, Wpa2, Wpa2Wpa3, Wpa3] {
        let net = AccessPoint::new("net", "secret99").protected_by(protection);
        let config = Config {
            access_points: vec![net],
            ..Config::new(OLD)
        };
        for (told, admitted) in joins {
            let mut host = Host::new(config.clone(), MemoryNetwork::new());
            host.ask("ATE0");
            host.ask("AT+WSTAC=1,\"net\"");
            host.ask("AT+WSTAC=3,\"secret99\"");
            host.ask(&format!("AT+WSTAC=2,{told}"));
            let reply = host.ask("AT+WSTA=1,4000");
            let is_admitted = admitted.contains(&protection);
            assert_eq!(
                reply.contains("+WSTALU"),
                is_admitted,
                "{told} {protection:?}"
            );
        }
        let mut host = Host::new(config, MemoryNetwork::new());
        let told = host.ask("AT+WSCNA=255").contains("+WSCNIND");
        assert_eq!(told, protection != Wpa3);
    }
}

#[test]
fn says_nothing_of_a_failure_to_join() {
    for profile in BOTH {
        let mut host = host(profile);
        host.play(&[
            ("AT+WSTAC=1,\"home\"", "OK\r\n"),
            ("AT+WSTAC=2,3", "OK\r\n"),
            ("AT+WSTAC=3,\"wrong-key\"", "OK\r\n"),
            ("AT+WSTA=1", "OK\r\n"),
            ("AT+WSTA", "+WSTA:1,\"home\",0,3\r\nOK\r\n"),
            (
                "AT+WSTAC=3,\"secret99\"",
                "ERROR:6,\"Configuration Update Blocked\"\r\n",
            ),
            ("AT+WSTA=0", "ERROR:21,\"STA Disconnect Not Permitted\"\r\n"),
        ]);
    }
}

#[test]
fn tells_a_failure_to_join_if_there_is_a_time_limit() {
    for profile in BOTH {
        let mut host = host(profile);
        host.play(&[
            ("AT+WSTAC=1,\"nowhere\"", "OK\r\n"),
            (
                "AT+WSTA=1,4000",
                "OK\r\n\r\r+WSTA:ERROR:24,\"STA Connection Failed\"\r\n",
            ),
            ("AT+WSTA", "+WSTA:0\r\nOK\r\n"),
            ("AT+WSTAC=1,\"home\"", "OK\r\n"),
        ]);
    }
}

#[test]
fn a_fixed_address_is_not_told() {
    let mut host = host(NEW);
    host.play(&[
        ("AT+WSTAC=1,\"home\"", "OK\r\n"),
        ("AT+WSTAC=2,2", "OK\r\n"),
        ("AT+WSTAC=3,\"secret99\"", "OK\r\n"),
        ("AT+WSTAC=6,\"10.0.0.2\"", "OK\r\n"),
        ("AT+WSTAC=11,0", "OK\r\n"),
        ("AT+WSTA=1", "OK\r\n\r+WSTALU:\"5A:67:11:00:00:01\",6\r\n"),
        ("AT+WSTAC=6", "+WSTAC:6,\"10.0.0.2\"\r\nOK\r\n"),
    ]);
}

#[test]
fn waits_for_an_address_that_does_not_come() {
    let mut config = Config::new(NEW);
    config.access_points = vec![AccessPoint::new("open", "").without_dhcp()];
    let mut host = Host::new(config, MemoryNetwork::new());
    host.ask("ATE0");
    host.play(&[
        ("AT+WSTAC=1,\"open\"", "OK\r\n"),
        (
            "AT+WSTA=1,3000",
            "OK\r\n\r+WSTALU:\"5A:67:11:00:00:01\",6\r\n",
        ),
    ]);
}

#[test]
fn loses_the_access_point_and_does_not_come_back() {
    for profile in BOTH {
        let network = MemoryNetwork::new().serve(server(6000), |_| services::echo());
        let mut host = Host::online(profile, network);
        let id = host.connect(6000);
        host.simulation.lose_link();
        host.expect("\r+WSTALD\r\n");
        // Nobody has told the socket.
        assert_eq!(host.simulation.links_open(), 1);
        host.play(&[
            ("AT+WSTA", "+WSTA:0\r\nOK\r\n"),
            (&format!("AT+SOCKCL={id}"), "OK\r\n"),
            (
                "AT+WSTA=1",
                "OK\r\n\r+WSTALU:\"5A:67:11:00:00:01\",6\r\n\r+WSTAAIP:\"192.168.1.50\"\r\n",
            ),
        ]);
        assert_eq!(host.simulation.links_open(), 0);
    }
}

#[test]
fn knows_the_time() {
    let mut host = host(NEW);
    host.play(&[
        ("AT+TIME=2", "ERROR:46,\"Time Error\"\r\n"),
        ("AT+TIME=1,1655196292", "OK\r\n"),
        ("AT+TIME=2", "+TIME:2,3864185097\r\nOK\r\n"),
        ("AT+TIME=3", "+TIME:3,\"2022-06-14T08:45:02.00Z\"\r\nOK\r\n"),
        ("AT+TIME=4", "ERROR:4,\"Invalid Parameter\"\r\n"),
        ("AT+TIME=3,\"2022-06-14T08:44:52Z\"", "OK\r\n"),
        ("AT+TIME=1", "+TIME:1,1655196297\r\nOK\r\n"),
        ("AT+WSTAC=1,\"home\"", "OK\r\n"),
        ("AT+WSTAC=2,3", "OK\r\n"),
        ("AT+WSTAC=3,\"secret99\"", "OK\r\n"),
        ("AT+WSTAC=13,1", "OK\r\n"),
        (
            "AT+WSTA=1",
            "OK\r\n\r+WSTALU:\"5A:67:11:00:00:01\",6\r\n\r+WSTAAIP:\"192.168.1.50\"\r\n\
             \r+TIME:1,1655196355\r\n",
        ),
    ]);
}

#[test]
fn looks_up_names() {
    for profile in BOTH {
        let network = MemoryNetwork::new()
            .host("www.example.com", [192, 168, 0, 1].into())
            .host("www.example.com", [192, 168, 0, 2].into());
        let mut host = Host::online(profile, network);
        host.play(&[
            (
                "AT+DNSRESOLV=1,\"www.example.com\"",
                "OK\r\n\r+DNSRESOLV:0,\"www.example.com\",\"192.168.0.1\"\r\n\
                 \r+DNSRESOLV:0,\"www.example.com\",\"192.168.0.2\"\r\n",
            ),
            (
                "AT+DNSRESOLV=1,\"www.example.com\"",
                "+DNSRESOLV:0,\"www.example.com\",\"192.168.0.1\"\r\nOK\r\n",
            ),
            (
                "AT+DNSRESOLV=1,\"10.1.2.3\"",
                "+DNSRESOLV:0,\"10.1.2.3\",\"10.1.2.3\"\r\nOK\r\n",
            ),
            (
                "AT+DNSRESOLV=2,\"www.example.com\"",
                "ERROR:41,\"DNS Type Not Supported\"\r\n",
            ),
            ("AT+DNSRESOLV=1,\"unknown.test\"", "OK\r\n"),
        ]);
        host.expect("\r\r+DNSRESOLV:ERROR:42,\"DNS Query Timeout\"\r\n");
    }
    host(NEW).play(&[(
        "AT+DNSRESOLV=1,\"www.example.com\"",
        "ERROR:9,\"STA Not Connected\"\r\n",
    )]);
}

#[test]
fn sends_echoes() {
    let network = MemoryNetwork::new().host("www.example.com", [192, 168, 0, 1].into());
    Host::online(NEW, network).play(&[
        (
            "AT+PING=\"192.168.0.1\"",
            "OK\r\n\r+PING:\"192.168.0.1\",2\r\n",
        ),
        (
            "AT+PING=\"www.example.com\"",
            "OK\r\n\r+PING:\"192.168.0.1\",2\r\n",
        ),
        ("AT+PING=\"192.168.0.9\"", "OK\r\n"),
        (
            "AT+PING=\"192.168.0.1\",1",
            "ERROR:5,\"Incorrect Number of Parameters\"\r\n",
        ),
    ]);
}

#[test]
fn an_event_comes_into_what_is_typed() {
    let mut host = Host::new(config(NEW), MemoryNetwork::new());
    host.ask("AT+WSTAC=1,\"home\"");
    host.ask("AT+WSTAC=2,3");
    host.ask("AT+WSTAC=3,\"secret99\"");
    host.write(b"AT+WSTA=1\r\nAT+WS");
    host.expect(
        "AT+WSTA=1\r\nOK\r\n>AT+WS\r+WSTALU:\"5A:67:11:00:00:01\",6\r\n>\
         \r+WSTAAIP:\"192.168.1.50\"\r\n>",
    );
    host.write(b"TA\r\n");
    host.expect("TA\r\n+WSTA:1,\"home\",0,3\r\nOK\r\n>");
    let transcript = host.simulation.transcript().to_string();
    assert!(!transcript.contains("secret99"), "{transcript}");
}
