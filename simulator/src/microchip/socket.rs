//! Commands of the sockets: chapter 7 of the reference.

use std::time::Duration;

use super::binary::Binary;
use super::engine::Reply;
use super::link::State;
use super::parameter::{self, Parameters};
use super::status::Status;
use super::text::printable;
use super::{Microchip, World};

const TCP: i64 = 2;
/// Most bytes that one read can ask for.
const LONGEST_READ: i64 = 2048;
/// What the firmware prints of binary data in one round of its main loop.
const PIECE: usize = 128;
/// The time that such a round takes, more or less.
const ROUND: Duration = Duration::from_millis(1);

impl Microchip {
    /// `AT+SOCKO=<protocol>`
    pub(super) fn open(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let protocol = parameters.integer(0)?;
        let uptime = i64::try_from(world.now.as_millis()).unwrap_or(1).max(1);
        let first = if self.variant.large_ids { uptime } else { 1 };
        if protocol != TCP {
            return Err(Status::INVALID_PROTOCOL);
        }
        let id = self.sockets.open(first)?;
        self.say(&format!("+SOCKO:{id}"));
        Ok(Reply::Ok)
    }

    /// `AT+SOCKBR=<id>,<address>,<port>`
    pub(super) fn bind_remote(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let remote = parameter::address(parameters.text(1)?);
        let port = parameters.integer(2)?;
        self.sockets.get(id)?;
        if remote.is_none() && !self.variant.failure_frees {
            return Err(Status::INVALID_PARAMETER);
        }
        if !self.station.is_online() || !self.sockets.has_room() {
            if self.variant.failure_frees {
                self.sockets.remove(id);
            }
            return Err(Status::BIND_FAILED);
        }
        // The firmware looks at the lower half of the number only.
        let port = u16::try_from(port & 0xffff).unwrap_or(0);
        self.connect(id, remote, port, world)?;
        Ok(Reply::Ok)
    }

    /// `AT+SOCKWR=<id>,<length>[,<data>]`
    pub(super) fn write(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let length = parameters.integer(1)?;
        let longest = self.variant.longest_write.unwrap_or(i64::MAX);
        if length > longest || length < 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if parameters.len() == 2 {
            return self.write_binary(id, length);
        }
        let data = parameters.text(2)?;
        self.writable(id)?;
        if data.len() != length {
            return Err(Status::LENGTH_MISMATCH);
        }
        if !self.send(id, data, world) {
            return Err(Status::SEND_FAILED);
        }
        Ok(Reply::Ok)
    }

    fn write_binary(&mut self, id: i64, length: usize) -> Result<Reply, Status> {
        // The firmware notes the length before it looks for the socket, and a length of zero leaves
        // alone what was noted.
        if length > 0 || self.variant.longest_write.is_some() {
            self.engine.announced = length;
        }
        self.writable(id)?;
        let length = self.engine.announced;
        Ok(Reply::Binary(Binary::new(id, length)))
    }

    fn writable(&mut self, id: i64) -> Result<(), Status> {
        let refuses = self.variant.refuses_unconnected;
        let socket = self.sockets.get(id)?;
        if refuses && socket.remote.is_none() {
            return Err(Status::NO_SUCH_SOCKET);
        }
        Ok(())
    }

    /// `AT+SOCKRD=<id>,<mode>,<length>`
    pub(super) fn read(&mut self, parameters: &Parameters, _: &mut World) -> Result<Reply, Status> {
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
        let count = socket
            .buffer
            .len()
            .min(usize::try_from(length).unwrap_or(0));
        let data: Vec<u8> = socket.buffer.drain(..count).collect();
        let taken = u16::try_from(count).unwrap_or(0);
        socket.announced = socket.announced.wrapping_sub(taken);
        if data.is_empty() {
            return Ok(Reply::Ok);
        }
        if mode == 1 {
            self.print_text(id, &data);
            return Ok(Reply::Ok);
        }
        self.print_binary(id, &data);
        Ok(Reply::Reading(self.printing_time(data.len())))
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
    pub(super) fn close(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        let id = parameters.integer(0)?;
        let connection = self.sockets.get(id)?.connection();
        if let Some(connection) = connection {
            world.network.close(world.now, connection);
        }
        self.sockets.remove(id);
        Ok(Reply::Ok)
    }

    /// `AT+SOCKLST[=<id>]`
    pub(super) fn list(&mut self, parameters: &Parameters, _: &mut World) -> Result<Reply, Status> {
        let chosen = match parameters.len() {
            0 => None,
            _ => Some(parameters.integer(0)?),
        };
        let sockets = self.sockets.iter();
        let sockets = sockets.filter(|socket| chosen.is_none_or(|id| id == socket.id));
        let rows: Vec<String> = sockets
            .map(|socket| {
                let remote = socket.remote.filter(|_| socket.state != State::Unbound);
                let (ip, port) = remote.map_or((String::new(), 0), |remote| {
                    (remote.ip().to_string(), remote.port())
                });
                let (id, local) = (socket.id, socket.local_port);
                format!("+SOCKLST:{id},{TCP},\"{ip}\",{port},{local}")
            })
            .collect();
        rows.iter().for_each(|row| self.say(row));
        Ok(Reply::Ok)
    }
}
