//! One fault at every byte of a whole conversation, in both directions: each case ends within its
//! time in success or a typed error, hands out no wrong byte as good, and the next conversation
//! goes through.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::service::in_weathers;
use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi::st67::ble::{self, Bluetooth, Connection, Event};
use atwifi::st67::{St67, UpdateError};
use atwifi::{Error, Image, MqttConfig, Qos};
use atwifi_simulator::{
    BlePeer, BleUpdates, Config, Fault, FaultKind, Faults, Profile, Simulation,
};
use embedded_io::{Seek, SeekFrom, Write};
use ring::digest::{SHA256, digest};

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

/// Fewer places are tried with firmware that is much like another.
fn stride_on(profile: Profile, usual: usize) -> usize {
    stride(if is_alike(profile) { 11 * usual } else { usual })
}

/// A conversation that is swept, in which the payload is received, and what is around it.
struct Tale<D: UnderTest> {
    /// One place in so many is tried.
    step: usize,
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
        step: 1,
        around: |config| config,
        tell: |module, simulation| story(module, simulation, 1000),
    }
}

/// Serves a phone over Bluetooth LE: it is told of what it has written.
fn bluetooth() -> Tale<St67> {
    Tale {
        step: 3,
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
        for at in bytes.step_by(stride_on(profile, tale.step)) {
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

/// Of an MQTT session every place that so many leave is tried: its conversation is long, and it is held at
/// others in `tests/mqtt.rs`.
const SESSION_STRIDE: usize = 5;

/// A session with a broker: made, and a message there and back.
fn session<D: UnderTest>(module: &mut Driver<'_, D>) -> Result<String, Failure<D>> {
    let mut session = module.mqtt(&MqttConfig::new(NAME, MQTT, "sensor"))?;
    session.subscribe(module, "t", Qos::AtMostOnce)?;
    session.publish(module, "t", b"hello", Qos::AtMostOnce, false)?;
    if !session.wait(module, 3000)? {
        return Err(Error::Timeout);
    }
    let mut memory = [0; 64];
    let told = format!("{:?}", session.receive(module, &mut memory)?);
    session.disconnect(module)?;
    Ok(told)
}

#[test]
fn st67_firmware_and_a_broker() {
    in_weathers::<St67>(SESSION_STRIDE, |config| config, session);
}

#[test]
fn microchip_firmware_and_a_broker() {
    in_weathers::<Microchip>(SESSION_STRIDE, |config| config, session);
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

type Holds<D> = fn(&Simulation, &Result<(), Failure<D>>, Option<&FaultKind>) -> bool;

/// Something that is done with what lies in the module, and what must hold however it ends.
struct Stock<D: UnderTest> {
    act: fn(&mut Driver<'_, D>) -> Result<(), Failure<D>>,
    /// Whether all is well behind what was told, and this fault.
    holds: Holds<D>,
    longest: Duration,
}

/// One place in so many is tried of these: they are many commands of a kind.
const USUAL: usize = 13;

fn sweep_stock<D: UnderTest>(stock: &Stock<D>) {
    for &profile in D::PROFILES {
        let simulation = Simulation::new(config(profile), Network::default().build());
        let crossed = || (simulation.to_host(), simulation.to_module());
        let (start, end) = with_driver::<D, _>(&simulation, |module| {
            module.reset().expect("reset");
            let start = crossed();
            (stock.act)(module).expect("without a fault");
            (start, crossed())
        });
        for direction in [Direction::ToHost, Direction::ToModule] {
            let bytes = match direction {
                Direction::ToHost => start.0..end.0,
                Direction::ToModule => start.1..end.1,
            };
            // At each place another of the kinds is the first.
            for (n, at) in bytes.step_by(stride_on(profile, USUAL)).enumerate() {
                for kind in kinds().into_iter().cycle().skip(n % 3).step_by(3).take(4) {
                    stock_case(stock, profile, direction, Fault::new(at, kind));
                }
            }
        }
    }
}

fn stock_case<D: UnderTest>(
    stock: &Stock<D>,
    profile: Profile,
    direction: Direction,
    fault: Fault,
) {
    let what = format!("{profile}, {direction:?} {fault:?}");
    let kind = fault.kind.clone();
    let mut faults = Faults::default();
    match direction {
        Direction::ToHost => faults.to_host.push(fault),
        Direction::ToModule => faults.to_module.push(fault),
    }
    let config = config(profile).with_faults(faults);
    let simulation = Simulation::new(config, Network::default().build());
    with_driver::<D, _>(&simulation, |module| {
        module.reset().expect("reset");
        let begin = simulation.now();
        let told = (stock.act)(module);
        let context = || format!("{what}: {told:?}\n{}", simulation.transcript());
        let took = simulation.now() - begin;
        assert!(took < stock.longest, "took {took:?}\n{}", context());
        assert!(
            (stock.holds)(&simulation, &told, Some(&kind)),
            "{}",
            context()
        );
        simulation.set_faults(Faults::default());
        // Calls may hear of what has happened before one goes through.
        let again = (0..3).any(|_| (stock.act)(module).is_ok());
        assert!(again, "then not; {}", context());
        assert!(
            (stock.holds)(&simulation, &Ok(()), None),
            "then {}",
            context()
        );
    });
}

/// Whether bytes may have become others.
fn alters(fault: Option<&FaultKind>) -> bool {
    matches!(fault, Some(FaultKind::Corrupt(_) | FaultKind::Insert(_)))
}

const FILE: &str = "a, \"file\"";

/// Bytes that a certificate may have, and a module stumble over.
const CONTENT: &[u8] = b"0\x82\0+\r\nOK\r\n\0\0\r\n\r\nOK\r\n>#\r\nERROR\r\n+\x7f\xffend";

fn a_certificate_is_whole_or_told_as_missing<D: UnderTest>() {
    sweep_stock::<D>(&Stock {
        act: |module| module.load_certificate(FILE, CONTENT),
        holds: |simulation, told, fault| {
            let file = simulation.file(FILE);
            let is_whole = file.as_deref() == Some(CONTENT);
            let is_nothing = file.is_none_or(|file| file.first().is_none_or(|&byte| byte == 0));
            match told {
                // Where there are no files, a name that was spoilt cannot be read back.
                Ok(()) => is_whole || (fault.is_some() && !D::HAS_FILES),
                Err(_) => is_whole || is_nothing || !D::HAS_FILES,
            }
        },
        longest: LIMIT,
    });
}

on_both_dialects! {
    a_certificate_is_whole_or_told_as_missing
}

#[test]
fn a_file_reads_back_what_was_written_or_fails() {
    sweep_stock::<St67>(&Stock {
        act: |module| {
            let mut files = module.files();
            files.write(FILE, &payload()[..300])?;
            let mut file = files.open(FILE)?;
            file.seek(SeekFrom::End(0))?;
            file.write_all(CONTENT)?;
            let mut into = [0; 200];
            let read = files.read(FILE, 250, &mut into)?;
            match read == 50 + CONTENT.len() {
                true => Ok(()),
                false => Err(Error::Malformed),
            }
        },
        holds: |simulation, told, fault| {
            let expected = [&payload()[..300], CONTENT].concat();
            told.is_err() || alters(fault) || simulation.file(FILE) == Some(expected)
        },
        longest: LIMIT,
    });
}

#[test]
fn an_update_runs_or_the_old_firmware_does() {
    sweep_stock::<St67>(&Stock {
        act: |module| {
            let image = image(1500);
            let mut part = [0; 1024];
            let updated =
                module.update(&mut &image[..], &mut part, |_, _| ControlFlow::Continue(()));
            match updated {
                Ok(_) => Ok(()),
                Err(UpdateError::Module(error)) => Err(error),
                Err(UpdateError::Read(never)) => match never {},
            }
        },
        holds: |simulation, told, fault| match (told, simulation.updates()) {
            (Ok(()), n) => n > 0,
            // What nobody was told may be so; what was refused is not, unless that was spoilt.
            (Err(Error::Module(_) | Error::Usage(_)), n) => n == 0 || alters(fault),
            (Err(_), n) => n <= 1,
        },
        longest: 3 * LIMIT,
    });
}

/// An image with so long a body.
fn image(body: usize) -> Vec<u8> {
    let body: Vec<u8> = (0..body).map(|n| (n ^ (n >> 8)) as u8).collect();
    let mut image = vec![0; Image::HEADER];
    image[..16].copy_from_slice(b"QCC74X_OTA_Ver10");
    image[16..20].copy_from_slice(b"XZ  ");
    image[20..24].copy_from_slice(&(body.len() as u32).to_le_bytes());
    image[48..53].copy_from_slice(b"2.1.7");
    image[64..96].copy_from_slice(digest(&SHA256, &body).as_ref());
    [image, body].concat()
}
