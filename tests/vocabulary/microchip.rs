//! What the chapters of Microchip's reference share.

use std::time::Duration;

use atat::AtatCmd;
use atwifi::Event;
use atwifi::microchip::{self, Microchip};
use atwifi_simulator::Simulation;

use crate::common::Driver;

pub type Module<'b> = Driver<'b, Microchip>;

/// Waits for the first event for which `wanted` has something.
pub fn hear_any<R>(
    module: &mut Module<'_>,
    simulation: &Simulation,
    wanted: impl Fn(Event<'_>) -> Option<R>,
) -> R {
    let deadline = simulation.now() + Duration::from_secs(30);
    while simulation.now() < deadline {
        match module.poll().expect("the link is in step") {
            Some(event) => {
                if let Some(heard) = wanted(event) {
                    return heard;
                }
            }
            None => simulation.idle(),
        }
    }
    panic!("nothing was heard:\n{}", simulation.transcript());
}

/// Waits for this event, whose meaning is shared.
pub fn hear_of(module: &mut Module<'_>, simulation: &Simulation, event: Event<'static>) {
    hear_any(module, simulation, |heard| (heard == event).then_some(()));
}

/// Waits for an event of the module's own for which `wanted` has something.
pub fn hear<R>(
    module: &mut Module<'_>,
    simulation: &Simulation,
    wanted: impl Fn(microchip::Event<'_>) -> Option<R>,
) -> R {
    hear_any(module, simulation, |event| match event {
        Event::Other(line) => microchip::Event::parse(line).and_then(&wanted),
        _ => None,
    })
}

/// Waits for an event of the module's own that has nothing to tell but itself.
pub fn hear_own(
    module: &mut Module<'_>,
    simulation: &Simulation,
    event: microchip::Event<'static>,
) {
    hear(module, simulation, |heard| (heard == event).then_some(()));
}

/// The rows of a reply.
pub fn rows(module: &mut Module<'_>, command: &impl AtatCmd) -> Vec<Vec<u8>> {
    let mut rows = Vec::new();
    module
        .command_for_rows(command, |row| rows.push(row.to_vec()))
        .expect("the module answers");
    rows
}

/// The only row of a reply.
pub fn row(module: &mut Module<'_>, command: &impl AtatCmd) -> Vec<u8> {
    let rows = rows(module, command);
    let [row] = rows.as_slice() else {
        panic!("one row: {rows:?}");
    };
    row.clone()
}
