//! Scanning for access points.

use std::cmp::Reverse;
use std::time::Duration;

use crate::st67::line::argument::{Arguments, mac_text};
use crate::st67::line::code::Code;
use crate::st67::line::job::{Reply, Step, Task};
use crate::st67::{St67, World};
use crate::{AccessPoint, Protection};

/// How long a scan takes.
const SCAN: Duration = Duration::from_millis(1500);

/// Fields that `<print mask>` can choose, in the order of its bits.
const ALL_FIELDS: i64 = 0x7ff;

/// What `AT+CWLAPOPT` sets.
#[derive(Clone, Copy, Debug)]
pub(in crate::st67) struct ScanOptions {
    sorted: bool,
    fields: i64,
    weakest: i64,
    /// One bit for each `<ecn>`.
    encryptions: i64,
    most: i64,
}

/// A scan: what it looks for, and when it is over.
#[derive(Clone, Debug, Default)]
pub(in crate::st67) struct Scan {
    /// It only listens, and asks for no name.
    passive: bool,
    ssid: Option<Vec<u8>>,
    bssid: Option<[u8; 6]>,
    channel: Option<i64>,
    /// It tells of all on its channel, whatever they are called.
    tells_all: bool,
    pub at: Option<Duration>,
}

impl Default for ScanOptions {
    fn default() -> Self {
        ScanOptions {
            sorted: true,
            fields: ALL_FIELDS,
            weakest: -100,
            encryptions: 0xffff,
            most: 50,
        }
    }
}

impl Scan {
    /// The name that the access point tells it.
    fn ssid<'a>(&self, access_point: &'a AccessPoint) -> &'a [u8] {
        let asked = self.ssid.as_deref().filter(|_| !self.passive);
        access_point.told_ssid(asked)
    }

    fn wants(&self, access_point: &AccessPoint) -> bool {
        let ssid = self.ssid.as_ref();
        let named = ssid.is_none_or(|ssid| ssid == self.ssid(access_point))
            && self.bssid.is_none_or(|bssid| bssid == access_point.bssid);
        (named || self.tells_all)
            && self
                .channel
                .is_none_or(|channel| channel == i64::from(access_point.channel))
    }
}

impl ScanOptions {
    fn shows(&self, access_point: &AccessPoint) -> bool {
        i64::from(access_point.rssi) >= self.weakest
            && self.encryptions & 1 << encryption(access_point) != 0
    }
}

/// A scan that is answered when it is over.
#[derive(Debug)]
struct Scanning {
    at: Duration,
}

impl Task for Scanning {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, _: &mut World) -> Step {
        module.print_scan();
        module.finish(Ok(()))
    }
}

impl St67 {
    /// `AT+CWLAPOPT?`, which the reference does not know.
    pub(in crate::st67) fn scan_options(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        if !self.variant.is_firmware {
            return Err(Code::UNTOLD);
        }
        let ScanOptions {
            sorted,
            fields,
            weakest,
            encryptions,
            most,
        } = self.settings.kept.scan;
        let (sorted, encryptions) = (u8::from(sorted), encryptions & 0xff);
        self.say(&format!(
            "+CWLAPOPT:{sorted},{fields},{weakest},{encryptions},{most}"
        ));
        Ok(Reply::Ok)
    }

    /// `AT+CWLAPOPT=<sort_enable>,<print mask>[,<rssi filter>][,<authmode mask>][,<max_count>]`
    pub(in crate::st67) fn set_scan(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=5)?;
        let others = if self.variant.wifi.keeps_omitted {
            self.settings.kept.scan
        } else {
            ScanOptions::default()
        };
        let weakest = arguments.number(2, -100..=40)?;
        let encryptions = arguments.number(3, 0..=self.variant.wifi.encryption_mask)?;
        let most = arguments.number(4, 1..=50)?;
        let options = ScanOptions {
            sorted: arguments.need_switch(0)?,
            fields: arguments.need_number(1, 0..=ALL_FIELDS)?,
            weakest: weakest.unwrap_or(others.weakest),
            encryptions: encryptions.unwrap_or(others.encryptions),
            most: most.unwrap_or(others.most),
        };
        self.keep_if_firmware(|kept| kept.scan = options);
        Ok(Reply::Ok)
    }

    /// `AT+CWLAP` and `AT+CWLAP=[<scan_type>,<ssid>,<mac>,<channel>,<scan_time_min>,<scan_time_max>]`
    pub(in crate::st67) fn scan(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        if !self.settings.is_station() || !self.settings.radio {
            return Err(Code::NOT_ALLOWED);
        }
        arguments.expect(0..=6)?;
        let passive = arguments.number(0, 0..=1)? == Some(1);
        for time in 4..=5 {
            arguments.number(time, 0..=1500)?;
        }
        let mut scan = Scan {
            passive,
            ssid: arguments.text(1, 32)?.map(<[u8]>::to_vec),
            bssid: arguments.mac(2)?,
            channel: arguments.number(3, 0..=14)?.filter(|channel| *channel > 0),
            tells_all: self.variant.wifi.scans_all,
            at: None,
        };
        if scan.tells_all && arguments.number(3, 0..=14)?.is_none() {
            scan.channel = self.station.scan.channel;
        }
        let at = world.now + SCAN;
        scan.at = self.variant.wifi.scans_after_ok.then_some(at);
        let later = scan.at.is_some();
        self.station.scan = scan;
        if later {
            return Ok(Reply::Ok);
        }
        Ok(Reply::Later(Scanning { at }.into()))
    }

    /// Tells a scan that was answered before it was over.
    pub(in crate::st67) fn finish_scan(&mut self, now: Duration) {
        if self.station.scan.at.take_if(|at| *at <= now).is_some() {
            self.print_scan();
            self.wifi_event("+CW:SCAN_DONE");
        }
    }

    /// One row for each access point.
    fn print_scan(&mut self) {
        let options = self.settings.kept.scan;
        let mut found = self.config.access_points.clone();
        found.retain(|access_point| {
            options.shows(access_point) && self.station.scan.wants(access_point)
        });
        if options.sorted {
            found.sort_by_key(|access_point| Reverse(access_point.rssi));
        }
        let most = usize::try_from(options.most).unwrap_or(0);
        for access_point in found.iter().take(most) {
            let row = self.scan_row(access_point, options.fields);
            let (open, close): (&[u8], &[u8]) = if self.variant.wifi.scans_after_ok {
                (b"(", b")")
            } else {
                (b"", b"")
            };
            self.say_bytes(&[b"+CWLAP:", open, &row, close]);
        }
    }

    /// The fields that `fields` chooses, with commas between. The firmware knows nothing of the
    /// frequency and of the group's cipher.
    fn scan_row(&self, access_point: &AccessPoint, fields: i64) -> Vec<u8> {
        let encryption = encryption(access_point);
        let cipher = if encryption == 0 { "0" } else { "4" };
        let firmware = self.variant.wifi.scans_after_ok;
        let frequency = if firmware { "-1" } else { "0" };
        let quoted_ssid = [b"\"", self.station.scan.ssid(access_point), b"\""].concat();
        let all: [Option<Vec<u8>>; 11] = [
            Some(encryption.to_string().into()),
            Some(quoted_ssid),
            Some(access_point.rssi.to_string().into()),
            Some(format!("\"{}\"", mac_text(access_point.bssid)).into()),
            Some(access_point.channel.to_string().into()),
            Some(frequency.into()),
            Some(frequency.into()),
            Some(cipher.into()),
            Some(cipher.into()).filter(|_| !firmware),
            Some("7".into()),
            Some(u8::from(access_point.wps).to_string().into()),
        ];
        let chosen = all.into_iter().enumerate();
        let chosen = chosen.filter(|(bit, _)| fields & (1 << bit) != 0);
        let chosen: Vec<Vec<u8>> = chosen.filter_map(|(_, field)| field).collect();
        chosen.join(&b","[..])
    }
}

/// `<ecn>` of an access point.
pub(in crate::st67) fn encryption(access_point: &AccessPoint) -> u8 {
    match access_point.protection() {
        None => 0,
        Some(Protection::Wep) => 1,
        Some(Protection::Wpa) => 2,
        Some(Protection::Wpa2) => 3,
        Some(Protection::WpaWpa2) => 4,
        Some(Protection::Enterprise) => 5,
        Some(Protection::Wpa3) => 6,
        Some(Protection::Wpa2Wpa3) => 7,
    }
}
