//! Where Bluetooth LE of the firmware and of the reference differ.

/// The spellings and habits of one firmware.
#[derive(Debug)]
pub(in crate::st67) struct Variant {
    /// Stands around addresses and UUIDs.
    pub quote: &'static str,
    /// `AT+BLEINIT` can change the role; otherwise it must be given up before.
    pub changes_role: bool,
    /// Name of the rows of a scan.
    pub scan_row: &'static str,
    /// What an active scan brings stands in one row; otherwise in two.
    pub joins_scan_rows: bool,
    /// `AT+BLECONN` and `AT+BLEDISCONN` tell of their success under their own names; otherwise as
    /// the event does.
    pub names_connections: bool,
    /// `AT+BLECONN?` without a connection prints its name.
    pub names_no_connection: bool,
    /// That a connection has other parameters cannot be told before they have changed.
    pub parameters_come_late: bool,
    /// The length of packets is told of when it has changed.
    pub tells_data_length: bool,
    /// Connections that there can be.
    pub connections: usize,
    /// It can be client and server at once.
    pub both_roles: bool,
    /// The event that a connection has ended tells whether the peer has begun it, and a server says
    /// which connection it means.
    pub tells_roles: bool,
    /// `+BLE:NOTIDATA` tells the handle of the value.
    pub tells_value_handle: bool,
    /// Clients are sent nothing before they have subscribed.
    pub awaits_subscription: bool,
    /// The longest value of `AT+BLEGATTSRD`.
    pub longest_answer: i64,
    /// It advertises again when a connection ends.
    pub advertises_again: bool,
    /// `AT+BLEGATTSCHAR?` tells the permissions.
    pub tells_permissions: bool,
    /// `AT+BLEGATTSNTFY` says `OK` before its prompt.
    pub ok_before_notification: bool,
    /// How a value that was sent ends, and one that was not.
    pub value_results: [&'static str; 2],
    /// In front of what is discovered.
    pub service_row: &'static str,
    pub characteristic_row: &'static str,
    /// The properties of what is discovered are told in hexadecimal; otherwise in decimal, and as
    /// if there were no broadcasts.
    pub hexadecimal_properties: bool,
    /// `AT+BLEGATTCRD` tells the length of what it has read.
    pub tells_read: bool,
    /// The least length of a text of the device information.
    pub shortest_information: i64,
    /// In front of a bond, and its key.
    pub bond_row: &'static str,
}

pub(in crate::st67) const FW_2_0_75: Variant = Variant {
    quote: "\"",
    changes_role: false,
    scan_row: "+BLE:SCAN",
    joins_scan_rows: false,
    names_connections: false,
    names_no_connection: true,
    parameters_come_late: true,
    tells_data_length: true,
    connections: 2,
    both_roles: false,
    tells_roles: false,
    tells_value_handle: false,
    awaits_subscription: false,
    longest_answer: 244,
    advertises_again: true,
    tells_permissions: true,
    ok_before_notification: true,
    value_results: ["SEND OK", "SEND FAIL"],
    service_row: "+BLE:SRV:",
    characteristic_row: "+BLE:SRVCHAR:",
    hexadecimal_properties: true,
    tells_read: false,
    shortest_information: 1,
    bond_row: "+BLESECGETLTKLIST: BONDADDR",
};

/// Wire notes 5: the handle of a notification.
pub(in crate::st67) const FW_2_0_89: Variant = Variant {
    tells_value_handle: true,
    ..FW_2_0_75
};

/// Wire notes 5: both roles, ten connections.
pub(in crate::st67) const FW_2_0_97: Variant = Variant {
    connections: 10,
    both_roles: true,
    tells_roles: true,
    ..FW_2_0_89
};

/// Wire notes 5: what a host used to get without asking for it.
pub(in crate::st67) const FW_2_0_106: Variant = Variant {
    awaits_subscription: true,
    longest_answer: 240,
    advertises_again: false,
    ..FW_2_0_97
};

pub(in crate::st67) const REFERENCE: Variant = Variant {
    quote: "",
    changes_role: true,
    scan_row: "+BLESCAN",
    joins_scan_rows: true,
    names_connections: true,
    names_no_connection: false,
    parameters_come_late: false,
    tells_data_length: false,
    connections: 2,
    both_roles: false,
    tells_roles: false,
    tells_value_handle: false,
    awaits_subscription: false,
    longest_answer: 244,
    advertises_again: false,
    tells_permissions: false,
    ok_before_notification: false,
    value_results: ["OK", "ERROR"],
    service_row: "+BLESRV=",
    characteristic_row: "+BLESRVCHAR=",
    hexadecimal_properties: false,
    tells_read: true,
    shortest_information: 0,
    bond_row: "+BTADDR",
};
