//! What a module has to say: the write calls of its firmware and the gaps between them.

use std::collections::VecDeque;
use std::time::Duration;

/// The write calls of a module's firmware that have not reached the wire yet.
#[derive(Debug, Default)]
pub struct Output {
    writes: VecDeque<Vec<u8>>,
    gaps: u64,
    event: Option<(u64, Vec<u8>)>,
    now: Duration,
    /// Something has happened since the last gap, so an event could stand here.
    fresh: bool,
}

impl Output {
    /// Sets what is printed in which gap.
    pub fn print_in_gap(&mut self, event: Option<(u64, Vec<u8>)>) {
        self.event = event;
    }

    /// The number of gaps so far.
    #[must_use]
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// It is `now`; if that is later than before, an event could be printed.
    pub fn at(&mut self, now: Duration) {
        self.fresh |= self.now != now;
        self.now = now;
    }

    /// Bytes have come from the host; an event could be printed before they are answered.
    pub fn interrupted(&mut self) {
        self.fresh = true;
    }

    /// One write call of the firmware, of lines and prompts between which an event could stand.
    pub fn write(&mut self, parts: &[&[u8]]) {
        if self.fresh {
            self.gap(&mut Vec::new());
        }
        let mut call = Vec::new();
        for part in parts {
            call.extend_from_slice(part);
            self.gap(&mut call);
        }
        self.push(call);
    }

    /// Several write calls with no gap between them, as the head and the data of one message.
    pub fn write_unbroken(&mut self, calls: &[&[u8]]) {
        if self.fresh {
            self.gap(&mut Vec::new());
        }
        calls.iter().for_each(|call| self.push(call.to_vec()));
        self.gap(&mut Vec::new());
    }

    /// The next write call.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        self.writes.pop_front()
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Forgets what has not reached the wire.
    pub fn clear(&mut self) {
        self.writes.clear();
    }

    /// Passes a gap behind what `call` holds so far.
    fn gap(&mut self, call: &mut Vec<u8>) {
        let number = self.gaps;
        self.gaps += 1;
        self.fresh = false;
        if let Some((_, event)) = self.event.take_if(|(gap, _)| *gap == number) {
            self.push(std::mem::take(call));
            self.push(event);
        }
    }

    fn push(&mut self, call: Vec<u8>) {
        if !call.is_empty() {
            self.writes.push_back(call);
        }
    }
}
