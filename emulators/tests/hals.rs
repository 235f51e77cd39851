//! The table of HALs tells what is compiled.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A HAL, and what it drives.
type Row = (String, String);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table, and the version that each names.
fn table() -> Vec<(Row, String)> {
    let documentation = text("src/transport/mod.rs");
    let rows = documentation.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("//! | ")?.split(" | ");
        let (hal, link) = (cells.next()?, cells.next()?);
        let (hal, version) = hal.split_once(' ')?;
        Some(((hal.to_owned(), link.to_owned()), version.to_owned()))
    });
    rows.collect()
}

/// The functions that are compiled: of each folder with a package, by what they drive.
fn functions() -> BTreeSet<Row> {
    let workspace = text("tests/hals/Cargo.toml");
    let members = workspace.split(['[', ']']).nth(3);
    let members = members.expect("it has members").split(", ");
    let hals = members.map(|member| member.trim_matches('"').to_owned());
    let functions = hals.flat_map(|hal| {
        let source = text(&format!("tests/hals/{hal}/src/lib.rs"));
        ["UART", "SPI"].map(|link| {
            let function = format!("pub fn {}<", link.to_lowercase());
            source
                .contains(&function)
                .then(|| (hal.clone(), link.to_owned()))
        })
    });
    functions.flatten().collect()
}

#[test]
fn each_row_is_a_function_and_each_function_a_row() {
    let rows: BTreeSet<Row> = table().into_iter().map(|(row, _)| row).collect();
    assert_eq!(rows.len(), table().len(), "a row stands there twice");
    assert_eq!(rows, functions());
    assert!(!rows.is_empty());
}

#[test]
fn each_hal_is_compiled_by_the_gate_in_the_version_named() {
    let (lock, gate) = (text("tests/hals/Cargo.lock"), text(".ci/microcontrollers"));
    for ((hal, _), version) in table() {
        // The HAL for all nRF has a package for each chip.
        let package = hal.replace("nrf-hal", "nrf52840-hal");
        let entry = format!("name = \"{package}\"\nversion = \"{version}\"\n");
        assert!(lock.contains(&entry), "{hal} {version} is not in the lock");
        let is_compiled = (gate
            .lines()
            .filter(|line| line.starts_with("hal thumb") || line.starts_with("hal riscv")))
        .any(|line| line.split(' ').any(|word| word == hal));
        assert!(is_compiled, "{hal} is not compiled");
    }
}
