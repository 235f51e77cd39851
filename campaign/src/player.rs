//! Plays a conversation and holds what comes of it against what may come.

mod connections;
mod datagrams;
mod end;
mod flash;
mod others;
mod phone;
mod radio;
mod services;

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::panic;
use std::rc::Rc;
use std::time::Duration;

use atwifi::{Closed, Error, Module, MqttMemory, SocketMemory, TcpSocket, UdpSocket};
use atwifi_simulator::{BlePeer, Config, Profile, Simulation, SpiConfig};
use embedded_nal::nb;

use crate::air;
use crate::caught::{Caught, Hangs, catch};
use crate::evil::{Line, LineError, Vices};
use crate::finding::{Finding, Kind};
use crate::ledger::Ledger;
use crate::program::{Conversation, Deed, Host, MEMORY, Step, Surroundings};
use crate::shelf::Shelf;
use crate::target::{Driver, Failure, Target};
use crate::trouble::{News, Trouble};
use crate::world::World;

pub use phone::Visit;

/// The phone's address.
const PHONE: [u8; 6] = [0x02, 0x67, 0x11, 0, 0, 0x77];

/// How long a call may take that has no entry of its own in [`BOUNDS`], on top of what its caller
/// allows it to wait.
const BOUND: Duration = Duration::from_secs(60);

/// How long each call may take, where that is known better.
const BOUNDS: [(&str, Duration); 0] = [];

/// A call that takes so much longer than the longest bound does not end.
const HANG: Duration = Duration::from_secs(600);
/// How often the clock may be read while time stands still.
const SPINS: u64 = 1_000_000;

/// Why a call failed, in neutral words.
pub type Told = Error<LineError, String>;

/// The clock of a host that sleeps in ticks.
#[derive(Clone)]
pub struct Clock(Rc<Ticks>);

struct Ticks {
    simulation: Simulation,
    tick: Duration,
    /// When the call began that is running.
    begun: Cell<Duration>,
    /// What time it was last, and how often it has been so.
    seen: Cell<Duration>,
    spins: Cell<u64>,
    /// After how many sleeps the wait is broken off.
    interrupt: Cell<Option<u64>>,
}

impl atwifi::Clock for Clock {
    fn now(&mut self) -> u32 {
        let ticks = &self.0;
        let now = ticks.simulation.now();
        let spins = if ticks.seen.replace(now) == now {
            ticks.spins.get() + 1
        } else {
            0
        };
        ticks.spins.set(spins);
        if spins > SPINS || now - ticks.begun.get() > HANG {
            panic::panic_any(Hangs);
        }
        now.as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        let ticks = &self.0;
        match ticks.interrupt.get() {
            Some(0) => {
                ticks.interrupt.set(None);
                return ControlFlow::Break(());
            }
            Some(left) => ticks.interrupt.set(Some(left - 1)),
            None => {}
        }
        ticks.simulation.idle_for(ticks.tick);
        ControlFlow::Continue(())
    }
}

/// What came of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What must not have happened.
    pub findings: Vec<Finding>,
    /// Calls that were made.
    pub calls: usize,
    /// Those of them that ended in an error.
    pub errors: usize,
    /// The virtual time that it took.
    pub took: Duration,
    /// The first story behind the last fault went through.
    pub came_back_at_once: bool,
    /// Everything that crossed the wire, if it was asked for.
    pub transcript: Option<String>,
}

/// An event that the module has told.
struct Event {
    number: usize,
    /// The traffic to the host when it was told, from and to.
    at: (u64, u64),
    seen: bool,
    excused: bool,
}

/// What lasts from the first step to the last, whatever becomes of the host.
struct Story {
    simulation: Simulation,
    clock: Clock,
    line: Line,
    world: World,
    trouble: Trouble,
    ledger: Ledger,
    outcome: Outcome,
    place: &'static str,
    events: Vec<Event>,
    dialled: usize,
    /// How many of them may wait still whose listener was not closed when it was to be.
    left_waiting: usize,
    bound: usize,
    /// The station should be up.
    is_joined: bool,
    is_evil: bool,
    /// The firmware throws away what nobody has read when a peer closes.
    loses_unread: bool,
    profile: Profile,
    neighbours: usize,
    /// Services are used.
    has_services: bool,
    /// Something has befallen the module or the host that nobody has asked for.
    is_disturbed: bool,
    radio: radio::Radio,
    /// Who is served over Bluetooth LE.
    phone: BlePeer,
    /// What lies in the flash.
    shelf: Shelf,
    /// The module starts until then: what it has to say on an SPI goes nowhere.
    starts_until: Duration,
    /// How many upheavals there had been when the listener began.
    listening_since: usize,
    /// One that listens was closed, with which firmware ends what it has accepted.
    has_closed_listener: bool,
    round_trip: Duration,
    latency_ms: u64,
    a_few_commands: Duration,
}

/// A socket of the host.
struct Tcp {
    socket: TcpSocket,
    account: Option<usize>,
}

/// A socket for datagrams.
struct Udp {
    socket: UdpSocket,
    /// The ports of the module that it is known to have.
    ports: Vec<u16>,
    peer: usize,
    /// How many upheavals there had been when it was opened.
    upheavals: usize,
}

/// A host, from its start to its end.
struct Player<'p, 'b, D: Target> {
    story: &'p mut Story,
    module: &'p RefCell<Driver<'b, D>>,
    tcp: Vec<Tcp>,
    udp: Vec<Udp>,
    listener: Option<(TcpSocket, u16)>,
}

/// Plays a conversation.
#[must_use]
pub fn play<D: Target>(conversation: &Conversation, with_transcript: bool) -> Outcome {
    let mut story = Story::new(conversation);
    let played = catch(|| match MEMORY[conversation.host.memory % MEMORY.len()] {
        1 => story.play::<D, 1>(conversation),
        32 => story.play::<D, 32>(conversation),
        64 => story.play::<D, 64>(conversation),
        256 => story.play::<D, 256>(conversation),
        1024 => story.play::<D, 1024>(conversation),
        _ => story.play::<D, 4096>(conversation),
    });
    match played {
        Ok(()) => {}
        Err(Caught::Hang) => {
            let begun = story.clock.0.begun.get();
            story.find(
                Kind::Hang,
                format!("after {:?}", story.simulation.now() - begun),
            );
        }
        Err(Caught::Panic(said)) => story.find(Kind::Panic, said),
    }
    if story.is_evil {
        story
            .outcome
            .findings
            .retain(|finding| finding.kind.is_of_evil());
    }
    story.outcome.took = story.simulation.now();
    if with_transcript {
        story.outcome.transcript = Some(story.simulation.transcript().to_string());
    }
    story.outcome
}

impl Story {
    fn new(conversation: &Conversation) -> Self {
        let world = World::default();
        let around = &conversation.surroundings;
        let mut config = Config::new(conversation.profile)
            .with_latency(Duration::from_millis(around.latency_ms))
            .with_faults(crate::trouble::lasting(around));
        config.access_points = air::around(around.neighbours);
        config.baud = around.baud;
        let phone = BlePeer::new(PHONE);
        config = config.with_ble_peer(&phone);
        if conversation.is_on_spi {
            config = config.with_spi(SpiConfig::default());
        }
        let network = world.network(Duration::from_millis(around.network_ms));
        let simulation = Simulation::new(config, network);
        let clock = Clock(Rc::new(Ticks {
            simulation: simulation.clone(),
            tick: Duration::from_millis(conversation.host.tick_ms),
            begun: Cell::default(),
            seen: Cell::default(),
            spins: Cell::default(),
            interrupt: Cell::default(),
        }));
        Story {
            trouble: Trouble::new(&simulation, around),
            line: Line::new(&simulation, conversation.vices),
            simulation,
            clock,
            world,
            ledger: Ledger::default(),
            outcome: Outcome::default(),
            place: "start",
            events: Vec::new(),
            dialled: 0,
            left_waiting: 0,
            bound: 0,
            is_joined: false,
            is_evil: conversation.vices != Vices::default(),
            // Also what it has not announced, of which the driver cannot know.
            loses_unread: conversation.profile == Profile::MicrochipFw0_3_2
                || around.clear_on_close,
            profile: conversation.profile,
            neighbours: around.neighbours,
            has_services: around.neighbours > 0,
            is_disturbed: conversation.vices != Vices::default(),
            radio: radio::Radio::fresh(),
            phone,
            shelf: Shelf::default(),
            starts_until: Duration::ZERO,
            listening_since: 0,
            has_closed_listener: false,
            round_trip: around.round_trip(),
            latency_ms: around.latency_ms,
            a_few_commands: services::a_few_commands(around),
        }
    }

    fn find(&mut self, kind: Kind, seen: impl Into<String>) {
        let (place, seen) = (self.place, seen.into());
        self.outcome.findings.push(Finding { kind, place, seen });
    }

    fn play<D: Target, const N: usize>(&mut self, conversation: &Conversation) {
        let mut steps = conversation.steps.as_slice();
        let mut is_first = true;
        loop {
            let is_last = self.host::<D, N>(conversation, &mut steps, is_first);
            is_first = false;
            if is_last {
                break;
            }
        }
        let checked = self.ledger.check(self.trouble.upheavals, &self.world);
        self.outcome.findings.extend(checked);
        self.check_datagrams();
    }

    /// One life of the host; whether it was the last.
    fn host<D: Target, const N: usize>(
        &mut self,
        conversation: &Conversation,
        steps: &mut &[Step],
        is_first: bool,
    ) -> bool {
        let Host {
            sockets,
            spare,
            resets_first,
            ..
        } = conversation.host;
        let mut line = vec![0; Driver::<D>::LINE_BUFFER + spare];
        let mut memory: Vec<_> = (0..sockets).map(|_| SocketMemory::<N>::new()).collect();
        if !is_first {
            self.line.restart_host();
        }
        let module = Module::new(
            self.line.clone(),
            self.clock.clone(),
            &mut line,
            &mut memory,
        );
        let Ok(module) = module else {
            panic!("the buffers do not suffice")
        };
        let mut messages = MqttMemory::<D, 256>::new();
        let mut module = module;
        module.lend_messages(&mut messages);
        let module = RefCell::new(module);
        let mut player = Player::<D> {
            story: self,
            module: &module,
            tcp: Vec::new(),
            udp: Vec::new(),
            listener: None,
        };
        if is_first {
            player.begin(resets_first);
        }
        while let [step, rest @ ..] = steps {
            *steps = rest;
            if player.step(step) == Next::RestartHost {
                return false;
            }
        }
        player.end(&conversation.surroundings, &conversation.host);
        true
    }
}

/// How it goes on.
#[derive(PartialEq)]
enum Next {
    Step,
    RestartHost,
}

impl<'b, D: Target> Player<'_, 'b, D> {
    /// Before anything goes wrong.
    fn begin(&mut self, resets_first: bool) {
        if resets_first {
            let _ = self.call("reset", 0, true, |module| module.borrow_mut().reset());
        } else {
            self.story.simulation.advance(Duration::from_secs(2));
        }
        self.join();
    }

    fn step(&mut self, step: &Step) -> Next {
        if let Some(strike) = &step.strike {
            self.arm(strike);
        }
        let next = match &step.deed {
            Deed::RestartHost => {
                self.story.trouble.upheaval();
                self.story.is_disturbed = true;
                self.story.forget_events();
                Next::RestartHost
            }
            deed => {
                self.act(deed);
                Next::Step
            }
        };
        self.story.trouble.end_step();
        self.story.clock.0.interrupt.set(None);
        self.look();
        next
    }

    fn act(&mut self, deed: &Deed) {
        match deed {
            Deed::Connect { .. }
            | Deed::Reconnect { .. }
            | Deed::Send { .. }
            | Deed::Receive { .. }
            | Deed::Stream { .. }
            | Deed::Wait { .. }
            | Deed::Close { .. }
            | Deed::Listen { .. }
            | Deed::Accept { .. }
            | Deed::CloseListener
            | Deed::Dial { .. }
            | Deed::PeerSays { .. }
            | Deed::PeerCloses { .. }
            | Deed::PeerResets { .. } => self.connection(deed),
            Deed::OpenDatagrams { .. }
            | Deed::SendDatagram { .. }
            | Deed::ReceiveDatagrams { .. }
            | Deed::PeerSendsDatagrams { .. }
            | Deed::CloseDatagrams { .. } => self.datagram(deed),
            other => self.other(other),
        }
    }

    /// Makes a call, which may take so much longer than its bound, and where `excused` says whether it
    /// may fail though nothing has gone wrong.
    fn call<R>(
        &mut self,
        place: &'static str,
        longer_ms: u64,
        excused: bool,
        call: impl FnOnce(&RefCell<Driver<'b, D>>) -> Result<R, Failure<D>>,
    ) -> Result<R, Told> {
        self.story.place = place;
        let begun = self.story.simulation.now();
        self.story.clock.0.begun.set(begun);
        let result = call(self.module).map_err(neutral::<D>);
        let took = self.story.simulation.now() - begun;
        let news = self.look();
        self.story.outcome.calls += 1;
        let bound = BOUNDS.iter().find(|(name, _)| *name == place);
        let bound = bound.map_or(BOUND, |(_, bound)| *bound) + Duration::from_millis(longer_ms);
        if took > bound {
            self.story.find(Kind::Slow, format!("{took:?}"));
        }
        if let Err(error) = &result {
            self.story.outcome.errors += 1;
            // What stands in front of an answer that brings nothing may be what is left of bytes, and so may
            // what stands behind them where no line end closes them.
            let may_be_bytes = matches!(place, "receive" | "stream read" | "receive datagram")
                && matches!(
                    error,
                    Error::Malformed | Error::Closed(Closed::StreamBroken)
                )
                && self.story.trouble.has_told;
            self.judge(error, excused || may_be_bytes, &news);
        }
        result
    }

    /// As [`call`](Self::call), for a call that may have nothing yet.
    fn call_now<R>(
        &mut self,
        place: &'static str,
        excused: bool,
        call: impl FnOnce(&RefCell<Driver<'b, D>>) -> nb::Result<R, Failure<D>>,
    ) -> Result<Option<R>, Told> {
        self.call(place, 0, excused, |module| match call(module) {
            Ok(result) => Ok(Some(result)),
            Err(nb::Error::WouldBlock) => Ok(None),
            Err(nb::Error::Other(error)) => Err(error),
        })
    }

    fn judge(&mut self, error: &Told, excused: bool, news: &News) {
        let is_calm = match self.story.has_services {
            true => self.story.is_undisturbed() && self.story.is_joined(),
            false => !self.story.trouble.has_struck && !news.any && self.story.is_joined,
        };
        let is_own = matches!(
            error,
            Error::Usage(_)
                | Error::Resource(_)
                | Error::Interrupted
                | Error::Closed(Closed::NotConnected | Closed::ByPeer)
        ) || (*error == Error::Closed(Closed::WithListener)
            && self.story.has_closed_listener);
        if is_calm && !excused && !is_own {
            self.story.find(Kind::NoReason, format!("{error:?}"));
        }
    }

    /// Takes note of what has struck.
    fn look(&mut self) -> News {
        let news = self.story.trouble.look();
        self.story.ledger.excuse(&news, &self.story.world);
        self.story.excuse_events(&news);
        if news.reset {
            self.story.is_joined = false;
            self.story.radio = radio::Radio::default();
        }
        news
    }

    /// Sleeps once.
    fn idle(&mut self) {
        self.story.simulation.idle_for(self.story.clock.0.tick);
    }
}

/// The same error for all dialects.
fn neutral<D: Target>(error: Failure<D>) -> Told {
    match error {
        Error::Transport(error) => Error::Transport(error),
        Error::Timeout => Error::Timeout,
        Error::Interrupted => Error::Interrupted,
        Error::Module(status) => Error::Module(status.to_string()),
        Error::Unconnected(status) => Error::Unconnected(status.to_string()),
        Error::Malformed => Error::Malformed,
        Error::Resource(what) => Error::Resource(what),
        Error::Usage(what) => Error::Usage(what),
        Error::Closed(how) => Error::Closed(how),
        Error::ModuleReset => Error::ModuleReset,
        other => Error::Module(other.to_string()),
    }
}

/// Where the module is.
fn module_at(port: u16) -> std::net::SocketAddr {
    std::net::SocketAddr::from(([192, 168, 1, 50], port))
}

/// One of a list, counted round and round.
fn nth(wanted: usize, of: usize) -> Option<usize> {
    wanted.checked_rem(of)
}

impl Surroundings {
    /// How long a word takes from one end to the other and back.
    fn round_trip(&self) -> Duration {
        Duration::from_millis(2 * self.network_ms)
    }
}
