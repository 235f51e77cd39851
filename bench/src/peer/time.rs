//! The peer's time is the simulation's. Whenever the peer looks at its clock, time passes and the
//! receive interrupt comes.

use std::cell::RefCell;

use atwifi_simulator::Simulation;

struct Passing {
    pass: Box<dyn FnMut()>,
    simulation: Simulation,
}

thread_local! {
    static PASSING: RefCell<Option<Passing>> = const { RefCell::new(None) };
}

/// Makes `pass` what happens when the peer waits.
pub fn set_passing(pass: impl FnMut() + 'static, simulation: Simulation) {
    let pass = Box::new(pass);
    PASSING.set(Some(Passing { pass, simulation }));
    atwifi_workload::time::set_passing(self::pass);
}

/// Lets time pass no more.
pub fn stop() {
    PASSING.set(None);
}

/// Lets a little time pass, or takes in what has arrived; returns the time in ticks.
pub fn pass() -> u64 {
    PASSING.with_borrow_mut(|passing| {
        passing.as_mut().map_or(0, |passing| {
            (passing.pass)();
            passing.simulation.now().as_micros() as u64
        })
    })
}
