//! Commands that bind a socket.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use super::sockets::{Protocol, Socket, State};
use super::udp::Udp;
use crate::microchip::engine::Reply;
use crate::microchip::parameter::{self, Parameters};
use crate::microchip::status::Status;
use crate::microchip::variant::Accepts;
use crate::microchip::{Microchip, World};

impl Microchip {
    /// `AT+SOCKBL=<id>,<port>`
    pub(in crate::microchip) fn bind_local(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let port = parameter::port(parameters.integer(1)?);
        match self.sockets.get(id)?.protocol {
            Protocol::Udp => self.bind_udp(id, port, world)?,
            Protocol::Tcp => self.listen(id, port, world)?,
        }
        Ok(Reply::Ok)
    }

    fn bind_udp(&mut self, id: i64, port: u16, world: &mut World) -> Result<(), Status> {
        let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let bound = self.open_udp(id, at, Accepts::Anybody, world)?;
        let told = if self.variant.tells_own_ports {
            bound
        } else {
            port
        };
        self.sockets.get(id)?.local_port = told;
        Ok(())
    }

    /// `AT+SOCKBR=<id>,<address>,<port>`
    pub(in crate::microchip) fn bind_remote(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let remote = parameter::address(parameters.text(1)?);
        let port = parameter::port(parameters.integer(2)?);
        let protocol = self.sockets.get(id)?.protocol;
        if remote.is_none() && !self.variant.failure_frees {
            return Err(Status::INVALID_PARAMETER);
        }
        if protocol == Protocol::Udp {
            let peer = SocketAddrV4::new(remote.unwrap_or(Ipv4Addr::UNSPECIFIED), port);
            self.connect_udp(id, peer, world)?;
            return Ok(Reply::Ok);
        }
        if self.own_address().is_none() || !self.sockets.has_room(Protocol::Tcp) {
            if self.variant.failure_frees {
                self.sockets.remove(id);
            }
            return Err(Status::BIND_FAILED);
        }
        self.connect(id, remote, port, world)?;
        Ok(Reply::Ok)
    }

    fn connect_udp(
        &mut self,
        id: i64,
        peer: SocketAddrV4,
        world: &mut World,
    ) -> Result<(), Status> {
        let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let bound = self.open_udp(id, at, self.variant.accepts_of_client, world)?;
        let told = if self.variant.tells_own_ports {
            bound
        } else {
            0
        };
        let socket = self.sockets.get(id)?;
        socket.local_port = told;
        socket.remote = Some(peer);
        socket.set_destination(peer);
        Ok(())
    }

    /// `AT+SOCKBM=<id>,<group>,<port>`
    pub(in crate::microchip) fn bind_multicast(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let group = parameter::address(parameters.text(1)?);
        let port = parameter::port(parameters.integer(2)?);
        if self.sockets.get(id)?.protocol != Protocol::Udp {
            return Err(Status::INVALID_PROTOCOL);
        }
        let group = group.filter(Ipv4Addr::is_multicast);
        let group = group.ok_or(Status::MULTICAST_ERROR)?;
        let peer = SocketAddrV4::new(group, port);
        self.open_udp(id, peer.into(), Accepts::Group, world)?;
        let socket = self.sockets.get(id)?;
        socket.local_port = port;
        socket.remote = Some(peer);
        socket.set_destination(peer);
        let udp = socket.udp.as_ref().ok_or(Status::MULTICAST_ERROR)?;
        if !world.network.join(udp.socket, IpAddr::V4(group)) {
            return Err(Status::MULTICAST_ERROR);
        }
        Ok(Reply::Ok)
    }

    /// Opens a socket of the stack for datagrams; tells its port.
    pub(in crate::microchip) fn open_udp(
        &mut self,
        id: i64,
        at: SocketAddr,
        accepts: Accepts,
        world: &mut World,
    ) -> Result<u16, Status> {
        let room = self.sockets.has_room(Protocol::Udp);
        let socket = self.sockets.get(id)?;
        socket.release(world);
        *socket = Socket::new(id, Protocol::Udp);
        let bound = world.network.bind(world.now, at);
        match bound {
            Ok((bound, port)) if room => {
                socket.state = State::Bound;
                socket.udp = Some(Udp::new(bound, accepts));
                Ok(port)
            }
            _ => {
                if let Ok((bound, _)) = bound {
                    world.network.unbind(world.now, bound);
                }
                self.bind_refused(id)
            }
        }
    }

    /// The stack has no socket. In the firmware, that is the end of the socket of the commands, too.
    pub(in crate::microchip) fn bind_refused<T>(&mut self, id: i64) -> Result<T, Status> {
        if self.variant.failure_frees {
            self.sockets.remove(id);
        }
        Err(Status::BIND_FAILED)
    }
}
