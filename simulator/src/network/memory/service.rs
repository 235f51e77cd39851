//! The far ends of connections, as tests script them.

use std::time::Duration;

/// The far end of one connection.
pub trait Service {
    /// The connection is open.
    fn connected(&mut self, peer: &mut Peer) {
        let _ = peer;
    }

    /// Bytes have arrived from the module.
    fn received(&mut self, now: Duration, data: &[u8], peer: &mut Peer);

    /// Whether it has something to do of its own accord.
    fn has_something_to_say(&self) -> bool {
        false
    }

    /// It may do now what it has to do of its own accord, and has nothing more to say after that.
    fn speak(&mut self, peer: &mut Peer) {
        let _ = peer;
    }

    /// The module has closed the connection, or has never let it in.
    fn closed(&mut self) {}
}

/// What a service can do to its connection.
#[derive(Debug)]
pub struct Peer {
    now: Duration,
    pub(super) actions: Vec<(Duration, Action)>,
}

/// What a service has decided to do.
#[derive(Debug)]
pub(crate) enum Action {
    Send(Vec<u8>),
    Close,
    Reset,
}

impl Peer {
    pub(crate) fn new(now: Duration) -> Self {
        Peer {
            now,
            actions: Vec::new(),
        }
    }

    /// What is to be done at which time, in that order.
    pub(crate) fn into_actions(mut self) -> Vec<(Duration, Action)> {
        self.actions.sort_by_key(|(at, _)| *at);
        self.actions
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Sends `data` to the module.
    pub fn send(&mut self, data: &[u8]) {
        self.send_after(Duration::ZERO, data);
    }

    /// Sends `data` to the module after a while.
    pub fn send_after(&mut self, delay: Duration, data: &[u8]) {
        self.act(delay, Action::Send(data.to_vec()));
    }

    /// Closes the connection behind what has been sent.
    pub fn close(&mut self) {
        self.close_after(Duration::ZERO);
    }

    /// Closes the connection after a while.
    pub fn close_after(&mut self, delay: Duration) {
        self.act(delay, Action::Close);
    }

    /// Breaks the connection off; what the module has not taken by then is lost.
    pub fn reset(&mut self) {
        self.reset_after(Duration::ZERO);
    }

    /// Breaks the connection off after a while.
    pub fn reset_after(&mut self, delay: Duration) {
        self.act(delay, Action::Reset);
    }

    pub(super) fn act(&mut self, delay: Duration, action: Action) {
        self.actions.push((self.now + delay, action));
    }
}
