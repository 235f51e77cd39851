//! Where TCP/IP of the firmware and of the reference differ.

use std::net::Ipv4Addr;
use std::time::Duration;

/// Name servers that the module has of its own.
pub(in crate::st67) const NAME_SERVERS: [Ipv4Addr; 3] = [
    Ipv4Addr::new(208, 67, 222, 222),
    Ipv4Addr::new(8, 8, 8, 8),
    Ipv4Addr::UNSPECIFIED,
];

/// The spellings, limits and habits of one firmware.
#[derive(Debug)]
pub(in crate::st67) struct Variant {
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
    /// `AT+PING` is answered with `OK` first.
    pub pings_after_ok: bool,
    /// A payload for a link that has gone is answered with `ERROR`.
    pub send_can_fail: bool,
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
}

pub(in crate::st67) const FW_2_0_75: Variant = Variant {
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
    pings_after_ok: true,
    send_can_fail: false,
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
};

/// Wire notes 2 and 11: time-outs, and servers over IPv6.
pub(in crate::st67) const FW_2_0_97: Variant = Variant {
    ping_arguments: 5,
    waits_for_tls_for_ever: false,
    serves_datagrams_over_ipv6: true,
    ..FW_2_0_75
};

/// Wire notes 1: what was not announced is not sent.
pub(in crate::st67) const FW_2_0_106: Variant = Variant {
    sends_excess: false,
    ..FW_2_0_97
};

pub(in crate::st67) const REFERENCE: Variant = Variant {
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
    pings_after_ok: false,
    send_can_fail: true,
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
};
