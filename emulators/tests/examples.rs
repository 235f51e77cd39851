//! The examples are what a user is told they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Longer than this, a program shows more than its one thing.
const LINES: usize = 80;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// What the programs are, and these files beside them, without the board: by file name.
fn programs(board: &str, beside: &[&str]) -> BTreeMap<PathBuf, String> {
    let source = folder(board).join("src");
    let entries = fs::read_dir(source.join("bin")).expect("there are programs");
    let programs = entries.map(|entry| entry.expect("a file").path());
    let beside = beside.iter().map(|name| source.join(name));
    let files = programs.chain(beside).map(|file| {
        let text = fs::read_to_string(&file).expect("a text");
        let name = file.strip_prefix(&source).expect("it lies there");
        (name.to_owned(), text)
    });
    files.collect()
}

#[test]
fn the_programs_are_the_same_on_both_boards() {
    let shared = ["ble.rs", "http.rs", "lib.rs", "settings.rs"];
    let [stm32, rp2040] =
        ["examples-stm32", "examples-rp2040"].map(|board| programs(board, &shared));
    assert!(stm32.keys().eq(rp2040.keys()), "not the same programs");
    for (name, text) in &stm32 {
        assert!(rp2040[name] == *text, "{} differs", name.display());
    }
}

#[test]
fn a_program_is_short() {
    let programs = ["examples-stm32", "examples-embassy"].map(|board| programs(board, &[]));
    for (name, text) in programs.into_iter().flatten() {
        let lines = text.lines().count();
        assert!(lines <= LINES, "{} has {lines} lines", name.display());
    }
}
