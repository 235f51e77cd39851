//! What a Microchip module tells of itself.

use super::command::general::{GetModel, GetRevision};
use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::dialect::{About, Outcome};
use crate::engine::text::Fields;
use crate::transport::Transport;
use crate::value::{Mac, Printed, Versions};

impl About for Microchip {
    fn versions<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Versions> {
        module.write(&GetRevision);
        module.keep_rows("+GMR", module.timeouts.command)?;
        let revision = module.parse_reply(&GetRevision)?;
        module.write(&GetModel);
        module.keep_rows("+GMM", module.timeouts.command)?;
        let model = module.parse_reply(&GetModel)?;
        let firmware = Printed::new(revision.firmware.as_bytes());
        Ok(Versions {
            firmware: firmware.ok_or_else(|| module.engine.malformed())?,
            at: None,
            model: Some(model.name),
        })
    }

    /// By a command that only firmware has (`AT+CFG`).
    fn mac<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Mac> {
        let mut mac = None;
        module.compose("AT+CFG=1\r\n", &[]);
        module.ask("+CFG:1,", module.timeouts.command, &mut |row: &[u8]| {
            mac = Fields::new(row).mac();
        })?;
        mac.ok_or_else(|| module.engine.malformed())
    }
}
