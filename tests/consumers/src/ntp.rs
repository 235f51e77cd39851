//! What sntpc needs of a network.

use std::cell::RefCell;
use std::net::SocketAddr;

use embedded_nal::{UdpFullStack, nb};
use sntpc::NtpUdpSocket;

use crate::Patience;

/// A UDP socket as sntpc uses it.
pub struct NtpSocket<N: UdpFullStack> {
    network: RefCell<(N, N::UdpSocket)>,
    is_bound: bool,
}

impl<N: UdpFullStack> NtpSocket<N> {
    /// A socket that is connected to the server each time it sends.
    pub fn connecting(mut network: N) -> Self {
        let socket = network.socket().expect("a socket");
        NtpSocket {
            network: RefCell::new((network, socket)),
            is_bound: false,
        }
    }

    /// A socket that is bound to a port which the network chooses.
    pub fn bound(mut network: N) -> Self {
        let mut socket = network.socket().expect("a socket");
        network.bind(&mut socket, 0).expect("a port");
        NtpSocket {
            network: RefCell::new((network, socket)),
            is_bound: true,
        }
    }

    /// Closes it.
    pub fn close(self) {
        let (mut network, socket) = self.network.into_inner();
        network.close(socket).expect("close");
    }
}

impl<N: UdpFullStack> NtpUdpSocket for NtpSocket<N> {
    async fn send_to(&self, bytes: &[u8], server: SocketAddr) -> sntpc::Result<usize> {
        let (network, socket) = &mut *self.network.borrow_mut();
        if self.is_bound {
            nb::block!(network.send_to(socket, server, bytes)).expect("send");
        } else {
            network.connect(socket, server).expect("connect");
            nb::block!(network.send(socket, bytes)).expect("send");
        }
        Ok(bytes.len())
    }

    async fn recv_from(&self, into: &mut [u8]) -> sntpc::Result<(usize, SocketAddr)> {
        let (network, socket) = &mut *self.network.borrow_mut();
        let patience = Patience::new();
        loop {
            match network.receive(socket, into) {
                Err(nb::Error::WouldBlock) => patience.wait("an answer"),
                received => return Ok(received.expect("receive")),
            }
        }
    }
}
