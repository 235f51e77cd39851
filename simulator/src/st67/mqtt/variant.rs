//! Where the MQTT clients of the firmware and of the reference differ.

/// The spellings, limits and habits of one client.
#[derive(Debug)]
pub(in crate::st67) struct Variant {
    /// The arguments that `AT+MQTTUSERCFG` takes at least.
    pub user_arguments: usize,
    /// `AT+MQTTUSERCFG` takes any scheme, and `AT+MQTTCONN` any number for whether to reconnect.
    pub takes_any_number: bool,
    /// `AT+MQTTCONN` keeps the name of the host, whatever else is wrong.
    pub keeps_host: bool,
    /// `AT+MQTTLONGCLIENTID` and its like exist.
    pub long_names: bool,
    /// How `AT+MQTTCLIENTID=` and its like end.
    pub name_result: &'static str,
    /// `AT+MQTTCONNCFG?` tells the opposite of what is set of the session.
    pub inverts_session: bool,
    /// Smallest keep-alive time.
    pub least_keep_alive: i64,
    /// Protocols that can be offered.
    pub most_protocols: i64,
    /// Longest topic, and longest message of a will.
    pub longest_topic: usize,
    /// Longest message of `AT+MQTTPUB`.
    pub longest_message: usize,
    /// Room for a packet.
    pub buffer: usize,
    /// A connection counts when it is open, and `AT+MQTTCONN` waits for that; otherwise when the
    /// broker has let the client in, which is told of later.
    pub waits_for_connection: bool,
    /// A session that is over must be cleaned up before there is another, and that forgets all
    /// settings.
    pub needs_cleaning: bool,
    /// Quality of service and retain flag of a message are lost.
    pub publishes_plainly: bool,
    /// A message ends at its first NUL, whichever way it goes.
    pub cuts_at_zero: bool,
    /// `AT+MQTTSNI?` prints quotes.
    pub quotes_server_name: bool,
    /// Stands around the topic in the rows of `AT+MQTTSUB?`.
    pub topic_quote: &'static str,
    /// In `+MQTT:SUBRECV` and `+MQTTSUB`, behind the name.
    pub separator: char,
    /// With the end of one subscription, the state is that of a client without any.
    pub forgets_topics: bool,
}

pub(in crate::st67) const FW_2_0_75: Variant = Variant {
    user_arguments: 3,
    takes_any_number: true,
    keeps_host: true,
    long_names: false,
    name_result: "SEND OK",
    inverts_session: true,
    least_keep_alive: 1,
    most_protocols: 6,
    longest_topic: 127,
    longest_message: 127,
    buffer: 1536,
    waits_for_connection: true,
    needs_cleaning: false,
    publishes_plainly: true,
    cuts_at_zero: true,
    quotes_server_name: false,
    topic_quote: "",
    separator: ':',
    forgets_topics: true,
};

/// Wire notes 4: the quotes that ST's host expects from here on; and it is 2.0.75 that cuts messages.
pub(in crate::st67) const FW_2_0_89: Variant = Variant {
    cuts_at_zero: false,
    quotes_server_name: true,
    ..FW_2_0_75
};

/// Wire notes 4: quality of service and retain flag are mended.
pub(in crate::st67) const FW_2_0_97: Variant = Variant {
    publishes_plainly: false,
    ..FW_2_0_89
};

pub(in crate::st67) const REFERENCE: Variant = Variant {
    user_arguments: 5,
    takes_any_number: false,
    keeps_host: false,
    long_names: true,
    name_result: "OK",
    inverts_session: false,
    least_keep_alive: 0,
    most_protocols: 5,
    longest_topic: 128,
    longest_message: usize::MAX,
    buffer: usize::MAX,
    waits_for_connection: false,
    needs_cleaning: true,
    publishes_plainly: false,
    cuts_at_zero: false,
    quotes_server_name: true,
    topic_quote: "\"",
    separator: ',',
    forgets_topics: false,
};
