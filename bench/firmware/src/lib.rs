//! What the firmware that is measured for its size shares: the work, and a UART and a clock of
//! which nothing can be known before it runs, and which cost next to nothing.
#![no_std]

mod datagrams;
pub mod dialect;
pub mod meter;
mod rust_mqtt_session;
pub mod spi;
pub mod work;

use core::convert::Infallible;
use core::ops::ControlFlow;

use atwifi::Clock;
use embedded_io::{ErrorType, Read, ReadReady, Write};

/// Registers of USART2 (reference manual RM0090, 30.6).
const STATUS: *mut u32 = 0x4000_4400 as *mut u32;
const DATA: *mut u32 = 0x4000_4404 as *mut u32;
/// The counter of TIM2.
const COUNT: *mut u32 = 0x4000_0024 as *mut u32;

/// A UART without an interrupt.
pub struct Uart;

impl Uart {
    /// Whether a byte has come.
    pub fn has_byte(&self) -> bool {
        // SAFETY: a register that nobody else uses.
        unsafe { STATUS.read_volatile() & 0x20 != 0 }
    }

    /// The byte that has come.
    pub fn byte(&mut self) -> u8 {
        // SAFETY: as above.
        unsafe { DATA.read_volatile() as u8 }
    }

    /// Sends a byte.
    pub fn put(&mut self, byte: u8) {
        // SAFETY: as above.
        unsafe { DATA.write_volatile(byte.into()) }
    }
}

impl ErrorType for Uart {
    type Error = Infallible;
}

impl ReadReady for Uart {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.has_byte())
    }
}

impl Read for Uart {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let mut n = 0;
        for place in into {
            if !self.has_byte() {
                break;
            }
            *place = self.byte();
            n += 1;
        }
        Ok(n)
    }
}

impl Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        bytes.iter().for_each(|&byte| self.put(byte));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A timer that counts milliseconds.
pub struct Timer;

impl Clock for Timer {
    fn now(&mut self) -> u32 {
        // SAFETY: as above.
        unsafe { COUNT.read_volatile() }
    }

    fn idle(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A value that the compiler cannot know: what is decided by it stays in the firmware.
pub fn unknown() -> u32 {
    // SAFETY: as above.
    unsafe { COUNT.read_volatile() }
}

/// Takes a result, so that it is made.
pub fn take<T, E>(result: Result<T, E>) -> Option<T> {
    if result.is_err() {
        Uart.put(b'!');
    }
    result.ok()
}

/// The end.
pub fn halt() -> ! {
    loop {
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
    }
}

/// The panic handler that a user has at least.
#[macro_export]
macro_rules! panic_halts {
    () => {
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::halt()
        }
    };
}

/// Firmware that does one of the pieces of [`work`] on one of the dialects of [`dialect`].
#[macro_export]
macro_rules! firmware {
    ($dialect:ident, $work:ident) => {
        $crate::panic_halts!();

        #[cortex_m_rt::entry]
        fn main() -> ! {
            $crate::work::$work($crate::driver!($crate::dialect::$dialect));
            $crate::halt()
        }
    };
}

/// The same with memory for MQTT messages.
#[macro_export]
macro_rules! firmware_with_messages {
    ($dialect:ident, $work:ident) => {
        $crate::panic_halts!();

        #[cortex_m_rt::entry]
        fn main() -> ! {
            type Memory = atwifi::MqttMemory<'static, $crate::dialect::$dialect, 512>;
            let module = $crate::driver!($crate::dialect::$dialect);
            if let Some(messages) = cortex_m::singleton!(: Memory = Memory::new()) {
                module.lend_messages(messages);
            }
            $crate::work::$work(module);
            $crate::halt()
        }
    };
}

/// The driver of a dialect with the memory that one TCP client needs, in a fixed place.
#[macro_export]
macro_rules! driver {
    ($dialect:ty) => {
        $crate::driver!($dialect, $crate::Uart, $crate::Uart)
    };
    ($dialect:ty, $transport:ty, $value:expr) => {{
        use $crate::Timer;
        use $crate::dialect::Measured;
        type Driver = atwifi::Module<'static, $dialect, $transport, Timer>;
        type Memory = atwifi::SocketMemory<'static, { <$dialect>::AHEAD }>;
        let line = cortex_m::singleton!(: [u8; Driver::LINE_BUFFER] = [0; Driver::LINE_BUFFER]);
        let sockets = cortex_m::singleton!(: [Memory; 1] = [Memory::new()]);
        let (Some(line), Some(sockets)) = (line, sockets) else {
            $crate::halt()
        };
        let Ok(module) = Driver::new($value, Timer, line, sockets) else {
            $crate::halt()
        };
        match cortex_m::singleton!(: Driver = module) {
            Some(module) => module,
            None => $crate::halt(),
        }
    }};
}
