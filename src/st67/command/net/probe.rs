//! Probing the network: 4.1.29, 4.1.37 and 4.1.38.

use atat::atat_derive::AtatCmd;
use atat::serde_at::serde::{Serialize, Serializer};

use super::super::Done;
use super::Port;
use crate::st67::text::Text;
use crate::value::Ranged;
use crate::value::ip::Ip;

/// `AT+PING`: sends echo requests (4.1.29). Each is answered, or given up, by the event
/// [`Ping`](crate::st67::Event::Ping), by the reference before the `OK`, by the firmware behind it.
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+PING", Done, timeout_ms = 20000, termination = "\r\n")]
pub struct Ping<'a> {
    /// The host's name or address: up to 127 bytes in firmware 2.0.75.
    pub host: Text<'a, 127>,
}

/// `AT+PING` with all its parameters (4.1.29); see [`Ping`].
#[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+PING", Done, timeout_ms = 20000, termination = "\r\n")]
pub struct PingWith<'a> {
    /// The host's name or address: up to 127 bytes in firmware 2.0.75.
    pub host: Text<'a, 127>,
    /// The length of each request, in bytes.
    pub length: Option<Ranged<1, 65534>>,
    /// How many there are; the reference gives no limit.
    pub count: Option<Ranged<1, 65535>>,
    /// Milliseconds from one to the next.
    pub interval_ms: Option<Ranged<1, 65534>>,
}

/// Which way the data of a throughput test goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the peer, which is the server.
    Send,
    /// From the peer.
    Receive,
}

impl Serialize for Direction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Direction::Send => "TX",
            Direction::Receive => "RX",
        })
    }
}

/// What a throughput test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Serialize for ProbeProtocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            ProbeProtocol::Tcp => "TCP",
            ProbeProtocol::Udp => "UDP",
        })
    }
}

/// `AT+IPERF`: begins a throughput test (4.1.37).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+IPERF", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct StartThroughputTest {
    /// Which way.
    pub direction: Direction,
    /// On what.
    pub protocol: ProbeProtocol,
    /// The server; a client needs it.
    pub server: Option<Ip>,
    /// How long, in seconds. Default: 10.
    pub duration_s: Option<Ranged<1, { i32::MAX }>>,
    /// The port. Default: 5001.
    pub port: Option<Port>,
}

/// `AT+IPERFSTOP`: ends a throughput test (4.1.38).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+IPERFSTOP", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct StopThroughputTest;
