//! The ST67's sequences for names and links.

use core::net::{IpAddr, SocketAddr};

use embedded_nal::AddrType;

use super::command::net::{
    Close, Connect, Family, GetLengths, GetLinks, LinkRow, Protocol, Resolve,
};
use super::status::Status;
use super::text::Text;
use super::wifi::CLOSING;
use super::{LINKS, Module, St67};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::engine::link::Transport;
use crate::error::{Closed, Error, Resource, Usage};
use crate::socket::TcpSocket;

/// The module is given its own timeout for a connection; the driver waits longer by the firmware's
/// command class (wire notes 9).
const CONNECT_MARGIN: u32 = 6000;

/// Reference 4.1.7.
const CONNECT_MAX: u32 = 20_000;

pub(super) fn resolve<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
    kind: AddrType,
) -> Result<IpAddr, ErrorOf<St67, T>> {
    let family = match kind {
        // With IPv6 switched off, as it is, the firmware refuses anything else (wire notes 2).
        AddrType::IPv4 | AddrType::Either => Family::Ipv4,
        AddrType::IPv6 => return Err(Error::Usage(Usage::Unsupported)),
    };
    if name.is_empty() {
        return Err(Error::Usage(Usage::Empty));
    }
    let command = Resolve {
        name: Text::new(name.as_bytes()).map_err(Error::Usage)?,
        family,
    };
    let timeout = module.timeouts.resolve;
    module.exchange_for(&command, timeout)?;
    // What is no address is the firmware's way to say that it found none: `(null)`, `0.0.0.0`.
    match module.parse_reply(&command) {
        Some(reply) if !reply.address.is_unspecified() => Ok(reply.address),
        _ => Err(Error::Module(Status::NameNotFound)),
    }
}

pub(super) fn connect<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &TcpSocket,
    remote: SocketAddr,
) -> Result<(), ErrorOf<St67, T>> {
    if remote.is_ipv6() || remote.port() == 0 {
        return Err(Error::Usage(Usage::Unsupported));
    }
    let link = free_link(module)?;
    // Before the command: a server that speaks first is announced before the OK.
    module
        .session
        .sockets
        .slot(socket)
        .map_err(Error::Usage)?
        .open(link.into());
    let patience = module.timeouts.connect.min(CONNECT_MAX);
    let command = Connect {
        link,
        protocol: Protocol::Tcp,
        remote_ip: remote.ip(),
        remote_port: remote.port(),
        keep_alive: None,
        local_ip: None,
        timeout: Some(patience as u16),
    };
    module.execute(&command, patience + CONNECT_MARGIN)?;
    Ok(())
}

/// Chooses a link that nothing holds. One whose closing notice is still to come is no choice
/// until the notice has come: it would end the new connection.
fn free_link<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<u8, ErrorOf<St67, T>> {
    let first = module.session.vendor.next_link;
    let candidates = || (0..LINKS).map(move |i| (first + i) % LINKS);
    let mut unused =
        candidates().filter(|&link| module.session.sockets.by_link(link.into()).is_none());
    let fallback = unused.next().ok_or(Error::Resource(Resource::Sockets))?;
    let settled = core::iter::once(fallback)
        .chain(unused)
        .find(|&link| !module.session.vendor.closing.contains(link));
    let link = match settled {
        Some(link) => link,
        None => {
            match module.wait_until(CLOSING, |session| {
                !session.vendor.closing.contains(fallback)
            }) {
                // The notice is lost; the module has had its time.
                Err(Error::Timeout) => drop(module.session.vendor.closing.take(fallback)),
                other => other?,
            }
            fallback
        }
    };
    module.session.vendor.next_link = (link + 1) % LINKS;
    Ok(link)
}

pub(super) fn close<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u8,
) -> Result<(), ErrorOf<St67, T>> {
    let timeout = module.timeouts.close;
    module.session.vendor.closing.insert(link);
    match module.execute(&Close { link }, timeout) {
        // Refused: there was nothing to close, and no notice will come.
        Err(Error::Module(_)) => drop(module.session.vendor.closing.take(link)),
        other => drop(other?),
    }
    Ok(())
}

/// Asks which links are open and what they hold, and puts the table right.
pub(super) fn reconcile<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<(), ErrorOf<St67, T>> {
    let timeout = module.timeouts.command;
    let mut open = 0_u8;
    let mut nonsense = false;
    module.execute_lines(&GetLinks, timeout, &mut |line| match LinkRow::parse(line) {
        Some(row) if row.link < LINKS => open |= 1 << row.link,
        _ => nonsense = true,
    })?;
    let lengths = module.execute(&GetLengths, timeout)?;
    if nonsense {
        module.engine.fall_out_of_step();
        return Err(Error::Malformed);
    }
    for (link, waiting) in (0..LINKS).zip(lengths.bytes) {
        let Some(slot) = module.session.sockets.by_link(link.into()) else {
            continue;
        };
        if waiting > 0 {
            slot.announce(waiting);
        }
        if open & (1 << link) == 0 {
            slot.closed_by_module(Closed::ByPeer);
        }
    }
    Ok(())
}
