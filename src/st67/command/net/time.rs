//! The module's clock: 4.1.22 to 4.1.24.

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatResp};
use atat::serde_at::serde::{Serialize, Serializer};
use heapless::Vec;

use super::super::{Done, values};
use crate::engine::text::{Fields, number, unquoted};
use crate::error::Usage;
use crate::st67::text::{Text, fit};
use crate::value::Printed;
use crate::value::Ranged;
use crate::value::{Reported, Switch};

/// How far local time is ahead of UTC.
///
/// On the wire it is hours if it is whole ones, else hours and minutes: `-5`, `1245`.
///
/// ```
/// use atwifi::st67::command::net::TimeZone;
///
/// let new_york = TimeZone::from_minutes(-5 * 60)?;
/// let chatham_islands = TimeZone::from_minutes(12 * 60 + 45)?;
/// assert_ne!(new_york, chatham_islands);
/// assert!(TimeZone::from_minutes(15 * 60).is_err());
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeZone(i16);

impl TimeZone {
    /// Minutes ahead of UTC, negative west of Greenwich: -720 to 899. The form of the wire has no
    /// place for less than a quarter of an hour.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`].
    pub fn from_minutes(minutes: i16) -> Result<Self, Usage> {
        const MIN: i16 = -12 * 60;
        const MAX: i16 = 14 * 60 + 59;
        // 5 would be five hours.
        let is_ambiguous = minutes != 0 && minutes.abs() < 15;
        match (MIN..=MAX).contains(&minutes) && !is_ambiguous {
            true => Ok(TimeZone(minutes)),
            false => Err(Usage::OutOfRange {
                min: MIN.into(),
                max: MAX.into(),
            }),
        }
    }
}

impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (hours, minutes) = (self.0 / 60, self.0 % 60);
        serializer.serialize_i16(match minutes {
            0 => hours,
            _ => hours * 100 + minutes,
        })
    }
}

/// `AT+CIPSNTPCFG?`: asks for the time servers (4.1.22).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPSNTPCFG?",
    TimeServers,
    parse = parse_time_servers,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetTimeServers;

/// The reply to [`GetTimeServers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeServers {
    /// Whether they are asked.
    pub enabled: Reported<Switch>,
    /// Hours ahead of UTC. Some firmware tells it only if the servers are asked.
    pub timezone: Option<i32>,
    /// Their names.
    pub servers: Vec<Printed<64>, 3>,
}

impl AtatResp for TimeServers {}

fn parse_time_servers(reply: &[u8]) -> Result<TimeServers, atat::Error> {
    time_servers(values(reply, b"+CIPSNTPCFG:")?).ok_or(atat::Error::Parse)
}

fn time_servers(values: &[u8]) -> Option<TimeServers> {
    let mut fields = Fields::new(values);
    let enabled = fields.reported()?;
    let timezone = match fields.is_empty() {
        true => None,
        false => Some(fields.signed()?),
    };
    let mut servers = Vec::new();
    for name in &mut fields {
        servers.push(Printed::new(unquoted(name))?).ok()?;
    }
    Some(TimeServers {
        enabled,
        timezone,
        servers,
    })
}

/// `AT+CIPSNTPCFG`: names the time servers (4.1.22).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSNTPCFG", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetTimeServers<'a> {
    enabled: Switch,
    timezone: TimeZone,
    first: Option<Text<'a, 64>>,
    second: Option<Text<'a, 64>>,
    third: Option<Text<'a, 64>>,
}

impl<'a> SetTimeServers<'a> {
    /// Whether they are asked, what is added to their time, and up to three names. Without names
    /// `cn.ntp.org.cn`, `ntp.sjtu.edu.cn` and `us.pool.ntp.org` are asked.
    ///
    /// # Errors
    /// Those of [`Text::new`]; [`Usage::TooLong`] if together they are too long for a command, or
    /// are more than three.
    pub fn new(enabled: Switch, timezone: TimeZone, names: &[&'a str]) -> Result<Self, Usage> {
        if names.len() > 3 {
            return Err(Usage::TooLong(3));
        }
        let name = |n: usize| names.get(n).map(|name| Text::new(name.as_bytes()));
        let command = SetTimeServers {
            enabled,
            timezone,
            first: name(0).transpose()?,
            second: name(1).transpose()?,
            third: name(2).transpose()?,
        };
        let texts = [&command.first, &command.second, &command.third];
        let written = texts.into_iter().flatten().map(Text::written);
        fit(written, "AT+CIPSNTPCFG=1,-1159,,,\r\n".len())?;
        Ok(command)
    }
}

/// `AT+CIPSNTPTIME?`: asks for the local time (4.1.23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPSNTPTIME?",
    DateTime,
    parse = parse_time,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetTime;

/// The reply to [`GetTime`]. Until a server has answered, and after sleep, it is not right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// The year, as in 2021.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day, 1 to 31.
    pub day: u8,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// The second, 0 to 60.
    pub second: u8,
    /// The day of the week, 0 (Sunday) to 6.
    pub weekday: u8,
}

impl AtatResp for DateTime {}

fn parse_time(reply: &[u8]) -> Result<DateTime, atat::Error> {
    asctime(values(reply, b"+CIPSNTPTIME:")?).ok_or(atat::Error::Parse)
}

/// `Tue Oct 19 17:47:56 2021`
fn asctime(text: &[u8]) -> Option<DateTime> {
    const WEEKDAYS: [&[u8]; 7] = [b"Sun", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat"];
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let mut words = text.split(|&b| b == b' ').filter(|word| !word.is_empty());
    let mut word = || words.next();
    let weekday = word()?;
    let month = word()?;
    let day = word().and_then(number)?;
    let mut time = word()?.split(|&b| b == b':').map(number);
    let mut part = || u8::try_from(time.next()??).ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    let year = word().and_then(number)?;
    Some(DateTime {
        year: year.try_into().ok()?,
        month: MONTHS.iter().position(|name| *name == month)? as u8 + 1,
        day: day.try_into().ok()?,
        hour,
        minute,
        second,
        weekday: WEEKDAYS.iter().position(|name| *name == weekday)? as u8,
    })
}

/// `AT+CIPSNTPINTV?`: asks how often the time servers are asked (4.1.24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSNTPINTV?", TimeInterval, timeout_ms = 6000, termination = "\r\n")]
pub struct GetTimeInterval;

/// The reply to [`GetTimeInterval`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct TimeInterval {
    /// Seconds.
    pub interval_s: u32,
}

/// `AT+CIPSNTPINTV`: how often the time servers are asked (4.1.24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSNTPINTV", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetTimeInterval {
    /// Seconds.
    pub interval_s: Ranged<15, 4_294_967>,
}
