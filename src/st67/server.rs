//! The ST67's sequences for the connections that peers make. The module has one server, which has no
//! number.

use core::net::SocketAddr;

use super::command::net::LinkRow;
use super::stream::ask_for_links;
use super::{LINKS, Module, St67};
use crate::clock::Clock;
use crate::driver::Session;
use crate::driver::dialect::{Incoming, Outcome, Server, Streams};
use crate::error::{Closed, Fault};
use crate::socket::{Handle, State};
use crate::transport::Transport;

/// How connections are taken that peers make.
#[derive(Clone, Copy)]
pub struct Taken {
    /// A link is open that the driver has not opened.
    pub(super) arrived: fn(&mut Session<'_, St67>, u32),
}

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
        module.session().peers = Some(Taken { arrived });
        let mut created = create(module, local_port);
        if created == Err(Fault::Refused) {
            // One is there that the driver before this one has left.
            module.tell(DELETE, &[])?;
            created = create(module, local_port);
        }
        if created == Err(Fault::Refused) {
            module.session().peers = None;
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
        let mut rows = [None; LINKS as usize];
        let mut nonsense = false;
        ask_for_links(module, &mut |values: &[u8]| {
            let row = LinkRow::parse_values(values);
            match row.and_then(|row| rows.get_mut(usize::from(row.link))) {
                Some(place) => *place = row,
                None => nonsense = true,
            }
        })?;
        if nonsense {
            return Err(module.engine.malformed());
        }
        for (link, row) in (0..).zip(rows) {
            // Who came while the module was asked may have no row yet. It is told, or it is over
            // already.
            if !waiting.contains(link) || !module.session().vendor.incoming.take(link) {
                continue;
            }
            match row {
                Some(row) if row.is_server && row.local_port == local_port => {
                    return Ok(Some(Incoming {
                        link,
                        remote: SocketAddr::new(row.remote_ip, row.remote_port),
                        is_closed: false,
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
        module.compose(DELETE, &[]);
        match module.send_composed(module.timeouts.close) {
            // There is none.
            Err(Fault::Refused) => {}
            other => other?,
        }
        module.session().peers = None;
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

fn arrived(session: &mut Session<'_, St67>, link: u32) {
    if let Some(slot) = session.sockets.by_link(link) {
        slot.give_up_link();
    }
    // Whatever was there before has ended, told or not.
    session.vendor.closing.take(link);
    session.vendor.incoming.insert(link);
}
