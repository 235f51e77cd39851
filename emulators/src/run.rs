//! One run: a program on a board, with a module, in front of servers.

use std::collections::VecDeque;
use std::fmt;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use atwifi_simulator::{Config, Fault, FaultKind, Profile, Server};

use crate::bluetooth::Devices;
use crate::board::{Dialect, Program};
use crate::check;
use crate::emulator::{Emulator, Figures};
use crate::firmware::Firmware;
use crate::log::Line;
use crate::world::World;

/// Far more than any run takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(240);
/// How long the module takes to join where that is to be felt: longer than the watchdog waits.
pub const JOIN: Duration = Duration::from_secs(3);
/// Records of the conversation with the module that are shown when a run fails.
const SHOWN: usize = 60;

/// What is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    pub program: Program,
    /// The module resets when it has sent this many bytes.
    pub reset_after: Option<u64>,
    /// The servers are not where their name leads.
    pub is_alone: bool,
}

impl Job {
    /// Every program, those that transfer much with a reset in the middle, and what tells of all troubles
    /// without servers.
    pub const ALL: [Job; 18] = [
        Job::undisturbed(Program::Join),
        Job::undisturbed(Program::HttpGet),
        Job::undisturbed(Program::Mqtt),
        Job::undisturbed(Program::MqttModule),
        Job::undisturbed(Program::UdpTime),
        Job::undisturbed(Program::TcpServer),
        Job::undisturbed(Program::TlsGet),
        Job::undisturbed(Program::Scan),
        Job::undisturbed(Program::SetupPage),
        Job::undisturbed(Program::Update),
        Job::undisturbed(Program::BleSensor),
        Job::undisturbed(Program::BleScan),
        Job::undisturbed(Program::Improv),
        Job::undisturbed(Program::Selftest),
        Job::undisturbed(Program::Lamp),
        Job::with_reset(Program::HttpGet),
        Job::with_reset(Program::TcpServer),
        Job {
            is_alone: true,
            ..Job::undisturbed(Program::Selftest)
        },
    ];

    /// A run in which nothing goes wrong.
    pub const fn undisturbed(program: Program) -> Job {
        Job {
            program,
            reset_after: None,
            is_alone: false,
        }
    }

    const fn with_reset(program: Program) -> Job {
        Job {
            reset_after: Some(50_000),
            ..Job::undisturbed(program)
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.reset_after {
            None if self.is_alone => format!("{}, without servers", self.program),
            None => self.program.to_string(),
            Some(bytes) => format!("{}, reset after {bytes} bytes", self.program),
        };
        f.pad(&what)
    }
}

/// Runs it and checks what comes of it.
pub fn run(job: Job, firmware: &Firmware, world: &mut World, verbose: bool) -> Result<Figures> {
    let name = format!("{} {} {job}", firmware.board, firmware.dialect);
    world.devices = Devices::new();
    let records = Arc::new(Mutex::new(VecDeque::new()));
    let recorder = Arc::clone(&records);
    let module = Server::new(
        config(firmware.dialect, job, world),
        world.network(firmware.dialect, job.is_alone),
    )
    .on_record(move |record| {
        let mut records = recorder.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() == SHOWN {
            records.pop_front();
        }
        records.push_back(record.to_string());
    })
    .spawn();
    // As a pull-down does while the microcontroller starts.
    module.reset_pin(false);
    let (emulator, lines) = Emulator::start(
        firmware.board,
        firmware.dialect,
        &firmware.elf(job.program),
        module,
    )?;
    let mut log = Log::new(lines, verbose);
    let checked =
        check::check(job, firmware.dialect, &mut log, world).and_then(|()| log.check_trouble(job));
    if let Err(error) = checked {
        let records = records.lock().unwrap_or_else(PoisonError::into_inner);
        records.iter().for_each(|record| eprintln!("{record:.160}"));
        let rest = log.lines.try_iter();
        (log.seen.iter().cloned().chain(rest)).for_each(|line| eprintln!("{line}"));
        return Err(error.context(name));
    }
    let figures = emulator.finish().with_context(|| name.clone())?;
    ensure!(
        figures.overruns == 0,
        "{name}: the UART lost {} bytes",
        figures.overruns
    );
    ensure!(
        figures.broken.is_empty(),
        "{name}: the firmware breaks rules of the SPI: {:?}",
        figures.broken
    );
    check::check_figures(job, &figures, world).with_context(|| name.clone())?;
    println!("{name:55} {:5.1} s", log.began.elapsed().as_secs_f64());
    Ok(figures)
}

/// A module that starts and joins sooner than a real one: time is real here.
fn config(dialect: Dialect, job: Job, world: &World) -> Config {
    const SOON: Duration = Duration::from_millis(50);
    let usual = dialect.config();
    let mut config = Config {
        access_points: world.access_points(),
        ble_peers: world.devices.all(),
        boot: SOON,
        join: SOON,
        associate: SOON,
        dhcp: SOON,
        // The firmware would wait for it, and an emulated core takes long to wait.
        time_answer: Duration::ZERO,
        poll: usual.poll / 5,
        ..usual
    };
    if job.program == Program::Lamp {
        // For so long it has the thread for itself.
        config.join = JOIN;
    }
    if (dialect, job.program) == (Dialect::Microchip, Program::TlsGet) {
        // Its firmware looks for authorities in its own image alone: the module that its reference
        // describes takes one that was loaded.
        config.profile = Profile::MicrochipReference;
    }
    let reset = job.reset_after.map(|at| Fault::new(at, FaultKind::Reset));
    config.faults.to_host.extend(reset);
    config
}

/// What the firmware has logged, and what it still will.
pub struct Log {
    lines: Receiver<Line>,
    pub seen: Vec<Line>,
    began: Instant,
    is_printed: bool,
}

impl Log {
    fn new(lines: Receiver<Line>, is_printed: bool) -> Log {
        Log {
            lines,
            seen: Vec::new(),
            began: Instant::now(),
            is_printed,
        }
    }

    /// Waits for a line in which `find` finds something; `what` it is called if it does not come.
    pub fn wait_for<T>(&mut self, what: &str, find: impl Fn(&Line) -> Option<T>) -> Result<T> {
        loop {
            let left = LIMIT.saturating_sub(self.began.elapsed());
            let line = self.lines.recv_timeout(left);
            let line = line.map_err(|_| anyhow!("the firmware has not logged {what}"))?;
            if self.is_printed {
                println!("{line}");
            }
            let found = find(&line);
            self.seen.push(line);
            if let Some(found) = found {
                return Ok(found);
            }
        }
    }

    /// Waits for a line that begins so; returns the rest of it.
    pub fn wait_for_line(&mut self, start: &str) -> Result<String> {
        self.wait_for(&format!("\"{start}\""), |line| {
            line.text.strip_prefix(start).map(str::to_owned)
        })
    }

    /// Trouble is reported where the module has reset, and only there.
    fn check_trouble(&self, job: Job) -> Result<()> {
        let mut trouble = self.seen.iter().filter(|line| line.is_trouble());
        match job.reset_after {
            None => match trouble.find(|line| !check::is_meant(job.program, line)) {
                None => Ok(()),
                Some(line) => Err(anyhow!("the firmware is in trouble: {}", line.text)),
            },
            Some(_) => {
                let is_reported = trouble.any(|line| line.text.contains("ModuleReset"));
                ensure!(is_reported, "the firmware has not reported the reset");
                Ok(())
            }
        }
    }
}
