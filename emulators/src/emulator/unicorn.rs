//! Unicorn, for an STM32F405 whose module is on the SPI: QEMU has no pins, which that needs.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::board::root;

/// How to start it; installs it first if it is not there.
pub fn command(elf: &Path, wire: SocketAddr) -> Result<Command> {
    let folder = root().join("emulators").join("stm32");
    let (environment, requirements) = (folder.join(".venv"), folder.join("requirements.txt"));
    let python = environment.join("bin").join("python");
    let is_there = |python: &Path| {
        let mut look = Command::new(python);
        look.args(["-c", "import unicorn"]).output()
    };
    if !is_there(&python).is_ok_and(|looked| looked.status.success()) {
        let mut make = Command::new("python3");
        run(make.args(["-m", "venv"]).arg(environment))?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet"]);
        run(install.arg("--requirement").arg(requirements))?;
    }
    let mut command = Command::new(python);
    // No bytecode beside the sources.
    command.arg("-B").arg(folder.join("run.py"));
    command.arg(elf).arg(wire.to_string());
    Ok(command)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status();
    let status = status.context("cannot run python3, which installs Unicorn")?;
    ensure!(status.success(), "Python cannot install Unicorn");
    Ok(())
}
