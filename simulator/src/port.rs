//! The host's end of the wire of a [`Simulation`].

use std::time::Duration;

use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};

use crate::Simulation;

/// How long a read waits for a byte before it takes the line for dead.
const DEAD: Duration = Duration::from_secs(3600);

/// What can go wrong at the host's end of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Bytes were lost because the host did not read in time.
    #[error("receive overrun: bytes from the module were lost")]
    Overrun,
    /// The cable is out, or the line has been silent for an hour.
    #[error("no module is connected")]
    Unplugged,
}

impl embedded_io::Error for PortError {
    fn kind(&self) -> ErrorKind {
        match self {
            PortError::Overrun => ErrorKind::Other,
            PortError::Unplugged => ErrorKind::NotConnected,
        }
    }
}

/// The host's end of the wire. `read` waits on virtual time for the first byte; clones share what
/// arrives.
#[derive(Clone, Debug)]
pub struct Port {
    simulation: Simulation,
}

impl Port {
    pub(crate) fn new(simulation: Simulation) -> Self {
        Port { simulation }
    }

    fn plugged(&self) -> Result<(), PortError> {
        if *self.simulation.unplugged.borrow() {
            return Err(PortError::Unplugged);
        }
        Ok(())
    }

    /// Lets time pass until there is something to read.
    fn wait(&self) -> Result<(), PortError> {
        let mut rig = self.simulation.rig.borrow_mut();
        let limit = rig.now() + DEAD;
        while !rig.inbox().ready() {
            if rig.now() >= limit {
                return Err(PortError::Unplugged);
            }
            let next = rig.next().map_or(limit, |next| next.min(limit));
            rig.advance_to(next);
        }
        Ok(())
    }
}

impl ErrorType for Port {
    type Error = PortError;
}

impl ReadReady for Port {
    fn read_ready(&mut self) -> Result<bool, PortError> {
        self.plugged()?;
        Ok(self.simulation.rig.borrow_mut().inbox().ready())
    }
}

impl Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, PortError> {
        self.plugged()?;
        if buffer.is_empty() {
            return Ok(0);
        }
        self.wait()?;
        let mut rig = self.simulation.rig.borrow_mut();
        if rig.inbox().take_overrun() {
            return Err(PortError::Overrun);
        }
        Ok(rig.inbox().read(buffer))
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        self.plugged()?;
        let mut rig = self.simulation.rig.borrow_mut();
        let sent = rig.write(bytes);
        rig.advance_to(sent);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        self.plugged()
    }
}
