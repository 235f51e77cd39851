//! Firmware without a driver.
#![no_std]
#![no_main]

use atwifi_bench_firmware::{Uart, halt, panic_halts};

panic_halts!();

#[cortex_m_rt::entry]
fn main() -> ! {
    if Uart.has_byte() {
        let byte = Uart.byte();
        Uart.put(byte);
    }
    halt()
}
