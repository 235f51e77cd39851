//! Firmware that is a client and lets its module sleep, a PIC32MZW1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(Microchip, sleep);
