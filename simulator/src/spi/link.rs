//! The module's side of its SPI: what its firmware does in `nxspi`.

use std::collections::VecDeque;
use std::time::Duration;

use super::{SPI_FRAME_MAX, SpiConfig, SpiCounts, SpiFault, SpiFaultKind, SpiMoment};

const HEADER: usize = 8;
const MAGIC: [u8; 2] = [0xaa, 0x55];
const RX_STALL: u8 = 0x04;
const AT: u8 = 0;
/// The SPI moves words of so many bytes.
const WORD: usize = 4;
/// Buffers for frames in each direction.
const BUFFERS: usize = 2;
/// What the send buffer of the SPI holds after power-up.
const FRESH: [u8; WORD] = [0xdd, 0xcc, 0xbb, 0xaa];
/// What a line reads that nobody drives.
const UNDRIVEN: u8 = 0xff;
/// The least time for which CS is low between two transactions.
const GAP: Duration = Duration::from_micros(2);
/// A payload of the module's that is sent from where it lies, with what stands behind it.
const ZERO_COPY: &[u8] = b"+CIPRECVDATA:";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// RDY is low.
    Configured,
    /// RDY is high, and clocks are awaited.
    Started,
    /// RDY is low again, and CS is awaited.
    HeaderReceived,
}

/// What comes of an event on the wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Nothing,
    /// The module resets.
    Reset,
}

/// A frame on its way to the host.
#[derive(Clone, Debug, Default)]
struct Frame {
    kind: u8,
    payload: Vec<u8>,
}

pub(crate) struct Link {
    config: SpiConfig,
    /// The firmware runs.
    is_running: bool,
    /// It sleeps, or is about to wake up.
    is_asleep: bool,
    state: State,
    cs: bool,
    cs_fell: Option<Duration>,
    rdy: bool,
    /// When the module looks for a receive buffer, and when it gives up.
    arming: Option<Duration>,
    stalling: Option<Duration>,
    acknowledging: Option<Duration>,
    armed: Duration,
    /// CS fell before the header was complete: the next transaction ends at its header.
    early: bool,
    up: VecDeque<Frame>,
    /// Frames of the host that wait for the AT task, and receive buffers that are lost.
    down: VecDeque<Vec<u8>>,
    leaked: usize,
    /// The transaction at hand: what the module sends, and what it has received.
    frame: Frame,
    header: [u8; HEADER],
    received: Vec<u8>,
    is_stalled: bool,
    stalls: u64,
    stale: Vec<u8>,
    /// A fault has struck while CS was high: what the host does now may look like a broken rule.
    is_excused: bool,
    /// RDY is high for one look.
    glitch: bool,
    is_stuck: bool,
    remark: Option<String>,
    counts: SpiCounts,
}

impl Link {
    pub fn new(config: &SpiConfig) -> Self {
        Link {
            config: config.clone(),
            is_running: false,
            is_asleep: false,
            state: State::Configured,
            cs: false,
            cs_fell: None,
            rdy: false,
            arming: None,
            stalling: None,
            acknowledging: None,
            armed: Duration::ZERO,
            early: false,
            up: VecDeque::new(),
            down: VecDeque::new(),
            leaked: 0,
            frame: Frame::default(),
            header: [0; HEADER],
            received: Vec::new(),
            is_stalled: false,
            stalls: 0,
            stale: Vec::new(),
            is_excused: false,
            glitch: false,
            is_stuck: false,
            remark: None,
            counts: SpiCounts::default(),
        }
    }

    pub fn set_faults(&mut self, faults: Vec<SpiFault>) {
        self.config.faults = faults;
        self.stalls = 0;
    }

    pub fn counts(&self) -> SpiCounts {
        self.counts
    }

    /// The time that so many bytes take.
    pub fn duration(&self, bytes: usize) -> Duration {
        let nanos = bytes as u64 * 8_000_000_000 / u64::from(self.config.clock.max(1));
        Duration::from_nanos(nanos)
    }

    /// A transaction that is over, if each is to be told.
    pub fn take_remark(&mut self) -> Option<String> {
        self.remark.take()
    }

    /// Whether the firmware runs: if not, nobody serves the wires.
    pub fn runs(&mut self, is_running: bool) {
        if self.is_running && !is_running {
            let config = self.config.clone();
            let (cs, cs_fell, counts) = (self.cs, self.cs_fell, self.counts);
            *self = Link::new(&config);
            (self.cs, self.cs_fell, self.counts) = (cs, cs_fell, counts);
            self.is_excused = cs;
        }
        self.is_running = is_running;
    }

    /// Whether nothing is under way.
    pub fn is_quiet(&self) -> bool {
        let is_idle = self.state == State::Configured && self.arming.is_none();
        is_idle && self.up.is_empty() && self.down.is_empty()
    }

    /// Whether the module sleeps, in which it serves no wire.
    pub fn sleeps(&mut self, is_asleep: bool) {
        self.is_asleep = is_asleep;
    }

    /// Whether there is a free buffer for a frame to the host.
    pub fn has_room(&self) -> bool {
        self.is_running && self.up.len() < BUFFERS
    }

    /// Takes a frame for the host.
    pub fn say(&mut self, payload: Vec<u8>) {
        for payload in payload.chunks(SPI_FRAME_MAX) {
            self.up.push_back(Frame {
                kind: AT,
                payload: payload.to_vec(),
            });
        }
    }

    /// The next frame of the host's, for the AT task.
    pub fn hear(&mut self) -> Option<Vec<u8>> {
        self.down.pop_front()
    }

    pub fn next(&self) -> Option<Duration> {
        let times = [self.arming, self.stalling, self.acknowledging];
        times.into_iter().flatten().min()
    }

    /// Does what is due. `unread` frames of the host wait for the AT task beside those here.
    pub fn poll(&mut self, now: Duration, unread: usize) -> Taken {
        if !self.is_running {
            return Taken::Nothing;
        }
        if self.acknowledging.is_some_and(|at| at <= now) {
            self.acknowledging = None;
            if self.strike(|kind| *kind == SpiFaultKind::Reset(SpiMoment::Acknowledged)) {
                return Taken::Reset;
            }
            self.acknowledge(now);
        }
        let has_reason = self.cs || !self.up.is_empty();
        let serves = self.state == State::Configured && !self.is_asleep && !self.is_stuck;
        if !serves || !has_reason {
            return Taken::Nothing;
        }
        match self.arming {
            None => self.begin_arming(now),
            Some(at) if at <= now => return self.try_arming(now, unread),
            Some(_) => {}
        }
        Taken::Nothing
    }

    fn begin_arming(&mut self, now: Duration) {
        let mut delay = self.config.arming;
        while let Some(kind) = self.take_fault(|kind| {
            matches!(
                kind,
                SpiFaultKind::Late(_) | SpiFaultKind::Deaf | SpiFaultKind::Leak
            )
        }) {
            match kind {
                SpiFaultKind::Late(late) => delay += late,
                SpiFaultKind::Leak => self.leaked += 1,
                _ => self.is_stuck = true,
            }
        }
        self.glitch = self.strike(|kind| *kind == SpiFaultKind::Glitch);
        if !self.is_stuck {
            self.arming = Some(now + delay);
        }
    }

    fn try_arming(&mut self, now: Duration, unread: usize) -> Taken {
        let is_full = unread + self.down.len() + self.leaked >= BUFFERS;
        if is_full {
            let limit = *self.stalling.get_or_insert(now + self.config.patience);
            if now < limit {
                // A buffer may get free at any time.
                self.arming = Some(limit.min(now + self.config.arming));
                return Taken::Nothing;
            }
        }
        self.arming = None;
        self.stalling = None;
        if self.strike(|kind| *kind == SpiFaultKind::Reset(SpiMoment::Ready)) {
            return Taken::Reset;
        }
        self.start(now, is_full);
        Taken::Nothing
    }

    fn start(&mut self, now: Duration, is_full: bool) {
        while let Some(kind) =
            self.take_fault(|kind| matches!(kind, SpiFaultKind::Stall(_) | SpiFaultKind::Other(..)))
        {
            match kind {
                SpiFaultKind::Stall(more) => self.stalls = more + 1,
                SpiFaultKind::Other(kind, length) => self.up.push_front(Frame {
                    kind,
                    payload: (0..length).map(|n| n as u8).collect(),
                }),
                _ => {}
            }
        }
        self.is_stalled = is_full || self.stalls > 0;
        self.stalls = self.stalls.saturating_sub(1);
        self.frame = self.up.pop_front().unwrap_or_default();
        let length = u16::try_from(self.frame.payload.len()).unwrap_or(u16::MAX);
        let [low, high] = length.to_le_bytes();
        let flags = if self.is_stalled { RX_STALL } else { 0 };
        self.header = [MAGIC[0], MAGIC[1], low, high, flags, self.frame.kind, 0, 0];
        if let Some(SpiFaultKind::Magic(magic)) =
            self.take_fault(|kind| matches!(kind, SpiFaultKind::Magic(_)))
        {
            self.header[..2].copy_from_slice(&magic);
            self.is_excused = true;
        }
        if let Some(SpiFaultKind::Length(flips)) =
            self.take_fault(|kind| matches!(kind, SpiFaultKind::Length(_)))
        {
            let [low, high] = (length ^ flips).to_le_bytes();
            self.header[2..4].copy_from_slice(&[low, high]);
            self.is_excused = true;
        }
        self.state = State::Started;
        self.rdy = true;
        self.armed = now;
        self.received.clear();
    }

    fn acknowledge(&mut self, now: Duration) {
        if self.strike(|kind| *kind == SpiFaultKind::Sticks) {
            self.is_stuck = true;
            self.is_excused = true;
            return;
        }
        self.rdy = false;
        self.state = State::HeaderReceived;
        if std::mem::take(&mut self.early) {
            self.complete(now);
        }
    }

    /// The host drives CS.
    pub fn select(&mut self, now: Duration, cs: bool) -> Taken {
        let was = std::mem::replace(&mut self.cs, cs);
        if was == cs {
            return Taken::Nothing;
        }
        if cs {
            let gap = self.cs_fell.map_or(GAP, |fell| now - fell);
            self.check(gap >= GAP, || format!("CS was low for {gap:?} only"));
            return Taken::Nothing;
        }
        self.cs_fell = Some(now);
        let mut taken = Taken::Nothing;
        if self.is_running && self.state == State::HeaderReceived {
            if self.strike(|kind| *kind == SpiFaultKind::Reset(SpiMoment::End)) {
                taken = Taken::Reset;
            }
            self.complete(now);
        } else if self.is_running {
            let state = self.state;
            self.check(false, || format!("CS fell early, in {state:?}"));
            self.early = state == State::Started;
            if state == State::Configured && self.up.is_empty() {
                // Nothing to be ready for any more.
                self.arming = None;
                self.stalling = None;
            }
        }
        self.is_excused = false;
        taken
    }

    /// The host lets go of its pins, and the pull-down of CS takes it low: no rule of a host that runs.
    pub fn let_go(&mut self, now: Duration) -> Taken {
        self.is_excused = true;
        let taken = self.select(now, false);
        self.is_excused = self.early;
        taken
    }

    /// One byte is clocked; returns what the host reads.
    pub fn clock(&mut self, now: Duration, mosi: u8) -> (u8, Taken) {
        self.counts.clocked += 1;
        if !self.is_running {
            return (UNDRIVEN, Taken::Nothing);
        }
        if self.acknowledging.is_some_and(|at| at <= now) && self.poll(now, 0) == Taken::Reset {
            return (UNDRIVEN, Taken::Reset);
        }
        let (cs, state) = (self.cs, self.state);
        self.check(cs && state != State::Configured, || {
            format!(
                "a clock in {state:?}, CS {}",
                if cs { "high" } else { "low" }
            )
        });
        if state == State::Configured {
            return (UNDRIVEN, Taken::Nothing);
        }
        let at = self.received.len();
        if self.strike(|kind| *kind == SpiFaultKind::Reset(SpiMoment::Byte(at))) {
            return (UNDRIVEN, Taken::Reset);
        }
        self.received.push(mosi);
        if self.received.len() == HEADER {
            self.check_header();
            let earliest = self.armed + self.config.blind;
            self.acknowledging = Some(earliest.max(now + self.config.acknowledging));
        }
        let flips = match self
            .take_fault(|kind| matches!(kind, SpiFaultKind::Flip(byte, _) if *byte == at))
        {
            Some(SpiFaultKind::Flip(_, bits)) => bits,
            _ => 0,
        };
        self.is_excused |= flips != 0;
        (self.miso(at) ^ flips, Taken::Nothing)
    }

    fn miso(&self, at: usize) -> u8 {
        let payload = &self.frame.payload;
        let Some(place) = at.checked_sub(HEADER) else {
            return self.header.get(at).copied().unwrap_or(UNDRIVEN);
        };
        let is_padding = place < payload.len().next_multiple_of(WORD);
        let is_text = !payload.starts_with(ZERO_COPY);
        let stale = self.stale.get(place).copied();
        match payload.get(place) {
            Some(&byte) => byte,
            None if is_padding && is_text => 0,
            None => stale.unwrap_or(FRESH[at % WORD]),
        }
    }

    fn check_header(&mut self) {
        let header: [u8; HEADER] = self.received[..HEADER].try_into().unwrap_or_default();
        let length = usize::from(u16::from_le_bytes([header[2], header[3]]));
        let is_right = header[..2] == MAGIC && header[4] == 0 && header[6..] == [0, 0];
        self.check(is_right, || format!("the host's header is {header:02x?}"));
        self.check(length == 0 || header[5] == AT, || {
            format!("the host sends a frame of type {}", header[5])
        });
        self.check(length <= SPI_FRAME_MAX, || {
            format!("the host announces {length} bytes")
        });
    }

    /// Both sides have had their say.
    fn complete(&mut self, now: Duration) {
        self.state = State::Configured;
        self.counts.transactions += 1;
        let frame = std::mem::take(&mut self.frame);
        let received = std::mem::take(&mut self.received);
        let length = usize::from(u16::from_le_bytes([received[2], received[3]]));
        let clocked = received.len();
        self.check(clocked.is_multiple_of(WORD), || {
            format!("{clocked} bytes clocked, which are no whole words")
        });
        let whole = HEADER + frame.payload.len().next_multiple_of(WORD);
        self.check(clocked >= whole, || {
            format!("the host has left a frame of {whole} bytes after {clocked}")
        });
        let is_stalled = self.is_stalled;
        self.check(is_stalled || clocked >= HEADER + length, || {
            format!("the host has announced {length} bytes and clocked {clocked}")
        });
        if self.config.is_told {
            self.tell(&received, &frame, now);
        }
        self.counts.to_host += frame.payload.len() as u64;
        if !frame.payload.is_empty() {
            self.stale = frame.payload;
        }
        if length > 0 && is_stalled {
            self.counts.stalls += 1;
        } else if length > 0 && clocked >= HEADER + WORD {
            self.take(received, length);
        }
    }

    /// A frame of the host's goes to the queue of its type; those of two types are read by nobody.
    fn take(&mut self, received: Vec<u8>, length: usize) {
        self.counts.to_module += length as u64;
        let kind = received[5];
        let mut payload: Vec<u8> = received[HEADER..].to_vec();
        payload.resize(payload.len().max(length), 0x5a);
        payload.truncate(length);
        match kind {
            AT => self.down.push_back(payload),
            _ => self.leaked += 1,
        }
    }

    fn tell(&mut self, received: &[u8], frame: &Frame, now: Duration) {
        let announced = u16::from_le_bytes([received[2], received[3]]);
        let stalled = if self.is_stalled { ", stalled" } else { "" };
        self.remark = Some(format!(
            "SPI transaction {}: {announced} bytes to the module{stalled}, {} to the host, {} clocked, {} us",
            self.counts.transactions,
            frame.payload.len(),
            received.len(),
            (now - self.armed).as_micros(),
        ));
    }

    /// Whether RDY reads high.
    pub fn is_rdy_high(&mut self) -> bool {
        if std::mem::take(&mut self.glitch) && !self.rdy {
            self.is_excused = true;
            return true;
        }
        match self.is_running {
            true => self.rdy,
            false => self.config.floats,
        }
    }

    fn check(&self, is_kept: bool, what: impl Fn() -> String) {
        assert!(
            is_kept || self.is_excused || !self.config.is_strict,
            "transaction {}: the host breaks a rule of the SPI: {}",
            self.counts.transactions,
            what()
        );
    }

    fn strike(&mut self, is_it: impl Fn(&SpiFaultKind) -> bool) -> bool {
        self.take_fault(is_it).is_some()
    }

    /// A fault of this kind that is due, which happens once.
    fn take_fault(&mut self, is_it: impl Fn(&SpiFaultKind) -> bool) -> Option<SpiFaultKind> {
        let number = self.counts.transactions;
        let faults = &mut self.config.faults;
        let due = |fault: &SpiFault| fault.at == number && is_it(&fault.kind);
        let at = faults.iter().position(due)?;
        Some(faults.remove(at).kind)
    }
}
