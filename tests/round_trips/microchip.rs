//! The numbered parameters of Microchip's reference: chapters 4 to 7.

use std::net::Ipv4Addr;

use atat::AtatCmd;
use atwifi::microchip::command::{Channel, mqtt::*, network::*, scanning::*, wlan::*};
use atwifi::microchip::{Literal, Microchip, Secret, Status, Text};
use atwifi::{Error, Mac, Ranged, Reported, Switch};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::each;
use crate::common::Driver;

type Module<'b> = Driver<'b, Microchip>;

/// Sets a parameter and returns the row that tells it.
fn told(module: &mut Module<'_>, set: &impl AtatCmd, get: &impl AtatCmd) -> Vec<u8> {
    module.command(set).unwrap_or_else(|e| panic!("set: {e}"));
    let mut told = Vec::new();
    module
        .command_for_rows(get, |row| told = row.to_vec())
        .unwrap_or_else(|e| panic!("get: {e}"));
    told
}

/// Any text; an empty one is refused by firmware though it is taken.
fn text(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    let printable = vec(0x20..=0x7e_u8, 1..=longest);
    prop_oneof![vec(any::<u8>(), 1..=longest), printable]
        .prop_filter("it fits a command", |text| Text::<198>::new(text).is_ok())
}

fn switches() -> impl Strategy<Value = Switch> {
    any::<bool>().prop_map(Switch::from)
}

#[track_caller]
fn is(told: Literal<'_>, text: &[u8]) {
    assert!(told.is(text), "{told:?}");
}

#[test]
fn scans() {
    each::<Microchip, _>((any::<u16>(), any::<bool>()), |module, (ms, active)| {
        let (parameter, id, row) = if active {
            (
                ScanParameter::ActiveMs(ms),
                ScanParameterId::ActiveMs,
                ScanRow::ActiveMs(ms),
            )
        } else {
            (
                ScanParameter::PassiveMs(ms),
                ScanParameterId::PassiveMs,
                ScanRow::PassiveMs(ms),
            )
        };
        let get = GetScanParameters {
            parameter: Some(id),
        };
        let told = told(module, &ConfigureScan { parameter }, &get);
        assert_eq!(ScanRow::parse(&told), Some(row));
    });
}

fn station(module: &mut Module<'_>, parameter: StationParameter<'_>) -> Vec<u8> {
    let id = match parameter {
        StationParameter::Ssid(_) => StationParameterId::Ssid,
        StationParameter::Security(_) => StationParameterId::Security,
        StationParameter::Credentials(_) => StationParameterId::Credentials,
        StationParameter::Channel(_) => StationParameterId::Channel,
        StationParameter::Bssid(_) => StationParameterId::Bssid,
        StationParameter::Address(_) => StationParameterId::Address,
        StationParameter::Netmask(_) => StationParameterId::Netmask,
        StationParameter::Gateway(_) => StationParameterId::Gateway,
        StationParameter::Dns1(_) => StationParameterId::Dns1,
        StationParameter::Dns2(_) => StationParameterId::Dns2,
        StationParameter::Dhcp(_) => StationParameterId::Dhcp,
        StationParameter::NtpServer(_) => StationParameterId::NtpServer,
        StationParameter::NtpStatic(_) => StationParameterId::NtpStatic,
        StationParameter::NtpClient(_) => StationParameterId::NtpClient,
        StationParameter::Roaming(_) => StationParameterId::Roaming,
    };
    let get = GetStationParameters {
        parameter: Some(id),
    };
    told(module, &ConfigureStation { parameter }, &get)
}

#[test]
fn texts_of_the_station() {
    let texts = (text(32), text(128), text(128));
    each::<Microchip, _>(texts, |module, (ssid, credentials, server)| {
        let row = station(module, StationParameter::Ssid(Text::new(&ssid).unwrap()));
        match StationRow::parse(&row) {
            Some(StationRow::Ssid(told)) => is(told, &ssid),
            other => panic!("{other:?}"),
        }
        let secret = Secret::new(&credentials).unwrap();
        let row = station(module, StationParameter::Credentials(secret));
        match StationRow::parse(&row) {
            Some(StationRow::Credentials(told)) => is(told.reveal().unwrap(), &credentials),
            other => panic!("{other:?}"),
        }
        let server_name = Text::new(&server).unwrap();
        let row = station(module, StationParameter::NtpServer(server_name));
        match StationRow::parse(&row) {
            Some(StationRow::NtpServer(told)) => is(told, &server),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn numbers_of_the_station() {
    let securities = select(vec![
        Security::Open,
        Security::Wep,
        Security::WpaWpa2,
        Security::Wpa2,
        Security::Wpa2Wpa3,
        Security::Wpa3,
    ]);
    let channels = prop_oneof![Just(255), 1..=14_u8];
    let values = (securities, channels, any::<[u8; 6]>(), switches());
    each::<Microchip, _>(values, |module, (security, channel, bssid, switch)| {
        let row = station(module, StationParameter::Security(security));
        let known = Reported::Known(security);
        assert_eq!(StationRow::parse(&row), Some(StationRow::Security(known)));
        let number = Channel::new(channel).unwrap_or(Channel::ANY);
        let row = station(module, StationParameter::Channel(number));
        let expected = StationRow::Channel(channel.into());
        assert_eq!(StationRow::parse(&row), Some(expected));
        let row = station(module, StationParameter::Bssid(RawMac(Mac(bssid))));
        match StationRow::parse(&row) {
            Some(StationRow::Bssid(told)) => is(told, &bssid),
            other => panic!("{other:?}"),
        }
        let known = Reported::Known(switch);
        for (parameter, expected) in [
            (StationParameter::Dhcp(switch), StationRow::Dhcp(known)),
            (
                StationParameter::NtpStatic(switch),
                StationRow::NtpStatic(known),
            ),
            (
                StationParameter::NtpClient(switch),
                StationRow::NtpClient(known),
            ),
            (
                StationParameter::Roaming(switch),
                StationRow::Roaming(known),
            ),
        ] {
            let row = station(module, parameter);
            assert_eq!(StationRow::parse(&row), Some(expected));
        }
    });
}

#[test]
fn addresses_of_the_station() {
    let addresses = any::<[u8; 4]>().prop_map(Ipv4Addr::from);
    each::<Microchip, _>(addresses, |module, ip| {
        for (parameter, expected) in [
            (StationParameter::Address(ip), StationRow::Address(ip)),
            (StationParameter::Netmask(ip), StationRow::Netmask(ip)),
            (StationParameter::Gateway(ip), StationRow::Gateway(ip)),
            (StationParameter::Dns1(ip), StationRow::Dns1(ip)),
            (StationParameter::Dns2(ip), StationRow::Dns2(ip)),
        ] {
            let row = station(module, parameter);
            assert_eq!(StationRow::parse(&row), Some(expected));
        }
    });
}

fn access_point(
    module: &mut Module<'_>,
    parameter: AccessPointParameter<'_>,
    id: AccessPointParameterId,
) -> Vec<u8> {
    let get = GetAccessPointParameters {
        parameter: Some(id),
    };
    told(module, &ConfigureAccessPoint { parameter }, &get)
}

#[test]
fn the_access_point() {
    let securities = select(vec![
        AccessPointSecurity::Open,
        AccessPointSecurity::Wep,
        AccessPointSecurity::Wpa,
        AccessPointSecurity::Wpa2,
        AccessPointSecurity::Enterprise,
    ]);
    let values = (text(32), text(128), securities, 1..=13_u8, switches());
    each::<Microchip, _>(
        values,
        |module, (ssid, credentials, security, channel, hidden)| {
            let parameter = AccessPointParameter::Ssid(Text::new(&ssid).unwrap());
            let row = access_point(module, parameter, AccessPointParameterId::Ssid);
            match AccessPointRow::parse(&row) {
                Some(AccessPointRow::Ssid(told)) => is(told, &ssid),
                other => panic!("{other:?}"),
            }
            let secret = Secret::new(&credentials).unwrap();
            let parameter = AccessPointParameter::Credentials(secret);
            let row = access_point(module, parameter, AccessPointParameterId::Credentials);
            match AccessPointRow::parse(&row) {
                Some(AccessPointRow::Credentials(told)) => {
                    is(told.reveal().unwrap(), &credentials);
                }
                other => panic!("{other:?}"),
            }
            let number = Ranged::new(channel).unwrap();
            for (parameter, id, expected) in [
                (
                    AccessPointParameter::Security(security),
                    AccessPointParameterId::Security,
                    AccessPointRow::Security(Reported::Known(security)),
                ),
                (
                    AccessPointParameter::Channel(number),
                    AccessPointParameterId::Channel,
                    AccessPointRow::Channel(channel.into()),
                ),
                (
                    AccessPointParameter::Hidden(hidden),
                    AccessPointParameterId::Hidden,
                    AccessPointRow::Hidden(Reported::Known(hidden)),
                ),
            ] {
                let row = access_point(module, parameter, id);
                assert_eq!(AccessPointRow::parse(&row), Some(expected));
            }
        },
    );
}

#[test]
fn provisioning() {
    each::<Microchip, _>(1..=u16::MAX, |module, port| {
        let parameter = ProvisioningParameter::Port(Ranged::new(port).unwrap());
        let get = GetProvisioningParameters {
            parameter: Some(ProvisioningParameterId::Port),
        };
        let row = told(module, &ConfigureProvisioning { parameter }, &get);
        let expected = ProvisioningRow::Port(port);
        assert_eq!(ProvisioningRow::parse(&row), Some(expected));
    });
}

fn mqtt(module: &mut Module<'_>, parameter: MqttParameter<'_>, id: MqttParameterId) -> Vec<u8> {
    let get = GetMqttParameters {
        parameter: Some(id),
    };
    told(module, &ConfigureMqtt { parameter }, &get)
}

#[test]
fn the_mqtt_client() {
    let values = (
        text(64),
        1..=u16::MAX,
        text(23),
        text(128),
        0..=1_u16,
        text(198),
        any::<u16>(),
    );
    each::<Microchip, _>(
        values,
        |module, (broker, port, client, user, tls, password, keep_alive)| {
            let parameter = MqttParameter::Broker(Text::new(&broker).unwrap());
            let row = mqtt(module, parameter, MqttParameterId::Broker);
            match MqttRow::parse(&row) {
                Some(MqttRow::Broker(told)) => is(told, &broker),
                other => panic!("{other:?}"),
            }
            let parameter = MqttParameter::Port(Ranged::new(port).unwrap());
            let row = mqtt(module, parameter, MqttParameterId::Port);
            assert_eq!(MqttRow::parse(&row), Some(MqttRow::Port(port)));
            let parameter = MqttParameter::ClientId(Text::new(&client).unwrap());
            let row = mqtt(module, parameter, MqttParameterId::ClientId);
            match MqttRow::parse(&row) {
                Some(MqttRow::ClientId(told)) => is(told, &client),
                other => panic!("{other:?}"),
            }
            let parameter = MqttParameter::Username(Text::new(&user).unwrap());
            let row = mqtt(module, parameter, MqttParameterId::Username);
            match MqttRow::parse(&row) {
                Some(MqttRow::Username(told)) => is(told, &user),
                other => panic!("{other:?}"),
            }
            let parameter = MqttParameter::TlsIndex(Ranged::new(tls).unwrap());
            let row = mqtt(module, parameter, MqttParameterId::TlsIndex);
            assert_eq!(MqttRow::parse(&row), Some(MqttRow::TlsIndex(tls)));

            let parameter = MqttParameter::Password(Secret::new(&password).unwrap());
            match module.command(&ConfigureMqtt { parameter }) {
                // The reference does not know the rest.
                Err(Error::Module(Status::ConfigurationFailed)) => return,
                other => assert!(other.is_ok(), "{other:?}"),
            }
            let row = mqtt(module, parameter, MqttParameterId::Password);
            match MqttRow::parse(&row) {
                Some(MqttRow::Password(told)) => is(told.reveal().unwrap(), &password),
                other => panic!("{other:?}"),
            }
            let parameter = MqttParameter::KeepAliveS(keep_alive);
            let row = mqtt(module, parameter, MqttParameterId::KeepAliveS);
            let expected = MqttRow::KeepAliveS(keep_alive);
            assert_eq!(MqttRow::parse(&row), Some(expected));
        },
    );
}

#[test]
fn tls() {
    let values = (1..=2_u8, text(64), text(64), text(32), text(32));
    each::<Microchip, _>(values, |module, (index, ca, certificate, key, server)| {
        let index = Ranged::new(index).unwrap();
        let mut told = |parameter, id| {
            let get = GetTlsParameters {
                index,
                parameter: Some(id),
            };
            told(module, &ConfigureTls { index, parameter }, &get)
        };
        let row = told(
            TlsParameter::Ca(Text::new(&ca).unwrap()),
            TlsParameterId::Ca,
        );
        match TlsRow::parse(&row) {
            Some(TlsRow::Ca(told)) => is(told, &ca),
            other => panic!("{other:?}"),
        }
        let row = told(
            TlsParameter::Certificate(Text::new(&certificate).unwrap()),
            TlsParameterId::Certificate,
        );
        match TlsRow::parse(&row) {
            Some(TlsRow::Certificate(told)) => is(told, &certificate),
            other => panic!("{other:?}"),
        }
        let row = told(
            TlsParameter::Key(Text::new(&key).unwrap()),
            TlsParameterId::Key,
        );
        match TlsRow::parse(&row) {
            Some(TlsRow::Key(told)) => is(told, &key),
            other => panic!("{other:?}"),
        }
        let row = told(
            TlsParameter::ServerName(Text::new(&server).unwrap()),
            TlsParameterId::ServerName,
        );
        match TlsRow::parse(&row) {
            Some(TlsRow::ServerName(told)) => is(told, &server),
            other => panic!("{other:?}"),
        }
    });
}
