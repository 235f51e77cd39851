//! The module on a serial line.
//!
//! | RP2040 | Pico pin | module |
//! |---|---|---|
//! | GPIO4, UART1 TX | 6 | RX |
//! | GPIO5, UART1 RX | 7 | TX |
//! | GPIO8 | 11 | reset: CHIP_EN, or nRESET |

use atwifi::transport::Awaited;
use embassy_executor::SendSpawner;
use embassy_rp::gpio::{Level, Output};
use embassy_rp::interrupt::typelevel::{Handler, UART1_IRQ};
use embassy_rp::peripherals::UART1;
use embassy_rp::uart::{BufferedInterruptHandler, BufferedUart, Config};
use embassy_rp::{Peri, bind_interrupts, peripherals};
use static_cell::ConstStaticCell;

/// Room for what the module sends while the program is busy: 10 ms at 2 Mbit/s.
const RECEIVED: usize = 2048;
/// Room for a command and some payload on their way to the module.
const SENT: usize = 256;

bind_interrupts!(struct Interrupts {
    UART1_IRQ => BufferedInterruptHandler<UART1>, Heard;
});

/// Comes behind the HAL's handler, which has put aside what has come.
struct Heard;

impl Handler<UART1_IRQ> for Heard {
    unsafe fn on_interrupt() {
        super::heard();
    }
}

/// The serial line to the module: received and sent in an interrupt.
pub type Wire = Awaited<'static, BufferedUart>;

/// What the line is made of.
pub struct Parts {
    pub uart: Peri<'static, UART1>,
    pub tx: Peri<'static, peripherals::PIN_4>,
    pub rx: Peri<'static, peripherals::PIN_5>,
    pub reset: Peri<'static, peripherals::PIN_8>,
}

/// Sets it up; once.
pub fn connect(parts: Parts, _: SendSpawner) -> (Wire, Output<'static>) {
    static TX: ConstStaticCell<[u8; SENT]> = ConstStaticCell::new([0; SENT]);
    static RX: ConstStaticCell<[u8; RECEIVED]> = ConstStaticCell::new([0; RECEIVED]);
    let reset = Output::new(parts.reset, Level::Low);
    let mut config = Config::default();
    config.baudrate = crate::settings::BAUD;
    let Parts { uart, tx, rx, .. } = parts;
    let uart = BufferedUart::new(uart, tx, rx, Interrupts, TX.take(), RX.take(), config);
    (Awaited::new(uart, &super::HEARD), reset)
}
