//! Builds the firmware that is measured.

use std::env;
use std::ffi::OsString;
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

/// For what a firmware is optimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Size (`z`).
    Small,
    /// Speed (3).
    Fast,
}

impl Profile {
    /// Both.
    pub const ALL: [Profile; 2] = [Profile::Small, Profile::Fast];

    /// Its opt-level.
    pub fn level(self) -> &'static str {
        match self {
            Profile::Small => "z",
            Profile::Fast => "3",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Profile::Small => "release",
            Profile::Fast => "speed",
        }
    }
}

/// Builds firmware for a core, all of it or for speed only what is counted; returns the folder
/// with the files.
pub fn build(core: Core, profile: Profile) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("firmware");
    let target = core.target();
    // Where a toolchain is needed that is not the one on the path, as in `.ci/run`.
    let cargo = env::var_os("FIRMWARE_CARGO").unwrap_or(OsString::from("cargo"));
    let mut command = Command::new(&cargo);
    command
        .args(["build", "--quiet", "--locked", "--target", target])
        .args(["--profile", profile.name()])
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(&folder);
    if profile == Profile::Fast {
        command.args(["--bin", "count", "--bin", "count_messages"]);
    }
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", cargo.display()))?;
    ensure!(
        status.success(),
        "the firmware for {target} does not build; is the target installed?"
    );
    Ok(folder.join("target").join(target).join(profile.name()))
}
