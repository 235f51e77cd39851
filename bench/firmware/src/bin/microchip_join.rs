//! Firmware that joins, on a PIC32MZW1.
#![no_std]
#![no_main]

use atwifi_bench_firmware::{MICROCHIP_AHEAD, driver, halt, panic_halts, work};

panic_halts!();

#[cortex_m_rt::entry]
fn main() -> ! {
    work::join(driver!(atwifi::microchip::Microchip, MICROCHIP_AHEAD));
    halt()
}
