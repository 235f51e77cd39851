//! Measures the work of each stack.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use atwifi_bench_firmware::meter;
use atwifi_workload::{esp_at_nal, microchip, st67};
use cortex_m_rt::entry;

#[entry]
fn main() -> ! {
    meter::measure(&[
        ("st67", st67),
        ("microchip", microchip),
        ("esp-at-nal", esp_at_nal),
    ])
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    meter::panicked(info)
}
