//! First-time set-up of a device by a page on its own access point.
//!
//! Whoever joins the access point is sent to the page by a DNS answer for every name: phones open it by
//! themselves. It asks for a network and its password; then the device joins that, and the page tells
//! whether it worked.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod page;

use core::net::Ipv4Addr;

use atwifi::dialect::Dialect;
use atwifi::portal::{Asked, Ports, Served, Server};
use atwifi::{AccessPointConfig, Clock, Credentials, Error, ErrorOf, Module, Transport};

pub use page::Note;

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
            match serve(&mut server, wifi, note, is_beside)? {
                Some((_, Asked::Network(network))) => break network,
                Some(_) => {}
                None => tick(),
            }
        };
        note = Note::NotJoined;
        if is_beside {
            let Some(address) = join(wifi, &network)? else {
                continue;
            };
            for _ in 0..TICKS {
                match serve(&mut server, wifi, Note::Joined, is_beside)? {
                    Some((Note::Joined, _)) => break,
                    Some(_) => {}
                    None => tick(),
                }
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

/// Serves somebody, and tells which page was shown for what; whoever names a network is told to wait, others
/// are shown this note.
fn serve<D: Dialect, T: Transport, C: Clock>(
    server: &mut Server,
    wifi: &mut Module<'_, D, T, C>,
    note: Note,
    is_beside: bool,
) -> Result<Option<(Note, Asked)>, ErrorOf<D, T>> {
    let note_for = |asked: &Asked| match asked {
        Asked::Page => note,
        Asked::NoNetwork => Note::NoNetwork,
        Asked::Network(_) if is_beside => Note::Joining,
        Asked::Network(_) => Note::Leaving,
    };
    let served = server.serve(wifi, |asked, into| note_for(asked).write(into))?;
    let is_told = |served: &Served| served.is_shown || matches!(served.asked, Asked::Network(_));
    let told = served.filter(is_told);
    Ok(told.map(|served| (note_for(&served.asked), served.asked)))
}

/// Joins the network; `None` if that does not work.
fn join<D: Dialect, T: Transport, C: Clock>(
    wifi: &mut Module<'_, D, T, C>,
    network: &Credentials,
) -> Result<Option<Ipv4Addr>, ErrorOf<D, T>> {
    match wifi.join(network.ssid.as_bytes(), network.password.reveal()) {
        Ok(address) => Ok(Some(address)),
        // A password that no module takes is a wrong one, too.
        Err(Error::Module(_) | Error::Timeout | Error::Usage(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
