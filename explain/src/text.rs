//! Text, to be read in a terminal or pasted into a report.

use std::fmt::Write;

use crate::entry::Side;
use crate::told::{Item, Told};

impl Told {
    /// Everything as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for note in &self.notes {
            let _ = writeln!(text, "# {note}");
        }
        for (index, item) in self.items.iter().enumerate() {
            self.write_item(&mut text, index, item);
        }
        let count = self.marks().count();
        let _ = writeln!(
            text,
            "# {} lines and payloads, {count} marked",
            self.items.len()
        );
        for (item, mark) in self.marks() {
            let _ = writeln!(text, "# line {}: {mark}", item.line);
        }
        text
    }

    fn write_item(&self, text: &mut String, index: usize, item: &Item) {
        let arrow = match item.side {
            Side::Host => "->",
            Side::Module => "<-",
            _ => "--",
        };
        let at = item.at.map_or(String::new(), |at| format!("{at:.3}"));
        let _ = writeln!(
            text,
            "{:>4} {at:>10} {arrow} {}",
            format!("[{index}]"),
            item.text
        );
        let mut says = format!("{}: {}", item.kind.name(), item.says);
        if let Some(chapter) = &item.chapter {
            let _ = write!(says, ", chapter {chapter}");
        }
        if let Some(command) = item.command {
            let _ = write!(says, ", of [{command}]");
        }
        if let Some(lane) = &item.lane {
            let _ = write!(says, ", {lane}");
        }
        let _ = writeln!(text, "{:18} {says}", "");
        for detail in &item.details {
            let _ = writeln!(text, "{:18}   {detail}", "");
        }
        for mark in &item.marks {
            let _ = writeln!(text, "{:18} !! {mark}", "");
        }
    }
}
