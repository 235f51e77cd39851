//! Firmware that does everything, on an ST67W611M1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware_with_messages!(St67, everything);
