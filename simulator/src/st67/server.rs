//! The server: a port on which the module listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::argument::Arguments;
use super::code::Code;
use super::job::Reply;
use super::link::{CLOSING, LINKS, State};
use super::pipe::{Pipe, Protocol};
use super::start::kind_of;
use super::{St67, World};
use crate::network::{Connection, Listener};

/// Most peers that can be let in.
const MOST: i64 = 5;

/// A server that runs.
#[derive(Debug)]
pub(super) struct Server {
    pub listener: Listener,
    port: u16,
    kind: &'static str,
    /// It wants certificates of its peers.
    verifies: bool,
    keep_alive: i64,
    /// `AT+CIPSTO` when it was created.
    timeout: i64,
}

impl St67 {
    /// `AT+CIPSERVER?`
    pub(super) fn server(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
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
    pub(super) fn set_server(
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
            None => self.variant.server_port.ok_or(Code::count(2, 1))?,
        };
        let kind = arguments.text(2, 6)?.unwrap_or(b"TCP");
        let verifies = arguments.number(3, 0..=1)? == Some(1);
        let keep_alive = arguments.number(4, 0..=7200)?.unwrap_or(0);
        let (protocol, ipv6) = kind_of(kind).ok_or(Code::INVALID)?;
        if protocol == Protocol::Udp || ipv6 && !self.settings.kept.ipv6 {
            return Err(Code::INVALID);
        }
        let kind = match protocol.name() {
            "TCP" if ipv6 && self.variant.names_ip_version => "TCPv6",
            "SSL" if ipv6 && self.variant.names_ip_version => "SSLv6",
            name => name,
        };
        let any: IpAddr = if ipv6 {
            Ipv6Addr::UNSPECIFIED.into()
        } else {
            Ipv4Addr::UNSPECIFIED.into()
        };
        if self.links.server.is_some() {
            return Err(Code::FAILED);
        }
        let port = u16::try_from(port).map_err(|_| Code::INVALID)?;
        let listener = world.network.listen(world.now, SocketAddr::new(any, port));
        self.links.server = Some(Server {
            listener: listener.map_err(|_| Code::FAILED)?,
            port,
            kind,
            verifies,
            keep_alive,
            timeout: self.settings.server_timeout,
        });
        Ok(())
    }

    fn delete_server(&mut self, close_links: bool, world: &mut World) -> Result<(), Code> {
        let server = self.links.server.take();
        if let Some(server) = &server {
            world.network.stop_listening(world.now, server.listener);
        }
        if close_links {
            for id in 0..LINKS {
                if let Some(pipe) = self.links.get(id).pipe() {
                    pipe.close(world);
                    self.links.forget_held(id);
                    self.links.get_mut(id).state = State::Closing(world.now + CLOSING);
                }
            }
        }
        server.map(|_| ()).ok_or(Code::FAILED)
    }

    /// `AT+CIPSERVERMAXCONN?`
    pub(super) fn most_peers(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say(&format!("+CIPSERVERMAXCONN:{}", self.settings.most_peers));
        Ok(Reply::Ok)
    }

    /// `AT+CIPSERVERMAXCONN=<num>`
    pub(super) fn set_most_peers(
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
    pub(super) fn server_timeout(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say(&format!("+CIPSTO:{}", self.settings.server_timeout));
        Ok(Reply::Ok)
    }

    /// `AT+CIPSTO=<time>`
    pub(super) fn set_server_timeout(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.server_timeout = arguments.need_number(0, 0..=7200)?;
        Ok(Reply::Ok)
    }

    /// Lets in the peers that have come.
    pub(super) fn serve_server(&mut self, world: &mut World) {
        let Some(listener) = self.links.server.as_ref().map(|server| server.listener) else {
            return;
        };
        while let Some((connection, peer)) = world.network.accept(world.now, listener) {
            if !self.has_network() {
                world.network.refuse(world.now, connection);
                continue;
            }
            let most = usize::try_from(self.settings.most_peers).unwrap_or(0);
            // No command gives the server a certificate, so that TLS gets nowhere.
            let server = self.links.server.as_ref();
            let speaks_tls = server.is_some_and(|server| server.kind.starts_with("SSL"));
            let room = self.links.accepted() < most && !speaks_tls;
            match self.links.free().filter(|_| room) {
                Some(id) => self.let_in(id, connection, peer, world),
                // It has been let in by the stack, and nobody can look after it.
                None => world.network.close(world.now, connection),
            }
        }
    }

    fn let_in(&mut self, id: usize, connection: Connection, peer: SocketAddr, world: &World) {
        let Some(server) = &self.links.server else {
            return;
        };
        let port = server.port;
        let timeout = if self.variant.server_keeps_timeout {
            server.timeout
        } else {
            self.settings.server_timeout
        };
        self.links.occupy(id, Pipe::Tcp(connection), peer, port);
        let link = self.links.get_mut(id);
        link.accepted = true;
        link.last_data = world.now;
        link.patience = u64::try_from(timeout)
            .ok()
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Duration::from_secs(seconds) + self.variant.server_grace);
        self.tell_connected(id);
    }
}
