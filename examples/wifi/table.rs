//! What is found, as people read it.

use atwifi::{AccessPointInfo, Addresses, Joined, Mac, UnixTime, Versions};

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
    let ssid = match ssid.as_bytes() {
        [] => "(hidden)".into(),
        bytes => text(bytes),
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

/// What the module is.
pub fn about(versions: &Versions, mac: Mac) {
    let or_none = |told: Option<&[u8]>| told.map_or("not told".into(), text);
    line(
        "model",
        &or_none(versions.model.as_ref().map(|model| model.as_bytes())),
    );
    line("firmware", &text(versions.firmware.as_bytes()));
    line("AT", &or_none(versions.at.as_ref().map(|at| at.as_bytes())));
    line("MAC", &mac.to_string());
}

/// The network that the station is in.
pub fn network(station: &Joined, addresses: &Addresses) {
    line("SSID", &text(station.ssid.as_bytes()));
    told("BSSID", station.bssid);
    told("channel", station.channel);
    told("RSSI", station.rssi.map(|rssi| format!("{rssi} dBm")));
    told(
        "security",
        station.security.map(|security| format!("{security:?}")),
    );
    line("address", &addresses.ip.to_string());
    told("netmask", addresses.netmask);
    told("gateway", addresses.gateway);
    told("IPv6, link", addresses.link_local);
    told("IPv6, global", addresses.global);
}

fn line(name: &str, value: &str) {
    println!("{name:<13} {value}");
}

fn told(name: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        line(name, &value.to_string());
    }
}

/// Text as people read it, or its bytes.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => bytes.escape_ascii().to_string(),
    }
}
