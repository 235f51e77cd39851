//! On embassy-nrf.
#![no_std]

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use atwifi::transport::{Spi, SpiError};
use atwifi::{Clock, SocketMemory, st67};
use embassy_nrf::buffered_uarte::{BufferedUarte, Error};
use embassy_nrf::gpio::{Input, Output};
use embassy_nrf::spim::Spim;
use embedded_hal::delay::DelayNs;
use embedded_io::{ErrorType, Read, ReadReady, Write};

/// `BufferedUarte` receives all by itself, but has asynchronous traits only.
pub struct Uarte<'d>(pub BufferedUarte<'d>);

/// What a call gives that has nothing to wait for; nothing if it has.
fn now<R>(call: impl Future<Output = R>) -> Option<R> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

impl ErrorType for Uarte<'_> {
    type Error = Error;
}

impl ReadReady for Uarte<'_> {
    fn read_ready(&mut self) -> Result<bool, Error> {
        self.0.read_ready()
    }
}

impl Read for Uarte<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Error> {
        now(self.0.read(into)).unwrap_or(Ok(0))
    }
}

impl Write for Uarte<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        now(self.0.write(bytes)).unwrap_or(Ok(0))
    }

    fn flush(&mut self) -> Result<(), Error> {
        loop {
            if let Some(done) = now(self.0.flush()) {
                return done;
            }
        }
    }
}

/// `BufferedUarte` in a type that asks it for what it has now.
pub fn uart<'b, C: Clock>(
    uart: BufferedUarte<'b>,
    clock: C,
    line: &'b mut [u8],
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<st67::Module<'b, Uarte<'b>, C>, st67::Error<Error>> {
    st67::Module::new(Uarte(uart), clock, line, sockets)
}

/// `Spim` fits as it is.
#[allow(clippy::type_complexity)]
pub fn spi<'b, D: DelayNs, C: Clock>(
    bus: Spim<'b>,
    (cs, rdy, delay): (Output<'b>, Input<'b>, D),
    clock: C,
    (meanwhile, line): (&'b mut [u8], &'b mut [u8]),
    sockets: &'b mut [SocketMemory<'b, 512>],
) -> Result<st67::Module<'b, Spi<'b, Spim<'b>, Output<'b>, Input<'b>, D>, C>, st67::Error<SpiError>>
{
    let spi = Spi::new(bus, cs, rdy, delay, meanwhile);
    st67::Module::new(spi, clock, line, sockets)
}
