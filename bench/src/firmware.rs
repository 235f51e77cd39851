//! Builds the firmware that is measured.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

/// A core that firmware is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Core {
    /// thumbv6m.
    CortexM0Plus,
    /// thumbv7em with a floating-point unit.
    CortexM4,
}

impl Core {
    /// Both.
    pub const ALL: [Core; 2] = [Core::CortexM0Plus, Core::CortexM4];

    /// As it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Core::CortexM0Plus => "Cortex-M0+",
            Core::CortexM4 => "Cortex-M4",
        }
    }

    fn target(self) -> &'static str {
        match self {
            Core::CortexM0Plus => "thumbv6m-none-eabi",
            Core::CortexM4 => "thumbv7em-none-eabihf",
        }
    }
}

/// Builds all firmware for a core; returns the folder with the files.
pub fn build(core: Core) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("firmware");
    let target = core.target();
    let mut cargo = if is_installed(target)? {
        Command::new("cargo")
    } else {
        debians_cargo()
    };
    let status = cargo
        .args(["build", "--release", "--quiet", "--target", target])
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(&folder)
        .status()
        .context("cannot run cargo")?;
    ensure!(
        status.success(),
        "the firmware for {target} cannot be built"
    );
    Ok(folder.join("target").join(target).join("release"))
}

/// Whether rustc has the target's library (`rustup target add`).
fn is_installed(target: &str) -> Result<bool> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .context("cannot run rustc")?;
    let sysroot = String::from_utf8(output.stdout)?;
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib");
    Ok(libraries.join(target).is_dir())
}

/// Debian's toolchain builds the library from its sources (packages rustc-web, cargo-web,
/// rust-web-src, lld).
fn debians_cargo() -> Command {
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo
        .env("PATH", "/usr/bin:/bin")
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "core,alloc")
        .env("CARGO_TARGET_THUMBV6M_NONE_EABI_LINKER", "ld.lld")
        .env("CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER", "ld.lld");
    for variable in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTFLAGS"] {
        cargo.env_remove(variable);
    }
    cargo
}
