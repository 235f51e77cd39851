//! How a module saves power.

use core::time::Duration;

use crate::error::Usage;

/// How a module sleeps while it is in a network: [`Module::start_power_save`](crate::Module::start_power_save).
///
/// ```
/// let save = atwifi::PowerSave::new().with_dtim(3);
/// assert_eq!((save.dtim, save.wake_pin), (Some(3), 28));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct PowerSave {
    /// For each how-manieth DTIM beacon of the access point it wakes up, to see whether anything waits
    /// for it: 1 to 255, or the module's own choice. More saves more, and answers later.
    pub dtim: Option<u8>,
    /// Whether it receives broadcasts.
    pub has_broadcasts: bool,
    /// The pin of the module that wakes it: 28, which is the chip select of its SPI, or 16.
    pub wake_pin: u8,
}

impl Default for PowerSave {
    fn default() -> Self {
        PowerSave::new()
    }
}

impl PowerSave {
    /// The module's own choice, without broadcasts, woken by its chip select.
    #[must_use]
    pub fn new() -> Self {
        PowerSave {
            dtim: None,
            has_broadcasts: false,
            wake_pin: 28,
        }
    }

    /// Wakes up for every n-th DTIM beacon.
    #[must_use]
    pub fn with_dtim(self, dtim: u8) -> Self {
        PowerSave {
            dtim: Some(dtim),
            ..self
        }
    }

    /// Receives broadcasts.
    #[must_use]
    pub fn with_broadcasts(self) -> Self {
        PowerSave {
            has_broadcasts: true,
            ..self
        }
    }

    /// Is woken by this pin of the module.
    #[must_use]
    pub fn with_wake_pin(self, pin: u8) -> Self {
        PowerSave {
            wake_pin: pin,
            ..self
        }
    }

    /// What of it no module can do.
    pub(crate) fn check(&self) -> Result<(), Usage> {
        match (self.dtim, self.wake_pin) {
            (Some(0), _) => Err(Usage::OutOfRange { min: 1, max: 255 }),
            (_, 16 | 28) => Ok(()),
            _ => Err(Usage::Unsupported("a wake-up pin but 16 and 28")),
        }
    }
}

/// Target wake times (IEEE 802.11ax): when a station is awake, for how long at least.
///
/// ```
/// use atwifi::Twt;
/// use core::time::Duration;
///
/// let (times, exponent, mantissa, units) =
///     Twt::nearest(Duration::from_secs(10), Duration::from_millis(30))?;
/// assert_eq!((exponent, mantissa, units), (8, 39_062, 118));
/// assert_eq!(times.interval, Duration::from_micros(9_999_872));
/// assert_eq!(times.awake, Duration::from_micros(30_208));
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Twt {
    /// From one to the next.
    pub interval: Duration,
    /// How long it is awake at least.
    pub awake: Duration,
}

impl Twt {
    /// In what an awake time is counted, in microseconds (ST67 reference 7.1.7).
    const UNIT: u32 = 256;

    /// The times that can be asked for which are nearest: an interval that is not longer, and an awake
    /// time that is not shorter. With exponent and mantissa of the interval in microseconds, and the awake
    /// time in units of 256 us.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`] for an awake time of more than 65 280 us,
    /// [`Usage::Unsupported`] for an interval that is shorter than it, or longer than four years.
    pub fn nearest(interval: Duration, awake: Duration) -> Result<(Twt, u8, u16, u8), Usage> {
        const OUT: Usage = Usage::OutOfRange {
            min: 1,
            max: 65_280,
        };
        const UNSUPPORTED: Usage =
            Usage::Unsupported("an interval that long, or shorter than the awake time");
        let awake = micros(awake).and_then(|awake| u32::try_from(awake).ok());
        let units = awake.ok_or(OUT)?.div_ceil(Twt::UNIT).max(1);
        let units = u8::try_from(units).map_err(|_| OUT)?;
        let awake = u32::from(units) * Twt::UNIT;
        let wanted = micros(interval).ok_or(UNSUPPORTED)?;
        let exponent = (u64::BITS - wanted.leading_zeros()).saturating_sub(u16::BITS);
        let mantissa = (wanted >> exponent) as u16;
        if exponent > 31 || wanted < u64::from(awake) {
            return Err(UNSUPPORTED);
        }
        let times = Twt {
            interval: Duration::from_micros(u64::from(mantissa) << exponent),
            awake: Duration::from_micros(awake.into()),
        };
        Ok((times, exponent as u8, mantissa, units))
    }
}

fn micros(duration: Duration) -> Option<u64> {
    let seconds = duration.as_secs().checked_mul(1_000_000)?;
    seconds.checked_add(duration.subsec_micros().into())
}
