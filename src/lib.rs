//! Blocking, `no_std` driver that turns an AT-command Wi-Fi module into the network of a
//! microcontroller.
//!
//! ```
//! use atwifi::{SocketMemory, WaitTcp, st67};
//! use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
//! # use std::ops::ControlFlow;
//! # use atwifi_simulator::{Config, MemoryNetwork, Profile, Simulation, services};
//! # struct Clock(Simulation);
//! # impl atwifi::Clock for Clock {
//! #     fn now(&mut self) -> u32 {
//! #         self.0.now().as_millis() as u32
//! #     }
//! #     fn idle(&mut self) -> ControlFlow<()> {
//! #         self.0.idle();
//! #         ControlFlow::Continue(())
//! #     }
//! # }
//! # let network = MemoryNetwork::new()
//! #     .host("example.com", [192, 0, 2, 7].into())
//! #     .serve(([192, 0, 2, 7], 80).into(), |_| services::respond("HTTP/1.0 200 OK\r\n\r\n"));
//! # let config = Config::new(Profile::St67Fw2_0_75).with_access_point("home", "password");
//! # let simulation = Simulation::new(config, network);
//! # let (uart, clock) = (simulation.port(), Clock(simulation));
//!
//! let mut line = [0; 640]; // commands, lines, events
//! let mut sockets = [const { SocketMemory::<512>::new() }; 2]; // as many as are open at a time
//! let mut wifi = st67::Module::new(uart, clock, &mut line, &mut sockets)?;
//!
//! wifi.reset()?; // or `reset_by_pin`, where there is one
//! wifi.join("home", "password")?; // blocks until there is an address
//!
//! let address = nb::block!(wifi.get_host_by_name("example.com", AddrType::IPv4))?;
//! let mut socket = wifi.socket()?;
//! nb::block!(wifi.connect(&mut socket, (address, 80).into()))?;
//! let sent = nb::block!(wifi.send(&mut socket, b"HEAD / HTTP/1.0\r\n\r\n"))?;
//! assert_eq!(sent, 19); // all of it, or it fails
//! wifi.wait_readable(&mut socket, 5000)?;
//! let mut answer = [0; 64];
//! let n = nb::block!(wifi.receive(&mut socket, &mut answer))?;
//! assert!(answer[..n].starts_with(b"HTTP/1.0 200 OK"));
//! wifi.close(socket)?;
//! # Ok::<(), st67::Error<atwifi_simulator::PortError>>(())
//! ```
//!
//! The [`guide`] goes on from here, a page for each task.
//!
//! [`Module`] takes a transport (a UART with `embedded-io` 0.7, or [`transport::Spi`]), a [`Clock`] and two pieces of memory, and is
//! from then on the network of every crate that takes `embedded-nal` 0.9: it implements
//! [`TcpClientStack`](embedded_nal::TcpClientStack), [`TcpFullStack`](embedded_nal::TcpFullStack),
//! [`UdpClientStack`](embedded_nal::UdpClientStack), [`UdpFullStack`](embedded_nal::UdpFullStack)
//! and [`Dns`](embedded_nal::Dns). [`Shared`] is that network for several clients, [`Stream`] a
//! socket as a stream of bytes. The modules are ST's ST67W611M1 ([`st67::Module`]) and Microchip's
//! PIC32MZW1 and WFI32 ([`microchip::Module`]). Owned texts and lists are those of [`heapless`] 0.9, or
//! newtypes of them.
//!
//! # The house
//!
//! Imports run downwards only.
//!
//! ```text
//! portal/     being told which network to join: by what the module has for it, or by a page on its access
//!             point, with the servers behind that
//! nal/        embedded-nal and embedded-io on top of the driver: tcp, tls, listen, udp, dns, stream,
//!             the shared handle, async
//! service/    what a user does, in the field's words: joining and the station, scans, the module's own
//!             access point, certificates, MQTT, time, ping, power, what the module is
//! st67/       words, sequences, status codes and commands of the ST67W611M1
//! microchip/  the same of the PIC32MZW1 and WFI32
//! driver/     Module: reset, poll, any command, and the way back after trouble; its events; and
//!             dialect, the page that a porter of another module reads
//! engine/     knows AT, knows no vendor: link, buffer, lines, one exchange, resync, stream
//! socket/     handles, the socket table, what is read ahead
//! transport/  what the driver needs of a UART or SPI; the SPI of the ST67; a receive ring, older traits
//! value/      what stands in commands and events: texts, addresses, numbers with names and limits
//! clock error fmt   time, what can go wrong, the log
//! ```
//!
//! A byte travels up from the transport through `engine/link` (under a deadline) and
//! `engine/buffer` (until a line is complete) to `engine/word`, which asks the dialect what stands
//! there: an event changes the session at once, everything else goes to `engine/exchange`, which
//! hands over the rows of a reply and reads payload straight into the caller's slice, length first,
//! before any line is looked at. Rows that come behind an answer, as those of a scan, go from
//! `engine/gather` to the caller, before any line is looked at, too. A call travels down from `nal/tcp`,
//! which checks the handle, or from `service/`, to the dialect's sequence, which composes its commands
//! from templates and sends them through the same exchange. What goes wrong inside is a `Fault` of one
//! word; at the public boundary it becomes an [`Error`], with all that the engine remembers of it.
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
//! - No secret appears in `Debug`, in a log or in an error; but in `Debug` the passkey of
//!   [`st67::Event::BlePasskeyDisplay`], which is there to be shown.
//!
//! # Features
//!
//! All off by default, and additive.
//!
//! - `async`: `embedded-nal-async` 0.9 and `embedded-io-async` 0.7 on [`Shared`], which says what blocks;
//!   `transport::Awaited`, with which a read that waits sleeps. The program brings an implementation of
//!   `critical-section`.
//! - `defmt`, `log`: log the story of each connection (`info`), each exchange (`debug`), each line and
//!   the length of each payload (`trace`); never a text, a secret or a payload.
//! - `edge-nal`: `edge-nal` 0.7 beside that, which can listen, too; it needs Rust 1.88.
//! - `embedded-hal-nb`, `embedded-io-06`: [`transport`] adapters for HALs that offer only these.
//! - `std`: `StdClock`, a clock on `std::time`, and `transport::Std` for what a computer has.
//! - `mock`: the module `mock`, a scripted UART and a clock moved by hand, for unit tests; needs
//!   `alloc`.

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(test, feature = "std"))]
extern crate std;

#[macro_use]
mod fmt;
#[macro_use]
mod value;

mod clock;
mod driver;
mod engine;
mod error;
pub mod guide;
pub mod microchip;
#[cfg(any(test, feature = "mock"))]
pub mod mock;
mod nal;
pub mod portal;
mod service;
mod socket;
pub mod st67;
pub mod transport;

#[cfg(feature = "std")]
pub use clock::StdClock;
pub use clock::{Clock, DelayClock, OnIdle};
pub use driver::dialect;
pub use driver::{Download, ErrorOf, Event, Module, MqttMemory, Prompt, Timeouts, Upload};
pub use error::{Cause, Closed, Error, ImageFault, Lent, PinError, Resource, Usage};
/// What owned texts and lists lie in, in the version that they have here.
pub use heapless;
#[cfg(feature = "edge-nal")]
pub use nal::Listener;
pub use nal::{ConnectTls, Shared, Stream, Tls, WaitTcp};
#[cfg(feature = "async")]
pub use nal::{Connection, Datagrams, ReadHalf, WriteHalf};
pub use service::{Asleep, Mqtt, Off};
pub use socket::{SocketMemory, TcpSocket, UdpSocket};
pub use transport::Transport;
pub use value::danger;
pub use value::{
    AccessPointConfig, AccessPointInfo, Addresses, Arrival, Client, Credentials, FixedAddress,
    Image, Ip, JoinOptions, Joined, Leases, LinkState, Mac, MqttConfig, MqttWill, Numbered,
    PingOptions, PingSummary, PowerSave, Printed, PrintedSecret, Psk, Qos, Ranged, Reported, Rule,
    ScanOptions, Scanned, Secret, SecretSlice, Security, Strongest, Switch, Text, TlsConfig, Twt,
    UnixTime, Versions,
};

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
