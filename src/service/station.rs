//! The station: joining an access point, leaving it, its link and its addresses.

use core::net::Ipv4Addr;

use crate::clock::Clock;
use crate::driver::dialect::Dialect;
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
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), before a byte is sent, for text that is too long, or
    /// with bytes that the module cannot take. [`Error::Module`](crate::Error::Module) with the
    /// module's own reason, [`Error::Timeout`](crate::Error::Timeout) if it gives none.
    pub fn join(
        &mut self,
        ssid: impl AsRef<[u8]>,
        password: impl AsRef<[u8]>,
    ) -> Result<Ipv4Addr, ErrorOf<D, T>> {
        self.prepare()?;
        info!("joining");
        D::join(self, ssid.as_ref(), password.as_ref())
            .inspect_err(|error| info!("not joined: {}", Shown(error)))?;
        let addresses = D::addresses(self)?;
        info!("joined: {}", addresses.ip);
        Ok(addresses.ip)
    }

    /// Leaves the access point. Open connections end.
    pub fn leave(&mut self) -> Result<(), ErrorOf<D, T>> {
        self.prepare()?;
        info!("leaving");
        D::leave(self)
    }

    /// Asks the module for the state of the station's link.
    pub fn link_state(&mut self) -> Result<LinkState, ErrorOf<D, T>> {
        self.prepare()?;
        D::link_state(self)
    }

    /// Asks the module for the station's addresses; all zero while it has none.
    pub fn addresses(&mut self) -> Result<Addresses, ErrorOf<D, T>> {
        self.prepare()?;
        D::addresses(self)
    }
}
