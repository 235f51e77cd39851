//! Commands of the links: the second part of chapter 4 of the reference.

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::net::link::{CLOSING, LINKS, State};
use crate::st67::net::pipe::Pipe;
use crate::st67::{St67, World};

/// The id that stands for all links.
const ALL: i64 = 5;
const LAST: i64 = 4;
/// One socket that is being closed and one that waits for that.
const PLACES: usize = 2;

impl St67 {
    /// `AT+CIPMUX?`
    pub(in crate::st67) fn multiple(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say_switch("CIPMUX", self.settings.multiple)
    }

    /// `AT+CIPMUX=<mode>`
    pub(in crate::st67) fn set_multiple(
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
    pub(in crate::st67) fn receive_mode(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say_switch("CIPRECVMODE", self.settings.passive)
    }

    /// `AT+CIPRECVMODE=<mode>`
    pub(in crate::st67) fn set_receive_mode(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let passive = arguments.need_switch(0)?;
        if !self.variant.net.ignores_server || self.links.open() > 0 {
            self.refuse_while_in_use()?;
        }
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
    pub(in crate::st67) fn remote_in_ipd(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+CIPDINFO:{}", self.settings.remote_in_ipd));
        Ok(Reply::Ok)
    }

    /// `AT+CIPDINFO=<mode>`
    pub(in crate::st67) fn set_remote_in_ipd(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.remote_in_ipd = arguments.need_switch(0)?;
        Ok(Reply::Ok)
    }

    /// `AT+CIPEVT?`
    pub(in crate::st67) fn link_events(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say(&format!("+CIPEVT:{}", self.settings.link_events));
        Ok(Reply::Ok)
    }

    /// `AT+CIPEVT=<enable>`
    pub(in crate::st67) fn set_link_events(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.settings.link_events = self.events(arguments)?;
        self.name_setting("+CIPEVT");
        Ok(Reply::Ok)
    }

    /// The link a command is for, and how many arguments that took.
    pub(in crate::st67) fn link_argument(
        &self,
        arguments: &Arguments,
    ) -> Result<(usize, usize), Code> {
        if !self.settings.multiple {
            return Ok((0, 0));
        }
        let id = arguments.need_number(0, 0..=LAST)?;
        Ok((usize::try_from(id).unwrap_or(0), 1))
    }

    /// `AT+CIPRECVBUF?` and `AT+CIPRECVBUF=<id>?`
    pub(in crate::st67) fn receive_buffer(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (id, _) = self.link_argument(arguments)?;
        self.say(&format!("+CIPRECVBUF:{}", self.links.get(id).capacity));
        Ok(Reply::Ok)
    }

    /// `AT+CIPRECVBUF=[<id>,]<size>`
    pub(in crate::st67) fn set_receive_buffer(
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
    pub(in crate::st67) fn tcp_options(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let all = self.settings.multiple || self.variant.net.tells_all_tcp_options;
        let count = if all { LINKS } else { 1 };
        let options = self.settings.kept.tcp_options.into_iter().take(count);
        for (id, [linger, no_delay, timeout, keep_alive]) in options.enumerate() {
            let options = format!("{linger},{no_delay},{timeout},{keep_alive}");
            self.say(&format!("+CIPTCPOPT:{id},{options}"));
        }
        Ok(Reply::Ok)
    }

    /// `AT+CIPTCPOPT=[<id>,][<so_linger>],[<tcp_nodelay>],[<so_sndtimeo>],[<keepalive>]`
    pub(in crate::st67) fn set_tcp_options(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let first = usize::from(self.settings.multiple);
        arguments.expect(first + 1..=first + 4)?;
        let chosen = if first == 0 {
            0
        } else {
            let last = if self.variant.net.tells_all_tcp_options {
                LAST
            } else {
                ALL
            };
            arguments.need_number(0, 0..=last)?
        };
        let longest = i64::from(i32::MAX);
        let mut given = [None; 4];
        let mut result = Ok(Reply::Ok);
        for (index, range) in [-1..=longest, 0..=1, 0..=longest, 0..=7200]
            .into_iter()
            .enumerate()
        {
            match arguments.number(first + index, range) {
                Ok(number) => given[index] = number,
                Err(code) if self.variant.net.sets_options_one_by_one => {
                    result = Err(code);
                    break;
                }
                Err(code) => return Err(code),
            }
        }
        let change = |links: &mut [[i64; 4]; LINKS]| {
            for options in &mut links[ids(chosen)] {
                let options = options.iter_mut().zip(given);
                options.for_each(|(option, given)| *option = given.unwrap_or(*option));
            }
        };
        if result.is_ok() {
            self.keep_if_firmware(|kept| change(&mut kept.tcp_options));
        } else {
            change(&mut self.settings.kept.tcp_options);
        }
        result
    }

    /// `AT+CIPSTATE?`
    pub(in crate::st67) fn link_states(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.tell_links(self.variant.net.state_row)
    }

    /// `AT+CIPSTART?`
    pub(in crate::st67) fn started(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.tell_links("+CIPSTART")
    }

    fn tell_links(&mut self, name: &str) -> Result<Reply, Code> {
        let open = self.links.iter();
        let open = open.filter(|(_, link)| link.pipe().is_some());
        let rows: Vec<String> = open
            .map(|(id, link)| {
                let (port, local) = (link.remote.port(), link.local_port);
                let (kind, ip) = (self.kind_text(link), self.ip_text(link.remote.ip()));
                let role = u8::from(link.accepted);
                format!("{name}:{id},\"{kind}\",\"{ip}\",{port},{local},{role}")
            })
            .collect();
        rows.iter().for_each(|row| self.say(row));
        Ok(Reply::Ok)
    }

    /// `AT+CIPRECVDATA=[<id>,]<size>`
    pub(in crate::st67) fn receive(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (id, first) = self.link_argument(arguments)?;
        arguments.expect(first + 1..=first + 1)?;
        let link = self.links.get_mut(id);
        let buffer_size = i64::try_from(link.capacity).unwrap_or(i64::MAX);
        let longest = self.variant.net.longest_read.unwrap_or(buffer_size);
        let size = arguments.need_number(first, 1..=longest)?;
        let mut count = link.buffer.len().min(usize::try_from(size).unwrap_or(0));
        if self.variant.net.keeps_datagrams {
            count = link.datagram(count);
        }
        let data: Vec<u8> = link.buffer.drain(..count).collect();
        link.announced = false;
        let head = format!("+CIPRECVDATA:{count},");
        let message = [head.as_bytes(), &data, b"\r\n"].concat();
        self.output.write(&[&message]);
        Ok(Reply::Ok)
    }

    /// `AT+CIPRECVLEN?`
    pub(in crate::st67) fn receivable(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
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
    pub(in crate::st67) fn close(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        if !self.settings.multiple {
            return Err(Code::NOT_ALLOWED);
        }
        let id = arguments.need_number(0, 0..=ALL)?;
        if id == ALL && self.variant.net.closes_through_queue {
            self.shut_all(world);
        } else {
            ids(id).for_each(|id| self.close_link(id, world));
        }
        Ok(Reply::Ok)
    }

    /// `AT+CIPCLOSE`
    pub(in crate::st67) fn close_single(
        &mut self,
        _: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        if self.settings.multiple {
            return Err(Code::NOT_ALLOWED);
        }
        self.close_link(0, world);
        Ok(Reply::Ok)
    }

    /// Closes a link, and tells of it.
    fn close_link(&mut self, id: usize, world: &mut World) {
        let was_open = self.shut(id, world);
        if !was_open || !self.variant.net.says_closed {
            return;
        }
        self.links.get_mut(id).state = State::Free;
        let closed = if self.settings.multiple {
            format!("{id},CLOSED")
        } else {
            "CLOSED".to_owned()
        };
        self.say(&closed);
    }

    /// Closes a link of which is told later; whether it was open.
    fn shut(&mut self, id: usize, world: &mut World) -> bool {
        let link = self.links.get_mut(id);
        let Some(pipe) = link.pipe() else {
            return false;
        };
        if let (Some(session), Pipe::Tcp(connection)) = (&mut link.session, pipe) {
            session.close(world.now, connection, world.network);
        }
        pipe.close(world);
        link.state = State::Closing(world.now + CLOSING);
        self.links.forget_held(id);
        true
    }

    /// Closes all links, and tells of those at once that have to make room for others.
    pub(in crate::st67) fn shut_all(&mut self, world: &mut World) {
        let open: Vec<usize> = (0..LINKS).filter(|id| self.shut(*id, world)).collect();
        if !self.variant.net.closes_through_queue {
            return;
        }
        let waiting = open.len().min(PLACES);
        for &id in &open[..open.len() - waiting] {
            self.links.get_mut(id).state = State::Free;
            self.tell_closed(id);
        }
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
