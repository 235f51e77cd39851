//! Chapter 7, "Network Stack".

use core::net::{IpAddr, Ipv4Addr};

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatEnum, AtatResp};
use atat::serde_at::serde::{Serialize, Serializer};

use super::Done;
use crate::engine::text::{Fields, rows};
use crate::microchip::text::Text;

/// The protocol of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatEnum)]
pub enum Protocol {
    /// UDP.
    Udp = 1,
    /// TCP.
    Tcp = 2,
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
#[at_cmd("+SOCKO", Opened, termination = "\r\n")]
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

/// `AT+SOCKBR`: connects a socket to a remote address (7.4). `OK` comes at once, the result
/// later: `+SOCKIND` or `+SOCKERR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKBR", Done, termination = "\r\n")]
pub struct Connect {
    /// The socket's id.
    pub socket: u32,
    /// The peer's address.
    pub remote_ip: Ipv4Addr,
    /// The peer's port.
    pub remote_port: u16,
}

/// `AT+SOCKBL`: binds a socket to a local port; a TCP socket listens there (7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKBL", Done, termination = "\r\n")]
pub struct Bind {
    /// The socket's id.
    pub socket: u32,
    /// The port; 0 lets a UDP socket have any.
    pub local_port: u16,
}

/// `AT+SOCKBM`: binds a UDP socket to a multicast group and joins it (7.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKBM", Done, termination = "\r\n")]
pub struct JoinGroup {
    /// The socket's id.
    pub socket: u32,
    /// The group's address.
    pub group: Ipv4Addr,
    /// The group's port.
    pub port: u16,
}

/// `AT+SOCKCL`: closes a socket (7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKCL", Done, termination = "\r\n")]
pub struct Close {
    /// The socket's id.
    pub socket: u32,
}

/// `AT+SOCKLST`: lists the sockets (7.7). Rows: [`SocketRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKLST", Rows, parse = parse_rows, termination = "\r\n")]
pub struct GetSockets;

/// The reply to [`GetSockets`]: how many sockets there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Open sockets.
    pub count: usize,
}

impl AtatResp for Rows {}

fn parse_rows(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| SocketRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetSockets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketRow {
    /// The socket's id.
    pub socket: u32,
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
        let mut fields = Fields::new(line.strip_prefix(b"+SOCKLST:")?);
        let socket = fields.number()?;
        fields.number::<u8>()?;
        let remote_ip = match fields.quoted()? {
            "" => None,
            address => Some(address.parse().ok()?),
        };
        Some(SocketRow {
            socket,
            remote_ip,
            remote_port: fields.number()?,
            local_port: fields.number()?,
        })
    }
}

/// `AT+SOCKWR`: announces payload for a socket; the module prompts for it with `#` (7.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKWR", Done, termination = "\r\n")]
pub struct Send {
    /// The socket's id.
    pub socket: u32,
    /// How many bytes follow: 1 to 1400 in firmware, which does not check; 1500 in the reference.
    pub length: u16,
}

/// `AT+SOCKWRTO`: announces a datagram for an address; the module prompts for it with `#` (7.9).
///
/// Firmware takes the address only if the socket has none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKWRTO", Done, termination = "\r\n")]
pub struct SendTo {
    /// The socket's id.
    pub socket: u32,
    /// The address to send to.
    pub remote_ip: Ipv4Addr,
    /// The port to send to.
    pub remote_port: u16,
    /// How many bytes follow: 1 to 512 in firmware, 1500 in the reference.
    pub length: u16,
}

/// `AT+SOCKWRTO` with the datagram in the command: firmware sends it where it says, always (7.9).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKWRTO", Done, termination = "\r\n")]
pub struct SendTextTo<'a> {
    /// The socket's id.
    pub socket: u32,
    /// The address to send to.
    pub remote_ip: Ipv4Addr,
    /// The port to send to.
    pub remote_port: u16,
    /// The length of the data.
    pub length: u16,
    /// The data: what fits the line.
    pub data: Text<'a, 198>,
}

/// How received data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatEnum)]
pub enum OutputMode {
    /// As a quoted or hexadecimal string.
    Text = 1,
    /// As counted bytes.
    Binary = 2,
}

/// `AT+SOCKRD`: reads what a socket has received (7.10). In binary mode the reply is counted
/// payload; nothing to read is a plain `OK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKRD", Done, termination = "\r\n")]
pub struct Receive {
    /// The socket's id.
    pub socket: u32,
    /// How it is printed.
    pub mode: OutputMode,
    /// The most bytes to read, 1 to 2048.
    pub length: u16,
}

/// `AT+DNSRESOLV`: resolves a name to an IPv4 address (7.12). The result comes as an event, in
/// firmware sometimes before `OK`.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+DNSRESOLV", Done, termination = "\r\n")]
pub struct Resolve<'a> {
    /// 1: an address (record A); firmware knows no other.
    pub kind: u8,
    /// The name, shorter than 64 bytes.
    pub name: Text<'a, 63>,
}

/// A value of a TLS configuration (7.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsParameter<'a> {
    /// 1: the certificate authority, up to 64 bytes.
    Ca(Text<'a, 64>),
    /// 2: the client's certificate, up to 64 bytes.
    Certificate(Text<'a, 64>),
    /// 3: its private key, up to 32 bytes.
    Key(Text<'a, 32>),
    /// 5: the name of the server, up to 32 bytes.
    ServerName(Text<'a, 32>),
}

impl TlsParameter<'_> {
    /// Whether the value is an empty text, which clears it.
    pub fn is_empty(&self) -> bool {
        match self {
            TlsParameter::Ca(name) | TlsParameter::Certificate(name) => name.is_empty(),
            TlsParameter::Key(name) | TlsParameter::ServerName(name) => name.is_empty(),
        }
    }
}

impl Serialize for TlsParameter<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "TlsParameter";
        match self {
            TlsParameter::Ca(name) => serializer.serialize_newtype_variant(NAME, 1, "Ca", name),
            TlsParameter::Certificate(name) => {
                serializer.serialize_newtype_variant(NAME, 2, "Certificate", name)
            }
            TlsParameter::Key(name) => serializer.serialize_newtype_variant(NAME, 3, "Key", name),
            TlsParameter::ServerName(name) => {
                serializer.serialize_newtype_variant(NAME, 5, "ServerName", name)
            }
        }
    }
}

/// `AT+TLSC`: sets a value of a TLS configuration (7.11). Refused while the configuration is in use.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+TLSC", Done, termination = "\r\n")]
pub struct ConfigureTls<'a> {
    /// Which configuration: 1 or 2.
    pub index: u8,
    /// The value.
    pub parameter: TlsParameter<'a>,
}

/// `AT+SOCKTLS`: starts TLS on a connected socket (7.6). `OK` comes at once, the result later:
/// `+SOCKTLS` or `+SOCKERR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SOCKTLS", Done, termination = "\r\n")]
pub struct StartTls {
    /// The socket's id.
    pub socket: u32,
    /// Which configuration: 1 or 2.
    pub index: u8,
}
