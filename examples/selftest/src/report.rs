//! What is printed.

use core::fmt::{self, Display};

use atwifi::dialect::Refusal;
use atwifi::{Cause, Clock, Error, Transport, Usage};

use crate::{Offers, Outcome, Test};

/// How many steps went how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They did what they were to do.
    pub ok: u32,
    /// They did not.
    pub failed: u32,
    /// The module has nothing of the kind.
    pub not_offered: u32,
    /// Something is missing that is not the module's.
    pub skipped: u32,
    /// Events that were lost.
    pub lost: u32,
}

/// What a step that went well has to tell.
pub enum Told {
    /// Nothing more.
    Done,
    /// How many there were.
    Count(u32, &'static str),
    /// Bytes, and the milliseconds that they took.
    Rate(u32, u32),
}

/// Why a step did not go well.
pub enum Trouble<E, S> {
    /// The driver says so.
    Failed(Error<E, S>),
    /// The driver says nothing, but it was not as it should be.
    Wrong(&'static str),
    /// The module has it not.
    NotOffered(&'static str),
    /// It was not tried.
    Skipped(&'static str),
}

impl<E, S: Refusal> From<Error<E, S>> for Trouble<E, S> {
    fn from(error: Error<E, S>) -> Self {
        match error {
            Error::Usage(Usage::Unsupported(what)) => Trouble::NotOffered(what),
            error if error.cause() == Some(Cause::Unsupported) => {
                Trouble::NotOffered("it does not know the command")
            }
            error => Trouble::Failed(error),
        }
    }
}

impl<E: Display, S: Display> Display for Trouble<E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Failed(error) => write!(f, "FAILED: {error}"),
            Trouble::Wrong(what) => write!(f, "FAILED: {what}"),
            Trouble::NotOffered(what) => write!(f, "not offered by this module: {what}"),
            Trouble::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Told::Done => Ok(()),
            Told::Count(count, what) => write!(f, ", {count} {what}"),
            Told::Rate(bytes, ms) => {
                let rate = u64::from(bytes) * 1000 / u64::from(ms.max(1));
                write!(f, ", {bytes} bytes, {rate} bytes/s")
            }
        }
    }
}

impl<D: Offers, T: Transport, C: Clock> Test<'_, '_, D, T, C> {
    /// Prints a line of the report.
    pub(crate) fn say(&mut self, line: fmt::Arguments<'_>) {
        (self.print)(format_args!("selftest: {line}"));
    }

    /// Prints how a step went, and how long it took if it was taken.
    pub(crate) fn report(&mut self, name: &str, outcome: &Outcome<D, T>, ms: u32) {
        let counts = &mut self.counts;
        *match outcome {
            Ok(_) => &mut counts.ok,
            Err(Trouble::Failed(_) | Trouble::Wrong(_)) => &mut counts.failed,
            Err(Trouble::NotOffered(_)) => &mut counts.not_offered,
            Err(Trouble::Skipped(_)) => &mut counts.skipped,
        } += 1;
        match outcome {
            Ok(told) => self.say(format_args!("{name}: ok, {ms} ms{told}")),
            Err(trouble @ Trouble::Failed(error)) => match self.wifi.cause_of(error) {
                Some(cause) => self.say(format_args!("{name}: {trouble} ({cause:?}), {ms} ms")),
                None => self.say(format_args!("{name}: {trouble}, {ms} ms")),
            },
            Err(trouble @ Trouble::Wrong(_)) => {
                self.say(format_args!("{name}: {trouble}, {ms} ms"));
            }
            Err(trouble) => self.say(format_args!("{name}: {trouble}")),
        }
    }

    /// Prints the last line.
    pub(crate) fn sum_up(&mut self) {
        let Counts {
            ok,
            failed,
            not_offered,
            skipped,
            lost,
        } = self.counts;
        self.say(format_args!(
            "{ok} ok, {failed} failed, {not_offered} not offered, {skipped} skipped; {lost} events lost"
        ));
    }
}
