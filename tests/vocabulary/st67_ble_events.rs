//! Section 1.1.2, what the module tells of Bluetooth LE on its own.

use atwifi::st67::command::basic::GetVersions;
use atwifi::st67::command::ble::*;
use atwifi::st67::{AddressKind, BlePeer, Delivery, Event, St67};
use atwifi::{Mac, Ranged, Reported, SecretSlice, Switch};
use atwifi_simulator::{BleUpdates, Simulation};

use super::evidence::Chapter;
use super::st67_ble::{
    FIRST, PEER, VALUE, be, connect, discover, hear, monitor, near, pair, serve, talks_near,
};
use super::st67_events::tells;
use crate::common::Driver;

type Module<'b> = Driver<'b, St67>;

const MAC: Mac = Mac([0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc]);

/// Adds the rows of these events.
pub fn add(chapter: &mut Chapter) {
    connections(chapter);
    packets(chapter);
    offers(chapter);
    finds(chapter);
    profiles(chapter);
    scans(chapter);
    pairing(chapter);
}

/// Waits for an event.
fn wait(module: &mut Module<'_>, simulation: &Simulation, is: impl Fn(Event<'_>) -> bool) {
    hear(module, simulation, |event| is(event).then_some(()));
}

fn connections(chapter: &mut Chapter) {
    const BEGUN: Event<'_> = Event::BleConnected {
        connection: 0,
        peer: PEER,
    };
    const ENDED: Event<'_> = Event::BleDisconnected {
        connection: 0,
        peer: PEER,
    };
    let event = Event::BleConnected {
        connection: 0,
        peer: MAC,
    };
    let row = chapter.row("+BLE:CONNECTED");
    tells(row, "+BLECONN:0,18:B9:05:ED:59:CC", event);
    tells(row, "+BLE:CONNECTED:0,\"18:b9:05:ed:59:cc\"", event);
    talks_near(row, |module, simulation, _| {
        connect(module);
        wait(module, simulation, |event| event == BEGUN);
    });
    // It waits for the event.
    talks_near(row, serve);

    let event = Event::BleDisconnected {
        connection: 0,
        peer: MAC,
    };
    let row = chapter.row("+BLE:DISCONNECTED");
    tells(row, "+BLEDISCONN:0,18:b9:05:ed:59:cc", event);
    tells(row, "+BLE:DISCONNECTED:0,\"18:b9:05:ed:59:cc\"", event);
    talks_near(row, |module, simulation, _| {
        connect(module);
        module.command(&Disconnect { connection: FIRST }).unwrap();
        wait(module, simulation, |event| event == ENDED);
    });
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        peer.disconnect();
        wait(module, simulation, |event| event == ENDED);
    });
}

fn packets(chapter: &mut Chapter) {
    let event = Event::BleParameters {
        connection: 0,
        min_interval: 12,
        max_interval: 14,
        interval: 13,
        latency: 1,
        timeout: 500,
    };
    let row = chapter.row("+BLE:CONNPARAM");
    tells(row, "+BLECONNPARAM:0,12,14,13,1,500", event);
    tells(row, "+BLE:CONNPARAM:0,12,14,13,1,500", event);
    talks_near(row, |module, simulation, _| {
        connect(module);
        let (min, max) = (Ranged::constant::<12>(), Ranged::constant::<14>());
        let (latency, timeout) = (Ranged::constant::<1>(), Ranged::constant::<500>());
        let set = SetConnectionParameters::new(FIRST, min, max, latency, timeout).unwrap();
        module.command(&set).unwrap();
        wait(module, simulation, |event| {
            matches!(
                event,
                Event::BleParameters {
                    connection: 0,
                    min_interval: 12,
                    max_interval: 14,
                    interval: 12..=14,
                    latency: 1,
                    timeout: 500,
                }
            )
        });
    });

    let event = Event::BleMtu {
        connection: 0,
        mtu: 247,
    };
    let row = chapter.row("+BLE:MTUSIZE");
    tells(row, "+BLE:MTUSIZE:0,247", event);
    talks_near(row, |module, simulation, _| {
        connect(module);
        module.command(&ExchangeMtu { connection: FIRST }).unwrap();
        wait(
            module,
            simulation,
            |event| matches!(event, Event::BleMtu { connection: 0, mtu } if mtu >= 23),
        );
    });

    let length = Event::BleDataLength {
        connection: 0,
        send_length: 251,
        send_time: 2120,
        receive_length: 27,
        receive_time: 328,
    };
    let told = Event::parse(b"+BLE:DATALENUPDATED:0,251,2120,27,328");
    assert_eq!(told, Some(length));
}

/// What clients do with what the module offers.
fn offers(chapter: &mut Chapter) {
    let event = Event::BleWritten {
        connection: 0,
        service: 1,
        characteristic: 2,
        length: 9,
        data: b"\r\nready\r\n",
    };
    let row = chapter.row("+BLE:GATTWRITE");
    tells(row, "+BLE:GATTWRITE:0,1,2,9,\r\nready\r\n", event);
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        peer.write(0, 0, VALUE);
        let written = Event::BleWritten {
            connection: 0,
            service: 0,
            characteristic: 0,
            length: VALUE.len(),
            data: VALUE,
        };
        wait(module, simulation, |event| event == written);
    });

    let row = chapter.row("+BLE:INDICATION");
    let acknowledged = Event::BleIndicated { error: 0 };
    tells(row, "+BLE:INDICATION:2,0", acknowledged);
    let wanted = Event::BleIndications {
        is_on: true,
        service: 1,
        characteristic: 2,
    };
    tells(row, "+BLE:INDICATION:1,1,2", wanted);
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        let wanted = |is_on| Event::BleIndications {
            is_on,
            service: 0,
            characteristic: 0,
        };
        peer.subscribe(0, 0, BleUpdates::Indications);
        wait(module, simulation, |event| event == wanted(true));
        let indicate = Indicate {
            service: Ranged::MIN,
            characteristic: Ranged::MIN,
            length: Ranged::MIN,
            connection: None,
        };
        module.command_with_data(&indicate, b"!").unwrap();
        wait(module, simulation, |event| {
            event == Event::BleIndicated { error: 0 }
        });
        peer.subscribe(0, 0, BleUpdates::None);
        wait(module, simulation, |event| event == wanted(false));
    });

    let unwanted = Event::BleNotifications {
        is_on: false,
        service: 1,
        characteristic: 2,
    };
    let row = chapter.row("+BLE:NOTIFICATION");
    tells(row, "+BLE:NOTIFICATION:0,1,2", unwanted);
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        let wanted = |is_on| Event::BleNotifications {
            is_on,
            service: 0,
            characteristic: 0,
        };
        peer.subscribe(0, 0, BleUpdates::Notifications);
        wait(module, simulation, |event| event == wanted(true));
        peer.subscribe(0, 0, BleUpdates::None);
        wait(module, simulation, |event| event == wanted(false));
    });

    let request = Event::BleReadRequest {
        connection: 0,
        service: 1,
        characteristic: 2,
        length: 20,
    };
    let read = Event::BleRead {
        connection: 0,
        service: 1,
        characteristic: 2,
        length: 6,
        data: b"\r\nOK\r\n",
    };
    let row = chapter.row("+BLE:GATTREAD");
    tells(row, "+BLE:GATTREAD:0,1,2,20", request);
    tells(row, "+BLE:GATTREAD:0,1,2,6,\r\nOK\r\n", read);
    let answer = Event::BleRead {
        connection: 0,
        service: 1,
        characteristic: 2,
        length: 20,
        data: b"",
    };
    assert_eq!(Event::parse(b"+BLEREAD=0,1,2,20"), Some(answer));
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        peer.read(0, 0);
        wait(module, simulation, |event| {
            matches!(
                event,
                Event::BleReadRequest {
                    connection: 0,
                    service: 0,
                    characteristic: 0,
                    ..
                }
            )
        });
    });
    talks_near(row, |module, simulation, _| {
        discover(module, simulation);
        let read = Read {
            connection: FIRST,
            service: Ranged::constant::<1>(),
            characteristic: Ranged::constant::<2>(),
        };
        module.command(&read).unwrap();
        let read = Event::BleRead {
            connection: 0,
            service: 1,
            characteristic: 2,
            length: 7,
            data: b"\r\nOK\r\n\0",
        };
        wait(module, simulation, |event| event == read);
    });
}

/// What the module finds in a peer, and is told by it.
fn finds(chapter: &mut Chapter) {
    let event = Event::BleService {
        connection: 0,
        service: 1,
        uuid: b"180d",
        is_primary: true,
        start: 10,
        end: 15,
    };
    let row = chapter.row("+BLE:SRV");
    tells(row, "+BLESRV=0,1,180d,1,10,15", event);
    tells(row, "+BLE:SRV:0,1,180d,1,10,15", event);
    talks_near(row, |module, simulation, _| {
        connect(module);
        let connection = FIRST;
        module.command(&DiscoverServices { connection }).unwrap();
        wait(module, simulation, |event| {
            matches!(
                event,
                Event::BleService {
                    connection: 0,
                    service: 1,
                    uuid: b"180d",
                    is_primary: true,
                    ..
                }
            )
        });
    });

    let event = Event::BleCharacteristic {
        connection: 0,
        service: 1,
        characteristic: 2,
        uuid: b"2a37",
        properties: 16,
        handle: 11,
        value_handle: 12,
    };
    let row = chapter.row("+BLE:SRVCHAR");
    tells(row, "+BLESRVCHAR=0,1,2,2a37,16,11,12", event);
    tells(row, "+BLE:SRVCHAR:0,1,2,2a37,0x10,11,12", event);
    // It waits for the event.
    talks_near(row, |module, simulation, _| {
        assert!(discover(module, simulation) > 0);
    });

    let event = Event::BleNotified {
        connection: 0,
        handle: None,
        length: 6,
        data: b"\r\nOK\r\n",
    };
    let row = chapter.row("+BLE:NOTIDATA");
    tells(row, "+BLE:NOTIDATA:0,6,\r\nOK\r\n", event);
    let with_handle = Delivery {
        has_notify_handle: true,
        ..Delivery::default()
    };
    let notified = Event::BleNotified {
        connection: 0,
        handle: Some(12),
        length: 2,
        data: b"hi",
    };
    let told = Event::parse_delivered(b"+BLE:NOTIDATA:0,12,2,hi", with_handle);
    assert_eq!(told, Some(notified));
    talks_near(row, |module, simulation, peer| {
        let value_handle = discover(module, simulation);
        let subscribe = Subscribe {
            connection: FIRST,
            configuration_handle: value_handle + 1,
            value_handle,
            subscription: Subscription::Notification,
        };
        module.command(&subscribe).unwrap();
        // Its version tells the driver what a notification looks like.
        module.command(&GetVersions).unwrap();
        let has_handle = module.delivery().has_notify_handle;
        peer.notify(value_handle, VALUE);
        let notified = Event::BleNotified {
            connection: 0,
            handle: has_handle.then_some(value_handle),
            length: VALUE.len(),
            data: VALUE,
        };
        wait(module, simulation, |event| event == notified);
    });
}

fn profiles(chapter: &mut Chapter) {
    let row = chapter.row("+BLE:BASLEVEL");
    tells(row, "+BLE:BASLEVEL:100", Event::BleBatteryLevel(100));
    // It comes only as the reply to a question (reference 6.1.42).
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&StartBattery).unwrap();
        let told = module.command(&GetBatteryLevel);
        assert_eq!(told, Ok(BatteryLevel { level: 100 }));
    });
    assert_eq!(Event::parse(b"+BLE:IAS:02"), Some(Event::BleAlert(2)));
}

fn scans(chapter: &mut Chapter) {
    let event = Event::BleScanned {
        address: MAC,
        rssi: -70,
        advertisement: b"0201060609",
        response: b"",
        kind: Reported::Known(AddressKind::Random),
    };
    let row = chapter.row("+BLESCAN:<addr>,<rssi>,<adv_data>,<scan_rsp_data>,<addr_type>");
    tells(row, "+BLESCAN:18:b9:05:ed:59:cc,-70,0201060609,,1", event);
    tells(
        row,
        "+BLE:SCAN:\"18:b9:05:ed:59:cc\",-70,0201060609,,1",
        event,
    );
    talks_near(row, |module, simulation, _| {
        be(module, Role::Client);
        module.command(&SetScan { scan: Switch::On }).unwrap();
        wait(module, simulation, |event| {
            matches!(
                event,
                Event::BleScanned {
                    address: PEER,
                    advertisement: b"020106",
                    kind: Reported::Known(AddressKind::Public),
                    ..
                }
            )
        });
    });
}

fn pairing(chapter: &mut Chapter) {
    const OTHER: BlePeer<'static> = BlePeer {
        address: MAC,
        kind: b"public",
    };
    /// The monitor.
    const KNOWN: BlePeer<'static> = BlePeer {
        address: PEER,
        kind: b"public",
    };
    let row = chapter.row("+BLE:PAIRINGFAILED");
    let failed = Event::BlePairingFailed(OTHER);
    tells(
        row,
        "+BLE:PAIRINGFAILED: 18:b9:05:ed:59:cc (public)",
        failed,
    )
    .talks_near::<St67, _>(
        || monitor().mistyping(),
        near,
        |module, simulation, _| {
            pair(module, Ability::Display, Ranged::MAX);
            wait(module, simulation, |event| {
                event == Event::BlePairingFailed(KNOWN)
            });
        },
    );

    let paired = Event::BlePaired {
        is_bonded: true,
        peer: OTHER,
        key: SecretSlice::new(b"01234567890123456789012345678900"),
    };
    let line = "+BLE:PAIRINGCOMPLETED: Bonded BTADDR: 18:b9:05:ed:59:cc (public) LTK: \
                01234567890123456789012345678900";
    let row = chapter.row("+BLE:PAIRINGCOMPLETED");
    tells(row, line, paired);
    talks_near(row, |module, simulation, _| {
        pair(module, Ability::Nothing, Ranged::constant::<2>());
        wait(module, simulation, |event| {
            matches!(
                event,
                Event::BlePaired {
                    is_bonded: true,
                    peer: KNOWN,
                    ..
                }
            )
        });
    });

    let confirm = Event::BlePairingConfirm(OTHER);
    let row = chapter.row("+BLE:PAIRINGCONFIRM");
    tells(
        row,
        "+BLE:PAIRINGCONFIRM:18:b9:05:ed:59:cc (public)",
        confirm,
    );
    talks_near(row, |module, simulation, _| {
        pair(module, Ability::DisplayYesNo, Ranged::constant::<2>());
        wait(module, simulation, |event| {
            event == Event::BlePairingConfirm(KNOWN)
        });
    });

    let entry = Event::BlePasskeyEntry(OTHER);
    let row = chapter.row("+BLE:PASSKEYENTRY");
    tells(row, "+BLE:PASSKEYENTRY:18:b9:05:ed:59:cc (public)", entry);
    talks_near(row, |module, simulation, _| {
        pair(module, Ability::Keyboard, Ranged::MAX);
        wait(module, simulation, |event| {
            event == Event::BlePasskeyEntry(KNOWN)
        });
    });

    let display = Event::BlePasskeyDisplay(12345);
    let row = chapter.row("+BLE:PASSKEYDISPLAY");
    tells(row, "+BLE:PASSKEYDISPLAY:012345", display).talks_near::<St67, _>(
        || monitor().with_passkey(12345),
        near,
        |module, simulation, _| {
            pair(module, Ability::Display, Ranged::MAX);
            wait(module, simulation, |event| {
                event == Event::BlePasskeyDisplay(12345)
            });
        },
    );

    let confirm = Event::BlePasskeyConfirm {
        peer: OTHER,
        passkey: 12345,
    };
    let line = b"+BLE:PASSKEYCONFIRM:18:b9:05:ed:59:cc (public)PASSKEY:012345";
    assert_eq!(Event::parse(line), Some(confirm));
    let cancelled = Event::parse(b"+BLE:PAIRCANNELED:18:b9:05:ed:59:cc");
    let peer = BlePeer { kind: b"", ..OTHER };
    assert_eq!(cancelled, Some(Event::BlePairingCancelled(peer)));
}
