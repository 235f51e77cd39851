//! How to do what users of a network do, a page for each task.
//!
//! - [`online`]: Get online: from nothing to a page, by UART or SPI.
//! - [`firmware`]: Which firmware the module needs, and how it gets there.
//! - [`trouble`]: Survive a bad day: errors, events, a lost link, a restart, a watchdog.
//! - [`sleep`]: Sleep: the host, the module, both.
//! - [`tls`]: TLS right: one whole certificate.
//! - [`mqtt`]: MQTT: by a crate over the module's sockets, or by the client in the module.
//! - [`bluetooth`]: Bluetooth LE: a server and a client, beside Wi-Fi.
//! - [`clients`]: Several clients, and a module in a `static`.
//! - [`executors`]: Async: what blocks the executor, and for how long.
//! - [`testing`]: Test your application without hardware.
//! - [`commands`]: Add a command of your own.
//! - [`porting`]: Port a dialect.
//! - [`limits`]: What the modules do that no driver can mend.

#[doc = include_str!("online.md")]
pub mod online {}
#[doc = include_str!("firmware.md")]
pub mod firmware {}
#[doc = include_str!("trouble.md")]
pub mod trouble {}
#[doc = include_str!("sleep.md")]
pub mod sleep {}
#[doc = include_str!("tls.md")]
pub mod tls {}
#[doc = include_str!("mqtt.md")]
pub mod mqtt {}
#[doc = include_str!("bluetooth.md")]
pub mod bluetooth {}
#[doc = include_str!("clients.md")]
pub mod clients {}
#[doc = include_str!("executors.md")]
pub mod executors {}
#[doc = include_str!("testing.md")]
pub mod testing {}
#[doc = include_str!("commands.md")]
pub mod commands {}
#[doc = include_str!("porting.md")]
pub mod porting {}
#[doc = include_str!("limits.md")]
pub mod limits {}
