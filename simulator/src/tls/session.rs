//! One TLS session over a connection.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use crate::network::{Connection, Network, Received};

/// The most that is taken from the network at once.
const PIECE: usize = 16 * 1024;

/// The two ends could not agree, or the other end is not who it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

/// The module's end of a TLS session.
#[derive(Debug)]
pub(crate) struct Session {
    tls: Box<ClientConnection>,
    /// What has arrived and has not been received yet.
    arrived: VecDeque<u8>,
    /// The peer has said that nothing more will come.
    finished: bool,
    /// The connection below has ended.
    ended: bool,
}

impl Session {
    pub fn new(config: ClientConfig, name: ServerName<'static>) -> Result<Self, Failed> {
        let mut tls = ClientConnection::new(Arc::new(config), name).map_err(|_| Failed)?;
        tls.set_buffer_limit(None);
        Ok(Session {
            tls: Box::new(tls),
            arrived: VecDeque::new(),
            finished: false,
            ended: false,
        })
    }

    /// Goes on with the handshake. If the peer just closes, it fails as well; the connection knows.
    pub fn shake(
        &mut self,
        now: Duration,
        connection: Connection,
        network: &mut dyn Network,
    ) -> Poll<Result<(), Failed>> {
        loop {
            self.flush(now, connection, network);
            if !self.tls.is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            match network.receive(now, connection, PIECE) {
                Received::Nothing => return Poll::Pending,
                Received::Closed => {
                    self.ended = true;
                    return Poll::Ready(Err(Failed));
                }
                Received::Data(data) => {
                    let taken = self.take(&data);
                    self.flush(now, connection, network);
                    if taken.is_err() {
                        return Poll::Ready(Err(Failed));
                    }
                }
            }
        }
    }

    /// The peer has closed the connection below.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes at most `limit` bytes that have arrived.
    pub fn receive(
        &mut self,
        now: Duration,
        connection: Connection,
        network: &mut dyn Network,
        limit: usize,
    ) -> Received {
        loop {
            if !self.arrived.is_empty() {
                let count = self.arrived.len().min(limit);
                return Received::Data(self.arrived.drain(..count).collect());
            }
            if self.finished || self.ended {
                return Received::Closed;
            }
            match network.receive(now, connection, PIECE) {
                Received::Nothing => return Received::Nothing,
                Received::Closed => self.ended = true,
                Received::Data(data) => {
                    self.ended |= self.take(&data).is_err();
                    self.flush(now, connection, network);
                }
            }
        }
    }

    /// Sends all of `data`.
    pub fn send(
        &mut self,
        now: Duration,
        connection: Connection,
        network: &mut dyn Network,
        data: &[u8],
    ) {
        // There is no limit to what it buffers.
        let _ = self.tls.writer().write_all(data);
        self.flush(now, connection, network);
    }

    /// Says that nothing more will come.
    pub fn close(&mut self, now: Duration, connection: Connection, network: &mut dyn Network) {
        self.tls.send_close_notify();
        self.flush(now, connection, network);
    }

    fn take(&mut self, mut data: &[u8]) -> Result<(), Failed> {
        while !data.is_empty() {
            self.tls.read_tls(&mut data).map_err(|_| Failed)?;
            self.tls.process_new_packets().map_err(|_| Failed)?;
            self.read();
        }
        Ok(())
    }

    fn read(&mut self) {
        let mut piece = [0; 1024];
        loop {
            match self.tls.reader().read(&mut piece) {
                Ok(0) => self.finished = true,
                Ok(count) => {
                    self.arrived.extend(&piece[..count]);
                    continue;
                }
                // Nothing for now.
                Err(_) => {}
            }
            return;
        }
    }

    fn flush(&mut self, now: Duration, connection: Connection, network: &mut dyn Network) {
        let mut records = Vec::new();
        while self.tls.wants_write() && self.tls.write_tls(&mut records).is_ok() {}
        if !records.is_empty() {
            network.send(now, connection, &records);
        }
    }
}
