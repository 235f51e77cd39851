//! Chapter 7, "Low-power AT commands".

use atat::atat_derive::{AtatCmd, AtatResp};

use super::Done;
use crate::value::Ranged;
use crate::value::{Reported, Switch};

numbered! {
    /// How much of the module is awake.
    pub enum PowerMode {
        /// All of it.
        Normal = 0,
        /// It sleeps whenever it can.
        Standby = 2,
    }
}

/// `AT+PWR`: sets the power mode (7.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+PWR", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetPowerMode {
    /// The mode.
    pub mode: PowerMode,
    /// Whether broadcasts are received in standby. Default: off.
    pub broadcasts: Option<Switch>,
}

numbered! {
    /// A pin that can wake the module.
    pub enum WakePin {
        /// GPIO 16.
        Gpio16 = 16,
        /// GPIO 28: the chip select of the SPI.
        Gpio28 = 28,
    }
}

numbered! {
    /// What on a pin wakes the module.
    pub enum WakeTrigger {
        /// A high level.
        High = 0,
    }
}

/// `AT+SLWKIO`: lets a pin wake the module (7.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SLWKIO", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetWakePin {
    /// The pin.
    pub pin: WakePin,
    /// What on it.
    pub trigger: WakeTrigger,
}

/// `AT+DEWKIO`: a pin no longer wakes the module (7.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+DEWKIO", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct ClearWakePin {
    /// The pin.
    pub pin: WakePin,
}

numbered! {
    /// From which mode a timer wakes the module.
    pub enum WakeMode {
        /// From standby.
        Standby = 0,
    }
}

/// `AT+SLWKTIMER`: wakes the module once, after a time (7.1.4). Then it stays awake until the timer
/// is set again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SLWKTIMER", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetWakeTimer {
    /// From which mode.
    pub mode: WakeMode,
    /// After how many milliseconds.
    pub timeout_ms: Ranged<0, { i32::MAX }>,
}

/// `AT+SLWKDTIM`: wakes the module for every n-th DTIM beacon (7.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SLWKDTIM", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetWakeDtim {
    /// How many DTIM periods it sleeps.
    pub dtim: u8,
}

/// `AT+SLCLDTIM`: forgets [`SetWakeDtim`] (7.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SLCLDTIM", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct ClearWakeDtim;

numbered! {
    /// How firmly target wake times are asked for.
    pub enum TwtSetup {
        /// The access point decides.
        Request = 0,
        /// The access point may take what is suggested, or answer with its own.
        Suggest = 1,
        /// If the access point cannot do this, there is no agreement.
        Demand = 2,
    }
}

numbered! {
    /// Whether the station tells that it is awake.
    pub enum TwtFlow {
        /// It does; not supported.
        Announced = 0,
        /// It does not.
        Unannounced = 1,
    }
}

/// `AT+TWT_PARAM`: sets the target wake times (7.1.7): every `mantissa << exponent` microseconds
/// for `duration * 256` microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+TWT_PARAM", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetTwt {
    /// How firmly.
    pub setup: TwtSetup,
    /// Whether the station tells that it is awake.
    pub flow: TwtFlow,
    /// The exponent of the interval; 5 bits, as in IEEE 802.11ax.
    pub exponent: Ranged<0, 31>,
    /// How long it is awake at least, in units of 256 microseconds.
    pub duration: u8,
    /// The mantissa of the interval.
    pub mantissa: u16,
}

/// `AT+TWT_SLEEP`: sleeps between the target wake times (7.1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+TWT_SLEEP", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SleepTwt;

/// `AT+TWT_TEARDOWN`: ends target wake times, each for itself (7.1.9): the other kind of
/// negotiation is not supported. Refused unless there are any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+TWT_TEARDOWN=0,",
    Done,
    value_sep = false,
    timeout_ms = 2000,
    termination = "\r\n"
)]
pub struct EndTwt {
    all: Switch,
    flow: Option<Ranged<0, 7>>,
}

impl EndTwt {
    /// Ends all of them.
    pub fn all() -> Self {
        EndTwt {
            all: Switch::On,
            flow: None,
        }
    }

    /// Ends the flow with this id.
    pub fn flow(flow: Ranged<0, 7>) -> Self {
        EndTwt {
            all: Switch::Off,
            flow: Some(flow),
        }
    }
}

numbered! {
    /// What gives the module its 32 kHz.
    pub enum ClockSource {
        /// An RC oscillator in the chip.
        Internal = 1,
        /// A crystal.
        Crystal = 2,
        /// An oscillator.
        Oscillator = 3,
    }
}

/// `AT+SET_CLOCK`: chooses the source of the 32 kHz clock (7.1.10).
///
/// Firmware restarts in place of an answer if the source is another than before:
/// [`Error::ModuleReset`](crate::Error::ModuleReset) then says that it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SET_CLOCK", Done, timeout_ms = 2000, termination = "\r\n")]
pub struct SetClock {
    /// The source.
    pub source: ClockSource,
}

/// `AT+GET_CLOCK`: asks for the source of the 32 kHz clock (7.1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+GET_CLOCK", Clock, timeout_ms = 2000, termination = "\r\n")]
pub struct GetClock;

/// The reply to [`GetClock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Clock {
    /// The source.
    pub source: Reported<ClockSource>,
}
