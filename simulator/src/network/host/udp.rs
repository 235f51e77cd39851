//! One UDP socket of this machine.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::network::Datagram;

/// The largest datagram that there can be.
const LARGEST: usize = 65_535;

/// A socket, and one more for each group that it has joined: a socket of this machine gets what is
/// sent to the one address to which it is bound.
#[derive(Debug)]
pub(super) struct Udp {
    socket: UdpSocket,
    groups: Vec<UdpSocket>,
    /// The address of this machine that stands for the module's.
    own: IpAddr,
}

impl Udp {
    pub fn bind(own: SocketAddr) -> io::Result<Self> {
        Ok(Udp {
            socket: open(own, own.ip())?,
            groups: Vec::new(),
            own: own.ip(),
        })
    }

    /// A socket for what is sent to a group.
    pub fn bind_to_group(group: SocketAddr, own: IpAddr) -> io::Result<Self> {
        Ok(Udp {
            socket: open(group, own)?,
            groups: Vec::new(),
            own,
        })
    }

    pub fn port(&self) -> u16 {
        self.socket.local_addr().map_or(0, |address| address.port())
    }

    pub fn join(&mut self, group: IpAddr) -> io::Result<()> {
        let local = self.socket.local_addr()?;
        if local.ip() == group {
            return enter(&self.socket, group, self.own);
        }
        let socket = open(SocketAddr::new(group, local.port()), self.own)?;
        enter(&socket, group, self.own)?;
        self.groups.push(socket);
        Ok(())
    }

    /// A datagram that cannot be sent is lost, as any may be.
    pub fn send(&self, to: SocketAddr, data: &[u8]) {
        let _ = self.socket.send_to(data, to);
    }

    pub fn receive(&self) -> Option<Datagram> {
        let mut sockets = std::iter::once(&self.socket).chain(&self.groups);
        sockets.find_map(|socket| self.receive_on(socket))
    }

    fn receive_on(&self, socket: &UdpSocket) -> Option<Datagram> {
        let mut buffer = vec![0; LARGEST];
        loop {
            let (count, from) = socket.recv_from(&mut buffer).ok()?;
            // On the loopback interface, what the module itself has sent to a group comes back.
            let own = SocketAddr::new(self.own, self.port());
            if from != own {
                buffer.truncate(count);
                return Some(Datagram { from, data: buffer });
            }
        }
    }
}

fn open(at: SocketAddr, own: IpAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    if at.ip().is_multicast() {
        // Several may listen to the same group.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&at.into())?;
    socket.set_nonblocking(true)?;
    if let IpAddr::V4(own) = own {
        socket.set_multicast_if_v4(&own)?;
        // On the loopback interface, nobody would hear it otherwise.
        socket.set_multicast_loop_v4(own.is_loopback())?;
        socket.set_broadcast(true)?;
    }
    Ok(socket.into())
}

fn enter(socket: &UdpSocket, group: IpAddr, own: IpAddr) -> io::Result<()> {
    match (group, own) {
        (IpAddr::V4(group), IpAddr::V4(own)) => socket.join_multicast_v4(&group, &own),
        (IpAddr::V6(group), _) => socket.join_multicast_v6(&group, 0),
        _ => Err(io::ErrorKind::AddrNotAvailable.into()),
    }
}
