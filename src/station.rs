//! The station: joining an access point, leaving it, its link and its addresses.

use core::net::Ipv4Addr;

use crate::clock::Clock;
use crate::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::engine::link::Transport;
use crate::fmt::Shown;

/// The state of the station's link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LinkState {
    /// The station has not started to connect.
    #[default]
    Idle,
    /// It is connecting, or reconnecting.
    Connecting,
    /// It is associated with an access point and has no IPv4 address yet.
    NoAddress,
    /// It is associated and has an IPv4 address.
    Up,
    /// It has lost or left its access point.
    Disconnected,
    /// A state that the reference does not name.
    Unknown(u8),
}

/// The station's IPv4 configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Addresses {
    /// Its address.
    pub ip: Ipv4Addr,
    /// The router, where the module tells.
    pub gateway: Option<Ipv4Addr>,
    /// The network's mask, where the module tells.
    pub netmask: Option<Ipv4Addr>,
}

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
