//! Firmware that is a client and has files in its ST67W611M1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(St67, files);
