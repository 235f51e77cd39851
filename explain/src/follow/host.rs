//! What the host says: commands, payloads, the way out of data mode.

use super::{Follower, GIVEN_UP, Upload, Waiting};
use crate::entry::{Entry, Format, Side};
use crate::stream::Piece;
use crate::syntax::{self, Form, Phrase};
use crate::told::Kind;
use crate::vocabulary::{self, Dialect, Word};

impl Follower {
    pub(super) fn host_entry(&mut self, entry: &Entry) {
        if is_line(&entry.bytes) {
            self.settle_download();
        }
        self.masked_upload(entry);
        self.host.push(entry);
        while self.host_unit() {}
    }

    pub(super) fn host_unit(&mut self) -> bool {
        let bytes = self.host.bytes();
        if bytes.is_empty() {
            return false;
        }
        if self.uploading() {
            return self.host_payload();
        }
        if bytes == b"+++" {
            let piece = self.host.take(3);
            let index = self.item(&piece, Side::Host, Kind::Command);
            self.items[index].says =
                "leaves data mode, if the line is idle before and after".to_owned();
            return true;
        }
        let zeros = bytes.iter().take_while(|&&b| b == 0).count();
        if zeros > 0 {
            self.filler(zeros);
            return true;
        }
        match self.host.line() {
            Some(length) => {
                let piece = self.host.take(length);
                self.host_line(&piece);
                true
            }
            None => false,
        }
    }

    /// Zeros, which a host may send to fill up a payload that is owed.
    fn filler(&mut self, count: usize) {
        let piece = self.host.take(count);
        const SAYS: &str = "zeros: a payload that may be owed is filled up";
        if self.items.last().is_some_and(|item| item.says == SAYS) {
            return;
        }
        let index = self.item(
            &Piece {
                bytes: b"\0".to_vec(),
                ..piece
            },
            Side::Host,
            Kind::Unknown,
        );
        self.items[index].says = SAYS.to_owned();
        self.waits_for_nothing(index, piece.at);
    }

    /// Firmware may refuse what is no command, or say nothing.
    fn waits_for_nothing(&mut self, item: usize, at: Option<f64>) {
        self.waiting.push_back(Waiting {
            item,
            phrase: None,
            at,
            upload: None,
            lane: None,
            silent: true,
            restarts: false,
        });
    }

    /// What is left when the log is over.
    pub(super) fn host_rest(&mut self) {
        let rest = self.host.bytes().len();
        if rest > 0 {
            let piece = self.host.take(rest);
            let index = self.item(&piece, Side::Host, Kind::Unknown);
            self.items[index].says = "a line without an end".to_owned();
        }
    }

    fn host_line(&mut self, piece: &Piece) {
        let text = String::from_utf8_lossy(&piece.bytes);
        let text = text.trim_end_matches(['\r', '\n']);
        match syntax::command(text) {
            Some(phrase) => {
                self.give_up(piece.at);
                self.command(piece, phrase);
            }
            None if text.is_empty()
                && (self.dialect == Dialect::Microchip || self.format == Format::Lines) => {}
            None => {
                let index = self.item(piece, Side::Host, Kind::Unknown);
                self.items[index].says = match text.is_empty() {
                    true => "an empty line, which firmware answers with ERROR".to_owned(),
                    false => "no command".to_owned(),
                };
                self.waits_for_nothing(index, piece.at);
            }
        }
    }

    /// A host that goes on no longer waits for what it was owed, unless it is quick and queues.
    fn give_up(&mut self, now: Option<f64>) {
        let waiting = std::mem::take(&mut self.waiting);
        for waiting in waiting {
            let queues = match (waiting.at, now) {
                (Some(then), Some(now)) => now - then < GIVEN_UP,
                _ => false,
            };
            if queues {
                self.waiting.push_back(waiting);
            } else if waiting.restarts {
                self.restart_due = true;
            } else {
                self.unanswered(waiting, "the host went on without it");
            }
        }
    }

    fn command(&mut self, piece: &Piece, phrase: Phrase) {
        let index = self.item(piece, Side::Host, Kind::Command);
        let word = vocabulary::word(self.dialect, &phrase.name);
        self.set_modes(&phrase);
        self.describe(index, &phrase, true);
        if let Some(wrong) = word.and_then(|word| wrong_text_length(word, &phrase)) {
            self.items[index].marks.push(wrong);
        }
        let upload = word.and_then(|word| self.upload_of(word, &phrase));
        self.latest.insert(phrase.name.clone(), index);
        self.waiting.push_back(Waiting {
            item: index,
            at: piece.at,
            upload,
            lane: self.items[index].lane.clone(),
            silent: word.is_some_and(Word::may_be_silent),
            restarts: word.is_some_and(Word::restarts),
            phrase: Some(phrase),
        });
    }

    fn set_modes(&mut self, phrase: &Phrase) {
        match (phrase.name.as_str(), phrase.number(0)) {
            ("CIPMUX", Some(several)) => self.several = Some(several == 1),
            ("CIPRECVMODE", Some(mode)) => self.pushed = Some(mode == 0),
            _ => {}
        }
    }

    /// The payload that a command announces.
    fn upload_of(&self, word: &Word, phrase: &Phrase) -> Option<Upload> {
        if !word.uploads() || matches!(phrase.form, Form::Query | Form::QueryOf | Form::Help) {
            return None;
        }
        if phrase.name == "FS" && phrase.number(1) != Some(2) {
            return None;
        }
        let arguments = word.arguments();
        let shift = usize::from(self.names_link(word, phrase));
        let place = |name| {
            arguments
                .iter()
                .position(|own| *own == name)
                .map(|at| at + shift)
        };
        if place("data").is_some_and(|data| phrase.values.len() > data) {
            return None;
        }
        let length = match phrase.values.is_empty() {
            true => 0,
            false => usize::try_from(phrase.number(place("length")?)?).ok()?,
        };
        Some(Upload {
            length: (length > 0).then_some(length),
            prompted: false,
            secret: word.uploads_secret() || matches!(word.name, "FS" | "LOADCERT"),
            piece: None,
            masked: false,
            item: None,
        })
    }
}

/// A command, as far as can be seen.
fn is_line(bytes: &[u8]) -> bool {
    bytes.len() > 2 && bytes[..2].eq_ignore_ascii_case(b"AT")
}

/// Data in the command itself must be as long as it says.
fn wrong_text_length(word: &Word, phrase: &Phrase) -> Option<crate::told::Mark> {
    if !matches!(word.name, "SOCKWR" | "SOCKWRTO") {
        return None;
    }
    let arguments = word.arguments();
    let data = arguments.iter().position(|name| *name == "data")?;
    let length = phrase.number(data - 1)?;
    let [value] = phrase.values.get(data..)? else {
        return None;
    };
    super::payload::wrong_length(length, value)
}
