//! Joining a network: which one and how, and what the station says of the one it is in.

use core::fmt;
use core::net::Ipv4Addr;

use super::{Mac, Printed, Security};
use crate::error::Usage;

/// Which network to join, and how. What a module cannot do of it is refused before a byte is sent.
///
/// A hidden network needs no word of its own: both modules ask for an access point by its name.
///
/// ```
/// use atwifi::{JoinOptions, Security};
///
/// let options = JoinOptions::new(b"home", b"correct horse").with_security(Security::Wpa3);
/// assert!(!format!("{options:?}").contains("horse"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct JoinOptions<'a> {
    /// The SSID: 1 to 32 bytes, any but those that the module's text rule cannot carry (CR, LF and NUL
    /// on the ST67).
    pub ssid: &'a [u8],
    /// The password: for WPA 8 to 63 bytes, or the key itself in 64 hexadecimal digits; nothing for an
    /// open network.
    pub password: &'a [u8],
    /// How the network is protected. `None` is what [`join`](crate::Module::join) takes: open without
    /// a password, else WPA or WPA2 on the Microchip module, and what the access point offers on the
    /// ST67.
    ///
    /// The Microchip module joins nothing else than what is said here: a network that has WPA3 alone
    /// needs [`Security::Wpa3`] or [`Security::Wpa2Wpa3`], which firmware 0.3.x refuses
    /// ([`Status::UnsupportedSecurity`](crate::microchip::Status)); it has no WEP. The ST67 takes the
    /// strongest that the access point offers, whichever kind of WPA is said here; it must be told only
    /// of WEP.
    pub security: Option<Security>,
    /// Which of several access points of that SSID. The ST67 only: the Microchip firmware keeps it and
    /// does not use it.
    pub bssid: Option<Mac>,
    /// The channel that the access point must be on, 1 to 14. The Microchip module only.
    pub channel: Option<u8>,
    /// An address of its own, without DHCP.
    pub address: Option<FixedAddress>,
    /// The name servers, instead of those that DHCP tells. The Microchip module takes them only with a
    /// fixed [`address`](JoinOptions::address), and has none then unless they are named; the ST67 has
    /// 208.67.222.222 and 8.8.8.8.
    pub dns: [Option<Ipv4Addr>; 2],
    /// Whether IPv6 is switched on first; if not, it is left as it is, which is off in a module that
    /// has started. The ST67 only (reference 4.1.1).
    pub ipv6: bool,
    /// The name that DHCP is told: up to 32 bytes, of which firmware takes 27. The ST67 only
    /// (reference 3.1.20).
    pub host_name: Option<&'a str>,
    /// The country whose channels are used, wherever the access point is: up to 3 characters, of which
    /// firmware knows `CN`, `JP`, `US`, `EU` and `00`. The ST67 only (reference 3.1.21).
    pub country: Option<&'a str>,
}

/// An address of the station's own, and the network that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FixedAddress {
    /// The address.
    pub ip: Ipv4Addr,
    /// The network's mask.
    pub netmask: Ipv4Addr,
    /// The router.
    pub gateway: Ipv4Addr,
}

impl<'a> JoinOptions<'a> {
    /// The network of this SSID, with this password; an empty one joins an open network.
    #[must_use]
    pub const fn new(ssid: &'a [u8], password: &'a [u8]) -> Self {
        JoinOptions {
            ssid,
            password,
            security: None,
            bssid: None,
            channel: None,
            address: None,
            dns: [None; 2],
            ipv6: false,
            host_name: None,
            country: None,
        }
    }

    /// The same with this [protection](JoinOptions::security).
    #[must_use]
    pub const fn with_security(mut self, security: Security) -> Self {
        self.security = Some(security);
        self
    }

    /// The same at this [access point](JoinOptions::bssid).
    #[must_use]
    pub const fn with_bssid(mut self, bssid: Mac) -> Self {
        self.bssid = Some(bssid);
        self
    }

    /// The same on this [channel](JoinOptions::channel).
    #[must_use]
    pub const fn with_channel(mut self, channel: u8) -> Self {
        self.channel = Some(channel);
        self
    }

    /// The same with this [address](JoinOptions::address).
    #[must_use]
    pub const fn with_address(mut self, address: FixedAddress) -> Self {
        self.address = Some(address);
        self
    }

    /// The same with a [name server](JoinOptions::dns), and perhaps a second one.
    #[must_use]
    pub const fn with_dns(mut self, first: Ipv4Addr, second: Option<Ipv4Addr>) -> Self {
        self.dns = [Some(first), second];
        self
    }

    /// The same with [IPv6](JoinOptions::ipv6) switched on.
    #[must_use]
    pub const fn with_ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }

    /// The same under this [name](JoinOptions::host_name).
    #[must_use]
    pub const fn with_host_name(mut self, name: &'a str) -> Self {
        self.host_name = Some(name);
        self
    }

    /// The same in this [country](JoinOptions::country).
    #[must_use]
    pub const fn with_country(mut self, code: &'a str) -> Self {
        self.country = Some(code);
        self
    }

    /// How the network is protected, which is `usual` where only a password tells.
    pub(crate) fn protection(&self, usual: Security) -> Result<Security, Usage> {
        let is_empty = self.ssid.is_empty() || [self.host_name, self.country].contains(&Some(""));
        if is_empty {
            return Err(Usage::Empty);
        }
        let security = Security::of(self.security, self.password, usual);
        match security {
            Security::Open | Security::Wep => {}
            Security::Enterprise => return Err(Usage::Unsupported("802.1X")),
            Security::Unknown => return Err(Usage::Unsupported("an unknown protection")),
            _ => check_password(self.password)?,
        }
        Ok(security)
    }
}

/// Whether WPA of any kind takes the password: 8 to 63 bytes, or 64 hexadecimal digits.
pub(crate) fn check_password(password: &[u8]) -> Result<(), Usage> {
    let is_key = password.len() == 64 && password.iter().all(u8::is_ascii_hexdigit);
    match password.len() {
        0..8 => Err(Usage::TooShort(8)),
        64.. if !is_key => Err(Usage::TooLong(63)),
        _ => Ok(()),
    }
}

impl fmt::Debug for JoinOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinOptions")
            .field("ssid", &format_args!("\"{}\"", self.ssid.escape_ascii()))
            .field("password", &"***")
            .field("security", &self.security)
            .field("bssid", &self.bssid)
            .field("channel", &self.channel)
            .field("address", &self.address)
            .field("dns", &self.dns)
            .field("ipv6", &self.ipv6)
            .field("host_name", &self.host_name)
            .field("country", &self.country)
            .finish()
    }
}

/// The network that the station is in; what the module does not tell is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Joined {
    /// Its SSID. The ST67 cuts it at a NUL.
    pub ssid: Printed<32>,
    /// The hardware address of the access point.
    pub bssid: Option<Mac>,
    /// The channel.
    pub channel: Option<u8>,
    /// How strongly it is received, in dBm. The Microchip module does not tell.
    pub rssi: Option<i8>,
    /// How it is protected: as the station was told on the Microchip module; on the ST67 with firmware
    /// 2.0.97 and later.
    pub security: Option<Security>,
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn the_password_does_not_show() {
        let options = JoinOptions::new(b"caf\xc3\xa9", b"hunter2hunter2");
        let shown = format!("{options:?}");
        assert!(shown.contains(r"caf\xc3\xa9") && !shown.contains("hunter2"));
        // Nor as numbers.
        assert!(!shown.contains("104"));
    }

    #[test]
    fn passwords_are_checked_for_wpa_alone() {
        let wpa = |password| JoinOptions::new(b"net", password).protection(Security::Wpa2);
        assert_eq!(wpa(b""), Ok(Security::Open));
        assert_eq!(wpa(b"1234567"), Err(Usage::TooShort(8)));
        assert_eq!(wpa(b"12345678"), Ok(Security::Wpa2));
        assert_eq!(wpa(&[b'x'; 63]), Ok(Security::Wpa2));
        assert_eq!(wpa(&[b'F'; 64]), Ok(Security::Wpa2));
        assert_eq!(wpa(&[b'x'; 64]), Err(Usage::TooLong(63)));
        assert_eq!(wpa(&[b'f'; 65]), Err(Usage::TooLong(63)));
        let said = |security| {
            let options = JoinOptions::new(b"net", b"").with_security(security);
            options.protection(Security::Wpa2)
        };
        assert_eq!(said(Security::Wep), Ok(Security::Wep));
        assert_eq!(said(Security::Wpa3), Err(Usage::TooShort(8)));
        assert_eq!(
            said(Security::Enterprise),
            Err(Usage::Unsupported("802.1X"))
        );
        let nameless = JoinOptions::new(b"", b"12345678");
        assert_eq!(nameless.protection(Security::Wpa2), Err(Usage::Empty));
    }
}
