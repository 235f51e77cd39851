//! Datagrams.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::network::{Received, UdpSocket};
use crate::st67::line::code::Code;
use crate::st67::net::pipe::{Follow, Pipe};
use crate::st67::{St67, World};

impl St67 {
    /// Opens a link for datagrams, and tells of it.
    pub(in crate::st67) fn open_udp(
        &mut self,
        id: usize,
        remote: SocketAddr,
        local_port: u16,
        follow: Follow,
        world: &mut World,
    ) -> Result<(), Code> {
        let any: IpAddr = match remote {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let bound = world
            .network
            .bind(world.now, SocketAddr::new(any, local_port));
        let (socket, local_port) = bound.map_err(|_| Code::ADDRESS)?;
        if remote.ip().is_multicast() {
            // Nobody is told whether the group can be joined.
            world.network.join(socket, remote.ip());
        }
        self.links.occupy(id, Pipe::Udp(socket), remote, local_port);
        self.links.get_mut(id).follow = follow;
        self.tell_connected(id);
        Ok(())
    }

    pub(in crate::st67) fn receive_datagram(
        &mut self,
        id: usize,
        socket: UdpSocket,
        world: &mut World,
    ) -> Received {
        let Some(mut datagram) = world.network.receive_from(world.now, socket) else {
            return Received::Nothing;
        };
        if !self.has_network() {
            return Received::Nothing;
        }
        let link = self.links.get_mut(id);
        link.remote = link.follow.hear(datagram.from, link.remote);
        link.source = datagram.from;
        // It is received into a buffer of this size; the rest is lost.
        datagram.data.truncate(self.variant.net.receive_buffer);
        Received::Data(datagram.data)
    }

    /// Sends what may be more than fits into one datagram.
    pub(in crate::st67) fn send_datagrams(
        &mut self,
        socket: UdpSocket,
        to: SocketAddr,
        data: &[u8],
        world: &mut World,
    ) {
        let Some(own) = self.own_address(to) else {
            return;
        };
        for piece in data.chunks(self.variant.net.longest_datagram) {
            world.network.send_to(world.now, socket, own, to, piece);
        }
    }
}
