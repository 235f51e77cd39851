//! `TcpClientStack`: connections through the module's links.

use core::net::SocketAddr;

use embedded_nal::TcpClientStack;

use super::stream::WaitTcp;
use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Purpose};
use crate::driver::{ErrorOf, Module};
use crate::error::{Closed, Error};
use crate::socket::{Handle, State, TcpSocket};
use crate::transport::Transport;

impl<D: Dialect, T: Transport, C: Clock> TcpClientStack for Module<'_, D, T, C> {
    type TcpSocket = TcpSocket;
    type Error = ErrorOf<D, T>;

    /// Takes a place in the socket table; nothing is sent.
    fn socket(&mut self) -> Result<TcpSocket, Self::Error> {
        let handle = self.session.sockets.allocate().map_err(Error::Resource)?;
        Ok(TcpSocket { handle, port: None })
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
        Ok(self.open_for(&mut socket.handle, Purpose::Connect(remote))?)
    }

    /// Sends all of `buffer`, in as many commands as it needs, and returns its length.
    fn send(&mut self, socket: &mut TcpSocket, buffer: &[u8]) -> nb::Result<usize, Self::Error> {
        let socket = &socket.handle;
        self.check_run(socket)?;
        self.prepare()?;
        for (n, chunk) in buffer.chunks(D::SEND_MAX).enumerate() {
            let link = self.open_link(socket)?;
            if let Err(error) = D::send(self, link, None, chunk) {
                let error = self.after_failed_send(socket, error);
                if n > 0 {
                    // The caller cannot know how much has gone out.
                    self.slot(socket)?.spoil();
                }
                return Err(error.into());
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
        let socket = &socket.handle;
        self.check_run(socket)?;
        if buffer.is_empty() {
            return Ok(0);
        }
        let n = self.slot(socket)?.take_ahead(buffer);
        if n > 0 {
            return Ok(n);
        }
        self.catch_up(socket)?;
        if self.slot(socket)?.readable {
            let n = self.fetch(socket, buffer)?;
            if n > 0 {
                return Ok(n);
            }
        }
        let slot = self.slot(socket)?;
        match slot.state {
            State::Closed(how) if !slot.readable => Err(Error::Closed(how).into()),
            State::Listening => Err(Error::Closed(Closed::NotConnected).into()),
            State::Open | State::Closed(_) => Err(nb::Error::WouldBlock),
        }
    }

    /// Closes the socket, whatever its state, and frees its place.
    fn close(&mut self, socket: TcpSocket) -> Result<(), Self::Error> {
        self.close_socket(&socket.handle)
    }
}

impl<D: Dialect, T: Transport, C: Clock> WaitTcp for Module<'_, D, T, C> {
    fn is_readable(&mut self, socket: &mut TcpSocket) -> Result<bool, Self::Error> {
        let socket = &socket.handle;
        let slot = self.slot(socket)?;
        if slot.has_ahead() || self.session.sockets.is_from_before_restart(socket) {
            return Ok(true);
        }
        match self.catch_up(socket) {
            Err(Error::ModuleReset) => return Ok(true),
            other => other?,
        }
        // What may be there is there when it has been fetched.
        if self.slot(socket)?.readable && self.fetch_ahead(socket)? > 0 {
            return Ok(true);
        }
        let slot = self.slot(socket)?;
        Ok(slot.state != State::Open && !slot.readable)
    }

    fn wait_readable(&mut self, socket: &mut TcpSocket, ms: u32) -> Result<(), Self::Error> {
        let deadline = self.engine.link.deadline(ms);
        while !self.is_readable(socket)? {
            let told = self
                .engine
                .wait_until(&mut self.session, deadline, &mut |session| {
                    let slot = session.sockets.slot(&socket.handle);
                    slot.map_or(true, |slot| slot.readable || slot.state != State::Open)
                });
            match told {
                // What has happened to the socket is seen above.
                Ok(()) | Err(Error::ModuleReset | Error::Malformed)
                    if !self.engine.link.is_late(deadline) => {}
                Ok(()) => return Err(Error::Timeout),
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
    /// Reads from the module: straight into a large buffer, through the read-ahead buffer into a
    /// small one.
    fn fetch(&mut self, socket: &Handle, buffer: &mut [u8]) -> Result<usize, ErrorOf<D, T>> {
        if buffer.len() >= self.slot(socket)?.ahead_size() {
            self.prepare()?;
            return self.fetch_into(socket, buffer);
        }
        self.fetch_ahead(socket)?;
        Ok(self.slot(socket)?.take_ahead(buffer))
    }

    /// Fills the read-ahead buffer, which is empty.
    fn fetch_ahead(&mut self, socket: &Handle) -> Result<usize, ErrorOf<D, T>> {
        self.prepare()?;
        let memory = self.slot(socket)?.lend_ahead();
        let result = self.fetch_into(socket, memory);
        if let Ok(slot) = self.slot(socket) {
            slot.put_ahead(memory, *result.as_ref().unwrap_or(&0));
        }
        result
    }

    fn fetch_into(&mut self, socket: &Handle, into: &mut [u8]) -> Result<usize, ErrorOf<D, T>> {
        self.check_run(socket)?;
        let slot = self.slot(socket)?;
        let (link, announced) = (slot.link, slot.begin_read());
        let wanted = into.len().min(D::RECEIVE_MAX);
        let result = D::receive(
            self,
            link,
            wanted,
            into.get_mut(..wanted).unwrap_or(&mut []),
        );
        self.check_run(socket)?;
        let slot = self.slot(socket)?;
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
}
