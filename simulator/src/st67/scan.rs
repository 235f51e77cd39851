//! Scanning for access points.

use std::cmp::Reverse;
use std::time::Duration;

use super::argument::Arguments;
use super::code::Code;
use super::job::{Job, Reply};
use super::station::mac_text;
use super::{St67, World};
use crate::AccessPoint;

/// How long a scan takes.
const SCAN: Duration = Duration::from_millis(1500);

/// Fields that `<print mask>` can choose, in the order of its bits.
const ALL_FIELDS: i64 = 0x7ff;

/// What `AT+CWLAPOPT` sets, and what the last `AT+CWLAP` asks for.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    sorted: bool,
    fields: i64,
    weakest: i64,
    most: usize,
    ssid: Option<Vec<u8>>,
    pub at: Option<Duration>,
}

impl Default for Scan {
    fn default() -> Self {
        Scan {
            sorted: true,
            fields: ALL_FIELDS,
            weakest: -100,
            most: 50,
            ssid: None,
            at: None,
        }
    }
}

impl St67 {
    /// `AT+CWLAPOPT=<sort_enable>,<print mask>[,<rssi filter>][,<authmode mask>][,<max_count>]`
    pub(super) fn set_scan(&mut self, arguments: &Arguments, _: &mut World) -> Result<Reply, Code> {
        arguments.expect(2..=5)?;
        let most = arguments.number(4, 1..=50)?.unwrap_or(50);
        arguments.number(3, 0..=0xffff)?;
        self.station.scan = Scan {
            sorted: arguments.need_switch(0)?,
            fields: arguments.need_number(1, 0..=ALL_FIELDS)?,
            weakest: arguments.number(2, -100..=40)?.unwrap_or(-100),
            most: usize::try_from(most).unwrap_or(50),
            ..Scan::default()
        };
        Ok(Reply::Ok)
    }

    /// `AT+CWLAP` and `AT+CWLAP=[<scan_type>,<ssid>,...]`
    pub(super) fn scan(&mut self, arguments: &Arguments, world: &mut World) -> Result<Reply, Code> {
        if !self.settings.is_station() {
            return Err(Code::NOT_ALLOWED);
        }
        arguments.expect(0..=6)?;
        arguments.number(0, 0..=1)?;
        self.station.scan.ssid = arguments.text(1, 32)?.map(<[u8]>::to_vec);
        let at = world.now + SCAN;
        if self.variant.scans_after_ok {
            self.station.scan.at = Some(at);
            return Ok(Reply::Ok);
        }
        Ok(Reply::Later(Job::Scan { at }))
    }

    /// Tells a scan that was answered before it was over.
    pub(super) fn finish_scan(&mut self, now: Duration) {
        if self.station.scan.at.take_if(|at| *at <= now).is_some() {
            self.print_scan();
            self.wifi_event("+CW:SCAN_DONE");
        }
    }

    /// One row for each access point.
    pub(super) fn print_scan(&mut self) {
        let options = self.station.scan.clone();
        let mut found = self.config.access_points.clone();
        found.retain(|access_point| {
            let wanted = options.ssid.as_ref();
            i64::from(access_point.rssi) >= options.weakest
                && wanted.is_none_or(|ssid| *ssid == access_point.ssid)
        });
        if options.sorted {
            found.sort_by_key(|access_point| Reverse(access_point.rssi));
        }
        let (open, close): (&[u8], &[u8]) = if self.variant.scans_after_ok {
            (b"(", b")")
        } else {
            (b"", b"")
        };
        for access_point in found.iter().take(options.most) {
            let row = row(access_point, options.fields);
            self.say_bytes(&[b"+CWLAP:", open, &row, close]);
        }
    }
}

/// The fields that `fields` chooses, with commas between.
fn row(access_point: &AccessPoint, fields: i64) -> Vec<u8> {
    let open = access_point.password.is_empty();
    let (encryption, cipher) = if open { ("0", "0") } else { ("3", "4") };
    let quoted_ssid = [b"\"", &access_point.ssid[..], b"\""].concat();
    let all: [Vec<u8>; 11] = [
        encryption.into(),
        quoted_ssid,
        access_point.rssi.to_string().into(),
        format!("\"{}\"", mac_text(access_point.bssid)).into(),
        access_point.channel.to_string().into(),
        "0".into(),
        "0".into(),
        cipher.into(),
        cipher.into(),
        "7".into(),
        "0".into(),
    ];
    let chosen = all.into_iter().enumerate();
    let chosen = chosen.filter(|(bit, _)| fields & (1 << bit) != 0);
    let chosen: Vec<Vec<u8>> = chosen.map(|(_, field)| field).collect();
    chosen.join(&b","[..])
}
