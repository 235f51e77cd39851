//! The module on a serial line.
//!
//! | RP2040 | Pico pin | module |
//! |---|---|---|
//! | GPIO4, UART1 TX | 6 | RX |
//! | GPIO5, UART1 RX | 7 | TX |
//! | GPIO8 | 11 | reset: CHIP_EN, or nRESET |

use core::cell::RefCell;

use atwifi::transport::{Halves, Reader, Ring};
use cortex_m::peripheral::NVIC;
use critical_section::Mutex;
use fugit::RateExtU32;
use rp2040_hal::Clock as _;
use rp2040_hal::clocks::ClocksManager;
use rp2040_hal::gpio::bank0::{Gpio4, Gpio5, Gpio8};
use rp2040_hal::gpio::{FunctionSioOutput, FunctionUart, Pin, PinState, Pins, PullDown, PullNone};
use rp2040_hal::pac::{self, RESETS, UART1, interrupt};
use rp2040_hal::uart::{self, DataBits, StopBits, UartConfig, UartPeripheral};

/// Room for what the module sends while the program is busy: 10 ms at 2 Mbit/s.
const RING: usize = 2048;

/// What the module has sent and nobody has read yet.
static RECEIVED: Ring<RING> = Ring::new();
static RX: Mutex<RefCell<Option<uart::Reader<UART1, UartPins>>>> = Mutex::new(RefCell::new(None));

/// The pins of the serial line; with GPIO6 (CTS) and GPIO7 (RTS) behind them, it has flow control.
type UartPins = (
    Pin<Gpio4, FunctionUart, PullNone>,
    Pin<Gpio5, FunctionUart, PullNone>,
);

/// The serial line to the module: received in an interrupt, sent by waiting.
pub type Wire = Halves<Reader<'static, RING>, uart::Writer<UART1, UartPins>>;
pub type Reset = Pin<Gpio8, FunctionSioOutput, PullDown>;

/// Sets it up; once.
pub fn connect(
    uart: UART1,
    pins: Pins,
    resets: &mut RESETS,
    clocks: &ClocksManager,
) -> (Wire, Reset) {
    let reset = pins.gpio8.into_push_pull_output_in_state(PinState::Low);
    let baud = crate::settings::BAUD.Hz();
    let config = UartConfig::new(baud, DataBits::Eight, None, StopBits::One);
    let pins = (pins.gpio4.reconfigure(), pins.gpio5.reconfigure());
    let uart =
        UartPeripheral::new(uart, pins, resets).enable(config, clocks.peripheral_clock.freq());
    let (mut rx, tx) = uart.expect("the clock can make the bit rate").split();
    rx.enable_rx_interrupt();
    critical_section::with(|cs| RX.replace(cs, Some(rx)));
    // SAFETY: no critical section is open that relies on this interrupt being masked.
    unsafe { NVIC::unmask(pac::Interrupt::UART1_IRQ) };
    (Halves::new(RECEIVED.reader(), tx), reset)
}

/// Whether nothing has come that is not read yet.
pub fn is_silent() -> bool {
    RECEIVED.is_empty()
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
