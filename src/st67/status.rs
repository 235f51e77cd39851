//! Why the ST67 refuses: error codes, join errors, reasons of disconnection.

use core::fmt;

use crate::error::{Cause, NO_AUTHORITY, Refusal};

/// The module's answer when it says no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Status {
    /// `ERROR` without a code.
    #[default]
    Error,
    /// `ERROR` with the code that preceded it.
    Code(ErrorCode),
    /// The same, of a connection through TLS: the peer has refused it, or TLS could not be started.
    Unsecured(ErrorCode),
    /// `busy p...`, and it stayed so.
    Busy,
    /// `SEND FAIL`: the payload did not go out.
    SendFailed,
    /// `SEND CANCELLED`.
    SendCancelled,
    /// `+CW:ERROR`: joining failed for this reason.
    Join(Reason),
    /// `+CWJAP:<error code>`: joining failed, in the words of older firmware.
    JoinError(JoinError),
    /// The name was not found.
    NameNotFound,
    /// The certificate authority that is to be trusted is not in the module: nothing was connected.
    NoAuthority,
    /// A file is not there.
    NoFile,
    /// A file could not be created: firmware does not say why.
    NotCreated,
    /// The broker has not accepted the MQTT client, or there is none.
    NoBroker,
    /// The module's firmware leaves TCP/IP to the host (ST's mission profile T02): this driver needs T01.
    NetworkOnHost,
    /// The module has not taken an update: what is in its flash is not what the image says, or could not
    /// be written. It goes on with the firmware that it had.
    NotUpdated,
    /// There are as many connections of Bluetooth LE as there can be.
    NoConnection,
}

impl Status {
    /// Whether there is more to it than a refusal. The module may have heard something that is no
    /// command: a line end was added on the way, say, and the command itself has another answer to come.
    /// Or no code is told though codes are switched on: it may have restarted unseen.
    pub(super) fn is_about_the_line(self) -> bool {
        /// No `AT` at the start of the line.
        const NO_AT: u32 = 0x0103;
        match self {
            Status::Code(code) => code.0 >> 16 == NO_AT,
            status => status == Status::Error,
        }
    }

    /// Whether the module does not know the command; or it does not say why it refuses.
    pub(super) fn is_about_an_unknown_command(self) -> bool {
        const UNKNOWN: u32 = 0x0109;
        match self {
            Status::Code(code) => code.0 >> 16 == UNKNOWN,
            status => status == Status::Error,
        }
    }

    /// Whether the module says that the command failed, and no more.
    pub(super) fn is_mere_failure(self) -> bool {
        matches!(self, Status::Code(ErrorCode(0x010A_0000)))
    }

    /// Whether the module may have refused because it does not know the parameters.
    pub(super) fn is_about_parameters(self) -> bool {
        use Subcategory::*;
        match self {
            Status::Code(code) => matches!(
                code.subcategory(),
                ParameterLengthMismatch
                    | ParameterTypeMismatch
                    | ParameterCountMismatch
                    | ParameterValueInvalid
                    | ParameterParseFailed
            ),
            status => status == Status::Error,
        }
    }
}

/// The code that precedes `ERROR` with `AT+SYSLOG=1` (reference 2.2.9): `0x01`, the
/// subcategory, and 16 bits that depend on it.
///
/// It is shown as the reference writes it: `0x010A0000`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(pub u32);

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorCode(0x{:08X})", self.0)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for ErrorCode {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Debug2Format(self));
    }
}

/// The error type of an [`ErrorCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(missing_docs)]
pub enum Subcategory {
    Ok,
    Common,
    NoTerminator,
    NoAt,
    ParameterLengthMismatch,
    ParameterTypeMismatch,
    ParameterCountMismatch,
    ParameterValueInvalid,
    ParameterParseFailed,
    UnsupportedCommand,
    ExecutionFailed,
    Processing,
    OperationType,
    NoMemory,
    NoResource,
    Timeout,
    NotAllowed,
    NotInitialised,
    Io,
    Address,
    InvalidHandle,
    Unknown(u8),
}

impl ErrorCode {
    /// The error type.
    pub fn subcategory(self) -> Subcategory {
        use Subcategory::*;
        match (self.0 >> 16) as u8 {
            0x00 => Ok,
            0x01 => Common,
            0x02 => NoTerminator,
            0x03 => NoAt,
            0x04 => ParameterLengthMismatch,
            0x05 => ParameterTypeMismatch,
            0x06 => ParameterCountMismatch,
            0x07 => ParameterValueInvalid,
            0x08 => ParameterParseFailed,
            0x09 => UnsupportedCommand,
            0x0a => ExecutionFailed,
            0x0b => Processing,
            0x0c => OperationType,
            0x0d => NoMemory,
            0x0e => NoResource,
            0x0f => Timeout,
            0x10 => NotAllowed,
            0x11 => NotInitialised,
            0x12 => Io,
            0x13 => Address,
            0x14 => InvalidHandle,
            n => Unknown(n),
        }
    }

    /// For a wrong count of parameters `needed << 8 | given`; for a parse failure the index of
    /// the parameter (wire notes 1).
    pub fn extension(self) -> u16 {
        self.0 as u16
    }
}

/// `+CWJAP:<error code>` (reference 3.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum JoinError {
    /// 1
    Timeout,
    /// 2
    WrongPassword,
    /// 3
    NoAccessPoint,
    /// 4
    Failed,
    /// A number that the reference does not name.
    Unknown(u16),
}

impl From<u16> for JoinError {
    fn from(n: u16) -> Self {
        match n {
            1 => JoinError::Timeout,
            2 => JoinError::WrongPassword,
            3 => JoinError::NoAccessPoint,
            4 => JoinError::Failed,
            n => JoinError::Unknown(n),
        }
    }
}

macro_rules! reasons {
    ($($number:literal $name:ident $text:literal)*) => {
        /// Why the station could not connect, or lost its link: `+CW:ERROR,<reason>`
        /// (reference 3.1.5).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub enum Reason {
            $(#[doc = concat!(stringify!($number), ": ", $text, ".")] $name,)*
            /// A number that the reference does not name.
            Unknown(u16),
        }

        impl From<u16> for Reason {
            fn from(n: u16) -> Self {
                match n {
                    $($number => Reason::$name,)*
                    n => Reason::Unknown(n),
                }
            }
        }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Reason::$name => f.write_str($text),)*
                    Reason::Unknown(n) => write!(f, "reason {n}"),
                }
            }
        }
    };
}

reasons! {
    1 AuthenticationMemory "no memory for an authentication frame"
    2 AuthenticationFailed "authentication failed, wrong password?"
    3 AuthenticationAlgorithm "the authentication algorithm was not accepted"
    4 AssociationMemory "no memory for an association frame"
    5 AssociationFailed "association failed"
    6 DeauthenticatedEarly "the access point deauthenticated the station before it was connected"
    7 Deauthenticated "the access point deauthenticated the station"
    8 HandshakeTimeout "the 4-way handshake timed out, wrong password?"
    9 HandshakeTransmit "a deauthentication frame could not be sent in the 4-way handshake"
    10 HandshakeMemory "no memory for a deauthentication frame in the 4-way handshake"
    11 ResponseTimeout "no authentication or association response"
    12 NoAccessPoint "no access point of that name was found"
    13 ChannelContext "the channel context could not be made"
    14 JoinFailed "the network could not be joined"
    15 AddStationFailed "the station could not be added to the network"
    16 BeaconLoss "the access point's beacons were lost"
    17 SecurityMismatch "the security settings do not match"
    18 WepKeyLength "the WEP key has a wrong length"
    19 UserDisconnect "the user disconnected"
    20 UserDisconnectSilent "the user disconnected without deauthentication"
    21 PowerSaveFrame "a power-save null frame could not be sent"
    22 TrafficLoss "traffic was lost"
    23 ChannelSwitch "switching the channel failed"
    24 Confirmation "an authentication or association response was not confirmed"
    25 Reassociating "reassociation begins"
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Error => f.write_str("ERROR"),
            Status::Code(code) | Status::Unsecured(code) => code.fmt(f),
            Status::Busy => f.write_str("busy"),
            Status::SendFailed => f.write_str("the data was not sent"),
            Status::SendCancelled => f.write_str("sending was cancelled"),
            Status::Join(reason) => reason.fmt(f),
            Status::JoinError(error) => error.fmt(f),
            Status::NameNotFound => f.write_str("the name was not found"),
            Status::NoAuthority => f.write_str(NO_AUTHORITY),
            Status::NoFile => f.write_str("there is no such file"),
            Status::NotCreated => f.write_str("the file could not be created: is the flash full?"),
            Status::NoBroker => {
                f.write_str("the broker did not accept the client, or is not there")
            }
            Status::NetworkOnHost => f.write_str(
                "its firmware leaves TCP/IP to the host (T02): flash ST's mission profile T01",
            ),
            Status::NotUpdated => f.write_str("the update was not taken"),
            Status::NoConnection => f.write_str("there can be no other connection"),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Subcategory::*;
        let text = match self.subcategory() {
            Ok => "no error",
            Common => "error",
            NoTerminator => "no line end",
            NoAt => "no AT at the start",
            ParameterLengthMismatch => "a parameter has the wrong length",
            ParameterTypeMismatch => "a parameter has the wrong type",
            ParameterCountMismatch => "wrong number of parameters",
            ParameterValueInvalid => "a parameter is out of range",
            ParameterParseFailed => "a parameter could not be parsed",
            UnsupportedCommand => "the command is not supported",
            ExecutionFailed => "the command failed",
            Processing => "the previous command is still being processed",
            OperationType => "the command cannot be used this way",
            NoMemory => "out of memory",
            NoResource => "out of resources",
            Timeout => "timed out",
            NotAllowed => "not allowed now",
            NotInitialised => "not initialised",
            Io => "device I/O error",
            Address => "wrong address",
            InvalidHandle => "invalid handle",
            Unknown(_) => "unknown error",
        };
        write!(f, "{text} (code 0x{:08X})", self.0)
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Timeout => f.write_str("the connection timed out"),
            JoinError::WrongPassword => f.write_str("wrong password"),
            JoinError::NoAccessPoint => f.write_str("no access point of that name was found"),
            JoinError::Failed => f.write_str("the connection failed"),
            JoinError::Unknown(n) => write!(f, "join error {n}"),
        }
    }
}

impl Refusal for Status {
    fn cause(&self) -> Cause {
        match self {
            Status::Code(code) => code.cause(),
            Status::Unsecured(code) => match code.cause() {
                Cause::Other | Cause::File => Cause::Tls,
                cause => cause,
            },
            Status::Join(reason) => reason.cause(),
            Status::JoinError(error) => error.cause(),
            Status::Busy => Cause::NotNow,
            Status::SendFailed => Cause::NotSent,
            Status::NameNotFound => Cause::NameNotFound,
            Status::NoAuthority => Cause::NoAuthority,
            Status::NoFile | Status::NotCreated => Cause::File,
            Status::NoBroker => Cause::RefusedOrUnreachable,
            Status::NetworkOnHost => Cause::Unsupported,
            Status::NoConnection => Cause::OutOfResources,
            Status::Error | Status::SendCancelled | Status::NotUpdated => Cause::Other,
        }
    }

    /// A connection fails before its time is over if the peer refuses it; that is all that the module
    /// says with `AT_SUB_CMD_EXEC_FAIL`.
    fn cause_of_connect(&self) -> Cause {
        match self {
            Status::Error => Cause::RefusedOrUnreachable,
            Status::Code(code) if code.subcategory() == Subcategory::ExecutionFailed => {
                Cause::ConnectionRefused
            }
            status => status.cause(),
        }
    }
}

impl ErrorCode {
    fn cause(self) -> Cause {
        use Subcategory::*;
        match self.subcategory() {
            ParameterLengthMismatch
            | ParameterTypeMismatch
            | ParameterCountMismatch
            | ParameterValueInvalid
            | ParameterParseFailed
            | Address => Cause::InvalidParameter,
            UnsupportedCommand | OperationType | NoAt | NoTerminator => Cause::Unsupported,
            Processing | NotAllowed | NotInitialised => Cause::NotNow,
            NoMemory => Cause::OutOfMemory,
            NoResource => Cause::OutOfResources,
            Timeout => Cause::TimedOut,
            // Of files, and of nothing else that the driver asks for (wire notes 6).
            Io => Cause::File,
            Ok | Common | ExecutionFailed | InvalidHandle | Unknown(_) => Cause::Other,
        }
    }
}

impl Reason {
    fn cause(self) -> Cause {
        use Reason::*;
        match self {
            AuthenticationFailed
            | AuthenticationAlgorithm
            | HandshakeTimeout
            | SecurityMismatch
            | WepKeyLength => Cause::Authentication,
            AuthenticationMemory | AssociationMemory | HandshakeMemory => Cause::OutOfMemory,
            ResponseTimeout => Cause::TimedOut,
            NoAccessPoint => Cause::NoAccessPoint,
            _ => Cause::NotJoined,
        }
    }
}

impl JoinError {
    fn cause(self) -> Cause {
        match self {
            JoinError::Timeout => Cause::TimedOut,
            JoinError::WrongPassword => Cause::Authentication,
            JoinError::NoAccessPoint => Cause::NoAccessPoint,
            JoinError::Failed | JoinError::Unknown(_) => Cause::NotJoined,
        }
    }
}
