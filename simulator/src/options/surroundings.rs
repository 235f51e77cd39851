//! What is around the module: access points, stations and Bluetooth LE devices.

use std::str::FromStr;

use atwifi_simulator::{AccessPoint, BleCharacteristic, BlePeer, BleService, Handle};
use clap::Args;

/// The longest name that an advertisement has room for, behind its flags.
const LONGEST_NAME: usize = 26;
/// Properties of a characteristic.
const READ: u8 = 2;
const NOTIFY: u8 = 16;

#[derive(Debug, Args)]
#[command(next_help_heading = "Surroundings")]
pub struct Surroundings {
    /// An access point within reach; without a password it is open. May be repeated; each has a
    /// BSSID, a channel and a strength of its own.
    #[arg(long = "ap", value_name = "SSID[:PASSWORD]", value_parser = access_point, default_value = "atwifi:password")]
    access_points: Vec<AccessPoint>,

    /// An access point that keeps its name to itself, except towards who asks for it by that name.
    /// May be repeated.
    #[arg(long = "hidden-ap", value_name = "SSID[:PASSWORD]", value_parser = access_point)]
    hidden_access_points: Vec<AccessPoint>,

    /// A station that joins the access point that the module is, whenever it is one. May be
    /// repeated.
    #[arg(long = "station", value_name = "MAC")]
    stations: Vec<Mac>,

    /// A Bluetooth LE device that advertises, and waits for an ST67W611M1 to connect. It tells its
    /// battery level. May be repeated.
    #[arg(long, value_name = "MAC[=NAME]", value_parser = advertiser)]
    ble_peer: Vec<BlePeer>,

    /// A Bluetooth LE device that connects to an ST67W611M1 whenever that advertises. May be
    /// repeated.
    #[arg(long, value_name = "MAC", value_parser = central)]
    ble_central: Vec<BlePeer>,
}

impl Surroundings {
    pub fn access_points(&self) -> Vec<AccessPoint> {
        let hidden = self.hidden_access_points.iter().cloned();
        let all = self.access_points.iter().cloned();
        let all = all.chain(hidden.map(AccessPoint::hidden)).enumerate();
        all.map(|(number, access_point)| access_point.numbered(number))
            .collect()
    }

    pub fn ble_peers(&self) -> Vec<BlePeer> {
        let all = self.ble_peer.iter().chain(&self.ble_central);
        all.cloned().collect()
    }

    /// Whether anybody here does something of their own accord.
    pub fn are_alive(&self) -> bool {
        !self.stations.is_empty() || !self.ble_central.is_empty()
    }

    /// Everybody looks whether the module is there for them.
    pub fn look_at(&self, module: &Handle) {
        for station in &self.stations {
            module.station_joins(station.0);
        }
        let free = self.ble_central.iter().filter(|peer| !peer.is_connected());
        for central in free.filter(|peer| peer.hears().is_some()) {
            central.connect();
        }
    }
}

/// The address of a station or of a device.
#[derive(Clone, Copy, Debug)]
struct Mac([u8; 6]);

impl FromStr for Mac {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let usage = "write an address, as in 02:00:00:00:00:01";
        let bytes: Result<Vec<u8>, _> = text
            .split(':')
            .map(|byte| u8::from_str_radix(byte, 16))
            .collect();
        let bytes = bytes.ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Mac).ok_or(usage)
    }
}

fn access_point(text: &str) -> Result<AccessPoint, String> {
    let (ssid, password) = text.split_once(':').unwrap_or((text, ""));
    if ssid.is_empty() {
        return Err("an access point needs a name, as in home:secret99".to_owned());
    }
    Ok(AccessPoint::new(ssid, password))
}

fn advertiser(text: &str) -> Result<BlePeer, String> {
    let (address, name) = text.split_once('=').unwrap_or((text, "peer"));
    let Mac(address) = address.parse()?;
    let length = u8::try_from(name.len() + 1).unwrap_or(u8::MAX);
    if name.len() > LONGEST_NAME {
        return Err(format!("a name has at most {LONGEST_NAME} bytes"));
    }
    // Flags: found by anybody, and Bluetooth LE only; then the name.
    let advertisement = [&[0x02, 0x01, 0x06, length, 0x09], name.as_bytes()].concat();
    let level = BleCharacteristic::new("2a19", READ | NOTIFY, [100]);
    Ok(BlePeer::new(address)
        .advertising(advertisement, [])
        .with_service(BleService::new("180f", vec![level])))
}

fn central(text: &str) -> Result<BlePeer, String> {
    let Mac(address) = text.parse()?;
    Ok(BlePeer::new(address))
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use clap::Parser;

    #[test]
    fn access_points_differ() {
        let options = Options::parse_from([
            "atwifi-simulator",
            "--tcp=127.0.0.1:0",
            "--hidden-ap=attic:secret99",
            "--ap=home:secret99",
            "--ap=guests",
        ]);
        let [home, guests, attic] = &options.config().unwrap().access_points[..] else {
            panic!("not three");
        };
        assert_eq!((&home.ssid[..], home.hidden), (&b"home"[..], false));
        assert_eq!((&guests.ssid[..], guests.hidden), (&b"guests"[..], false));
        assert_eq!((&attic.ssid[..], attic.hidden), (&b"attic"[..], true));
        assert_eq!(home.bssid[5] + 1, guests.bssid[5]);
        assert_ne!(guests.channel, attic.channel);
        assert!(home.rssi > guests.rssi && guests.rssi > attic.rssi);
    }

    #[test]
    fn addresses_are_understood() {
        let options = |argument: &str| {
            Options::try_parse_from(["atwifi-simulator", "--tcp=127.0.0.1:0", argument])
        };
        let surroundings = options("--ble-peer=02:00:00:00:00:0a=thermometer")
            .unwrap()
            .surroundings;
        assert_eq!(surroundings.ble_peers().len(), 1);
        assert!(!surroundings.are_alive());
        assert!(
            options("--station=02:00:00:00:00:0a")
                .unwrap()
                .surroundings
                .are_alive()
        );
        for bad in [
            "--station=02:00",
            "--station=02:00:00:00:00:0g",
            "--ble-central=nobody",
            "--ble-peer=02:00:00:00:00:0a=a name that is much too long",
        ] {
            assert!(options(bad).is_err(), "{bad}");
        }
    }
}
