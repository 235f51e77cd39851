//! What the driver adds to a firmware: flash, RAM, and the symbols that take most of them.

// Not through its crate, which needs all that the emulators do.
#[path = "../../emulators/src/measure.rs"]
#[allow(dead_code)]
mod measure;

use std::path::Path;

use anyhow::{Context, Result};
use object::{Object, ObjectSymbol, SymbolKind};
use serde::Serialize;

use crate::firmware::{self, Core, Profile};
use crate::subject::Subject;

/// How many symbols are shown.
const LARGEST: usize = 10;

/// What a firmware does with the driver.
pub const LEVELS: [&str; 3] = ["join", "client", "everything"];

/// What a firmware takes beyond the same firmware without the driver.
#[derive(Clone, Debug, Serialize)]
pub struct Size {
    /// Which stack.
    pub subject: Subject,
    /// For which core.
    pub core: Core,
    /// What it does.
    pub level: &'static str,
    /// Flash, in bytes.
    pub flash: u64,
    /// RAM with a fixed place, in bytes: the driver and all that it is lent.
    pub ram: u64,
    /// The largest symbols of a client: bytes and name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub largest: Vec<(u64, String)>,
}

/// Measures all firmware.
pub fn sizes() -> Result<Vec<Size>> {
    let mut sizes = Vec::new();
    for core in Core::ALL {
        let folder = firmware::build(core, Profile::Small)?;
        let without = measure::sizes(&read(&folder, "nothing")?)?;
        for subject in Subject::ALL {
            for level in LEVELS {
                if subject == Subject::EspAtNal && level != "client" {
                    continue;
                }
                let name = format!("{}_{level}", subject.id().replace('-', "_"));
                let elf = read(&folder, &name)?;
                let with = measure::sizes(&elf)?;
                sizes.push(Size {
                    subject,
                    core,
                    level,
                    flash: with.flash - without.flash,
                    ram: with.ram - without.ram,
                    largest: match level {
                        "client" => largest(&elf)?,
                        _ => Vec::new(),
                    },
                });
            }
        }
    }
    Ok(sizes)
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let file = folder.join(name);
    std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

fn largest(elf: &[u8]) -> Result<Vec<(u64, String)>> {
    let file = object::File::parse(elf)?;
    let symbols = file
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text);
    let mut symbols: Vec<(u64, String)> = symbols
        .map(|symbol| (symbol.size(), name(symbol.name().unwrap_or_default())))
        .collect();
    symbols.sort_by(|a, b| b.cmp(a));
    symbols.truncate(LARGEST);
    Ok(symbols)
}

/// A symbol's name without the hash.
fn name(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}
