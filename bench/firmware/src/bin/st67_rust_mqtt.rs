//! Firmware that is a client and has an MQTT session by rust-mqtt, on an ST67W611M1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(St67, rust_mqtt);
