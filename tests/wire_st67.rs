//! The bytes of the ST67's commands and replies, copied from the vendor's reference and, where it
//! differs, from what firmware sends.

mod common;

use std::net::{IpAddr, Ipv4Addr};

use atat::AtatCmd;
use atwifi::st67::command::{Done, basic, net, wifi};
use atwifi::st67::{ErrorCode, JoinError, Reason, Secret, Subcategory, Text};
use atwifi::{Addresses, Ip, LinkState, Switch, Usage};
use common::{parse, wire};

#[test]
fn commands_are_written_as_the_reference_shows_them() {
    let rows = [
        // 2.2
        (wire(&basic::Test), "AT"),
        (wire(&basic::EchoOff), "ATE0"),
        (
            wire(&basic::SetErrorCodes { codes: Switch::On }),
            "AT+SYSLOG=1",
        ),
        (wire(&basic::GetErrorCodes), "AT+SYSLOG?"),
        (
            wire(&basic::SetStore { store: Switch::Off }),
            "AT+SYSSTORE=0",
        ),
        // 3.1
        (
            wire(&wifi::SetMode {
                mode: wifi::Mode::Station,
                auto_connect: None,
            }),
            "AT+CWMODE=1",
        ),
        (
            wire(&wifi::SetMode {
                mode: wifi::Mode::Station,
                auto_connect: Some(Switch::Off),
            }),
            "AT+CWMODE=1,0",
        ),
        (wire(&wifi::GetState), "AT+CWSTATE?"),
        (
            wire(&join(b"abc", b"0123456789")),
            r#"AT+CWJAP="abc","0123456789""#,
        ),
        (
            wire(&join(br"ab\,c", br#"0123456789"\"#)),
            r#"AT+CWJAP="ab\\\,c","0123456789\"\\""#,
        ),
        (wire(&wifi::Leave), "AT+CWQAP"),
        (wire(&wifi::GetAddresses), "AT+CIPSTA?"),
        // 4.1
        (
            wire(&resolve("www.google.com", net::Family::Ipv4)),
            r#"AT+CIPDOMAIN="www.google.com",2"#,
        ),
        (
            wire(&resolve("www.google.com", net::Family::Ipv6)),
            r#"AT+CIPDOMAIN="www.google.com",3"#,
        ),
        (wire(&net::GetLinks), "AT+CIPSTATE?"),
        (
            wire(&connect(None, None)),
            r#"AT+CIPSTART=0,"TCP","192.168.101.110",1000"#,
        ),
        (
            wire(&connect(Some(60), None)),
            r#"AT+CIPSTART=0,"TCP","192.168.101.110",1000,60"#,
        ),
        (
            wire(&connect(None, Some("192.168.101.100".parse().unwrap()))),
            r#"AT+CIPSTART=0,"TCP","192.168.101.110",1000,,"192.168.101.100""#,
        ),
        (wire(&net::Close { link: 3 }), "AT+CIPCLOSE=3"),
        (
            wire(&net::Send {
                link: 0,
                length: 100,
            }),
            "AT+CIPSEND=0,100",
        ),
        (wire(&net::SetSenderInfo { on: 1 }), "AT+CIPDINFO=1"),
        (wire(&net::SetMultiple { on: 1 }), "AT+CIPMUX=1"),
        (
            wire(&net::SetReceiveMode { passive: 1 }),
            "AT+CIPRECVMODE=1",
        ),
        (
            wire(&net::Receive {
                link: 0,
                length: 100,
            }),
            "AT+CIPRECVDATA=0,100",
        ),
        (wire(&net::GetLengths), "AT+CIPRECVLEN?"),
        (
            wire(&net::OpenDatagram {
                link: 0,
                protocol: net::Protocol::Udp,
                remote_ip: [192, 168, 101, 110].into(),
                remote_port: 1000,
                local_port: Some(5683),
                mode: Some(2),
            }),
            r#"AT+CIPSTART=0,"UDP","192.168.101.110",1000,5683,2"#,
        ),
        (
            wire(&net::SendTo {
                link: 0,
                length: 4,
                remote_ip: [192, 168, 101, 110].into(),
                remote_port: 1000,
            }),
            r#"AT+CIPSEND=0,4,"192.168.101.110",1000"#,
        ),
        (
            wire(&net::SetServer {
                on: 1,
                port: Some(80),
            }),
            "AT+CIPSERVER=1,80",
        ),
        (
            wire(&net::SetServer { on: 0, port: None }),
            "AT+CIPSERVER=0",
        ),
        // 4.1.32
        (
            wire(&net::SetCertificates {
                link: 0,
                authentication: net::Authentication::Both,
                certificate: Text::new(b"cert_01.crt").unwrap(),
                key: Text::new(b"private_01.key").unwrap(),
                ca: Text::new(b"ca_01.crt").unwrap(),
            }),
            r#"AT+CIPSSLCCONF=0,3,"cert_01.crt","private_01.key","ca_01.crt""#,
        ),
        (
            wire(&net::SetServerName {
                link: 0,
                name: Text::new(b"example.com").unwrap(),
            }),
            r#"AT+CIPSSLCSNI=0,"example.com""#,
        ),
        (
            wire(&protocols([b"h2", b"http/1.1"])),
            r#"AT+CIPSSLCALPN=0,2,"h2","http/1.1""#,
        ),
        (wire(&protocols([])), "AT+CIPSSLCALPN=0,0"),
        (
            wire(&net::SetPsk {
                link: 0,
                key: Secret::new(b"psk").unwrap(),
                identity: Text::new(b"myhint").unwrap(),
            }),
            r#"AT+CIPSSLCPSK=0,"psk","myhint""#,
        ),
    ];
    for (written, expected) in rows {
        assert_eq!(written, format!("{expected}\r\n"));
    }
}

fn join<'a>(ssid: &'a [u8], password: &'a [u8]) -> wifi::Join<'a> {
    wifi::Join::new(Text::new(ssid).unwrap(), Secret::new(password).unwrap())
}

fn resolve(name: &str, family: net::Family) -> net::Resolve<'_> {
    net::Resolve {
        name: Text::new(name.as_bytes()).unwrap(),
        family,
    }
}

fn connect(keep_alive: Option<u16>, local_ip: Option<IpAddr>) -> net::Connect {
    net::Connect {
        link: 0,
        protocol: net::Protocol::Tcp,
        remote_ip: [192, 168, 101, 110].into(),
        remote_port: 1000,
        keep_alive,
        local_ip: local_ip.map(Ip),
        timeout: None,
    }
}

fn protocols<const N: usize>(names: [&[u8]; N]) -> net::SetProtocols<'_> {
    let name = |n: usize| names.get(n).map(|name| Text::new(name).unwrap());
    net::SetProtocols {
        link: 0,
        count: N as u8,
        first: name(0),
        second: name(1),
        third: name(2),
        fourth: name(3),
        fifth: name(4),
    }
}

#[test]
fn replies_are_parsed_as_reference_and_firmware_print_them() {
    assert_eq!(parse(&basic::EchoOff, ""), Ok(Done {}));
    assert!(
        parse(&basic::EchoOff, "+CWSTATE:2\r\n").is_err(),
        "a reply where none belongs is a late one"
    );
    assert_eq!(
        parse(&basic::GetErrorCodes, "+SYSLOG:1\r\n").unwrap().codes,
        Switch::On
    );

    for (n, state) in [
        (0, LinkState::Idle),
        (1, LinkState::NoAddress),
        (2, LinkState::Up),
        (3, LinkState::Connecting),
        (4, LinkState::Disconnected),
        (9, LinkState::Unknown(9)),
    ] {
        assert_eq!(
            parse(&wifi::GetState, &format!("+CWSTATE:{n},\"a\",b\"\r\n"))
                .unwrap()
                .state,
            state
        );
    }
    assert!(parse(&wifi::GetState, "+CWSTATE:,\"a\"\r\n").is_err());

    let rows = "+CIPSTA:ip:\"192.168.6.100\"\r\n+CIPSTA:gateway:\"192.168.6.1\"\r\n+CIPSTA:netmask:\"255.255.255.0\"\r\n";
    let addresses = Addresses {
        ip: Ipv4Addr::new(192, 168, 6, 100),
        gateway: Some(Ipv4Addr::new(192, 168, 6, 1)),
        netmask: Some(Ipv4Addr::new(255, 255, 255, 0)),
    };
    assert_eq!(parse(&wifi::GetAddresses, rows).unwrap().ipv4, addresses);
    assert!(parse(&wifi::GetAddresses, "+CIPSTA:ip:\"192.168.6.\"\r\n").is_err());

    let name = resolve("a.b", net::Family::Ipv4);
    let found = parse(&name, "+CIPDOMAIN:\"142.250.1.1\"\r\n")
        .unwrap()
        .address;
    assert_eq!(found, IpAddr::from([142, 250, 1, 1]));
    assert!(parse(&name, "+CIPDOMAIN:\"(null)\"\r\n").is_err());
    assert!(
        name.parse(Ok(b"+CIPDOMAIN:\"\xff\"\r\n")).is_err(),
        "not UTF-8"
    );

    for head in ["+CIPSTATE:", "+CIPSTATUS:"] {
        let row = format!("{head}0,\"TCP\",\"192.168.1.9\",80,50001,0");
        let row = net::LinkRow::parse(row.as_bytes()).unwrap();
        assert_eq!((row.link, row.remote_port, row.local_port), (0, 80, 50001));
    }
    assert_eq!(parse(&net::GetLinks, "").unwrap().count, 0);

    for reply in [
        "+CIPRECVLEN:100,0,0,0,7,\r\n",
        "+CIPRECVLEN:100,0,0,0,7\r\n",
    ] {
        assert_eq!(
            parse(&net::GetLengths, reply).unwrap().bytes,
            [100, 0, 0, 0, 7]
        );
    }
    assert!(parse(&net::GetLengths, "+CIPRECVLEN:100,0,0\r\n").is_err());
}

#[test]
fn text_is_refused_before_a_byte_is_sent_where_it_cannot_be_carried() {
    for byte in 0..=255_u8 {
        let bytes = [b'a', byte, b'b'];
        let text = Text::<32>::new(&bytes);
        match byte {
            0 | b'\r' | b'\n' => assert_eq!(text, Err(Usage::Byte(byte))),
            _ => assert!(text.is_ok()),
        }
    }
    assert_eq!(Text::<32>::new(&[b'x'; 33]), Err(Usage::TooLong(32)));
    // Escapes count: no text may push its command over the module's line.
    assert!(Text::<127>::new(&[b','; 100]).is_err());
}

#[test]
fn the_longest_command_fits_the_line_of_the_module() {
    const LINE: usize = 256;
    let longest = [
        wire(&join(&[b','; 32], &[b'\\'; 64])),
        wire(&resolve(&",".repeat(99), net::Family::Ipv4First)),
        wire(&resolve(&"x".repeat(127), net::Family::Ipv4First)),
        wire(&net::Connect {
            link: 255,
            protocol: net::Protocol::TcpV6,
            remote_ip: Ip::from([0xffff_u16; 8]),
            remote_port: 65535,
            keep_alive: Some(65535),
            local_ip: Some(Ip::from([0xffff_u16; 8])),
            timeout: Some(65535),
        }),
        wire(&net::OpenDatagram {
            link: 255,
            protocol: net::Protocol::TcpV6,
            remote_ip: Ip::from([0xffff_u16; 8]),
            remote_port: 65535,
            local_port: Some(65535),
            mode: Some(255),
        }),
        wire(&net::SendTo {
            link: 255,
            length: 65535,
            remote_ip: Ip::from([0xffff_u16; 8]),
            remote_port: 65535,
        }),
        wire(&net::SetCertificates {
            link: 255,
            authentication: net::Authentication::Both,
            certificate: Text::new(&[b','; 31]).unwrap(),
            key: Text::new(&[b','; 31]).unwrap(),
            ca: Text::new(&[b','; 31]).unwrap(),
        }),
        wire(&net::SetServerName {
            link: 255,
            name: Text::new(&[b','; 64]).unwrap(),
        }),
        wire(&protocols([&[b','; 15]; 5])),
        wire(&net::SetPsk {
            link: 255,
            key: Secret::new(&[b','; 31]).unwrap(),
            identity: Text::new(&[b','; 31]).unwrap(),
        }),
        wire(&net::Receive {
            link: 255,
            length: 65535,
        }),
        wire(&net::Send {
            link: 255,
            length: 65535,
        }),
    ];
    for command in longest {
        assert!(command.len() <= LINE, "{} bytes: {command}", command.len());
    }
}

#[test]
fn every_code_of_the_reference_has_a_name() {
    for n in 1..=25 {
        assert_ne!(Reason::from(n), Reason::Unknown(n));
        assert!(!Reason::from(n).to_string().starts_with("reason"));
    }
    assert_eq!(Reason::from(26), Reason::Unknown(26));
    assert_eq!(Reason::from(12), Reason::NoAccessPoint);
    for n in 1..=4 {
        assert_ne!(JoinError::from(n), JoinError::Unknown(n));
    }
    for n in 0..=0x14_u32 {
        let code = ErrorCode(0x0100_0000 | n << 16);
        assert!(!matches!(code.subcategory(), Subcategory::Unknown(_)));
    }
    // `AT+FAKE` of section 2.2.9.
    assert_eq!(
        ErrorCode(0x0109_0000).subcategory(),
        Subcategory::UnsupportedCommand
    );
    // Two parameters needed, one given (wire notes 1).
    assert_eq!(ErrorCode(0x0106_0201).extension(), 0x0201);
}
