//! A UART whose module sleeps until a pin wakes it.

use core::convert::Infallible;
use core::task::Waker;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_io::{ErrorType, Read, Write};

use super::Transport;

/// A transport whose module may be asleep, and hears nothing then: before the driver speaks, a pin wakes
/// it; when a call of the driver is over, the pin lets it sleep again. To listen, it is not woken.
///
/// The pin is high to wake (ST67 reference 7.1.2: GPIO 16 or 28 of the module), and low to begin with. An
/// [`Spi`](super::Spi) needs none of this: its chip select is that pin, and the module says when it is
/// awake.
///
/// ```
/// use atwifi::transport::{Transport, Waking};
/// use embedded_io::Write;
/// # use atwifi::mock::Uart;
/// # use core::convert::Infallible;
/// # #[derive(Clone, Default)]
/// # struct Pin(std::rc::Rc<std::cell::Cell<bool>>);
/// # impl embedded_hal::digital::ErrorType for Pin { type Error = Infallible; }
/// # impl embedded_hal::digital::OutputPin for Pin {
/// #     fn set_low(&mut self) -> Result<(), Infallible> { Ok(self.0.set(false)) }
/// #     fn set_high(&mut self) -> Result<(), Infallible> { Ok(self.0.set(true)) }
/// # }
/// # struct Delay;
/// # impl embedded_hal::delay::DelayNs for Delay { fn delay_ns(&mut self, _: u32) {} }
/// # let (uart, pin, delay) = (Uart::new().expect("AT\r\n"), Pin::default(), Delay);
/// # let level = pin.0.clone();
/// // 20 ms from the pin to the first byte.
/// let mut transport = Waking::new(uart, pin, delay, 20);
/// transport.write(b"AT\r\n")?;
/// assert!(level.get());
/// // The driver does this at the end of each call.
/// transport.rest();
/// assert!(!level.get());
/// # Ok::<(), atwifi::mock::Failure>(())
/// ```
#[derive(Debug)]
pub struct Waking<T, P, D> {
    transport: T,
    pin: P,
    delay: D,
    settle_ms: u32,
    is_awake: bool,
}

impl<T, P: OutputPin<Error = Infallible>, D: DelayNs> Waking<T, P, D> {
    /// Takes a transport, the pin that wakes its module, and how long that takes, in milliseconds. No
    /// source gives a figure for it: measure it, and be generous.
    pub fn new(transport: T, pin: P, delay: D, settle_ms: u32) -> Self {
        Waking {
            transport,
            pin,
            delay,
            settle_ms,
            is_awake: false,
        }
    }

    /// Gives the transport, the pin and the delay back.
    pub fn release(self) -> (T, P, D) {
        (self.transport, self.pin, self.delay)
    }

    fn wake(&mut self) {
        if !core::mem::replace(&mut self.is_awake, true) {
            let Ok(()) = self.pin.set_high();
            self.delay.delay_ms(self.settle_ms);
        }
    }
}

impl<T: ErrorType, P, D> ErrorType for Waking<T, P, D> {
    type Error = T::Error;
}

impl<T: Transport, P: OutputPin<Error = Infallible>, D: DelayNs> Transport for Waking<T, P, D> {
    fn read_ready(&mut self) -> Result<bool, T::Error> {
        self.transport.read_ready()
    }

    fn restart(&mut self) -> Result<(), T::Error> {
        self.transport.restart()
    }

    fn trouble(&mut self) -> Result<(), T::Error> {
        self.transport.trouble()
    }

    fn rest(&mut self) {
        self.transport.rest();
        let Ok(()) = self.pin.set_low();
        self.is_awake = false;
    }

    fn wake_when_ready(&mut self, waker: &Waker) {
        self.transport.wake_when_ready(waker);
    }
}

impl<T: Read, P, D> Read for Waking<T, P, D> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, T::Error> {
        self.transport.read(into)
    }
}

impl<T: Write, P: OutputPin<Error = Infallible>, D: DelayNs> Write for Waking<T, P, D> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, T::Error> {
        self.wake();
        self.transport.write(bytes)
    }

    fn flush(&mut self) -> Result<(), T::Error> {
        self.transport.flush()
    }
}
