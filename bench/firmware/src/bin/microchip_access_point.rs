//! Firmware that is a client and an access point, on a PIC32MZW1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(Microchip, access_point);
