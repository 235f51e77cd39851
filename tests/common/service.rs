//! What every call of a service must stand, beside a socket that must lose nothing.

use std::ops::ControlFlow;
use std::time::Duration;

use atwifi::{AccessPointConfig, Credentials, TcpSocket};
use atwifi_simulator::{Config, Fault, FaultKind, Faults, Guest, Simulation};
use embedded_nal::TcpClientStack;

use super::*;

/// A call of a service, as a test makes it: what comes of it in words.
pub type Call<D> = fn(&mut Driver<'_, D>) -> Result<String, Failure<D>>;

/// No call takes longer, whatever happens.
const LONGEST: Duration = Duration::from_secs(60);

/// One of so many bytes is spoilt.
const STEP: usize = 3;

/// Tries the call in all weathers on every firmware: as it is, and with a byte lost, changed or
/// added, the module restarting, or an event, at every place of the conversation.
///
/// Whatever comes of the call, it ends in its time; the socket that is open beside it hands out what the
/// peer has sent, all of it if only an event came, or fails; and the next call on a whole line does what the first one did.
pub fn in_all_weathers<D: UnderTest>(change: impl Fn(Config) -> Config, call: Call<D>) {
    in_weathers(STEP, change, call);
}

/// The same at one of so many bytes, for a long conversation.
pub fn in_weathers<D: UnderTest>(step: usize, change: impl Fn(Config) -> Config, call: Call<D>) {
    around_in_weathers(step, change, move |_, module: &mut Driver<'_, D>| {
        call(module)
    });
}

/// The same, for a call that needs what is around the module, too.
pub fn around_in_weathers<D: UnderTest>(
    step: usize,
    change: impl Fn(Config) -> Config,
    call: impl Fn(&Simulation, &mut Driver<'_, D>) -> Result<String, Failure<D>>,
) {
    let step = stride(step);
    for config in configs::<D>() {
        let profile = config.profile;
        let new = || Simulation::new(change(config.clone()), Network::default().build());
        let simulation = new();
        let (places, gaps, expected) = with_joined(&simulation, |module| {
            let mut socket = connected(module);
            let before = (
                simulation.to_module(),
                simulation.to_host(),
                simulation.gaps(),
            );
            let told = call(&simulation, module);
            let told = told
                .unwrap_or_else(|error| panic!("{profile}: {error}\n{}", simulation.transcript()));
            let after = (
                simulation.to_module(),
                simulation.to_host(),
                simulation.gaps(),
            );
            assert!(echoes(module, &simulation, &mut socket).is_ok());
            let places = [(true, before.0..after.0), (false, before.1..after.1)];
            (places, before.2..after.2, told)
        });
        for (is_to_module, places) in places {
            for kind in kinds() {
                for at in places.clone().step_by(step) {
                    let faults = spoilt(is_to_module, at, kind.clone());
                    weather(&new(), faults, &call, &expected);
                }
            }
        }
        for gap in gaps {
            for event in D::ANY_TIME.iter().filter(|&&event| event != D::SCAN_DONE) {
                let faults = Faults {
                    event_in_gap: Some((gap, event.to_vec())),
                    ..Faults::default()
                };
                weather(&new(), faults, &call, &expected);
            }
        }
    }
}

/// One fault of a line.
pub fn spoilt(is_to_module: bool, at: u64, kind: FaultKind) -> Faults {
    let mut faults = Faults::default();
    let line = match is_to_module {
        true => &mut faults.to_module,
        false => &mut faults.to_host,
    };
    line.push(Fault::new(at, kind));
    faults
}

fn kinds() -> Vec<FaultKind> {
    vec![
        FaultKind::Drop(1),
        FaultKind::Corrupt(0x04),
        FaultKind::Insert(b"\r\n".to_vec()),
        FaultKind::Reset,
        FaultKind::Cut(Duration::from_secs(2)),
    ]
}

fn weather<D: UnderTest>(
    simulation: &Simulation,
    faults: Faults,
    call: &impl Fn(&Simulation, &mut Driver<'_, D>) -> Result<String, Failure<D>>,
    expected: &str,
) {
    let is_event = faults.event_in_gap.is_some();
    let story = format!("{faults:?}");
    simulation.set_faults(faults);
    with_joined(simulation, |module| {
        let mut socket = connected(module);
        let told = within_its_time(module, simulation, call, &story);
        simulation.set_faults(Faults::default());
        if is_event {
            let told = told.as_ref().map(String::as_str);
            assert_eq!(told, Ok(expected), "{story}\n{}", simulation.transcript());
        }
        // Where the line was spoilt the socket may say so; but hands out nothing wrong.
        let beside = echoes(module, simulation, &mut socket);
        assert!(
            !is_event || beside.is_ok(),
            "{story}\n{}",
            simulation.transcript()
        );
        if told.as_ref().map(String::as_str) != Ok(expected) {
            let _ = module.join(SSID, PASSWORD);
            let told = within_its_time(module, simulation, call, &story);
            let told = told.as_ref().map(String::as_str);
            assert_eq!(
                told,
                Ok(expected),
                "{story}, again\n{}",
                simulation.transcript()
            );
        }
    });
}

fn within_its_time<D: UnderTest>(
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    call: &impl Fn(&Simulation, &mut Driver<'_, D>) -> Result<String, Failure<D>>,
    story: &str,
) -> Result<String, Failure<D>> {
    let before = simulation.now();
    let told = call(simulation, module);
    let taken = simulation.now() - before;
    assert!(
        taken <= LONGEST,
        "{story}: {taken:?}\n{}",
        simulation.transcript()
    );
    told
}

/// A socket whose peer sends back what it receives.
pub fn connected<D: UnderTest>(module: &mut Driver<'_, D>) -> TcpSocket {
    let mut socket = module.socket().unwrap();
    // Where the fault has hit before, the story begins anew.
    for _ in 0..3 {
        if flat(module.connect(&mut socket, at(ECHO))).is_ok() {
            break;
        }
        let _ = module.join(SSID, PASSWORD);
    }
    socket
}

/// Whether the socket still carries every byte, there and back.
pub fn echoes<D: UnderTest>(
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    socket: &mut TcpSocket,
) -> Result<(), Failure<D>> {
    let sent = b"beside";
    flat(module.send(socket, sent))?;
    let mut got = Vec::new();
    let received = receive_until(module, simulation, socket, 16, &mut got, |got| {
        got.len() >= sent.len()
    });
    let is_beginning = sent.starts_with(&got);
    assert!(is_beginning, "{got:?}\n{}", simulation.transcript());
    received
}

/// Provisions the module by a guest of its access point, who goes on each time the call asks whether to.
pub fn provision_by<D: UnderTest>(
    module: &mut Driver<'_, D>,
    config: &AccessPointConfig<'_>,
    timeout: u32,
    guest: &mut Guest,
) -> Result<Option<Credentials>, Failure<D>> {
    module.provision(config, timeout, || {
        guest.go_on();
        ControlFlow::Continue(())
    })
}
