//! Chapter 4, "TCP/IP AT commands".

use core::net::IpAddr;

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatEnum};
use atat::serde_at::serde::{Serialize, Serializer};

use super::{Done, Rows};
use crate::address::Ip;
use crate::data::Upload;
use crate::engine::text::{Fields, number, rows};
use crate::st67::text::{Secret, Text};

/// `AT+CIPV6`: switches IPv6 on or off (4.1.1), before joining. Off by default: then whatever
/// has to do with IPv6 is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPV6", Done, termination = "\r\n")]
pub struct SetIpv6 {
    /// 0: off, 1: on.
    pub on: u8,
}

/// Which addresses a name is resolved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatEnum)]
pub enum Family {
    /// IPv4 preferred. The firmware refuses this unless IPv6 is switched on.
    Ipv4First = 1,
    /// IPv4 only: the firmware's default.
    Ipv4 = 2,
    /// IPv6 only. The firmware refuses this unless IPv6 is switched on.
    Ipv6 = 3,
}

/// `AT+CIPDOMAIN`: resolves a name (4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPDOMAIN", Resolved, parse = parse_resolved, termination = "\r\n")]
pub struct Resolve<'a> {
    /// The name: up to 127 bytes in firmware 2.0.75.
    pub name: Text<'a, 127>,
    /// Which addresses to look for. The reference's default is 1, the firmware's 2.
    pub family: Family,
}

/// The reply to [`Resolve`]. A failed lookup is no parseable address: `(null)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The address; unspecified if newer firmware found none.
    pub address: IpAddr,
}

impl AtatResp for Resolved {}

fn parse_resolved(reply: &[u8]) -> Result<Resolved, atat::Error> {
    let value = reply.trim_ascii().strip_prefix(b"+CIPDOMAIN:");
    let address = value.and_then(|value| Fields::new(value).address());
    address
        .map(|address| Resolved { address })
        .ok_or(atat::Error::Parse)
}

/// `AT+CIPSTATE?`: lists the links (4.1.5). Rows: [`LinkRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTATE?", Rows, parse = parse_rows, termination = "\r\n")]
pub struct GetLinks;

fn parse_rows(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| LinkRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetLinks`]: `+CIPSTATUS:` in firmware, `+CIPSTATE:` in the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The link id, 0 to 4.
    pub link: u8,
    /// The peer's address.
    pub remote_ip: IpAddr,
    /// The peer's port.
    pub remote_port: u16,
    /// The module's port.
    pub local_port: u16,
    /// Whether the module is the server of this connection.
    pub is_server: bool,
}

impl LinkRow {
    /// Takes a row apart.
    ///
    /// ```
    /// use atwifi::st67::command::net::LinkRow;
    ///
    /// let row = LinkRow::parse(br#"+CIPSTATUS:1,"TCP","192.168.1.9",80,50001,0"#).unwrap();
    /// assert_eq!((row.link, row.remote_port, row.is_server), (1, 80, false));
    /// assert_eq!(LinkRow::parse(b"+CIPSTATUS:1"), None);
    /// ```
    pub fn parse(line: &[u8]) -> Option<LinkRow> {
        let values = line
            .strip_prefix(b"+CIPSTATUS:")
            .or_else(|| line.strip_prefix(b"+CIPSTATE:"))?;
        let mut fields = Fields::new(values);
        let link = fields.number()?;
        fields.quoted()?;
        Some(LinkRow {
            link,
            remote_ip: fields.address()?,
            remote_port: fields.number()?,
            local_port: fields.number()?,
            is_server: fields.number::<u8>()? == 1,
        })
    }
}

/// The protocol of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP over IPv4.
    Tcp,
    /// TCP over IPv6.
    TcpV6,
    /// UDP over IPv4.
    Udp,
    /// UDP over IPv6.
    UdpV6,
    /// TLS over TCP over IPv4.
    Ssl,
    /// TLS over TCP over IPv6.
    SslV6,
}

impl Serialize for Protocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Protocol::Tcp => "TCP",
            Protocol::TcpV6 => "TCPv6",
            Protocol::Udp => "UDP",
            Protocol::UdpV6 => "UDPv6",
            Protocol::Ssl => "SSL",
            Protocol::SslV6 => "SSLv6",
        })
    }
}

/// `AT+CIPSTART`: opens a TCP connection, with `AT+CIPMUX=1` (4.1.7).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::st67::command::net::{Connect, Protocol};
///
/// let connect = Connect {
///     link: 0,
///     protocol: Protocol::Tcp,
///     remote_ip: [192, 168, 101, 110].into(),
///     remote_port: 2500,
///     keep_alive: Some(60),
///     local_ip: None,
///     timeout: None,
/// };
/// let mut wire = [0; 64];
/// let n = connect.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",2500,60\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTART", Done, termination = "\r\n")]
pub struct Connect {
    /// The link id, 0 to 4.
    pub link: u8,
    /// The protocol.
    pub protocol: Protocol,
    /// The peer's address.
    pub remote_ip: Ip,
    /// The peer's port, 1 to 65535.
    pub remote_port: u16,
    /// Seconds between keep-alive probes, 0 to 7200; `None` keeps what was set last.
    pub keep_alive: Option<u16>,
    /// The module's address, where it has several.
    pub local_ip: Option<Ip>,
    /// Milliseconds until the module gives up, 1 to 20000; `None` or 0 leaves it to the stack.
    pub timeout: Option<u16>,
}

/// `AT+CIPSTART` for datagrams, with `AT+CIPMUX=1` (4.1.7).
///
/// The reference names no local port and no mode: there the parameters behind the remote port are
/// those of [`Connect`]. Firmware has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTART", Done, termination = "\r\n")]
pub struct OpenDatagram {
    /// The link id, 0 to 4.
    pub link: u8,
    /// The protocol.
    pub protocol: Protocol,
    /// Where datagrams go unless [`SendTo`] says otherwise; a multicast group is joined.
    pub remote_ip: Ip,
    /// The port there, 1 to 65535.
    pub remote_port: u16,
    /// The module's port; 0 chooses one.
    pub local_port: Option<u16>,
    /// Whether a datagram from elsewhere changes the remote address: 0 never (and every datagram
    /// is told to come from it), 1 once, 2 always.
    pub mode: Option<u8>,
}

/// `AT+CIPCLOSE`: closes a link (4.1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPCLOSE", Done, termination = "\r\n")]
pub struct Close {
    /// The link id, 0 to 4; 5 closes all.
    pub link: u8,
}

/// `AT+CIPSEND`: announces payload for a link; the module prompts for it (4.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSEND", Done, termination = "\r\n")]
pub struct Send {
    /// The link id, 0 to 4.
    pub link: u8,
    /// How many bytes follow: 1 to 6144 in firmware 2.0.75, to 8192 in the reference.
    pub length: u16,
}

impl Upload for Send {
    fn length(&self) -> usize {
        self.length.into()
    }
}

/// `AT+CIPSEND` with a destination: announces a datagram (4.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSEND", Done, termination = "\r\n")]
pub struct SendTo {
    /// The link id, 0 to 4.
    pub link: u8,
    /// How many bytes follow; firmware cuts what is longer than 1470 into several datagrams.
    pub length: u16,
    /// The address to send to, from here on.
    pub remote_ip: Ip,
    /// The port to send to.
    pub remote_port: u16,
}

/// `AT+CIPSERVER`: creates or deletes the one server (4.1.18). Needs `AT+CIPMUX=1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSERVER", Done, termination = "\r\n")]
pub struct SetServer {
    /// 1: create, 0: delete; the connections that it has stay.
    pub on: u8,
    /// The port to listen on, if created. The reference's default is 333, firmware needs it.
    pub port: Option<u16>,
}

/// `AT+CIPDINFO`: whether `+IPD` names the sender (4.1.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPDINFO", Done, termination = "\r\n")]
pub struct SetSenderInfo {
    /// 0: no, 1: yes.
    pub on: u8,
}

/// `AT+CIPMUX`: one link or several (4.1.17). Refused while a link is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPMUX", Done, termination = "\r\n")]
pub struct SetMultiple {
    /// 0: one link (default), 1: up to five.
    pub on: u8,
}

/// `AT+CIPRECVMODE`: who moves received data (4.1.26). Refused while a link is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECVMODE", Done, termination = "\r\n")]
pub struct SetReceiveMode {
    /// 0: active, the module prints data as it arrives (default); 1: passive, it waits for
    /// [`Receive`].
    pub passive: u8,
}

/// `AT+CIPRECVDATA`: reads what a link has received, in passive mode (4.1.27). The reply is
/// counted payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECVDATA", Done, termination = "\r\n")]
pub struct Receive {
    /// The link id, 0 to 4.
    pub link: u8,
    /// The most bytes to read: 1 to the size of the link's receive buffer (4608 in firmware
    /// 2.0.75, 2920 in the reference).
    pub length: u16,
}

/// `AT+CIPRECVLEN?`: asks how much each link has received (4.1.28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECVLEN?", Lengths, parse = parse_lengths, termination = "\r\n")]
pub struct GetLengths;

/// The reply to [`GetLengths`]: bytes that wait, by link id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// Bytes that wait in links 0 to 4.
    pub bytes: [u32; 5],
}

impl AtatResp for Lengths {}

fn parse_lengths(reply: &[u8]) -> Result<Lengths, atat::Error> {
    let values = reply
        .trim_ascii()
        .strip_prefix(b"+CIPRECVLEN:")
        .ok_or(atat::Error::Parse)?;
    // Firmware and the reference's example put a comma behind the last number too.
    let mut fields = Fields::new(values.strip_suffix(b",").unwrap_or(values));
    let mut bytes = [0; 5];
    for place in &mut bytes {
        *place = fields.next().and_then(number).ok_or(atat::Error::Parse)?;
    }
    if fields.is_empty() {
        Ok(Lengths { bytes })
    } else {
        Err(atat::Error::Parse)
    }
}

/// Which side of a TLS connection proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatEnum)]
pub enum Authentication {
    /// Neither.
    None = 0,
    /// The client, by its certificate.
    Client = 1,
    /// The server, whose certificate the CA must have signed.
    Server = 2,
    /// Both.
    Both = 3,
}

/// `AT+CIPSSLCCONF`: names the certificates of a link (4.1.32), files in the module. In effect for
/// connections that are opened from here on.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCCONF", Done, termination = "\r\n")]
pub struct SetCertificates<'a> {
    /// The link id, 0 to 4.
    pub link: u8,
    /// Who proves who it is.
    pub authentication: Authentication,
    /// The client's certificate: up to 31 bytes.
    pub certificate: Text<'a, 31>,
    /// Its private key.
    pub key: Text<'a, 31>,
    /// The certificate authority.
    pub ca: Text<'a, 31>,
}

/// `AT+CIPSSLCSNI`: the name that the server is asked for (4.1.33).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCSNI", Done, termination = "\r\n")]
pub struct SetServerName<'a> {
    /// The link id, 0 to 4.
    pub link: u8,
    /// The name: up to 64 bytes.
    pub name: Text<'a, 64>,
}

/// `AT+CIPSSLCALPN`: the protocols that are offered to the server (4.1.34).
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSSLCALPN", Done, termination = "\r\n")]
pub struct SetProtocols<'a> {
    /// The link id, 0 to 4.
    pub link: u8,
    /// How many there are: 0 clears, up to 5.
    pub count: u8,
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
#[at_cmd("+CIPSSLCPSK", Done, termination = "\r\n")]
pub struct SetPsk<'a> {
    /// The link id, 0 to 4.
    pub link: u8,
    /// The key: up to 31 bytes in firmware, 32 in the reference.
    pub key: Secret<'a, 31>,
    /// The key's identity, as long.
    pub identity: Text<'a, 31>,
}
