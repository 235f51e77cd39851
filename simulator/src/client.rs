//! A peer that has begun a connection with the module, in the hand of a test.

use std::fmt;

use crate::{Connection, Dialled, MemoryNetwork, Simulation};

/// A connection that a peer has begun with a port on which the module listens. Clones are handles to
/// the same connection.
#[derive(Clone)]
pub struct Client {
    simulation: Simulation,
    connection: Connection,
}

impl Client {
    pub(crate) fn new(simulation: Simulation, connection: Connection) -> Self {
        Client {
            simulation,
            connection,
        }
    }

    /// Sends data to the module: now, or as soon as the connection is open.
    pub fn send(&self, data: &[u8]) {
        self.with_network(|network, now| network.peer_sends(now, self.connection, data));
    }

    /// Closes the connection behind what has been sent.
    pub fn close(&self) {
        self.with_network(|network, now| network.peer_closes(now, self.connection));
    }

    /// Breaks the connection off.
    pub fn reset(&self) {
        self.with_network(|network, now| network.peer_resets(now, self.connection));
    }

    /// How far it has come.
    #[must_use]
    pub fn state(&self) -> Dialled {
        self.with_network(|network, _| network.dialled(self.connection))
    }

    fn with_network<T>(&self, act: impl FnOnce(&mut MemoryNetwork, std::time::Duration) -> T) -> T {
        let mut rig = self.simulation.rig.borrow_mut();
        let now = rig.now();
        act(rig.network(), now)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("connection", &self.connection)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
