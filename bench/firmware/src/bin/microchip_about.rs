//! Firmware that is a client and asks its PIC32MZW1 what it is.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(Microchip, about);
