//! What a driver's module hangs on: a serial line or an SPI.

use std::fmt;
use std::ops::ControlFlow;

use atwifi::transport::{Spi, SpiError};
use atwifi::{Clock, StdClock, Transport};
use atwifi_simulator::{
    HostNetwork, PortError, Simulation, SpiBus, SpiCs, SpiDelay, SpiRdy, ThreadPort,
};
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};

/// How much the module may say while it is spoken to: the least that is enough.
const MEANWHILE: usize = 260;

/// A module on this machine's network.
type Simulated = Simulation<HostNetwork>;
type OnSpi = Spi<
    'static,
    SpiBus<HostNetwork>,
    SpiCs<HostNetwork>,
    SpiRdy<HostNetwork>,
    SpiDelay<HostNetwork>,
>;

/// The driver's end of the wire. A module on an SPI is simulated in the driver's thread: while the
/// driver looks for what the module says and finds nothing, the module goes on.
pub enum Wire {
    Serial(ThreadPort),
    Spi(OnSpi, Simulated),
}

impl Wire {
    /// The SPI of a simulated module.
    pub(crate) fn spi(module: Simulated) -> Wire {
        let (wires, memory) = (module.spi(), Box::leak(Box::new([0; MEANWHILE])));
        let spi = Spi::new(wires.bus(), wires.cs(), wires.rdy(), wires.delay(), memory);
        Wire::Spi(spi, module)
    }
}

/// Either wire failed.
#[derive(Debug)]
pub enum WireError {
    Serial(PortError),
    Spi(SpiError),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WireError::Serial(error) => error.fmt(f),
            WireError::Spi(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WireError {}

impl embedded_io::Error for WireError {
    fn kind(&self) -> ErrorKind {
        match self {
            WireError::Serial(error) => error.kind(),
            WireError::Spi(error) => error.kind(),
        }
    }
}

impl ErrorType for Wire {
    type Error = WireError;
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, WireError> {
        match self {
            Wire::Serial(port) => port.read(into).map_err(WireError::Serial),
            Wire::Spi(spi, _) => spi.read(into).map_err(WireError::Spi),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        match self {
            Wire::Serial(port) => port.write(bytes).map_err(WireError::Serial),
            Wire::Spi(spi, _) => spi.write(bytes).map_err(WireError::Spi),
        }
    }

    fn flush(&mut self) -> Result<(), WireError> {
        match self {
            Wire::Serial(port) => port.flush().map_err(WireError::Serial),
            Wire::Spi(spi, _) => spi.flush().map_err(WireError::Spi),
        }
    }
}

impl Transport for Wire {
    fn read_ready(&mut self) -> Result<bool, WireError> {
        match self {
            Wire::Serial(port) => ReadReady::read_ready(port).map_err(WireError::Serial),
            Wire::Spi(spi, module) => {
                if spi.read_ready().map_err(WireError::Spi)? {
                    return Ok(true);
                }
                module.idle();
                spi.read_ready().map_err(WireError::Spi)
            }
        }
    }

    fn restart(&mut self) -> Result<(), WireError> {
        match self {
            Wire::Serial(_) => Ok(()),
            Wire::Spi(spi, _) => spi.restart().map_err(WireError::Spi),
        }
    }

    fn trouble(&mut self) -> Result<(), WireError> {
        match self {
            Wire::Serial(_) => Ok(()),
            Wire::Spi(spi, _) => spi.trouble().map_err(WireError::Spi),
        }
    }
}

/// The time of this machine, which the simulated module's follows.
pub struct BoardClock {
    time: StdClock,
    module: Option<Simulated>,
}

impl BoardClock {
    pub(crate) fn new(wire: &Wire) -> BoardClock {
        let module = match wire {
            Wire::Serial(_) => None,
            Wire::Spi(_, module) => Some(module.clone()),
        };
        BoardClock {
            time: StdClock::new(),
            module,
        }
    }
}

impl Clock for BoardClock {
    fn now(&mut self) -> u32 {
        self.time.now()
    }

    fn idle(&mut self) -> ControlFlow<()> {
        let Some(module) = &self.module else {
            return self.time.idle();
        };
        module.idle();
        ControlFlow::Continue(())
    }
}
