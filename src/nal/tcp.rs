//! `TcpClientStack`: connections through the module's links.

use core::net::SocketAddr;

use embedded_nal::TcpClientStack;

use super::stream::WaitTcp;
use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::error::Fault;
use crate::socket::{Handle, State, TcpSocket};
use crate::transport::Transport;

impl<D: Dialect, T: Transport, C: Clock> TcpClientStack for Module<'_, D, T, C> {
    type TcpSocket = TcpSocket;
    type Error = ErrorOf<D, T>;

    /// Takes a place in the socket table; nothing is sent.
    fn socket(&mut self) -> Result<TcpSocket, Self::Error> {
        let handle = self.session().sockets.allocate();
        Ok(TcpSocket {
            handle: self.outcome(handle)?,
            port: None,
        })
    }

    /// Connects; blocks until the connection stands, never `WouldBlock`.
    ///
    /// A connection that the socket still has is dropped first. After a failure the same socket
    /// can be connected again.
    fn connect(
        &mut self,
        socket: &mut TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        let connected = self.open_stream(&mut socket.handle, remote);
        Ok(self.outcome(connected)?)
    }

    /// Sends all of `buffer`, in as many commands as it needs, and returns its length.
    fn send(&mut self, socket: &mut TcpSocket, buffer: &[u8]) -> nb::Result<usize, Self::Error> {
        let sent = self.send_all(&socket.handle, buffer);
        Ok(self.outcome(sent).map(|()| buffer.len())?)
    }

    /// Receives what is there; `WouldBlock` if nothing is.
    ///
    /// Small reads are served from the read-ahead buffer, large ones go straight into `buffer`.
    /// Where the module has announced nothing, nothing is sent to it, but for one command behind the peer's
    /// end: the last announcement may have been lost.
    fn receive(
        &mut self,
        socket: &mut TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        let received = self.receive_now(&socket.handle, buffer);
        match self.outcome(received)? {
            0 if !buffer.is_empty() => Err(nb::Error::WouldBlock),
            n => Ok(n),
        }
    }

    /// Closes the socket, whatever its state, and frees its place.
    fn close(&mut self, socket: TcpSocket) -> Result<(), Self::Error> {
        let closed = self.close_socket(&socket.handle);
        self.outcome(closed)
    }
}

impl<D: Dialect, T: Transport, C: Clock> WaitTcp for Module<'_, D, T, C> {
    fn is_readable(&mut self, socket: &mut TcpSocket) -> Result<bool, Self::Error> {
        let is_readable = self.has_something(&socket.handle);
        self.outcome(is_readable)
    }

    fn wait_readable(&mut self, socket: &mut TcpSocket, ms: u32) -> Result<(), Self::Error> {
        let waited = self.wait_for_something(&socket.handle, ms);
        self.outcome(waited)
    }

    fn is_end(error: &Self::Error) -> bool {
        error.is_end()
    }
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Lets the module probe connections that have been silent for so many seconds, and end those whose
    /// peer does not answer: all that are opened from here on, through TLS too, or made by a peer. 0, as
    /// it is from the start, is never. On the ST67 1 to 7200, of which less than 60 costs much
    /// (reference 4.1.10).
    ///
    /// A restart of the module ends this, with all connections.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`](crate::Usage::OutOfRange). [`Usage::Unsupported`](crate::Usage::Unsupported)
    /// on the Microchip module, which has no command for it.
    pub fn set_keep_alive(&mut self, seconds: u16) -> Result<(), ErrorOf<D, T>> {
        let set = self
            .prepare()
            .and_then(|()| D::set_keep_alive(self, seconds));
        self.outcome(set)
    }

    fn open_stream(&mut self, socket: &mut Handle, remote: SocketAddr) -> Outcome {
        self.begin_open(socket)?;
        let opened = D::connect(self, socket, remote);
        let opened = self.explain(opened, Fault::Unconnected);
        self.end_open(socket, opened, &format_args!("connected to {remote}"))
    }

    fn send_all(&mut self, socket: &Handle, buffer: &[u8]) -> Outcome {
        self.current(socket)?;
        let mut rest = buffer;
        let sent = self.send_pieces(socket, &mut rest);
        if sent.is_err() && rest.len() < buffer.len() {
            let slot = self.slot(socket)?;
            if slot.state == State::Open {
                // The caller cannot know how much has gone out.
                slot.spoil();
            }
        }
        sent
    }

    /// Sends piece after piece; `rest` is what has not been sent.
    fn send_pieces(&mut self, socket: &Handle, rest: &mut &[u8]) -> Outcome {
        loop {
            self.prepare()?;
            let link = self.open_link(socket)?;
            if rest.is_empty() {
                return Ok(());
            }
            let piece = D::piece(self, rest);
            let (chunk, behind) = rest.split_at_checked(piece).unwrap_or((rest, &[]));
            if let Err(fault) = D::send(self, link, chunk) {
                return Err(self.after_failed_send(socket, fault));
            }
            if behind.is_empty() {
                return Ok(());
            }
            *rest = behind;
            // Each piece is given as much time.
            self.engine.link.end_call();
        }
    }

    /// Receives what is there; 0 if nothing is.
    fn receive_now(&mut self, socket: &Handle, buffer: &mut [u8]) -> Outcome<usize> {
        let n = self.current(socket)?.take_ahead(buffer);
        if n > 0 || buffer.is_empty() {
            return Ok(n);
        }
        if self.catch_up(socket)?.is_readable() {
            self.prepare()?;
            let n = self.fetch(socket, buffer)?;
            if n > 0 {
                return Ok(n);
            }
        }
        let slot = self.slot(socket)?;
        match slot.state {
            State::Closed(how) if !slot.is_readable() => Err(how.into()),
            State::Listening => Err(Fault::NotConnected),
            State::Open | State::Closed(_) => Ok(0),
        }
    }

    /// Reads from the module: straight into a large buffer, through the read-ahead buffer into a
    /// small one.
    fn fetch(&mut self, socket: &Handle, buffer: &mut [u8]) -> Outcome<usize> {
        if buffer.len() >= self.slot(socket)?.ahead_size() {
            return self.fetch_into(socket, buffer);
        }
        self.fetch_ahead(socket)?;
        Ok(self.slot(socket)?.take_ahead(buffer))
    }

    /// Fills the read-ahead buffer, which is empty.
    fn fetch_ahead(&mut self, socket: &Handle) -> Outcome<usize> {
        let memory = self.slot(socket)?.lend_ahead();
        let result = self.fetch_into(socket, memory);
        if let Ok(slot) = self.slot(socket) {
            slot.put_ahead(memory, result.unwrap_or(0));
        }
        result
    }

    fn fetch_into(&mut self, socket: &Handle, into: &mut [u8]) -> Outcome<usize> {
        let slot = self.current(socket)?;
        let (link, announced) = (slot.link, slot.begin_read());
        let wanted = into.len().min(D::RECEIVE_MAX);
        let result = D::receive(
            self,
            link,
            wanted,
            into.get_mut(..wanted).unwrap_or(&mut []),
        );
        let slot = self.current(socket)?;
        let got = match result {
            // Whose bytes are these?
            _ if slot.is_in_question => {
                slot.spoil();
                return Err(Fault::StreamBroken);
            }
            // A link that is closed and emptied has nothing to read.
            Err(Fault::Refused) => 0,
            Err(fault) => {
                // Bytes may have left the module that never arrived here.
                slot.spoil();
                return Err(fault);
            }
            Ok(got) => got,
        };
        slot.end_read(got, wanted, announced);
        if D::LOOK_AGAIN > 0 {
            self.look_at = self.engine.link.after(D::LOOK_AGAIN);
        }
        Ok(got)
    }

    /// Whether there is something to receive, or an end to hear of.
    fn has_something(&mut self, socket: &Handle) -> Outcome<bool> {
        let slot = self.slot(socket)?;
        if slot.has_ahead() || self.session().sockets.is_from_before_restart(socket) {
            return Ok(true);
        }
        match self.catch_up(socket).map(|slot| slot.is_readable()) {
            Err(Fault::ModuleReset) => return Ok(true),
            // What may be there is there when it has been fetched.
            Ok(true) => {
                self.prepare()?;
                // However short the wait was to be: a read that is broken off loses bytes.
                self.engine.link.end_call();
                self.begin_call();
                if self.fetch_ahead(socket)? > 0 {
                    return Ok(true);
                }
            }
            Ok(false) => {}
            Err(fault) => return Err(fault),
        }
        let slot = self.slot(socket)?;
        Ok(slot.state != State::Open && !slot.is_readable())
    }

    fn wait_for_something(&mut self, socket: &Handle, ms: u32) -> Outcome {
        self.engine.link.begin_call(ms);
        self.engine.link.within(ms);
        loop {
            let deadline = self.engine.link.within(0);
            let is_there = self.has_something(socket)?;
            self.engine.link.resume(deadline);
            if is_there {
                return Ok(());
            }
            if D::LOOK_AGAIN > 0 {
                self.engine.link.at_most(D::LOOK_AGAIN);
            }
            let waited = self.wait_for_news(socket);
            self.engine.link.resume(deadline);
            match waited {
                Ok(()) if self.engine.link.is_late() => return Err(Fault::Timeout),
                // What has happened to the socket is seen above.
                Ok(()) => {}
                Err(Fault::ModuleReset | Fault::Malformed | Fault::Timeout)
                    if !self.engine.link.is_late() => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Waits up to the deadline for something that the module tells of a socket.
    fn wait_for_news(&mut self, socket: &Handle) -> Outcome {
        loop {
            match self.slot(socket) {
                Ok(slot) if !slot.is_readable() && slot.state == State::Open => {}
                _ => return Ok(()),
            }
            self.engine.await_event()?;
        }
    }
}
