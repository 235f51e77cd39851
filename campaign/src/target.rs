//! The dialects, and what each has besides the network.

use std::fmt::Display;

use atwifi::dialect::Dialect;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{ErrorOf, Module, Ranged};
use embedded_io::{Read, Write};

use crate::evil::Line;
use crate::player::Clock;

/// A driver on a simulated module.
pub type Driver<'b, D> = Module<'b, D, Line, Clock>;

/// Why a call failed.
pub type Failure<D> = ErrorOf<D, Line>;

/// What came of a passthrough.
pub struct Through<D: Dialect> {
    /// What was read.
    pub read: Vec<u8>,
    /// How much was taken to be sent.
    pub written: usize,
    /// How it ended.
    pub end: Result<(), Failure<D>>,
}

/// A dialect that conversations are played in.
pub trait Target: Dialect<Status: Display> + Sized {
    /// The longest datagram.
    const DATAGRAM: usize = Self::DATAGRAM_MAX;

    /// What stands in front of an event.
    const LEAD: &'static [u8];

    /// A line that is an event with a number of which nobody has heard.
    fn numbered(number: usize) -> Vec<u8> {
        [Self::LEAD, format!("+NEW:{number}\r\n").as_bytes()].concat()
    }

    /// A line that may come at any time: the first is an event with that number.
    fn gap_line(which: usize, number: usize) -> Vec<u8> {
        let Some(which) = which.checked_sub(1) else {
            return Self::numbered(number);
        };
        let line = UNKNOWN[which % UNKNOWN.len()];
        match line.starts_with(b"+") {
            true => [Self::LEAD, line].concat(),
            false => line.to_vec(),
        }
    }

    /// Sends a command of the dialect's own.
    fn command(module: &mut Driver<'_, Self>, which: usize) -> Result<(), Failure<Self>>;

    /// Opens a passthrough to this port of the peers, writes, and reads up to so much; `None` if
    /// there is no such thing.
    fn passthrough(
        _module: &mut Driver<'_, Self>,
        _port: u16,
        _bytes: &[u8],
        _read: usize,
        _wait_ms: u32,
    ) -> Option<Through<Self>> {
        None
    }
}

/// Lines of which no driver knows what they mean.
const UNKNOWN: [&[u8]; 4] = [
    b"+CW:ROAMING\r\n",
    b"+TIME_UPDATED\r\n",
    b"I (1234) wifi: state\r\n",
    b"\r\n",
];

impl Target for St67 {
    const LEAD: &'static [u8] = b"";

    fn command(module: &mut Driver<'_, Self>, which: usize) -> Result<(), Failure<Self>> {
        use atwifi::st67::command::{basic, net};
        match which {
            0 => module.command(&basic::Test).map(drop),
            1 => module.command(&net::GetMultiple).map(drop),
            _ => module.command(&basic::GetVersions).map(drop),
        }
    }

    fn passthrough(
        module: &mut Driver<'_, Self>,
        port: u16,
        bytes: &[u8],
        read: usize,
        wait_ms: u32,
    ) -> Option<Through<Self>> {
        use atwifi::st67::command::net::{Host, Protocol, single::Connect};
        let open = Connect {
            protocol: Protocol::Tcp,
            host: Host::Address(crate::world::HOST.into()),
            remote_port: Ranged::new(port).ok()?,
            keep_alive_s: None,
            local_ip: None,
            timeout_ms: None,
        };
        let mut through = Through {
            read: Vec::new(),
            written: 0,
            end: Ok(()),
        };
        let mut mode = match module.passthrough(&open) {
            Ok(mode) => mode,
            Err(error) => {
                through.end = Err(error);
                return Some(through);
            }
        };
        mode.read_timeout = wait_ms;
        let mut talk = || {
            while through.written < bytes.len() {
                through.written += mode.write(&bytes[through.written..])?;
            }
            while through.read.len() < read {
                let mut buffer = vec![0; read - through.read.len()];
                let count = mode.read(&mut buffer)?;
                through.read.extend(&buffer[..count]);
            }
            Ok(())
        };
        let talked = talk();
        let left = mode.leave();
        through.end = talked.and(left);
        Some(through)
    }
}

impl Target for Microchip {
    const LEAD: &'static [u8] = b"\r";

    fn command(module: &mut Driver<'_, Self>, which: usize) -> Result<(), Failure<Self>> {
        use atwifi::microchip::command::{general, network};
        match which {
            0 => module.command(&general::Test).map(drop),
            1 => module.command(&general::GetRevision).map(drop),
            _ => module.command(&network::GetSockets).map(drop),
        }
    }
}
