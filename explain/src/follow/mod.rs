//! Who is owed what: commands wait for replies, payloads for their last byte.

mod host;
mod module;
mod payload;
mod words;

use std::collections::{BTreeMap, VecDeque};

use crate::entry::{Entry, Format, Log, Side};
use crate::guess;
use crate::secret::Secrets;
use crate::stream::{Half, Piece};
use crate::syntax::{self, Phrase};
use crate::told::{Item, Kind, Lane, Mark, Told};
use crate::vocabulary::Dialect;

/// More of a line or payload than this is not shown.
const SHOWN: usize = 160;

/// A host that says something else after this long, in seconds, has given the reply up.
const GIVEN_UP: f64 = 1.0;

/// A command that waits for its reply.
#[derive(Debug)]
struct Waiting {
    item: usize,
    phrase: Option<Phrase>,
    at: Option<f64>,
    upload: Option<Upload>,
    lane: Option<Lane>,
    /// A reply may stay away.
    silent: bool,
    restarts: bool,
}

/// What the host may send behind a prompt.
#[derive(Debug)]
struct Upload {
    /// How much was announced; without a number, until `+++`.
    length: Option<usize>,
    prompted: bool,
    secret: bool,
    piece: Option<Piece>,
    masked: bool,
    item: Option<usize>,
}

/// What the module has announced and not sent whole.
#[derive(Debug)]
struct Download {
    length: usize,
    piece: Option<Piece>,
    command: Option<usize>,
    lane: Option<Lane>,
    hidden: bool,
    masked: bool,
}

/// Everything that is known while a log is read.
struct Follower {
    dialect: Dialect,
    format: Format,
    no_blank_lines: bool,
    host_heard: bool,
    module_heard: bool,
    items: Vec<Item>,
    host: Half,
    module: Half,
    waiting: VecDeque<Waiting>,
    /// The last command of each name.
    latest: BTreeMap<String, usize>,
    download: Option<Download>,
    /// The module was told to restart.
    restart_due: bool,
    /// Where a payload ended in the middle of a line: its item.
    behind: Option<usize>,
    /// An empty line has just come.
    blank: bool,
    several: Option<bool>,
    pushed: Option<bool>,
    /// The module has said something that only a running one says.
    running: bool,
    secrets: Secrets,
}

/// Tells a log in a dialect, or in the one that it seems to be in.
pub fn follow(log: &Log, dialect: Option<Dialect>) -> Told {
    let (guessed, votes) = guess::guess(log);
    let dialect = dialect.unwrap_or(guessed);
    let mut follower = Follower::new(log, dialect);
    for entry in &log.entries {
        follower.entry(entry);
    }
    follower.end();
    let Follower {
        mut items, secrets, ..
    } = follower;
    for item in &mut items {
        item.text = secrets.hide(&item.text);
        item.details
            .iter_mut()
            .for_each(|detail| *detail = secrets.hide(detail));
    }
    Told {
        format: log.format,
        dialect,
        notes: notes(log, guessed, dialect, votes),
        items,
    }
}

fn notes(log: &Log, guessed: Dialect, dialect: Dialect, votes: [u32; 3]) -> Vec<String> {
    let [st67, microchip, esp] = votes;
    let mut notes = vec![match dialect == guessed {
        true => format!(
            "{} by its words: {st67} speak for the ST67, {microchip} for Microchip, {esp} for ESP-AT",
            dialect.name()
        ),
        false => format!("{}, as was asked for", dialect.name()),
    }];
    if dialect == Dialect::EspAt {
        notes.push("only words that ESP-AT shares with the ST67 are explained; chapters are those of the ST67's reference".to_owned());
    }
    let (host, module) = heard(log);
    if !host {
        notes.push(
            "nothing of the host is in this log: what replies belong to is not known".to_owned(),
        );
    }
    if !module {
        notes.push(
            "nothing of the module is in this log: whether commands were answered is not known"
                .to_owned(),
        );
    }
    if log.no_blank_lines && module {
        notes.push(
            "this log leaves empty lines out: payloads may seem to be short by them".to_owned(),
        );
    }
    notes
}

/// Whether host and module are in a log at all.
fn heard(log: &Log) -> (bool, bool) {
    let mut heard = (false, false);
    for entry in &log.entries {
        match entry.side {
            Side::Host => heard.0 = true,
            Side::Module => heard.1 = true,
            Side::Unknown if is_command(&entry.bytes) => heard.0 = true,
            Side::Unknown => heard.1 = true,
            Side::Remark => {}
        }
    }
    heard
}

fn is_command(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    text == "+++" || syntax::command(text).is_some()
}

impl Follower {
    fn new(log: &Log, dialect: Dialect) -> Self {
        let (host_heard, module_heard) = heard(log);
        Follower {
            dialect,
            format: log.format,
            no_blank_lines: log.no_blank_lines,
            host_heard,
            module_heard,
            items: Vec::new(),
            host: Half::default(),
            module: Half::default(),
            waiting: VecDeque::new(),
            latest: BTreeMap::new(),
            download: None,
            restart_due: false,
            behind: None,
            blank: false,
            several: None,
            pushed: None,
            running: false,
            secrets: Secrets::default(),
        }
    }

    fn entry(&mut self, entry: &Entry) {
        let side = match entry.side {
            Side::Unknown if self.uploading() || is_command(&entry.bytes) => Side::Host,
            Side::Unknown => Side::Module,
            side => side,
        };
        match side {
            Side::Host => self.host_entry(entry),
            Side::Module => self.module_entry(entry),
            _ => self.remark(entry),
        }
    }

    fn remark(&mut self, entry: &Entry) {
        let text = String::from_utf8_lossy(&entry.bytes).trim_end().to_owned();
        if text.is_empty() {
            return;
        }
        let piece = Piece {
            line: entry.line,
            at: entry.at,
            bytes: text.into_bytes(),
        };
        let index = self.item(&piece, Side::Remark, Kind::Remark);
        self.items[index].says = "not on the wire".to_owned();
    }

    /// A new item, with its text shown and its secrets hidden.
    fn item(&mut self, piece: &Piece, side: Side, kind: Kind) -> usize {
        let (text, clear) = self.shown(&piece.bytes);
        self.items.push(Item {
            line: piece.line,
            at: piece.at,
            side,
            kind,
            text,
            says: String::new(),
            details: Vec::new(),
            chapter: None,
            command: None,
            lane: None,
            change: None,
            marks: if clear {
                vec![Mark::Secret]
            } else {
                Vec::new()
            },
        });
        self.items.len() - 1
    }

    /// Bytes to be read by people; and whether a secret stood in them.
    fn shown(&mut self, bytes: &[u8]) -> (String, bool) {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_matches(['\r', '\n']);
        // A long run of zeros is what the log has left out.
        let whole = text.trim_end_matches('\0');
        let left_out = text.len() - whole.len() > 8 && !whole.is_empty();
        let (text, clear) = self.secrets.take(if left_out { whole } else { text });
        let (text, told) = crate::secret::in_payload(&text);
        let more = if left_out { " ..." } else { "" };
        (cut(&format!("{}{more}", escaped(&text))), clear || told)
    }

    /// The log is over: what still waits will wait for ever.
    fn end(&mut self) {
        self.settle_download();
        self.host_rest();
        self.module_rest();
        let waiting = std::mem::take(&mut self.waiting);
        for waiting in waiting {
            self.unanswered(waiting, "the log ends");
        }
    }

    fn unanswered(&mut self, mut waiting: Waiting, why: &str) {
        self.settle_upload(&mut waiting, None);
        if self.module_heard && !waiting.silent {
            self.items[waiting.item]
                .marks
                .push(Mark::NoReply(why.to_owned()));
        }
    }
}

/// Control characters in escapes.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' => shown.push_str("\\r"),
            '\n' => shown.push_str("\\n"),
            c if c.is_control() => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{} ...", &text[..at]),
        None => text.to_owned(),
    }
}
