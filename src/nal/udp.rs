//! `UdpClientStack` and `UdpFullStack`: datagrams through the module's links.

use core::net::{SocketAddr, SocketAddrV4};

use embedded_nal::{UdpClientStack, UdpFullStack};

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Purpose};
use crate::driver::{ErrorOf, Module};
use crate::error::{Closed, Error, Usage};
use crate::socket::{Datagram, Handle, State, UdpSocket};
use crate::transport::Transport;

impl<D: Dialect, T: Transport, C: Clock> UdpClientStack for Module<'_, D, T, C> {
    type UdpSocket = UdpSocket;
    type Error = ErrorOf<D, T>;

    /// Takes a place in the socket table; nothing is sent.
    ///
    /// # Errors
    /// Besides those of a TCP socket, [`Usage::BufferTooSmall`] if its read-ahead buffer has no
    /// room for a note on one datagram: who sent it, and how long it is.
    fn socket(&mut self) -> Result<UdpSocket, Self::Error> {
        let handle = self.session.sockets.allocate().map_err(Error::Resource)?;
        if self.slot(&handle)?.ahead_size() < Datagram::NOTE {
            self.session.sockets.free(&handle);
            return Err(Error::Usage(Usage::BufferTooSmall(Datagram::NOTE)));
        }
        Ok(UdpSocket {
            handle,
            remote: None,
            is_bound: false,
        })
    }

    /// Sets where [`send`](UdpClientStack::send) sends. A socket that is not bound gets a port
    /// that the module chooses.
    fn connect(&mut self, socket: &mut UdpSocket, remote: SocketAddr) -> Result<(), Self::Error> {
        self.slot(&socket.handle)?;
        let is_usable = !self.session.sockets.is_from_before_restart(&socket.handle)
            && self.slot(&socket.handle)?.state == State::Open;
        if !(socket.is_bound && is_usable) {
            self.open_for(&mut socket.handle, Purpose::Exchange(remote))?;
            socket.is_bound = false;
        }
        socket.remote = Some(remote);
        Ok(())
    }

    /// Sends a datagram to the address that the socket is connected to: 1 to 1470 bytes on the
    /// ST67, 1 to 512 on the Microchip module ([`Dialect::DATAGRAM_MAX`]).
    ///
    /// # Errors
    /// [`Usage::TooLong`] and, for no bytes, [`Usage::Unsupported`], before a byte is sent.
    ///
    /// After a fault on the wire between host and module the peer may get a datagram of the same
    /// length with other bytes: a module that waits for payload must be given it.
    fn send(&mut self, socket: &mut UdpSocket, buffer: &[u8]) -> nb::Result<(), Self::Error> {
        match socket.remote {
            Some(remote) => Ok(self.send_datagram(&socket.handle, remote, buffer)?),
            None => Err(Error::Closed(Closed::NotConnected).into()),
        }
    }

    /// The next datagram, whole, and who sent it; `WouldBlock` if there is none. Where the module
    /// has announced none, nothing is sent to it.
    ///
    /// # Errors
    /// [`Usage::BufferTooSmall`] with the length of a datagram that does not fit; it is dropped.
    fn receive(
        &mut self,
        socket: &mut UdpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<(usize, SocketAddr), Self::Error> {
        let (length, sender) = self.receive_datagram(socket, buffer)?;
        if length > buffer.len() {
            return Err(Error::Usage(Usage::BufferTooSmall(length)).into());
        }
        Ok((length, sender))
    }

    /// Closes the socket, whatever its state, and frees its place.
    fn close(&mut self, socket: UdpSocket) -> Result<(), Self::Error> {
        self.close_socket(&socket.handle)
    }
}

impl<D: Dialect, T: Transport, C: Clock> UdpFullStack for Module<'_, D, T, C> {
    /// Binds the socket to a local port; 0 lets the module choose one.
    fn bind(&mut self, socket: &mut UdpSocket, local_port: u16) -> Result<(), Self::Error> {
        self.open_for(&mut socket.handle, Purpose::Bind(local_port))?;
        socket.is_bound = true;
        Ok(())
    }

    /// Sends a datagram to any address.
    fn send_to(
        &mut self,
        socket: &mut UdpSocket,
        remote: SocketAddr,
        buffer: &[u8],
    ) -> nb::Result<(), Self::Error> {
        Ok(self.send_datagram(&socket.handle, remote, buffer)?)
    }
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Binds a UDP socket to the port of a multicast group and joins the group: by `AT+CIPSTART` on
    /// the ST67, by `AT+SOCKBM` on the Microchip module (reference 7.5), whose firmware tells the
    /// group's port instead of the sender's.
    ///
    /// # Errors
    /// [`Usage::Unsupported`] if the address is not that of a group.
    pub fn join_group(
        &mut self,
        socket: &mut UdpSocket,
        group: SocketAddrV4,
    ) -> Result<(), ErrorOf<D, T>> {
        if !group.ip().is_multicast() {
            return Err(Error::Usage(Usage::Unsupported));
        }
        self.open_for(&mut socket.handle, Purpose::Group(group))?;
        socket.is_bound = true;
        socket.remote = Some(group.into());
        Ok(())
    }

    fn send_datagram(
        &mut self,
        socket: &Handle,
        remote: SocketAddr,
        payload: &[u8],
    ) -> Result<(), ErrorOf<D, T>> {
        self.check_run(socket)?;
        if payload.len() > D::DATAGRAM_MAX {
            return Err(Error::Usage(Usage::TooLong(D::DATAGRAM_MAX)));
        }
        if payload.is_empty() || remote.port() == 0 {
            return Err(Error::Usage(Usage::Unsupported));
        }
        self.prepare()?;
        let link = self.open_link(socket)?;
        D::send(self, link, Some(remote), payload)
            .map_err(|error| self.after_failed_send(socket, error))
    }

    /// The next datagram: as much of it as fits, its whole length, and who sent it.
    pub(super) fn receive_datagram(
        &mut self,
        socket: &UdpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<(usize, SocketAddr), ErrorOf<D, T>> {
        let (remote, socket) = (socket.remote, &socket.handle);
        self.catch_up(socket)?;
        let slot = self.slot(socket)?;
        let Some(datagram) = slot.next_datagram() else {
            let (state, unnoted) = (slot.state, slot.unnoted);
            if let State::Closed(how) = state {
                return Err(Error::Closed(how).into());
            }
            if unnoted == 0 || !self.read_unnoted(socket, buffer)? {
                return Err(nb::Error::WouldBlock);
            }
            return self.take_datagram(socket, remote);
        };
        self.prepare()?;
        self.check_run(socket)?;
        if self.slot(socket)?.next_datagram() != Some(datagram) {
            // Its note was worth nothing.
            return Err(nb::Error::WouldBlock);
        }
        let length = usize::from(datagram.length);
        if self.read_datagram(socket, length, buffer)? < length {
            // The module does not have it any more.
            self.slot(socket)?.forget_datagram();
            return Err(nb::Error::WouldBlock);
        }
        self.take_datagram(socket, remote)
    }

    /// Hands out the datagram that has just been read.
    fn take_datagram(
        &mut self,
        socket: &Handle,
        remote: Option<SocketAddr>,
    ) -> nb::Result<(usize, SocketAddr), ErrorOf<D, T>> {
        let slot = self.slot(socket)?;
        let Some(Datagram { length, sender }) = slot.next_datagram() else {
            return Err(nb::Error::WouldBlock);
        };
        slot.forget_datagram();
        let length = usize::from(length);
        match (sender, remote) {
            (Datagram::UNTOLD, Some(remote)) => Ok((length, remote)),
            (Datagram::UNTOLD, None) => Err(Error::Usage(Usage::Unsupported).into()),
            (sender, _) => Ok((length, sender)),
        }
    }

    /// Reads the next datagram; how many bytes of it the module had. What does not fit is dropped.
    fn read_datagram(
        &mut self,
        socket: &Handle,
        length: usize,
        into: &mut [u8],
    ) -> Result<usize, ErrorOf<D, T>> {
        if length == 0 {
            return Ok(0);
        }
        let link = self.slot(socket)?.link;
        let result = D::receive(self, link, length.min(D::RECEIVE_MAX), into);
        self.check_run(socket)?;
        if !matches!(result, Ok(n) if n == length) {
            // What the module holds is not what the notes say.
            self.session.in_doubt = true;
        }
        if result.is_err() {
            self.slot(socket)?.forget_datagram();
        }
        result
    }

    /// Reads bytes of which nobody knows to which datagram they belong, and drops them; unless the
    /// module tells while it is asked whose they are: then they are the next datagram.
    fn read_unnoted(&mut self, socket: &Handle, into: &mut [u8]) -> Result<bool, ErrorOf<D, T>> {
        self.prepare()?;
        self.check_run(socket)?;
        let slot = self.slot(socket)?;
        let (link, unnoted) = (slot.link, slot.unnoted);
        let result = D::receive(self, link, D::RECEIVE_MAX.min(unnoted as usize), into);
        self.check_run(socket)?;
        let slot = self.slot(socket)?;
        // What cannot be read is not there.
        slot.read_unnoted(*result.as_ref().unwrap_or(&0) as u32);
        let n = match result {
            Ok(n) => n,
            Err(error) => {
                self.session.in_doubt = true;
                return Err(error);
            }
        };
        if n == 0 {
            return Ok(false);
        }
        let is_told = (slot.next_datagram()).is_some_and(|told| usize::from(told.length) == n);
        if !is_told {
            self.session.events.lose();
        }
        Ok(is_told)
    }
}
