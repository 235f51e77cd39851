//! Firmware that is a client and asks its ST67W611M1 what it is.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(St67, about);
