//! The tests of the simulator, in one program: what they share is compiled once.

mod support;

mod arbitrary;
mod command_line;
mod faults;
mod firmware;
mod firmware_st67;
mod front_ends;
mod host_network;
mod last_look;
mod microchip_exchanges;
mod microchip_firmware;
mod microchip_general;
mod microchip_listen;
mod microchip_mqtt;
mod microchip_reference;
mod microchip_sockets;
mod microchip_tls;
mod microchip_udp;
mod microchip_wlan;
mod network_faults;
mod reference;
mod server;
mod st67_basic;
mod st67_ble;
mod st67_data_mode;
mod st67_low_power;
mod st67_mqtt;
mod st67_net;
mod st67_wifi;
mod tls;
mod udp;
