//! How a network is protected.

/// How a network is protected, in words that both modules share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Security {
    /// Not at all.
    Open,
    /// WEP, which anybody can break.
    Wep,
    /// WPA, with a password.
    Wpa,
    /// WPA or WPA2, as the station can.
    WpaWpa2,
    /// WPA2, with a password.
    Wpa2,
    /// WPA2 or WPA3, as the station can.
    Wpa2Wpa3,
    /// WPA3, with a password.
    Wpa3,
    /// With the keys of an organisation (802.1X).
    Enterprise,
    /// In a way that the module's reference does not name.
    Unknown,
}

impl Security {
    /// The protection that is `asked` for; if none is, none without a password, and with one the `usual`.
    pub(crate) fn of(asked: Option<Security>, password: &[u8], usual: Security) -> Security {
        match asked {
            Some(security) => security,
            None if password.is_empty() => Security::Open,
            None => usual,
        }
    }
}
