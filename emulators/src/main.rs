//! Runs the firmware examples in emulators, their UART or SPI wired to a simulated module that reaches
//! servers of this machine, and checks what the firmware reports and what the servers see.
#![forbid(unsafe_code)]

mod bluetooth;
mod board;
mod check;
mod emulator;
mod firmware;
mod log;
mod run;
mod table;
mod tls;
mod world;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use board::{Board, Dialect, Program};
use clap::{Args, Parser, Subcommand};
use run::Job;
use world::World;

/// Runs the firmware examples in emulators.
///
/// Needs `qemu-system-arm` 10 or newer and Python with venv and pip for the STM32, Node.js and npm for
/// the RP2040, and the Rust target of the board. Mosquitto and chrony are wanted by `mqtt` and `udp_time`.
#[derive(Parser)]
#[command(name = "atwifi-emulators", after_help = VARIABLES)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

const VARIABLES: &str = "\
Environment:
  FIRMWARE_CARGO  the program that builds the firmware [default: cargo]
  CI=true         a server that is not installed is an error";

#[derive(Subcommand)]
enum Command {
    /// The programs for the STM32F405: in QEMU, those with the module on an SPI in Unicorn.
    Stm32(Selection),
    /// The programs for the Raspberry Pi Pico, in rp2040js.
    Rp2040(Selection),
    /// The programs with embassy, for the same.
    Embassy(Selection),
    /// How much flash, RAM and stack each program takes, as a table.
    Table(Programs),
}

#[derive(Args)]
struct Programs {
    /// Only this program. May be repeated.
    #[arg(long, value_enum)]
    program: Vec<Program>,
}

#[derive(Args)]
struct Selection {
    #[command(flatten)]
    programs: Programs,

    /// Only with this module.
    #[arg(long, value_enum)]
    module: Option<Dialect>,

    /// `selftest` without servers, which waits much, with the first module only.
    #[arg(long)]
    quick: bool,

    /// What the firmware logs: error, warn, info, debug or trace. It is printed as it comes.
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
}

fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Stm32(selection) => run_all(Board::Stm32, &selection),
        Command::Rp2040(selection) => run_all(Board::Rp2040, &selection),
        Command::Embassy(selection) => run_all(Board::Embassy, &selection),
        Command::Table(programs) => table::print(&programs.program),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_all(board: Board, selection: &Selection) -> Result<()> {
    let mut world = World::new()?;
    let mut settings = world.settings();
    settings.extend(selection.log.clone().map(|level| ("DEFMT_LOG", level)));
    let programs = board.wanted(&selection.programs.program);
    ensure!(!programs.is_empty(), "there is no such program for {board}");
    for &dialect in board.dialects() {
        if selection.module.is_some_and(|only| only != dialect) {
            continue;
        }
        let firmware = firmware::build(board, dialect, &programs, &settings)?;
        let is_first = board.dialects().first() == Some(&dialect);
        for job in Job::ALL {
            let takes_too_long = selection.quick && job.is_alone && !is_first;
            if programs.contains(&job.program) && !takes_too_long {
                run::run(job, &firmware, &mut world, selection.log.is_some())?;
            }
        }
    }
    Ok(())
}
