//! Datagrams.

use std::time::Duration;

use atwifi::{Error, Shared};
use embedded_nal::{UdpClientStack, UdpFullStack, nb};

use super::{Player, Story, Udp, module_at, nth};
use crate::finding::Kind;
use crate::program::Deed;
use crate::target::Target;
use crate::world::{Note, datagram, datagram_number, datagram_peer, port};

impl<D: Target> Player<'_, '_, D> {
    pub(super) fn datagram(&mut self, deed: &Deed) {
        match deed {
            Deed::OpenDatagrams { bound, peer } => self.open_datagrams(*bound, *peer),
            Deed::SendDatagram { socket, peer, size } => self.send_datagram(*socket, *peer, *size),
            Deed::ReceiveDatagrams {
                socket,
                buffer,
                times,
                wait_ms,
            } => {
                for _ in 0..*times {
                    self.receive_datagram(*socket, *buffer, Duration::from_millis(*wait_ms));
                }
            }
            Deed::PeerSendsDatagrams {
                socket,
                peer,
                sizes,
            } => {
                self.peer_sends_datagrams(*socket, *peer, sizes);
            }
            Deed::CloseDatagrams { socket } => {
                if let Some(number) = nth(*socket, self.udp.len()) {
                    self.close_datagrams(number);
                }
            }
            _ => {}
        }
    }

    fn open_datagrams(&mut self, bound: bool, peer: usize) {
        let socket = self.call("socket", 0, false, |module| {
            UdpClientStack::socket(&mut *module.borrow_mut())
        });
        let Ok(mut socket) = socket else { return };
        let mut ports = Vec::new();
        let result = if bound {
            let at = port(5000, self.story.bound);
            self.story.bound += 1;
            ports.push(at);
            self.call("bind", 0, false, |module| {
                UdpFullStack::bind(&mut Shared::new(module), &mut socket, at)
            })
        } else {
            self.call("connect datagrams", 0, false, |module| {
                UdpClientStack::connect(&mut Shared::new(module), &mut socket, datagram_peer(peer))
            })
        };
        self.udp.push(Udp {
            socket,
            ports,
            peer,
            upheavals: self.story.trouble.upheavals,
        });
        if result.is_err() {
            self.close_datagrams(self.udp.len() - 1);
        }
    }

    fn send_datagram(&mut self, socket: usize, peer: usize, size: usize) {
        let Some(number) = nth(socket, self.udp.len()) else {
            return;
        };
        let mut udp = self.udp.remove(number);
        let is_bound = !udp.ports.is_empty();
        let peer = if is_bound { peer } else { udp.peer };
        let to = datagram_peer(peer);
        let noted = self.story.world.knows().notes.len();
        let bytes = self.story.world.note(module_at(0), to, size);
        let excused = self.story.is_over(udp.upheavals);
        let result = self.call("send datagram", 0, excused, |module| {
            let mut shared = Shared::new(module);
            let sent = match is_bound {
                true => UdpFullStack::send_to(&mut shared, &mut udp.socket, to, &bytes),
                false => UdpClientStack::send(&mut shared, &mut udp.socket, &bytes),
            };
            sent.map_err(|error| match error {
                nb::Error::Other(error) => error,
                nb::Error::WouldBlock => panic!("a blocking call returned WouldBlock"),
            })
        });
        // One of which the caller was told that it failed may be lost, or not.
        self.story.world.knows().notes[noted].is_sure = result.is_ok();
        self.udp.insert(number, udp);
    }

    fn receive_datagram(&mut self, socket: usize, buffer: usize, wait: Duration) {
        let Some(number) = nth(socket, self.udp.len()) else {
            return;
        };
        let mut buffer = vec![0; buffer];
        let until = self.story.simulation.now() + wait;
        loop {
            let mut udp = self.udp.remove(number);
            let excused = self.story.is_over(udp.upheavals);
            let result = self.call_now("receive datagram", excused, |module| {
                UdpClientStack::receive(&mut Shared::new(module), &mut udp.socket, &mut buffer)
            });
            self.udp.insert(number, udp);
            match result {
                Ok(Some((count, from))) => {
                    if let Some((kind, seen)) = self.judge_datagram(number, &buffer[..count], from)
                    {
                        self.story.find(kind, seen);
                    }
                    return;
                }
                Ok(None) if self.story.simulation.now() < until => self.idle(),
                Err(Error::Usage(_)) | Ok(None) | Err(_) => return,
            }
        }
    }

    /// What is wrong with a datagram that was handed out.
    fn judge_datagram(
        &self,
        number: usize,
        bytes: &[u8],
        from: std::net::SocketAddr,
    ) -> Option<(Kind, String)> {
        let mut knows = self.story.world.knows();
        let is_altered = self.story.trouble.has_flipped;
        let has_lost = self.story.trouble.spoilt.is_some();
        if !D::TELLS_REST && has_lost && self.is_piece(number, bytes, &knows.notes) {
            return None;
        }
        let told = datagram_number(bytes).or_else(|| {
            // A peer answers what was cut short on its way with as much.
            let is_it = |(number, note): (usize, &Note)| {
                note.from == from && datagram(number, note.size) == bytes
            };
            knows.notes.iter().enumerate().position(is_it)
        });
        let found = told.and_then(|number| knows.notes.get_mut(number));
        // A digit of its length may have been lost.
        let is_whole =
            |note: &Note| note.size == bytes.len() || has_lost && note.size > bytes.len();
        let Some(note) = found.filter(|note| is_whole(note)) else {
            let seen = format!(
                "{} bytes from {from}: {}",
                bytes.len(),
                bytes.escape_ascii()
            );
            return (!is_altered).then_some((Kind::WrongDatagram, seen));
        };
        let told = told.unwrap_or_default();
        if !datagram(told, note.size).starts_with(bytes) {
            return (!is_altered).then(|| (Kind::WrongDatagram, format!("bytes of {told}")));
        }
        if note.from != from {
            let seen = format!("from {from}, sent by {}", note.from);
            return (!is_altered && !has_lost).then_some((Kind::WrongDatagram, seen));
        }
        note.times += 1;
        if note.times > 1 {
            return Some((Kind::Twice, format!("datagram {told} from {from}")));
        }
        let to = note.to.port();
        let others = self.udp.iter().enumerate().filter(|(n, _)| *n != number);
        let mut others = others.filter(|(_, other)| other.ports.contains(&to));
        others
            .next()
            .map(|_| (Kind::WrongDatagram, format!("for another socket, at {to}")))
    }

    /// Whether bytes are a piece of what has come for a socket of a module that keeps no bounds: of one datagram,
    /// of whose length a digit was lost, and of those behind it.
    fn is_piece(&self, number: usize, bytes: &[u8], notes: &[Note]) -> bool {
        let is_for = |note: &Note| self.udp[number].ports.contains(&note.to.port());
        let sent: Vec<u8> = notes
            .iter()
            .enumerate()
            .filter(|(_, note)| is_for(note))
            .flat_map(|(told, note)| datagram(told, note.size))
            .collect();
        let is_known = datagram_number(bytes).is_some();
        let is_there = |length| sent.windows(length).any(|piece| piece == bytes);
        !is_known && !bytes.is_empty() && is_there(bytes.len())
    }

    fn peer_sends_datagrams(&mut self, socket: usize, peer: usize, sizes: &[usize]) {
        let number = nth(socket, self.udp.len());
        let Some(&to) = number.and_then(|number| self.udp[number].ports.first()) else {
            return;
        };
        for &size in sizes {
            let (from, to) = (datagram_peer(peer), module_at(to));
            let bytes = self.story.world.note(from, to, size);
            self.story.simulation.send_datagram(from, to, &bytes);
        }
    }

    pub(super) fn close_datagrams(&mut self, number: usize) {
        let udp = self.udp.remove(number);
        let _ = self.call("close datagrams", 0, false, |module| {
            UdpClientStack::close(&mut Shared::new(module), udp.socket)
        });
    }
}

impl Story {
    /// What the peers have seen of datagrams.
    pub(super) fn check_datagrams(&mut self) {
        self.place = "send datagram";
        let mut seen = Vec::new();
        let is_calm = !self.trouble.has_struck;
        let knows = self.world.knows();
        for (number, note) in knows.notes.iter().enumerate() {
            let is_own = note.from.port() == 0;
            if is_own && note.times > 1 {
                seen.push((Kind::Twice, format!("datagram {number} at its peer")));
            }
            if is_own && note.times == 0 && note.is_sure && is_calm {
                seen.push((
                    Kind::LostDatagram,
                    format!("datagram {number}, {} bytes", note.size),
                ));
            }
        }
        if is_calm && !knows.strange.is_empty() {
            seen.push((
                Kind::WrongSent,
                format!("datagrams of {:?} bytes", knows.strange),
            ));
        }
        if !self.trouble.has_mixed && !knows.astray.is_empty() {
            seen.push((
                Kind::WrongSent,
                format!("datagrams {:?} to another peer", knows.astray),
            ));
        }
        drop(knows);
        seen.into_iter()
            .for_each(|(kind, seen)| self.find(kind, seen));
    }
}
