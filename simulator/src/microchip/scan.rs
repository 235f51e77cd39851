//! Looking for access points: chapter 4 of the reference.

use std::time::Duration;

use super::engine::Reply;
use super::parameter::Parameters;
use super::settings::{Settings, Value};
use super::status::Status;
use super::text::{mac, printable};
use super::wlan::station::Stage;
use super::{Microchip, World};
use crate::{AccessPoint, Protection};

/// Asks for all channels.
const ALL_CHANNELS: i64 = 255;
/// The channels that there are.
const CHANNELS: std::ops::RangeInclusive<i64> = 1..=13;
/// The longest time that a channel can be listened to, in milliseconds.
const LONGEST: i64 = 65_535;
/// Longest name.
const SSID: usize = 32;
/// The numbers of the settings.
const PROBE_TIME: i64 = 1;
const LISTEN_TIME: i64 = 2;

/// What scans are like, and the one that is under way.
#[derive(Debug)]
pub(super) struct Scanner {
    pub settings: Settings,
    scan: Option<Scan>,
}

#[derive(Debug)]
struct Scan {
    channel: i64,
    /// It only listens, and asks for no name.
    passive: bool,
    ssid: Option<Vec<u8>>,
    done: Duration,
    /// It was asked for by the peer that provisions the module.
    remote: bool,
}

impl Default for Scanner {
    fn default() -> Self {
        Scanner {
            settings: Settings::new([
                (PROBE_TIME, Value::Bounded(30, 0..=LONGEST)),
                (LISTEN_TIME, Value::Bounded(300, 0..=LONGEST)),
            ]),
            scan: None,
        }
    }
}

impl Scanner {
    pub fn next(&self) -> Option<Duration> {
        self.scan.as_ref().map(|scan| scan.done)
    }
}

impl Scan {
    /// The name that the access point tells it.
    fn ssid<'a>(&self, access_point: &'a AccessPoint) -> &'a [u8] {
        let asked = self.ssid.as_deref().filter(|_| !self.passive);
        access_point.told_ssid(asked)
    }

    fn finds(&self, access_point: &AccessPoint) -> bool {
        let channel = self.channel == ALL_CHANNELS || self.channel == access_point.channel.into();
        let wanted = self.ssid.as_ref();
        channel && wanted.is_none_or(|ssid| ssid == self.ssid(access_point))
    }

    fn row(&self, access_point: &AccessPoint) -> String {
        let AccessPoint { rssi, channel, .. } = access_point;
        let security = security(access_point);
        let (bssid, ssid) = (mac(access_point.bssid), printable(self.ssid(access_point)));
        format!("+WSCNIND:{rssi},{security},{channel},\"{bssid}\",{ssid}")
    }
}

/// What the module can join at best: WPA2. The firmware tells of no other access points.
const LATEST: i64 = 3;

/// `<sec>` of an access point.
fn security(access_point: &AccessPoint) -> i64 {
    match access_point.protection() {
        None => 0,
        Some(Protection::Wep) => 1,
        Some(Protection::Wpa | Protection::WpaWpa2) => 2,
        Some(Protection::Wpa2 | Protection::Wpa2Wpa3) => LATEST,
        Some(Protection::Enterprise) => 4,
        Some(Protection::Wpa3) => 5,
    }
}

impl Microchip {
    /// `AT+WSCNC[=<id>[,<value>]]`
    pub(super) fn scan_settings(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let settings: fn(&mut Microchip) -> &mut Settings = |module| &mut module.scanner.settings;
        self.configure("+WSCNC", settings, parameters, false)
    }

    /// `AT+WSCNA=<channel>[,<ssid>]`
    pub(super) fn scan_actively(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        self.scan(PROBE_TIME, parameters, world)
    }

    /// `AT+WSCNP=<channel>[,<ssid>]`
    pub(super) fn scan_passively(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        self.scan(LISTEN_TIME, parameters, world)
    }

    fn scan(
        &mut self,
        time: i64,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let channel = parameters.integer(0)?;
        if channel != ALL_CHANNELS && !CHANNELS.contains(&channel) {
            return Err(Status::INVALID_PARAMETER);
        }
        let ssid = match parameters.len() {
            1 => None,
            _ => Some(parameters.text(1)?.to_vec()),
        };
        if ssid.as_ref().is_some_and(|ssid| ssid.len() > SSID) {
            return Err(Status::INVALID_PARAMETER);
        }
        let joining = matches!(self.station.stage, Stage::Connecting { at: Some(_), .. });
        if self.scanner.scan.is_some() || joining {
            return Err(Status::WIFI_REQUEST);
        }
        let channels = if channel == ALL_CHANNELS {
            CHANNELS.end() - CHANNELS.start() + 1
        } else {
            1
        };
        let passive = time == LISTEN_TIME;
        let time = self.scanner.settings.integer(time) * channels;
        let time = Duration::from_millis(u64::try_from(time).unwrap_or(0));
        self.scanner.scan = Some(Scan {
            channel,
            passive,
            ssid,
            done: world.now + time,
            remote: self.provisioning.is_speaking(),
        });
        Ok(Reply::Ok)
    }

    pub(super) fn poll_scanner(&mut self, world: &mut World) {
        let due = |scan: &mut Scan| scan.done <= world.now;
        let Some(scan) = self.scanner.scan.take_if(due) else {
            return;
        };
        let found = self.config.access_points.iter();
        let found = found.filter(|access_point| scan.finds(access_point));
        let all = self.variant.tells_any_protection;
        let found = found.filter(|access_point| all || security(access_point) <= LATEST);
        let rows: Vec<String> = found.map(|found| scan.row(found)).collect();
        for row in rows.iter().map(String::as_str).chain(["+WSCNDONE"]) {
            if scan.remote {
                self.tell_provisioner(row, world);
            } else {
                self.tell(row);
            }
        }
    }

    /// The radio is wanted for something else. The firmware does not mind.
    pub(super) fn disturb_scan(&mut self) {
        if self.variant.error_events && self.scanner.scan.take().is_some() {
            self.tell("+WSCNERROR");
        }
    }
}
