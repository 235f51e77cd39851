//! Connections to the peer.

use atwifi::{Clock, Error, TcpSocket, Transport, WaitTcp};
use embedded_nal::{TcpClientStack, nb};

use crate::report::{Told, Trouble};
use crate::wire::{self, Hash, Line};
use crate::{Offers, Outcome, Remote, Test};

/// How much is transferred, in bytes, each way.
pub(crate) const TRANSFER: u32 = 32_768;
/// How much of it at a time.
const PIECE: usize = 1024;
/// How much is echoed.
const ECHO: usize = 2000;
/// How many connections are open at a time, and how much each has echoed.
const SEVERAL: usize = 3;
const EACH: usize = 300;
/// The peer must say something at least so often (ms).
const PATIENCE: u32 = 15_000;
/// At this port of the peer nobody listens.
const NOBODY: u16 = 1;

impl<D: Offers, T: Transport, C: Clock> Test<'_, '_, D, T, C> {
    pub(crate) fn tcp_connect(&mut self) -> Outcome<D, T> {
        let peer = self.find_peer()?;
        let socket = self.connect(peer)?;
        self.wifi.close(socket)?;
        Ok(Told::Done)
    }

    pub(crate) fn tcp_echo(&mut self) -> Outcome<D, T> {
        let mut socket = self.ask_peer(wire::ECHO, 0)?;
        let (mut sent, mut back) = ([0; ECHO], [0; ECHO]);
        wire::fill(0, &mut sent);
        let began = self.clock.now();
        self.send(&mut socket, &sent)?;
        self.receive(&mut socket, &mut back)?;
        let took = self.clock.now().wrapping_sub(began);
        if sent != back {
            return Err(Trouble::Wrong("other bytes came back than were sent"));
        }
        self.wifi.close(socket)?;
        Ok(Told::Rate(ECHO as u32, took))
    }

    /// The peer tells the hash of what has reached it.
    pub(crate) fn tcp_upload(&mut self) -> Outcome<D, T> {
        let mut socket = self.ask_peer(wire::COUNT, TRANSFER)?;
        let (mut hash, mut piece) = (Hash::default(), [0; PIECE]);
        let began = self.clock.now();
        for from in (0..TRANSFER).step_by(PIECE) {
            wire::fill(from, &mut piece);
            hash.take(&piece);
            self.send(&mut socket, &piece)?;
        }
        let mut told = [0; wire::HASH];
        self.receive(&mut socket, &mut told)?;
        let took = self.clock.now().wrapping_sub(began);
        if told != hash.digits() {
            return Err(Trouble::Wrong("other bytes arrived than were sent"));
        }
        self.wifi.close(socket)?;
        Ok(Told::Rate(TRANSFER, took))
    }

    pub(crate) fn tcp_download(&mut self) -> Outcome<D, T> {
        let mut socket = self.ask_peer(wire::SOURCE, TRANSFER)?;
        let (mut piece, mut right) = ([0; PIECE], [0; PIECE]);
        let (mut hash, mut of_right) = (Hash::default(), Hash::default());
        let began = self.clock.now();
        for from in (0..TRANSFER).step_by(PIECE) {
            self.receive(&mut socket, &mut piece)?;
            hash.take(&piece);
            wire::fill(from, &mut right);
            of_right.take(&right);
        }
        let took = self.clock.now().wrapping_sub(began);
        if hash.digits() != of_right.digits() {
            return Err(Trouble::Wrong("other bytes arrived than were sent"));
        }
        self.wifi.close(socket)?;
        Ok(Told::Rate(TRANSFER, took))
    }

    /// Several connections are used in turn, and each has its own bytes.
    pub(crate) fn several_sockets(&mut self) -> Outcome<D, T> {
        let mut sockets = [None, None, None];
        for socket in &mut sockets {
            *socket = Some(self.ask_peer(wire::ECHO, 0)?);
        }
        let (mut sent, mut back) = ([0; EACH], [0; EACH]);
        for (n, socket) in sockets.iter_mut().flatten().enumerate() {
            wire::fill((n * EACH) as u32, &mut sent);
            self.send(socket, &sent)?;
        }
        for (n, socket) in sockets.iter_mut().flatten().enumerate() {
            wire::fill((n * EACH) as u32, &mut sent);
            self.receive(socket, &mut back)?;
            if sent != back {
                return Err(Trouble::Wrong("a connection has not its own bytes"));
            }
        }
        for socket in sockets.into_iter().flatten() {
            self.wifi.close(socket)?;
        }
        Ok(Told::Count(SEVERAL as u32, "at a time"))
    }

    pub(crate) fn peer_closes(&mut self) -> Outcome<D, T> {
        let mut socket = self.ask_peer(wire::CLOSE, 0)?;
        let mut bye = [0; wire::BYE.len()];
        self.receive(&mut socket, &mut bye)?;
        if bye != wire::BYE {
            return Err(Trouble::Wrong("other bytes arrived than were sent"));
        }
        match self.receive(&mut socket, &mut [0; 1]) {
            Err(Trouble::Failed(error)) if error.is_end() => {}
            Ok(()) => return Err(Trouble::Wrong("more arrived than was sent")),
            Err(other) => return Err(other),
        }
        self.wifi.close(socket)?;
        Ok(Told::Done)
    }

    pub(crate) fn refused(&mut self) -> Outcome<D, T> {
        let mut nobody = self.find_peer()?;
        nobody.set_port(NOBODY);
        let mut socket = self.wifi.socket()?;
        match nb::block!(self.wifi.connect(&mut socket, nobody)) {
            Err(Error::Unconnected(_)) => {}
            Ok(()) => return Err(Trouble::Wrong("it is connected to nobody")),
            Err(error) => return Err(error.into()),
        }
        self.wifi.close(socket)?;
        Ok(Told::Done)
    }

    fn connect(&mut self, remote: Remote) -> Outcome<D, T, TcpSocket> {
        let mut socket = self.wifi.socket()?;
        nb::block!(self.wifi.connect(&mut socket, remote))?;
        Ok(socket)
    }

    /// Connects to the peer and tells it what to do.
    pub(crate) fn ask_peer(&mut self, what: &str, number: u32) -> Outcome<D, T, TcpSocket> {
        let peer = self.find_peer()?;
        let mut socket = self.connect(peer)?;
        self.send(&mut socket, Line::new(what, number).as_bytes())?;
        Ok(socket)
    }

    pub(crate) fn send(&mut self, socket: &mut TcpSocket, bytes: &[u8]) -> Outcome<D, T, ()> {
        nb::block!(self.wifi.send(socket, bytes))?;
        Ok(())
    }

    /// Fills the buffer.
    pub(crate) fn receive(
        &mut self,
        socket: &mut TcpSocket,
        mut into: &mut [u8],
    ) -> Outcome<D, T, ()> {
        while !into.is_empty() {
            match self.wifi.receive(socket, into) {
                Ok(n) => into = into.get_mut(n..).unwrap_or(&mut []),
                Err(nb::Error::WouldBlock) => self.wifi.wait_readable(socket, PATIENCE)?,
                Err(nb::Error::Other(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
