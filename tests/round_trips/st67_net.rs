//! Chapter 4, "TCP/IP AT commands".

use std::net::IpAddr;

use atat::AtatCmd;
use atwifi::st67::command::net::*;
use atwifi::st67::{Secret, St67, Text};
use atwifi::{Ranged, Switch};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{each, set_then_query};
use crate::common::Driver;

#[test]
fn switches() {
    each::<St67, _>(any::<[bool; 6]>(), |module, switches| {
        let [ipv6, links, wifi, shown, passive, multiple] = switches.map(Switch::from);
        let told = set_then_query(module, &SetIpv6 { ipv6 }, &GetIpv6);
        assert_eq!(told.ipv6, ipv6);
        let told = set_then_query(module, &SetLinkEvents { events: links }, &GetLinkEvents);
        assert_eq!(told.events, links);
        let told = set_then_query(module, &SetWifiEvents { events: wifi }, &GetWifiEvents);
        assert_eq!(told.events, wifi);
        let told = set_then_query(module, &SetSenderInfo { shown }, &GetSenderInfo);
        assert_eq!(Switch::from(told.is_shown), shown);
        let mode = match passive {
            Switch::Off => ReceiveMode::Active,
            Switch::On => ReceiveMode::Passive,
        };
        let told = set_then_query(module, &SetReceiveMode { mode }, &GetReceiveMode);
        assert_eq!(told.mode, mode);
        let told = set_then_query(module, &SetMultiple { multiple }, &GetMultiple);
        assert_eq!(told.multiple, multiple);
    });
}

#[test]
fn name_servers() {
    let servers = any::<[[u8; 4]; 3]>().prop_filter("addresses", |servers| {
        let usual = |ip: &[u8; 4]| (1..=223).contains(&ip[0]) && ip[0] != 127;
        servers.iter().all(usual)
    });
    each::<St67, _>(servers, |module, servers| {
        let [first, second, third] = servers.map(IpAddr::from);
        let set = SetNameServers {
            manual: Switch::On,
            first: Some(first.into()),
            second: Some(second.into()),
            third: Some(third.into()),
        };
        let told = set_then_query(module, &set, &GetNameServers);
        assert_eq!(told.manual, Switch::On);
        assert_eq!(told.servers, [first, second, third]);
    });
}

#[test]
fn numbers() {
    let ranges = (
        (0..=4_u8, 1..=65536_u32),
        (100..=65535_u32, 100..=2920_u32),
        (1..=5_u8, 0..=7200_u16),
        15..=4_294_967_u32,
        1..=36000_u32,
    );
    each::<St67, _>(ranges, |module, (buffer, long, server, time, again)| {
        let link = Ranged::new(buffer.0).unwrap();
        let bytes = Ranged::new(buffer.1).unwrap();
        let set = SetReceiveBuffer { link, bytes };
        let told = set_then_query(module, &set, &GetReceiveBuffer { link });
        assert_eq!(told.bytes, buffer.1);

        let set = SetSendLongConfig {
            report: Ranged::new(long.0).unwrap(),
            transmit: Some(Ranged::new(long.1).unwrap()),
        };
        let told = set_then_query(module, &set, &GetSendLongConfig);
        assert_eq!((told.report, told.transmit), long);

        let clients = Ranged::new(server.0).unwrap();
        let told = set_then_query(module, &SetServerLimit { clients }, &GetServerLimit);
        assert_eq!(told.clients, server.0);
        let timeout_s = Ranged::new(server.1).unwrap();
        let told = set_then_query(module, &SetServerTimeout { timeout_s }, &GetServerTimeout);
        assert_eq!(told.timeout_s, server.1);

        let interval_s = Ranged::new(time).unwrap();
        let told = set_then_query(module, &SetTimeInterval { interval_s }, &GetTimeInterval);
        assert_eq!(told.interval_s, time);

        let interval = Ranged::new(again).unwrap();
        let set = SetReconnectInterval { interval };
        let told = set_then_query(module, &set, &GetReconnectInterval);
        assert_eq!(told.interval, again);
    });
}

#[test]
fn time_servers() {
    let values = (any::<bool>(), -12..=14_i16, vec("[a-z.]{1,50}", 1..=3));
    each::<St67, _>(values, |module, (enabled, hours, names)| {
        let enabled = Switch::from(enabled);
        let zone = TimeZone::from_minutes(60 * hours).unwrap();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let set = SetTimeServers::new(enabled, zone, &names).unwrap();
        let told = set_then_query(module, &set, &GetTimeServers);
        assert_eq!(told.enabled, enabled);
        if enabled == Switch::On {
            assert_eq!(told.timezone, Some(i32::from(hours)));
            for (told, name) in told.servers.iter().zip(names) {
                assert_eq!(*told, name);
            }
        }
    });
}

#[test]
fn tls() {
    let name = || "[a-z0-9_.-]{1,31}";
    let values = (
        0..=4_u8,
        [name(), name(), name()],
        "[a-z0-9.-]{1,64}",
        vec("[a-z0-9/.]{1,15}", 0..=5),
        ("[!-~]{1,31}", vec(any::<u8>(), 1..=31), "[a-z0-9]{1,31}"),
    );
    each::<St67, _>(values, |module, (link, files, host, protocols, psk)| {
        let link = Ranged::new(link).unwrap();
        let [certificate, key, ca] = files.each_ref().map(|name| text(name));
        let set = SetCertificates {
            link,
            authentication: Authentication::Both,
            certificate: Some(certificate),
            key: Some(key),
            ca: Some(ca),
        };
        rows(module, &set, &GetCertificatesOf { link }, |line| {
            let row = CertificatesRow::parse(line).unwrap();
            assert_eq!(
                [row.certificate, row.key, row.ca],
                files.each_ref().map(|name| &name[..])
            );
            assert_eq!(row.authentication, Authentication::Both);
        });

        let set = SetServerName {
            link,
            name: text(&host),
        };
        rows(module, &set, &GetServerNameOf { link }, |line| {
            assert_eq!(ServerNameRow::parse(line).unwrap().name, host.as_bytes());
        });

        let protocol = |n: usize| protocols.get(n).map(|name| text(name));
        let set = SetProtocols {
            link,
            count: Ranged::new(protocols.len() as u8).unwrap(),
            first: protocol(0),
            second: protocol(1),
            third: protocol(2),
            fourth: protocol(3),
            fifth: protocol(4),
        };
        rows(module, &set, &GetProtocolsOf { link }, |line| {
            let row = ProtocolsRow::parse(line).unwrap();
            assert!(row.names().eq(protocols.iter().map(String::as_bytes)));
        });

        let (key, bytes, identity) = psk;
        let set = SetPsk {
            link,
            key: Secret::new(key.as_bytes()).unwrap(),
            identity: text(&identity),
        };
        if !key.contains(['"', ',']) {
            rows(module, &set, &GetPskOf { link }, |line| {
                let row = PskRow::parse(line).unwrap();
                assert_eq!(row.key.reveal(), key.as_bytes());
                assert_eq!(row.identity.as_str(), Some(&identity[..]));
            });
        }
        let set = SetPskHex {
            link,
            key: HexKey::new(&bytes).unwrap(),
            identity: text(&identity),
        };
        module.command(&set).unwrap();
    });
}

fn text<const N: usize>(text: &str) -> Text<'_, N> {
    Text::new(text.as_bytes()).unwrap()
}

/// Sets something, and looks at the one row that tells of it.
fn rows(
    module: &mut Driver<'_, St67>,
    set: &impl AtatCmd,
    get: &impl AtatCmd,
    look: impl Fn(&[u8]),
) {
    module.command(set).unwrap_or_else(|e| panic!("set: {e}"));
    let mut count = 0;
    module
        .command_for_rows(get, |line| {
            look(line);
            count += 1;
        })
        .unwrap();
    assert_eq!(count, 1);
}
