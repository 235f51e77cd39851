//! The ST67W611M1 and its AT firmware.

mod basic;
mod ble;
mod line;
mod low_power;
mod mqtt;
mod net;
mod settings;
mod variant;
mod vocabulary;
mod wifi;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::module::Module;
use crate::network::Network;
use crate::output::Output;
use crate::{AccessPoint, Config, Faults, File};

use basic::memory::Memory;
use basic::pins::Pins;
use basic::update::Update;
use ble::Ble;
use line::code::Code;
use line::input::Input;
use line::job::Job;
use low_power::sleep::{SELECT, Sleep};
use mqtt::Mqtt;
use net::link::Links;
use net::ping::Echoes;
use net::sntp::Sntp;
use settings::{Flash, Settings};
use variant::Variant;
use wifi::monitor::Monitor;
use wifi::soft_ap::Guests;
use wifi::station::Station;

/// An ST67W611M1.
pub(crate) struct St67 {
    config: Config,
    variant: &'static Variant,
    power: Power,
    flash: Flash,
    /// Its file system, which nothing clears.
    files: BTreeMap<String, File>,
    memory: Memory,
    settings: Settings,
    pins: Pins,
    update: Update,
    sleep: Sleep,
    sntp: Sntp,
    /// Echoes that come while other commands are answered.
    echoes: Vec<Echoes>,
    /// `AT+IPERF` runs up to this time.
    measuring: Option<Duration>,
    guests: Guests,
    monitor: Option<Monitor>,
    station: Station,
    links: Links,
    mqtt: Mqtt,
    ble: Ble,
    input: Input,
    job: Job,
    /// It is in passthrough mode.
    passthrough: bool,
    /// Whether the last `AT+CIPSENDL`, if it still counts, has sent all.
    long_send: Option<bool>,
    output: Output,
    /// Complete lines received, whether or not they were executed.
    received: u64,
    executed: u64,
    /// Writes to files, done or failed.
    file_writes: u64,
}

#[derive(Debug)]
enum Power {
    HeldInReset,
    Booting(Duration),
    On,
    /// It sleeps, up to this time or until it is woken.
    Hibernating(Option<Duration>),
}

/// The world at one moment, as a command sees it.
struct World<'a> {
    now: Duration,
    network: &'a mut dyn Network,
}

impl St67 {
    pub fn new(config: &Config) -> Self {
        let variant = Variant::of(config.profile);
        let flash = Flash::default();
        let mut module = St67 {
            config: config.clone(),
            variant,
            power: Power::Booting(config.boot),
            settings: Settings::new(&flash, variant),
            flash,
            files: config.files.clone(),
            memory: Memory::new(config),
            pins: Pins::default(),
            update: Update::default(),
            sleep: Sleep::default(),
            sntp: Sntp::default(),
            echoes: Vec::new(),
            measuring: None,
            guests: Guests::default(),
            monitor: None,
            station: Station::default(),
            links: Links::new(variant.net.receive_buffer),
            mqtt: Mqtt::default(),
            ble: Ble::default(),
            input: Input::default(),
            job: Job::Idle,
            passthrough: false,
            long_send: None,
            output: Output::default(),
            received: 0,
            executed: 0,
            file_writes: 0,
        };
        module.set_faults(&config.faults);
        module
    }

    /// Loses all but the flash.
    fn switch_off(&mut self, world: &mut World) {
        self.close_all_silently(world);
        self.settings = Settings::new(&self.flash, self.variant);
        self.memory.reload();
        self.pins = Pins::default();
        self.update = Update::default();
        self.sleep = Sleep::default();
        self.sntp = Sntp::default();
        self.echoes.clear();
        self.measuring = None;
        self.guests = Guests::default();
        self.monitor = None;
        self.station = Station::default();
        self.links = Links::new(self.variant.net.receive_buffer);
        self.mqtt.abandon(world);
        self.mqtt = Mqtt::default();
        self.ble.release();
        self.ble = Ble::default();
        self.input.clear();
        self.job = Job::Idle;
        self.passthrough = false;
        self.long_send = None;
        self.output.clear();
    }

    fn boot(&mut self, world: &mut World) {
        self.power = Power::On;
        self.input.clear();
        let ready = format!("{}ready\r\n", self.variant.lead);
        self.output.write(&[ready.as_bytes()]);
        if self.flash.auto_join && self.settings.is_station() {
            self.join_by_itself(world.now);
        }
        self.begin_in_passthrough();
    }

    /// An information line or an event: printed from a buffer of 256 bytes, which may cut it.
    fn say(&mut self, text: &str) {
        let mut line = text.as_bytes().to_vec();
        line.extend_from_slice(b"\r\n");
        line.truncate(255);
        self.output.write(&[&line]);
    }

    /// A row whose text may be any bytes.
    fn say_bytes(&mut self, parts: &[&[u8]]) {
        let mut line = parts.concat();
        line.extend_from_slice(b"\r\n");
        line.truncate(255);
        self.output.write(&[&line]);
    }

    /// A final result such as `OK`.
    fn conclude(&mut self, result: &str) {
        let line = format!("{}{result}\r\n", self.variant.lead);
        self.output.write(&[line.as_bytes()]);
    }

    fn fail(&mut self, code: Code) {
        self.tell_code(code);
        self.conclude("ERROR");
    }

    fn tell_code(&mut self, code: Code) {
        if self.settings.error_codes != 0 && code != Code::UNTOLD {
            self.say(&code.to_string());
        }
    }

    fn answer(&mut self, result: Result<(), Code>) {
        match result {
            Ok(()) => self.conclude("OK"),
            Err(code) => self.fail(code),
        }
    }

    /// An event of the Wi-Fi station.
    fn wifi_event(&mut self, text: &str) {
        if self.settings.wifi_events != 0 && !self.is_muted() {
            self.say(text);
        }
    }
}

impl Module for St67 {
    fn input(&mut self, now: Duration, bytes: &[u8], joined: bool) {
        // An SPI carries nothing to a module that sleeps; on a serial line it is lost.
        let is_lost = self.config.spi.is_none() && self.sleeps(now);
        if matches!(self.power, Power::On) && !is_lost {
            self.output.at(now);
            self.output.interrupted();
            self.input.push(bytes, joined);
            self.sleep.stir(now);
        }
    }

    fn poll(&mut self, now: Duration, network: &mut dyn Network) {
        self.output.at(now);
        let world = &mut World { now, network };
        match self.power {
            Power::HeldInReset => return,
            Power::Hibernating(wakes) => {
                if wakes.is_some_and(|at| at <= now) {
                    self.woken(now);
                }
                return;
            }
            Power::Booting(at) if at > now => return,
            Power::Booting(_) => self.boot(world),
            Power::On => {}
        }
        self.poll_station(world);
        self.poll_guests(now);
        self.poll_monitor(now);
        self.poll_sntp(now);
        self.poll_echoes(world);
        self.serve_links(world);
        self.poll_mqtt(world);
        self.poll_ble(world);
        self.work(world);
        self.serve_links(world);
        self.poll_mqtt(world);
        // An answer may have waited for what has ended just now, and nobody may look again.
        self.work(world);
        if self.settings.silent {
            self.output.clear();
        }
        self.look_at_sleep(now);
    }

    fn next(&self) -> Option<Duration> {
        match self.power {
            Power::HeldInReset => None,
            Power::Hibernating(wakes) => wakes,
            Power::Booting(at) => Some(at),
            Power::On => {
                let times = [
                    self.station.next(),
                    self.guests.next(),
                    self.sntp.next(),
                    self.echoes.iter().map(|echoes| echoes.next).min(),
                    self.monitor.as_ref().map(Monitor::next),
                    self.links.next(),
                    self.mqtt.next(),
                    self.ble.next(&self.config.ble_peers),
                    self.job.next(),
                    self.sleep.next(),
                ];
                times.into_iter().flatten().min()
            }
        }
    }

    fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    fn awaits_payload(&self) -> bool {
        self.job.takes_input()
    }

    fn unread(&self) -> usize {
        self.input.unread()
    }

    fn is_running(&self) -> bool {
        matches!(self.power, Power::On)
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
        self.switch_off(&mut World { now, network });
        if !matches!(self.power, Power::HeldInReset) {
            self.power = Power::Booting(now + self.config.boot);
        }
    }

    fn lose_link(&mut self, now: Duration, network: &mut dyn Network) {
        if matches!(self.power, Power::On) {
            self.lose_access_point(&mut World { now, network });
        }
    }

    fn station_joins(&mut self, now: Duration, station: [u8; 6]) {
        if matches!(self.power, Power::On) {
            self.guest_joins(station, now);
        }
    }

    fn station_leaves(&mut self, _: Duration, station: [u8; 6]) {
        if matches!(self.power, Power::On) {
            self.guest_leaves(station);
        }
    }

    fn wake(&mut self, now: Duration) {
        self.woken(now);
    }

    fn wake_pin(&mut self, now: Duration, level: bool) {
        self.set_wake_level(now, level);
    }

    fn sleeps(&self, now: Duration) -> bool {
        matches!(self.power, Power::On) && self.sleep.is_asleep(now)
    }

    fn is_woken_by_select(&self) -> bool {
        self.sleep.is_woken_by(SELECT)
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
        self.station.last_attempt.clone()
    }

    fn file(&self, name: &str) -> Option<Vec<u8>> {
        self.files.get(name).map(|file| file.0.clone())
    }

    fn updates(&self) -> u32 {
        self.memory.updates
    }

    fn links_open(&self) -> usize {
        let opening = usize::from(self.job.connection().is_some());
        self.links.open() + opening + usize::from(self.has_socket_without_link())
    }
}
