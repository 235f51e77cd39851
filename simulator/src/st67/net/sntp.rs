//! The time of day, from time servers.

use std::time::Duration;

use crate::calendar::{Moment, SERVER_TIME};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// Where nothing else is set.
const SERVERS: [&[u8]; 3] = [b"cn.ntp.org.cn", b"ntp.sjtu.edu.cn", b"us.pool.ntp.org"];
const LONGEST_SERVER: usize = 63;
/// Time zones in hours; what is beyond counts hours and minutes, as in 1245.
const HOURS: std::ops::RangeInclusive<i64> = -12..=14;

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `AT+CIPSNTPCFG` and `AT+CIPSNTPINTV`, and the clock.
#[derive(Clone, Debug)]
pub(in crate::st67) struct Sntp {
    enabled: bool,
    zone: i64,
    servers: Vec<Vec<u8>>,
    interval: i64,
    /// When the answer of a server comes.
    at: Option<Duration>,
    /// Seconds since 1970 at the time when the module was switched on.
    base: i64,
}

impl Default for Sntp {
    fn default() -> Self {
        Sntp {
            enabled: false,
            zone: 0,
            servers: SERVERS.map(<[u8]>::to_vec).to_vec(),
            interval: 300,
            at: None,
            base: 0,
        }
    }
}

impl Sntp {
    pub fn next(&self) -> Option<Duration> {
        self.at
    }

    /// Seconds since 1970.
    pub fn time(&self, now: Duration) -> i64 {
        self.base + i64::try_from(now.as_secs()).unwrap_or(0)
    }

    /// The same, if a server has told them.
    pub fn known(&self, now: Duration) -> Option<u64> {
        u64::try_from(self.time(now)).ok().filter(|_| self.base > 0)
    }

    /// How far the zone is ahead, in seconds.
    fn offset(&self) -> i64 {
        if HOURS.contains(&self.zone) {
            self.zone * 3600
        } else {
            self.zone / 100 * 3600 + self.zone % 100 * 60
        }
    }
}

impl St67 {
    /// Asks a time server once there is a way to it, and takes its answer.
    pub(in crate::st67) fn poll_sntp(&mut self, now: Duration) {
        let asks = self.sntp.enabled && self.sntp.base == 0 && self.is_online();
        if !asks {
            self.sntp.at = None;
        } else if self.sntp.at.is_some_and(|at| at <= now) {
            self.sntp.at = None;
            self.sntp.base = SERVER_TIME;
        } else if self.sntp.at.is_none() {
            self.sntp.at = Some(now + self.config.time_answer);
        }
    }

    /// `AT+CIPSNTPCFG?`
    pub(in crate::st67) fn time_servers(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let Sntp {
            enabled,
            zone,
            servers,
            ..
        } = self.sntp.clone();
        if !enabled && self.variant.net.hides_disabled_servers {
            self.say("+CIPSNTPCFG:0");
            return Ok(Reply::Ok);
        }
        let hours = if HOURS.contains(&zone) {
            zone
        } else {
            zone / 100
        };
        let head = format!("+CIPSNTPCFG:{},{hours}", u8::from(enabled));
        let quoted: Vec<Vec<u8>> = servers
            .iter()
            .map(|server| [b",\"", &server[..], b"\""].concat())
            .collect();
        self.say_bytes(&[head.as_bytes(), &quoted.concat()]);
        Ok(Reply::Ok)
    }

    /// `AT+CIPSNTPCFG=<enable>,<timezone>[,<SNTP server1>,<SNTP server2>,<SNTP server3>]`
    pub(in crate::st67) fn set_time_servers(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let enabled = arguments.need_switch(0)?;
        let lax = self.variant.net.hides_disabled_servers;
        arguments.expect(if lax && !enabled { 1..=5 } else { 2..=5 })?;
        let zone = arguments.number(1, -1259..=1459)?.unwrap_or(0);
        if !HOURS.contains(&zone) && (zone % 100).abs() > 59 && !lax {
            return Err(Code::INVALID);
        }
        let mut servers = Vec::new();
        for index in 2..=4 {
            let server = arguments.text(index, LONGEST_SERVER)?;
            servers.extend(server.map(<[u8]>::to_vec));
        }
        if servers.is_empty() {
            servers = SERVERS.map(<[u8]>::to_vec).to_vec();
        }
        self.sntp.enabled = enabled;
        self.sntp.zone = zone;
        self.sntp.servers = servers;
        Ok(Reply::Ok)
    }

    /// `AT+CIPSNTPTIME?`
    pub(in crate::st67) fn time(
        &mut self,
        _: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let local = self.sntp.time(world.now) + self.sntp.offset();
        self.say(&format!("+CIPSNTPTIME:{}", asctime(local)));
        Ok(Reply::Ok)
    }

    /// `AT+CIPSNTPINTV?`
    pub(in crate::st67) fn time_interval(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+CIPSNTPINTV:{}", self.sntp.interval));
        Ok(Reply::Ok)
    }

    /// `AT+CIPSNTPINTV=<interval second>`
    pub(in crate::st67) fn set_time_interval(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.sntp.interval = arguments.need_number(0, 15..=4_294_967)?;
        Ok(Reply::Ok)
    }
}

/// A time in the words of C's `asctime`.
fn asctime(seconds: i64) -> String {
    let Moment {
        year,
        month,
        day,
        weekday,
        hour,
        minute,
        second,
    } = Moment::of(seconds);
    let weekday = WEEKDAYS.get(weekday).unwrap_or(&"???");
    let month = usize::try_from(month - 1).ok();
    let month = month.and_then(|month| MONTHS.get(month)).unwrap_or(&"???");
    format!("{weekday} {month} {day:2} {hour:02}:{minute:02}:{second:02} {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4.1.23.3
    #[test]
    fn times_in_words() {
        assert_eq!(asctime(0), "Thu Jan  1 00:00:00 1970");
        assert_eq!(asctime(1_634_665_676), "Tue Oct 19 17:47:56 2021");
    }
}
