//! Ready-made far ends for a [`MemoryNetwork`](crate::MemoryNetwork).

mod mqtt;
mod tls;

pub use mqtt::{MqttBroker, MqttConnect, MqttMessage};
pub use tls::{BadCertificate, TlsServer};

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crate::{DatagramService, Peer, Sender, Service};

/// Sends back what it receives.
#[must_use]
pub fn echo() -> Box<dyn Service> {
    Box::new(Echo)
}

/// Waits for an empty line, as an HTTP server does, sends `response` and closes.
pub fn respond(response: impl Into<Vec<u8>>) -> Box<dyn Service> {
    Box::new(Respond {
        request: Vec::new(),
        response: Some(response.into()),
    })
}

/// Appends all it receives to `log`.
#[must_use]
pub fn record(log: Rc<RefCell<Vec<u8>>>) -> Box<dyn Service> {
    Box::new(Record(log))
}

/// Sends `data` as soon as the module has connected, and stays open.
pub fn send(data: impl Into<Vec<u8>>) -> Box<dyn Service> {
    Box::new(Send(data.into()))
}

/// Sends each datagram back to where it came from.
#[must_use]
pub fn udp_echo() -> Box<dyn DatagramService> {
    Box::new(UdpEcho)
}

/// Answers each datagram with `data`, sent from the address `from`.
pub fn udp_answer(from: SocketAddr, data: impl Into<Vec<u8>>) -> Box<dyn DatagramService> {
    let data = data.into();
    Box::new(UdpAnswer { from, data })
}

/// The datagrams that a [`udp_record`] has received, and where they came from.
pub type UdpLog = Rc<RefCell<Vec<(SocketAddr, Vec<u8>)>>>;

/// Appends each datagram to `log`, and answers none.
#[must_use]
pub fn udp_record(log: UdpLog) -> Box<dyn DatagramService> {
    Box::new(UdpRecord(log))
}

struct Echo;

impl Service for Echo {
    fn received(&mut self, _now: Duration, data: &[u8], peer: &mut Peer) {
        peer.send(data);
    }
}

struct Respond {
    request: Vec<u8>,
    response: Option<Vec<u8>>,
}

impl Service for Respond {
    fn received(&mut self, _now: Duration, data: &[u8], peer: &mut Peer) {
        self.request.extend_from_slice(data);
        if !self.request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            return;
        }
        if let Some(response) = self.response.take() {
            peer.send(&response);
            peer.close();
        }
    }
}

struct Record(Rc<RefCell<Vec<u8>>>);

impl Service for Record {
    fn received(&mut self, _now: Duration, data: &[u8], _peer: &mut Peer) {
        self.0.borrow_mut().extend_from_slice(data);
    }
}

struct Send(Vec<u8>);

impl Service for Send {
    fn connected(&mut self, peer: &mut Peer) {
        peer.send(&self.0);
    }

    fn received(&mut self, _now: Duration, _data: &[u8], _peer: &mut Peer) {}
}

struct UdpEcho;

impl DatagramService for UdpEcho {
    fn received(&mut self, _now: Duration, from: SocketAddr, data: &[u8], sender: &mut Sender) {
        sender.send(from, data);
    }
}

struct UdpAnswer {
    from: SocketAddr,
    data: Vec<u8>,
}

impl DatagramService for UdpAnswer {
    fn received(&mut self, _now: Duration, from: SocketAddr, _data: &[u8], sender: &mut Sender) {
        sender.send_from(self.from, from, &self.data);
    }
}

struct UdpRecord(UdpLog);

impl DatagramService for UdpRecord {
    fn received(&mut self, _now: Duration, from: SocketAddr, data: &[u8], _sender: &mut Sender) {
        self.0.borrow_mut().push((from, data.to_vec()));
    }
}
