//! An SPI and two pins that cost next to nothing, as the UART.

use core::convert::Infallible;

use atwifi::transport::Spi;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::spi::{self, SpiBus};

/// The data register of SPI1 (reference manual RM0090, 28.5), which takes a byte whenever it is told to.
const DATA: *mut u32 = 0x4001_300c as *mut u32;
/// Input and output of GPIOB (8.4).
const INPUT: *mut u32 = 0x4002_0410 as *mut u32;
const OUTPUT: *mut u32 = 0x4002_0414 as *mut u32;

/// What is lent for what the module says while it is spoken to: any line of text.
pub const MEANWHILE: usize = 260;

/// The transport.
pub type OnSpi = Spi<'static, Bus, Pin, Pin, Pause>;

/// The transport, in memory with a fixed place.
pub fn on_spi(meanwhile: &'static mut [u8]) -> OnSpi {
    Spi::new(Bus, Pin, Pin, Pause, meanwhile)
}

/// SCK, MOSI, MISO.
pub struct Bus;

fn exchange(byte: u8) -> u8 {
    // SAFETY: a register that nobody else uses.
    unsafe {
        DATA.write_volatile(byte.into());
        DATA.read_volatile() as u8
    }
}

impl spi::ErrorType for Bus {
    type Error = Infallible;
}

impl SpiBus for Bus {
    fn read(&mut self, words: &mut [u8]) -> Result<(), Infallible> {
        words.iter_mut().for_each(|word| *word = exchange(0));
        Ok(())
    }

    fn write(&mut self, words: &[u8]) -> Result<(), Infallible> {
        for &word in words {
            exchange(word);
        }
        Ok(())
    }

    fn transfer(&mut self, read: &mut [u8], write: &[u8]) -> Result<(), Infallible> {
        for (place, &word) in read.iter_mut().zip(write) {
            *place = exchange(word);
        }
        Ok(())
    }

    fn transfer_in_place(&mut self, words: &mut [u8]) -> Result<(), Infallible> {
        words.iter_mut().for_each(|word| *word = exchange(*word));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// CS or RDY.
pub struct Pin;

impl digital::ErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        // SAFETY: as above.
        unsafe { OUTPUT.write_volatile(0) };
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        // SAFETY: as above.
        unsafe { OUTPUT.write_volatile(1) };
        Ok(())
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        // SAFETY: as above.
        Ok(unsafe { INPUT.read_volatile() } & 1 != 0)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|is_high| !is_high)
    }
}

/// A delay of a loop.
pub struct Pause;

impl DelayNs for Pause {
    fn delay_ns(&mut self, ns: u32) {
        for _ in 0..ns {
            exchange(0);
        }
    }

    fn delay_us(&mut self, us: u32) {
        self.delay_ns(us);
    }
}
