//! What the firmware logs, decoded.

use std::fmt;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use defmt_decoder::{DecodeError, Frame, Table};

/// One line of the log.
#[derive(Clone, Debug)]
pub struct Line {
    time: String,
    /// "error", "warn", "info", "debug" or "trace"; empty for none.
    pub level: String,
    pub text: String,
}

impl Line {
    /// Whether something has gone wrong.
    pub fn is_trouble(&self) -> bool {
        self.level == "error" || self.level == "warn"
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.level.to_uppercase();
        write!(f, "{:>8} {level:5} {}", self.time, self.text)
    }
}

impl From<&Frame<'_>> for Line {
    fn from(frame: &Frame<'_>) -> Line {
        let time = frame.display_timestamp();
        Line {
            time: time.map(|time| time.to_string()).unwrap_or_default(),
            level: frame.level().map_or("", |level| level.as_str()).to_owned(),
            text: frame.display_message().to_string(),
        }
    }
}

/// Decodes what a program logs until it ends, and hands over each line.
pub fn decode(elf: &Path, mut log: impl Read, mut each: impl FnMut(Line)) -> Result<()> {
    let file = std::fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
    let table = Table::parse(&file)?.context("the firmware does not log by defmt")?;
    let mut decoder = table.new_stream_decoder();
    let mut bytes = [0; 1024];
    loop {
        match log.read(&mut bytes)? {
            0 => return Ok(()),
            n => decoder.received(&bytes[..n]),
        }
        loop {
            match decoder.decode() {
                Ok(frame) => each(Line::from(&frame)),
                Err(DecodeError::UnexpectedEof) => break,
                // The encoding finds its way back by itself.
                Err(DecodeError::Malformed) => {}
            }
        }
    }
}
