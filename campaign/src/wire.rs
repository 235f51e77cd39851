//! A serial line or an SPI, whichever the simulated module has.

use std::cell::RefCell;
use std::rc::Rc;

use atwifi::Transport;
use atwifi::transport::Spi;
use atwifi_simulator::{Port, Simulation, SpiBus, SpiCs, SpiDelay, SpiRdy};
use embedded_io::{Read, ReadReady, Write};

use crate::evil::LineError;

/// How much a module may say while it is spoken to.
const MEANWHILE: usize = 2048;

type OnSpi = Spi<'static, SpiBus, SpiCs, SpiRdy, SpiDelay>;

/// The host's end. Clones are the same.
#[derive(Clone)]
pub enum Wire {
    /// A serial line.
    Serial(Port),
    /// An SPI.
    Spi(Rc<RefCell<OnSpi>>),
}

impl Wire {
    /// The end of what the module has.
    #[must_use]
    pub fn new(simulation: &Simulation) -> Self {
        match simulation.has_spi() {
            true => Wire::Spi(Rc::new(RefCell::new(spi_of(simulation)))),
            false => Wire::Serial(simulation.port()),
        }
    }

    /// The host starts anew, and drives its pins as it did in the beginning.
    pub fn restart_host(&mut self, simulation: &Simulation) {
        if let Wire::Spi(spi) = self {
            *spi.borrow_mut() = spi_of(simulation);
        }
    }

    /// See [`Transport::read_ready`].
    pub fn read_ready(&mut self) -> Result<bool, LineError> {
        match self {
            Wire::Serial(port) => ReadReady::read_ready(port).map_err(LineError::Port),
            Wire::Spi(spi) => spi.borrow_mut().read_ready().map_err(LineError::Spi),
        }
    }

    /// See [`Read::read`].
    pub fn read(&mut self, into: &mut [u8]) -> Result<usize, LineError> {
        match self {
            Wire::Serial(port) => port.read(into).map_err(LineError::Port),
            Wire::Spi(spi) => spi.borrow_mut().read(into).map_err(LineError::Spi),
        }
    }

    /// See [`Write::write`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, LineError> {
        match self {
            Wire::Serial(port) => port.write(bytes).map_err(LineError::Port),
            Wire::Spi(spi) => spi.borrow_mut().write(bytes).map_err(LineError::Spi),
        }
    }

    /// See [`Write::flush`].
    pub fn flush(&mut self) -> Result<(), LineError> {
        match self {
            Wire::Serial(port) => port.flush().map_err(LineError::Port),
            Wire::Spi(spi) => spi.borrow_mut().flush().map_err(LineError::Spi),
        }
    }

    /// See [`Transport::restart`].
    pub fn restart(&mut self) -> Result<(), LineError> {
        match self {
            Wire::Serial(_) => Ok(()),
            Wire::Spi(spi) => spi.borrow_mut().restart().map_err(LineError::Spi),
        }
    }

    /// See [`Transport::trouble`]: as a serial line, which does not know.
    pub fn trouble(&mut self) -> Result<(), LineError> {
        Ok(())
    }
}

fn spi_of(simulation: &Simulation) -> OnSpi {
    let wires = simulation.spi();
    wires.let_go();
    // Lent for good: a conversation has one host or two.
    let meanwhile = Box::leak(vec![0; MEANWHILE].into_boxed_slice());
    Spi::new(
        wires.bus(),
        wires.cs(),
        wires.rdy(),
        wires.delay(),
        meanwhile,
    )
}
