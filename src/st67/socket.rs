//! The ST67's sequences for names and links.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use embedded_nal::AddrType;

use super::command::net::{
    Close, Connect, CreateServer, DeleteServer, Family, GetLengths, GetLinks, Link, LinkRow,
    OpenDatagram, PeerMode, Port, Protocol, Resolve, Send, SendLength, SendTo,
};
use super::status::Status;
use super::text::Text;
use super::wifi::CLOSING;
use super::{LINKS, LinkSet, Module, St67, tls};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::driver::dialect::{Incoming, Purpose};
use crate::error::{Closed, Error, Resource, Usage};
use crate::socket::Handle;
use crate::transport::Transport;
use crate::value::Ranged;
use crate::value::Switch;
use crate::value::TlsConfig;

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
        // With IPv6 switched off the firmware refuses anything else (wire notes 2).
        AddrType::IPv4 | AddrType::Either => Family::Ipv4,
        AddrType::IPv6 => Family::Ipv6,
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

/// The driver's name for the server, which has none in the module.
const SERVER: u32 = 0xff;

/// Where a datagram socket sends that is not told: nowhere. Firmware wants a port (wire notes 2).
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 9);

pub(super) fn open<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    purpose: Purpose<'_>,
) -> Result<(), ErrorOf<St67, T>> {
    match purpose {
        Purpose::Connect(remote) => connect(module, socket, remote, None),
        Purpose::ConnectTls(remote, config) => connect(module, socket, remote, Some(&config)),
        Purpose::Exchange(remote) => open_datagram(module, socket, remote, 0),
        Purpose::Bind(port) => open_datagram(module, socket, NOBODY, port),
        Purpose::Group(group) => open_datagram(module, socket, group.into(), group.port()),
        Purpose::Listen(port) => listen(module, socket, port),
    }
}

fn connect<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    remote: SocketAddr,
    config: Option<&TlsConfig<'_>>,
) -> Result<(), ErrorOf<St67, T>> {
    let remote_port = port(remote)?;
    let link = free_link(module)?;
    if let Some(config) = config {
        tls::configure(module, link, config)?;
    }
    // Before the command: a server that speaks first is announced before the OK.
    let slot = module.session.sockets.slot(socket).map_err(Error::Usage)?;
    slot.open(link.into());
    let patience = module.timeouts.connect.min(CONNECT_MAX);
    let command = Connect {
        link: named(link)?,
        protocol: match (remote, config) {
            (SocketAddr::V4(_), None) => Protocol::Tcp,
            (SocketAddr::V4(_), Some(_)) => Protocol::Ssl,
            (SocketAddr::V6(_), None) => Protocol::TcpV6,
            (SocketAddr::V6(_), Some(_)) => Protocol::SslV6,
        },
        host: remote.ip().into(),
        remote_port,
        keep_alive_s: None,
        local_ip: None,
        timeout_ms: Some(Ranged::new(patience).map_err(Error::Usage)?),
    };
    let result = module.execute(&command, patience + CONNECT_MARGIN);
    if matches!(result, Err(Error::Module(_))) && module.session.vendor.listens {
        // A peer may have got the link first.
        module.session.in_doubt = true;
    }
    result.map(drop)
}

fn open_datagram<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    remote: SocketAddr,
    local_port: u16,
) -> Result<(), ErrorOf<St67, T>> {
    let remote_port = port(remote)?;
    let link = free_link(module)?;
    let slot = module.session.sockets.slot(socket).map_err(Error::Usage)?;
    slot.open_datagram(link.into());
    let timeout = module.timeouts.connect;
    let command = OpenDatagram {
        link: named(link)?,
        protocol: match remote {
            SocketAddr::V4(_) => Protocol::Udp,
            SocketAddr::V6(_) => Protocol::UdpV6,
        },
        host: remote.ip().into(),
        remote_port,
        local_port: Some(local_port),
        // In any other mode the sender that is told is not the one who sent.
        mode: Some(PeerMode::Always),
    };
    match module.execute(&command, timeout) {
        // The reference knows neither parameter.
        Err(Error::Module(status)) if local_port == 0 && status.is_about_parameters() => {
            let command = OpenDatagram {
                local_port: None,
                mode: None,
                ..command
            };
            module.execute(&command, timeout)?;
        }
        other => drop(other?),
    }
    Ok(())
}

/// The connections of a server outlive it.
const DELETE: DeleteServer = DeleteServer { close: Switch::Off };

fn listen<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    port: u16,
) -> Result<(), ErrorOf<St67, T>> {
    if module.session.vendor.listens {
        return Err(Error::Resource(Resource::Listeners));
    }
    if let Some(other) = module.session.sockets.by_link(SERVER) {
        // It has tried before, and has no server now.
        other.closed_by_module(Closed::NotConnected);
    }
    let slot = module.session.sockets.slot(socket).map_err(Error::Usage)?;
    slot.listen(SERVER);
    let timeout = module.timeouts.command;
    let create = CreateServer {
        port: Port::new(port).map_err(Error::Usage)?,
        protocol: None,
        ca: None,
        keep_alive_s: None,
    };
    match module.execute(&create, timeout) {
        // One is there that the driver before this one has left.
        Err(Error::Module(_)) => {
            module.execute(&DELETE, timeout)?;
            module.execute(&create, timeout)?;
        }
        other => drop(other?),
    }
    module.session.vendor.listens = true;
    Ok(())
}

/// Asks who it is that has opened a link.
pub(super) fn accept<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    port: u16,
) -> Result<Option<Incoming>, ErrorOf<St67, T>> {
    if module.session.vendor.incoming.is_empty() {
        return Ok(None);
    }
    let (timeout, waiting) = (module.timeouts.command, module.session.vendor.incoming);
    let mut rows = [None; LINKS as usize];
    let mut nonsense = false;
    module.execute_lines(&GetLinks, timeout, &mut |line| {
        let row = LinkRow::parse(line);
        match row.and_then(|row| rows.get_mut(usize::from(row.link))) {
            Some(place) => *place = row,
            None => nonsense = true,
        }
    })?;
    if nonsense {
        module.engine.fall_out_of_step();
        return Err(Error::Malformed);
    }
    for (link, row) in (0..LINKS).zip(rows) {
        // Who came while the module was asked may have no row yet.
        if !waiting.contains(link) || !module.session.vendor.incoming.contains(link) {
            continue;
        }
        // It is told, or it is over already.
        module.session.vendor.incoming.take(link);
        match row {
            Some(row) if row.is_server && row.local_port == port => {
                return Ok(Some(Incoming {
                    link: link.into(),
                    remote: SocketAddr::new(row.remote_ip, row.remote_port),
                    is_closed: false,
                }));
            }
            // A connection to a port that nobody listens on any more.
            Some(_) => close(module, link.into())?,
            None => {}
        }
    }
    Ok(None)
}

pub(super) fn send<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u8,
    to: Option<SocketAddr>,
    payload: &[u8],
) -> Result<(), ErrorOf<St67, T>> {
    let timeout = module.timeouts.send;
    let link = named(link)?;
    let length = SendLength::new(payload.len() as u32).map_err(Error::Usage)?;
    match to {
        None => module.upload(&Send { link, length }, payload, timeout),
        Some(to) => {
            let command = SendTo {
                link,
                length,
                host: to.ip().into(),
                remote_port: port(to)?,
            };
            module.upload(&command, payload, timeout)
        }
    }
}

/// The number of a link as commands have it.
fn named<E>(link: u8) -> Result<Link, Error<E, Status>> {
    Link::new(link).map_err(Error::Usage)
}

fn port<E>(remote: SocketAddr) -> Result<Port, Error<E, Status>> {
    Port::new(remote.port()).map_err(|_| Error::Usage(Usage::Unsupported))
}

/// Chooses a link that nothing holds. One whose closing notice is still to come is no choice
/// until the notice has come: it would end the new connection.
#[inline(never)]
fn free_link<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<u8, ErrorOf<St67, T>> {
    let first = module.session.vendor.next_link;
    let candidates = || (0..LINKS).map(move |i| (first + i) % LINKS);
    let mut unused = candidates().filter(|&link| {
        let is_owned = module.session.sockets.by_link(link.into()).is_some();
        let vendor = &module.session.vendor;
        !is_owned && !vendor.incoming.contains(link) && !vendor.foreign.contains(link)
    });
    let fallback = unused.next().ok_or(Error::Resource(Resource::Sockets))?;
    let settled = core::iter::once(fallback)
        .chain(unused)
        .find(|&link| !module.session.vendor.closing.contains(link));
    let link = match settled {
        Some(link) => link,
        None => {
            match module.wait_until(CLOSING, &mut |session| {
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
    link: u32,
) -> Result<(), ErrorOf<St67, T>> {
    let timeout = module.timeouts.close;
    if link == SERVER {
        match module.execute(&DELETE, timeout) {
            // There is none.
            Err(Error::Module(_)) => {}
            other => drop(other?),
        }
        module.session.vendor.listens = false;
        // Nobody will accept who has come already.
        for link in 0..LINKS {
            if module.session.vendor.incoming.take(link) {
                close(module, link.into())?;
            }
        }
        return Ok(());
    }
    let link = link as u8;
    module.session.vendor.closing.insert(link);
    let command = Close {
        link: Ranged::new(link).map_err(Error::Usage)?,
    };
    for _ in 0..2 {
        match module.execute(&command, timeout) {
            // Refused: what it heard was spoilt, or there is nothing to close.
            Err(Error::Module(_)) => {}
            other => return other.map(drop),
        }
    }
    // No notice will come.
    module.session.vendor.closing.take(link);
    Ok(())
}

/// Asks which links are open and what they hold, and puts the table right.
pub(super) fn reconcile<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<(), ErrorOf<St67, T>> {
    let timeout = module.timeouts.command;
    let (mut open, mut accepted) = (LinkSet::default(), LinkSet::default());
    let mut nonsense = false;
    module.execute_lines(&GetLinks, timeout, &mut |line| match LinkRow::parse(line) {
        Some(row) if row.link < LINKS => {
            open.insert(row.link);
            if row.is_server {
                accepted.insert(row.link);
            }
        }
        _ => nonsense = true,
    })?;
    let mut noted = [0; LINKS as usize];
    for (link, noted) in (0..).zip(&mut noted) {
        *noted = (module.session.sockets.by_link(link)).map_or(0, |slot| slot.noted());
    }
    let lengths = module.execute(&GetLengths, timeout)?;
    if nonsense {
        module.engine.fall_out_of_step();
        return Err(Error::Malformed);
    }
    for ((link, waiting), noted) in (0..LINKS).zip(lengths.bytes).zip(noted) {
        if !open.contains(link) {
            module.session.vendor.closing.take(link);
            module.session.vendor.foreign.take(link);
        }
        let Some(slot) = module.session.sockets.by_link(link.into()) else {
            if accepted.contains(link) && module.session.vendor.listens {
                module.session.vendor.incoming.insert(link);
            }
            continue;
        };
        if slot.is_datagram {
            if slot.noted() != noted {
                // One came meanwhile: was it counted or not? Ask again.
                module.session.in_doubt = true;
            } else if !slot.check_notes(waiting) {
                module.session.events.lose();
            }
        } else if waiting > 0 {
            slot.announce(waiting);
        }
        if !open.contains(link) {
            slot.closed_by_module(Closed::ByPeer);
        }
    }
    Ok(())
}
