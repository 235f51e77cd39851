//! Ticks, and how late they come.

use embassy_time::{Duration, Instant, Timer};
use portable_atomic::{AtomicU32, Ordering};

/// How late the latest tick was.
pub struct Lateness(AtomicU32);

impl Lateness {
    pub const fn new() -> Lateness {
        Lateness(AtomicU32::new(0))
    }

    /// In microseconds.
    pub fn worst(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Does something in each interval; for good. What was missed is not made up for.
    pub async fn every(&self, interval: Duration, mut each: impl FnMut()) -> ! {
        let mut due = Instant::now();
        loop {
            due += interval;
            Timer::at(due).await;
            let late = due.elapsed();
            let micros = late.as_micros().try_into().unwrap_or(u32::MAX);
            self.0.fetch_max(micros, Ordering::Relaxed);
            each();
            if late > interval {
                due = Instant::now();
            }
        }
    }
}

impl Default for Lateness {
    fn default() -> Self {
        Self::new()
    }
}
