//! What is found, as people read it.

use atwifi::{AccessPointInfo, UnixTime};

pub const HEAD: &str = "BSSID              channel   RSSI  security   SSID";

pub fn row(found: &AccessPointInfo) -> String {
    let AccessPointInfo {
        ssid,
        bssid,
        channel,
        rssi,
        security,
        ..
    } = found;
    let ssid = match ssid.as_str() {
        Some("") => "(hidden)".into(),
        Some(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => ssid.as_bytes().escape_ascii().to_string(),
    };
    let security = format!("{security:?}");
    format!("{bssid}  {channel:>7}  {rssi:>5}  {security:<9}  {ssid}")
}

/// `2022-06-14 08:44:52 UTC`, by the proleptic calendar.
pub fn date(time: UnixTime) -> String {
    let seconds = time.seconds();
    let (mut year, mut month, mut day) = (1970, 1, 1);
    while UnixTime::from_date(year + 1, 1, 1).is_some_and(|next| next <= time) {
        year += 1;
    }
    while month < 12 && UnixTime::from_date(year, month + 1, 1).is_some_and(|next| next <= time) {
        month += 1;
    }
    while UnixTime::from_date(year, month, day + 1).is_some_and(|next| next <= time) {
        day += 1;
    }
    let [hour, minute, second] = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60];
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}
