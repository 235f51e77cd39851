//! Why the Microchip module refuses: the status codes.

use core::fmt;

use crate::error::{Cause, NO_AUTHORITY, Refusal};

macro_rules! codes {
    ($($number:literal $name:ident $text:literal)*) => {
        /// The module's answer when it says no: `ERROR:<code>` (wire notes 5).
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Status {
            $(#[doc = concat!(stringify!($number), ": ", $text, ".")] $name,)*
            /// A code that the reference does not name.
            Unknown(u16),
            /// `ERROR` without a code.
            #[default]
            Error,
            /// `+LOADCERT:1`: the data is no certificate.
            CertificateRefused,
            /// The station did not come up and the module did not say why: firmware is silent
            /// about a wrong password and a missing access point.
            NoConnection,
            /// `+MQTTCONNACK:0,4` or `5`: the broker does not accept the user.
            UserRefused,
            /// The same with another number: it does not accept the client. So firmware says whatever the
            /// reason is, and if there is no answer.
            ClientRefused,
            /// The certificate authority that is to be trusted was not loaded since the module started, or
            /// its firmware does not look at what was loaded: nothing was connected.
            NoAuthority,
        }

        impl From<u16> for Status {
            fn from(code: u16) -> Self {
                match code {
                    $($number => Status::$name,)*
                    code => Status::Unknown(code),
                }
            }
        }

        impl fmt::Display for Status {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Status::$name => f.write_str($text),)*
                    Status::Unknown(code) => write!(f, "error {code}"),
                    Status::Error => f.write_str("error"),
                    Status::CertificateRefused => f.write_str("no certificate"),
                    Status::NoAuthority => f.write_str(NO_AUTHORITY),
                    Status::UserRefused => f.write_str("the broker did not accept the user"),
                    Status::ClientRefused => f.write_str("the broker did not accept the client"),
                    Status::NoConnection => {
                        f.write_str("no connection came about: wrong password, or no such access point?")
                    }
                }
            }
        }
    };
}

codes! {
    0 Ok "OK"
    1 General "General Error"
    2 InvalidCommand "Invalid AT Command"
    3 UnknownCommand "Unknown AT Command"
    4 InvalidParameter "Invalid Parameter"
    5 ParameterCount "Incorrect Number of Parameters"
    6 ConfigurationBlocked "Configuration Update Blocked"
    7 ConfigurationFailed "Configuration Access Failed"
    8 WifiRequestFailed "Wi-Fi Request Failed"
    9 NotConnected "STA Not Connected"
    10 SocketNotFound "Socket ID Not Found"
    11 NoFreeSockets "No Free Sockets"
    12 InvalidProtocol "Invalid Socket Protocol"
    13 CloseFailed "Socket Close Failed"
    14 BindFailed "Socket Bind Failed"
    15 TlsFailed "Socket TLS Failed"
    16 ConnectFailed "Socket Connect Failed"
    17 SendFailed "Socket Send Failed"
    18 SetOptionFailed "Socket Set Option Failed"
    19 DestinationNotSet "Socket Destination Not Set"
    20 LengthMismatch "Length Mismatch"
    21 StationStopNotPermitted "STA Disconnect Not Permitted"
    22 StationStopFailed "STA Disconnect Failed"
    23 StationStartNotPermitted "STA Connection Not Permitted"
    24 StationStartFailed "STA Connection Failed"
    25 AccessPointStopNotPermitted "Soft AP Stop Not Permitted"
    26 AccessPointStopFailed "Soft AP Stop Failed"
    27 AccessPointStartNotPermitted "Soft AP Start Not Permitted"
    28 AccessPointStartFailed "Soft AP Start Failed"
    29 ProvisioningStopNotPermitted "Provisioning Soft AP Stop Not Permitted"
    30 ProvisioningStopFailed "Provisioning Soft AP Stop Failed"
    31 ProvisioningStartNotPermitted "Provisioning Soft AP Start Not Permitted"
    32 ProvisioningStartFailed "Provisioning Soft AP Start Failed"
    33 WpsStopNotPermitted "WPS Stop Not Permitted"
    34 WpsStopFailed "WPS Stop Failed"
    35 WpsStartNotPermitted "WPS Start Not Permitted"
    36 WpsStartFailed "WPS Start Failed"
    37 UnsupportedSecurity "Unsupported Security Type"
    38 InvalidSecurity "Invalid Security Parameters"
    39 UpdateInProgress "OTA In Progress"
    40 UnsupportedTransfer "Unsupported File Transfer Protocol"
    41 DnsTypeNotSupported "DNS Type Not Supported"
    42 DnsTimeout "DNS Query Timeout"
    43 PingFailed "Ping Failed"
    44 Network "Network Error"
    45 Multicast "Multicast Error"
    46 Time "Time Error"
    47 Mqtt "MQTT Error"
}

impl Refusal for Status {
    fn cause(&self) -> Cause {
        use Status::*;
        match self {
            InvalidCommand | UnknownCommand | UnsupportedSecurity | UnsupportedTransfer
            | DnsTypeNotSupported => Cause::Unsupported,
            InvalidParameter | ParameterCount | InvalidProtocol | LengthMismatch
            | DestinationNotSet | SetOptionFailed | InvalidSecurity => Cause::InvalidParameter,
            ConfigurationBlocked
            | StationStopNotPermitted
            | StationStartNotPermitted
            | AccessPointStopNotPermitted
            | AccessPointStartNotPermitted
            | ProvisioningStopNotPermitted
            | ProvisioningStartNotPermitted
            | WpsStopNotPermitted
            | WpsStartNotPermitted
            | UpdateInProgress => Cause::NotNow,
            NotConnected | Network => Cause::NetworkUnreachable,
            NoFreeSockets => Cause::OutOfResources,
            BindFailed => Cause::AddressInUse,
            TlsFailed => Cause::Tls,
            NoAuthority => Cause::NoAuthority,
            ConnectFailed => Cause::RefusedOrUnreachable,
            SendFailed => Cause::NotSent,
            // So firmware says of every name that is not found.
            DnsTimeout => Cause::NameNotFound,
            PingFailed => Cause::TimedOut,
            StationStartFailed | NoConnection => Cause::NotJoined,
            UserRefused => Cause::Authentication,
            ClientRefused => Cause::ConnectionRefused,
            _ => Cause::Other,
        }
    }

    /// Of a connection that does not come about firmware says that binding has failed.
    fn cause_of_connect(&self) -> Cause {
        match self {
            Status::BindFailed | Status::Mqtt => Cause::RefusedOrUnreachable,
            status => status.cause(),
        }
    }
}
