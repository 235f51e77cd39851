//! The Wi-Fi station: joining, staying joined, losing the access point.

use std::time::Duration;

use crate::st67::line::job::{Step, Task};
use crate::st67::wifi::scan::Scan;
use crate::st67::{Code, St67, World};
use crate::{AccessPoint, Protection};

/// Pause between `ready` and the first attempt to join without being told.
const SETTLE: Duration = Duration::from_millis(100);

/// Reasons of `+CW:ERROR`.
const HANDSHAKE_TIMEOUT: u8 = 8;
const NOT_FOUND: u8 = 12;
const BEACON_LOSS: u8 = 16;
const SECURITY_MISMATCH: u8 = 17;
const USER: u8 = 19;

/// SSID and password.
pub(in crate::st67) type Credentials = (Vec<u8>, Vec<u8>);

/// The station of the module.
#[derive(Debug, Default)]
pub(in crate::st67) struct Station {
    pub stage: Stage,
    pub last_attempt: Option<Credentials>,
    /// The last attempt was made with WEP.
    pub wep: bool,
    /// The access point it has joined or is about to.
    pub access_point: Option<AccessPoint>,
    /// When to try again, and how often.
    again: Option<(Duration, i64)>,
    pub scan: Scan,
}

/// How far the station has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::st67) enum Stage {
    #[default]
    Idle,
    /// It will be associated, or know why not, at this time.
    Connecting {
        at: Duration,
        fate: Fate,
    },
    /// It has no address yet; it may get one at this time.
    Associated {
        at: Option<Duration>,
    },
    Online,
    Disconnected,
}

/// How an attempt to join will end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::st67) enum Fate {
    Joins,
    Fails(u8),
    /// It fails and tells no event.
    FailsQuietly,
}

impl Station {
    /// The station can be protected as the access point wants it: by any kind of WPA, by WEP only if
    /// it was told so.
    fn suits(&self, access_point: &AccessPoint) -> bool {
        match access_point.protection() {
            None => true,
            Some(Protection::Wep) => self.wep,
            Some(Protection::Enterprise) => false,
            Some(_) => !self.wep,
        }
    }

    /// `<state>` of `AT+CWSTATE?`.
    pub fn state(&self) -> u8 {
        match self.stage {
            Stage::Idle => 0,
            Stage::Associated { .. } => 1,
            Stage::Online => 2,
            Stage::Connecting { .. } => 3,
            Stage::Disconnected => 4,
        }
    }

    /// It neither has joined nor tries to.
    pub fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Idle | Stage::Disconnected)
    }

    pub fn is_associated(&self) -> bool {
        matches!(self.stage, Stage::Associated { .. } | Stage::Online)
    }

    pub fn next(&self) -> Option<Duration> {
        let stage = match self.stage {
            Stage::Connecting { at, .. } => Some(at),
            Stage::Associated { at } => at,
            _ => None,
        };
        let again = self.again.map(|(at, _)| at);
        [stage, again, self.scan.at].into_iter().flatten().min()
    }
}

/// `AT+CWJAP` where the answer waits for the station's address.
#[derive(Debug)]
pub(super) struct Joining {
    pub give_up: Duration,
}

impl Task for Joining {
    fn next(&self) -> Option<Duration> {
        Some(self.give_up)
    }

    fn may_end_early(&self) -> bool {
        true
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        module.await_address(self.give_up, world.now)
    }
}

impl St67 {
    /// Whether the station can reach the network.
    pub(in crate::st67) fn is_online(&self) -> bool {
        self.station.stage == Stage::Online
    }

    /// Starts to join; the station then goes its way by itself.
    pub(in crate::st67) fn start_joining(
        &mut self,
        credentials: Credentials,
        bssid: Option<[u8; 6]>,
        at: Duration,
    ) -> Fate {
        let fate = self.fate(&credentials, bssid);
        self.station.last_attempt = Some(credentials);
        self.station.again = None;
        self.station.stage = Stage::Connecting { at, fate };
        fate
    }

    /// Makes a failure that the answer to the command tells not an event as well.
    pub(in crate::st67) fn fail_quietly(&mut self) {
        if let Stage::Connecting { fate, .. } = &mut self.station.stage {
            *fate = Fate::FailsQuietly;
        }
    }

    /// Joins what is stored in flash, without a command.
    pub(in crate::st67) fn join_by_itself(&mut self, now: Duration) {
        if self.flash.credentials.is_some() {
            self.station.again = Some((now + SETTLE, 1));
        }
    }

    /// Joins what was joined last or is stored in flash, as part of a command.
    pub(in crate::st67) fn join_now(&mut self, now: Duration) {
        self.join_once_more(1, now);
    }

    /// The channel of the access point that the station has joined.
    pub(in crate::st67) fn station_channel(&self) -> Option<i64> {
        let joined = self.station.access_point.as_ref();
        let joined = joined.filter(|_| self.station.is_associated());
        joined.map(|access_point| i64::from(access_point.channel))
    }

    pub(in crate::st67) fn poll_station(&mut self, world: &mut World) {
        let now = world.now;
        self.finish_scan(now);
        if let Some((_, left)) = self.station.again.take_if(|(at, _)| *at <= now) {
            self.join_once_more(left, now);
        }
        match self.station.stage {
            Stage::Connecting { at, fate } if at <= now => self.meet_fate(at, fate),
            Stage::Associated { at: Some(at) } if at <= now => {
                self.station.stage = Stage::Online;
                self.hear_name_server();
                self.wifi_event("+CW:GOTIP");
            }
            _ => {}
        }
    }

    /// `AT+CWJAP` is answered once the station has its address.
    fn await_address(&mut self, give_up: Duration, now: Duration) -> Step {
        match self.station.stage {
            Stage::Online => self.finish(Ok(())),
            Stage::Connecting { .. } | Stage::Associated { .. } if now < give_up => {
                Step::Wait(Joining { give_up }.into())
            }
            Stage::Connecting { .. } | Stage::Associated { .. } => self.join_failed(1),
            Stage::Idle | Stage::Disconnected => self.join_failed(4),
        }
    }

    pub(super) fn join_failed(&mut self, code: u8) -> Step {
        self.say(&format!("+CWJAP:{code}"));
        self.finish(Err(Code::FAILED))
    }

    /// The user has had enough of the access point.
    pub(in crate::st67) fn leave(&mut self, world: &mut World) {
        self.station.again = None;
        let was_associated = self.station.is_associated();
        self.station.stage = Stage::Idle;
        if was_associated && self.variant.wifi.leaves_with_events {
            self.tell_left();
        }
        self.drop_links(world);
    }

    /// The events of a station that leaves, whether or not to join again.
    pub(in crate::st67) fn tell_left(&mut self) {
        self.wifi_event("+CW:DISCONNECTED");
        if self.variant.wifi.leaves_with_events {
            self.wifi_event(&format!("+CW:ERROR,{USER}"));
        }
    }

    /// The access point has had enough of the user.
    pub(in crate::st67) fn lose_access_point(&mut self, world: &mut World) {
        let was_associated = self.station.is_associated();
        if !was_associated && !matches!(self.station.stage, Stage::Connecting { .. }) {
            return;
        }
        self.station.stage = Stage::Disconnected;
        if was_associated {
            self.wifi_event("+CW:DISCONNECTED");
        }
        self.wifi_event(&format!("+CW:ERROR,{BEACON_LOSS}"));
        self.drop_links(world);
        let (_, repeat) = self.settings.kept.reconnect;
        self.try_again_later(repeat, world.now);
    }

    fn fate(&mut self, (ssid, password): &Credentials, bssid: Option<[u8; 6]>) -> Fate {
        let mut heard = self.config.access_points.iter();
        let found = heard.find(|access_point| {
            access_point.ssid == *ssid && bssid.is_none_or(|wanted| wanted == access_point.bssid)
        });
        self.station.access_point = found.cloned();
        match found {
            None => Fate::Fails(NOT_FOUND),
            Some(AccessPoint {
                refuses: Some(reason),
                ..
            }) => Fate::Fails(*reason),
            Some(open) if open.password.is_empty() && !password.is_empty() => {
                Fate::Fails(SECURITY_MISMATCH)
            }
            Some(other) if !self.station.suits(other) => Fate::Fails(SECURITY_MISMATCH),
            Some(other) if other.password != *password => Fate::Fails(HANDSHAKE_TIMEOUT),
            Some(_) => Fate::Joins,
        }
    }

    fn meet_fate(&mut self, at: Duration, fate: Fate) {
        match fate {
            Fate::Joins => self.associate(at),
            Fate::Fails(reason) => {
                self.station.stage = Stage::Disconnected;
                self.wifi_event(&format!("+CW:ERROR,{reason}"));
            }
            Fate::FailsQuietly => self.station.stage = Stage::Disconnected,
        }
    }

    fn associate(&mut self, now: Duration) {
        self.station.stage = Stage::Associated {
            at: self.gets_address().then(|| now + self.config.dhcp),
        };
        if self.settings.store {
            self.flash.credentials = self.station.last_attempt.clone();
        }
        self.wifi_event("+CW:CONNECTED");
    }

    fn try_again_later(&mut self, left: i64, now: Duration) {
        let (interval, _) = self.settings.kept.reconnect;
        if interval > 0 && left > 0 {
            let seconds = u64::try_from(interval).unwrap_or(0);
            self.station.again = Some((now + Duration::from_secs(seconds), left));
        }
    }

    fn join_once_more(&mut self, left: i64, now: Duration) {
        let last = self.station.last_attempt.clone();
        let Some(credentials) = last.or_else(|| self.flash.credentials.clone()) else {
            return;
        };
        let at = now + self.config.join + self.config.associate;
        self.wifi_event("+CW:CONNECTING");
        let fate = self.start_joining(credentials, None, at);
        if fate != Fate::Joins {
            self.try_again_later(left - 1, at);
        }
    }
}

/// Whether a failed attempt means that there is no such access point.
pub(in crate::st67) fn is_not_found(fate: Fate) -> bool {
    fate == Fate::Fails(NOT_FOUND)
}
