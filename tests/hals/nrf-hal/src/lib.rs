//! On nrf-hal.
#![no_std]

use atwifi::transport::{Halves, HalvesError, Overrun, Reader, Ring, Spi, SpiError};
use atwifi::{Clock, SocketMemory, st67};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_io::{Read, ReadReady};
use nrf52840_hal::Spim;
use nrf52840_hal::pac::{SPIM3, UARTE0};
use nrf52840_hal::uarte::{Error, UarteRx, UarteTx};

static RECEIVED: Ring<2048> = Ring::new();

/// In the interrupt of the UARTE (ENDRX), and once before the first.
pub fn received(rx: &mut UarteRx<UARTE0>) {
    let mut byte = [0];
    loop {
        // Where nothing has come, this begins the next transfer.
        match rx.read_ready() {
            Ok(true) => match rx.read(&mut byte) {
                Ok(_) => {
                    RECEIVED.push(byte[0]);
                }
                Err(_) => RECEIVED.overrun(),
            },
            Ok(false) => return,
            Err(_) => return RECEIVED.overrun(),
        }
    }
}

type Wire = Halves<Reader<'static, 2048>, UarteTx<UARTE0>>;

/// `UarteRx` would fit as it is, and lose nearly everything: it begins a transfer of one byte when
/// it is asked for one. In the interrupt it keeps up with bit rates for which that is soon enough.
pub fn uart<'b, C: Clock>(
    tx: UarteTx<UARTE0>,
    clock: C,
    line: &'b mut [u8],
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<st67::Module<'b, Wire, C>, st67::Error<HalvesError<Overrun, Error>>> {
    let uart = Halves::new(RECEIVED.reader(), tx);
    st67::Module::new(uart, clock, line, sockets)
}

/// `Spim` fits as it is.
#[allow(clippy::type_complexity)]
pub fn spi<'b, CS: OutputPin, RDY: InputPin, D: DelayNs, C: Clock>(
    bus: Spim<SPIM3>,
    (cs, rdy, delay): (CS, RDY, D),
    clock: C,
    (meanwhile, line): (&'b mut [u8], &'b mut [u8]),
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<st67::Module<'b, Spi<'b, Spim<SPIM3>, CS, RDY, D>, C>, st67::Error<SpiError>> {
    let spi = Spi::new(bus, cs, rdy, delay, meanwhile);
    st67::Module::new(spi, clock, line, sockets)
}
