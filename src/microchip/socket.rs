//! The Microchip module's sequences for names and sockets.

use core::net::{IpAddr, SocketAddr};

use embedded_nal::AddrType;

use super::command::network::{
    Close, Connect, GetSockets, Open, OutputMode, Protocol, Receive, Resolve, Send, SocketRow,
};
use super::status::Status;
use super::text::Text;
use super::{Attempt, Memory, Microchip, Module, fingerprint};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::engine::link::Transport;
use crate::error::{Closed, Error, Usage};
use crate::socket::{Slot, TcpSocket};

/// What the firmware prints in one round of its main loop. It stays in binary mode from the first
/// round of a read to the last.
const READ_AT_ONCE: usize = 128;

/// IPv4, of `AT+DNSRESOLV`.
const RECORD_A: u8 = 1;

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
        kind: RECORD_A,
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
        module.wait_until(patience, |session| {
            !matches!(session.vendor.name, Attempt::Open)
        })
    });
    match core::mem::take(&mut module.session.vendor.name) {
        Attempt::Settled(Ok(address)) => asked.map(|()| address.into()),
        Attempt::Settled(Err(status)) => Err(Error::Module(status)),
        Attempt::None | Attempt::Open => Err(asked.err().unwrap_or(Error::Timeout)),
    }
}

pub(super) fn connect<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &TcpSocket,
    remote: SocketAddr,
) -> Result<(), ErrorOf<Microchip, T>> {
    let SocketAddr::V4(remote) = remote else {
        return Err(Error::Usage(Usage::Unsupported));
    };
    if remote.port() == 0 {
        return Err(Error::Usage(Usage::Unsupported));
    }
    let (timeout, patience) = (module.timeouts.command, module.timeouts.connect);
    let opened = module
        .execute(
            &Open {
                protocol: Protocol::Tcp,
            },
            timeout,
        )?
        .socket;
    // Before the connection: a server that speaks first is announced right behind it.
    module
        .session
        .sockets
        .slot(socket)
        .map_err(Error::Usage)?
        .open(opened);
    module.session.vendor.connecting = Some(opened);
    module.session.vendor.connection = Attempt::Open;
    let command = Connect {
        socket: opened,
        remote_ip: *remote.ip(),
        remote_port: remote.port(),
    };
    let asked = module.execute(&command, timeout).and_then(|_| {
        module.wait_until(patience, |session| {
            !matches!(session.vendor.connection, Attempt::Open)
        })
    });
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

pub(super) fn send<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    payload: &[u8],
) -> Result<(), ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.send;
    let sent = module.upload(
        &Send {
            socket: link,
            length: payload.len() as u16,
        },
        payload,
        timeout,
    );
    after_binary_mode(module);
    if matches!(sent, Err(Error::Module(Status::SocketNotFound))) {
        // So it answers once the peer has closed (wire notes 6), whose notice was missed then.
        if let Some(slot) = module.session.sockets.by_link(link) {
            slot.abandon(Closed::ByPeer);
        }
    }
    sent
}

/// Firmware 0.3.x loses what it would have told in binary mode (wire notes 2): data may wait on any
/// socket.
fn after_binary_mode<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) {
    for slot in module.session.sockets.open() {
        slot.readable = true;
    }
}

pub(super) fn receive<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    into: &mut [u8],
) -> Result<usize, ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.receive;
    let command = Receive {
        socket: link,
        mode: OutputMode::Binary,
        length: into.len() as u16,
    };
    let result = module.download(&command, into, timeout);
    if matches!(result, Ok(n) if n > READ_AT_ONCE) {
        after_binary_mode(module);
    }
    if matches!(result, Ok(0) | Err(Error::Module(_))) {
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
    match module.execute(&Close { socket: link }, timeout) {
        // It was gone already.
        Err(Error::Module(Status::SocketNotFound)) => Ok(()),
        other => other.map(drop),
    }
}

/// Asks which sockets there are and puts the table right. What they hold cannot be asked for, only
/// read.
pub(super) fn reconcile<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Result<(), ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.command;
    let mut open = [None; 20];
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
