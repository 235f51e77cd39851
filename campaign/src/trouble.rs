//! What goes wrong in a conversation, and what of it has struck.

use std::time::Duration;

use atwifi_simulator::{Fault, FaultKind, Faults, Fragment, Simulation, UpdateFaults};

use crate::flash::State as FlashState;
use crate::program::{FAULTS_MAX, INSERTS, Kind, Strike, Surroundings, Wire};

/// The longest that something can be late.
const LATEST: Duration = Duration::from_secs(30);

/// How far along the traffic is.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// Bytes to the host.
    pub to_host: u64,
    /// Bytes to the module.
    pub to_module: u64,
    commands: u64,
    gaps: u64,
}

impl Places {
    /// Now.
    #[must_use]
    pub fn of(simulation: &Simulation) -> Self {
        Places {
            to_host: simulation.to_host(),
            to_module: simulation.to_module(),
            commands: simulation.commands(),
            gaps: simulation.gaps(),
        }
    }
}

/// What has happened to the bytes of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Damage {
    /// Some were lost.
    pub lost: bool,
    /// Some were added.
    pub added: bool,
    /// What was added is the answer of a module that has done what it was told.
    pub agreed: bool,
    /// How many were altered.
    pub flips: usize,
    /// One of these may have made one number of another.
    pub numbers: bool,
}

/// What has struck in some time.
#[derive(Clone, Copy, Debug, Default)]
pub struct News {
    /// What goes to the host.
    pub to_host: Damage,
    /// What goes to the module.
    pub to_module: Damage,
    /// The module was reset.
    pub reset: bool,
    /// Anything at all.
    pub any: bool,
}

/// How long the line to the module is held up, at most.
const HELD_MAX_MS: u64 = 4000;

/// A module that takes this long for a command says little.
const SLOW_MS: u64 = 500;

/// How many bytes in a row such a one loses.
const LOST_MAX: usize = 64;

/// A strike that is armed.
struct Armed {
    at: u64,
    kind: Kind,
}

/// Everything that goes wrong.
pub struct Trouble {
    simulation: Simulation,
    faults: Faults,
    armed: Vec<Armed>,
    count: usize,
    is_late: bool,
    /// The module takes long for each command.
    pub is_slow: bool,
    cut_to_host: Duration,
    cut_to_module: Duration,
    /// Where bytes to the host were spoilt last, from and to.
    pub spoilt: Option<(u64, u64)>,
    /// Something has gone wrong since the beginning.
    pub has_struck: bool,
    /// Nothing has gone wrong on the wire.
    pub is_whole: bool,
    /// The connections may have ended in the module, or been mixed up: how often.
    pub upheavals: usize,
    /// How many strikes there have been.
    pub count_struck: usize,
    /// A byte has been altered.
    pub has_flipped: bool,
    /// What the module was told may have been about another socket or peer.
    pub has_mixed: bool,
    /// Bytes were added on their way to the module.
    pub has_added: bool,
    /// A line was told that nobody knows.
    pub has_told: bool,
    /// The sleep of the host that is broken off.
    pub interrupt: Option<u64>,
}

/// The faults that last as long as the conversation.
#[must_use]
pub fn lasting(surroundings: &Surroundings) -> Faults {
    Faults {
        fragment: match surroundings.fragment {
            0 => Fragment::Whole,
            size => Fragment::Random(size),
        },
        close_behind_data: surroundings.close_behind_data,
        split_writes: surroundings.split_writes,
        clear_on_close: surroundings.clear_on_close,
        deaf_while_reading: surroundings.deaf_while_reading,
        ..Faults::default()
    }
}

impl Trouble {
    /// Nothing has gone wrong yet.
    #[must_use]
    pub fn new(simulation: &Simulation, surroundings: &Surroundings) -> Self {
        Trouble {
            simulation: simulation.clone(),
            faults: lasting(surroundings),
            armed: Vec::new(),
            count: 0,
            is_late: false,
            is_slow: surroundings.latency_ms > SLOW_MS,
            cut_to_host: Duration::ZERO,
            cut_to_module: Duration::ZERO,
            spoilt: None,
            has_struck: surroundings.clear_on_close || surroundings.deaf_while_reading,
            is_whole: !(surroundings.clear_on_close || surroundings.deaf_while_reading),
            upheavals: 0,
            count_struck: 0,
            has_flipped: false,
            has_mixed: false,
            has_added: false,
            has_told: false,
            interrupt: None,
        }
    }

    /// A strike is to come; `gap_line` is what is printed if it is in a gap.
    pub fn arm(&mut self, strike: &Strike, gap_line: impl FnOnce(usize) -> Vec<u8>) {
        if self.count >= FAULTS_MAX {
            return;
        }
        self.count += 1;
        let strike = &self.at_most(strike);
        let places = Places::of(&self.simulation);
        let mut more = Faults {
            to_host: Vec::new(),
            to_module: Vec::new(),
            ..self.faults.clone()
        };
        more.fifo = None;
        let at = match &strike.kind {
            Kind::ToHost(wire) => {
                let at = places.to_host + strike.after;
                more.to_host.push(Fault::new(at, fault(wire)));
                at
            }
            Kind::ToModule(wire) => {
                let at = places.to_module + strike.after;
                more.to_module.push(Fault::new(at, fault(wire)));
                at
            }
            Kind::Gap(line) => {
                let at = places.gaps + strike.after;
                more.event_in_gap = Some((at, gap_line(*line)));
                at
            }
            Kind::Busy => {
                more.busy.push(places.commands + strike.after);
                places.commands + strike.after
            }
            Kind::Late(ms) => {
                let at = places.commands + strike.after;
                more.late.push((at, Duration::from_millis(*ms)));
                at
            }
            Kind::Fifo(size) => {
                more.fifo = Some(*size);
                0
            }
            Kind::Interrupt => {
                self.interrupt = Some(strike.after);
                0
            }
            Kind::Unplug => {
                self.simulation.unplug(true);
                0
            }
        };
        self.simulation.add_faults(more.clone());
        self.faults = more;
        self.is_late |= matches!(
            strike.kind,
            Kind::Late(_) | Kind::ToHost(Wire::Delay(_)) | Kind::ToModule(Wire::Delay(_))
        );
        self.armed.push(Armed {
            at,
            kind: strike.kind.clone(),
        });
    }

    /// From now on the flash is like this.
    pub fn set_flash(&mut self, state: &FlashState) {
        self.faults.flash_room = state.room;
        self.faults.slow_flash = Duration::from_millis(state.slow_ms);
        self.faults.update = UpdateFaults {
            fails_at: state.fails_at,
            is_spoilt: state.is_spoilt,
            write: Duration::from_millis(state.slow_ms),
        };
        let none = Faults {
            to_host: Vec::new(),
            to_module: Vec::new(),
            ..self.faults.clone()
        };
        self.simulation.add_faults(none);
    }

    /// What a line can do. It is not held up for longer than a call waits, at the end of which a
    /// transport would say that it takes nothing; and of a module that says little, little is lost in
    /// one piece.
    fn at_most(&self, strike: &Strike) -> Strike {
        let kind = match strike.kind {
            Kind::ToModule(Wire::Delay(ms)) => Kind::ToModule(Wire::Delay(ms.min(HELD_MAX_MS))),
            Kind::ToHost(Wire::Drop(n)) if self.is_slow => {
                Kind::ToHost(Wire::Drop(n.min(LOST_MAX)))
            }
            ref kind => kind.clone(),
        };
        Strike {
            after: strike.after,
            kind,
        }
    }

    /// A step is over: what lasts for a step ends.
    pub fn end_step(&mut self) {
        self.simulation.unplug(false);
        self.interrupt = None;
    }

    /// Nothing goes wrong any more; what is late comes.
    pub fn end(&mut self, surroundings: &Surroundings) {
        self.armed.clear();
        self.faults = Faults {
            clear_on_close: false,
            deaf_while_reading: false,
            ..lasting(surroundings)
        };
        self.simulation.set_faults(self.faults.clone());
        self.end_step();
        self.cut_to_host = Duration::ZERO;
        self.cut_to_module = Duration::ZERO;
        if self.is_late {
            self.simulation.advance(LATEST);
        }
    }

    /// What has struck since this was asked last.
    pub fn look(&mut self) -> News {
        let places = Places::of(&self.simulation);
        let now = self.simulation.now();
        let mut news = News::default();
        news.to_host.lost = now < self.cut_to_host || self.faults.fifo.is_some();
        news.to_module.lost = now < self.cut_to_module;
        let (struck, armed) = std::mem::take(&mut self.armed)
            .into_iter()
            .partition(|armed| {
                armed.at
                    < match armed.kind {
                        Kind::ToHost(_) => places.to_host,
                        Kind::ToModule(_) => places.to_module,
                        Kind::Gap(_) => places.gaps,
                        // When these strike cannot be seen.
                        Kind::Busy
                        | Kind::Late(_)
                        | Kind::Fifo(_)
                        | Kind::Interrupt
                        | Kind::Unplug => u64::MAX,
                    }
            });
        self.armed = armed;
        let struck: Vec<Armed> = struck;
        let mut spoilt_from = u64::MAX;
        for armed in struck {
            let is_told = matches!(armed.kind, Kind::Gap(_));
            self.has_told |= is_told;
            news.any |= !is_told;
            self.count_struck += 1;
            match armed.kind {
                Kind::ToHost(wire) => {
                    news.reset |= matches!(wire, Wire::Reset);
                    strikes(&wire, now, &mut news.to_host, &mut self.cut_to_host);
                    if !matches!(wire, Wire::Delay(_)) {
                        spoilt_from = spoilt_from.min(armed.at);
                        self.spoilt = Some((spoilt_from, armed.at));
                    }
                }
                Kind::ToModule(wire) => {
                    news.reset |= matches!(wire, Wire::Reset);
                    strikes(&wire, now, &mut news.to_module, &mut self.cut_to_module);
                }
                Kind::Fifo(_) => {
                    // Also of what came before and has not been read.
                    news.to_host.lost = true;
                    self.spoilt = Some((0, places.to_host));
                }
                Kind::Unplug => news.to_host.lost = true,
                _ => {}
            }
        }
        // What a module had still to say when it was reset.
        news.to_host.lost |= news.reset;
        if news.to_host.lost {
            let from = self.spoilt.map_or(places.to_host, |(from, _)| from);
            self.spoilt = Some((from, places.to_host));
        }
        self.has_struck |= news.any;
        self.is_whole &= !news.any;
        let (to_host, to_module) = (&news.to_host, &news.to_module);
        self.count_struck += usize::from(to_host.lost || to_module.lost);
        self.has_flipped |= to_host.flips + to_module.flips > 0;
        self.has_added |= to_module.added;
        self.has_mixed |= to_module.numbers || to_module.added || to_module.lost;
        self.upheavals += usize::from(news.reset || to_host.numbers || to_module.numbers);
        news
    }

    /// Bytes to the host are lost wherever it does not read in time.
    #[must_use]
    pub fn loses_anywhere(&self) -> bool {
        self.faults.fifo.is_some()
    }

    /// Something has happened that is no fault of the wire.
    pub fn upheaval(&mut self) {
        self.upheavals += 1;
        self.has_struck = true;
    }
}

/// What a strike does to the bytes of its direction, and until when it cuts that.
fn strikes(wire: &Wire, now: Duration, damage: &mut Damage, cut: &mut Duration) {
    match wire {
        Wire::Drop(_) => damage.lost = true,
        Wire::Cut(ms) => {
            damage.lost = true;
            *cut = (*cut).max(now + Duration::from_millis(*ms));
        }
        Wire::Flip(bits) => {
            damage.flips += 1;
            damage.numbers |= bits & 0xf0 == 0;
        }
        Wire::Insert(which) => {
            damage.added = true;
            damage.agreed |= INSERTS[which % INSERTS.len()] == b"OK\r\n";
        }
        Wire::Reset | Wire::Delay(_) => {}
    }
}

fn fault(wire: &Wire) -> FaultKind {
    match wire {
        Wire::Drop(count) => FaultKind::Drop(*count),
        Wire::Flip(bits) => FaultKind::Corrupt(*bits),
        Wire::Delay(ms) => FaultKind::Delay(Duration::from_millis(*ms)),
        Wire::Insert(which) => FaultKind::Insert(INSERTS[which % INSERTS.len()].to_vec()),
        Wire::Reset => FaultKind::Reset,
        Wire::Cut(ms) => FaultKind::Cut(Duration::from_millis(*ms)),
    }
}
