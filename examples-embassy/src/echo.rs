//! Datagrams go back to who has sent them.

use core::convert::Infallible;
use core::net::{Ipv4Addr, SocketAddr};

use defmt::info;
use embedded_nal_async::{UdpStack, UnconnectedUdp};

use crate::online::again;
use crate::settings::ECHO_PORT;
use crate::{Error, Network};

#[embassy_executor::task]
pub async fn echo(network: Network) {
    again(async || answer(network).await).await
}

async fn answer(network: Network) -> Result<Infallible, Error> {
    let here = SocketAddr::from((Ipv4Addr::UNSPECIFIED, ECHO_PORT));
    let (_, mut socket) = network.bind_single(here).await?;
    info!("datagrams to port {} go back", ECHO_PORT);
    let mut buffer = [0; 512];
    loop {
        let (length, here, peer) = socket.receive_into(&mut buffer).await?;
        // What was longer has lost its end.
        let datagram = buffer.get(..length).unwrap_or(&buffer);
        socket.send(here, peer, datagram).await?;
    }
}
