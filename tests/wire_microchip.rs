//! The bytes of the Microchip module's commands and replies, copied from the vendor's reference
//! and, where it differs, from what firmware sends.

mod common;

use std::net::{IpAddr, Ipv4Addr};

use atwifi::Usage;
use atwifi::microchip::command::{Done, general, network, wlan};
use atwifi::microchip::{Secret, Status, Text};
use common::{parse, wire};

#[test]
fn commands_are_written_as_the_reference_shows_them() {
    let rows = [
        // 3
        (wire(&general::Test), "AT"),
        (wire(&general::EchoOff), "ATE0"),
        (wire(&general::GetRevision), "AT+GMR"),
        // 5.1.5
        (wire(&ssid(b"OpenAP")), r#"AT+WSTAC=1,"OpenAP""#),
        (wire(&security(wlan::Security::Open)), "AT+WSTAC=2,0"),
        (wire(&security(wlan::Security::WpaWpa2)), "AT+WSTAC=2,2"),
        (
            wire(&password(b"my password")),
            r#"AT+WSTAC=3,"my password""#,
        ),
        (wire(&ssid(br#"a"b\c"#)), r#"AT+WSTAC=1,"a\"b\\c""#),
        // Hexadecimal where quotes do not carry it (wire notes 4).
        (
            wire(&ssid(b"foo\xc2\xa9 bar")),
            "AT+WSTAC=1,[666F6FC2A920626172]",
        ),
        // 5.2
        (wire(&station(1, None)), "AT+WSTA=1"),
        (wire(&station(1, Some(20_000))), "AT+WSTA=1,20000"),
        (wire(&station(0, None)), "AT+WSTA=0"),
        (wire(&wlan::GetStation), "AT+WSTA"),
        // 7.1
        (wire(&open(network::Protocol::Udp)), "AT+SOCKO=1"),
        (wire(&open(network::Protocol::Tcp)), "AT+SOCKO=2"),
        (wire(&network::Close { socket: 4 }), "AT+SOCKCL=4"),
        (
            wire(&network::Connect {
                socket: 2,
                remote_ip: Ipv4Addr::new(192, 168, 0, 1),
                remote_port: 4000,
            }),
            r#"AT+SOCKBR=2,"192.168.0.1",4000"#,
        ),
        (wire(&network::GetSockets), "AT+SOCKLST"),
        (wire(&send(2, 16)), "AT+SOCKWR=2,16"),
        (wire(&send(u32::MAX, 1400)), "AT+SOCKWR=4294967295,1400"),
        (
            wire(&receive(4, network::OutputMode::Binary, 10)),
            "AT+SOCKRD=4,2,10",
        ),
        (
            wire(&receive(1, network::OutputMode::Text, 200)),
            "AT+SOCKRD=1,1,200",
        ),
        // 7.3, 7.5, 7.9
        (
            wire(&network::Bind {
                socket: 2,
                local_port: 6000,
            }),
            "AT+SOCKBL=2,6000",
        ),
        (
            wire(&network::JoinGroup {
                socket: 7,
                group: Ipv4Addr::new(224, 0, 0, 1),
                port: 6000,
            }),
            r#"AT+SOCKBM=7,"224.0.0.1",6000"#,
        ),
        (
            wire(&network::SendTo {
                socket: 1,
                remote_ip: Ipv4Addr::new(192, 168, 0, 1),
                remote_port: 6000,
                length: 5,
            }),
            r#"AT+SOCKWRTO=1,"192.168.0.1",6000,5"#,
        ),
        (
            wire(&send_text_to(b"hello2u", 7)),
            r#"AT+SOCKWRTO=1,"192.168.0.1",6000,7,"hello2u""#,
        ),
        (
            wire(&send_text_to(b"hell\xffo", 6)),
            r#"AT+SOCKWRTO=1,"192.168.0.1",6000,6,[68656C6CFF6F]"#,
        ),
        // 7.6, 7.11
        (
            wire(&network::StartTls {
                socket: 1,
                index: 2,
            }),
            "AT+SOCKTLS=1,2",
        ),
        (
            wire(&tls(network::TlsParameter::Ca(Text::new(b"ca").unwrap()))),
            r#"AT+TLSC=1,1,"ca""#,
        ),
        (
            wire(&tls(network::TlsParameter::Certificate(
                Text::new(b"cert").unwrap(),
            ))),
            r#"AT+TLSC=1,2,"cert""#,
        ),
        (
            wire(&tls(network::TlsParameter::Key(Text::new(b"key").unwrap()))),
            r#"AT+TLSC=1,3,"key""#,
        ),
        (
            wire(&tls(network::TlsParameter::ServerName(
                Text::new(b"example.com").unwrap(),
            ))),
            r#"AT+TLSC=1,5,"example.com""#,
        ),
        (
            wire(&resolve("example.com")),
            r#"AT+DNSRESOLV=1,"example.com""#,
        ),
    ];
    for (written, expected) in rows {
        assert_eq!(written, format!("{expected}\r\n"));
    }
}

fn configure(parameter: wlan::Parameter<'_>) -> wlan::Configure<'_> {
    wlan::Configure { parameter }
}

fn ssid(bytes: &[u8]) -> wlan::Configure<'_> {
    configure(wlan::Parameter::Ssid(Text::new(bytes).unwrap()))
}

fn password(bytes: &[u8]) -> wlan::Configure<'_> {
    configure(wlan::Parameter::Credentials(Secret::new(bytes).unwrap()))
}

fn security(security: wlan::Security) -> wlan::Configure<'static> {
    configure(wlan::Parameter::Security(security))
}

fn station(on: u8, timeout: Option<u16>) -> wlan::SetStation {
    wlan::SetStation { on, timeout }
}

fn open(protocol: network::Protocol) -> network::Open {
    network::Open { protocol }
}

fn send(socket: u32, length: u16) -> network::Send {
    network::Send { socket, length }
}

fn send_text_to(data: &[u8], length: u16) -> network::SendTextTo<'_> {
    network::SendTextTo {
        socket: 1,
        remote_ip: Ipv4Addr::new(192, 168, 0, 1),
        remote_port: 6000,
        length,
        data: Text::new(data).unwrap(),
    }
}

fn tls(parameter: network::TlsParameter<'_>) -> network::ConfigureTls<'_> {
    network::ConfigureTls {
        index: 1,
        parameter,
    }
}

fn receive(socket: u32, mode: network::OutputMode, length: u16) -> network::Receive {
    network::Receive {
        socket,
        mode,
        length,
    }
}

fn resolve(name: &str) -> network::Resolve<'_> {
    network::Resolve {
        kind: 1,
        name: Text::new(name.as_bytes()).unwrap(),
    }
}

#[test]
fn replies_are_parsed_as_reference_and_firmware_print_them() {
    assert_eq!(parse(&general::EchoOff, ""), Ok(Done {}));
    assert!(
        parse(&general::EchoOff, "+SOCKO:1\r\n").is_err(),
        "a reply where none belongs is a late one"
    );

    let version = |reply| parse(&general::GetRevision, reply).map(|revision| revision.version);
    assert_eq!(version("+GMR=\"0.3.2\"\r\n"), Ok((0, 3, 2)));
    // 3.4.4
    assert_eq!(
        version("+GMR:\"15x0\",\"19.6.1\",\"19.6.1\",\"19.5.3\"\r\n"),
        Ok((19, 6, 1))
    );
    assert!(version("+GMR=\"next\"\r\n").is_err());

    let is_on = |reply| parse(&wlan::GetStation, reply).map(|station| station.is_on);
    assert_eq!(is_on("+WSTA:0\r\n"), Ok(false));
    assert_eq!(is_on("+WSTA:1,\"Open\"AP\",0,3\r\n"), Ok(true));
    // Reference: association id, state.
    assert_eq!(is_on("+WSTA:1,1\r\n"), Ok(true));
    assert_eq!(is_on("+WSTA:1,0\r\n"), Ok(false));
    assert!(is_on("+WSTA:\r\n").is_err());

    let opened = |reply| parse(&open(network::Protocol::Tcp), reply).map(|opened| opened.socket);
    assert_eq!(opened("+SOCKO:4294967295\r\n"), Ok(u32::MAX));
    assert!(opened("+SOCKO:4294967296\r\n").is_err());
    assert!(opened("").is_err());

    let rows = "+SOCKLST:1,1,\"\",0,6000\r\n+SOCKLST:2,2,\"192.168.0.1\",4000,12345\r\n";
    assert_eq!(parse(&network::GetSockets, rows).unwrap().count, 2);
    assert!(parse(&network::GetSockets, "+SOCKLST:1,1\r\n").is_err());
    let row = network::SocketRow::parse(br#"+SOCKLST:2,2,"192.168.0.1",4000,12345"#).unwrap();
    assert_eq!(row.remote_ip, Some(IpAddr::from([192, 168, 0, 1])));
    assert!(network::SocketRow::parse(b"+SOCKLST:2,2,\"192.168.0.\xff\",4000,1").is_none());
}

#[test]
fn every_byte_can_be_carried_and_what_is_too_long_is_refused() {
    for byte in 0..=255_u8 {
        let written = wire(&ssid(&[byte]));
        let expected = match byte {
            b'"' | b'\\' => format!("\"\\{}\"", char::from(byte)),
            0x20..=0x7e => format!("\"{}\"", char::from(byte)),
            _ => format!("[{byte:02X}]"),
        };
        assert_eq!(written, format!("AT+WSTAC=1,{expected}\r\n"));
    }
    assert_eq!(Text::<32>::new(&[b'x'; 33]), Err(Usage::TooLong(32)));
    // Escapes count: no text may push its command over the module's line.
    assert!(Text::<128>::new(&[0; 128]).is_err());
}

#[test]
fn the_longest_command_fits_the_line_of_the_module() {
    // Firmware 0.2.0 takes 255 bytes (wire notes 1).
    const LINE: usize = 255;
    let widest = "255.255.255.255".parse().unwrap();
    let longest = [
        wire(&ssid(&[0; 32])),
        wire(&ssid(&[b'"'; 32])),
        wire(&password(&[b'x'; 128])),
        wire(&password(&[b'\\'; 99])),
        wire(&password(&[0; 99])),
        wire(&station(255, Some(u16::MAX))),
        wire(&network::Connect {
            socket: u32::MAX,
            remote_ip: widest,
            remote_port: u16::MAX,
        }),
        wire(&send(u32::MAX, u16::MAX)),
        wire(&receive(u32::MAX, network::OutputMode::Binary, u16::MAX)),
        wire(&resolve(&"\\".repeat(63))),
        wire(&network::SendTextTo {
            socket: u32::MAX,
            remote_ip: widest,
            remote_port: u16::MAX,
            length: 198,
            data: Text::new(&[b'x'; 198]).unwrap(),
        }),
        wire(&tls(network::TlsParameter::Ca(
            Text::new(&[0; 64]).unwrap(),
        ))),
    ];
    for command in longest {
        assert!(command.len() <= LINE, "{} bytes: {command}", command.len());
    }
}

#[test]
fn every_code_of_the_firmware_has_a_name() {
    for code in 0..=47 {
        assert_ne!(Status::from(code), Status::Unknown(code));
        assert!(!Status::from(code).to_string().is_empty());
    }
    assert_eq!(Status::from(48), Status::Unknown(48));
    for (code, status, text) in [
        (10, Status::SocketNotFound, "Socket ID Not Found"),
        (
            23,
            Status::StationStartNotPermitted,
            "STA Connection Not Permitted",
        ),
        (42, Status::DnsTimeout, "DNS Query Timeout"),
        (47, Status::Mqtt, "MQTT Error"),
    ] {
        assert_eq!(Status::from(code), status);
        assert_eq!(status.to_string(), text);
    }
}
