//! The radio: country, protocols and antennas.

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// Antennas of the module.
const ANTENNAS: i64 = 2;
/// Countries that the firmware knows; the last is the world.
const COUNTRIES: [&[u8]; 5] = [b"CN", b"JP", b"US", b"EU", b"00"];

/// `AT+CWANTENABLE`.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::st67) struct Antennas {
    dynamic: bool,
    fixed: bool,
    pin: i64,
}

impl St67 {
    /// `AT+WIFISP?`
    pub(in crate::st67) fn radio(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say_switch("WIFISP", self.settings.radio)
    }

    /// `AT+WIFISP=<enable>`
    pub(in crate::st67) fn set_radio(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let on = arguments.need_switch(0)?;
        if !on && (self.station.is_associated() || self.settings.is_soft_ap()) {
            return Err(Code::NOT_ALLOWED);
        }
        self.settings.radio = on;
        Ok(Reply::Ok)
    }

    /// `AT+CWNETMODE?`: whether the module does TCP/IP itself.
    pub(in crate::st67) fn net_mode(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say_switch("CWNETMODE", !self.config.network_on_host)
    }

    /// `AT+CWCOUNTRY?`
    pub(in crate::st67) fn country(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let (policy, code) = self.settings.kept.country.clone();
        let head = format!("+CWCOUNTRY:{policy},\"");
        self.say_bytes(&[head.as_bytes(), &code, b"\""]);
        Ok(Reply::Ok)
    }

    /// `AT+CWCOUNTRY=<country_policy>,<country_code>`
    pub(in crate::st67) fn set_country(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let policy = arguments.need_number(0, 0..=1)?;
        let code = arguments.need_text(1, 3)?.to_ascii_uppercase();
        if self.variant.wifi.knows_countries && !COUNTRIES.contains(&code.as_slice()) {
            return Err(Code::INVALID);
        }
        self.keep_if_firmware(|kept| kept.country = (policy, code.clone()));
        Ok(Reply::Ok)
    }

    /// Channels that the country allows.
    pub(in crate::st67) fn channels(&self) -> i64 {
        match self.settings.kept.country.1.as_slice() {
            b"JP" => 14,
            b"US" => 11,
            _ => 13,
        }
    }

    /// `AT+CWSTAPROTO?`
    pub(in crate::st67) fn station_protocols(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!(
            "+CWSTAPROTO:{}",
            self.settings.kept.station_protocols
        ));
        Ok(Reply::Ok)
    }

    /// `AT+CWSTAPROTO=<protocol>`
    pub(in crate::st67) fn set_station_protocols(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        if let Some(protocols) = self.protocols(arguments)? {
            self.keep_if_firmware(|kept| kept.station_protocols = protocols);
        }
        Ok(Reply::Ok)
    }

    /// `AT+CWAPPROTO?`
    pub(in crate::st67) fn soft_ap_protocols(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!(
            "+CWAPPROTO:{}",
            self.settings.kept.soft_ap_protocols
        ));
        Ok(Reply::Ok)
    }

    /// `AT+CWAPPROTO=<protocol>`
    pub(in crate::st67) fn set_soft_ap_protocols(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        if let Some(protocols) = self.protocols(arguments)? {
            self.keep_if_firmware(|kept| kept.soft_ap_protocols = protocols);
        }
        Ok(Reply::Ok)
    }

    /// The protocols to set. For the firmware each includes all that are older, and none at all
    /// changes nothing.
    fn protocols(&self, arguments: &Arguments) -> Result<Option<i64>, Code> {
        arguments.expect(1..=1)?;
        let protocols = arguments.need_number(0, 0..=0xf)?;
        if !self.variant.wifi.adds_older_protocols {
            return Ok(Some(protocols));
        }
        let newest = (0..4).rev().find(|bit| protocols & 1 << bit != 0);
        Ok(newest.map(|bit| (2 << bit) - 1))
    }

    /// `AT+CWANTENABLE?`: the pin at once, the rest after a restart where it has to wait for one.
    pub(in crate::st67) fn antennas(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let set = self.settings.kept.antennas;
        let now = if self.variant.wifi.antennas_wait {
            self.settings.antennas
        } else {
            set
        };
        let (dynamic, fixed) = (u8::from(now.dynamic), u8::from(now.fixed));
        self.say(&format!("+CWANTENABLE:{dynamic},{fixed},{}", set.pin));
        Ok(Reply::Ok)
    }

    /// `AT+CWANTENABLE=<dynamic_enable>,<static_enable>[,<pin>]`
    pub(in crate::st67) fn set_antennas(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=3)?;
        let dynamic = arguments.need_switch(0)?;
        let fixed = arguments.need_switch(1)?;
        let pin = arguments.number(2, 0..=34)?;
        if (dynamic || fixed) && pin.is_none() {
            return Err(Code::INVALID);
        }
        let antennas = Antennas {
            dynamic,
            fixed,
            pin: pin.unwrap_or(0),
        };
        self.keep(|kept| kept.antennas = antennas);
        Ok(Reply::Ok)
    }

    /// `AT+CWANTNUM?`
    pub(in crate::st67) fn antenna_count(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+CWANTNUM:{ANTENNAS}"));
        Ok(Reply::Ok)
    }

    /// `AT+CWANT?`
    pub(in crate::st67) fn antenna(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say(&format!("+CWANT:{}", self.settings.antenna));
        Ok(Reply::Ok)
    }

    /// `AT+CWANT=<ant_id>`
    pub(in crate::st67) fn set_antenna(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.antenna = arguments.need_number(0, 0..=ANTENNAS - 1)?;
        Ok(Reply::Ok)
    }
}
