//! The templates of the sequences write what the structs of `command` do.

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::string::String;
use std::vec;

use embedded_nal::AddrType;
use proptest::prelude::*;

use super::command::Channel;
use super::command::general::{
    Certificate, GetModel, GetRevision, LoadCertificate, ReadCertificate, SetEcho,
};
use super::command::mqtt::{
    CleanSession, ConfigureMqtt, ConnectMqtt, DisconnectMqtt, GetMqttConnection, MqttParameter,
    Publish, Subscribe, Unsubscribe,
};
use super::command::network::{
    Close, ConfigureTls, Connect, GetSockets, JoinGroup, Open, Ping as SendEcho, Protocol, Receive,
    RecordType, Resolve, SendText, SendTextTo, TlsParameter,
};
use super::command::scanning::{ConfigureScan, ScanActively, ScanParameter, ScanPassively};
use super::command::wlan::{
    AccessPointParameter, AccessPointSecurity, ConfigureAccessPoint, ConfigureProvisioning,
    ConfigureStation, GetStation, GetStationParameters, ProvisioningParameter, Security,
    SetAccessPoint, SetProvisioning, SetStation, StationParameter, StationParameterId,
};
use super::{Microchip, Secret, Text};
use crate::driver::dialect::{
    About, AccessPoint, Certificates, Datagrams, Joining, MqttClient, Ping, Provisioner, Scanner,
    Server, Station, Streams, Time,
};
use crate::driver::recorder::{told, written};
use crate::value::{
    self, AccessPointConfig, FixedAddress, JoinOptions, MqttConfig, PingOptions, Qos, Ranged,
    ScanOptions, Switch,
};

/// Text that every rule and every line can carry.
fn name(longest: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec("[ -~]", 1..=longest).prop_map(|chars| chars.concat())
}

fn remote() -> impl Strategy<Value = SocketAddrV4> {
    (any::<Ipv4Addr>(), 1..=u16::MAX).prop_map(|(ip, port)| SocketAddrV4::new(ip, port))
}

#[test]
fn the_settings() {
    let set_up = [
        written(&SetEcho { echo: Switch::Off }),
        written(&GetSockets),
    ];
    assert_eq!(
        told::<Microchip>(|module, _| Microchip::set_up(module).unwrap()),
        set_up.concat()
    );
    for (protocol, opening) in [(Protocol::Tcp, true), (Protocol::Udp, false)] {
        let told = told::<Microchip>(|module, socket| match opening {
            true => {
                let _ = Microchip::listen(module, socket, 80);
            }
            false => {
                let _ = Microchip::bind(module, socket, 80);
            }
        });
        assert_eq!(told, written(&Open { protocol }));
    }
}

#[test]
fn questions() {
    assert_eq!(
        told::<Microchip>(|module, _| {
            let _ = Microchip::versions(module);
        }),
        written(&GetRevision)
    );
    assert_eq!(written(&GetModel), "AT+GMM\r\n");
    let asked = told::<Microchip>(|module, _| {
        let _ = Microchip::station(module);
    });
    assert_eq!(asked, written(&GetStation));
    for (number, id) in [
        (5, StationParameterId::Bssid),
        (4, StationParameterId::Channel),
    ] {
        let asked = told::<Microchip>(|module, _| {
            super::join::ask(module, number, &mut |_| {}).unwrap();
        });
        assert_eq!(
            asked,
            written(&GetStationParameters {
                parameter: Some(id)
            })
        );
    }
}

#[test]
fn a_session_with_a_broker() {
    let config = MqttConfig::new("broker.example", 1883, "sensor \"17\"").with_login("user", b"");
    let parameters = [
        MqttParameter::Broker(Text::new(b"broker.example").unwrap()),
        MqttParameter::ClientId(Text::new(b"sensor \"17\"").unwrap()),
        MqttParameter::Username(Text::new(b"user").unwrap()),
        MqttParameter::Port(Ranged::new(1883).unwrap()),
        MqttParameter::KeepAliveS(60),
        MqttParameter::TlsIndex(Ranged::new(0).unwrap()),
    ];
    let set = parameters.map(|parameter| written(&ConfigureMqtt { parameter }));
    assert_eq!(
        told::<Microchip>(|module, _| super::mqtt::configure(module, &config).unwrap()),
        set.concat()
    );
    let clean = CleanSession::Yes;
    assert_eq!(written(&ConnectMqtt { clean }), "AT+MQTTCONN=1\r\n");
    assert_eq!(
        told::<Microchip>(|module, _| {
            let _ = Microchip::has_mqtt(module);
        }),
        written(&GetMqttConnection)
    );
}

#[test]
fn messages_and_topics() {
    let (qos, topic) = (Qos::AtLeastOnce, Text::new(b"a, \"b\"").unwrap());
    let told_of = told::<Microchip>(|module, _| {
        let memory = crate::MqttMemory::<Microchip, 64>::new();
        module.lend_messages(std::boxed::Box::leak(std::boxed::Box::new(memory)));
        let publish = Microchip::publish(module, "a, \"b\"", b"hello", Qos::AtMostOnce, true);
        publish.unwrap();
        let _ = Microchip::subscribe(module, "a, \"b\"", qos);
    });
    let publish = Publish::new(b"a, \"b\"", b"hello").unwrap().retained();
    let subscribe = Subscribe {
        topic,
        max_qos: qos,
    };
    assert!(told_of.starts_with(&[written(&publish), written(&subscribe)].concat()));
    for (ending, expected) in [
        (true, written(&DisconnectMqtt { reason: None })),
        (false, written(&Unsubscribe { topic })),
    ] {
        let told_of = told::<Microchip>(|module, _| {
            let memory = crate::MqttMemory::<Microchip, 64>::new();
            module.lend_messages(std::boxed::Box::leak(std::boxed::Box::new(memory)));
            let _ = match ending {
                true => Microchip::disconnect_mqtt(module),
                false => Microchip::unsubscribe(module, "a, \"b\"").map(drop),
            };
        });
        assert!(told_of.starts_with(&expected), "{told_of}");
    }
}

/// What [`JoinOptions`] say of addresses, as structs.
fn addressed(addresses: Option<[Ipv4Addr; 5]>) -> String {
    let set = |parameter| written(&ConfigureStation { parameter });
    let Some([ip, netmask, gateway, first, second]) = addresses else {
        return set(StationParameter::Dhcp(Switch::On));
    };
    [
        StationParameter::Address(ip),
        StationParameter::Netmask(netmask),
        StationParameter::Gateway(gateway),
        StationParameter::Dns1(first),
        StationParameter::Dns2(second),
        StationParameter::Dhcp(Switch::Off),
    ]
    .map(set)
    .concat()
}

proptest! {
    #[test]
    fn joining_with_options(
        ssid in name(32),
        password in "[ -~]{8,63}",
        channel in proptest::option::of(1..=14_u8),
        addresses: Option<[Ipv4Addr; 5]>,
        is_wpa3: bool,
    ) {
        let mut options = JoinOptions::new(ssid.as_bytes(), password.as_bytes());
        options.channel = channel;
        let mut security = Security::WpaWpa2;
        if is_wpa3 {
            options = options.with_security(value::Security::Wpa3);
            security = Security::Wpa3;
        }
        if let Some([ip, netmask, gateway, first, second]) = addresses {
            options = options
                .with_address(FixedAddress { ip, netmask, gateway })
                .with_dns(first, Some(second));
        }
        let text = (Text::new(ssid.as_bytes()), Secret::new(password.as_bytes()));
        let (Ok(name), Ok(secret)) = text else { return Ok(()) };
        let channel = channel.map_or(Channel::ANY, |channel| Channel::new(channel).unwrap());
        let parameters = [
            StationParameter::Ssid(name),
            StationParameter::Security(security),
            StationParameter::Credentials(secret),
            StationParameter::Channel(channel),
        ];
        let mut expected: String = parameters
            .map(|parameter| written(&ConfigureStation { parameter }))
            .concat();
        expected += &addressed(addresses);
        expected += &written(&SetStation { station: Switch::On, timeout_ms: Some(18000) });
        let told = told::<Microchip>(|module, _| { let _ = Microchip::join_with(module, &options); });
        prop_assert!(told.starts_with(&expected), "{} {}", told, expected);
    }

    #[test]
    fn being_an_access_point(
        ssid in name(32),
        password in name(64),
        channel in 1..=13_u8,
        is_hidden: bool,
    ) {
        let text = (Text::new(ssid.as_bytes()), Secret::new(password.as_bytes()));
        let (Ok(name), Ok(secret)) = text else { return Ok(()) };
        let hidden = if is_hidden { Switch::On } else { Switch::Off };
        let configured: String = [
            AccessPointParameter::Ssid(name),
            AccessPointParameter::Security(AccessPointSecurity::Wpa2),
            AccessPointParameter::Credentials(secret),
            AccessPointParameter::Channel(Ranged::new(channel).unwrap()),
            AccessPointParameter::Hidden(hidden),
        ]
        .map(|parameter| written(&ConfigureAccessPoint { parameter }))
        .concat();
        let config = AccessPointConfig::new(ssid.as_bytes(), password.as_bytes())
            .with_channel(channel);
        let config = if is_hidden { config.hidden() } else { config };
        let started = told::<Microchip>(|module, _| {
            Microchip::start_access_point(module, &config, value::Security::Wpa2).unwrap();
            Microchip::stop_access_point(module).unwrap();
        });
        let switch = |access_point| written(&SetAccessPoint { access_point });
        prop_assert_eq!(
            started,
            configured.clone() + &switch(Switch::On) + &switch(Switch::Off)
        );

        let port = ProvisioningParameter::Port(Ranged::new(7777).unwrap());
        let switch = |provisioning| written(&SetProvisioning { provisioning });
        let cleared = [
            StationParameter::Ssid(Text::new(b"").unwrap()),
            StationParameter::Security(Security::Open),
            StationParameter::Credentials(Secret::new(b"").unwrap()),
        ]
        .map(|parameter| written(&ConfigureStation { parameter }))
        .concat();
        let provisioned = told::<Microchip>(|module, _| {
            let security = value::Security::Wpa2;
            let told = Microchip::provision(module, &config, security, 1000, &mut || false);
            assert_eq!(told, Ok(None));
        });
        let expected = configured
            + &cleared
            + &written(&ConfigureProvisioning { parameter: port })
            + &switch(Switch::On)
            + &switch(Switch::Off);
        prop_assert_eq!(provisioned, expected);
    }

    #[test]
    fn joining(ssid in name(32), password in name(128)) {
        let text = (Text::new(ssid.as_bytes()), Secret::new(password.as_bytes()));
        let (Ok(name), Ok(secret)) = text else { return Ok(()) };
        let parameters = [
            StationParameter::Ssid(name),
            StationParameter::Security(Security::WpaWpa2),
            StationParameter::Credentials(secret),
        ];
        let mut expected: String = parameters
            .map(|parameter| written(&ConfigureStation { parameter }))
            .concat();
        expected += &written(&SetStation { station: Switch::On, timeout_ms: Some(18000) });
        let told = told::<Microchip>(|module, _| {
            { let _ = Microchip::join(module, ssid.as_bytes(), password.as_bytes()); }
        });
        prop_assert!(told.starts_with(&expected), "{} {}", told, expected);
    }

    #[test]
    fn names(host in name(63)) {
        let Ok(name) = Text::new(host.as_bytes()) else { return Ok(()) };
        let told = told::<Microchip>(|module, _| {
            { let _ = Microchip::resolve(module, &host, AddrType::IPv4); }
        });
        prop_assert_eq!(told, written(&Resolve { record: RecordType::A, name }));
    }

    #[test]
    fn sending(socket: u32, payload in proptest::collection::vec(any::<u8>(), 1..=99)) {
        let told_send = told::<Microchip>(|module, _| { let _ = Microchip::send(module, socket, &payload); });
        prop_assert_eq!(told_send, written(&SendText::new(socket, &payload).unwrap()));
    }

    #[test]
    fn receiving_and_closing(socket: u32, length in 1..=2048_usize) {
        let mut into = vec![0; length];
        let told_receive = told::<Microchip>(|module, _| {
            { let _ = Microchip::receive(module, socket, length, &mut into); }
        });
        let length = Ranged::new(length as u32).unwrap();
        prop_assert_eq!(told_receive, written(&Receive::new(socket, length)));
        let told_close = told::<Microchip>(|module, _| Microchip::close(module, socket).unwrap());
        prop_assert_eq!(told_close, written(&Close { socket }));
    }

    #[test]
    fn addresses(socket: u32, to in remote(), data in name(100)) {
        let (remote_ip, remote_port) = (*to.ip(), to.port());
        let composed = |template| {
            told::<Microchip>(|module, _| {
                super::stream::compose_remote(module, template, socket, to);
                module.send_composed(1).unwrap();
            })
        };
        prop_assert_eq!(
            composed("AT+SOCKBR=#,"),
            written(&Connect { socket, remote_ip, remote_port })
        );
        prop_assert_eq!(
            composed("AT+SOCKBM=#,"),
            written(&JoinGroup { socket, group: remote_ip, port: remote_port })
        );
        let Ok(text) = SendTextTo::new(socket, to, data.as_bytes()) else { return Ok(()) };
        let told = told::<Microchip>(|module, handle| {
            let slot = module.session().sockets.slot(handle).unwrap();
            slot.open_datagram(socket);
            slot.destination = Some(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
            Microchip::send_to(module, socket, SocketAddr::V4(to), data.as_bytes()).unwrap();
        });
        prop_assert_eq!(told, written(&text));
    }

    #[test]
    fn tls(value in name(32), server in name(32)) {
        let index = Ranged::constant::<1>();
        let (Ok(key), Ok(server_name)) = (Text::new(value.as_bytes()), Text::new(server.as_bytes()))
        else { return Ok(()) };
        for (parameter, number, text) in [
            (TlsParameter::Key(key), 3, &value),
            (TlsParameter::ServerName(server_name), 5, &server),
        ] {
            let told = told::<Microchip>(|module, _| {
                super::tls::compose(module, (number, text, 32));
                module.send_composed(1).unwrap();
            });
            prop_assert_eq!(told, written(&ConfigureTls { index, parameter }));
        }
    }
}

proptest! {
    #[test]
    fn scans(ssid in proptest::option::of(name(32)), channel in 1..=13_u8, dwell in 1..=u16::MAX, is_passive: bool) {
        let text = ssid.as_ref().map(|ssid| Text::new(ssid.as_bytes()).ok());
        if text == Some(None) {
            return Ok(());
        }
        let ssid_asked = text.flatten();
        let wire_channel = Channel::new(channel).unwrap();
        let (parameter, scan) = match is_passive {
            false => (
                ScanParameter::ActiveMs(dwell),
                written(&ScanActively { channel: wire_channel, ssid: ssid_asked }),
            ),
            true => (
                ScanParameter::PassiveMs(dwell),
                written(&ScanPassively { channel: wire_channel, ssid: ssid_asked }),
            ),
        };
        let mut asked = ScanOptions::new().with_channel(channel).with_dwell_ms(dwell);
        asked.is_passive = is_passive;
        asked.ssid = ssid.as_ref().map(|ssid| ssid.as_bytes());
        let told = told::<Microchip>(|module, _| {
            let _ = Microchip::scan(module, &asked, 1, &mut |_| {});
        });
        prop_assert_eq!(told, written(&ConfigureScan { parameter }) + &scan);
    }

    #[test]
    fn echoes_and_time(address: Ipv4Addr, server in name(128)) {
        let told_ping = told::<Microchip>(|module, _| {
            let _ = Microchip::ping(module, address.into(), &PingOptions::new());
        });
        let host = std::format!("{address}");
        let target = Text::new(host.as_bytes()).unwrap();
        prop_assert_eq!(told_ping, written(&SendEcho { target, version: None }));
        let Ok(name) = Text::new(server.as_bytes()) else { return Ok(()) };
        let parameters = [
            StationParameter::NtpServer(name),
            StationParameter::NtpStatic(Switch::On),
            StationParameter::NtpClient(Switch::On),
        ];
        let expected: String = parameters
            .map(|parameter| written(&ConfigureStation { parameter }))
            .concat();
        let told_time = told::<Microchip>(|module, _| {
            Microchip::set_time_servers(module, &[&server]).unwrap();
        });
        prop_assert_eq!(told_time, expected);
    }
}

#[test]
fn certificates() {
    let told = told::<Microchip>(|module, _| {
        let _ = Microchip::load_certificate(module, "ca \"1\"", b"0");
    });
    let load = LoadCertificate {
        length: Ranged::constant::<1>(),
        name: Text::new(b"ca \"1\"").unwrap(),
    };
    assert!(told.starts_with(&written(&load)), "{told}");
    let certificate = Certificate::Loaded;
    assert_eq!(
        written(&ReadCertificate { certificate }),
        super::certificates::READ
    );
}
