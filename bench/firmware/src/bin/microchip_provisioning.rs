//! Firmware that is a client and is told of its network by a telephone, through a PIC32MZW1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(Microchip, provisioning);
