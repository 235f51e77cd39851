//! What commands set: in RAM until the next reset, in flash beyond it.

use std::net::Ipv4Addr;

use super::link::LINKS;
use super::ssl::{Ssl, SslFiles, SslLinks};
use super::station::Credentials;

/// What survives a reset.
#[derive(Clone, Debug)]
pub(super) struct Flash {
    pub mode: i64,
    pub credentials: Option<Credentials>,
    /// `AT+CWAUTOCONN`: join by itself when switched on.
    pub auto_join: bool,
    pub system_messages: i64,
    /// `AT+CIPSSLCCONF` of each link.
    pub ssl: [SslFiles; LINKS],
}

impl Default for Flash {
    fn default() -> Self {
        Flash {
            mode: 0,
            credentials: None,
            auto_join: true,
            system_messages: 0,
            ssl: Default::default(),
        }
    }
}

/// What a reset restores.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub echo: bool,
    /// `AT+SYSLOG`.
    pub error_codes: bool,
    /// `AT+SYSMSG`.
    pub system_messages: i64,
    /// `AT+SYSSTORE`.
    pub store: bool,
    /// `AT+CWMODE`: 0 off, 1 station, 2 access point, 3 both.
    pub mode: i64,
    /// `AT+CWEVT`.
    pub wifi_events: bool,
    /// `AT+CIPEVT`.
    pub link_events: bool,
    /// `AT+CWRECONNCFG`: seconds between attempts, and how many.
    pub reconnect: (i64, i64),
    /// `AT+CIPMUX`.
    pub multiple: bool,
    /// `AT+CIPRECVMODE`.
    pub passive: bool,
    /// `AT+CIPDINFO`.
    pub remote_in_ipd: bool,
    /// `AT+CIPSERVERMAXCONN`.
    pub most_peers: i64,
    /// `AT+CIPSTO`, in seconds.
    pub server_timeout: i64,
    /// `AT+CIPSSLC...` of each link.
    pub ssl: SslLinks,
    /// `AT+CIPV6`.
    pub ipv6: bool,
    /// `AT+CIPDNS`, if it was set by hand.
    pub dns: Option<[Ipv4Addr; 3]>,
    /// `AT+CIPSTA`, if it was set by hand: address, gateway, mask.
    pub fixed_address: Option<[Ipv4Addr; 3]>,
    /// `AT+CIPSTAMAC`, if it was set.
    pub mac: Option<[u8; 6]>,
}

impl Settings {
    pub fn new(flash: &Flash) -> Self {
        Settings {
            echo: false,
            error_codes: false,
            system_messages: flash.system_messages,
            store: true,
            mode: flash.mode,
            wifi_events: true,
            link_events: true,
            reconnect: (0, 0),
            multiple: false,
            passive: false,
            remote_in_ipd: false,
            most_peers: 5,
            server_timeout: 0,
            ssl: flash.ssl.each_ref().map(Ssl::restored),
            ipv6: false,
            dns: None,
            fixed_address: None,
            mac: None,
        }
    }

    pub fn is_station(&self) -> bool {
        matches!(self.mode, 1 | 3)
    }

    /// `AT+SYSMSG` bit 1: tell connections in detail.
    pub fn detailed_links(&self) -> bool {
        self.system_messages & 2 != 0
    }
}
