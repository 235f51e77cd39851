//! The time of day, `AT+TIME` and `+TIME`.

use std::time::Duration;

use crate::calendar::{EPOCH_DAY, Moment, SERVER_TIME, days_before};
use crate::microchip::engine::Reply;
use crate::microchip::parameter::{Parameter, Parameters};
use crate::microchip::status::Status;
use crate::microchip::{Microchip, World};

/// From 1900, when NTP begins to count, to 1970.
const NTP_EPOCH: i64 = 2_208_988_800;

/// The clock of the module.
#[derive(Debug)]
pub(in crate::microchip) struct Clock {
    /// 1: seconds since 1970, 2: seconds since 1900, 3: in words.
    format: i64,
    /// Seconds since 1970 at the time when the module was switched on.
    base: Option<i64>,
}

impl Default for Clock {
    fn default() -> Self {
        Clock {
            format: 2,
            base: None,
        }
    }
}

fn uptime(now: Duration) -> i64 {
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

impl Clock {
    /// Sets it as a time server does.
    pub fn synchronize(&mut self) {
        self.base = Some(SERVER_TIME);
    }

    fn set(&mut self, seconds: i64, now: Duration) {
        self.base = Some(seconds.saturating_sub(uptime(now)));
    }

    /// Seconds since 1970, if they are known.
    pub fn seconds(&self, now: Duration) -> Option<u64> {
        u64::try_from(self.base?.checked_add(uptime(now))?).ok()
    }

    /// The time in the format that was chosen last, if it is known.
    pub fn event(&self, now: Duration) -> Option<String> {
        let seconds = self.base?.checked_add(uptime(now))?;
        let time = match self.format {
            1 => seconds.to_string(),
            2 => (seconds + NTP_EPOCH).to_string(),
            _ => words(seconds),
        };
        Some(format!("+TIME:{},{time}", self.format))
    }
}

impl Microchip {
    /// `AT+TIME=<format>[,<time>]`
    pub(in crate::microchip) fn time(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let format = parameters.integer(0)?;
        if parameters.len() == 1 {
            return self.print_time(format, world.now);
        }
        let seconds = match (format, parameters.get(1)?) {
            (1, Parameter::Integer(seconds)) => unsigned(*seconds),
            (2, Parameter::Integer(seconds)) => unsigned(*seconds) - NTP_EPOCH,
            (3, Parameter::Text(text)) => seconds(text).ok_or(Status::TIME_ERROR)?,
            _ => return Err(Status::INVALID_PARAMETER),
        };
        self.clock.set(seconds, world.now);
        Ok(Reply::Ok)
    }

    fn print_time(&mut self, format: i64, now: Duration) -> Result<Reply, Status> {
        if !(1..=3).contains(&format) {
            return Err(Status::INVALID_PARAMETER);
        }
        if self.clock.base.is_none() {
            return Err(Status::TIME_ERROR);
        }
        self.clock.format = format;
        let row = self.clock.event(now).ok_or(Status::TIME_ERROR)?;
        self.say(&row);
        Ok(Reply::Ok)
    }
}

/// A parameter of 32 bits without a sign.
fn unsigned(seconds: i64) -> i64 {
    if seconds < 0 {
        seconds + (1 << 32)
    } else {
        seconds
    }
}

/// Seconds since 1970 as RFC 3339 writes them.
fn words(seconds: i64) -> String {
    let Moment {
        year,
        month,
        day,
        hour,
        minute,
        second,
        ..
    } = Moment::of(seconds);
    format!("\"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.00Z\"")
}

/// Seconds since 1970 of a time such as `2022-06-14T08:44:52Z`.
fn seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (day, time) = text.split_once('T')?;
    let number = |text: Option<&str>| text?.parse::<u16>().ok().map(i64::from);
    let mut day = day.split('-');
    let (year, month) = (number(day.next())?, number(day.next())?);
    let day = number(day.next())?;
    let mut time = time.split([':', '.', 'Z', '+']);
    let (hour, minute) = (number(time.next())?, number(time.next())?);
    let second = number(time.next())?;
    let turned = i64::from(month <= 2);
    let (year, month) = (year - turned, month - 3 + 12 * turned);
    let days = days_before(year) + (153 * month + 2) / 5 + day - 1 - EPOCH_DAY;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        for (time, text) in [
            (0, "\"1970-01-01T00:00:00.00Z\""),
            (SERVER_TIME, "\"2022-06-14T08:44:52.00Z\""),
            (951_782_400, "\"2000-02-29T00:00:00.00Z\""),
            (1_735_689_599, "\"2024-12-31T23:59:59.00Z\""),
        ] {
            assert_eq!(words(time), text);
            assert_eq!(seconds(text.trim_matches('"').as_bytes()), Some(time));
        }
        assert_eq!(seconds(b"yesterday"), None);
        assert_eq!(seconds(b"2022-06-14T"), None);
    }
}
