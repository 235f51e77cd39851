//! The services that the module brings along: battery, alert and device information.

use std::collections::BTreeMap;

use super::Role;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// What `AT+BLEDISSET` can set.
const TEXTS: [&str; 6] = ["manuf", "model", "serial", "fw", "hw", "sw"];
/// Longest text.
const TEXT: usize = 21;

/// What is offered, and what it tells.
#[derive(Debug)]
pub(super) struct Profiles {
    battery: bool,
    level: i64,
    alert: bool,
    information: bool,
    texts: BTreeMap<String, Vec<u8>>,
}

impl Default for Profiles {
    fn default() -> Self {
        Profiles {
            battery: false,
            level: 100,
            alert: false,
            information: false,
            texts: BTreeMap::new(),
        }
    }
}

impl St67 {
    fn set_profile(&mut self, set: impl FnOnce(&mut Profiles)) -> Result<Reply, Code> {
        self.need_role(Role::Server)?;
        set(&mut self.ble.profiles);
        Ok(Reply::Ok)
    }

    /// `AT+BLEBASINIT` and `AT+BLEBASDEINIT`
    pub(in crate::st67) fn offer_ble_battery(&mut self, on: bool) -> Result<Reply, Code> {
        self.set_profile(|profiles| profiles.battery = on)
    }

    /// `AT+BLEIASINIT` and `AT+BLEIASDEINIT`
    pub(in crate::st67) fn offer_ble_alert(&mut self, on: bool) -> Result<Reply, Code> {
        self.set_profile(|profiles| profiles.alert = on)
    }

    /// `AT+BLEBASLVLGET?`
    pub(in crate::st67) fn ble_battery(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Server)?;
        self.say(&format!("+BLE:BASLEVEL:{}", self.ble.profiles.level));
        Ok(Reply::Ok)
    }

    /// `AT+BLEBASLVLSET=<connection>,<level>`
    pub(in crate::st67) fn set_ble_battery(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        self.need_role(Role::Server)?;
        let level = arguments.need_number(1, 0..=100)?;
        let index = self.ble_connection(arguments, 0)?;
        let told = u8::try_from(level).unwrap_or(0);
        let connection = self.ble.connection(index);
        if let Some(connection) = connection.filter(|_| self.ble.profiles.battery) {
            connection.peer.take_update(&[told]);
        }
        self.set_profile(|profiles| profiles.level = level)
    }

    /// A client writes the level of alert.
    pub(super) fn tell_alert(&mut self, level: u8) {
        if self.ble.profiles.alert {
            self.say(&format!("+BLE:IAS:{level:02x}"));
        }
    }

    /// `AT+BLEDISINIT=<vendor id source>,<vendor id>,<product id>,<version>`
    pub(in crate::st67) fn begin_ble_information(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(4..=4)?;
        arguments.need_number(0, 0..=255)?;
        for argument in 1..4 {
            arguments.need_number(argument, 0..=65_535)?;
        }
        self.set_profile(|profiles| profiles.information = true)?;
        self.tell_information();
        Ok(Reply::Ok)
    }

    /// All peers can read what the module tells of itself.
    fn tell_information(&self) {
        let Profiles {
            information, texts, ..
        } = &self.ble.profiles;
        let texts = if *information {
            texts.clone()
        } else {
            BTreeMap::new()
        };
        let peers = self.config.ble_peers.iter();
        peers.for_each(|peer| peer.learn(texts.clone()));
    }

    /// `AT+BLEDISDEINIT`
    pub(in crate::st67) fn end_ble_information(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.set_profile(|profiles| {
            profiles.information = false;
            profiles.texts.clear();
        })?;
        self.tell_information();
        Ok(Reply::Ok)
    }

    /// `AT+BLEDISSET=<"name">,<"text">,<length>`
    pub(in crate::st67) fn set_ble_information(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(3..=3)?;
        let name = arguments.need_text(0, TEXT)?;
        let name = String::from_utf8_lossy(name).into_owned();
        let mut text = arguments.need_text(1, TEXT)?.to_vec();
        self.need_role(Role::Server)?;
        let length = arguments.need_number(2, self.variant.ble.shortest_information..=21)?;
        if !TEXTS.contains(&name.as_str()) {
            return Err(Code::FAILED);
        }
        text.truncate(usize::try_from(length).unwrap_or(0));
        self.set_profile(|profiles| {
            profiles.texts.insert(name, text);
        })?;
        self.tell_information();
        Ok(Reply::Ok)
    }
}
