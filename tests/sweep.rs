//! One fault at every byte of a whole conversation, in both directions: each case ends within its
//! time in success or a typed error, hands out no wrong byte as good, and the next conversation
//! goes through.

mod common;

use std::cell::RefCell;
use std::time::Duration;

use atwifi::Error;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::st67::ble::{self, Bluetooth, Connection, Event};
use atwifi_simulator::{
    BlePeer, BleUpdates, Config, Fault, FaultKind, Faults, Profile, Simulation,
};
use common::*;

/// The longest a whole story may take, in virtual time: the sum of the deadlines of its steps,
/// each with a full resynchronisation.
const LIMIT: Duration = Duration::from_secs(150);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Direction {
    ToHost,
    ToModule,
}

/// What happens to the byte, and whether it may change payload in place.
fn kinds() -> Vec<FaultKind> {
    vec![
        FaultKind::Reset,
        FaultKind::Drop(1),
        FaultKind::Drop(2),
        FaultKind::Drop(23),
        FaultKind::Cut(Duration::from_millis(30)),
        FaultKind::Cut(Duration::from_secs(3)),
        FaultKind::Delay(Duration::from_millis(400)),
        FaultKind::Delay(Duration::from_secs(8)),
        FaultKind::Insert(b"\r\n".to_vec()),
        FaultKind::Insert(b"\xff\x00>".to_vec()),
        FaultKind::Corrupt(0x01),
        FaultKind::Corrupt(0x80),
    ]
}

/// Of the places where a fault can strike, one in so many is tried: all of them, but fewer with
/// firmware that is much like another. `ATWIFI_SWEEP=all` tries all places with each.
fn stride(profile: Profile) -> usize {
    let alike = matches!(
        profile,
        Profile::St67Fw2_0_89 | Profile::St67Fw2_0_97 | Profile::St67Fw2_0_106
    );
    let all = std::env::var("ATWIFI_SWEEP").is_ok_and(|wish| wish == "all");
    if alike && !all { 11 } else { 1 }
}

/// A conversation that is swept, in which the payload is received, and what is around it.
struct Tale<D: UnderTest> {
    around: fn(Config) -> Config,
    tell: fn(&mut Driver<'_, D>, &Simulation) -> Told,
}

impl<D: UnderTest> Tale<D> {
    fn simulation(&self, profile: Profile, faults: Faults) -> Simulation {
        let config = (self.around)(config(profile)).with_faults(faults);
        Simulation::new(config, Network::default().build())
    }
}

/// Joins and has a socket.
fn socket<D: UnderTest>() -> Tale<D> {
    Tale {
        around: |config| config,
        tell: |module, simulation| story(module, simulation, 1000),
    }
}

/// Serves a phone over Bluetooth LE: it is told of what it has written.
fn bluetooth() -> Tale<St67> {
    Tale {
        around: |config| {
            let phone = BlePeer::new([2; 6]);
            PHONE.replace(phone.clone());
            config.with_ble_peer(&phone)
        },
        tell: |module, simulation| {
            let mut told = Told::default();
            if let Err(error) = serve(module, simulation, &mut told.received) {
                told.error = Some(anonymous::<St67>(error));
            }
            told
        },
    }
}

thread_local! {
    /// That of the simulation at hand.
    static PHONE: RefCell<BlePeer> = RefCell::new(BlePeer::new([2; 6]));
}

const VALUE: ble::At = ble::At::new(0, 0).unwrap();
static TABLE: ble::Table = ble::Table::new(&[ble::Service::new(
    ble::Uuid::Short(0x181a),
    &[ble::Characteristic::new(
        ble::Uuid::Short(0x2a6e),
        ble::Properties::WRITE.and(ble::Properties::NOTIFY),
    )],
)])
.unwrap();

/// Before what looks like a module that talks: a line end behind as many bytes as are left of a spoilt length
/// would end the value, since there is no checksum. No digits of 101 without some of them are its length.
const MARK: &[u8] = &[b'#'; 21];

fn serve(
    wifi: &mut Driver<'_, St67>,
    simulation: &Simulation,
    received: &mut Vec<u8>,
) -> Result<(), Failure<St67>> {
    let phone = PHONE.with_borrow(Clone::clone);
    let mut ble = wifi.bluetooth(&ble::BleConfig::new(ble::Role::Server))?;
    ble.serve(wifi, &TABLE)?;
    let data = ble::AdvertisingData::new().with_name(b"swept");
    ble.advertise(wifi, &ble::Advertising::new(data))?;
    phone.connect();
    phone.subscribe(0, 0, BleUpdates::Notifications);
    let client = take_value(&mut ble, wifi, simulation, None)?.0;
    // What is told then would make up for bytes that are lost, if there are as many: there is no checksum.
    simulation.advance(Duration::from_millis(100));
    for part in payload().chunks(80) {
        phone.write(0, 0, [MARK, part].concat());
        let (client, value) = take_value(&mut ble, wifi, simulation, Some(client))?;
        received.extend(value.strip_prefix(MARK).ok_or(Error::Malformed)?);
        ble.notify(wifi, client, VALUE, &value)?;
    }
    ble.disconnect(wifi, client)
}

/// Waits until a client has connected, or the client has written.
fn take_value(
    ble: &mut Bluetooth<'_>,
    wifi: &mut Driver<'_, St67>,
    simulation: &Simulation,
    client: Option<Connection>,
) -> Result<(Connection, Vec<u8>), Failure<St67>> {
    let until = simulation.now() + Duration::from_secs(3);
    while simulation.now() < until {
        let mut memory = [0; ble::VALUE_MAX];
        match (ble.next(wifi, &mut memory)?, client) {
            (Some(Event::Connected { connection, .. }), None) => return Ok((connection, vec![])),
            (
                Some(Event::Written {
                    connection, value, ..
                }),
                Some(_),
            ) => return Ok((connection, value.to_vec())),
            (None, _) => simulation.idle(),
            _ => {}
        }
    }
    Err(Error::Timeout)
}

fn sweep<D: UnderTest>(profile: Profile, tale: &Tale<D>) {
    let simulation = tale.simulation(profile, Faults::default());
    let (start, end) = with_driver::<D, _>(&simulation, |module| {
        module.reset().expect("reset");
        let crossed = || (simulation.to_host(), simulation.to_module());
        let start = crossed();
        let told = (tale.tell)(module, &simulation);
        assert!(
            told.error.is_none(),
            "{told:?}\n{}",
            simulation.transcript()
        );
        (start, crossed())
    });
    let (mut cases, mut failures, mut errors) = (0, 0, std::collections::BTreeMap::new());
    for direction in [Direction::ToHost, Direction::ToModule] {
        let bytes = match direction {
            Direction::ToHost => start.0..end.0,
            Direction::ToModule => start.1..end.1,
        };
        for at in bytes.step_by(stride(profile)) {
            for kind in kinds() {
                let what = format!("{profile}, {direction:?} byte {at}, {kind:?}");
                cases += 1;
                if let Some(error) = case(profile, tale, direction, Fault::new(at, kind), &what) {
                    failures += 1;
                    *errors.entry(error).or_insert(0) += 1;
                }
            }
        }
    }
    assert!(
        failures > 0,
        "a sweep in which nothing fails sweeps nothing"
    );
    println!("{profile}: {cases} cases, of which {failures} ended in an error: {errors:?}");
}

fn case<D: UnderTest>(
    profile: Profile,
    tale: &Tale<D>,
    direction: Direction,
    fault: Fault,
    what: &str,
) -> Option<String> {
    // What the module is told instead of the payload comes back in the echo.
    let altered = match fault.kind {
        FaultKind::Corrupt(_) => true,
        FaultKind::Insert(_) => direction == Direction::ToModule,
        _ => false,
    };
    let mut faults = Faults::default();
    match direction {
        Direction::ToHost => faults.to_host.push(fault),
        Direction::ToModule => faults.to_module.push(fault),
    }
    let simulation = tale.simulation(profile, faults);
    with_driver::<D, _>(&simulation, |module| {
        module.reset().expect("reset");
        let begin = simulation.now();
        let told = (tale.tell)(module, &simulation);
        let context = || format!("{what}: {:?}\n{}", told.error, simulation.transcript());
        assert!(
            simulation.now() - begin < LIMIT,
            "took {:?}\n{}",
            simulation.now() - begin,
            context()
        );
        if !altered {
            assert!(
                payload().starts_with(&told.received),
                "wrong bytes handed out\n{}",
                context()
            );
        }
        if told.error.is_none() {
            assert_eq!(told.received.len(), payload().len(), "{}", context());
        }
        simulation.set_faults(Faults::default());
        let mut again = (tale.tell)(module, &simulation);
        if told.error.is_none() && again.error.is_some() {
            // The fault struck behind the last answer: it is the second story that notices.
            again = (tale.tell)(module, &simulation);
        }
        assert!(
            again.error.is_none(),
            "then {:?}; {}",
            again.error,
            context()
        );
        assert_eq!(again.received, payload(), "then wrong bytes; {}", context());
        told.error.map(|error| format!("{error:?}"))
    })
}

/// A test for each firmware, so that they run side by side.
macro_rules! sweeps {
    ($($name:ident: $tale:expr, $profile:ident;)*) => {
        $(#[test] fn $name() { sweep(Profile::$profile, &$tale); })*
    };
}

sweeps! {
    st67_reference: socket::<St67>(), St67Reference;
    st67_firmware_2_0_75: socket::<St67>(), St67Fw2_0_75;
    st67_firmware_2_0_89: socket::<St67>(), St67Fw2_0_89;
    st67_firmware_2_0_97: socket::<St67>(), St67Fw2_0_97;
    st67_firmware_2_0_106: socket::<St67>(), St67Fw2_0_106;
    st67_reference_bluetooth: bluetooth(), St67Reference;
    st67_firmware_2_0_75_bluetooth: bluetooth(), St67Fw2_0_75;
    st67_firmware_2_0_89_bluetooth: bluetooth(), St67Fw2_0_89;
    st67_firmware_2_0_97_bluetooth: bluetooth(), St67Fw2_0_97;
    st67_firmware_2_0_106_bluetooth: bluetooth(), St67Fw2_0_106;
    microchip_reference: socket::<Microchip>(), MicrochipReference;
    microchip_firmware_0_2_0: socket::<Microchip>(), MicrochipFw0_2_0;
    microchip_firmware_0_3_2: socket::<Microchip>(), MicrochipFw0_3_2;
}
