//! The module on a serial line.
//!
//! | STM32 | Nucleo-64 | module |
//! |---|---|---|
//! | PC10, USART3 TX | CN7, 1 | RX |
//! | PC11, USART3 RX | CN7, 2 | TX |
//! | PA8 | D7 | reset: CHIP_EN, or nRESET |

use core::cell::RefCell;

use atwifi::transport::{Halves, Nb, Reader, Ring};
use cortex_m::peripheral::NVIC;
use critical_section::Mutex;
use stm32f4xx_hal::gpio::{Output, PA8, PinState, gpioa, gpioc};
use stm32f4xx_hal::nb;
use stm32f4xx_hal::pac::{USART3, interrupt};
use stm32f4xx_hal::prelude::*;
use stm32f4xx_hal::rcc::Rcc;
use stm32f4xx_hal::serial::{Config, Rx, Serial, Tx};

/// Room for what the module sends while the program is busy: 10 ms at 2 Mbit/s.
const RING: usize = 2048;

/// What the module has sent and nobody has read yet.
static RECEIVED: Ring<RING> = Ring::new();
static RX: Mutex<RefCell<Option<Rx<USART3>>>> = Mutex::new(RefCell::new(None));

/// The serial line to the module: received in an interrupt, sent by waiting.
pub type Wire = Halves<Reader<'static, RING>, Nb<Tx<USART3>>>;
pub type Reset = PA8<Output>;

/// Sets it up; once.
pub fn connect(
    uart: USART3,
    (port_a, port_c): (gpioa::Parts, gpioc::Parts),
    rcc: &mut Rcc,
) -> (Wire, Reset) {
    let reset = port_a.pa8.into_push_pull_output_in_state(PinState::Low);
    let config = Config::default().baudrate(crate::settings::BAUD.bps());
    let uart = Serial::new(uart, (port_c.pc10, port_c.pc11), config, rcc);
    let (tx, mut rx) = uart.expect("the clock can make the bit rate").split();
    rx.listen();
    critical_section::with(|cs| RX.replace(cs, Some(rx)));
    // SAFETY: no critical section is open that relies on this interrupt being masked.
    unsafe { NVIC::unmask(interrupt::USART3) };
    (Halves::new(RECEIVED.reader(), Nb::new(tx)), reset)
}

/// Whether nothing has come that is not read yet.
pub fn is_silent() -> bool {
    RECEIVED.is_empty()
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
