//! What lies between module and host: transmission time, faults, and the host's receive FIFO.

use std::collections::VecDeque;
use std::time::Duration;

use crate::faults::{Fault, FaultKind, Faults, Fragment};
use crate::secret::SecretScanner;

/// Bytes that arrive together.
#[derive(Debug)]
pub(crate) struct Run {
    pub at: Duration,
    pub bytes: Vec<u8>,
    /// They must not be shown.
    pub secret: bool,
    /// They are the last of what was written in one call.
    pub last: bool,
    /// The module resets once they have arrived.
    pub reset: bool,
}

/// One direction of the wire.
pub(crate) struct Line {
    byte_time: Duration,
    faults: Vec<Fault>,
    sent: u64,
    /// When the byte before has arrived.
    free: Duration,
    dropping: usize,
    cut_until: Duration,
    secrets: SecretScanner,
    flight: VecDeque<Run>,
}

impl Line {
    pub fn new(baud: Option<u32>, faults: Vec<Fault>) -> Self {
        Line {
            byte_time: baud.map_or(Duration::ZERO, byte_time),
            faults,
            sent: 0,
            free: Duration::ZERO,
            dropping: 0,
            cut_until: Duration::ZERO,
            secrets: SecretScanner::default(),
            flight: VecDeque::new(),
        }
    }

    /// Replaces what goes wrong; a fault that lasts ends.
    pub fn set_faults(&mut self, faults: Vec<Fault>) {
        self.faults = faults;
        self.dropping = 0;
        self.cut_until = Duration::ZERO;
    }

    /// More goes wrong; those that have struck are forgotten.
    pub fn add_faults(&mut self, faults: &[Fault]) {
        self.faults.retain(|fault| fault.at >= self.sent);
        self.faults.extend_from_slice(faults);
    }

    /// Bytes sent so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Time that so many bytes take.
    pub fn duration(&self, bytes: usize) -> Duration {
        self.byte_time * u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    /// Puts the bytes of one write call on the wire.
    pub fn send(&mut self, now: Duration, bytes: &[u8]) {
        self.free = self.free.max(now);
        let start = self.flight.len();
        for &byte in bytes {
            self.send_byte(byte);
        }
        if self.flight.len() == start {
            return;
        }
        if let Some(run) = self.flight.back_mut() {
            run.last = true;
        }
    }

    /// The next bytes that have arrived at `now`.
    pub fn arrive(&mut self, now: Duration) -> Option<Run> {
        self.flight.front().filter(|run| run.at <= now)?;
        self.flight.pop_front()
    }

    /// Whether what follows arrives together with the run, and is apart from it only because one of
    /// them must not be shown.
    pub fn goes_on(&self, run: &Run) -> bool {
        let next = self.flight.front();
        let next = next.filter(|next| next.at == run.at && !next.bytes.is_empty());
        !run.last && !run.reset && next.is_some()
    }

    pub fn next(&self) -> Option<Duration> {
        self.flight.front().map(|run| run.at)
    }

    /// The sender is reset: what it had written and the wire has not carried yet is lost.
    pub fn clear(&mut self, now: Duration) {
        self.flight.clear();
        self.free = now;
    }

    fn send_byte(&mut self, byte: u8) {
        let index = self.sent;
        self.sent += 1;
        self.free += self.byte_time;
        let secret = self.secrets.is_secret(byte);
        let mut arriving = byte;
        let mut reset = false;
        let faults: Vec<FaultKind> = self.faults_at(index);
        for fault in faults {
            match fault {
                FaultKind::Drop(count) => self.dropping = self.dropping.max(count),
                FaultKind::Corrupt(flips) => arriving ^= flips,
                FaultKind::Delay(delay) => self.free += delay,
                FaultKind::Insert(bytes) => bytes.iter().for_each(|&byte| self.fly(byte, secret)),
                FaultKind::Reset => reset = true,
                FaultKind::Cut(time) => self.cut_until = self.free + time,
            }
        }
        let dropped = self.dropping > 0;
        self.dropping = self.dropping.saturating_sub(1);
        if !dropped && self.free >= self.cut_until {
            self.fly(arriving, secret);
        }
        if reset {
            self.reset_behind();
        }
    }

    fn faults_at(&self, index: u64) -> Vec<FaultKind> {
        let faults = self.faults.iter().filter(|fault| fault.at == index);
        faults.map(|fault| fault.kind.clone()).collect()
    }

    /// A byte arrives when the wire has carried it, together with its neighbours if it takes no
    /// time.
    fn fly(&mut self, byte: u8, secret: bool) {
        let at = self.free;
        match self.flight.back_mut() {
            Some(run) if run.at == at && run.secret == secret && !run.last && !run.reset => {
                run.bytes.push(byte);
            }
            _ => self.flight.push_back(Run {
                at,
                bytes: vec![byte],
                secret,
                last: false,
                reset: false,
            }),
        }
    }

    fn reset_behind(&mut self) {
        self.flight.push_back(Run {
            at: self.free,
            bytes: Vec::new(),
            secret: false,
            last: false,
            reset: true,
        });
    }
}

/// Start bit, eight data bits, stop bit.
fn byte_time(baud: u32) -> Duration {
    Duration::from_nanos(10_000_000_000 / u64::from(baud.max(1)))
}

/// What the host has received and not read yet.
pub(crate) struct Inbox {
    bytes: VecDeque<u8>,
    /// Counts of the bytes that belong together, oldest first.
    pieces: VecDeque<usize>,
    in_piece: usize,
    overrun: bool,
    size: Option<usize>,
    fragment: Fragment,
    split_writes: bool,
    random: fastrand::Rng,
}

impl Inbox {
    pub fn new(faults: &Faults, seed: u64) -> Self {
        let mut inbox = Inbox {
            bytes: VecDeque::new(),
            pieces: VecDeque::new(),
            in_piece: 0,
            overrun: false,
            size: None,
            fragment: Fragment::Whole,
            split_writes: false,
            random: fastrand::Rng::with_seed(seed),
        };
        inbox.set_faults(faults);
        inbox
    }

    pub fn set_faults(&mut self, faults: &Faults) {
        self.size = faults.fifo;
        self.fragment = faults.fragment;
        self.split_writes = faults.split_writes;
    }

    pub fn receive(&mut self, run: &Run) {
        for &byte in &run.bytes {
            if self.size.is_some_and(|size| self.bytes.len() >= size) {
                self.overrun = true;
            } else {
                self.bytes.push_back(byte);
                self.in_piece += 1;
            }
        }
        if run.last && self.in_piece > 0 {
            self.pieces.push_back(std::mem::take(&mut self.in_piece));
        }
    }

    /// Nobody will read what is there.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.pieces.clear();
        self.in_piece = 0;
    }

    /// The oldest write of the module, if it is complete.
    pub fn take_piece(&mut self) -> Option<Vec<u8>> {
        let count = self.pieces.pop_front()?;
        Some(self.bytes.drain(..count).collect())
    }

    /// Whether a read has something to report.
    pub fn ready(&self) -> bool {
        self.overrun || !self.bytes.is_empty()
    }

    /// Whether bytes have been lost since this was asked last.
    pub fn take_overrun(&mut self) -> bool {
        std::mem::take(&mut self.overrun)
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        let count = self.largest().min(buffer.len()).min(self.bytes.len());
        for (place, byte) in buffer.iter_mut().zip(self.bytes.drain(..count)) {
            *place = byte;
        }
        self.forget_pieces(count);
        count
    }

    fn largest(&mut self) -> usize {
        let fragment = match self.fragment {
            Fragment::Whole => usize::MAX,
            Fragment::Every(size) => size.max(1),
            Fragment::Random(size) => self.random.usize(1..=size.max(1)),
        };
        match self.pieces.front() {
            Some(&piece) if self.split_writes => fragment.min(piece),
            _ => fragment,
        }
    }

    fn forget_pieces(&mut self, mut count: usize) {
        while let Some(piece) = self.pieces.front_mut() {
            let taken = count.min(*piece);
            *piece -= taken;
            count -= taken;
            if *piece > 0 {
                return;
            }
            self.pieces.pop_front();
        }
        self.in_piece = self.in_piece.saturating_sub(count);
    }
}
