//! Yours: the access point and the broker. Change them here, or name them when you build:
//!
//! ```sh
//! WIFI_SSID=home WIFI_PASSWORD=secret99 cargo run --release --bin lamp
//! ```

/// The access point.
pub const SSID: &str = or(option_env!("WIFI_SSID"), "home");
/// Its password; empty for an open network.
pub const PASSWORD: &str = or(option_env!("WIFI_PASSWORD"), "password");

/// The broker that tells the lamp how fast to blink.
pub const MQTT_HOST: &str = or(option_env!("MQTT_HOST"), "test.mosquitto.org");
/// Its port.
pub const MQTT_PORT: u16 = number(option_env!("MQTT_PORT"), 1883);

/// The port whose datagrams go back to who has sent them.
pub const ECHO_PORT: u16 = number(option_env!("ECHO_PORT"), 7);

/// The bit rate that the module has after a reset.
pub const BAUD: u32 = if cfg!(feature = "microchip") {
    230_400
} else {
    2_000_000
};

const fn or(set: Option<&'static str>, default: &'static str) -> &'static str {
    match set {
        Some(set) => set,
        None => default,
    }
}

const fn number(set: Option<&str>, default: u16) -> u16 {
    let Some(set) = set else { return default };
    match u16::from_str_radix(set, 10) {
        Ok(number) => number,
        Err(_) => panic!("a port is a number up to 65535"),
    }
}
