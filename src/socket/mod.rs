//! Socket handles, the table behind them, and what has been read ahead.

mod table;

pub(crate) use table::{Slot, State, Table};

/// A TCP socket: a place in the module's socket table, owned by whoever holds this.
///
/// It stays valid through failed connects, closed connections and module restarts, and can be
/// connected again; after [`Module::release_sockets`](crate::Module::release_sockets) every use
/// is a typed error.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TcpSocket {
    /// The place in the table.
    pub(crate) index: u8,
    /// Which owner of that place this is.
    pub(crate) generation: u16,
    /// Which run of the module its connection belongs to.
    pub(crate) run: u16,
}
