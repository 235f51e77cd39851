//! Time, lent by the caller. No other file knows what time it is.

use core::ops::ControlFlow;

use embedded_hal::delay::DelayNs;

/// A source of milliseconds, and what to do while the driver waits.
///
/// A closure that returns milliseconds is a `Clock`; so is [`DelayClock`], for a board that has
/// nothing but a delay, and, with the feature `std`, `StdClock`.
///
/// ```
/// use atwifi::Clock;
///
/// let mut uptime_ms = 0_u32;
/// let mut clock = || { uptime_ms += 1; uptime_ms };
/// assert_eq!(clock.now(), 1);
/// ```
pub trait Clock {
    /// Milliseconds since any fixed moment. It may wrap; it must not run backwards.
    fn now(&mut self) -> u32;

    /// Called over and over while the driver waits for the module and nothing has arrived.
    ///
    /// Sleep until the next interrupt here, feed the watchdog, or return
    /// [`ControlFlow::Break`] to break the wait off: the call then ends with
    /// [`Error::Interrupted`](crate::Error::Interrupted), and the next one first gets the link
    /// back into step.
    fn idle(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// The same clock with another [`idle`](Clock::idle) hook.
    ///
    /// ```
    /// use core::ops::ControlFlow;
    /// use atwifi::Clock;
    ///
    /// let mut fed = 0;
    /// let mut clock = (|| 7_u32).on_idle(|| { fed += 1; ControlFlow::Continue(()) });
    /// assert!(clock.idle().is_continue());
    /// assert_eq!(clock.now(), 7);
    /// drop(clock);
    /// assert_eq!(fed, 1);
    /// ```
    fn on_idle<F>(self, hook: F) -> OnIdle<Self, F>
    where
        Self: Sized,
        F: FnMut() -> ControlFlow<()>,
    {
        OnIdle { clock: self, hook }
    }
}

impl<F: FnMut() -> u32> Clock for F {
    fn now(&mut self) -> u32 {
        self()
    }
}

/// A [`Clock`] with an idle hook of its own: see [`Clock::on_idle`].
pub struct OnIdle<C, F> {
    clock: C,
    hook: F,
}

impl<C: Clock, F: FnMut() -> ControlFlow<()>> Clock for OnIdle<C, F> {
    fn now(&mut self) -> u32 {
        self.clock.now()
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.clock.idle()?;
        (self.hook)()
    }
}

/// A [`Clock`] for a board without a timer to spare: it waits with an
/// [`embedded_hal::delay::DelayNs`] and counts what it has waited.
pub struct DelayClock<D> {
    delay: D,
    micros: u64,
}

/// One wait of [`DelayClock`]: short against a receive FIFO of 16 bytes at 921600 baud (174 µs).
const TICK_US: u32 = 100;

impl<D: DelayNs> DelayClock<D> {
    /// Starts counting at zero.
    pub fn new(delay: D) -> Self {
        DelayClock { delay, micros: 0 }
    }

    /// Gives the delay back.
    pub fn release(self) -> D {
        self.delay
    }
}

impl<D: DelayNs> Clock for DelayClock<D> {
    fn now(&mut self) -> u32 {
        // A look at the clock costs something too; without this a module that never stops
        // talking would stop the time.
        self.micros += 1;
        (self.micros / 1000) as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.delay.delay_us(TICK_US);
        self.micros += u64::from(TICK_US);
        ControlFlow::Continue(())
    }
}

/// A [`Clock`] on [`std::time::Instant`]; it sleeps half a millisecond when idle.
#[cfg(feature = "std")]
pub struct StdClock(std::time::Instant);

#[cfg(feature = "std")]
impl StdClock {
    /// Starts counting now.
    pub fn new() -> Self {
        StdClock(std::time::Instant::now())
    }
}

#[cfg(feature = "std")]
impl Default for StdClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "std")]
impl Clock for StdClock {
    fn now(&mut self) -> u32 {
        self.0.elapsed().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        std::thread::sleep(std::time::Duration::from_micros(500));
        ControlFlow::Continue(())
    }
}

/// A moment after which a wait is over: at most [`Deadline::FARTHEST`] ahead. A clock that steps back
/// a little makes the wait longer by that, not over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(u32);

impl Deadline {
    /// Half of what the clock can count, in milliseconds: 24 days.
    const FARTHEST: u32 = i32::MAX as u32;

    /// So many milliseconds after `now`.
    pub(crate) fn after(now: u32, milliseconds: u32) -> Self {
        Deadline(now.wrapping_add(milliseconds.min(Self::FARTHEST)))
    }

    /// Milliseconds until it, 0 if it has passed.
    pub(crate) fn remaining(self, now: u32) -> u32 {
        let ahead = self.0.wrapping_sub(now);
        match ahead <= Self::FARTHEST {
            true => ahead,
            false => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_survives_the_wrap_of_the_clock() {
        let deadline = Deadline::after(u32::MAX - 5, 10);
        assert_eq!(deadline.remaining(u32::MAX), 5);
        assert_eq!(deadline.remaining(3), 1);
        assert_eq!(deadline.remaining(4), 0);
    }

    #[test]
    fn a_delay_clock_counts_what_it_waits() {
        struct Delay(u64);
        impl DelayNs for Delay {
            fn delay_ns(&mut self, ns: u32) {
                self.0 += u64::from(ns);
            }
        }
        let mut clock = DelayClock::new(Delay(0));
        while clock.now() < 5 {
            assert!(clock.idle().is_continue());
        }
        let waited = clock.release().0 / 1_000_000;
        assert!((4..=5).contains(&waited), "waited {waited} ms for 5");
    }
}
