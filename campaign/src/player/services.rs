//! Services besides sockets: scans, time, echoes, and what the module is.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use atwifi::{Arrival, Error, MqttConfig, PingOptions, Qos, ScanOptions, UnixTime};

use super::{Player, Told};
use crate::air::{self, Row};
use crate::finding::Kind;
use crate::program::Surroundings;
use crate::service::{Look, Service, TIMEOUT_MIN, Whom};
use crate::target::{Driver, Failure, Target};
use crate::world::{BROKER, NAME};

/// Nobody is there.
const NOBODY: &str = "10.0.0.99";
/// The same host as that of [`NAME`].
const ADDRESS: &str = "10.0.0.7";
/// How long an echo is waited for at most, whatever is asked, in milliseconds.
const ECHO_MAX: u64 = 1000;
/// The time at which the simulated servers are asked first.
const SERVER_TIME: u64 = 1_655_196_292;
/// By how much it may be wrong, in seconds.
const SERVER_SLACK: u64 = 3;
/// How long a session may take, and a message on its way there and back, in milliseconds.
const MQTT: u64 = 50_000;
const MESSAGE: u32 = 3000;
/// How long resolving a name may take, in milliseconds.
const RESOLVE: u64 = 30_000;

impl<D: Target> Player<'_, '_, D> {
    pub(super) fn service(&mut self, service: Service) {
        match service {
            Service::Scan { look, break_behind } => self.scan(look, break_behind),
            Service::SetTimeServers { count } => self.set_time_servers(count),
            Service::Time => self.time(),
            Service::WaitForTime { ms } => self.wait_for_time(ms),
            Service::Ping { .. } => self.ping(service),
            Service::Versions => self.versions(),
            Service::Mac => self.mac(),
            Service::Mqtt { messages } => self.mqtt(messages),
            other => self.radio(other),
        }
    }

    /// Makes a call that must end within so many milliseconds, and a few commands, where nothing has
    /// gone wrong; and `must` succeed then, if it is something that the module can do.
    pub(super) fn serve<R>(
        &mut self,
        place: &'static str,
        longest_ms: u64,
        must: bool,
        call: impl FnOnce(&RefCell<Driver<'_, D>>) -> Result<R, Failure<D>>,
    ) -> Result<R, Told> {
        let begun = self.story.simulation.now();
        let result = self.call(place, longest_ms, true, |module| call(module));
        if !self.story.is_undisturbed() {
            return result;
        }
        let took = self.story.simulation.now() - begun;
        if took > Duration::from_millis(longest_ms) + self.story.a_few_commands {
            self.story.find(Kind::Slow, format!("{took:?}"));
        }
        if let Err(error) = &result
            && must
            && !matches!(error, Error::Usage(_))
        {
            self.story.find(Kind::NoReason, format!("{error:?}"));
        }
        result
    }

    /// What is told where nothing has gone wrong must be so.
    pub(super) fn check(&mut self, is_so: bool, told: &dyn std::fmt::Debug) {
        if !is_so && self.story.is_undisturbed() {
            self.story.find(Kind::WrongAnswer, format!("{told:?}"));
        }
    }

    fn scan(&mut self, look: Look, break_behind: Option<usize>) {
        let all = ScanOptions::new();
        let options = match look {
            Look::All => all,
            Look::Passively => all.passive(),
            Look::Channel(channel) => all.with_channel(channel),
            Look::Named(network) => all.with_ssid(network.ssid().as_bytes()),
            Look::AtLeast(rssi) => all.with_min_rssi(rssi),
        };
        let channels = if options.channel.is_some() { 1 } else { 14 };
        let dwell = if options.is_passive { 360 } else { 120 };
        let mut rows = Vec::new();
        let struck = self.story.trouble.count_struck;
        let scanned = self.serve("scan", channels * dwell + 5000, true, |module| {
            module.borrow_mut().scan(&options, |found| {
                rows.push(air::row(found));
                goes_on(&rows, break_behind)
            })
        });
        let struck = self.story.trouble.count_struck - struck;
        self.check_rows(&rows, look, struck);
        let Ok(scanned) = scanned else { return };
        let is_counted = usize::from(scanned.found) == rows.len();
        self.check(is_counted && scanned.spoilt == 0, &scanned);
        let told: BTreeSet<_> = rows.iter().map(|row| row.1).collect();
        let expected = air::rows(self.story.neighbours, look);
        let is_whole = expected.iter().all(|row| told.contains(&row.1));
        let is_broken_off = break_behind.is_some_and(|most| most <= rows.len());
        if !is_whole && !is_broken_off && self.story.is_undisturbed() {
            let seen = format!("{} of {}", told.len(), expected.len());
            self.story.find(Kind::LostRow, seen);
        }
    }

    /// No row is another's, nor comes twice, but what so many strikes have made of it.
    fn check_rows(&mut self, rows: &[Row], look: Look, struck: usize) {
        if self.story.trouble.loses_anywhere() {
            return;
        }
        let expected = air::rows(self.story.neighbours, look);
        let wrong: Vec<_> = rows.iter().filter(|row| !expected.contains(row)).collect();
        if wrong.len() > struck {
            let seen = format!("{} rows, as {:?}", wrong.len(), wrong[0]);
            self.story.find(Kind::WrongAnswer, seen);
        }
        let different: BTreeSet<_> = rows.iter().map(|row| row.1).collect();
        if different.len() + struck < rows.len() {
            let seen = format!("{} rows of {}", rows.len(), different.len());
            self.story.find(Kind::Twice, seen);
        }
    }

    fn set_time_servers(&mut self, count: usize) {
        let servers = ["pool.ntp.org", "one.test", "two.test"];
        let servers = &servers[..count.clamp(1, servers.len())];
        // The Microchip module takes it only before it joins.
        let must = !D::IS_ONE_OF_BOTH;
        let set = self.serve("set time servers", 0, must, |module| {
            module.borrow_mut().set_time_servers(servers)
        });
        if set.is_ok() {
            self.story.radio.time = None;
        }
    }

    fn time(&mut self) {
        let time = self.serve("time", 0, true, |module| module.borrow_mut().time());
        if let Ok(time) = time {
            self.check_time(time);
        }
    }

    fn wait_for_time(&mut self, ms: u32) {
        let must = self.story.radio.time.is_some();
        let time = self.serve("wait for time", ms.into(), must, |module| {
            module.borrow_mut().wait_for_time(ms)
        });
        if let Ok(time) = time {
            self.check_time(Some(time));
        }
    }

    /// It is that of the servers, and goes on as the clock does.
    fn check_time(&mut self, told: Option<UnixTime>) {
        let now = self.story.simulation.now();
        let told = told.map(UnixTime::seconds);
        let is_near = |told: u64, expected: u64| told.abs_diff(expected) <= SERVER_SLACK;
        let is_so = match (told, self.story.radio.time) {
            (None, before) => before.is_none(),
            (Some(told), None) => {
                (SERVER_TIME..=SERVER_TIME + now.as_secs() + SERVER_SLACK).contains(&told)
            }
            (Some(told), Some((at, before))) => is_near(told, before + (now - at).as_secs()),
        };
        self.check(is_so, &told);
        self.story.radio.time = told.map(|told| (now, told));
    }

    fn ping(&mut self, service: Service) {
        let Service::Ping {
            whom,
            count,
            interval_ms,
            timeout_ms,
            break_behind,
        } = service
        else {
            return;
        };
        let host = match whom {
            Whom::Name => NAME,
            Whom::Address => ADDRESS,
            Whom::Nobody => NOBODY,
            Whom::Unknown => "nobody.test",
        };
        let options = PingOptions::new()
            .with_count(count)
            .with_interval_ms(interval_ms)
            .with_timeout_ms(timeout_ms);
        let step = u64::from(interval_ms.max(timeout_ms)).max(ECHO_MAX);
        let longest = step * u64::from(count) + RESOLVE;
        let is_joined = self.story.is_joined();
        let must = is_joined && whom != Whom::Unknown;
        let mut times = Vec::new();
        let summary = self.serve("ping", longest, must, |module| {
            module.borrow_mut().ping(host, &options, |time| {
                times.push(time);
                goes_on(&times, break_behind)
            })
        });
        let Ok(summary) = summary else { return };
        let asked = usize::from(count).min(break_behind.unwrap_or(usize::MAX));
        let answered = times.iter().flatten().count();
        let is_counted = usize::from(summary.sent) == asked && times.len() == asked;
        let is_right = match whom {
            // Who is not joined is told so in many ways.
            _ if !is_joined => true,
            // What another one has not waited for may come now.
            Whom::Nobody => answered == 0 || !self.story.is_quick(TIMEOUT_MIN),
            Whom::Unknown => false,
            _ => answered == asked || !self.story.is_quick(timeout_ms),
        };
        let is_summed = usize::from(summary.received) == answered;
        self.check(is_counted && is_right && is_summed, &(summary, times));
    }

    fn versions(&mut self) {
        let versions = self.serve("versions", 0, true, |module| module.borrow_mut().versions());
        if let Ok(versions) = versions {
            let expected = self.story.version::<D>();
            self.check(versions.numbers() == expected, &versions.numbers());
        }
    }

    /// What is published comes back, in its order, and once.
    fn mqtt(&mut self, messages: usize) {
        // A dozen commands of a second each are more than a call may take.
        let must = self.story.is_joined() && !self.story.trouble.is_slow;
        let config = MqttConfig::new(NAME, BROKER, "campaign");
        let mut got: Vec<Vec<u8>> = Vec::new();
        let mut lost = 0;
        let done = self.serve("mqtt", MQTT, must, |module| {
            let module = &mut *module.borrow_mut();
            let mut session = module.mqtt(&config)?;
            session.subscribe(module, "there/+", Qos::AtMostOnce)?;
            let mut memory = [0; 128];
            for number in 0..messages {
                session.publish(
                    module,
                    "there/back",
                    &message(number),
                    Qos::AtMostOnce,
                    false,
                )?;
                // What may be lost need not be.
                while got.len() <= number && session.wait(module, MESSAGE)? {
                    match session.receive(module, &mut memory)? {
                        Some(Arrival::Message {
                            payload, rest: 0, ..
                        }) => got.push(payload.to_vec()),
                        Some(_) => lost += 1,
                        None => {}
                    }
                }
            }
            session.disconnect(module)
        });
        let expected: Vec<_> = (0..messages).map(message).collect();
        let told = (got.len(), lost, messages);
        self.check(done.is_err() || got == expected, &told);
    }

    fn mac(&mut self) {
        // The reference of the Microchip module has no command for it.
        let mac = self.serve("mac", 0, !D::IS_ONE_OF_BOTH, |module| {
            module.borrow_mut().mac()
        });
        if let Ok(mac) = mac {
            let own = atwifi_simulator::Config::new(self.story.profile).mac;
            self.check(mac.0 == own, &mac);
        }
    }
}

/// A message that can be told from every other.
fn message(number: usize) -> Vec<u8> {
    let text = format!("{number} \"quoted\", and more: +MQTT:DISCONNECTED,0");
    text.repeat(1 + number % 2).into_bytes()
}

/// Whether it goes on behind these.
pub(super) fn goes_on<T>(seen: &[T], break_behind: Option<usize>) -> ControlFlow<()> {
    match break_behind {
        Some(most) if seen.len() >= most => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }
}

impl super::Story {
    /// Nothing has gone wrong at all, nor befallen the module unasked.
    pub(super) fn is_undisturbed(&self) -> bool {
        self.has_services && !self.is_disturbed && self.trouble.is_whole
    }

    /// What was begun so many upheavals ago has been ended by a call for the station or the access
    /// point.
    pub(super) fn is_over(&self, upheavals: usize) -> bool {
        self.has_services && self.trouble.upheavals > upheavals
    }

    /// The station is in a network, as far as anybody knows.
    pub(super) fn is_joined(&self) -> bool {
        self.radio.station.is_some_and(|network| network.is_some())
    }

    /// Whether an echo comes in its time.
    fn is_quick(&self, timeout_ms: u16) -> bool {
        let round_trip = self.round_trip + Duration::from_millis(50);
        round_trip < Duration::from_millis(ECHO_MAX.min(timeout_ms.into()))
    }
}

/// How long a few commands take: what a call does besides.
pub(super) fn a_few_commands(around: &Surroundings) -> Duration {
    Duration::from_millis(3000 + 20 * around.latency_ms)
}
