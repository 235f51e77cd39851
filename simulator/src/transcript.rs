//! The conversation on the wire, readable and without secrets.

use std::fmt;
use std::ops::{Deref, Range};
use std::time::Duration;

/// Longest part of a record that is shown.
const SHOWN: usize = 160;

/// Which way the bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the module to the host.
    ToHost,
    /// From the host to the module.
    ToModule,
    /// Not bytes but a remark of the simulator, such as a reset.
    Remark,
}

/// One command line, payload, reply or event as it arrived on the other side.
///
/// Its `Display` and `Debug` show one line with control characters escaped and passwords masked.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// When its first byte arrived, counted from the start of the simulation.
    pub at: Duration,
    /// Which way it went.
    pub direction: Direction,
    /// The bytes, with nothing masked.
    pub bytes: Vec<u8>,
    secret: Vec<Range<usize>>,
}

impl Record {
    pub(crate) fn new(at: Duration, direction: Direction) -> Self {
        Record {
            at,
            direction,
            bytes: Vec::new(),
            secret: Vec::new(),
        }
    }

    pub(crate) fn remark(at: Duration, text: &str) -> Self {
        Record {
            bytes: text.as_bytes().to_vec(),
            ..Record::new(at, Direction::Remark)
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], secret: bool) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len();
        if !secret || bytes.is_empty() {
            return;
        }
        match self.secret.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => self.secret.push(start..end),
        }
    }

    fn is_secret(&self, index: usize) -> bool {
        self.secret.iter().any(|range| range.contains(&index))
    }

    fn fmt_text(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, &byte) in self.bytes.iter().enumerate().take(SHOWN) {
            if self.is_secret(index) {
                if index == 0 || !self.is_secret(index - 1) {
                    f.write_str("***")?;
                }
                continue;
            }
            match byte {
                b'\r' => f.write_str("\\r")?,
                b'\n' => f.write_str("\\n")?,
                b'\\' => f.write_str("\\\\")?,
                b' '..=b'~' => write!(f, "{}", char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        if self.bytes.len() > SHOWN {
            write!(f, " ... ({} bytes)", self.bytes.len())?;
        }
        Ok(())
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.direction {
            Direction::ToHost => "<-",
            Direction::ToModule => "->",
            Direction::Remark => "--",
        };
        write!(f, "{:12.6} {arrow} ", self.at.as_secs_f64())?;
        self.fmt_text(f)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// All records so far, oldest first; `Display` shows one line for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript(Vec<Record>);

impl Transcript {
    /// All bytes that arrived in one direction.
    #[must_use]
    pub fn bytes(&self, direction: Direction) -> Vec<u8> {
        let records = self.0.iter().filter(|record| record.direction == direction);
        records.flat_map(|record| record.bytes.clone()).collect()
    }
}

impl From<Vec<Record>> for Transcript {
    fn from(records: Vec<Record>) -> Self {
        Transcript(records)
    }
}

impl Deref for Transcript {
    type Target = [Record];

    fn deref(&self) -> &[Record] {
        &self.0
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|record| writeln!(f, "{record}"))
    }
}

/// Cuts the bytes that arrive into records and hands each to whoever watches.
pub(crate) struct Recorder {
    records: Vec<Record>,
    to_host: Option<Record>,
    to_module: Option<Record>,
    observer: Option<Observer>,
}

/// What is called with each record as it is complete.
pub type Observer = Box<dyn FnMut(&Record) + Send>;

impl Recorder {
    pub fn new() -> Self {
        Recorder {
            records: Vec::new(),
            to_host: None,
            to_module: None,
            observer: None,
        }
    }

    /// Hands each record, and those that have been kept so far, to `observer` instead of keeping it.
    pub fn observe(&mut self, mut observer: Observer) {
        self.records.drain(..).for_each(|record| observer(&record));
        self.observer = Some(observer);
    }

    /// Bytes have arrived that belong together up to the next `end_record`.
    pub fn push(&mut self, at: Duration, direction: Direction, bytes: &[u8], secret: bool) {
        self.open(direction)
            .get_or_insert_with(|| Record::new(at, direction))
            .push(bytes, secret);
    }

    pub fn end_record(&mut self, direction: Direction) {
        if let Some(record) = self.open(direction).take() {
            self.store(record);
        }
    }

    pub fn remark(&mut self, at: Duration, text: &str) {
        self.end_record(Direction::ToModule);
        self.end_record(Direction::ToHost);
        self.store(Record::remark(at, text));
    }

    /// Everything so far, with what is not complete yet at the end.
    pub fn transcript(&self) -> Transcript {
        let open = self.to_module.iter().chain(&self.to_host);
        Transcript(self.records.iter().chain(open).cloned().collect())
    }

    fn open(&mut self, direction: Direction) -> &mut Option<Record> {
        match direction {
            Direction::ToModule => &mut self.to_module,
            _ => &mut self.to_host,
        }
    }

    fn store(&mut self, record: Record) {
        match &mut self.observer {
            Some(observer) => observer(&record),
            None => self.records.push(record),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        let mut record = Record::new(Duration::from_millis(1500), Direction::ToModule);
        record.push(bytes, false);
        record.to_string()
    }

    #[test]
    fn bytes_that_cannot_be_shown_are_escaped() {
        assert_eq!(shown(b"\0\xff\\"), r"    1.500000 -> \x00\xff\\");
    }

    #[test]
    fn a_long_payload_is_abbreviated() {
        let text = shown(&[b'x'; 1460]);
        assert!(text.ends_with("xxx ... (1460 bytes)"));
        assert!(text.len() < 220);
    }
}
