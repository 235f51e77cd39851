//! Commands that send.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use super::sockets::{Protocol, State};
use crate::microchip::engine::Reply;
use crate::microchip::engine::binary::Binary;
use crate::microchip::parameter::{self, Parameters};
use crate::microchip::status::Status;
use crate::microchip::variant::Accepts;
use crate::microchip::{Microchip, World};

impl Microchip {
    /// `AT+SOCKWR=<id>,<length>[,<data>]`
    pub(in crate::microchip) fn write(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let length = self.length(parameters.integer(1)?)?;
        if parameters.len() == 2 {
            self.announce(length);
            self.writable(id)?;
            return Ok(self.collect_for(id));
        }
        let data = parameters.text(2)?;
        self.writable(id)?;
        if data.len() != length {
            return Err(Status::LENGTH_MISMATCH);
        }
        let socket = self.sockets.get(id)?;
        if socket.protocol == Protocol::Udp && socket.remote.is_none() {
            return Err(self.variant.no_destination);
        }
        if !self.send(id, data, world) {
            return Err(Status::SEND_FAILED);
        }
        Ok(Reply::Ok)
    }

    /// `AT+SOCKWRTO=<id>,<address>,<port>,<length>[,<data>]`
    pub(in crate::microchip) fn write_to(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let to = parameter::address(parameters.text(1)?);
        let port = parameter::port(parameters.integer(2)?);
        let length = self.length(parameters.integer(3)?)?;
        let to = match to {
            Some(to) => to,
            None if self.variant.failure_frees => Ipv4Addr::UNSPECIFIED,
            None => return Err(Status::INVALID_PARAMETER),
        };
        let to = SocketAddrV4::new(to, port);
        if parameters.len() == 4 {
            self.announce(length);
            self.aim(id, to, world)?;
            return Ok(self.collect_for(id));
        }
        let data = parameters.text(4)?;
        let socket = self.sockets.get(id)?;
        if data.len() != length {
            return Err(Status::LENGTH_MISMATCH);
        }
        if socket.protocol != Protocol::Udp {
            return Err(Status::INVALID_PROTOCOL);
        }
        self.bind_for_sending(id, world)?;
        let socket = self.sockets.get(id)?;
        socket.set_destination(to);
        if !self.send(id, data, world) {
            return Err(Status::SEND_FAILED);
        }
        let socket = self.sockets.get(id)?;
        if self.variant.keeps_first_peer {
            socket.remote.get_or_insert(to);
        }
        Ok(Reply::Ok)
    }

    /// Binary data will go to this address. In the firmware it goes where the socket has sent
    /// before, if it has.
    fn aim(&mut self, id: i64, to: SocketAddrV4, world: &mut World) -> Result<(), Status> {
        let socket = self.sockets.get(id)?;
        if !self.variant.keeps_first_peer {
            if socket.protocol != Protocol::Udp {
                return Err(Status::INVALID_PROTOCOL);
            }
            self.bind_for_sending(id, world)?;
            self.sockets.get(id)?.set_destination(to);
        } else if socket.remote.is_none() {
            socket.set_destination(to);
            socket.remote = Some(to);
        }
        Ok(())
    }

    /// Where the reference asks for no binding, sending binds the socket to any port.
    fn bind_for_sending(&mut self, id: i64, world: &mut World) -> Result<(), Status> {
        if self.variant.keeps_first_peer || self.sockets.get(id)?.state != State::Unbound {
            return Ok(());
        }
        let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let bound = self.open_udp(id, at, Accepts::Anybody, world)?;
        self.sockets.get(id)?.local_port = bound;
        Ok(())
    }

    fn length(&self, length: i64) -> Result<usize, Status> {
        let longest = self.variant.longest_write.unwrap_or(i64::MAX);
        if length > longest || length < 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// The firmware notes the length before it looks for the socket, and a length of zero leaves
    /// alone what was noted.
    fn announce(&mut self, length: usize) {
        if length > 0 || self.variant.longest_write.is_some() {
            self.engine.announced = length;
        }
    }

    fn collect_for(&mut self, id: i64) -> Reply {
        Reply::Binary(Binary::new(id, self.engine.announced))
    }

    fn writable(&mut self, id: i64) -> Result<(), Status> {
        let refuses = self.variant.refuses_unconnected;
        let socket = self.sockets.get(id)?;
        if refuses && socket.remote.is_none() {
            return Err(match socket.protocol {
                Protocol::Udp => self.variant.no_destination,
                Protocol::Tcp => Status::NO_SUCH_SOCKET,
            });
        }
        Ok(())
    }
}
