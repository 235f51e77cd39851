//! Where the firmware and the reference of the ST67W611M1 differ.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::ble::variant as ble;
use super::mqtt::variant as mqtt;
use super::net::NAME_SERVERS;
use crate::Profile;

/// The spellings and limits of one firmware.
#[derive(Debug)]
pub(super) struct Variant {
    /// It is a firmware, and not the reference.
    pub is_firmware: bool,
    /// Stands in front of `OK`, `ERROR`, `ready` and the like.
    pub lead: &'static str,
    /// The version of its SDK.
    pub version: &'static str,
    /// `AT+SYSLOG` and `AT+SYSMSG` set one byte, which is kept.
    pub shares_messages: bool,
    /// `AT+FS` does not answer when a file cannot be created or removed.
    pub hides_file_failures: bool,
    /// Prompt of `AT+CIPSEND`, without the `OK` in front.
    pub prompt: &'static str,
    /// Prompt of `AT+CIPSENDEX`.
    pub prompt_ex: &'static str,
    /// Default size of a link's receive buffer.
    pub receive_buffer: usize,
    /// Largest size that `AT+CIPRECVDATA` takes; `None` is the size of the buffer.
    pub longest_read: Option<i64>,
    /// Largest length that `AT+CIPSEND` takes.
    pub longest_send: i64,
    /// Longest host name.
    pub longest_host: usize,
    /// `<ip network>` of `AT+CIPDOMAIN` if it is left out.
    pub ip_network: i64,
    /// Networks 1 and 3 of `AT+CIPDOMAIN` need `AT+CIPV6=1`.
    pub networks_need_ipv6: bool,
    /// A lookup that fails is answered with `(null)` instead of `ERROR`.
    pub null_address: bool,
    /// Name of the rows of `AT+CIPSTATE?`.
    pub state_row: &'static str,
    /// Separator in the IPv6 rows of `AT+CIFSR`.
    pub ip6_separator: char,
    /// `+IPD` in passive mode tells all that is buffered, and only once until it is read; otherwise
    /// each chunk that arrives.
    pub announces_total: bool,
    /// One full buffer keeps all links from receiving.
    pub stalls: bool,
    /// `AT+CIPCLOSE` is answered with `<id>,CLOSED` and no event; otherwise the event follows `OK`.
    pub says_closed: bool,
    /// `AT+CWJAP` is answered when the station has its address; otherwise soon.
    pub joins_before_ok: bool,
    /// `AT+CWQAP` tells events before `OK`.
    pub leaves_with_events: bool,
    /// `AT+CWLAP` is answered with `OK` first, then rows in parentheses; otherwise rows, then `OK`.
    pub scans_after_ok: bool,
    /// `AT+PING` is answered with `OK` first.
    pub pings_after_ok: bool,
    /// `AT+CIPEVT`, `AT+CWEVT` and `AT+CIPRECVBUF` print their name before `OK`.
    pub names_setting: bool,
    /// A payload for a link that has gone is answered with `ERROR`.
    pub send_can_fail: bool,
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
    /// `AT+GET_AP_DTIM?`, `AT+GET_TWT_SUPPORTED?` and `AT+TWT_STATUS?` exist.
    pub tells_beacons: bool,
    /// `AT+CWEVT` and `AT+CIPEVT` take any number, of which one byte is kept.
    pub takes_any_events: bool,
    /// `AT+CWLAP` forgets the SSID and the MAC address that it looks for before it has found
    /// anything, and the channel never.
    pub scans_all: bool,
    /// The arguments that `AT+CIPSTART` takes at most.
    pub start_arguments: usize,
    /// `AT+CIPSTART` for a link that is open is never answered.
    pub ignores_open_link: bool,
    /// Sockets are closed one after the other through a queue of one place, so that of those that a
    /// command closes, all but the last two are closed before it is answered.
    pub closes_through_queue: bool,
    /// `AT+CIPRECVMODE` does not care for a server without links.
    pub ignores_server: bool,
    /// A server for datagrams is possible.
    pub serves_datagrams: bool,
    /// A server for datagrams over IPv6 is possible.
    pub serves_datagrams_over_ipv6: bool,
    /// The name servers before they are set or DHCP has named one.
    pub name_servers: [Ipv4Addr; 3],
    /// DHCP names a server, and it is asked unless others are set by hand.
    pub asks_dhcp_for_name_server: bool,
    /// `AT+CIPSSLCALPN?` prints a comma in front of each protocol, even of the first.
    pub comma_before_protocols: bool,
    /// What `AT+CIPTCPOPT` says before something that it must not is set all the same.
    pub sets_options_one_by_one: bool,
    /// On a UART, backslashes in a payload of `AT+CIPSENDEX` are looked for anew whenever more of it
    /// has come, from where the last one was.
    pub unescapes_again: bool,
    /// `AT+CIPSENDL` that is complete still counts in the passthrough mode, which ends at once.
    pub remembers_long_send: bool,
    /// In passive mode datagrams are read one by one, and one that finds no room is lost; otherwise
    /// they run together in the buffer, and all links wait until there is room.
    pub keeps_datagrams: bool,
    /// `+IPD` in active mode tells who has sent a datagram; otherwise, who is the peer.
    pub tells_source: bool,
    /// The most that goes into one datagram; what is longer goes in several.
    pub longest_datagram: usize,
    /// `AT+CIPSEND` to another host makes that the peer, and opens a link that is not open;
    /// otherwise it is for this payload only.
    pub send_sets_peer: bool,
    /// The loss of the access point closes links for datagrams as well.
    pub closes_udp_with_station: bool,
    /// The port of `AT+CIPSERVER=1`, if there is one.
    pub server_port: Option<i64>,
    /// A server goes on with the `AT+CIPSTO` of the time when it was created.
    pub server_keeps_timeout: bool,
    /// By how much that time is exceeded.
    pub server_grace: Duration,
    /// Where the host sends frames, what stands in one behind the payload of `AT+CIPSEND` is sent
    /// with it; otherwise it is lost.
    pub sends_excess: bool,
    /// What the module sends starts that time anew; otherwise, only what it receives does.
    pub sending_keeps_link: bool,
    /// The `<timeout>` of `AT+CIPSTART` does not count for TLS.
    pub waits_for_tls_for_ever: bool,
    /// `AT+CIPSSLCCONF` must name the files that its mode needs, and keeps no other names.
    pub needs_ssl_files: bool,
    /// Where a file is not there, TLS goes on without it, even if that was to verify the server.
    pub forgives_missing_files: bool,
    /// `AT+CIPSSLCCONF?` tells modes 1 and 2 for each other.
    pub inverts_ssl_mode: bool,
    /// A query of `AT+CIPSSLC...` without an id tells of all links.
    pub queries_all_links: bool,
    /// `AT+CIPSSLCSNI?` prints quotes.
    pub quotes_ssl_name: bool,
    pub longest_ssl_name: usize,
    /// Protocols that can be offered.
    pub most_ssl_protocols: i64,
    /// Longest shared key, and longest hint.
    pub longest_ssl_key: usize,
    /// `<type>` is printed with its IP version.
    pub names_ip_version: bool,
    /// IPv6 addresses are printed in upper case.
    pub upper_case_ipv6: bool,
    /// What `AT+SYSSTORE=1` keeps is more than the reference says.
    pub keeps_more: bool,
    /// What a command leaves out stays as it was; otherwise it takes its default.
    pub keeps_omitted: bool,
    /// Efuses are read and written in words.
    pub aligns_efuses: bool,
    /// That an address is not in flash is found when the data are there.
    pub looks_at_address_late: bool,
    /// `+FLASH-R` tells how many bytes follow.
    pub counts_flash: bool,
    /// Prompt of `AT+EFUSE-W` and `AT+FLASH-W`.
    pub prompt_memory: &'static str,
    /// Behind the name in the rows of `AT+PART?`.
    pub partition_separator: char,
    /// `AT+IOIN` must name the pull.
    pub needs_pull: bool,
    /// `AT+IOIN=<pin>?` tells the level of the pin; otherwise its pull.
    pub reads_pins: bool,
    pub temperature: &'static str,
    /// An update is known by its header and checked.
    pub knows_images: bool,
    /// Largest length that `AT+OTASEND` takes.
    pub longest_update: i64,
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
    /// `AT+PWR=1` switches the module off, up to a timer or a pin.
    pub hibernates: bool,
    /// The passthrough mode needs a single link that is open, and active receiving.
    pub checks_passthrough: bool,
    /// In data mode, each piece that comes from the host is sent as it is; otherwise they run
    /// together until there is a pause.
    pub takes_frames: bool,
    /// `+CIPSENDL` tells each part, and the end.
    pub reports_each_part: bool,
    /// Fewest arguments of `AT+CIPSENDLCFG`, and the largest part.
    pub report_arguments: (usize, i64),
    /// `AT+SAVETRANSLINK=0` takes no more arguments.
    pub clears_link_alone: bool,
    /// The arguments that `AT+PING` takes at most; the last is how long an echo is waited for.
    pub ping_arguments: usize,
    /// `<count>` of `AT+PING`, if it is left out.
    pub echoes: i64,
    /// `AT+CIPDNS=1` with a server forgets all others and is nothing without, and `AT+CIPDNS=0` takes
    /// none.
    pub replaces_name_servers: bool,
    /// `AT+CIPSNTPCFG?` tells nothing of servers that are not asked, and setting it is not checked
    /// to the end.
    pub hides_disabled_servers: bool,
    /// `AT+CIPTCPOPT?` tells of all links even if there is only one, and no id stands for all.
    pub tells_all_tcp_options: bool,
    /// Pins that wake nobody are taken for good.
    pub ignores_bad_wake_pins: bool,
    /// `AT+TWT_PARAM` takes any numbers, and `AT+TWT_TEARDOWN` any flow.
    pub takes_any_schedule: bool,
    /// A new clock takes a restart, and one that is not there is ignored.
    pub clock_restarts: bool,
    /// The MQTT client.
    pub mqtt: mqtt::Variant,
    /// Bluetooth LE.
    pub ble: ble::Variant,
}

const FW_2_0_75: Variant = Variant {
    is_firmware: true,
    lead: "\r\n",
    version: "2.0.75",
    shares_messages: true,
    hides_file_failures: true,
    prompt: "\r\n>",
    prompt_ex: "\r\n>\r\n",
    receive_buffer: 4608,
    longest_read: None,
    longest_send: 6144,
    longest_host: 127,
    ip_network: 2,
    networks_need_ipv6: true,
    null_address: true,
    state_row: "+CIPSTATUS",
    ip6_separator: ':',
    announces_total: false,
    stalls: true,
    says_closed: false,
    joins_before_ok: false,
    leaves_with_events: true,
    scans_after_ok: true,
    pings_after_ok: true,
    names_setting: false,
    send_can_fail: false,
    join_arguments: 7,
    join_ranges: [1..=100, 0..=1, 3..=600],
    joins_again: false,
    joins_with_mode: true,
    leaves_as_station: true,
    names_only_joined: true,
    tells_security: false,
    tells_beacons: false,
    takes_any_events: true,
    scans_all: true,
    start_arguments: 7,
    ignores_open_link: true,
    closes_through_queue: true,
    ignores_server: true,
    serves_datagrams: true,
    serves_datagrams_over_ipv6: false,
    name_servers: [Ipv4Addr::UNSPECIFIED; 3],
    asks_dhcp_for_name_server: true,
    comma_before_protocols: true,
    sets_options_one_by_one: true,
    unescapes_again: true,
    remembers_long_send: true,
    keeps_datagrams: false,
    tells_source: false,
    longest_datagram: 1470,
    send_sets_peer: true,
    closes_udp_with_station: false,
    server_port: None,
    server_keeps_timeout: true,
    server_grace: Duration::from_secs(1),
    sends_excess: true,
    sending_keeps_link: false,
    waits_for_tls_for_ever: true,
    needs_ssl_files: true,
    forgives_missing_files: true,
    inverts_ssl_mode: true,
    queries_all_links: false,
    quotes_ssl_name: false,
    longest_ssl_name: 254,
    most_ssl_protocols: 6,
    longest_ssl_key: 31,
    names_ip_version: false,
    upper_case_ipv6: true,
    keeps_more: true,
    keeps_omitted: true,
    aligns_efuses: false,
    looks_at_address_late: true,
    counts_flash: true,
    prompt_memory: "",
    partition_separator: '=',
    needs_pull: true,
    reads_pins: true,
    temperature: "35.500000",
    knows_images: true,
    longest_update: 4096,
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
    hibernates: true,
    checks_passthrough: false,
    takes_frames: true,
    reports_each_part: false,
    report_arguments: (2, 65_535),
    clears_link_alone: true,
    ping_arguments: 4,
    echoes: 4,
    replaces_name_servers: true,
    hides_disabled_servers: true,
    tells_all_tcp_options: true,
    ignores_bad_wake_pins: true,
    takes_any_schedule: true,
    clock_restarts: true,
    mqtt: mqtt::FW_2_0_75,
    ble: ble::FW_2_0_75,
};

/// What is known to have changed since 2.0.75 (wire notes 4, 5 and 7).
const FW_2_0_89: Variant = Variant {
    version: "2.0.89",
    tells_beacons: true,
    mqtt: mqtt::FW_2_0_89,
    ble: ble::FW_2_0_89,
    ..FW_2_0_75
};

/// The same since 2.0.89 (wire notes 2, 4, 5 and 7).
const FW_2_0_97: Variant = Variant {
    version: "2.0.97",
    tells_security: true,
    ping_arguments: 5,
    waits_for_tls_for_ever: false,
    serves_datagrams_over_ipv6: true,
    mqtt: mqtt::FW_2_0_97,
    ble: ble::FW_2_0_97,
    ..FW_2_0_89
};

/// The same since 2.0.97 (wire notes 1 and 5).
const FW_2_0_106: Variant = Variant {
    version: "2.0.106",
    sends_excess: false,
    ble: ble::FW_2_0_106,
    ..FW_2_0_97
};

const REFERENCE: Variant = Variant {
    is_firmware: false,
    lead: "",
    version: "2.0.75",
    shares_messages: false,
    hides_file_failures: false,
    prompt: ">",
    prompt_ex: ">",
    receive_buffer: 2920,
    longest_read: Some(0x7fff_ffff),
    longest_send: 8192,
    longest_host: 64,
    ip_network: 1,
    networks_need_ipv6: false,
    null_address: false,
    state_row: "+CIPSTATE",
    ip6_separator: ',',
    announces_total: true,
    stalls: false,
    says_closed: true,
    joins_before_ok: true,
    leaves_with_events: false,
    scans_after_ok: false,
    pings_after_ok: false,
    names_setting: true,
    send_can_fail: true,
    join_arguments: 9,
    join_ranges: [0..=65_535, 0..=65_535, 0..=65_535],
    joins_again: true,
    joins_with_mode: false,
    leaves_as_station: false,
    names_only_joined: false,
    tells_security: false,
    tells_beacons: false,
    takes_any_events: false,
    scans_all: false,
    start_arguments: 9,
    ignores_open_link: false,
    closes_through_queue: false,
    ignores_server: false,
    serves_datagrams: false,
    serves_datagrams_over_ipv6: false,
    name_servers: NAME_SERVERS,
    asks_dhcp_for_name_server: false,
    comma_before_protocols: false,
    sets_options_one_by_one: false,
    unescapes_again: false,
    remembers_long_send: false,
    keeps_datagrams: true,
    tells_source: true,
    longest_datagram: usize::MAX,
    send_sets_peer: false,
    closes_udp_with_station: true,
    server_port: Some(333),
    server_keeps_timeout: false,
    server_grace: Duration::ZERO,
    sends_excess: false,
    sending_keeps_link: true,
    waits_for_tls_for_ever: false,
    needs_ssl_files: false,
    forgives_missing_files: false,
    inverts_ssl_mode: false,
    queries_all_links: true,
    quotes_ssl_name: true,
    longest_ssl_name: 64,
    most_ssl_protocols: 5,
    longest_ssl_key: 32,
    names_ip_version: true,
    upper_case_ipv6: false,
    keeps_more: false,
    keeps_omitted: false,
    aligns_efuses: true,
    looks_at_address_late: false,
    counts_flash: false,
    prompt_memory: ">",
    partition_separator: ':',
    needs_pull: false,
    reads_pins: false,
    temperature: "35",
    knows_images: false,
    longest_update: 148_408,
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
    hibernates: false,
    checks_passthrough: true,
    takes_frames: false,
    reports_each_part: true,
    report_arguments: (1, 1 << 20),
    clears_link_alone: false,
    ping_arguments: 4,
    echoes: 1,
    replaces_name_servers: false,
    hides_disabled_servers: false,
    tells_all_tcp_options: false,
    ignores_bad_wake_pins: false,
    takes_any_schedule: false,
    clock_restarts: false,
    mqtt: mqtt::REFERENCE,
    ble: ble::REFERENCE,
};

impl Variant {
    pub fn of(profile: Profile) -> &'static Variant {
        match profile {
            Profile::St67Fw2_0_75 => &FW_2_0_75,
            Profile::St67Fw2_0_89 => &FW_2_0_89,
            Profile::St67Fw2_0_97 => &FW_2_0_97,
            Profile::St67Fw2_0_106 => &FW_2_0_106,
            _ => &REFERENCE,
        }
    }
}
