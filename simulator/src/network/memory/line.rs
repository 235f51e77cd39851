//! One connection between the module and a service.

use std::collections::VecDeque;
use std::time::Duration;

use super::agenda::Agenda;
use super::service::{Action, Peer, Service};
use crate::network::Received;

/// What reaches a service.
pub(super) enum Arrival {
    Connected,
    Data(Vec<u8>),
    Closed,
}

/// How far a connection has come that a peer has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialled {
    /// The module has not answered yet.
    Connecting,
    /// The connection is open.
    Open,
    /// Nobody listens, or the module has no room.
    Refused,
    /// Either end has closed or broken it.
    Closed,
}

pub(super) struct Line {
    /// When the module knows how its attempt went; never if nobody answers.
    pub decided: Option<Duration>,
    /// The service; none if the connection is refused or not answered.
    pub service: Option<Box<dyn Service>>,
    /// Set if the peer has begun it: how far it has come, as the peer knows.
    pub dialled: Option<Dialled>,
    pub to_service: Agenda<Arrival>,
    to_module: Agenda<Action>,
    /// What the peer wants to do as soon as the connection is open.
    early: Vec<Action>,
    arrived: VecDeque<u8>,
    /// The service has closed or broken the connection, and the module can know.
    ended: bool,
    /// The service has broken it.
    pub reset: bool,
    /// The module has closed it.
    pub closed: bool,
    /// Set if the service takes nothing: how much the module has sent.
    pub unsent: Option<usize>,
    /// How long the service takes to acknowledge.
    pub slowness: Option<Duration>,
    /// What it will have acknowledged when.
    pub in_flight: Vec<(Duration, usize)>,
}

impl Line {
    pub fn new(service: Option<Box<dyn Service>>) -> Self {
        Line {
            decided: None,
            service,
            dialled: None,
            to_service: Agenda::new(),
            to_module: Agenda::new(),
            early: Vec::new(),
            arrived: VecDeque::new(),
            ended: false,
            reset: false,
            closed: false,
            unsent: None,
            slowness: None,
            in_flight: Vec::new(),
        }
    }

    /// How much is sent and not acknowledged.
    pub fn in_flight(&self, now: Duration) -> usize {
        let waiting = self.in_flight.iter().filter(|(at, _)| *at > now);
        waiting.map(|(_, length)| length).sum()
    }

    pub fn next(&self) -> Option<Duration> {
        let service = self.service.as_ref();
        let speaks = service.filter(|service| !self.closed && service.has_something_to_say());
        let times = [
            self.to_service.next(),
            self.to_module.next(),
            speaks.map(|_| Duration::ZERO),
        ];
        times.into_iter().flatten().min()
    }

    /// Nothing more can happen on it. One that a peer has begun is kept for the peer to look at.
    pub fn is_over(&self) -> bool {
        self.closed && self.to_service.is_empty() && self.dialled.is_none()
    }

    pub fn poll(&mut self, now: Duration, delay: Duration) {
        while let Some((at, arrival)) = self.to_service.due(now) {
            self.serve(at, delay, arrival);
        }
        self.let_speak(now, delay);
        while let Some((_, action)) = self.to_module.due(now) {
            self.arrive(action);
        }
    }

    fn serve(&mut self, at: Duration, delay: Duration, arrival: Arrival) {
        let Some(service) = &mut self.service else {
            return;
        };
        let mut peer = Peer::new(at);
        match arrival {
            Arrival::Connected => {
                service.connected(&mut peer);
                let early = std::mem::take(&mut self.early);
                early
                    .into_iter()
                    .for_each(|action| peer.act(Duration::ZERO, action));
                self.progress(Dialled::Open);
            }
            Arrival::Data(data) => service.received(at, &data, &mut peer),
            Arrival::Closed => {
                service.closed();
                self.progress(Dialled::Closed);
            }
        }
        for (at, action) in peer.actions {
            self.to_module.schedule(at + delay, action);
        }
    }

    fn let_speak(&mut self, now: Duration, delay: Duration) {
        let service = self.service.as_mut();
        let Some(service) = service.filter(|service| service.has_something_to_say()) else {
            return;
        };
        let mut peer = Peer::new(now);
        service.speak(&mut peer);
        for (at, action) in peer.actions {
            self.to_module.schedule(at + delay, action);
        }
    }

    fn progress(&mut self, to: Dialled) {
        if matches!(self.dialled, Some(Dialled::Connecting | Dialled::Open)) {
            self.dialled = Some(to);
        }
    }

    fn arrive(&mut self, action: Action) {
        if self.ended {
            return;
        }
        match action {
            Action::Send(data) => self.arrived.extend(data),
            Action::Close => self.ended = true,
            Action::Reset => {
                self.arrived.clear();
                self.ended = true;
                self.reset = true;
            }
        }
    }

    /// What the peer does of its own accord, at once or as soon as the connection is open.
    pub fn act(&mut self, now: Duration, delay: Duration, action: Action) {
        match self.dialled {
            Some(Dialled::Connecting) => self.early.push(action),
            Some(Dialled::Open) => {
                if !matches!(action, Action::Send(_)) {
                    self.progress(Dialled::Closed);
                }
                self.to_module.schedule(now + delay, action);
            }
            _ => {}
        }
    }

    pub fn receive(&mut self, limit: usize) -> Received {
        let count = self.arrived.len().min(limit);
        if count > 0 {
            Received::Data(self.arrived.drain(..count).collect())
        } else if self.ended && self.arrived.is_empty() {
            Received::Closed
        } else {
            Received::Nothing
        }
    }
}
