//! The ST67's sequences for TCP connections.

use core::mem::take;
use core::net::SocketAddr;

use super::station::CLOSING;
use super::words::link_of;
use super::{LINKS, LinkSet, Module, St67};
use crate::clock::Clock;
use crate::driver::Session;
use crate::driver::dialect::{Outcome, Streams};
use crate::engine::exchange::Rows;
use crate::engine::text::{Fields, number};
use crate::error::{Fault, Usage};
use crate::socket::Handle;
use crate::transport::Transport;

/// The module is given its own timeout for a connection; the driver waits longer by the firmware's
/// command class (wire notes 9).
const CONNECT_MARGIN: u32 = 6000;

/// Reference 4.1.10.
const KEEP_ALIVE_MAX: u16 = 7200;

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
        loop {
            let link = free_link(module)?;
            let connected = connect(module, socket, link, remote, "TCP");
            if !is_taken(module, link, remote, &connected) {
                return connected;
            }
        }
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
        let result = module.download(length, into, module.timeouts.receive);
        if result == Err(Fault::Refused) {
            // Nothing is there, or the command was spoilt: the module knows what it holds.
            module.session().in_doubt = true;
        }
        result
    }

    fn close<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, link: u32) -> Outcome {
        let session = module.session();
        let vendor = &mut session.vendor;
        // Of what was closed before the last connection was asked for, a notice should have come.
        session.in_doubt |= !vendor.closing.without(vendor.opened).is_empty();
        vendor.closing.insert(link);
        for _ in 0..2 {
            module.compose("AT+CIPCLOSE=#\r\n", &[link]);
            match module.send_composed(module.timeouts.close) {
                // Refused: what it heard was spoilt, or there is nothing to close.
                Err(Fault::Refused) => {}
                other => return other,
            }
        }
        // No notice will come. Where none has come, both may have been spoilt.
        let session = module.session();
        session.in_doubt |= session.vendor.closing.take(link);
        Ok(())
    }

    /// What `AT+CIPSTART` and `AT+CIPSERVER` are not told they take from here (4.1.7, 4.1.18).
    fn set_keep_alive<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        seconds: u16,
    ) -> Outcome {
        if seconds > KEEP_ALIVE_MAX {
            return Err(module.refuse(Usage::OutOfRange {
                min: 0,
                max: KEEP_ALIVE_MAX.into(),
            }));
        }
        for link in 0..LINKS {
            module.tell("AT+CIPTCPOPT=#,,,,#\r\n", &[link, seconds.into()])?;
        }
        Ok(())
    }

    /// Asks which links are open and what they hold.
    fn reconcile<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        let mut open = LinkSet::default();
        let mut nonsense = false;
        ask_for_links(module, &mut |row: &[u8]| match link_of(values_of(row)) {
            Some((link, _)) => open.insert(link),
            None => nonsense = true,
        })?;
        let mut waiting = [0; LINKS as usize];
        lengths(module, &mut waiting)?;
        if nonsense {
            return Err(module.engine.malformed());
        }
        for (link, &waiting) in (0..).zip(&waiting) {
            put_right(module, link, open.contains(link), waiting);
        }
        Ok(())
    }
}

/// Puts right what is believed of a link. One that is open and nobody's is closed.
#[inline(never)]
pub(super) fn put_right<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    is_open: bool,
    waiting: u32,
) {
    let session = module.session();
    let vendor = &mut session.vendor;
    if !is_open {
        vendor.closing.take(link);
        vendor.foreign.take(link);
    }
    let is_let_be = !is_open || vendor.foreign.contains(link);
    let datagrams = session.datagrams;
    match session.sockets.by_link(link) {
        Some(slot) => {
            let is_datagram = slot.is_datagram();
            session.in_doubt |= slot.is_missed(is_open);
            match datagrams {
                Some(datagrams) if is_datagram => (datagrams.counted)(session, link, waiting),
                _ if waiting > 0 => slot.recount(waiting),
                _ => slot.has_no_rest(),
            }
        }
        None if !is_let_be => {
            if let Err(Fault::Timeout) = St67::close(module, link) {
                // So that others go on.
                module.session().vendor.foreign.insert(link);
            }
        }
        None => {}
    }
}

/// What stands behind the name of a row about a link. Firmware says `+CIPSTATUS:`, the reference `+CIPSTATE:`.
pub(super) fn values_of(row: &[u8]) -> &[u8] {
    let name = row.iter().take_while(|&&b| b != b':').count();
    row.get(name + 1..).unwrap_or(&[])
}

/// Asks which links are open: `<id>,<type>,<address>,<port>,<local port>,<made by a peer>`.
pub(super) fn ask_for_links<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    rows: &mut dyn Rows,
) -> Outcome {
    module.compose("AT+CIPSTATE?\r\n", &[]);
    module.ask("+CIPSTAT", module.timeouts.command, rows)
}

/// How much each link holds.
pub(super) fn lengths<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    lengths: &mut [u32; LINKS as usize],
) -> Outcome {
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
            for length in lengths.iter_mut() {
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
        true => Ok(()),
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
    module.send_composed(patience + CONNECT_MARGIN)?;
    check_opened(module, link)
}

/// Whether the link is open that the last command was to open: before the result, all firmware tells it.
pub(super) fn check_opened<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
) -> Outcome {
    let vendor = &mut module.session().vendor;
    if vendor.opened.contains(link) {
        return Ok(());
    }
    // One whose number was spoilt on the way is nobody's.
    vendor.foreign = vendor.foreign.without(vendor.opened);
    Err(module.engine.malformed())
}

/// Whether a peer has got the link first; then it waits to be accepted.
pub(super) fn is_taken<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    remote: SocketAddr,
    opened: &Outcome,
) -> bool {
    let session = module.session();
    match session.peers {
        Some(peers) => (peers.is_taken)(session, link, remote, opened),
        None => false,
    }
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
    module.session().vendor.opened = LinkSet::default();
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
        0 => Err(module.refuse(Usage::Unsupported("port 0"))),
        _ => Ok(()),
    }
}

/// Chooses a link that nothing holds. One whose closing notice is still to come is no choice
/// until the notice has come: it would end the new connection.
#[inline(never)]
pub(super) fn free_link<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<u32> {
    for _ in 0..2 {
        let waited = module.wait_until(CLOSING, |session| {
            session.vendor.closing.is_empty() || unused_link(session).is_some()
        });
        match waited {
            // The notice is lost, or the close was: the module knows.
            Err(Fault::Timeout) => {
                let vendor = &mut module.session().vendor;
                vendor.foreign = vendor.foreign.without(take(&mut vendor.closing));
                module.prepare()?;
            }
            other => {
                other?;
                break;
            }
        }
    }
    let session = module.session();
    let link = unused_link(session).ok_or(Fault::Sockets)?;
    session.vendor.next_link = following(link);
    Ok(link)
}

/// The next link that nothing holds; one that was closed just now comes last.
fn unused_link(session: &mut Session<'_, St67>) -> Option<u32> {
    if let Some(peers) = session.peers {
        return (peers.unused_link)(session);
    }
    let mut link = session.vendor.next_link;
    for _ in 0..LINKS {
        if is_unused(session, link) {
            return Some(link);
        }
        link = following(link);
    }
    None
}

pub(super) fn is_unused(session: &mut Session<'_, St67>, link: u32) -> bool {
    let vendor = &session.vendor;
    let held = vendor.closing.and(vendor.incoming).and(vendor.foreign);
    !held.contains(link) && session.sockets.by_link(link).is_none()
}

fn following(link: u32) -> u32 {
    match link + 1 {
        LINKS => 0,
        next => next,
    }
}
