//! The command processor: one line after the other, and what takes time in between.

use std::time::Duration;

use super::payload::Payload;
use crate::network::Lookup;
use crate::st67::ble::{Asked, Attempt};
use crate::st67::line::code::Code;
use crate::st67::line::input::{Heard, Line};
use crate::st67::net::names::Wanted;
use crate::st67::net::ping::Echoes;
use crate::st67::net::start::Opening;
use crate::st67::net::through::Through;
use crate::st67::{Power, St67, World};
use crate::tls::Session;

/// What the command processor is busy with.
#[derive(Debug)]
pub(in crate::st67) enum Job {
    /// Nothing: it waits for a line.
    Idle,
    /// A line, which takes its time to be executed.
    Line { text: Vec<u8>, at: Duration },
    /// A result that is told later.
    Answer {
        at: Duration,
        result: Result<(), Code>,
    },
    /// `AT+CWJAP` where the answer waits for the station's address.
    Join { give_up: Duration },
    /// `AT+CWJAP` where the answer is an error code of its own.
    JoinError { at: Duration, code: u8 },
    /// `AT+CWQAP`.
    Leave { at: Duration },
    /// A scan that is answered when it is over.
    Scan { at: Duration },
    /// A name is looked up.
    Lookup { lookup: Lookup, wanted: Wanted },
    /// A connection is opened.
    Open(Opening),
    /// A connection is open, and TLS begins.
    Shake {
        opening: Opening,
        session: Box<Session>,
    },
    /// `AT+MQTTCONN` where the answer waits for the connection.
    Broker,
    /// `AT+BLECONN`.
    BleConnect(Attempt),
    /// A Bluetooth LE device has been asked.
    BleAsk(Asked),
    /// Payload is awaited behind a prompt.
    Payload(Payload),
    /// What comes from the host goes to a link.
    Through(Box<Through>),
    /// Payload is on its way into the network.
    Sent {
        link: usize,
        count: usize,
        at: Duration,
    },
    /// `AT+PING`.
    Ping(Echoes),
    /// All has been told, and the module is about to restart.
    Restart { at: Duration },
    /// The module is about to switch itself off.
    Hibernate { at: Duration },
}

/// How a step of a job ends.
pub(in crate::st67) enum Step {
    /// It waits for time to pass or for the network.
    Wait(Job),
    /// There may be more to do at once.
    Next(Job),
}

/// What a command does when it does not fail.
pub(in crate::st67) enum Reply {
    /// It is done.
    Ok,
    /// It goes on and will answer by itself.
    Later(Job),
    /// Nothing more is said, or nothing at all.
    Silence,
}

impl Job {
    pub fn next(&self) -> Option<Duration> {
        match self {
            Job::Line { at, .. }
            | Job::Answer { at, .. }
            | Job::JoinError { at, .. }
            | Job::Leave { at }
            | Job::Scan { at }
            | Job::Restart { at }
            | Job::Hibernate { at } => Some(*at),
            Job::Join { give_up } => Some(*give_up),
            Job::Open(opening) => Some(opening.give_up),
            // A time that has passed and does not count would be asked for again and again.
            Job::Shake { opening, .. } => opening.shake_limit,
            Job::Sent { at, .. } => Some(*at),
            Job::Through(through) => through.next(),
            Job::BleConnect(attempt) => Some(attempt.at),
            Job::BleAsk(asked) => Some(asked.at),
            Job::Ping(echoes) => Some(echoes.next),
            Job::Idle | Job::Lookup { .. } | Job::Broker | Job::Payload(_) => None,
        }
    }

    /// Its time is a limit and not an appointment.
    fn may_end_early(&self) -> bool {
        matches!(
            self,
            Job::Join { .. } | Job::Open(_) | Job::Shake { .. } | Job::Through(_)
        )
    }
}

impl St67 {
    /// Works until it has to wait.
    pub(in crate::st67) fn work(&mut self, world: &mut World) {
        while matches!(self.power, Power::On) {
            let job = std::mem::replace(&mut self.job, Job::Idle);
            match self.step(job, world) {
                Step::Next(job) => self.job = job,
                Step::Wait(job) => {
                    self.job = job;
                    return;
                }
            }
        }
    }

    fn step(&mut self, job: Job, world: &mut World) -> Step {
        let now = world.now;
        if job.next().is_some_and(|at| at > now) && !job.may_end_early() {
            return Step::Wait(job);
        }
        match job {
            Job::Idle => self.take_line(now),
            Job::Line { text, .. } => Step::Next(self.execute(&text, world)),
            Job::Answer { result, .. } => self.finish(result),
            Job::Join { give_up } => self.await_address(give_up, now),
            Job::JoinError { code, .. } => {
                self.say(&format!("+CWJAP:{code}"));
                self.finish(Err(Code::FAILED))
            }
            Job::Leave { .. } => {
                self.leave(world);
                self.finish(Ok(()))
            }
            Job::Scan { .. } => {
                self.print_scan();
                self.finish(Ok(()))
            }
            Job::Lookup { lookup, wanted } => self.await_lookup(lookup, wanted, world),
            Job::Open(opening) => self.await_connection(opening, world),
            Job::Shake { opening, session } => self.await_tls(opening, session, world),
            Job::BleConnect(attempt) => self.end_ble_connect(attempt),
            Job::BleAsk(asked) => self.end_ble_question(asked),
            Job::Broker => self.await_broker(),
            Job::Payload(payload) => self.collect(payload, world),
            Job::Through(through) => self.pass(*through, world),
            Job::Sent { link, count, .. } => self.await_sent(link, count, world),
            Job::Ping(echoes) => self.ping_on(echoes, world),
            Job::Restart { .. } => self.restart(world),
            Job::Hibernate { .. } => {
                self.hibernate(world);
                Step::Next(Job::Idle)
            }
        }
    }

    pub(in crate::st67) fn finish(&mut self, result: Result<(), Code>) -> Step {
        self.answer(result);
        Step::Next(Job::Idle)
    }

    fn restart(&mut self, world: &mut World) -> Step {
        self.switch_off(world);
        self.power = Power::Booting(world.now + self.config.boot);
        Step::Next(Job::Idle)
    }

    fn take_line(&mut self, now: Duration) -> Step {
        match self.input.hear() {
            None => Step::Wait(Job::Idle),
            Some(Heard::Part(part)) => {
                self.echo(&[&part]);
                Step::Next(Job::Idle)
            }
            Some(Heard::Line(line)) => self.begin_line(line, now),
        }
    }

    fn begin_line(&mut self, line: Line, now: Duration) -> Step {
        if !line.rest.is_empty() {
            self.echo(&[&line.rest, b"\r\n"]);
        }
        let number = self.received;
        self.received += 1;
        if self.config.faults.busy.contains(&number) {
            self.refuse_line();
            return Step::Next(Job::Idle);
        }
        if line.crowded {
            self.refuse_line();
        }
        let at = now + self.config.latency + self.lateness(number);
        let text = line.text;
        Step::Next(Job::Line { text, at })
    }

    fn echo(&mut self, parts: &[&[u8]]) {
        if self.settings.echo {
            self.output.write(parts);
        }
    }

    fn refuse_line(&mut self) {
        self.tell_code(Code::PROCESSING);
        self.conclude("busy p...");
    }

    fn lateness(&self, number: u64) -> Duration {
        let late = self.config.faults.late.iter();
        late.filter(|(line, _)| *line == number)
            .map(|(_, delay)| *delay)
            .sum()
    }

    fn execute(&mut self, line: &[u8], world: &mut World) -> Job {
        self.executed += 1;
        match self.command(line, world) {
            Ok(Reply::Later(job)) => return job,
            Ok(Reply::Ok) => self.answer(Ok(())),
            Ok(Reply::Silence) => {}
            Err(code) => self.fail(code),
        }
        Job::Idle
    }
}
