//! What comes and goes on the links.

use std::time::Duration;

use crate::network::{Connection, Received};
use crate::st67::net::link::{Held, LINKS, State};
use crate::st67::net::pipe::{Pipe, Protocol};
use crate::st67::{St67, World};

/// How long the module takes to see that a peer has closed behind its last data.
const CLOSE_NOTICE: Duration = Duration::from_millis(5);

impl St67 {
    /// Receives what has come and tells of it; sees what has ended.
    pub(in crate::st67) fn serve_links(&mut self, world: &mut World) {
        for id in 0..LINKS {
            self.end_link(id, world);
        }
        if let Some((id, count)) = self.store_held() {
            let event = self.arrival(id, count);
            self.tell(event);
        }
        if self.links.held.is_some() {
            return;
        }
        for id in 0..LINKS {
            self.receive_on(id, world);
            if self.links.held.is_some() {
                return;
            }
        }
        self.serve_server(world);
    }

    fn end_link(&mut self, id: usize, world: &mut World) {
        let link = self.links.get_mut(id);
        match link.state {
            State::Closing(at) if at <= world.now => {
                link.state = State::Free;
                self.tell_closed(id);
            }
            State::Open(pipe) if link.ends.is_some_and(|at| at <= world.now) => {
                pipe.close(world);
                self.forget_connection(id);
                self.tell_closed(id);
            }
            State::Open(pipe) if link.times_out().is_some_and(|at| at <= world.now) => {
                pipe.close(world);
                self.links.forget_held(id);
                self.forget_connection(id);
                self.tell_closed(id);
            }
            _ => {}
        }
    }

    fn forget_connection(&mut self, id: usize) {
        let link = self.links.get_mut(id);
        link.state = State::Free;
        link.session = None;
        link.ends = None;
        if self.config.faults.clear_on_close {
            link.buffer.clear();
            link.sizes.clear();
        }
    }

    /// Moves as much of the held chunk as there is room for; once none is left, its link and size.
    fn store_held(&mut self) -> Option<(usize, usize)> {
        let held = self.links.held.as_mut()?;
        let link = &mut self.links.links[held.link];
        let count = held.rest.len().min(link.room());
        link.buffer.extend(held.rest.drain(..count));
        let stored = held.rest.is_empty().then_some((held.link, held.whole));
        if stored.is_some() {
            self.links.held = None;
        }
        stored
    }

    /// Takes from the network what this link has room for.
    fn receive_on(&mut self, id: usize, world: &mut World) {
        let mut events = Vec::new();
        while let Some(pipe) = self.links.get(id).pipe() {
            if self.links.get(id).ends.is_some() {
                break;
            }
            let received = match pipe {
                Pipe::Tcp(connection) => self.receive_stream(id, connection, world),
                Pipe::Udp(socket) => self.receive_datagram(id, socket, world),
            };
            match received {
                Received::Nothing => break,
                Received::Data(data) => {
                    self.links.get_mut(id).last_data = world.now;
                    events.extend(self.take_in(id, data));
                }
                Received::Closed => events.extend(self.see_close(id, world)),
            }
            if !self.config.faults.close_behind_data {
                events.drain(..).for_each(|event| self.tell(Some(event)));
            }
            if self.links.held.is_some() {
                break;
            }
        }
        let parts: Vec<&[u8]> = events.iter().map(String::as_bytes).collect();
        if !parts.is_empty() {
            self.output.write(&parts);
        }
    }

    fn receive_stream(&mut self, id: usize, connection: Connection, world: &mut World) -> Received {
        let link = self.links.get(id);
        let limit = if self.settings.passive && !self.variant.net.stalls {
            link.room()
        } else {
            link.capacity
        };
        if limit == 0 {
            return Received::Nothing;
        }
        match &mut self.links.get_mut(id).session {
            Some(session) => session.receive(world.now, connection, world.network, limit),
            None => world.network.receive(world.now, connection, limit),
        }
    }

    pub(in crate::st67) fn take_in(&mut self, id: usize, data: Vec<u8>) -> Option<String> {
        if self.passes_through() && !self.settings.passive {
            self.print_through(&data);
            return None;
        }
        let link = self.links.get_mut(id);
        if !self.settings.passive && self.settings.tells_links() {
            let from = if self.variant.net.tells_source && link.protocol == Protocol::Udp {
                link.source
            } else {
                link.remote
            };
            self.print_data(id, from, &data);
            return None;
        }
        if link.protocol == Protocol::Udp && self.variant.net.keeps_datagrams {
            if data.len() > link.room() {
                return None;
            }
            link.sizes.push_back(data.len());
        }
        self.links.held = Some(Held {
            link: id,
            whole: data.len(),
            rest: data,
        });
        let (id, count) = self.store_held()?;
        self.arrival(id, count)
    }

    /// The peer has closed; the event if it is to be told at once.
    fn see_close(&mut self, id: usize, world: &mut World) -> Option<String> {
        let now = world.now;
        let link = self.links.get_mut(id);
        let at = link.last_data + CLOSE_NOTICE;
        if at > now && !self.config.faults.close_behind_data {
            link.ends = Some(at);
            return None;
        }
        if let Some(pipe) = link.pipe() {
            pipe.close(world);
        }
        self.forget_connection(id);
        self.tells_links().then(|| self.closed(id))
    }

    /// The station has lost its network, and with it all connections.
    pub(in crate::st67) fn drop_links(&mut self, world: &mut World) {
        self.lose_broker(world);
        for id in 0..LINKS {
            let link = self.links.get(id);
            let pipe = link.pipe();
            if matches!(pipe, Some(Pipe::Udp(_))) && !self.variant.net.closes_udp_with_station {
                continue;
            }
            self.links.forget_held(id);
            if let Some(pipe) = pipe {
                pipe.close(world);
            }
            if !self.links.get(id).is_free() {
                self.forget_connection(id);
                self.tell_closed(id);
            }
        }
    }

    /// The module loses its power, and with it all connections.
    pub(in crate::st67) fn close_all_silently(&mut self, world: &mut World) {
        self.stop_server(world);
        let pipes: Vec<Pipe> = self
            .links
            .iter()
            .filter_map(|(_, link)| link.pipe())
            .collect();
        pipes.into_iter().for_each(|pipe| pipe.close(world));
        if let Some(connection) = self.job.connection() {
            world.network.close(world.now, connection);
        }
    }
}
