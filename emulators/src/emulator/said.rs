//! What the programs around rp2040js and Unicorn say on standard error.

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Figures, Heard};

pub fn hear(line: &str) -> Heard {
    match line {
        "reset low" => Heard::ResetPin(false),
        "reset high" => Heard::ResetPin(true),
        _ => Heard::Complaint,
    }
}

/// The figures are the last line.
pub fn figures(said: &[String]) -> Result<Figures> {
    let line = said.last().map_or("nothing", String::as_str);
    let figures: Value =
        serde_json::from_str(line).with_context(|| format!("the emulator has said {line}"))?;
    let figure = |name: &str| {
        let figure = figures[name].as_u64();
        figure.with_context(|| format!("the emulator has not said the {name}"))
    };
    Ok(Figures {
        stack: figure("stack")?,
        overruns: figure("overruns")?,
        broken: serde_json::from_value(figures["broken"].clone())?,
        rest: serde_json::from_value(figures).ok(),
    })
}
