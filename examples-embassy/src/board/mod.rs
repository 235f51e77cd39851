//! A Raspberry Pi Pico: executors, time, sleep and watchdog. How the module is wired to it is told in
//! `spi` and `uart`, of which one is built.

#[cfg(not(feature = "uart"))]
pub mod spi;
#[cfg(feature = "uart")]
pub mod uart;

use core::cell::RefCell;
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicBool, Ordering};

use atwifi::Clock;
use atwifi::transport::Signal;
use cortex_m::asm::wfi;
use defmt_rtt as _;
use embassy_executor::{InterruptExecutor, SendSpawner};
use embassy_rp::gpio::{Level, Output};
use embassy_rp::interrupt;
use embassy_rp::interrupt::{InterruptExt, Priority};
use embassy_rp::watchdog::Watchdog;
use embassy_sync::blocking_mutex::CriticalSectionMutex;
use embassy_time::{Duration, Instant};
use panic_probe as _;

#[cfg(not(feature = "uart"))]
pub use spi as wire;
#[cfg(feature = "uart")]
pub use uart as wire;

/// How long nobody may feed the watchdog until it restarts the chip; 8.3 s is what it can wait.
const PATIENCE: Duration = Duration::from_secs(2);

static URGENT: InterruptExecutor = InterruptExecutor::new();
static WATCHDOG: CriticalSectionMutex<RefCell<Option<Watchdog>>> =
    CriticalSectionMutex::new(RefCell::new(None));
/// Whether a tick was on time since the watchdog was fed.
static IS_TICKING: AtomicBool = AtomicBool::new(false);
/// For the tasks that wait for the module to speak.
pub static HEARD: Signal = Signal::new();
/// Whether the module has spoken since the core wanted to sleep.
static HAS_SPOKEN: AtomicBool = AtomicBool::new(false);

defmt::timestamp!("{=u64:ms}", Instant::now().as_millis());

/// What a program uses of the board.
pub struct Board {
    pub led: Output<'static>,
    pub wire: wire::Wire,
    /// Low holds the module in reset, which is how it begins.
    pub reset: Output<'static>,
    pub clock: Uptime,
    /// Where tasks run that must be on time: they interrupt those of the thread, where the network is.
    pub urgent: SendSpawner,
}

impl Board {
    /// Sets everything up, and starts the watchdog; once.
    pub fn take() -> Board {
        let chip = embassy_rp::init(Default::default());
        // Below the interrupts of timer and line, which take no longer than some microseconds.
        interrupt::SWI_IRQ_1.set_priority(Priority::P1);
        let urgent = URGENT.start(interrupt::SWI_IRQ_1);
        #[cfg(not(feature = "uart"))]
        let parts = spi::Parts {
            spi: chip.SPI0,
            miso: chip.PIN_16,
            cs: chip.PIN_17,
            clk: chip.PIN_18,
            mosi: chip.PIN_19,
            rdy: chip.PIN_20,
            reset: chip.PIN_21,
        };
        #[cfg(feature = "uart")]
        let parts = uart::Parts {
            uart: chip.UART1,
            tx: chip.PIN_4,
            rx: chip.PIN_5,
            reset: chip.PIN_8,
        };
        let (wire, reset) = wire::connect(parts, urgent);
        let mut watchdog = Watchdog::new(chip.WATCHDOG);
        if watchdog.reset_reason().is_some() {
            defmt::warn!("restarted by the watchdog");
        }
        watchdog.start(PATIENCE);
        WATCHDOG.lock(|place| place.replace(Some(watchdog)));
        Board {
            led: Output::new(chip.PIN_25, Level::Low),
            wire,
            reset,
            clock: Uptime(()),
            urgent,
        }
    }
}

#[interrupt]
unsafe fn SWI_IRQ_1() {
    // SAFETY: it is the interrupt of this executor, unmasked when that has started.
    unsafe { URGENT.on_interrupt() }
}

/// From the urgent executor: its tasks run.
pub fn is_ticking() {
    IS_TICKING.store(true, Ordering::Relaxed);
}

/// From the executor of the thread: it runs too, or waits for the module. Only both together feed the
/// watchdog.
pub fn feed() {
    if !IS_TICKING.load(Ordering::Relaxed) {
        return;
    }
    IS_TICKING.store(false, Ordering::Relaxed);
    WATCHDOG.lock(|watchdog| {
        if let Some(watchdog) = &mut *watchdog.borrow_mut() {
            watchdog.feed(PATIENCE);
        }
    });
}

/// From interrupts: the module has spoken.
fn heard() {
    HAS_SPOKEN.store(true, Ordering::Relaxed);
    HEARD.wake();
}

/// Milliseconds since the start. A call of the driver that waits lets the core sleep.
#[derive(Clone, Copy)]
pub struct Uptime(());

impl Clock for Uptime {
    fn now(&mut self) -> u32 {
        Instant::now().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        feed();
        // What comes behind the question must not find the core asleep: with interrupts masked it still
        // wakes it, and is taken in right behind this. Not by WFE: that would take from the executor
        // the event which tells it that a task is to be run.
        cortex_m::interrupt::free(|_| {
            if !HAS_SPOKEN.load(Ordering::Relaxed) {
                wfi();
            }
            HAS_SPOKEN.store(false, Ordering::Relaxed);
        });
        ControlFlow::Continue(())
    }
}
