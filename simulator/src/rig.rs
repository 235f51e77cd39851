//! Module, network and wire on one clock.

use std::time::Duration;

use crate::faults::Faults;
use crate::microchip::Microchip;
use crate::module::Module;
use crate::network::Network;
use crate::spi::{Link, Taken};
use crate::st67::St67;
use crate::transcript::{Direction, Observer, Recorder, Transcript};
use crate::wire::{Inbox, Line};
use crate::{AccessPoint, Config, Profile};

/// One module with its network and its wire. It stands still until it is told what time it is.
pub(crate) struct Rig<N> {
    now: Duration,
    module: Box<dyn Module>,
    network: N,
    to_host: Line,
    to_module: Line,
    inbox: Inbox,
    spi: Option<Link>,
    /// The module's firmware ran when it was looked at last, and how often it has stopped.
    was_running: bool,
    /// What is not transferred yet is in the module, and lost with it.
    speaks_in_frames: bool,
    restarts: u64,
    recorder: Recorder,
    /// Bytes to the module come one by one, as on a UART.
    paced: bool,
    /// The module awaited payload when it was looked at last.
    payload: bool,
}

impl<N: Network> Rig<N> {
    pub fn new(config: &Config, network: N) -> Self {
        Self::with_module(build(config), config, network)
    }

    /// Of `config`, only what concerns the wire counts.
    pub fn with_module(module: Box<dyn Module>, config: &Config, network: N) -> Self {
        let faults = &config.faults;
        let mut rig = Rig {
            now: Duration::ZERO,
            module,
            network,
            to_host: Line::new(config.baud, faults.to_host.clone()),
            to_module: Line::new(config.baud, faults.to_module.clone()),
            inbox: Inbox::new(faults, config.seed),
            spi: config
                .spi
                .as_ref()
                .filter(|spi| !spi.is_elsewhere)
                .map(Link::new),
            was_running: false,
            speaks_in_frames: config.spi.is_some(),
            restarts: 0,
            recorder: Recorder::new(),
            paced: config.baud.is_some(),
            payload: false,
        };
        rig.settle();
        rig
    }

    pub fn now(&self) -> Duration {
        self.now
    }

    /// When the next thing happens, or is worth another look.
    pub fn next(&self) -> Option<Duration> {
        let spi = self.spi.as_ref().and_then(Link::next);
        self.next_but_spi().into_iter().chain(spi).min()
    }

    fn next_but_spi(&self) -> Option<Duration> {
        let times = [
            self.to_host.next(),
            self.to_module.next(),
            self.module.next(),
            self.network.next(),
        ];
        times.into_iter().flatten().min()
    }

    /// Lets everything happen up to `to`.
    pub fn advance_to(&mut self, to: Duration) {
        while let Some(next) = self.next().filter(|next| *next <= to) {
            self.now = self.now.max(next);
            self.settle();
        }
        self.now = self.now.max(to);
        if self.needs_polling() {
            self.settle();
        }
    }

    /// Lets time pass until the next thing happens, but not beyond `limit`.
    pub fn pass(&mut self, limit: Duration) {
        match self.next() {
            Some(next) if next <= limit => self.advance_to(next),
            _ => self.now = self.now.max(limit),
        }
    }

    /// The host writes; returns when the last byte is on the wire.
    pub fn write(&mut self, bytes: &[u8]) -> Duration {
        self.to_module.send(self.now, bytes);
        let sent = self.now + self.to_module.duration(bytes.len());
        self.settle();
        sent
    }

    /// How often the module's firmware has stopped.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    pub fn has_spi(&self) -> bool {
        self.spi.is_some()
    }

    /// The module's side of its SPI.
    pub fn spi(&mut self) -> &mut Link {
        self.spi.as_mut().expect("the module has an SPI")
    }

    /// The host drives CS.
    pub fn select_spi(&mut self, cs: bool) {
        let now = self.now;
        if cs && self.sleeps() && self.module.is_woken_by_select() {
            self.module.wake(now);
        }
        if self.spi().select(now, cs) == Taken::Reset {
            self.reset_module();
        }
        self.settle();
    }

    /// The host lets go of CS.
    pub fn let_go_of_spi(&mut self) {
        let now = self.now;
        if self.spi().let_go(now) == Taken::Reset {
            self.reset_module();
        }
        self.settle();
    }

    /// The host clocks bytes; `each` is given what it reads.
    pub fn clock_spi(&mut self, bytes: impl Iterator<Item = u8>, mut each: impl FnMut(u8)) {
        // Of what is elsewhere, nothing changes until then.
        let mut elsewhere = self.next_but_spi();
        for mosi in bytes {
            let end = self.now + self.spi().duration(1);
            let (miso, taken) = self.spi().clock(end, mosi);
            each(miso);
            if taken == Taken::Reset {
                self.reset_module();
            }
            let next = elsewhere.into_iter().chain(self.spi().next()).min();
            if taken == Taken::Reset || next.is_some_and(|next| next <= end) {
                self.advance_to(end);
                elsewhere = self.next_but_spi();
            }
            self.now = self.now.max(end);
        }
    }

    pub fn inbox(&mut self) -> &mut Inbox {
        &mut self.inbox
    }

    pub fn transcript(&self) -> Transcript {
        self.recorder.transcript()
    }

    pub fn observe(&mut self, observer: Observer) {
        self.recorder.observe(observer);
    }

    pub fn needs_polling(&self) -> bool {
        self.network.needs_polling()
    }

    pub fn module(&mut self) -> &mut dyn Module {
        &mut *self.module
    }

    pub fn network(&mut self) -> &mut N {
        &mut self.network
    }

    /// Bytes that crossed to the host and to the module.
    pub fn crossed(&self) -> (u64, u64) {
        (self.to_host.sent(), self.to_module.sent())
    }

    pub fn reset_pin(&mut self, level: bool) {
        if !level {
            self.silence("reset pin low");
        }
        self.module.reset_pin(self.now, level, &mut self.network);
        self.settle();
    }

    pub fn reset_module(&mut self) {
        self.silence("module reset");
        self.module.reset(self.now, &mut self.network);
        self.settle();
    }

    pub fn lose_link(&mut self) {
        self.recorder.remark(self.now, "access point lost");
        self.module.output().at(self.now);
        self.module.lose_link(self.now, &mut self.network);
        self.settle();
    }

    pub fn station_joins(&mut self, station: [u8; 6]) {
        self.module.output().at(self.now);
        self.module.station_joins(self.now, station);
        self.settle();
    }

    pub fn station_leaves(&mut self, station: [u8; 6]) {
        self.module.output().at(self.now);
        self.module.station_leaves(self.now, station);
        self.settle();
    }

    pub fn wake(&mut self) {
        self.module.output().at(self.now);
        self.module.wake(self.now);
        self.settle();
    }

    pub fn wake_pin(&mut self, level: bool) {
        self.module.output().at(self.now);
        self.module.wake_pin(self.now, level);
        self.settle();
    }

    /// Whether the module sleeps; not while it serves its SPI.
    pub fn sleeps(&mut self) -> bool {
        let is_quiet = self.spi.as_ref().is_none_or(Link::is_quiet);
        is_quiet && self.module.sleeps(self.now)
    }

    pub fn emit(&mut self, line: &[u8]) {
        let output = self.module.output();
        output.at(self.now);
        output.write(&[line]);
        self.settle();
    }

    pub fn set_access_points(&mut self, access_points: Vec<AccessPoint>) {
        self.module.set_access_points(access_points);
    }

    pub fn set_faults(&mut self, faults: &Faults) {
        self.to_host.set_faults(faults.to_host.clone());
        self.to_module.set_faults(faults.to_module.clone());
        self.set_inbox_faults(faults);
        self.module.set_faults(faults);
    }

    pub fn add_faults(&mut self, faults: &Faults) {
        self.to_host.add_faults(&faults.to_host);
        self.to_module.add_faults(&faults.to_module);
        self.set_inbox_faults(faults);
        self.module.set_faults(faults);
    }

    /// On an SPI the module waits where the host has no room.
    fn set_inbox_faults(&mut self, faults: &Faults) {
        let faults = Faults {
            fifo: faults.fifo.filter(|_| !self.speaks_in_frames),
            ..faults.clone()
        };
        self.inbox.set_faults(&faults);
    }

    fn silence(&mut self, why: &str) {
        self.recorder.remark(self.now, why);
        self.to_host.clear(self.now);
        if let Some(spi) = &mut self.spi {
            spi.runs(false);
        }
        if self.speaks_in_frames {
            self.inbox.clear();
        }
    }

    /// Does all that is due now.
    fn settle(&mut self) {
        loop {
            self.settle_module();
            let is_running = self.module.is_running();
            if std::mem::replace(&mut self.was_running, is_running) && !is_running {
                self.restarts += 1;
                if self.speaks_in_frames {
                    self.inbox.clear();
                }
            }
            if !self.settle_spi() {
                return;
            }
        }
    }

    /// Does what is due on the SPI; whether that is something for the module.
    fn settle_spi(&mut self) -> bool {
        let Some(spi) = &mut self.spi else {
            return false;
        };
        let is_running = self.module.is_running();
        if !is_running {
            // What it has said before it went off is lost with it.
            self.inbox.clear();
        }
        spi.runs(is_running);
        spi.sleeps(spi.is_quiet() && self.module.sleeps(self.now));
        while spi.has_room() {
            let Some(frame) = self.inbox.take_piece() else {
                break;
            };
            spi.say(frame);
        }
        if let Some(remark) = spi.take_remark() {
            self.recorder.remark(self.now, &remark);
        }
        if spi.poll(self.now, self.module.unread()) == Taken::Reset {
            self.reset_module();
            return false;
        }
        // While the AT task waits for a buffer to print into, it reads nothing.
        if self.inbox.ready() {
            return false;
        }
        match spi.hear() {
            Some(frame) => {
                self.to_module.send(self.now, &frame);
                true
            }
            None => false,
        }
    }

    fn settle_module(&mut self) {
        self.network.poll(self.now);
        self.deliver_to_module();
        self.module.poll(self.now, &mut self.network);
        self.look_at_payload();
        while let Some(write) = self.module.output().take() {
            self.to_host.send(self.now, &write);
        }
        self.deliver_to_host();
    }

    fn deliver_to_module(&mut self) {
        let mut piece = Vec::new();
        while let Some(run) = self.to_module.arrive(self.now) {
            self.recorder
                .push(run.at, Direction::ToModule, &run.bytes, run.secret);
            piece.extend_from_slice(&run.bytes);
            if self.to_module.goes_on(&run) {
                continue;
            }
            let piece = std::mem::take(&mut piece);
            if !piece.is_empty() {
                self.module.input(self.now, &piece, self.paced);
                self.module.poll(self.now, &mut self.network);
            }
            if !self.payload && piece.ends_with(b"\n") {
                self.recorder.end_record(Direction::ToModule);
            }
            self.look_at_payload();
            if run.reset {
                self.reset_module();
            }
        }
    }

    /// Payload is a record of its own, whatever stands in it.
    fn look_at_payload(&mut self) {
        let awaits = self.module.awaits_payload();
        if self.payload && !awaits {
            self.recorder.end_record(Direction::ToModule);
        }
        self.payload = awaits;
    }

    fn deliver_to_host(&mut self) {
        while let Some(run) = self.to_host.arrive(self.now) {
            self.recorder
                .push(run.at, Direction::ToHost, &run.bytes, run.secret);
            if run.last {
                self.recorder.end_record(Direction::ToHost);
            }
            self.inbox.receive(&run);
            if run.reset {
                self.reset_module();
            }
        }
    }
}

/// The module that `config` describes, switched on at time 0.
fn build(config: &Config) -> Box<dyn Module> {
    match config.profile {
        Profile::St67Reference
        | Profile::St67Fw2_0_75
        | Profile::St67Fw2_0_89
        | Profile::St67Fw2_0_97
        | Profile::St67Fw2_0_106 => Box::new(St67::new(config)),
        Profile::MicrochipReference | Profile::MicrochipFw0_2_0 | Profile::MicrochipFw0_3_2 => {
            Box::new(Microchip::new(config))
        }
    }
}
