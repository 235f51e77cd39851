//! The command engine: it looks at the UART from time to time and takes one line at a time.

pub(in crate::microchip) mod binary;
mod collect;
mod console;

use std::collections::VecDeque;
use std::time::Duration;

use crate::microchip::status::Status;
use crate::microchip::variant::Variant;
use crate::microchip::{Microchip, Power, World};
use binary::Binary;
use console::Console;

/// The UART's receive buffer, the line editor and what the engine is busy with.
#[derive(Debug)]
pub(in crate::microchip) struct Engine {
    pub console: Console,
    pub job: Job,
    /// What the host has sent and the engine has not looked at yet.
    pub waiting: VecDeque<u8>,
    /// Bytes of it that were there when the command began.
    older: usize,
    /// A length of binary data that has been announced and has not come.
    pub announced: usize,
    /// When the oldest of the waiting bytes came.
    since: Duration,
    start: Duration,
    last_look: Option<Duration>,
    /// The rows of the answer so far.
    pub answer: Vec<Vec<u8>>,
}

/// What the engine is busy with.
#[derive(Debug)]
pub(in crate::microchip) enum Job {
    /// Nothing: it waits for a line.
    Idle,
    /// A line, which takes its time to be executed.
    Line { text: Vec<u8>, at: Duration },
    /// Binary data for the host, which has been printed at this time.
    Reading(Duration),
    /// Binary data is collected.
    Binary(Binary),
}

/// How a command goes on when it does not fail.
#[derive(Debug)]
pub(in crate::microchip) enum Reply {
    /// It is done.
    Ok,
    /// Binary data is awaited.
    Binary(Binary),
    /// Binary data is printed, which takes so long.
    Reading(Duration),
    /// It is done, and the module goes to sleep.
    Sleep,
    /// It is done, and so is provisioning.
    Provisioned,
    /// The module has restarted, and says nothing any more.
    Silence,
}

impl Engine {
    pub fn new(variant: &Variant) -> Self {
        Engine {
            console: Console::new(variant.line_buffer, variant.prompts),
            job: Job::Idle,
            waiting: VecDeque::new(),
            older: 0,
            announced: 0,
            since: Duration::ZERO,
            start: Duration::ZERO,
            last_look: None,
            answer: Vec::new(),
        }
    }

    /// The module has booted.
    pub fn start(&mut self, now: Duration) {
        self.start = now;
    }

    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        if self.waiting.is_empty() {
            self.since = now;
        }
        self.waiting.extend(bytes);
    }

    /// Loses what has come since the command began.
    pub fn forget_new_input(&mut self) {
        self.waiting.truncate(self.older);
    }

    /// A command is being executed, or binary data collected.
    pub fn is_busy(&self) -> bool {
        !matches!(self.job, Job::Idle)
    }

    /// Binary data is awaited.
    pub fn collects(&self) -> bool {
        matches!(self.job, Job::Binary(_))
    }

    /// More binary data has come than was announced, and nothing ends it.
    pub fn is_stuck(&self) -> bool {
        matches!(&self.job, Job::Binary(binary) if binary.stuck)
    }

    /// Binary data goes in either direction.
    pub fn is_binary(&self) -> bool {
        matches!(self.job, Job::Binary(_) | Job::Reading(_))
    }

    /// When there is something to do.
    pub fn next(&self, period: Duration) -> Option<Duration> {
        let timeout = match &self.job {
            Job::Line { at, .. } | Job::Reading(at) => return Some(*at),
            Job::Idle => self.console.next(),
            Job::Binary(binary) => binary.next(),
        };
        let input = Some(self.since).filter(|_| !self.waiting.is_empty());
        let due = timeout.into_iter().chain(input).min()?;
        Some(self.look(due, period))
    }

    /// The first time at or behind `due` at which the engine looks at its UART.
    fn look(&self, due: Duration, period: Duration) -> Duration {
        if period.is_zero() {
            return due;
        }
        let into = due.saturating_sub(self.start).as_nanos() % period.as_nanos();
        let rest = Duration::from_nanos(u64::try_from(into).unwrap_or(0));
        let on_grid = if rest.is_zero() {
            due
        } else {
            due + period - rest
        };
        match self.last_look {
            Some(last) => on_grid.max(last + period),
            None => on_grid,
        }
    }
}

impl Microchip {
    /// Works until it has to wait.
    pub(in crate::microchip) fn work(&mut self, world: &mut World) {
        let period = self.config.poll;
        while matches!(self.power, Power::On)
            && self.engine.next(period).is_some_and(|at| at <= world.now)
        {
            match std::mem::replace(&mut self.engine.job, Job::Idle) {
                Job::Line { text, at } => {
                    self.engine.job = Job::Line {
                        text: Vec::new(),
                        at,
                    };
                    self.execute(&text, world);
                }
                Job::Reading(_) => {
                    // While the UART was in binary mode, nobody took what came.
                    self.engine.forget_new_input();
                    self.finish(Status::OK);
                }
                Job::Idle => {
                    self.engine.last_look = Some(world.now);
                    self.read_line(world.now);
                }
                Job::Binary(binary) => {
                    self.engine.last_look = Some(world.now);
                    self.collect(binary, world);
                }
            }
        }
    }

    /// Takes what has been typed, up to the end of a line.
    fn read_line(&mut self, now: Duration) {
        self.engine.console.look_at_clock(now);
        let mut line = None;
        while line.is_none() {
            let Some(byte) = self.engine.waiting.pop_front() else {
                break;
            };
            line = self.engine.console.feed(byte, now);
        }
        let echo = self.engine.console.take_echo();
        self.print(&[&echo]);
        if let Some(text) = line {
            self.take_line(text, now);
        }
    }

    fn take_line(&mut self, text: Vec<u8>, now: Duration) {
        let number = self.received;
        self.received += 1;
        if self.config.faults.busy.contains(&number) {
            return;
        }
        let late = self.config.faults.late.iter();
        let late: Duration = late
            .filter(|(line, _)| *line == number)
            .map(|(_, delay)| *delay)
            .sum();
        let at = now + self.config.latency + late;
        self.engine.older = self.engine.waiting.len();
        self.engine.job = Job::Line { text, at };
    }

    fn execute(&mut self, line: &[u8], world: &mut World) {
        self.executed += 1;
        match self.command(line, world) {
            Ok(Reply::Ok) => self.finish(Status::OK),
            Ok(Reply::Binary(binary)) => {
                let lead = if binary.is_certificate() {
                    ""
                } else {
                    self.variant.binary_lead
                };
                self.print(&[lead.as_bytes(), b"#"]);
                self.engine.job = Job::Binary(binary);
            }
            Ok(Reply::Reading(time)) => self.engine.job = Job::Reading(world.now + time),
            Ok(Reply::Silence) => self.engine.job = Job::Idle,
            Ok(Reply::Sleep) => {
                self.finish(Status::OK);
                self.fall_asleep(world);
            }
            Ok(Reply::Provisioned) => self.finish_provisioning(world),
            Err(status) => self.finish(status),
        }
    }

    /// A row of the answer.
    pub(in crate::microchip) fn say(&mut self, text: &str) {
        let row = format!("{text}\r\n");
        self.say_bytes(row.as_bytes());
    }

    /// A part of the answer that is no text.
    pub(in crate::microchip) fn say_bytes(&mut self, part: &[u8]) {
        self.engine.answer.push(part.to_vec());
    }

    /// Prints the answer with its status, and waits for the next line.
    pub(in crate::microchip) fn finish(&mut self, status: Status) {
        let mut parts = std::mem::take(&mut self.engine.answer);
        parts.push(status.line(self.verbosity).into_bytes());
        parts.push(self.prompt().into());
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        self.print(&parts);
        self.engine.job = Job::Idle;
    }
}
