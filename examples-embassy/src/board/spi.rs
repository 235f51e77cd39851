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

use atwifi::transport::{Awaited, Spi};
use embassy_executor::SendSpawner;
use embassy_rp::Peri;
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{PIN_16, PIN_17, PIN_18, PIN_19, PIN_20, PIN_21, SPI0};
use embassy_rp::spi::{self, Blocking, Config};
use embassy_time::Delay;
use static_cell::ConstStaticCell;

/// The module takes 40 MHz; wires that lie loosely do not.
const CLOCK_HZ: u32 = 10_000_000;
/// For what the module says while it is spoken to: any line of text.
const MEANWHILE: usize = 260;

type Bus = spi::Spi<'static, SPI0, Blocking>;
/// The SPI to the module, which wakes who waits for it by RDY.
pub type Wire = Awaited<'static, Spi<'static, Bus, Output<'static>, Input<'static>, Delay>>;

/// What it is made of.
pub struct Parts {
    pub spi: Peri<'static, SPI0>,
    pub miso: Peri<'static, PIN_16>,
    pub cs: Peri<'static, PIN_17>,
    pub clk: Peri<'static, PIN_18>,
    pub mosi: Peri<'static, PIN_19>,
    pub rdy: Peri<'static, PIN_20>,
    pub reset: Peri<'static, PIN_21>,
}

/// Sets it up; once.
pub fn connect(parts: Parts, urgent: SendSpawner) -> (Wire, Output<'static>) {
    static MEANWHILE_SAID: ConstStaticCell<[u8; MEANWHILE]> = ConstStaticCell::new([0; MEANWHILE]);
    let reset = Output::new(parts.reset, Level::Low);
    let cs = Output::new(parts.cs, Level::Low);
    // SAFETY: both only look at the pin, and neither is ever dropped.
    let watched = unsafe { parts.rdy.clone_unchecked() };
    // The module does not drive it while it starts.
    let rdy = Input::new(parts.rdy, Pull::Down);
    urgent.spawn(watch(Input::new(watched, Pull::Down)).expect("it is one pin"));
    let mut config = Config::default();
    config.frequency = CLOCK_HZ;
    let bus = spi::Spi::new_blocking(parts.spi, parts.clk, parts.mosi, parts.miso, config);
    let spi = Spi::new(bus, cs, rdy, Delay, MEANWHILE_SAID.take());
    (Awaited::new(spi, &super::HEARD), reset)
}

/// Tells of both edges of RDY. It waits for levels: one that has come in between is not missed.
#[embassy_executor::task]
async fn watch(mut rdy: Input<'static>) {
    loop {
        rdy.wait_for_high().await;
        super::heard();
        rdy.wait_for_low().await;
        super::heard();
    }
}
