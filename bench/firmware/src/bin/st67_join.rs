//! Firmware that joins, on an ST67W611M1.
#![no_std]
#![no_main]

use atwifi_bench_firmware::{ST67_AHEAD, driver, halt, panic_halts, work};

panic_halts!();

#[cortex_m_rt::entry]
fn main() -> ! {
    work::join(driver!(atwifi::st67::St67, ST67_AHEAD));
    halt()
}
