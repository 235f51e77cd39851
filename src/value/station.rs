//! What the station reports.

use core::net::Ipv4Addr;

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
