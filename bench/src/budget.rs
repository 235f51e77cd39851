//! The budgets: what the figures must not fall behind.

use crate::firmware::{Core, Profile};
use crate::instructions::Cost;
use crate::report::Report;
use crate::size::Level;
use crate::subject::Subject;
use crate::table::Table;
use crate::wire::Direction;

/// On which side of a bound a figure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// It must not be less.
    AtLeast(f64),
    /// It must not be more.
    AtMost(f64),
}

/// One budget, with the figure that must keep it.
#[derive(Debug)]
pub struct Budget {
    /// What is measured.
    pub what: String,
    /// Of what.
    pub unit: &'static str,
    /// The budget.
    pub bound: Bound,
    /// The figure.
    pub figure: f64,
    /// The peer's figure.
    pub peer: Option<f64>,
    /// The best that is possible.
    pub limit: Option<f64>,
}

impl Budget {
    /// How far the figure is within its budget; negative if it breaks it.
    pub fn margin(&self) -> f64 {
        match self.bound {
            Bound::AtLeast(bound) => self.figure - bound,
            Bound::AtMost(bound) => bound - self.figure,
        }
    }

    /// Whether the figure breaks the budget.
    pub fn is_broken(&self) -> bool {
        self.margin() < 0.0
    }

    /// The whole story in a line.
    pub fn verdict(&self) -> String {
        let (what, unit, bound) = (&self.what, self.unit, self.bound_text());
        let verb = match self.is_broken() {
            true => "BROKEN, by",
            false => "kept, with a margin of",
        };
        let (figure, margin) = (number(self.figure), number(self.margin().abs()));
        format!("{what}: {figure} {unit}, budget {bound}: {verb} {margin}")
    }

    fn bound_text(&self) -> String {
        match self.bound {
            Bound::AtLeast(bound) => format!("≥ {}", number(bound)),
            Bound::AtMost(bound) => format!("≤ {}", number(bound)),
        }
    }
}

/// The budgets for which the report has figures.
pub fn of(report: &Report) -> Vec<Budget> {
    let mut budgets = shares(report);
    budgets.extend(round_trips(report));
    budgets.extend(spi(report));
    budgets.extend(instructions(report));
    budgets.extend(sizes(report));
    budgets.extend(stack(report));
    budgets
}

fn shares(report: &Report) -> Vec<Budget> {
    const LARGE: usize = 4096;
    let share = |subject, direction, chunk| {
        (report.shares.iter()).find(|share| {
            (
                share.subject,
                share.direction,
                share.chunk,
                share.latency_ms,
            ) == (subject, direction, chunk, 0)
        })
    };
    let mut budgets = Vec::new();
    for (subject, download, upload) in [
        (Subject::St67, 98.0, 98.5),
        // As text, of which the module refuses what it has no room for or what lost a byte on the
        // way; binary, by `send_in_bulk`, it is 97.8.
        (Subject::Microchip, 96.5, 88.5),
    ] {
        let name = subject.name();
        for (direction, least, what) in [
            (Direction::Download, download, "download, reads of 4 KiB"),
            (Direction::Upload, upload, "upload, writes of 4 KiB"),
        ] {
            let Some(own) = share(subject, direction, LARGE) else {
                continue;
            };
            budgets.push(Budget {
                what: format!("{name}: {what}"),
                unit: "% of the line rate",
                bound: Bound::AtLeast(least),
                figure: own.percent,
                peer: share(Subject::EspAtNal, direction, LARGE).map(|peer| peer.percent),
                limit: Some(own.limit),
            });
        }
        let large = share(subject, Direction::Download, LARGE);
        let tiny = share(subject, Direction::Download, 1);
        if let (Some(large), Some(tiny)) = (large, tiny) {
            let peer = |chunk| share(Subject::EspAtNal, Direction::Download, chunk);
            let peer = peer(1).zip(peer(LARGE));
            budgets.push(Budget {
                what: format!("{name}: download, reads of 1 byte"),
                unit: "% of that",
                bound: Bound::AtLeast(90.0),
                figure: 100.0 * tiny.percent / large.percent,
                peer: peer.map(|(tiny, large)| 100.0 * tiny.percent / large.percent),
                limit: Some(100.0 * tiny.limit / large.limit),
            });
        }
    }
    budgets
}

fn round_trips(report: &Report) -> Vec<Budget> {
    let mut budgets = Vec::new();
    for operation in &report.operations {
        let most = match (operation.name, operation.subject) {
            (_, Subject::EspAtNal) | ("receive without, behind a transfer", _) => continue,
            ("connect", Subject::Microchip) => 2.0,
            // As text, of which a command carries 226 bytes.
            ("send", Subject::Microchip) => 3.0,
            ("receive without", _) => 0.0,
            _ => 1.0,
        };
        let peer = (report.operations.iter())
            .find(|peer| peer.subject == Subject::EspAtNal && peer.name == operation.name);
        budgets.push(Budget {
            what: format!("{}: {}", operation.subject.name(), operation.name),
            unit: "round trips",
            bound: Bound::AtMost(most),
            figure: operation.round_trips as f64,
            peer: peer.map(|peer| peer.round_trips as f64),
            limit: Some(operation.limit as f64),
        });
    }
    budgets
}

/// Of what frames allow, and no more transactions than there are frames: four for data that is read,
/// since the module says its notice, the data and `OK` in a frame each, and hears the command in another.
fn spi(report: &Report) -> Vec<Budget> {
    let shares = report.spi_shares.iter().map(|share| Budget {
        what: format!("ST67 over SPI: {:?} of 1460 bytes", share.direction),
        unit: "% of what frames allow",
        bound: Bound::AtLeast(95.0),
        figure: 100.0 * share.percent / share.limit,
        peer: None,
        limit: Some(100.0),
    });
    let operations = report.spi_operations.iter().map(|operation| Budget {
        what: format!("ST67 over SPI: {}", operation.name),
        unit: "transactions",
        bound: Bound::AtMost(operation.limit as f64),
        figure: operation.transactions as f64,
        peer: None,
        limit: Some(operation.limit as f64),
    });
    let sizes = report
        .spi_sizes
        .iter()
        .filter(|size| size.core == Core::CortexM0Plus);
    let sizes = sizes.map(|size| Budget {
        what: "ST67 over SPI: flash of the transport, Cortex-M0+, opt-level z".to_owned(),
        unit: "bytes",
        bound: Bound::AtMost(1536.0),
        figure: size.transport as f64,
        peer: None,
        limit: None,
    });
    shares.chain(operations).chain(sizes).collect()
}

fn instructions(report: &Report) -> Vec<Budget> {
    let mut budgets = Vec::new();
    for cost in &report.costs {
        let (Some((core, Profile::Fast)), Some(per_byte)) = (cost.core, cost.per_byte()) else {
            continue;
        };
        if cost.subject == Subject::EspAtNal {
            continue;
        }
        let peer = (report.costs.iter()).find(|peer| {
            (peer.subject, peer.core, &peer.work) == (Subject::EspAtNal, cost.core, &cost.work)
        });
        budgets.push(Budget {
            what: format!(
                "{}: {} of 1460 bytes beyond the transport, {}, opt-level 3",
                cost.subject.name(),
                cost.work,
                core.name()
            ),
            unit: "instructions per byte",
            bound: Bound::AtMost(most_instructions(cost.subject, &cost.work, core)),
            figure: per_byte,
            peer: peer.and_then(Cost::per_byte),
            limit: None,
        });
    }
    budgets
}

/// To a Microchip module 1460 bytes go as text, in seven commands that are composed byte by byte: it
/// tells of no byte that is lost otherwise. They take the UART far longer than the core.
fn most_instructions(subject: Subject, work: &str, core: Core) -> f64 {
    match (core, subject, work) {
        (Core::CortexM0Plus, Subject::Microchip, "upload") => 48.0,
        (Core::CortexM0Plus, ..) => 2.5,
        (Core::CortexM4, Subject::Microchip, "upload") => 42.0,
        (Core::CortexM4, ..) => 2.0,
    }
}

fn sizes(report: &Report) -> Vec<Budget> {
    let mut budgets = Vec::new();
    let clients = || {
        report
            .sizes
            .iter()
            .filter(|size| size.level == Level::Client)
    };
    for size in clients().filter(|size| size.core == Core::CortexM0Plus) {
        if size.subject == Subject::EspAtNal {
            continue;
        }
        let peer =
            clients().find(|peer| (peer.subject, peer.core) == (Subject::EspAtNal, size.core));
        let name = size.subject.name();
        budgets.push(Budget {
            what: format!(
                "{name}: flash that join, DNS and one TCP client add, Cortex-M0+, opt-level z"
            ),
            unit: "bytes",
            bound: Bound::AtMost(16.0 * 1024.0),
            figure: size.flash as f64,
            peer: peer.map(|peer| peer.flash as f64),
            limit: None,
        });
        budgets.push(Budget {
            what: format!("{name}: RAM of that client, lent memory included, Cortex-M0+"),
            unit: "bytes",
            bound: Bound::AtMost(1536.0),
            figure: size.ram as f64,
            peer: peer.map(|peer| peer.ram as f64),
            limit: None,
        });
    }
    budgets
}

fn stack(report: &Report) -> Vec<Budget> {
    let mut budgets = Vec::new();
    for core in Core::ALL {
        let deepest = |subject| {
            (report.costs.iter())
                .filter(|cost| (cost.subject, cost.core) == (subject, Some((core, Profile::Small))))
                // What minimq takes is not the driver's.
                .filter(|cost| !cost.work.ends_with("by minimq"))
                .filter_map(|cost| cost.stack)
                .max()
                .map(|stack| stack as f64)
        };
        for subject in [Subject::St67, Subject::Microchip] {
            let Some(figure) = deepest(subject) else {
                continue;
            };
            budgets.push(Budget {
                what: format!(
                    "{}: deepest stack of any call, transport and clock included, {}, opt-level z",
                    subject.name(),
                    core.name()
                ),
                unit: "bytes",
                bound: Bound::AtMost(1024.0),
                figure,
                peer: deepest(Subject::EspAtNal),
                limit: None,
            });
        }
    }
    budgets
}

/// The budgets as a table.
pub fn table(budgets: &[Budget]) -> Table {
    let mut table = Table::new(
        "Budgets",
        "The peer is esp-at-nal on an ESP-AT module; the limit is what the module's protocol allows.",
        &[
            "what", "unit", "budget", "figure", "peer", "limit", "margin",
        ],
    );
    for budget in budgets {
        let optional = |figure: Option<f64>| figure.map_or("–".to_owned(), number);
        table.rows.push(vec![
            budget.what.clone(),
            budget.unit.to_owned(),
            budget.bound_text(),
            number(budget.figure),
            optional(budget.peer),
            optional(budget.limit),
            number(budget.margin()),
        ]);
    }
    table
}

/// A figure without needless digits.
fn number(figure: f64) -> String {
    if figure.fract() == 0.0 {
        format!("{figure:.0}")
    } else {
        format!("{figure:.2}")
    }
}
