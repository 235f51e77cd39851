//! A line on which nothing can be relied on: a module that answers what is plausible and wrong, and a
//! transport that does what its traits allow and no good one does.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use atwifi::Transport;
use atwifi::transport::SpiError;
use atwifi_simulator::{PortError, Simulation};
use embedded_io::{ErrorKind, ErrorType, Read, Write};

use crate::wire::Wire;
use crate::world::mix;

/// How evil a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vices {
    /// One line of the module's in so many is wrong; 0 is none.
    pub module: u64,
    /// One call of the transport in so many goes wrong; 0 is none.
    pub transport: u64,
    /// What comes of it.
    pub seed: u64,
}

/// Every kind of error that there is.
const KINDS: [ErrorKind; 18] = [
    ErrorKind::Other,
    ErrorKind::NotFound,
    ErrorKind::PermissionDenied,
    ErrorKind::ConnectionRefused,
    ErrorKind::ConnectionReset,
    ErrorKind::ConnectionAborted,
    ErrorKind::NotConnected,
    ErrorKind::AddrInUse,
    ErrorKind::AddrNotAvailable,
    ErrorKind::BrokenPipe,
    ErrorKind::AlreadyExists,
    ErrorKind::InvalidInput,
    ErrorKind::InvalidData,
    ErrorKind::TimedOut,
    ErrorKind::Interrupted,
    ErrorKind::Unsupported,
    ErrorKind::OutOfMemory,
    ErrorKind::WriteZero,
];

/// What a number is replaced by.
const NUMBERS: [&str; 8] = ["0", "1", "4", "5", "65535", "65536", "4000000000", "-1"];
/// What is said instead.
const OTHERS: [&[u8]; 4] = [b"OK\r\n", b"ERROR\r\n", b"\r\n>", b"ready\r\n"];
/// How long a byte of a module takes that never stops talking.
const BYTE: Duration = Duration::from_micros(87);

/// Why a line failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// The simulated port failed.
    Port(PortError),
    /// The driver's SPI failed.
    Spi(SpiError),
    /// It was evil.
    Evil(ErrorKind),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineError::Port(error) => error.fmt(f),
            LineError::Spi(error) => error.fmt(f),
            LineError::Evil(kind) => write!(f, "{kind:?}"),
        }
    }
}

impl std::error::Error for LineError {}

impl embedded_io::Error for LineError {
    fn kind(&self) -> ErrorKind {
        match self {
            LineError::Port(error) => error.kind(),
            LineError::Spi(error) => error.kind(),
            LineError::Evil(kind) => *kind,
        }
    }
}

/// The host's end of a line: the simulated wire, with its vices. Clones are the same line.
#[derive(Clone)]
pub struct Line {
    wire: Wire,
    simulation: Simulation,
    evil: Rc<RefCell<Evil>>,
}

#[derive(Default)]
struct Evil {
    vices: Vices,
    drawn: u64,
    /// What has come of a line that is not complete.
    begun: Vec<u8>,
    /// What the host is to hear.
    said: VecDeque<u8>,
    /// What the module has said.
    lines: Vec<Vec<u8>>,
    /// What it says without end.
    endless: Option<Vec<u8>>,
}

impl Evil {
    fn draw(&mut self, below: u64) -> u64 {
        self.drawn += 1;
        mix(self.vices.seed.wrapping_add(self.drawn)) % below.max(1)
    }

    fn happens(&mut self, one_in: u64) -> bool {
        one_in > 0 && self.draw(one_in) == 0
    }

    /// One of these.
    fn one<'o, O: ?Sized>(&mut self, of: &[&'o O]) -> &'o O {
        of[self.draw(of.len() as u64) as usize]
    }

    /// The module says a line, or something else.
    fn hear(&mut self, line: &[u8]) {
        let spoilt = self.happens(self.vices.module);
        let said = match spoilt.then(|| self.draw(7)) {
            None => line.to_vec(),
            Some(0) => self.renumber(line),
            Some(1) => Vec::new(),
            Some(2) => line.repeat(2),
            Some(3) => line.repeat(300),
            Some(4) => self.one(&OTHERS).to_vec(),
            Some(5) => {
                self.endless = Some(line.to_vec());
                line.to_vec()
            }
            Some(_) => {
                let old = self.draw(self.lines.len() as u64) as usize;
                self.lines.get(old).cloned().unwrap_or_default()
            }
        };
        self.lines.push(line.to_vec());
        self.said.extend(said);
    }

    /// The same with another number.
    fn renumber(&mut self, line: &[u8]) -> Vec<u8> {
        let is_start =
            |n: usize| line[n].is_ascii_digit() && (n == 0 || !line[n - 1].is_ascii_digit());
        let starts: Vec<usize> = (0..line.len()).filter(|&n| is_start(n)).collect();
        let Some(count) = std::num::NonZero::new(starts.len()) else {
            return line.to_vec();
        };
        let start = starts[self.draw(count.get() as u64) as usize];
        let digits = line[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let number = self.one(&NUMBERS);
        [&line[..start], number.as_bytes(), &line[start + digits..]].concat()
    }
}

impl Line {
    /// The end of a simulated line, with these vices.
    #[must_use]
    pub fn new(simulation: &Simulation, vices: Vices) -> Self {
        let evil = Evil {
            vices,
            ..Evil::default()
        };
        Line {
            wire: Wire::new(simulation),
            simulation: simulation.clone(),
            evil: Rc::new(RefCell::new(evil)),
        }
    }

    /// The host that holds it starts anew.
    pub fn restart_host(&mut self) {
        self.wire.restart_host(&self.simulation);
    }

    /// It becomes good.
    pub fn reform(&self) {
        let mut evil = self.evil.borrow_mut();
        let begun = std::mem::take(&mut evil.begun);
        evil.said.extend(begun);
        evil.vices = Vices::default();
        evil.endless = None;
    }

    fn is_good(&self) -> bool {
        let evil = self.evil.borrow();
        evil.vices == Vices::default() && evil.said.is_empty()
    }

    fn fails(&self) -> Result<(), LineError> {
        let mut evil = self.evil.borrow_mut();
        let one_in = evil.vices.transport;
        match evil.happens(one_in) && evil.draw(3) == 0 {
            true => Err(LineError::Evil(
                KINDS[evil.draw(KINDS.len() as u64) as usize],
            )),
            false => Ok(()),
        }
    }

    fn slips(&self) -> bool {
        let mut evil = self.evil.borrow_mut();
        let one_in = evil.vices.transport;
        evil.happens(one_in)
    }

    /// Takes in what the module has said.
    fn take_in(&mut self) -> Result<(), LineError> {
        let mut evil = self.evil.borrow_mut();
        while self.wire.read_ready()? {
            let mut bytes = [0; 256];
            let count = self.wire.read(&mut bytes)?;
            for &byte in &bytes[..count] {
                evil.begun.push(byte);
                if byte == b'\n' {
                    let line = std::mem::take(&mut evil.begun);
                    evil.hear(&line);
                }
            }
        }
        let begun = std::mem::take(&mut evil.begun);
        evil.said.extend(begun);
        if let (true, Some(line)) = (evil.said.is_empty(), evil.endless.clone()) {
            evil.said.extend(line);
        }
        Ok(())
    }
}

impl ErrorType for Line {
    type Error = LineError;
}

impl Transport for Line {
    fn read_ready(&mut self) -> Result<bool, LineError> {
        if self.is_good() {
            return self.wire.read_ready();
        }
        self.fails()?;
        self.take_in()?;
        let is_ready = !self.evil.borrow().said.is_empty();
        Ok(is_ready != self.slips())
    }

    fn restart(&mut self) -> Result<(), LineError> {
        self.wire.restart()
    }

    fn trouble(&mut self) -> Result<(), LineError> {
        self.wire.trouble()
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, LineError> {
        if self.is_good() {
            return self.wire.read(into);
        }
        self.fails()?;
        self.take_in()?;
        if self.slips() {
            return Ok(0);
        }
        let mut evil = self.evil.borrow_mut();
        let count = into.len().min(evil.said.len());
        into.iter_mut()
            .zip(evil.said.drain(..count))
            .for_each(|(place, byte)| *place = byte);
        let talks_on = evil.endless.is_some();
        drop(evil);
        if talks_on {
            self.simulation.advance(BYTE * count as u32);
        }
        Ok(count)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, LineError> {
        self.fails()?;
        let part = match self.slips() {
            // A part of a frame would be another frame.
            true if self.simulation.has_spi() => &[],
            true => &bytes[..self.evil.borrow_mut().draw(bytes.len() as u64) as usize],
            false => bytes,
        };
        self.wire.write(part)
    }

    fn flush(&mut self) -> Result<(), LineError> {
        self.fails()?;
        self.wire.flush()
    }
}
