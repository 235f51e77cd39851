//! Basic commands: chapter 2 of the reference.

use std::time::Duration;

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply};
use crate::st67::settings::Flash;
use crate::st67::{St67, World};

/// From `OK` to the restart.
const RESTART: Duration = Duration::from_millis(100);

/// What `AT+GMR` tells in front of the version of the SDK, and behind it. Only that is known of
/// later firmware.
const VERSIONS: [&str; 5] = [
    "AT version:1.0.0.1(Apr 30 2025 11:47:03)",
    "component_version_macsw_1.6.38",
    "lib_version_phyrf_00f7ad715",
    "component_version_btble_1.8.25",
    "lib_version_btblecontroller_1.6.89",
];
const COMPILED: &str = "compile time:Apr 30 2025 11:46:58";

impl St67 {
    /// `AT`
    pub(in crate::st67) fn attention(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        Ok(Reply::Ok)
    }

    /// `AT+RST`
    pub(in crate::st67) fn reset_command(
        &mut self,
        _: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        self.answer(Ok(()));
        let at = world.now + RESTART;
        Ok(Reply::Later(Job::Restart { at }))
    }

    /// `AT+RESTORE`
    pub(in crate::st67) fn restore(
        &mut self,
        none: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        self.flash = Flash::default();
        self.reset_command(none, world)
    }

    /// `AT+GMR`
    pub(in crate::st67) fn version(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        VERSIONS.iter().for_each(|line| self.say(line));
        let version = self.memory.version.as_deref();
        let version = version.unwrap_or(self.variant.basic.version);
        self.say(&format!("component_version_sdk_{version}"));
        self.say(COMPILED);
        Ok(Reply::Ok)
    }

    /// `ATE0`
    pub(in crate::st67) fn echo_off(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.settings.echo = false;
        Ok(Reply::Ok)
    }

    /// `ATE1`
    pub(in crate::st67) fn echo_on(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.settings.echo = true;
        Ok(Reply::Ok)
    }

    /// `AT+SYSMSG?`
    pub(in crate::st67) fn messages(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+SYSMSG:{}", self.settings.kept.system_messages));
        Ok(Reply::Ok)
    }

    /// `AT+SYSMSG=<state>`
    pub(in crate::st67) fn set_messages(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let messages = arguments.need_number(0, 0..=7)?;
        self.keep(|kept| kept.system_messages = messages);
        Ok(Reply::Ok)
    }

    /// `AT+SYSLOG?`
    pub(in crate::st67) fn error_codes(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+SYSLOG:{}", self.settings.error_codes));
        Ok(Reply::Ok)
    }

    /// `AT+SYSLOG=<status>`
    pub(in crate::st67) fn set_error_codes(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let on = arguments.need_number(0, 0..=1)?;
        self.settings.error_codes = on;
        if self.variant.basic.shares_messages {
            self.keep(|kept| kept.system_messages = on);
        }
        Ok(Reply::Ok)
    }

    /// `AT+SYSSTORE?`
    pub(in crate::st67) fn store(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say_switch("SYSSTORE", self.settings.store)
    }

    /// `AT+SYSSTORE=<store_mode>`
    pub(in crate::st67) fn set_store(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.store = arguments.need_switch(0)?;
        Ok(Reply::Ok)
    }

    /// `AT+FAKEOUTPUT?`: one `OK` more than there should be.
    pub(in crate::st67) fn fake_output(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say_switch("FAKEOUTPUT", self.settings.silent)?;
        self.conclude("OK");
        Ok(Reply::Ok)
    }

    /// `AT+FAKEOUTPUT=<enable>`: what the module says goes to a console of its own.
    pub(in crate::st67) fn set_fake_output(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.silent = arguments.need_switch(0)?;
        Ok(Reply::Ok)
    }

    /// A command that does nothing, and takes nothing.
    pub(in crate::st67) fn nothing(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(0..=0)?;
        Ok(Reply::Ok)
    }

    /// The answer to the query of something that is on or off.
    pub(in crate::st67) fn say_switch(&mut self, name: &str, on: bool) -> Result<Reply, Code> {
        self.say(&format!("+{name}:{}", u8::from(on)));
        Ok(Reply::Ok)
    }
}
