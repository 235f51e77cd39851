//! The vocabulary has every word of both references, and no function is too long to read.

use std::fs;
use std::path::Path;

use atwifi_explain::{Dialect, explain};

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_command_and_event_of_both_references_is_known() {
    let inventory = fs::read_to_string(here("../tests/inventory.tsv")).unwrap();
    let mut checked = 0;
    for row in inventory.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [dialect, section, .., form, syntax] = cells.as_slice() else {
            panic!("{row}")
        };
        let dialect = if *dialect == "st67" {
            Dialect::St67
        } else {
            Dialect::Microchip
        };
        // Only the words: what stands in brackets is a place for a value, or may be left out.
        let cut = syntax.find('[').unwrap_or(syntax.len());
        let line = syntax[..cut]
            .replace(['<', '>'], "")
            .replace("0x%08x", "0x01090000");
        let arrow = if *form == "event" { "<-" } else { "->" };
        let told = explain(format!("{arrow} {line}\n").as_bytes(), Some(dialect));
        let item = told.items.last().unwrap_or_else(|| panic!("{row}"));
        assert!(
            !item.says.contains("no vocabulary") && !item.says.contains("not known"),
            "{row}: {item:?}"
        );
        let own = item.chapter.as_deref().unwrap_or_default();
        let has_chapter =
            item.text.starts_with('+') && item.text != "+++" || item.text.starts_with("AT");
        // Rows of the same name as their command are told by its chapter.
        assert!(
            !has_chapter
                || section.starts_with(own)
                || own.starts_with(section)
                || *form == "event",
            "{row}: {own}"
        );
        checked += 1;
    }
    assert!(checked > 300, "{checked}");
}

#[test]
fn functions_are_short() {
    let mut folders = vec![here("src"), here("tests")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                for (name, lines) in functions(&text) {
                    assert!(lines <= 60, "{}: {name} has {lines} lines", path.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 80, "{seen}");
}

/// Functions with their number of lines: formatted text ends each with a brace at its own depth.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let depth = line.len() - trimmed.len();
        let word = trimmed
            .trim_start_matches("pub(super) ")
            .trim_start_matches("pub ");
        if !word.starts_with("fn ") {
            continue;
        }
        let end = format!("{}}}", " ".repeat(depth));
        if let Some(length) = lines[start..].iter().position(|line| *line == end) {
            found.push((trimmed.to_owned(), length + 1));
        }
    }
    found
}
