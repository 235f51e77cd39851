//! Sockets that listen, and their children.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::sockets::{Protocol, Socket, State};
use crate::microchip::status::Status;
use crate::microchip::{Microchip, World};
use crate::network::Connection;

/// Connections that a socket that listens can have.
const CHILDREN: usize = 5;

impl Microchip {
    /// Begins to listen.
    pub(in crate::microchip) fn listen(
        &mut self,
        id: i64,
        port: u16,
        world: &mut World,
    ) -> Result<(), Status> {
        let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let socket = self.sockets.get(id)?;
        if socket.state != State::Unbound {
            return Err(Status::BIND_FAILED);
        }
        let listener = world.network.listen(world.now, at);
        let listener = listener.map_err(|_| Status::BIND_FAILED)?;
        socket.state = State::Listening(listener);
        socket.local_port = port;
        if self.variant.keeps_children {
            return self.make_children(id, port);
        }
        Ok(())
    }

    /// In the firmware, the children are there from the beginning. Slots may be too few for all of
    /// them, which is no error; sockets of the stack may be, which is.
    fn make_children(&mut self, id: i64, port: u16) -> Result<(), Status> {
        for _ in 0..CHILDREN {
            if !self.sockets.has_slot() {
                return Ok(());
            }
            if !self.sockets.has_room(Protocol::Tcp) {
                return Err(Status::BIND_FAILED);
            }
            self.sockets.add_child(id, port);
        }
        Ok(())
    }

    /// Lets in the peers that have come to a socket that listens.
    pub(in crate::microchip) fn serve_listener(&mut self, id: i64, world: &mut World) {
        let Some(State::Listening(listener)) = self.sockets.state(id) else {
            return;
        };
        while let Some((connection, peer)) = world.network.accept(world.now, listener) {
            let child = if self.own_address().is_some() {
                self.child_for_peer(id, world)
            } else {
                None
            };
            match child {
                Some(child) => self.let_in(child, connection, peer, world),
                None => world.network.refuse(world.now, connection),
            }
        }
    }

    /// A child without a peer.
    fn child_for_peer(&mut self, parent: i64, world: &World) -> Option<i64> {
        if self.variant.keeps_children {
            return self.sockets.idle_child(parent);
        }
        let room = self.sockets.children(parent) < CHILDREN && self.sockets.has_slot();
        if !room || !self.sockets.has_room(Protocol::Tcp) {
            return None;
        }
        let first = self.first_id(world);
        let local_port = self.sockets.get(parent).ok()?.local_port;
        let id = self.sockets.open(first, Protocol::Tcp).ok()?;
        let child = self.sockets.get(id).ok()?;
        child.parent = Some(parent);
        child.local_port = local_port;
        Some(id)
    }

    fn let_in(&mut self, child: i64, connection: Connection, peer: SocketAddr, world: &mut World) {
        let first = self.first_id(world);
        let deaf = self.is_deaf();
        let renames = self.variant.keeps_children && !deaf;
        let id = if renames {
            self.sockets.take_id(first)
        } else {
            child
        };
        let own = self.own_address().unwrap_or(Ipv4Addr::UNSPECIFIED);
        let (SocketAddr::V4(peer), Ok(socket)) = (peer, self.sockets.get(child)) else {
            world.network.refuse(world.now, connection);
            return;
        };
        let local = socket.local_port;
        *socket = Socket {
            state: State::Open(Some(connection)),
            parent: socket.parent,
            local_port: local,
            last_data: world.now,
            ..Socket::new(id, Protocol::Tcp)
        };
        if deaf {
            // Nobody is told, and the firmware does not know the peer.
            return;
        }
        socket.remote = Some(peer);
        let remote = format!("\"{}\",{}", IpAddr::V4(*peer.ip()), peer.port());
        self.tell(&format!("+SOCKIND:{id},\"{own}\",{local},{remote}"));
    }
}
