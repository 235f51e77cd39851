//! Commands of the sockets: chapter 7 of the reference.

use std::time::Duration;

use super::sockets::{Protocol, Socket, State};
use crate::microchip::engine::Reply;
use crate::microchip::parameter::Parameters;
use crate::microchip::status::Status;
use crate::microchip::text::printable;
use crate::microchip::{Microchip, World};

/// Most bytes that one read can ask for.
const LONGEST_READ: i64 = 2048;
/// What the firmware prints of binary data in one round of its main loop.
const PIECE: usize = 128;
/// The time that such a round takes, more or less.
const ROUND: Duration = Duration::from_millis(1);

impl Microchip {
    /// `AT+SOCKO=<protocol>`
    pub(in crate::microchip) fn open(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let protocol = parameters.integer(0)?;
        if !self.sockets.has_slot() {
            return Err(Status::NO_FREE_SOCKET);
        }
        let protocol = Protocol::from_number(protocol).ok_or(Status::INVALID_PROTOCOL)?;
        let id = self.sockets.open(self.first_id(world), protocol)?;
        self.say(&format!("+SOCKO:{id}"));
        Ok(Reply::Ok)
    }

    /// The id of the first of all sockets.
    pub(in crate::microchip) fn first_id(&self, world: &World) -> i64 {
        let uptime = i64::try_from(world.now.as_millis()).unwrap_or(1).max(1);
        if self.variant.large_ids { uptime } else { 1 }
    }

    /// `AT+SOCKRD=<id>,<mode>,<length>`
    pub(in crate::microchip) fn read(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let mode = parameters.integer(1)?;
        let length = parameters.integer(2)?;
        let socket = self.sockets.get(id)?;
        if length > LONGEST_READ {
            return Err(Status::INVALID_PARAMETER);
        }
        if length <= 0 {
            return Ok(Reply::Ok);
        }
        if !(1..=2).contains(&mode) {
            return Err(Status::INVALID_PROTOCOL);
        }
        let length = usize::try_from(length).unwrap_or(0);
        if socket.protocol == Protocol::Udp {
            return Ok(self.read_datagram(id, mode == 2, length));
        }
        let count = socket.buffer.len().min(length);
        let data: Vec<u8> = socket.buffer.drain(..count).collect();
        let taken = u16::try_from(count).unwrap_or(0);
        socket.announced = socket.announced.wrapping_sub(taken);
        if data.is_empty() {
            return Ok(Reply::Ok);
        }
        Ok(self.print_data(id, mode == 2, &data))
    }

    /// Prints what has been read.
    pub(in crate::microchip) fn print_data(&mut self, id: i64, binary: bool, data: &[u8]) -> Reply {
        if binary {
            self.print_binary(id, data);
            return Reply::Reading(self.printing_time(data.len()));
        }
        self.print_text(id, data);
        Reply::Ok
    }

    fn print_text(&mut self, id: i64, data: &[u8]) {
        for row in data.chunks(self.variant.text_row) {
            let text = printable(row);
            self.say(&format!("+SOCKRD:{id},{},{text}", row.len()));
        }
    }

    fn print_binary(&mut self, id: i64, data: &[u8]) {
        let (before, behind) = self.variant.read_separators;
        let head = format!("+SOCKRD:{id},{},{before}", data.len());
        let message = [head.as_bytes(), b"#", data, behind.as_bytes()].concat();
        self.say_bytes(&message);
    }

    /// How long binary data is printed. It matters if the firmware misses something meanwhile.
    fn printing_time(&self, length: usize) -> Duration {
        if !self.variant.deaf_in_binary || !self.config.faults.deaf_while_reading {
            return Duration::ZERO;
        }
        let more = length.saturating_sub(1) / PIECE;
        ROUND * u32::try_from(more).unwrap_or(u32::MAX)
    }

    /// `AT+SOCKCL=<id>`
    pub(in crate::microchip) fn close(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let socket = self.sockets.get(id)?;
        if let (Some(connection), Some(session)) = (socket.connection(), socket.tls.session()) {
            session.close(world.now, connection, world.network);
        }
        socket.release(world);
        if socket.parent.is_some() && self.variant.keeps_children {
            socket.wait_for_peer();
            return Ok(Reply::Ok);
        }
        self.sockets.remove(id);
        if self.variant.keeps_children {
            self.sockets.remove_children(id, world);
        }
        Ok(Reply::Ok)
    }

    /// `AT+SOCKLST[=<id>]`
    pub(in crate::microchip) fn list(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let chosen = match parameters.len() {
            0 => None,
            _ => Some(parameters.integer(0)?),
        };
        let sockets = self.sockets.iter();
        let is_listed = |socket: &&Socket| socket.state != State::Idle;
        let sockets = sockets
            .filter(is_listed)
            .filter(|socket| chosen.is_none_or(|id| id == socket.id));
        let rows: Vec<String> = sockets
            .map(|socket| {
                let remote = socket.remote.filter(|_| socket.state != State::Unbound);
                let (ip, port) = remote.map_or((String::new(), 0), |remote| {
                    (remote.ip().to_string(), remote.port())
                });
                let (id, local) = (socket.id, socket.local_port);
                let protocol = socket.protocol.number();
                format!("+SOCKLST:{id},{protocol},\"{ip}\",{port},{local}")
            })
            .collect();
        rows.iter().for_each(|row| self.say(row));
        Ok(Reply::Ok)
    }
}
