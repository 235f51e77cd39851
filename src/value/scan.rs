//! Looking for access points: what is looked for, and what is found.

use core::ops::Deref;

use heapless::Vec;

use super::{Mac, Printed, Security};

/// What a scan looks for: by default every access point, actively, on every channel.
///
/// ```
/// use atwifi::ScanOptions;
///
/// let options = ScanOptions::new().with_channel(11).with_min_rssi(-80);
/// assert_eq!((options.channel, options.is_passive), (Some(11), false));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanOptions<'s> {
    /// Only access points of this SSID, 1 to 32 bytes; a hidden one is found only by it.
    pub ssid: Option<&'s [u8]>,
    /// Only this channel: 1 to 14 on the ST67, 1 to 13 on the Microchip module.
    pub channel: Option<u8>,
    /// Whether the module only listens. A hidden access point is not found then.
    pub is_passive: bool,
    /// How long each channel is listened to, in milliseconds: up to 1500 on the ST67, 65535 on the
    /// Microchip module. By default what the vendor's reference says: 120 and 30 for an active scan, 360
    /// and 300 for a passive one.
    ///
    /// While the module listens elsewhere it hears nothing of its own access point. A passive scan of
    /// more than some 1500 ms a channel costs a joined station its link.
    pub dwell_ms: Option<u16>,
    /// Only access points that are received at least this strongly, in dBm.
    pub min_rssi: Option<i8>,
}

impl<'s> ScanOptions<'s> {
    /// Every access point, on every channel, actively.
    #[must_use]
    pub const fn new() -> Self {
        ScanOptions {
            ssid: None,
            channel: None,
            is_passive: false,
            dwell_ms: None,
            min_rssi: None,
        }
    }

    /// The same of one [SSID](ScanOptions::ssid).
    #[must_use]
    pub const fn with_ssid(mut self, ssid: &'s [u8]) -> Self {
        self.ssid = Some(ssid);
        self
    }

    /// The same on one [channel](ScanOptions::channel).
    #[must_use]
    pub const fn with_channel(mut self, channel: u8) -> Self {
        self.channel = Some(channel);
        self
    }

    /// The same, [only listening](ScanOptions::is_passive).
    #[must_use]
    pub const fn passive(mut self) -> Self {
        self.is_passive = true;
        self
    }

    /// The same with so many [milliseconds](ScanOptions::dwell_ms) a channel.
    #[must_use]
    pub const fn with_dwell_ms(mut self, milliseconds: u16) -> Self {
        self.dwell_ms = Some(milliseconds);
        self
    }

    /// The same without what is [weaker](ScanOptions::min_rssi) than this, in dBm.
    #[must_use]
    pub const fn with_min_rssi(mut self, rssi: i8) -> Self {
        self.min_rssi = Some(rssi);
        self
    }

    /// How long the scan may take, in milliseconds, for so many channels and so long on each.
    pub(crate) fn patience(&self, channels: u32, dwell: u32) -> u32 {
        /// Changing channels, telling of what was found; no source gives a figure.
        const MARGIN: u32 = 5000;
        let channels = if self.channel.is_some() { 1 } else { channels };
        channels.saturating_mul(dwell).saturating_add(MARGIN)
    }

    /// Whether it was looked for: not every firmware looks for what it is told.
    pub(crate) fn wants(&self, found: &AccessPointInfo) -> bool {
        let is_named = self.ssid.is_none_or(|ssid| ssid == found.ssid.as_bytes());
        let is_there = self.channel.is_none_or(|channel| channel == found.channel);
        is_named && is_there && self.min_rssi.is_none_or(|rssi| rssi <= found.rssi)
    }
}

/// An access point that a scan has found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct AccessPointInfo {
    /// Its SSID, any bytes; empty if it is hidden.
    ///
    /// As the module prints it: the ST67 cuts it at a NUL, and where the Microchip module prints a
    /// backslash it does not say whether that begins an escape.
    pub ssid: Printed<32>,
    /// Its hardware address.
    pub bssid: Mac,
    /// Its channel.
    pub channel: u8,
    /// How strongly it is received, in dBm.
    pub rssi: i8,
    /// How it is protected.
    pub security: Security,
    /// Whether it can be joined by button (WPS), where the module tells.
    pub has_wps: Option<bool>,
}

/// What came of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Scanned {
    /// How many access points were handed over.
    pub found: u16,
    /// How many more the module told of in words that make no sense: bytes were lost on the way.
    pub spoilt: u16,
}

/// Keeps the `N` strongest access points of a scan, the best of each SSID: a [`heapless::Vec`] in the order of
/// their strength, which it derefs to and is made into.
///
/// ```
/// use atwifi::{AccessPointInfo, Strongest, heapless};
///
/// let mut strongest = Strongest::<5>::new();
/// # let mut scan = |_: &mut dyn FnMut(&atwifi::AccessPointInfo)| {};
/// scan(&mut |found| strongest.take(found));
/// for access_point in &strongest {
///     println!("{} dBm {}", access_point.rssi, access_point.ssid);
/// }
/// let best: heapless::Vec<AccessPointInfo, 5> = strongest.into();
/// # assert!(best.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Strongest<const N: usize>(Vec<AccessPointInfo, N>);

impl<const N: usize> Strongest<N> {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Strongest(Vec::new())
    }

    /// Keeps this one if it is among the strongest. Of hidden ones, which have no SSID, each counts.
    pub fn take(&mut self, found: &AccessPointInfo) {
        let Strongest(kept) = self;
        let ssid = found.ssid.as_bytes();
        let is_same = |kept: &AccessPointInfo| {
            !ssid.is_empty() && kept.ssid.as_bytes() == ssid || kept.bssid == found.bssid
        };
        let same = kept.iter().position(is_same);
        let place = kept.iter().position(|kept| kept.rssi < found.rssi);
        let place = place.unwrap_or(kept.len());
        if same.is_none() {
            // Where there is no room for one more, the last goes for it.
            let _ = kept.push(found.clone());
        }
        let last = same.map_or(kept.len(), |same| same + 1);
        if let Some(weaker) = kept.get_mut(place..last) {
            if let Some(goes) = weaker.last_mut() {
                goes.clone_from(found);
                weaker.rotate_right(1);
            }
        }
    }
}

impl<const N: usize> Deref for Strongest<N> {
    type Target = [AccessPointInfo];

    /// The strongest first.
    fn deref(&self) -> &[AccessPointInfo] {
        &self.0
    }
}

impl<const N: usize> From<Strongest<N>> for Vec<AccessPointInfo, N> {
    fn from(strongest: Strongest<N>) -> Self {
        strongest.0
    }
}

impl<const N: usize> IntoIterator for Strongest<N> {
    type Item = AccessPointInfo;
    type IntoIter = <Vec<AccessPointInfo, N> as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'s, const N: usize> IntoIterator for &'s Strongest<N> {
    type Item = &'s AccessPointInfo;
    type IntoIter = core::slice::Iter<'s, AccessPointInfo>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn access_point(ssid: &[u8], bssid: u8, rssi: i8) -> AccessPointInfo {
        AccessPointInfo {
            ssid: Printed::new(ssid).unwrap(),
            bssid: Mac([0, 0, 0, 0, 0, bssid]),
            channel: 6,
            rssi,
            security: Security::Wpa2,
            has_wps: None,
        }
    }

    proptest! {
        #[test]
        fn the_strongest_of_each_ssid_are_kept(
            seen in prop::collection::vec((0_u8..6, any::<i8>()), 0..20),
            room in 0_usize..6,
        ) {
            match room {
                0 => keeps_the_strongest::<0>(&seen)?,
                1 => keeps_the_strongest::<1>(&seen)?,
                2 => keeps_the_strongest::<2>(&seen)?,
                _ => keeps_the_strongest::<5>(&seen)?,
            }
        }
    }

    fn keeps_the_strongest<const N: usize>(seen: &[(u8, i8)]) -> Result<(), TestCaseError> {
        let mut strongest = Strongest::<N>::new();
        let mut best: Vec<(u8, i8)> = Vec::new();
        for (i, &(ssid, rssi)) in seen.iter().enumerate() {
            strongest.take(&access_point(&[b'a' + ssid], i as u8, rssi));
            match best.iter_mut().find(|best| best.0 == ssid) {
                Some(best) => best.1 = best.1.max(rssi),
                None => best.push((ssid, rssi)),
            }
        }
        best.sort_by_key(|best| core::cmp::Reverse(best.1));
        let expected: Vec<i8> = best.iter().map(|best| best.1).take(N).collect();
        let kept: Vec<i8> = strongest.iter().map(|kept| kept.rssi).collect();
        prop_assert_eq!(kept, expected);
        let mut ssids: Vec<&[u8]> = strongest.iter().map(|kept| kept.ssid.as_bytes()).collect();
        ssids.sort_unstable();
        ssids.dedup();
        prop_assert_eq!(ssids.len(), strongest.len());
        Ok(())
    }

    #[test]
    fn hidden_access_points_are_not_taken_for_one() {
        let mut strongest = Strongest::<3>::new();
        strongest.take(&access_point(b"", 1, -60));
        strongest.take(&access_point(b"", 2, -50));
        strongest.take(&access_point(b"", 2, -40));
        let kept: Vec<i8> = strongest.iter().map(|kept| kept.rssi).collect();
        assert_eq!(kept, [-40, -60]);
    }
}
