//! On rp2040-hal.
#![no_std]

use atwifi::transport::{Halves, HalvesError, Overrun, Reader, Ring, Spi, SpiError};
use atwifi::{Clock, SocketMemory, st67};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use rp2040_hal::pac::{SPI0, UART1};
use rp2040_hal::spi::{self, Enabled, ValidSpiPinout};
use rp2040_hal::uart::{self, ValidUartPinout};

static RECEIVED: Ring<2048> = Ring::new();

/// In the interrupt of the UART.
pub fn received<P: ValidUartPinout<UART1>>(rx: &uart::Reader<UART1, P>) {
    let mut fifo = [0; 32];
    loop {
        let (bytes, is_whole) = match rx.read_raw(&mut fifo) {
            Ok(n) => (&fifo[..n], true),
            Err(nb::Error::Other(error)) => (error.discarded, false),
            Err(nb::Error::WouldBlock) => return,
        };
        for &byte in bytes {
            RECEIVED.push(byte);
        }
        if !is_whole {
            RECEIVED.overrun();
        }
    }
}

/// The UART would fit as it is, and lose what its FIFO of 32 bytes does not hold: a `Ring` receives.
#[allow(clippy::type_complexity)]
pub fn uart<'b, P: ValidUartPinout<UART1>, C: Clock>(
    tx: uart::Writer<UART1, P>,
    clock: C,
    line: &'b mut [u8],
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<
    st67::Module<'b, Halves<Reader<'static, 2048>, uart::Writer<UART1, P>>, C>,
    st67::Error<HalvesError<Overrun, core::convert::Infallible>>,
> {
    let uart = Halves::new(RECEIVED.reader(), tx);
    st67::Module::new(uart, clock, line, sockets)
}

/// `Spi` fits as it is.
#[allow(clippy::type_complexity)]
pub fn spi<'b, P: ValidSpiPinout<SPI0>, CS: OutputPin, RDY: InputPin, D: DelayNs, C: Clock>(
    bus: spi::Spi<Enabled, SPI0, P, 8>,
    (cs, rdy, delay): (CS, RDY, D),
    clock: C,
    (meanwhile, line): (&'b mut [u8], &'b mut [u8]),
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<
    st67::Module<'b, Spi<'b, spi::Spi<Enabled, SPI0, P, 8>, CS, RDY, D>, C>,
    st67::Error<SpiError>,
> {
    let spi = Spi::new(bus, cs, rdy, delay, meanwhile);
    st67::Module::new(spi, clock, line, sockets)
}
