//! A Raspberry Pi Pico and how the module is wired to it.
//!
//! | RP2040 | Pico pin | module |
//! |---|---|---|
//! | GPIO4, UART1 TX | 6 | RX |
//! | GPIO5, UART1 RX | 7 | TX |
//! | GPIO8 | 11 | reset: CHIP_EN, or nRESET |

use core::cell::RefCell;
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicU32, Ordering};

use atwifi::Clock;
use atwifi::transport::{Halves, Reader, Ring};
use cortex_m::peripheral::NVIC;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::Mutex;
use defmt_rtt as _;
use embedded_hal::delay::DelayNs;
use fugit::RateExtU32;
use panic_probe as _;
use rp2040_hal::clocks::init_clocks_and_plls;
use rp2040_hal::gpio::bank0::{Gpio4, Gpio5, Gpio8};
use rp2040_hal::gpio::{FunctionSioOutput, FunctionUart, Pin, PinState, Pins, PullDown, PullNone};
use rp2040_hal::pac::{self, UART1, interrupt};
use rp2040_hal::uart::{self, DataBits, StopBits, UartConfig, UartPeripheral};
use rp2040_hal::{Clock as _, Sio, Watchdog};

pub use rp2040_hal::entry;

/// The crystal of the Pico, in hertz.
const CRYSTAL_HZ: u32 = 12_000_000;
/// Room for what the module sends while the program is busy: 10 ms at 2 Mbit/s.
const RING: usize = 2048;

/// What the module has sent and nobody has read yet.
static RECEIVED: Ring<RING> = Ring::new();
static RX: Mutex<RefCell<Option<uart::Reader<UART1, UartPins>>>> = Mutex::new(RefCell::new(None));
static UPTIME_MS: AtomicU32 = AtomicU32::new(0);

defmt::timestamp!("{=u32:ms}", UPTIME_MS.load(Ordering::Relaxed));

/// The second-stage bootloader, for the flash chip of the Pico.
#[unsafe(link_section = ".boot2")]
#[used]
static BOOT2: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

/// The pins of the serial line; with GPIO6 (CTS) and GPIO7 (RTS) behind them, it has flow control.
type UartPins = (
    Pin<Gpio4, FunctionUart, PullNone>,
    Pin<Gpio5, FunctionUart, PullNone>,
);

/// The serial line to the module: received in an interrupt, sent by waiting.
pub type Uart = Halves<Reader<'static, RING>, uart::Writer<UART1, UartPins>>;

/// What a program uses of the board.
pub struct Board {
    pub uart: Uart,
    /// Low holds the module in reset, which is how it begins.
    pub reset: Pin<Gpio8, FunctionSioOutput, PullDown>,
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
        let reset = pins.gpio8.into_push_pull_output_in_state(PinState::Low);
        let baud = crate::settings::BAUD.Hz();
        let config = UartConfig::new(baud, DataBits::Eight, None, StopBits::One);
        let pins = (pins.gpio4.reconfigure(), pins.gpio5.reconfigure());
        let uart = UartPeripheral::new(chip.UART1, pins, &mut chip.RESETS)
            .enable(config, clocks.peripheral_clock.freq());
        let (mut rx, tx) = uart.expect("the clock can make the bit rate").split();
        rx.enable_rx_interrupt();
        critical_section::with(|cs| RX.replace(cs, Some(rx)));
        // SAFETY: no critical section is open that relies on this interrupt being masked.
        unsafe { NVIC::unmask(pac::Interrupt::UART1_IRQ) };

        let mut systick = core.SYST;
        systick.set_clock_source(SystClkSource::Core);
        systick.set_reload(clocks.system_clock.freq().to_Hz() / 1000 - 1);
        systick.clear_current();
        systick.enable_interrupt();
        systick.enable_counter();

        Board {
            uart: Halves::new(RECEIVED.reader(), tx),
            reset,
            clock: Uptime(()),
        }
    }
}

#[interrupt]
fn UART1_IRQ() {
    critical_section::with(|cs| {
        let rx = RX.borrow_ref(cs);
        let Some(rx) = rx.as_ref() else { return };
        let mut fifo = [0; 32];
        loop {
            let (bytes, is_whole) = match rx.read_raw(&mut fifo) {
                Ok(n) => (&fifo[..n], true),
                Err(nb::Error::Other(error)) => (error.discarded, false),
                Err(nb::Error::WouldBlock) => return,
            };
            for &byte in bytes {
                // A full ring counts what it loses, and its reader reports it.
                RECEIVED.push(byte);
            }
            if !is_whole {
                RECEIVED.overrun();
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
