//! Commands of the links: the second part of chapter 4 of the reference.

use std::net::{IpAddr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

use super::argument::Arguments;
use super::code::Code;
use super::job::{Job, Reply, Step};
use super::link::{CLOSING, LINKS, State};
use super::net::Wanted;
use super::{St67, World};
use crate::network::Connection;

/// How long the TCP stack tries to reach a peer that does not answer.
const SYN_TIMEOUT: Duration = Duration::from_secs(18);
/// The id that stands for all links.
const ALL: i64 = 5;
const LAST: i64 = 4;

/// Where `AT+CIPSTART` wants to go.
#[derive(Debug)]
pub(super) struct Target {
    id: usize,
    port: u16,
    give_up: Duration,
}

/// A connection that is being opened.
#[derive(Debug)]
pub(super) struct Opening {
    id: usize,
    connection: Connection,
    remote: SocketAddr,
    local_port: u16,
    pub give_up: Duration,
}

impl Job {
    /// The connection it is about to open.
    pub fn connection(&self) -> Option<Connection> {
        match self {
            Job::Open(opening) => Some(opening.connection),
            _ => None,
        }
    }
}

impl St67 {
    /// `AT+CIPMUX?`
    pub(super) fn multiple(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say_switch("CIPMUX", self.settings.multiple)
    }

    /// `AT+CIPMUX=<mode>`
    pub(super) fn set_multiple(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let multiple = arguments.need_switch(0)?;
        self.refuse_while_in_use()?;
        self.settings.multiple = multiple;
        Ok(Reply::Ok)
    }

    /// `AT+CIPRECVMODE?`
    pub(super) fn receive_mode(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say_switch("CIPRECVMODE", self.settings.passive)
    }

    /// `AT+CIPRECVMODE=<mode>`
    pub(super) fn set_receive_mode(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let passive = arguments.need_switch(0)?;
        self.refuse_while_in_use()?;
        self.settings.passive = passive;
        Ok(Reply::Ok)
    }

    fn refuse_while_in_use(&self) -> Result<(), Code> {
        if self.links.any_in_use() {
            return Err(Code::NOT_ALLOWED);
        }
        Ok(())
    }

    /// `AT+CIPDINFO?`
    pub(super) fn remote_in_ipd(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say(&format!("+CIPDINFO:{}", self.settings.remote_in_ipd));
        Ok(Reply::Ok)
    }

    /// `AT+CIPDINFO=<mode>`
    pub(super) fn set_remote_in_ipd(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.remote_in_ipd = arguments.need_switch(0)?;
        Ok(Reply::Ok)
    }

    /// `AT+CIPEVT?`
    pub(super) fn link_events(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.say_switch("CIPEVT", self.settings.link_events)
    }

    /// `AT+CIPEVT=<enable>`
    pub(super) fn set_link_events(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.link_events = arguments.need_switch(0)?;
        self.name_setting("+CIPEVT");
        Ok(Reply::Ok)
    }

    /// The link a command is for, and how many arguments that took.
    pub(super) fn link_argument(&self, arguments: &Arguments) -> Result<(usize, usize), Code> {
        if !self.settings.multiple {
            return Ok((0, 0));
        }
        let id = arguments.need_number(0, 0..=LAST)?;
        Ok((usize::try_from(id).unwrap_or(0), 1))
    }

    /// `AT+CIPRECVBUF?` and `AT+CIPRECVBUF=<id>?`
    pub(super) fn receive_buffer(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (id, _) = self.link_argument(arguments)?;
        self.say(&format!("+CIPRECVBUF:{}", self.links.get(id).capacity));
        Ok(Reply::Ok)
    }

    /// `AT+CIPRECVBUF=[<id>,]<size>`
    pub(super) fn set_receive_buffer(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (id, first) = self.link_argument(arguments)?;
        arguments.expect(first + 1..=first + 1)?;
        let size = arguments.need_number(first, 1..=65536)?;
        let link = self.links.get_mut(id);
        if !link.is_free() {
            return Err(Code::NOT_ALLOWED);
        }
        link.capacity = usize::try_from(size).unwrap_or(link.capacity);
        self.name_setting("+CIPRECVBUF");
        Ok(Reply::Ok)
    }

    /// `AT+CIPTCPOPT?`
    pub(super) fn tcp_options(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let last = if self.settings.multiple { LINKS } else { 1 };
        for id in 0..last {
            let [linger, no_delay, timeout, keep_alive] = self.links.get(id).options;
            let options = format!("{linger},{no_delay},{timeout},{keep_alive}");
            self.say(&format!("+CIPTCPOPT:{id},{options}"));
        }
        Ok(Reply::Ok)
    }

    /// `AT+CIPTCPOPT=[<id>,][<so_linger>],[<tcp_nodelay>],[<so_sndtimeo>],[<keepalive>]`
    pub(super) fn set_tcp_options(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let first = usize::from(self.settings.multiple);
        arguments.expect(first + 1..=first + 4)?;
        let chosen = if first == 0 {
            0
        } else {
            arguments.need_number(0, 0..=ALL)?
        };
        let longest = i64::from(i32::MAX);
        let given = [
            arguments.number(first, -1..=longest)?,
            arguments.number(first + 1, 0..=1)?,
            arguments.number(first + 2, 0..=longest)?,
            arguments.number(first + 3, 0..=7200)?,
        ];
        for id in ids(chosen) {
            let options = self.links.get_mut(id).options.iter_mut();
            options
                .zip(given)
                .for_each(|(option, given)| *option = given.unwrap_or(*option));
        }
        Ok(Reply::Ok)
    }

    /// `AT+CIPSTATE?`
    pub(super) fn link_states(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.tell_links(self.variant.state_row)
    }

    /// `AT+CIPSTART?`
    pub(super) fn started(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.tell_links("+CIPSTART")
    }

    fn tell_links(&mut self, name: &str) -> Result<Reply, Code> {
        let open = self.links.iter();
        let open = open.filter(|(_, link)| link.connection().is_some());
        let rows: Vec<String> = open
            .map(|(id, link)| {
                let (ip, port, local) = (link.remote.ip(), link.remote.port(), link.local_port);
                format!("{name}:{id},\"TCP\",\"{ip}\",{port},{local},0")
            })
            .collect();
        rows.iter().for_each(|row| self.say(row));
        Ok(Reply::Ok)
    }

    /// `AT+CIPSTART=[<id>,]"TCP",<"host">,<port>[,<keep_alive>][,<"local IP">][,<timeout>]`
    pub(super) fn start(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let (id, first) = self.link_argument(arguments)?;
        self.start_on(id, first, arguments, world)
    }

    /// `AT+CIPSTARTEX=...`: as `AT+CIPSTART`, on the first link that is free.
    pub(super) fn start_anywhere(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        let free = self.links.iter().find(|(_, link)| link.is_free());
        let id = free.map(|(id, _)| id).ok_or(Code::HANDLE)?;
        self.start_on(id, 0, arguments, world)
    }

    fn start_on(
        &mut self,
        id: usize,
        first: usize,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(first + 3..=first + 6)?;
        let kind = arguments.text(first, 6)?.unwrap_or(b"TCP");
        let host = arguments.need_text(first + 1, self.variant.longest_host)?;
        let port = arguments.need_number(first + 2, 1..=65535)?;
        let keep_alive = arguments.number(first + 3, 0..=7200)?;
        arguments.text(first + 4, 39)?;
        let timeout = arguments.number(first + 5, 0..=20000)?;
        if !kind.eq_ignore_ascii_case(b"TCP") {
            return Err(Code::FAILED);
        }
        let link = self.links.get_mut(id);
        if !link.is_free() {
            return Err(Code::HANDLE);
        }
        link.options[3] = keep_alive.unwrap_or(link.options[3]);
        let timeout = timeout.and_then(|timeout| u64::try_from(timeout).ok());
        let patience = timeout
            .filter(|timeout| *timeout > 0)
            .map_or(SYN_TIMEOUT, Duration::from_millis);
        let target = Target {
            id,
            port: u16::try_from(port).map_err(|_| Code::INVALID)?,
            give_up: world.now + patience,
        };
        self.look_up(host, Wanted::Connection(target), world)
    }

    pub(super) fn connect(
        &mut self,
        address: IpAddr,
        target: Target,
        world: &mut World,
    ) -> Result<Reply, Code> {
        if !self.is_online() {
            return Err(Code::FAILED);
        }
        let remote = SocketAddr::new(address, target.port);
        let local_port = self.links.take_port();
        let local = SocketAddr::from((self.config.address, local_port));
        Ok(Reply::Later(Job::Open(Opening {
            id: target.id,
            connection: world.network.connect(world.now, local, remote),
            remote,
            local_port,
            give_up: target.give_up,
        })))
    }

    pub(super) fn await_connection(&mut self, opening: Opening, world: &mut World) -> Step {
        let Opening { id, connection, .. } = opening;
        match world.network.connected(world.now, connection) {
            Poll::Ready(Ok(())) if self.is_online() => {
                self.links
                    .occupy(id, connection, opening.remote, opening.local_port);
                self.tell_connected(id);
                self.finish(Ok(()))
            }
            Poll::Pending if self.is_online() && opening.give_up > world.now => {
                Step::Wait(Job::Open(opening))
            }
            outcome => {
                world.network.close(world.now, connection);
                let late = outcome.is_pending() && self.is_online();
                self.finish(Err(if late { Code::TIMEOUT } else { Code::FAILED }))
            }
        }
    }

    /// `AT+CIPRECVDATA=[<id>,]<size>`
    pub(super) fn receive(&mut self, arguments: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let (id, first) = self.link_argument(arguments)?;
        arguments.expect(first + 1..=first + 1)?;
        let link = self.links.get_mut(id);
        let buffer_size = i64::try_from(link.capacity).unwrap_or(i64::MAX);
        let longest = self.variant.longest_read.unwrap_or(buffer_size);
        let size = arguments.need_number(first, 1..=longest)?;
        let count = link.buffer.len().min(usize::try_from(size).unwrap_or(0));
        let data: Vec<u8> = link.buffer.drain(..count).collect();
        link.announced = false;
        let head = format!("+CIPRECVDATA:{count},");
        let message = [head.as_bytes(), &data, b"\r\n"].concat();
        self.output.write(&[&message]);
        Ok(Reply::Ok)
    }

    /// `AT+CIPRECVLEN?`
    pub(super) fn receivable(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let row: String = if self.settings.multiple {
            let lengths = self.links.iter().map(|(_, link)| link.buffer.len());
            lengths.map(|length| format!("{length},")).collect()
        } else {
            self.links.get(0).buffer.len().to_string()
        };
        self.say(&format!("+CIPRECVLEN:{row}"));
        Ok(Reply::Ok)
    }

    /// `AT+CIPCLOSE=<id>`
    pub(super) fn close(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        if !self.settings.multiple {
            return Err(Code::OPERATION);
        }
        arguments.expect(1..=1)?;
        let id = arguments.need_number(0, 0..=ALL)?;
        ids(id).for_each(|id| self.close_link(id, world));
        Ok(Reply::Ok)
    }

    /// `AT+CIPCLOSE`
    pub(super) fn close_single(&mut self, _: &Arguments, world: &mut World) -> Result<Reply, Code> {
        if self.settings.multiple {
            return Err(Code::OPERATION);
        }
        self.close_link(0, world);
        Ok(Reply::Ok)
    }

    fn close_link(&mut self, id: usize, world: &mut World) {
        let Some(connection) = self.links.get(id).connection() else {
            return;
        };
        world.network.close(world.now, connection);
        self.links.forget_held(id);
        let link = self.links.get_mut(id);
        if !self.variant.says_closed {
            link.state = State::Closing(world.now + CLOSING);
            return;
        }
        link.state = State::Free;
        let closed = if self.settings.multiple {
            format!("{id},CLOSED")
        } else {
            "CLOSED".to_owned()
        };
        self.say(&closed);
    }
}

/// The links that an id from 0 to 5 stands for.
fn ids(id: i64) -> std::ops::Range<usize> {
    if id == ALL {
        return 0..LINKS;
    }
    let id = usize::try_from(id).unwrap_or(0);
    id..id + 1
}
