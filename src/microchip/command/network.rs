//! Chapter 7, "Network Stack".
//!
//! Sockets of the caller's own commands are nobody's concern but the caller's: what happens on
//! them comes as events.

use core::net::{IpAddr, Ipv4Addr, SocketAddrV4};

use atat::atat_derive::{AtatCmd, AtatResp};

use super::parameter::parameters;
use super::{Done, Rows, parse_rows};
use crate::driver::{Download, Upload};
use crate::engine::text::{Fields, unquoted};
use crate::error::Usage;
use crate::microchip::literal::{Literal, SecretLiteral};
use crate::microchip::text::{Secret, Text};
use crate::value::Ranged;
use crate::value::Reported;
use crate::value::ip as address;

numbered! {
    /// The protocol of a socket.
    pub enum Protocol {
        /// UDP.
        Udp = 1,
        /// TCP.
        Tcp = 2,
    }
}

/// `AT+SOCKO`: opens a socket; the module answers with the id it chose (7.1).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::microchip::command::network::{Open, Opened, Protocol};
///
/// let open = Open { protocol: Protocol::Tcp };
/// let mut wire = [0; 32];
/// let n = open.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+SOCKO=2\r\n");
/// assert_eq!(open.parse(Ok(b"+SOCKO:53102\r\n")), Ok(Opened { socket: 53102 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKO", Opened, timeout_ms = 5000, termination = "\r\n")]
pub struct Open {
    /// The protocol.
    pub protocol: Protocol,
}

/// The reply to [`Open`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Opened {
    /// The id: in firmware the uptime in milliseconds at the first open, then one more each time.
    pub socket: u32,
}

/// `AT+SOCKCL`: closes a socket (7.2). One that the peer has closed must be closed too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKCL", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Close {
    /// The socket's id.
    pub socket: u32,
}

/// `AT+SOCKBL`: binds a socket to a local port; a TCP socket listens there (7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKBL", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Bind {
    /// The socket's id.
    pub socket: u32,
    /// The port; 0 lets a UDP socket have any.
    pub local_port: u16,
}

/// `AT+SOCKBR`: connects a socket to a remote address (7.4). `OK` comes at once, the result
/// later: `+SOCKIND` or `+SOCKERR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKBR", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Connect {
    /// The socket's id.
    pub socket: u32,
    /// The peer's address.
    pub remote_ip: Ipv4Addr,
    /// The peer's port.
    pub remote_port: u16,
}

/// `AT+SOCKBM`: binds a UDP socket to a multicast group and joins it (7.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKBM", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct JoinGroup {
    /// The socket's id.
    pub socket: u32,
    /// The group's address.
    pub group: Ipv4Addr,
    /// The group's port.
    pub port: u16,
}

/// `AT+SOCKTLS`: starts TLS on a connected socket (7.6). `OK` comes at once, the result later:
/// `+SOCKTLS` or `+SOCKERR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKTLS", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct StartTls {
    /// The socket's id.
    pub socket: u32,
    /// Which configuration. The reference's example has none; firmware needs it.
    pub index: Ranged<1, 2>,
}

/// `AT+SOCKLST`: lists the sockets (7.7). Rows: [`SocketRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKLST", Rows, parse = parse_sockets, timeout_ms = 5000, termination = "\r\n")]
pub struct GetSockets;

/// `AT+SOCKLST` with an id: tells one socket (7.7). Row: [`SocketRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKLST", Rows, parse = parse_sockets, timeout_ms = 5000, termination = "\r\n")]
pub struct GetSocket {
    /// The socket's id.
    pub socket: u32,
}

fn parse_sockets(reply: &[u8]) -> Result<Rows, atat::Error> {
    parse_rows(reply, |line| SocketRow::parse(line).is_some())
}

/// A row of the reply to [`GetSockets`] and [`GetSocket`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketRow {
    /// The socket's id.
    pub socket: u32,
    /// Its protocol.
    pub protocol: Reported<Protocol>,
    /// The peer's address; `None` while the socket has no peer.
    pub remote_ip: Option<IpAddr>,
    /// The peer's port.
    pub remote_port: u16,
    /// The module's port.
    pub local_port: u16,
}

impl SocketRow {
    /// Takes a row apart.
    ///
    /// ```
    /// use atwifi::microchip::command::network::SocketRow;
    ///
    /// let row = SocketRow::parse(br#"+SOCKLST:2,2,"192.168.0.1",4000,12345"#).unwrap();
    /// assert_eq!((row.socket, row.remote_port, row.local_port), (2, 4000, 12345));
    /// assert!(SocketRow::parse(br#"+SOCKLST:1,2,"",0,6000"#).unwrap().remote_ip.is_none());
    /// ```
    pub fn parse(line: &[u8]) -> Option<SocketRow> {
        SocketRow::parse_values(line.strip_prefix(b"+SOCKLST:")?)
    }

    /// Takes apart what stands behind the name.
    pub(in crate::microchip) fn parse_values(values: &[u8]) -> Option<SocketRow> {
        let mut fields = Fields::new(values);
        let socket = fields.number()?;
        let protocol = fields.reported()?;
        let remote_ip = match unquoted(fields.next()?) {
            b"" => None,
            address => Some(address::read(address)?),
        };
        Some(SocketRow {
            socket,
            protocol,
            remote_ip,
            remote_port: fields.number()?,
            local_port: fields.number()?,
        })
    }
}

/// `AT+SOCKWR`: announces payload for a socket, with
/// [`Module::command_with_data`](crate::Module::command_with_data); the module prompts for it
/// with `#` (7.8).
///
/// A length of 0, which leaves the end to `+++`, is refused: firmware loses `+` in such data (wire
/// notes 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKWR", Done, timeout_ms = 10_000, termination = "\r\n")]
pub struct Send {
    /// The socket's id.
    pub socket: u32,
    /// How many bytes follow: to 1500 in the reference, but more than 1400 overflow a buffer of
    /// the firmware.
    pub length: Ranged<1, 1400>,
}

impl Upload for Send {
    fn length(&self) -> usize {
        size(self.length.get())
    }
}

fn size(number: i32) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// `AT+SOCKWR` with the payload in the command (7.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKWR", Done, timeout_ms = 10_000, termination = "\r\n")]
pub struct SendText<'a> {
    socket: u32,
    length: u16,
    data: Text<'a, 198>,
}

impl<'a> SendText<'a> {
    /// Payload for a socket: what fits the line.
    ///
    /// # Errors
    /// [`Usage::Empty`]; [`Usage::TooLong`] for what takes more than 200 bytes with its quotes and
    /// escapes.
    ///
    /// ```
    /// use atat::AtatCmd;
    /// use atwifi::microchip::command::network::SendText;
    ///
    /// let mut wire = [0; 64];
    /// let n = SendText::new(1, b"hello2u")?.write(&mut wire);
    /// assert_eq!(&wire[..n], b"AT+SOCKWR=1,7,\"hello2u\"\r\n");
    /// # Ok::<(), atwifi::Usage>(())
    /// ```
    pub fn new(socket: u32, data: &'a [u8]) -> Result<Self, Usage> {
        let (length, data) = whole(data)?;
        Ok(SendText {
            socket,
            length,
            data,
        })
    }
}

/// Data that is part of a command, and its length.
fn whole(data: &[u8]) -> Result<(u16, Text<'_, 198>), Usage> {
    let text = Text::new(data)?;
    match u16::try_from(data.len()) {
        Ok(0) => Err(Usage::Empty),
        Ok(length) => Ok((length, text)),
        Err(_) => Err(Usage::TooLong(198)),
    }
}

/// `AT+SOCKWRTO`: announces a datagram for an address, with
/// [`Module::command_with_data`](crate::Module::command_with_data); the module prompts for it
/// with `#` (7.9).
///
/// Firmware takes the address only if the socket has none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKWRTO", Done, timeout_ms = 10_000, termination = "\r\n")]
pub struct SendTo {
    /// The socket's id.
    pub socket: u32,
    /// The address to send to.
    pub remote_ip: Ipv4Addr,
    /// The port to send to.
    pub remote_port: u16,
    /// How many bytes follow: to 1500 in the reference, but firmware says `OK` to more than 512 and
    /// drops them.
    pub length: Ranged<1, 512>,
}

impl Upload for SendTo {
    fn length(&self) -> usize {
        size(self.length.get())
    }
}

/// `AT+SOCKWRTO` with the datagram in the command: firmware sends it where it says, always (7.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKWRTO", Done, timeout_ms = 10_000, termination = "\r\n")]
pub struct SendTextTo<'a> {
    socket: u32,
    remote_ip: Ipv4Addr,
    remote_port: u16,
    length: u16,
    data: Text<'a, 198>,
}

impl<'a> SendTextTo<'a> {
    /// A datagram for an address: what fits the line.
    ///
    /// # Errors
    /// As [`SendText::new`].
    pub fn new(socket: u32, to: SocketAddrV4, data: &'a [u8]) -> Result<Self, Usage> {
        let (length, data) = whole(data)?;
        let (remote_ip, remote_port) = (*to.ip(), to.port());
        Ok(SendTextTo {
            socket,
            remote_ip,
            remote_port,
            length,
            data,
        })
    }
}

/// The output modes of `AT+SOCKRD`: as a quoted or hexadecimal string, or as counted bytes.
const TEXT: u8 = 1;
const BINARY: u8 = 2;

/// `AT+SOCKRD`: reads what a socket has received (7.10), with
/// [`Module::command_for_data`](crate::Module::command_for_data). Nothing to read is 0 bytes.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::{Ranged, microchip::command::network::Receive};
///
/// let mut wire = [0; 32];
/// let n = Receive::new(4, Ranged::new(999)?).write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+SOCKRD=4,2,999\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKRD", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Receive {
    socket: u32,
    mode: u8,
    length: Ranged<1, 2048>,
}

impl Receive {
    /// At most `length` bytes of a stream, or the start of a datagram. Firmware refuses more than
    /// 2048.
    pub fn new(socket: u32, length: Ranged<1, 2048>) -> Self {
        Receive {
            socket,
            mode: BINARY,
            length,
        }
    }
}

impl Download for Receive {
    fn length(&self) -> usize {
        size(self.length.get())
    }
}

/// `AT+SOCKRD` for text: reads what a socket has received as quoted or hexadecimal text (7.10).
/// Rows: [`ReceivedRow`], each of which must fit the memory that is lent for lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKRD", Rows, parse = parse_received, timeout_ms = 5000, termination = "\r\n")]
pub struct ReceiveText {
    socket: u32,
    mode: u8,
    length: Ranged<1, 2048>,
}

impl ReceiveText {
    /// At most `length` bytes, as with [`Receive`].
    pub fn new(socket: u32, length: Ranged<1, 2048>) -> Self {
        ReceiveText {
            socket,
            mode: TEXT,
            length,
        }
    }
}

fn parse_received(reply: &[u8]) -> Result<Rows, atat::Error> {
    parse_rows(reply, |line| ReceivedRow::parse(line).is_some())
}

/// A row of the reply to [`ReceiveText`]: in firmware up to 128 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedRow<'a> {
    /// The socket's id.
    pub socket: u32,
    /// What it has received.
    pub data: Literal<'a>,
}

impl<'a> ReceivedRow<'a> {
    /// Takes a row apart. The length that the reference's example declares is not that of its data.
    ///
    /// ```
    /// use atwifi::microchip::command::network::ReceivedRow;
    ///
    /// let row = ReceivedRow::parse(b"+SOCKRD:1,8,[466F6FC2A9626172]").unwrap();
    /// assert!(row.data.is("Foo\u{a9}bar".as_bytes()));
    /// ```
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::new(line.strip_prefix(b"+SOCKRD:")?);
        let (socket, length) = (fields.number()?, fields.number()?);
        let values = fields.rest();
        let data = match Literal::counted(values, length) {
            Some((data, [])) => data,
            _ => Literal::parse(values)?,
        };
        Some(ReceivedRow { socket, data })
    }
}

parameters! {
    "TLSC"
    /// A parameter of a TLS configuration, with its value (7.11.3).
    set TlsParameter['a]
    /// A parameter of a TLS configuration (7.11.3).
    id TlsParameterId
    /// A row of the reply to [`GetTlsParameters`].
    row TlsRow
    /// 1: the certificate authority, up to 64 bytes. Default: none.
    1 Ca(Text<'a, 64>) -> Literal<'a>;
    /// 2: the client's certificate, up to 64 bytes. Default: none.
    2 Certificate(Text<'a, 64>) -> Literal<'a>;
    /// 3: its private key, up to 32 bytes. Default: none.
    3 Key(Text<'a, 32>) -> Literal<'a>;
    /// 4: the password of the key, up to 32 bytes. Default: none. Firmware prints stars.
    4 KeyPassword(Secret<'a, 32>) -> SecretLiteral<'a>;
    /// 5: the name of the server, up to 32 bytes. Default: none.
    5 ServerName(Text<'a, 32>) -> Literal<'a>;
}

impl TlsParameter<'_> {
    /// Whether the value is an empty text, which clears it.
    pub fn is_empty(&self) -> bool {
        match self {
            TlsParameter::Ca(name) | TlsParameter::Certificate(name) => name.is_empty(),
            TlsParameter::Key(name) | TlsParameter::ServerName(name) => name.is_empty(),
            TlsParameter::KeyPassword(password) => password.is_empty(),
        }
    }
}

/// `AT+TLSC`: sets a parameter of a TLS configuration (7.11). Refused while the configuration is in
/// use. An empty text is refused by firmware, though it is taken (wire notes 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+TLSC", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct ConfigureTls<'a> {
    /// Which configuration.
    pub index: Ranged<1, 2>,
    /// The parameter and its value.
    pub parameter: TlsParameter<'a>,
}

/// `AT+TLSC`: asks for one parameter of a TLS configuration, or all (7.11). Rows: [`TlsRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+TLSC", Rows, parse = parse_tls_rows, timeout_ms = 5000, termination = "\r\n")]
pub struct GetTlsParameters {
    /// Which configuration.
    pub index: Ranged<1, 2>,
    /// Which parameter; `None` asks for all but the password.
    pub parameter: Option<TlsParameterId>,
}

fn parse_tls_rows(reply: &[u8]) -> Result<Rows, atat::Error> {
    parse_rows(reply, |line| TlsRow::parse(line).is_some())
}

numbered! {
    /// What a name is resolved to.
    pub enum RecordType {
        /// An IPv4 address.
        A = 1,
        /// An IPv6 address. Refused by firmware.
        Aaaa = 2,
    }
}

/// `AT+DNSRESOLV`: resolves a name (7.12). The result comes as an event, in firmware sometimes
/// before `OK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+DNSRESOLV", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Resolve<'a> {
    /// What to resolve it to.
    pub record: RecordType,
    /// The name, shorter than 64 bytes.
    pub name: Text<'a, 63>,
}

numbered! {
    /// A version of the Internet Protocol.
    pub enum IpVersion {
        /// IPv4.
        V4 = 1,
        /// IPv6.
        V6 = 2,
    }
}

/// `AT+PING`: asks a host for an echo (7.13). If it answers, that is
/// [`Event::Echo`](crate::microchip::Event::Echo); if it does not, firmware says nothing.
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::microchip::{Text, command::network::Ping};
///
/// let ping = Ping { target: Text::new(b"www.example.com")?, version: None };
/// let mut wire = [0; 64];
/// let n = ping.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+PING=\"www.example.com\"\r\n");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+PING", Done, timeout_ms = 5000, termination = "\r\n")]
pub struct Ping<'a> {
    /// Its name, shorter than 64 bytes, or its address.
    pub target: Text<'a, 63>,
    /// How to reach it. Firmware takes no such parameter.
    pub version: Option<IpVersion>,
}
