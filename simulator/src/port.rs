//! The host's end of the wire of a [`Simulation`].

use std::fmt;
use std::time::Duration;

use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};

use crate::{MemoryNetwork, Network, Simulation};

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
pub struct Port<N = MemoryNetwork> {
    simulation: Simulation<N>,
}

impl<N: Network> Port<N> {
    pub(crate) fn new(simulation: Simulation<N>) -> Self {
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
        let limit = self.simulation.now() + DEAD;
        while !self.is_ready() {
            if self.simulation.now() >= limit {
                return Err(PortError::Unplugged);
            }
            self.simulation.pass(limit);
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        self.simulation.rig.borrow_mut().inbox().ready()
    }
}

impl<N> Clone for Port<N> {
    fn clone(&self) -> Self {
        Port {
            simulation: self.simulation.clone(),
        }
    }
}

impl<N: Network> fmt::Debug for Port<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port")
            .field("simulation", &self.simulation)
            .finish()
    }
}

impl<N> ErrorType for Port<N> {
    type Error = PortError;
}

impl<N: Network> ReadReady for Port<N> {
    fn read_ready(&mut self) -> Result<bool, PortError> {
        self.plugged()?;
        Ok(self.is_ready())
    }
}

impl<N: Network> Read for Port<N> {
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

impl<N: Network> Write for Port<N> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        self.plugged()?;
        let sent = self.simulation.rig.borrow_mut().write(bytes);
        self.simulation.advance_to(sent);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        self.plugged()
    }
}
