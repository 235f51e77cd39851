//! Chapter 6, "BLE related AT commands".

use atwifi::st67::command::ble::*;
use atwifi::st67::{St67, Text};
use atwifi::{Mac, Ranged};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{each, set_then_query};
use crate::common::Driver;

/// Takes a role, by way of none.
fn be(module: &mut Driver<'_, St67>, role: Role) {
    if module.command(&GetRole).unwrap().role == role {
        return;
    }
    for role in [Role::Off, role] {
        let told = set_then_query(module, &SetRole { role }, &GetRole);
        assert_eq!(told.role, role);
    }
}

#[test]
fn role_address_name_and_power() {
    let carried = any::<u8>().prop_filter("can be carried", |byte| !b"\0\r\n".contains(byte));
    let values = (
        select(vec![Role::Client, Role::Server]),
        any::<[u8; 6]>(),
        vec(carried, 1..=29),
        0..=20_u8,
    );
    each::<St67, _>(values, |module, (role, address, name, power)| {
        be(module, role);
        let address = Mac(address);
        let told = set_then_query(module, &SetAddress { address }, &GetAddress);
        assert_eq!(told.address, address);
        let set = SetName {
            name: Text::new(&name).unwrap(),
        };
        let told = set_then_query(module, &set, &GetName);
        assert_eq!(told.name.as_bytes(), name);
        let set = SetPower {
            power: Ranged::new(power).unwrap(),
        };
        assert_eq!(set_then_query(module, &set, &GetPower).power, power);
    });
}

#[test]
fn scans() {
    let kinds = select(vec![ScanKind::Passive, ScanKind::Active]);
    let addresses = select(vec![
        OwnAddress::Public,
        OwnAddress::Random,
        OwnAddress::PrivateOrPublic,
        OwnAddress::PrivateOrRandom,
    ]);
    let filters = select(vec![
        ScanFilter::All,
        ScanFilter::WhiteList,
        ScanFilter::AllAndDirected,
        ScanFilter::WhiteListAndDirected,
    ]);
    let times = (4..=0x4000_u16, 4..=0x4000_u16);
    let values = (kinds, addresses, filters, times);
    each::<St67, _>(
        values,
        |module, (kind, own_address, filter, (one, other))| {
            be(module, Role::Client);
            let (interval, window) = (one.max(other), one.min(other));
            let steps = |n| Ranged::new(n).unwrap();
            let set =
                SetScanParameters::new(kind, own_address, filter, steps(interval), steps(window))
                    .unwrap();
            let told = set_then_query(module, &set, &GetScanParameters);
            assert_eq!(told.kind, kind);
            assert_eq!(told.own_address, own_address);
            assert_eq!(told.filter, filter);
            assert_eq!((told.interval, told.window), (interval, window));
        },
    );
}

#[test]
fn advertising() {
    let kinds = select(vec![
        AdvertisingKind::Connectable,
        AdvertisingKind::Scannable,
        AdvertisingKind::NotConnectable,
    ]);
    let channels = select(vec![
        Channels::Channel37,
        Channels::Channel38,
        Channels::Channel39,
        Channels::All,
    ]);
    let values = (0x20..=0x4000_u16, 0x20..=0x4000_u16, kinds, channels);
    each::<St67, _>(values, |module, (one, other, kind, channels)| {
        be(module, Role::Server);
        let (min, max) = (one.min(other), one.max(other));
        let steps = |n| Ranged::new(n).unwrap();
        let set = SetAdvertisingParameters::new(steps(min), steps(max), kind, channels).unwrap();
        let told = set_then_query(module, &set, &GetAdvertisingParameters);
        assert_eq!((told.min_interval, told.max_interval), (min, max));
        assert_eq!(told.kind, kind);
        assert_eq!(told.channels, channels);
    });
}

#[test]
fn abilities() {
    let abilities = select(vec![
        Ability::Display,
        Ability::DisplayYesNo,
        Ability::Keyboard,
        Ability::Nothing,
        Ability::KeyboardDisplay,
    ]);
    each::<St67, _>(abilities, |module, ability| {
        be(module, Role::Client);
        let told = set_then_query(module, &SetAbility { ability }, &GetAbility);
        assert_eq!(told.ability, ability);
    });
}

#[test]
fn services_and_characteristics() {
    let uuids = prop_oneof![
        any::<u16>().prop_map(Uuid::Short),
        any::<[u8; 16]>().prop_map(Uuid::Long),
    ];
    let kinds = select(vec![ServiceKind::Primary, ServiceKind::Secondary]);
    let bits = (1..=31_u32, 0..=3_u32);
    let values = (0..=2_u8, 0..=4_u8, uuids, kinds, bits);
    each::<St67, _>(
        values,
        |module, (service, index, uuid, kind, (properties, permissions))| {
            be(module, Role::Server);
            let service_index = Ranged::new(service).unwrap();
            let service_of_its_own = DeleteService {
                service: service_index,
            };
            // What the last value has left.
            let _ = module.command(&service_of_its_own);
            let create = CreateService::new(service_index, uuid, kind);
            module.command(&create).unwrap();
            let mut services = Vec::new();
            module
                .command_for_rows(&GetServices, |row| services.extend(ServiceRow::parse(row)))
                .unwrap();
            let told = services.iter().find(|row| row.service == service).unwrap();
            assert_eq!(told.uuid, uuid);
            assert_eq!(told.kind, kind);

            let properties = Properties::from_bits(properties << 1);
            let create = CreateCharacteristic::new(
                service_index,
                Ranged::new(index).unwrap(),
                uuid,
                properties,
                Permissions::from_bits(permissions),
            );
            module.command(&create).unwrap();
            let mut characteristics = Vec::new();
            module
                .command_for_rows(&GetCharacteristics, |row| {
                    characteristics.extend(CharacteristicRow::parse(row));
                })
                .unwrap();
            let is_it =
                |row: &&CharacteristicRow| (row.service, row.characteristic) == (service, index);
            let told = characteristics.iter().find(is_it).unwrap();
            assert_eq!((told.uuid, told.properties), (uuid, properties));
        },
    );
}
