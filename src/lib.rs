//! Blocking, `no_std` driver that turns an AT-command Wi-Fi module into the network of a
//! microcontroller. The module so far: ST's ST67W611M1.

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(test, feature = "std"))]
extern crate std;

#[macro_use]
mod fmt;

mod client;
mod clock;
pub mod dialect;
mod driver;
mod engine;
mod error;
mod event;
#[cfg(any(test, feature = "mock"))]
pub mod mock;
mod nal;
mod socket;
pub mod st67;
mod station;

#[cfg(feature = "std")]
pub use clock::StdClock;
pub use clock::{Clock, DelayClock, OnIdle};
pub use driver::{ErrorOf, Module, Timeouts};
pub use engine::link::Transport;
pub use error::{Closed, Error, Resource, Usage};
pub use event::Event;
pub use socket::TcpSocket;
pub use station::{Addresses, LinkState};
