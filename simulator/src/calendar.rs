//! The calendar, and what its time is.

/// What the time servers of the simulated networks take for the time at which the module was
/// switched on: 2022-06-14 08:44:52 UTC.
pub const SERVER_TIME: i64 = 1_655_196_292;

/// From the first of March of the year 0 to 1970, in days.
pub const EPOCH_DAY: i64 = 719_468;

/// Days up to the first of March of a year that began on the same count.
pub fn days_before(year: i64) -> i64 {
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
}

/// Year, month and day of a day since 1970. Years are counted from March, so that a leap day is
/// their last.
pub fn date(day: i64) -> (i64, i64, i64) {
    let day = day + EPOCH_DAY;
    let mut year = day.div_euclid(365);
    while days_before(year) > day {
        year -= 1;
    }
    let day = day - days_before(year);
    let month = (5 * day + 2) / 153;
    let first = (153 * month + 2) / 5;
    let turned = i64::from(month >= 10);
    (year + turned, month + 3 - 12 * turned, day - first + 1)
}

/// A time since 1970, taken apart.
pub struct Moment {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    /// Counted from Sunday.
    pub weekday: usize,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

impl Moment {
    pub fn of(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date(days);
        Moment {
            year,
            month,
            day,
            // The first of January 1970 was a Thursday.
            weekday: usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }
}
