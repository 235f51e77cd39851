//! First-time set-up of a device by a page on its own access point.
//!
//! Whoever joins the access point is sent to the page by a DNS answer for every name: phones open it by
//! themselves. It asks for a network and its password; then the device joins that, and the page tells
//! whether it worked.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod dns;
pub mod form;
mod page;
pub mod request;
mod server;

use core::net::Ipv4Addr;

use atwifi::dialect::Dialect;
use atwifi::{AccessPointConfig, Clock, Error, ErrorOf, Module, Transport};

pub use form::Network;
pub use page::Note;
pub use server::{Ports, Server};

/// How often the page that tells of success is waited for, each time as long as a tick.
const TICKS: u32 = 3000;

/// Asks for a network on the module's own access point until it can be joined; returns the station's
/// address.
///
/// `is_beside` says whether the module is an access point beside its station: then the user is told of
/// success, too. Else the access point goes away to join, and comes back only if that did not work.
/// `tick` is called when nobody asks for anything: it should take some 20 ms.
///
/// # Errors
/// What goes wrong but for joining. The access point may still be on.
pub fn set_up<D: Dialect, T: Transport, C: Clock>(
    wifi: &mut Module<'_, D, T, C>,
    config: &AccessPointConfig<'_>,
    ports: Ports,
    is_beside: bool,
    mut tick: impl FnMut(),
) -> Result<Ipv4Addr, ErrorOf<D, T>> {
    let mut note = Note::Welcome;
    let mut server = Server::open(wifi, config, ports)?;
    loop {
        let network = loop {
            match server.serve(wifi, note, is_beside)? {
                Some(network) => break network,
                None => tick(),
            }
        };
        note = Note::NotJoined;
        if is_beside {
            let Some(address) = join(wifi, &network)? else {
                continue;
            };
            let mut ticks = 0..TICKS;
            while !server.has_told(Note::Joined) && ticks.next().is_some() {
                server.serve(wifi, Note::Joined, is_beside)?;
                tick();
            }
            server.close(wifi)?;
            return Ok(address);
        }
        server.close(wifi)?;
        if let Some(address) = join(wifi, &network)? {
            return Ok(address);
        }
        server = Server::open(wifi, config, ports)?;
    }
}

/// Joins the network; `None` if that does not work.
fn join<D: Dialect, T: Transport, C: Clock>(
    wifi: &mut Module<'_, D, T, C>,
    network: &Network,
) -> Result<Option<Ipv4Addr>, ErrorOf<D, T>> {
    match wifi.join(network.ssid.as_bytes(), network.password.reveal()) {
        Ok(address) => Ok(Some(address)),
        // A password that no module takes is a wrong one, too.
        Err(Error::Module(_) | Error::Timeout | Error::Usage(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
