//! A network stack under measurement, on a virtual UART.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use atwifi_simulator::{MemoryNetwork, Simulation, services};

/// A stack that is ready to connect, with its module on the other side of the wire.
pub trait Stack {
    /// Connects to a port of [`SERVER`].
    fn connect(&mut self, port: u16);
    /// Sends all of it.
    fn send(&mut self, payload: &[u8]);
    /// What is there, if anything is.
    fn receive(&mut self, into: &mut [u8]) -> Option<usize>;
    /// Closes the connection.
    fn close(&mut self);
    /// Lets a little time pass.
    fn idle(&mut self);
    /// Module, wire and time.
    fn simulation(&self) -> &Simulation;
}

/// The virtual UART, and the module's speed behind it.
#[derive(Clone, Copy, Debug)]
pub struct Uart {
    /// Bits per second; a byte takes ten bit times, in each direction.
    pub baud: u32,
    /// What the module takes to answer a command.
    pub latency: Duration,
}

impl Uart {
    /// Bytes that one direction carries in a second.
    pub fn bytes_per_second(self) -> f64 {
        f64::from(self.baud) / 10.0
    }
}

/// Where everything is.
pub const SERVER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7));
/// Keeps what it receives.
pub const SINK: u16 = 9;
/// Sends back what it receives.
pub const ECHO: u16 = 7;
/// Sends [`LENGTH`] bytes at once.
pub const SOURCE: u16 = 19;

/// How much is moved to measure a share of the line rate.
pub const LENGTH: usize = 64 * 1024;

/// The network in which all stacks are measured.
pub fn network() -> MemoryNetwork {
    let at = |port| SocketAddr::new(SERVER, port);
    MemoryNetwork::new()
        .serve(at(SINK), |_| {
            services::record(Rc::new(RefCell::new(Vec::new())))
        })
        .serve(at(ECHO), |_| services::echo())
        .serve(at(SOURCE), |_| services::send(payload(LENGTH)))
}

/// Bytes of which none stands for a line end or for anything a module says.
pub fn payload(length: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(length).collect()
}
