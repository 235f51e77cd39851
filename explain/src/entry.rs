//! What a log is made of, whatever it was read from.

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The host: commands and what is uploaded.
    Host,
    /// The module: replies, events and what was fetched.
    Module,
    /// The log does not say.
    Unknown,
    /// Not on the wire: a remark of whoever wrote the log.
    Remark,
}

/// Bytes that stand together in a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The line of the log, from 1.
    pub line: usize,
    /// When, in seconds, if the log says.
    pub at: Option<f64>,
    /// Who.
    pub side: Side,
    /// The bytes; a part that the log leaves out is made of zeros.
    pub bytes: Vec<u8>,
    /// How many of the bytes the log shows, where it leaves out the rest.
    pub shown: Option<usize>,
}

/// A whole log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// What it was read as.
    pub format: Format,
    /// In the order of the log.
    pub entries: Vec<Entry>,
    /// Whether the log leaves out the lines that are empty, so that lengths do not add up.
    pub no_blank_lines: bool,
}

/// What a log was read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A log of lines, as a terminal program writes it.
    #[default]
    Lines,
    /// A transcript, whose control characters are escaped: it has every byte.
    Transcript,
    /// The table of a logic analyser.
    Csv,
}

impl Format {
    /// What a user calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Lines => "a log of lines",
            Format::Transcript => "a transcript",
            Format::Csv => "a logic analyser's table",
        }
    }
}
