//! Chapter 4, "TCP/IP AT commands".

use std::time::Duration;

use atat::AtatCmd;
use atwifi::danger::IUnderstand;
use atwifi::st67::command::net::*;
use atwifi::st67::command::{Done, Rows};
use atwifi::st67::{Secret, St67, Text};
use atwifi::{Mac, Printed, Ranged, Reported, Switch};
use atwifi_simulator::{Profile, Simulation};
use embedded_io::{Read, Write};

use super::evidence::{Chapter, FIRMWARE};
use crate::common::{ADDRESS, Driver, ECHO, NAME, PASSWORD, RECORD, SSID, at};

type Module<'b> = Driver<'b, St67>;

const fn link<const N: i32>() -> Link {
    Ranged::constant::<N>()
}

fn text<const N: usize>(text: &str) -> Text<'_, N> {
    Text::new(text.as_bytes()).unwrap()
}

/// The longest text of what must be escaped.
fn commas<const N: usize>() -> Text<'static, N> {
    const COMMAS: &[u8] = &[b','; 128];
    Text::new(&COMMAS[..N.min(99)]).unwrap()
}

fn joined<'m, 'b>(module: &'m mut Module<'b>) -> &'m mut Module<'b> {
    module.join(SSID, PASSWORD).unwrap();
    module
}

/// One link, joined.
fn alone<'m, 'b>(module: &'m mut Module<'b>) -> &'m mut Module<'b> {
    let multiple = Switch::Off;
    module.command(&SetMultiple { multiple }).unwrap();
    joined(module)
}

fn rows(module: &mut Module<'_>, command: &impl AtatCmd) -> Vec<String> {
    let mut rows = Vec::new();
    module
        .command_for_rows(command, |row| {
            rows.push(String::from_utf8_lossy(row).into_owned());
        })
        .unwrap();
    rows
}

fn port(number: u16) -> Port {
    Port::new(number).unwrap()
}

fn to(number: u16) -> Connect<'static> {
    Connect {
        link: link::<0>(),
        protocol: Protocol::Tcp,
        host: at(number).ip().into(),
        remote_port: port(number),
        keep_alive_s: None,
        local_ip: None,
        timeout_ms: None,
    }
}

fn single_to(number: u16) -> single::Connect<'static> {
    single::Connect {
        protocol: Protocol::Tcp,
        host: at(number).ip().into(),
        remote_port: port(number),
        keep_alive_s: None,
        local_ip: None,
        timeout_ms: None,
    }
}

fn datagrams(link: Link) -> OpenDatagram<'static> {
    OpenDatagram {
        link,
        protocol: Protocol::Udp,
        host: at(ECHO).ip().into(),
        remote_port: port(ECHO),
        local_port: None,
        mode: None,
    }
}

/// The host of the reference's examples.
fn example() -> Host<'static> {
    Host::Address([192, 168, 101, 110].into())
}

fn longest_host() -> Host<'static> {
    Host::Name(commas())
}

/// Receives `expected` on link 0, or on the only link.
fn receive_echo(
    module: &mut Module<'_>,
    simulation: &Simulation,
    is_single: bool,
    expected: &[u8],
) {
    simulation.advance(Duration::from_millis(200));
    let mut got = vec![0; 64];
    let length = Ranged::constant::<64>();
    let n = match is_single {
        true => module.command_for_data(&single::Receive { length }, &mut got),
        false => {
            let link = link::<0>();
            module.command_for_data(&Receive { link, length }, &mut got)
        }
    };
    assert_eq!(&got[..n.unwrap()], expected, "{}", simulation.transcript());
}

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    addresses(&mut chapter);
    links(&mut chapter);
    passthrough(&mut chapter);
    options(&mut chapter);
    sending(&mut chapter);
    settings(&mut chapter);
    server(&mut chapter);
    start(&mut chapter);
    time(&mut chapter);
    receiving(&mut chapter);
    probes(&mut chapter);
    tls(&mut chapter);
    chapter
}

fn addresses(chapter: &mut Chapter) {
    let ipv6 = |ipv6| Ipv6State {
        ipv6: Reported::Known(ipv6),
    };
    chapter
        .row("AT+CIPV6?")
        .writes(&GetIpv6, "AT+CIPV6?")
        .reads(&GetIpv6, "+CIPV6:0\r\n", ipv6(Switch::Off))
        .refuses(&GetIpv6, "+CIPV6:\r\n")
        .greatest(&GetIpv6)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetIpv6), Ok(ipv6(Switch::Off)));
        });
    let set = SetIpv6 { ipv6: Switch::On };
    chapter
        .row("AT+CIPV6=<enable>")
        .obeys(&set, "AT+CIPV6=1")
        .greatest(&set)
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetIpv6), Ok(ipv6(Switch::On)));
        });

    let addresses = LocalAddresses {
        station: Interface {
            ip: Some([192, 168, 1, 50].into()),
            ip6_local: Some("fe80::1".parse().unwrap()),
            ip6_global: None,
            mac: Mac::parse(b"40:82:7b:00:02:47"),
        },
        access_point: Interface {
            ip: Some([192, 168, 4, 1].into()),
            ..Interface::default()
        },
    };
    chapter
        .row("AT+CIFSR")
        .writes(&GetLocalAddresses, "AT+CIFSR")
        .reads(
            &GetLocalAddresses,
            "+CIFSR:APIP,\"192.168.4.1\"\r\n+CIFSR:STAIP,\"192.168.1.50\"\r\n\
             +CIFSR:STAIP6LL,\"fe80::1\"\r\n+CIFSR:STAMAC,\"40:82:7b:00:02:47\"\r\n",
            addresses,
        )
        // Firmware has a colon before IPv6 addresses.
        .reads(
            &GetLocalAddresses,
            "+CIFSR:APIP,\"192.168.4.1\"\r\n+CIFSR:STAIP,\"192.168.1.50\"\r\n\
             +CIFSR:STAIP6LL:\"FE80::1\"\r\n+CIFSR:STAMAC,\"40:82:7b:00:02:47\"\r\n",
            addresses,
        )
        .refuses(&GetLocalAddresses, "+CIFSR:STAIP,\"192.168.1\"\r\n")
        .refuses(&GetLocalAddresses, "+CIFSR:ETHIP,\"192.168.1.1\"\r\n")
        .greatest(&GetLocalAddresses)
        .talks::<St67>(|module, _| {
            let told = joined(module).command(&GetLocalAddresses).unwrap();
            assert_eq!(told.station.ip, Some([192, 168, 1, 50].into()));
            assert!(told.station.mac.is_some());
        });

    let resolve = |name| Resolve {
        name: text(name),
        family: Family::Ipv4,
    };
    let found = Resolved {
        address: [142, 250, 1, 1].into(),
    };
    let name = resolve("www.google.com");
    chapter
        .row("AT+CIPDOMAIN=<\"domain name\">[,<ip network>]")
        .writes(&name, "AT+CIPDOMAIN=\"www.google.com\",2")
        .writes(
            &Resolve {
                family: Family::Ipv6,
                ..name.clone()
            },
            "AT+CIPDOMAIN=\"www.google.com\",3",
        )
        .reads(&name, "+CIPDOMAIN:\"142.250.1.1\"\r\n", found)
        .refuses(&name, "+CIPDOMAIN:\"(null)\"\r\n")
        .greatest(&Resolve {
            name: commas(),
            family: Family::Ipv6,
        })
        .greatest(&resolve(&"x".repeat(127)))
        .talks::<St67>(|module, _| {
            let name = Resolve {
                name: text(NAME),
                family: Family::Ipv4,
            };
            let found = joined(module).command(&name).unwrap();
            assert_eq!(found.address, at(ECHO).ip());
        });

    let servers = |manual, servers: &[[u8; 4]]| NameServers {
        manual: Reported::Known(manual),
        servers: servers.iter().map(|&octets| octets.into()).collect(),
    };
    let given = [[208, 67, 222, 222], [8, 8, 8, 8], [0; 4]];
    chapter
        .row("AT+CIPDNS?")
        .writes(&GetNameServers, "AT+CIPDNS?")
        .reads(
            &GetNameServers,
            "+CIPDNS:0,\"208.67.222.222\",\"8.8.8.8\",\"0.0.0.0\"\r\n",
            servers(Switch::Off, &given),
        )
        .reads(
            &GetNameServers,
            "+CIPDNS:1,\"114.114.114.114\"\r\n",
            servers(Switch::On, &[[114; 4]]),
        )
        .refuses(&GetNameServers, "+CIPDNS:1,\"114.114\"\r\n")
        .greatest(&GetNameServers)
        .only_with(&[Profile::St67Reference])
        .talks::<St67>(move |module, _| {
            let told = module.command(&GetNameServers);
            assert_eq!(told, Ok(servers(Switch::Off, &given)));
        })
        // Firmware asks nobody before DHCP has named somebody.
        .only_with(FIRMWARE)
        .talks::<St67>(move |module, _| {
            let none = servers(Switch::Off, &[[0; 4]; 3]);
            assert_eq!(module.command(&GetNameServers), Ok(none));
            module.join(SSID, PASSWORD).unwrap();
            let gateway = [[192, 168, 1, 1], [0; 4], [0; 4]];
            let told = module.command(&GetNameServers);
            assert_eq!(told, Ok(servers(Switch::Off, &gateway)));
        });
    let set = SetNameServers {
        manual: Switch::On,
        first: Some([114; 4].into()),
        second: None,
        third: None,
    };
    let longest = Some([0xffff_u16; 8].into());
    chapter
        .row("AT+CIPDNS=<enable>[,<\"DNS IP1\">][,<\"DNS IP2\">][,<\"DNS IP3\">]")
        .obeys(&set, "AT+CIPDNS=1,\"114.114.114.114\"")
        .writes(
            &SetNameServers {
                manual: Switch::Off,
                first: None,
                ..set
            },
            "AT+CIPDNS=0",
        )
        .greatest(&SetNameServers {
            first: longest,
            second: longest,
            third: longest,
            ..set
        })
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            let told = module.command(&GetNameServers).unwrap();
            assert_eq!(told.manual.known(), Some(Switch::On));
            assert_eq!(told.servers[0], std::net::IpAddr::from([114; 4]));
        });
}

fn links(chapter: &mut Chapter) {
    let row = |head: &str| format!("{head}0,\"TCP\",\"192.168.1.9\",80,50001,0\r\n");
    let told = LinkRow::parse(row("+CIPSTATE:").trim_end().as_bytes()).unwrap();
    assert_eq!(
        (told.link, told.remote_port, told.local_port),
        (0, 80, 50001)
    );
    for (syntax, head) in [
        ("AT+CIPSTATE?", "+CIPSTATE:"),
        ("AT+CIPSTART?", "+CIPSTART:"),
    ] {
        let queries = syntax == "AT+CIPSTATE?";
        let chapter = chapter.row(syntax);
        match queries {
            true => chapter
                .writes(&GetLinks, syntax)
                .reads(&GetLinks, "", Rows { count: 0 })
                .reads(&GetLinks, &row(head), Rows { count: 1 })
                .reads(&GetLinks, &row("+CIPSTATUS:"), Rows { count: 1 })
                .refuses(&GetLinks, "+CIPSTATE:0\r\n")
                .greatest(&GetLinks),
            false => chapter
                .writes(&GetStarted, syntax)
                .reads(&GetStarted, &row(head), Rows { count: 1 })
                .refuses(&GetStarted, "+CIPSTART:0\r\n")
                .greatest(&GetStarted),
        };
        chapter.talks::<St67>(move |module, _| {
            joined(module).command(&to(ECHO)).unwrap();
            let rows = match queries {
                true => rows(module, &GetLinks),
                false => rows(module, &GetStarted),
            };
            let row = LinkRow::parse(rows[0].as_bytes()).unwrap();
            assert_eq!((row.link, row.remote_port), (0, ECHO));
        });
    }

    let buffer = |bytes| ReceiveBuffer { bytes };
    let get = GetReceiveBuffer { link: link::<3>() };
    let set = SetReceiveBuffer {
        link: link::<3>(),
        bytes: Ranged::constant::<3000>(),
    };
    let (get_single, set_single) = (
        single::GetReceiveBuffer,
        single::SetReceiveBuffer { bytes: set.bytes },
    );
    chapter
        .row("AT+CIPRECVBUF=<size>")
        .writes(&set_single, "AT+CIPRECVBUF=3000")
        .reads(&set_single, "", Done {})
        .reads(&set_single, "+CIPRECVBUF\r\n", Done {})
        .greatest(&single::SetReceiveBuffer { bytes: Ranged::MAX })
        .talks::<St67>(move |module, _| {
            alone(module).command(&set_single).unwrap();
            assert_eq!(module.command(&get_single), Ok(buffer(3000)));
        });
    chapter
        .row("AT+CIPRECVBUF=<link_id>,<size>")
        .writes(&set, "AT+CIPRECVBUF=3,3000")
        .reads(&set, "+CIPRECVBUF\r\n", Done {})
        .refuses(&set, "+CIPSTO:3\r\n")
        .greatest(&SetReceiveBuffer {
            link: Link::MAX,
            bytes: Ranged::MAX,
        })
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            assert_eq!(module.command(&get), Ok(buffer(3000)));
        });
    chapter
        .row("AT+CIPRECVBUF?")
        .writes(&get_single, "AT+CIPRECVBUF?")
        .reads(&get_single, "+CIPRECVBUF:2920\r\n", buffer(2920))
        .greatest(&get_single)
        .talks::<St67>(move |module, _| {
            assert!(alone(module).command(&get_single).unwrap().bytes >= 2920);
        });
    chapter
        .row("AT+CIPRECVBUF=<link_id>?")
        .writes(&get, "AT+CIPRECVBUF=3?")
        .reads(&get, "+CIPRECVBUF:2920\r\n", buffer(2920))
        .refuses(&get, "+CIPRECVBUF:x\r\n")
        .greatest(&GetReceiveBuffer { link: Link::MAX })
        .talks::<St67>(move |module, _| {
            assert!(module.command(&get).unwrap().bytes >= 2920);
        });

    let tcp = single::Connect {
        host: example(),
        remote_port: port(1000),
        ..single_to(ECHO)
    };
    let longest = Some([0xffff_u16; 8].into());
    chapter
        .row(
            "AT+CIPSTART=<\"type\">,<\"remote host\">,<remote port>[,<keep_alive>][,<\"local \
             IP\">][,<timeout>]",
        )
        .obeys(&tcp, "AT+CIPSTART=\"TCP\",\"192.168.101.110\",1000")
        .writes(
            &single::Connect {
                protocol: Protocol::TcpV6,
                host: Host::Name(text("test-ipv6.com")),
                remote_port: port(80),
                ..tcp.clone()
            },
            "AT+CIPSTART=\"TCPv6\",\"test-ipv6.com\",80",
        )
        .writes(
            &single::Connect {
                local_ip: Some([192, 168, 101, 100].into()),
                ..tcp.clone()
            },
            "AT+CIPSTART=\"TCP\",\"192.168.101.110\",1000,,\"192.168.101.100\"",
        )
        .greatest(&single::Connect {
            protocol: Protocol::SslV6,
            host: longest_host(),
            remote_port: Port::MAX,
            keep_alive_s: Some(KeepAlive::MAX),
            local_ip: longest,
            timeout_ms: Some(Ranged::MAX),
        })
        .talks::<St67>(|module, simulation| {
            alone(module).command(&single_to(ECHO)).unwrap();
            assert_eq!(simulation.links_open(), 1);
        });
    let tcp = Connect {
        host: example(),
        remote_port: port(2500),
        keep_alive_s: Some(Ranged::constant::<60>()),
        ..to(ECHO)
    };
    chapter
        .row(
            "AT+CIPSTART=<link_id>,<\"type\">,<\"remote host\">,<remote \
             port>[,<keep_alive>][,<\"local IP\">][,<timeout>]",
        )
        .obeys(&tcp, "AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",2500,60")
        .writes(
            &OpenDatagram {
                host: example(),
                remote_port: port(1000),
                local_port: Some(5683),
                mode: Some(PeerMode::Always),
                ..datagrams(link::<0>())
            },
            "AT+CIPSTART=0,\"UDP\",\"192.168.101.110\",1000,5683,2",
        )
        .greatest(&Connect {
            link: Link::MAX,
            protocol: Protocol::SslV6,
            host: longest_host(),
            remote_port: Port::MAX,
            keep_alive_s: Some(KeepAlive::MAX),
            local_ip: longest,
            timeout_ms: Some(Ranged::MAX),
        })
        .greatest(&OpenDatagram {
            link: Link::MAX,
            protocol: Protocol::UdpV6,
            host: longest_host(),
            remote_port: Port::MAX,
            local_port: Some(u16::MAX),
            mode: Some(PeerMode::Always),
        })
        .talks::<St67>(|module, simulation| {
            let by_name = Connect {
                host: Host::Name(text(NAME)),
                ..to(ECHO)
            };
            joined(module).command(&by_name).unwrap();
            module.command(&datagrams(link::<1>())).unwrap();
            assert_eq!(simulation.links_open(), 2);
        });
    let anywhere = |host, number| ConnectAnywhere {
        protocol: Protocol::Tcp,
        host,
        remote_port: port(number),
        keep_alive_s: None,
        local_ip: None,
        timeout_ms: None,
    };
    chapter
        .row(
            "AT+CIPSTARTEX=<\"type\">,<\"remote host\">,<remote port>[,<keep_alive>][,<\"local \
             IP\">][,<timeout>]",
        )
        .obeys(
            &anywhere(example(), 1000),
            "AT+CIPSTARTEX=\"TCP\",\"192.168.101.110\",1000",
        )
        .greatest(&ConnectAnywhere {
            protocol: Protocol::SslV6,
            host: longest_host(),
            remote_port: Port::MAX,
            keep_alive_s: Some(KeepAlive::MAX),
            local_ip: longest,
            timeout_ms: Some(Ranged::MAX),
        })
        .talks::<St67>(move |module, simulation| {
            joined(module).command(&to(ECHO)).unwrap();
            let command = anywhere(at(RECORD).ip().into(), RECORD);
            module.command(&command).unwrap();
            assert_eq!(simulation.links_open(), 2);
        });

    let close = Close {
        link: Ranged::constant::<3>(),
    };
    chapter
        .row("AT+CIPCLOSE=<link_id>")
        .obeys(&close, "AT+CIPCLOSE=3")
        .greatest(&Close { link: Links::MAX })
        .talks::<St67>(|module, simulation| {
            joined(module).command(&to(ECHO)).unwrap();
            let link = Ranged::constant::<0>();
            module.command(&Close { link }).unwrap();
            simulation.advance(Duration::from_millis(500));
            assert_eq!(simulation.links_open(), 0);
        });
    chapter
        .row("AT+CIPCLOSE")
        .writes(&single::Close, "AT+CIPCLOSE")
        .reads(&single::Close, "", Done {})
        .reads(&single::Close, "CLOSED\r\n", Done {})
        .greatest(&single::Close)
        .talks::<St67>(|module, simulation| {
            alone(module).command(&single_to(ECHO)).unwrap();
            module.command(&single::Close).unwrap();
            simulation.advance(Duration::from_millis(500));
            assert_eq!(simulation.links_open(), 0);
        });
}

/// Enters the mode, sends, receives, and leaves it; then enters and leaves it.
fn pass_through(module: &mut Module<'_>, simulation: &Simulation) {
    let mut line = joined(module).passthrough(&single_to(ECHO)).unwrap();
    line.write_all(b"AT+RST\r\n").unwrap();
    let mut got = [0; 8];
    line.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"AT+RST\r\n");
    line.leave().unwrap();
    let line = module.passthrough(&single_to(ECHO)).unwrap();
    line.leave().unwrap();
    simulation.advance(Duration::from_millis(500));
    assert_eq!(simulation.links_open(), 0);
}

fn passthrough(chapter: &mut Chapter) {
    let script = [
        ("AT+CIPMUX=0\r\n", "\r\nOK\r\n"),
        ("AT+CIPRECVMODE=0\r\n", "\r\nOK\r\n"),
        (
            "AT+CIPSTART=\"TCP\",\"10.0.0.7\",7\r\n",
            "+CIP:CONNECTED\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSEND\r\n", "\r\nOK\r\n\r\n>hello"),
        ("data", ""),
    ];
    for (syntax, start) in [("+++", "+++"), ("AT+CIPSEND", "AT+CIPSEND\r\n")] {
        chapter
            .row(syntax)
            .spells(start)
            .exchanges::<St67>(&script, |module| {
                let mut line = module.passthrough(&single_to(ECHO)).unwrap();
                let mut got = [0; 5];
                line.read_exact(&mut got).unwrap();
                assert_eq!(&got, b"hello");
                line.write_all(b"data").unwrap();
            })
            .talks::<St67>(pass_through);
    }
}

fn options(chapter: &mut Chapter) {
    const TIMEOUT: Option<Ranged<0, { i32::MAX }>> = Some(Ranged::constant::<5000>());
    chapter
        .row("AT+CIPTCPOPT?")
        .writes(&GetTcpOptions, "AT+CIPTCPOPT?")
        .reads(
            &GetTcpOptions,
            "+CIPTCPOPT:0,-1,0,0,0\r\n",
            Rows { count: 1 },
        )
        .refuses(&GetTcpOptions, "+CIPTCPOPT:0,-1,0\r\n")
        .greatest(&GetTcpOptions)
        .talks::<St67>(|module, _| {
            let rows = rows(module, &GetTcpOptions);
            assert_eq!(
                TcpOptionsRow::parse(rows[4].as_bytes()).unwrap().linger_s,
                -1
            );
        });
    let set = single::SetTcpOptions {
        linger_s: None,
        no_delay: Some(Switch::On),
        send_timeout_ms: TIMEOUT,
        keep_alive_s: None,
    };
    chapter
        .row("AT+CIPTCPOPT=[<so_linger>],[<tcp_nodelay>],[<so_sndtimeo>],[<keepalive>]")
        .obeys(&set, "AT+CIPTCPOPT=,1,5000")
        .greatest(&single::SetTcpOptions {
            linger_s: Some(Ranged::MAX),
            no_delay: Some(Switch::On),
            send_timeout_ms: Some(Ranged::MAX),
            keep_alive_s: Some(KeepAlive::MAX),
        })
        .talks::<St67>(move |module, _| {
            alone(module).command(&set).unwrap();
            let rows = rows(module, &GetTcpOptions);
            let row = TcpOptionsRow::parse(rows[0].as_bytes()).unwrap();
            assert_eq!((row.linger_s, row.send_timeout_ms), (-1, 5000));
            assert_eq!(row.no_delay, Switch::On);
        });
    let set = SetTcpOptions {
        link: Ranged::constant::<2>(),
        linger_s: Some(Ranged::constant::<-1>()),
        no_delay: None,
        send_timeout_ms: TIMEOUT,
        keep_alive_s: Some(Ranged::constant::<60>()),
    };
    chapter
        .row("AT+CIPTCPOPT=<link_id>,[<so_linger>],[<tcp_nodelay>],[<so_sndtimeo>],[<keepalive>]")
        .obeys(&set, "AT+CIPTCPOPT=2,-1,,5000,60")
        .greatest(&SetTcpOptions {
            link: Links::MAX,
            linger_s: Some(Ranged::MAX),
            no_delay: Some(Switch::On),
            send_timeout_ms: Some(Ranged::MAX),
            keep_alive_s: Some(KeepAlive::MAX),
        })
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            let rows = rows(module, &GetTcpOptions);
            let row = TcpOptionsRow::parse(rows[2].as_bytes()).unwrap();
            assert_eq!((row.send_timeout_ms, row.keep_alive_s), (5000, 60));
        });
}

/// Rows of a send command: with one link, with several, with a destination.
macro_rules! sends {
    ($chapter:ident, $name:literal, $length:expr, $longest:expr, $data:expr, $arrives:expr,
     $Send:ident, $SendTo:ident, $prompt:literal, $receipt:literal) => {{
        let (length, longest) = ($length, $longest);
        let data: &'static [u8] = $data;
        let arrives: &'static [u8] = $arrives;
        let sent = std::str::from_utf8(data).unwrap();
        let one = single::$Send { length };
        $chapter
            .row(concat!("AT+", $name, "=<length>"))
            .writes(&one, concat!("AT+", $name, "=5"))
            .exchanges::<St67>(
                &[
                    (concat!("AT+", $name, "=5\r\n"), $prompt),
                    (sent, $receipt),
                    // As the reference has it.
                    (concat!("AT+", $name, "=5\r\n"), "\r\nOK\r\n\r\n>"),
                    (sent, "\r\nSEND OK\r\n"),
                ],
                |module| {
                    for _ in 0..2 {
                        assert_eq!(module.command_with_data(&one, data), Ok(Done {}));
                    }
                },
            )
            .greatest(&single::$Send { length: longest })
            .talks::<St67>(move |module, simulation| {
                alone(module).command(&single_to(ECHO)).unwrap();
                module.command_with_data(&one, data).unwrap();
                receive_echo(module, simulation, true, arrives);
            });
        let several = $Send {
            link: link::<0>(),
            length,
        };
        $chapter
            .row(concat!("AT+", $name, "=<link_id>,<length>"))
            .writes(&several, concat!("AT+", $name, "=0,5"))
            .exchanges::<St67>(
                &[
                    (concat!("AT+", $name, "=0,5\r\n"), $prompt),
                    (sent, $receipt),
                ],
                |module| {
                    assert_eq!(module.command_with_data(&several, data), Ok(Done {}));
                },
            )
            .greatest(&$Send {
                link: Link::MAX,
                length: longest,
            })
            .talks::<St67>(move |module, simulation| {
                joined(module).command(&to(ECHO)).unwrap();
                module.command_with_data(&several, data).unwrap();
                receive_echo(module, simulation, false, arrives);
            });
        let datagram = $SendTo {
            link: link::<0>(),
            length,
            host: at(ECHO).ip().into(),
            remote_port: port(ECHO),
        };
        let one = single::$SendTo {
            length,
            host: example(),
            remote_port: port(1000),
        };
        $chapter
            .row(concat!(
                "AT+",
                $name,
                "=[<link_id>,]<length>[,<\"remote host\">,<remote port>]"
            ))
            .writes(&one, concat!("AT+", $name, "=5,\"192.168.101.110\",1000"))
            .writes(&datagram, concat!("AT+", $name, "=0,5,\"10.0.0.7\",7"))
            .exchanges::<St67>(
                &[
                    (concat!("AT+", $name, "=0,5,\"10.0.0.7\",7\r\n"), $prompt),
                    (sent, $receipt),
                ],
                |module| {
                    assert_eq!(module.command_with_data(&datagram, data), Ok(Done {}));
                },
            )
            .greatest(&$SendTo {
                link: Link::MAX,
                length: longest,
                host: longest_host(),
                remote_port: Port::MAX,
            })
            .talks::<St67>(move |module, simulation| {
                joined(module).command(&datagrams(link::<0>())).unwrap();
                let datagram = $SendTo {
                    link: link::<0>(),
                    length,
                    host: at(ECHO).ip().into(),
                    remote_port: port(ECHO),
                };
                module.command_with_data(&datagram, data).unwrap();
                receive_echo(module, simulation, false, arrives);
            });
    }};
}

fn sending(chapter: &mut Chapter) {
    sends!(
        chapter,
        "CIPSEND",
        Ranged::constant::<5>(),
        SendLength::MAX,
        b"hello",
        b"hello",
        Send,
        SendTo,
        "\r\nOK\r\n\r\n>",
        "Recv 5 bytes\r\n\r\nSEND OK\r\n"
    );
    sends!(
        chapter,
        "CIPSENDL",
        Ranged::constant::<5>(),
        LongLength::MAX,
        b"hello",
        b"hello",
        SendLong,
        SendLongTo,
        "\r\nOK\r\n\r\n>",
        "+CIPSENDL:5,5\r\n\r\nSEND OK\r\n"
    );
    let config = |report, transmit| SendLongConfig { report, transmit };
    chapter
        .row("AT+CIPSENDLCFG?")
        .writes(&GetSendLongConfig, "AT+CIPSENDLCFG?")
        .reads(
            &GetSendLongConfig,
            "+CIPSENDLCFG:1024,2920\r\n",
            config(1024, 2920),
        )
        .refuses(&GetSendLongConfig, "+CIPSENDLCFG:1024\r\n")
        .greatest(&GetSendLongConfig)
        .talks::<St67>(move |module, _| {
            let told = module.command(&GetSendLongConfig);
            assert_eq!(told, Ok(config(1024, 2920)));
        });
    let set = SetSendLongConfig {
        report: Ranged::constant::<100>(),
        transmit: Some(Ranged::constant::<200>()),
    };
    chapter
        .row("AT+CIPSENDLCFG=<report size>[,<transmit size>]")
        .obeys(&set, "AT+CIPSENDLCFG=100,200")
        .greatest(&SetSendLongConfig {
            report: Ranged::MAX,
            transmit: Some(Ranged::MAX),
        })
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            let told = module.command(&GetSendLongConfig);
            assert_eq!(told, Ok(config(100, 200)));
        });
    sends!(
        chapter,
        "CIPSENDEX",
        EscapedLength::of(br"a\\bc\0").unwrap(),
        EscapedLength::of(&[b'x'; 8192]).unwrap(),
        br"a\\bc\0",
        br"a\bc",
        SendEscaped,
        SendEscapedTo,
        "\r\nOK\r\n\r\n>\r\n",
        "Recv 4 bytes\r\n\r\nSEND OK\r\n"
    );
}

/// Rows of a setting that is one switch.
macro_rules! switch {
    ($chapter:ident, $name:literal, $set_syntax:literal, $get:expr, $Reply:ident { $told:ident },
     $Set:ident { $field:ident }, $expected:expr) => {{
        let told = |on: Switch| $Reply {
            $told: Reported::Known(on),
        };
        $chapter
            .row(concat!("AT+", $name, "?"))
            .writes(&$get, concat!("AT+", $name, "?"))
            .reads(&$get, concat!("+", $name, ":1\r\n"), told(Switch::On))
            .refuses(&$get, concat!("+", $name, ":x\r\n"))
            .greatest(&$get)
            .talks::<St67>(move |module, _| {
                assert_eq!(module.command(&$get), Ok(told($expected)));
            });
        let set = $Set {
            $field: Switch::Off,
        };
        $chapter
            .row($set_syntax)
            .writes(&set, concat!("AT+", $name, "=0"))
            .reads(&set, "", Done {})
            .greatest(&set)
            .talks::<St67>(move |module, _| {
                for $field in [Switch::Off, Switch::On, Switch::Off] {
                    module.command(&$Set { $field }).unwrap();
                    assert_eq!(module.command(&$get), Ok(told($field)));
                }
            });
    }};
}

fn settings(chapter: &mut Chapter) {
    let shown = |is_shown| SenderInfo { is_shown };
    chapter
        .row("AT+CIPDINFO?")
        .writes(&GetSenderInfo, "AT+CIPDINFO?")
        .reads(&GetSenderInfo, "+CIPDINFO:true\r\n", shown(true))
        .reads(&GetSenderInfo, "+CIPDINFO:false\r\n", shown(false))
        .refuses(&GetSenderInfo, "+CIPDINFO:1\r\n")
        .greatest(&GetSenderInfo)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetSenderInfo), Ok(shown(true)));
        });
    let set = SetSenderInfo { shown: Switch::On };
    chapter
        .row("AT+CIPDINFO=<mode>")
        .obeys(&set, "AT+CIPDINFO=1")
        .greatest(&set)
        .talks::<St67>(move |module, _| {
            let off = SetSenderInfo { shown: Switch::Off };
            module.command(&off).unwrap();
            assert_eq!(module.command(&GetSenderInfo), Ok(shown(false)));
        });
    switch!(
        chapter,
        "CIPMUX",
        "AT+CIPMUX=<mode>",
        GetMultiple,
        Multiple { multiple },
        SetMultiple { multiple },
        Switch::On
    );
    switch!(
        chapter,
        "CIPEVT",
        "AT+CIPEVT=<enable>",
        GetLinkEvents,
        LinkEvents { events },
        SetLinkEvents { events },
        Switch::On
    );
    switch!(
        chapter,
        "CWEVT",
        "AT+CWEVT=<enable>",
        GetWifiEvents,
        WifiEvents { events },
        SetWifiEvents { events },
        Switch::On
    );
}

fn server(chapter: &mut Chapter) {
    let create = CreateServer {
        port: port(80),
        protocol: None,
        ca: None,
        keep_alive_s: None,
    };
    let running = Server {
        port: 80,
        protocol: Printed::new(b"TCP").unwrap(),
        ca: Some(Reported::Known(Switch::Off)),
        keep_alive_s: Some(0),
    };
    let state = |server| ServerState { server };
    chapter
        .row("AT+CIPSERVER?")
        .writes(&GetServer, "AT+CIPSERVER?")
        .reads(&GetServer, "+CIPSERVER:0\r\n", state(None))
        .reads(
            &GetServer,
            "+CIPSERVER:1,80,\"TCP\",0,0\r\n",
            state(Some(running.clone())),
        )
        .reads(
            &GetServer,
            "+CIPSERVER:1,80,\"TCP\"\r\n",
            state(Some(Server {
                ca: None,
                keep_alive_s: None,
                ..running.clone()
            })),
        )
        .refuses(&GetServer, "+CIPSERVER:1\r\n")
        .greatest(&GetServer)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetServer), Ok(state(None)));
        });
    let delete = DeleteServer { close: Switch::On };
    chapter
        .row("AT+CIPSERVER=<mode>[,<param2>][,<\"type\">][,<CA enable>][,<keepalive>]")
        .obeys(&create, "AT+CIPSERVER=1,80")
        .writes(
            &CreateServer {
                port: port(443),
                protocol: Some(Protocol::Ssl),
                ca: Some(Switch::On),
                keep_alive_s: None,
            },
            "AT+CIPSERVER=1,443,\"SSL\",1",
        )
        .obeys(&delete, "AT+CIPSERVER=0,1")
        .greatest(&delete)
        .greatest(&CreateServer {
            port: Port::MAX,
            protocol: Some(Protocol::SslV6),
            ca: Some(Switch::On),
            keep_alive_s: Some(KeepAlive::MAX),
        })
        .talks::<St67>(move |module, _| {
            joined(module).command(&create).unwrap();
            assert_eq!(module.command(&GetServer), Ok(state(Some(running.clone()))));
            module.command(&delete).unwrap();
            assert_eq!(module.command(&GetServer), Ok(state(None)));
        });

    let limit = |clients| ServerLimit { clients };
    chapter
        .row("AT+CIPSERVERMAXCONN?")
        .writes(&GetServerLimit, "AT+CIPSERVERMAXCONN?")
        .reads(&GetServerLimit, "+CIPSERVERMAXCONN:5\r\n", limit(5))
        .refuses(&GetServerLimit, "+CIPSERVERMAXCONN:\r\n")
        .greatest(&GetServerLimit)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetServerLimit), Ok(limit(5)));
        });
    let set = SetServerLimit {
        clients: Ranged::constant::<2>(),
    };
    chapter
        .row("AT+CIPSERVERMAXCONN=<num>")
        .obeys(&set, "AT+CIPSERVERMAXCONN=2")
        .greatest(&SetServerLimit {
            clients: Ranged::MAX,
        })
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetServerLimit), Ok(limit(2)));
        });
    let timeout = |timeout_s| ServerTimeout { timeout_s };
    chapter
        .row("AT+CIPSTO?")
        .writes(&GetServerTimeout, "AT+CIPSTO?")
        .reads(&GetServerTimeout, "+CIPSTO:180\r\n", timeout(180))
        .refuses(&GetServerTimeout, "+CIPSTO:\r\n")
        .greatest(&GetServerTimeout)
        .talks::<St67>(|module, _| {
            assert!(module.command(&GetServerTimeout).is_ok());
        });
    let set = SetServerTimeout {
        timeout_s: Ranged::constant::<10>(),
    };
    chapter
        .row("AT+CIPSTO=<time>")
        .obeys(&set, "AT+CIPSTO=10")
        .greatest(&SetServerTimeout {
            timeout_s: Ranged::MAX,
        })
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetServerTimeout), Ok(timeout(10)));
        });
}

/// The link that is saved for the passthrough mode.
fn start(chapter: &mut Chapter) {
    let host = |octets: [u8; 4]| Host::Address(octets.into());
    let tcp = |on, host, number, protocol, keep_alive| {
        danger::SetStart::new(on, host, port(number), protocol, keep_alive, IUnderstand)
    };
    let example = tcp(
        Switch::On,
        host([192, 168, 6, 110]),
        1002,
        Some(Protocol::Tcp),
        None,
    );
    chapter
        .row("AT+SAVETRANSLINK=<mode>,<\"remote host\">,<remote port>[,<\"type\">,<keep alive>]")
        .obeys(
            &example,
            "AT+SAVETRANSLINK=1,\"192.168.6.110\",1002,\"TCP\"",
        )
        .greatest(&tcp(
            Switch::On,
            longest_host(),
            u16::MAX,
            Some(Protocol::SslV6),
            Some(KeepAlive::MAX),
        ))
        .talks::<St67>(move |module, _| {
            let on = tcp(Switch::On, host(ADDRESS), ECHO, None, None);
            module.command(&on).unwrap();
            module.command(&ClearStart).unwrap();
            module.reset().unwrap();
        });
    assert_eq!(crate::common::wire(&ClearStart), "AT+SAVETRANSLINK=0\r\n");
    let udp = |on, host, number, protocol, local| {
        let (remote, local) = (port(number), port(local));
        danger::SetStartDatagram::new(on, host, remote, protocol, local, IUnderstand)
    };
    let example = udp(
        Switch::On,
        host([192, 168, 6, 110]),
        1002,
        Protocol::Udp,
        1005,
    );
    chapter
        .row("AT+SAVETRANSLINK=<mode>,<\"remote host\">,<remote port>,[<\"type\">,<local port>]")
        .obeys(
            &example,
            "AT+SAVETRANSLINK=1,\"192.168.6.110\",1002,\"UDP\",1005",
        )
        .greatest(&udp(
            Switch::On,
            longest_host(),
            u16::MAX,
            Protocol::UdpV6,
            u16::MAX,
        ))
        .talks::<St67>(move |module, _| {
            let on = udp(Switch::On, host(ADDRESS), ECHO, Protocol::Udp, 1005);
            module.command(&on).unwrap();
            module.command(&ClearStart).unwrap();
            module.reset().unwrap();
        });
    let interval = |interval| ReconnectInterval { interval };
    chapter
        .row("AT+CIPRECONNINTV?")
        .writes(&GetReconnectInterval, "AT+CIPRECONNINTV?")
        .reads(&GetReconnectInterval, "+CIPRECONNINTV:1\r\n", interval(1))
        .refuses(&GetReconnectInterval, "+CIPRECONNINTV:\r\n")
        .greatest(&GetReconnectInterval)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetReconnectInterval), Ok(interval(1)));
        });
    let set = SetReconnectInterval {
        interval: Ranged::constant::<10>(),
    };
    chapter
        .row("AT+CIPRECONNINTV=<interval>")
        .obeys(&set, "AT+CIPRECONNINTV=10")
        .greatest(&SetReconnectInterval {
            interval: Ranged::MAX,
        })
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetReconnectInterval), Ok(interval(10)));
        });
}

fn time(chapter: &mut Chapter) {
    let zone = |minutes| TimeZone::from_minutes(minutes).unwrap();
    let name = |name: &&str| Printed::try_from(*name).unwrap();
    let servers = |timezone, servers: &[&str]| TimeServers {
        enabled: Reported::Known(Switch::On),
        timezone: Some(timezone),
        servers: servers.iter().map(name).collect(),
    };
    let names = ["0.pool.ntp.org", "time.google.com"];
    chapter
        .row("AT+CIPSNTPCFG?")
        .writes(&GetTimeServers, "AT+CIPSNTPCFG?")
        .reads(
            &GetTimeServers,
            "+CIPSNTPCFG:1,-5,\"0.pool.ntp.org\",\"time.google.com\"\r\n",
            servers(-5, &names),
        )
        .refuses(&GetTimeServers, "+CIPSNTPCFG:\r\n")
        .greatest(&GetTimeServers)
        .talks::<St67>(|module, _| {
            assert!(module.command(&GetTimeServers).is_ok());
        });
    let set = move |minutes, names: &[&'static str]| {
        SetTimeServers::new(Switch::On, zone(minutes), names).unwrap()
    };
    let longest = "x".repeat(64);
    let longest = SetTimeServers::new(Switch::On, zone(-719), &[longest.as_str(); 3]);
    chapter
        .row("AT+CIPSNTPCFG=<enable>,<timezone>[,<SNTP server1>,<SNTP server2>,<SNTP server3>]")
        .obeys(
            &set(-5 * 60, &names),
            "AT+CIPSNTPCFG=1,-5,\"0.pool.ntp.org\",\"time.google.com\"",
        )
        .writes(&set(5 * 60 + 30, &[]), "AT+CIPSNTPCFG=1,530")
        .writes(
            &set(12 * 60 + 45, &names),
            "AT+CIPSNTPCFG=1,1245,\"0.pool.ntp.org\",\"time.google.com\"",
        )
        .greatest(&longest.unwrap())
        .talks::<St67>(move |module, _| {
            module.command(&set(-5 * 60, &names)).unwrap();
            let told = module.command(&GetTimeServers).unwrap();
            assert_eq!(told.timezone, Some(-5));
            assert_eq!(told.servers[0], names[0]);
        });
    assert!(
        SetTimeServers::new(Switch::On, zone(0), &[",".repeat(64).as_str(); 3]).is_err(),
        "too long for a command"
    );

    let october = DateTime {
        year: 2021,
        month: 10,
        day: 19,
        hour: 17,
        minute: 47,
        second: 56,
        weekday: 2,
    };
    chapter
        .row("AT+CIPSNTPTIME?")
        .writes(&GetTime, "AT+CIPSNTPTIME?")
        .reads(
            &GetTime,
            "+CIPSNTPTIME:Tue Oct 19 17:47:56 2021\r\n",
            october,
        )
        .reads(
            &GetTime,
            "+CIPSNTPTIME:Thu Jan  1 00:00:03 1970\r\n",
            DateTime {
                year: 1970,
                month: 1,
                day: 1,
                hour: 0,
                minute: 0,
                second: 3,
                weekday: 4,
            },
        )
        .refuses(&GetTime, "+CIPSNTPTIME:Tue Okt 19 17:47:56 2021\r\n")
        .greatest(&GetTime)
        .talks::<St67>(|module, _| {
            assert!(joined(module).command(&GetTime).unwrap().year >= 1970);
        });
    let interval = |interval_s| TimeInterval { interval_s };
    chapter
        .row("AT+CIPSNTPINTV?")
        .writes(&GetTimeInterval, "AT+CIPSNTPINTV?")
        .reads(&GetTimeInterval, "+CIPSNTPINTV:3600\r\n", interval(3600))
        .refuses(&GetTimeInterval, "+CIPSNTPINTV:\r\n")
        .greatest(&GetTimeInterval)
        .talks::<St67>(|module, _| {
            assert!(module.command(&GetTimeInterval).is_ok());
        });
    let set = SetTimeInterval {
        interval_s: Ranged::constant::<3600>(),
    };
    chapter
        .row("AT+CIPSNTPINTV=<interval second>")
        .obeys(&set, "AT+CIPSNTPINTV=3600")
        .greatest(&SetTimeInterval {
            interval_s: Ranged::MAX,
        })
        .talks::<St67>(move |module, _| {
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetTimeInterval), Ok(interval(3600)));
        });
}

fn receiving(chapter: &mut Chapter) {
    let told = |mode| CurrentReceiveMode {
        mode: Reported::Known(mode),
    };
    chapter
        .row("AT+CIPRECVMODE?")
        .writes(&GetReceiveMode, "AT+CIPRECVMODE?")
        .reads(
            &GetReceiveMode,
            "+CIPRECVMODE:0\r\n",
            told(ReceiveMode::Active),
        )
        .refuses(&GetReceiveMode, "+CIPRECVMODE:\r\n")
        .greatest(&GetReceiveMode)
        .talks::<St67>(move |module, _| {
            let mode = module.command(&GetReceiveMode);
            assert_eq!(mode, Ok(told(ReceiveMode::Passive)));
        });
    let set = SetReceiveMode {
        mode: ReceiveMode::Passive,
    };
    chapter
        .row("AT+CIPRECVMODE=<mode>")
        .obeys(&set, "AT+CIPRECVMODE=1")
        .greatest(&set)
        .talks::<St67>(move |module, _| {
            let mode = ReceiveMode::Active;
            module.command(&SetReceiveMode { mode }).unwrap();
            assert_eq!(module.command(&GetReceiveMode), Ok(told(mode)));
        });

    let hundred = Ranged::constant::<100>();
    let one = single::Receive { length: hundred };
    let several = Receive {
        link: link::<0>(),
        length: hundred,
    };
    chapter
        .row("AT+CIPRECVDATA=<len>")
        .writes(&one, "AT+CIPRECVDATA=100")
        .exchanges::<St67>(
            &[(
                "AT+CIPRECVDATA=100\r\n",
                "+CIPRECVDATA:6,\r\nOK\r\n\r\n\r\nOK\r\n",
            )],
            |module| {
                let mut got = [0; 100];
                assert_eq!(module.command_for_data(&one, &mut got), Ok(6));
                assert_eq!(&got[..6], b"\r\nOK\r\n");
            },
        )
        .greatest(&single::Receive {
            length: ReceiveLength::MAX,
        })
        .talks::<St67>(|module, simulation| {
            alone(module).command(&single_to(ECHO)).unwrap();
            let length = Ranged::constant::<6>();
            let sent = module.command_with_data(&single::Send { length }, b"\r\nOK\r\n");
            assert_eq!(sent, Ok(Done {}));
            receive_echo(module, simulation, true, b"\r\nOK\r\n");
        });
    chapter
        .row("AT+CIPRECVDATA=<link_id>,<len>")
        .writes(&several, "AT+CIPRECVDATA=0,100")
        .exchanges::<St67>(
            &[(
                "AT+CIPRECVDATA=0,100\r\n",
                "+CIPRECVDATA:2,hi\r\n\r\nOK\r\n",
            )],
            |module| {
                let mut got = [0; 100];
                assert_eq!(module.command_for_data(&several, &mut got), Ok(2));
                assert_eq!(&got[..2], b"hi");
            },
        )
        .greatest(&Receive {
            link: Link::MAX,
            length: ReceiveLength::MAX,
        })
        .talks::<St67>(|module, simulation| {
            joined(module).command(&to(ECHO)).unwrap();
            let (link, length) = (link::<0>(), Ranged::constant::<6>());
            let sent = module.command_with_data(&Send { link, length }, b"\r\nOK\r\n");
            assert_eq!(sent, Ok(Done {}));
            receive_echo(module, simulation, false, b"\r\nOK\r\n");
        });
    let lengths = Lengths {
        bytes: [100, 0, 0, 0, 7],
    };
    chapter
        .row("AT+CIPRECVLEN?")
        .writes(&GetLengths, "AT+CIPRECVLEN?")
        .reads(&GetLengths, "+CIPRECVLEN:100,0,0,0,7,\r\n", lengths)
        .reads(&GetLengths, "+CIPRECVLEN:100,0,0,0,7\r\n", lengths)
        .refuses(&GetLengths, "+CIPRECVLEN:100,0,0\r\n")
        .reads(
            &single::GetLength,
            "+CIPRECVLEN:100\r\n",
            single::Waiting { bytes: 100 },
        )
        .greatest(&GetLengths)
        .talks::<St67>(|module, simulation| {
            joined(module).command(&to(ECHO)).unwrap();
            let (link, length) = (link::<0>(), Ranged::constant::<5>());
            module
                .command_with_data(&Send { link, length }, b"hello")
                .unwrap();
            simulation.advance(Duration::from_millis(200));
            let told = module.command(&GetLengths).unwrap();
            assert_eq!(told.bytes, [5, 0, 0, 0, 0]);
        });
}

fn probes(chapter: &mut Chapter) {
    let ping = Ping {
        host: text("192.168.1.1"),
    };
    chapter
        .row("AT+PING=<\"host\">")
        .obeys(&ping, "AT+PING=\"192.168.1.1\"")
        .writes(
            &Ping {
                host: text("240c::6666"),
            },
            "AT+PING=\"240c::6666\"",
        )
        .greatest(&Ping { host: commas() })
        .talks::<St67>(|module, _| {
            joined(module).command(&Ping { host: text(NAME) }).unwrap();
        });
    let with = PingWith {
        host: text("192.168.1.1"),
        length: Some(Ranged::constant::<64>()),
        count: Some(Ranged::constant::<8>()),
        interval_ms: Some(Ranged::constant::<500>()),
    };
    chapter
        .row("AT+PING=<\"host\">,[<len>,<count>,<interval>]")
        .obeys(&with, "AT+PING=\"192.168.1.1\",64,8,500")
        .greatest(&PingWith {
            host: commas(),
            length: Some(Ranged::MAX),
            count: Some(Ranged::MAX),
            interval_ms: Some(Ranged::MAX),
        })
        .talks::<St67>(|module, _| {
            let with = PingWith {
                host: text(NAME),
                length: Some(Ranged::constant::<64>()),
                count: Some(Ranged::constant::<2>()),
                interval_ms: Some(Ranged::constant::<100>()),
            };
            joined(module).command(&with).unwrap();
        });

    let receive = StartThroughputTest {
        direction: Direction::Receive,
        protocol: ProbeProtocol::Tcp,
        server: None,
        duration_s: None,
        port: None,
    };
    let send = StartThroughputTest {
        direction: Direction::Send,
        server: Some([192, 168, 1, 2].into()),
        duration_s: Some(Ranged::constant::<1000>()),
        port: Some(port(5001)),
        ..receive
    };
    chapter
        .row("AT+IPERF=<\"direct\">,<\"type\">,[<\"ipaddr\">],[<time>],[<port>]")
        .obeys(&receive, "AT+IPERF=\"RX\",\"TCP\"")
        .obeys(&send, "AT+IPERF=\"TX\",\"TCP\",\"192.168.1.2\",1000,5001")
        .greatest(&StartThroughputTest {
            direction: Direction::Send,
            protocol: ProbeProtocol::Udp,
            server: Some([0xffff_u16; 8].into()),
            duration_s: Some(Ranged::MAX),
            port: Some(Port::MAX),
        })
        .talks::<St67>(move |module, _| {
            joined(module).command(&receive).unwrap();
            module.command(&StopThroughputTest).unwrap();
        });
    chapter
        .row("AT+IPERFSTOP")
        .obeys(&StopThroughputTest, "AT+IPERFSTOP")
        .greatest(&StopThroughputTest)
        .talks::<St67>(move |module, _| {
            joined(module).command(&receive).unwrap();
            module.command(&StopThroughputTest).unwrap();
        });
}

/// Rows of a setting of TLS: the query, the form for one link, the form for several, and a
/// conversation that sets and asks.
macro_rules! tls_setting {
    ($chapter:ident, $name:literal, $parameters:literal, $get:expr, $GetOf:ident,
     $row:expr, $one:expr => $one_wire:literal, $set:expr => $wire:literal,
     $greatest:expr, $greatest_one:expr, $is:expr) => {{
        $chapter
            .row(concat!("AT+", $name, "?"))
            .writes(&$get, concat!("AT+", $name, "?"))
            .writes(&$GetOf { link: link::<0>() }, concat!("AT+", $name, "=0?"))
            .reads(&$get, $row, Rows { count: 1 })
            .reads(&$GetOf { link: link::<0>() }, $row, Rows { count: 1 })
            .refuses(&$get, "+CIPSTO:1\r\n")
            .greatest(&$GetOf { link: Link::MAX })
            .talks::<St67>(|module, _| {
                alone(module);
                assert_eq!(rows(module, &$get).len(), 1);
            });
        $chapter
            .row(concat!("AT+", $name, "=", $parameters))
            .obeys(&$one, concat!("AT+", $name, "=", $one_wire))
            .greatest(&$greatest_one)
            .talks::<St67>(move |module, _| {
                alone(module).command(&$one).unwrap();
                let rows = rows(module, &$get);
                assert!($is(rows[0].as_bytes()), "{rows:?}");
            });
        $chapter
            .row(concat!("AT+", $name, "=<link_id>,", $parameters))
            .obeys(&$set, concat!("AT+", $name, "=", $wire))
            .greatest(&$greatest)
            .talks::<St67>(move |module, _| {
                module.command(&$set).unwrap();
                let rows = rows(module, &$GetOf { link: link::<0>() });
                assert!($is(rows[0].as_bytes()), "{rows:?}");
            });
    }};
}

fn tls(chapter: &mut Chapter) {
    let certificates = || single::SetCertificates {
        authentication: Authentication::Both,
        certificate: Some(text("cert_01.crt")),
        key: Some(text("private_01.key")),
        ca: Some(text("ca_01.crt")),
    };
    fn of(link: Link, one: single::SetCertificates<'_>) -> SetCertificates<'_> {
        SetCertificates {
            link,
            authentication: one.authentication,
            certificate: one.certificate,
            key: one.key,
            ca: one.ca,
        }
    }
    let longest = || single::SetCertificates {
        authentication: Authentication::Both,
        certificate: Some(commas()),
        key: Some(commas()),
        ca: Some(commas()),
    };
    tls_setting!(
        chapter, "CIPSSLCCONF",
        "<auth_mode>[,\"<cert_name>\"][,\"<key_name>\"][,\"<ca_name>\"]",
        GetCertificates, GetCertificatesOf,
        "+CIPSSLCCONF:0,3,\"cert_01.crt\",\"private_01.key\",\"ca_01.crt\"\r\n",
        certificates() => "3,\"cert_01.crt\",\"private_01.key\",\"ca_01.crt\"",
        of(link::<0>(), certificates()) => "0,3,\"cert_01.crt\",\"private_01.key\",\"ca_01.crt\"",
        of(Link::MAX, longest()), longest(),
        |row: &[u8]| {
            let row = CertificatesRow::parse(row).unwrap();
            (row.certificate, row.key, row.ca) == ("cert_01.crt", "private_01.key", "ca_01.crt")
                && row.authentication == Authentication::Both
        }
    );
    let name = || text::<64>("example.test");
    tls_setting!(
        chapter, "CIPSSLCSNI", "<\"sni\">", GetServerName, GetServerNameOf,
        "+CIPSSLCSNI:0,\"example.test\"\r\n",
        single::SetServerName { name: name() } => "\"example.test\"",
        SetServerName { link: link::<0>(), name: name() } => "0,\"example.test\"",
        SetServerName { link: Link::MAX, name: commas() },
        single::SetServerName { name: commas() },
        |row: &[u8]| ServerNameRow::parse(row).unwrap().name == b"example.test"
    );
    let protocols = || single::SetProtocols {
        count: Ranged::constant::<2>(),
        first: Some(text("h2")),
        second: Some(text("http/1.1")),
        third: None,
        fourth: None,
        fifth: None,
    };
    let longest = || single::SetProtocols {
        count: Ranged::MAX,
        first: Some(commas()),
        second: Some(commas()),
        third: Some(commas()),
        fourth: Some(commas()),
        fifth: Some(commas()),
    };
    fn offered(link: Link, one: single::SetProtocols<'_>) -> SetProtocols<'_> {
        SetProtocols {
            link,
            count: one.count,
            first: one.first,
            second: one.second,
            third: one.third,
            fourth: one.fourth,
            fifth: one.fifth,
        }
    }
    tls_setting!(
        chapter, "CIPSSLCALPN", "<counts>[,<\"alpn\">][,<\"alpn\">][,<\"alpn\">]",
        GetProtocols, GetProtocolsOf,
        "+CIPSSLCALPN:0,\"h2\",\"http/1.1\"\r\n",
        protocols() => "2,\"h2\",\"http/1.1\"",
        offered(link::<0>(), protocols()) => "0,2,\"h2\",\"http/1.1\"",
        offered(Link::MAX, longest()), longest(),
        |row: &[u8]| {
            let row = ProtocolsRow::parse(row).unwrap();
            row.names().eq([&b"h2"[..], b"http/1.1"])
        }
    );
    fn secret(key: &[u8]) -> Secret<'_, 31> {
        Secret::new(key).unwrap()
    }
    let hint = || text::<31>("myhint");
    tls_setting!(
        chapter, "CIPSSLCPSK", "<\"psk\">,<\"hint\">", GetPsk, GetPskOf,
        "+CIPSSLCPSK:0,\"psk\",\"myhint\"\r\n",
        single::SetPsk { key: secret(b"psk"), identity: hint() } => "\"psk\",\"myhint\"",
        SetPsk { link: link::<0>(), key: secret(b"psk"), identity: hint() }
            => "0,\"psk\",\"myhint\"",
        SetPsk { link: Link::MAX, key: secret(&[b','; 31]), identity: commas() },
        single::SetPsk { key: secret(&[b','; 31]), identity: commas() },
        |row: &[u8]| {
            let row = PskRow::parse(row).unwrap();
            (row.key.reveal(), row.identity.as_bytes()) == (b"psk", b"myhint")
        }
    );
    let key = || HexKey::new(b"psk").unwrap();
    let longest = || HexKey::new(&[0xff; 31]).unwrap();
    tls_setting!(
        chapter, "CIPSSLCPSKHEX", "<\"psk hex\">,<\"hint\">", GetPskHex, GetPskHexOf,
        "+CIPSSLCPSKHEX:0,\"70736b\",\"myhint\"\r\n",
        single::SetPskHex { key: key(), identity: hint() } => "\"70736b\",\"myhint\"",
        SetPskHex { link: link::<0>(), key: key(), identity: hint() }
            => "0,\"70736b\",\"myhint\"",
        SetPskHex { link: Link::MAX, key: longest(), identity: commas() },
        single::SetPskHex { key: longest(), identity: commas() },
        |row: &[u8]| {
            let row = PskRow::parse(row).unwrap();
            (row.key.reveal(), row.identity.as_bytes()) == (b"70736b", b"myhint")
        }
    );
}
