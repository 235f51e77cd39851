//! The Microchip module's sequences for the time of day.

use super::status::Status;
use super::text::Rule;
use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Time};
use crate::engine::text::{Fields, number};
use crate::error::Usage;
use crate::transport::Transport;
use crate::value::UnixTime;

impl Time for Microchip {
    fn set_time_servers<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        servers: &[&str],
    ) -> Outcome {
        let [server] = servers else {
            return Err(module.refuse(Usage::Unsupported("a second time server")));
        };
        module
            .compose("AT+WSTAC=12,", &[])
            .text::<Rule>(server.as_bytes(), 128)
            .put("\r\n", &[]);
        module.send_composed(module.timeouts.command)?;
        // That one only; and it is asked once the station has an address.
        module.tell("AT+WSTAC=13,1\r\n", &[])?;
        module.tell("AT+WSTAC=14,1\r\n", &[])
    }

    /// In the format that is told without being asked, too: seconds since 1900 (wire notes 7).
    fn time<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Option<UnixTime>> {
        let mut seconds = None;
        module.compose("AT+TIME=2\r\n", &[]);
        let asked = module.ask("+TIME:", module.timeouts.command, &mut |values: &[u8]| {
            seconds = Fields::new(values).nth(1).and_then(number);
        });
        if module.has_refused(&asked, Status::Time) {
            return Ok(None);
        }
        asked?;
        match seconds {
            Some(seconds) => Ok(Some(UnixTime::from_ntp(seconds))),
            None => Err(module.engine.malformed()),
        }
    }
}
