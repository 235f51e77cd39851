//! One fault at every transaction of a whole conversation over the SPI, at every edge of it, and at
//! every byte: each case ends within its time in success or a typed error, hands out no wrong byte as
//! good, and the next conversation goes through. The module ends the test if the host breaks a rule of
//! the link: a CS that falls early, clocks out of turn, broken words, a frame of another type.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::time::Duration;

use crate::common::*;
use atwifi::SocketMemory;
use atwifi::st67::{self, St67};
use atwifi::transport::Spi;
use atwifi_simulator::{
    Config, Faults, Profile, Simulation, SpiConfig, SpiFault, SpiFaultKind, SpiMoment,
};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::spi::{self, SpiBus};
use embedded_nal::{TcpClientStack, nb};

/// The longest a whole story may take, in virtual time: the sum of the deadlines of its steps, each
/// with a full resynchronisation.
const LIMIT: Duration = Duration::from_secs(150);

/// What a sweep tries.
struct Sweep {
    profile: Profile,
    /// RDY floats high in reset.
    floats: bool,
    cases: usize,
    errors: BTreeMap<String, usize>,
}

impl Sweep {
    fn new(profile: Profile, floats: bool) -> Sweep {
        Sweep {
            profile,
            floats,
            cases: 0,
            errors: BTreeMap::new(),
        }
    }

    fn simulation(&self, faults: &[SpiFault]) -> Simulation {
        let spi = SpiConfig {
            floats: self.floats,
            faults: faults.to_vec(),
            ..SpiConfig::default()
        };
        let config = config(self.profile).with_spi(spi);
        Simulation::new(config, Network::default().build())
    }

    /// How long each transaction of a story is, in bytes, and the number of the first one.
    fn transactions(&self) -> (u64, Vec<usize>) {
        let spi = SpiConfig {
            is_told: true,
            ..SpiConfig::default()
        };
        let config = config(self.profile).with_spi(spi);
        let simulation = Simulation::new(config, Network::default().build());
        let first = with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            let first = simulation.spi().counts().transactions;
            assert!(story(module, &simulation, 1000).error.is_none());
            first
        });
        let transcript = simulation.transcript();
        let lengths = transcript.iter().filter_map(|record| {
            let text = std::str::from_utf8(&record.bytes).ok()?;
            let (_, text) = text
                .strip_prefix("SPI transaction ")?
                .split_once("host, ")?;
            text.split_once(" clocked")?.0.parse().ok()
        });
        let lengths: Vec<usize> = lengths.skip(first as usize).collect();
        assert!(lengths.len() > 25, "{lengths:?}");
        (first, lengths)
    }

    fn at_each_transaction(&mut self, kinds: &[SpiFaultKind]) {
        let (first, lengths) = self.transactions();
        for at in first..first + lengths.len() as u64 {
            for kind in kinds {
                self.case(SpiFault::new(at, kind.clone()));
            }
        }
    }

    fn case(&mut self, fault: SpiFault) {
        self.cases += 1;
        let what = format!("{}, {fault:?}, floats: {}", self.profile, self.floats);
        // Bits that nobody checks: payload may be wrong, and a command be heard twice.
        let is_altered = matches!(fault.kind, SpiFaultKind::Flip(..));
        // More than the module has said may be taken for text, and be heard in the next story.
        let is_lengthened = is_altered || matches!(fault.kind, SpiFaultKind::Length(_));
        let is_dead = matches!(
            fault.kind,
            SpiFaultKind::Late(_) | SpiFaultKind::Deaf | SpiFaultKind::Sticks | SpiFaultKind::Leak
        );
        let simulation = self.simulation(&[fault]);
        let wires = simulation.spi();
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().expect("reset");
            let begin = simulation.now();
            let told = story(module, &simulation, 1000);
            let taken = simulation.now() - begin;
            let context = || format!("{what}: {:?}\n{}", told.error, simulation.transcript());
            assert!(taken < LIMIT, "took {taken:?}\n{}", context());
            if !is_altered {
                assert!(
                    payload().starts_with(&told.received),
                    "wrong\n{}",
                    context()
                );
            }
            if told.error.is_none() {
                assert_eq!(told.received.len(), payload().len(), "{}", context());
            }
            wires.set_faults(Vec::new());
            if is_dead {
                let (mut chip_en, mut delay) = (wires.chip_en(), wires.delay());
                let reset = module.reset_by_pin(&mut chip_en, &mut delay);
                reset.unwrap_or_else(|error| panic!("{error}; {}", context()));
            }
            let mut again = story(module, &simulation, 1000);
            if (told.error.is_none() || is_lengthened) && again.error.is_some() {
                // The fault struck behind the last answer: it is the second story that notices.
                again = story(module, &simulation, 1000);
            }
            assert!(
                again.error.is_none(),
                "then {:?}; {}",
                again.error,
                context()
            );
            assert_eq!(again.received, payload(), "then wrong; {}", context());
            let outcome = told
                .error
                .map_or("nothing".to_owned(), |error| format!("{error:?}"));
            *self.errors.entry(outcome).or_default() += 1;
        });
    }

    fn report(&self, what: &str) {
        let (profile, cases, errors) = (self.profile, self.cases, &self.errors);
        println!("{profile}, {what}: {cases} cases, which ended in {errors:?}");
        assert!(cases > 25);
    }
}

fn profiles() -> [Profile; 2] {
    [Profile::St67Reference, Profile::St67Fw2_0_75]
}

#[test]
fn what_the_module_may_do_is_not_even_noticed() {
    for profile in profiles() {
        let mut sweep = Sweep::new(profile, false);
        sweep.at_each_transaction(&[
            SpiFaultKind::Stall(0),
            SpiFaultKind::Stall(50),
            SpiFaultKind::Glitch,
            SpiFaultKind::Late(Duration::from_millis(20)),
            SpiFaultKind::Other(1, 60),
            SpiFaultKind::Other(3, 1514),
        ]);
        sweep.report("stalls, late RDY, glitches, other types");
        assert_eq!(sweep.errors.len(), 1, "{:?}", sweep.errors);
        assert!(sweep.errors.contains_key("nothing"));
    }
}

#[test]
fn a_module_in_trouble() {
    for profile in profiles() {
        let mut sweep = Sweep::new(profile, false);
        sweep.at_each_transaction(&[
            SpiFaultKind::Late(Duration::from_secs(3)),
            SpiFaultKind::Late(Duration::from_secs(30)),
            SpiFaultKind::Magic([0, 0x55]),
            SpiFaultKind::Length(0x0001),
            SpiFaultKind::Length(0x0008),
            SpiFaultKind::Length(0x0400),
            SpiFaultKind::Length(0x2000),
            SpiFaultKind::Leak,
            SpiFaultKind::Deaf,
            SpiFaultKind::Sticks,
        ]);
        sweep.report("late by seconds, wrong headers, lost buffers, dead");
    }
}

#[test]
fn a_reset_at_every_edge() {
    for profile in profiles() {
        for floats in [false, true] {
            let mut sweep = Sweep::new(profile, floats);
            sweep.at_each_transaction(&[
                SpiFaultKind::Reset(SpiMoment::Ready),
                SpiFaultKind::Reset(SpiMoment::Byte(0)),
                SpiFaultKind::Reset(SpiMoment::Acknowledged),
                SpiFaultKind::Reset(SpiMoment::End),
            ]);
            sweep.report("a reset at every edge");
        }
    }
}

#[test]
fn a_reset_at_every_byte() {
    for profile in profiles() {
        let mut sweep = Sweep::new(profile, false);
        let (first, lengths) = sweep.transactions();
        for (at, length) in (first..).zip(lengths) {
            for byte in 1..length {
                sweep.case(SpiFault::new(
                    at,
                    SpiFaultKind::Reset(SpiMoment::Byte(byte)),
                ));
            }
        }
        sweep.report("a reset at every byte");
    }
}

#[test]
fn a_bit_error_at_every_byte() {
    for profile in profiles() {
        let mut sweep = Sweep::new(profile, false);
        let (first, lengths) = sweep.transactions();
        for (at, length) in (first..).zip(lengths) {
            for byte in 0..length {
                for bits in [0x01, 0x84] {
                    sweep.case(SpiFault::new(at, SpiFaultKind::Flip(byte, bits)));
                }
            }
        }
        sweep.report("a bit error at every byte to the host");
    }
}

/// Without a fault: in reads of any size, and with an event in every gap of what the module says.
#[test]
fn the_story_at_every_read_size_and_with_an_event_in_every_gap() {
    for profile in profiles() {
        let tell = |config: Config, chunk: usize, what: &str| {
            let simulation = Simulation::new(config, Network::default().build());
            with_driver::<St67, _>(&simulation, |module| {
                let transcript = || format!("{what}\n{}", simulation.transcript());
                module
                    .reset()
                    .unwrap_or_else(|e| panic!("{e} {}", transcript()));
                let told = story(module, &simulation, chunk);
                assert!(told.error.is_none(), "{:?} {}", told.error, transcript());
                assert_eq!(told.received, payload(), "{what}");
                assert_eq!(simulation.links_open(), 0, "{what}");
            });
            simulation.gaps()
        };
        let mut gaps = 0;
        for chunk in 1..=80 {
            gaps = tell(spi_config(profile), chunk, &format!("reads of {chunk}"));
        }
        let mut cases = 0;
        for gap in 0..gaps {
            for event in St67::ANY_TIME {
                let faults = Faults {
                    event_in_gap: Some((gap, event.to_vec())),
                    ..Faults::default()
                };
                let config = spi_config(profile).with_faults(faults);
                tell(config, 1000, &format!("an event in gap {gap}"));
                cases += 1;
            }
        }
        println!("{profile}: {cases} stories with an event in a gap");
    }
}

/// The least memory is enough for the story: no line of text is longer.
#[test]
fn the_least_memory_carries_the_story() {
    for profile in profiles() {
        let simulation = Simulation::new(spi_config(profile), Network::default().build());
        let (mut line, mut sockets) = ([0; 640], [const { SocketMemory::<64>::new() }; 1]);
        let clock = SimClock::new(&simulation);
        let spi = spi_of(&simulation, 260);
        let mut module = st67::Module::new(spi, clock, &mut line, &mut sockets).unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
    }
}

/// How a host ends: what a panic carries that is none.
struct Ends;

/// A wire of a host that ends at one of the edges of its transactions, whichever wire that is on.
struct Mortal<W> {
    wire: W,
    /// How many edges there have been, and at which it ends.
    edges: Rc<Cell<u64>>,
    end: u64,
    /// What RDY was last.
    level: bool,
}

impl<W> Mortal<W> {
    /// Whether it is this edge.
    fn is_last(&self) -> bool {
        let edge = self.edges.get();
        self.edges.set(edge + 1);
        edge == self.end
    }

    fn edge(&self) {
        if self.is_last() {
            panic::resume_unwind(Box::new(Ends));
        }
    }
}

impl<W: digital::ErrorType> digital::ErrorType for Mortal<W> {
    type Error = W::Error;
}

impl<W: spi::ErrorType> spi::ErrorType for Mortal<W> {
    type Error = W::Error;
}

impl<W: OutputPin> OutputPin for Mortal<W> {
    fn set_low(&mut self) -> Result<(), W::Error> {
        self.edge();
        self.wire.set_low()
    }

    fn set_high(&mut self) -> Result<(), W::Error> {
        self.edge();
        self.wire.set_high()
    }
}

impl<W: InputPin> InputPin for Mortal<W> {
    /// That it is as it was is no edge.
    fn is_high(&mut self) -> Result<bool, W::Error> {
        let level = self.wire.is_high()?;
        if level != self.level {
            self.level = level;
            self.edge();
        }
        Ok(level)
    }

    fn is_low(&mut self) -> Result<bool, W::Error> {
        self.is_high().map(|level| !level)
    }
}

impl<W: DelayNs> DelayNs for Mortal<W> {
    fn delay_ns(&mut self, ns: u32) {
        self.wire.delay_ns(ns);
    }
}

/// How much of a burst a host clocks that ends in its middle.
fn beginning(length: usize) -> usize {
    length.min(length / 2 + 1)
}

/// Each burst has an edge in front of it and one in the middle, where it may be in the middle of a word.
impl<W: SpiBus> SpiBus for Mortal<W> {
    fn read(&mut self, words: &mut [u8]) -> Result<(), W::Error> {
        self.edge();
        if self.is_last() {
            let beginning = beginning(words.len());
            self.wire.read(&mut words[..beginning])?;
            panic::resume_unwind(Box::new(Ends));
        }
        self.wire.read(words)
    }

    fn write(&mut self, words: &[u8]) -> Result<(), W::Error> {
        self.edge();
        if self.is_last() {
            self.wire.write(&words[..beginning(words.len())])?;
            panic::resume_unwind(Box::new(Ends));
        }
        self.wire.write(words)
    }

    fn transfer(&mut self, read: &mut [u8], write: &[u8]) -> Result<(), W::Error> {
        self.edge();
        if self.is_last() {
            self.wire.write(&write[..beginning(write.len())])?;
            panic::resume_unwind(Box::new(Ends));
        }
        self.wire.transfer(read, write)
    }

    fn transfer_in_place(&mut self, words: &mut [u8]) -> Result<(), W::Error> {
        self.edge();
        if self.is_last() {
            self.wire.write(&words[..beginning(words.len())])?;
            panic::resume_unwind(Box::new(Ends));
        }
        self.wire.transfer_in_place(words)
    }

    fn flush(&mut self) -> Result<(), W::Error> {
        self.wire.flush()
    }
}

/// A host that joins and tells its story, and ends at that edge; returns how many there were.
fn host(simulation: &Simulation, end: u64) -> u64 {
    let (edges, wires) = (Rc::new(Cell::new(0)), simulation.spi());
    let life = || {
        let (bus, cs, rdy) = (wires.bus(), wires.cs(), wires.rdy());
        let mut meanwhile = [0; 2048];
        let spi = Spi::new(
            mortal(bus, &edges, end),
            mortal(cs, &edges, end),
            mortal(rdy, &edges, end),
            mortal(wires.delay(), &edges, end),
            &mut meanwhile,
        );
        let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; 2]);
        let clock = SimClock::new(simulation);
        let mut module = st67::Module::new(spi, clock, &mut line, &mut sockets).unwrap();
        module.join(SSID, PASSWORD).unwrap();
        let mut socket = TcpClientStack::socket(&mut module).unwrap();
        flat(module.connect(&mut socket, at(ECHO))).unwrap();
        flat(module.send(&mut socket, &payload())).unwrap();
        let mut got: Vec<u8> = Vec::new();
        while got.len() < payload().len() {
            let mut piece = [0; 200];
            match module.receive(&mut socket, &mut piece) {
                Ok(count) => got.extend(&piece[..count]),
                Err(nb::Error::WouldBlock) => simulation.idle(),
                Err(error) => panic!("{error:?}\n{}", simulation.transcript()),
            }
        }
        module.close(socket).unwrap();
    };
    if let Err(why) = panic::catch_unwind(AssertUnwindSafe(life)) {
        assert!(why.is::<Ends>(), "the first host failed");
    }
    edges.get()
}

fn mortal<W>(wire: W, edges: &Rc<Cell<u64>>, end: u64) -> Mortal<W> {
    Mortal {
        wire,
        edges: edges.clone(),
        end,
        level: false,
    }
}

/// Between CS and RDY, in a header, in a payload, before RDY falls, before CS does: the pull-down takes CS low,
/// and the next host knows nothing.
#[test]
fn a_host_that_restarts_at_every_edge() {
    for profile in profiles() {
        let new = || Simulation::new(spi_config(profile), Network::default().build());
        let edges = host(&new(), u64::MAX);
        assert!(edges > 300, "{edges}");
        let (mut cases, mut seconds) = (0, BTreeMap::<String, usize>::new());
        for end in 0..edges {
            for away in [Duration::from_millis(1), Duration::from_secs(3)] {
                let simulation = new();
                simulation.advance(Duration::from_secs(2));
                host(&simulation, end);
                simulation.spi().let_go();
                simulation.advance(away);
                with_driver::<St67, _>(&simulation, |module| {
                    let begin = simulation.now();
                    let mut told = story(module, &simulation, 1000);
                    if let Some(error) = &told.error {
                        *seconds.entry(format!("{error:?}")).or_default() += 1;
                        told = story(module, &simulation, 1000);
                    }
                    let taken = simulation.now() - begin;
                    let context = || {
                        let what = format!("{profile}, edge {end}, away for {away:?}, {taken:?}");
                        format!("{what}\n{}", simulation.transcript())
                    };
                    assert!(taken < LIMIT, "{}", context());
                    assert!(told.error.is_none(), "{:?}, {}", told.error, context());
                    assert_eq!(told.received, payload(), "{}", context());
                    assert_eq!(simulation.links_open(), 0, "{}", context());
                });
                cases += 1;
            }
        }
        println!("{profile}: {cases} restarts of the host; the first story then: {seconds:?}");
    }
}
