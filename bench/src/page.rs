//! The page with all figures.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::report::Report;
use crate::{budget, plot};

const PLOT: &str = "wire.svg";

/// Writes the page and its picture into a folder.
pub fn write(report: &Report, folder: &Path) -> Result<()> {
    plot::draw(&report.shares, &folder.join(PLOT))?;
    let mut page = String::from(include_str!("page.md"));
    let _ = writeln!(page, "\nMeasured on {} with {}.\n", today()?, versions()?);
    page.push_str(&budget::table(&budget::of(report)).markdown());
    let _ = write!(
        page,
        "\n![Payload as a share of the line rate, module latency 0 ms; rings are the protocol's \
         limits]({PLOT})\n"
    );
    for table in report.tables() {
        page.push('\n');
        page.push_str(&table.markdown());
    }
    let file = folder.join("README.md");
    std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))
}

fn today() -> Result<String> {
    output("date", &["-u", "+%Y-%m-%d"])
}

fn versions() -> Result<String> {
    let atwifi = env!("CARGO_PKG_VERSION");
    let rustc = output("rustc", &["--version"])?;
    Ok(format!("atwifi {atwifi}, esp-at-nal 0.5, {rustc}"))
}

/// What a program prints.
fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
