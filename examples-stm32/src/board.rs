//! An STM32F405 and how the module is wired to it. On another STM32F4, change the feature of
//! `stm32f4xx-hal` in `Cargo.toml`, the sizes in `memory.x`, and the bit rates here.
//!
//! | STM32 | Nucleo-64 | module |
//! |---|---|---|
//! | PC10, USART3 TX | CN7, 1 | RX |
//! | PC11, USART3 RX | CN7, 2 | TX |
//! | PA8 | D7 | reset: CHIP_EN, or nRESET |

use core::cell::RefCell;
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicU32, Ordering};

use atwifi::Clock;
use atwifi::transport::{Halves, Nb, Reader, Ring};
use cortex_m::peripheral::NVIC;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::Mutex;
use embedded_hal::delay::DelayNs;
use stm32f4xx_hal::gpio::{Output, PA8, PinState};
use stm32f4xx_hal::nb;
use stm32f4xx_hal::pac::{self, USART3, interrupt};
use stm32f4xx_hal::prelude::*;
use stm32f4xx_hal::rcc;
use stm32f4xx_hal::serial::{Config, Rx, Serial, Tx};

#[cfg(not(feature = "qemu"))]
use defmt_rtt as _;
#[cfg(feature = "qemu")]
use defmt_semihosting as _;
use panic_probe as _;

pub use cortex_m_rt::entry;

/// The most that this chip runs at, in hertz.
const CORE_HZ: u32 = 168_000_000;
/// Room for what the module sends while the program is busy: 10 ms at 2 Mbit/s.
const RING: usize = 2048;

/// What the module has sent and nobody has read yet.
static RECEIVED: Ring<RING> = Ring::new();
static RX: Mutex<RefCell<Option<Rx<USART3>>>> = Mutex::new(RefCell::new(None));
static UPTIME_MS: AtomicU32 = AtomicU32::new(0);

defmt::timestamp!("{=u32:ms}", UPTIME_MS.load(Ordering::Relaxed));

/// The serial line to the module: received in an interrupt, sent by waiting.
pub type Uart = Halves<Reader<'static, RING>, Nb<Tx<USART3>>>;

/// What a program uses of the board.
pub struct Board {
    pub uart: Uart,
    /// Low holds the module in reset, which is how it begins.
    pub reset: PA8<Output>,
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

        let (port_a, port_c) = (chip.GPIOA.split(&mut rcc), chip.GPIOC.split(&mut rcc));
        let reset = port_a.pa8.into_push_pull_output_in_state(PinState::Low);
        let config = Config::default().baudrate(crate::settings::BAUD.bps());
        let pins = (port_c.pc10, port_c.pc11);
        let uart = Serial::new(chip.USART3, pins, config, &mut rcc);
        let (tx, mut rx) = uart.expect("the clock can make the bit rate").split();
        rx.listen();
        critical_section::with(|cs| RX.replace(cs, Some(rx)));
        // SAFETY: no critical section is open that relies on this interrupt being masked.
        unsafe { NVIC::unmask(interrupt::USART3) };

        let mut systick = core.SYST;
        systick.set_clock_source(SystClkSource::Core);
        systick.set_reload(CORE_HZ / 1000 - 1);
        systick.clear_current();
        systick.enable_interrupt();
        systick.enable_counter();

        Board {
            uart: Halves::new(RECEIVED.reader(), Nb::new(tx)),
            reset,
            clock: Uptime(()),
        }
    }
}

#[interrupt]
fn USART3() {
    critical_section::with(|cs| {
        let mut rx = RX.borrow_ref_mut(cs);
        let Some(rx) = rx.as_mut() else { return };
        loop {
            match rx.read() {
                // A full ring counts what it loses, and its reader reports it.
                Ok(byte) => {
                    RECEIVED.push(byte);
                }
                Err(nb::Error::Other(_)) => RECEIVED.overrun(),
                Err(nb::Error::WouldBlock) => return,
            }
        }
    });
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
        // A byte that arrives after the question must not find the core asleep: with interrupts
        // masked it still wakes it, and is taken in right behind this.
        critical_section::with(|_| {
            if RECEIVED.is_empty() {
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
