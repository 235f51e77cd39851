//! The five links: their receive buffers, and what they tell about themselves.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{St67, World};
use crate::network::{Connection, Received};

/// Links 0 to 4.
pub(super) const LINKS: usize = 5;

/// How long the module takes to see that a peer has closed behind its last data.
const CLOSE_NOTICE: Duration = Duration::from_millis(5);

/// From the answer to `AT+CIPCLOSE` to the event.
pub(super) const CLOSING: Duration = Duration::from_millis(2);

/// First port that the module uses for itself.
const FIRST_PORT: u16 = 49153;

#[derive(Debug, Default)]
pub(super) enum State {
    #[default]
    Free,
    Open(Connection),
    /// Closed by the host; the event comes at this time.
    Closing(Duration),
}

/// One link.
#[derive(Debug)]
pub(super) struct Link {
    pub state: State,
    /// What the host has not read yet. It outlives the connection.
    pub buffer: VecDeque<u8>,
    pub capacity: usize,
    pub remote: SocketAddr,
    pub local_port: u16,
    /// `+IPD` has told of the buffer, and the host has not read since.
    pub announced: bool,
    /// `AT+CIPTCPOPT`: linger, no delay, send timeout, keep-alive.
    pub options: [i64; 4],
    last_data: Duration,
    /// When the module sees that the peer has closed.
    ends: Option<Duration>,
}

impl Link {
    fn new(capacity: usize) -> Self {
        Link {
            state: State::Free,
            buffer: VecDeque::new(),
            capacity,
            remote: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            local_port: 0,
            announced: false,
            options: [-1, 0, 0, 0],
            last_data: Duration::ZERO,
            ends: None,
        }
    }

    pub fn connection(&self) -> Option<Connection> {
        match self.state {
            State::Open(connection) => Some(connection),
            _ => None,
        }
    }

    pub fn is_free(&self) -> bool {
        matches!(self.state, State::Free)
    }

    fn room(&self) -> usize {
        self.capacity.saturating_sub(self.buffer.len())
    }
}

/// All links of the module.
#[derive(Debug)]
pub(super) struct Links {
    links: [Link; LINKS],
    /// A chunk that has come for a link without enough room; nothing else is received meanwhile.
    held: Option<Held>,
    next_port: u16,
}

#[derive(Debug)]
struct Held {
    link: usize,
    rest: Vec<u8>,
    whole: usize,
}

impl Links {
    pub fn new(capacity: usize) -> Self {
        Links {
            links: std::array::from_fn(|_| Link::new(capacity)),
            held: None,
            next_port: FIRST_PORT,
        }
    }

    pub fn get(&self, id: usize) -> &Link {
        &self.links[id.min(LINKS - 1)]
    }

    pub fn get_mut(&mut self, id: usize) -> &mut Link {
        &mut self.links[id.min(LINKS - 1)]
    }

    pub fn iter(&self) -> impl Iterator<Item = (usize, &Link)> {
        self.links.iter().enumerate()
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        let connections = self.links.iter().filter_map(Link::connection);
        connections.count()
    }

    pub fn any_in_use(&self) -> bool {
        self.links.iter().any(|link| !link.is_free())
    }

    pub fn take_port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
        port
    }

    pub fn next(&self) -> Option<Duration> {
        let times = self.links.iter().filter_map(|link| match link.state {
            State::Closing(at) => Some(at),
            State::Open(_) => link.ends,
            State::Free => None,
        });
        times.min()
    }

    /// The link is connected anew: nothing of the last connection is left.
    pub fn occupy(&mut self, id: usize, connection: Connection, remote: SocketAddr, port: u16) {
        self.forget_held(id);
        let link = self.get_mut(id);
        *link = Link {
            state: State::Open(connection),
            remote,
            local_port: port,
            options: link.options,
            ..Link::new(link.capacity)
        };
    }

    /// Throws away what has come for the link and found no room.
    pub fn forget_held(&mut self, id: usize) {
        self.held.take_if(|held| held.link == id);
    }
}

impl St67 {
    /// Receives what has come and tells of it; sees what has ended.
    pub(super) fn serve_links(&mut self, world: &mut World) {
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
    }

    fn end_link(&mut self, id: usize, world: &mut World) {
        let link = self.links.get_mut(id);
        match link.state {
            State::Closing(at) if at <= world.now => {
                link.state = State::Free;
                self.tell_closed(id);
            }
            State::Open(connection) if link.ends.is_some_and(|at| at <= world.now) => {
                world.network.close(world.now, connection);
                self.forget_connection(id);
                self.tell_closed(id);
            }
            _ => {}
        }
    }

    fn forget_connection(&mut self, id: usize) {
        let link = self.links.get_mut(id);
        link.state = State::Free;
        link.ends = None;
        if self.config.faults.clear_on_close {
            link.buffer.clear();
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
        while let Some(connection) = self.links.get(id).connection() {
            if self.links.get(id).ends.is_some() {
                break;
            }
            let limit = self.receive_limit(id);
            if limit == 0 {
                break;
            }
            match world.network.receive(world.now, connection, limit) {
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

    fn receive_limit(&self, id: usize) -> usize {
        let link = self.links.get(id);
        if self.settings.passive && !self.variant.stalls {
            link.room()
        } else {
            link.capacity
        }
    }

    fn take_in(&mut self, id: usize, data: Vec<u8>) -> Option<String> {
        if !self.settings.passive && self.settings.link_events {
            self.print_data(id, &data);
            return None;
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
        if let Some(connection) = link.connection() {
            world.network.close(now, connection);
        }
        self.forget_connection(id);
        self.settings.link_events.then(|| self.closed(id))
    }

    /// `+IPD` in passive mode, if it is to be told.
    fn arrival(&mut self, id: usize, count: usize) -> Option<String> {
        let link = self.links.get_mut(id);
        let total = link.buffer.len();
        let announced = std::mem::replace(&mut link.announced, true);
        let event = if self.variant.announces_total {
            (!announced).then(|| self.arrival_head(id, total))
        } else {
            Some(self.arrival_head(id, count) + &self.remote_in_arrival(id))
        };
        event
            .filter(|_| self.settings.link_events)
            .map(|event| event + "\r\n")
    }

    /// `+IPD` with its data.
    fn print_data(&mut self, id: usize, data: &[u8]) {
        let head = self.arrival_head(id, data.len());
        let remote = self.remote_in_arrival(id);
        let head = format!("{head}{remote},");
        let data = [data, b"\r\n"].concat();
        self.output.write_unbroken(&[head.as_bytes(), &data]);
    }

    fn arrival_head(&self, id: usize, count: usize) -> String {
        if self.settings.multiple {
            format!("+IPD:{id},{count}")
        } else {
            format!("+IPD:{count}")
        }
    }

    fn remote_in_arrival(&self, id: usize) -> String {
        let remote = self.links.get(id).remote;
        if self.settings.remote_in_ipd {
            format!(",\"{}\",{}", remote.ip(), remote.port())
        } else {
            String::new()
        }
    }

    /// `+CIP:...CONNECTED`, or the same in detail.
    pub(super) fn tell_connected(&mut self, id: usize) {
        let link = self.links.get(id);
        let (ip, port, local) = (link.remote.ip(), link.remote.port(), link.local_port);
        let event = if self.settings.detailed_links() {
            format!("+LINK_CONN:0,{id},\"TCP\",0,\"{ip}\",{port},{local}\r\n")
        } else {
            self.link_event(id, "CONNECTED")
        };
        self.tell(self.settings.link_events.then_some(event));
    }

    pub(super) fn tell_closed(&mut self, id: usize) {
        self.tell(self.settings.link_events.then(|| self.closed(id)));
    }

    fn closed(&self, id: usize) -> String {
        self.link_event(id, "DISCONNECTED")
    }

    fn link_event(&self, id: usize, event: &str) -> String {
        if self.settings.multiple {
            format!("+CIP:{id},{event}\r\n")
        } else {
            format!("+CIP:{event}\r\n")
        }
    }

    fn tell(&mut self, event: Option<String>) {
        if let Some(event) = event {
            self.output.write(&[event.as_bytes()]);
        }
    }

    /// The station has lost its network, and with it all connections.
    pub(super) fn drop_links(&mut self, world: &mut World) {
        for id in 0..LINKS {
            self.links.forget_held(id);
            let link = self.links.get(id);
            if let Some(connection) = link.connection() {
                world.network.close(world.now, connection);
            }
            if !link.is_free() {
                self.forget_connection(id);
                self.tell_closed(id);
            }
        }
    }

    /// The module loses its power, and with it all connections.
    pub(super) fn close_all_silently(&mut self, world: &mut World) {
        let connections: Vec<Connection> = (self.links.links.iter())
            .filter_map(Link::connection)
            .collect();
        for connection in connections.into_iter().chain(self.job.connection()) {
            world.network.close(world.now, connection);
        }
    }
}
