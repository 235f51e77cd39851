//! The transcripts that the two references print in their example sections, replayed: the driver
//! sends the command, takes the reply whole, and tells every event.
//!
//! A transcript is printed without its bytes between the lines; each line ends in CR LF here, as
//! the wire notes have it. Notes say where firmware disagrees with the paper.

use crate::common::*;
use atat::{AtatCmd, AtatResp, InternalError};
use atwifi::microchip::{self, Microchip};
use atwifi::st67::{self, ErrorCode, St67};
use atwifi::{Error, Event};

/// A command as a user types it.
struct Typed<'a>(&'a str);

/// Its reply, line by line.
#[derive(Debug, PartialEq)]
struct Lines(Vec<String>);

impl AtatResp for Lines {}

impl AtatCmd for Typed<'_> {
    type Response = Lines;

    fn write(&self, buffer: &mut [u8]) -> usize {
        let line = format!("{}\r\n", self.0);
        buffer[..line.len()].copy_from_slice(line.as_bytes());
        line.len()
    }

    fn parse(&self, reply: Result<&[u8], InternalError>) -> Result<Lines, atat::Error> {
        let text = String::from_utf8_lossy(reply?).into_owned();
        Ok(Lines(text.lines().map(String::from).collect()))
    }
}

/// One printed exchange: command, lines before `OK`, events behind it.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

fn replay<D: UnderTest>(rows: &[Row], lead: &str) {
    for &(command, reply, events) in rows {
        let reply_text: String = reply.iter().map(|line| format!("{line}\r\n")).collect();
        let events_text: String = events
            .iter()
            .map(|line| format!("{lead}{line}\r\n"))
            .collect();
        for fragment in [1, 5, 999] {
            let uart = met::<D>()
                .answer(
                    format!("{command}\r\n"),
                    format!("{reply_text}OK\r\n{events_text}"),
                )
                .fragment(fragment);
            with_mock::<D, _>(&uart, |module| {
                let expected = Lines(reply.iter().map(|line| line.to_string()).collect());
                assert_eq!(module.command(&Typed(command)), Ok(expected), "{command}");
                for event in events {
                    let told = module
                        .poll()
                        .unwrap()
                        .map(|told| (format!("{told:?}"), neutral(told, event)));
                    assert!(
                        told.as_ref().is_some_and(|(_, fits)| *fits),
                        "{command}: {event} became {told:?}"
                    );
                }
                assert_eq!(module.poll(), Ok(None), "{command}");
            });
            uart.assert_done();
        }
    }
}

/// Whether an event came out as it was printed, or in neutral words.
fn neutral(told: Event<'_>, line: &str) -> bool {
    match told {
        Event::Other(text) => text == line.as_bytes(),
        Event::StationConnected => line.starts_with("+WSTALU"),
        Event::StationAddress(Some(_)) => line.starts_with("+WSTAAIP"),
        Event::StationDisconnected => line.starts_with("+WSTALD"),
        Event::ClientConnected(_) => line.starts_with("+WAPSC"),
        Event::ClientDisconnected(_) => line.starts_with("+WAPSD"),
        Event::ClientAddress(..) => line.starts_with("+WAPAIP"),
        Event::MqttConnected | Event::MqttDisconnected => line.starts_with("+MQTTCONN"),
        Event::ScanDone => line == "+WSCNDONE",
        _ => false,
    }
}

#[test]
fn st67_examples() {
    let rows: &[Row] = &[
        (
            "AT+GMR", // 2.2.2.3
            &[
                "AT version:1.0.0.1(Apr 30 2025 11:47:03)",
                "component_version_macsw_1.6.38",
                "lib_version_phyrf_00f7ad715",
                "component_version_btble_1.8.25",
                "lib_version_btblecontroller_1.6.89",
                "component_version_sdk_2.0.75",
                "compile time:Apr 30 2025 11:46:58",
            ],
            &[],
        ),
        (
            "AT+CMD?", // 2.2.5.3, with the reference's own typing error in the fourth row
            &[
                "+CMD:0,\"AT\",0,0,0,1",
                "+CMD:1,\"AT+RST\",0,0,0,1",
                "+CMD:2,\"AT+GMR\",0,0,0,1",
                "+CMH:3,\"AT+CMD\",0,1,0,0",
                "+CMD:4,\"ATE0\",0,0,0,1",
                "+CMD:5,\"ATE1\",0,0,0,1",
                "+CMD:6,\"AT+RESTORE\",0,0,0,1",
                "+CMD:7,\"AT+SLEEP\",0,1,1,0",
            ],
            &[],
        ),
        ("AT+SYSRAM?", &["+SYSRAM:148408,84044"], &[]), // 2.2.7.3
        ("AT+SYSLOG=1", &[], &[]),                      // 2.2.9.4
        ("AT+EFUSE-CFM", &[], &[]),                     // 2.2.14.2
        ("AT+FLASH-E=4096,\"0x210000\"", &[], &[]),     // 2.2.17.2
        ("AT+IOPUPD=15,1", &[], &[]),                   // 2.2.18.2
        ("AT+IOOUT=15,1", &[], &[]),                    // 2.2.19.2
        ("AT+IOIN=15", &[], &[]),                       // 2.2.20.3
        ("AT+IOIN=15?", &["+IOIN=15:1"], &[]),
        ("AT+IORST=15", &[], &[]), // 2.2.21.2
        (
            "AT+PART?", // 2.2.22.2
            &[
                "+PART=0,0,\"   Boot2\",0x00000000,0x00000000,57344,0",
                "+PART=0,0,\"      FW\",0x00010000,0x00210000,2097152,1474560",
                "+PART=0,0,\"     mfg\",0x00210000,0x00000000,1474560,0",
                "+PART=0,0,\"   media\",0x00378000,0x00000000,462848,0",
                "+PART=0,0,\"     PSM\",0x003e9000,0x00000000,32768,0",
            ],
            &[],
        ),
        (
            "AT+FS=0,5,\".\"", // 2.2.26.3
            &[
                "+FS:LIST",
                ".",
                "..",
                "ca_1.crt",
                "ca_1.key",
                "ca_2.crt",
                "ca_2.key",
                "client_1.crt",
                "client_1.key",
                "client_2.crt",
                "client_2.key",
                "server_1.crt",
                "server_1.key",
                "server_2.crt",
                "server_2.key",
            ],
            &[],
        ),
        (
            "AT+GMAC?", // 2.2.27.3
            &[
                "+GMACSLOT0:9c:b7:93:0c:c1:26",
                "+GMACSLOT1:00:00:00:00:00:00",
                "+GMACSLOT2:00:b7:00:00:00:00",
            ],
            &[],
        ),
        ("AT+PN?", &["+PN:CP90-79196-2"], &[]), // 2.2.28.3
        ("AT+VBAT?", &["+VBAT:3326"], &[]),     // 2.2.29.3
        ("AT+CWQIF=\"18:b9:05:ed:59:cc\"", &[], &[]), // 3.1.12.3
        (
            "AT+CWMONITOR=1,6",
            &[],
            &["+CWMONITOR,6,177:xxxxxxxxxxxxxx"],
        ), // 3.1.22.4
        ("AT+CWSTAPROTO=1", &[], &[]),          // 3.1.23.5
        ("AT+CWAPPROTO=1", &[], &[]),           // 3.1.24.5
        ("AT+WPS=1", &[], &[]),                 // 3.1.25.3
        ("AT+CWANTENABLE=1,1,0", &[], &[]),     // 3.1.26.4
        // 4.1.28.3: with CIPMUX=1, and with CIPMUX=0.
        ("AT+CIPRECVLEN?", &["+CIPRECVLEN:100,0,0,0,0,"], &[]),
        ("AT+CIPRECVLEN?", &["+CIPRECVLEN:100"], &[]),
    ];
    replay::<St67>(rows, "");
}

#[test]
fn st67_error_codes_of_2_2_9_4() {
    let with_code = (
        ErrorCode(0x0109_0000),
        "ERR CODE:0x01090000\r\n\r\nERROR\r\n",
    );
    let uart = met::<St67>()
        .answer("AT+FAKE\r\n", with_code.1)
        .answer("AT+FAKE\r\n", "\r\nERROR\r\n");
    with_mock::<St67, _>(&uart, |module| {
        let coded = module.command(&Typed("AT+FAKE"));
        assert_eq!(coded, Err(Error::Module(st67::Status::Code(with_code.0))));
        let plain = module.command(&Typed("AT+FAKE"));
        assert_eq!(
            plain,
            Err(Error::Module(st67::Status::Error)),
            "the code is not of this error"
        );
    });
}

#[test]
fn microchip_examples() {
    let rows: &[Row] = &[
        ("ATE0", &[], &[]),                       // 3.1.4
        ("AT+GMI", &["+GMI:\"Microchip\""], &[]), // 3.2.4; firmware: `+GMI="Microchip"`
        ("AT+GMI", &["+GMI=\"Microchip\""], &[]),
        ("AT+GMM", &["+GMM:\"WINC1500\""], &[]), // 3.3.4; firmware: `+GMM="PIC32MZW1"`
        (
            "AT+GMR",
            &["+GMR:\"15x0\",\"19.6.1\",\"19.6.1\",\"19.5.3\""],
            &[],
        ), // 3.4.4; firmware: one version
        ("AT+WSCNC", &["+WSCNC:1,30", "+WSCNC:2,300"], &[]), // 4.1.5
        (
            "AT+WSCNA=255", // 4.2.7
            &[],
            &[
                "+WSCNIND:-57,0,1,\"98:FC:11:41:E7:7C\",\"test-network\"",
                "+WSCNIND:-62,0,6,\"24:F2:7F:A5:8B:81\",[466F6F20C2A920626172]",
                "+WSCNDONE",
            ],
        ),
        (
            "AT+WSCNP=255", // 4.3.7
            &[],
            &[
                "+WSCNIND:-57,0,1,\"98:FC:11:41:E7:7C\",\"test-network\"",
                "+WSCNIND:-62,4,1,\"24:F2:7F:A5:8B:80\",\"enterprise-secure\"",
                "+WSCNIND:-62,0,6,\"24:F2:7F:A5:8B:81\", [466F6F20C2A920626172]",
                "+WSCNIND:-70,1,11,\"24:F2:7F:A5:8B:81\",[]",
                "+WSCNDONE",
            ],
        ),
        ("AT+WSTAC=1, \"MyAP\"", &[], &[]), // 5.2.8
        ("AT+WSTAC=2, 1", &[], &[]),
        ("AT+WSTAC=3,\"MyAPPSK\"", &[], &[]),
        (
            "AT+WSTA=1",
            &[],
            // Firmware prints no association id; `19.168` is the paper's typing error.
            &[
                "+WSTALU:1,\"00:01:02:03:04:05\",6",
                "+WSTAAIP:1,\"19.168.0.20\"",
            ],
        ),
        ("AT+WSTA", &["+WSTA:1,1,\"MyAP\",-50,0"], &["+WSTALD"]),
        ("AT+WAPC=1,\"MyAPSSID\"", &[], &[]), // 5.4.6
        ("AT+WAPC=2,2", &[], &[]),
        ("AT+WAPC=3,\"MyAPPassword\"", &[], &[]),
        ("AT+WAPC=4,11", &[], &[]),
        (
            "AT+WAP=1",
            &[],
            &[
                "+WAPSC:2,\"00:01:02:03:04:05\"",
                "+WAPAIP:2,\"192.168.0.100\"",
                "+WAPSD:2,\"00:01:02:03:04:05\"",
            ],
        ),
        (
            "AT+WPROVC",
            &["+WPROVC:1,2", "+WPROVC:2,[]", "+WPROVC:3,7777"],
            &[],
        ), // 5.5.5
        ("AT+WPROVC=3,8888", &[], &[]),
        ("AT+MQTTCONN=1", &[], &["+MQTTCONNACK:0,0", "+MQTTCONN:1"]), // 6.2.6
        // 6.3.5 lacks the second parameter, which firmware demands.
        ("AT+MQTTSUB=\"Topic/name\"", &[], &["+MQTTSUB:0"]),
        ("AT+MQTTUNSUB=\"Topic/name\"", &[], &["+MQTTUNSUB:1"]), // 6.4.5
        (
            "AT+MQTTPUB=0,1,0,\"Topic/name\",\"123456\"",
            &[],
            &["+MQTTPUBACC"],
        ), // 6.5.7
        ("AT+MQTTDISCONN", &[], &["+MQTTCONN:0"]),               // 6.6.5
        // 7.1.4; the ids of firmware are large.
        ("AT+SOCKO=2", &["+SOCKO:1"], &[]),
        ("AT+SOCKO=1", &["+SOCKO:5"], &[]),
        ("AT+SOCKCL=2", &[], &[]),                      // 7.2.5
        ("AT+SOCKBL=2,6000", &[], &[]),                 // 7.3.5
        ("AT+SOCKBR=1,\"192.168.0.1\",6000", &[], &[]), // 7.4.6
        ("AT+SOCKBM=7,\"224.0.0.1\",6000", &[], &[]),   // 7.5.4
        // 7.6.4 lacks the second parameter, which firmware demands.
        ("AT+SOCKTLS=1", &[], &["+SOCKTLS:1"]),
        (
            "AT+SOCKLST", // 7.7.4
            &[
                "+SOCKLST:1,2,\"\",0,6000",
                "+SOCKLST:2,2,\"192.168.0.1\",4000,12345",
                "+SOCKLST:3,1,\"192.168.0.2\",4000,12345",
            ],
            &[],
        ),
        ("AT+SOCKWR=1,7,\"hello2u\"", &[], &[]), // 7.8.4
        // The paper's hexadecimal spells "hellf2u".
        ("AT+SOCKWR=1,7,[68656c6c663275]", &[], &[]),
        ("AT+SOCKWRTO=1,\"192.168.0.1\",6000,7,\"hello2u\"", &[], &[]), // 7.9.4
        (
            "AT+SOCKWRTO=1,\"192.167.0.1\",6000,7,[68656c6c6f3275]",
            &[],
            &[],
        ),
        // 7.10.6: the paper counts 7 bytes where it prints 8.
        (
            "AT+SOCKRD=1,1,999",
            &["+SOCKRD:1,7,[466F6FC2A9626172]"],
            &["+SOCKRXU:4,\"1.2.3.4\",6000,7"],
        ),
    ];
    // Firmware puts a CR before each event, the paper none.
    for lead in ["", "\r"] {
        replay::<Microchip>(rows, lead);
    }
}

/// Events of sockets change the sockets and are not told.
#[test]
fn microchip_socket_examples() {
    use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
    // 7.1.4, 7.4.6, 7.8.4, 7.10.6, 7.2.5, 7.12.6 as one story, with the spaces that the paper prints.
    for (hash, end, cr) in [("\r\n#", "\r\n", "\r"), ("#", "", ""), ("\r\n#", "", "\r")] {
        for fragment in [1, 4, 999] {
            let uart = met::<Microchip>()
                .answer("AT+DNSRESOLV=1,\"www.example.com\"\r\n", "OK\r\n")
                .say(format!(
                    "{cr}+DNSRESOLV:1, \"www.example.com\", \"192.168.0.1\"\r\n"
                ))
                .answer("AT+SOCKO=2\r\n", "+SOCKO:4\r\nOK\r\n")
                .answer("AT+SOCKBR=4,\"192.168.0.1\",9000\r\n", "OK\r\n")
                .say(format!(
                    "{cr}+SOCKIND:4,\"192.168.0.100\",12345,\"192.168.0.1\", 9000\r\n"
                ))
                .answer("AT+SOCKWR=4,5,\"hello\"\r\n", "OK\r\n")
                .say(format!("{cr}+SOCKRXT:4,7\r\n"))
                .answer(
                    "AT+SOCKRD=4,2,64\r\n",
                    format!("+SOCKRD:4,7,{hash}Foo>Bar{end}OK\r\n"),
                )
                .say(format!("{cr}+SOCKCL: 4\r\n"))
                .answer("AT+SOCKRD=4,2,64\r\n", "OK\r\n")
                .answer("AT+SOCKLST\r\n", "OK\r\n")
                .answer("AT+SOCKCL=4\r\n", "OK\r\n")
                .fragment(fragment);
            with_mock::<Microchip, _>(&uart, |module| {
                let address =
                    flat(module.get_host_by_name("www.example.com", AddrType::IPv4)).unwrap();
                let mut socket = module.socket().unwrap();
                flat(module.connect(&mut socket, (address, 9000).into())).unwrap();
                assert_eq!(module.send(&mut socket, b"hello"), Ok(5));
                let mut buffer = [0; 16];
                assert_eq!(module.receive(&mut socket, &mut buffer), Ok(7));
                assert_eq!(&buffer[..7], b"Foo>Bar");
                let closed = module.receive(&mut socket, &mut buffer);
                assert_eq!(
                    closed,
                    Err(nb::Error::Other(Error::Closed(atwifi::Closed::ByPeer)))
                );
                module.close(socket).unwrap();
            });
            uart.assert_done();
        }
    }
}

#[test]
fn microchip_failures_in_both_spellings() {
    use embedded_nal::{TcpClientStack, nb};
    let spellings = [
        "\r+SOCKERR:53102,14,Socket Bind Failed\r\n",
        "+SOCKERR:53102,14,\"Socket Bind Failed\"\r\n",
    ];
    for spelling in spellings {
        let uart = met::<Microchip>()
            .answer("AT+SOCKO=2\r\n", "+SOCKO:53102\r\nOK\r\n")
            .answer("AT+SOCKBR=53102,\"10.0.0.7\",1\r\n", "OK\r\n")
            .say(spelling)
            // Firmware has closed it, the reference's module has not; a digit may have been lost.
            .answer(
                "AT+SOCKCL=53102\r\n",
                "ERROR:10,\"Socket ID Not Found\"\r\n",
            )
            .answer(
                "AT+SOCKCL=53102\r\n",
                "ERROR:10,\"Socket ID Not Found\"\r\n",
            );
        with_mock::<Microchip, _>(&uart, |module| {
            let mut socket = module.socket().unwrap();
            let refused = module.connect(&mut socket, at(REFUSED));
            assert_eq!(
                refused,
                Err(nb::Error::Other(Error::Unconnected(
                    microchip::Status::BindFailed
                )))
            );
        });
        uart.assert_done();
    }
}
