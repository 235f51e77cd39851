//! One fault at every byte of a whole conversation, in both directions: each case ends within its
//! time in success or a typed error, hands out no wrong byte as good, and the next conversation
//! goes through.

mod common;

use std::time::Duration;

use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{Error, MqttConfig, Qos};
use atwifi_simulator::{Fault, FaultKind, Faults, Profile, Simulation};
use common::service::in_weathers;
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

fn sweep<D: UnderTest>(profile: Profile) {
    let simulation = Simulation::new(config(profile), Network::default().build());
    let (start, end) = with_driver::<D, _>(&simulation, |module| {
        module.reset().expect("reset");
        let crossed = || (simulation.to_host(), simulation.to_module());
        let start = crossed();
        assert!(story(module, &simulation, 1000).error.is_none());
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
                if let Some(error) = case::<D>(profile, direction, Fault::new(at, kind), &what) {
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
    let simulation = Simulation::new(
        config(profile).with_faults(faults),
        Network::default().build(),
    );
    with_driver::<D, _>(&simulation, |module| {
        module.reset().expect("reset");
        let begin = simulation.now();
        let told = story(module, &simulation, 1000);
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
        let mut again = story(module, &simulation, 1000);
        if told.error.is_none() && again.error.is_some() {
            // The fault struck behind the last answer: it is the second story that notices.
            again = story(module, &simulation, 1000);
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
    ($($name:ident: $dialect:ty, $profile:ident;)*) => {
        $(#[test] fn $name() { sweep::<$dialect>(Profile::$profile); })*
    };
}

sweeps! {
    st67_reference: St67, St67Reference;
    st67_firmware_2_0_75: St67, St67Fw2_0_75;
    st67_firmware_2_0_89: St67, St67Fw2_0_89;
    st67_firmware_2_0_97: St67, St67Fw2_0_97;
    st67_firmware_2_0_106: St67, St67Fw2_0_106;
    microchip_reference: Microchip, MicrochipReference;
    microchip_firmware_0_2_0: Microchip, MicrochipFw0_2_0;
    microchip_firmware_0_3_2: Microchip, MicrochipFw0_3_2;
}
