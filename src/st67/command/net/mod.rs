//! Chapter 4, "TCP/IP AT commands".
//!
//! The driver sets the module up for several links (`AT+CIPMUX=1`), and these are the forms for it.
//! With one link (`AT+CIPMUX=0`) some commands have no link number: [`single`].
//!
//! A link that you open with a command is yours: the driver does not use it, and its events come
//! from [`poll`](crate::Module::poll) as [`st67::Event`](crate::st67::Event). Settings that the
//! driver relies on, [`SetMultiple`], [`SetReceiveMode`] and [`SetSenderInfo`], can be changed while
//! none of its sockets is open; it sets them back when it has lost the thread and found it again.

mod address;
mod link;
mod passthrough;
mod probe;
mod receive;
mod send;
mod server;
pub mod single;
mod time;
mod tls;

pub use address::*;
pub use link::*;
pub use passthrough::*;
pub use probe::*;
pub use receive::*;
pub use send::*;
pub use server::*;
pub use time::*;
pub use tls::*;

use crate::value::Ranged;

/// The number of a link.
pub type Link = Ranged<0, 4>;

/// The number of a link; 5 stands for all of them.
pub type Links = Ranged<0, 5>;

/// Seconds between keep-alive probes; 0: none.
pub type KeepAlive = Ranged<0, 7200>;

/// A port of TCP or UDP.
pub type Port = Ranged<1, 65535>;

/// Takes the answer of a command that, by the reference, prints its own name first.
fn named(reply: &[u8], name: &[u8]) -> Result<super::Done, atat::Error> {
    let reply = reply.trim_ascii();
    match reply.is_empty() || reply == name {
        true => Ok(super::Done {}),
        false => Err(atat::Error::Parse),
    }
}
