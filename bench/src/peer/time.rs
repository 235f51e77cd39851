//! The peer's time is the simulation's. Whenever the peer looks at its clock, time passes and the
//! receive interrupt comes.

use std::cell::RefCell;
use std::task::Waker;

use atwifi_simulator::Simulation;
use embassy_time_driver::Driver;
use fugit_timer::{Timer, TimerDurationU32, TimerInstantU32};

/// Ticks of the peer's clocks.
pub const TICKS_PER_SECOND: u32 = 1_000_000;

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

struct VirtualTime;

embassy_time_driver::time_driver_impl!(static TIME: VirtualTime = VirtualTime);

impl Driver for VirtualTime {
    fn now(&self) -> u64 {
        pass()
    }

    fn schedule_wake(&self, _at: u64, _waker: &Waker) {
        unreachable!("a blocking client does not sleep")
    }
}

/// A timer that the peer polls.
#[derive(Debug, Default)]
pub struct VirtualTimer {
    end: u64,
}

impl Timer<TICKS_PER_SECOND> for VirtualTimer {
    type Error = core::convert::Infallible;

    fn now(&mut self) -> TimerInstantU32<TICKS_PER_SECOND> {
        TimerInstantU32::from_ticks(pass() as u32)
    }

    fn start(&mut self, duration: TimerDurationU32<TICKS_PER_SECOND>) -> Result<(), Self::Error> {
        self.end = pass() + u64::from(duration.ticks());
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn wait(&mut self) -> embedded_nal::nb::Result<(), Self::Error> {
        if pass() < self.end {
            return Err(embedded_nal::nb::Error::WouldBlock);
        }
        Ok(())
    }
}
