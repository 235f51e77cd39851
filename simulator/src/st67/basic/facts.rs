//! What the module measures of itself.

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

impl St67 {
    /// `AT+SYSRAM?`
    pub(in crate::st67) fn free_memory(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say("+SYSRAM:148408,84044");
        Ok(Reply::Ok)
    }

    /// `AT+TEMP?`
    pub(in crate::st67) fn temperature(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+TEMP:{}", self.variant.basic.temperature));
        Ok(Reply::Ok)
    }

    /// `AT+VBAT?`
    pub(in crate::st67) fn voltage(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say("+VBAT:3326");
        Ok(Reply::Ok)
    }
}
