//! Where Wi-Fi of the firmware and of the reference differ.

use std::ops::RangeInclusive;

/// The spellings, limits and habits of one firmware.
#[derive(Debug)]
pub(in crate::st67) struct Variant {
    /// `AT+CWJAP` is answered when the station has its address; otherwise soon.
    pub joins_before_ok: bool,
    /// `AT+CWQAP` tells events before `OK`.
    pub leaves_with_events: bool,
    /// `AT+CWLAP` is answered with `OK` first, then rows in parentheses; otherwise rows, then `OK`.
    pub scans_after_ok: bool,
    /// The arguments that `AT+CWJAP` takes at most.
    pub join_arguments: usize,
    /// What `AT+CWJAP` takes for the listen interval, the scan mode and the time-out.
    pub join_ranges: [RangeInclusive<i64>; 3],
    /// `AT+CWJAP` joins the last network if it names none; otherwise it does nothing without
    /// arguments, and must name one.
    pub joins_again: bool,
    /// `AT+CWMODE` that makes it a station begins to join before it is answered, whenever the
    /// station has not joined.
    pub joins_with_mode: bool,
    /// `AT+CWQAP` works only while the module is a station.
    pub leaves_as_station: bool,
    /// `AT+CWSTATE?` names the network only while the station has joined it or tries to, and a
    /// station that has not joined is a disconnected one.
    pub names_only_joined: bool,
    /// `AT+CWSTATE?` tells encryption and protocol as well.
    pub tells_security: bool,
    /// `AT+CWLAP` forgets the SSID and the MAC address that it looks for before it has found
    /// anything, and the channel never.
    pub scans_all: bool,
    /// What a command leaves out stays as it was; otherwise it takes its default.
    pub keeps_omitted: bool,
    /// Largest `<authmode mask>` of `AT+CWLAPOPT`.
    pub encryption_mask: i64,
    /// Default of `<max conn>` of `AT+CWSAP`.
    pub most_stations: i64,
    /// The events of the access point print quotes.
    pub quotes_stations: bool,
    /// Behind the name in the answer to `AT+CWDHCPS?`.
    pub leases_separator: char,
    /// `AT+CWDHCPS` works only while the module is an access point with DHCP.
    pub leases_need_soft_ap: bool,
    /// `AT+CIPAP` switches DHCP of the access point off.
    pub soft_ap_address_stops_dhcp: bool,
    /// In front of the answer to `AT+CWDHCP?`.
    pub dhcp_row: &'static str,
    /// The arguments that `AT+CIPSTA` takes at most.
    pub address_arguments: usize,
    /// `AT+CWHOSTNAME` works only while the module is a station.
    pub host_name_needs_station: bool,
    /// `AT+CWHOSTNAME?` prints quotes.
    pub quotes_host_name: bool,
    /// Longest name of the station.
    pub longest_host_name: usize,
    /// Any other country than those it knows is refused.
    pub knows_countries: bool,
    /// In monitor mode, the date stands in front of a frame and nothing else.
    pub dates_frames: bool,
    /// Each of the Wi-Fi protocols includes those that are older.
    pub adds_older_protocols: bool,
    /// `AT+CWANTENABLE` has no effect before a restart.
    pub antennas_wait: bool,
}

pub(in crate::st67) const FW_2_0_75: Variant = Variant {
    joins_before_ok: false,
    leaves_with_events: true,
    scans_after_ok: true,
    join_arguments: 7,
    join_ranges: [1..=100, 0..=1, 3..=600],
    joins_again: false,
    joins_with_mode: true,
    leaves_as_station: true,
    names_only_joined: true,
    tells_security: false,
    scans_all: true,
    keeps_omitted: true,
    encryption_mask: 0xff,
    most_stations: 10,
    quotes_stations: true,
    leases_separator: ':',
    leases_need_soft_ap: false,
    soft_ap_address_stops_dhcp: false,
    dhcp_row: "+CWDHCP:",
    address_arguments: 3,
    host_name_needs_station: false,
    quotes_host_name: false,
    longest_host_name: 27,
    knows_countries: true,
    dates_frames: true,
    adds_older_protocols: true,
    antennas_wait: true,
};

/// Wire notes 7: what is told of the access point.
pub(in crate::st67) const FW_2_0_97: Variant = Variant {
    tells_security: true,
    ..FW_2_0_75
};

pub(in crate::st67) const REFERENCE: Variant = Variant {
    joins_before_ok: true,
    leaves_with_events: false,
    scans_after_ok: false,
    join_arguments: 9,
    join_ranges: [0..=65_535, 0..=65_535, 0..=65_535],
    joins_again: true,
    joins_with_mode: false,
    leaves_as_station: false,
    names_only_joined: false,
    tells_security: false,
    scans_all: false,
    keeps_omitted: false,
    encryption_mask: 0xffff,
    most_stations: 4,
    quotes_stations: false,
    leases_separator: '=',
    leases_need_soft_ap: true,
    soft_ap_address_stops_dhcp: true,
    dhcp_row: "",
    address_arguments: 4,
    host_name_needs_station: true,
    quotes_host_name: true,
    longest_host_name: 32,
    knows_countries: false,
    dates_frames: false,
    adds_older_protocols: false,
    antennas_wait: false,
};
