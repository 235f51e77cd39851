//! Datagrams that come and go.

use std::net::{IpAddr, SocketAddr};

use super::sockets::Socket;
use crate::microchip::engine::Reply;
use crate::microchip::{Microchip, World};

/// The largest datagram that the firmware sends.
const LONGEST: usize = 512;

impl Microchip {
    /// Takes what has come for the socket, and tells of it.
    pub(in crate::microchip) fn serve_datagrams(&mut self, id: i64, world: &mut World) {
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
    pub(in crate::microchip) fn read_datagram(
        &mut self,
        id: i64,
        binary: bool,
        length: usize,
    ) -> Reply {
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
    pub(in crate::microchip) fn send_datagram(
        &mut self,
        id: i64,
        data: &[u8],
        world: &mut World,
    ) -> bool {
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
