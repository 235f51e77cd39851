//! On embassy-rp.
#![no_std]

use atwifi::transport::{Spi, SpiError};
use atwifi::{Clock, SocketMemory, st67};
use embassy_rp::gpio::{Input, Output};
use embassy_rp::peripherals::SPI0;
use embassy_rp::uart::{self, BufferedUart};
use embassy_rp::{spi, spi::Blocking};
use embedded_hal::delay::DelayNs;

/// `BufferedUart` fits as it is: its interrupt receives, and it tells of losses.
pub fn uart<'b, C: Clock>(
    uart: BufferedUart,
    clock: C,
    line: &'b mut [u8],
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<st67::Module<'b, BufferedUart, C>, st67::Error<uart::Error>> {
    st67::Module::new(uart, clock, line, sockets)
}

/// `Spi` fits as it is.
#[allow(clippy::type_complexity)]
pub fn spi<'b, D: DelayNs, C: Clock>(
    bus: spi::Spi<'b, SPI0, Blocking>,
    (cs, rdy, delay): (Output<'b>, Input<'b>, D),
    clock: C,
    (meanwhile, line): (&'b mut [u8], &'b mut [u8]),
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<
    st67::Module<'b, Spi<'b, spi::Spi<'b, SPI0, Blocking>, Output<'b>, Input<'b>, D>, C>,
    st67::Error<SpiError>,
> {
    let spi = Spi::new(bus, cs, rdy, delay, meanwhile);
    st67::Module::new(spi, clock, line, sockets)
}
