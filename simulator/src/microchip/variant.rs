//! Where the two firmwares and the reference differ.

use super::status::Status;
use crate::Profile;

/// Whose datagrams a socket takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepts {
    Anybody,
    /// Those from the port that it sends to, and from the address from which the first has come.
    Port,
    /// Those from the address and the port that it sends to.
    Peer,
    /// Anybody's that are sent to its group.
    Group,
}

/// The spellings, limits and habits of one firmware.
#[derive(Debug)]
pub(super) struct Variant {
    /// Stands in front of an event unless a command is being executed.
    pub event_lead: &'static str,
    /// With the echo on, `>` follows each answer and each event.
    pub prompts: bool,
    /// What is said once the module has booted.
    pub banner: &'static str,
    /// Format of the status line until `ATV` sets another.
    pub verbosity: u8,
    /// What stands in front of `#` and of the status behind binary data.
    pub binary_lead: &'static str,
    /// Between the name and the value of an identification.
    pub identity_separator: char,
    pub model: &'static str,
    /// What `AT+GMR` tells.
    pub revision: &'static str,
    /// `AT+CFG` tells the address of the module.
    pub tells_address: bool,
    /// A scan tells of an access point however it is protected; otherwise, only of those that can be
    /// joined.
    pub tells_any_protection: bool,
    /// What `AT+IPR` tells; none if there is no such command.
    pub baud: Option<u32>,
    /// Room for a command line.
    pub line_buffer: usize,
    /// `+WSTALU`, `+WSTAAIP` and `+WSTALD` carry the number of the association.
    pub association_ids: bool,
    /// A failure to join, or to look a name up, is told by an event of its own.
    pub error_events: bool,
    /// Setting a text to nothing is answered with an error, though it is done.
    pub empty_text_fails: bool,
    /// `AT+WSTAC` prints its rows without `+`.
    pub bare_dump: bool,
    /// Security types that `AT+WSTA=1` accepts.
    pub security_types: &'static [i64],
    /// An access point that is on is started again by `AT+WAP=1`, and `AT+WAP=0` finds out that none is
    /// on when it is to be stopped; otherwise both are not permitted.
    pub restarts_soft_ap: bool,
    /// `AT+WPROV=1` is answered once after each start only.
    pub provisions_once: bool,
    /// Whoever provisions the module is answered; otherwise the host hears how its commands are, and
    /// the end of provisioning comes before that of the command.
    pub answers_provisioner: bool,
    /// Socket ids begin with the uptime in milliseconds; otherwise with 1.
    pub large_ids: bool,
    /// A connection that fails takes its socket along, and a refusal is told of when the time for
    /// an answer is over; otherwise the socket stays, and a refusal is told of at once.
    pub failure_frees: bool,
    /// The text of `+SOCKERR` is in quotes.
    pub quoted_errors: bool,
    /// `+SOCKCL` tells of each connection that is lost with the access point.
    pub tells_lost_connections: bool,
    /// What happens on a socket while binary data goes in or out is not told and mostly missed.
    pub deaf_in_binary: bool,
    /// A socket that is not connected refuses a write at once; otherwise it takes the data and
    /// loses it.
    pub refuses_unconnected: bool,
    /// A connection that the peer breaks off takes its socket along.
    pub reset_frees: bool,
    /// The socket keeps the buffered data of a connection that has been told of as closed, but
    /// forgets what it has announced.
    pub forgets_announcement: bool,
    /// `AT+SOCKRD` as text cuts the data into rows of this size.
    pub text_row: usize,
    /// Between the head of a binary read and `#`, and between the data and the status.
    pub read_separators: (&'static str, &'static str),
    /// The largest length that `AT+SOCKWR` takes, if it checks.
    pub longest_write: Option<i64>,
    /// Binary data without a length is left through `+++` and a pause; otherwise through `+++`.
    pub guarded_escape: bool,
    /// `AT+SOCKLST` tells the ports that the stack has chosen; otherwise 0.
    pub tells_own_ports: bool,
    /// Each datagram is told of as it comes unless one has been told of, and what is left of it
    /// stays; otherwise the next one is told of once the one before has been read, in whole or in
    /// part.
    pub tells_datagrams_as_they_come: bool,
    /// Whose datagrams a socket takes that is bound to a peer.
    pub accepts_of_client: Accepts,
    /// A socket for datagrams must be bound, and the first peer it has sent to is that of binary
    /// data and of `AT+SOCKWR` ever after.
    pub keeps_first_peer: bool,
    /// `AT+SOCKWR` on a socket for datagrams without a peer is answered with this.
    pub no_destination: Status,
    /// The children of a socket that listens take their slots when it begins to listen, are used
    /// again, and are closed with it; otherwise each is a socket like any other.
    pub keeps_children: bool,
    /// A child whose peer has closed waits for the next one at once; otherwise when it has been
    /// closed as well.
    pub children_return: bool,
    /// TLS uses the first configuration, whichever is asked for.
    pub first_tls_only: bool,
    /// TLS goes on without a certificate that is not there, even if that was to verify the server.
    pub forgives_missing_certificates: bool,
    /// `AT+SOCKTLS` finds what `AT+LOADCERT` has loaded. The firmware looks into its own image alone, and what
    /// is loaded serves its MQTT client.
    pub finds_loaded_certificates: bool,
    /// The certificate of the server must be for the name in the configuration.
    pub verifies_server_name: bool,
    /// `AT+TLSC` does not tell the password of the key.
    pub hides_key_password: bool,
    /// `+LOADCERT` stands for the status of `AT+LOADCERT`; otherwise it is an event behind that.
    pub loads_without_status: bool,
    /// Stands between the type and the length in `+READCERT`.
    pub certificate_space: &'static str,
    /// `AT+READCERT=4` tells the certificate of the signer.
    pub reads_signer: bool,
    /// What `AT+READCERT` of any other type is answered with.
    pub unknown_certificate: Status,
    /// `AT+PING` takes the IP version.
    pub pings_versions: bool,
    /// `AT+MQTTC` has a password, which is never sent, and a keep-alive time.
    pub extended_mqtt: bool,
    /// The keep-alive time of `AT+MQTTC` is that of the connection.
    pub mqtt_keep_alive: bool,
    /// Whatever the broker has against the client, or if it does not answer, this is told of it;
    /// otherwise, its return code.
    pub mqtt_refusal: Option<&'static str>,
    /// An acknowledgement that does not come ends the connection.
    pub mqtt_timeout_ends: bool,
    /// What is told of a message that is delivered exactly once.
    pub mqtt_complete: &'static str,
    /// Topics that can be subscribed. What goes beyond is not asked for, and nothing is told of it.
    pub mqtt_topics: usize,
    /// `AT+MQTTDISCONN` takes a reason.
    pub mqtt_reasons: bool,
    /// Record type in `+DNSRESOLV`, whatever was asked for; none tells what was asked for.
    pub record_type: Option<i64>,
    /// A name that has been looked up is answered at once; otherwise, it is looked up anew.
    pub remembers_names: bool,
    /// `AT+DNSRESOLV` knows IPv6 addresses.
    pub resolves_ipv6: bool,
}

const FW_0_2_0: Variant = Variant {
    revision: "\"0.2.0\"",
    baud: Some(0),
    line_buffer: 256,
    security_types: &[0, 2, 3, 4, 5],
    deaf_in_binary: false,
    refuses_unconnected: false,
    reset_frees: true,
    forgets_announcement: false,
    no_destination: Status::NO_DESTINATION,
    children_return: false,
    // It came with 0.3.1 (wire notes 12).
    reads_signer: false,
    mqtt_keep_alive: false,
    ..FW_0_3_2
};

const FW_0_3_2: Variant = Variant {
    event_lead: "\r",
    prompts: true,
    banner: "\r\nOK\r\n",
    verbosity: 5,
    binary_lead: "\r\n",
    identity_separator: '=',
    model: "\"PIC32MZW1\"",
    revision: "\"0.3.2\"",
    tells_address: true,
    tells_any_protection: false,
    baud: Some(230_400),
    line_buffer: 512,
    association_ids: false,
    error_events: false,
    empty_text_fails: true,
    bare_dump: true,
    // WPA3 is not compiled in.
    security_types: &[0, 2, 3],
    restarts_soft_ap: true,
    provisions_once: true,
    answers_provisioner: false,
    large_ids: true,
    failure_frees: true,
    quoted_errors: false,
    tells_lost_connections: false,
    deaf_in_binary: true,
    refuses_unconnected: true,
    reset_frees: false,
    forgets_announcement: true,
    text_row: 128,
    read_separators: ("\r\n", ""),
    longest_write: None,
    guarded_escape: true,
    tells_own_ports: false,
    tells_datagrams_as_they_come: true,
    accepts_of_client: Accepts::Port,
    keeps_first_peer: true,
    no_destination: Status::NO_SUCH_SOCKET,
    keeps_children: true,
    children_return: true,
    first_tls_only: true,
    forgives_missing_certificates: true,
    finds_loaded_certificates: false,
    verifies_server_name: false,
    hides_key_password: true,
    loads_without_status: true,
    certificate_space: " ",
    reads_signer: true,
    unknown_certificate: Status::GENERAL_ERROR,
    extended_mqtt: true,
    mqtt_keep_alive: true,
    mqtt_refusal: Some("1,1"),
    mqtt_timeout_ends: true,
    mqtt_complete: "+MQTTPUBACC",
    mqtt_topics: 4,
    mqtt_reasons: false,
    pings_versions: false,
    record_type: Some(0),
    remembers_names: true,
    resolves_ipv6: false,
};

const REFERENCE: Variant = Variant {
    event_lead: "",
    prompts: false,
    banner: "OK\r\n",
    verbosity: 3,
    binary_lead: "",
    identity_separator: ':',
    model: "\"WINC1500\"",
    revision: "\"15x0\",\"19.6.1\",\"19.6.1\",\"19.5.3\"",
    tells_address: false,
    tells_any_protection: true,
    baud: None,
    line_buffer: 512,
    association_ids: true,
    error_events: true,
    empty_text_fails: false,
    bare_dump: false,
    security_types: &[0, 1, 2, 3, 4, 5],
    restarts_soft_ap: false,
    provisions_once: false,
    answers_provisioner: true,
    large_ids: false,
    failure_frees: false,
    quoted_errors: true,
    tells_lost_connections: true,
    deaf_in_binary: false,
    refuses_unconnected: true,
    reset_frees: false,
    forgets_announcement: false,
    text_row: usize::MAX,
    read_separators: ("", "\r\n"),
    longest_write: Some(1500),
    guarded_escape: false,
    tells_own_ports: true,
    tells_datagrams_as_they_come: false,
    accepts_of_client: Accepts::Peer,
    keeps_first_peer: false,
    no_destination: Status::NO_DESTINATION,
    keeps_children: false,
    children_return: false,
    first_tls_only: false,
    forgives_missing_certificates: false,
    finds_loaded_certificates: true,
    verifies_server_name: true,
    hides_key_password: false,
    loads_without_status: false,
    certificate_space: "",
    reads_signer: false,
    unknown_certificate: Status::INVALID_PARAMETER,
    extended_mqtt: false,
    mqtt_keep_alive: false,
    mqtt_refusal: None,
    mqtt_timeout_ends: false,
    mqtt_complete: "+MQTTPUBCOMP",
    mqtt_topics: usize::MAX,
    mqtt_reasons: true,
    pings_versions: true,
    record_type: None,
    remembers_names: false,
    resolves_ipv6: true,
};

impl Variant {
    pub fn of(profile: Profile) -> &'static Variant {
        match profile {
            Profile::MicrochipFw0_2_0 => &FW_0_2_0,
            Profile::MicrochipFw0_3_2 => &FW_0_3_2,
            _ => &REFERENCE,
        }
    }
}
