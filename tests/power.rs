//! Saving power: a module that sleeps is woken before it is spoken to, and nothing is lost.

use std::convert::Infallible;
use std::time::Duration;

use crate::common::service::{in_weathers, spoilt};
use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::st67::command::low_power::TwtSetup;
use atwifi::transport::Waking;
use atwifi::{
    Closed, Error, Event, Module, PowerSave, SocketMemory, TcpSocket, Transport, Usage, WaitTcp,
};
use atwifi_simulator::{Config, FaultKind, Faults, Port, Profile, Simulation, SpiConfig};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_nal::TcpClientStack;

/// The pin that wakes a simulated module on its serial line, and a delay on its clock.
#[derive(Clone)]
struct WakePin(Simulation);

impl embedded_hal::digital::ErrorType for WakePin {
    type Error = Infallible;
}

impl OutputPin for WakePin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.wake_pin(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.wake_pin(true);
        Ok(())
    }
}

impl DelayNs for WakePin {
    fn delay_ns(&mut self, ns: u32) {
        self.0.advance(Duration::from_nanos(ns.into()));
    }
}

/// How long the simulated modules take to wake up.
const WAKE: Duration = Duration::from_millis(30);

fn waking(simulation: &Simulation) -> Waking<Port, WakePin, WakePin> {
    let pin = WakePin(simulation.clone());
    let settle = WAKE.as_millis() as u32 + 1;
    Waking::new(simulation.port(), pin.clone(), pin, settle)
}

type Sleeper<'b, T> = Module<'b, St67, T, SimClock>;

/// What is tried on each wire.
trait Story {
    fn tell<T: Transport<Error: std::fmt::Debug>>(
        &self,
        simulation: &Simulation,
        wifi: &mut Sleeper<'_, T>,
    );
}

fn joined<T: Transport<Error: std::fmt::Debug>>(
    simulation: &Simulation,
    transport: T,
    story: &impl Story,
) {
    let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; 2]);
    let clock = SimClock::new(simulation);
    let mut wifi = Module::new(transport, clock, &mut line, &mut sockets).unwrap();
    // What a long silence makes it ask is no matter here.
    wifi.timeouts.unheard = u32::MAX;
    wifi.reset().unwrap();
    wifi.join(SSID, PASSWORD).unwrap();
    story.tell(simulation, &mut wifi);
}

/// On a serial line with a pin, and on the SPI, in all firmware.
fn on_each_wire(story: &impl Story) {
    for &profile in &Profile::ST67 {
        let config = Config {
            wake: WAKE,
            ..config(profile)
        };
        let new = |config| Simulation::new(config, Network::default().build());
        let simulation = new(config.clone());
        joined(&simulation, waking(&simulation), story);
        let simulation = new(config.with_spi(SpiConfig::default()));
        joined(&simulation, spi_of(&simulation, 2048), story);
    }
}

fn connected<T: Transport<Error: std::fmt::Debug>>(wifi: &mut Sleeper<'_, T>) -> TcpSocket {
    let mut socket = wifi.socket().unwrap();
    flat(wifi.connect(&mut socket, at(ECHO))).unwrap();
    socket
}

/// Sends something and waits for it to come back, which takes two commands and no more.
fn echo<T: Transport<Error: std::fmt::Debug>>(
    simulation: &Simulation,
    wifi: &mut Sleeper<'_, T>,
    socket: &mut TcpSocket,
) {
    let (sent, before) = (payload(), simulation.commands());
    assert_eq!(flat(wifi.send(socket, &sent)).unwrap(), sent.len());
    let mut got = vec![0; sent.len()];
    wifi.wait_readable(socket, 1000).unwrap();
    let count = flat(wifi.receive(socket, &mut got)).unwrap();
    assert_eq!(got[..count], sent, "{}", simulation.transcript());
    assert_eq!(
        simulation.commands() - before,
        2,
        "{}",
        simulation.transcript()
    );
}

struct IsSpokenTo;

impl Story for IsSpokenTo {
    fn tell<T: Transport<Error: std::fmt::Debug>>(
        &self,
        simulation: &Simulation,
        wifi: &mut Sleeper<'_, T>,
    ) {
        let mut socket = connected(wifi);
        let save = PowerSave::new().with_dtim(3).with_broadcasts();
        wifi.start_power_save(&save).unwrap();
        for seconds in [1, 2, 5, 40] {
            simulation.advance(Duration::from_secs(seconds));
            assert!(simulation.sleeps());
            echo(simulation, wifi, &mut socket);
        }
        simulation.advance(Duration::from_secs(5));
        assert!(wifi.station().unwrap().is_some());
        wifi.stop_power_save().unwrap();
        simulation.advance(Duration::from_secs(5));
        assert!(!simulation.sleeps());
        echo(simulation, wifi, &mut socket);
    }
}

#[test]
fn a_sleeping_module_is_spoken_to_without_a_lost_byte_or_a_needless_question() {
    on_each_wire(&IsSpokenTo);
}

struct IsPolled;

impl Story for IsPolled {
    fn tell<T: Transport<Error: std::fmt::Debug>>(
        &self,
        simulation: &Simulation,
        wifi: &mut Sleeper<'_, T>,
    ) {
        wifi.start_power_save(&PowerSave::new()).unwrap();
        while wifi.poll().unwrap().is_some() {}
        simulation.advance(Duration::from_secs(1));
        let before = (simulation.to_module(), simulation.commands());
        for _ in 0..6000 {
            assert!(simulation.sleeps());
            assert!(wifi.poll().unwrap().is_none());
            simulation.advance(Duration::from_millis(100));
        }
        // What it says by itself comes all the same.
        simulation.emit(b"+MQTT:CONNECTED,0\r\n");
        for _ in 0..20 {
            simulation.idle();
        }
        assert!(wifi.poll().unwrap().is_some());
        assert_eq!((simulation.to_module(), simulation.commands()), before);
    }
}

#[test]
fn polling_does_not_keep_it_awake() {
    on_each_wire(&IsPolled);
}

struct HasTimes;

impl Story for HasTimes {
    fn tell<T: Transport<Error: std::fmt::Debug>>(
        &self,
        simulation: &Simulation,
        wifi: &mut Sleeper<'_, T>,
    ) {
        let mut socket = connected(wifi);
        assert!(matches!(wifi.end_twt(), Err(Error::Module(_))));
        let (interval, awake) = (Duration::from_secs(8), Duration::from_millis(20));
        let asked = wifi.start_twt(TwtSetup::Demand, interval, awake).unwrap();
        assert!(asked.interval <= interval && asked.interval > interval * 99 / 100);
        assert!(asked.awake >= awake && asked.awake < awake + Duration::from_micros(256));
        simulation.advance(Duration::from_secs(3));
        assert!(simulation.sleeps());
        echo(simulation, wifi, &mut socket);
        simulation.advance(Duration::from_secs(3));
        wifi.end_twt().unwrap();
        simulation.advance(Duration::from_secs(3));
        assert!(!simulation.sleeps());
        echo(simulation, wifi, &mut socket);
        let before = simulation.to_module();
        for (interval, awake) in [
            (Duration::from_millis(10), Duration::from_millis(20)),
            (Duration::from_secs(u64::MAX), awake),
            (interval, Duration::from_millis(66)),
        ] {
            let refused = wifi.start_twt(TwtSetup::Request, interval, awake);
            assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
        }
        assert_eq!(simulation.to_module(), before);
    }
}

#[test]
fn target_wake_times_are_asked_for_and_ended() {
    on_each_wire(&HasTimes);
}

#[test]
fn a_module_that_wakes_up_slowly_is_waited_for() {
    for wake in [0, 1, 250, 1999, 5000] {
        let config = Config {
            wake: Duration::from_millis(wake),
            ..spi_config(Profile::St67Fw2_0_75)
        };
        let simulation = Simulation::new(config, Network::default().build());
        joined(&simulation, spi_of(&simulation, 2048), &IsSpokenTo);
    }
}

#[test]
fn without_its_pin_a_module_on_a_serial_line_is_not_heard_and_found_again() {
    let config = config(Profile::St67Fw2_0_75);
    let simulation = Simulation::new(config, Network::default().build());
    with_joined::<St67, _>(&simulation, |wifi| {
        wifi.start_power_save(&PowerSave::new()).unwrap();
        simulation.advance(Duration::from_secs(5));
        assert!(wifi.station().is_err());
        simulation.wake_pin(true);
        simulation.advance(Duration::from_secs(1));
        assert!(wifi.station().unwrap().is_some());
    });
}

fn what_a_module_cannot_do_is_refused_before_a_byte<D: UnderTest>(
    refuse: impl Fn(&mut Driver<'_, D>) -> Result<(), Failure<D>>,
    usage: Usage,
) {
    each_joined::<D>(|simulation, wifi| {
        let before = simulation.to_module();
        assert_eq!(refuse(wifi), Err(Error::Usage(usage)));
        assert_eq!(simulation.to_module(), before);
    });
}

#[test]
fn one_module_saves_power_and_the_other_sleeps_deeply() {
    let save = PowerSave::new();
    let part = Usage::Unsupported;
    what_a_module_cannot_do_is_refused_before_a_byte::<Microchip>(
        |wifi| wifi.start_power_save(&save),
        part("power save"),
    );
    what_a_module_cannot_do_is_refused_before_a_byte::<Microchip>(
        |wifi| wifi.stop_power_save(),
        part("power save"),
    );
    what_a_module_cannot_do_is_refused_before_a_byte::<St67>(
        |wifi| wifi.deep_sleep().map(drop),
        part("deep sleep"),
    );
    what_a_module_cannot_do_is_refused_before_a_byte::<St67>(
        |wifi| wifi.start_power_save(&save.with_wake_pin(5)),
        part("a wake-up pin but 16 and 28"),
    );
    what_a_module_cannot_do_is_refused_before_a_byte::<St67>(
        |wifi| wifi.start_power_save(&save.with_dtim(0)),
        Usage::OutOfRange { min: 1, max: 255 },
    );
}

/// After a sleep without memory, everything works that is begun anew, and nothing old.
fn begins_anew<D: UnderTest>(
    simulation: &Simulation,
    wifi: &mut Driver<'_, D>,
    mut old: TcpSocket,
) {
    let gone = flat(wifi.send(&mut old, b"x"));
    assert!(
        matches!(
            gone,
            Err(Error::Closed(Closed::NotConnected) | Error::ModuleReset)
        ),
        "{gone:?}"
    );
    wifi.join(SSID, PASSWORD).unwrap();
    let told = crate::common::story(wifi, simulation, 64);
    assert_eq!((told.error, told.received), (None, payload()));
}

fn a_module_that_is_off_says_nothing_and_comes_back<D: UnderTest>() {
    each_joined::<D>(|simulation, wifi| {
        let mut socket = wifi.socket().unwrap();
        flat(wifi.connect(&mut socket, at(ECHO))).unwrap();
        let mut board = Board(simulation.clone());
        let off = wifi.power_down(&mut board).unwrap();
        let before = simulation.to_module();
        simulation.advance(Duration::from_secs(3600));
        assert_eq!(simulation.links_open(), 0);
        off.power_up(&mut Board(simulation.clone())).unwrap();
        assert!(simulation.to_module() > before);
        begins_anew(simulation, wifi, socket);
    });
}

fn a_module_that_stays_off_is_silent_and_reset_helps<D: UnderTest>() {
    each_joined::<D>(|simulation, wifi| {
        let mut board = Board(simulation.clone());
        let _ = wifi.power_down(&mut board).unwrap();
        assert!(wifi.station().is_err());
        wifi.reset_by_pin(&mut board, &mut Board(simulation.clone()))
            .unwrap();
        wifi.join(SSID, PASSWORD).unwrap();
    });
}

#[test]
fn a_deep_sleep_ends_when_its_button_is_pressed() {
    each_joined::<Microchip>(|simulation, wifi| {
        let mut socket = wifi.socket().unwrap();
        flat(wifi.connect(&mut socket, at(ECHO))).unwrap();
        let asleep = wifi.deep_sleep().unwrap();
        simulation.advance(Duration::from_secs(3600));
        assert_eq!(simulation.links_open(), 0);
        asleep.wake(|| simulation.wake()).unwrap();
        begins_anew(simulation, wifi, socket);
        // Or by somebody else.
        drop(wifi.deep_sleep().unwrap());
        simulation.advance(Duration::from_secs(60));
        while wifi.poll().unwrap().is_some() {}
        simulation.wake();
        simulation.advance(Duration::from_secs(3));
        assert_eq!(wifi.poll().unwrap(), Some(Event::ModuleReset));
        wifi.join(SSID, PASSWORD).unwrap();
    });
}

#[test]
fn a_deep_sleep_is_found_out_of_whatever_goes_wrong_on_its_way() {
    for &profile in &Profile::MICROCHIP {
        let new = || Simulation::new(config(profile), Network::default().build());
        let simulation = new();
        let (before, after) = with_joined::<Microchip, _>(&simulation, |wifi| {
            let before = (simulation.to_module(), simulation.to_host());
            drop(wifi.deep_sleep().unwrap());
            (before, (simulation.to_module(), simulation.to_host()))
        });
        let places = (before.0..after.0).map(|at| (true, at));
        let places = places.chain((before.1..after.1).map(|at| (false, at)));
        for (is_to_module, at) in places {
            for kind in [
                FaultKind::Drop(1),
                FaultKind::Corrupt(0x04),
                FaultKind::Insert(b"\r\n".to_vec()),
                FaultKind::Reset,
                FaultKind::Cut(Duration::from_secs(2)),
            ] {
                let simulation = new();
                simulation.set_faults(spoilt(is_to_module, at, kind.clone()));
                with_joined::<Microchip, _>(&simulation, |wifi| {
                    // Whether it sleeps or not, a press of the button does no harm.
                    if let Ok(asleep) = wifi.deep_sleep() {
                        let _ = asleep.wake(|| simulation.wake());
                    }
                    simulation.set_faults(Faults::default());
                    simulation.wake();
                    simulation.advance(Duration::from_secs(3));
                    let _ = wifi.join(SSID, PASSWORD);
                    wifi.join(SSID, PASSWORD).unwrap_or_else(|error| {
                        panic!("{at} {kind:?}: {error}\n{}", simulation.transcript())
                    });
                });
            }
        }
    }
}

/// On the SPI, whose chip select wakes the module.
fn on_spi(config: Config) -> Config {
    Config {
        wake: WAKE,
        ..config
    }
    .with_spi(SpiConfig::default())
}

#[test]
fn power_save_stands_all_weathers() {
    in_weathers::<St67>(5, on_spi, |wifi| {
        wifi.start_power_save(&PowerSave::new().with_dtim(2))?;
        wifi.stop_power_save()?;
        Ok("slept".into())
    });
    in_weathers::<St67>(5, on_spi, |wifi| {
        let (interval, awake) = (Duration::from_secs(1), Duration::from_millis(10));
        wifi.start_twt(TwtSetup::Suggest, interval, awake)?;
        wifi.end_twt()?;
        Ok("slept".into())
    });
}

on_both_dialects! {
    a_module_that_is_off_says_nothing_and_comes_back
    a_module_that_stays_off_is_silent_and_reset_helps
}
