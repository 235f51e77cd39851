//! Simulated AT-command Wi-Fi modules: the other side of a serial line, for trying drivers and
//! firmware without hardware.
//!
//! Written from the vendor's reference and from what is known of the firmware, and sharing no code
//! with any driver, so that a mistake must be made twice to go unnoticed.
//!
//! From the inside out:
//!
//! - A **module** (`st67`, `microchip`) is a state machine: bytes in at one time, bytes out at
//!   another. It owns no clock, no thread and no socket.
//! - Its [`Network`] is either a [`MemoryNetwork`], where services are scripted and every run is
//!   the same, or a [`HostNetwork`] with the sockets of this machine. Either carries TCP in both
//!   directions, UDP and groups; TLS and MQTT are the module's own, on top of it. [`services`] has
//!   ready-made far ends, an MQTT broker among them.
//! - Around it are [`AccessPoint`]s, and Bluetooth LE devices, each a [`BlePeer`].
//! - The **wire** between module and host has a bit rate, a receive FIFO and [`Faults`], and keeps
//!   a [`Transcript`] without passwords.
//! - The **SPI** of an ST67W611M1 ([`SpiConfig`]) takes the place of the wire: frames on five wires,
//!   with faults of its own, and rules that a host must keep.
//! - A [`Simulation`] puts the three on virtual time, for tests in one thread. A [`Server`] puts
//!   them on real time, for programs: in process, on a TCP port, or on a pseudo-terminal.
//!
//! Some things an ST67W611M1 only pretends here: `AT+IPERF` moves no data, what comes for it over the
//! radio wakes it at once, its monitor hears beacons and nothing else, its time servers always begin
//! on 2022-06-14, and as a server with TLS it lets nobody in.
//!
//! ```
//! use std::time::Duration;
//!
//! use atwifi_simulator::{Config, MemoryNetwork, Simulation};
//! use embedded_io::{Read, Write};
//!
//! let module = Simulation::new(Config::default(), MemoryNetwork::new());
//! let mut port = module.port();
//! let mut banner = [0; 9];
//! port.read_exact(&mut banner).unwrap();
//! assert_eq!(&banner, b"\r\nready\r\n");
//! assert_eq!(module.now(), Duration::from_millis(850));
//!
//! port.write_all(b"AT\r\n").unwrap();
//! let mut answer = [0; 6];
//! port.read_exact(&mut answer).unwrap();
//! assert_eq!(&answer, b"\r\nOK\r\n");
//! ```
//!
//! Another family of modules is one more folder beside `st67` and `microchip`, behind the trait
//! [`Module`]; one outside this crate goes to [`Simulation::with_module`].
#![forbid(unsafe_code)]

/// The README's example runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod access_point;
mod ble;
mod calendar;
mod client;
mod config;
mod faults;
mod front;
mod guest;
mod microchip;
mod module;
mod mqtt;
mod network;
mod output;
mod port;
mod rig;
mod secret;
mod server;
pub mod services;
mod simulation;
mod spi;
mod st67;
mod tls;
mod transcript;
mod wire;

pub use access_point::{AccessPoint, Protection};
pub use ble::{BleCharacteristic, BlePeer, BleService, BleUpdates};
pub use client::Client;
pub use config::{Config, File, Profile, UnknownProfile};
pub use faults::{Fault, FaultKind, Faults, Fragment, UpdateFaults};
pub use guest::Guest;
pub use module::Module;
pub use network::{
    Connection, Datagram, DatagramService, Dialled, HostNetwork, InUse, Listener, Lookup,
    MemoryNetwork, Network, Peer, Received, Refused, Sender, Service, UdpSocket,
};
pub use output::Output;
pub use port::{Port, PortError};
pub use server::{Handle, Server, ThreadPort};
pub use simulation::Simulation;
pub use spi::{
    SPI_FRAME_MAX, SpiBus, SpiChipEn, SpiConfig, SpiCounts, SpiCs, SpiDelay, SpiFault,
    SpiFaultKind, SpiMoment, SpiRdy, SpiWires,
};
pub use transcript::{Direction, Observer, Record, Transcript};
