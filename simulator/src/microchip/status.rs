//! The status codes, and the final line of an answer.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status(usize);

impl Status {
    pub const OK: Status = Status(0);
    pub const GENERAL_ERROR: Status = Status(1);
    pub const INVALID_COMMAND: Status = Status(2);
    pub const UNKNOWN_COMMAND: Status = Status(3);
    pub const INVALID_PARAMETER: Status = Status(4);
    pub const PARAMETER_COUNT: Status = Status(5);
    pub const UPDATE_BLOCKED: Status = Status(6);
    pub const ACCESS_FAILED: Status = Status(7);
    pub const WIFI_REQUEST: Status = Status(8);
    pub const NOT_CONNECTED: Status = Status(9);
    pub const NO_SUCH_SOCKET: Status = Status(10);
    pub const NO_FREE_SOCKET: Status = Status(11);
    pub const INVALID_PROTOCOL: Status = Status(12);
    pub const BIND_FAILED: Status = Status(14);
    pub const TLS_FAILED: Status = Status(15);
    pub const SEND_FAILED: Status = Status(17);
    pub const NO_DESTINATION: Status = Status(19);
    pub const LENGTH_MISMATCH: Status = Status(20);
    pub const DISCONNECT_REFUSED: Status = Status(21);
    pub const CONNECT_REFUSED: Status = Status(23);
    pub const CONNECT_FAILED: Status = Status(24);
    pub const AP_STOP_REFUSED: Status = Status(25);
    pub const AP_START_REFUSED: Status = Status(27);
    pub const PROVISIONING_STOP_REFUSED: Status = Status(29);
    pub const PROVISIONING_START_REFUSED: Status = Status(31);
    pub const PROVISIONING_START_FAILED: Status = Status(32);
    pub const DNS_TYPE: Status = Status(41);
    pub const DNS_TIMEOUT: Status = Status(42);
    pub const PING_FAILED: Status = Status(43);
    pub const MULTICAST_ERROR: Status = Status(45);
    pub const TIME_ERROR: Status = Status(46);
    pub const MQTT_ERROR: Status = Status(47);

    /// Its number.
    pub fn code(self) -> usize {
        self.0
    }

    /// Its name, as the firmware spells it.
    pub fn text(self) -> &'static str {
        TEXTS.get(self.0).copied().unwrap_or_default()
    }

    /// The line that `ATV<verbosity>` has chosen.
    pub fn line(self, verbosity: u8) -> String {
        let (code, text) = (self.code(), self.text());
        let ok = self == Status::OK;
        match verbosity {
            0 | 1 if ok => "0\r\n".to_owned(),
            0 => "1\r\n".to_owned(),
            1 => format!("1:{code}\r\n"),
            _ if ok => "OK\r\n".to_owned(),
            2 => "ERROR\r\n".to_owned(),
            3 => format!("ERROR:{code}\r\n"),
            4 => format!("ERROR:\"{text}\"\r\n"),
            _ => format!("ERROR:{code},\"{text}\"\r\n"),
        }
    }
}

const TEXTS: [&str; 48] = [
    "OK",
    "General Error",
    "Invalid AT Command",
    "Unknown AT Command",
    "Invalid Parameter",
    "Incorrect Number of Parameters",
    "Configuration Update Blocked",
    "Configuration Access Failed",
    "Wi-Fi Request Failed",
    "STA Not Connected",
    "Socket ID Not Found",
    "No Free Sockets",
    "Invalid Socket Protocol",
    "Socket Close Failed",
    "Socket Bind Failed",
    "Socket TLS Failed",
    "Socket Connect Failed",
    "Socket Send Failed",
    "Socket Set Option Failed",
    "Socket Destination Not Set",
    "Length Mismatch",
    "STA Disconnect Not Permitted",
    "STA Disconnect Failed",
    "STA Connection Not Permitted",
    "STA Connection Failed",
    "Soft AP Stop Not Permitted",
    "Soft AP Stop Failed",
    "Soft AP STArt Not Permitted",
    "Soft AP STArt Failed",
    "Provisioning Soft AP Stop Not Permitted",
    "Provisioning Soft AP Stop Failed",
    "Provisioning Soft AP STArt Not Permitted",
    "Provisioning Soft AP STArt Failed",
    "WPS Stop Not Permitted",
    "WPS Stop Failed",
    "WPS Start Not Permitted",
    "WPS Start Failed",
    "Unsupported Security Type",
    "Invalid Security Parameters",
    "OTA In Progress",
    "Unsupported File Transfer Protocol",
    "DNS Type Not Supported",
    "DNS Query Timeout",
    "Ping Failed",
    "Network Error",
    "Multicast Error",
    "Time Error",
    "MQTT Error",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbosities() {
        let lines = |status: Status| [0, 1, 2, 3, 4, 5].map(|level| status.line(level));
        assert_eq!(
            lines(Status::OK),
            ["0\r\n", "0\r\n", "OK\r\n", "OK\r\n", "OK\r\n", "OK\r\n"]
        );
        assert_eq!(
            lines(Status::NO_SUCH_SOCKET),
            [
                "1\r\n",
                "1:10\r\n",
                "ERROR\r\n",
                "ERROR:10\r\n",
                "ERROR:\"Socket ID Not Found\"\r\n",
                "ERROR:10,\"Socket ID Not Found\"\r\n",
            ]
        );
    }
}
