//! Firmware that joins, resolves a name and is a TCP client, on a PIC32MZW1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(Microchip, client);
