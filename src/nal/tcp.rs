//! `TcpClientStack`: connections through the module's links.

use core::net::SocketAddr;

use embedded_nal::TcpClientStack;

use crate::clock::Clock;
use crate::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::engine::link::Transport;
use crate::error::{Closed, Error};
use crate::socket::{State, TcpSocket};

use super::stream::WaitTcp;

impl<D: Dialect, T: Transport, C: Clock> TcpClientStack for Module<'_, D, T, C> {
    type TcpSocket = TcpSocket;
    type Error = ErrorOf<D, T>;

    /// Takes a place in the socket table; nothing is sent.
    fn socket(&mut self) -> Result<TcpSocket, Self::Error> {
        self.session.sockets.allocate().map_err(Error::Resource)
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
        self.prepare()?;
        self.hang_up(socket)?;
        self.session.sockets.renew(socket);
        let result = D::connect(self, socket, remote);
        if let Err(error) = &result {
            let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
            // Where the module has said no, or was not asked, there is no link; else it may come.
            match error {
                Error::Module(_) | Error::Usage(_) | Error::Resource(_) => {
                    slot.closed_by_module(Closed::NotConnected)
                }
                _ => slot.abandon(Closed::NotConnected),
            }
        }
        Ok(result?)
    }

    /// Sends all of `buffer`, in as many commands as it needs, and returns its length.
    fn send(&mut self, socket: &mut TcpSocket, buffer: &[u8]) -> nb::Result<usize, Self::Error> {
        self.check_run(socket)?;
        self.prepare()?;
        for chunk in buffer.chunks(D::SEND_MAX) {
            let link = self.open_link(socket)?;
            if let Err(error) = D::send(self, link, chunk) {
                return Err(self.after_failed_send(socket, error).into());
            }
        }
        if buffer.is_empty() {
            self.open_link(socket)?;
        }
        Ok(buffer.len())
    }

    /// Receives what is there; `WouldBlock` if nothing is.
    ///
    /// Small reads are served from the read-ahead buffer, large ones go straight into `buffer`.
    /// Where the module has announced nothing, nothing is sent to it.
    fn receive(
        &mut self,
        socket: &mut TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        self.check_run(socket)?;
        self.session.sockets.slot(socket).map_err(Error::Usage)?;
        if buffer.is_empty() {
            return Ok(0);
        }
        let n = self.session.sockets.take_ahead(socket, buffer);
        if n > 0 {
            return Ok(n);
        }
        self.engine.pump(&mut self.session)?;
        if self.needs_attention() {
            self.prepare()?;
        }
        self.check_run(socket)?;
        let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
        if slot.readable {
            let n = self.fetch(socket, buffer)?;
            if n > 0 {
                return Ok(n);
            }
        }
        let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
        match slot.state {
            State::Closed(how) if !slot.readable => Err(Error::Closed(how).into()),
            _ => Err(nb::Error::WouldBlock),
        }
    }

    /// Closes the socket, whatever its state, and frees its place.
    fn close(&mut self, mut socket: TcpSocket) -> Result<(), Self::Error> {
        let result = if self.session.sockets.is_from_before_restart(&socket) {
            self.session
                .sockets
                .slot(&socket)
                .map(drop)
                .map_err(Error::Usage)
        } else {
            self.hang_up(&mut socket)
        };
        self.session.sockets.free(&socket);
        match result {
            // The link went with the module.
            Err(Error::ModuleReset) => Ok(()),
            other => other,
        }
    }
}

impl<D: Dialect, T: Transport, C: Clock> WaitTcp for Module<'_, D, T, C> {
    fn is_readable(&mut self, socket: &mut TcpSocket) -> Result<bool, Self::Error> {
        self.session.sockets.slot(socket).map_err(Error::Usage)?;
        if self.session.sockets.is_from_before_restart(socket)
            || self.session.sockets.has_ahead(socket)
        {
            return Ok(true);
        }
        self.engine.pump(&mut self.session)?;
        if self.needs_attention() {
            self.prepare()?;
        }
        let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
        // What may be there is there when it has been fetched.
        if slot.readable && self.fetch_ahead(socket)? > 0 {
            return Ok(true);
        }
        let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
        Ok(slot.state != State::Open && !slot.readable)
    }

    fn wait_readable(&mut self, socket: &mut TcpSocket, ms: u32) -> Result<(), Self::Error> {
        let deadline = self.engine.link.deadline(ms);
        while !self.is_readable(socket)? {
            let told = self
                .engine
                .wait_until(&mut self.session, deadline, |session| {
                    let slot = session.sockets.slot(socket);
                    slot.map_or(true, |slot| slot.readable || slot.state != State::Open)
                });
            match told {
                // What has happened to the socket is seen above.
                Ok(()) | Err(Error::ModuleReset | Error::Malformed) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_end(error: &Self::Error) -> bool {
        matches!(error, Error::Closed(Closed::ByPeer))
    }
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// A handle whose connection went with a restart of the module says so.
    fn check_run(&mut self, socket: &TcpSocket) -> Result<(), ErrorOf<D, T>> {
        self.session.sockets.slot(socket).map_err(Error::Usage)?;
        if self.session.sockets.is_from_before_restart(socket) {
            return Err(Error::ModuleReset);
        }
        Ok(())
    }

    /// The link of an open socket.
    fn open_link(&mut self, socket: &TcpSocket) -> Result<u32, ErrorOf<D, T>> {
        self.check_run(socket)?;
        let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
        match slot.state {
            State::Open => Ok(slot.link),
            State::Closed(how) => Err(Error::Closed(how)),
        }
    }

    /// Ends the link that a socket has, or may have, in the module.
    fn hang_up(&mut self, socket: &mut TcpSocket) -> Result<(), ErrorOf<D, T>> {
        let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
        let (link, in_module) = (slot.link, slot.state == State::Open || slot.lingers);
        slot.drop_rest();
        if !in_module {
            return Ok(());
        }
        slot.abandon(Closed::NotConnected);
        self.prepare()?;
        // Getting into step may have shown that the link is gone.
        let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
        if slot.lingers && slot.link == link {
            D::close(self, link)?;
            let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
            slot.closed_by_module(Closed::NotConnected);
        }
        Ok(())
    }

    /// Reads from the module: straight into a large buffer, through the read-ahead buffer into a
    /// small one.
    fn fetch(&mut self, socket: &TcpSocket, buffer: &mut [u8]) -> Result<usize, ErrorOf<D, T>> {
        self.prepare()?;
        self.check_run(socket)?;
        if buffer.len() >= self.session.sockets.read_ahead() {
            return self.fetch_into(socket, buffer);
        }
        self.fetch_ahead(socket)?;
        Ok(self.session.sockets.take_ahead(socket, buffer))
    }

    /// Fills the read-ahead buffer, which is empty.
    fn fetch_ahead(&mut self, socket: &TcpSocket) -> Result<usize, ErrorOf<D, T>> {
        self.prepare()?;
        self.check_run(socket)?;
        let memory = self.session.sockets.lend_ahead();
        let part = self.session.sockets.part_of(memory, socket);
        let result = self.fetch_into(socket, part);
        self.session
            .sockets
            .put_ahead(memory, socket, *result.as_ref().unwrap_or(&0));
        result
    }

    fn fetch_into(&mut self, socket: &TcpSocket, into: &mut [u8]) -> Result<usize, ErrorOf<D, T>> {
        let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
        let (link, announced) = (slot.link, slot.begin_read());
        let wanted = into.len().min(D::RECEIVE_MAX);
        let result = D::receive(self, link, into.get_mut(..wanted).unwrap_or(&mut []));
        self.check_run(socket)?;
        let slot = self.session.sockets.slot(socket).map_err(Error::Usage)?;
        match result {
            Ok(n) => {
                slot.end_read(n, wanted, announced);
                Ok(n)
            }
            // A link that is closed and emptied has nothing to read.
            Err(Error::Module(_)) => {
                slot.end_read(0, wanted, announced);
                Ok(0)
            }
            Err(error) => {
                // Bytes may have left the module that never arrived here.
                slot.spoil();
                Err(error)
            }
        }
    }

    /// What a failed send means for the socket.
    fn after_failed_send(&mut self, socket: &TcpSocket, error: ErrorOf<D, T>) -> ErrorOf<D, T> {
        let Ok(slot) = self.session.sockets.slot(socket) else {
            return error;
        };
        match (&error, slot.state) {
            // The notice of the close and the command crossed.
            (Error::Module(_), State::Closed(how)) => Error::Closed(how),
            (Error::Module(_), State::Open) => {
                // Refused though the link seems open: was its close missed? The module knows.
                self.session.in_doubt = true;
                match self.prepare().and_then(|()| self.open_link(socket)) {
                    Ok(_) | Err(Error::Timeout) => error,
                    Err(found) => found,
                }
            }
            (Error::ModuleReset, _) => error,
            _ => {
                // Nobody knows how much of the payload the peer has got.
                slot.spoil();
                error
            }
        }
    }
}
