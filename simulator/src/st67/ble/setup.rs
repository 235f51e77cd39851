//! The role, the address, the name and the power.

use super::{Ble, Role, address};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// Longest name.
const NAME: usize = 29;
/// What the module is called until it is given a name.
const DEFAULT_NAME: &[u8] = b"QCC74x-AT";

/// What can be set whatever the role is.
#[derive(Debug)]
pub(super) struct Setup {
    address: Option<[u8; 6]>,
    name: Option<Vec<u8>>,
    power: i64,
    pub scan: [i64; 5],
    pub advertising: [i64; 4],
    pub advertisement: Vec<u8>,
    pub scan_response: Vec<u8>,
    /// `AT+BLESECPARAM`.
    pub capability: i64,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            address: None,
            name: None,
            power: 10,
            scan: [1, 0, 0, 40, 40],
            advertising: [160, 208, 0, 7],
            advertisement: Vec::new(),
            scan_response: Vec::new(),
            capability: 3,
        }
    }
}

impl Role {
    fn number(self) -> u8 {
        match self {
            Role::None => 0,
            Role::Client => 1,
            Role::Server => 2,
            Role::Both => 3,
        }
    }
}

impl St67 {
    /// `AT+BLEINIT?`
    pub(in crate::st67) fn ble_role(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+BLEINIT:{}", self.ble.role.number()));
        Ok(Reply::Ok)
    }

    /// `AT+BLEINIT=<role>`
    pub(in crate::st67) fn set_ble_role(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let last = if self.variant.ble.both_roles { 3 } else { 2 };
        let role = match arguments.need_number(0, 0..=last)? {
            0 => Role::None,
            1 => Role::Client,
            2 => Role::Server,
            _ => Role::Both,
        };
        let begun = self.ble.role != Role::None;
        if begun && role != Role::None && !self.variant.ble.changes_role {
            return Err(Code::FAILED);
        }
        if begun {
            self.ble.release();
            self.ble = Ble::default();
        }
        if role == Role::None && !self.variant.ble.changes_role {
            self.flash.ble_name = None;
        }
        self.ble.role = role;
        self.announce();
        Ok(Reply::Ok)
    }

    fn own_ble_address(&self) -> [u8; 6] {
        self.ble.setup.address.unwrap_or(self.config.mac)
    }

    /// `AT+BLEADDR?`
    pub(in crate::st67) fn ble_own_address(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_ble()?;
        let address = self.ble_address(self.own_ble_address());
        self.say(&format!("+BLEADDR:{address}"));
        Ok(Reply::Ok)
    }

    /// `AT+BLEADDR=<"address">`
    pub(in crate::st67) fn set_ble_own_address(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let address = address(arguments, 0)?;
        self.need_ble()?;
        self.ble.setup.address = Some(address);
        Ok(Reply::Ok)
    }

    /// `AT+BLENAME?`
    pub(in crate::st67) fn ble_name(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let set = self.ble.setup.name.clone();
        let name = set.or_else(|| self.flash.ble_name.clone());
        let name = name.unwrap_or_else(|| DEFAULT_NAME.to_vec());
        self.say_bytes(&[b"+BLENAME:", &name]);
        Ok(Reply::Ok)
    }

    /// `AT+BLENAME=<"name">`
    pub(in crate::st67) fn set_ble_name(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let name = arguments.need_text(0, NAME)?.to_vec();
        self.need_ble()?;
        if self.settings.store {
            self.flash.ble_name = Some(name.clone());
        }
        self.ble.setup.name = Some(name);
        Ok(Reply::Ok)
    }

    /// `AT+BLETXPWR?`
    pub(in crate::st67) fn ble_power(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_ble()?;
        self.say(&format!("+BLETXPWR:{}", self.ble.setup.power));
        Ok(Reply::Ok)
    }

    /// `AT+BLETXPWR=<power>`
    pub(in crate::st67) fn set_ble_power(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.need_ble()?;
        self.ble.setup.power = arguments.need_number(0, 0..=20)?;
        Ok(Reply::Ok)
    }
}
