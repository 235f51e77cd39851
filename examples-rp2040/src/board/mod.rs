//! A Raspberry Pi Pico: clocks, time and sleep. How the module is wired to it is told in `spi` and
//! `uart`, of which one is built.

#[cfg(not(feature = "uart"))]
pub mod spi;
#[cfg(feature = "uart")]
pub mod uart;

use core::ops::ControlFlow;
use core::sync::atomic::{AtomicU32, Ordering};

use atwifi::Clock;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use defmt_rtt as _;
use embedded_hal::delay::DelayNs;
use panic_probe as _;
use rp2040_hal::clocks::init_clocks_and_plls;
use rp2040_hal::gpio::Pins;
use rp2040_hal::pac;
use rp2040_hal::{Clock as _, Sio, Watchdog};

pub use rp2040_hal::entry;
#[cfg(not(feature = "uart"))]
pub use spi as wire;
#[cfg(feature = "uart")]
pub use uart as wire;

/// The crystal of the Pico, in hertz.
const CRYSTAL_HZ: u32 = 12_000_000;
static UPTIME_MS: AtomicU32 = AtomicU32::new(0);

defmt::timestamp!("{=u32:ms}", UPTIME_MS.load(Ordering::Relaxed));

/// The second-stage bootloader, for the flash chip of the Pico.
#[unsafe(link_section = ".boot2")]
#[used]
static BOOT2: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

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
        let mut chip = pac::Peripherals::take().expect("nobody else has set up the board");
        let core = cortex_m::Peripherals::take().expect("nobody else has set up the core");
        let clocks = init_clocks_and_plls(
            CRYSTAL_HZ,
            chip.XOSC,
            chip.CLOCKS,
            chip.PLL_SYS,
            chip.PLL_USB,
            &mut chip.RESETS,
            &mut Watchdog::new(chip.WATCHDOG),
        );
        let Ok(clocks) = clocks else {
            panic!("the crystal and the PLLs start");
        };

        let sio = Sio::new(chip.SIO);
        let pins = Pins::new(
            chip.IO_BANK0,
            chip.PADS_BANK0,
            sio.gpio_bank0,
            &mut chip.RESETS,
        );
        #[cfg(not(feature = "uart"))]
        let (wire, reset) = spi::connect(chip.SPI0, chip.TIMER, pins, &mut chip.RESETS, &clocks);
        #[cfg(feature = "uart")]
        let (wire, reset) = uart::connect(chip.UART1, pins, &mut chip.RESETS, &clocks);

        let mut systick = core.SYST;
        systick.set_clock_source(SystClkSource::Core);
        systick.set_reload(clocks.system_clock.freq().to_Hz() / 1000 - 1);
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
