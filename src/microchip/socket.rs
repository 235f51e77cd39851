//! The Microchip module's sequences for names and sockets.

use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use embedded_nal::AddrType;

use super::command::Done;
use super::command::network::{
    Bind, Close, Connect, GetSockets, JoinGroup, Open, Protocol, Receive, RecordType, Resolve,
    Send, SendTextTo, SendTo, SocketRow,
};
use super::status::Status;
use super::text::Text;
use super::{Attempt, Child, Memory, Microchip, Module, fingerprint, tls};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::driver::dialect::{Incoming, Purpose};
use crate::error::{Closed, Error, Usage};
use crate::socket::{Handle, Slot};
use crate::transport::Transport;
use crate::value::Ranged;

/// What the firmware prints in one round of its main loop. It stays in binary mode from the first
/// round of a read to the last.
const READ_AT_ONCE: usize = 128;

/// The module has so many sockets (wire notes 6).
const LISTED: usize = 20;

pub(super) fn resolve<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    name: &str,
    kind: AddrType,
) -> Result<IpAddr, ErrorOf<Microchip, T>> {
    if kind == AddrType::IPv6 {
        return Err(Error::Usage(Usage::Unsupported));
    }
    if name.is_empty() {
        return Err(Error::Usage(Usage::Empty));
    }
    let command = Resolve {
        record: RecordType::A,
        name: Text::new(name.as_bytes()).map_err(Error::Usage)?,
    };
    let mut written = [0; 65];
    let quoted = written
        .get_mut(..name.len() + 2)
        .ok_or(Error::Usage(Usage::TooLong(63)))?;
    quoted.fill(b'"');
    if let Some(inside) = quoted.get_mut(1..=name.len()) {
        inside.copy_from_slice(name.as_bytes());
    }
    module.session.vendor.name_asked = fingerprint(quoted);
    module.session.vendor.name = Attempt::Open;
    let (timeout, patience) = (module.timeouts.command, module.timeouts.resolve);
    let asked = module.execute(&command, timeout).and_then(|_| {
        module.wait_until(patience, &mut |session| {
            !matches!(session.vendor.name, Attempt::Open)
        })
    });
    match core::mem::take(&mut module.session.vendor.name) {
        Attempt::Settled(Ok(address)) => asked.map(|()| address.into()),
        Attempt::Settled(Err(status)) => Err(Error::Module(status)),
        Attempt::None | Attempt::Open => Err(asked.err().unwrap_or(Error::Timeout)),
    }
}

pub(super) fn open<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    purpose: Purpose<'_>,
) -> Result<(), ErrorOf<Microchip, T>> {
    let tls_parameters = match purpose {
        Purpose::ConnectTls(_, config) => Some(tls::parameters(config)?),
        _ => None,
    };
    let protocol = match purpose {
        Purpose::Connect(_) | Purpose::ConnectTls(..) | Purpose::Listen(_) => Protocol::Tcp,
        Purpose::Exchange(_) | Purpose::Bind(_) | Purpose::Group(_) => Protocol::Udp,
    };
    let remote = match purpose {
        Purpose::Connect(remote) | Purpose::ConnectTls(remote, _) | Purpose::Exchange(remote) => {
            v4(remote)?
        }
        Purpose::Group(group) => group,
        Purpose::Bind(_) | Purpose::Listen(_) => NOBODY,
    };
    let timeout = module.timeouts.command;
    let opened = module.execute(&Open { protocol }, timeout)?.socket;
    let slot = module.session.sockets.slot(socket).map_err(Error::Usage)?;
    // Before the connection: a server that speaks first is announced right behind it.
    match purpose {
        Purpose::Connect(_) | Purpose::ConnectTls(..) => slot.open(opened),
        Purpose::Exchange(_) | Purpose::Group(_) => {
            slot.open_datagram(opened);
            slot.destination = Some(remote);
        }
        Purpose::Bind(_) => slot.open_datagram(opened),
        Purpose::Listen(port) => {
            slot.listen(opened);
            slot.destination = Some(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port));
        }
    }
    let result = match purpose {
        Purpose::Connect(_) | Purpose::ConnectTls(..) => {
            connect(module, opened, remote)?;
            return tls_parameters
                .map_or(Ok(()), |parameters| tls::start(module, opened, parameters));
        }
        Purpose::Exchange(_) => module.execute(
            &Connect {
                socket: opened,
                remote_ip: *remote.ip(),
                remote_port: remote.port(),
            },
            timeout,
        ),
        Purpose::Group(group) => module.execute(
            &JoinGroup {
                socket: opened,
                group: *group.ip(),
                port: group.port(),
            },
            timeout,
        ),
        Purpose::Bind(local_port) => bind(module, opened, local_port),
        Purpose::Listen(local_port) => bind(module, opened, local_port),
    };
    if let Err(Error::Module(status)) = result {
        // Why it failed matters more than whether the socket could be closed.
        let _ = close(module, opened);
        return Err(Error::Module(status));
    }
    result.map(drop)
}

/// Where a socket sends that has no destination.
const NOBODY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);

fn v4<E>(remote: SocketAddr) -> Result<SocketAddrV4, Error<E, Status>> {
    match remote {
        SocketAddr::V4(remote) if remote.port() > 0 => Ok(remote),
        _ => Err(Error::Usage(Usage::Unsupported)),
    }
}

fn bind<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: u32,
    local_port: u16,
) -> Result<Done, ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.command;
    module.execute(&Bind { socket, local_port }, timeout)
}

fn connect<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    opened: u32,
    remote: SocketAddrV4,
) -> Result<(), ErrorOf<Microchip, T>> {
    let (timeout, patience) = (module.timeouts.command, module.timeouts.connect);
    module.session.vendor.connecting = Some(opened);
    module.session.vendor.connection = Attempt::Open;
    let command = Connect {
        socket: opened,
        remote_ip: *remote.ip(),
        remote_port: remote.port(),
    };
    let asked = module.execute(&command, timeout).and_then(|_| {
        module.wait_until(patience, &mut |session| {
            !matches!(session.vendor.connection, Attempt::Open)
        })
    });
    settle(module, opened, asked)
}

/// What has become of a socket that was to be connected.
pub(super) fn settle<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    opened: u32,
    asked: Result<(), ErrorOf<Microchip, T>>,
) -> Result<(), ErrorOf<Microchip, T>> {
    let Memory {
        connecting,
        connection,
        ..
    } = &mut module.session.vendor;
    *connecting = None;
    match (core::mem::take(connection), asked) {
        (Attempt::Settled(Ok(())), Ok(())) => Ok(()),
        // The module has given the socket up itself.
        (Attempt::Settled(Err(status)), _) => Err(Error::Module(status)),
        (_, Err(Error::Module(status))) => {
            close(module, opened)?;
            Err(Error::Module(status))
        }
        (_, asked) => Err(asked.err().unwrap_or(Error::Timeout)),
    }
}

/// The next connection to a port. Firmware 0.3.x may have lost its notice.
pub(super) fn accept<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    port: u16,
) -> Result<Option<Incoming>, ErrorOf<Microchip, T>> {
    let vendor = &mut module.session.vendor;
    let child = match vendor.take_child(port) {
        None if core::mem::take(&mut vendor.untold_children) => find_child(module, port)?,
        child => child,
    };
    Ok(child.map(|child| Incoming {
        link: child.socket,
        remote: child.remote.into(),
        is_closed: child.is_closed,
    }))
}

/// Asks for a connection to a port that was not told.
fn find_child<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    port: u16,
) -> Result<Option<Child>, ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.command;
    let mut rows = [None; LISTED];
    let mut free = rows.iter_mut();
    module.execute_lines(&GetSockets, timeout, &mut |line| {
        let row = SocketRow::parse(line).filter(|row| row.local_port == port);
        if let (Some(row), Some(place)) = (row, free.next()) {
            *place = Some(row);
        }
    })?;
    // One may have been told meanwhile.
    if let Some(child) = module.session.vendor.take_child(port) {
        module.session.vendor.untold_children = true;
        return Ok(Some(child));
    }
    let mut unknown = rows
        .into_iter()
        .flatten()
        .filter(|row| module.session.sockets.by_link(row.socket).is_none())
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
    module.session.vendor.untold_children |= !is_last;
    Ok(child)
}

pub(super) fn send<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    to: Option<SocketAddr>,
    payload: &[u8],
) -> Result<(), ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.send;
    let sent = match to {
        None => {
            let command = Send {
                socket: link,
                length: Ranged::new(payload.len() as u32).map_err(Error::Usage)?,
            };
            module.upload(&command, payload, timeout)
        }
        Some(to) => send_to(module, link, v4(to)?, payload),
    };
    after_binary_mode(module);
    if matches!(sent, Err(Error::Module(Status::SocketNotFound))) {
        // So it answers once the peer has closed (wire notes 6), whose notice was missed then.
        if let Some(slot) = module.session.sockets.by_link(link) {
            slot.abandon(Closed::ByPeer);
        }
    }
    sent
}

/// How often the destination is set again because a datagram has changed it meanwhile.
const AIMS: usize = 4;

/// Firmware keeps the destination that a socket has, unless the datagram is within the command: that
/// one goes where it says, and takes the destination with it. One that does not fit a command
/// follows an empty one, which firmware refuses to send when it has set the destination
/// (`_SOCKWRTOExecute` in the vendor's source, 0.2.0 to 0.3.2). What the socket receives changes
/// the destination too.
fn send_to<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    to: SocketAddrV4,
    payload: &[u8],
) -> Result<(), ErrorOf<Microchip, T>> {
    let (timeout, socket) = (module.timeouts.send, link);
    let whole = SendTextTo::new(socket, to, payload).ok();
    let aiming = SendTextTo::empty(socket, to).map_err(Error::Usage)?;
    for _ in 0..AIMS {
        if destination(module, link)?.is_none_or(|destination| destination == to) {
            break;
        }
        let command = whole.unwrap_or(aiming);
        aim(module, link, to);
        match module.execute(&command, timeout) {
            Ok(_) if whole.is_some() => return Ok(()),
            Ok(_) => {}
            Err(Error::Module(Status::SendFailed)) if whole.is_none() => module.engine.be_sure(),
            Err(error) => {
                aim(module, link, NOBODY);
                return Err(error);
            }
        }
    }
    let command = SendTo {
        socket,
        remote_ip: *to.ip(),
        remote_port: to.port(),
        length: Ranged::new(payload.len() as u32).map_err(Error::Usage)?,
    };
    aim(module, link, to);
    module
        .upload(&command, payload, timeout)
        .inspect_err(|_| aim(module, link, NOBODY))
}

fn destination<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
) -> Result<Option<SocketAddrV4>, ErrorOf<Microchip, T>> {
    match module.session.sockets.by_link(link) {
        Some(slot) => Ok(slot.destination),
        None => Err(Error::Usage(Usage::StaleHandle)),
    }
}

/// Takes note of where the module will send, before it is told: it may say that this has changed.
fn aim<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, link: u32, to: SocketAddrV4) {
    if let Some(slot) = module.session.sockets.by_link(link) {
        slot.destination = Some(to);
    }
}

/// Firmware 0.3.x loses what it would have told in binary mode (wire notes 2): data may wait on any
/// socket.
fn after_binary_mode<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) {
    for slot in module.session.sockets.open() {
        // Datagrams are told all the same.
        slot.readable |= !slot.is_datagram;
    }
    module.session.vendor.untold_children = true;
}

pub(super) fn receive<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    length: usize,
    into: &mut [u8],
) -> Result<usize, ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.receive;
    let command = Receive::new(link, Ranged::new(length as u32).map_err(Error::Usage)?);
    let result = module.download(&command, length, into, timeout);
    if matches!(result, Ok(n) if n > READ_AT_ONCE) {
        after_binary_mode(module);
    }
    let is_datagram = (module.session.sockets.by_link(link)).is_some_and(|slot| slot.is_datagram);
    if matches!(result, Ok(0) | Err(Error::Module(_))) && !is_datagram {
        // Nothing there, though something may have been: was the close lost too?
        module.session.in_doubt = true;
    }
    result
}

pub(super) fn close<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
) -> Result<(), ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.close;
    // Nobody will accept who has come already to a socket that listened.
    let slot = module.session.sockets.by_link(link);
    let here = slot
        .and_then(|slot| slot.destination)
        .filter(|destination| destination.ip().is_unspecified());
    match module.execute(&Close { socket: link }, timeout) {
        // It was gone already.
        Err(Error::Module(Status::SocketNotFound)) => {}
        other => drop(other?),
    }
    while let Some(child) = here.and_then(|at| module.session.vendor.take_child(at.port())) {
        close(module, child.socket)?;
    }
    Ok(())
}

/// Asks which sockets there are and puts the table right. What they hold cannot be asked for, only
/// read.
pub(super) fn reconcile<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<(), ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.command;
    let mut open = [None; LISTED];
    let (mut count, mut nonsense) = (0, false);
    module.execute_lines(
        &GetSockets,
        timeout,
        &mut |line| match SocketRow::parse(line) {
            Some(row) => {
                if let Some(place) = open.get_mut(count) {
                    *place = Some(row.socket);
                    count += 1;
                }
            }
            None => nonsense = true,
        },
    )?;
    if nonsense {
        module.engine.fall_out_of_step();
        return Err(Error::Malformed);
    }
    module.session.vendor.untold_children = true;
    if core::mem::take(&mut module.session.missed_events) {
        module
            .session
            .sockets
            .open()
            .for_each(Slot::suspect_datagram);
    }
    let is_listed = |slot: &mut Slot| open.contains(&Some(slot.link));
    if module.session.sockets.open().all(is_listed) {
        return Ok(());
    }
    // A module that starts says `OK` too: whether there is no socket, or no such module any more,
    // only the answer to a question tells.
    module.engine.fall_out_of_step();
    module.engine.resync(&mut module.session)?;
    for slot in module.session.sockets.open() {
        if !is_listed(slot) {
            slot.closed_by_module(Closed::ByPeer);
        }
    }
    Ok(())
}
