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

/// Why transfers take more instructions than their budget.
const INSTRUCTIONS: &str = "It is the cost of a command and of its two to four lines, divided by \
    1460: of the payload no more than 24 bytes are touched. It would take cheaper composing (serde) \
    and telling lines apart in fewer steps. A Microchip module takes 1400 bytes at once, so an \
    upload is two commands.";
/// Why the flash budget is missed.
const FLASH: &str = "See the largest functions. It would take half the code: the sequences of a \
    call, the exchange for each kind of payload, the way back into step, and the events.";
/// Why the RAM budget is missed.
/// Why the stack budget is missed.
const STACK: &str = "About 130 bytes of it are the transport's and the clock's. The deepest calls \
    are those that make an exchange while the driver finds back into step or sets the module up. It \
    would take smaller frames in the exchange.";

/// Budgets that are missed, up to which figure, and why. Nothing may get worse.
const MISSED: &[Missed] = &[
    Missed::new("atwifi, ST67: download, Cortex-M0+", 3.9, INSTRUCTIONS),
    Missed::new("atwifi, ST67: upload, Cortex-M0+", 3.5, INSTRUCTIONS),
    Missed::new("atwifi, Microchip: download, Cortex-M0+", 3.9, INSTRUCTIONS),
    Missed::new("atwifi, Microchip: upload, Cortex-M0+", 4.9, INSTRUCTIONS),
    Missed::new("atwifi, ST67: download, Cortex-M4", 2.7, INSTRUCTIONS),
    Missed::new("atwifi, ST67: upload, Cortex-M4", 2.5, INSTRUCTIONS),
    Missed::new("atwifi, Microchip: download, Cortex-M4", 2.4, INSTRUCTIONS),
    Missed::new("atwifi, Microchip: upload, Cortex-M4", 3.0, INSTRUCTIONS),
    Missed::new(
        "atwifi, ST67: flash of a client with names, Cortex-M0+",
        32000.0,
        FLASH,
    ),
    Missed::new(
        "atwifi, Microchip: flash of a client with names, Cortex-M0+",
        32500.0,
        FLASH,
    ),
    Missed::new("atwifi, ST67: deepest stack, Cortex-M0+", 1160.0, STACK),
    Missed::new(
        "atwifi, Microchip: deepest stack, Cortex-M0+",
        1080.0,
        STACK,
    ),
    Missed::new("atwifi, ST67: deepest stack, Cortex-M4", 1080.0, STACK),
    Missed::new("atwifi, Microchip: deepest stack, Cortex-M4", 1060.0, STACK),
];

/// A budget that is missed.
struct Missed {
    /// What is measured, as in [`Budget::what`].
    what: &'static str,
    /// What it must not fall behind.
    figure: f64,
    /// Why, and what it would take.
    why: &'static str,
}

impl Missed {
    const fn new(what: &'static str, figure: f64, why: &'static str) -> Self {
        Missed { what, figure, why }
    }
}

impl Budget {
    /// How far the figure is within its budget; negative if it breaks it.
    pub fn margin(&self) -> f64 {
        match self.bound {
            Bound::AtLeast(bound) => self.figure - bound,
            Bound::AtMost(bound) => bound - self.figure,
        }
    }

    /// Whether the figure keeps the budget.
    fn is_kept(&self) -> bool {
        self.margin() >= 0.0
    }

    /// Whether the figure is worse than the budget, and worse than it was when that was accepted.
    pub fn is_broken(&self) -> bool {
        !self.is_kept()
            && self.missed().is_none_or(|missed| match self.bound {
                Bound::AtLeast(_) => self.figure < missed.figure,
                Bound::AtMost(_) => self.figure > missed.figure,
            })
    }

    fn missed(&self) -> Option<&'static Missed> {
        MISSED.iter().find(|missed| missed.what == self.what)
    }

    /// The whole story in a line.
    pub fn verdict(&self) -> String {
        let (bound, unit) = (self.bound_text(), self.unit);
        let (verb, margin) = match (self.is_kept(), self.is_broken()) {
            (true, _) => ("kept, with a margin of", self.margin()),
            (false, false) => ("missed, as is known, by", -self.margin()),
            (false, true) => ("BROKEN, by", -self.margin()),
        };
        let (figure, margin) = (number(self.figure), number(margin));
        format!(
            "{}: {figure} {unit}, budget {bound}: {verb} {margin}",
            self.what
        )
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
        (Subject::St67, 96.0, 98.0),
        (Subject::Microchip, 94.0, 97.0),
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
            what: format!("{}: {}, {}", cost.subject.name(), cost.work, core.name()),
            unit: "instructions per byte",
            bound: Bound::AtMost(2.0),
            figure: per_byte,
            peer: peer.and_then(Cost::per_byte),
            limit: None,
        });
    }
    budgets
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
            what: format!("{name}: flash of a client with names, Cortex-M0+"),
            unit: "bytes",
            bound: Bound::AtMost(16.0 * 1024.0),
            figure: size.flash as f64,
            peer: peer.map(|peer| peer.flash as f64),
            limit: None,
        });
        budgets.push(Budget {
            what: format!("{name}: RAM of a client, Cortex-M0+"),
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
                .filter_map(|cost| cost.stack)
                .max()
                .map(|stack| stack as f64)
        };
        for subject in [Subject::St67, Subject::Microchip] {
            let Some(figure) = deepest(subject) else {
                continue;
            };
            budgets.push(Budget {
                what: format!("{}: deepest stack, {}", subject.name(), core.name()),
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

/// Which budgets are missed, by how much, and why.
pub fn missed(budgets: &[Budget]) -> Table {
    let mut table = Table::new("Missed", "", &["what", "by", "why, and what it would take"]);
    for budget in budgets.iter().filter(|budget| !budget.is_kept()) {
        let why = budget.missed().map_or("not known yet", |missed| missed.why);
        table.rows.push(vec![
            budget.what.clone(),
            format!("{} {}", number(-budget.margin()), budget.unit),
            why.to_owned(),
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
