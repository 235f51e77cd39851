//! All figures of one run, and the tables that show them.

use serde::Serialize;

use crate::subject::Subject;
use crate::table::Table;
use crate::wire::{CHUNKS, Direction, LATENCIES, Operation, Share};

/// What was measured.
#[derive(Default, Serialize)]
pub struct Report {
    /// Shares of the line rate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
    /// Commands and bytes of each operation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
}

impl Report {
    /// The tables of what was measured.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = Vec::new();
        if !self.shares.is_empty() {
            tables.extend(self.share_tables());
        }
        if !self.operations.is_empty() {
            tables.push(self.operation_table());
        }
        tables
    }

    fn share_tables(&self) -> Vec<Table> {
        let mut tables = Vec::new();
        for direction in [Direction::Download, Direction::Upload] {
            for latency in LATENCIES {
                let latency = latency.as_millis() as u64;
                tables.push(self.share_table(direction, latency));
            }
        }
        tables
    }

    fn share_table(&self, direction: Direction, latency_ms: u64) -> Table {
        let (what, how) = match direction {
            Direction::Download => ("Download", "reads"),
            Direction::Upload => ("Upload", "writes"),
        };
        let title =
            format!("{what}: payload in % of the line rate, module latency {latency_ms} ms");
        let note = format!(
            "By the size of the caller's {how}, in bytes; in parentheses the most that the \
             module's protocol allows."
        );
        let mut table = Table::new(&title, &note, &["stack"]);
        table.head.extend(CHUNKS.map(|chunk| chunk.to_string()));
        for subject in Subject::ALL {
            let shares = self.shares.iter().filter(|share| {
                share.subject == subject
                    && share.direction == direction
                    && share.latency_ms == latency_ms
            });
            let mut row = vec![subject.name().to_owned()];
            row.extend(shares.map(|share| format!("{:.2} ({:.2})", share.percent, share.limit)));
            table.rows.push(row);
        }
        table
    }

    fn operation_table(&self) -> Table {
        let mut table = Table::new(
            "Round trips, and bytes to and from the module, of one operation",
            "Connect, send 512 bytes, receive their echo, look for more, close. In parentheses the \
             round trips that the module's protocol needs.",
            &["operation"],
        );
        for subject in Subject::ALL {
            let name = subject.name();
            table.head.push(format!("{name}: round trips"));
            table.head.push("to".to_owned());
            table.head.push("from".to_owned());
        }
        let of = |subject| move |operation: &&Operation| operation.subject == subject;
        for operation in self.operations.iter().filter(of(Subject::ALL[0])) {
            let mut row = vec![operation.name.to_owned()];
            let same = self
                .operations
                .iter()
                .filter(|other| other.name == operation.name);
            for one in same {
                row.push(format!("{} ({})", one.round_trips, one.limit));
                row.push(one.to_module.to_string());
                row.push(one.to_host.to_string());
            }
            table.rows.push(row);
        }
        table
    }
}
