//! The templates of the sequences write what the structs of `command` do.

use core::ops::ControlFlow;
use std::string::String;

use proptest::prelude::*;

use super::*;
use crate::driver::recorder::{Agreeing, Hurry, told, written};
use crate::st67::command::ble::*;
use crate::st67::text::Text;
use crate::value::{Mac, Ranged, Switch};

const PEER: Mac = Mac([0x11, 0x22, 0x33, 0x44, 0x55, 0xaf]);
const LONG: Uuid = Uuid::Long(*b"\x01\x02\x03\x04\xff\x02\x03\x04\x01\x02\x03\x04\x01\x02\x03\x05");
const WRITE: Properties = Properties::WRITE;
const BOTH_WAYS: Properties = Properties::READ
    .and(Properties::WRITE)
    .and(Properties::INDICATE);

static TABLE: Table = Table::new(&[
    super::Service::new(Uuid::Short(0x181a), &[]),
    super::Service::new(
        LONG,
        &[
            super::Characteristic::new(LONG, WRITE),
            super::Characteristic::new(Uuid::Short(0x2a6e), BOTH_WAYS),
            super::Characteristic::new(Uuid::Short(0x2a6f), Properties::NOTIFY),
        ],
    )
    .secondary(),
])
.unwrap();

type Agreed<'b> = Module<'b, Agreeing, Hurry>;

/// What a call tells the module, in which one connection is open.
fn says(
    version: [u32; 3],
    call: impl FnOnce(&mut Bluetooth<'static>, &mut Agreed<'_>, super::Connection),
) -> String {
    told(|module, _| {
        let mut connections = Connections::new(version >= BOTH);
        let connection = connections.open(1, PEER).unwrap();
        let mut ble = Bluetooth {
            run: module.session().sockets.run(),
            version,
            table: TABLE,
            connections,
            goes_on: None,
            afterwards: Afterwards::Nothing,
        };
        call(&mut ble, module, connection);
    })
}

/// Whether a call tells the module, behind the settings, these commands; and what else, if anything.
fn assert_says<const N: usize>(
    version: [u32; 3],
    call: impl FnOnce(&mut Bluetooth<'static>, &mut Agreed<'_>, super::Connection),
    commands: [String; N],
) {
    let told = says(version, call);
    assert!(told.contains(&commands.concat()), "{told}\n{commands:?}");
}

fn one<const MIN: i32, const MAX: i32>() -> Ranged<MIN, MAX> {
    Ranged::new(1).unwrap()
}

fn remote() -> Remote {
    Remote {
        service: 2,
        number: 3,
        uuid: LONG,
        properties: WRITE,
        value_handle: 65_000,
    }
}

#[test]
fn a_table() {
    let none = Permissions::READ;
    let both = Permissions::ALL;
    assert_says(
        [2, 0, 75],
        |ble, module, _| ble.serve(module, &TABLE).unwrap(),
        [
            written(&CreateService::new(
                Ranged::MIN,
                Uuid::Short(0x181a),
                ServiceKind::Primary,
            )),
            written(&CreateService::new(one(), LONG, ServiceKind::Secondary)),
            written(&CreateCharacteristic::new(
                one(),
                Ranged::MIN,
                LONG,
                WRITE,
                Permissions::WRITE,
            )),
            written(&CreateCharacteristic::new(
                one(),
                one(),
                Uuid::Short(0x2a6e),
                BOTH_WAYS,
                both,
            )),
            written(&CreateCharacteristic::new(
                one(),
                Ranged::new(2).unwrap(),
                Uuid::Short(0x2a6f),
                Properties::NOTIFY,
                none,
            )),
            written(&RegisterServices {
                registered: Switch::On,
            }),
        ],
    );
}

#[test]
fn values() {
    let at = At::new(1, 1).unwrap();
    let (service, characteristic, length) = (one(), one(), Ranged::new(3).unwrap());
    for (version, connection) in [([2, 0, 97], Some(one())), ([2, 0, 89], None)] {
        let is_new = connection.is_some();
        assert_says(
            version,
            |ble, module, _| {
                let _ = ble.set(module, at, b"abc");
            },
            [written(&AnswerRead {
                service,
                characteristic,
                length,
            })],
        );
        let told = says(version, |ble, module, to| {
            let _ = ble.notify(module, to, at, b"abc");
        });
        let notify = written(&Notify {
            service,
            characteristic,
            length,
            connection,
        });
        // Firmware that cannot say whom it tells has one client.
        assert_eq!(told.contains(&notify), is_new, "{told}");
        let told = says(version, |ble, module, to| {
            let _ = ble.indicate(module, to, at, b"abc");
        });
        let indicate = written(&Indicate {
            service,
            characteristic,
            length,
            connection,
        });
        assert_eq!(told.contains(&indicate), is_new, "{told}");
    }
}

#[test]
fn connections() {
    let connection = one();
    assert_says(
        [2, 0, 75],
        |ble, module, to| {
            ble.exchange_mtu(module, to).unwrap();
            ble.pair(module, to, Level::Secure).unwrap();
            ble.confirm_passkey(module, to).unwrap();
            ble.confirm_pairing(module, to).unwrap();
            let passkey = Passkey::new(7).unwrap();
            ble.enter_passkey(module, to, passkey).unwrap();
            ble.cancel_pairing(module, to).unwrap();
            ble.bonds::<_, _, 4>(module).unwrap();
            ble.forget_bond(module, PEER, AddressKind::Random).unwrap();
        },
        [
            written(&ExchangeMtu { connection }),
            written(&StartPairing {
                connection,
                level: Ranged::MAX,
            }),
            written(&ConfirmPasskey { connection }),
            written(&ConfirmPairing { connection }),
            written(&EnterPasskey {
                connection,
                passkey: Passkey::new(7).unwrap(),
            }),
            written(&CancelPairing { connection }),
            written(&GetBonds),
            written(&Unpair {
                peer: PEER,
                kind: AddressKind::Random,
            }),
        ],
    );
    let told = says([2, 0, 75], |ble, module, to| {
        let _ = ble.disconnect(module, to);
    });
    assert!(
        told.contains(&written(&Disconnect { connection })),
        "{told}"
    );
    assert_says(
        [2, 0, 75],
        |ble, module, _| {
            let _ = ble.connect(module, PEER, AddressKind::Random, 30);
        },
        [
            written(&GetConnections),
            written(&Connect {
                connection: Ranged::MIN,
                peer: PEER,
                kind: AddressKind::Random,
                timeout_s: Some(Ranged::MAX),
            }),
        ],
    );
}

#[test]
fn what_another_device_has() {
    let connection = one();
    let (service, characteristic) = (Ranged::new(2).unwrap(), Ranged::new(3).unwrap());
    assert_says(
        [2, 0, 75],
        |ble, module, to| {
            ble.discover(module, to, |_| ControlFlow::Continue(()))
                .unwrap();
            ble.subscribe(module, to, &remote(), Subscription::Indication)
                .unwrap();
            ble.unsubscribe(module, to, &remote()).unwrap();
        },
        [
            written(&DiscoverServices { connection }),
            written(&Subscribe {
                connection,
                configuration_handle: 65_001,
                value_handle: 65_000,
                subscription: Subscription::Indication,
            }),
            written(&Unsubscribe {
                connection,
                value_handle: 65_000,
            }),
        ],
    );
    assert_says(
        [2, 0, 75],
        |ble, module, to| {
            let _ = ble.read(module, to, &remote(), &mut []);
        },
        [written(&Read {
            connection,
            service,
            characteristic,
        })],
    );
    assert_says(
        [2, 0, 75],
        |ble, module, to| {
            let _ = ble.write(module, to, &remote(), b"abc");
        },
        [written(&Write {
            connection,
            service,
            characteristic,
            length: Ranged::new(3).unwrap(),
        })],
    );
}

#[test]
fn services_of_the_module() {
    let numbers = DeviceNumbers {
        vendor_source: 1,
        vendor: 2,
        product: 3,
        version: 65_535,
    };
    assert_says(
        [2, 0, 75],
        |ble, module, to| {
            ble.start_battery(module).unwrap();
            ble.set_battery(module, to, 100).unwrap();
            ble.start_alert(module).unwrap();
            ble.start_device_info(module, &numbers).unwrap();
            ble.set_device_info(module, DeviceInfo::Serial, b"a,b")
                .unwrap();
            ble.stop_advertising(module).unwrap();
        },
        [
            written(&StartBattery),
            written(&SetBatteryLevel {
                connection: one(),
                level: Ranged::MAX,
            }),
            written(&StartAlert),
            written(&StartDeviceInfo {
                vendor_source: 1,
                vendor: 2,
                product: 3,
                version: 65_535,
            }),
            written(&SetDeviceInfo::new(DeviceInfo::Serial, b"a,b").unwrap()),
            written(&StopAdvertising),
        ],
    );
}

#[test]
fn names() {
    let name = b"a \"name\"";
    let told = told(|module: &mut Agreed<'_>, _| {
        compose_name(module, name);
        module.send_composed(1000).unwrap();
    });
    let name = Text::new(name).unwrap();
    assert_eq!(told, written(&SetName { name }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn advertising(ms in 20..=10_240_u16, data in proptest::collection::vec(any::<u8>(), 0..=26)) {
        let told = says([2, 0, 75], |ble, module, _| {
            let data = AdvertisingData::new().with_flags(6).with_other(0xff, &data);
            let beacon = Advertising::new(data).with_interval_ms(ms);
            let beacon = beacon.with_kind(AdvertisingKind::NotConnectable);
            ble.advertise(module, &beacon).unwrap();
        });
        let interval = Ranged::new(i64::from(ms) * 8 / 5).unwrap();
        let kind = AdvertisingKind::NotConnectable;
        let mut bytes = std::vec![2, 1, 6, data.len() as u8 + 1, 0xff];
        bytes.extend(&data);
        let commands = [
            written(&StopAdvertising),
            written(&SetAdvertisingParameters::new(interval, interval, kind, Channels::All).unwrap()),
            written(&SetAdvertisement { data: Advertisement::new(&bytes).unwrap() }),
            written(&SetScanResponse { data: Advertisement::new(b"").unwrap() }),
            written(&StartAdvertising),
        ];
        prop_assert!(told.ends_with(&commands.concat()), "{}", told);
    }

    #[test]
    fn scanning(interval in 4..=0x4000_u16, part in 0..=100_u32) {
        let window = (u32::from(interval) * part / 100).max(4) as u16;
        let scan = BleScan::new().with_window(interval, window).with_duration_ms(1);
        let told = says([2, 0, 75], |ble, module, _| {
            ble.scan(module, &scan, |_| ControlFlow::Continue(())).unwrap();
        });
        let parameters = SetScanParameters::new(
            ScanKind::Active,
            OwnAddress::Public,
            ScanFilter::All,
            Ranged::new(interval).unwrap(),
            Ranged::new(window).unwrap(),
        );
        let commands = [
            written(&parameters.unwrap()),
            written(&SetScan { scan: Switch::On }),
            written(&SetScan { scan: Switch::Off }),
        ];
        prop_assert!(told.ends_with(&commands.concat()), "{}", told);
    }
}
