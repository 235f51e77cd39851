//! Yours: the access point and the servers. Change them here, or name them when you build:
//!
//! ```sh
//! WIFI_SSID=home WIFI_PASSWORD=secret99 cargo run --release --bin join
//! ```

/// The access point.
pub const SSID: &str = or(option_env!("WIFI_SSID"), "home");
/// Its password; empty for an open network.
pub const PASSWORD: &str = or(option_env!("WIFI_PASSWORD"), "password");

/// The web server that `http_get` asks.
pub const HTTP_HOST: &str = or(option_env!("HTTP_HOST"), "example.com");
/// Its port.
pub const HTTP_PORT: u16 = number(option_env!("HTTP_PORT"), 80);
/// The image on it that `update` fetches: one of ST's files for its mission profile T01.
pub const UPDATE_PATH: &str = or(option_env!("UPDATE_PATH"), "/st67w611m_mission_t01.xz.ota");

/// The broker of `mqtt` and `mqtt_module`.
pub const MQTT_HOST: &str = or(option_env!("MQTT_HOST"), "test.mosquitto.org");
/// Its port.
pub const MQTT_PORT: u16 = number(option_env!("MQTT_PORT"), 1883);

/// The time server of `udp_time`.
pub const NTP_HOST: &str = or(option_env!("NTP_HOST"), "pool.ntp.org");
/// Its port.
pub const NTP_PORT: u16 = number(option_env!("NTP_PORT"), 123);

/// The server that `tls_get` asks through TLS.
pub const TLS_SERVER: (&str, u16) = (
    or(option_env!("TLS_HOST"), "valid-isrgrootx1.letsencrypt.org"),
    number(option_env!("TLS_PORT"), 443),
);
/// The authority that has signed its certificate, in PEM or DER.
pub const TLS_CA: &[u8] = match option_env!("TLS_CA") {
    Some(pem) => pem.as_bytes(),
    None => include_bytes!("isrg_root_x1.pem"),
};
/// A server with a certificate of another authority's.
pub const TLS_STRANGER: (&str, u16) = (
    or(option_env!("TLS_STRANGER_HOST"), "self-signed.badssl.com"),
    number(option_env!("TLS_STRANGER_PORT"), 443),
);
/// A server whose certificate has expired.
pub const TLS_EXPIRED: (&str, u16) = (
    or(option_env!("TLS_EXPIRED_HOST"), "expired.badssl.com"),
    number(option_env!("TLS_EXPIRED_PORT"), 443),
);

/// The port on which `tcp_server` and `selftest` listen.
pub const ECHO_PORT: u16 = number(option_env!("ECHO_PORT"), 7);

/// Where the peer of `selftest` runs: the address of a computer in the network. Empty: nowhere.
pub const PEER: (&str, u16) = (
    or(option_env!("PEER_HOST"), ""),
    number(option_env!("PEER_PORT"), 6711),
);

/// The access point of `setup_page`.
pub const SETUP_SSID: &str = or(option_env!("SETUP_SSID"), "set me up");
/// Its password; empty for an open network.
pub const SETUP_PASSWORD: &str = or(option_env!("SETUP_PASSWORD"), "");
/// The port of its page.
pub const SETUP_HTTP_PORT: u16 = number(option_env!("SETUP_HTTP_PORT"), 80);
/// The port of its names.
pub const SETUP_DNS_PORT: u16 = number(option_env!("SETUP_DNS_PORT"), 53);

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
