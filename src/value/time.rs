//! The time of day.

use core::time::Duration;

/// A moment: seconds since 1970-01-01 00:00:00 UTC, without leap seconds.
///
/// ```
/// use core::time::Duration;
/// use atwifi::UnixTime;
///
/// let moment = UnixTime::from_date(2026, 3, 1).unwrap();
/// assert_eq!(moment.seconds(), 1_772_323_200);
/// assert_eq!(Duration::from(moment).as_secs(), 1_772_323_200);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct UnixTime(u64);

const DAY: u64 = 24 * 60 * 60;

impl UnixTime {
    /// What is earlier, no module of these was there to tell: a clock that was never set.
    pub(crate) const EARLIEST: UnixTime = UnixTime(1_577_836_800);

    /// So many seconds since 1970.
    #[must_use]
    pub const fn new(seconds: u64) -> Self {
        UnixTime(seconds)
    }

    /// The first second of a day; `None` if there is no such day since 1970.
    #[must_use]
    pub fn from_date(year: u16, month: u8, day: u8) -> Option<Self> {
        /// How many days are before each month, of a year that is none of 366.
        const BEFORE: [u16; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
        let month = usize::from(month);
        let before = *BEFORE.get(month.checked_sub(1)?)?;
        let is_leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let leap_day = u16::from(is_leap && month == 2);
        let length = *BEFORE.get(month)? - before + leap_day;
        if year < 1970 || day == 0 || u16::from(day) > length {
            return None;
        }
        let past = u64::from(year) - 1;
        let leap_days = past / 4 - past / 100 + past / 400 - 477;
        let day_of_year = before + u16::from(is_leap && month > 2) + u16::from(day) - 1;
        let days = u64::from(year - 1970) * 365 + leap_days + u64::from(day_of_year);
        Some(UnixTime(days * DAY))
    }

    /// The same day at this time; `None` if there is none such. A leap second is the next one.
    pub(crate) fn at(self, hour: u8, minute: u8, second: u8) -> Option<Self> {
        let is_time = hour < 24 && minute < 60 && second <= 60;
        let seconds = (u64::from(hour) * 60 + u64::from(minute)) * 60 + u64::from(second);
        is_time.then_some(UnixTime(self.0 + seconds))
    }

    /// What network time (NTP) calls so many seconds since 1900, of which it keeps 32 bits: those of
    /// the first half of an era are of the one that begins in 2036.
    #[must_use]
    pub const fn from_ntp(seconds: u32) -> Self {
        const ERA: u64 = 1 << 32;
        /// From 1900 to 1970.
        const EPOCH: u64 = 2_208_988_800;
        let seconds = seconds as u64;
        let era = if seconds < ERA / 2 { ERA } else { 0 };
        UnixTime((seconds + era).saturating_sub(EPOCH))
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl From<UnixTime> for Duration {
    fn from(time: UnixTime) -> Duration {
        Duration::from_secs(time.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_follows_the_one_before() {
        let mut seconds = 0;
        for year in 1970..2500 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(time) = UnixTime::from_date(year, month, day) {
                        assert_eq!(time.seconds(), seconds, "{year}-{month}-{day}");
                        seconds += DAY;
                    } else {
                        assert!(day > 28);
                    }
                }
            }
        }
        // 530 years, 129 of them leap years: 1972 to 2496 without 2100, 2200, 2300.
        assert_eq!(seconds, (530 * 365 + 129) * DAY);
        assert_eq!(UnixTime::from_date(2024, 2, 30), None);
        assert_eq!(UnixTime::from_date(2023, 2, 29), None);
        assert_eq!(UnixTime::from_date(2023, 13, 1), None);
        assert_eq!(UnixTime::from_date(2023, 0, 1), None);
    }

    #[test]
    fn network_time_goes_on_in_2036() {
        let last = UnixTime::from_ntp(u32::MAX).seconds();
        assert_eq!(UnixTime::from_ntp(0).seconds(), last + 1);
        let day = UnixTime::from_date(2036, 2, 7).unwrap();
        assert_eq!(Some(UnixTime::from_ntp(0)), day.at(6, 28, 16));
        assert_eq!(UnixTime::from_ntp(3_864_185_092).seconds(), 1_655_196_292);
    }
}
