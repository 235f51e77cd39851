//! TLS of a socket.

use crate::tls::Session;

/// How far a connection has come with TLS.
#[derive(Debug, Default)]
pub(in crate::microchip) enum Tls {
    /// It goes without.
    #[default]
    None,
    /// It will begin as soon as it is open, with this configuration.
    Wanted(usize),
    /// The handshake goes on.
    Shaking(usize, Box<Session>),
    Open(usize, Box<Session>),
}

impl Tls {
    /// The configuration that is in use.
    pub(super) fn configuration(&self) -> Option<usize> {
        match self {
            Tls::Shaking(index, _) | Tls::Open(index, _) => Some(*index),
            Tls::None | Tls::Wanted(_) => None,
        }
    }

    /// Data can come and go.
    pub fn is_ready(&self) -> bool {
        matches!(self, Tls::None | Tls::Open(..))
    }

    pub fn session(&mut self) -> Option<&mut Session> {
        match self {
            Tls::Open(_, session) => Some(session),
            _ => None,
        }
    }
}
