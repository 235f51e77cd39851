//! WPS: the access point tells the password after a button was pressed there.

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::wifi::scan::encryption;
use crate::st67::{St67, World};

impl St67 {
    /// `AT+WPS=<enable>[,<auth floor>]`
    pub(in crate::st67) fn set_wps(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=2)?;
        let on = arguments.need_switch(0)?;
        let floor = arguments.number(1, 0..=4)?.unwrap_or(0);
        if !self.settings.is_station() || !self.settings.radio {
            return Err(Code::OPERATION);
        }
        self.leave(world);
        let mut pressed = self.config.access_points.iter();
        let pressed = pressed.find(|heard| heard.wps && i64::from(encryption(heard)) >= floor);
        if let Some(found) = pressed.filter(|_| on) {
            let credentials = (found.ssid.clone(), found.password.clone());
            let bssid = found.bssid;
            let at = world.now + self.config.join + self.config.associate;
            self.start_joining(credentials, Some(bssid), at);
        }
        Ok(Reply::Ok)
    }
}
