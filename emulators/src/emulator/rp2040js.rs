//! rp2040js, for the RP2040.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::board::{Dialect, root};

/// The pin of the board that resets the module, and what the module hangs on.
fn wiring(dialect: Dialect) -> [&'static str; 2] {
    match dialect.is_on_spi() {
        true => ["21", "spi"],
        false => ["8", "uart"],
    }
}

/// How to start it; installs it first if it is not there.
pub fn command(elf: &Path, dialect: Dialect, wire: SocketAddr) -> Result<Command> {
    let folder = root().join("emulators").join("rp2040");
    if !folder.join("node_modules").is_dir() {
        let npm = Command::new("npm")
            .current_dir(&folder)
            .args([
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--silent",
            ])
            .status();
        let status = npm.context("cannot run npm, which installs rp2040js")?;
        ensure!(status.success(), "npm cannot install rp2040js");
    }
    let mut command = Command::new("node");
    command.arg(folder.join("run.mjs")).arg(elf);
    command.arg(wire.to_string()).args(wiring(dialect));
    Ok(command)
}
