//! Ready-made far ends for a [`MemoryNetwork`](crate::MemoryNetwork).

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::{Peer, Service};

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
