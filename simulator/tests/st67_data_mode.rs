//! Data mode: `AT+CIPSENDL`, the passthrough mode, and the link that is saved for it.

use std::time::Duration;

use crate::support::{Host, LONG, PASSWORD, SSID, server};
use atwifi_simulator::{Config, MemoryNetwork, Profile, services};

const REFERENCE: Profile = Profile::St67Reference;
const FW: Profile = Profile::St67Fw2_0_75;

/// Longer than the pause that `+++` needs around it.
const PAUSE: Duration = Duration::from_millis(30);

fn network() -> MemoryNetwork {
    MemoryNetwork::new()
        .host("echo.test", server(7).ip())
        .serve(server(7), |_| services::echo())
        .serve_udp(server(7), services::udp_echo())
}

/// A station with an address and a single link to the echo.
fn connected(profile: Profile) -> Host {
    let config = Config::new(profile).with_access_point(SSID, PASSWORD);
    let mut host = Host::new(config, network());
    host.ask("AT+CWMODE=1,0");
    host.ask(&format!("AT+CWJAP=\"{SSID}\",\"{PASSWORD}\""));
    let reply = host.ask("AT+CIPSTART=\"TCP\",\"192.168.101.110\",7");
    assert!(reply.starts_with("+CIP:CONNECTED\r\n"), "{reply}");
    host
}

/// 4.1.13, 4.1.14
#[test]
fn long_sends_report_each_part() {
    let mut host = connected(REFERENCE);
    host.play(&[
        ("AT+CIPRECVMODE?", "+CIPRECVMODE:0\r\nOK\r\n"),
        ("AT+CIPSENDLCFG?", "+CIPSENDLCFG:1024,2920\r\nOK\r\n"),
        ("AT+CIPSENDLCFG=100", "OK\r\n"),
        ("AT+CIPSENDLCFG?", "+CIPSENDLCFG:100,2920\r\nOK\r\n"),
        ("AT+CIPSENDLCFG=99", "ERROR\r\n"),
        ("AT+CIPSENDLCFG=1048577", "ERROR\r\n"),
        ("AT+CIPSENDLCFG=100,2921", "ERROR\r\n"),
        ("AT+CIPEVT=0", "+CIPEVT\r\nOK\r\n"),
        ("AT+CIPSENDL=0", "ERROR\r\n"),
        ("AT+CIPSENDL=250", "OK\r\n>"),
    ]);
    host.write(&[b'x'; 150]);
    host.expect("+CIPSENDL:100,150\r\n");
    host.write(&[b'x'; 100]);
    host.expect("+CIPSENDL:200,250\r\n+CIPSENDL:250,250\r\nSEND OK\r\n");
    assert_eq!(host.ask("AT"), "OK\r\n");
}

#[test]
fn long_sends_of_the_firmware_report_whole_parts() {
    let mut host = connected(FW);
    host.play(&[
        ("AT+CIPSENDLCFG=100", "\r\nERROR\r\n"),
        ("AT+CIPSENDLCFG=100,1000", "\r\nOK\r\n"),
        ("AT+CIPEVT=0", "\r\nOK\r\n"),
        ("AT+CIPSENDL=250", "\r\nOK\r\n\r\n>"),
    ]);
    host.write(&[b'x'; 150]);
    host.expect("+CIPSENDL:100,150\r\n");
    host.write(&[b'x'; 60]);
    host.expect("+CIPSENDL:200,210\r\n");
    host.write(&[b'x'; 40]);
    host.expect("\r\nSEND OK\r\n");
}

#[test]
fn long_sends_can_be_cancelled_and_can_fail() {
    for (profile, lead) in [(REFERENCE, ""), (FW, "\r\n")] {
        let mut host = connected(profile);
        host.ask("AT+CIPEVT=0");
        host.ask("AT+CIPSENDL=100");
        host.write(b"+++");
        host.expect(&format!("{lead}SEND CANCELLED\r\n"));
        host.ask("AT+CIPEVT=1");
        host.ask("AT+CIPSENDL=4");
        host.simulation.lose_link();
        let lost = host.wait();
        assert!(lost.contains("+CIP:DISCONNECTED\r\n"), "{lost}");
        host.write(b"data");
        host.expect(&format!("+CIPSENDL:0,4\r\n{lead}SEND FAIL\r\n"));
    }
}

/// 4.1.9, 4.1.12.2
#[test]
fn passthrough() {
    let mut host = connected(REFERENCE);
    host.play(&[("AT+SYSMSG=1", "OK\r\n"), ("AT+CIPSEND", "OK\r\n>")]);
    host.write(b"AT\r\n");
    host.expect("AT\r\n");
    host.write(b"one+++");
    host.expect("one+++");
    host.write(b"two");
    host.simulation.advance(PAUSE);
    host.write(b"+++");
    host.expect("two+QUITT\r\n");
    assert_eq!(host.ask("AT"), "OK\r\n");
    host.ask("AT+SYSMSG=0");
    host.ask("AT+CIPSEND");
    host.write(b"+++");
    host.expect("");
    assert_eq!(host.ask("AT"), "OK\r\n");
}

#[test]
fn the_firmware_takes_each_piece_for_itself() {
    let mut host = connected(FW);
    host.play(&[
        ("AT+SYSMSG=1", "\r\nOK\r\n"),
        ("AT+CIPSEND", "\r\nOK\r\n\r\n>"),
    ]);
    host.write(b"two");
    host.write(b"+++");
    let told = host.wait();
    assert!(told.starts_with("\r\n+QUITT\r\n"), "{told:?}");
    assert_eq!(host.ask("AT"), "\r\nOK\r\n");
}

#[test]
fn passthrough_over_a_serial_line_ends_where_the_pauses_are() {
    for profile in [REFERENCE, FW] {
        let config = Config::new(profile)
            .with_access_point(SSID, PASSWORD)
            .with_baud(115_200);
        let mut host = Host::new(config, network());
        host.ask("AT+CWMODE=1,0");
        host.ask(&format!("AT+CWJAP=\"{SSID}\",\"{PASSWORD}\""));
        host.ask("AT+CIPSTART=\"TCP\",\"192.168.101.110\",7");
        host.ask("AT+CIPSEND");
        host.write(b"one+++");
        host.expect("one+++");
        host.write(b"+");
        host.simulation.advance(PAUSE);
        host.write(b"++");
        host.expect("+++");
        host.write(b"+++");
        host.expect("");
        assert!(host.ask("AT").ends_with("OK\r\n"));
    }
}

#[test]
fn the_reference_knows_when_passthrough_is_out_of_place() {
    let mut host = Host::online(REFERENCE, network());
    host.play(&[
        ("AT+CIPSEND", "ERROR\r\n"),
        ("AT+CIPMUX=0", "OK\r\n"),
        ("AT+CIPSEND", "ERROR\r\n"),
        ("AT+CIPRECVMODE=0", "OK\r\n"),
        ("AT+CIPSEND", "ERROR\r\n"),
    ]);
}

/// 2.2.8.3, 4.1.25
#[test]
fn a_lost_link_comes_back_in_passthrough() {
    for (profile, lead) in [(REFERENCE, ""), (FW, "\r\n")] {
        let mut host = connected(profile);
        host.ask("AT+CWRECONNCFG=1,10");
        host.ask("AT+CIPRECONNINTV=10");
        assert!(
            host.ask("AT+CIPRECONNINTV?")
                .starts_with("+CIPRECONNINTV:10\r\n")
        );
        host.ask("AT+CIPSEND");
        host.simulation.lose_link();
        host.expect("");
        host.write(b"back");
        host.expect("back");
        host.write(b"+++");
        host.wait();
        host.ask("AT+SYSMSG=4");
        host.ask("AT+CIPSEND");
        host.simulation.lose_link();
        let told = host.wait();
        assert!(told.contains("+CIP:DISCONNECTED\r\n"), "{told}");
        assert!(told.ends_with("+CW:GOTIP\r\n+CIP:CONNECTED\r\n"), "{told}");
        host.write(b"+++");
        host.expect("");
        assert_eq!(host.ask("AT"), format!("{lead}OK\r\n"));
        assert!(host.ask("AT+CIPRECONNINTV=0").ends_with("ERROR\r\n"));
    }
}

/// 4.1.21
#[test]
fn a_saved_link_is_there_after_a_restart() {
    for (profile, lead) in [(REFERENCE, ""), (FW, "\r\n")] {
        for (kind, host_name) in [("TCP", "192.168.101.110"), ("UDP", "echo.test")] {
            let mut host = connected(profile);
            host.ask("AT+CIPCLOSE");
            let save = format!("AT+SAVETRANSLINK=1,\"{host_name}\",7,\"{kind}\"");
            assert_eq!(host.ask(&save), format!("{lead}OK\r\n"));
            let told = host.ask("AT+RST");
            assert_eq!(told, format!("{lead}OK\r\n{lead}ready\r\n{lead}>"));
            host.simulation.advance(LONG);
            host.write(b"AT\r\n");
            host.expect("AT\r\n");
            host.write(b"+++");
            host.expect("");
            assert_eq!(host.ask("AT+SAVETRANSLINK=0"), format!("{lead}OK\r\n"));
            let told = host.ask("AT+RST");
            assert!(!told.ends_with('>'), "{told}");
        }
    }
    let mut host = Host::online(REFERENCE, network());
    host.play(&[
        (
            "AT+SAVETRANSLINK=1,\"192.168.6.110\",1002,\"TCP\"",
            "OK\r\n",
        ),
        (
            "AT+SAVETRANSLINK=1,\"www.google.com\",443,\"SSL\"",
            "OK\r\n",
        ),
        (
            "AT+SAVETRANSLINK=1,\"240e:3a1:2070:11c0:55ce:4e19:9649:b75\",8080,\"TCPv6\"",
            "OK\r\n",
        ),
        (
            "AT+SAVETRANSLINK=1,\"192.168.6.110\",1002,\"UDP\",1005",
            "OK\r\n",
        ),
        ("AT+SAVETRANSLINK=1,\"192.168.6.110\",0", "ERROR\r\n"),
        (
            "AT+SAVETRANSLINK=1,\"192.168.6.110\",80,\"TLS\"",
            "ERROR\r\n",
        ),
        (
            "AT+SAVETRANSLINK=1,\"192.168.6.110\",80,\"TCP\",7201",
            "ERROR\r\n",
        ),
        ("AT+SAVETRANSLINK=2", "ERROR\r\n"),
        ("AT+SAVETRANSLINK=0,\"192.168.6.110\",1002", "OK\r\n"),
    ]);
}
