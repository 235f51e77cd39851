//! `UdpClientStack` and `UdpFullStack`: datagrams through the module's links.

use core::net::{SocketAddr, SocketAddrV4};

use embedded_nal::{UdpClientStack, UdpFullStack};

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::error::{Closed, Error, Fault, Lent, Usage};
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
        let handle = self.allocate_for_datagrams();
        Ok(UdpSocket {
            handle: self.outcome(handle)?,
            remote: None,
            is_bound: false,
        })
    }

    /// Sets where [`send`](UdpClientStack::send) sends. A socket that is not bound gets a port
    /// that the module chooses.
    fn connect(&mut self, socket: &mut UdpSocket, remote: SocketAddr) -> Result<(), Self::Error> {
        let is_usable = match self.current(&socket.handle) {
            Ok(slot) => slot.state == State::Open,
            Err(Fault::ModuleReset) => false,
            Err(fault) => return Err(self.error(fault)),
        };
        if !(socket.is_bound && is_usable) {
            let opened = self.open_exchange(&mut socket.handle, remote);
            self.outcome(opened)?;
            socket.is_bound = false;
        }
        socket.remote = Some(remote);
        Ok(())
    }

    /// Sends a datagram to the address that the socket is connected to: 1 to 1470 bytes on the
    /// ST67, 1 to 512 on the Microchip module ([`DATAGRAM_MAX`](crate::dialect::Datagrams::DATAGRAM_MAX)).
    ///
    /// # Errors
    /// [`Usage::TooLong`] and, for no bytes, [`Usage::Unsupported`], before a byte is sent.
    ///
    /// After a fault on the wire between host and module the peer may get a datagram of the same
    /// length with other bytes: a module that waits for payload must be given it.
    fn send(&mut self, socket: &mut UdpSocket, buffer: &[u8]) -> nb::Result<(), Self::Error> {
        match socket.remote {
            Some(remote) => {
                let sent = self.send_datagram(&socket.handle, remote, buffer);
                Ok(self.outcome(sent)?)
            }
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
        let received = self.receive_datagram(socket, buffer);
        let (length, sender) = self.outcome(received)?.ok_or(nb::Error::WouldBlock)?;
        if length > buffer.len() {
            return Err(Error::Usage(Usage::BufferTooSmall {
                which: Lent::Data,
                needed: length,
            })
            .into());
        }
        Ok((length, sender))
    }

    /// Closes the socket, whatever its state, and frees its place.
    fn close(&mut self, socket: UdpSocket) -> Result<(), Self::Error> {
        let closed = self.close_socket(&socket.handle);
        self.outcome(closed)
    }
}

impl<D: Dialect, T: Transport, C: Clock> UdpFullStack for Module<'_, D, T, C> {
    /// Binds the socket to a local port; 0 lets the module choose one.
    fn bind(&mut self, socket: &mut UdpSocket, local_port: u16) -> Result<(), Self::Error> {
        let bound = self.open_bound(&mut socket.handle, local_port);
        self.outcome(bound)?;
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
        let sent = self.send_datagram(&socket.handle, remote, buffer);
        Ok(self.outcome(sent)?)
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
            return Err(Error::Usage(Usage::Unsupported("a group that is none")));
        }
        let joined = self.open_group(&mut socket.handle, group);
        self.outcome(joined)?;
        socket.is_bound = true;
        socket.remote = Some(group.into());
        Ok(())
    }

    fn allocate_for_datagrams(&mut self) -> Outcome<Handle> {
        let handle = self.session().sockets.allocate()?;
        if self.slot(&handle)?.ahead_size() < Datagram::NOTE {
            self.session().sockets.free(&handle);
            return Err(self.refuse(Usage::BufferTooSmall {
                which: Lent::Ahead,
                needed: Datagram::NOTE,
            }));
        }
        Ok(handle)
    }

    fn open_exchange(&mut self, socket: &mut Handle, remote: SocketAddr) -> Outcome {
        self.begin_open(socket)?;
        let opened = D::exchange(self, socket, remote);
        self.end_open(
            socket,
            opened,
            &format_args!("exchanging datagrams with {remote}"),
        )
    }

    fn open_bound(&mut self, socket: &mut Handle, port: u16) -> Outcome {
        self.begin_open(socket)?;
        let opened = D::bind(self, socket, port);
        self.end_open(
            socket,
            opened,
            &format_args!("receiving datagrams at port {port}"),
        )
    }

    fn open_group(&mut self, socket: &mut Handle, group: SocketAddrV4) -> Outcome {
        self.begin_open(socket)?;
        let opened = D::join_group(self, socket, group);
        self.end_open(
            socket,
            opened,
            &format_args!("receiving datagrams of group {group}"),
        )
    }

    fn send_datagram(&mut self, socket: &Handle, remote: SocketAddr, payload: &[u8]) -> Outcome {
        self.current(socket)?;
        if payload.len() > D::DATAGRAM_MAX {
            return Err(self.refuse(Usage::TooLong(D::DATAGRAM_MAX)));
        }
        if payload.is_empty() {
            return Err(self.refuse(Usage::Unsupported("an empty datagram")));
        }
        if remote.port() == 0 {
            return Err(self.refuse(Usage::Unsupported("port 0")));
        }
        self.prepare()?;
        let link = self.open_link(socket)?;
        D::send_to(self, link, remote, payload)
            .map_err(|fault| self.after_failed_send(socket, fault))
    }

    /// The next datagram, if there is one: as much of it as fits, its whole length, and who sent it.
    pub(super) fn receive_datagram(
        &mut self,
        socket: &UdpSocket,
        buffer: &mut [u8],
    ) -> Outcome<Option<(usize, SocketAddr)>> {
        let (remote, socket) = (socket.remote, &socket.handle);
        let slot = self.catch_up(socket)?;
        if let State::Closed(how) = slot.state {
            // Its link may be somebody else's by now.
            return Err(how.into());
        }
        let Some(datagram) = slot.next_datagram() else {
            let is_there = slot.unnoted > 0 && self.read_unnoted(socket, buffer)?;
            return match is_there {
                true => self.take_datagram(socket, remote),
                false => Ok(None),
            };
        };
        self.prepare()?;
        if self.current(socket)?.next_datagram() != Some(datagram) {
            // Its note was worth nothing.
            return Ok(None);
        }
        let length = usize::from(datagram.length);
        if self.read_datagram(socket, length, buffer)? < length {
            // The module does not have it any more.
            self.slot(socket)?.forget_datagram();
            return Ok(None);
        }
        self.take_datagram(socket, remote)
    }

    /// Whether [`receive_datagram`](Module::receive_datagram) may have something to tell.
    #[cfg(feature = "edge-nal")]
    pub(super) fn has_datagram(&mut self, socket: &UdpSocket) -> Outcome<bool> {
        let slot = self.catch_up(&socket.handle)?;
        let is_closed = matches!(slot.state, State::Closed(_));
        Ok(is_closed || slot.next_datagram().is_some() || slot.unnoted > 0)
    }

    /// Hands out the datagram that has just been read.
    fn take_datagram(
        &mut self,
        socket: &Handle,
        remote: Option<SocketAddr>,
    ) -> Outcome<Option<(usize, SocketAddr)>> {
        let slot = self.slot(socket)?;
        let Some(Datagram { length, sender }) = slot.next_datagram() else {
            return Ok(None);
        };
        slot.forget_datagram();
        let length = usize::from(length);
        match (sender, remote) {
            (Datagram::UNTOLD, Some(remote)) => Ok(Some((length, remote))),
            (Datagram::UNTOLD, None) => {
                Err(self.refuse(Usage::Unsupported("a datagram of an unknown sender")))
            }
            (sender, _) => Ok(Some((length, sender))),
        }
    }

    /// Reads the next datagram; how many bytes of it the module had. What does not fit is dropped.
    fn read_datagram(&mut self, socket: &Handle, length: usize, into: &mut [u8]) -> Outcome<usize> {
        if length == 0 {
            return Ok(0);
        }
        let link = self.slot(socket)?.link;
        let mut read = 0;
        // One that is longer than a read command may ask for takes several.
        let result = loop {
            let wanted = (length - read).min(D::RECEIVE_MAX);
            let rest = into.get_mut(read..).unwrap_or(&mut []);
            if D::TELLS_REST {
                self.slot(socket)?.begin_part(length - read - wanted);
            }
            let received = D::receive(self, link, wanted, rest);
            // The command may have been spoilt on the way.
            let is_short = D::TELLS_REST && received.is_ok_and(|n| n > 0 && n < wanted);
            let slot = self.current(socket)?;
            let is_cut = slot.is_cut(is_short, received.is_err());
            if is_cut {
                self.session().events.lose();
            }
            match received {
                Ok(n) if n == wanted && read + n < length && !is_cut => read += n,
                Ok(n) => break Ok(read + n),
                Err(fault) => break Err(fault),
            }
        };
        if result != Ok(length) {
            // What the module holds is not what the notes say.
            self.session().in_doubt = true;
        }
        if result.is_err() {
            self.slot(socket)?.forget_datagram();
        }
        result
    }

    /// Reads bytes of which nobody knows to which datagram they belong, and drops them; unless the
    /// module tells while it is asked whose they are: then they are the next datagram.
    fn read_unnoted(&mut self, socket: &Handle, into: &mut [u8]) -> Outcome<bool> {
        self.prepare()?;
        let slot = self.current(socket)?;
        let (link, unnoted) = (slot.link, slot.unnoted);
        let result = D::receive(self, link, D::RECEIVE_MAX.min(unnoted as usize), into);
        let slot = self.current(socket)?;
        // What cannot be read is not there.
        let n = result.unwrap_or(0);
        slot.read_unnoted(unnoted, n as u32, n == D::RECEIVE_MAX);
        let told = slot.next_datagram().map(|told| usize::from(told.length));
        match result {
            Ok(0) => Ok(false),
            Ok(n) if told == Some(n) => Ok(true),
            Ok(_) => {
                self.session().events.lose();
                Ok(false)
            }
            Err(fault) => {
                self.session().in_doubt = true;
                if fault != Fault::Malformed {
                    return Err(fault);
                }
                // Nobody knows whether there was one, of which bytes were lost.
                self.session().events.lose();
                Ok(false)
            }
        }
    }
}
