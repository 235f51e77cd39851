//! Module, network and wire on one clock.

use std::time::Duration;

use crate::faults::Faults;
use crate::microchip::Microchip;
use crate::module::Module;
use crate::network::Network;
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
        self.settle();
    }

    /// The host writes; returns when the last byte is on the wire.
    pub fn write(&mut self, bytes: &[u8]) -> Duration {
        self.to_module.send(self.now, bytes);
        let sent = self.now + self.to_module.duration(bytes.len());
        self.settle();
        sent
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
        self.inbox.set_faults(faults);
        self.module.set_faults(faults);
    }

    pub fn add_faults(&mut self, faults: &Faults) {
        self.to_host.add_faults(&faults.to_host);
        self.to_module.add_faults(&faults.to_module);
        self.inbox.set_faults(faults);
        self.module.set_faults(faults);
    }

    fn silence(&mut self, why: &str) {
        self.recorder.remark(self.now, why);
        self.to_host.clear(self.now);
    }

    /// Does all that is due now.
    fn settle(&mut self) {
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
