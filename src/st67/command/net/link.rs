//! Links: 4.1.5 to 4.1.8, 4.1.10, 4.1.11, 4.1.16, 4.1.17, 4.1.30 and 4.1.31.

use core::net::IpAddr;

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatResp};
use atat::serde_at::serde::{Serialize, Serializer};

use super::super::{Done, Rows, values};
use super::{KeepAlive, Link, Links, Port, named};
use crate::engine::text::{Fields, rows};
use crate::st67::text::Text;
use crate::value::Ranged;
use crate::value::ip::Ip;
use crate::value::{Reported, Switch};

/// `AT+CIPSTATE?`: lists the links (4.1.5). Rows: [`LinkRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTATE?", Rows, parse = parse_links, timeout_ms = 6000, termination = "\r\n")]
pub struct GetLinks;

/// `AT+CIPSTART?`: lists the links too (4.1.7). Rows: [`LinkRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTART?", Rows, parse = parse_links, timeout_ms = 6000, termination = "\r\n")]
pub struct GetStarted;

fn parse_links(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| LinkRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetLinks`] and [`GetStarted`]: `+CIPSTATUS:` in firmware, `+CIPSTATE:` in
/// the reference; `+CIPSTART:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The link.
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
        const NAMES: [&[u8]; 3] = [b"+CIPSTATUS:", b"+CIPSTATE:", b"+CIPSTART:"];
        let values = NAMES.iter().find_map(|name| line.strip_prefix(*name))?;
        LinkRow::parse_values(values)
    }

    /// Takes apart what stands behind the name.
    pub(in crate::st67) fn parse_values(values: &[u8]) -> Option<LinkRow> {
        let mut fields = Fields::new(values);
        let link = fields.number()?;
        fields.next()?;
        Some(LinkRow {
            link,
            remote_ip: fields.address()?,
            remote_port: fields.number()?,
            local_port: fields.number()?,
            is_server: fields.number::<u8>()? == 1,
        })
    }
}

/// `AT+CIPRECVBUF=<link>?`: asks for the size of a link's receive buffer (4.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECVBUF", ReceiveBuffer, timeout_ms = 6000, termination = "?\r\n")]
pub struct GetReceiveBuffer {
    /// The link.
    pub link: Link,
}

/// The reply to [`GetReceiveBuffer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct ReceiveBuffer {
    /// Its size in bytes. Default: 2920 in the reference, 4608 in firmware 2.0.75.
    pub bytes: u32,
}

/// `AT+CIPRECVBUF`: sets the size of a link's receive buffer (4.1.6). Refused while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPRECVBUF",
    Done,
    parse = parse_buffer_set,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct SetReceiveBuffer {
    /// The link.
    pub link: Link,
    /// Its size in bytes; the reference gives no limit.
    pub bytes: Ranged<1, 65536>,
}

pub(super) fn parse_buffer_set(reply: &[u8]) -> Result<Done, atat::Error> {
    named(reply, b"+CIPRECVBUF")
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
        serializer.serialize_bytes(match self {
            Protocol::Tcp => b"\"TCP\"",
            Protocol::TcpV6 => b"\"TCPv6\"",
            Protocol::Udp => b"\"UDP\"",
            Protocol::UdpV6 => b"\"UDPv6\"",
            Protocol::Ssl => b"\"SSL\"",
            Protocol::SslV6 => b"\"SSLv6\"",
        })
    }
}

/// A host that a link is to: its address or its name, up to 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// Its address.
    Address(IpAddr),
    /// Its name, which the module resolves.
    Name(Text<'a, 64>),
}

impl From<IpAddr> for Host<'_> {
    fn from(address: IpAddr) -> Self {
        Host::Address(address)
    }
}

impl Serialize for Host<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Host::Address(address) => Ip(*address).serialize(serializer),
            Host::Name(name) => name.serialize(serializer),
        }
    }
}

/// `AT+CIPSTART`: opens a connection (4.1.7).
///
/// ```
/// use atat::AtatCmd;
/// use atwifi::Ranged;
/// use atwifi::st67::command::net::{Connect, Host, Protocol};
///
/// let connect = Connect {
///     link: Ranged::constant::<0>(),
///     protocol: Protocol::Tcp,
///     host: Host::Address([192, 168, 101, 110].into()),
///     remote_port: Ranged::constant::<2500>(),
///     keep_alive_s: Some(Ranged::constant::<60>()),
///     local_ip: None,
///     timeout_ms: None,
/// };
/// let mut wire = [0; 64];
/// let n = connect.write(&mut wire);
/// assert_eq!(&wire[..n], b"AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",2500,60\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTART", Done, timeout_ms = 26000, termination = "\r\n")]
pub struct Connect<'a> {
    /// The link.
    pub link: Link,
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

/// `AT+CIPSTART` for datagrams (4.1.7).
///
/// The reference names no local port and no mode: there the parameters behind the remote port are
/// those of [`Connect`]. Firmware has them.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTART", Done, timeout_ms = 26000, termination = "\r\n")]
pub struct OpenDatagram<'a> {
    /// The link.
    pub link: Link,
    /// The protocol.
    pub protocol: Protocol,
    /// Where datagrams go unless [`SendTo`](super::SendTo) says otherwise; a multicast group is
    /// joined.
    pub host: Host<'a>,
    /// The port there.
    pub remote_port: Port,
    /// The module's port; 0 chooses one.
    pub local_port: Option<u16>,
    /// Whether a datagram from elsewhere changes where datagrams go.
    pub mode: Option<PeerMode>,
}

numbered! {
    /// Whether a datagram from elsewhere changes the remote address of a link.
    pub enum PeerMode {
        /// Never, and every datagram is told to come from there.
        Fixed = 0,
        /// Once.
        Once = 1,
        /// Always.
        Always = 2,
    }
}

/// `AT+CIPSTARTEX`: opens a connection on a link that the module chooses (4.1.8): the event
/// [`LinkConnected`](crate::st67::Event::LinkConnected) tells which.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTARTEX", Done, timeout_ms = 26000, termination = "\r\n")]
pub struct ConnectAnywhere<'a> {
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

/// `AT+CIPTCPOPT?`: asks for the socket options (4.1.10). Rows: [`TcpOptionsRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPTCPOPT?",
    Rows,
    parse = parse_tcp_options,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetTcpOptions;

fn parse_tcp_options(reply: &[u8]) -> Result<Rows, atat::Error> {
    rows(reply, |line| TcpOptionsRow::parse(line).is_some()).map(|count| Rows { count })
}

/// A row of the reply to [`GetTcpOptions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpOptionsRow {
    /// The link.
    pub link: u8,
    /// SO_LINGER in seconds; -1: off.
    pub linger_s: i32,
    /// TCP_NODELAY.
    pub no_delay: Reported<Switch>,
    /// SO_SNDTIMEO in milliseconds; 0: none.
    pub send_timeout_ms: u32,
    /// Seconds between keep-alive probes; 0: none.
    pub keep_alive_s: u16,
}

impl TcpOptionsRow {
    /// Takes a row apart.
    ///
    /// ```
    /// use atwifi::st67::command::net::TcpOptionsRow;
    ///
    /// let row = TcpOptionsRow::parse(b"+CIPTCPOPT:0,-1,0,5000,60").unwrap();
    /// assert_eq!((row.linger_s, row.send_timeout_ms, row.keep_alive_s), (-1, 5000, 60));
    /// ```
    pub fn parse(line: &[u8]) -> Option<TcpOptionsRow> {
        let mut fields = Fields::new(line.strip_prefix(b"+CIPTCPOPT:")?);
        let row = TcpOptionsRow {
            link: fields.number()?,
            linger_s: fields.signed()?,
            no_delay: fields.reported()?,
            send_timeout_ms: fields.number()?,
            keep_alive_s: fields.number()?,
        };
        fields.is_empty().then_some(row)
    }
}

/// `AT+CIPTCPOPT`: sets socket options (4.1.10). What is `None` stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPTCPOPT", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetTcpOptions {
    /// The link, or all.
    pub link: Links,
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

/// `AT+CIPCLOSE`: closes a link (4.1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPCLOSE", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct Close {
    /// The link, or all.
    pub link: Links,
}

/// `AT+CIPDINFO?`: asks whether `+IPD` names the sender (4.1.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPDINFO?",
    SenderInfo,
    parse = parse_sender_info,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetSenderInfo;

/// The reply to [`GetSenderInfo`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderInfo {
    /// Whether it does.
    pub is_shown: bool,
}

impl AtatResp for SenderInfo {}

fn parse_sender_info(reply: &[u8]) -> Result<SenderInfo, atat::Error> {
    match values(reply, b"+CIPDINFO:")? {
        b"true" => Ok(SenderInfo { is_shown: true }),
        b"false" => Ok(SenderInfo { is_shown: false }),
        _ => Err(atat::Error::Parse),
    }
}

/// `AT+CIPDINFO`: whether `+IPD` names the sender (4.1.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPDINFO", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetSenderInfo {
    /// Whether it shall. The driver needs it.
    pub shown: Switch,
}

/// `AT+CIPMUX?`: asks whether there are several links (4.1.17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPMUX?", Multiple, timeout_ms = 6000, termination = "\r\n")]
pub struct GetMultiple;

/// The reply to [`GetMultiple`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Multiple {
    /// Whether there are.
    pub multiple: Reported<Switch>,
}

/// `AT+CIPMUX`: one link or several (4.1.17). Refused while a link is open or the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPMUX", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetMultiple {
    /// Off: one link (default); on: up to five. The driver needs several.
    pub multiple: Switch,
}

/// `AT+CIPEVT?`: asks whether events about links are printed (4.1.30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPEVT?", LinkEvents, timeout_ms = 6000, termination = "\r\n")]
pub struct GetLinkEvents;

/// The reply to [`GetLinkEvents`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct LinkEvents {
    /// Whether they are.
    pub events: Reported<Switch>,
}

/// `AT+CIPEVT`: whether events about links are printed (4.1.30). Default: on. Without them the
/// driver does not learn that data has come or that a peer has closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPEVT",
    Done,
    parse = parse_link_events_set,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct SetLinkEvents {
    /// Whether they shall be.
    pub events: Switch,
}

fn parse_link_events_set(reply: &[u8]) -> Result<Done, atat::Error> {
    named(reply, b"+CIPEVT")
}

/// `AT+CWEVT?`: asks whether events about Wi-Fi are printed (4.1.31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CWEVT?", WifiEvents, timeout_ms = 6000, termination = "\r\n")]
pub struct GetWifiEvents;

/// The reply to [`GetWifiEvents`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct WifiEvents {
    /// Whether they are.
    pub events: Reported<Switch>,
}

/// `AT+CWEVT`: whether events about Wi-Fi are printed (4.1.31). Default: on. Without them
/// [`Module::join`](crate::Module::join) waits in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CWEVT",
    Done,
    parse = parse_wifi_events_set,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct SetWifiEvents {
    /// Whether they shall be.
    pub events: Switch,
}

fn parse_wifi_events_set(reply: &[u8]) -> Result<Done, atat::Error> {
    named(reply, b"+CWEVT")
}
