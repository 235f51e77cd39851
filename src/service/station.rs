//! The station: joining an access point, leaving it, its link and its addresses.

use core::net::Ipv4Addr;

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::fmt::Shown;
use crate::transport::Transport;
use crate::value::{Addresses, LinkState};

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Joins an access point and returns when the station has an IPv4 address, which it returns.
    ///
    /// SSID and password are bytes: text, or anything else an access point may be called. An
    /// empty password joins an open network. The limit is [`Timeouts::join`](crate::Timeouts).
    ///
    /// With a password the Microchip module is told to use WPA or WPA2, and does not join a network
    /// that has WPA3 alone; the ST67 takes the strongest that the access point offers. For all
    /// else there is [`join_with`](Module::join_with), and what that was told of addresses, name servers
    /// and channel stays in force here until the module restarts. A hidden network is joined like any
    /// other.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), before a byte is sent, for text that is too long, or
    /// with bytes that the module cannot take. [`Error::Module`](crate::Error::Module) with the
    /// module's own reason, [`Error::Timeout`](crate::Error::Timeout) if it gives none.
    pub fn join(
        &mut self,
        ssid: impl AsRef<[u8]>,
        password: impl AsRef<[u8]>,
    ) -> Result<Ipv4Addr, ErrorOf<D, T>> {
        let joined = self.join_and_ask(ssid.as_ref(), password.as_ref());
        self.outcome(joined)
    }

    fn join_and_ask(&mut self, ssid: &[u8], password: &[u8]) -> Outcome<Ipv4Addr> {
        self.prepare()?;
        info!("joining");
        D::join(self, ssid, password).inspect_err(|fault| info!("not joined: {}", Shown(fault)))?;
        let address = D::address(self)?;
        info!("joined: {}", address);
        Ok(address)
    }

    /// Leaves the access point. Open connections end.
    pub fn leave(&mut self) -> Result<(), ErrorOf<D, T>> {
        info!("leaving");
        let left = self.prepare().and_then(|()| D::leave(self));
        self.outcome(left)
    }

    /// Asks the module for the state of the station's link.
    ///
    /// A Microchip module tells with one line that the link is lost, and lists connections that nothing comes
    /// over any more: where that line was lost they end here. The ST67 tells of each.
    pub fn link_state(&mut self) -> Result<LinkState, ErrorOf<D, T>> {
        let state = self.prepare().and_then(|()| D::link_state(self));
        self.outcome(state)
    }

    /// Asks the module for the station's addresses; all zero while it has none.
    pub fn addresses(&mut self) -> Result<Addresses, ErrorOf<D, T>> {
        let addresses = self.prepare().and_then(|()| D::addresses(self));
        self.outcome(addresses)
    }
}
