//! The Microchip module's sequences for TCP connections.

use core::net::{SocketAddr, SocketAddrV4};

use super::status::Status;
use super::words::socket_of;
use super::{Attempt, Microchip, Module};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Streams};
use crate::error::{Closed, Fault, Usage};
use crate::socket::{Handle, Slot};
use crate::transport::Transport;

/// What the firmware prints in one round of its main loop. It stays in binary mode from the first
/// round of a read to the last.
const READ_AT_ONCE: usize = 128;

/// The module has so many sockets (wire notes 6).
const LISTED: usize = 20;

impl Streams for Microchip {
    /// The stack's TCP sockets (wire notes 6).
    const LINKS: usize = 10;
    /// The firmware's buffer, which overflows unchecked; the reference says 1500 (wire notes 2).
    const SEND_MAX: usize = 1400;
    /// More is refused (wire notes 3).
    const RECEIVE_MAX: usize = 2048;

    fn connect<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        remote: SocketAddr,
    ) -> Outcome {
        let remote = v4(module, remote)?;
        connect(module, socket, remote).map(drop)
    }

    fn send<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        payload: &[u8],
    ) -> Outcome {
        module.compose("AT+SOCKWR=#,#\r\n", &[link, payload.len() as u32]);
        let sent = module.upload(payload, module.timeouts.send);
        after_send(module, link, &sent);
        sent
    }

    fn receive<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        length: usize,
        into: &mut [u8],
    ) -> Outcome<usize> {
        // 2: binary.
        module.compose("AT+SOCKRD=#,2,#\r\n", &[link, length as u32]);
        let result = module.download(length, into, module.timeouts.receive);
        if matches!(result, Ok(n) if n > READ_AT_ONCE) {
            after_binary_mode(module);
        }
        let slot = module.session().sockets.by_link(link);
        let is_datagram = slot.is_some_and(|slot| slot.is_datagram());
        if matches!(result, Ok(0) | Err(Fault::Refused)) && !is_datagram {
            // Nothing there, though something may have been: was the close lost too?
            module.session().in_doubt = true;
        }
        result
    }

    fn close<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, link: u32) -> Outcome {
        module.compose("AT+SOCKCL=#\r\n", &[link]);
        let closed = module.send_composed(module.timeouts.close);
        match module.has_refused(&closed, Status::SocketNotFound) {
            // It was gone already.
            true => Ok(()),
            false => closed,
        }
    }

    /// Asks which sockets there are. What they hold cannot be asked for, only read.
    fn reconcile<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        let listed = ask_for_sockets(module)?;
        let session = module.session();
        session.vendor.untold_children = true;
        let has_missed = core::mem::take(&mut session.missed_events);
        if let (true, Some(datagrams)) = (has_missed, session.datagrams) {
            session.sockets.each_open(datagrams.suspect);
        }
        if !(session.sockets).any_open(|slot| !listed.contains(slot.link)) {
            return Ok(());
        }
        // A module that starts says `OK` too: whether there is no socket, or no such module any more,
        // only the answer to a question tells.
        module.engine.fall_out_of_step();
        module.engine.resync()?;
        module.session().sockets.each_open(|slot| {
            if !listed.contains(slot.link) {
                slot.closed_by_module(Closed::ByPeer);
            }
        });
        Ok(())
    }
}

/// The sockets that the module has.
pub(super) struct Listed {
    sockets: [u32; LISTED],
    count: usize,
}

impl Listed {
    pub(super) fn listed(&self) -> impl Iterator<Item = u32> {
        self.sockets.iter().take(self.count).copied()
    }

    fn contains(&self, socket: u32) -> bool {
        self.listed().any(|listed| listed == socket)
    }
}

/// Asks for the module's sockets: `<id>,<type>,<remote address>,<port>,<local port>` each.
#[inline(never)]
pub(super) fn ask_for_sockets<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Outcome<Listed> {
    let mut listed = Listed {
        sockets: [0; LISTED],
        count: 0,
    };
    let mut nonsense = false;
    module.compose("AT+SOCKLST\r\n", &[]);
    module.ask(
        "+SOCKLST:",
        module.timeouts.command,
        &mut |row: &[u8]| match (socket_of(row), listed.sockets.get_mut(listed.count)) {
            (Some((socket, rest)), Some(place)) if !rest.rest().is_empty() => {
                *place = socket;
                listed.count += 1;
            }
            _ => nonsense = true,
        },
    )?;
    match nonsense {
        true => Err(module.engine.malformed()),
        false => Ok(listed),
    }
}

/// The address, if the module can reach it.
pub(super) fn v4<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    remote: SocketAddr,
) -> Outcome<SocketAddrV4> {
    match remote {
        SocketAddr::V4(remote) if remote.port() > 0 => Ok(remote),
        _ => Err(module.refuse(Usage::Unsupported)),
    }
}

/// Asks for a socket; what it is called.
pub(super) fn open<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    protocol: u32,
) -> Outcome<u32> {
    let mut opened = None;
    module.compose("AT+SOCKO=#\r\n", &[protocol]);
    module.ask("+SOCKO:", module.timeouts.command, &mut |row: &[u8]| {
        opened = socket_of(row).map(|(socket, _)| socket);
    })?;
    opened.ok_or_else(|| module.engine.malformed())
}

/// The protocols of `AT+SOCKO`.
pub(super) const UDP: u32 = 1;
pub(super) const TCP: u32 = 2;

/// Opens a socket and connects it; what it is called.
pub(super) fn connect<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    remote: SocketAddrV4,
) -> Outcome<u32> {
    let opened = open(module, TCP)?;
    // Before the connection: a server that speaks first is announced right behind it.
    module.session().sockets.slot(socket)?.open(opened);
    module.session().vendor.connecting = Some(opened);
    module.session().vendor.connection = Attempt::Open;
    compose_remote(module, "AT+SOCKBR=#,", opened, remote);
    let asked = module.send_composed(module.timeouts.command);
    let connected = await_connection(module, asked);
    settle(module, opened, connected)?;
    Ok(opened)
}

/// Begins a command with a socket and an address.
pub(super) fn compose_remote<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    template: &str,
    socket: u32,
    remote: SocketAddrV4,
) {
    module
        .compose(template, &[socket])
        .address((*remote.ip()).into())
        .put(",#\r\n", &[remote.port().into()]);
}

/// Waits for what comes of an attempt that the module has agreed to.
pub(super) fn await_connection<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    asked: Outcome,
) -> Outcome {
    asked?;
    module.wait_until(module.timeouts.connect, |session| {
        !matches!(session.vendor.connection, Attempt::Open)
    })
}

/// What has become of a socket that was to be connected, or secured.
pub(super) fn settle<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    opened: u32,
    asked: Outcome,
) -> Outcome {
    let vendor = &mut module.session().vendor;
    vendor.connecting = None;
    vendor.securing = None;
    match (core::mem::take(&mut vendor.connection), asked) {
        (Attempt::Settled(Ok(())), Ok(())) => Ok(()),
        // Firmware has given the socket up itself, the reference's module has not.
        (Attempt::Settled(Err(status)), _) => {
            module.session().refusal = status;
            close_refused(module, opened)
        }
        (_, Err(Fault::Refused)) => close_refused(module, opened),
        (_, asked) => Err(asked.err().unwrap_or(Fault::Timeout)),
    }
}

/// Closes a socket that was refused. Why it was matters more than what comes of that.
pub(super) fn close_refused<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    opened: u32,
) -> Outcome {
    let refusal = module.session().refusal;
    Microchip::close(module, opened)?;
    // Firmware does not find it, as was to be expected.
    module.engine.be_sure();
    module.session().refusal = refusal;
    Err(Fault::Refused)
}

/// What a write means for what the driver believes.
pub(super) fn after_send<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    sent: &Outcome,
) {
    after_binary_mode(module);
    if module.has_refused(sent, Status::SocketNotFound) {
        // So it answers once the peer has closed (wire notes 6), whose notice was missed then.
        if let Some(slot) = module.session().sockets.by_link(link) {
            slot.abandon(Closed::ByPeer);
        }
    }
}

/// Firmware 0.3.x loses what it would have told in binary mode (wire notes 2): data may wait on any
/// socket.
fn after_binary_mode<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) {
    let has_something = |slot: &mut Slot| {
        // Datagrams are told all the same.
        if !slot.is_datagram() {
            slot.expect_data();
        }
    };
    module.session().sockets.each_open(has_something);
    module.session().vendor.untold_children = true;
}
