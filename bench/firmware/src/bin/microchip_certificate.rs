//! Firmware that is a client and loads a certificate, on a PIC32MZW1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(Microchip, certificate);
