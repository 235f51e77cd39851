//! The templates of the sequences write what the structs of `command` do.

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::string::String;
use std::vec;
use std::vec::Vec;

use embedded_nal::AddrType;
use proptest::prelude::*;

use super::command::basic::{
    CreateFile, EchoOff, GetFileSize, GetFiles, GetVersions, ReadFile, SetErrorCodes, SetStore,
    WriteFile,
};
use super::command::low_power::{
    ClearWakeDtim, EndTwt, PowerMode, SetPowerMode, SetTwt, SetWakeDtim, SetWakePin, SleepTwt,
    TwtFlow, TwtSetup, WakePin, WakeTrigger,
};
use super::command::mqtt::{
    Clean, Connect as ConnectMqtt, Files, PublishRaw, Scheme, SetConnection, SetPassword,
    SetProtocols as SetMqttProtocols, SetServerName as SetMqttServerName, SetUser, SetUsername,
    Subscribe, Unsubscribe, Will,
};
use super::command::net::{
    Authentication, Close, Connect, CreateServer, DeleteServer, Family, GetLengths, GetLinks, Link,
    Links, OpenDatagram, PeerMode, PingWith, Port, Protocol, Receive, ReceiveMode, Resolve, Send,
    SendTo, SetCertificates, SetIpv6, SetMultiple, SetNameServers, SetProtocols, SetPsk,
    SetReceiveMode, SetSenderInfo, SetServerName, SetTcpOptions, SetTimeServers, TimeZone, single,
};
use super::command::wifi::{
    Columns, CountryPolicy, Dhcp, GetAddresses, GetClients, GetSoftApAddresses, GetState, Join,
    Leave, LeaveAnd, Mode, ScanFor, ScanType, Securities, SetCountry, SetDhcp, SetDhcpServer,
    SetHostName, SetMode, SetScanOptions, SetSoftAp, SetSoftApAddress, SetStationAddress, SetWps,
    SoftApSecurity,
};
use super::{Secret, St67, Text};
use crate::driver::dialect::{
    About, AccessPoint, Certificates, Datagrams, Joining, MqttClient, Ping, Power, Scanner,
    Secured, Server, Station, Streams, Time,
};
use crate::driver::recorder::{told, written};
use crate::value::{
    AccessPointConfig, FixedAddress, JoinOptions, Leases, Mac, MqttConfig, MqttWill, PingOptions,
    PowerSave, Psk, Qos, Ranged, ScanOptions, Security, Switch, TlsConfig,
};

fn all(commands: &[String]) -> String {
    commands.concat()
}

fn link(n: u32) -> Link {
    Link::new(n).unwrap()
}

fn port(remote: SocketAddr) -> Port {
    Port::new(remote.port()).unwrap()
}

fn remote() -> impl Strategy<Value = SocketAddr> {
    (any::<core::net::IpAddr>(), 1..=u16::MAX).prop_map(SocketAddr::from)
}

/// Text that every rule and every line can carry.
fn name(longest: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec("[ -~]", 1..=longest).prop_map(|chars| chars.concat())
}

fn connect(protocol: Protocol, remote: SocketAddr) -> Connect<'static> {
    Connect {
        link: link(0),
        protocol,
        host: remote.ip().into(),
        remote_port: port(remote),
        keep_alive_s: None,
        local_ip: None,
        timeout_ms: Some(Ranged::constant::<10000>()),
    }
}

#[test]
fn the_settings() {
    let (on, mode) = (Switch::On, ReceiveMode::Passive);
    let set_up = [
        written(&EchoOff),
        written(&SetStore { store: Switch::Off }),
        written(&SetErrorCodes { codes: on }),
        written(&SetMultiple { multiple: on }),
        written(&SetReceiveMode { mode }),
        written(&SetSenderInfo { shown: on }),
    ];
    assert_eq!(
        told::<St67>(|module, _| St67::set_up(module).unwrap()),
        all(&set_up)
    );
    assert_eq!(
        super::station::CLOSE_ALL,
        written(&Close { link: Links::MAX })
    );
    assert_eq!(super::station::CLOSE_SINGLE, written(&single::Close));
}

#[test]
fn keep_alive() {
    let set = (0..5).map(|n| SetTcpOptions {
        link: Links::new(n).unwrap(),
        linger_s: None,
        no_delay: None,
        send_timeout_ms: None,
        keep_alive_s: Some(Ranged::constant::<75>()),
    });
    let expected: Vec<String> = set.map(|set| written(&set)).collect();
    let told = told::<St67>(|module, _| St67::set_keep_alive(module, 75).unwrap());
    assert_eq!(told, all(&expected));
}

#[test]
fn questions_about_the_station_and_links() {
    assert_eq!(
        told::<St67>(|module, _| St67::leave(module).unwrap()),
        written(&Leave)
    );
    assert!(
        told::<St67>(|module, _| {
            let _ = St67::address(module);
        })
        .starts_with(&written(&GetAddresses))
    );
    assert_eq!(
        told::<St67>(|module, _| {
            let _ = St67::reconcile(module);
        }),
        all(&[written(&GetLinks), written(&GetLengths)])
    );
}

#[test]
fn a_session_with_a_broker() {
    let tls = TlsConfig::new()
        .with_ca("ca.pem")
        .with_certificate("own.pem", "own.key")
        .with_server_name("broker.example")
        .with_alpn(&["mqtt", "x-amzn"]);
    let will = MqttWill::new("last, will", b"gone").with_qos(Qos::ExactlyOnce);
    let config = MqttConfig::new("broker.example", 8883, "sensor \"17\"")
        .with_login("user", b"secret")
        .with_keep_alive_s(90)
        .with_kept_session()
        .with_will(will.retained())
        .with_tls(tls);
    let length = |n| Ranged::new(n).unwrap();
    // The recording module does not prompt for the login.
    let mut without = config;
    (without.username, without.password) = ("", b"");
    let told_of = told::<St67>(|module, _| {
        super::mqtt::configure(module, &without).unwrap();
        super::mqtt::compose_connect(module, &without);
        module.send_composed(1000).unwrap();
        St67::disconnect_mqtt(module).unwrap();
    });
    assert_eq!(told_of, session_in_structs());
    let told_of = told::<St67>(|module, _| {
        let _ = super::mqtt::configure(module, &config);
    });
    assert!(told_of.contains(&written(&SetUsername { length: length(4) })));
    assert_eq!(
        written(&SetPassword { length: length(6) }),
        "AT+MQTTPASSWORD=0,6\r\n"
    );
}

/// The same in structs.
fn session_in_structs() -> String {
    let files = Files {
        certificate: "own.pem",
        key: "own.key",
        ca: "ca.pem",
    };
    let user = SetUser::new(Scheme::TlsMutual, "sensor \"17\"", "", b"", Some(files)).unwrap();
    let will = Will {
        topic: "last, will",
        message: b"gone",
        qos: Qos::ExactlyOnce,
        retain: Switch::On,
    };
    let keep_alive = Ranged::new(90).unwrap();
    let connection = SetConnection::new(keep_alive, Switch::On, Some(will)).unwrap();
    let protocols = SetMqttProtocols {
        count: Ranged::new(2).unwrap(),
        first: Some(Text::new(b"mqtt").unwrap()),
        second: Some(Text::new(b"x-amzn").unwrap()),
        third: None,
        fourth: None,
        fifth: None,
    };
    let name = Text::new(b"broker.example").unwrap();
    let connect = ConnectMqtt {
        host: Text::new(b"broker.example").unwrap(),
        port: Port::new(8883).unwrap(),
        reconnect: Switch::Off,
    };
    [
        written(&user),
        written(&connection),
        written(&protocols),
        written(&SetMqttServerName { name }),
        written(&connect),
        written(&Clean),
    ]
    .concat()
}

#[test]
fn messages_and_topics() {
    let topic = Text::new(b"a, \"b\"").unwrap();
    let qos = Qos::AtLeastOnce;
    let told_of = told::<St67>(|module, _| {
        St67::subscribe(module, "a, \"b\"", qos).unwrap();
        St67::unsubscribe(module, "a, \"b\"").unwrap();
    });
    let expected = [
        written(&Subscribe { topic, qos }),
        written(&Unsubscribe { topic }),
    ];
    assert_eq!(told_of, expected.concat());
    let told_of = told::<St67>(|module, _| {
        let memory = crate::MqttMemory::<St67, 64>::new();
        module.lend_messages(std::boxed::Box::leak(std::boxed::Box::new(memory)));
        let _ = St67::publish(module, "a, \"b\"", b"hello", qos, true);
    });
    let publish = PublishRaw {
        topic,
        length: Ranged::new(5).unwrap(),
        qos,
        retain: Switch::On,
    };
    assert!(told_of.starts_with(&written(&publish)), "{told_of}");
}

fn station() -> String {
    let auto_connect = Some(Switch::Off);
    written(&SetMode {
        mode: Mode::Station,
        auto_connect,
    })
}

#[test]
fn forgetting_and_versions() {
    let forget = written(&LeaveAnd { forget: Switch::On });
    assert_eq!(
        told::<St67>(|module, _| St67::forget(module).unwrap()),
        all(&[station(), forget])
    );
    assert_eq!(
        told::<St67>(|module, _| {
            let _ = St67::versions(module);
        }),
        written(&GetVersions)
    );
    // Nobody is joined, and so nobody is asked how the network is protected.
    assert!(
        told::<St67>(|module, _| assert_eq!(St67::station(module), Ok(None))).contains("CWJAP?")
    );
    assert_eq!(written(&GetState), "AT+CWSTATE?\r\n");
}

/// The addresses of [`JoinOptions`], as structs.
fn addressed(fixed: FixedAddress, dns: [Option<Ipv4Addr>; 2]) -> String {
    let [first, second] = dns.map(|server| server.map(Into::into));
    all(&[
        written(&SetStationAddress {
            ip: fixed.ip,
            gateway: Some(fixed.gateway),
            netmask: Some(fixed.netmask),
            dns: None,
        }),
        written(&SetNameServers {
            manual: Switch::On,
            first,
            second,
            third: None,
        }),
    ])
}

fn by_dhcp() -> String {
    all(&[
        written(&SetDhcp {
            operate: Switch::On,
            dhcp: Dhcp::STATION,
        }),
        written(&SetNameServers {
            manual: Switch::Off,
            first: None,
            second: None,
            third: None,
        }),
    ])
}

#[test]
fn the_access_point_and_the_button() {
    let stop = SetMode {
        mode: Mode::Station,
        auto_connect: Some(Switch::Off),
    };
    assert_eq!(
        told::<St67>(|module, _| {
            St67::stop_access_point(module).unwrap();
            St67::clients(module, &mut |_| {}).unwrap();
        }),
        all(&[written(&stop), written(&GetClients)])
    );
    let told = told::<St67>(|module, _| {
        let _ = super::wps::join(module, 1);
    });
    let button = SetWps {
        enable: Switch::On,
        floor: None,
    };
    assert!(told.contains(&written(&button)), "{told}");
}

proptest! {
    #[test]
    fn joining_with_options(
        ssid in name(32),
        password in name(63),
        host in name(32),
        country in name(3),
        bssid: Option<[u8; 6]>,
        addresses: Option<([Ipv4Addr; 4], Option<Ipv4Addr>)>,
        is_wep: bool,
    ) {
        let mut options = JoinOptions::new(ssid.as_bytes(), password.as_bytes())
            .with_host_name(&host)
            .with_country(&country)
            .with_ipv6();
        let text = (Text::new(ssid.as_bytes()), Secret::new(password.as_bytes()));
        let (Ok(ssid), Ok(password)) = text else { return Ok(()) };
        options.bssid = bssid.map(Mac);
        options.security = is_wep.then_some(Security::Wep);
        let expected_addresses = match addresses {
            None => by_dhcp(),
            Some(([ip, netmask, gateway, first], second)) => {
                let fixed = FixedAddress { ip, netmask, gateway };
                options = options.with_address(fixed).with_dns(first, second);
                addressed(fixed, options.dns)
            }
        };
        let join = Join {
            bssid: bssid.map(Mac),
            wep: is_wep.then_some(Switch::On),
            ..Join::new(ssid, password)
        };
        let expected = all(&[
            station(),
            written(&Leave),
            written(&SetCountry {
                policy: CountryPolicy::Fixed,
                code: Text::new(country.as_bytes()).unwrap(),
            }),
            written(&SetHostName { name: Text::new(host.as_bytes()).unwrap() }),
            written(&SetIpv6 { ipv6: Switch::On }),
            expected_addresses,
            written(&join),
        ]);
        let is_short = options.password.len() < 8 && !is_wep;
        let told = told::<St67>(|module, _| { let _ = St67::join_with(module, &options); });
        prop_assert_eq!(told, if is_short { String::new() } else { expected });
    }

    #[test]
    fn being_an_access_point(
        ssid in name(32),
        password in name(64),
        channel in 1..=13_u8,
        clients in 1..=4_u8,
        is_hidden: bool,
        ips: [Ipv4Addr; 4],
        minutes in 1..=2880_u16,
    ) {
        let text = (Text::new(ssid.as_bytes()), Secret::new(password.as_bytes()));
        let (Ok(name), Ok(secret)) = text else { return Ok(()) };
        let [ip, netmask, first, last] = ips;
        let commands = [
            written(&SetMode { mode: Mode::Both, auto_connect: Some(Switch::Off) }),
            written(&SetSoftAp {
                ssid: name,
                password: secret,
                channel: Ranged::new(channel).unwrap(),
                security: SoftApSecurity::Wpa2,
                stations: Some(Ranged::new(clients).unwrap()),
                hidden: Some(if is_hidden { Switch::On } else { Switch::Off }),
            }),
            written(&SetSoftApAddress { ip, gateway: Some(ip), netmask: Some(netmask) }),
            written(&SetDhcp { operate: Switch::On, dhcp: Dhcp::SOFT_AP }),
            written(&SetDhcpServer::range(Ranged::new(minutes).unwrap(), first, last)),
            written(&GetSoftApAddresses),
        ];
        let config = AccessPointConfig::new(ssid.as_bytes(), password.as_bytes())
            .with_channel(channel)
            .with_clients(clients)
            .with_address(ip, netmask)
            .with_leases(Leases { first, last, minutes });
        let config = if is_hidden { config.hidden() } else { config };
        let told = told::<St67>(|module, _| {
            let _ = St67::start_access_point(module, &config, Security::Wpa2);
        });
        prop_assert_eq!(told, all(&commands));
    }

    #[test]
    fn joining(ssid in name(32), password in name(64)) {
        let mode = SetMode { mode: Mode::Station, auto_connect: Some(Switch::Off) };
        let text = (Text::new(ssid.as_bytes()), Secret::new(password.as_bytes()));
        let (Ok(name), Ok(secret)) = text else { return Ok(()) };
        let expected = all(&[written(&mode), written(&Join::new(name, secret))]);
        let told = told::<St67>(|module, _| { let _ = St67::join(module, ssid.as_bytes(), password.as_bytes()); });
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn names(host in name(127), is_v6: bool) {
        let Ok(text) = Text::new(host.as_bytes()) else { return Ok(()) };
        let (kind, family) = match is_v6 {
            true => (AddrType::IPv6, Family::Ipv6),
            false => (AddrType::IPv4, Family::Ipv4),
        };
        let told = told::<St67>(|module, _| { let _ = St67::resolve(module, &host, kind); });
        prop_assert_eq!(told, written(&Resolve { name: text, family }));
    }

    #[test]
    fn connections(remote in remote()) {
        let protocol = match remote {
            SocketAddr::V4(_) => Protocol::Tcp,
            SocketAddr::V6(_) => Protocol::TcpV6,
        };
        let told = told::<St67>(|module, socket| St67::connect(module, socket, remote).unwrap());
        prop_assert_eq!(told, written(&connect(protocol, remote)));
    }

    #[test]
    fn payload(n in 0..5_u32, length in 1..=6144_usize, to in remote()) {
        let payload = vec![b'x'; length];
        let size = Ranged::new(length as u32).unwrap();
        let told_send = told::<St67>(|module, _| { let _ = St67::send(module, n, &payload); });
        prop_assert_eq!(told_send, written(&Send { link: link(n), length: size }));
        let told_to = told::<St67>(|module, _| { let _ = St67::send_to(module, n, to, &payload); });
        let (host, remote_port) = (to.ip().into(), port(to));
        let send_to = SendTo { link: link(n), length: size, host, remote_port };
        prop_assert_eq!(told_to, written(&send_to));
        let mut into = vec![0; length];
        let told_receive = told::<St67>(|module, _| { let _ = St67::receive(module, n, length, &mut into); });
        let length = Ranged::new(length as u32).unwrap();
        prop_assert_eq!(told_receive, written(&Receive { link: link(n), length }));
        let told_close = told::<St67>(|module, _| St67::close(module, n).unwrap());
        prop_assert_eq!(told_close, written(&Close { link: Ranged::new(n).unwrap() }));
    }

    #[test]
    fn datagrams_and_servers(remote in remote(), local: u16) {
        let protocol = match remote {
            SocketAddr::V4(_) => Protocol::Udp,
            SocketAddr::V6(_) => Protocol::UdpV6,
        };
        let open = OpenDatagram {
            link: link(0),
            protocol,
            host: remote.ip().into(),
            remote_port: port(remote),
            local_port: Some(0),
            mode: Some(PeerMode::Always),
        };
        let told_open = told::<St67>(|module, socket| St67::exchange(module, socket, remote).unwrap());
        prop_assert_eq!(told_open, written(&open));
        let Ok(port) = Port::new(local) else { return Ok(()) };
        let create = CreateServer { port, protocol: None, ca: None, keep_alive_s: None };
        let told_listen = told::<St67>(|module, socket| {
            St67::listen(module, socket, local).unwrap();
            St67::close_listener(module, 0xff).unwrap();
        });
        let delete = DeleteServer { close: Switch::Off };
        prop_assert_eq!(told_listen, all(&[written(&create), written(&delete)]));
    }

    #[test]
    fn tls(
        files in [name(31), name(31), name(31)],
        server in name(64),
        protocols in proptest::collection::vec(name(15), 0..=5),
        key in name(31),
    ) {
        let remote = SocketAddr::from(([10, 0, 0, 7], 443));
        let alpn: Vec<&str> = protocols.iter().map(String::as_str).collect();
        let [ca, certificate, private] = &files;
        let config = TlsConfig::new()
            .with_vouched_ca(ca)
            .with_certificate(certificate, private)
            .with_server_name(&server)
            .with_alpn(&alpn)
            .with_psk(Psk { identity: &files[0], key: key.as_bytes() });
        let text = |text: &String| text.clone();
        let (ca, certificate, private) = (text(ca), text(certificate), text(private));
        let protocol = |n: usize| alpn.get(n).map(|name| Text::new(name.as_bytes()).unwrap());
        let expected = all(&[
            written(&SetCertificates {
                link: link(0),
                authentication: Authentication::Both,
                certificate: Some(Text::new(certificate.as_bytes()).unwrap()),
                key: Some(Text::new(private.as_bytes()).unwrap()),
                ca: Some(Text::new(ca.as_bytes()).unwrap()),
            }),
            written(&SetServerName { link: link(0), name: Text::new(server.as_bytes()).unwrap() }),
            written(&SetProtocols {
                link: link(0),
                count: Ranged::new(alpn.len() as u32).unwrap(),
                first: protocol(0),
                second: protocol(1),
                third: protocol(2),
                fourth: protocol(3),
                fifth: protocol(4),
            }),
            written(&SetPsk {
                link: link(0),
                key: Secret::new(key.as_bytes()).unwrap(),
                identity: Text::new(ca.as_bytes()).unwrap(),
            }),
            written(&connect(Protocol::Ssl, remote)),
        ]);
        let told = told::<St67>(|module, socket| {
            St67::connect_tls(module, socket, remote, &config).unwrap();
        });
        prop_assert_eq!(told, expected);
    }
}

proptest! {
    #[test]
    fn scans(ssid in proptest::option::of(name(32)), channel in 1..=14_u8, dwell in 1..=1500_u16, weakest in -100..=-1_i8) {
        let text = ssid.as_ref().map(|ssid| Text::new(ssid.as_bytes()).ok());
        if text == Some(None) {
            return Ok(());
        }
        let options = SetScanOptions {
            sort: Switch::On,
            columns: Columns::from_bits(1695),
            rssi_min: Some(Ranged::new(weakest).unwrap()),
            securities: Some(Securities::from_bits(255)),
            count: Some(Ranged::constant::<50>()),
        };
        let dwell_ms = Some(Ranged::new(dwell).unwrap());
        let scan = ScanFor {
            scan: ScanType::Passive,
            ssid: text.flatten(),
            bssid: None,
            channel: Some(Ranged::new(channel).unwrap()),
            time_min_ms: dwell_ms,
            time_max_ms: dwell_ms,
        };
        let mut asked = ScanOptions::new().passive().with_channel(channel).with_dwell_ms(dwell).with_min_rssi(weakest);
        asked.ssid = ssid.as_ref().map(|ssid| ssid.as_bytes());
        let told = told::<St67>(|module, _| { let _ = St67::scan(module, &asked, 1, &mut |_| {}); });
        prop_assert_eq!(told, all(&[written(&options), written(&scan)]));
    }

    #[test]
    fn echoes_and_time(address: core::net::IpAddr, length in 1..=65534_u16, server in name(64)) {
        let options = PingOptions::new().with_length(length);
        let told_ping = told::<St67>(|module, _| { let _ = St67::ping(module, address, &options); });
        let mut host = String::new();
        crate::value::ip::write(address, &mut |byte| host.push(byte.into()));
        let ping = PingWith {
            host: Text::new(host.trim_matches('"').as_bytes()).unwrap(),
            length: Some(Ranged::new(length).unwrap()),
            count: Some(Ranged::constant::<1>()),
            interval_ms: None,
        };
        prop_assert_eq!(told_ping, written(&ping));
        let utc = TimeZone::from_minutes(0).unwrap();
        let Ok(servers) = SetTimeServers::new(Switch::On, utc, &[&server]) else { return Ok(()) };
        let told_time = told::<St67>(|module, _| { let _ = St67::set_time_servers(module, &[&server]); });
        prop_assert_eq!(told_time, written(&servers));
    }
}

#[test]
fn power_save_and_target_wake_times() {
    let pin = SetWakePin {
        pin: WakePin::Gpio28,
        trigger: WakeTrigger::High,
    };
    let standby = |broadcasts| SetPowerMode {
        mode: PowerMode::Standby,
        broadcasts,
    };
    let normal = SetPowerMode {
        mode: PowerMode::Normal,
        broadcasts: None,
    };
    let save = PowerSave::new();
    let told_saving = told::<St67>(|module, _| {
        St67::start_power_save(module, &save).unwrap();
        let save = save.with_dtim(200).with_broadcasts();
        St67::start_power_save(module, &save).unwrap();
        St67::stop_power_save(module).unwrap();
    });
    let expected = [
        written(&pin),
        written(&ClearWakeDtim),
        written(&standby(None)),
        written(&pin),
        written(&SetWakeDtim { dtim: 200 }),
        written(&standby(Some(Switch::On))),
        written(&normal),
    ];
    // Behind the settings.
    assert!(told_saving.ends_with(&all(&expected)), "{told_saving}");
    let times = SetTwt {
        setup: TwtSetup::Demand,
        flow: TwtFlow::Unannounced,
        exponent: Ranged::constant::<7>(),
        duration: 128,
        mantissa: 64_000,
    };
    let told_times = told::<St67>(|module, _| {
        let interval = Duration::from_millis(8192);
        let awake = Duration::from_micros(32_768);
        module.start_twt(TwtSetup::Demand, interval, awake).unwrap();
        module.end_twt().unwrap();
    });
    let expected = [
        written(&pin),
        written(&times),
        written(&SleepTwt),
        written(&EndTwt::all()),
    ];
    assert!(told_times.ends_with(&all(&expected)), "{told_times}");
}

#[test]
fn files() {
    const NAME: &str = "ca, \"1\"";
    let name = Text::new(NAME.as_bytes()).unwrap();
    let size = told::<St67>(|module, _| {
        let _ = super::files::size(module, NAME);
    });
    assert_eq!(size, written(&GetFileSize { name }));
    let created = told::<St67>(|module, _| super::files::create(module, NAME).unwrap());
    assert_eq!(created, written(&CreateFile { name }));
    let first = told::<St67>(|module, _| {
        let _ = St67::has_certificate(module, NAME);
    });
    let (offset, length) = (0, 1);
    assert_eq!(
        first,
        written(&ReadFile {
            name,
            offset,
            length
        })
    );
    let wrote = told::<St67>(|module, _| {
        let _ = super::files::write(module, NAME, 7, b"abc");
    });
    let (offset, length) = (7, 3);
    assert!(wrote.starts_with(&written(&WriteFile {
        name,
        offset,
        length
    })));
    let listed = told::<St67>(|module, _| St67::certificates(module, &mut |_| {}).unwrap());
    let directory = Text::new(b".").unwrap();
    assert_eq!(listed, written(&GetFiles { directory }));
}
