//! What must not happen.

use std::fmt;

/// What a conversation has shown that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing it is: what is made smaller keeps it.
    pub kind: Kind,
    /// In which call, or in which part of the end.
    pub place: &'static str,
    /// What was seen.
    pub seen: String,
}

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The driver panicked.
    Panic,
    /// A call did not end.
    Hang,
    /// A call took longer than it may.
    Slow,
    /// Bytes were handed out that the peer has not sent there.
    WrongBytes,
    /// Bytes were handed out through a socket that has no connection.
    BytesFromNowhere,
    /// A call succeeded that must have failed: nobody is at the other end.
    NobodyThere,
    /// The peer has other bytes than those that were sent.
    WrongSent,
    /// What was acknowledged is not there, and nobody was told.
    Missing,
    /// A stream ended as if its peer had closed it, which it has not.
    FalseEnd,
    /// A stream ended as if it were complete, and it was not.
    EarlyEnd,
    /// An error without a fault.
    NoReason,
    /// What a service has told is not so.
    WrongAnswer,
    /// What lies in the flash is not what the host was told.
    WrongFile,
    /// Another firmware runs than the host was told.
    WrongFirmware,
    /// A scan that ended well has not told all.
    LostRow,
    /// A datagram was handed out that was not sent so, there, or by this peer.
    WrongDatagram,
    /// A datagram was handed out, or sent, twice; or a row was told twice.
    Twice,
    /// A datagram is missing at its peer though nothing went wrong.
    LostDatagram,
    /// A connection was accepted from somebody who has not made it.
    Stranger,
    /// An event was neither told nor counted as lost.
    LostEvent,
    /// What a peer has sent was neither handed out nor was its stream told broken.
    Stuck,
    /// A socket is still in use, in the module or in the driver.
    Leak,
    /// The session did not come back.
    NotBack,
}

impl Kind {
    /// Whether it must not happen even where nothing can be relied on.
    #[must_use]
    pub fn is_of_evil(self) -> bool {
        matches!(self, Kind::Panic | Kind::Hang | Kind::Slow | Kind::NotBack)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in {}: {}", self.kind, self.place, self.seen)
    }
}
