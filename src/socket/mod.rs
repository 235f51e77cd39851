//! Socket handles, the table behind them, and what has been read ahead.

mod datagrams;
mod table;

use core::net::SocketAddr;

pub(crate) use datagrams::Datagram;
pub use table::SocketMemory;
pub(crate) use table::{Slot, State, Table};

/// A place in the socket table, and which of its owners this is.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Handle {
    /// The place in the table.
    pub(crate) index: u8,
    /// Which owner of that place this is.
    pub(crate) generation: u32,
    /// Which run of the module its connection belongs to.
    pub(crate) run: u32,
}

/// A TCP socket: a place in the module's socket table, owned by whoever holds this.
///
/// It stays valid through failed connects, closed connections and module restarts, and can be
/// connected again; after [`Module::release_sockets`](crate::Module::release_sockets) every use
/// is a typed error.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TcpSocket {
    pub(crate) handle: Handle,
    /// The local port that it was bound to.
    pub(crate) port: Option<u16>,
}

/// A UDP socket: a place in the module's socket table, owned by whoever holds this.
///
/// As [`TcpSocket`]; a restart of the module ends its binding.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct UdpSocket {
    pub(crate) handle: Handle,
    /// Where it sends unless told otherwise.
    pub(crate) remote: Option<SocketAddr>,
    /// It was bound to a local port by its owner.
    pub(crate) is_bound: bool,
}
