//! What commands set: in RAM until the next reset, in flash beyond it.

use std::net::Ipv4Addr;

use super::St67;
use super::ble::Bond;
use super::net::dial::SavedLink;
use super::net::link::LINKS;
use super::net::names::Dns;
use super::net::ssl::{Ssl, SslFiles, SslLinks};
use super::variant::Variant;
use super::wifi::radio::Antennas;
use super::wifi::scan::ScanOptions;
use super::wifi::soft_ap::{Leases, SoftAp};
use super::wifi::station::Credentials;

/// What survives a reset.
#[derive(Clone, Debug)]
pub(super) struct Flash {
    pub kept: Kept,
    pub credentials: Option<Credentials>,
    /// `AT+BLENAME`, if it was set.
    pub ble_name: Option<Vec<u8>>,
    /// The Bluetooth LE devices that the module is bonded with.
    pub bonds: Vec<Bond>,
    /// `AT+CWAUTOCONN`: join by itself when switched on.
    pub auto_join: bool,
    /// `AT+SAVETRANSLINK`: begin in passthrough mode when switched on.
    pub saved_link: Option<SavedLink>,
}

/// What a command sets in flash as well while `AT+SYSSTORE=1`.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// `AT+SYSMSG`.
    pub system_messages: i64,
    /// `AT+CWMODE`: 0 off, 1 station, 2 access point, 3 both.
    pub mode: i64,
    /// `AT+CWRECONNCFG`: seconds between attempts, and how many.
    pub reconnect: (i64, i64),
    /// `AT+CWLAPOPT`.
    pub scan: ScanOptions,
    /// `AT+CWSAP`, if it was set.
    pub soft_ap: Option<SoftAp>,
    /// `AT+CWDHCP` of the station.
    pub station_dhcp: bool,
    /// `AT+CWDHCP` of the access point.
    pub soft_ap_dhcp: bool,
    /// `AT+CWDHCPS`.
    pub leases: Leases,
    /// `AT+CIPSTAMAC` and `AT+CIPAPMAC`, if one was set.
    pub mac: Option<[u8; 6]>,
    /// `AT+CIPSTA`, if it was set by hand: address, gateway, mask.
    pub fixed_address: Option<[Ipv4Addr; 3]>,
    /// `AT+CIPAP`: address, gateway, mask.
    pub soft_ap_address: [Ipv4Addr; 3],
    /// `AT+CWHOSTNAME`.
    pub host_name: Vec<u8>,
    /// `AT+CWCOUNTRY`: policy and code.
    pub country: (i64, Vec<u8>),
    /// `AT+CWSTAPROTO`.
    pub station_protocols: i64,
    /// `AT+CWAPPROTO`.
    pub soft_ap_protocols: i64,
    /// `AT+CWANTENABLE`.
    pub antennas: Antennas,
    /// `AT+CIPV6`.
    pub ipv6: bool,
    /// `AT+CIPDNS`, if it was set.
    pub dns: Option<Dns>,
    /// `AT+CIPTCPOPT` of each link: linger, no delay, send timeout, keep-alive.
    pub tcp_options: [[i64; 4]; LINKS],
    /// `AT+CIPRECONNINTV`, in tenths of a second.
    pub link_pause: i64,
    /// `AT+CIPSSLCCONF` of each link.
    pub ssl: [SslFiles; LINKS],
}

impl Default for Kept {
    fn default() -> Self {
        let gateway = Ipv4Addr::new(192, 168, 4, 1);
        Kept {
            system_messages: 0,
            mode: 0,
            reconnect: (0, 0),
            scan: ScanOptions::default(),
            soft_ap: None,
            station_dhcp: true,
            soft_ap_dhcp: true,
            leases: Leases::default(),
            mac: None,
            fixed_address: None,
            soft_ap_address: [gateway, gateway, Ipv4Addr::new(255, 255, 255, 0)],
            host_name: b"qcc74xWlan".to_vec(),
            country: (1, b"00".to_vec()),
            station_protocols: 0xf,
            soft_ap_protocols: 0xf,
            antennas: Antennas::default(),
            ipv6: false,
            dns: None,
            tcp_options: [[-1, 0, 0, 0]; LINKS],
            link_pause: 1,
            ssl: Default::default(),
        }
    }
}

impl Default for Flash {
    fn default() -> Self {
        Flash {
            kept: Kept::default(),
            credentials: None,
            ble_name: None,
            bonds: Vec::new(),
            auto_join: true,
            saved_link: None,
        }
    }
}

/// What a reset restores.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub kept: Kept,
    pub echo: bool,
    /// `AT+SYSSTORE`.
    pub store: bool,
    /// `AT+SYSLOG`.
    pub error_codes: i64,
    /// `AT+FAKEOUTPUT`: nothing is said to the host.
    pub silent: bool,
    /// `AT+WIFISP`.
    pub radio: bool,
    /// `AT+CWANTENABLE` when the module was switched on.
    pub antennas: Antennas,
    /// `AT+CWANT`.
    pub antenna: i64,
    /// `AT+CWEVT`.
    pub wifi_events: u8,
    /// `AT+CIPEVT`.
    pub link_events: u8,
    /// `AT+CIPMUX`.
    pub multiple: bool,
    /// `AT+CIPRECVMODE`.
    pub passive: bool,
    /// `AT+CIPDINFO`.
    pub remote_in_ipd: bool,
    /// The name servers that are asked.
    pub name_servers: [Ipv4Addr; 3],
    /// `AT+CIPSERVERMAXCONN`.
    pub most_peers: i64,
    /// `AT+CIPSTO`, in seconds.
    pub server_timeout: i64,
    /// `AT+CIPSENDLCFG`: how much is reported and sent at once.
    pub long_sends: (usize, usize),
    /// `AT+CIPSSLC...` of each link.
    pub ssl: SslLinks,
}

impl Settings {
    pub fn new(flash: &Flash, variant: &Variant) -> Self {
        let error_codes = if variant.basic.shares_messages {
            flash.kept.system_messages
        } else {
            0
        };
        Settings {
            error_codes,
            silent: false,
            kept: flash.kept.clone(),
            echo: false,
            store: true,
            radio: true,
            antennas: flash.kept.antennas,
            antenna: 0,
            wifi_events: 1,
            link_events: 1,
            multiple: false,
            passive: false,
            remote_in_ipd: false,
            name_servers: flash
                .kept
                .dns
                .map_or(variant.net.name_servers, |dns| dns.servers),
            most_peers: 5,
            server_timeout: 0,
            long_sends: (1024, 2920),
            ssl: flash.kept.ssl.each_ref().map(Ssl::restored),
        }
    }

    pub fn is_station(&self) -> bool {
        matches!(self.kept.mode, 1 | 3)
    }

    pub fn is_soft_ap(&self) -> bool {
        matches!(self.kept.mode, 2 | 3)
    }

    /// `AT+CIPEVT`: tell what comes and goes on the links.
    pub fn tells_links(&self) -> bool {
        self.link_events != 0
    }

    /// `AT+SYSMSG` bit 1: tell connections in detail.
    pub fn detailed_links(&self) -> bool {
        self.kept.system_messages & 2 != 0
    }
}

impl St67 {
    /// Changes a setting, in flash as well while `AT+SYSSTORE=1`.
    pub(super) fn keep(&mut self, change: impl Fn(&mut Kept)) {
        change(&mut self.settings.kept);
        if self.settings.store {
            change(&mut self.flash.kept);
        }
    }

    /// Changes a setting that the firmware keeps, though the reference does not say so.
    pub(super) fn keep_if_firmware(&mut self, change: impl Fn(&mut Kept)) {
        let Variant { keeps_more, .. } = self.variant;
        change(&mut self.settings.kept);
        if self.settings.store && *keeps_more {
            change(&mut self.flash.kept);
        }
    }
}
