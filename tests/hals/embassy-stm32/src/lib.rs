//! On embassy-stm32.
#![no_std]

use atwifi::transport::{Spi, SpiError};
use atwifi::{Clock, SocketMemory, st67};
use embassy_stm32::gpio::{Input, Output};
use embassy_stm32::mode::Blocking;
use embassy_stm32::spi::{self, mode::Master};
use embassy_stm32::usart::{self, BufferedUart};
use embedded_hal::delay::DelayNs;

/// `BufferedUart` fits as it is: its interrupt receives. What does not fit its buffer is lost in
/// silence: make it 2 KiB.
pub fn uart<'b, C: Clock>(
    uart: BufferedUart<'b>,
    clock: C,
    line: &'b mut [u8],
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<st67::Module<'b, BufferedUart<'b>, C>, st67::Error<usart::Error>> {
    st67::Module::new(uart, clock, line, sockets)
}

type Bus<'b> = spi::Spi<'b, Blocking, Master>;

/// `Spi` fits as it is.
#[allow(clippy::type_complexity)]
pub fn spi<'b, D: DelayNs, C: Clock>(
    bus: Bus<'b>,
    (cs, rdy, delay): (Output<'b>, Input<'b>, D),
    clock: C,
    (meanwhile, line): (&'b mut [u8], &'b mut [u8]),
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<st67::Module<'b, Spi<'b, Bus<'b>, Output<'b>, Input<'b>, D>, C>, st67::Error<SpiError>>
{
    let spi = Spi::new(bus, cs, rdy, delay, meanwhile);
    st67::Module::new(spi, clock, line, sockets)
}
