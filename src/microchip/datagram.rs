//! The Microchip module's sequences for datagrams, and how it tells of them.

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use super::event::address;
use super::status::Status;
use super::stream::{UDP, after_send, close_refused, compose_remote, may_hold_data, open, v4};
use super::text::Rule;
use super::words::socket_of;
use super::{Microchip, Module};
use crate::clock::Clock;
use crate::driver::Session;
use crate::driver::dialect::{Datagrams, Outcome};
use crate::error::Fault;
use crate::socket::{Datagram, Handle, Slot};
use crate::transport::Transport;

/// Takes a line, with what stands behind its name. `None` if it makes no sense.
type TakeLine = fn(&mut Session<'_, Microchip>, &[u8], &[u8]) -> Option<()>;

/// How events about datagrams are taken.
#[derive(Clone, Copy)]
pub struct Taken {
    /// One has come.
    pub(super) arrived: TakeLine,
    /// The notice of one may have been lost.
    pub(super) suspect: fn(&mut Slot<'_>),
}

/// Where a socket sends that has no destination.
const NOBODY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);

/// How often the destination is set again because a datagram has changed it meanwhile.
const AIMS: usize = 4;

impl Datagrams for Microchip {
    /// What the stack takes at once (wire notes 2).
    const DATAGRAM_MAX: usize = 512;
    /// So does firmware; by the reference the rest is gone (wire notes 3).
    const TELLS_REST: bool = true;

    fn exchange<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        remote: SocketAddr,
    ) -> Outcome {
        let remote = v4(module, remote)?;
        let opened = open_socket(module, socket, Some(remote))?;
        compose_remote(module, "AT+SOCKBR=#,", opened, remote);
        let connected = module.send_composed(module.timeouts.command);
        close_if_refused(module, opened, connected)
    }

    fn bind<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        local_port: u16,
    ) -> Outcome {
        let opened = open_socket(module, socket, None)?;
        let bound = module.tell("AT+SOCKBL=#,#\r\n", &[opened, local_port.into()]);
        close_if_refused(module, opened, bound)
    }

    fn join_group<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        group: SocketAddrV4,
    ) -> Outcome {
        let opened = open_socket(module, socket, Some(group))?;
        compose_remote(module, "AT+SOCKBM=#,", opened, group);
        let joined = module.send_composed(module.timeouts.command);
        close_if_refused(module, opened, joined)
    }

    fn send_to<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        to: SocketAddr,
        payload: &[u8],
    ) -> Outcome {
        let to = v4(module, to)?;
        let sent = send_to(module, link, to, payload);
        after_send(module, link, &sent);
        sent
    }
}

fn open_socket<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    destination: Option<SocketAddrV4>,
) -> Outcome<u32> {
    module.session().datagrams = Some(Taken { arrived, suspect });
    let opened = open(module, UDP)?;
    let slot = module.session().sockets.slot(socket)?;
    slot.open_datagram(opened);
    slot.destination = destination;
    Ok(opened)
}

pub(super) fn close_if_refused<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    opened: u32,
    outcome: Outcome,
) -> Outcome {
    match outcome {
        Err(Fault::Refused) => close_refused(module, opened),
        outcome => outcome,
    }
}

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
) -> Outcome {
    let timeout = module.timeouts.send;
    compose_text(module, link, to, payload);
    let fits_command = module.check_command().is_ok();
    let within = match fits_command {
        true => payload,
        false => &[],
    };
    for _ in 0..AIMS {
        if destination(module, link)?.is_none_or(|destination| destination == to) {
            break;
        }
        aim(module, link, to);
        compose_text(module, link, to, within);
        let aimed = module.send_composed(timeout);
        match aimed {
            Ok(()) if fits_command => return Ok(()),
            Ok(()) => {}
            Err(_) if !fits_command && module.has_refused(&aimed, Status::SendFailed) => {
                module.engine.be_sure();
            }
            Err(fault) => {
                aim(module, link, NOBODY);
                return Err(fault);
            }
        }
    }
    aim(module, link, to);
    compose_to(module, link, to).put(",#\r\n", &[payload.len() as u32]);
    module
        .upload(payload, timeout)
        .inspect_err(|_| aim(module, link, NOBODY))
}

/// Begins `AT+SOCKWRTO` up to the remote port.
fn compose_to<'m, 'b, T: Transport, C: Clock>(
    module: &'m mut Module<'b, T, C>,
    link: u32,
    to: SocketAddrV4,
) -> &'m mut crate::engine::compose::Command<'b> {
    module
        .compose("AT+SOCKWRTO=#,", &[link])
        .address((*to.ip()).into())
        .put(",#", &[to.port().into()])
}

/// The command with the datagram in it.
fn compose_text<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    to: SocketAddrV4,
    payload: &[u8],
) {
    compose_to(module, link, to)
        .put(",#,", &[payload.len() as u32])
        .text::<Rule>(payload, 198)
        .put("\r\n", &[]);
}

fn destination<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
) -> Outcome<Option<SocketAddrV4>> {
    match module.session().sockets.by_link(link) {
        Some(slot) => Ok(slot.destination),
        None => Err(Fault::StaleHandle),
    }
}

/// Takes note of where the module will send, before it is told: it may say that this has changed.
fn aim<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, link: u32, to: SocketAddrV4) {
    if let Some(slot) = module.session().sockets.by_link(link) {
        slot.destination = Some(to);
    }
}

/// `<id>,"<ip>",<port>,<length>`
fn arrived(session: &mut Session<'_, Microchip>, line: &[u8], values: &[u8]) -> Option<()> {
    let (socket, mut fields) = socket_of(values)?;
    let sender = address(&mut fields)?;
    let length = fields.number()?;
    if !fields.is_empty() {
        return None;
    }
    match session.sockets.by_link(socket) {
        Some(slot) if slot.is_datagram() => {
            // Firmware sends to the port that it heard last.
            if let Some(destination) = &mut slot.destination {
                destination.set_port(sender.port());
            }
            if !slot.take_rest(length) && !slot.note(Datagram { length, sender }) {
                session.events.lose();
            }
        }
        // A stream has none.
        Some(_) => return None,
        None => session.events.push(line),
    }
    Some(())
}

fn suspect(slot: &mut Slot<'_>) {
    may_hold_data(slot);
    slot.suspect_datagram();
}
