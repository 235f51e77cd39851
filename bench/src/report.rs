//! All figures of one run, and the tables that show them.

use std::cmp::Reverse;

use atwifi_bench_elf::causes::Causes;
use atwifi_bench_elf::symbols;
use serde::Serialize;

use crate::firmware::{Core, Profile};
use crate::instructions::Cost;
use crate::size::{Level, Size, SpiSize};
use crate::spi::{SpiOperation, SpiShare};
use crate::subject::Subject;
use crate::table::Table;
use crate::wire::{CHUNKS, Direction, LATENCIES, Operation, Share};
use atwifi_workload::{MESSAGE, MESSAGES, WORK};

/// What was measured.
#[derive(Default, Serialize)]
pub struct Report {
    /// Shares of the line rate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
    /// Commands and bytes of each operation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// Shares of the SPI's clocks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spi_shares: Vec<SpiShare>,
    /// Transactions of each operation on the SPI.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spi_operations: Vec<SpiOperation>,
    /// Flash and RAM of the SPI.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spi_sizes: Vec<SpiSize>,
    /// Instructions and stack of the work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<Cost>,
    /// Flash and RAM of firmware.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<Size>,
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
        if !self.spi_shares.is_empty() {
            tables.push(self.spi_share_table());
            tables.push(self.spi_operation_table());
        }
        if !self.costs.is_empty() {
            tables.push(self.instruction_table());
            tables.push(self.message_table());
            tables.push(self.stack_table());
        }
        if !self.sizes.is_empty() {
            tables.push(self.size_table());
            tables.push(self.spi_size_table());
            tables.extend(self.cause_tables());
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

    fn spi_share_table(&self) -> Table {
        let mut table = Table::new(
            "SPI of the ST67: payload in % of the bytes that are clocked",
            "Transfers of 1460 bytes, with the commands and answers around them; in parentheses the most \
             that the format of the frames allows.",
            &["direction", "%"],
        );
        for share in &self.spi_shares {
            let direction = match share.direction {
                Direction::Download => "download",
                Direction::Upload => "upload",
            };
            let percent = format!("{:.2} ({:.2})", share.percent, share.limit);
            table.rows.push(vec![direction.to_owned(), percent]);
        }
        table
    }

    fn spi_size_table(&self) -> Table {
        let mut table = Table::new(
            "SPI of the ST67: flash and RAM that it adds to a client, opt-level z, in bytes",
            "Beyond the UART, of which nothing is left. All counts the registers of the SPI too, and what \
             the core needs to report a transport's errors; the RAM has 260 bytes that are lent.",
            &["core", "transport", "all", "RAM"],
        );
        for size in &self.spi_sizes {
            table.rows.push(vec![
                size.core.name().to_owned(),
                size.transport.to_string(),
                size.all.to_string(),
                size.ram.to_string(),
            ]);
        }
        table
    }

    fn spi_operation_table(&self) -> Table {
        let mut table = Table::new(
            "SPI of the ST67: transactions and bytes clocked of one operation",
            "Connect, send 512 bytes, receive their echo, look for more, close. In parentheses the \
             frames that host and module send, each of which needs a transaction unless two meet.",
            &["operation", "transactions", "bytes"],
        );
        for one in &self.spi_operations {
            table.rows.push(vec![
                one.name.to_owned(),
                format!("{} ({})", one.transactions, one.limit),
                one.clocked.to_string(),
            ]);
        }
        table
    }

    fn instruction_table(&self) -> Table {
        let mut table = Table::new(
            "Instructions",
            "Beyond the transport's own, at opt-level 3 and `z`. A transfer has 1460 bytes; it is also \
             shown per byte of payload, all that it costs divided by its length.",
            &["stack"],
        );
        for work in WORK {
            table.head.push(work.to_owned());
            if matches!(work, "download" | "upload") {
                table.head.push("per byte".to_owned());
            }
        }
        let built = |profile| Core::ALL.map(|core| Some((core, profile)));
        let builds = [built(Profile::Fast), built(Profile::Small)].concat();
        for core in builds.into_iter().chain([None]) {
            for subject in Subject::ALL {
                let place = core.map_or("x86-64, 3".to_owned(), |(core, profile)| {
                    format!("{}, {}", core.name(), profile.level())
                });
                let mut row = vec![format!("{}, {place}", subject.name())];
                for work in WORK {
                    let cost = self.cost(subject, core, work);
                    row.push(cost.map_or(String::new(), |cost| cost.instructions.to_string()));
                    if let Some(per_byte) = cost.and_then(Cost::per_byte) {
                        row.push(format!("{per_byte:.2}"));
                    }
                }
                table.rows.push(row);
            }
        }
        table
    }

    fn cost(&self, subject: Subject, core: Option<(Core, Profile)>, work: &str) -> Option<&Cost> {
        let is_it =
            |cost: &&Cost| (cost.subject, cost.core) == (subject, core) && cost.work == work;
        self.costs.iter().find(is_it)
    }

    fn message_table(&self) -> Table {
        let mut table = Table::new(
            "MQTT: instructions for a message",
            &format!(
                "To a broker and from it, of {MESSAGE} bytes, without quality of service: by the client in the \
                 module, and by minimq over a TCP connection. With the transport's own, which are few."
            ),
            &["stack"],
        );
        table.head.extend(MESSAGES.map(str::to_owned));
        for profile in [Profile::Fast, Profile::Small] {
            for core in Core::ALL {
                for subject in [Subject::St67, Subject::Microchip] {
                    let place = format!("{}, {}", core.name(), profile.level());
                    let mut row = vec![format!("{}, {place}", subject.name())];
                    for work in MESSAGES {
                        let cost = self.cost(subject, Some((core, profile)), work);
                        row.push(cost.map_or(String::new(), |cost| cost.instructions.to_string()));
                    }
                    table.rows.push(row);
                }
            }
        }
        table
    }

    fn stack_table(&self) -> Table {
        let mut table = Table::new(
            "Stack",
            "The deepest that it went in each call, in bytes, at opt-level `z`.",
            &["call"],
        );
        let columns: Vec<(Core, Subject)> = Core::ALL
            .into_iter()
            .flat_map(|core| Subject::ALL.map(|subject| (core, subject)))
            .collect();
        for (core, subject) in &columns {
            table
                .head
                .push(format!("{}, {}", subject.name(), core.name()));
        }
        let of = |core, subject| {
            let costs = self.costs.iter();
            costs.filter(move |cost| {
                (cost.core, cost.subject) == (Some((core, Profile::Small)), subject)
            })
        };
        for call in of(Core::CortexM0Plus, Subject::St67) {
            let mut row = vec![call.work.clone()];
            row.extend(columns.iter().map(|&(core, subject)| {
                let found = of(core, subject).find(|cost| cost.work == call.work);
                found
                    .and_then(|cost| cost.stack)
                    .map_or("–".to_owned(), |stack| stack.to_string())
            }));
            table.rows.push(row);
        }
        table
    }

    fn size_table(&self) -> Table {
        let mut table = Table::new(
            "Flash and RAM",
            "In bytes, beyond the same firmware without a driver; opt-level `z`, LTO. RAM is the \
             driver with all that it is lent: the least line buffer, 384 bytes (Microchip: \
             320) to read ahead (the peer: 512 in each of its buffers). A client joins, resolves a name (not the peer) and \
             has a TCP connection. What a client takes with one thing more is shown beyond the \
             client: `+`.",
            &["firmware"],
        );
        for core in Core::ALL {
            table.head.push(format!("flash, {}", core.name()));
            table.head.push("RAM".to_owned());
        }
        for subject in Subject::ALL {
            let rows = Level::ALL.map(|level| self.size_row(subject, level));
            table.rows.extend(rows.into_iter().flatten());
        }
        table
    }

    fn size_row(&self, subject: Subject, level: Level) -> Option<Vec<String>> {
        let mut row = vec![format!("{}, {}", subject.name(), level.name())];
        for core in Core::ALL {
            let size = self.size(subject, core, level)?;
            let client = self.size(subject, core, Level::Client)?;
            let shown = |of: fn(&Size) -> u64| match level.is_over_client() {
                true => format!("{:+}", of(size) as i64 - of(client) as i64),
                false => of(size).to_string(),
            };
            row.extend([shown(|size| size.flash), shown(|size| size.ram)]);
        }
        Some(row)
    }

    /// What a firmware takes.
    pub fn size(&self, subject: Subject, core: Core, level: Level) -> Option<&Size> {
        let mut sizes = self.sizes.iter();
        sizes.find(|size| (size.subject, size.core, size.level) == (subject, core, level))
    }

    /// What clients link and must not, with the reason, a line each.
    pub fn unwanted(&self) -> Vec<String> {
        let lines = self.sizes.iter().flat_map(|size| {
            size.unwanted.iter().map(|name| {
                let why = symbols::objection(name).unwrap_or_default();
                let (subject, core) = (size.subject.name(), size.core.name());
                format!("{subject}, {core}: {name} ({why})")
            })
        });
        lines.collect()
    }

    /// Where the bytes of a client go.
    fn cause_tables(&self) -> Vec<Table> {
        let clients = self
            .sizes
            .iter()
            .filter(|size| size.core == Core::CortexM0Plus);
        clients
            .filter_map(|size| {
                let name = size.subject.name();
                let title = format!("Where the flash of a client comes from: {name}, Cortex-M0+");
                Some(cause_table(&title, size.causes.as_ref()?))
            })
            .collect()
    }
}

fn cause_table(title: &str, causes: &Causes) -> Table {
    let note = "Each byte belongs to the source file that it was made of, below `src/`. Lines of the \
        core library that are inlined count for the file that uses them, or in the last column for \
        `core`.";
    let head = ["source", "bytes", "of its own lines alone"];
    let mut table = Table::new(title, note, &head);
    let mut rows: Vec<_> = causes.0.iter().collect();
    rows.sort_by_key(|(_, bytes)| Reverse((bytes.with_core, bytes.own)));
    let total = causes.total();
    let rows = rows
        .into_iter()
        .map(|(source, bytes)| (source.as_str(), *bytes));
    table.rows = rows
        .chain([("all", total)])
        .map(|(source, bytes)| {
            vec![
                source.to_owned(),
                bytes.with_core.to_string(),
                bytes.own.to_string(),
            ]
        })
        .collect();
    table
}
