//! The ST67's sequences for the connections that peers make. The module has one server, which has no
//! number.

use core::net::SocketAddr;

use super::command::net::LinkRow;
use super::stream::{ask_for_links, is_unused, lengths, put_right, values_of};
use super::{LINKS, Module, St67};
use crate::clock::Clock;
use crate::driver::Session;
use crate::driver::dialect::{Incoming, Outcome, Server, Streams};
use crate::engine::protocol::Line;
use crate::engine::text::Fields;
use crate::error::{Closed, Fault};
use crate::socket::{Handle, Slot, State};
use crate::transport::Transport;

/// How connections are taken that peers make.
#[derive(Clone, Copy)]
pub struct Taken {
    /// A link is open, whoever has opened it; `None` if the command in flight is the user's that does.
    pub(super) arrived: fn(&mut Session<'_, St67>, &[u8], u32) -> Option<Line>,
    /// Data for a stream was told, and who has sent it.
    pub(super) told: fn(&mut Session<'_, St67>, u32, Fields<'_>) -> Option<()>,
    /// The link for a connection of the driver's.
    pub(super) unused_link: fn(&mut Session<'_, St67>) -> Option<u32>,
    /// Whether a peer has got the link that the driver has tried to open, to whom, and what came of
    /// that.
    pub(super) is_taken: fn(&mut Session<'_, St67>, u32, SocketAddr, &Outcome) -> bool,
}

const TAKEN: Taken = Taken {
    arrived,
    told,
    unused_link,
    is_taken,
};

/// How often another link is chosen because a peer has got the last one.
const RACES: u8 = LINKS as u8;

/// The driver's name for the server.
const SERVER: u32 = 0xff;

/// The connections of a server outlive it.
const DELETE: &str = "AT+CIPSERVER=0,0\r\n";

impl Server for St67 {
    fn listen<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        local_port: u16,
    ) -> Outcome {
        match module.session().sockets.by_link(SERVER) {
            Some(other) if other.state == State::Listening => return Err(Fault::Listeners),
            // It has tried before, and has no server now.
            Some(other) => other.closed_by_module(Closed::NotConnected),
            None => {}
        }
        module.session().sockets.slot(socket)?.listen(SERVER);
        // Before the command: somebody may come before the OK.
        module.session().peers = Some(TAKEN);
        module.reconcile = Some(reconcile);
        if module.session().sockets.any_open(|_| true) {
            // Who their peers are.
            module.session().in_doubt = true;
            module.prepare()?;
        }
        let mut created = create(module, local_port);
        if created == Err(Fault::Refused) {
            // One is there that the driver before this one has left.
            delete(module)?;
            module.session().peers = Some(TAKEN);
            created = create(module, local_port);
        }
        if created == Err(Fault::Refused) {
            delete(module)?;
        }
        created
    }

    /// Asks who it is that has opened a link.
    fn accept<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        local_port: u16,
    ) -> Outcome<Option<Incoming>> {
        let waiting = module.session().vendor.incoming;
        if waiting.is_empty() {
            return Ok(None);
        }
        let rows = ask_for_rows(module)?;
        for (link, row) in (0..).zip(rows) {
            // Who came while the module was asked may have no row yet. It is told, or it is over
            // already.
            if !waiting.contains(link) || !module.session().vendor.incoming.take(link) {
                continue;
            }
            match row {
                Some(row) if row.is_server && row.local_port == local_port => {
                    try_stuck_again(module.session());
                    return Ok(Some(Incoming {
                        link,
                        remote: SocketAddr::new(row.remote_ip, row.remote_port),
                        ended: None,
                    }));
                }
                // A connection to a port that nobody listens on any more.
                Some(_) => St67::close(module, link)?,
                None => {}
            }
        }
        Ok(None)
    }

    fn close_listener<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, _: u32) -> Outcome {
        delete(module)?;
        // Nobody will accept who has come already.
        for link in 0..LINKS {
            if module.session().vendor.incoming.take(link) {
                St67::close(module, link)?;
            }
        }
        Ok(())
    }
}

fn create<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, local_port: u16) -> Outcome {
    module.tell("AT+CIPSERVER=1,#\r\n", &[local_port.into()])
}

/// The module closes links that it did not close when it was told to, now that all is well.
fn try_stuck_again(session: &mut Session<'_, St67>) {
    let others = session.vendor.foreign.without(session.vendor.closing);
    session.in_doubt |= others != session.vendor.foreign;
    session.vendor.foreign = others;
}

/// Ends the server, if there is one.
fn delete<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    for _ in 0..2 {
        module.compose(DELETE, &[]);
        match module.send_composed(module.timeouts.close) {
            // There is none, or what it heard was spoilt.
            Err(Fault::Refused) => {}
            other => {
                other?;
                break;
            }
        }
    }
    module.session().peers = None;
    Ok(())
}

fn arrived(session: &mut Session<'_, St67>, command: &[u8], link: u32) -> Option<Line> {
    let is_opening = opens(command, link);
    match session.sockets.by_link(link) {
        // Its own, of the command in flight; or somebody else's, and its own has ended unheard; or
        // the number was spoilt on the wire. Only the module knows.
        Some(slot) if slot.state == State::Open => {
            slot.is_in_question = true;
            session.in_doubt |= !is_opening;
            return Some(Line::Due);
        }
        // What is read now may be of either connection.
        _ if reads(command, link) => {
            session.sockets.each(|slot| {
                slot.is_in_question |= slot.link == link;
            });
            session.vendor.closing.take(link);
            session.vendor.tainted.insert(link);
            session.in_doubt = true;
            return Some(Line::Event);
        }
        // Whatever was there before has ended, and nothing was told of that is left of it.
        Some(slot) if !session.in_doubt && !slot.lingers && !slot.has_rest() => {
            slot.has_no_rest();
        }
        Some(slot) => {
            slot.give_up_link();
            session.in_doubt = true;
        }
        None if is_opening => return None,
        None => {}
    }
    session.vendor.closing.take(link);
    session.vendor.tainted.take(link);
    // What is left of an older connection may lie where this one is, if the number was spoilt.
    let is_sure = waits(session, link) && !session.sockets.any_rest();
    session.in_doubt |= !is_sure;
    Some(Line::Event)
}

/// Whether the command opens this link: `AT+CIPSTART=<link>,`; `AT+CIPSTARTEX` opens any.
fn opens(command: &[u8], link: u32) -> bool {
    match command.strip_prefix(b"AT+CIPSTART") {
        Some([b'=', digit, ..]) => u32::from(digit.wrapping_sub(b'0')) == link,
        Some(_) => true,
        None => false,
    }
}

/// Whether the command reads from this link: `AT+CIPRECVDATA=<link>,`.
fn reads(command: &[u8], link: u32) -> bool {
    match command.strip_prefix(b"AT+CIPRECVDATA=") {
        Some([digit, ..]) => u32::from(digit.wrapping_sub(b'0')) == link,
        _ => false,
    }
}

fn told(session: &mut Session<'_, St67>, link: u32, mut sender: Fields<'_>) -> Option<()> {
    let slot = session.sockets.by_link(link)?;
    let is_owner = match sender.is_empty() {
        // Behind its end nothing comes of a connection.
        true => slot.state == State::Open,
        false => {
            let remote = SocketAddr::new(sender.address()?, sender.number()?);
            slot.has_peer() && slot.is_peer(remote)
        }
    };
    if !is_owner {
        slot.is_in_question = true;
        session.in_doubt = true;
    }
    Some(())
}

/// Peers get the lowest that is free.
fn unused_link(session: &mut Session<'_, St67>) -> Option<u32> {
    (0..LINKS).rev().find(|&link| is_unused(session, link))
}

fn is_taken(
    session: &mut Session<'_, St67>,
    link: u32,
    remote: SocketAddr,
    opened: &Outcome,
) -> bool {
    let Some(slot) = session.sockets.by_link(link) else {
        return false;
    };
    let was_told = core::mem::take(&mut slot.is_in_question);
    match opened {
        Ok(()) => {
            slot.set_peer(remote);
            session.vendor.races_lost = 0;
            false
        }
        Err(Fault::Refused | Fault::Timeout) if was_told && session.vendor.races_lost < RACES => {
            session.vendor.races_lost += 1;
            slot.forget();
            session.in_doubt |= !waits(session, link);
            true
        }
        Err(_) => {
            // Was the notice of who has got it lost?
            session.in_doubt = true;
            false
        }
    }
}

fn waits(session: &mut Session<'_, St67>, link: u32) -> bool {
    let is_heard = session.sockets.by_link(SERVER).is_some();
    if is_heard {
        session.vendor.incoming.insert(link);
    }
    is_heard
}

/// As [`St67::reconcile`], and whose the links are: an end that was not heard may have made room
/// for a peer.
fn reconcile<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    let rows = ask_for_rows(module)?;
    let mut waiting = [0; LINKS as usize];
    lengths(module, &mut waiting)?;
    for (link, (row, &waiting)) in (0..).zip(rows.iter().zip(&waiting)) {
        let session = module.session();
        if let (Some(slot), Some(row)) = (session.sockets.by_link(link), row) {
            if !is_about(slot, row) {
                session.in_doubt = true;
                continue;
            }
        }
        let is_new =
            session.sockets.by_link(link).is_none() && !session.vendor.closing.contains(link);
        let is_peer =
            row.is_some_and(|row| row.is_server) && !session.vendor.tainted.contains(link);
        if is_new && is_peer && waits(session, link) {
            continue;
        }
        put_right(module, link, row.is_some(), waiting);
    }
    Ok(())
}

/// Gives up the link of a socket that a row is not about; `false` if it may have been spoilt on the
/// way and is to be asked for again.
fn is_about(slot: &mut Slot<'_>, row: &LinkRow) -> bool {
    let remote = SocketAddr::new(row.remote_ip, row.remote_port);
    let is_owner = match slot.is_datagram() {
        true => !row.is_server,
        // Of one that was there before the module listened nobody knows the peer.
        false => slot.is_peer(remote) && (slot.has_peer() || !row.is_server),
    };
    if is_owner {
        slot.set_peer(remote);
        return true;
    }
    let is_sure = core::mem::replace(&mut slot.is_in_question, true);
    if is_sure {
        slot.give_up_link();
    }
    is_sure
}

/// Asks whose links are open.
fn ask_for_rows<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Outcome<[Option<LinkRow>; LINKS as usize]> {
    let mut rows = [None; LINKS as usize];
    let mut nonsense = false;
    ask_for_links(module, &mut |row: &[u8]| {
        let row = LinkRow::parse_values(values_of(row));
        match row.and_then(|row| rows.get_mut(usize::from(row.link))) {
            Some(place) => *place = row,
            None => nonsense = true,
        }
    })?;
    match nonsense {
        true => Err(module.engine.malformed()),
        false => Ok(rows),
    }
}
