//! Commands of the Wi-Fi station: chapter 5 of the reference.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::access_point::Mode;
use super::station::Stage;
use crate::microchip::engine::Reply;
use crate::microchip::parameter::Parameters;
use crate::microchip::status::Status;
use crate::microchip::text::printable;
use crate::microchip::{Microchip, World};

/// Lengths of a password, or of a key in hexadecimal digits.
pub(in crate::microchip) const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 1..=64;

impl Microchip {
    /// `AT+WSTAC[=<id>[,<value>]]`
    pub(in crate::microchip) fn station_settings(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        match parameters.len() {
            0 => self.dump_settings(),
            1 => self.print_setting(parameters.integer(0)?)?,
            _ => {
                let in_use = self.station.active != 0;
                self.change(|module| &mut module.station.settings.0, parameters, in_use)?;
            }
        }
        Ok(Reply::Ok)
    }

    fn dump_settings(&mut self) {
        let name = if self.variant.bare_dump {
            "WSTAC"
        } else {
            "+WSTAC"
        };
        for id in self.station.settings.0.ids() {
            let value = self.setting(id).unwrap_or_default();
            self.say(&format!("{name}:{id},{value}"));
        }
    }

    fn print_setting(&mut self, id: i64) -> Result<(), Status> {
        let value = self.setting(id).ok_or(Status::ACCESS_FAILED)?;
        self.say(&format!("+WSTAC:{id},{value}"));
        Ok(())
    }

    /// What has been set, or what is in force while the station is active.
    fn setting(&self, id: i64) -> Option<String> {
        let station = &self.station;
        if station.active == 0 {
            return station.settings.0.print(id);
        }
        let associated = station.access_point.as_ref();
        let access_point = associated.filter(|_| station.is_associated());
        let leased = station.is_online() && station.settings.dhcp();
        let address = |address: Ipv4Addr| {
            let address = Some(address).filter(|_| leased);
            format!("\"{}\"", address.unwrap_or(Ipv4Addr::UNSPECIFIED))
        };
        match id {
            4 => Some(access_point.map_or(0, |found| found.channel).to_string()),
            5 => Some(access_point.map_or("[]".to_owned(), |found| printable(&found.bssid))),
            6..=10 if !station.settings.dhcp() => station.settings.0.print(id),
            6 => Some(address(self.config.address)),
            7 => Some(address(self.config.netmask)),
            8 | 9 => Some(address(self.config.gateway)),
            10 => Some(address(Ipv4Addr::UNSPECIFIED)),
            _ => station.settings.0.print(id),
        }
    }

    /// `AT+WSTA[=<state>[,<timeout>]]`
    pub(in crate::microchip) fn station_state(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        if parameters.len() == 0 {
            self.print_state();
            return Ok(Reply::Ok);
        }
        let state = parameters.integer(0)?;
        let timeout = if parameters.len() > 1 {
            parameters.integer(1)?
        } else {
            0
        };
        match state {
            0 if self.station.is_associated() => self.start_leaving(world),
            0 if matches!(self.station.stage, Stage::Leaving { .. }) => {}
            // That includes a station that is trying to join, or has failed to and does not say so.
            0 => return Err(Status::DISCONNECT_REFUSED),
            1 | 2 => self.join(timeout, world.now)?,
            _ => return Err(Status::INVALID_PARAMETER),
        }
        self.station.active = state;
        Ok(Reply::Ok)
    }

    fn join(&mut self, timeout: i64, now: Duration) -> Result<(), Status> {
        let busy = !matches!(self.station.stage, Stage::Idle | Stage::Connecting { .. });
        if busy || self.soft_ap.mode != Mode::Off {
            return Err(Status::CONNECT_REFUSED);
        }
        let settings = &self.station.settings;
        let (security, key) = (settings.security(), settings.credentials());
        let keyed = security == 0 || KEY_LENGTHS.contains(&key.len());
        let allowed = self.variant.security_types.contains(&security);
        if settings.ssid().is_empty() || !keyed || !allowed {
            return Err(Status::INVALID_PARAMETER);
        }
        let patience = u64::try_from(timeout).unwrap_or(0);
        let give_up = Some(now + Duration::from_millis(patience)).filter(|_| patience > 0);
        self.disturb_scan();
        self.start_joining(give_up, now);
        Ok(())
    }

    fn print_state(&mut self) {
        let id = if self.variant.association_ids {
            match self.station.active {
                0 => "0,",
                _ => "1,",
            }
        } else {
            ""
        };
        let active = self.station.active;
        let mut row = format!("+WSTA:{id}{active}");
        if active != 0 {
            let settings = &self.station.settings;
            let ssid = printable(settings.ssid());
            row += &format!(",{ssid},0,{}", settings.security());
        }
        self.say(&row);
    }
}
