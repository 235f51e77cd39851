//! What happened: one item for each line and payload.

use std::fmt;

use crate::entry::{Format, Side};
use crate::vocabulary::Dialect;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A command of the host.
    Command,
    /// The end of a command: `OK`, `ERROR`, `SEND OK`.
    Reply,
    /// A line of a command's answer.
    Row,
    /// What the module tells on its own.
    Event,
    /// The module is ready for a payload or a command.
    Prompt,
    /// A payload from the host.
    Upload,
    /// A payload from the module.
    Download,
    /// The module repeats what it was told.
    Echo,
    /// Not on the wire.
    Remark,
    /// What is in no vocabulary.
    Unknown,
}

impl Kind {
    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Command => "command",
            Kind::Reply => "reply",
            Kind::Row => "answer",
            Kind::Event => "event",
            Kind::Prompt => "prompt",
            Kind::Upload => "upload",
            Kind::Download => "download",
            Kind::Echo => "echo",
            Kind::Remark => "remark",
            Kind::Unknown => "unknown",
        }
    }
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A reply that nobody has asked for.
    NoCommand,
    /// A command that was not answered, and why.
    NoReply(String),
    /// The module was told more than it could take.
    Busy,
    /// The module has restarted, and nobody had told it to.
    Restart,
    /// A payload has another length than was announced.
    Length(String),
    /// A secret stands in the log for all to read.
    Secret,
}

impl Mark {
    /// The kind of mark, in a word; the page's script and style know it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Mark::NoCommand => "no-command",
            Mark::NoReply(_) => "no-reply",
            Mark::Busy => "busy",
            Mark::Restart => "restart",
            Mark::Length(_) => "length",
            Mark::Secret => "secret",
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mark::NoCommand => f.write_str("reply without a command"),
            Mark::NoReply(why) => write!(f, "command without a reply: {why}"),
            Mark::Busy => f.write_str("busy: what came behind the running command is lost"),
            Mark::Restart => {
                f.write_str("restart that nobody asked for: links, station and settings are gone")
            }
            Mark::Length(how) => write!(f, "the length lies: {how}"),
            Mark::Secret => f.write_str("a secret in clear: do not pass this log on"),
        }
    }
}

/// Where something happens, beside host and module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The station or the module's own access point.
    Station,
    /// A link or socket, by its number.
    Link(String),
    /// The module's MQTT client.
    Mqtt,
    /// Bluetooth LE.
    Bluetooth,
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lane::Station => f.write_str("station"),
            Lane::Link(number) => write!(f, "link {number}"),
            Lane::Mqtt => f.write_str("MQTT"),
            Lane::Bluetooth => f.write_str("Bluetooth LE"),
        }
    }
}

/// Whether something begins or ends in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is up from here on.
    Up,
    /// It is down from here on.
    Down,
}

/// One line or payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The line of the log on which it begins, from 1.
    pub line: usize,
    /// When, in seconds, if the log says.
    pub at: Option<f64>,
    /// Who.
    pub side: Side,
    /// What.
    pub kind: Kind,
    /// As it was on the wire, escaped, without secrets, and not longer than can be read.
    pub text: String,
    /// What it is for.
    pub says: String,
    /// Its values, each with its meaning.
    pub details: Vec<String>,
    /// Where the vendor's reference has it.
    pub chapter: Option<String>,
    /// The command that it belongs to, as an index of [`Told::items`].
    pub command: Option<usize>,
    /// Where it happens.
    pub lane: Option<Lane>,
    /// What begins or ends with it in its lane.
    pub change: Option<Change>,
    /// What is wrong.
    pub marks: Vec<Mark>,
}

/// A whole conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What the log was read as.
    pub format: Format,
    /// In which words it was explained.
    pub dialect: Dialect,
    /// Why in these, and what this log cannot tell.
    pub notes: Vec<String>,
    /// In the order of the wire.
    pub items: Vec<Item>,
}

impl Told {
    /// All that is wrong, with the items.
    pub fn marks(&self) -> impl Iterator<Item = (&Item, &Mark)> {
        self.items
            .iter()
            .flat_map(|item| item.marks.iter().map(move |mark| (item, mark)))
    }
}
