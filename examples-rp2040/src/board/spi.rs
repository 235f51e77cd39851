//! An ST67W611M1 on its SPI, by jumper wires.
//!
//! | RP2040 | Pico pin | module | X-NUCLEO-67W61M1 |
//! |---|---|---|---|
//! | GPIO16, SPI0 RX | 21 | MISO | D12 |
//! | GPIO17 | 22 | CS, active high | D10 |
//! | GPIO18, SPI0 SCK | 24 | SCK | D13 |
//! | GPIO19, SPI0 TX | 25 | MOSI | D11 |
//! | GPIO20 | 26 | RDY | D3 |
//! | GPIO21 | 27 | CHIP_EN | D5 |
//! | GND | 23, 28 | GND, BOOT | GND, D6 |

use atwifi::transport::Spi;
use cortex_m::peripheral::NVIC;
use embedded_hal::spi::MODE_0;
use fugit::RateExtU32;
use rp2040_hal::clocks::ClocksManager;
use rp2040_hal::gpio::bank0::{Gpio16, Gpio17, Gpio18, Gpio19, Gpio20, Gpio21};
use rp2040_hal::gpio::{
    FunctionSioInput, FunctionSioOutput, FunctionSpi, Interrupt, Pin, PinState, Pins, PullDown,
    PullNone,
};
use rp2040_hal::pac::{self, RESETS, SPI0, TIMER, interrupt};
use rp2040_hal::spi::{self, Enabled};
use rp2040_hal::{Clock as _, Timer};

/// The module takes 40 MHz; wires that lie loosely do not.
const CLOCK_MHZ: u32 = 10;
/// For what the module says while it is spoken to: any line of text.
const MEANWHILE: usize = 260;
/// RDY's pin; in its interrupt registers, of eight pins each, its rising edge.
const RDY: usize = 20;
const RDY_RISES: u32 = 1 << (RDY % 8 * 4 + 3);

type SpiPins = (
    Pin<Gpio19, FunctionSpi, PullNone>,
    Pin<Gpio16, FunctionSpi, PullDown>,
    Pin<Gpio18, FunctionSpi, PullNone>,
);

/// The SPI of the HAL moves each byte by itself. One with DMA is handed over in its place.
type Bus = rp2040_hal::Spi<Enabled, SPI0, SpiPins>;
pub type Wire = Spi<
    'static,
    Bus,
    Pin<Gpio17, FunctionSioOutput, PullDown>,
    Pin<Gpio20, FunctionSioInput, PullDown>,
    Timer,
>;
pub type Reset = Pin<Gpio21, FunctionSioOutput, PullDown>;

/// Sets it up; once.
pub fn connect(
    spi: SPI0,
    timer: TIMER,
    pins: Pins,
    resets: &mut RESETS,
    clocks: &ClocksManager,
) -> (Wire, Reset) {
    let reset = pins.gpio21.into_push_pull_output_in_state(PinState::Low);
    let cs = pins.gpio17.into_push_pull_output_in_state(PinState::Low);
    // The module does not drive it while it starts.
    let rdy = pins.gpio20.into_pull_down_input();
    let lines = (
        pins.gpio19.reconfigure(),
        pins.gpio16.reconfigure(),
        pins.gpio18.reconfigure(),
    );
    let bus = spi::Spi::<_, _, _, 8>::new(spi, lines).init(
        resets,
        clocks.peripheral_clock.freq(),
        CLOCK_MHZ.MHz(),
        MODE_0,
    );
    rdy.set_interrupt_enabled(Interrupt::EdgeHigh, true);
    // SAFETY: no critical section is open that relies on this interrupt being masked.
    unsafe { NVIC::unmask(pac::Interrupt::IO_IRQ_BANK0) };
    let timer = Timer::new(timer, resets, clocks);
    let meanwhile = cortex_m::singleton!(: [u8; MEANWHILE] = [0; MEANWHILE]);
    let meanwhile = meanwhile.expect("nobody else has set up the SPI");
    (Spi::new(bus, cs, rdy, timer, meanwhile), reset)
}

/// Whether RDY is low.
pub fn is_silent() -> bool {
    // SAFETY: a look at the pins changes nothing.
    let pins = unsafe { (*pac::SIO::ptr()).gpio_in().read().bits() };
    pins & 1 << RDY == 0
}

/// RDY has risen, which ends the sleep; what is there is for the driver to fetch.
#[interrupt]
fn IO_IRQ_BANK0() {
    // SAFETY: ones clear edges that were seen, and nobody else looks at them.
    unsafe {
        (*pac::IO_BANK0::ptr())
            .intr(RDY / 8)
            .write(|intr| intr.bits(RDY_RISES))
    };
}
