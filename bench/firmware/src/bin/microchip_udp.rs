//! Firmware that is a client and sends and receives datagrams, on a PIC32MZW1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(Microchip, udp);
