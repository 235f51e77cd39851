//! Chapter 7, "Network commands", with its events.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use atwifi::microchip::command::{Rows, network::*};
use atwifi::microchip::{Event, Microchip, Secret, Status, Text};
use atwifi::{Ranged, Reported};
use atwifi_simulator::Simulation;

use super::evidence::Chapter;
use super::microchip::{Module, hear, hear_own, row, rows};
use crate::common::{ADDRESS, ECHO, NAME, PASSWORD, REFUSED, SHORT, SSID, TLS, at};

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    sockets(&mut chapter);
    data(&mut chapter);
    tls(&mut chapter);
    names(&mut chapter);
    socket_events(&mut chapter);
    data_events(&mut chapter);
    name_events(&mut chapter);
    chapter
}

/// The peer of the examples.
const PEER: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 1);

const WIDEST: Ipv4Addr = Ipv4Addr::BROADCAST;

fn open(module: &mut Module<'_>, protocol: Protocol) -> u32 {
    module.command(&Open { protocol }).unwrap().socket
}

/// Asks for a connection with a port of the simulated server.
fn dial(module: &mut Module<'_>, protocol: Protocol, remote_port: u16) -> u32 {
    module.join(SSID, PASSWORD).unwrap();
    let socket = open(module, protocol);
    let remote_ip = ADDRESS.into();
    let command = Connect {
        socket,
        remote_ip,
        remote_port,
    };
    module.command(&command).unwrap();
    socket
}

/// Connects with a port of the simulated server.
fn connect(module: &mut Module<'_>, simulation: &Simulation, port: u16) -> u32 {
    let socket = dial(module, Protocol::Tcp, port);
    let (connected, remote) = hear(module, simulation, |event| match event {
        Event::SocketConnected { socket, remote, .. } => Some((socket, remote)),
        _ => None,
    });
    assert_eq!((connected, remote), (socket, at(port)));
    socket
}

fn send(module: &mut Module<'_>, socket: u32, data: &[u8]) {
    let length = Ranged::new(data.len() as u32).unwrap();
    module
        .command_with_data(&Send { socket, length }, data)
        .unwrap();
}

/// Waits for this much data.
fn wait_for(module: &mut Module<'_>, simulation: &Simulation, wanted: u32) {
    hear(module, simulation, |event| match event {
        Event::Data { length, .. } if length >= wanted => Some(()),
        _ => None,
    });
}

fn receive(module: &mut Module<'_>, socket: u32) -> Vec<u8> {
    let mut data = [0; 2048];
    let n = module
        .command_for_data(&Receive::new(socket, Ranged::MAX), &mut data)
        .unwrap();
    data[..n].to_vec()
}

fn sockets(chapter: &mut Chapter) {
    let tcp = Open {
        protocol: Protocol::Tcp,
    };
    let udp = Open {
        protocol: Protocol::Udp,
    };
    chapter
        .row("AT+SOCKO=<PROTOCOL>")
        .writes(&tcp, "AT+SOCKO=2")
        .writes(&udp, "AT+SOCKO=1")
        .reads(&tcp, "+SOCKO:1\r\n", Opened { socket: 1 })
        .reads(&udp, "+SOCKO:5\r\n", Opened { socket: 5 })
        .reads(&tcp, "+SOCKO:4294967295\r\n", Opened { socket: u32::MAX })
        .refuses(&tcp, "+SOCKO:4294967296\r\n")
        .greatest(&tcp)
        .talks::<Microchip>(|module, _| {
            let first = open(module, Protocol::Tcp);
            assert_ne!(open(module, Protocol::Udp), first);
        });

    chapter
        .row("AT+SOCKCL=<SOCK_ID>")
        .obeys(&Close { socket: 2 }, "AT+SOCKCL=2")
        .greatest(&Close { socket: u32::MAX })
        .talks::<Microchip>(|module, _| {
            let socket = open(module, Protocol::Tcp);
            module.command(&Close { socket }).unwrap();
            assert!(module.command(&Close { socket }).is_err());
        });

    let bind = |socket, local_port| Bind { socket, local_port };
    chapter
        .row("AT+SOCKBL=<SOCK_ID>,<LCL_PORT>")
        .obeys(&bind(2, 6000), "AT+SOCKBL=2,6000")
        .greatest(&bind(u32::MAX, u16::MAX))
        .talks::<Microchip>(move |module, _| {
            module.join(SSID, PASSWORD).unwrap();
            let socket = open(module, Protocol::Udp);
            module.command(&bind(socket, 6000)).unwrap();
            let row = row(module, &GetSocket { socket });
            assert_eq!(SocketRow::parse(&row).unwrap().local_port, 6000);
        });

    let remote = |socket, remote_ip, remote_port| Connect {
        socket,
        remote_ip,
        remote_port,
    };
    chapter
        .row("AT+SOCKBR=<SOCK_ID>,<RMT_ADDR>,<RMT_PORT>")
        .obeys(&remote(4, PEER, 9000), "AT+SOCKBR=4,\"192.168.0.1\",9000")
        .greatest(&remote(u32::MAX, WIDEST, u16::MAX))
        .talks::<Microchip>(|module, simulation| {
            connect(module, simulation, ECHO);
        });

    let group = |socket, group, port| JoinGroup {
        socket,
        group,
        port,
    };
    chapter
        .row("AT+SOCKBM=<SOCK_ID>,<MCAST_ADDR>,<MCAST_PORT>")
        .obeys(
            &group(7, [224, 0, 0, 1].into(), 6000),
            "AT+SOCKBM=7,\"224.0.0.1\",6000",
        )
        .greatest(&group(u32::MAX, WIDEST, u16::MAX))
        .talks::<Microchip>(move |module, _| {
            module.join(SSID, PASSWORD).unwrap();
            let socket = open(module, Protocol::Udp);
            let address = [239, 0, 0, 1].into();
            module.command(&group(socket, address, 6000)).unwrap();
            let row = row(module, &GetSocket { socket });
            assert_eq!(
                SocketRow::parse(&row).unwrap().protocol,
                Reported::Known(Protocol::Udp)
            );
        });

    let list = "+SOCKLST:1,2,\"\",0,6000\r\n\
                +SOCKLST:2,2,\"192.168.0.1\",4000,12345\r\n\
                +SOCKLST:3,1,\"192.168.0.2\",4000,12345\r\n";
    let last = SocketRow::parse(br#"+SOCKLST:3,1,"192.168.0.2",4000,12345"#).unwrap();
    assert_eq!(last.protocol, Protocol::Udp);
    assert_eq!(last.remote_ip, Some(IpAddr::from([192, 168, 0, 2])));
    chapter
        .row("AT+SOCKLST[=<SOCK_ID>]")
        .writes(&GetSockets, "AT+SOCKLST")
        .writes(&GetSocket { socket: 2 }, "AT+SOCKLST=2")
        .reads(&GetSockets, list, Rows { count: 3 })
        .reads(&GetSockets, "", Rows { count: 0 })
        .refuses(&GetSockets, "+SOCKLST:1,2\r\n")
        .greatest(&GetSocket { socket: u32::MAX })
        .talks::<Microchip>(|module, simulation| {
            let socket = connect(module, simulation, ECHO);
            let rows = rows(module, &GetSockets);
            let row = SocketRow::parse(rows.last().unwrap()).unwrap();
            assert_eq!((row.socket, row.remote_port), (socket, ECHO));
        });
}

fn data(chapter: &mut Chapter) {
    let announced = |socket, length: i32| Send {
        socket,
        length: Ranged::new(length).unwrap(),
    };
    let text = |socket, data| SendText::new(socket, data).unwrap();
    chapter
        .row("AT+SOCKWR=<SOCK_ID>,<LENGTH>[,<DATA>]")
        .obeys(&announced(1, 5), "AT+SOCKWR=1,5")
        .obeys(&text(1, b"hello2u"), "AT+SOCKWR=1,7,\"hello2u\"")
        .obeys(&text(1, b"hell\xff2u"), "AT+SOCKWR=1,7,[68656C6CFF3275]")
        // 7.8.4, and with the line ends of firmware.
        .exchanges::<Microchip>(
            &[
                ("AT+SOCKWR=1,5\r\n", "#"),
                ("hello", "OK\r\n"),
                ("AT+SOCKWR=1,5\r\n", "\r\n#"),
                ("+++OK", "\r\nOK\r\n"),
            ],
            move |module| {
                for data in [b"hello", b"+++OK"] {
                    module.command_with_data(&announced(1, 5), data).unwrap();
                }
            },
        )
        .greatest(&announced(u32::MAX, 1400))
        .greatest(&text(u32::MAX, &[b'x'; 198]))
        .talks::<Microchip>(move |module, simulation| {
            let socket = connect(module, simulation, ECHO);
            send(module, socket, b"\r\nOK\r\n+++#");
            module.command(&text(socket, b"\0text")).unwrap();
            wait_for(module, simulation, 15);
            assert_eq!(receive(module, socket), b"\r\nOK\r\n+++#\0text");
        });

    let datagram = |socket, remote_ip, remote_port, length: i32| SendTo {
        socket,
        remote_ip,
        remote_port,
        length: Ranged::new(length).unwrap(),
    };
    let text = |socket, to, data| SendTextTo::new(socket, to, data).unwrap();
    let peer = SocketAddrV4::new(PEER, 6000);
    chapter
        .row("AT+SOCKWRTO=<SOCK_ID>,<RMT_ADDR>,<RMT_PORT>,<LENGTH>[,<DATA>]")
        .obeys(
            &datagram(1, PEER, 6000, 5),
            "AT+SOCKWRTO=1,\"192.168.0.1\",6000,5",
        )
        .obeys(
            &text(1, peer, b"hello2u"),
            "AT+SOCKWRTO=1,\"192.168.0.1\",6000,7,\"hello2u\"",
        )
        .obeys(
            &text(1, peer, b"hell\xffo"),
            "AT+SOCKWRTO=1,\"192.168.0.1\",6000,6,[68656C6CFF6F]",
        )
        .exchanges::<Microchip>(
            &[
                ("AT+SOCKWRTO=1,\"192.168.0.1\",6000,5\r\n", "#"),
                ("hello", "OK\r\n"),
            ],
            move |module| {
                let command = datagram(1, PEER, 6000, 5);
                module.command_with_data(&command, b"hello").unwrap();
            },
        )
        .greatest(&datagram(u32::MAX, WIDEST, u16::MAX, 512))
        .greatest(&text(
            u32::MAX,
            SocketAddrV4::new(WIDEST, u16::MAX),
            &[b'x'; 198],
        ))
        .talks::<Microchip>(move |module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            let socket = open(module, Protocol::Udp);
            let local_port = 6000;
            module.command(&Bind { socket, local_port }).unwrap();
            let to = datagram(socket, ADDRESS.into(), ECHO, 5);
            module.command_with_data(&to, b"hello").unwrap();
            let sender = hear(module, simulation, |event| match event {
                Event::Datagram {
                    sender, length: 5, ..
                } => Some(sender),
                _ => None,
            });
            assert_eq!(sender, at(ECHO));
            assert_eq!(receive(module, socket), b"hello");
        });

    let all = |socket| Receive::new(socket, Ranged::constant::<999>());
    let all_text = |socket| ReceiveText::new(socket, Ranged::constant::<999>());
    chapter
        .row("AT+SOCKRD=<SOCK_ID>,<OUTPUT_MODE>,<LENGTH>")
        .writes(&all(4), "AT+SOCKRD=4,2,999")
        .writes(&all_text(1), "AT+SOCKRD=1,1,999")
        .reads(
            &all_text(1),
            "+SOCKRD:1,7,[466F6FC2A9626172]\r\n",
            Rows { count: 1 },
        )
        .refuses(&all_text(1), "+SOCKRD:1,7\r\n")
        // 7.10.6, firmware's line ends, and nothing to read.
        .exchanges::<Microchip>(
            &[
                ("AT+SOCKRD=4,2,999\r\n", "+SOCKRD:4,7, #OK\r\n+>#\r\nOK\r\n"),
                ("AT+SOCKRD=4,2,999\r\n", "+SOCKRD:4,7,\r\n#OK\r\n+>#OK\r\n"),
                ("AT+SOCKRD=4,2,999\r\n", "OK\r\n"),
            ],
            move |module| {
                let mut into = [0; 999];
                for _ in 0..2 {
                    let n = module.command_for_data(&all(4), &mut into).unwrap();
                    assert_eq!(&into[..n], b"OK\r\n+>#");
                }
                assert_eq!(module.command_for_data(&all(4), &mut into), Ok(0));
            },
        )
        .greatest(&Receive::new(u32::MAX, Ranged::MAX))
        .greatest(&ReceiveText::new(u32::MAX, Ranged::MAX))
        .talks::<Microchip>(move |module, simulation| {
            let socket = connect(module, simulation, ECHO);
            let sent: Vec<u8> = (100..=255).collect();
            send(module, socket, &sent);
            wait_for(module, simulation, 156);
            let mut got = Vec::new();
            module
                .command_for_rows(&all_text(socket), |row| {
                    got.extend(ReceivedRow::parse(row).unwrap().data.bytes());
                })
                .unwrap();
            assert_eq!(got, sent);
        });
}

fn tls(chapter: &mut Chapter) {
    let start = |socket| StartTls {
        socket,
        index: Ranged::MIN,
    };
    chapter
        .row("AT+SOCKTLS=<SOCK_ID>,<TLS_CONF_IDX>")
        .obeys(&start(1), "AT+SOCKTLS=1,1")
        .greatest(&start(u32::MAX))
        .talks::<Microchip>(move |module, simulation| {
            // Who echoes a greeting does not speak TLS.
            let socket = connect(module, simulation, ECHO);
            module.command(&start(socket)).unwrap();
            let refused = Event::SocketError {
                socket,
                status: Status::TlsFailed,
            };
            hear_own(module, simulation, refused);
        });

    let all = GetTlsParameters {
        index: Ranged::MIN,
        parameter: None,
    };
    let one = |parameter| GetTlsParameters {
        index: Ranged::MAX,
        parameter: Some(parameter),
    };
    chapter
        .row("AT+TLSC=<conf_idx>[,<param_id>]")
        .writes(&all, "AT+TLSC=1")
        .writes(&one(TlsParameterId::ServerName), "AT+TLSC=2,5")
        .reads(
            &all,
            "+TLSC:1,\"ca\"\r\n+TLSC:2,[]\r\n+TLSC:3,[]\r\n+TLSC:5,[]\r\n",
            Rows { count: 4 },
        )
        .refuses(&all, "+TLSC:1\r\n")
        .greatest(&one(TlsParameterId::ServerName))
        .talks::<Microchip>(move |module, _| {
            let rows = rows(module, &all);
            assert!(rows.iter().any(|row| matches!(
                TlsRow::parse(row),
                Some(TlsRow::ServerName(name)) if name.is_empty()
            )));
        });

    let set = |parameter| ConfigureTls {
        index: Ranged::MAX,
        parameter,
    };
    let ca = move |name| set(TlsParameter::Ca(Text::new(name).unwrap()));
    let password = |text| set(TlsParameter::KeyPassword(Secret::new(text).unwrap()));
    chapter
        .row("AT+TLSC=<conf_idx>,<param_id>,<param_val>")
        .obeys(&ca(b"ca"), "AT+TLSC=2,1,\"ca\"")
        .obeys(
            &set(TlsParameter::Certificate(Text::new(b"cert").unwrap())),
            "AT+TLSC=2,2,\"cert\"",
        )
        .obeys(
            &set(TlsParameter::Key(Text::new(b"key").unwrap())),
            "AT+TLSC=2,3,\"key\"",
        )
        .obeys(&password(b"secret"), "AT+TLSC=2,4,\"secret\"")
        .obeys(
            &set(TlsParameter::ServerName(Text::new(b"example.com").unwrap())),
            "AT+TLSC=2,5,\"example.com\"",
        )
        .greatest(&ca(&[0; 64]))
        .greatest(&password(&[0; 32]))
        .talks::<Microchip>(move |module, _| {
            module.command(&ca(b"authority")).unwrap();
            let row = row(module, &one(TlsParameterId::Ca));
            assert!(matches!(
                TlsRow::parse(&row),
                Some(TlsRow::Ca(name)) if name.is(b"authority")
            ));
        });
}

fn names(chapter: &mut Chapter) {
    let resolve = |name| Resolve {
        record: RecordType::A,
        name: Text::new(name).unwrap(),
    };
    chapter
        .row("AT+DNSRESOLV=<TYPE>,<DOMAIN_NAME>")
        .obeys(
            &resolve(b"www.example.com"),
            "AT+DNSRESOLV=1,\"www.example.com\"",
        )
        .greatest(&resolve(&[b'\\'; 63]))
        .talks::<Microchip>(move |module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            module.command(&resolve(NAME.as_bytes())).unwrap();
            let found = hear(module, simulation, |event| match event {
                Event::Resolved { name, address } if name.is(NAME.as_bytes()) => address,
                _ => None,
            });
            assert_eq!(found, IpAddr::from(ADDRESS));
        });

    let ping = |target, version| Ping {
        target: Text::new(target).unwrap(),
        version,
    };
    chapter
        .row("AT+PING=<TARGET_ADDR>[,<IP_PROTOCOL_VERSION>]")
        .obeys(
            &ping(b"www.example.com", None),
            "AT+PING=\"www.example.com\"",
        )
        .obeys(
            &ping(b"www.example.com", Some(IpVersion::V6)),
            "AT+PING=\"www.example.com\",2",
        )
        .greatest(&ping(&[b'\\'; 63], Some(IpVersion::V6)))
        .talks::<Microchip>(move |module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            module.command(&ping(NAME.as_bytes(), None)).unwrap();
            hear(module, simulation, echo);
        });
}

/// The simulated server's answer to an echo request.
fn echo(event: Event<'_>) -> Option<()> {
    match event {
        Event::Echo { address, .. } => (address == IpAddr::from(ADDRESS)).then_some(()),
        _ => None,
    }
}

fn socket_events(chapter: &mut Chapter) {
    chapter
        .row("+SOCKCL:<SOCK_ID>")
        // 7.2.5 has a blank.
        .tells("+SOCKCL: 4", |line| {
            Event::parse(line) == Some(Event::SocketClosed(4))
        })
        .tells("+SOCKCL:4", |line| {
            Event::parse(line) == Some(Event::SocketClosed(4))
        })
        .talks::<Microchip>(|module, simulation| {
            let socket = connect(module, simulation, SHORT);
            send(module, socket, b"GET / HTTP/1.0\r\n\r\n");
            hear_own(module, simulation, Event::SocketClosed(socket));
        });

    let end = |ip: [u8; 4], port| SocketAddr::from((ip, port));
    chapter
        .row("+SOCKIND:<SOCK_ID>,<LCL_ADDR>,<LCL_PORT>,<RMT_ADDR>,<RMT_PORT>")
        .tells(
            r#"+SOCKIND:4,"192.168.0.100",12345,"192.168.0.1",9000"#,
            |line| {
                Event::parse(line)
                    == Some(Event::SocketConnected {
                        socket: 4,
                        local: end([192, 168, 0, 100], 12345),
                        remote: end([192, 168, 0, 1], 9000),
                    })
            },
        )
        .talks::<Microchip>(|module, simulation| {
            connect(module, simulation, ECHO);
        });

    let failed = Event::SocketError {
        socket: 1,
        status: Status::BindFailed,
    };
    chapter
        .row("+SOCKERR:<SOCK_ID>,<STATUS_CODE>[,<STATUS_MSG>]")
        .tells("+SOCKERR:1,14,Socket Bind Failed", |line| {
            Event::parse(line) == Some(failed)
        })
        .tells("+SOCKERR:1,14,\"Socket Bind Failed\"", |line| {
            Event::parse(line) == Some(failed)
        })
        .tells("+SOCKERR:1,14", |line| Event::parse(line) == Some(failed))
        .talks::<Microchip>(|module, simulation| {
            let refused = dial(module, Protocol::Tcp, REFUSED);
            hear(module, simulation, |event| match event {
                Event::SocketError { socket, .. } if socket == refused => Some(()),
                _ => None,
            });
        });

    chapter
        .row("+SOCKTLS:<SOCK_ID>")
        .tells("+SOCKTLS:1", |line| {
            Event::parse(line) == Some(Event::SocketSecured(1))
        })
        .talks::<Microchip>(|module, simulation| {
            let socket = connect(module, simulation, TLS);
            let index = Ranged::MIN;
            module.command(&StartTls { socket, index }).unwrap();
            hear_own(module, simulation, Event::SocketSecured(socket));
        });
}

fn data_events(chapter: &mut Chapter) {
    chapter
        .row("+SOCKRXT:<SOCK_ID>,<LENGTH>")
        .tells("+SOCKRXT:1,7", |line| {
            Event::parse(line)
                == Some(Event::Data {
                    socket: 1,
                    length: 7,
                })
        })
        .talks::<Microchip>(|module, simulation| {
            let socket = connect(module, simulation, ECHO);
            send(module, socket, b"hello2u");
            let length = 7;
            hear_own(module, simulation, Event::Data { socket, length });
            assert_eq!(receive(module, socket), b"hello2u");
        });

    chapter
        .row("+SOCKRXU:<SOCK_ID>,<RMT_ADDR>,<RMT_PORT>,<LENGTH>")
        .tells("+SOCKRXU:4,\"1.2.3.4\",6000,7", |line| {
            Event::parse(line)
                == Some(Event::Datagram {
                    socket: 4,
                    sender: SocketAddr::from(([1, 2, 3, 4], 6000)),
                    length: 7,
                })
        })
        .talks::<Microchip>(|module, simulation| {
            let socket = dial(module, Protocol::Udp, ECHO);
            simulation.advance(Duration::from_millis(200));
            send(module, socket, b"hello2u");
            let datagram = Event::Datagram {
                socket,
                sender: at(ECHO),
                length: 7,
            };
            hear_own(module, simulation, datagram);
            assert_eq!(receive(module, socket), b"hello2u");
        });
}

fn name_events(chapter: &mut Chapter) {
    chapter
        .row("+DNSRESOLV:<TYPE>,<DOMAIN_NAME>[,<QUERY_RESP>]")
        .tells(
            r#"+DNSRESOLV:1,"www.example.com","192.168.0.1""#,
            |line| match Event::parse(line) {
                Some(Event::Resolved { name, address }) => {
                    name.is(b"www.example.com") && address == Some(IpAddr::from(PEER))
                }
                _ => false,
            },
        )
        .tells(r#"+DNSRESOLV:1,"www.example.com""#, |line| {
            matches!(
                Event::parse(line),
                Some(Event::Resolved { address: None, .. })
            )
        })
        .talks::<Microchip>(|module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            let name = Text::new(NAME.as_bytes()).unwrap();
            let record = RecordType::A;
            module.command(&Resolve { record, name }).unwrap();
            hear(module, simulation, |event| match event {
                Event::Resolved { .. } => Some(()),
                _ => None,
            });
        });

    let timed_out = Event::ResolveFailed(Status::DnsTimeout);
    chapter
        .row("+DNSERROR:<ERROR_CODE>")
        .tells("+DNSERROR:42", |line| Event::parse(line) == Some(timed_out))
        .tells("+DNSRESOLV:ERROR:42,\"DNS Query Timeout\"", |line| {
            Event::parse(line) == Some(timed_out)
        })
        // Firmware says the latter.
        .talks::<Microchip>(move |module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            let name = Text::new(b"nobody.test").unwrap();
            let record = RecordType::A;
            module.command(&Resolve { record, name }).unwrap();
            hear_own(module, simulation, timed_out);
        });

    chapter
        .row("+PING:<IP_ADDRESS>,<RTT>")
        .tells("+PING:\"192.168.0.1\",2", |line| {
            Event::parse(line)
                == Some(Event::Echo {
                    address: PEER.into(),
                    rtt_ms: 2,
                })
        })
        .talks::<Microchip>(|module, simulation| {
            module.join(SSID, PASSWORD).unwrap();
            let target = Text::new(NAME.as_bytes()).unwrap();
            module
                .command(&Ping {
                    target,
                    version: None,
                })
                .unwrap();
            hear(module, simulation, echo);
        });
}
