//! Datagrams.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use super::engine::Reply;
use super::sockets::Socket;
use super::{Microchip, World};
use crate::network::{Datagram, UdpSocket};

/// Datagrams that wait for the one that is being read.
const QUEUE: usize = 16;
/// The largest datagram that the firmware sends.
const LONGEST: usize = 512;

/// Whose datagrams a socket takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepts {
    Anybody,
    /// Those from the port that it sends to, and from the address from which the first has come.
    Port,
    /// Those from the address and the port that it sends to.
    Peer,
    /// Anybody's that are sent to its group.
    Group,
}

/// What the stack keeps of a socket for datagrams.
#[derive(Debug)]
pub(super) struct Udp {
    pub socket: UdpSocket,
    accepts: Accepts,
    queue: VecDeque<Datagram>,
    /// What is left of the datagram that is being read.
    current: VecDeque<u8>,
    /// Who has sent it.
    source: Option<SocketAddr>,
    /// Where datagrams go to.
    destination: Ipv4Addr,
    destination_set: bool,
    /// The port to which they go; in the firmware, that is the one from which the last one came.
    port: u16,
    /// Bytes that have been told of and not been read.
    pending: usize,
    /// A datagram has been told of and not been read.
    announced: bool,
}

impl Udp {
    pub fn new(socket: UdpSocket, accepts: Accepts) -> Self {
        Udp {
            socket,
            accepts,
            queue: VecDeque::new(),
            current: VecDeque::new(),
            source: None,
            destination: Ipv4Addr::UNSPECIFIED,
            destination_set: false,
            port: 0,
            pending: 0,
            announced: false,
        }
    }

    fn takes(&self, from: SocketAddr) -> bool {
        match self.accepts {
            Accepts::Anybody | Accepts::Group => true,
            Accepts::Port => {
                let known = self.source.is_none_or(|source| source.ip() == from.ip());
                known && from.port() == self.port
            }
            Accepts::Peer => from == SocketAddr::from((self.destination, self.port)),
        }
    }

    /// Takes a datagram, or loses it.
    fn arrive(&mut self, datagram: Datagram) -> bool {
        let taken = self.takes(datagram.from) && self.queue.len() < QUEUE;
        if taken {
            self.queue.push_back(datagram);
        }
        taken
    }

    /// Bytes of the current datagram; if there are none left, that is the next one.
    fn ready(&mut self, answers_last: bool) -> usize {
        let next = if self.current.is_empty() {
            self.queue.pop_front()
        } else {
            None
        };
        if let Some(datagram) = next {
            if answers_last && self.accepts != Accepts::Group {
                self.port = datagram.from.port();
                if let (IpAddr::V4(ip), false) = (datagram.from.ip(), self.destination_set) {
                    self.destination = ip;
                }
            }
            self.source = Some(datagram.from);
            self.current = datagram.data.into();
        }
        self.current.len()
    }
}

impl Socket {
    /// Datagrams go there from now on.
    pub fn set_destination(&mut self, to: SocketAddrV4) {
        if let Some(udp) = &mut self.udp {
            udp.destination = *to.ip();
            udp.destination_set = true;
            udp.port = to.port();
        }
    }
}

impl Microchip {
    /// Takes what has come for the socket, and tells of it.
    pub(super) fn serve_datagrams(&mut self, id: i64, world: &mut World) {
        while let Some(event) = self.receive_datagram(id, world) {
            event.iter().for_each(|event| self.tell(event));
        }
        if let Some(event) = self.next_datagram(id) {
            self.tell(&event);
        }
    }

    /// Takes one datagram, if there is one; what there is to tell.
    fn receive_datagram(&mut self, id: i64, world: &mut World) -> Option<Option<String>> {
        let online = self.own_address().is_some();
        let udp = self.sockets.get(id).ok()?.udp.as_mut()?;
        let datagram = world.network.receive_from(world.now, udp.socket)?;
        let taken = online && udp.arrive(datagram);
        if !taken || !self.variant.tells_datagrams_as_they_come || udp.pending > 0 {
            return Some(None);
        }
        udp.pending = udp.ready(true);
        Some(self.datagram_row(id))
    }

    /// In the reference: the next datagram, once the one before has been read.
    fn next_datagram(&mut self, id: i64) -> Option<String> {
        if self.variant.tells_datagrams_as_they_come {
            return None;
        }
        let udp = self.sockets.get(id).ok()?.udp.as_mut()?;
        if udp.announced || udp.queue.is_empty() {
            return None;
        }
        udp.ready(false);
        // Of an empty one there is nothing to read.
        udp.announced = !udp.current.is_empty();
        self.datagram_row(id)
    }

    fn datagram_row(&mut self, id: i64) -> Option<String> {
        let variant = self.variant;
        let udp = self.sockets.get(id).ok()?.udp.as_ref()?;
        let source = udp.source?;
        let port = if variant.tells_datagrams_as_they_come {
            udp.port
        } else {
            source.port()
        };
        let length = udp.current.len();
        Some(format!("+SOCKRXU:{id},\"{}\",{port},{length}", source.ip()))
    }

    /// Reads from the current datagram.
    pub(super) fn read_datagram(&mut self, id: i64, binary: bool, length: usize) -> Reply {
        let keeps_rest = self.variant.tells_datagrams_as_they_come;
        let Ok(Socket { udp: Some(udp), .. }) = self.sockets.get(id) else {
            return Reply::Ok;
        };
        let ready = if keeps_rest {
            udp.ready(true)
        } else {
            udp.current.len()
        };
        let data: Vec<u8> = udp.current.drain(..ready.min(length)).collect();
        udp.pending = udp.pending.saturating_sub(data.len());
        if !keeps_rest {
            udp.current.clear();
            udp.announced = false;
        }
        if data.is_empty() {
            return Reply::Ok;
        }
        let reply = self.print_data(id, binary, &data);
        if keeps_rest {
            self.tell_rest(id);
        }
        reply
    }

    /// In the firmware: what is there once something has been read, as a part of the answer.
    fn tell_rest(&mut self, id: i64) {
        let Ok(Socket { udp: Some(udp), .. }) = self.sockets.get(id) else {
            return;
        };
        udp.pending = udp.ready(true);
        if udp.pending == 0 {
            return;
        }
        if let Some(row) = self.datagram_row(id) {
            self.say(&row);
        }
    }

    /// Sends a datagram, and says whether the stack had room for it.
    pub(super) fn send_datagram(&mut self, id: i64, data: &[u8], world: &mut World) -> bool {
        let limited = self.variant.longest_write.is_none();
        let own = self.own_address();
        let Ok(Socket { udp: Some(udp), .. }) = self.sockets.get(id) else {
            return false;
        };
        if data.is_empty() || limited && data.len() > LONGEST {
            return false;
        }
        if let Some(own) = own {
            let to = SocketAddr::from((udp.destination, udp.port));
            let own = IpAddr::V4(own);
            world.network.send_to(world.now, udp.socket, own, to, data);
        }
        true
    }
}
