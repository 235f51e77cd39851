//! Firmware that is a client and is told of its network by a telephone, by a page on an ST67W611M1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(St67, provisioning);
