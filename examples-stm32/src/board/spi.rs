//! An ST67W611M1 on its SPI, as an X-NUCLEO-67W61M1 sits on a Nucleo-64.
//!
//! | STM32 | Nucleo-64 | X-NUCLEO-67W61M1 |
//! |---|---|---|
//! | PA5, SPI1 SCK | D13 | SCK |
//! | PA6, SPI1 MISO | D12 | MISO |
//! | PA7, SPI1 MOSI | D11 | MOSI |
//! | PB6 | D10 | CS, active high |
//! | PB3 | D3 | RDY |
//! | PB4 | D5 | CHIP_EN |
//! | PB10 | D6 | BOOT |

use atwifi::transport::Spi;
use cortex_m::peripheral::NVIC;
use embedded_hal::delay::DelayNs;
use embedded_hal::spi::MODE_0;
use stm32f4xx_hal::gpio::{Edge, Input, Output, PB3, PB4, PB6, PinState, gpioa, gpiob};
#[cfg(feature = "dma")]
use stm32f4xx_hal::pac::DMA2;
use stm32f4xx_hal::pac::{EXTI, GPIOB, SPI1, SYSCFG, interrupt};
use stm32f4xx_hal::prelude::*;
use stm32f4xx_hal::rcc::Rcc;

use super::CORE_HZ;
#[cfg(feature = "dma")]
use super::dma::SpiDma;

/// The module takes 40 MHz.
const CLOCK_MHZ: u32 = 21;
/// For what the module says while it is spoken to: any line of text.
const MEANWHILE: usize = 260;
/// RDY's pin, and its line among the interrupts.
const RDY: u32 = 1 << 3;

/// The SPI of the HAL moves each byte by itself.
#[cfg(not(feature = "dma"))]
pub type Bus = stm32f4xx_hal::spi::Spi<SPI1>;
#[cfg(feature = "dma")]
pub type Bus = SpiDma;
pub type Wire = Spi<'static, Bus, PB6<Output>, PB3<Input>, Cycles>;
pub type Reset = PB4<Output>;

/// Sets it up; once.
pub fn connect(
    spi: SPI1,
    #[cfg(feature = "dma")] dma: DMA2,
    (port_a, port_b): (gpioa::Parts, gpiob::Parts),
    mut exti: EXTI,
    syscfg: SYSCFG,
    rcc: &mut Rcc,
) -> (Wire, Reset) {
    let reset = port_b.pb4.into_push_pull_output_in_state(PinState::Low);
    // High as the module starts, it would begin its bootloader. It stays as it is.
    let _boot = port_b.pb10.into_push_pull_output_in_state(PinState::Low);
    let cs = port_b.pb6.into_push_pull_output_in_state(PinState::Low);
    // The module does not drive it while it starts.
    let mut rdy = port_b.pb3.into_pull_down_input();
    rdy.make_interrupt_source(&mut syscfg.constrain(rcc));
    rdy.trigger_on_edge(&mut exti, Edge::Rising);
    rdy.enable_interrupt(&mut exti);
    // SAFETY: no critical section is open that relies on this interrupt being masked.
    unsafe { NVIC::unmask(interrupt::EXTI3) };
    let lines = (Some(port_a.pa5), Some(port_a.pa6), Some(port_a.pa7));
    let bus = spi.spi(lines, MODE_0, CLOCK_MHZ.MHz(), rcc);
    #[cfg(feature = "dma")]
    let bus = SpiDma::new(bus, dma, rcc);
    let meanwhile = cortex_m::singleton!(: [u8; MEANWHILE] = [0; MEANWHILE]);
    let meanwhile = meanwhile.expect("nobody else has set up the SPI");
    (Spi::new(bus, cs, rdy, Cycles, meanwhile), reset)
}

/// Whether RDY is low.
pub fn is_silent() -> bool {
    // SAFETY: a look at the pins changes nothing.
    let pins = unsafe { (*GPIOB::ptr()).idr().read().bits() };
    pins & RDY == 0
}

/// RDY has risen, which ends the sleep; what is there is for the driver to fetch.
#[interrupt]
fn EXTI3() {
    // SAFETY: ones clear edges that were seen, and nobody else looks at them.
    unsafe { (*EXTI::ptr()).pr().write(|pending| pending.bits(RDY)) };
}

/// A delay of microseconds, by counting.
pub struct Cycles;

impl DelayNs for Cycles {
    fn delay_ns(&mut self, ns: u32) {
        cortex_m::asm::delay(ns.div_ceil(1000).saturating_mul(CORE_HZ / 1_000_000));
    }
}
