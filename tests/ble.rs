//! Bluetooth LE of the ST67: a server with its table, a client, and both beside sockets.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::service::{around_in_weathers, connected, echoes};
use crate::common::*;
use atwifi::st67::St67;
use atwifi::st67::ble::*;
use atwifi::{Closed, Error, Mac, Usage};
use atwifi_simulator::{
    BleCharacteristic, BlePeer, BleService, BleUpdates, Config, Fault, FaultKind, Faults, Fragment,
    Profile, Simulation,
};
use ring::digest::{SHA256, digest};

type Wifi<'b> = Driver<'b, St67>;
type Outcome<R> = Result<R, Failure<St67>>;

const PHONE: [u8; 6] = [0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc];
const SENSOR: [u8; 6] = [0x5a, 0x67, 0x11, 0x00, 0x00, 0x01];

const TEMPERATURE: At = At::new(0, 0).unwrap();
const SETTING: At = At::new(0, 1).unwrap();
const COMMAND: At = At::new(1, 0).unwrap();
const RESULT: At = At::new(1, 1).unwrap();

const LONG: Uuid = Uuid::Long(0x0046_7768_6228_2272_4663_2774_7826_8000_u128.to_be_bytes());
static TABLE: Table = Table::new(&[
    Service::new(
        Uuid::Short(0x181a),
        &[
            Characteristic::new(
                Uuid::Short(0x2a6e),
                Properties::READ.and(Properties::NOTIFY),
            ),
            Characteristic::new(Uuid::Short(0x2a6f), Properties::READ.and(Properties::WRITE))
                .with_value(b"\r\nOK\r\n>"),
        ],
    ),
    Service::new(
        LONG,
        &[
            Characteristic::new(LONG, Properties::WRITE),
            Characteristic::new(Uuid::Short(0x2a19), Properties::INDICATE),
        ],
    ),
])
.unwrap();

const DATA: AdvertisingData = AdvertisingData::new()
    .with_flags(AdvertisingData::DISCOVERABLE)
    .with_name(b"sensor");

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many values go each way, and how long the longest is.
const MANY: usize = 1000;

thread_local! {
    /// The other device of the simulation at hand.
    static PEER: RefCell<BlePeer> = RefCell::new(BlePeer::new(PHONE));
}

fn peer() -> BlePeer {
    PEER.with_borrow(Clone::clone)
}

/// A device that is there, and is the peer from now on.
fn beside(config: Config, peer: BlePeer) -> Config {
    let config = config.with_ble_peer(&peer);
    PEER.replace(peer);
    config
}

fn with_phone(config: Config) -> Config {
    beside(config, BlePeer::new(PHONE).with_passkey(123_456))
}

fn with_mistyping_phone(config: Config) -> Config {
    beside(config, BlePeer::new(PHONE).mistyping())
}

/// One that advertises, with a service of its own.
fn with_sensor(config: Config) -> Config {
    let heart_rate = BleService::new(
        "180d",
        vec![
            BleCharacteristic::new("2a37", 0x10, b""),
            BleCharacteristic::new("2a39", 0x0a, b"\r\n+BLE:GATTREAD:0,1,2,3,\r\nOK\r\n"),
        ],
    );
    let own = BleService::new(
        "00467768-6228-2272-4663-277478268000",
        vec![BleCharacteristic::new(
            "00467768-6228-2272-4663-277478268001",
            0x22,
            vec![b'x'; 244],
        )],
    );
    let sensor = BlePeer::new(SENSOR)
        .random()
        .advertising(
            b"\x02\x01\x06\x03\x03\x0d\x18",
            b"\x03\x09HR\x05\xff\x4c\x00\x01\x02",
        )
        .with_service(heart_rate)
        .with_service(own);
    beside(config, sensor)
}

/// What happens next that is about Bluetooth, and not that something was lost; with its value.
fn wait(
    ble: &mut Bluetooth<'_>,
    simulation: &Simulation,
    wifi: &mut Wifi<'_>,
) -> Outcome<(Event<'static>, Vec<u8>)> {
    let until = simulation.now() + PATIENCE;
    while simulation.now() < until {
        let mut memory = [0; VALUE_MAX];
        match ble.next(wifi, &mut memory)? {
            None => simulation.idle(),
            Some(Event::Lost(_) | Event::Module(_) | Event::Mtu { .. }) => {}
            Some(event) => return Ok(owned(event)),
        }
    }
    Err(Error::Timeout)
}

/// The event without its value, and that.
fn owned(event: Event<'_>) -> (Event<'static>, Vec<u8>) {
    match event {
        Event::Written {
            connection,
            at,
            length,
            value,
        } => {
            let event = Event::Written {
                connection,
                at,
                length,
                value: &[],
            };
            (event, value.to_vec())
        }
        Event::Notified {
            connection,
            handle,
            length,
            value,
        } => {
            let event = Event::Notified {
                connection,
                handle,
                length,
                value: &[],
            };
            (event, value.to_vec())
        }
        Event::Connected { connection, peer } => (Event::Connected { connection, peer }, vec![]),
        Event::Disconnected { connection, peer } => {
            (Event::Disconnected { connection, peer }, vec![])
        }
        Event::Read { connection, at } => (Event::Read { connection, at }, vec![]),
        Event::Subscribed { at, how, is_on } => (Event::Subscribed { at, how, is_on }, vec![]),
        Event::ShowPasskey(passkey) => (Event::ShowPasskey(passkey), vec![]),
        Event::EnterPasskey(connection) => (Event::EnterPasskey(connection), vec![]),
        Event::ComparePasskey {
            connection,
            passkey,
        } => {
            let event = Event::ComparePasskey {
                connection,
                passkey,
            };
            (event, vec![])
        }
        Event::AsksToPair(connection) => (Event::AsksToPair(connection), vec![]),
        Event::Paired {
            connection,
            is_bonded,
        } => {
            let event = Event::Paired {
                connection,
                is_bonded,
            };
            (event, vec![])
        }
        Event::NotPaired(connection) => (Event::NotPaired(connection), vec![]),
        Event::Alert(level) => (Event::Alert(level), vec![]),
        other => panic!("{other:?}"),
    }
}

/// A server that serves the table, and advertises.
fn server<'t>(wifi: &mut Wifi<'_>, ability: Ability) -> Outcome<Bluetooth<'t>> {
    let config = BleConfig::new(Role::Server)
        .with_name(b"my, \"sensor\"")
        .with_ability(ability)
        .with_power_dbm(10);
    let mut ble = wifi.bluetooth(&config)?;
    ble.serve(wifi, &TABLE)?;
    ble.advertise(wifi, &Advertising::new(DATA))?;
    Ok(ble)
}

/// The same with the phone as its client.
fn served<'t>(
    simulation: &Simulation,
    wifi: &mut Wifi<'_>,
    ability: Ability,
) -> Outcome<(Bluetooth<'t>, Connection)> {
    let mut ble = server(wifi, ability)?;
    peer().connect();
    let connection = expect_client(&mut ble, simulation, wifi)?;
    Ok((ble, connection))
}

fn expect_client(
    ble: &mut Bluetooth<'_>,
    simulation: &Simulation,
    wifi: &mut Wifi<'_>,
) -> Outcome<Connection> {
    match wait(ble, simulation, wifi)?.0 {
        Event::Connected { connection, peer } if peer == Mac(PHONE) => Ok(connection),
        _ => Err(Error::Malformed),
    }
}

/// A client that is connected with the sensor.
fn client<'t>(wifi: &mut Wifi<'_>) -> Outcome<(Bluetooth<'t>, Connection)> {
    let mut ble = wifi.bluetooth(&BleConfig::new(Role::Client))?;
    let connection = ble.connect(wifi, Mac(SENSOR), AddressKind::Random, 3)?;
    Ok((ble, connection))
}

/// What the sensor has.
fn discovered(
    ble: &mut Bluetooth<'_>,
    wifi: &mut Wifi<'_>,
    connection: Connection,
) -> Outcome<Vec<Remote>> {
    let mut all = Vec::new();
    ble.discover(wifi, connection, |found| {
        if let Found::Characteristic(remote) = found {
            all.push(*remote);
        }
        ControlFlow::Continue(())
    })?;
    match all.len() {
        3 => Ok(all),
        _ => Err(Error::Malformed),
    }
}

fn each_simulation(
    change: fn(Config) -> Config,
    test: impl Fn(&Simulation, &mut Wifi<'_>) -> Outcome<()>,
) {
    for simulation in simulations::<St67>(change) {
        with_joined::<St67, _>(&simulation, |wifi| {
            test(&simulation, wifi)
                .unwrap_or_else(|error| panic!("{error}\n{}", simulation.transcript()));
        });
    }
}

/// A value in which every place can be told from every other, of every length.
fn value(n: usize) -> Vec<u8> {
    let words = b"\r\nOK\r\n+BLE:GATTWRITE:0,0,0,9,\r\nready\r\n>";
    let length = 1 + n * 7 % VALUE_MAX;
    (0..length)
        .map(|i| match i < 40 && n.is_multiple_of(3) {
            true => words[i % words.len()],
            false => (n ^ (n >> 8) ^ (i * 11)) as u8,
        })
        .collect()
}

fn hash(values: &[Vec<u8>]) -> Vec<u8> {
    digest(&SHA256, &values.concat()).as_ref().to_vec()
}

#[test]
fn a_server_is_found_connected_to_and_left() {
    each_simulation(with_phone, |simulation, wifi| {
        let mut ble = server(wifi, Ability::Nothing)?;
        let heard = peer().hears().unwrap();
        assert_eq!(heard, (DATA.as_bytes().to_vec(), vec![]));
        for _ in 0..3 {
            peer().connect();
            let connection = expect_client(&mut ble, simulation, wifi)?;
            peer().disconnect();
            let told = wait(&mut ble, simulation, wifi)?.0;
            let peer = Mac(PHONE);
            assert_eq!(told, Event::Disconnected { connection, peer });
            let gone = ble.notify(wifi, connection, TEMPERATURE, b"x");
            assert_eq!(gone, Err(Error::Closed(Closed::ByPeer)));
            // It goes on, whatever the firmware does by itself.
            assert_eq!(ble.next(wifi, &mut [])?, None);
        }
        peer().connect();
        let connection = expect_client(&mut ble, simulation, wifi)?;
        ble.disconnect(wifi, connection)?;
        assert!(!peer().is_connected());
        ble.disconnect(wifi, connection)?;
        ble.stop_advertising(wifi)?;
        assert_eq!(peer().hears(), None);
        ble.switch_off(wifi)
    });
}

#[test]
fn one_that_advertises_once_does_not_go_on() {
    each_simulation(with_phone, |simulation, wifi| {
        let mut ble = server(wifi, Ability::Nothing)?;
        ble.advertise(wifi, &Advertising::new(DATA).once())?;
        peer().connect();
        expect_client(&mut ble, simulation, wifi)?;
        peer().disconnect();
        wait(&mut ble, simulation, wifi)?;
        assert_eq!(ble.next(wifi, &mut [])?, None);
        assert_eq!(peer().hears(), None, "{}", simulation.transcript());
        Ok(())
    });
}

#[test]
fn what_is_read_was_set_before_or_is_answered_in_time() {
    each_simulation(with_phone, |simulation, wifi| {
        let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
        peer().read(0, 1);
        let at = SETTING;
        let told = wait(&mut ble, simulation, wifi)?.0;
        assert_eq!(told, Event::Read { connection, at });
        assert_eq!(peer().answers(), [b"\r\nOK\r\n>"]);
        peer().read(0, 0);
        let at = TEMPERATURE;
        let told = wait(&mut ble, simulation, wifi)?.0;
        assert_eq!(told, Event::Read { connection, at });
        ble.set(wifi, at, b"21")?;
        assert_eq!(peer().answers()[1..], [b"21"]);
        Ok(())
    });
}

/// The attribute protocol gives a server 30 s.
#[test]
fn who_is_not_answered_goes() {
    each_simulation(with_phone, |simulation, wifi| {
        let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
        peer().read(0, 0);
        wait(&mut ble, simulation, wifi)?;
        simulation.advance(Duration::from_secs(31));
        let peer = Mac(PHONE);
        let told = wait(&mut ble, simulation, wifi)?.0;
        assert_eq!(told, Event::Disconnected { connection, peer });
        Ok(())
    });
}

#[test]
fn what_cannot_be_is_refused_before_a_byte_is_sent() {
    each_simulation(with_phone, |simulation, wifi| {
        let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
        let sent = simulation.to_module();
        let long = [b'x'; VALUE_MAX + 1];
        let too_long = Err(Error::Usage(Usage::TooLong(VALUE_MAX)));
        let empty = Err(Error::Usage(Usage::Empty));
        assert_eq!(ble.notify(wifi, connection, TEMPERATURE, &long), too_long);
        assert_eq!(ble.notify(wifi, connection, TEMPERATURE, b""), empty);
        assert_eq!(ble.indicate(wifi, connection, RESULT, &long), too_long);
        assert_eq!(ble.set(wifi, TEMPERATURE, b""), empty);
        let nowhere = ble.set(wifi, At::new(2, 4).unwrap(), b"x");
        assert!(matches!(nowhere, Err(Error::Usage(_))), "{nowhere:?}");
        let full = DATA.with_manufacturer(1, &[0; 20]);
        assert!(!full.fits());
        let full = ble.advertise(wifi, &Advertising::new(full));
        assert_eq!(full, Err(Error::Usage(Usage::TooLong(31))));
        let hasty = ble.advertise(wifi, &Advertising::new(DATA).with_interval_ms(19));
        assert!(matches!(hasty, Err(Error::Usage(Usage::OutOfRange { .. }))));
        let full = ble.set_battery(wifi, connection, 101);
        assert!(matches!(full, Err(Error::Usage(Usage::OutOfRange { .. }))));
        let nothing = wifi.bluetooth(&BleConfig::new(Role::Off)).map(drop);
        assert!(matches!(nothing, Err(Error::Usage(Usage::Unsupported(_)))));
        let named = BleConfig::new(Role::Server).with_name(&[b'x'; 30]);
        let named = wifi.bluetooth(&named).map(drop);
        assert_eq!(named, Err(Error::Usage(Usage::TooLong(29))));
        assert_eq!(simulation.to_module(), sent);
        Ok(())
    });
    let service = Service::new(LONG, &[]);
    assert!(Table::new(&[service; 4]).is_none());
    let characteristic = Characteristic::new(LONG, Properties::READ);
    assert!(Table::new(&[Service::new(LONG, &[characteristic; 6])]).is_none());
    let long = [b'x'; VALUE_MAX + 1];
    let long = [characteristic.with_value(&long)];
    assert!(Table::new(&[Service::new(LONG, &long)]).is_none());
    assert!(At::new(3, 0).is_none() && At::new(0, 5).is_none());
}

/// Firmware 2.0.106 and later sends nothing to who has not subscribed.
#[test]
fn a_client_is_told_of_what_it_has_subscribed() {
    each_simulation(with_phone, |simulation, wifi| {
        let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
        for (characteristic, updates, at, how) in [
            (
                (0, 0),
                BleUpdates::Notifications,
                TEMPERATURE,
                Subscription::Notification,
            ),
            (
                (1, 1),
                BleUpdates::Indications,
                RESULT,
                Subscription::Indication,
            ),
        ] {
            let (service, number) = characteristic;
            peer().subscribe(service, number, updates);
            let is_on = true;
            let told = wait(&mut ble, simulation, wifi)?.0;
            assert_eq!(told, Event::Subscribed { at, how, is_on });
        }
        ble.notify(wifi, connection, TEMPERATURE, b"\r\nOK\r\n>")?;
        ble.indicate(wifi, connection, RESULT, b"ERROR\r\n")?;
        assert_eq!(peer().updates(), [&b"\r\nOK\r\n>"[..], b"ERROR\r\n"]);
        peer().subscribe(0, 0, BleUpdates::None);
        let told = wait(&mut ble, simulation, wifi)?.0;
        let is_off = matches!(told, Event::Subscribed { is_on: false, .. });
        assert!(is_off, "{told:?}");
        // It has no such property.
        let told = ble.notify(wifi, connection, RESULT, b"x");
        assert!(matches!(told, Err(Error::Module(_))), "{told:?}");
        Ok(())
    });
}

#[test]
fn a_thousand_notifications_arrive() {
    let values: Vec<_> = (0..MANY).map(value).collect();
    for profile in Profile::ST67 {
        let simulation = Simulation::new(with_phone(config(profile)), Network::default().build());
        with_joined::<St67, _>(&simulation, |wifi| {
            let (mut ble, connection) = served(&simulation, wifi, Ability::Nothing).unwrap();
            peer().subscribe(0, 0, BleUpdates::Notifications);
            wait(&mut ble, &simulation, wifi).unwrap();
            for value in &values {
                ble.notify(wifi, connection, TEMPERATURE, value).unwrap();
            }
        });
        assert_eq!(hash(&peer().updates()), hash(&values), "{profile}");
    }
}

/// Each byte of the list of connections is lost, or altered, once.
#[test]
fn a_list_of_connections_that_is_spoilt_on_the_way_ends_none() {
    for at in 0..40 {
        for kind in [FaultKind::Drop(1), FaultKind::Corrupt(1)] {
            each_simulation(with_phone, |simulation, wifi| {
                let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
                peer().subscribe(0, 0, BleUpdates::Notifications);
                simulation.advance(Duration::from_millis(100));
                while ble.next(wifi, &mut [0; 64])?.is_some() {}
                // What cannot be read has the module asked which connections there are.
                simulation.emit(b"+BLE:CONNECTED:x\r\n");
                simulation.idle();
                let start = simulation.to_host();
                let fault = Fault::new(start + at, kind.clone());
                simulation.set_faults(Faults {
                    to_host: vec![fault],
                    ..Faults::default()
                });
                let until = simulation.now() + PATIENCE;
                while simulation.now() < until {
                    let mut memory = [0; 64];
                    let told = ble.next(wifi, &mut memory);
                    assert!(
                        !matches!(told, Ok(Some(Event::Disconnected { .. }))),
                        "{told:?}\n{}",
                        simulation.transcript()
                    );
                    simulation.idle();
                }
                assert!(peer().is_connected());
                simulation.set_faults(Faults::default());
                ble.notify(wifi, connection, TEMPERATURE, b"x")
            });
        }
    }
}

/// With bytes that come one at a time, and memory for a part of each.
#[test]
fn a_thousand_writes_arrive() {
    let values: Vec<_> = (0..MANY).map(value).collect();
    for profile in Profile::ST67 {
        let simulation = Simulation::new(with_phone(config(profile)), Network::default().build());
        with_memory::<St67, _, 64>(&simulation, 640, 2, |wifi| {
            wifi.reset().unwrap();
            let (mut ble, _) = served(&simulation, wifi, Ability::Nothing).unwrap();
            simulation.set_faults(Faults {
                fragment: Fragment::Every(1),
                ..Faults::default()
            });
            let mut got = Vec::new();
            for some in values.chunks(3) {
                for value in some {
                    peer().write(1, 0, value.clone());
                }
                for _ in some {
                    let (told, value) = wait(&mut ble, &simulation, wifi).unwrap();
                    assert!(
                        matches!(told, Event::Written { at: COMMAND, .. }),
                        "{told:?}"
                    );
                    got.push(value);
                }
            }
            assert_eq!(hash(&got), hash(&values), "{profile}");
        });
    }
}

/// A value that does not fit is cut, and its length told; what comes behind it is whole.
#[test]
fn a_value_that_does_not_fit_is_cut_and_told() {
    each_simulation(with_phone, |simulation, wifi| {
        let (mut ble, _) = served(simulation, wifi, Ability::Nothing)?;
        peer().write(1, 0, [b'a'; 200]);
        peer().write(1, 0, *b"b");
        simulation.advance(Duration::from_millis(100));
        let mut told = Vec::new();
        let mut memory = [0; 9];
        while let Some(event) = ble.next(wifi, &mut memory)? {
            if let Event::Written { length, value, .. } = event {
                told.push((length, value.to_vec()));
            }
        }
        assert_eq!(told, [(200, vec![b'a'; 9]), (1, vec![b'b'])]);
        Ok(())
    });
}

/// What a pairing of this level is, with this to pair with.
fn paired(
    simulation: &Simulation,
    wifi: &mut Wifi<'_>,
    ability: Ability,
    level: u8,
    answers: bool,
) -> Outcome<String> {
    let (mut ble, connection) = served(simulation, wifi, ability)?;
    peer().pair(level);
    let mut story = String::new();
    loop {
        let told = wait(&mut ble, simulation, wifi)?.0;
        story += &format!("{told:?} ");
        match told {
            Event::Paired { .. } | Event::NotPaired(_) => break,
            Event::ShowPasskey(_) => {}
            _ if !answers => ble.cancel_pairing(wifi, connection)?,
            Event::AsksToPair(who) => ble.confirm_pairing(wifi, who)?,
            Event::ComparePasskey { connection, .. } => ble.confirm_passkey(wifi, connection)?,
            Event::EnterPasskey(who) => {
                let passkey = Passkey::new(123_456).map_err(Error::Usage)?;
                ble.enter_passkey(wifi, who, passkey)?;
            }
            _ => return Err(Error::Malformed),
        }
    }
    for bond in ble.bonds::<_, _, 4>(wifi)? {
        story += &format!("{bond:?}");
    }
    ble.forget_bond(wifi, Mac(PHONE), AddressKind::Public)?;
    assert!(ble.bonds::<_, _, 0>(wifi)?.is_empty());
    Ok(story)
}

#[test]
fn devices_are_paired_and_refused() {
    let is_paired = |story: &str| story.contains("Paired {") && story.contains("Bond {");
    for (ability, level, asked) in [
        (Ability::Nothing, 2, ""),
        (Ability::Display, 3, "ShowPasskey(123456)"),
        (Ability::DisplayYesNo, 2, "AsksToPair"),
        (Ability::DisplayYesNo, 4, "passkey: 123456"),
        (Ability::Keyboard, 3, "EnterPasskey"),
        (Ability::KeyboardDisplay, 3, "EnterPasskey"),
    ] {
        each_simulation(with_phone, |simulation, wifi| {
            let story = paired(simulation, wifi, ability, level, true)?;
            assert!(is_paired(&story) && story.contains(asked), "{story}");
            if !matches!(ability, Ability::Nothing | Ability::Display) {
                let story = paired(simulation, wifi, ability, level, false)?;
                assert!(story.contains("NotPaired") && !is_paired(&story), "{story}");
            }
            Ok(())
        });
    }
    each_simulation(with_mistyping_phone, |simulation, wifi| {
        let story = paired(simulation, wifi, Ability::Display, 3, true)?;
        assert!(story.contains("NotPaired") && !is_paired(&story), "{story}");
        Ok(())
    });
}

#[test]
fn the_services_of_the_module_are_offered() {
    each_simulation(with_phone, |simulation, wifi| {
        let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
        ble.start_battery(wifi)?;
        ble.set_battery(wifi, connection, 42)?;
        assert_eq!(peer().updates(), [[42]]);
        ble.start_alert(wifi)?;
        peer().alert(2);
        assert_eq!(wait(&mut ble, simulation, wifi)?.0, Event::Alert(2));
        let numbers = DeviceNumbers {
            vendor_source: 1,
            vendor: 2,
            product: 3,
            version: 4,
        };
        ble.start_device_info(wifi, &numbers)?;
        ble.set_device_info(wifi, DeviceInfo::Model, b"a, \"b\"")?;
        assert_eq!(peer().information()["model"], b"a, \"b\"");
        Ok(())
    });
}

#[test]
fn what_happened_before_a_restart_is_told_and_then_nothing_more() {
    each_simulation(with_phone, |simulation, wifi| {
        let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
        peer().write(1, 0, *b"last");
        simulation.advance(Duration::from_millis(100));
        let told = wait(&mut ble, simulation, wifi)?;
        assert_eq!(told.1, b"last");
        wifi.reset()?;
        let gone = Err(Error::ModuleReset);
        assert_eq!(ble.next(wifi, &mut []), Err(Error::ModuleReset));
        assert_eq!(ble.set(wifi, TEMPERATURE, b"x"), gone);
        assert_eq!(ble.notify(wifi, connection, TEMPERATURE, b"x"), gone);
        let (_, connection) = served(simulation, wifi, Ability::Nothing)?;
        assert_ne!(format!("{connection:?}"), "");
        Ok(())
    });
}

/// As many events as there is no memory for: the connection's end is found all the same.
#[test]
fn no_end_of_a_connection_is_lost() {
    each_simulation(with_phone, |simulation, wifi| {
        let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
        let mut socket = connected(wifi);
        for n in 0..30 {
            peer().write(1, 0, value(n));
        }
        peer().disconnect();
        // While something else is done, nobody asks what has happened.
        echoes(wifi, simulation, &mut socket)?;
        let mut lost = 0;
        let mut written = 0;
        let until = simulation.now() + PATIENCE;
        while simulation.now() < until {
            let mut memory = [0; VALUE_MAX];
            match ble.next(wifi, &mut memory)? {
                None => simulation.idle(),
                Some(Event::Lost(count)) => lost += count,
                Some(Event::Written { .. }) => written += 1,
                Some(Event::Disconnected {
                    connection: which, ..
                }) => {
                    assert_eq!(which, connection);
                    assert!(lost > 0 && written < 30);
                    return Ok(());
                }
                Some(_) => {}
            }
        }
        Err(Error::Timeout)
    });
}

#[test]
fn a_scan_tells_of_who_advertises_with_all_that_they_tell() {
    each_simulation(with_sensor, |simulation, wifi| {
        let mut ble = wifi.bluetooth(&BleConfig::new(Role::Client))?;
        let mut socket = connected(wifi);
        let mut fields = Vec::new();
        let scan = BleScan::new().with_duration_ms(900);
        ble.scan(wifi, &scan, |found| {
            assert_eq!((found.peer, found.rssi), (Mac(SENSOR), -60));
            assert_eq!(found.kind, AddressKind::Random);
            fields.extend(found.fields().map(|field| format!("{field:?}")));
            ControlFlow::Continue(())
        })?;
        fields.sort();
        assert_eq!(
            fields,
            [
                "Flags(6)",
                "Manufacturer(76, [1, 2])",
                "Name([72, 82])",
                "Service(Short(6157))"
            ]
        );
        echoes(wifi, simulation, &mut socket)
    });
}

#[test]
fn a_scan_lets_through_what_is_wanted() {
    each_simulation(with_sensor, |simulation, wifi| {
        let mut ble = wifi.bluetooth(&BleConfig::new(Role::Client))?;
        let all = BleScan::new().with_duration_ms(3500);
        let mut count = |scan: BleScan<'_>| ble.scan(wifi, &scan, |_| ControlFlow::Continue(()));
        let each = count(all)?;
        assert!(each >= 4, "duplicates, too: {each}");
        assert!(count(all.passive())? > 0);
        for (wanted, unwanted) in [
            (all.with_min_rssi(-60), all.with_min_rssi(-59)),
            (all.with_name(b"HR"), all.with_name(b"H")),
            (
                all.with_service(Uuid::Short(0x180d)),
                all.with_service(Uuid::Short(0x180f)),
            ),
            (all.with_peer(Mac(SENSOR)), all.with_peer(Mac(PHONE))),
        ] {
            assert!(count(wanted)? > 0);
            assert_eq!(count(unwanted)?, 0);
        }
        assert_eq!(
            count(all.with_window(40, 41)),
            Err(Error::Usage(Usage::OutOfRange { min: 4, max: 40 }))
        );
        let before = simulation.now();
        let broken_off = ble.scan(wifi, &all, |_| ControlFlow::Break(()))?;
        assert_eq!(broken_off, 1);
        assert!(simulation.now() - before < Duration::from_secs(1));
        let mut memory = [Mac::default(); 4];
        let (mut seen, mut new) = (Seen::new(&mut memory), 0);
        ble.scan(wifi, &all, |found| {
            new += usize::from(seen.is_new(found.peer));
            ControlFlow::Continue(())
        })?;
        assert_eq!(new, 1);
        Ok(())
    });
}

#[test]
fn a_client_reads_and_writes_what_it_discovers() {
    each_simulation(with_sensor, |simulation, wifi| {
        let (mut ble, connection) = client(wifi)?;
        let again = ble.connect(wifi, Mac(SENSOR), AddressKind::Random, 3)?;
        assert_eq!(again, connection);
        let mut services = Vec::new();
        let count = ble.discover(wifi, connection, |found| {
            if let Found::Service(service) = found {
                services.push((service.uuid, service.is_primary));
            }
            ControlFlow::Continue(())
        })?;
        assert_eq!(services, [(Uuid::Short(0x180d), true), (LONG, true)]);
        assert_eq!(count, 5);
        let first = ble.discover(wifi, connection, |_| ControlFlow::Break(()))?;
        assert_eq!(first, 1);
        let remotes = discovered(&mut ble, wifi, connection)?;
        let properties = [0x10, 0x0a, 0x22].map(Properties::from_bits);
        let found: Vec<_> = remotes.iter().map(|remote| remote.properties).collect();
        assert_eq!(found, properties);
        let mut memory = [0; VALUE_MAX];
        let tricky = b"\r\n+BLE:GATTREAD:0,1,2,3,\r\nOK\r\n";
        let n = ble.read(wifi, connection, &remotes[1], &mut memory)?;
        assert_eq!(&memory[..n], tricky);
        let n = ble.read(wifi, connection, &remotes[2], &mut memory)?;
        assert_eq!(memory[..n], [b'x'; 244]);
        let mut small = [0; 4];
        assert_eq!(ble.read(wifi, connection, &remotes[1], &mut small)?, 30);
        assert_eq!(small, tricky[..4]);
        ble.write(wifi, connection, &remotes[1], b"\r\nOK\r\n")?;
        let n = ble.read(wifi, connection, &remotes[1], &mut memory)?;
        assert_eq!(&memory[..n], b"\r\nOK\r\n");
        let cannot = ble.read(wifi, connection, &remotes[0], &mut memory);
        assert!(matches!(cannot, Err(Error::Module(_))), "{cannot:?}");
        let cannot = ble.write(wifi, connection, &remotes[0], b"x");
        assert!(matches!(cannot, Err(Error::Module(_))), "{cannot:?}");
        assert_eq!(wait(&mut ble, simulation, wifi), Err(Error::Timeout));
        Ok(())
    });
}

/// From firmware 2.0.89 on with the handle of the value.
#[test]
fn a_thousand_values_that_are_subscribed_to_arrive() {
    let values: Vec<_> = (0..MANY).map(value).collect();
    for profile in Profile::ST67 {
        let simulation = Simulation::new(with_sensor(config(profile)), Network::default().build());
        with_joined::<St67, _>(&simulation, |wifi| {
            let (mut ble, connection) = client(wifi).unwrap();
            let remotes = discovered(&mut ble, wifi, connection).unwrap();
            let remote = &remotes[0];
            let how = Subscription::Notification;
            ble.subscribe(wifi, connection, remote, how).unwrap();
            let mut got = Vec::new();
            for some in values.chunks(3) {
                for value in some {
                    peer().notify(remote.value_handle, value.clone());
                }
                for _ in some {
                    let (told, value) = wait(&mut ble, &simulation, wifi).unwrap();
                    let Event::Notified { handle, length, .. } = told else {
                        panic!("{told:?}");
                    };
                    let names_handles =
                        !matches!(profile, Profile::St67Reference | Profile::St67Fw2_0_75);
                    assert_eq!(handle, names_handles.then_some(remote.value_handle));
                    assert_eq!(length, value.len());
                    got.push(value);
                }
            }
            assert_eq!(hash(&got), hash(&values), "{profile}");
            ble.unsubscribe(wifi, connection, remote).unwrap();
            peer().notify(remote.value_handle, *b"x");
            assert!(wait(&mut ble, &simulation, wifi).is_err());
        });
    }
}

#[test]
fn a_thousand_values_that_are_written_arrive() {
    let values: Vec<_> = (0..MANY).map(value).collect();
    for profile in Profile::ST67 {
        let simulation = Simulation::new(with_sensor(config(profile)), Network::default().build());
        with_joined::<St67, _>(&simulation, |wifi| {
            let (mut ble, connection) = client(wifi).unwrap();
            let remotes = discovered(&mut ble, wifi, connection).unwrap();
            for value in &values {
                ble.write(wifi, connection, &remotes[1], value).unwrap();
            }
        });
        let written: Vec<_> = peer()
            .written()
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        assert_eq!(hash(&written), hash(&values), "{profile}");
    }
}

#[test]
fn who_is_not_there_is_not_connected_to() {
    each_simulation(with_sensor, |_, wifi| {
        let mut ble = wifi.bluetooth(&BleConfig::new(Role::Client))?;
        let nobody = ble.connect(wifi, Mac(PHONE), AddressKind::Public, 3);
        assert!(matches!(nobody, Err(Error::Module(_))), "{nobody:?}");
        let hasty = ble.connect(wifi, Mac(SENSOR), AddressKind::Random, 2);
        assert!(matches!(hasty, Err(Error::Usage(_))), "{hasty:?}");
        ble.connect(wifi, Mac(SENSOR), AddressKind::Random, 3)?;
        Ok(())
    });
}

/// From firmware 2.0.97 on a module is server and client at once; before, that is refused.
#[test]
fn a_module_is_server_and_client_at_once_where_its_firmware_can() {
    for simulation in simulations::<St67>(|config| with_sensor(config).with_ble_peer(&phone())) {
        with_joined::<St67, _>(&simulation, |wifi| {
            let both = wifi.bluetooth(&BleConfig::new(Role::Both));
            let mut ble = match both {
                Ok(ble) => ble,
                Err(error) => {
                    assert!(matches!(error, Error::Usage(Usage::Unsupported(_))));
                    return;
                }
            };
            ble.serve(wifi, &TABLE).unwrap();
            ble.advertise(wifi, &Advertising::new(DATA)).unwrap();
            let sensor = ble
                .connect(wifi, Mac(SENSOR), AddressKind::Random, 3)
                .unwrap();
            let phone = PHONE_BESIDE.with_borrow(Clone::clone);
            phone.connect();
            let connection = expect_client(&mut ble, &simulation, wifi).unwrap();
            assert_ne!(connection, sensor);
            phone.subscribe(0, 0, BleUpdates::Notifications);
            wait(&mut ble, &simulation, wifi).unwrap();
            ble.notify(wifi, connection, TEMPERATURE, b"21").unwrap();
            assert_eq!(phone.updates(), [b"21"]);
            assert_eq!(discovered(&mut ble, wifi, sensor).unwrap().len(), 3);
            phone.disconnect();
            let told = wait(&mut ble, &simulation, wifi).unwrap().0;
            let peer = Mac(PHONE);
            assert_eq!(told, Event::Disconnected { connection, peer });
        });
    }
}

thread_local! {
    static PHONE_BESIDE: RefCell<BlePeer> = RefCell::new(BlePeer::new(PHONE));
}

fn phone() -> BlePeer {
    let phone = BlePeer::new(PHONE);
    PHONE_BESIDE.replace(phone.clone());
    phone
}

/// Both at once: data goes there and back while values do.
#[test]
fn sockets_lose_nothing_beside_bluetooth() {
    each_simulation(with_phone, |simulation, wifi| {
        let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
        peer().subscribe(0, 0, BleUpdates::Notifications);
        wait(&mut ble, simulation, wifi)?;
        let mut socket = connected(wifi);
        for n in 0..40 {
            peer().write(1, 0, value(n));
            echoes(wifi, simulation, &mut socket)?;
            let (_, got) = wait(&mut ble, simulation, wifi)?;
            assert_eq!(got, value(n));
            ble.notify(wifi, connection, TEMPERATURE, &value(n))?;
            assert_eq!(peer().updates().last(), Some(&value(n)));
        }
        Ok(())
    });
}

/// What a step of a story brings about, after which the other device goes.
type Step = fn(&mut Bluetooth<'_>, &mut Wifi<'_>, Connection, &[Remote]) -> Outcome<()>;

#[test]
fn a_server_may_vanish_at_every_step() {
    let steps: [Step; 6] = [
        |ble, wifi, connection, _| {
            ble.discover(wifi, connection, |_| ControlFlow::Continue(()))
                .map(drop)
        },
        |ble, wifi, connection, remotes| {
            ble.read(wifi, connection, &remotes[1], &mut [0; 9])
                .map(drop)
        },
        |ble, wifi, connection, remotes| ble.write(wifi, connection, &remotes[1], b"x"),
        |ble, wifi, connection, remotes| {
            ble.subscribe(wifi, connection, &remotes[0], Subscription::Notification)
        },
        |ble, wifi, connection, _| ble.pair(wifi, connection, Level::Encrypted),
        |ble, wifi, connection, _| ble.disconnect(wifi, connection),
    ];
    for step in steps {
        each_simulation(with_sensor, |simulation, wifi| {
            let (mut ble, connection) = client(wifi)?;
            let remotes = discovered(&mut ble, wifi, connection)?;
            peer().disconnect();
            // Either is told first; none hangs.
            let before = simulation.now();
            let _ = step(&mut ble, wifi, connection, &remotes);
            assert!(simulation.now() - before < Duration::from_secs(35));
            expect_end(&mut ble, simulation, wifi)?;
            let gone = ble.write(wifi, connection, &remotes[1], b"x");
            assert_eq!(gone, Err(Error::Closed(Closed::ByPeer)));
            let anew = ble.connect(wifi, Mac(SENSOR), AddressKind::Random, 3)?;
            assert_ne!(anew, connection);
            discovered(&mut ble, wifi, anew).map(drop)
        });
    }
}

#[test]
fn a_client_may_vanish_at_every_step() {
    let steps: [Step; 5] = [
        |ble, wifi, connection, _| ble.notify(wifi, connection, TEMPERATURE, b"x"),
        |ble, wifi, connection, _| ble.indicate(wifi, connection, RESULT, b"x"),
        |ble, wifi, _, _| ble.set(wifi, TEMPERATURE, b"x"),
        |ble, wifi, connection, _| ble.pair(wifi, connection, Level::Encrypted),
        |ble, wifi, connection, _| ble.disconnect(wifi, connection),
    ];
    for step in steps {
        each_simulation(with_phone, |simulation, wifi| {
            let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
            peer().subscribe(1, 1, BleUpdates::Indications);
            wait(&mut ble, simulation, wifi)?;
            peer().disconnect();
            let before = simulation.now();
            let _ = step(&mut ble, wifi, connection, &[]);
            assert!(simulation.now() - before < Duration::from_secs(35));
            expect_end(&mut ble, simulation, wifi)?;
            let gone = ble.notify(wifi, connection, TEMPERATURE, b"x");
            assert_eq!(gone, Err(Error::Closed(Closed::ByPeer)));
            assert_eq!(ble.next(wifi, &mut [])?, None);
            peer().connect();
            let anew = expect_client(&mut ble, simulation, wifi)?;
            assert_ne!(anew, connection);
            Ok(())
        });
    }
}

/// The connection ends, unless it was the caller who ended it.
fn expect_end(
    ble: &mut Bluetooth<'_>,
    simulation: &Simulation,
    wifi: &mut Wifi<'_>,
) -> Outcome<()> {
    match wait(ble, simulation, wifi) {
        Ok((Event::Disconnected { .. }, _)) | Err(Error::Timeout) => Ok(()),
        Ok((other, _)) => panic!("{other:?}\n{}", simulation.transcript()),
        Err(error) => Err(error),
    }
}

/// So many bytes are left alone between two that are spoilt.
const STEP: usize = 11;

#[test]
fn serving_stands_all_weathers() {
    around_in_weathers::<St67>(STEP, with_phone, |_, wifi| {
        server(wifi, Ability::Nothing)?;
        Ok(format!("{:?}", peer().hears()))
    });
}

#[test]
fn talking_with_a_client_stands_all_weathers() {
    around_in_weathers::<St67>(STEP, with_phone, |simulation, wifi| {
        let before = (peer().updates().len(), peer().answers().len());
        let (mut ble, connection) = served(simulation, wifi, Ability::Nothing)?;
        let mut told = Vec::new();
        peer().subscribe(0, 0, BleUpdates::Notifications);
        told.push(wait(&mut ble, simulation, wifi)?);
        ble.notify(wifi, connection, TEMPERATURE, b"\r\nOK\r\n")?;
        peer().subscribe(1, 1, BleUpdates::Indications);
        told.push(wait(&mut ble, simulation, wifi)?);
        ble.indicate(wifi, connection, RESULT, b"12345678")?;
        peer().write(0, 1, *b"written");
        told.push(wait(&mut ble, simulation, wifi)?);
        peer().read(0, 0);
        told.push(wait(&mut ble, simulation, wifi)?);
        ble.set(wifi, TEMPERATURE, b"answer")?;
        ble.disconnect(wifi, connection)?;
        let updates = &peer().updates()[before.0..];
        let answers = &peer().answers()[before.1..];
        Ok(format!("{told:?} {updates:?} {answers:?}"))
    });
}

#[test]
fn pairing_stands_all_weathers() {
    around_in_weathers::<St67>(STEP, with_phone, |simulation, wifi| {
        paired(simulation, wifi, Ability::DisplayYesNo, 4, true)
    });
}

#[test]
fn scanning_stands_all_weathers() {
    around_in_weathers::<St67>(STEP, with_sensor, |_, wifi| {
        let mut ble = wifi.bluetooth(&BleConfig::new(Role::Client))?;
        let mut names = Vec::new();
        let scan = BleScan::new().with_duration_ms(2500).with_name(b"HR");
        ble.scan(wifi, &scan, |found| {
            names.push(found.name().map(<[u8]>::to_vec));
            ControlFlow::Break(())
        })?;
        Ok(format!("{names:?}"))
    });
}

#[test]
fn using_a_server_stands_all_weathers() {
    around_in_weathers::<St67>(STEP, with_sensor, |simulation, wifi| {
        let before = peer().written().len();
        let (mut ble, connection) = client(wifi)?;
        let remotes = discovered(&mut ble, wifi, connection)?;
        let mut memory = [0; VALUE_MAX];
        ble.write(wifi, connection, &remotes[1], b"\r\nOK\r\n")?;
        let n = ble.read(wifi, connection, &remotes[1], &mut memory)?;
        let how = Subscription::Notification;
        ble.subscribe(wifi, connection, &remotes[0], how)?;
        peer().notify(remotes[0].value_handle, *b"news");
        let told = wait(&mut ble, simulation, wifi)?;
        ble.unsubscribe(wifi, connection, &remotes[0])?;
        ble.disconnect(wifi, connection)?;
        let written = &peer().written()[before..];
        Ok(format!(
            "{remotes:?} {:?} {told:?} {written:?}",
            &memory[..n]
        ))
    });
}
