//! The GPIO pins.

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

/// Pins of the chip.
const PINS: usize = 35;

/// Nothing is connected to the pins but what their own resistors give.
#[derive(Clone, Copy, Debug, Default)]
struct Pin {
    output: bool,
    /// 0 floating, 1 up, 2 down.
    pull: i64,
    /// What it drives as an output.
    level: bool,
}

#[derive(Clone, Debug)]
pub(in crate::st67) struct Pins([Pin; PINS]);

impl Default for Pins {
    fn default() -> Self {
        Pins([Pin::default(); PINS])
    }
}

impl Pin {
    fn reads(self) -> i64 {
        i64::from(if self.output {
            self.level
        } else {
            self.pull == 1
        })
    }
}

impl St67 {
    fn pin(&mut self, arguments: &Arguments) -> Result<(i64, &mut Pin), Code> {
        let number = arguments.need_number(0, 0..=i64::from(i32::MAX))?;
        let pin = usize::try_from(number).map_err(|_| Code::INVALID)?;
        let pin = self.pins.0.get_mut(pin).ok_or(Code::INVALID)?;
        Ok((number, pin))
    }

    /// `AT+IOPUPD=<pin>,<state>`
    pub(in crate::st67) fn set_pull(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let pull = arguments.need_number(1, 0..=2)?;
        let (_, pin) = self.pin(arguments)?;
        (pin.output, pin.pull) = (true, pull);
        Ok(Reply::Ok)
    }

    /// `AT+IOOUT=<pin>,<state>`
    pub(in crate::st67) fn set_output(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let level = arguments.need_switch(1)?;
        self.pin(arguments)?.1.level = level;
        Ok(Reply::Ok)
    }

    /// `AT+IOIN=<pin>,<pull_state>`; the example of the reference leaves out the state.
    pub(in crate::st67) fn set_input(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let fewest = if self.variant.basic.needs_pull { 2 } else { 1 };
        arguments.expect(fewest..=2)?;
        let pull = arguments.number(1, 0..=2)?;
        let (_, pin) = self.pin(arguments)?;
        (pin.output, pin.pull) = (false, pull.unwrap_or(pin.pull));
        Ok(Reply::Ok)
    }

    /// `AT+IOIN=<pin>?`
    pub(in crate::st67) fn input(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let tells_level = self.variant.basic.reads_pins;
        let (number, pin) = self.pin(arguments)?;
        let state = if tells_level { pin.reads() } else { pin.pull };
        self.say(&format!("+IOIN={number}:{state}"));
        Ok(Reply::Ok)
    }

    /// `AT+IORST=<pin>`
    pub(in crate::st67) fn reset_pin_mode(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        *self.pin(arguments)?.1 = Pin::default();
        Ok(Reply::Ok)
    }
}
