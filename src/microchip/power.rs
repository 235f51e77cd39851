//! The Microchip module's sequence for saving power.

use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Power};
use crate::error::Fault;
use crate::transport::Transport;

/// The reference shows no `OK` (3.5.3), and a module that sleeps says nothing more: so long it is
/// waited for (ms).
const PATIENCE: u32 = 1000;

impl Power for Microchip {
    fn deep_sleep<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        module.prepare()?;
        module.compose("AT+LOWPOWER=4\r\n", &[]);
        match module.send_composed(PATIENCE) {
            Err(Fault::Timeout) => Ok(()),
            told => told,
        }
    }
}
