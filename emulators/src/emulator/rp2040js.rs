//! rp2040js, for the RP2040.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Figures, Heard};
use crate::board::{Dialect, root};

/// The pin of the board that resets the module, and what the module hangs on.
fn wiring(dialect: Dialect) -> [&'static str; 2] {
    match dialect {
        Dialect::St67Spi => ["21", "spi"],
        Dialect::St67 | Dialect::Microchip => ["8", "uart"],
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

pub fn hear(line: &str) -> Heard {
    match line {
        "reset low" => Heard::ResetPin(false),
        "reset high" => Heard::ResetPin(true),
        _ => Heard::Complaint,
    }
}

/// The figures are the last line.
pub fn figures(said: &[String]) -> Result<Figures> {
    let line = said.last().map_or("nothing", String::as_str);
    let figures: Value =
        serde_json::from_str(line).with_context(|| format!("rp2040js has said {line}"))?;
    let figure = |name: &str| {
        let figure = figures[name].as_u64();
        figure.with_context(|| format!("rp2040js has not said the {name}"))
    };
    Ok(Figures {
        stack: figure("stack")?,
        overruns: figure("overruns")?,
        broken: serde_json::from_value(figures["broken"].clone())?,
    })
}
