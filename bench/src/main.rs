//! What atwifi costs: on the wire, in instructions, in flash, RAM and stack, beside the protocols'
//! own limits and the nearest peer.
//!
//! ```sh
//! cargo run --release -p atwifi-bench            # everything, as tables
//! cargo run --release -p atwifi-bench -- --json  # the same as JSON
//! cargo run --release -p atwifi-bench -- page    # the same as bench/README.md
//! cargo run --release -p atwifi-bench -- check   # fails where a budget is broken, or where
//!                                                # a client links what it must not
//! ```

mod atwifi_stack;
mod budget;
mod count;
mod firmware;
mod instructions;
mod limit;
mod page;
mod peer;
mod plot;
mod report;
mod size;
mod spi;
mod stack;
mod subject;
mod table;
mod wire;

use std::path::Path;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use report::Report;
use subject::Subject;

#[derive(Parser)]
#[command(about = "Measures atwifi beside its nearest peer")]
struct Options {
    /// What to do; measures everything if not given.
    #[command(subcommand)]
    action: Option<Action>,
    /// Print JSON instead of tables.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Clone, PartialEq, Eq, Subcommand)]
enum Action {
    /// Measure the share of the line rate, the round trips and the bytes of each operation.
    Wire,
    /// Count instructions, and measure how deep the stack goes.
    Instructions,
    /// Measure flash and RAM of firmware.
    Size,
    /// Measure everything and write it to bench/README.md.
    Page,
    /// Measure everything and fail where a budget is broken or a client links what it must not.
    Check,
    /// Do the work of one stack once, to be counted.
    #[command(hide = true)]
    Count { subject: Subject, work: String },
}

fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(Action::Count { subject, work }) = &options.action {
        count::run(*subject, work);
        return Ok(());
    }
    let report = measure(options.action.as_ref())?;
    match options.action {
        Some(Action::Page) => page::write(&report, Path::new(env!("CARGO_MANIFEST_DIR"))),
        Some(Action::Check) => check(&report),
        _ => print(&report, options.json),
    }
}

fn measure(action: Option<&Action>) -> Result<Report> {
    let wants =
        |part| matches!(action, None | Some(Action::Page | Action::Check)) || action == Some(&part);
    let mut report = Report::default();
    if wants(Action::Wire) {
        report.shares = wire::shares();
        report.operations = wire::operations();
        report.spi_shares = spi::shares();
        report.spi_operations = spi::operations();
    }
    if wants(Action::Instructions) {
        report.costs = instructions::costs()?;
    }
    if wants(Action::Size) {
        report.sizes = size::sizes()?;
        report.spi_sizes = size::spi_sizes()?;
    }
    Ok(report)
}

fn print(report: &Report, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(report)?);
        return Ok(());
    }
    println!("{}", budget::table(&budget::of(report)).text());
    for table in report.tables() {
        println!("{}", table.text());
    }
    Ok(())
}

fn check(report: &Report) -> Result<()> {
    let budgets = budget::of(report);
    budgets
        .iter()
        .for_each(|budget| println!("{}", budget.verdict()));
    let broken = budgets.iter().filter(|budget| budget.is_broken()).count();
    let unwanted = report.unwanted();
    unwanted
        .iter()
        .for_each(|line| println!("UNWANTED: {line}"));
    if broken + unwanted.len() > 0 {
        let (budgets, unwanted) = (budgets.len(), unwanted.len());
        bail!("{broken} of {budgets} budgets broken, {unwanted} functions that must not be linked");
    }
    Ok(())
}
