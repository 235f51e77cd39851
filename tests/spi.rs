//! The rules of the ST67's SPI, each with a test, and what becomes of those who break them. The
//! simulated module watches the host: a broken rule ends the test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::*;
use atwifi::st67::{self, St67};
use atwifi::transport::{Spi, SpiError};
use atwifi::{Clock, Error, SocketMemory, Transport};
use atwifi_simulator::{
    Config, MemoryNetwork, Module, Output, Profile, Simulation, SpiConfig, SpiCounts, SpiFault,
    SpiFaultKind, SpiMoment,
};
use embedded_hal::digital::OutputPin;
use embedded_io::{Read, Write};

/// A module without AT: it hears frames, and says what [`Simulation::emit`] makes it say.
#[derive(Default)]
struct Frames {
    output: Output,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    /// It does not read what it is sent.
    is_busy: Arc<Mutex<bool>>,
    unread: Vec<Vec<u8>>,
}

impl Module for Frames {
    fn input(&mut self, _: Duration, bytes: &[u8], joined: bool) {
        assert!(!joined);
        self.unread.push(bytes.to_vec());
    }

    fn poll(&mut self, _: Duration, _: &mut dyn atwifi_simulator::Network) {
        if !*self.is_busy.lock().unwrap() {
            self.heard.lock().unwrap().append(&mut self.unread);
        }
    }

    fn unread(&self) -> usize {
        self.unread.len()
    }

    fn next(&self) -> Option<Duration> {
        None
    }

    fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    fn awaits_payload(&self) -> bool {
        false
    }

    fn commands(&self) -> u64 {
        0
    }

    fn joined(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        None
    }

    fn links_open(&self) -> usize {
        0
    }
}

/// Both ends of a link.
struct Ends {
    simulation: Simulation,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    is_busy: Arc<Mutex<bool>>,
    spi: OnSpi,
}

impl Ends {
    fn new(config: SpiConfig, meanwhile: usize) -> Ends {
        let module = Frames::default();
        let (heard, is_busy) = (module.heard.clone(), module.is_busy.clone());
        let config = Config::default().with_spi(config);
        let network = MemoryNetwork::new();
        let simulation = Simulation::with_module(Box::new(module), &config, network);
        let spi = spi_of(&simulation, meanwhile);
        Ends {
            simulation,
            heard,
            is_busy,
            spi,
        }
    }

    fn with_faults(faults: &[SpiFault]) -> Ends {
        let config = SpiConfig {
            faults: faults.to_vec(),
            ..SpiConfig::default()
        };
        Ends::new(config, 300)
    }

    /// As the driver does it: again and again, up to a second.
    fn send(&mut self, bytes: &[u8]) -> Result<bool, SpiError> {
        let limit = self.simulation.now() + Duration::from_secs(1);
        while self.simulation.now() < limit {
            match self.spi.write(bytes)? {
                0 => self.simulation.idle(),
                n => {
                    assert_eq!(n, bytes.len(), "one call, one frame");
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// All that comes until nothing has come for 50 ms, in reads of `step` bytes.
    fn hear(&mut self, step: usize) -> Result<Vec<u8>, SpiError> {
        let mut heard = Vec::new();
        let mut limit = self.simulation.now() + Duration::from_millis(50);
        while self.simulation.now() < limit {
            let mut piece = vec![0; step];
            match self.spi.read(&mut piece)? {
                0 => self.simulation.idle(),
                n => {
                    heard.extend_from_slice(&piece[..n]);
                    limit = self.simulation.now() + Duration::from_millis(50);
                }
            }
        }
        Ok(heard)
    }

    fn say(&self, bytes: &[u8]) {
        self.simulation.emit(bytes);
    }

    fn heard(&self) -> Vec<Vec<u8>> {
        self.simulation.idle();
        self.heard.lock().unwrap().clone()
    }

    fn counts(&self) -> SpiCounts {
        self.simulation.spi().counts()
    }
}

fn numbers(from: u8, count: usize) -> Vec<u8> {
    (0..count).map(|n| (n as u8).wrapping_add(from)).collect()
}

#[test]
fn rule_1_both_sides_send_in_one_transaction() {
    for ours in 1..50 {
        for theirs in 1..50 {
            let mut ends = Ends::new(SpiConfig::default(), 64);
            let (ours, theirs) = (numbers(0, ours), numbers(100, theirs));
            ends.say(&theirs);
            ends.simulation.advance(Duration::from_millis(1));
            assert_eq!(ends.spi.write(&ours), Ok(ours.len()));
            assert_eq!(ends.hear(7), Ok(theirs));
            assert_eq!(ends.heard(), [ours]);
            assert_eq!(ends.counts().transactions, 1);
        }
    }
}

#[test]
fn rule_2_cs_first_then_rdy_and_rdy_falls_before_cs() {
    // The module panics where CS falls early, and where it is clocked before RDY is high.
    for arming in [0, 1, 50, 200, 5_000] {
        for acknowledging in [0, 10, 100, 10_000] {
            let config = SpiConfig {
                arming: Duration::from_micros(arming),
                acknowledging: Duration::from_micros(acknowledging),
                ..SpiConfig::default()
            };
            let mut ends = Ends::new(config, 64);
            for n in 1..9 {
                assert_eq!(ends.send(&numbers(0, n)), Ok(true));
                ends.say(&numbers(50, n));
                assert_eq!(ends.hear(64), Ok(numbers(50, n)));
            }
        }
    }
}

#[test]
fn rule_2_a_host_that_gives_up_leaves_cs_high_and_goes_on_later() {
    let late = SpiFault::new(0, SpiFaultKind::Late(Duration::from_secs(3)));
    let mut ends = Ends::with_faults(&[late]);
    assert_eq!(ends.send(b"AT\r\n"), Ok(false));
    assert_eq!(ends.spi.trouble(), Err(SpiError::NotReady));
    ends.simulation.advance(Duration::from_secs(3));
    assert_eq!(ends.send(b"AT+GMR\r\n"), Ok(true));
    assert_eq!(ends.heard(), [b"AT+GMR\r\n"]);
}

#[test]
fn rule_3_the_rest_of_a_longer_frame_is_clocked_at_any_pace() {
    for step in [1, 2, 3, 4, 5, 31, 1000] {
        let mut ends = Ends::new(SpiConfig::default(), 64);
        ends.say(&numbers(0, 1000));
        ends.simulation.advance(Duration::from_millis(1));
        let mut heard = Vec::new();
        while heard.len() < 1000 {
            let mut piece = vec![0; step];
            let count = ends.spi.read(&mut piece).unwrap();
            heard.extend_from_slice(&piece[..count]);
            ends.simulation.advance(Duration::from_millis(20));
        }
        assert_eq!(heard, numbers(0, 1000));
        assert_eq!(ends.counts().transactions, 1);
    }
}

#[test]
fn rule_4_whole_words_are_clocked_and_padding_is_not_counted() {
    for count in 1..40 {
        for step in 1..20 {
            let mut ends = Ends::new(SpiConfig::default(), 64);
            ends.say(&numbers(9, count));
            ends.say(&numbers(99, count));
            assert_eq!(
                ends.hear(step),
                Ok([numbers(9, count), numbers(99, count)].concat())
            );
            assert_eq!(ends.send(&numbers(0, count)), Ok(true));
            assert_eq!(ends.heard(), [numbers(0, count)]);
            let clocked = 3 * (8 + count.next_multiple_of(4));
            assert_eq!(ends.counts().clocked, clocked as u64);
        }
    }
}

#[test]
fn rule_5_nothing_but_type_0_is_sent_and_other_types_are_dropped_and_counted() {
    for kind in [1, 2, 3, 4, 255] {
        for length in [1, 3, 60, 1514] {
            let mut ends =
                Ends::with_faults(&[SpiFault::new(0, SpiFaultKind::Other(kind, length))]);
            ends.say(b"\r\nOK\r\n");
            ends.simulation.advance(Duration::from_millis(1));
            assert_eq!(ends.send(b"AT\r\n"), Ok(true));
            assert_eq!(ends.hear(9).unwrap(), b"\r\nOK\r\n");
            assert_eq!(ends.spi.dropped_frames(), 1);
            assert_eq!(ends.heard(), [b"AT\r\n"]);
        }
    }
}

#[test]
fn rule_6_a_stalled_frame_is_sent_again_and_its_partner_counts() {
    for stalls in [0, 1, 5] {
        let mut ends = Ends::with_faults(&[SpiFault::new(0, SpiFaultKind::Stall(stalls))]);
        ends.say(b"+CW:GOTIP\r\n");
        ends.simulation.advance(Duration::from_millis(1));
        assert_eq!(ends.send(b"AT+GMR\r\n"), Ok(true));
        assert_eq!(ends.hear(6).unwrap(), b"+CW:GOTIP\r\n");
        assert_eq!(ends.heard(), [b"AT+GMR\r\n"]);
        assert_eq!(ends.counts().stalls, stalls + 1);
        assert_eq!(ends.counts().transactions, stalls + 2);
    }
}

#[test]
fn rule_6_a_busy_module_stalls_the_third_frame_until_it_reads() {
    let mut ends = Ends::with_faults(&[]);
    *ends.is_busy.lock().unwrap() = true;
    assert_eq!(ends.send(b"1"), Ok(true));
    assert_eq!(ends.send(b"2"), Ok(true));
    assert_eq!(ends.send(b"3"), Ok(false));
    assert_eq!(ends.spi.trouble(), Err(SpiError::Stalled));
    // What it says meanwhile is heard.
    ends.say(b"+CIP:0,CONNECTED\r\n");
    assert_eq!(ends.send(b"3"), Ok(false));
    assert_eq!(ends.hear(64).unwrap(), b"+CIP:0,CONNECTED\r\n");
    *ends.is_busy.lock().unwrap() = false;
    ends.simulation.idle();
    assert_eq!(ends.send(b"3"), Ok(true));
    assert_eq!(ends.heard(), [b"1", b"2", b"3"]);
}

#[test]
fn rule_7_the_bus_belongs_to_the_module_alone() {
    // `Spi` takes an `SpiBus`, which is exclusive, and gives it back with everything else.
    let mut ends = Ends::with_faults(&[]);
    assert_eq!(ends.send(b"AT\r\n"), Ok(true));
    let (_bus, mut cs, _rdy, _delay) = ends.spi.release();
    cs.set_low().unwrap();
}

/// One command is one frame, nothing stands behind its CR LF, and the payload of a data command is
/// one frame whatever its length: firmware that takes the next frame for all of it echoes it whole.
#[test]
fn rule_8_a_command_is_a_frame_and_a_payload_is_a_frame() {
    for length in [1, 2, 3, 4, 5, 1459, 1460, 1461, 3000, 6143, 6144] {
        let config = spi_config(Profile::St67Fw2_0_75);
        let simulation = Simulation::new(config, Network::default().build());
        with_joined::<St67, _>(&simulation, |module| {
            use embedded_nal::TcpClientStack;
            let mut socket = module.socket().unwrap();
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
            let before = simulation.spi().counts().to_module;
            let sent = numbers(3, length);
            assert_eq!(flat(module.send(&mut socket, &sent)), Ok(length));
            let command = format!("AT+CIPSEND=0,{length}\r\n").len();
            let crossed = simulation.spi().counts().to_module - before;
            assert_eq!(crossed, (command + length) as u64);
            let mut got = Vec::new();
            let whole = |got: &[u8]| got.len() >= length;
            receive_until(module, &simulation, &mut socket, 700, &mut got, whole).unwrap();
            assert_eq!(got, sent);
        });
    }
}

#[test]
fn a_write_in_the_middle_of_a_frame_loses_nothing() {
    for taken in 1..40 {
        let mut ends = Ends::new(SpiConfig::default(), 64);
        let theirs = numbers(0, 40);
        ends.say(&theirs);
        ends.simulation.advance(Duration::from_millis(1));
        let mut heard = vec![0; taken];
        ends.spi.read_exact(&mut heard).unwrap();
        assert_eq!(ends.send(b"AT\r\n"), Ok(true));
        heard.extend(ends.hear(5).unwrap());
        assert_eq!(heard, theirs);
        assert_eq!(ends.heard(), [b"AT\r\n"]);
    }
}

#[test]
fn what_does_not_fit_beside_a_write_is_to_be_read_first() {
    let mut ends = Ends::new(SpiConfig::default(), 16);
    let theirs = numbers(0, 200);
    ends.say(&theirs);
    ends.simulation.advance(Duration::from_millis(1));
    let mut heard = vec![0; 4];
    assert_eq!(ends.spi.read(&mut heard), Ok(4));
    assert_eq!(ends.send(b"AT\r\n"), Err(SpiError::Unread));
    heard.extend(ends.hear(50).unwrap());
    assert_eq!(heard, theirs);
    assert_eq!(ends.send(b"AT\r\n"), Ok(true));
}

#[test]
fn what_is_said_during_a_write_and_does_not_fit_is_an_overrun() {
    let mut ends = Ends::new(SpiConfig::default(), 16);
    ends.say(&[7; 100]);
    ends.simulation.advance(Duration::from_millis(1));
    assert_eq!(ends.send(&[1; 200]), Ok(true));
    let mut heard = [0; 32];
    assert_eq!(ends.spi.read(&mut heard), Ok(16));
    assert_eq!(ends.spi.read(&mut heard), Err(SpiError::Overrun));
    assert_eq!(ends.hear(9).unwrap(), b"");
    assert_eq!(ends.heard(), [[1; 200]]);
}

#[test]
fn the_largest_memory_is_never_too_small() {
    let mut ends = Ends::new(SpiConfig::default(), 6144);
    let theirs = numbers(0, 6144);
    ends.say(&theirs);
    ends.simulation.advance(Duration::from_millis(1));
    assert_eq!(ends.send(&numbers(1, 6144)), Ok(true));
    assert_eq!(ends.hear(1000), Ok(theirs));
}

#[test]
fn a_header_that_is_none_is_an_error_and_the_next_frame_goes_through() {
    for (kind, error) in [
        (SpiFaultKind::Magic([0, 0x55]), SpiError::Header),
        (SpiFaultKind::Magic([0x55, 0xaa]), SpiError::Header),
        (SpiFaultKind::Magic([0x01, 0x55]), SpiError::FactoryFirmware),
        (SpiFaultKind::Length(0x2000), SpiError::Header),
    ] {
        let mut ends = Ends::with_faults(&[SpiFault::new(0, kind)]);
        assert_eq!(ends.send(b"AT+GMR\r\n"), Err(error));
        assert_eq!(ends.send(b"AT\r\n"), Ok(true));
        ends.say(b"\r\nOK\r\n");
        assert_eq!(ends.hear(64).unwrap(), b"\r\nOK\r\n");
        // The module may have taken the first frame, whole, and never a piece of an older one.
        assert_eq!(ends.heard(), [&b"AT+GMR\r\n"[..], b"AT\r\n"]);
    }
}

#[test]
fn a_glitch_of_rdy_is_nothing() {
    let mut ends = Ends::with_faults(&[SpiFault::new(0, SpiFaultKind::Glitch)]);
    ends.say(b"\r\nOK\r\n");
    assert_eq!(ends.hear(64).unwrap(), b"\r\nOK\r\n");
}

#[test]
fn all_can_be_lost_but_not_the_time() {
    // RDY never rises, or never falls: nothing waits inside of the transport.
    for kind in [SpiFaultKind::Deaf, SpiFaultKind::Sticks] {
        let mut ends = Ends::with_faults(&[SpiFault::new(0, kind)]);
        for _ in 0..10 {
            let before = ends.simulation.now();
            let _ = ends.spi.write(b"AT\r\n");
            let _ = ends.spi.read(&mut [0; 64]);
            let taken = ends.simulation.now() - before;
            assert!(taken < Duration::from_millis(1), "{taken:?}");
        }
    }
}

#[test]
fn the_memory_beyond_what_is_lent_is_small() {
    // Of it, two words are the reference to what is lent, and words are twice as long here.
    assert!(size_of::<Spi<'_, (), (), (), ()>>() <= 64 + 16);
}

/// A module that was restarted with CS high waits for clocks while the host waits for RDY to fall.
#[test]
fn the_deadlock_of_a_restart_with_cs_high_is_got_out_of() {
    for moment in [
        SpiMoment::Byte(8),
        SpiMoment::Byte(12),
        SpiMoment::Acknowledged,
    ] {
        let simulation = joined_simulation(Profile::St67Fw2_0_75, false);
        with_driver_on_spi(&simulation, |module| {
            module.reset().unwrap();
            let at = simulation.spi().counts().transactions;
            let fault = SpiFault::new(at, SpiFaultKind::Reset(moment));
            simulation.spi().set_faults(vec![fault]);
            assert!(module.link_state().is_err());
            module.join(SSID, PASSWORD).unwrap();
        });
    }
}

#[test]
fn a_reset_by_pin_puts_everything_back() {
    for floats in [false, true] {
        for kind in [
            SpiFaultKind::Deaf,
            SpiFaultKind::Sticks,
            SpiFaultKind::Stall(1_000_000),
        ] {
            let simulation = joined_simulation(Profile::St67Fw2_0_75, floats);
            let wires = simulation.spi();
            with_driver_on_spi(&simulation, |module| {
                module
                    .reset_by_pin(&mut wires.chip_en(), &mut wires.delay())
                    .unwrap();
                wires.set_faults(vec![SpiFault::new(
                    wires.counts().transactions,
                    kind.clone(),
                )]);
                let error = module.join(SSID, PASSWORD).unwrap_err();
                wires.set_faults(Vec::new());
                let expected = match kind {
                    SpiFaultKind::Deaf => SpiError::NotReady,
                    SpiFaultKind::Stall(_) => SpiError::Stalled,
                    _ => SpiError::Header,
                };
                assert_eq!(error, Error::Transport(expected), "{kind:?}");
                module
                    .reset_by_pin(&mut wires.chip_en(), &mut wires.delay())
                    .unwrap();
                module.join(SSID, PASSWORD).unwrap();
            });
        }
    }
}

/// Two frames of another type are two receive buffers: nothing can be said any more.
#[test]
fn two_lost_buffers_are_told_in_words_and_a_reset_by_pin_brings_them_back() {
    let simulation = joined_simulation(Profile::St67Fw2_0_75, false);
    let wires = simulation.spi();
    with_driver_on_spi(&simulation, |module| {
        module
            .reset_by_pin(&mut wires.chip_en(), &mut wires.delay())
            .unwrap();
        let at = wires.counts().transactions;
        wires.set_faults(vec![
            SpiFault::new(at, SpiFaultKind::Leak),
            SpiFault::new(at, SpiFaultKind::Leak),
        ]);
        let error = module.join(SSID, PASSWORD).unwrap_err();
        assert_eq!(error, Error::Transport(SpiError::Stalled));
        let text = error.to_string();
        assert!(
            text.contains("both of its receive buffers are lost"),
            "{text}"
        );
        assert!(module.reset().is_err());
        module
            .reset_by_pin(&mut wires.chip_en(), &mut wires.delay())
            .unwrap();
        module.join(SSID, PASSWORD).unwrap();
    });
}

#[test]
fn a_module_that_is_not_there_is_told_from_one_that_does_not_move_miso() {
    for (floats, expected) in [(false, SpiError::NotReady), (true, SpiError::Silent)] {
        let simulation = joined_simulation(Profile::St67Fw2_0_75, floats);
        let wires = simulation.spi();
        // Whoever drives the pin is not wired.
        struct Nothing;
        impl embedded_hal::digital::ErrorType for Nothing {
            type Error = std::convert::Infallible;
        }
        impl OutputPin for Nothing {
            fn set_low(&mut self) -> Result<(), Self::Error> {
                Ok(())
            }
            fn set_high(&mut self) -> Result<(), Self::Error> {
                Ok(())
            }
        }
        wires.chip_en().set_low().unwrap();
        with_driver_on_spi(&simulation, |module| {
            let error = module.reset_by_pin(&mut Nothing, &mut wires.delay());
            assert_eq!(error, Err(Error::Transport(expected)));
        });
    }
}

#[test]
fn firmware_that_leaves_the_network_to_the_host_is_refused_in_words() {
    for profile in [Profile::St67Reference, Profile::St67Fw2_0_75] {
        let mut config = spi_config(profile);
        config.network_on_host = true;
        let simulation = Simulation::new(config, Network::default().build());
        with_driver_on_spi(&simulation, |module| {
            let wires = simulation.spi();
            let (mut chip_en, mut delay) = (wires.chip_en(), wires.delay());
            let error = module.reset_by_pin(&mut chip_en, &mut delay).unwrap_err();
            assert_eq!(error, Error::Module(st67::Status::NetworkOnHost));
            assert!(error.to_string().contains("flash ST's mission profile T01"));
        });
    }
}

/// A user who breaks a wait off leaves a link that the next call goes on with.
#[test]
fn a_wait_that_is_broken_off_leaves_a_link_that_works() {
    #[derive(Clone)]
    struct Breaking(SimClock, Arc<Mutex<u32>>);
    impl Clock for Breaking {
        fn now(&mut self) -> u32 {
            self.0.now()
        }
        fn idle(&mut self) -> std::ops::ControlFlow<()> {
            let mut left = self.1.lock().unwrap();
            *left = left.wrapping_sub(1);
            match *left {
                0 => std::ops::ControlFlow::Break(()),
                _ => self.0.idle(),
            }
        }
    }
    for breaks in 1..200 {
        let simulation = joined_simulation(Profile::St67Fw2_0_75, false);
        let left = Arc::new(Mutex::new(u32::MAX));
        let clock = Breaking(SimClock::new(&simulation), left.clone());
        let (mut line, mut sockets) = ([0; 640], [const { SocketMemory::<64>::new() }; 1]);
        let spi = spi_of(&simulation, 260);
        let mut module = st67::Module::new(spi, clock, &mut line, &mut sockets).unwrap();
        module.reset().unwrap();
        *left.lock().unwrap() = breaks;
        let told = module.join(SSID, PASSWORD);
        let was_broken = *left.lock().unwrap() > u32::MAX / 2 || told.is_err();
        assert!(was_broken || told.is_ok());
        *left.lock().unwrap() = u32::MAX;
        module.join(SSID, PASSWORD).unwrap();
    }
}

fn joined_simulation(profile: Profile, floats: bool) -> Simulation {
    let spi = SpiConfig {
        floats,
        ..SpiConfig::default()
    };
    Simulation::new(config(profile).with_spi(spi), Network::default().build())
}

fn with_driver_on_spi<R>(
    simulation: &Simulation,
    test: impl FnOnce(&mut st67::Module<'_, OnSpi, SimClock>) -> R,
) -> R {
    let (mut line, mut sockets) = ([0; 640], [const { SocketMemory::<64>::new() }; 2]);
    let clock = SimClock::new(simulation);
    let spi = spi_of(simulation, 260);
    test(&mut st67::Module::new(spi, clock, &mut line, &mut sockets).unwrap())
}
