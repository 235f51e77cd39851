//! Building the programs.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::board::{Board, Dialect, Program, root};

/// The programs for one board and one module, built.
pub struct Firmware {
    pub board: Board,
    pub dialect: Dialect,
    folder: TempDir,
}

impl Firmware {
    /// The ELF file of a program.
    pub fn elf(&self, program: Program) -> PathBuf {
        self.folder.path().join(program.name())
    }
}

/// Builds programs as the emulator wants them, with these settings in their environment.
pub fn build(
    board: Board,
    dialect: Dialect,
    programs: &[Program],
    settings: &[(&str, String)],
) -> Result<Firmware> {
    let is_for_qemu = board == Board::Stm32 && !dialect.is_on_spi();
    build_with(board, dialect, programs, settings, is_for_qemu)
}

/// Builds programs as for the hardware, with the settings that they have by themselves.
pub fn build_for_hardware(
    board: Board,
    dialect: Dialect,
    programs: &[Program],
) -> Result<Firmware> {
    build_with(board, dialect, programs, &[], false)
}

fn build_with(
    board: Board,
    dialect: Dialect,
    programs: &[Program],
    settings: &[(&str, String)],
    is_for_qemu: bool,
) -> Result<Firmware> {
    let mut features: Vec<&str> = dialect.feature().into_iter().collect();
    if is_for_qemu {
        features.push("qemu");
    }
    let target = root().join("target").join("firmware");
    let cargo = env::var_os("FIRMWARE_CARGO").unwrap_or(OsString::from("cargo"));
    let mut command = Command::new(&cargo);
    command
        .current_dir(board.folder())
        .args(["build", "--quiet", "--locked", "--release"])
        .args(
            programs
                .iter()
                .flat_map(|program| ["--bin", program.name()]),
        )
        .args(["--features", &features.join(",")])
        .arg("--target-dir")
        .arg(&target)
        .envs(settings.iter().map(|(name, value)| (name, value)));
    let status = command.status();
    let status = status.with_context(|| format!("cannot run {}", cargo.display()))?;
    ensure!(status.success(), "the firmware for {board} does not build");

    // The next build puts its programs into the same place.
    let folder = TempDir::new().context("cannot make a temporary folder")?;
    let built = target.join(board.target()).join("release");
    for program in programs {
        let (from, to) = (
            built.join(program.name()),
            folder.path().join(program.name()),
        );
        std::fs::copy(&from, to).with_context(|| format!("cannot read {}", from.display()))?;
    }
    Ok(Firmware {
        board,
        dialect,
        folder,
    })
}
