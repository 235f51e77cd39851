//! A serial line or an SPI, whichever the simulated module has.

use std::time::Duration;

use atwifi::Transport;
use atwifi::transport::{Spi, SpiError};
use atwifi_simulator::{Port, PortError, Simulation, SpiBus, SpiCs, SpiDelay, SpiRdy};
use embedded_io::{ErrorType, Read, ReadReady, Write};

/// How much the module may say while it is spoken to.
const MEANWHILE: usize = 2048;

pub type OnSpi = Spi<'static, SpiBus, SpiCs, SpiRdy, SpiDelay>;

/// The driver's end of the wire.
pub enum Wire {
    Serial(Port),
    Spi(OnSpi),
}

pub fn wire_of(simulation: &Simulation) -> Wire {
    match simulation.has_spi() {
        true => Wire::Spi(spi_of(simulation, MEANWHILE)),
        false => Wire::Serial(simulation.port()),
    }
}

/// The driver's side of an SPI, with so much memory, of a host that starts.
pub fn spi_of(simulation: &Simulation, meanwhile: usize) -> OnSpi {
    let wires = simulation.spi();
    wires.let_go();
    let memory = Box::leak(vec![0; meanwhile].into_boxed_slice());
    Spi::new(wires.bus(), wires.cs(), wires.rdy(), wires.delay(), memory)
}

/// Says something without a driver, however long the module takes to hear it.
pub fn say(simulation: &Simulation, wire: &mut Wire, mut bytes: &[u8]) {
    let limit = simulation.now() + Duration::from_secs(5);
    while !bytes.is_empty() {
        let taken = wire.write(bytes).unwrap();
        bytes = &bytes[taken..];
        if taken == 0 {
            assert!(simulation.now() < limit, "the module does not listen");
            simulation.idle();
        }
    }
}

/// The tests of both wires know the errors of a serial line.
fn error_of(error: SpiError) -> PortError {
    match error {
        SpiError::Overrun => PortError::Overrun,
        _ => PortError::Unplugged,
    }
}

impl ErrorType for Wire {
    type Error = PortError;
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, PortError> {
        match self {
            Wire::Serial(port) => port.read(into),
            Wire::Spi(spi) => spi.read(into).map_err(error_of),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        match self {
            Wire::Serial(port) => port.write(bytes),
            Wire::Spi(spi) => spi.write(bytes).map_err(error_of),
        }
    }

    fn flush(&mut self) -> Result<(), PortError> {
        match self {
            Wire::Serial(port) => port.flush(),
            Wire::Spi(spi) => spi.flush().map_err(error_of),
        }
    }
}

impl Transport for Wire {
    fn read_ready(&mut self) -> Result<bool, PortError> {
        match self {
            Wire::Serial(port) => ReadReady::read_ready(port),
            Wire::Spi(spi) => spi.read_ready().map_err(error_of),
        }
    }

    fn restart(&mut self) -> Result<(), PortError> {
        match self {
            Wire::Serial(port) => Transport::restart(port),
            Wire::Spi(spi) => spi.restart().map_err(error_of),
        }
    }

    /// As a serial line, which does not know.
    fn trouble(&mut self) -> Result<(), PortError> {
        Ok(())
    }
}
