//! `embedded-nal` on top of the driver.

#[cfg(feature = "async")]
mod asynchronous;
mod dns;
mod listen;
mod shared;
mod sockets;
mod stream;
mod tcp;
mod tls;
mod udp;

#[cfg(feature = "edge-nal")]
pub use asynchronous::Listener;
#[cfg(feature = "async")]
pub use asynchronous::{Connection, Datagrams, ReadHalf, WriteHalf};
pub use shared::Shared;
pub use stream::{Stream, WaitTcp};
pub use tls::{ConnectTls, Tls};
