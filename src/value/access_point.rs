//! The access point that the module itself is: how it is set up, who has joined it, and what it was
//! told there of the network to join.

use core::fmt;
use core::net::Ipv4Addr;

use super::{Mac, Printed, PrintedSecret, Security};
use crate::error::Usage;

/// How the module is to be an access point.
///
/// ```
/// use core::net::Ipv4Addr;
/// use atwifi::AccessPointConfig;
///
/// let config = AccessPointConfig::new(b"sensor-17", b"12345678")
///     .with_channel(11)
///     .with_address(Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(255, 255, 255, 0));
/// assert_eq!(config.channel, Some(11));
/// assert!(!format!("{config:?}").contains("12345678"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessPointConfig<'c> {
    /// The name of its network, 1 to 32 bytes.
    pub ssid: &'c [u8],
    /// What stations need to join, 8 to 64 bytes; empty for an open network.
    ///
    /// Shorter ones are refused here: some firmware takes them, and then lets nobody in.
    pub password: &'c [u8],
    /// How it is protected: by default WPA2, or not at all if there is no password. Besides these
    /// there is WPA, and WPA3 on the ST67, some firmware of which takes that for WPA2.
    pub security: Option<Security>,
    /// Its channel, 1 to 13: by default 1 on the ST67 and 6 on the Microchip module. Beside a station
    /// that has joined a network it is that of the station, without a word.
    pub channel: Option<u8>,
    /// Whether it keeps its SSID to itself.
    pub is_hidden: bool,
    /// How many stations may join, 1 to 4, which is the default. On the ST67 only.
    pub clients: Option<u8>,
    /// Its own address and netmask. On the ST67 only, where it stays until it is changed; by default
    /// 192.168.4.1. On the Microchip module it is 192.168.0.1.
    pub address: Option<(Ipv4Addr, Ipv4Addr)>,
    /// The addresses that it hands out. On the ST67 only, where they stay until they are changed.
    pub leases: Option<Leases>,
}

/// The addresses that an access point hands out, in the network of its own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Leases {
    /// The first.
    pub first: Ipv4Addr,
    /// The last.
    pub last: Ipv4Addr,
    /// For how long, in minutes, 1 to 2880.
    pub minutes: u16,
}

impl<'c> AccessPointConfig<'c> {
    /// An access point of this name, open if the password is empty.
    #[must_use]
    pub const fn new(ssid: &'c [u8], password: &'c [u8]) -> Self {
        AccessPointConfig {
            ssid,
            password,
            security: None,
            channel: None,
            is_hidden: false,
            clients: None,
            address: None,
            leases: None,
        }
    }

    /// The same, [protected](AccessPointConfig::security) in this way.
    #[must_use]
    pub const fn with_security(mut self, security: Security) -> Self {
        self.security = Some(security);
        self
    }

    /// The same on this [channel](AccessPointConfig::channel).
    #[must_use]
    pub const fn with_channel(mut self, channel: u8) -> Self {
        self.channel = Some(channel);
        self
    }

    /// The same, [hidden](AccessPointConfig::is_hidden).
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.is_hidden = true;
        self
    }

    /// The same for so many [stations](AccessPointConfig::clients) at most.
    #[must_use]
    pub const fn with_clients(mut self, most: u8) -> Self {
        self.clients = Some(most);
        self
    }

    /// The same at this [address](AccessPointConfig::address).
    #[must_use]
    pub const fn with_address(mut self, address: Ipv4Addr, netmask: Ipv4Addr) -> Self {
        self.address = Some((address, netmask));
        self
    }

    /// The same with these addresses for its [stations](AccessPointConfig::leases).
    #[must_use]
    pub const fn with_leases(mut self, leases: Leases) -> Self {
        self.leases = Some(leases);
        self
    }

    /// How it is to be protected, if what every module asks of it is there.
    pub(crate) fn check(&self) -> Result<Security, Usage> {
        let security = Security::of(self.security, self.password, Security::Wpa2);
        if self.ssid.is_empty() {
            return Err(Usage::Empty);
        }
        if !matches!(self.channel, None | Some(1..=13)) {
            return Err(Usage::OutOfRange { min: 1, max: 13 });
        }
        match (security, self.password.len()) {
            (Security::Open, 1..) => Err(Usage::TooLong(0)),
            (Security::Open, 0) | (_, 8..=64) => Ok(security),
            _ => Err(Usage::OutOfRange { min: 8, max: 64 }),
        }
    }
}

impl fmt::Debug for AccessPointConfig<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessPointConfig")
            .field("ssid", &format_args!("\"{}\"", self.ssid.escape_ascii()))
            .field("password", &"***")
            .field("security", &self.security)
            .field("channel", &self.channel)
            .field("is_hidden", &self.is_hidden)
            .field("clients", &self.clients)
            .field("address", &self.address)
            .field("leases", &self.leases)
            .finish()
    }
}

/// A station that has joined the module's access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Client {
    /// Its hardware address.
    pub mac: Mac,
    /// The address that it was given; `None` while it has none.
    pub address: Option<Ipv4Addr>,
}

/// The network that the module was told to join.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// Its SSID.
    pub ssid: Printed<32>,
    /// Its password; empty for an open network.
    pub password: PrintedSecret<64>,
    /// How it is protected, as the module was told.
    pub security: Security,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_module_takes_is_refused() {
        let new = AccessPointConfig::new;
        let length = Usage::OutOfRange { min: 8, max: 64 };
        for (config, outcome) in [
            (new(b"a", b""), Ok(Security::Open)),
            (new(b"a", b"12345678"), Ok(Security::Wpa2)),
            (new(b"a", b"1234567"), Err(length)),
            (new(b"a", b"").with_security(Security::Wpa3), Err(length)),
            (new(b"a", &[b'1'; 65]), Err(length)),
            (new(b"", b"12345678"), Err(Usage::Empty)),
            (
                new(b"a", b"12345678").with_security(Security::Open),
                Err(Usage::TooLong(0)),
            ),
            (
                new(b"a", b"12345678").with_channel(14),
                Err(Usage::OutOfRange { min: 1, max: 13 }),
            ),
            (
                new(b"a", b"").with_channel(0),
                Err(Usage::OutOfRange { min: 1, max: 13 }),
            ),
        ] {
            assert_eq!(config.check(), outcome, "{config:?}");
        }
    }
}
