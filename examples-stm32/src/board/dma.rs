//! SPI1 with DMA: a whole payload by one transfer, and the core sleeps until it is over.
//!
//! The HAL's SPI is wrapped: what is short goes through it as before, the rest over streams 0 (to memory) and 3 (to the SPI) of DMA2. A chip with a data cache must clean it before
//! a transfer and invalidate it behind; on an STM32F4 the memory must not be that of the core (CCM).

use core::sync::atomic::{Ordering, fence};

use cortex_m::peripheral::NVIC;
use embedded_hal::spi::{ErrorType, SpiBus};
use stm32f4xx_hal::pac::{DMA2, SPI1, interrupt};
use stm32f4xx_hal::rcc::{Enable, Rcc};
use stm32f4xx_hal::spi::{Error, Spi};

/// Less than this is sooner done by the HAL.
const LEAST: usize = 32;
/// What goes out where nothing is to be said.
const NOTHING: u8 = 0;
/// Both streams belong to SPI1 by this channel.
const CHANNEL: u8 = 3;
const TO_MEMORY: usize = 0;
const TO_SPI: usize = 3;

/// SPI1, and the DMA that serves it.
pub struct SpiDma {
    spi: Spi<SPI1>,
    dma: DMA2,
}

/// Where a stream reads or writes: always the same byte, or one after the other.
#[derive(Clone, Copy)]
enum Memory {
    Byte(*const u8),
    Slice(*const u8),
}

impl SpiDma {
    pub fn new(spi: Spi<SPI1>, dma: DMA2, rcc: &mut Rcc) -> SpiDma {
        DMA2::enable(rcc);
        // SAFETY: no critical section is open that relies on this interrupt being masked.
        unsafe { NVIC::unmask(interrupt::DMA2_STREAM0) };
        SpiDma { spi, dma }
    }

    /// Moves so many bytes, both ways at once.
    ///
    /// # Safety
    ///
    /// They can be read at `from` and written at `to`.
    unsafe fn exchange(&mut self, to: Memory, from: Memory, count: usize) -> Result<(), Error> {
        // SAFETY: this is the only one that uses these registers now.
        let spi = unsafe { &*SPI1::ptr() };
        // What the caller has written is in memory before the DMA reads it.
        fence(Ordering::SeqCst);
        spi.cr2().modify(|_, cr2| cr2.rxdmaen().enabled());
        self.start(TO_MEMORY, to, count);
        self.start(TO_SPI, from, count);
        // Now the SPI asks for the first byte.
        spi.cr2().modify(|_, cr2| cr2.txdmaen().enabled());
        while !self.is_over() {
            critical_section::with(|_| {
                if !self.is_over() {
                    cortex_m::asm::wfi();
                }
            });
        }
        spi.cr2()
            .modify(|_, cr2| cr2.txdmaen().disabled().rxdmaen().disabled());
        fence(Ordering::SeqCst);
        if self.dma.lisr().read().tcif0().bit_is_set() {
            return Ok(());
        }
        // Not all of that is memory which the DMA reaches.
        for stream in [TO_MEMORY, TO_SPI] {
            self.dma.st(stream).cr().reset();
        }
        Err(Error::Overrun)
    }

    /// All bytes are in memory, or a stream has failed.
    fn is_over(&self) -> bool {
        let flags = self.dma.lisr().read();
        flags.tcif0().bit_is_set() || flags.teif0().bit_is_set() || flags.teif3().bit_is_set()
    }

    fn start(&mut self, stream: usize, memory: Memory, count: usize) {
        let (address, is_slice) = match memory {
            Memory::Byte(byte) => (byte, false),
            Memory::Slice(bytes) => (bytes, true),
        };
        let is_to_spi = stream == TO_SPI;
        let registers = self.dma.st(stream);
        // A stream does not start while one of its flags stands.
        self.dma.lifcr().write(|flags| match is_to_spi {
            false => flags.ctcif0().clear().chtif0().clear().cteif0().clear(),
            true => flags.ctcif3().clear().chtif3().clear().cteif3().clear(),
        });
        let data = SPI1::ptr() as u32 + 0x0c;
        // SAFETY: the addresses are right, says the caller of `exchange`.
        registers.par().write(|par| unsafe { par.bits(data) });
        // SAFETY: as above.
        registers
            .m0ar()
            .write(|m0ar| unsafe { m0ar.bits(address as u32) });
        // SAFETY: a frame and its header fit 16 bits.
        registers
            .ndtr()
            .write(|ndtr| unsafe { ndtr.bits(count as u32) });
        registers.cr().write(|cr| {
            // SAFETY: this channel is there.
            let cr = unsafe { cr.chsel().bits(CHANNEL) };
            match is_to_spi {
                true => cr.dir().memory_to_peripheral(),
                false => cr.dir().peripheral_to_memory().tcie().enabled(),
            };
            cr.minc().bit(is_slice)
        });
        registers.cr().modify(|_, cr| cr.en().enabled());
    }
}

impl ErrorType for SpiDma {
    type Error = Error;
}

impl SpiBus for SpiDma {
    fn read(&mut self, words: &mut [u8]) -> Result<(), Error> {
        if words.len() < LEAST {
            return SpiBus::read(&mut self.spi, words);
        }
        let (to, from) = (Memory::Slice(words.as_mut_ptr()), Memory::Byte(&NOTHING));
        // SAFETY: nobody else has the words until they are there.
        unsafe { self.exchange(to, from, words.len()) }
    }

    fn write(&mut self, words: &[u8]) -> Result<(), Error> {
        if words.len() < LEAST {
            return SpiBus::write(&mut self.spi, words);
        }
        let mut unread = NOTHING;
        let to = Memory::Byte(&raw mut unread);
        // SAFETY: all of that lives until it is sent.
        unsafe { self.exchange(to, Memory::Slice(words.as_ptr()), words.len()) }
    }

    fn transfer(&mut self, read: &mut [u8], write: &[u8]) -> Result<(), Error> {
        SpiBus::transfer(&mut self.spi, read, write)
    }

    fn transfer_in_place(&mut self, words: &mut [u8]) -> Result<(), Error> {
        if words.len() < LEAST {
            return SpiBus::transfer_in_place(&mut self.spi, words);
        }
        let both = Memory::Slice(words.as_mut_ptr());
        // SAFETY: nobody else has the words until they are there; each goes out before one comes in.
        unsafe { self.exchange(both, both, words.len()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        SpiBus::flush(&mut self.spi)
    }
}

/// A transfer is over, which ends the sleep; who waits for it sees the flag.
#[interrupt]
fn DMA2_STREAM0() {
    // SAFETY: the stream is off; with this it does not interrupt any more.
    unsafe {
        (*DMA2::ptr())
            .st(TO_MEMORY)
            .cr()
            .modify(|_, cr| cr.tcie().disabled())
    };
}
