//! The PIC32MZW1, as in the WFI32 modules, and its AT firmware.

mod command;
mod engine;
mod general;
mod mqtt;
mod parameter;
mod scan;
mod settings;
mod stack;
mod status;
mod text;
mod variant;
mod wlan;

use std::time::Duration;

use crate::module::Module;
use crate::network::Network;
use crate::output::Output;
use crate::{AccessPoint, Config, Faults};

use engine::Engine;
use general::clock::Clock;
use mqtt::Mqtt;
use scan::Scanner;
use stack::dns::Resolver;
use stack::secure::TlsSettings;
use stack::sockets::Sockets;
use status::Status;
use variant::Variant;
use wlan::access_point::SoftAp;
use wlan::provisioning::Provisioning;
use wlan::station::Station;

/// A PIC32MZW1 with the AT command firmware.
pub(crate) struct Microchip {
    config: Config,
    variant: &'static Variant,
    power: Power,
    engine: Engine,
    station: Station,
    scanner: Scanner,
    soft_ap: SoftAp,
    provisioning: Provisioning,
    mqtt: Mqtt,
    sockets: Sockets,
    tls: TlsSettings,
    resolver: Resolver,
    clock: Clock,
    /// Format of the status line, as `ATV` sets it.
    verbosity: u8,
    output: Output,
    /// Complete lines received, whether or not they were executed.
    received: u64,
    executed: u64,
    last_attempt: Option<(Vec<u8>, Vec<u8>)>,
}

#[derive(Debug)]
enum Power {
    HeldInReset,
    /// Until its input wakes it.
    Asleep,
    Booting(Duration),
    On,
}

/// The world at one moment, as a command sees it.
struct World<'a> {
    now: Duration,
    network: &'a mut dyn Network,
}

impl Microchip {
    pub fn new(config: &Config) -> Self {
        let variant = Variant::of(config.profile);
        let mut module = Microchip {
            config: config.clone(),
            variant,
            power: Power::Booting(config.boot),
            engine: Engine::new(variant),
            station: Station::default(),
            scanner: Scanner::default(),
            soft_ap: SoftAp::default(),
            provisioning: Provisioning::default(),
            mqtt: Mqtt::new(variant),
            sockets: Sockets::default(),
            tls: TlsSettings::default(),
            resolver: Resolver::default(),
            clock: Clock::default(),
            verbosity: variant.verbosity,
            output: Output::default(),
            received: 0,
            executed: 0,
            last_attempt: None,
        };
        module.set_faults(&config.faults);
        module
    }

    /// Loses everything: nothing that these commands set is kept in flash.
    fn switch_off(&mut self, world: &mut World) {
        self.forget(world);
        self.output.clear();
    }

    /// Goes to sleep when what it has said is on the wire.
    fn fall_asleep(&mut self, world: &mut World) {
        self.forget(world);
        self.power = Power::Asleep;
    }

    fn forget(&mut self, world: &mut World) {
        self.close_all_silently(world);
        self.provisioning.release(world);
        self.mqtt.abandon(world);
        self.engine = Engine::new(self.variant);
        self.station = Station::default();
        self.scanner = Scanner::default();
        self.soft_ap = SoftAp::default();
        self.provisioning = Provisioning::default();
        self.mqtt = Mqtt::new(self.variant);
        self.sockets = Sockets::default();
        self.tls = TlsSettings::default();
        self.resolver = Resolver::default();
        self.clock = Clock::default();
        self.verbosity = self.variant.verbosity;
    }

    /// Loses everything and starts anew.
    fn restart(&mut self, world: &mut World) {
        self.switch_off(world);
        self.power = Power::Booting(world.now + self.config.boot);
    }

    fn boot(&mut self, now: Duration) {
        self.power = Power::On;
        self.engine.start(now);
        let prompt = self.prompt();
        self.print(&[self.variant.banner.as_bytes(), prompt.as_bytes()]);
    }

    /// Prints what the firmware writes at once; between its parts an event could stand.
    fn print(&mut self, parts: &[&[u8]]) {
        let parts = parts.iter().copied().filter(|part| !part.is_empty());
        let parts: Vec<&[u8]> = parts.collect();
        if !parts.is_empty() {
            self.output.write(&parts);
        }
    }

    /// What follows an answer or an event.
    fn prompt(&self) -> &'static str {
        if self.variant.prompts && self.engine.console.echo {
            ">"
        } else {
            ""
        }
    }

    /// An event as it stands on the wire now, and its prompt.
    fn event(&self, text: &str) -> [String; 2] {
        if self.engine.is_busy() {
            return [format!("{text}\r\n"), String::new()];
        }
        let lead = self.variant.event_lead;
        [format!("{lead}{text}\r\n"), self.prompt().to_owned()]
    }

    /// Prints an event.
    fn tell(&mut self, text: &str) {
        let [line, prompt] = self.event(text);
        self.print(&[line.as_bytes(), prompt.as_bytes()]);
    }

    /// Prints that what a command has begun has failed since.
    fn tell_failure(&mut self, name: &str, status: Status) {
        let line = status.line(self.verbosity);
        self.tell(&format!("\r{name}:{}", line.trim_end()));
    }
}

impl Module for Microchip {
    fn input(&mut self, now: Duration, bytes: &[u8], _joined: bool) {
        if matches!(self.power, Power::On) {
            self.output.at(now);
            self.output.interrupted();
            self.engine.receive(now, bytes);
        }
    }

    fn poll(&mut self, now: Duration, network: &mut dyn Network) {
        self.output.at(now);
        let world = &mut World { now, network };
        match self.power {
            Power::HeldInReset | Power::Asleep => return,
            Power::Booting(at) if at > now => return,
            Power::Booting(_) => self.boot(now),
            Power::On => {}
        }
        self.happen(world);
        self.work(world);
        self.happen(world);
    }

    fn next(&self) -> Option<Duration> {
        match self.power {
            Power::HeldInReset | Power::Asleep => None,
            Power::Booting(at) => Some(at),
            Power::On => {
                let times = [
                    self.engine.next(self.config.poll),
                    self.station.next(),
                    self.scanner.next(),
                    self.soft_ap.next(),
                    self.mqtt.next(),
                    self.sockets.next(),
                    self.resolver.next(),
                ];
                times.into_iter().flatten().min()
            }
        }
    }

    fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    fn awaits_payload(&self) -> bool {
        self.engine.collects()
    }

    fn reset_pin(&mut self, now: Duration, level: bool, network: &mut dyn Network) {
        let held = matches!(self.power, Power::HeldInReset);
        if !level {
            self.switch_off(&mut World { now, network });
            self.power = Power::HeldInReset;
        } else if held {
            self.power = Power::Booting(now + self.config.boot);
        }
    }

    fn reset(&mut self, now: Duration, network: &mut dyn Network) {
        let world = &mut World { now, network };
        if matches!(self.power, Power::HeldInReset) {
            self.switch_off(world);
        } else {
            self.restart(world);
        }
    }

    fn lose_link(&mut self, now: Duration, network: &mut dyn Network) {
        if matches!(self.power, Power::On) {
            self.lose_access_point(&mut World { now, network });
        }
    }

    fn station_joins(&mut self, now: Duration, station: [u8; 6]) {
        self.let_station_in(now, station);
    }

    fn station_leaves(&mut self, _now: Duration, station: [u8; 6]) {
        self.let_station_go(station);
    }

    fn wake(&mut self, now: Duration) {
        if matches!(self.power, Power::Asleep) {
            self.power = Power::Booting(now + self.config.boot);
        }
    }

    fn set_access_points(&mut self, access_points: Vec<AccessPoint>) {
        self.config.access_points = access_points;
    }

    fn set_faults(&mut self, faults: &Faults) {
        self.config.faults = faults.clone();
        self.output.print_in_gap(faults.event_in_gap.clone());
    }

    fn commands(&self) -> u64 {
        self.executed
    }

    fn joined(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.last_attempt.clone()
    }

    fn file(&self, name: &str) -> Option<Vec<u8>> {
        self.certificate(name.as_bytes(), true)
    }

    fn links_open(&self) -> usize {
        self.sockets.open_count()
    }

    fn is_stuck(&self) -> bool {
        self.engine.is_stuck()
    }
}
