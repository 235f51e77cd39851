//! Measures messages to an MQTT broker and from it.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use atwifi_bench_firmware::meter;
use atwifi_workload::{microchip_messages, st67_messages};
use cortex_m_rt::entry;

#[entry]
fn main() -> ! {
    meter::measure(&[("st67", st67_messages), ("microchip", microchip_messages)])
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    meter::panicked(info)
}
