//! Wi-Fi commands: chapter 3 of the reference.

use std::time::Duration;

use crate::st67::line::argument::{Arguments, mac_text};
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step, Task};
use crate::st67::wifi::scan::encryption;
use crate::st67::wifi::station::{Credentials, Fate, Joining, is_not_found};
use crate::st67::{St67, World};

/// How long `AT+CWJAP` waits for an address where it does.
const JOIN_TIMEOUT: Duration = Duration::from_secs(15);
/// 802.11n, among the protocols of `AT+CWSTATE?`.
const PROTOCOL: u8 = 3;
const LONGEST_SSID: usize = 32;
const LONGEST_PASSWORD: usize = 64;

/// `AT+CWJAP` where the answer is an error code of its own.
#[derive(Debug)]
struct Refusal {
    at: Duration,
    code: u8,
}

impl Task for Refusal {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, _: &mut World) -> Step {
        module.join_failed(self.code)
    }
}

/// `AT+CWQAP`.
#[derive(Debug)]
struct Leaving {
    at: Duration,
}

impl Task for Leaving {
    fn next(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        module.leave(world);
        module.finish(Ok(()))
    }
}

impl St67 {
    /// `AT+CWMODE?`
    pub(in crate::st67) fn mode(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say(&format!("+CWMODE:{}", self.settings.kept.mode));
        Ok(Reply::Ok)
    }

    /// `AT+CWMODE=<mode>[,<auto_connect>]`
    pub(in crate::st67) fn set_mode(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=2)?;
        let mode = arguments.need_number(0, 0..=3)?;
        let auto_connect = arguments.number(1, 0..=1)? != Some(0);
        let (before, was_station) = (self.settings.kept.mode, self.settings.is_station());
        self.keep(|kept| kept.mode = mode);
        if !self.settings.is_soft_ap() {
            self.stop_soft_ap();
        }
        let is_station = self.settings.is_station();
        if was_station && !is_station {
            self.leave(world);
        }
        if !is_station || !auto_connect {
            return Ok(Reply::Ok);
        }
        if !self.variant.wifi.joins_with_mode {
            if !was_station {
                self.join_by_itself(world.now);
            }
        } else if mode != before && !self.station.is_associated() {
            self.join_now(world.now);
        }
        Ok(Reply::Ok)
    }

    /// `AT+CWSTATE?`
    pub(in crate::st67) fn state(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let mut ssid = self.last_credentials().map_or(Vec::new(), |(ssid, _)| ssid);
        let mut state = self.station.state();
        if self.variant.wifi.names_only_joined && self.station.is_idle() {
            ssid.clear();
            state = if self.settings.is_station() { 4 } else { 0 };
        }
        let head = format!("+CWSTATE:{state},\"");
        let tail = format!("\"{}", self.security_text());
        self.say_bytes(&[head.as_bytes(), &ssid, tail.as_bytes()]);
        Ok(Reply::Ok)
    }

    /// What `AT+CWSTATE?` tells behind the SSID: encryption and protocol, both unknown while the
    /// station has not joined.
    fn security_text(&self) -> String {
        if !self.variant.wifi.tells_security {
            return String::new();
        }
        let joined = self.station.access_point.as_ref();
        let joined = joined.filter(|_| self.station.is_associated());
        joined.map_or(",8,0".to_owned(), |access_point| {
            format!(",{},{PROTOCOL}", encryption(access_point))
        })
    }

    /// `AT+CWJAP?`
    pub(in crate::st67) fn joined_to(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let joined = self.station.access_point.clone();
        if let Some(joined) = joined.filter(|_| self.station.is_associated()) {
            let mac = mac_text(joined.bssid);
            let wep = u8::from(self.station.wep);
            let tail = format!("\",\"{mac}\",{},{},{wep}", joined.channel, joined.rssi);
            self.say_bytes(&[b"+CWJAP:\"", &joined.ssid, tail.as_bytes()]);
        }
        Ok(Reply::Ok)
    }

    /// `AT+CWJAP=<ssid>,<pwd>[,<bssid>][,<wep_en>]...`
    pub(in crate::st67) fn join(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=self.variant.wifi.join_arguments)?;
        let mut ssid = arguments.text(0, LONGEST_SSID)?;
        let mut password = arguments.text(1, LONGEST_PASSWORD)?;
        if !self.variant.wifi.joins_again {
            ssid = Some(ssid.ok_or(Code::parse(0))?);
            password = Some(password.ok_or(Code::parse(1))?);
        }
        let bssid = arguments.mac(2)?;
        let wep = arguments.number(3, 0..=1)? == Some(1);
        for (index, range) in (4..).zip(&self.variant.wifi.join_ranges) {
            arguments.number(index, range.clone())?;
        }
        let credentials = match ssid {
            Some(ssid) => (ssid.to_vec(), password.unwrap_or_default().to_vec()),
            None => self.last_credentials().ok_or(Code::FAILED)?,
        };
        self.station.wep = wep;
        self.join_with(credentials, bssid, world)
    }

    /// `AT+CWJAP`
    pub(in crate::st67) fn join_again(
        &mut self,
        _: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        if !self.variant.wifi.joins_again {
            return Ok(Reply::Ok);
        }
        let credentials = self.last_credentials().ok_or(Code::FAILED)?;
        self.join_with(credentials, None, world)
    }

    fn join_with(
        &mut self,
        credentials: Credentials,
        bssid: Option<[u8; 6]>,
        world: &mut World,
    ) -> Result<Reply, Code> {
        if !self.settings.is_station() || !self.settings.radio {
            return Err(Code::OPERATION);
        }
        if self.station.is_associated() {
            self.tell_left();
            self.drop_links(world);
        }
        let answered = world.now + self.config.join;
        let decided = answered + self.config.associate;
        let fate = self.start_joining(credentials, bssid, decided);
        if self.variant.wifi.joins_before_ok {
            return Ok(Reply::Later(self.join_as_documented(fate, world.now)));
        }
        self.wifi_event("+CW:CONNECTING");
        Ok(Reply::Later(Job::Answer {
            at: answered,
            result: Ok(()),
        }))
    }

    /// The reference knows three answers: all went well, an error code at once, or `OK` and the
    /// reason later.
    fn join_as_documented(&mut self, fate: Fate, now: Duration) -> Job {
        let answered = now + self.config.join;
        if fate == Fate::Joins {
            let give_up = now + JOIN_TIMEOUT;
            return Joining { give_up }.into();
        }
        if is_not_found(fate) {
            self.fail_quietly();
            let at = answered + self.config.associate;
            return Refusal { at, code: 3 }.into();
        }
        self.wifi_event("+CW:CONNECTING");
        Job::Answer {
            at: answered,
            result: Ok(()),
        }
    }

    fn last_credentials(&self) -> Option<Credentials> {
        let last = self.station.last_attempt.as_ref();
        last.or(self.flash.credentials.as_ref()).cloned()
    }

    /// `AT+CWQAP`
    pub(in crate::st67) fn leave_command(
        &mut self,
        _: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        if self.variant.wifi.leaves_as_station && !self.settings.is_station() {
            return Err(Code::OPERATION);
        }
        if !self.station.is_associated() {
            self.leave(world);
            return Ok(Reply::Ok);
        }
        let at = world.now + self.config.leave;
        Ok(Reply::Later(Leaving { at }.into()))
    }

    /// `AT+CWQAP=<restore>`
    pub(in crate::st67) fn leave_and_forget(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let restore = arguments.need_switch(0)?;
        if self.variant.wifi.leaves_as_station && !self.settings.is_station() {
            return Err(Code::OPERATION);
        }
        if restore {
            self.flash.credentials = None;
            self.station.last_attempt = None;
        }
        self.leave_command(arguments, world)
    }

    /// `AT+CWRECONNCFG?`
    pub(in crate::st67) fn reconnect(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (interval, repeat) = self.settings.kept.reconnect;
        self.say(&format!("+CWRECONNCFG:{interval},{repeat}"));
        Ok(Reply::Ok)
    }

    /// `AT+CWRECONNCFG=<interval_second>,<repeat_count>`
    pub(in crate::st67) fn set_reconnect(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let interval = arguments.need_number(0, 0..=7200)?;
        let repeat = arguments.need_number(1, 0..=1000)?;
        self.keep_if_firmware(|kept| kept.reconnect = (interval, repeat));
        Ok(Reply::Ok)
    }

    /// `AT+CWAUTOCONN?`
    pub(in crate::st67) fn auto_join(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say_switch("CWAUTOCONN", self.flash.auto_join)
    }

    /// `AT+CWAUTOCONN=<enable>`
    pub(in crate::st67) fn set_auto_join(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.flash.auto_join = arguments.need_switch(0)?;
        Ok(Reply::Ok)
    }

    /// `AT+CWEVT?`
    pub(in crate::st67) fn wifi_events(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+CWEVT:{}", self.settings.wifi_events));
        Ok(Reply::Ok)
    }

    /// `AT+CWEVT=<enable>`
    pub(in crate::st67) fn set_wifi_events(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.wifi_events = self.events(arguments)?;
        self.name_setting("+CWEVT");
        Ok(Reply::Ok)
    }

    /// The number that switches events on.
    pub(in crate::st67) fn events(&self, arguments: &Arguments) -> Result<u8, Code> {
        if self.variant.takes_any_events {
            let number = arguments.any_number(0)?.ok_or(Code::parse(0))?;
            return Ok(number.to_le_bytes()[0]);
        }
        Ok(u8::from(arguments.need_switch(0)?))
    }

    /// Some settings are answered with their name in front of `OK`.
    pub(in crate::st67) fn name_setting(&mut self, name: &str) {
        if self.variant.names_setting {
            self.say(name);
        }
    }
}
