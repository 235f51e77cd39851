//! Blocking, `no_std` driver that turns an AT-command Wi-Fi module into the network of a
//! microcontroller.
//!
//! [`Module`] takes a transport (`embedded-io` 0.7), a [`Clock`] and two pieces of memory, and is
//! from then on the network of every crate that takes `embedded-nal` 0.9: it implements
//! [`TcpClientStack`](embedded_nal::TcpClientStack), [`TcpFullStack`](embedded_nal::TcpFullStack),
//! [`UdpClientStack`](embedded_nal::UdpClientStack), [`UdpFullStack`](embedded_nal::UdpFullStack)
//! and [`Dns`](embedded_nal::Dns). [`Shared`] is that network for several clients, [`Stream`] a
//! socket as a stream of bytes. The modules are ST's ST67W611M1 ([`st67::Module`]) and Microchip's
//! PIC32MZW1 and WFI32 ([`microchip::Module`]).
//!
//! # The house
//!
//! Imports run downwards only.
//!
//! ```text
//! nal/          embedded-nal and embedded-io on top of the driver: tcp, tls, listen, udp, dns,
//!               stream, the shared handle, async
//! client.rs     atat's client trait, for commands of your own
//! data.rs       commands that carry data, and replies that do
//! tls.rs        how the module is to open a TLS connection
//! station.rs    what a user does, in the field's words: join, leave, link state, addresses
//! driver.rs     Module: reset, poll, send any command, and the way back after trouble
//! socket/       handles, the socket table, what is read ahead
//! queue.rs      where events wait for `poll`, in the memory lent
//! event.rs      what a module can tell, in neutral words
//! dialect.rs    the traits Words and Dialect: the page that a porter of another module reads
//! st67/         words, sequences, status codes and command structs of the ST67W611M1
//! microchip/    the same of the PIC32MZW1 and WFI32
//! text.rs       text arguments, checked when they are made, and text that a module prints
//! transport/    adapters for UARTs: a receive ring fed by an interrupt, older traits
//! danger.rs     what must be said before a command that cannot be undone
//! engine/       knows AT, knows no vendor: link, buffer, protocol, exchange, resync, stream, text
//! number.rs     numbers with names; range.rs: with limits; mac.rs: hardware addresses
//! clock.rs      Clock and Deadline: the only file that knows time
//! error.rs      one Error, sorted by whose fault it is
//! fmt.rs        the defmt/log shim
//! ```
//!
//! A byte travels up from the transport through `engine/link` (under a deadline) and
//! `engine/buffer` (until a line is complete) to `engine/exchange`, which asks the dialect what
//! the line is: part of the reply goes to `AtatCmd::parse`, an event into the session at once,
//! payload straight into the caller's slice, length first, before any line is looked at. A call
//! travels down from `nal/tcp`, which checks the handle, to the dialect's sequence, which sends
//! its commands through the same exchange.
//!
//! # What it promises
//!
//! - Nothing a module says and nothing a caller passes makes it panic or hang: every wait has a
//!   deadline, and every failure is an [`Error`] that tells whose fault it was.
//! - No event is lost silently; see [`Module::poll`].
//! - No late reply answers another command: after a timeout, garbage or an overrun the driver
//!   first gets back into step, then asks the module what it may have missed.
//! - A restart of the module ends what was in flight, and the settings are restored on the next
//!   use.
//! - No secret appears in `Debug`, in a log or in an error.
//!
//! # Features
//!
//! All off by default, and additive.
//!
//! - `async`: `embedded-nal-async` 0.9 and `embedded-io-async` 0.7 on [`Shared`].
//! - `defmt`, `log`: log the story of each connection (`info`), each exchange (`debug`), each line and
//!   the length of each payload (`trace`); never a text, a secret or a payload.
//! - `embedded-hal-nb`, `embedded-io-06`: [`transport`] adapters for HALs that offer only these.
//! - `std`: `StdClock`, a clock on `std::time`.
//! - `mock`: the module `mock`, a scripted UART and a clock moved by hand, for unit tests; needs
//!   `alloc`.

#![no_std]

#[cfg(any(test, feature = "std"))]
extern crate std;

#[macro_use]
mod fmt;
#[macro_use]
mod number;

mod address;
mod client;
mod clock;
pub mod danger;
mod data;
pub mod dialect;
mod driver;
mod engine;
mod error;
mod event;
mod mac;
pub mod microchip;
#[cfg(any(test, feature = "mock"))]
pub mod mock;
mod nal;
mod queue;
mod range;
mod socket;
pub mod st67;
mod station;
mod text;
mod tls;
pub mod transport;

pub use address::Ip;
#[cfg(feature = "std")]
pub use clock::StdClock;
pub use clock::{Clock, DelayClock, OnIdle};
pub use data::{Download, Prompt, Upload};
pub use driver::{ErrorOf, Module, Timeouts};
pub use engine::link::Transport;
pub use error::{Closed, Error, Resource, Usage};
pub use event::Event;
pub use mac::Mac;
pub use nal::{ConnectTls, Shared, Stream, Tls, WaitTcp};
#[cfg(feature = "async")]
pub use nal::{Connection, Datagrams};
pub use number::{Numbered, Reported, Switch};
pub use range::Ranged;
pub use socket::{TcpSocket, UdpSocket};
pub use station::{Addresses, LinkState};
pub use text::{Printed, PrintedSecret, Rule, Secret, Text};
pub use tls::{Psk, TlsConfig};

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
