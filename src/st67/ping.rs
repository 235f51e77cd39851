//! The ST67's sequence for echoes.

use core::net::IpAddr;

use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Ping};
use crate::engine::gather::{Gather, Head, line_row};
use crate::engine::text::number;
use crate::error::Fault;
use crate::transport::Transport;
use crate::value::PingOptions;

/// How many bytes an echo has if nothing else is said. It is named always: behind it stands how many
/// echoes there are.
const LENGTH: u16 = 64;

/// How long firmware itself waits for an echo (ms), and a little more.
const PATIENCE: u32 = 1500;

impl Ping for St67 {
    fn ping<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        address: IpAddr,
        options: &PingOptions,
    ) -> Outcome<Option<u32>> {
        let length = options.length.unwrap_or(LENGTH).into();
        // Without an interval: where a comma is lost, it would be a number of echoes that takes hours.
        module
            .compose("AT+PING=", &[])
            .address(address)
            .put(",#,1\r\n", &[length]);
        let mut echo = Echo { told: None };
        let patience = PATIENCE.max(options.timeout_ms.into());
        let asked = module.gather(&mut echo, module.timeouts.command.max(patience));
        match (asked, echo.told) {
            // The reference's module says both that it was lost and that the command failed.
            (Err(Fault::Refused), Some(None)) => Ok(None),
            (Err(fault), _) => Err(fault),
            (Ok(()), told) => Ok(told
                .flatten()
                .filter(|&time| time <= options.timeout_ms.into())),
        }
    }
}

struct Echo {
    /// How long it took (ms); `Some(None)` says that it was lost.
    told: Option<Option<u32>>,
}

impl Gather for Echo {
    fn take(&mut self, pending: &[u8]) -> Head {
        let Some((value, length)) = line_row(pending, b"+PING:") else {
            return Head::Other;
        };
        self.told = Some(number(value.strip_suffix(b"ms").unwrap_or(value)));
        Head::Row(length)
    }

    fn miss(&mut self) {}

    fn answered(&mut self) -> Option<u32> {
        None
    }

    fn is_over(&self) -> bool {
        self.told.is_some()
    }
}
