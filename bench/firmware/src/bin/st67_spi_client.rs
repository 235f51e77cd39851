//! Firmware that joins, resolves a name and is a TCP client, on an ST67W611M1 on its SPI.
#![no_std]
#![no_main]

use atwifi_bench_firmware::dialect::St67;
use atwifi_bench_firmware::spi::{MEANWHILE, OnSpi, on_spi};
use atwifi_bench_firmware::{driver, halt, panic_halts, work};

panic_halts!();

#[cortex_m_rt::entry]
fn main() -> ! {
    let memory = cortex_m::singleton!(: [u8; MEANWHILE] = [0; MEANWHILE]);
    let Some(memory) = memory else { halt() };
    work::client(driver!(St67, OnSpi, on_spi(memory)));
    halt()
}
