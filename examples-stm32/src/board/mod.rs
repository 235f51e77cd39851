//! An STM32F405: clocks, time and sleep. On another STM32F4, change the feature of `stm32f4xx-hal` in
//! `Cargo.toml`, the sizes in `memory.x`, and the clock here. How the module is wired to it is told in
//! `spi` and `uart`, of which one is built; `dma` is beside the former.

#[cfg(all(feature = "dma", not(feature = "uart")))]
pub mod dma;
#[cfg(not(feature = "uart"))]
pub mod spi;
#[cfg(feature = "uart")]
pub mod uart;

use core::ops::ControlFlow;
use core::sync::atomic::{AtomicU32, Ordering};

use atwifi::Clock;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use embedded_hal::delay::DelayNs;
use stm32f4xx_hal::pac;
use stm32f4xx_hal::prelude::*;
use stm32f4xx_hal::rcc;

#[cfg(not(feature = "qemu"))]
use defmt_rtt as _;
#[cfg(feature = "qemu")]
use defmt_semihosting as _;
use panic_probe as _;

pub use cortex_m_rt::entry;
#[cfg(not(feature = "uart"))]
pub use spi as wire;
#[cfg(feature = "uart")]
pub use uart as wire;

/// The most that this chip runs at, in hertz.
const CORE_HZ: u32 = 168_000_000;
static UPTIME_MS: AtomicU32 = AtomicU32::new(0);

defmt::timestamp!("{=u32:ms}", UPTIME_MS.load(Ordering::Relaxed));

/// What a program uses of the board.
pub struct Board {
    pub wire: wire::Wire,
    /// Low holds the module in reset, which is how it begins.
    pub reset: wire::Reset,
    pub clock: Uptime,
}

impl Board {
    /// Sets everything up; once.
    pub fn take() -> Board {
        let chip = pac::Peripherals::take().expect("nobody else has set up the board");
        let core = cortex_m::Peripherals::take().expect("nobody else has set up the core");
        #[cfg(feature = "qemu")]
        pretend_ready(&chip.RCC);
        // The internal oscillator, so that it runs on any board. It may be 1 % off; where there is a
        // crystal, say `hse(8.MHz())`.
        let mut rcc = chip.RCC.freeze(rcc::Config::hsi().sysclk(CORE_HZ.Hz()));

        #[cfg(not(feature = "uart"))]
        let (wire, reset) = {
            let ports = (chip.GPIOA.split(&mut rcc), chip.GPIOB.split(&mut rcc));
            spi::connect(
                chip.SPI1,
                #[cfg(feature = "dma")]
                chip.DMA2,
                ports,
                chip.EXTI,
                chip.SYSCFG,
                &mut rcc,
            )
        };
        #[cfg(feature = "uart")]
        let (wire, reset) = {
            let ports = (chip.GPIOA.split(&mut rcc), chip.GPIOC.split(&mut rcc));
            uart::connect(chip.USART3, ports, &mut rcc)
        };

        let mut systick = core.SYST;
        systick.set_clock_source(SystClkSource::Core);
        systick.set_reload(CORE_HZ / 1000 - 1);
        systick.clear_current();
        systick.enable_interrupt();
        systick.enable_counter();

        Board {
            wire,
            reset,
            clock: Uptime(()),
        }
    }
}

#[exception]
fn SysTick() {
    let now = UPTIME_MS.load(Ordering::Relaxed);
    UPTIME_MS.store(now.wrapping_add(1), Ordering::Relaxed);
}

/// Milliseconds since the start. Whoever waits for it sleeps.
#[derive(Clone, Copy)]
pub struct Uptime(());

impl Clock for Uptime {
    fn now(&mut self) -> u32 {
        UPTIME_MS.load(Ordering::Relaxed)
    }

    fn idle(&mut self) -> ControlFlow<()> {
        // What comes after the question must not find the core asleep: with interrupts masked it still
        // wakes it, and is taken in right behind this.
        critical_section::with(|_| {
            if wire::is_silent() {
                cortex_m::asm::wfi();
            }
        });
        ControlFlow::Continue(())
    }
}

impl DelayNs for Uptime {
    fn delay_ns(&mut self, ns: u32) {
        self.delay_ms(ns.div_ceil(1_000_000));
    }

    fn delay_ms(&mut self, ms: u32) {
        let start = self.now();
        // The millisecond that has begun does not count.
        while self.now().wrapping_sub(start) <= ms {
            cortex_m::asm::wfi();
        }
    }
}

/// QEMU never says that an oscillator is ready. On a chip these bits cannot be written.
#[cfg(feature = "qemu")]
fn pretend_ready(rcc: &pac::RCC) {
    const HSI_PLL_READY: u32 = 1 << 1 | 1 << 25;
    // SAFETY: all other bits stay as they are.
    rcc.cr()
        .modify(|now, cr| unsafe { cr.bits(now.bits() | HSI_PLL_READY) });
}
