//! The Wi-Fi station: joining, failing to join, leaving, losing the access point.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::station_settings::StationSettings;
use crate::microchip::status::Status;
use crate::microchip::text::mac;
use crate::microchip::{Microchip, World};
use crate::{AccessPoint, Protection};

/// From the address to the time of day.
const TIME_SERVICE: Duration = Duration::from_millis(200);

/// The station of the module.
#[derive(Debug, Default)]
pub(in crate::microchip) struct Station {
    pub settings: StationSettings,
    pub stage: Stage,
    /// The last state that `AT+WSTA` has asked for, as long as that is in force.
    pub active: i64,
    /// When an attempt to join has taken too long.
    pub give_up: Option<Duration>,
    pub access_point: Option<AccessPoint>,
    pub address: Option<Ipv4Addr>,
    time_at: Option<Duration>,
}

/// How far the station has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::microchip) enum Stage {
    #[default]
    Idle,
    /// At this time it will be known whether the station is let in; none once it has not been.
    Connecting {
        at: Option<Duration>,
        fate: Fate,
    },
    /// It has no address yet; it may get one at this time.
    Associated {
        at: Option<Duration>,
    },
    Online,
    Leaving {
        at: Duration,
    },
}

/// How an attempt to join will end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::microchip) enum Fate {
    Joins,
    /// With this status, if anybody tells.
    Fails(usize),
}

impl Station {
    pub fn is_associated(&self) -> bool {
        matches!(self.stage, Stage::Associated { .. } | Stage::Online)
    }

    pub fn is_online(&self) -> bool {
        self.stage == Stage::Online
    }

    pub fn next(&self) -> Option<Duration> {
        let stage = match self.stage {
            Stage::Connecting { at, .. } | Stage::Associated { at } => at,
            Stage::Leaving { at } => Some(at),
            Stage::Idle | Stage::Online => None,
        };
        [stage, self.give_up, self.time_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Nothing is left of the association.
    fn forget(&mut self) {
        self.stage = Stage::Idle;
        self.active = 0;
        self.give_up = None;
        self.access_point = None;
        self.address = None;
        self.time_at = None;
    }
}

/// Whether a station with this `<SEC_TYPE>` gets in where this protects.
fn suits(security: i64, protection: Protection) -> bool {
    use Protection::{Wep, Wpa, Wpa2, Wpa2Wpa3, Wpa3, WpaWpa2};
    match security {
        1 => protection == Wep,
        2 => matches!(protection, Wpa | WpaWpa2 | Wpa2 | Wpa2Wpa3),
        3 => matches!(protection, WpaWpa2 | Wpa2 | Wpa2Wpa3),
        4 => matches!(protection, WpaWpa2 | Wpa2 | Wpa2Wpa3 | Wpa3),
        5 => matches!(protection, Wpa2Wpa3 | Wpa3),
        _ => false,
    }
}

impl Microchip {
    /// Starts to join with the settings made before.
    pub(in crate::microchip) fn start_joining(&mut self, give_up: Option<Duration>, now: Duration) {
        let settings = &self.station.settings;
        self.last_attempt = Some((settings.ssid().to_vec(), settings.credentials().to_vec()));
        let fate = self.fate();
        let at = now + self.config.join + self.config.associate;
        self.station.stage = Stage::Connecting { at: Some(at), fate };
        self.station.give_up = give_up;
    }

    pub(in crate::microchip) fn poll_station(&mut self, world: &mut World) {
        let now = world.now;
        match self.station.stage {
            Stage::Connecting { at: Some(at), fate } if at <= now => self.meet(fate, now),
            Stage::Associated { at: Some(at) } if at <= now => self.get_address(now),
            Stage::Leaving { at } if at <= now => {
                self.station.forget();
                self.tell_link_down();
            }
            _ => {}
        }
        if self.station.give_up.is_some_and(|at| at <= now) {
            self.station.forget();
            self.join_failed(Status::CONNECT_FAILED);
        }
        if self.station.time_at.take_if(|at| *at <= now).is_some() {
            self.clock.synchronize();
            if let Some(time) = self.clock.event(now) {
                self.tell(&time);
            }
        }
    }

    fn join_failed(&mut self, status: Status) {
        if self.variant.error_events {
            self.tell(&format!("+WSTAERR:{}", status.code()));
        } else {
            self.tell_failure("+WSTA", status);
        }
    }

    fn fate(&mut self) -> Fate {
        let settings = &self.station.settings;
        let heard = self.config.access_points.iter();
        // A BSSID is kept, and not looked at.
        let found = heard.clone().find(|access_point| {
            let channel = settings.channel();
            access_point.ssid == settings.ssid()
                && (channel == StationSettings::ANY_CHANNEL
                    || channel == i64::from(access_point.channel))
        });
        self.station.access_point = found.cloned();
        let Some(access_point) = found else {
            return Fate::Fails(Status::CONNECT_FAILED.code());
        };
        let admitted = match access_point.protection() {
            None => settings.security() == 0,
            Some(protection) => {
                suits(settings.security(), protection)
                    && access_point.password == settings.credentials()
            }
        };
        match access_point.refuses {
            Some(reason) => Fate::Fails(usize::from(reason)),
            None if admitted => Fate::Joins,
            None => Fate::Fails(Status::CONNECT_FAILED.code()),
        }
    }

    fn meet(&mut self, fate: Fate, now: Duration) {
        match fate {
            Fate::Joins => self.associate(now),
            Fate::Fails(code) if self.variant.error_events => {
                self.station.forget();
                self.tell(&format!("+WSTAERR:{code}"));
            }
            // The firmware goes on as if it were still trying, and tells nobody.
            Fate::Fails(_) => self.station.stage = Stage::Connecting { at: None, fate },
        }
    }

    fn associate(&mut self, now: Duration) {
        let Some(access_point) = self.station.access_point.clone() else {
            return;
        };
        self.station.give_up = None;
        let bssid = mac(access_point.bssid);
        let id = self.association();
        self.tell(&format!("+WSTALU:{id}\"{bssid}\",{}", access_point.channel));
        if self.station.settings.dhcp() {
            let at = access_point.dhcp.then(|| now + self.config.dhcp);
            self.station.stage = Stage::Associated { at };
        } else {
            self.go_online(self.station.settings.address(), now);
        }
    }

    fn get_address(&mut self, now: Duration) {
        let address = self.config.address;
        let id = self.association();
        self.tell(&format!("+WSTAAIP:{id}\"{address}\""));
        self.go_online(address, now);
    }

    fn go_online(&mut self, address: Ipv4Addr, now: Duration) {
        self.station.address = Some(address);
        self.station.stage = Stage::Online;
        if self.station.settings.asks_for_time() {
            self.station.time_at = Some(now + TIME_SERVICE);
        }
    }

    /// The number of the association, in front of what else an event has to tell.
    fn association(&self) -> &'static str {
        if self.variant.association_ids {
            "1,"
        } else {
            ""
        }
    }

    fn tell_link_down(&mut self) {
        self.tell(if self.variant.association_ids {
            "+WSTALD:1"
        } else {
            "+WSTALD"
        });
    }

    /// The user has had enough of the access point.
    pub(in crate::microchip) fn start_leaving(&mut self, world: &mut World) {
        let at = world.now + self.config.leave;
        self.station.stage = Stage::Leaving { at };
        self.station.active = 0;
        self.station.time_at = None;
        self.drop_connections(world);
    }

    /// The access point has had enough of the user.
    pub(in crate::microchip) fn lose_access_point(&mut self, world: &mut World) {
        match self.station.stage {
            Stage::Associated { .. } | Stage::Online => {
                self.station.forget();
                self.tell_link_down();
                self.drop_connections(world);
            }
            Stage::Connecting { .. } => {
                let fate = Fate::Fails(Status::CONNECT_FAILED.code());
                self.meet(fate, world.now);
            }
            Stage::Idle | Stage::Leaving { .. } => {}
        }
    }
}
