//! On esp-hal.
#![no_std]

use atwifi::transport::{Halves, Reader, Ring, Spi, SpiError};
use atwifi::{Clock, SocketMemory, st67};
use embedded_hal::delay::DelayNs;
use esp_hal::Blocking;
use esp_hal::gpio::{Input, Output};
use esp_hal::spi::master;
use esp_hal::uart::{UartRx, UartTx};

static RECEIVED: Ring<2048> = Ring::new();

/// In the interrupt of the UART, for which it listens to `RxFifoFull` and `RxTimeout`.
pub fn received(rx: &mut UartRx<'_, Blocking>) {
    let mut fifo = [0; 64];
    loop {
        match rx.read_buffered(&mut fifo) {
            Ok(0) => return,
            Ok(n) => fifo[..n].iter().for_each(|&byte| {
                RECEIVED.push(byte);
            }),
            Err(_) => RECEIVED.overrun(),
        }
    }
}

type Wire<'b> = Halves<Reader<'static, 2048>, UartTx<'b, Blocking>>;

/// The UART would fit as it is, and lose what its FIFO of 128 bytes does not hold: a `Ring` receives.
pub fn uart<'b, C: Clock>(
    tx: UartTx<'b, Blocking>,
    clock: C,
    line: &'b mut [u8],
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<st67::Module<'b, Wire<'b>, C>, st67::Error<<Wire<'b> as embedded_io::ErrorType>::Error>>
{
    let uart = Halves::new(RECEIVED.reader(), tx);
    st67::Module::new(uart, clock, line, sockets)
}

/// `Spi` fits as it is.
#[allow(clippy::type_complexity)]
pub fn spi<'b, D: DelayNs, C: Clock>(
    bus: master::Spi<'b, Blocking>,
    (cs, rdy, delay): (Output<'b>, Input<'b>, D),
    clock: C,
    (meanwhile, line): (&'b mut [u8], &'b mut [u8]),
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<
    st67::Module<'b, Spi<'b, master::Spi<'b, Blocking>, Output<'b>, Input<'b>, D>, C>,
    st67::Error<SpiError>,
> {
    let spi = Spi::new(bus, cs, rdy, delay, meanwhile);
    st67::Module::new(spi, clock, line, sockets)
}
