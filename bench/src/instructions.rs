//! Instructions and stack of a driver's work, beyond what the transport alone takes.
//!
//! On this computer callgrind counts; on the cores of microcontrollers QEMU does, where an
//! instruction takes a nanosecond. Both count the same each time.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use atwifi_workload::{TRANSFER, WORK};

use crate::firmware::{self, Core, Profile};
use crate::subject::Subject;

/// What a piece of work takes.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// Which stack.
    pub subject: Subject,
    /// Where, and how optimised; none is this computer.
    pub core: Option<(Core, Profile)>,
    /// Which work.
    pub work: String,
    /// Instructions, without the transport's own where that is known.
    pub instructions: u64,
    /// The deepest that the stack went, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<u64>,
}

impl Cost {
    /// Instructions per byte of payload, if the work is a transfer.
    pub fn per_byte(&self) -> Option<f64> {
        let is_transfer = matches!(self.work.as_str(), "download" | "upload");
        is_transfer.then(|| self.instructions as f64 / TRANSFER as f64)
    }
}

/// Measures everything on this computer and on each core.
pub fn costs() -> Result<Vec<Cost>> {
    let mut costs = Vec::new();
    for subject in Subject::ALL {
        for work in WORK {
            costs.push(on_host(subject, work)?);
        }
    }
    for core in Core::ALL {
        for profile in Profile::ALL {
            costs.extend(on_core(core, profile)?);
        }
    }
    Ok(costs)
}

fn on_host(subject: Subject, work: &str) -> Result<Cost> {
    let whole = callgrind(subject, work)?;
    let bare = callgrind(subject, &format!("bare {work}"))?;
    Ok(Cost {
        subject,
        core: None,
        work: work.to_owned(),
        instructions: whole.saturating_sub(bare),
        stack: None,
    })
}

/// Instructions of one piece of work, counted by valgrind (Debian's package of that name).
fn callgrind(subject: Subject, work: &str) -> Result<u64> {
    let program = std::env::current_exe()?;
    let file = std::env::temp_dir().join(format!("atwifi-callgrind-{}", std::process::id()));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg("--toggle-collect=*count::counted*")
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(&program)
        .args(["count", subject.id(), work])
        .output()
        .context("cannot run valgrind")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = std::fs::read_to_string(&file)?;
    std::fs::remove_file(&file)?;
    let mut lines = text.lines();
    let count = lines.find_map(|line| line.strip_prefix("summary: "));
    count
        .and_then(|count| count.trim().parse().ok())
        .context("callgrind has counted nothing")
}

fn on_core(core: Core, profile: Profile) -> Result<Vec<Cost>> {
    let folder = firmware::build(core, profile)?;
    let mut costs = Vec::new();
    for program in ["count", "count_messages"] {
        let text = emulate(&folder.join(program))?;
        costs.extend(counted(core, profile, &text)?);
    }
    Ok(costs)
}

fn counted(core: Core, profile: Profile, text: &str) -> Result<Vec<Cost>> {
    let rows: Vec<Row<'_>> = text.lines().map(Row::parse).collect::<Result<_>>()?;
    let cost_of = |stack: &str, work: &str| {
        let row = rows
            .iter()
            .find(|row| row.stack == stack && row.work == work);
        row.map_or(0, |row| row.instructions)
    };
    // What looking at the timer takes, and the meter's own stack.
    let nothing = cost_of("none", "nothing");
    let own_stack = rows.iter().find(|row| row.work == "nothing");
    let own_stack = own_stack.map_or(0, |row| row.deepest);
    let mut costs = Vec::new();
    for subject in Subject::ALL {
        for row in rows.iter().filter(|row| row.stack == subject.id()) {
            if row.work.starts_with("bare ") {
                continue;
            }
            let bare = cost_of(row.stack, &format!("bare {}", row.work)).max(nothing);
            costs.push(Cost {
                subject,
                core: Some((core, profile)),
                work: row.work.to_owned(),
                instructions: row.instructions.saturating_sub(bare),
                stack: Some(row.deepest.saturating_sub(own_stack)),
            });
        }
    }
    Ok(costs)
}

/// A line that the firmware prints.
struct Row<'t> {
    stack: &'t str,
    work: &'t str,
    instructions: u64,
    deepest: u64,
}

impl<'t> Row<'t> {
    fn parse(line: &'t str) -> Result<Self> {
        let cells: Vec<&str> = line.split('\t').collect();
        let &[stack, work, instructions, deepest] = cells.as_slice() else {
            bail!("the firmware says {line:?}");
        };
        Ok(Row {
            stack,
            work,
            instructions: instructions.parse()?,
            deepest: deepest.parse()?,
        })
    }
}

/// What the firmware prints in QEMU (Debian's package qemu-system-arm).
fn emulate(firmware: &Path) -> Result<String> {
    let output = Command::new("qemu-system-arm")
        .args(["-M", "netduinoplus2", "-icount", "shift=0"])
        .args(["-display", "none", "-monitor", "none", "-serial", "null"])
        .args(["-semihosting-config", "enable=on,target=native"])
        .arg("-kernel")
        .arg(firmware)
        .output()
        .context("cannot run qemu-system-arm")?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "the firmware stopped:\n{text}");
    Ok(text)
}
