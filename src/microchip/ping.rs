//! The Microchip module's sequence for echoes.

use core::net::IpAddr;

use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Ping};
use crate::engine::gather::{Gather, Head, line_row};
use crate::engine::text::{Fields, number};
use crate::error::Usage;
use crate::transport::Transport;
use crate::value::PingOptions;

impl Ping for Microchip {
    fn ping<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        address: IpAddr,
        options: &PingOptions,
    ) -> Outcome<Option<u32>> {
        if options.length.is_some() {
            return Err(module.refuse(Usage::Unsupported("a length of echoes")));
        }
        if address.is_ipv6() {
            return Err(module.refuse(Usage::Unsupported("IPv6")));
        }
        // Firmware takes nothing behind the address (wire notes 11, 17).
        module
            .compose("AT+PING=", &[])
            .address(address)
            .put("\r\n", &[]);
        let patience = options.timeout_ms.into();
        let mut echo = Echo {
            patience,
            time: None,
        };
        module.gather(&mut echo, module.timeouts.command.saturating_add(patience))?;
        Ok(echo.time)
    }
}

struct Echo {
    /// How long it may take (ms): nothing is said of one that is lost.
    patience: u32,
    time: Option<u32>,
}

impl Gather for Echo {
    /// `"<address>",<ms>`
    fn take(&mut self, pending: &[u8]) -> Head {
        let Some((values, length)) = line_row(pending, b"+PING:") else {
            return Head::Other;
        };
        self.time = Fields::new(values).nth(1).and_then(number);
        Head::Row(length)
    }

    fn miss(&mut self) {}

    fn answered(&mut self) -> Option<u32> {
        Some(self.patience)
    }

    fn is_over(&self) -> bool {
        self.time.is_some()
    }
}
