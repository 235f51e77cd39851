//! The connections of the sockets, and what they tell about themselves.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::task::Poll;
use std::time::Duration;

use super::sockets::{Protocol, Socket, State};
use super::tls::Tls;
use crate::microchip::status::Status;
use crate::microchip::{Microchip, World};
use crate::network::{Connection, Received};

/// Size of a receive buffer and of a transmit buffer of the stack.
const BUFFER: usize = 1460;
/// How long the module takes to see that a peer has closed behind its last data.
const CLOSE_NOTICE: Duration = Duration::from_millis(5);
/// How long the module tries to reach a peer.
const BIND_TIMEOUT: Duration = Duration::from_millis(10_001);
impl Microchip {
    /// What happens by itself, whatever the command engine does.
    pub(in crate::microchip) fn happen(&mut self, world: &mut World) {
        self.poll_station(world);
        self.poll_resolver(world);
        self.poll_scanner(world);
        self.poll_soft_ap(world.now);
        self.serve_provisioner(world);
        self.poll_mqtt(world);
        for id in self.sockets.ids() {
            self.serve_socket(id, world);
        }
    }

    /// Begins to connect a socket. Where the address is none, nobody is asked, and it fails later.
    pub(in crate::microchip) fn connect(
        &mut self,
        id: i64,
        remote: Option<Ipv4Addr>,
        port: u16,
        world: &mut World,
    ) -> Result<(), Status> {
        let local_port = self.sockets.take_port();
        let own = self.own_address().unwrap_or(Ipv4Addr::UNSPECIFIED);
        let local = SocketAddr::from((own, local_port));
        let socket = self.sockets.get(id)?;
        socket.release(world);
        let to = remote.unwrap_or(Ipv4Addr::UNSPECIFIED);
        let connection = remote.map(|address| {
            let remote = SocketAddr::from((address, port));
            world.network.connect(world.now, local, remote)
        });
        *socket = Socket {
            state: State::Connecting(connection),
            remote: Some(SocketAddrV4::new(to, port)),
            local_port,
            tls: std::mem::take(&mut socket.tls),
            give_up: Some(world.now + BIND_TIMEOUT),
            ..Socket::new(id, Protocol::Tcp)
        };
        Ok(())
    }

    fn serve_socket(&mut self, id: i64, world: &mut World) {
        self.serve_listener(id, world);
        self.serve_datagrams(id, world);
        if let Some(State::Connecting(Some(connection))) = self.sockets.state(id) {
            self.see_connection(id, connection, world);
        }
        let give_up = self.sockets.get(id).ok().and_then(|socket| socket.give_up);
        if give_up.is_some_and(|at| at <= world.now) {
            self.bind_failed(id, world);
        }
        self.serve_tls(id, world);
        self.receive_on(id, world);
    }

    /// What happens on a socket now is not noticed by the firmware.
    pub(in crate::microchip) fn is_deaf(&self) -> bool {
        self.variant.deaf_in_binary && self.engine.is_binary()
    }

    fn see_connection(&mut self, id: i64, connection: Connection, world: &mut World) {
        let deaf = self.is_deaf();
        let own = self.own_address().unwrap_or(Ipv4Addr::UNSPECIFIED);
        let Ok(socket) = self.sockets.get(id) else {
            return;
        };
        match world.network.connected(world.now, connection) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if deaf => socket.state = State::Open(Some(connection)),
            Poll::Ready(Ok(())) => {
                socket.state = State::Open(Some(connection));
                socket.give_up = None;
                let (local, remote) = (socket.local_port, socket.remote);
                let remote = remote.map_or(String::new(), |remote| {
                    format!("\"{}\",{}", remote.ip(), remote.port())
                });
                self.tell(&format!("+SOCKIND:{id},\"{own}\",{local},{remote}"));
            }
            Poll::Ready(Err(_)) => {
                world.network.close(world.now, connection);
                socket.state = State::Connecting(None);
                if !self.variant.failure_frees {
                    self.bind_failed(id, world);
                }
            }
        }
    }

    fn bind_failed(&mut self, id: i64, world: &mut World) {
        self.give_up_socket(id, Status::BIND_FAILED, world);
    }

    /// A connection has failed, and with it, in the firmware, the socket.
    pub(in crate::microchip) fn give_up_socket(
        &mut self,
        id: i64,
        status: Status,
        world: &mut World,
    ) {
        let Ok(socket) = self.sockets.get(id) else {
            return;
        };
        socket.release(world);
        *socket = Socket::new(id, socket.protocol);
        if self.variant.failure_frees {
            self.sockets.remove(id);
        }
        let (code, text) = (status.code(), status.text());
        if self.variant.quoted_errors {
            self.tell(&format!("+SOCKERR:{id},{code},\"{text}\""));
        } else {
            self.tell(&format!("+SOCKERR:{id},{code},{text}"));
        }
    }

    /// Takes what has come for the socket, tells of it, and sees whether the peer has closed.
    fn receive_on(&mut self, id: i64, world: &mut World) {
        let mut events: Vec<String> = Vec::new();
        while let Some(State::Open(Some(connection))) = self.sockets.state(id) {
            let Ok(socket) = self.sockets.get(id) else {
                break;
            };
            if socket.ends.is_some() {
                events.extend(self.end(id, connection, world));
                break;
            }
            let room = BUFFER.saturating_sub(socket.buffer.len());
            if room == 0 || !socket.tls.is_ready() {
                break;
            }
            let received = match socket.tls.session() {
                Some(session) => session.receive(world.now, connection, world.network, room),
                None => world.network.receive(world.now, connection, room),
            };
            match received {
                Received::Nothing => break,
                Received::Data(data) => {
                    socket.last_data = world.now;
                    socket.buffer.extend(data);
                    events.extend(self.arrival(id));
                }
                Received::Closed => {
                    let together = self.config.faults.close_behind_data;
                    let notice = if together {
                        Duration::ZERO
                    } else {
                        CLOSE_NOTICE
                    };
                    socket.ends = Some(world.now.max(socket.last_data + notice));
                }
            }
            if !self.config.faults.close_behind_data {
                events.drain(..).for_each(|event| self.tell(&event));
            }
        }
        self.tell_together(&events);
    }

    /// Prints events in one write.
    fn tell_together(&mut self, events: &[String]) {
        let lines = events.iter().flat_map(|event| self.event(event));
        let lines: Vec<String> = lines.collect();
        let parts: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        self.print(&parts);
    }

    /// What is told about the data in the buffer, if there is more than has been told of.
    fn arrival(&mut self, id: i64) -> Option<String> {
        if self.is_deaf() {
            return None;
        }
        let socket = self.sockets.get(id).ok()?;
        let count = u16::try_from(socket.buffer.len()).unwrap_or(u16::MAX);
        let before = std::mem::replace(&mut socket.announced, count);
        let id = label(id);
        (count > before).then(|| format!("+SOCKRXT:{id},{count}"))
    }

    /// The peer has closed or broken off the connection.
    fn end(&mut self, id: i64, connection: Connection, world: &mut World) -> Option<String> {
        let socket = self.sockets.get(id).ok()?;
        socket.ends.take_if(|at| *at <= world.now)?;
        let broken = world.network.was_reset(connection);
        world.network.close(world.now, connection);
        if self.is_deaf() {
            self.sockets.get(id).ok()?.state = State::Open(None);
            return None;
        }
        let socket = self.sockets.get(id).ok()?;
        socket.state = if socket.parent.is_some() && self.variant.children_return {
            State::Idle
        } else {
            State::Closed
        };
        socket.remote = None;
        socket.tls = Tls::None;
        if self.variant.forgets_announcement {
            socket.announced = 0;
        }
        if self.config.faults.clear_on_close {
            socket.buffer.clear();
        }
        if broken && self.variant.reset_frees {
            self.sockets.remove(id);
        }
        Some(format!("+SOCKCL:{}", label(id)))
    }

    /// Hands data to the stack, and says whether it had room for it.
    pub(in crate::microchip) fn send(&mut self, id: i64, data: &[u8], world: &mut World) -> bool {
        let Ok(socket) = self.sockets.get(id) else {
            return false;
        };
        match socket.state {
            State::Bound => self.send_datagram(id, data, world),
            State::Open(Some(_)) if !socket.tls.is_ready() => false,
            State::Open(Some(connection)) => {
                let unsent = world.network.unsent(world.now, connection);
                let room = BUFFER.saturating_sub(unsent) >= data.len();
                if !room {
                    return false;
                }
                match socket.tls.session() {
                    Some(session) => session.send(world.now, connection, world.network, data),
                    None => world.network.send(world.now, connection, data),
                }
                true
            }
            // It goes nowhere, which the stack finds out much later.
            State::Open(None) => true,
            _ => false,
        }
    }

    /// The station has lost its network. What becomes of the sockets the firmware does not tell;
    /// they find out when they are used.
    pub(in crate::microchip) fn drop_connections(&mut self, world: &mut World) {
        self.lose_broker(world);
        for id in self.sockets.ids() {
            let Ok(socket) = self.sockets.get(id) else {
                continue;
            };
            if socket.udp.is_some() && self.variant.tells_lost_connections {
                socket.release(world);
                *socket = Socket::new(id, Protocol::Udp);
                self.tell(&format!("+SOCKCL:{id}"));
                continue;
            }
            let Some(connection) = socket.connection() else {
                continue;
            };
            world.network.close(world.now, connection);
            socket.ends = None;
            socket.tls = Tls::None;
            if matches!(socket.state, State::Connecting(_)) {
                socket.state = State::Connecting(None);
            } else if self.variant.tells_lost_connections {
                socket.state = State::Closed;
                socket.remote = None;
                self.tell(&format!("+SOCKCL:{id}"));
            } else {
                socket.state = State::Open(None);
            }
        }
    }

    /// The module loses its power, and with it all connections.
    pub(in crate::microchip) fn close_all_silently(&mut self, world: &mut World) {
        for socket in self.sockets.iter() {
            socket.release(world);
        }
    }
}

/// The id of a socket as the module prints it. A child to which no peer has been told of has none.
fn label(id: i64) -> i64 {
    id.max(0)
}
