//! Advertising.

use super::{Role, hexadecimal};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// The longest advertisement, in hexadecimal digits.
const ADVERTISEMENT: usize = 62;
/// The longest and the shortest interval, in units of 0.625 ms.
const INTERVAL: std::ops::RangeInclusive<i64> = 0x20..=0x4000;
/// The only kind of advertisement that lets others connect.
const CONNECTABLE: i64 = 0;

impl St67 {
    /// `AT+BLEADVPARAM?`
    pub(in crate::st67) fn ble_advertising_settings(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Server)?;
        let settings = self.ble.setup.advertising.map(|number| number.to_string());
        self.say(&format!("+BLEADVPARAM:{}", settings.join(",")));
        Ok(Reply::Ok)
    }

    /// `AT+BLEADVPARAM=<shortest interval>,<longest interval>,<type>,<channels>`
    pub(in crate::st67) fn set_ble_advertising_settings(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(4..=4)?;
        self.need_role(Role::Server)?;
        let settings = [
            arguments.need_number(0, INTERVAL)?,
            arguments.need_number(1, INTERVAL)?,
            arguments.need_number(2, 0..=2)?,
            arguments.need_number(3, 1..=7)?,
        ];
        let [shortest, longest, _, channels] = settings;
        if shortest > longest || !matches!(channels, 1 | 2 | 4 | 7) {
            return Err(Code::INVALID);
        }
        self.ble.setup.advertising = settings;
        Ok(Reply::Ok)
    }

    /// `AT+BLEADVDATA=<"digits">`
    pub(in crate::st67) fn set_ble_advertisement(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.ble.setup.advertisement = self.advertisement(arguments)?;
        Ok(Reply::Ok)
    }

    /// `AT+BLESCANRSPDATA=<"digits">`
    pub(in crate::st67) fn set_ble_scan_response(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.ble.setup.scan_response = self.advertisement(arguments)?;
        Ok(Reply::Ok)
    }

    fn advertisement(&self, arguments: &Arguments) -> Result<Vec<u8>, Code> {
        arguments.expect(1..=1)?;
        self.need_role(Role::Server)?;
        hexadecimal(arguments.need_text(0, ADVERTISEMENT)?)
    }

    /// `AT+BLEADVSTART`
    pub(in crate::st67) fn ble_advertise(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Server)?;
        if self.ble.advertises {
            return Err(Code::NOT_ALLOWED);
        }
        self.ble.advertises = true;
        self.announce();
        Ok(Reply::Ok)
    }

    /// `AT+BLEADVSTOP`
    pub(in crate::st67) fn ble_stop_advertising(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_role(Role::Server)?;
        self.ble.advertises = false;
        self.announce();
        Ok(Reply::Ok)
    }

    /// All peers hear what the module advertises now.
    pub(super) fn announce(&self) {
        let setup = &self.ble.setup;
        let told = (setup.advertisement.clone(), setup.scan_response.clone());
        let told = Some(told).filter(|_| self.ble.advertises);
        let peers = self.config.ble_peers.iter();
        peers.for_each(|peer| peer.hear(told.clone()));
    }

    /// A central can connect.
    pub(super) fn can_be_connected(&self) -> bool {
        self.ble.advertises && self.ble.setup.advertising[2] == CONNECTABLE
    }
}
