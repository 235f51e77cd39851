//! What firmware does with datagrams.

use core::net::SocketAddr;

use atwifi::dialect::Dialect;
use embedded_nal::{UdpClientStack, UdpFullStack};

use crate::work::Driver;
use crate::{take, unknown};

/// Sends and receives, to and from one and many.
pub(crate) fn datagrams<D: Dialect>(module: &mut Driver<D>) {
    let remote = SocketAddr::from((unknown().to_be_bytes(), 53));
    let mut buffer = [0; 64];
    let Some(mut socket) = take(module.socket()) else {
        return;
    };
    take(module.connect(&mut socket, remote));
    take(module.send(&mut socket, &buffer));
    take(module.receive(&mut socket, &mut buffer));
    take(module.bind(&mut socket, unknown() as u16));
    take(module.send_to(&mut socket, remote, &buffer));
    take(module.close(socket));
}
