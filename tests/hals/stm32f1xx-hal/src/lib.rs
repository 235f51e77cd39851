//! On stm32f1xx-hal.
#![no_std]

use atwifi::transport::{Halves, Nb, Reader, Ring, Spi, SpiError};
use atwifi::{Clock, SocketMemory, st67};
use embedded_hal::delay::DelayNs;
use embedded_hal_nb::serial::Read;
use stm32f1xx_hal::gpio::{Input, Output, PA8, PA9};
use stm32f1xx_hal::pac::{SPI1, USART3};
use stm32f1xx_hal::serial::{Rx, Tx};
use stm32f1xx_hal::spi;

static RECEIVED: Ring<2048> = Ring::new();

/// In the interrupt of the UART.
pub fn received(rx: &mut Rx<USART3>) {
    loop {
        match Read::<u8>::read(rx) {
            Ok(byte) => {
                RECEIVED.push(byte);
            }
            Err(nb::Error::Other(_)) => RECEIVED.overrun(),
            Err(nb::Error::WouldBlock) => return,
        }
    }
}

type Wire = Halves<Reader<'static, 2048>, Nb<Tx<USART3>>>;

/// A `Ring` receives, `Tx` sends behind the adapter for `embedded-hal-nb`.
pub fn uart<'b, C: Clock>(
    tx: Tx<USART3>,
    clock: C,
    line: &'b mut [u8],
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<st67::Module<'b, Wire, C>, st67::Error<<Wire as embedded_io::ErrorType>::Error>> {
    let uart = Halves::new(RECEIVED.reader(), Nb::new(tx));
    st67::Module::new(uart, clock, line, sockets)
}

/// `Spi` fits as it is.
#[allow(clippy::type_complexity)]
pub fn spi<'b, D: DelayNs, C: Clock>(
    bus: spi::Spi<SPI1, u8>,
    (cs, rdy, delay): (PA8<Output>, PA9<Input>, D),
    clock: C,
    (meanwhile, line): (&'b mut [u8], &'b mut [u8]),
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<
    st67::Module<'b, Spi<'b, spi::Spi<SPI1, u8>, PA8<Output>, PA9<Input>, D>, C>,
    st67::Error<SpiError>,
> {
    let spi = Spi::new(bus, cs, rdy, delay, meanwhile);
    st67::Module::new(spi, clock, line, sockets)
}
