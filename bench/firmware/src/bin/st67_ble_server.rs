//! Firmware that is a client and is a server of Bluetooth LE, on an ST67W611M1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(St67, ble_server);
