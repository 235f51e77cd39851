//! Monitor mode: the module prints what it hears on a channel.

use std::time::Duration;

use crate::AccessPoint;
use crate::calendar::Moment;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// From one beacon of an access point to the next.
const BEACON: Duration = Duration::from_micros(102_400);

/// What is heard, and of which length it must be; 0 is no limit.
#[derive(Clone, Debug)]
pub(in crate::st67) struct Monitor {
    channel: i64,
    shortest: usize,
    longest: usize,
    next: Duration,
}

impl Monitor {
    /// When the next beacon comes.
    pub fn next(&self) -> Duration {
        self.next
    }

    fn wants(&self, frame: &[u8]) -> bool {
        frame.len() >= self.shortest && (self.longest == 0 || frame.len() <= self.longest)
    }
}

impl St67 {
    /// `AT+CWMONITOR=<enable>,<channel>,[<min_pkg_len>],[<max_pkg_len>]`
    pub(in crate::st67) fn set_monitor(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=4)?;
        let length = |index| -> Result<usize, Code> {
            let length = arguments.number(index, 0..=i64::from(i32::MAX))?;
            Ok(length
                .and_then(|length| length.try_into().ok())
                .unwrap_or(0))
        };
        let (shortest, longest) = (length(2)?, length(3)?);
        let channel = arguments.number(1, 0..=i64::from(i32::MAX))?;
        if !arguments.need_switch(0)? {
            self.monitor = None;
            return Ok(Reply::Ok);
        }
        let channel = channel.ok_or(Code::count(2, 1))?;
        if !(1..=self.channels()).contains(&channel) {
            return Err(Code::INVALID);
        }
        self.stop_soft_ap();
        self.leave(world);
        self.monitor = Some(Monitor {
            channel,
            shortest,
            longest,
            next: world.now + BEACON,
        });
        Ok(Reply::Ok)
    }

    /// Prints the beacons that have come.
    pub(in crate::st67) fn poll_monitor(&mut self, now: Duration) {
        let Some(monitor) = self.monitor.as_mut().filter(|monitor| monitor.next <= now) else {
            return;
        };
        monitor.next += BEACON;
        let monitor = monitor.clone();
        let heard = self.config.access_points.iter();
        let heard = heard.filter(|heard| i64::from(heard.channel) == monitor.channel);
        let frames: Vec<Vec<u8>> = heard.map(|heard| beacon(heard, now)).collect();
        for frame in frames.iter().filter(|frame| monitor.wants(frame)) {
            self.print_frame(monitor.channel, frame, now);
        }
    }

    fn print_frame(&mut self, channel: i64, frame: &[u8], now: Duration) {
        let digits: String = frame.iter().map(|byte| format!("{byte:02x}")).collect();
        let head = if self.variant.wifi.dates_frames {
            self.date_of_frame(now)
        } else {
            format!("+CWMONITOR,{channel},{}:", frame.len())
        };
        let line = format!("{head}{digits}\r\n");
        self.output.write(&[line.as_bytes()]);
    }

    fn date_of_frame(&self, now: Duration) -> String {
        let Moment {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = Moment::of(self.sntp.time(now));
        let milliseconds = now.subsec_millis();
        format!("{year}-{month:02}-{day:02}:{hour:02}:{minute:02}:{second:02}.{milliseconds:03} ")
    }
}

/// A beacon with a name and nothing else of interest.
fn beacon(access_point: &AccessPoint, now: Duration) -> Vec<u8> {
    let bssid = access_point.bssid;
    let time = u64::try_from(now.as_micros()).unwrap_or(0).to_le_bytes();
    let name = access_point.told_ssid(None);
    let name_length = u8::try_from(name.len()).unwrap_or(0);
    [
        &[0x80, 0, 0, 0][..],
        &[0xff; 6],
        &bssid,
        &bssid,
        &[0, 0],
        &time,
        &[0x64, 0, 0x01, 0x04],
        &[0, name_length],
        name,
    ]
    .concat()
}
