//! Joining by button (WPS): the ST67 only.

use core::net::Ipv4Addr;

use super::station::{become_station, enter};
use super::{Error, Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Station};
use crate::error::Fault;
use crate::fmt::Shown;
use crate::transport::Transport;

/// What the call takes besides the wait: becoming a station, ending what was not begun (ms).
const MARGIN: u32 = 10_000;

impl<T: Transport, C: Clock> Module<'_, T, C> {
    /// Joins the access point whose WPS button is pushed, and returns when the station has an IPv4
    /// address, which it returns. A network that was joined before is left.
    ///
    /// Those two minutes during which an access point lets others in by its button are a good
    /// `timeout`, in milliseconds (120 000). The module forgets with its next restart what it was
    /// told. With firmware 2.0.97 it does not work (wire notes).
    ///
    /// # Errors
    /// [`Error::Timeout`](crate::Error::Timeout) if there was none; then the module looks for none
    /// any more. [`Error::Module`](crate::Error::Module) with the reason if it could not be joined.
    pub fn join_by_button(&mut self, timeout: u32) -> Result<Ipv4Addr, Error<T::Error>> {
        self.begin_call_of(timeout.saturating_add(MARGIN));
        let joined = self.prepare().and_then(|()| join(self, timeout));
        self.outcome(joined)
    }
}

pub(super) fn join<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    timeout: u32,
) -> Outcome<Ipv4Addr> {
    info!("joining by button");
    become_station(module)?;
    module.compose("AT+WPS=1\r\n", &[]);
    let joined = enter(module, timeout);
    if joined == Err(Fault::Timeout) {
        module.tell("AT+WPS=0\r\n", &[])?;
    }
    joined.inspect_err(|fault| info!("not joined: {}", Shown(fault)))?;
    let address = St67::address(module)?;
    info!("joined: {}", address);
    Ok(address)
}
