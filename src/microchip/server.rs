//! The Microchip module's sequences for the connections that peers make, and how it tells of them.

use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use super::command::network::SocketRow;
use super::datagram::close_if_refused;
use super::event::address;
use super::stream::{TCP, open};
use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::Session;
use crate::driver::dialect::{Incoming, Outcome, Server, Streams};
use crate::engine::text::Fields;
use crate::socket::Handle;
use crate::transport::Transport;

/// How connections are taken that peers make.
#[derive(Clone, Copy)]
pub struct Taken {
    /// A socket is connected that the driver has not connected: whether a peer has.
    pub(super) arrived: fn(&mut Session<'_, Microchip>, u32, Fields<'_>) -> bool,
    /// Whether a socket is such a connection; the peer may have closed it.
    pub(super) is_waiting: fn(&mut Session<'_, Microchip>, u32, bool) -> bool,
}

/// As many as firmware makes for each listening socket (wire notes 6).
const CHILDREN: usize = 5;

/// As many rows as are looked at for one that was not told; the module has 20 sockets.
const LISTED: usize = 20;

/// Connections that peers have made and nobody has accepted yet.
#[derive(Debug, Default)]
pub(super) struct Children {
    told: [Option<Child>; CHILDREN],
    /// There may be others, of which nothing was told.
    are_others: bool,
}

/// A connection that a peer has made.
#[derive(Clone, Copy, Debug)]
struct Child {
    socket: u32,
    local_port: u16,
    remote: SocketAddrV4,
    is_closed: bool,
}

impl Children {
    /// A notice may have been lost.
    pub(super) fn may_be_untold(&mut self) {
        self.are_others = true;
    }

    fn add(&mut self, child: Child) {
        if self.get(child.socket).is_some() {
            return;
        }
        match self.told.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(child),
            None => self.are_others = true,
        }
    }

    fn get(&mut self, socket: u32) -> Option<&mut Child> {
        let mut told = self.told.iter_mut().flatten();
        told.find(|child| child.socket == socket)
    }

    /// Takes the next connection to a port.
    fn take(&mut self, port: u16) -> Option<Child> {
        self.told
            .iter_mut()
            .find(|place| place.is_some_and(|child| child.local_port == port))?
            .take()
    }
}

impl Server for Microchip {
    fn listen<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        local_port: u16,
    ) -> Outcome {
        module.session().peers = Some(Taken {
            arrived,
            is_waiting,
        });
        let opened = open(module, TCP)?;
        let slot = module.session().sockets.slot(socket)?;
        slot.listen(opened);
        slot.destination = Some(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, local_port));
        let bound = module.tell("AT+SOCKBL=#,#\r\n", &[opened, local_port.into()]);
        close_if_refused(module, opened, bound)
    }

    /// Firmware 0.3.x may have lost the notice of a connection.
    fn accept<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        local_port: u16,
    ) -> Outcome<Option<Incoming>> {
        let children = &mut module.session().vendor.children;
        let child = match children.take(local_port) {
            None if core::mem::take(&mut children.are_others) => find_child(module, local_port)?,
            child => child,
        };
        Ok(child.map(|child| Incoming {
            link: child.socket,
            remote: child.remote.into(),
            is_closed: child.is_closed,
        }))
    }

    fn close_listener<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, link: u32) -> Outcome {
        let slot = module.session().sockets.by_link(link);
        let here = slot.and_then(|slot| slot.destination);
        Microchip::close(module, link)?;
        // Nobody will accept who has come already.
        let port = here.map_or(0, |here| here.port());
        while let Some(child) = module.session().vendor.children.take(port) {
            Microchip::close(module, child.socket)?;
        }
        Ok(())
    }
}

/// Asks for a connection to a port that was not told.
fn find_child<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    port: u16,
) -> Outcome<Option<Child>> {
    let mut rows = [None; LISTED];
    let mut free = rows.iter_mut();
    module.compose("AT+SOCKLST\r\n", &[]);
    module.ask(
        "+SOCKLST:",
        module.timeouts.command,
        &mut |values: &[u8]| {
            let row = SocketRow::parse_values(values).filter(|row| row.local_port == port);
            if let (Some(row), Some(place)) = (row, free.next()) {
                *place = Some(row);
            }
        },
    )?;
    let session = module.session();
    // One may have been told meanwhile.
    if let Some(child) = session.vendor.children.take(port) {
        session.vendor.children.are_others = true;
        return Ok(Some(child));
    }
    let mut unknown = rows
        .into_iter()
        .flatten()
        .filter(|row| session.sockets.by_link(row.socket).is_none())
        .filter_map(|row| match row.remote_ip {
            Some(IpAddr::V4(ip)) => Some(Child {
                socket: row.socket,
                local_port: port,
                remote: SocketAddrV4::new(ip, row.remote_port),
                is_closed: false,
            }),
            _ => None,
        });
    let child = unknown.next();
    let is_last = unknown.next().is_none();
    session.vendor.children.are_others |= !is_last;
    Ok(child)
}

/// `"<local ip>",<local port>,"<remote ip>",<remote port>`
fn arrived(session: &mut Session<'_, Microchip>, socket: u32, mut ends: Fields<'_>) -> bool {
    let (Some(local), Some(SocketAddr::V4(remote))) = (address(&mut ends), address(&mut ends))
    else {
        return false;
    };
    if !session.sockets.is_listening(local.port()) {
        return false;
    }
    session.vendor.children.add(Child {
        socket,
        local_port: local.port(),
        remote,
        is_closed: false,
    });
    true
}

fn is_waiting(session: &mut Session<'_, Microchip>, socket: u32, is_closed: bool) -> bool {
    match session.vendor.children.get(socket) {
        Some(child) => {
            child.is_closed |= is_closed;
            true
        }
        None => false,
    }
}
