//! Things to come.

use std::collections::VecDeque;
use std::time::Duration;

/// Things to come, in the order of their time, and of their arrival where that is the same.
pub(super) struct Agenda<T>(VecDeque<(Duration, T)>);

impl<T> Agenda<T> {
    pub fn new() -> Self {
        Agenda(VecDeque::new())
    }

    pub fn schedule(&mut self, at: Duration, what: T) {
        let index = self.0.partition_point(|(time, _)| *time <= at);
        self.0.insert(index, (at, what));
    }

    /// Takes the next thing if it is due.
    pub fn due(&mut self, now: Duration) -> Option<(Duration, T)> {
        self.0.front().filter(|(at, _)| *at <= now)?;
        self.0.pop_front()
    }

    pub fn next(&self) -> Option<Duration> {
        self.0.front().map(|(at, _)| *at)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
