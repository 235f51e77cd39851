//! The access points around a module.

use std::fmt;

/// The channels of the first access points, which do not overlap; then they begin anew.
const CHANNELS: [u8; 3] = [6, 11, 1];
/// The strength of the first, and by how much each is weaker than the one before, in dBm.
const STRONGEST: i8 = -48;
const WEAKER: i8 = 7;
const WEAKEST: i8 = -97;

/// How an access point that has a password is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// WEP, and no other.
    Wep,
    /// WPA, and no newer one.
    Wpa,
    /// WPA or WPA2.
    WpaWpa2,
    /// WPA2.
    #[default]
    Wpa2,
    /// WPA2 or WPA3.
    Wpa2Wpa3,
    /// WPA3, and no older one.
    Wpa3,
    /// The keys of an organisation: nobody gets in by a password.
    Enterprise,
}

/// An access point within reach of the module.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessPoint {
    /// Its name, any bytes.
    pub ssid: Vec<u8>,
    /// Its password; empty for an open network.
    pub password: Vec<u8>,
    /// How it is protected, unless it is open.
    pub protection: Protection,
    /// Its MAC address.
    pub bssid: [u8; 6],
    /// The radio channel.
    pub channel: u8,
    /// The strength at which the module hears it, in dBm.
    pub rssi: i8,
    /// Whether it keeps its name to itself, except towards who asks for it by that name.
    pub hidden: bool,
    /// Whether it hands out addresses; if not, a station joins and never gets one.
    pub dhcp: bool,
    /// Whether its WPS button has been pressed, so that it tells the password to who asks for it.
    pub wps: bool,
    /// A reason code with which every attempt to join fails, whatever the password.
    pub refuses: Option<u8>,
}

impl AccessPoint {
    /// An access point that lets in whoever knows the password; an empty one means open.
    pub fn new(ssid: impl Into<Vec<u8>>, password: impl Into<Vec<u8>>) -> Self {
        AccessPoint {
            ssid: ssid.into(),
            password: password.into(),
            protection: Protection::default(),
            bssid: [0x5a, 0x67, 0x11, 0x00, 0x00, 0x01],
            channel: CHANNELS[0],
            rssi: STRONGEST,
            hidden: false,
            dhcp: true,
            wps: false,
            refuses: None,
        }
    }

    /// The same access point at another place: each number has a BSSID of its own, a channel that
    /// the next does not have, and less strength than the one before. [`new`](Self::new) makes
    /// number 0.
    #[must_use]
    pub fn numbered(mut self, number: usize) -> Self {
        let [high, low] = u16::try_from(number + 1).unwrap_or(u16::MAX).to_be_bytes();
        self.bssid = [0x5a, 0x67, 0x11, 0x00, high, low];
        self.channel = CHANNELS[number % CHANNELS.len()];
        let steps = i8::try_from(number).unwrap_or(i8::MAX);
        self.rssi = STRONGEST
            .saturating_sub(steps.saturating_mul(WEAKER))
            .max(WEAKEST);
        self
    }

    /// The same access point with this MAC address.
    #[must_use]
    pub fn with_bssid(mut self, bssid: [u8; 6]) -> Self {
        self.bssid = bssid;
        self
    }

    /// The same access point, protected like this.
    #[must_use]
    pub fn protected_by(mut self, protection: Protection) -> Self {
        self.protection = protection;
        self
    }

    /// The same access point on this radio channel.
    #[must_use]
    pub fn on_channel(mut self, channel: u8) -> Self {
        self.channel = channel;
        self
    }

    /// The same access point, heard at this strength in dBm.
    #[must_use]
    pub fn heard_at(mut self, rssi: i8) -> Self {
        self.rssi = rssi;
        self
    }

    /// The same access point, keeping its name to itself.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// The same access point with its WPS button pressed.
    #[must_use]
    pub fn pressing_wps(mut self) -> Self {
        self.wps = true;
        self
    }

    /// The same access point, but joining it fails with this reason code.
    #[must_use]
    pub fn refusing(mut self, reason: u8) -> Self {
        self.refuses = Some(reason);
        self
    }

    /// The same access point without a DHCP server.
    #[must_use]
    pub fn without_dhcp(mut self) -> Self {
        self.dhcp = false;
        self
    }

    /// How it is protected; none if it is open.
    pub(crate) fn protection(&self) -> Option<Protection> {
        Some(self.protection).filter(|_| !self.password.is_empty())
    }

    /// The name that it tells, unasked or asked whether it is the one with this name.
    pub(crate) fn told_ssid(&self, asked: Option<&[u8]>) -> &[u8] {
        if self.hidden && asked != Some(&self.ssid) {
            return &[];
        }
        &self.ssid
    }
}

impl fmt::Debug for AccessPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessPoint")
            .field("ssid", &self.ssid.escape_ascii().to_string())
            .field("channel", &self.channel)
            .field("rssi", &self.rssi)
            .finish_non_exhaustive()
    }
}
