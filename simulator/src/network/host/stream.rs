//! One TCP connection of this machine.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use super::is_for_later;
use crate::network::Received;

/// One connection of this machine.
#[derive(Debug)]
pub(super) struct Stream {
    pub state: State,
    pub outgoing: VecDeque<u8>,
    /// The module has closed it, and it goes at this time at the latest.
    pub closed: Option<Duration>,
}

#[derive(Debug)]
pub(super) enum State {
    Opening(Receiver<io::Result<TcpStream>>),
    Open(TcpStream),
    Failed,
}

impl Stream {
    pub fn new(state: State) -> Self {
        Stream {
            state,
            outgoing: VecDeque::new(),
            closed: None,
        }
    }

    /// A connection that a peer has begun.
    pub fn accepted(stream: TcpStream) -> Self {
        Stream::new(prepare(stream).map_or(State::Failed, State::Open))
    }

    pub fn is_sending(&self) -> bool {
        matches!(self.state, State::Open(_)) && !self.outgoing.is_empty()
    }

    pub fn open(&mut self) {
        let State::Opening(opened) = &self.state else {
            return;
        };
        self.state = match opened.try_recv() {
            Err(TryRecvError::Empty) => return,
            Ok(Ok(stream)) => prepare(stream).map_or(State::Failed, State::Open),
            Ok(Err(_)) | Err(TryRecvError::Disconnected) => State::Failed,
        };
    }

    pub fn flush(&mut self) {
        let State::Open(stream) = &mut self.state else {
            return;
        };
        while !self.outgoing.is_empty() {
            match stream.write(self.outgoing.make_contiguous()) {
                Ok(count) => drop(self.outgoing.drain(..count)),
                Err(error) if is_for_later(&error) => return,
                Err(_) => self.outgoing.clear(),
            }
        }
    }

    pub fn receive(&mut self, limit: usize) -> Received {
        let State::Open(stream) = &mut self.state else {
            return Received::Closed;
        };
        let mut data = vec![0; limit];
        match stream.read(&mut data) {
            Ok(0) => Received::Closed,
            Ok(count) => {
                data.truncate(count);
                Received::Data(data)
            }
            Err(error) if is_for_later(&error) => Received::Nothing,
            Err(_) => {
                self.state = State::Failed;
                Received::Closed
            }
        }
    }
}

fn prepare(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
