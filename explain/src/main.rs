//! `atwifi-explain`: tells what happened on the wire of an AT-command Wi-Fi module.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use atwifi_explain::Dialect;
use clap::{Parser, ValueEnum};

/// Tells what happened between a host and an AT-command Wi-Fi module.
///
/// Reads a serial log, a transcript of the simulator or of the examples, or the table that a logic
/// analyser exports, tells each line in the words of the module's reference, and marks what is wrong.
/// Secrets are masked.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    /// The log; "-" is standard input
    log: PathBuf,

    /// Writes one page of HTML that needs nothing else, instead of text
    #[arg(long)]
    html: bool,

    /// Where to write; standard output if nothing is said
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The dialect, if it should not be guessed
    #[arg(long, value_name = "NAME")]
    dialect: Option<Words>,

    /// Ends with status 1 if anything is marked
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Words {
    /// ST67W611M1
    St67,
    /// PIC32MZW1 or WFI32
    Microchip,
    /// ESP-AT, where its words are those of the ST67
    EspAt,
}

impl From<Words> for Dialect {
    fn from(words: Words) -> Self {
        match words {
            Words::St67 => Dialect::St67,
            Words::Microchip => Dialect::Microchip,
            Words::EspAt => Dialect::EspAt,
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut log = Vec::new();
    if arguments.log.as_os_str() == "-" {
        io::stdin()
            .read_to_end(&mut log)
            .context("reading standard input")?;
    } else {
        log = fs::read(&arguments.log)
            .with_context(|| format!("reading {}", arguments.log.display()))?;
    }
    let told = atwifi_explain::explain(&log, arguments.dialect.map(Dialect::from));
    let written = if arguments.html {
        told.html()
    } else {
        told.text()
    };
    match &arguments.output {
        Some(path) => {
            fs::write(path, written).with_context(|| format!("writing {}", path.display()))?
        }
        None => match io::stdout().write_all(written.as_bytes()) {
            // A reader like `head` has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            result => result.context("writing")?,
        },
    }
    if arguments.check && told.marks().next().is_some() {
        std::process::exit(1);
    }
    Ok(())
}
