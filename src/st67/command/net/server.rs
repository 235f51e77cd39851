//! The server: 4.1.18 to 4.1.20. It needs several links.

use atat::AtatResp;
use atat::atat_derive::{AtatCmd, AtatResp};

use super::super::{Done, values};
use super::{KeepAlive, Port, Protocol};
use crate::engine::text::Fields;
use crate::value::Printed;
use crate::value::Ranged;
use crate::value::{Reported, Switch};

/// `AT+CIPSERVER?`: asks whether the server runs (4.1.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPSERVER?",
    ServerState,
    parse = parse_server,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetServer;

/// The reply to [`GetServer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerState {
    /// The server, if it runs.
    pub server: Option<Server>,
}

/// A server that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The port it listens on.
    pub port: u16,
    /// `TCP`, `TCPv6`, `SSL` or `SSLv6`.
    pub protocol: Printed<5>,
    /// Whether clients must show a certificate.
    pub ca: Option<Reported<Switch>>,
    /// Seconds between keep-alive probes; 0: none.
    pub keep_alive_s: Option<u16>,
}

impl AtatResp for ServerState {}

fn parse_server(reply: &[u8]) -> Result<ServerState, atat::Error> {
    let values = values(reply, b"+CIPSERVER:")?;
    let server = match values {
        b"0" => None,
        _ => Some(running(values).ok_or(atat::Error::Parse)?),
    };
    Ok(ServerState { server })
}

/// `1,<port>,"<type>"[,<CA enable>][,<keep-alive>]`
fn running(values: &[u8]) -> Option<Server> {
    let mut fields = Fields::new(values.strip_prefix(b"1,")?);
    let (port, protocol) = (fields.number()?, fields.quoted()?);
    let ca = match fields.is_empty() {
        true => None,
        false => Some(fields.reported()?),
    };
    let keep_alive_s = match fields.is_empty() {
        true => None,
        false => Some(fields.number()?),
    };
    fields.is_empty().then_some(Server {
        port,
        protocol: Printed::new(protocol.as_bytes())?,
        ca,
        keep_alive_s,
    })
}

/// `AT+CIPSERVER=1`: creates the one server (4.1.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPSERVER=1,",
    Done,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct CreateServer {
    /// The port to listen on. The reference's default is 333; firmware has none.
    pub port: Port,
    /// TCP (default) or TLS.
    pub protocol: Option<Protocol>,
    /// Whether clients must show a certificate.
    pub ca: Option<Switch>,
    /// Seconds between keep-alive probes; `None` keeps what was set last.
    pub keep_alive_s: Option<KeepAlive>,
}

/// `AT+CIPSERVER=0`: deletes the server (4.1.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPSERVER=0,",
    Done,
    value_sep = false,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct DeleteServer {
    /// Whether its connections are closed too. Default: off.
    pub close: Switch,
}

/// `AT+CIPSERVERMAXCONN?`: asks how many clients the server lets in (4.1.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPSERVERMAXCONN?",
    ServerLimit,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetServerLimit;

/// The reply to [`GetServerLimit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct ServerLimit {
    /// Clients.
    pub clients: u8,
}

/// `AT+CIPSERVERMAXCONN`: how many clients the server lets in (4.1.19), before it is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSERVERMAXCONN", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetServerLimit {
    /// Clients.
    pub clients: Ranged<1, 5>,
}

/// `AT+CIPSTO?`: asks how long a client of the server may be silent (4.1.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTO?", ServerTimeout, timeout_ms = 6000, termination = "\r\n")]
pub struct GetServerTimeout;

/// The reply to [`GetServerTimeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct ServerTimeout {
    /// Seconds; 0: for ever.
    pub timeout_s: u16,
}

/// `AT+CIPSTO`: how long a client of the server may be silent (4.1.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSTO", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetServerTimeout {
    /// Seconds; 0: for ever, which the reference does not recommend.
    pub timeout_s: Ranged<0, 7200>,
}
