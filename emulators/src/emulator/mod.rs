//! An emulator that runs one program, with its UART on the simulated module.

mod qemu;
mod rp2040js;
mod said;
mod unicorn;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use atwifi_simulator::Handle;
use qemu::Qemu;
use serde::Deserialize;

use crate::board::{Board, Dialect};
use crate::log::{self, Line};

/// What an emulator tells at the end of a run.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The deepest stack, in bytes.
    pub stack: u64,
    /// Bytes that the UART has lost because nobody took them in time; QEMU loses none.
    pub overruns: u64,
    /// Rules of the SPI that the firmware has broken.
    pub broken: Vec<String>,
    /// Sleep and watchdog, which only rp2040js tells of.
    pub rest: Option<Rest>,
}

/// How the firmware rests, and what watches that it does not for good.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Rest {
    /// For how many percent of the time the core has slept.
    pub asleep: u64,
    /// How often the watchdog was fed.
    pub fed: u64,
    /// How often it has restarted the chip.
    pub bites: u64,
}

/// What a line of an emulator's standard error means.
enum Heard {
    /// The firmware drives the module's reset pin.
    ResetPin(bool),
    /// Nothing that anybody needs to know.
    Nothing,
    /// Something else.
    Complaint,
}

/// An emulator that runs; dropping it ends it.
pub struct Emulator {
    child: Child,
    /// What it has complained of on standard error, once it has ended.
    complaints: Option<JoinHandle<Vec<String>>>,
    /// The way to QEMU's monitor, where it is QEMU.
    qemu: Option<Qemu>,
}

impl Emulator {
    /// Starts a program with the module at the other end of its UART or SPI, and of its reset pin. Returns
    /// its log too.
    pub fn start(
        board: Board,
        dialect: Dialect,
        elf: &Path,
        module: Handle,
    ) -> Result<(Self, Receiver<Line>)> {
        let is_on_spi = dialect.is_on_spi();
        let served = match is_on_spi {
            true => module.serve_spi("127.0.0.1:0"),
            false => module.serve_tcp("127.0.0.1:0"),
        };
        let wire = served.context("no free port")?;
        let (mut command, qemu, hear): (_, _, fn(&str) -> Heard) = match (board, is_on_spi) {
            (Board::Stm32, true) => (unicorn::command(elf, wire)?, None, said::hear),
            (Board::Stm32, false) => {
                let qemu = Qemu::new(elf)?;
                (qemu.command(elf, wire)?, Some(qemu), qemu::hear)
            }
            (Board::Rp2040 | Board::Embassy, _) => {
                (rp2040js::command(elf, dialect, wire)?, None, said::hear)
            }
        };
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let program = command.get_program().to_os_string();
        let child = command.spawn();
        let mut child = child.with_context(|| format!("cannot run {}", program.display()))?;
        let stderr = child.stderr.take().context("it has no errors")?;
        let complaints = thread::spawn(move || follow(stderr, &module, hear));
        let lines = follow_log(elf, child.stdout.take().context("it has no output")?);
        let emulator = Emulator {
            child,
            complaints: Some(complaints),
            qemu,
        };
        Ok((emulator, lines))
    }

    /// Ends it, and asks what it has seen.
    pub fn finish(mut self) -> Result<Figures> {
        if let Some(qemu) = self.qemu.take() {
            return qemu.finish();
        }
        drop(self.child.stdin.take());
        self.child.wait()?;
        said::figures(&self.complaints())
    }

    /// What it has complained of, once it has ended.
    fn complaints(&mut self) -> Vec<String> {
        let complaints = self.complaints.take().map(JoinHandle::join);
        complaints.and_then(Result::ok).unwrap_or_default()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for complaint in self.complaints() {
            eprintln!("{complaint}");
        }
    }
}

/// Drives the module's reset pin as the firmware does; returns the complaints.
fn follow(stderr: impl Read, module: &Handle, hear: fn(&str) -> Heard) -> Vec<String> {
    let mut complaints = Vec::new();
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        match hear(&line) {
            Heard::ResetPin(level) => module.reset_pin(level),
            Heard::Nothing => {}
            Heard::Complaint => complaints.push(line),
        }
    }
    complaints
}

/// The lines of the log as they come.
fn follow_log(elf: &Path, stdout: impl Read + Send + 'static) -> Receiver<Line> {
    let (sender, lines) = mpsc::channel();
    let elf = elf.to_owned();
    thread::spawn(move || {
        // When nobody listens any more, the run is over.
        if let Err(error) = log::decode(&elf, stdout, |line| drop(sender.send(line))) {
            eprintln!("the log cannot be read: {error:#}");
        }
    });
    lines
}
