//! The command processor: one line after the other, and what takes time in between.

use std::fmt;
use std::time::Duration;

use super::code::Code;
use super::input::{Heard, Line};
use crate::network::Connection;
use crate::st67::{Power, St67, World};

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
    /// A command that takes its time.
    Task(Box<dyn Task>),
    /// All has been told, and the module is about to restart.
    Restart { at: Duration },
}

/// What a command does that takes its time.
pub(in crate::st67) trait Task: fmt::Debug + Send {
    /// When it goes on, if that is known.
    fn next(&self) -> Option<Duration> {
        None
    }

    /// That time is a limit and not an appointment.
    fn may_end_early(&self) -> bool {
        false
    }

    /// The connection that it is about to open.
    fn connection(&self) -> Option<Connection> {
        None
    }

    /// What comes from the host is no line.
    fn takes_input(&self) -> bool {
        false
    }

    /// Goes on.
    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step;
}

impl<T: Task + 'static> From<T> for Job {
    fn from(task: T) -> Self {
        Job::Task(Box::new(task))
    }
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
            Job::Line { at, .. } | Job::Answer { at, .. } | Job::Restart { at } => Some(*at),
            Job::Task(task) => task.next(),
            Job::Idle => None,
        }
    }

    /// The connection that it is about to open.
    pub fn connection(&self) -> Option<Connection> {
        match self {
            Job::Task(task) => task.connection(),
            _ => None,
        }
    }

    /// What comes from the host is no line.
    pub fn takes_input(&self) -> bool {
        matches!(self, Job::Task(task) if task.takes_input())
    }

    fn waits(&self, now: Duration) -> bool {
        let early = matches!(self, Job::Task(task) if task.may_end_early());
        self.next().is_some_and(|at| at > now) && !early
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
        if job.waits(world.now) {
            return Step::Wait(job);
        }
        match job {
            Job::Idle => self.take_line(world.now),
            Job::Line { text, .. } => Step::Next(self.execute(&text, world)),
            Job::Answer { result, .. } => self.finish(result),
            Job::Task(task) => task.step(self, world),
            Job::Restart { .. } => self.restart(world),
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
