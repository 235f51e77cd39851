//! The server: a port on which the module listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::network::{Listener, UdpSocket};
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::net::pipe::{Follow, Pipe, Protocol};
use crate::st67::net::start::kind_of;
use crate::st67::{St67, World};

/// Most peers that can be let in.
const MOST: i64 = 5;

/// A server that runs.
#[derive(Debug)]
pub(in crate::st67) struct Server {
    ear: Ear,
    port: u16,
    kind: &'static str,
    /// It wants certificates of its peers.
    verifies: bool,
    keep_alive: i64,
    /// `AT+CIPSTO` when it was created.
    timeout: i64,
}

/// Where a server hears its peers.
#[derive(Clone, Copy, Debug)]
enum Ear {
    Listener(Listener),
    /// One socket for all peers, which the first of them makes a link.
    Datagrams(UdpSocket),
    /// The link has the socket, and ends with it.
    Taken,
}

impl Ear {
    fn close(self, world: &mut World) {
        match self {
            Ear::Listener(listener) => world.network.stop_listening(world.now, listener),
            Ear::Datagrams(socket) => world.network.unbind(world.now, socket),
            Ear::Taken => {}
        }
    }
}

impl St67 {
    /// `AT+CIPSERVER?`
    pub(in crate::st67) fn server(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let row = match &self.links.server {
            None => "+CIPSERVER:0".to_owned(),
            Some(Server {
                port,
                kind,
                verifies,
                keep_alive,
                ..
            }) => {
                let verifies = u8::from(*verifies);
                format!("+CIPSERVER:1,{port},\"{kind}\",{verifies},{keep_alive}")
            }
        };
        self.say(&row);
        Ok(Reply::Ok)
    }

    /// `AT+CIPSERVER=<mode>[,<param2>][,<"type">][,<CA enable>][,<keepalive>]`
    pub(in crate::st67) fn set_server(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=5)?;
        if !self.settings.multiple {
            return Err(Code::NOT_ALLOWED);
        }
        if arguments.need_number(0, 0..=1)? == 1 {
            self.create_server(arguments, world)?;
        } else {
            let all = arguments.number(1, 0..=1)? == Some(1);
            self.delete_server(all, world)?;
        }
        Ok(Reply::Ok)
    }

    fn create_server(&mut self, arguments: &Arguments, world: &mut World) -> Result<(), Code> {
        let port = match arguments.number(1, 1..=65535)? {
            Some(port) => port,
            None => self.variant.net.server_port.ok_or(Code::count(2, 1))?,
        };
        let kind = arguments.text(2, 6)?.unwrap_or(b"TCP");
        let verifies = arguments.number(3, 0..=1)? == Some(1);
        let keep_alive = arguments.number(4, 0..=7200)?.unwrap_or(0);
        let (protocol, ipv6) = kind_of(kind).ok_or(Code::INVALID)?;
        if ipv6 && !self.settings.kept.ipv6 || !self.can_serve(protocol, ipv6) {
            return Err(Code::INVALID);
        }
        if self.links.server.is_some() {
            return Err(Code::FAILED);
        }
        let port = u16::try_from(port).map_err(|_| Code::INVALID)?;
        let datagrams = protocol == Protocol::Udp;
        self.links.server = Some(Server {
            ear: open_ear(protocol, ipv6, port, world).ok_or(Code::FAILED)?,
            port,
            kind: self.server_kind(protocol, ipv6),
            verifies: verifies && !datagrams,
            keep_alive: if datagrams { 0 } else { keep_alive },
            timeout: self.settings.server_timeout,
        });
        Ok(())
    }

    fn can_serve(&self, protocol: Protocol, ipv6: bool) -> bool {
        match protocol {
            Protocol::Udp if ipv6 => self.variant.net.serves_datagrams_over_ipv6,
            Protocol::Udp => self.variant.net.serves_datagrams,
            Protocol::Tcp | Protocol::Ssl => true,
        }
    }

    fn server_kind(&self, protocol: Protocol, ipv6: bool) -> &'static str {
        match protocol.name() {
            "TCP" if ipv6 && self.variant.net.names_ip_version => "TCPv6",
            "SSL" if ipv6 && self.variant.net.names_ip_version => "SSLv6",
            name => name,
        }
    }

    fn delete_server(&mut self, close_links: bool, world: &mut World) -> Result<(), Code> {
        let existed = self.stop_server(world);
        if close_links {
            self.shut_all(world);
        }
        if existed { Ok(()) } else { Err(Code::FAILED) }
    }

    /// Hears no peers any more, and says whether it has done so before.
    pub(in crate::st67) fn stop_server(&mut self, world: &mut World) -> bool {
        let server = self.links.server.take();
        if let Some(server) = &server {
            server.ear.close(world);
        }
        server.is_some()
    }

    /// The server has a socket that is no link.
    pub(in crate::st67) fn has_socket_without_link(&self) -> bool {
        let server = self.links.server.as_ref();
        server.is_some_and(|server| matches!(server.ear, Ear::Datagrams(_)))
    }

    /// `AT+CIPSERVERMAXCONN?`
    pub(in crate::st67) fn most_peers(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+CIPSERVERMAXCONN:{}", self.settings.most_peers));
        Ok(Reply::Ok)
    }

    /// `AT+CIPSERVERMAXCONN=<num>`
    pub(in crate::st67) fn set_most_peers(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let most = arguments.need_number(0, 1..=MOST)?;
        if self.links.server.is_some() {
            return Err(Code::NOT_ALLOWED);
        }
        self.settings.most_peers = most;
        Ok(Reply::Ok)
    }

    /// `AT+CIPSTO?`
    pub(in crate::st67) fn server_timeout(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+CIPSTO:{}", self.settings.server_timeout));
        Ok(Reply::Ok)
    }

    /// `AT+CIPSTO=<time>`
    pub(in crate::st67) fn set_server_timeout(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.server_timeout = arguments.need_number(0, 0..=7200)?;
        Ok(Reply::Ok)
    }

    /// Lets in the peers that have come.
    pub(in crate::st67) fn serve_server(&mut self, world: &mut World) {
        match self.links.server.as_ref().map(|server| server.ear) {
            Some(Ear::Listener(listener)) => self.serve_listener(listener, world),
            Some(Ear::Datagrams(socket)) => self.serve_datagrams(socket, world),
            Some(Ear::Taken) | None => {}
        }
    }

    /// The link that the next peer gets, if there is room.
    fn room_for_peer(&self) -> Option<usize> {
        let most = usize::try_from(self.settings.most_peers).unwrap_or(0);
        self.links.free().filter(|_| self.links.accepted() < most)
    }

    fn serve_listener(&mut self, listener: Listener, world: &mut World) {
        while let Some((connection, peer)) = world.network.accept(world.now, listener) {
            if !self.has_network() {
                world.network.refuse(world.now, connection);
                continue;
            }
            // No command gives the server a certificate, so that TLS gets nowhere.
            let server = self.links.server.as_ref();
            let speaks_tls = server.is_some_and(|server| server.kind.starts_with("SSL"));
            match self.room_for_peer().filter(|_| !speaks_tls) {
                Some(id) => self.let_in(id, Pipe::Tcp(connection), peer, world),
                // It has been let in by the stack, and nobody can look after it.
                None => world.network.close(world.now, connection),
            }
        }
    }

    /// The first datagram makes a link, which is then for all that come.
    fn serve_datagrams(&mut self, socket: UdpSocket, world: &mut World) {
        let Some(id) = self.room_for_peer().filter(|_| self.has_network()) else {
            return;
        };
        if let Some(datagram) = world.network.receive_from(world.now, socket) {
            self.let_in(id, Pipe::Udp(socket), datagram.from, world);
            if let Some(server) = &mut self.links.server {
                server.ear = Ear::Taken;
            }
            let link = self.links.get_mut(id);
            link.follow = Follow::Last;
            link.source = datagram.from;
            let event = self.take_in(id, datagram.data);
            self.tell(event);
        }
    }

    fn let_in(&mut self, id: usize, pipe: Pipe, peer: SocketAddr, world: &World) {
        let Some(server) = &self.links.server else {
            return;
        };
        let port = server.port;
        let timeout = if self.variant.net.server_keeps_timeout {
            server.timeout
        } else {
            self.settings.server_timeout
        };
        self.links.occupy(id, pipe, peer, port);
        let link = self.links.get_mut(id);
        link.accepted = true;
        link.last_data = world.now;
        link.patience = u64::try_from(timeout)
            .ok()
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Duration::from_secs(seconds) + self.variant.net.server_grace);
        self.tell_connected(id);
    }
}

fn open_ear(protocol: Protocol, ipv6: bool, port: u16, world: &mut World) -> Option<Ear> {
    let any: IpAddr = if ipv6 {
        Ipv6Addr::UNSPECIFIED.into()
    } else {
        Ipv4Addr::UNSPECIFIED.into()
    };
    let at = SocketAddr::new(any, port);
    if protocol == Protocol::Udp {
        let (socket, _) = world.network.bind(world.now, at).ok()?;
        return Some(Ear::Datagrams(socket));
    }
    world.network.listen(world.now, at).ok().map(Ear::Listener)
}
