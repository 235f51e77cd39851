//! Chapter 3, "Wi-Fi AT commands".

use std::net::Ipv4Addr;

use atwifi::st67::command::wifi::*;
use atwifi::st67::{Secret, St67, Text};
use atwifi::{Mac, Ranged, Switch};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{each, set_then_query};
use crate::common::Driver;

#[test]
fn radio_and_mode() {
    let modes = vec![Mode::Off, Mode::Station, Mode::AccessPoint, Mode::Both];
    each::<St67, _>((any::<bool>(), select(modes)), |module, (on, mode)| {
        set_mode(module, Mode::Off);
        let radio = Switch::from(on);
        let told = set_then_query(module, &SetRadio { radio }, &GetRadio);
        assert_eq!(told.radio, radio);
        set_mode(module, mode);
        assert_eq!(module.command(&GetMode).unwrap().mode, mode);
    });
}

#[test]
fn reconnecting() {
    let ranges = (0..=7200_u16, 0..=1000_u16);
    each::<St67, _>(ranges, |module, (interval_s, attempts)| {
        let set = SetReconnecting {
            interval_s: Ranged::new(interval_s).unwrap(),
            attempts: Ranged::new(attempts).unwrap(),
        };
        let told = set_then_query(module, &set, &GetReconnecting);
        assert_eq!((told.interval_s, told.attempts), (interval_s, attempts));
    });
}

#[test]
fn soft_access_point() {
    let text = |lengths| {
        vec(
            any::<u8>().prop_filter("can be carried", is_carried),
            lengths,
        )
    };
    let security = select(vec![
        SoftApSecurity::Wpa,
        SoftApSecurity::Wpa2,
        SoftApSecurity::Wpa3,
    ]);
    let values = (
        text(1..=32),
        text(8..=64),
        1..=13_u8,
        security,
        1..=4_u8,
        any::<bool>(),
    );
    let values = values.prop_filter("neither text is escaped", |(ssid, password, ..)| {
        let both = [&ssid[..], b"\",\"", password].concat();
        both.windows(3).position(|window| window == b"\",\"") == Some(ssid.len())
    });
    each::<St67, _>(
        values,
        |module, (ssid, password, channel, security, stations, hidden)| {
            set_mode(module, Mode::AccessPoint);
            let hidden = Switch::from(hidden);
            let set = SetSoftAp {
                ssid: Text::new(&ssid).unwrap(),
                password: Secret::new(&password).unwrap(),
                channel: Ranged::new(channel).unwrap(),
                security,
                stations: Some(Ranged::new(stations).unwrap()),
                hidden: Some(hidden),
            };
            let told = set_then_query(module, &set, &GetSoftAp);
            assert_eq!(told.ssid.as_bytes(), ssid);
            assert_eq!(told.password.reveal(), password);
            assert_eq!((told.channel, told.stations), (channel, stations));
            assert_eq!(told.security, security);
            assert_eq!(told.hidden, hidden);
        },
    );
}

#[test]
fn dhcp() {
    each::<St67, _>(0..=3_u32, |module, bits| {
        let set = |operate, dhcp| SetDhcp { operate, dhcp };
        module.command(&set(Switch::Off, Dhcp::ALL)).unwrap();
        let dhcp = Dhcp::from_bits(bits);
        if dhcp != Dhcp::NONE {
            module.command(&set(Switch::On, dhcp)).unwrap();
        }
        assert_eq!(module.command(&GetDhcp).unwrap().dhcp, dhcp);
    });
    let leases = (1..=2880_u16, 1..=254_u8, 1..=254_u8);
    each::<St67, _>(leases, |module, (lease_min, one, other)| {
        set_mode(module, Mode::AccessPoint);
        let first = Ipv4Addr::new(192, 168, 4, one.min(other));
        let last = Ipv4Addr::new(192, 168, 4, one.max(other));
        let set = SetDhcpServer::range(Ranged::new(lease_min).unwrap(), first, last);
        let told = set_then_query(module, &set, &GetDhcpServer);
        assert_eq!(
            told,
            DhcpServer {
                lease_min,
                first,
                last
            }
        );
    });
}

#[test]
fn hardware_addresses() {
    each::<St67, _>(any::<[u8; 6]>(), |module, bytes| {
        let mac = Mac(bytes);
        let (Ok(station), Ok(soft_ap)) = (SetStationMac::new(mac), SetSoftApMac::new(mac)) else {
            assert!(bytes[0] & 1 == 1 || bytes == [0; 6]);
            return;
        };
        assert_eq!(set_then_query(module, &station, &GetStationMac).mac, mac);
        assert_eq!(set_then_query(module, &soft_ap, &GetSoftApMac).mac, mac);
    });
}

#[test]
fn fixed_addresses() {
    let hosts = (1..=223_u8, any::<u8>(), 1..=254_u8, 1..=254_u8);
    each::<St67, _>(hosts, |module, (a, b, host, router)| {
        let ip = Ipv4Addr::new(a, b, 6, host);
        let gateway = Some(Ipv4Addr::new(a, b, 6, router));
        let netmask = Some(Ipv4Addr::new(255, 255, 255, 0));
        let station = SetStationAddress {
            ip,
            gateway,
            netmask,
            dns: None,
        };
        let told = set_then_query(module, &station, &GetAddresses).ipv4;
        assert_eq!(
            (told.ip, told.gateway, told.netmask),
            (ip, gateway, netmask)
        );
        set_mode(module, Mode::AccessPoint);
        let soft_ap = SetSoftApAddress {
            ip,
            gateway,
            netmask,
        };
        let told = set_then_query(module, &soft_ap, &GetSoftApAddresses);
        assert_eq!(
            (told.ip, told.gateway, told.netmask),
            (ip, gateway, netmask)
        );
    });
}

#[test]
fn host_name_and_country() {
    let countries = select(vec!["CN", "JP", "US", "EU", "00"]);
    let values = ("[!#-~]{1,27}", any::<bool>(), countries);
    each::<St67, _>(values, |module, (name, fixed, code)| {
        set_mode(module, Mode::Station);
        let set = SetHostName {
            name: Text::new(name.as_bytes()).unwrap(),
        };
        let told = set_then_query(module, &set, &GetHostName);
        assert_eq!(told.name.as_str(), Some(&name[..]));
        let policy = match fixed {
            true => CountryPolicy::Fixed,
            false => CountryPolicy::AccessPoint,
        };
        let set = SetCountry {
            policy,
            code: Text::new(code.as_bytes()).unwrap(),
        };
        let told = set_then_query(module, &set, &GetCountry);
        assert_eq!(told.policy, policy);
        assert_eq!(told.code.as_str(), Some(code));
    });
}

#[test]
fn standards_and_antennas() {
    // For firmware a standard includes those that are older.
    let standards = select(vec![1_u32, 3, 7, 15]);
    let values = (standards.clone(), standards, 0..=1_u8, 0..=34_u8);
    each::<St67, _>(values, |module, (station, soft_ap, antenna, pin)| {
        let standards = Standards::from_bits(station);
        let set = SetStationStandards { standards };
        let told = set_then_query(module, &set, &GetStationStandards);
        assert_eq!(told.standards, standards);
        let standards = Standards::from_bits(soft_ap);
        let set = SetSoftApStandards { standards };
        let told = set_then_query(module, &set, &GetSoftApStandards);
        assert_eq!(told.standards, standards);
        let told = set_then_query(module, &SetAntenna { antenna }, &GetAntenna);
        assert_eq!(told.antenna, antenna);
        // Whether it is on changes with the next start.
        let set = SetAntennaDiversity {
            dynamic: Switch::On,
            fixed: Switch::Off,
            pin: Some(pin),
        };
        let told = set_then_query(module, &set, &GetAntennaDiversity);
        assert_eq!(told.pin, pin);
    });
}

fn set_mode(module: &mut Driver<'_, St67>, mode: Mode) {
    let auto_connect = Some(Switch::Off);
    module.command(&SetMode { mode, auto_connect }).unwrap();
}

fn is_carried(byte: &u8) -> bool {
    !matches!(byte, 0 | b'\r' | b'\n')
}
