//! Looking for devices that advertise.

use std::time::Duration;

use super::{ROUND_TRIP, Role, digits};
use crate::ble::BlePeer;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// How often a device is told of.
const PERIOD: Duration = Duration::from_secs(1);
/// The longest and the shortest interval, in units of 0.625 ms.
const INTERVAL: std::ops::RangeInclusive<i64> = 0x4..=0x4000;

/// A scan that goes on.
#[derive(Debug)]
pub(super) struct Scan {
    /// When the devices are told of next.
    at: Duration,
}

impl Scan {
    pub fn next(&self) -> Duration {
        self.at
    }
}

impl St67 {
    /// `AT+BLESCANPARAM?`
    pub(in crate::st67) fn ble_scan_settings(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_ble()?;
        let settings = self.ble.setup.scan.map(|number| number.to_string());
        self.say(&format!("+BLESCANPARAM:{}", settings.join(",")));
        Ok(Reply::Ok)
    }

    /// `AT+BLESCANPARAM=<scan type>,<own address type>,<filter policy>,<interval>,<window>`
    pub(in crate::st67) fn set_ble_scan_settings(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(5..=5)?;
        self.need_role(Role::Client)?;
        let settings = [
            arguments.need_number(0, 0..=1)?,
            arguments.need_number(1, 0..=3)?,
            arguments.need_number(2, 0..=3)?,
            arguments.need_number(3, INTERVAL)?,
            arguments.need_number(4, INTERVAL)?,
        ];
        // The firmware finds a window that is too long when it is too late.
        if settings[4] > settings[3] && self.variant.ble.changes_role {
            return Err(Code::INVALID);
        }
        self.ble.setup.scan = settings;
        Ok(Reply::Ok)
    }

    /// `AT+BLESCAN=<enable>`
    pub(in crate::st67) fn ble_scan(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.need_role(Role::Client)?;
        let at = world.now + ROUND_TRIP;
        self.ble.scan = arguments.need_switch(0)?.then_some(Scan { at });
        Ok(Reply::Ok)
    }

    pub(super) fn poll_scan(&mut self, now: Duration) {
        let Some(scan) = self.ble.scan.as_mut().filter(|scan| scan.at <= now) else {
            return;
        };
        scan.at = now + PERIOD;
        let peers = self.config.ble_peers.iter();
        let rows: Vec<String> = peers.flat_map(|peer| self.scan_rows(peer)).collect();
        rows.iter().for_each(|row| self.say(row));
    }

    fn scan_rows(&self, peer: &BlePeer) -> Vec<String> {
        let Some((data, response)) = peer.advertisement() else {
            return Vec::new();
        };
        let (address, random) = peer.address();
        let (address, rssi) = (self.ble_address(address), peer.rssi());
        let (name, kind) = (self.variant.ble.scan_row, u8::from(random));
        let (data, response) = (digits(&data), digits(&response));
        let row = |data: &str, response: &str| {
            format!("{name}:{address},{rssi},{data},{response},{kind}")
        };
        let active = self.ble.setup.scan[0] == 1;
        if !active {
            vec![row(&data, "")]
        } else if self.variant.ble.joins_scan_rows {
            vec![row(&data, &response)]
        } else {
            vec![row(&data, ""), row("", &response)]
        }
    }
}
