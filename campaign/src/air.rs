//! The access points around a module, and what a scan must tell of them.

use atwifi::{AccessPointInfo, Security};
use atwifi_simulator::AccessPoint;

use crate::service::Look;

/// A network that can be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Where the conversation begins and ends.
    Home,
    /// Another one, if there are neighbours.
    Other,
    /// One that is not there.
    Nowhere,
}

/// The password of all that have one.
pub const PASSWORD: &str = "12345678";

impl Network {
    /// Its SSID.
    #[must_use]
    pub fn ssid(self) -> &'static str {
        match self {
            Network::Home => "home",
            Network::Other => "over, \"there\"",
            Network::Nowhere => "nowhere",
        }
    }

    /// The access point that it has.
    #[must_use]
    pub fn access_point(self, neighbours: usize) -> Option<AccessPoint> {
        let mut around = around(neighbours).into_iter();
        around.find(|access_point| access_point.ssid == self.ssid().as_bytes())
    }
}

/// Names that look like what a module says.
const NAMES: [&[u8]; 8] = [
    b"\",-50,\"00:11:22:33:44:55\",1,4,7",
    b"\r\n+CW:SCAN_DONE\r\n",
    b"\r\nOK\r\n\r\nERROR\r\nready\r\n",
    b"\r\n+CW:DISCONNECTED\r\n+CWLAP:(",
    b"a\"),(\"b",
    b"\r+WSCNDONE\r\n+WSCNIND:-1,0,1,",
    b"\r\n>\r\n+IPD:0,9\r\n",
    b"caf\xc3\xa9 \xff\xfe\x80",
];

/// Home, and so many more.
#[must_use]
pub fn around(neighbours: usize) -> Vec<AccessPoint> {
    let home = AccessPoint::new(Network::Home.ssid(), PASSWORD).numbered(0);
    let neighbour = |number: usize| {
        let plain = |ssid: Vec<u8>, password| AccessPoint::new(ssid, password).numbered(number);
        let mut name = NAMES[number % NAMES.len()].to_vec();
        name.truncate(30);
        name.extend([b'a' + (number / 26) as u8, b'a' + (number % 26) as u8]);
        match (number, number % 5) {
            (1, _) => plain(Network::Other.ssid().into(), PASSWORD),
            (_, 2) => plain(name, ""),
            (_, 3) => plain(name, PASSWORD).hidden(),
            _ => plain(name, PASSWORD),
        }
    };
    let mut all = vec![home];
    all.extend((1..=neighbours).map(neighbour));
    all
}

/// What a scan tells of an access point: name, address, channel, strength and protection.
pub type Row = (Vec<u8>, [u8; 6], u8, i8, Security);

/// What was told.
#[must_use]
pub fn row(found: &AccessPointInfo) -> Row {
    let ssid = found.ssid.as_bytes().to_vec();
    let AccessPointInfo {
        bssid,
        channel,
        rssi,
        security,
        ..
    } = *found;
    (ssid, bssid.0, channel, rssi, security)
}

/// What is to be told to who looks so, in the order of the addresses.
#[must_use]
pub fn rows(neighbours: usize, look: Look) -> Vec<Row> {
    let is_wanted = |found: &AccessPoint| match look {
        Look::All | Look::Passively => true,
        Look::Channel(channel) => found.channel == channel,
        Look::Named(network) => found.ssid == network.ssid().as_bytes(),
        Look::AtLeast(rssi) => found.rssi >= rssi,
    };
    let tell = |found: AccessPoint| {
        let security = match found.password.is_empty() {
            true => Security::Open,
            false => Security::Wpa2,
        };
        let ssid = if found.hidden { Vec::new() } else { found.ssid };
        (ssid, found.bssid, found.channel, found.rssi, security)
    };
    let found = around(neighbours).into_iter().filter(is_wanted);
    found.map(tell).collect()
}
