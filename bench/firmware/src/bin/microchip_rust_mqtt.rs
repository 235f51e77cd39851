//! Firmware that is a client and has an MQTT session by rust-mqtt, on a PIC32MZW1.
#![no_std]
#![no_main]

atwifi_bench_firmware::firmware!(Microchip, rust_mqtt);
