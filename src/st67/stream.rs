//! The ST67's sequences for TCP connections.

use core::net::SocketAddr;

use super::station::CLOSING;
use super::words::link_of;
use super::{LINKS, LinkSet, Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Streams};
use crate::engine::text::{Fields, number};
use crate::error::{Closed, Fault, Usage};
use crate::socket::Handle;
use crate::transport::Transport;

/// The module is given its own timeout for a connection; the driver waits longer by the firmware's
/// command class (wire notes 9).
const CONNECT_MARGIN: u32 = 6000;

/// Reference 4.1.7.
const CONNECT_MAX: u32 = 20_000;

impl Streams for St67 {
    const LINKS: usize = LINKS as usize;
    /// The firmware's limit; the reference says 8192 (wire notes 2).
    const SEND_MAX: usize = 6144;
    const LOOK_AGAIN: u32 = 0;
    /// The reference's receive buffer; the firmware's is 4608 and refuses to be asked for more
    /// (wire notes 2).
    const RECEIVE_MAX: usize = 2920;

    fn connect<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        remote: SocketAddr,
    ) -> Outcome {
        check_port(module, remote)?;
        let link = free_link(module)?;
        connect(module, socket, link, remote, "TCP")
    }

    fn send<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        payload: &[u8],
    ) -> Outcome {
        module.compose("AT+CIPSEND=#,#\r\n", &[link, payload.len() as u32]);
        module.upload(payload, module.timeouts.send)
    }

    fn receive<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        length: usize,
        into: &mut [u8],
    ) -> Outcome<usize> {
        module.compose("AT+CIPRECVDATA=#,#\r\n", &[link, length as u32]);
        module.download(length, into, module.timeouts.receive)
    }

    fn close<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, link: u32) -> Outcome {
        module.session().vendor.closing.insert(link);
        for _ in 0..2 {
            module.compose("AT+CIPCLOSE=#\r\n", &[link]);
            match module.send_composed(module.timeouts.close) {
                // Refused: what it heard was spoilt, or there is nothing to close.
                Err(Fault::Refused) => {}
                other => return other,
            }
        }
        // No notice will come.
        module.session().vendor.closing.take(link);
        Ok(())
    }

    /// Asks which links are open and what they hold.
    fn reconcile<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        let (mut open, mut accepted) = (LinkSet::default(), LinkSet::default());
        let mut nonsense = false;
        ask_for_links(module, &mut |row: &[u8]| match link_of(row) {
            Some((link, _)) => {
                open.insert(link);
                if row.ends_with(b",1") {
                    accepted.insert(link);
                }
            }
            None => nonsense = true,
        })?;
        let waiting = lengths(module)?;
        if nonsense {
            return Err(module.engine.malformed());
        }
        for (link, &waiting) in (0..).zip(&waiting) {
            let session = module.session();
            if !open.contains(link) {
                session.vendor.closing.take(link);
                session.vendor.foreign.take(link);
            }
            let (datagrams, peers) = (session.datagrams, session.peers);
            match (session.sockets.by_link(link), peers) {
                (Some(slot), _) => {
                    let is_datagram = slot.is_datagram();
                    if !open.contains(link) {
                        slot.closed_by_module(Closed::ByPeer);
                    }
                    match datagrams {
                        Some(datagrams) if is_datagram => {
                            (datagrams.counted)(session, link, waiting)
                        }
                        _ if waiting > 0 => slot.announce(waiting),
                        _ => {}
                    }
                }
                (None, Some(peers)) if accepted.contains(link) => (peers.arrived)(session, link),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Asks which links are open: `<id>,<type>,<address>,<port>,<local port>,<made by a peer>`.
pub(super) fn ask_for_links<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    each: &mut dyn FnMut(&[u8]),
) -> Outcome {
    module.compose("AT+CIPSTATE?\r\n", &[]);
    // Firmware says `+CIPSTATUS:`, the reference `+CIPSTATE:`.
    module.ask("+CIPSTAT", module.timeouts.command, &mut |row: &[u8]| {
        let name = row.iter().take_while(|&&b| b != b':').count();
        each(row.get(name + 1..).unwrap_or(&[]));
    })
}

/// How much each link holds.
fn lengths<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Outcome<[u32; LINKS as usize]> {
    let mut lengths = [0; LINKS as usize];
    let mut is_told = false;
    module
        .session()
        .sockets
        .each_open(|slot| slot.is_told = false);
    module.compose("AT+CIPRECVLEN?\r\n", &[]);
    module.ask(
        "+CIPRECVLEN:",
        module.timeouts.command,
        &mut |row: &[u8]| {
            let mut fields = Fields::new(row);
            let mut is_all = true;
            for length in &mut lengths {
                match fields.next().and_then(number) {
                    Some(told) => *length = told,
                    None => is_all = false,
                }
            }
            // Firmware and the reference's example put a comma behind the last number too.
            is_told = is_all && fields.rest().is_empty();
        },
    )?;
    match is_told {
        true => Ok(lengths),
        false => Err(module.engine.malformed()),
    }
}

/// Opens a link as a stream: the module makes the connection, of the kind that it calls so.
pub(super) fn connect<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    link: u32,
    remote: SocketAddr,
    kind: &str,
) -> Outcome {
    // Before the command: a server that speaks first is announced before the OK.
    module.session().sockets.slot(socket)?.open(link);
    let patience = module.timeouts.connect.min(CONNECT_MAX);
    compose_open(module, link, remote, kind).put(",,,#\r\n", &[patience]);
    let connected = module.send_composed(patience + CONNECT_MARGIN);
    if connected == Err(Fault::Refused) && module.session().peers.is_some() {
        // A peer may have got the link first.
        module.session().in_doubt = true;
    }
    connected
}

/// Begins `AT+CIPSTART` up to the remote port.
pub(super) fn compose_open<'m, 'b, T: Transport, C: Clock>(
    module: &'m mut Module<'b, T, C>,
    link: u32,
    remote: SocketAddr,
    kind: &str,
) -> &'m mut crate::engine::compose::Command<'b> {
    let family = match remote {
        SocketAddr::V4(_) => "\",",
        SocketAddr::V6(_) => "v6\",",
    };
    module
        .compose("AT+CIPSTART=#,\"", &[link])
        .put(kind, &[])
        .put(family, &[])
        .address(remote.ip())
        .put(",#", &[remote.port().into()])
}

/// No connection goes to port 0.
pub(super) fn check_port<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    remote: SocketAddr,
) -> Outcome {
    match remote.port() {
        0 => Err(module.refuse(Usage::Unsupported)),
        _ => Ok(()),
    }
}

/// Chooses a link that nothing holds. One whose closing notice is still to come is no choice
/// until the notice has come: it would end the new connection.
#[inline(never)]
pub(super) fn free_link<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<u32> {
    let mut link = module.session().vendor.next_link;
    let mut fallback = None;
    for _ in 0..LINKS {
        let session = module.session();
        let vendor = &session.vendor;
        let is_held = vendor.incoming.contains(link) || vendor.foreign.contains(link);
        let is_closing = vendor.closing.contains(link);
        if !is_held && session.sockets.by_link(link).is_none() {
            fallback = fallback.or(Some(link));
            if !is_closing {
                return Ok(take_link(module, link));
            }
        }
        link = following(link);
    }
    let link = fallback.ok_or(Fault::Sockets)?;
    module.engine.link.within(CLOSING);
    while module.session().vendor.closing.contains(link) {
        match module.engine.await_event() {
            // The notice is lost; the module has had its time.
            Err(Fault::Timeout) => {
                module.engine.fall_out_of_step();
                module.session().vendor.closing.take(link);
            }
            other => other?,
        }
    }
    Ok(take_link(module, link))
}

/// The link behind it is tried first next time.
fn take_link<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, link: u32) -> u32 {
    module.session().vendor.next_link = following(link);
    link
}

fn following(link: u32) -> u32 {
    match link + 1 {
        LINKS => 0,
        next => next,
    }
}
