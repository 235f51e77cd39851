//! The forms of chapter 4 for one link (`AT+CIPMUX=0`), which has no number.
//!
//! The driver itself needs several links: set one up with
//! [`SetMultiple`](super::SetMultiple) while none of its sockets is open.

use atat::atat_derive::{AtatCmd, AtatResp};

use super::super::Done;
use super::link::parse_buffer_set;
use super::{
    Authentication, EscapedLength, HexKey, Host, KeepAlive, LongLength, Port, Protocol,
    ReceiveBuffer, ReceiveLength, SendLength,
};
use crate::driver::{Download, Upload};
use crate::st67::text::{Secret, Text};
use crate::value::Ranged;
use crate::value::Switch;
use crate::value::ip::Ip;

/// `AT+CIPRECVBUF?`: asks for the size of the receive buffer (4.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECVBUF?", ReceiveBuffer, timeout_ms = 6000, termination = "\r\n")]
pub struct GetReceiveBuffer;

/// `AT+CIPRECVBUF`: sets the size of the receive buffer (4.1.6). Refused while the link is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPRECVBUF",
    Done,
    parse = parse_buffer_set,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct SetReceiveBuffer {
    /// Its size in bytes; the reference gives no limit.
    pub bytes: Ranged<1, 65536>,
}

/// `AT+CIPSTART`: opens the connection (4.1.7).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTART", Done, timeout_ms = 26000, termination = "\r\n")]
pub struct Connect<'a> {
    /// The protocol.
    pub protocol: Protocol,
    /// The peer.
    pub host: Host<'a>,
    /// The peer's port.
    pub remote_port: Port,
    /// Seconds between keep-alive probes; `None` keeps what was set last.
    pub keep_alive_s: Option<KeepAlive>,
    /// The module's address, where it has several.
    pub local_ip: Option<Ip>,
    /// Milliseconds until the module gives up; `None` or 0 leaves it to the stack.
    pub timeout_ms: Option<Ranged<0, 20000>>,
}

/// `AT+CIPTCPOPT`: sets socket options (4.1.10). What is `None` stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPTCPOPT=",
    Done,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct SetTcpOptions {
    /// SO_LINGER in seconds: how long [`Close`] waits for the peer, and the module with it. -1
    /// (default): off.
    pub linger_s: Option<Ranged<-1, { i32::MAX }>>,
    /// TCP_NODELAY. Default: off.
    pub no_delay: Option<Switch>,
    /// SO_SNDTIMEO in milliseconds: how long a send command may take; 5000 to 10000 are recommended.
    /// 0 (default): no limit.
    pub send_timeout_ms: Option<Ranged<0, { i32::MAX }>>,
    /// Seconds between keep-alive probes: not less than 60 is recommended.
    pub keep_alive_s: Option<KeepAlive>,
}

/// `AT+CIPCLOSE`: closes the link (4.1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPCLOSE", Done, parse = parse_closed, timeout_ms = 6000, termination = "\r\n")]
pub struct Close;

/// The reference's module says so before its `OK`.
fn parse_closed(reply: &[u8]) -> Result<Done, atat::Error> {
    super::named(reply, b"CLOSED")
}

/// `AT+CIPSEND`: sends on the link (4.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSEND", Done, timeout_ms = 11000, termination = "\r\n")]
pub struct Send {
    /// How many bytes follow.
    pub length: SendLength,
}

impl Upload for Send {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPSEND` with a destination: sends a datagram (4.1.12).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSEND", Done, timeout_ms = 11000, termination = "\r\n")]
pub struct SendTo<'a> {
    /// How many bytes follow.
    pub length: SendLength,
    /// Whom to send to, from here on.
    pub host: Host<'a>,
    /// The port to send to.
    pub remote_port: Port,
}

impl Upload for SendTo<'_> {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPSENDL`: sends while it still takes data (4.1.13); see
/// [`net::SendLong`](super::SendLong).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSENDL", Done, timeout_ms = 60000, termination = "\r\n")]
pub struct SendLong {
    /// How many bytes follow.
    pub length: LongLength,
}

impl Upload for SendLong {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPSENDL` with a destination (4.1.13).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSENDL", Done, timeout_ms = 60000, termination = "\r\n")]
pub struct SendLongTo<'a> {
    /// How many bytes follow.
    pub length: LongLength,
    /// Whom to send to.
    pub host: Host<'a>,
    /// The port to send to.
    pub remote_port: Port,
}

impl Upload for SendLongTo<'_> {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPSENDEX`: sends data with escapes (4.1.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSENDEX", Done, timeout_ms = 11000, termination = "\r\n")]
pub struct SendEscaped {
    /// How much follows.
    pub length: EscapedLength,
}

impl Upload for SendEscaped {
    const IS_RECEIPT_EXACT: bool = false;

    fn length(&self) -> usize {
        self.length.written()
    }
}

/// `AT+CIPSENDEX` with a destination (4.1.15).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSENDEX", Done, timeout_ms = 11000, termination = "\r\n")]
pub struct SendEscapedTo<'a> {
    /// How much follows.
    pub length: EscapedLength,
    /// Whom to send to, from here on.
    pub host: Host<'a>,
    /// The port to send to.
    pub remote_port: Port,
}

impl Upload for SendEscapedTo<'_> {
    const IS_RECEIPT_EXACT: bool = false;

    fn length(&self) -> usize {
        self.length.written()
    }
}

/// `AT+CIPRECVDATA`: reads what the link has received, in passive mode (4.1.27), with
/// [`Module::command_for_data`](crate::Module::command_for_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECVDATA", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct Receive {
    /// The most bytes to read.
    pub length: ReceiveLength,
}

impl Download for Receive {
    fn length(&self) -> usize {
        self.length.get() as usize
    }
}

/// `AT+CIPRECVLEN?`: asks how much the link has received (4.1.28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECVLEN?", Waiting, timeout_ms = 6000, termination = "\r\n")]
pub struct GetLength;

/// The reply to [`GetLength`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Waiting {
    /// Bytes that wait.
    pub bytes: u32,
}

/// `AT+CIPSSLCCONF`: names the certificates (4.1.32), files in the module.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCCONF", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetCertificates<'a> {
    /// Who proves who it is.
    pub authentication: Authentication,
    /// The client's certificate: up to 31 bytes.
    pub certificate: Option<Text<'a, 31>>,
    /// Its private key.
    pub key: Option<Text<'a, 31>>,
    /// The certificate authority.
    pub ca: Option<Text<'a, 31>>,
}

/// `AT+CIPSSLCSNI`: the name that the server is asked for (4.1.33).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCSNI", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetServerName<'a> {
    /// The name: up to 64 bytes.
    pub name: Text<'a, 64>,
}

/// `AT+CIPSSLCALPN`: the protocols that are offered to the server (4.1.34).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCALPN", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetProtocols<'a> {
    /// How many there are: 0 clears.
    pub count: Ranged<0, 5>,
    /// The first: up to 15 bytes each, so that the command fits the module's line.
    pub first: Option<Text<'a, 15>>,
    /// The second.
    pub second: Option<Text<'a, 15>>,
    /// The third.
    pub third: Option<Text<'a, 15>>,
    /// The fourth.
    pub fourth: Option<Text<'a, 15>>,
    /// The fifth.
    pub fifth: Option<Text<'a, 15>>,
}

/// `AT+CIPSSLCPSK`: a pre-shared key (4.1.35).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCPSK", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetPsk<'a> {
    /// The key: up to 31 bytes in firmware, 32 in the reference.
    pub key: Secret<'a, 31>,
    /// The key's identity, as long.
    pub identity: Text<'a, 31>,
}

/// `AT+CIPSSLCPSKHEX`: a pre-shared key of any bytes (4.1.36).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCPSKHEX", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetPskHex<'a> {
    /// The key: up to 31 bytes in firmware, 32 in the reference.
    pub key: HexKey<'a>,
    /// The key's identity, as long.
    pub identity: Text<'a, 31>,
}
