//! Chapter 6, "Bluetooth LE AT commands". Its events are in section 1.1.2.

use std::time::Duration;

use atwifi::st67::command::basic::GetVersions;
use atwifi::st67::command::{Done, Rows, ble::*};
use atwifi::st67::{AddressKind, Event, St67, Text};
use atwifi::{Mac, Printed, Ranged, Reported, Switch, Upload};
use atwifi_simulator::{BleCharacteristic, BlePeer, BleService, BleUpdates, Config, Simulation};

use super::evidence::{Chapter, Row};
use crate::common::Driver;

type Module<'b> = Driver<'b, St67>;

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    device(&mut chapter);
    scanning(&mut chapter);
    advertising(&mut chapter);
    connections(&mut chapter);
    services(&mut chapter);
    values(&mut chapter);
    found(&mut chapter);
    security(&mut chapter);
    profiles(&mut chapter);
    chapter
}

/// The peer of the examples.
pub const PEER: Mac = Mac([0x11, 0x22, 0x33, 0x44, 0x55, 0x66]);

/// The only connection.
pub const FIRST: Connection = Ranged::MIN;

/// A heart rate monitor.
pub fn monitor() -> BlePeer {
    let rate = BleCharacteristic::new("2a37", 16 | 32, *b"");
    let control = BleCharacteristic::new("2a39", 2 | 8, *b"\r\nOK\r\n\0");
    BlePeer::new(PEER.0)
        .advertising([2, 1, 6], [3, 9, b'H', b'R'])
        .with_service(BleService::new("180d", vec![rate, control]))
}

pub fn near(peer: &BlePeer, config: Config) -> Config {
    config.with_ble_peer(peer)
}

/// A conversation near a heart rate monitor.
pub fn talks_near(row: &mut Row, test: fn(&mut Module<'_>, &Simulation, &BlePeer)) {
    row.talks_near::<St67, BlePeer>(monitor, near, test);
}

/// Waits for an event of the module's own for which `wanted` has something.
pub fn hear<R>(
    module: &mut Module<'_>,
    simulation: &Simulation,
    wanted: impl Fn(Event<'_>) -> Option<R>,
) -> R {
    let deadline = simulation.now() + Duration::from_secs(30);
    while simulation.now() < deadline {
        let delivery = module.delivery();
        match module.poll().expect("the link is in step") {
            Some(atwifi::Event::Other(line)) => {
                if let Some(heard) = Event::parse_delivered(line, delivery).and_then(&wanted) {
                    return heard;
                }
            }
            Some(_) => {}
            None => simulation.idle(),
        }
    }
    panic!("nothing was heard:\n{}", simulation.transcript());
}

/// Takes the role.
pub fn be(module: &mut Module<'_>, role: Role) {
    module.command(&SetRole { role }).unwrap();
}

fn to_peer(timeout_s: Option<Ranged<3, 30>>) -> Connect {
    Connect {
        connection: FIRST,
        peer: PEER,
        kind: AddressKind::Public,
        timeout_s,
    }
}

/// Connects with the monitor.
pub fn connect(module: &mut Module<'_>) {
    be(module, Role::Client);
    module.command(&to_peer(None)).unwrap();
}

/// Finds what the monitor has.
pub fn discover(module: &mut Module<'_>, simulation: &Simulation) -> u16 {
    connect(module);
    let connection = FIRST;
    module.command(&DiscoverServices { connection }).unwrap();
    let service = Found::MIN;
    let command = DiscoverCharacteristics {
        connection,
        service,
    };
    module.command(&command).unwrap();
    hear(module, simulation, |event| match event {
        Event::BleCharacteristic {
            characteristic: 1,
            value_handle,
            ..
        } => Some(value_handle),
        _ => None,
    })
}

fn own() -> Uuid {
    Uuid::parse(b"01020304010203040102030401020304").unwrap()
}

fn own_value() -> Uuid {
    Uuid::parse(b"01020304010203040102030401020305").unwrap()
}

fn characteristic(properties: Properties) -> CreateCharacteristic {
    let both = Permissions::READ | Permissions::WRITE;
    CreateCharacteristic::new(Ranged::MIN, Ranged::MIN, own_value(), properties, both)
}

/// Offers a characteristic, and waits until the peer has connected.
pub fn serve(module: &mut Module<'_>, simulation: &Simulation, peer: &BlePeer) {
    be(module, Role::Server);
    let service = CreateService::new(Ranged::MIN, own(), ServiceKind::Primary);
    module.command(&service).unwrap();
    let everything =
        Properties::READ | Properties::WRITE | Properties::NOTIFY | Properties::INDICATE;
    module.command(&characteristic(everything)).unwrap();
    let registered = Switch::On;
    module.command(&RegisterServices { registered }).unwrap();
    module.command(&StartAdvertising).unwrap();
    peer.connect();
    hear(module, simulation, |event| match event {
        Event::BleConnected { peer: PEER, .. } => Some(()),
        _ => None,
    });
}

/// Asks in vain, or not.
fn rows<C: atat::AtatCmd>(module: &mut Module<'_>, command: &C) -> Vec<Vec<u8>> {
    let mut rows = Vec::new();
    module
        .command_for_rows(command, |row| rows.push(row.to_vec()))
        .expect("the module answers");
    rows
}

fn device(chapter: &mut Chapter) {
    let role = |role| CurrentRole {
        role: Reported::Known(role),
    };
    chapter
        .row("AT+BLEINIT?")
        .writes(&GetRole, "AT+BLEINIT?")
        .reads(&GetRole, "+BLEINIT:0\r\n", role(Role::Off))
        .reads(&GetRole, "+BLEINIT:2\r\n", role(Role::Server))
        .refuses(&GetRole, "+BLEINIT:\r\n")
        .greatest(&GetRole)
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&GetRole), Ok(role(Role::Off)));
        });
    let set = |role| SetRole { role };
    chapter
        .row("AT+BLEINIT=<init>")
        .obeys(&set(Role::Client), "AT+BLEINIT=1")
        .obeys(&set(Role::Server), "AT+BLEINIT=2")
        .greatest(&set(Role::Both))
        .talks::<St67>(move |module, _| {
            for next in [Role::Client, Role::Off, Role::Server] {
                be(module, next);
                assert_eq!(module.command(&GetRole), Ok(role(next)));
            }
        });

    let address = |address| Address { address };
    chapter
        .row("AT+BLEADDR?")
        .writes(&GetAddress, "AT+BLEADDR?")
        .reads(&GetAddress, "+BLEADDR:11:22:33:44:55:66\r\n", address(PEER))
        .reads(
            &GetAddress,
            "+BLEADDR:\"11:22:33:44:55:66\"\r\n",
            address(PEER),
        )
        .refuses(&GetAddress, "+BLEADDR:\r\n")
        .greatest(&GetAddress)
        .talks::<St67>(|module, _| {
            be(module, Role::Client);
            assert_ne!(module.command(&GetAddress).unwrap().address, Mac([0; 6]));
        });
    let set = SetAddress { address: PEER };
    chapter
        .row("AT+BLEADDR=<BLE_public_addr>")
        .obeys(&set, "AT+BLEADDR=\"11:22:33:44:55:66\"")
        .greatest(&set)
        .talks::<St67>(move |module, _| {
            be(module, Role::Client);
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetAddress), Ok(address(PEER)));
        });

    let name = |name: &[u8]| Name {
        name: Printed::new(name).unwrap(),
    };
    chapter
        .row("AT+BLENAME?")
        .writes(&GetName, "AT+BLENAME?")
        .reads(&GetName, "+BLENAME:QCC74x-AT\r\n", name(b"QCC74x-AT"))
        .reads(
            &GetName,
            "+BLENAME: my \"name\" \r\n",
            name(b" my \"name\" "),
        )
        .refuses(&GetName, "+BLEADDR:1\r\n")
        .greatest(&GetName)
        .talks::<St67>(|module, _| {
            be(module, Role::Client);
            assert!(module.command(&GetName).unwrap().name.as_str().is_some());
        });
    let set = |name| SetName {
        name: Text::new(name).unwrap(),
    };
    chapter
        .row("AT+BLENAME=<device_name>")
        .obeys(&set(b"my\"name"), r#"AT+BLENAME="my\"name""#)
        .greatest(&set(&[b'"'; 29]))
        .talks::<St67>(move |module, _| {
            be(module, Role::Server);
            module.command(&set(b"my, \"name\"")).unwrap();
            assert_eq!(module.command(&GetName), Ok(name(b"my, \"name\"")));
        });

    chapter
        .row("AT+BLETXPWR?")
        .writes(&GetPower, "AT+BLETXPWR?")
        .reads(&GetPower, "+BLETXPWR:10\r\n", Power { power: 10 })
        .refuses(&GetPower, "+BLETXPWR:\r\n")
        .greatest(&GetPower)
        .talks::<St67>(|module, _| {
            be(module, Role::Client);
            assert!(module.command(&GetPower).unwrap().power <= 20);
        });
    let set = SetPower {
        power: Ranged::constant::<10>(),
    };
    chapter
        .row("AT+BLETXPWR=<tx_power>")
        .obeys(&set, "AT+BLETXPWR=10")
        .greatest(&SetPower { power: Ranged::MAX })
        .talks::<St67>(move |module, _| {
            be(module, Role::Client);
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetPower), Ok(Power { power: 10 }));
        });
}

fn scanning(chapter: &mut Chapter) {
    let parameters = ScanParameters {
        kind: Reported::Known(ScanKind::Passive),
        own_address: Reported::Known(OwnAddress::Random),
        filter: Reported::Known(ScanFilter::AllAndDirected),
        interval: 0x4000,
        window: 4,
    };
    chapter
        .row("AT+BLESCANPARAM?")
        .writes(&GetScanParameters, "AT+BLESCANPARAM?")
        .reads(
            &GetScanParameters,
            "+BLESCANPARAM:0,1,2,16384,4\r\n",
            parameters,
        )
        .refuses(&GetScanParameters, "+BLESCANPARAM:0,1,2,16384\r\n")
        .greatest(&GetScanParameters)
        .talks::<St67>(|module, _| {
            be(module, Role::Client);
            let parameters = module.command(&GetScanParameters).unwrap();
            assert_eq!(parameters.kind, ScanKind::Active);
        });
    let set = |interval, window| {
        SetScanParameters::new(
            ScanKind::Passive,
            OwnAddress::Random,
            ScanFilter::AllAndDirected,
            interval,
            window,
        )
    };
    assert!(set(Ranged::MIN, Ranged::MAX).is_err());
    let set = set(Ranged::MAX, Ranged::MIN).unwrap();
    chapter
        .row(
            "AT+BLESCANPARAM=<scan_type>,<own_addr_type>,<filter_policy>,<scan_interval>,<scan_window>",
        )
        .obeys(&set, "AT+BLESCANPARAM=0,1,2,16384,4")
        .greatest(&set)
        .talks::<St67>(move |module, _| {
            be(module, Role::Client);
            module.command(&set).unwrap();
            assert_eq!(module.command(&GetScanParameters), Ok(parameters));
        });

    let scan = |scan| SetScan { scan };
    let row = chapter
        .row("AT+BLESCAN=<enable>")
        .obeys(&scan(Switch::On), "AT+BLESCAN=1")
        .obeys(&scan(Switch::Off), "AT+BLESCAN=0")
        .greatest(&scan(Switch::On));
    talks_near(row, |module, simulation, _| {
        be(module, Role::Client);
        module.command(&SetScan { scan: Switch::On }).unwrap();
        hear(module, simulation, |event| match event {
            Event::BleScanned {
                address: PEER,
                advertisement: b"020106",
                ..
            } => Some(()),
            _ => None,
        });
        module.command(&SetScan { scan: Switch::Off }).unwrap();
    });
}

/// What the examples advertise.
const ADVERTISED: [u8; 10] = [2, 1, 6, 6, 9, b'W', b'W', b'W', b'W', b'W'];

fn advertising(chapter: &mut Chapter) {
    let data = Advertisement::new(&ADVERTISED).unwrap();
    let longest = Advertisement::new(&[0xff; 31]).unwrap();
    assert!(Advertisement::new(&[0; 32]).is_err());
    let row = chapter
        .row("AT+BLESCANRSPDATA=<scan_rsp_data>")
        .obeys(
            &SetScanResponse { data },
            "AT+BLESCANRSPDATA=\"02010606095757575757\"",
        )
        .greatest(&SetScanResponse { data: longest });
    talks_near(row, |module, _, peer| {
        be(module, Role::Server);
        let data = Advertisement::new(&ADVERTISED).unwrap();
        module.command(&SetScanResponse { data }).unwrap();
        module.command(&StartAdvertising).unwrap();
        assert_eq!(peer.hears().unwrap().1, ADVERTISED);
    });

    let parameters = AdvertisingParameters {
        min_interval: 160,
        max_interval: 320,
        kind: Reported::Known(AdvertisingKind::Connectable),
        channels: Reported::Known(Channels::All),
    };
    chapter
        .row("AT+BLEADVPARAM?")
        .writes(&GetAdvertisingParameters, "AT+BLEADVPARAM?")
        .reads(
            &GetAdvertisingParameters,
            "+BLEADVPARAM:160,320,0,7\r\n",
            parameters,
        )
        .refuses(&GetAdvertisingParameters, "+BLEADVPARAM:160,320,0\r\n")
        .greatest(&GetAdvertisingParameters)
        .talks::<St67>(|module, _| {
            be(module, Role::Server);
            let parameters = module.command(&GetAdvertisingParameters).unwrap();
            assert!(parameters.min_interval <= parameters.max_interval);
        });
    let set = |min, max| {
        SetAdvertisingParameters::new(min, max, AdvertisingKind::Connectable, Channels::All)
    };
    assert!(set(Ranged::MAX, Ranged::MIN).is_err());
    let example = set(Ranged::constant::<160>(), Ranged::constant::<320>()).unwrap();
    chapter
        .row("AT+BLEADVPARAM=<adv_int_min>,<adv_int_max>,<adv_type>,<channel_map>")
        .obeys(&example, "AT+BLEADVPARAM=160,320,0,7")
        .greatest(&set(Ranged::MAX, Ranged::MAX).unwrap())
        .talks::<St67>(move |module, _| {
            be(module, Role::Server);
            module.command(&example).unwrap();
            assert_eq!(module.command(&GetAdvertisingParameters), Ok(parameters));
        });

    let row = chapter
        .row("AT+BLEADVDATA=<adv_data>")
        .obeys(
            &SetAdvertisement { data },
            "AT+BLEADVDATA=\"02010606095757575757\"",
        )
        .greatest(&SetAdvertisement { data: longest });
    talks_near(row, |module, _, peer| {
        be(module, Role::Server);
        let data = Advertisement::new(&ADVERTISED).unwrap();
        module.command(&SetAdvertisement { data }).unwrap();
        module.command(&StartAdvertising).unwrap();
        assert_eq!(peer.hears().unwrap().0, ADVERTISED);
    });

    let row = chapter
        .row("AT+BLEADVSTART")
        .obeys(&StartAdvertising, "AT+BLEADVSTART")
        .greatest(&StartAdvertising);
    talks_near(row, |module, _, peer| {
        be(module, Role::Server);
        module.command(&StartAdvertising).unwrap();
        assert!(peer.hears().is_some());
    });
    let row = chapter
        .row("AT+BLEADVSTOP")
        .obeys(&StopAdvertising, "AT+BLEADVSTOP")
        .greatest(&StopAdvertising);
    talks_near(row, |module, _, peer| {
        be(module, Role::Server);
        module.command(&StartAdvertising).unwrap();
        module.command(&StopAdvertising).unwrap();
        assert!(peer.hears().is_none());
    });
}

fn connections(chapter: &mut Chapter) {
    let row = chapter
        .row("AT+BLECONN?")
        .writes(&GetConnections, "AT+BLECONN?")
        .reads(
            &GetConnections,
            "+BLECONN:0,\"11:22:33:44:55:66\"\r\n",
            Rows { count: 1 },
        )
        .reads(&GetConnections, "+BLECONN:\r\n", Rows { count: 0 })
        .reads(&GetConnections, "", Rows { count: 0 })
        .refuses(&GetConnections, "+BLECONN:0\r\n")
        .greatest(&GetConnections);
    talks_near(row, |module, _, _| {
        connect(module);
        let rows = rows(module, &GetConnections);
        let row = ConnectionRow::parse(&rows[0]).unwrap();
        assert_eq!((row.connection, row.peer), (0, PEER));
    });

    let greatest = Connect {
        connection: Ranged::MAX,
        ..to_peer(Some(Ranged::MAX))
    };
    let row = chapter
        .row("AT+BLECONN=<conn_index>,<remote_address>[,<addr_type>,<timeout>]")
        .obeys(
            &to_peer(Some(Ranged::constant::<10>())),
            "AT+BLECONN=0,\"11:22:33:44:55:66\",0,10",
        )
        .greatest(&greatest);
    talks_near(row, |module, simulation, peer| {
        be(module, Role::Client);
        let ten = Some(Ranged::constant::<10>());
        module.command(&to_peer(ten)).unwrap();
        assert!(peer.is_connected());
        hear(module, simulation, |event| match event {
            Event::BleConnected { peer: PEER, .. } => Some(()),
            _ => None,
        });
    });

    let row = chapter
        .row("AT+BLECONNPARAM?")
        .writes(&GetConnectionParameters, "AT+BLECONNPARAM?")
        .reads(
            &GetConnectionParameters,
            "+BLECONNPARAM:0,12,14,14,1,500\r\n",
            Rows { count: 1 },
        )
        .refuses(&GetConnectionParameters, "+BLECONNPARAM:0,12,14,14,1\r\n")
        .greatest(&GetConnectionParameters);
    talks_near(row, |module, _, _| {
        connect(module);
        let rows = rows(module, &GetConnectionParameters);
        let row = ConnectionParametersRow::parse(&rows[0]).unwrap();
        assert!(row.min_interval <= row.max_interval);
    });
    let set = |min, max| {
        let (latency, timeout) = (Ranged::constant::<1>(), Ranged::constant::<500>());
        SetConnectionParameters::new(FIRST, min, max, latency, timeout)
    };
    assert!(set(Ranged::MAX, Ranged::MIN).is_err());
    let row = chapter
        .row("AT+BLECONNPARAM=<conn_index>,<min_interval>,<max_interval>,<latency>,<timeout>")
        .obeys(
            &set(Ranged::constant::<12>(), Ranged::constant::<14>()).unwrap(),
            "AT+BLECONNPARAM=0,12,14,1,500",
        )
        .greatest(
            &SetConnectionParameters::new(
                Ranged::MAX,
                Ranged::MAX,
                Ranged::MAX,
                Ranged::MAX,
                Ranged::MAX,
            )
            .unwrap(),
        );
    talks_near(row, |module, simulation, _| {
        connect(module);
        let twelve = Ranged::constant::<12>();
        let timeout = Ranged::constant::<500>();
        let set =
            SetConnectionParameters::new(FIRST, twelve, twelve, Ranged::MIN, timeout).unwrap();
        module.command(&set).unwrap();
        hear(module, simulation, |event| match event {
            Event::BleParameters {
                min_interval: 12,
                timeout: 500,
                ..
            } => Some(()),
            _ => None,
        });
        let rows = rows(module, &GetConnectionParameters);
        let row = ConnectionParametersRow::parse(&rows[0]).unwrap();
        assert_eq!((row.interval, row.timeout), (12, 500));
    });

    let row = chapter
        .row("AT+BLEDISCONN=<conn_index>")
        .obeys(&Disconnect { connection: FIRST }, "AT+BLEDISCONN=0")
        .greatest(&Disconnect {
            connection: Ranged::MAX,
        });
    talks_near(row, |module, simulation, peer| {
        connect(module);
        module.command(&Disconnect { connection: FIRST }).unwrap();
        hear(module, simulation, |event| match event {
            Event::BleDisconnected { peer: PEER, .. } => Some(()),
            _ => None,
        });
        assert!(!peer.is_connected());
    });

    let set = SetDataLength {
        connection: FIRST,
        length: Ranged::constant::<251>(),
        time_us: 2120,
    };
    let row = chapter
        .row("AT+BLEDATALEN=<conn_index>,<tx_octets>,<tx_time>")
        .obeys(&set, "AT+BLEDATALEN=0,251,2120")
        .greatest(&SetDataLength {
            connection: Ranged::MAX,
            length: Ranged::MAX,
            time_us: u16::MAX,
        });
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, _, _| {
        connect(module);
        assert_eq!(module.command(&set), Ok(Done {}));
    });

    let row = chapter
        .row("AT+BLEEXCHANGEMTU=<conn_index>")
        .obeys(&ExchangeMtu { connection: FIRST }, "AT+BLEEXCHANGEMTU=0")
        .greatest(&ExchangeMtu {
            connection: Ranged::MAX,
        });
    talks_near(row, |module, simulation, _| {
        connect(module);
        module.command(&ExchangeMtu { connection: FIRST }).unwrap();
        let mtu = hear(module, simulation, |event| match event {
            Event::BleMtu { mtu, .. } => Some(mtu),
            _ => None,
        });
        assert!(mtu >= 23);
    });
}

fn services(chapter: &mut Chapter) {
    chapter
        .row("AT+BLEGATTSSRV?")
        .writes(&GetServices, "AT+BLEGATTSSRV?")
        .reads(
            &GetServices,
            "+BLEGATTSSRV:0,01020304010203040102030401020304,1,2\r\n\
             +BLEGATTSSRV:2,\"180d\",0,0\r\n",
            Rows { count: 2 },
        )
        .reads(&GetServices, "", Rows { count: 0 })
        .refuses(&GetServices, "+BLEGATTSSRV:0,0102,1\r\n")
        .refuses(&GetServices, "+BLEGATTSSRV:0,010203,1,2\r\n")
        .greatest(&GetServices)
        .talks::<St67>(|module, _| {
            be(module, Role::Server);
            let heart_rate = Uuid::Short(0x180d);
            let create = CreateService::new(Ranged::MAX, heart_rate, ServiceKind::Secondary);
            module.command(&create).unwrap();
            let rows = rows(module, &GetServices);
            let row = ServiceRow::parse(rows.last().unwrap()).unwrap();
            assert_eq!((row.service, row.uuid), (2, heart_rate));
            assert_eq!(row.kind, ServiceKind::Secondary);
        });

    let create = CreateService::new(Ranged::MIN, own(), ServiceKind::Primary);
    chapter
        .row("AT+BLEGATTSSRVCRE=<srv_index>,<srv_uuid>,<srv_type>,<uuid_type>")
        .obeys(
            &create,
            "AT+BLEGATTSSRVCRE=0,\"01020304010203040102030401020304\",1,2",
        )
        .greatest(&create)
        .talks::<St67>(move |module, _| {
            be(module, Role::Server);
            module.command(&create).unwrap();
            let rows = rows(module, &GetServices);
            assert!(
                rows.iter()
                    .any(|row| ServiceRow::parse(row).unwrap().uuid == own())
            );
        });

    let delete = DeleteService {
        service: Ranged::MIN,
    };
    chapter
        .row("AT+BLEGATTSSRVDEL=<srv_index>")
        .obeys(&delete, "AT+BLEGATTSSRVDEL=0")
        .greatest(&delete)
        .talks::<St67>(move |module, _| {
            be(module, Role::Server);
            module.command(&create).unwrap();
            module.command(&delete).unwrap();
            let rows = rows(module, &GetServices);
            assert!(
                !rows
                    .iter()
                    .any(|row| ServiceRow::parse(row).unwrap().uuid == own())
            );
        });

    let register = |registered| RegisterServices { registered };
    chapter
        .row("AT+BLEGATTSREGISTER=<enable>")
        .obeys(&register(Switch::On), "AT+BLEGATTSREGISTER=1")
        .obeys(&register(Switch::Off), "AT+BLEGATTSREGISTER=0")
        .greatest(&register(Switch::On))
        .talks::<St67>(move |module, _| {
            be(module, Role::Server);
            module.command(&create).unwrap();
            module.command(&characteristic(Properties::READ)).unwrap();
            module.command(&register(Switch::On)).unwrap();
            module.command(&register(Switch::Off)).unwrap();
        });

    chapter
        .row("AT+BLEGATTSCHAR?")
        .writes(&GetCharacteristics, "AT+BLEGATTSCHAR?")
        // Firmware tells the permissions.
        .reads(
            &GetCharacteristics,
            "+BLEGATTSCHAR:0,0,01020304010203040102030401020305,2,2\r\n\
             +BLEGATTSCHAR:2,4,\"2a37\",16,1,0\r\n",
            Rows { count: 2 },
        )
        .refuses(&GetCharacteristics, "+BLEGATTSCHAR:2,4,\"2a37\",16\r\n")
        .greatest(&GetCharacteristics)
        .talks::<St67>(move |module, _| {
            be(module, Role::Server);
            module.command(&create).unwrap();
            module.command(&characteristic(Properties::READ)).unwrap();
            let rows = rows(module, &GetCharacteristics);
            let row = CharacteristicRow::parse(&rows[0]).unwrap();
            assert_eq!((row.service, row.characteristic), (0, 0));
            assert_eq!((row.uuid, row.properties), (own_value(), Properties::READ));
        });

    chapter
        .row(
            "AT+BLEGATTSCHARCRE=<srv_index>,<char_index>,<char_uuid>,<char_prop>,<char_perm>,<uuid_type>",
        )
        .obeys(
            &characteristic(Properties::READ),
            "AT+BLEGATTSCHARCRE=0,0,\"01020304010203040102030401020305\",2,3,2",
        )
        .greatest(&characteristic(Properties::ALL))
        .talks::<St67>(move |module, _| {
            be(module, Role::Server);
            module.command(&create).unwrap();
            let told = Properties::NOTIFY | Properties::READ;
            module.command(&characteristic(told)).unwrap();
            let rows = rows(module, &GetCharacteristics);
            let row = CharacteristicRow::parse(&rows[0]).unwrap();
            assert_eq!(row.properties, told);
        });
}

/// A value that looks like everything a module can say.
pub const VALUE: &[u8] = b"\r\nOK\r\n>\0\xff";

fn length<const N: usize>(_: &[u8; N]) -> ValueLength {
    Ranged::new(N as u32).unwrap()
}

fn send(module: &mut Module<'_>, command: &impl Upload, value: &[u8]) {
    module.command_with_data(command, value).unwrap();
}

fn values(chapter: &mut Chapter) {
    let notify = |length, connection| Notify {
        service: Ranged::MIN,
        characteristic: Ranged::MIN,
        length,
        connection,
    };
    let four = length(b"1234");
    let row = chapter
        .row("AT+BLEGATTSNTFY=<srv_index>,<char_index>,<length>")
        .obeys(&notify(four, None), "AT+BLEGATTSNTFY=0,0,4")
        .obeys(&notify(four, Some(FIRST)), "AT+BLEGATTSNTFY=0,0,4,0")
        .exchanges::<St67>(
            &[
                ("AT+BLEGATTSNTFY=0,0,4\r\n", "\r\nOK\r\n\r\n>"),
                ("1234", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
                ("AT+BLEGATTSNTFY=0,0,4\r\n", ">"),
                ("1234", "OK\r\n"),
            ],
            move |module| {
                for _ in 0..2 {
                    let notify = notify(four, None);
                    module.command_with_data(&notify, b"1234").unwrap();
                }
            },
        )
        .greatest(&notify(Ranged::MAX, Some(Ranged::MAX)));
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, peer| {
        serve(module, simulation, peer);
        peer.subscribe(0, 0, BleUpdates::Notifications);
        simulation.advance(Duration::from_secs(1));
        let nine = Ranged::new(VALUE.len() as u32).unwrap();
        send(module, &notify(nine, None), VALUE);
        simulation.advance(Duration::from_secs(1));
        assert_eq!(peer.updates(), [VALUE]);
    });

    let indicate = |length, connection| Indicate {
        service: Ranged::MIN,
        characteristic: Ranged::MIN,
        length,
        connection,
    };
    let row = chapter
        .row("AT+BLEGATTSIND=<srv_index>,<char_index>,<length>")
        .obeys(&indicate(four, None), "AT+BLEGATTSIND=0,0,4")
        .exchanges::<St67>(
            &[
                ("AT+BLEGATTSIND=0,0,4\r\n", "\r\n>"),
                ("1234", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
            ],
            move |module| {
                let indicate = indicate(four, None);
                module.command_with_data(&indicate, b"1234").unwrap();
            },
        )
        .greatest(&indicate(Ranged::MAX, Some(Ranged::MAX)));
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, peer| {
        serve(module, simulation, peer);
        peer.subscribe(0, 0, BleUpdates::Indications);
        simulation.advance(Duration::from_secs(1));
        let nine = Ranged::new(VALUE.len() as u32).unwrap();
        send(module, &indicate(nine, None), VALUE);
        hear(module, simulation, |event| match event {
            Event::BleIndicated { error: 0 } => Some(()),
            _ => None,
        });
        assert_eq!(peer.updates(), [VALUE]);
    });

    let answer = |length| AnswerRead {
        service: Ranged::MIN,
        characteristic: Ranged::MIN,
        length,
    };
    let row = chapter
        .row("AT+BLEGATTSRD=<srv_index>,<char_index>,<length>")
        .obeys(&answer(four), "AT+BLEGATTSRD=0,0,4")
        .exchanges::<St67>(
            &[
                ("AT+BLEGATTSRD=0,0,4\r\n", "\r\n>"),
                ("1234", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
            ],
            move |module| {
                module.command_with_data(&answer(four), b"1234").unwrap();
            },
        )
        .greatest(&answer(Ranged::MAX));
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, peer| {
        serve(module, simulation, peer);
        let nine = Ranged::new(VALUE.len() as u32).unwrap();
        send(module, &answer(nine), VALUE);
        peer.read(0, 0);
        hear(module, simulation, |event| match event {
            Event::BleReadRequest { service: 0, .. } => Some(()),
            _ => None,
        });
        assert_eq!(peer.answers(), [VALUE]);
    });
}

fn found(chapter: &mut Chapter) {
    let connection = FIRST;
    let row = chapter
        .row("AT+BLEGATTCSRVDIS=<conn_index>")
        .obeys(&DiscoverServices { connection }, "AT+BLEGATTCSRVDIS=0")
        .greatest(&DiscoverServices {
            connection: Ranged::MAX,
        });
    talks_near(row, |module, simulation, _| {
        connect(module);
        let connection = FIRST;
        module.command(&DiscoverServices { connection }).unwrap();
        hear(module, simulation, |event| match event {
            Event::BleService {
                service: 1, uuid, ..
            } => (Uuid::parse(uuid) == Some(Uuid::Short(0x180d))).then_some(()),
            _ => None,
        });
    });

    let discover_characteristics = |connection, service| DiscoverCharacteristics {
        connection,
        service,
    };
    let row = chapter
        .row("AT+BLEGATTCCHARDIS=<conn_index>,<srv_index>")
        .obeys(
            &discover_characteristics(FIRST, Found::MIN),
            "AT+BLEGATTCCHARDIS=0,1",
        )
        .greatest(&discover_characteristics(Ranged::MAX, Ranged::MAX));
    talks_near(row, |module, simulation, _| {
        assert!(discover(module, simulation) > 0);
    });

    let write = |length| Write {
        connection: FIRST,
        service: Ranged::constant::<1>(),
        characteristic: Ranged::constant::<2>(),
        length,
    };
    let four = length(b"1234");
    let row = chapter
        .row("AT+BLEGATTCWR=<conn_index>,<srv_index>,<char_index>,<length>")
        .obeys(&write(four), "AT+BLEGATTCWR=0,1,2,4")
        .exchanges::<St67>(
            &[
                ("AT+BLEGATTCWR=0,1,2,4\r\n", "\r\n>"),
                ("1234", "Recv 4 bytes\r\n\r\nSEND OK\r\n"),
            ],
            move |module| {
                module.command_with_data(&write(four), b"1234").unwrap();
            },
        )
        .greatest(&Write {
            connection: Ranged::MAX,
            service: Ranged::MAX,
            characteristic: Ranged::MAX,
            length: Ranged::MAX,
        });
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, peer| {
        discover(module, simulation);
        let nine = Ranged::new(VALUE.len() as u32).unwrap();
        send(module, &write(nine), VALUE);
        let (_, written) = peer.written().pop().unwrap();
        assert_eq!(written, VALUE);
    });

    let read = |characteristic| Read {
        connection: FIRST,
        service: Ranged::constant::<1>(),
        characteristic,
    };
    let row = chapter
        .row("AT+BLEGATTCRD=<conn_index>,<srv_index>,<char_index>")
        .obeys(&read(Ranged::constant::<1>()), "AT+BLEGATTCRD=0,1,1")
        .greatest(&Read {
            connection: Ranged::MAX,
            service: Ranged::MAX,
            characteristic: Ranged::MAX,
        });
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, _| {
        discover(module, simulation);
        module.command(&read(Ranged::constant::<2>())).unwrap();
        hear(module, simulation, |event| match event {
            Event::BleRead {
                data: b"\r\nOK\r\n\0",
                ..
            } => Some(()),
            _ => None,
        });
    });

    let subscribe = |configuration_handle, value_handle, subscription| Subscribe {
        connection: FIRST,
        configuration_handle,
        value_handle,
        subscription,
    };
    let row = chapter
        .row("AT+BLEGATTCSUBSCRIBE=<conn_index>,<ccc_handle>,<value_handle>,<value>")
        .obeys(
            &subscribe(15, 14, Subscription::Notification),
            "AT+BLEGATTCSUBSCRIBE=0,15,14,1",
        )
        .greatest(&Subscribe {
            connection: Ranged::MAX,
            configuration_handle: u16::MAX,
            value_handle: u16::MAX,
            subscription: Subscription::Indication,
        });
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, peer| {
        let handle = discover(module, simulation);
        let notifications = Subscription::Notification;
        let command = subscribe(handle + 1, handle, notifications);
        module.command(&command).unwrap();
        // Its version tells the driver what a notification looks like.
        module.command(&GetVersions).unwrap();
        peer.notify(handle, VALUE);
        hear(module, simulation, |event| match event {
            Event::BleNotified { data, .. } => (data == VALUE).then_some(()),
            _ => None,
        });
    });

    let unsubscribe = |value_handle| Unsubscribe {
        connection: FIRST,
        value_handle,
    };
    let row = chapter
        .row("AT+BLEGATTCUNSUBSCRIBE=<conn_index>,<value_handle>")
        .obeys(&unsubscribe(14), "AT+BLEGATTCUNSUBSCRIBE=0,14")
        .greatest(&unsubscribe(u16::MAX));
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, _| {
        let handle = discover(module, simulation);
        let notifications = Subscription::Notification;
        let command = subscribe(handle + 1, handle, notifications);
        module.command(&command).unwrap();
        module.command(&unsubscribe(handle)).unwrap();
        assert!(module.command(&unsubscribe(handle)).is_err());
    });
}

/// Starts to pair with the monitor, with this to do it with.
pub fn pair(module: &mut Module<'_>, ability: Ability, level: Ranged<0, 4>) {
    connect(module);
    module.command(&SetAbility { ability }).unwrap();
    let connection = FIRST;
    module.command(&StartPairing { connection, level }).unwrap();
}

fn paired(event: Event<'_>) -> Option<()> {
    match event {
        Event::BlePaired {
            is_bonded: true,
            peer,
            ..
        } => (peer.address == PEER).then_some(()),
        _ => None,
    }
}

fn security(chapter: &mut Chapter) {
    let abilities = |ability| Abilities {
        ability: Reported::Known(ability),
    };
    chapter
        .row("AT+BLESECPARAM?")
        .writes(&GetAbility, "AT+BLESECPARAM?")
        .reads(
            &GetAbility,
            "+BLESECPARAM:4\r\n",
            abilities(Ability::KeyboardDisplay),
        )
        .refuses(&GetAbility, "+BLESECPARAM:\r\n")
        .greatest(&GetAbility)
        .talks::<St67>(|module, _| {
            be(module, Role::Client);
            assert!(
                module
                    .command(&GetAbility)
                    .unwrap()
                    .ability
                    .known()
                    .is_some()
            );
        });
    let set = |ability| SetAbility { ability };
    chapter
        .row("AT+BLESECPARAM=<security parameter>")
        .obeys(&set(Ability::KeyboardDisplay), "AT+BLESECPARAM=4")
        .greatest(&set(Ability::KeyboardDisplay))
        .talks::<St67>(move |module, _| {
            be(module, Role::Client);
            for ability in [Ability::Display, Ability::Nothing] {
                module.command(&set(ability)).unwrap();
                assert_eq!(module.command(&GetAbility), Ok(abilities(ability)));
            }
        });

    let connection = FIRST;
    let last = Ranged::MAX;
    let row = chapter
        .row("AT+BLESECCANNEL=<conn_index>")
        .obeys(&CancelPairing { connection }, "AT+BLESECCANNEL=0")
        .greatest(&CancelPairing { connection: last });
    talks_near(row, |module, simulation, _| {
        pair(module, Ability::Keyboard, Ranged::constant::<3>());
        hear(module, simulation, |event| match event {
            Event::BlePasskeyEntry(peer) => (peer.address == PEER).then_some(()),
            _ => None,
        });
        let connection = FIRST;
        module.command(&CancelPairing { connection }).unwrap();
        hear(module, simulation, |event| match event {
            Event::BlePairingFailed(peer) => (peer.address == PEER).then_some(()),
            _ => None,
        });
    });

    let row = chapter
        .row("AT+BLESECPASSKEYCONFIRM=<conn_index>")
        .obeys(&ConfirmPasskey { connection }, "AT+BLESECPASSKEYCONFIRM=0")
        .greatest(&ConfirmPasskey { connection: last });
    talks_near(row, |module, simulation, _| {
        pair(module, Ability::DisplayYesNo, Ranged::MAX);
        hear(module, simulation, |event| match event {
            Event::BlePasskeyConfirm { passkey, .. } => (passkey == 123_456).then_some(()),
            _ => None,
        });
        let connection = FIRST;
        module.command(&ConfirmPasskey { connection }).unwrap();
        hear(module, simulation, paired);
    });

    let row = chapter
        .row("AT+BLESECPAIRINGCONFIRM=<conn_index>")
        .obeys(&ConfirmPairing { connection }, "AT+BLESECPAIRINGCONFIRM=0")
        .greatest(&ConfirmPairing { connection: last });
    talks_near(row, |module, simulation, _| {
        pair(module, Ability::DisplayYesNo, Ranged::constant::<2>());
        hear(module, simulation, |event| match event {
            Event::BlePairingConfirm(peer) => (peer.address == PEER).then_some(()),
            _ => None,
        });
        let connection = FIRST;
        module.command(&ConfirmPairing { connection }).unwrap();
        hear(module, simulation, paired);
    });

    let enter = |passkey| EnterPasskey {
        connection: FIRST,
        passkey: Passkey::new(passkey).unwrap(),
    };
    assert!(Passkey::new(1_000_000).is_err());
    assert!(!format!("{:?}", enter(123_456)).contains("123456"));
    let row = chapter
        .row("AT+BLESECPASSKEY=<conn_index>,<passkey>")
        .obeys(&enter(123_456), "AT+BLESECPASSKEY=0,123456")
        .greatest(&enter(999_999));
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, _| {
        pair(module, Ability::KeyboardDisplay, Ranged::MAX);
        hear(module, simulation, |event| match event {
            Event::BlePasskeyEntry(peer) => (peer.address == PEER).then_some(()),
            _ => None,
        });
        module.command(&enter(123_456)).unwrap();
        hear(module, simulation, paired);
    });

    let bond = "12:34:56:78:00:11 (public) LTK:01234567890123456789012345678900\r\n";
    let row = chapter
        .row("AT+BLESECGETLTKLIST?")
        .writes(&GetBonds, "AT+BLESECGETLTKLIST?")
        .reads(&GetBonds, &format!("+BTADDR {bond}"), Rows { count: 1 })
        .reads(
            &GetBonds,
            &format!("+BLESECGETLTKLIST: BONDADDR {bond}"),
            Rows { count: 1 },
        )
        .reads(&GetBonds, "", Rows { count: 0 })
        .refuses(&GetBonds, "+BTADDR 12:34:56:78:00:11 (public)\r\n")
        .greatest(&GetBonds);
    talks_near(row, |module, simulation, _| {
        pair(module, Ability::Nothing, Ranged::constant::<2>());
        hear(module, simulation, paired);
        let rows = rows(module, &GetBonds);
        let row = BondRow::parse(&rows[0]).unwrap();
        assert_eq!((row.peer.address, row.peer.kind), (PEER, &b"public"[..]));
        assert_eq!(row.key.reveal(), b"01234567890123456789012345678900");
    });

    let unpair = |peer| Unpair {
        peer,
        kind: AddressKind::Public,
    };
    let row = chapter
        .row("AT+BLESECUNPAIR=<address>,<addrtype>")
        .obeys(
            &unpair("12:34:56:78:00:12".parse().unwrap()),
            "AT+BLESECUNPAIR=\"12:34:56:78:00:12\",0",
        )
        .greatest(&unpair(PEER));
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, _| {
        pair(module, Ability::Nothing, Ranged::constant::<2>());
        hear(module, simulation, paired);
        module.command(&unpair(PEER)).unwrap();
        assert_eq!(module.command(&GetBonds), Ok(Rows { count: 0 }));
    });

    let start = |connection, level| StartPairing { connection, level };
    let row = chapter
        .row("AT+BLESECSTART=<conn_index>,<sec_level>")
        .obeys(&start(FIRST, Ranged::MAX), "AT+BLESECSTART=0,4")
        .greatest(&start(Ranged::MAX, Ranged::MAX));
    talks_near(row, |module, simulation, _| {
        pair(module, Ability::Nothing, Ranged::constant::<2>());
        hear(module, simulation, paired);
    });
}

fn profiles(chapter: &mut Chapter) {
    let level = |level| BatteryLevel { level };
    let row = chapter
        .row("AT+BLEBASINIT")
        .obeys(&StartBattery, "AT+BLEBASINIT")
        .greatest(&StartBattery);
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&StartBattery).unwrap();
        assert_eq!(
            module.command(&GetBatteryLevel),
            Ok(BatteryLevel { level: 100 })
        );
    });
    let row = chapter
        .row("AT+BLEBASDEINIT")
        .obeys(&StopBattery, "AT+BLEBASDEINIT")
        .greatest(&StopBattery);
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&StartBattery).unwrap();
        module.command(&StopBattery).unwrap();
    });
    let row = chapter
        .row("AT+BLEBASLVLGET?")
        .writes(&GetBatteryLevel, "AT+BLEBASLVLGET?")
        .reads(&GetBatteryLevel, "+BLE:BASLEVEL:100\r\n", level(100))
        .refuses(&GetBatteryLevel, "+BLE:BASLEVEL:256\r\n")
        .greatest(&GetBatteryLevel);
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&StartBattery).unwrap();
        assert!(module.command(&GetBatteryLevel).unwrap().level <= 100);
    });
    let set = |connection, level| SetBatteryLevel { connection, level };
    let row = chapter
        .row("AT+BLEBASLVLSET=<conn idx>,<level>")
        .obeys(&set(FIRST, Ranged::MAX), "AT+BLEBASLVLSET=0,100")
        .greatest(&set(Ranged::MAX, Ranged::MAX));
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&StartBattery).unwrap();
        let less = Ranged::constant::<42>();
        module.command(&set(FIRST, less)).unwrap();
        assert_eq!(module.command(&GetBatteryLevel), Ok(level(42)));
    });

    let row = chapter
        .row("AT+BLEIASINIT")
        .obeys(&StartAlert, "AT+BLEIASINIT")
        .greatest(&StartAlert);
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&StartAlert).unwrap();
        peer.alert(2);
        hear(module, simulation, |event| match event {
            Event::BleAlert(2) => Some(()),
            _ => None,
        });
    });
    let row = chapter
        .row("AT+BLEIASDEINIT")
        .obeys(&StopAlert, "AT+BLEIASDEINIT")
        .greatest(&StopAlert);
    talks_near(row, |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&StartAlert).unwrap();
        module.command(&StopAlert).unwrap();
    });

    let info = StartDeviceInfo {
        vendor_source: 100,
        vendor: 101,
        product: 102,
        version: 103,
    };
    let row = chapter
        .row("AT+BLEDISINIT=<pnp_vid_src>,<pnp_vid>,<pnp_pid>,<pnp_ver>")
        .obeys(&info, "AT+BLEDISINIT=100,101,102,103")
        .greatest(&StartDeviceInfo {
            vendor_source: u8::MAX,
            vendor: u16::MAX,
            product: u16::MAX,
            version: u16::MAX,
        });
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&info).unwrap();
    });
    let row = chapter
        .row("AT+BLEDISDEINIT")
        .obeys(&StopDeviceInfo, "AT+BLEDISDEINIT")
        .greatest(&StopDeviceInfo);
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&info).unwrap();
        module.command(&StopDeviceInfo).unwrap();
        assert!(peer.information().is_empty());
    });
    // The example cuts the text.
    let cut = SetDeviceInfo {
        info: DeviceInfo::Manufacturer,
        text: Text::new(b"ST67W611M").unwrap(),
        length: Ranged::constant::<6>(),
    };
    let whole = |text| SetDeviceInfo::new(DeviceInfo::Manufacturer, text).unwrap();
    let row = chapter
        .row("AT+BLEDISSET=<parameter_name>,<parameter_value>,<parameter_len>")
        .obeys(&cut, "AT+BLEDISSET=\"manuf\",\"ST67W611M\",6")
        .obeys(
            &whole(b"ST67W611M"),
            "AT+BLEDISSET=\"manuf\",\"ST67W611M\",9",
        )
        .greatest(&whole(&[b'"'; 21]));
    row.talks_near::<St67, BlePeer>(monitor, near, move |module, simulation, peer| {
        serve(module, simulation, peer);
        module.command(&info).unwrap();
        module.command(&whole(b"ST67W611M")).unwrap();
        assert_eq!(peer.information()["manuf"], b"ST67W611M");
    });
}
