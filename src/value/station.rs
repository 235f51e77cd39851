//! What the station reports.

use core::net::{Ipv4Addr, Ipv6Addr};

/// The state of the station's link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
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

/// The station's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Addresses {
    /// Its address.
    pub ip: Ipv4Addr,
    /// The router, where the module tells.
    pub gateway: Option<Ipv4Addr>,
    /// The network's mask, where the module tells.
    pub netmask: Option<Ipv4Addr>,
    /// The IPv6 address on the link, with IPv6 switched on.
    pub link_local: Option<Ipv6Addr>,
    /// The first other IPv6 address.
    pub global: Option<Ipv6Addr>,
}

impl Addresses {
    /// An address of which neither router nor mask is known.
    #[must_use]
    pub const fn new(ip: Ipv4Addr) -> Self {
        Addresses {
            ip,
            gateway: None,
            netmask: None,
            link_local: None,
            global: None,
        }
    }

    /// The same with a router and a mask.
    #[must_use]
    pub const fn with_network(mut self, gateway: Ipv4Addr, netmask: Ipv4Addr) -> Self {
        self.gateway = Some(gateway);
        self.netmask = Some(netmask);
        self
    }

    /// The same with IPv6 addresses.
    #[must_use]
    pub const fn with_ipv6(
        mut self,
        link_local: Option<Ipv6Addr>,
        global: Option<Ipv6Addr>,
    ) -> Self {
        self.link_local = link_local;
        self.global = global;
        self
    }
}
