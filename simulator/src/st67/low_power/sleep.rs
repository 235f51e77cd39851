//! Sleeping and waking: chapter 7 of the reference.

use std::time::Duration;

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step, Task};
use crate::st67::{Power, St67, World};

/// Pins that can wake the module.
const WAKE_PINS: [i64; 2] = [16, 28];
/// From the command to the restart that a new clock takes.
const CLOCK_RESTART: Duration = Duration::from_millis(10);
/// `<mode>` of `AT+SLWKTIMER` and of `AT+PWR` that switches all but the timer off.
const HIBERNATE: i64 = 1;
/// `<mode>` of `AT+PWR` in which it sleeps whenever it can.
const STANDBY: i64 = 2;

/// The pin that is the chip select of the SPI.
pub(in crate::st67) const SELECT: i64 = 28;
/// With nothing to do for so long, a module that may sleep does.
const DROWSY: Duration = Duration::from_millis(10);

/// How the module sleeps.
#[derive(Clone, Debug, Default)]
pub(in crate::st67) struct Sleep {
    /// `AT+SLWKTIMER`: mode and time.
    timer: Option<(i64, Duration)>,
    /// `AT+TWT_SLEEP`.
    scheduled: bool,
    /// `AT+PWR=2`, and since when.
    standby: Option<Duration>,
    /// `AT+SLWKIO`: the pins that wake it.
    pins: Vec<i64>,
    /// The level of them on a serial line.
    is_held_awake: bool,
    /// When it was busy last; ahead of time, when it will have woken up.
    stirred: Duration,
    is_waking: bool,
}

impl Sleep {
    fn may_sleep(&self, now: Duration) -> bool {
        let may = self.standby.is_some() || self.scheduled;
        let since = self.standby.unwrap_or_default();
        let is_timed_out = self
            .timer
            .is_some_and(|(mode, time)| mode != HIBERNATE && since + time <= now);
        may && !self.is_held_awake && !is_timed_out
    }

    /// Whether it hears nothing.
    pub fn is_asleep(&self, now: Duration) -> bool {
        let is_drowsy = self.stirred + DROWSY <= now;
        self.stirred > now || (self.may_sleep(now) && is_drowsy)
    }

    pub fn is_woken_by(&self, pin: i64) -> bool {
        self.pins.contains(&pin)
    }

    /// It is busy.
    pub fn stir(&mut self, now: Duration) {
        self.stirred = self.stirred.max(now);
    }

    /// When it will be awake.
    pub fn next(&self) -> Option<Duration> {
        self.is_waking.then_some(self.stirred)
    }
}

/// The module is about to switch itself off.
#[derive(Debug)]
struct Hibernation {
    at: Duration,
}

impl Task for Hibernation {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        module.hibernate(world);
        Step::Next(Job::Idle)
    }
}

impl St67 {
    /// `AT+PWR=<power mode>[,<level>]`
    pub(in crate::st67) fn set_power(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=2)?;
        let mode = arguments.need_number(0, 0..=2)?;
        arguments.number(1, 0..=if mode == 2 { 1 } else { i64::from(i32::MAX) })?;
        if mode != HIBERNATE {
            self.sleep.standby = (mode == STANDBY).then_some(world.now);
            return Ok(Reply::Ok);
        }
        if !self.variant.low_power.hibernates {
            return Err(Code::INVALID);
        }
        Ok(Reply::Later(Hibernation { at: world.now }.into()))
    }

    /// Switches all off without a word, up to the timer or the pin that wakes it.
    fn hibernate(&mut self, world: &mut World) {
        let timer = self.sleep.timer.filter(|(mode, _)| *mode == HIBERNATE);
        let wakes = timer.map(|(_, time)| world.now + time);
        self.switch_off(world);
        self.power = Power::Hibernating(wakes);
    }

    /// The edge on the pin that wakes it.
    pub(in crate::st67) fn woken(&mut self, now: Duration) {
        if matches!(self.power, Power::Hibernating(_)) {
            self.power = Power::Booting(now + self.config.boot);
        } else if self.sleep.is_asleep(now) && !self.sleep.is_waking {
            self.sleep.stirred = now + self.config.wake;
            self.sleep.is_waking = true;
        }
    }

    /// The level on the pins that wake it, on a serial line.
    pub(in crate::st67) fn set_wake_level(&mut self, now: Duration, level: bool) {
        let wakes = level && !self.sleep.pins.is_empty();
        if wakes && !self.sleep.is_held_awake {
            self.woken(now);
        }
        self.sleep.is_held_awake = wakes;
    }

    /// Whatever it has to do or to say keeps it awake.
    pub(in crate::st67) fn look_at_sleep(&mut self, now: Duration) {
        if self.sleep.stirred <= now {
            self.sleep.is_waking = false;
        }
        let is_idle = matches!(self.job, Job::Idle) && !self.passthrough;
        if !is_idle || !self.output.is_empty() || self.input.unread() > 0 {
            self.sleep.stir(now);
        }
    }

    /// `AT+SLWKIO=<wakeup io>,<trigger mode>`
    pub(in crate::st67) fn set_wake_pin(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        self.check_wake_pin(arguments)?;
        let last = if self.variant.low_power.ignores_bad_wake_pins {
            i64::from(i32::MAX)
        } else {
            0
        };
        arguments.need_number(1, 0..=last)?;
        self.sleep
            .pins
            .push(arguments.need_number(0, 0..=i64::from(i32::MAX))?);
        Ok(Reply::Ok)
    }

    /// `AT+DEWKIO=<io>`
    pub(in crate::st67) fn clear_wake_pin(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.check_wake_pin(arguments)?;
        let pin = arguments.need_number(0, 0..=i64::from(i32::MAX))?;
        self.sleep.pins.retain(|known| *known != pin);
        Ok(Reply::Ok)
    }

    fn check_wake_pin(&self, arguments: &Arguments) -> Result<(), Code> {
        let pin = arguments.need_number(0, 0..=i64::from(i32::MAX))?;
        if WAKE_PINS.contains(&pin) || self.variant.low_power.ignores_bad_wake_pins {
            return Ok(());
        }
        Err(Code::INVALID)
    }

    /// `AT+SLWKTIMER=<mode>,<timeouts>`
    pub(in crate::st67) fn set_wake_timer(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let last = if self.variant.low_power.hibernates {
            2
        } else {
            0
        };
        let mode = arguments.need_number(0, 0..=last)?;
        let milliseconds = arguments.need_number(1, 0..=i64::from(i32::MAX))?;
        let milliseconds = u64::try_from(milliseconds).unwrap_or(0);
        self.sleep.timer = Some((mode, Duration::from_millis(milliseconds)));
        Ok(Reply::Ok)
    }

    /// `AT+SLWKDTIM=<dtim>`
    pub(in crate::st67) fn set_wake_beacons(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        arguments.need_number(0, 0..=i64::from(i32::MAX))?;
        Ok(Reply::Ok)
    }

    /// `AT+SLCLDTIM`
    pub(in crate::st67) fn clear_wake_beacons(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        Ok(Reply::Ok)
    }

    /// `AT+TWT_PARAM=<setup type>,<flow type>,<exponent>,<wakeup duration>,<wake interval mantissa>`
    pub(in crate::st67) fn set_schedule(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(5..=5)?;
        let most = [2, 1, 31, 255, 65_535];
        let most = if self.variant.low_power.takes_any_schedule {
            [i64::from(i32::MAX); 5]
        } else {
            most
        };
        for (index, most) in most.into_iter().enumerate() {
            arguments.need_number(index, 0..=most)?;
        }
        Ok(Reply::Ok)
    }

    /// `AT+TWT_SLEEP`
    pub(in crate::st67) fn sleep_on_schedule(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.sleep.scheduled = true;
        Ok(Reply::Ok)
    }

    /// `AT+TWT_TEARDOWN=<neg_type>,<all_twt>[,<flow_id>]`
    pub(in crate::st67) fn clear_schedule(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        if self.variant.low_power.takes_any_schedule {
            arguments.expect(0..=3)?;
            for index in 0..arguments.len() {
                arguments.any_number(index)?;
            }
            return self.end_schedule();
        }
        arguments.expect(2..=3)?;
        arguments.need_number(0, 0..=0)?;
        let all = arguments.need_switch(1)?;
        let flow = arguments.number(2, 0..=7)?;
        if !all && flow.is_none() {
            return Err(Code::count(3, 2));
        }
        self.end_schedule()
    }

    /// `AT+TWT_TEARDOWN`, which the reference does not know.
    pub(in crate::st67) fn clear_any_schedule(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        if !self.variant.low_power.takes_any_schedule {
            return Err(Code::UNTOLD);
        }
        self.end_schedule()
    }

    fn end_schedule(&mut self) -> Result<Reply, Code> {
        if !std::mem::take(&mut self.sleep.scheduled) {
            return Err(Code::FAILED);
        }
        Ok(Reply::Ok)
    }

    /// `AT+GET_AP_DTIM?`: every beacon of a simulated access point tells of what waits.
    pub(in crate::st67) fn beacons(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.tell_beacons("+DTIM:1")
    }

    /// `AT+GET_TWT_SUPPORTED?`: no simulated access point does.
    pub(in crate::st67) fn schedules(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.tell_beacons("+TWT_SUPPORT:0")
    }

    /// `AT+TWT_STATUS?`
    pub(in crate::st67) fn schedule(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.tell_beacons("+TWT:INACTIVE")
    }

    /// What later firmware can be asked (wire notes 7).
    fn tell_beacons(&mut self, row: &str) -> Result<Reply, Code> {
        if !self.variant.low_power.tells_beacons {
            return Err(Code::UNSUPPORTED);
        }
        self.say(row);
        Ok(Reply::Ok)
    }

    /// `AT+SET_CLOCK=<clock_source>`: a clock that is not there is ignored where it is not refused,
    /// and a new one may take a restart in place of an answer.
    pub(in crate::st67) fn set_clock(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let source = arguments.need_number(0, 0..=i64::from(i32::MAX))?;
        let known = (1..=3).contains(&source);
        if !known && !self.variant.low_power.clock_restarts {
            return Err(Code::INVALID);
        }
        if !known || source == self.memory.clock {
            return Ok(Reply::Ok);
        }
        self.memory.clock = source;
        if self.variant.low_power.clock_restarts {
            let at = world.now + CLOCK_RESTART;
            return Ok(Reply::Later(Job::Restart { at }));
        }
        Ok(Reply::Ok)
    }

    /// `AT+GET_CLOCK`
    pub(in crate::st67) fn clock(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say(&format!("+GET_CLOCK:{}", self.memory.clock));
        Ok(Reply::Ok)
    }
}
