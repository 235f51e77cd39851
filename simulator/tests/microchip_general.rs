//! Certificates, low power and echoes: chapters 3 and 7.13 of Microchip's reference.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::support::Host;
use crate::support::certificates::Authority;
use atwifi_simulator::{Config, MemoryNetwork, Profile};

const REFERENCE: Profile = Profile::MicrochipReference;
const FW: Profile = Profile::MicrochipFw0_3_2;

fn host(profile: Profile) -> Host {
    let config = Config::new(profile).with_poll(Duration::ZERO);
    let mut host = Host::new(config, MemoryNetwork::new());
    host.ask("ATE0");
    host
}

/// 3.6; the shape of the row is that of the firmware.
#[test]
fn certificates_can_be_read() {
    for profile in Profile::MICROCHIP {
        let space = if profile == REFERENCE { "" } else { " " };
        let mut host = host(profile);
        for kind in [1, 2] {
            let reply = host.ask(&format!("AT+READCERT={kind}"));
            let row = reply.strip_prefix(&format!("+READCERT:{kind},{space}"));
            let (length, rest) = row.unwrap().split_once(',').unwrap();
            let text = rest.strip_prefix('"').unwrap();
            let text = text.strip_suffix("\"\r\nOK\r\n").unwrap();
            assert!(text.starts_with(r"-----BEGIN CERTIFICATE-----\nMII"));
            let text = text.replace(r"\n", "\n");
            assert_eq!(text.len(), length.parse::<usize>().unwrap());
        }
        let none = host.ask("AT+READCERT=3");
        assert!(none.starts_with("ERROR:1"), "{none}");
        let unknown = if profile == REFERENCE { 4 } else { 1 };
        let refusal = format!("ERROR:{unknown}");
        for other in ["0", "5", "\"1\""] {
            let reply = host.ask(&format!("AT+READCERT={other}"));
            assert!(reply.starts_with(&refusal), "{profile}: {reply}");
        }
        assert!(host.ask("AT+READCERT").starts_with("ERROR:5"));
    }
}

#[test]
fn the_last_certificate_loaded_can_be_read() {
    let authority = Authority::new("authority");
    let hex: String = authority.der.iter().map(|b| format!("{b:02X}")).collect();
    for content in [authority.pem.as_bytes(), &authority.der] {
        let mut host = host(FW);
        host.ask(&format!("AT+LOADCERT={},\"mine\"", content.len()));
        host.write(content);
        host.expect("+LOADCERT:0\r\n");
        let length = authority.der.len();
        host.play(&[(
            "AT+READCERT=3",
            &format!("+READCERT:3, {length},[{hex}]\r\nOK\r\n"),
        )]);
    }
}

/// 3.7.1: `+++` exits the binary mode.
#[test]
fn loading_a_certificate_can_be_ended() {
    for (profile, ok, lead) in [(REFERENCE, "OK\r\n", ""), (FW, "\r\nOK\r\n", "\r")] {
        let mut host = host(profile);
        host.play(&[("AT+LOADCERT=100,\"mine\"", "#")]);
        host.write(b"a+++b");
        host.expect("");
        host.write(b"+++");
        host.expect(&format!("{ok}{lead}+LOADCERT:1\r\n"));
        host.play(&[("AT", "OK\r\n")]);
    }
}

/// 3.5
#[test]
fn low_power_lasts_until_the_module_is_woken() {
    for profile in Profile::MICROCHIP {
        let mut host = host(profile);
        for placeholder in 0..4 {
            let reply = host.ask(&format!("AT+LOWPOWER={placeholder}"));
            assert!(reply.starts_with("ERROR:4"), "{reply}");
        }
        host.play(&[
            ("AT+WSTAC=1,\"home\"", "OK\r\n"),
            ("AT+LOWPOWER=4", "OK\r\n"),
            ("AT", ""),
        ]);
        host.simulation.wake();
        let banner = if profile == REFERENCE {
            "OK\r\n"
        } else {
            "\r\nOK\r\n>"
        };
        host.expect(banner);
        host.ask("ATE0");
        host.play(&[("AT+WSTAC=1", "+WSTAC:1,[]\r\nOK\r\n")]);
        host.simulation.wake();
        host.expect("");
    }
}

/// 7.13
#[test]
fn an_echo_can_be_asked_for_by_ip_version() {
    let address = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
    let network = || {
        MemoryNetwork::new()
            .host("www.example.com", [192, 168, 0, 1].into())
            .host("www.example.com", IpAddr::V6(address))
    };
    Host::online(REFERENCE, network()).play(&[
        (
            "AT+PING=\"www.example.com\"",
            "OK\r\n+PING:\"192.168.0.1\",2\r\n",
        ),
        (
            "AT+PING=\"www.example.com\",1",
            "OK\r\n+PING:\"192.168.0.1\",2\r\n",
        ),
        (
            "AT+PING=\"www.example.com\",2",
            "OK\r\n+PING:\"fd00::1\",2\r\n",
        ),
        ("AT+PING=\"www.example.com\",3", "ERROR:4\r\n"),
    ]);
    Host::online(FW, network()).play(&[(
        "AT+PING=\"www.example.com\",1",
        "ERROR:5,\"Incorrect Number of Parameters\"\r\n",
    )]);
}
