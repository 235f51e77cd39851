//! Firmware that does everything, on a PIC32MZW1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware_with_messages!(Microchip, everything);
