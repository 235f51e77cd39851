//! What the sequences of a dialect are made of: commands sent and answers taken, events awaited.

use atat::AtatCmd;

use super::dialect::{Outcome, Words};
use super::module::Module;
use crate::clock::Clock;
use crate::engine::compose::Command;
use crate::engine::exchange::{Keep, Rows, Task, Upload, unless_full};
use crate::engine::gather::Gather;
use crate::error::Fault;
use crate::transport::Transport;

impl<'b, D: Words, T: Transport, C: Clock> Module<'b, D, T, C> {
    /// Begins the next command with a template, in which each `#` stands for the next of the numbers.
    pub(crate) fn compose(&mut self, template: &str, numbers: &[u32]) -> &mut Command<'b> {
        self.engine.command().begin().put(template, numbers)
    }

    /// Sends a command that is answered with `OK` alone.
    pub(crate) fn tell(&mut self, template: &str, numbers: &[u32]) -> Outcome {
        self.compose(template, numbers);
        self.send_composed(self.timeouts.command)
    }

    /// Sends the composed command, which is answered with `OK` alone.
    pub(crate) fn send_composed(&mut self, timeout: u32) -> Outcome {
        self.run(&mut Task::Tell, timeout).map(drop)
    }

    /// Sends the composed command. The lines of the reply that begin with `name` are handed over,
    /// without it; others are events.
    pub(crate) fn ask(&mut self, name: &'static str, timeout: u32, rows: &mut dyn Rows) -> Outcome {
        self.run(&mut Task::Rows(name, rows), timeout).map(drop)
    }

    /// Sends the composed command and hands over its rows until they are over, also behind its `OK`.
    pub(crate) fn gather(&mut self, operation: &mut dyn Gather, timeout: u32) -> Outcome {
        self.check_command()?;
        self.engine.gather(operation, timeout)
    }

    /// Sends the composed command and its payload, and hands over what the module tells behind its answer.
    pub(crate) fn upload_and_gather(
        &mut self,
        payload: &[u8],
        operation: &mut dyn Gather,
        timeout: u32,
    ) -> Outcome {
        self.check_command()?;
        self.engine.upload_and_gather(payload, operation, timeout)
    }

    /// Sends the composed command and, at the prompt, its payload.
    pub(crate) fn upload(&mut self, payload: &[u8], timeout: u32) -> Outcome {
        let mut task = Task::Upload(Upload {
            payload,
            is_receipt_exact: true,
        });
        self.run(&mut task, timeout).map(drop)
    }

    /// Sends the composed command, whose reply is payload, at most `limit` bytes; what does not fit
    /// `into` is dropped. Returns how much it was.
    pub(crate) fn download(
        &mut self,
        limit: usize,
        into: &mut [u8],
        timeout: u32,
    ) -> Outcome<usize> {
        self.run(&mut Task::Download { into, limit }, timeout)
    }

    /// Sends the composed command, at whose prompt the line becomes a stream of bytes.
    pub(crate) fn enter_stream(&mut self, timeout: u32) -> Outcome {
        self.check_command()?;
        self.engine.enter_stream(timeout)
    }

    /// Puts a command that serializes itself where the next one is composed.
    pub(crate) fn write(&mut self, command: &impl AtatCmd) {
        self.engine.command().write(|bytes| command.write(bytes));
    }

    /// Sends the composed command, whose reply is kept whole.
    pub(crate) fn keep_reply(&mut self, timeout: u32) -> Outcome {
        self.keep_rows("", timeout)
    }

    /// The same of those of its lines that begin with `name`; others are events.
    pub(crate) fn keep_rows(&mut self, name: &'static str, timeout: u32) -> Outcome {
        let mut keep = Keep::default();
        self.run(&mut Task::Rows(name, &mut keep), timeout)?;
        unless_full(keep.is_full)
    }

    /// Parses the reply that was kept.
    pub(crate) fn parse_reply<A: AtatCmd>(&mut self, command: &A) -> Outcome<A::Response> {
        match command.parse(Ok(self.engine.reply())) {
            Ok(response) => Ok(response),
            Err(_) => Err(self.engine.malformed()),
        }
    }

    pub(crate) fn run(&mut self, task: &mut Task<'_>, timeout: u32) -> Outcome<usize> {
        self.check_command()?;
        self.engine.exchange(task, timeout)
    }

    /// Sends the composed command and its payload, for which the module may not prompt.
    pub(crate) fn run_unprompted(&mut self, upload: Upload<'_>, timeout: u32) -> Outcome<usize> {
        self.check_command()?;
        self.engine.exchange_unprompted(upload, timeout)
    }

    /// Whether the composed command may be sent.
    pub(crate) fn check_command(&mut self) -> Outcome {
        match self.engine.check_command() {
            Ok(()) => Ok(()),
            Err(usage) => Err(self.refuse(usage)),
        }
    }

    /// Waits up to so long for an event that must come, until `is_there`.
    pub(crate) fn wait_until(
        &mut self,
        timeout: u32,
        is_there: fn(&mut super::Session<'b, D>) -> bool,
    ) -> Outcome {
        self.engine.link.within(timeout);
        while !is_there(self.session()) {
            if let Err(fault) = self.engine.await_event() {
                if fault == Fault::Timeout {
                    // Was it lost, or the module with it? The next command asks first.
                    self.engine.fall_out_of_step();
                }
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Gives the module some time, in which events are taken.
    pub(crate) fn pause(&mut self, milliseconds: u32) -> Outcome {
        self.engine.link.within(milliseconds);
        loop {
            match self.engine.await_event() {
                Ok(()) if !self.engine.link.is_late() => {}
                Ok(()) | Err(Fault::Timeout) => return Ok(()),
                other => return other,
            }
        }
    }
}
