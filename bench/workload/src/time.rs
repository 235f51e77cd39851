//! The peer's clocks. It looks at them whenever it waits, so that is when time passes and bytes
//! arrive.

use core::cell::Cell;
use core::convert::Infallible;
use core::task::Waker;

use critical_section::Mutex;
use embassy_time_driver::Driver;
use embedded_nal::nb;
use fugit_timer::{Timer, TimerDurationU32, TimerInstantU32};

/// Ticks of the peer's clocks.
pub const TICKS_PER_SECOND: u32 = 1_000_000;

/// What happens while the peer waits; returns the time in ticks.
pub type Pass = fn() -> u64;

static PASSING: Mutex<Cell<Option<Pass>>> = Mutex::new(Cell::new(None));

/// Makes `pass` what happens while the peer waits; it returns the time in ticks.
pub fn set_passing(pass: Pass) {
    critical_section::with(|cs| PASSING.borrow(cs).set(Some(pass)));
}

/// Lets time pass.
pub fn pass() -> u64 {
    let pass = critical_section::with(|cs| PASSING.borrow(cs).get());
    pass.map_or(0, |pass| pass())
}

struct PassingTime;

embassy_time_driver::time_driver_impl!(static TIME: PassingTime = PassingTime);

impl Driver for PassingTime {
    fn now(&self) -> u64 {
        pass()
    }

    fn schedule_wake(&self, _at: u64, _waker: &Waker) {
        unreachable!("a blocking client does not sleep")
    }
}

/// A timer that the peer polls.
#[derive(Debug, Default)]
pub struct PolledTimer {
    end: u64,
}

impl Timer<TICKS_PER_SECOND> for PolledTimer {
    type Error = Infallible;

    fn now(&mut self) -> TimerInstantU32<TICKS_PER_SECOND> {
        TimerInstantU32::from_ticks(pass() as u32)
    }

    fn start(&mut self, duration: TimerDurationU32<TICKS_PER_SECOND>) -> Result<(), Infallible> {
        self.end = pass() + u64::from(duration.ticks());
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn wait(&mut self) -> nb::Result<(), Infallible> {
        if pass() < self.end {
            return Err(nb::Error::WouldBlock);
        }
        Ok(())
    }
}
