//! What `AT+WSTAC` sets.

use std::net::Ipv4Addr;

use crate::microchip::settings::{Settings, Value};

/// The settings of the station.
#[derive(Debug)]
pub(in crate::microchip) struct StationSettings(pub Settings);

impl Default for StationSettings {
    fn default() -> Self {
        let address = || Value::Address(Ipv4Addr::UNSPECIFIED);
        StationSettings(Settings::new([
            (1, Value::text(32)),
            (2, Value::Integer(0)),
            (3, Value::text(128)),
            (4, Value::Integer(StationSettings::ANY_CHANNEL)),
            (5, Value::text(6)),
            (6, address()),
            (7, address()),
            (8, address()),
            (9, address()),
            (10, address()),
            (11, Value::Switch(true)),
            (12, Value::text(128)),
            (13, Value::Switch(false)),
            (14, Value::Switch(true)),
            (15, Value::Switch(false)),
        ]))
    }
}

impl StationSettings {
    /// Any channel.
    pub const ANY_CHANNEL: i64 = 255;

    pub fn ssid(&self) -> &[u8] {
        self.0.text(1)
    }

    pub fn security(&self) -> i64 {
        self.0.integer(2)
    }

    pub fn credentials(&self) -> &[u8] {
        self.0.text(3)
    }

    pub fn channel(&self) -> i64 {
        self.0.integer(4)
    }

    pub fn address(&self) -> Ipv4Addr {
        self.0.address(6)
    }

    pub fn dhcp(&self) -> bool {
        self.0.integer(11) == 1
    }

    /// The time is asked for once the station has its address. The simulated networks name no
    /// server of their own.
    pub fn asks_for_time(&self) -> bool {
        self.0.integer(13) == 1 && self.0.integer(14) == 1
    }
}
