//! What the module measures of itself.

use super::argument::Arguments;
use super::code::Code;
use super::job::Reply;
use super::{St67, World};

impl St67 {
    /// `AT+SYSRAM?`
    pub(super) fn free_memory(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say("+SYSRAM:148408,84044");
        Ok(Reply::Ok)
    }

    /// `AT+TEMP?`
    pub(super) fn temperature(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say(&format!("+TEMP:{}", self.variant.temperature));
        Ok(Reply::Ok)
    }

    /// `AT+VBAT?`
    pub(super) fn voltage(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say("+VBAT:3326");
        Ok(Reply::Ok)
    }
}
