//! The MQTT client: chapter 5 of the reference. There is one, with link id 0.

mod commands;
mod message;
mod session;
mod settings;
pub(super) mod variant;

pub(super) use commands::COMMANDS;
pub(super) use session::Mqtt;
use settings::Name;

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;

/// The link id, which is that of the only client.
fn check_link(arguments: &Arguments) -> Result<(), Code> {
    match arguments.need_number(0, i64::from(i32::MIN)..=i64::from(i32::MAX))? {
        0 => Ok(()),
        _ => Err(Code::HANDLE),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A number that is known to be small.
fn small(number: i64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
