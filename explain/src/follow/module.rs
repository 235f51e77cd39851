//! What the module says: replies, rows, events, prompts, and that it has restarted.

use super::{Download, Follower, Waiting};
use crate::entry::{Entry, Format, Side};
use crate::stream::{self, Piece};
use crate::syntax::{self, Phrase};
use crate::told::{Change, Kind, Lane, Mark};
use crate::vocabulary::{self, Dialect, Word};

/// Rows that may come behind the end of their command.
const LATE: &[&str] = &[
    "CWLAP",
    "PING",
    "CIPSENDL",
    "BLESCAN",
    "BLE:SCAN",
    "CWJAP",
    "WPS",
    "SOCKTLS",
    "DNSRESOLV",
    "MQTTCONN",
    "MQTTSUB",
    "MQTTUNSUB",
    "MQTTPUB",
    "WSTA",
    "WAP",
    "WPROV",
    "TIME",
    "SOCKCL",
    "LOADCERT",
    "CWMONITOR",
    "IPERF",
];

/// Which command an event or a row of another name belongs to.
const BELONGS: &[(&str, &[&str])] = &[
    ("CIPSTATUS", &["CIPSTATE"]),
    ("CW:CONNECTING", &["CWJAP"]),
    ("CW:CONNECTED", &["CWJAP"]),
    ("CW:GOTIP", &["CWJAP"]),
    ("CW:ERROR", &["CWJAP", "CWQAP"]),
    ("CW:DISCONNECTED", &["CWQAP"]),
    ("CW:SCAN_DONE", &["CWLAP"]),
    ("WSTALU", &["WSTA"]),
    ("WSTAAIP", &["WSTA"]),
    ("WSTALD", &["WSTA"]),
    ("WSCNIND", &["WSCNA", "WSCNP"]),
    ("WSCNDONE", &["WSCNA", "WSCNP"]),
    ("SOCKIND", &["SOCKBR", "SOCKBL"]),
    ("SOCKERR", &["SOCKBR", "SOCKTLS"]),
    ("SOCKRXU", &["SOCKRD"]),
    ("MQTT:CONNECTED", &["MQTTCONN"]),
    ("MQTT:DISCONNECTED", &["MQTTCLEAN"]),
    ("MQTTCONNACK", &["MQTTCONN"]),
    ("MQTTPUBACC", &["MQTTPUB"]),
    ("MQTTPUBERR", &["MQTTPUB"]),
    ("BLE:SCAN", &["BLESCAN"]),
];

impl Follower {
    pub(super) fn module_entry(&mut self, entry: &Entry) {
        if self.is_left_out(&entry.bytes) {
            self.settle_download();
        }
        self.module.push(entry);
        while self.module_unit() {}
    }

    pub(super) fn module_unit(&mut self) -> bool {
        if self.download.is_some() {
            return !self.module.bytes().is_empty() && self.module_payload();
        }
        if let Some(index) = self.behind {
            return self.behind_payload(index);
        }
        let bytes = self.module.bytes();
        match bytes.first() {
            None => return false,
            Some(b'\n' | b'\r') => {
                self.blank |= bytes[0] == b'\n';
                self.module.take(1);
                return true;
            }
            Some(b'>') => return self.prompt(),
            Some(b'#') if self.wants_hash() => return self.prompt(),
            Some(_) => {}
        }
        match stream::head(bytes, self.several, self.pushed == Some(true)) {
            None => false,
            Some(Some(head)) => {
                let piece = self.module.take(head.head);
                self.announced(&piece, head.data);
                true
            }
            Some(None) => match self.module.line() {
                Some(length) => {
                    let piece = self.module.take(length);
                    self.module_line(&piece);
                    self.blank = false;
                    true
                }
                None => false,
            },
        }
    }

    /// What is left when the log is over.
    pub(super) fn module_rest(&mut self) {
        let rest = self.module.bytes().len();
        if rest > 0 {
            let piece = self.module.take(rest);
            self.behind = None;
            self.module_line(&piece);
        }
    }

    fn wants_hash(&self) -> bool {
        self.awaits_prompt().is_some()
    }

    fn awaits_prompt(&self) -> Option<usize> {
        self.waiting.iter().position(|waiting| {
            waiting
                .upload
                .as_ref()
                .is_some_and(|upload| !upload.prompted)
        })
    }

    fn prompt(&mut self) -> bool {
        let piece = self.module.take(1);
        let awaits = self.awaits_prompt();
        let index = self.item(&piece, Side::Module, Kind::Prompt);
        match awaits {
            Some(at) => {
                if let Some(upload) = &mut self.waiting[at].upload {
                    upload.prompted = true;
                }
                self.items[index].says = "the payload may come".to_owned();
                self.items[index].command = Some(self.waiting[at].item);
                self.items[index].lane = self.waiting[at].lane.clone();
                // It may stand before the prompt in the log.
                while self.host_unit() {}
            }
            None if self.dialect == Dialect::Microchip => {
                self.items[index].says = "ready for a command".to_owned();
            }
            None => {
                self.items[index].says = "asks for a payload".to_owned();
                self.blame(index);
            }
        }
        true
    }

    /// A reply that nobody has asked for, if somebody could be seen asking.
    fn blame(&mut self, index: usize) {
        if self.host_heard {
            self.items[index].marks.push(Mark::NoCommand);
        }
    }

    /// The head of a line that has data of a known length in it.
    fn announced(&mut self, piece: &Piece, length: usize) {
        let index = self.item(piece, Side::Module, Kind::Row);
        let text = String::from_utf8_lossy(&piece.bytes).into_owned();
        let text = text.trim_end_matches(['#', '\r', '\n', ',', ':']);
        let mut name = String::new();
        if let Some(phrase) = syntax::row(text) {
            self.named(index, &phrase);
            name = phrase.name;
        }
        let item = &self.items[index];
        let command = item.command;
        let lane = item
            .lane
            .clone()
            .or_else(|| command.and_then(|command| self.items[command].lane.clone()));
        self.download = Some(Download {
            length,
            piece: None,
            command,
            lane,
            hidden: name == "FS",
            masked: false,
        });
        if length == 0 {
            self.download = None;
        }
    }

    fn module_line(&mut self, piece: &Piece) {
        let text = String::from_utf8_lossy(&piece.bytes).into_owned();
        let text = text.trim_matches(['\r', '\n']);
        if text.is_empty() {
            return;
        }
        if syntax::command(text).is_some() && !text.eq_ignore_ascii_case("AT+") {
            let index = self.item(piece, Side::Module, Kind::Echo);
            self.items[index].says = "the module repeats the command".to_owned();
            return;
        }
        let is_end = matches!(
            text,
            "OK" | "ERROR" | "FAIL" | "SEND OK" | "SEND FAIL" | "SEND CANCELLED"
        );
        if is_end || text.starts_with("ERROR:") {
            return self.ended(piece, text);
        }
        if text == "ready" || text.starts_with("+BOOT:") {
            return self.restarted(piece, "the module has started");
        }
        if self.spoken(piece, text) {
            return;
        }
        match syntax::row(text) {
            Some(phrase) => {
                let index = self.item(piece, Side::Module, Kind::Row);
                self.named(index, &phrase);
            }
            None => self.nameless(piece),
        }
    }

    fn nameless(&mut self, piece: &Piece) {
        let waiting = self
            .waiting
            .iter()
            .find(|waiting| !waiting.silent)
            .map(|waiting| waiting.item);
        let kind = if waiting.is_some() {
            Kind::Row
        } else {
            Kind::Unknown
        };
        let index = self.item(piece, Side::Module, kind);
        self.items[index].command = waiting;
        self.items[index].says = match waiting {
            Some(_) => "a line of the answer".to_owned(),
            None => "not known".to_owned(),
        };
    }

    /// Lines that are words and no names.
    fn spoken(&mut self, piece: &Piece, text: &str) -> bool {
        if text.starts_with("busy ") {
            let index = self.item(piece, Side::Module, Kind::Reply);
            self.items[index].says = "the module is busy".to_owned();
            self.items[index].command = self.waiting.front().map(|waiting| waiting.item);
            self.items[index].marks.push(Mark::Busy);
            let lost: Vec<Waiting> = self.waiting.drain(1.min(self.waiting.len())..).collect();
            for waiting in lost {
                self.unanswered(waiting, "the module was busy and has dropped it");
            }
            return true;
        }
        if let Some(code) = text.strip_prefix("ERR CODE:") {
            let index = self.item(piece, Side::Module, Kind::Row);
            self.code(index, code.trim());
            return true;
        }
        let received = text
            .strip_prefix("Recv ")
            .and_then(|text| text.strip_suffix(" bytes"));
        if let Some(count) = received.and_then(|count| count.parse().ok()) {
            self.received(piece, count);
            return true;
        }
        self.without_name(piece, text)
    }

    /// `0x01ssxxxx`: what was wrong with the command.
    fn code(&mut self, index: usize, code: &str) {
        let sub = code
            .get(4..6)
            .map(|sub| format!("0x{}", sub.to_ascii_lowercase()));
        let meaning =
            sub.and_then(|sub| vocabulary::meaning(Dialect::St67, "ERR CODE", "sub", &sub));
        let command = self.waiting.front().map(|waiting| waiting.item);
        let item = &mut self.items[index];
        item.says = format!(
            "why the command fails: {}",
            meaning.unwrap_or("a code that is not known")
        );
        item.chapter = Some("2.2.9".to_owned());
        item.command = command;
        if let Some((need, given)) = code.get(4..10).and_then(|code| {
            let code = u32::from_str_radix(code, 16).ok()?;
            (code >> 16 == 6).then_some(((code >> 8) & 0xff, code & 0xff))
        }) {
            item.details
                .push(format!("{need} parameters are needed, {given} were given"));
        }
    }

    fn received(&mut self, piece: &Piece, count: usize) {
        let index = self.item(piece, Side::Module, Kind::Row);
        self.items[index].says = format!("the module has taken {count} bytes");
        let Some(at) = self
            .waiting
            .iter()
            .position(|waiting| waiting.upload.is_some())
        else {
            return self.blame(index);
        };
        let Some(mut waiting) = self.waiting.remove(at) else {
            return;
        };
        self.items[index].command = Some(waiting.item);
        self.items[index].lane = waiting.lane.clone();
        self.settle_upload(&mut waiting, Some(count));
        self.waiting.insert(at, waiting);
    }

    /// Events of ESP-AT, and of the ST67's reference, that have no name.
    fn without_name(&mut self, piece: &Piece, text: &str) -> bool {
        if self.dialect == Dialect::Microchip
            || self.dialect == Dialect::St67 && !text.ends_with("CLOSED")
        {
            return false;
        }
        let (link, word) = text.split_once(',').unwrap_or(("0", text));
        let link = Some(Lane::Link(link.to_owned())).filter(|_| link.len() == 1);
        let (says, lane, change) = match (word, text) {
            (_, "WIFI CONNECTED") => ("the station is associated", Some(Lane::Station), None),
            (_, "WIFI GOT IP") => (
                "the station has an address",
                Some(Lane::Station),
                Some(Change::Up),
            ),
            (_, "WIFI DISCONNECT") => (
                "the station is no longer joined",
                Some(Lane::Station),
                Some(Change::Down),
            ),
            ("CONNECT", _) => ("a link is open", link, Some(Change::Up)),
            ("CLOSED", _) => ("a link is closed", link, Some(Change::Down)),
            ("CONNECT FAIL", _) => ("a link could not be opened", link, Some(Change::Down)),
            (_, "ALREADY CONNECTED") => ("the link is open already", link, None),
            _ => return false,
        };
        let index = self.item(piece, Side::Module, Kind::Event);
        let item = &mut self.items[index];
        item.says = says.to_owned();
        (item.lane, item.change) = (lane, change);
        if self.dialect == Dialect::St67 {
            item.chapter = Some("4.1.11".to_owned());
        }
        true
    }

    /// The module has restarted: everything that waits will wait for ever.
    fn restarted(&mut self, piece: &Piece, says: &str) {
        let due = std::mem::take(&mut self.restart_due)
            || self.waiting.iter().any(|waiting| waiting.restarts);
        for waiting in std::mem::take(&mut self.waiting) {
            // Over an SPI, a command may cross the word of a module that starts.
            let crosses = !self.running
                && waiting
                    .at
                    .zip(piece.at)
                    .is_some_and(|(then, now)| now - then < 0.01);
            if crosses {
                self.waiting.push_back(waiting);
            } else if !waiting.restarts {
                self.unanswered(
                    waiting,
                    if self.running {
                        "the module restarted"
                    } else {
                        "the module had not started"
                    },
                );
            }
        }
        let index = self.item(piece, Side::Module, Kind::Event);
        let item = &mut self.items[index];
        item.says = says.to_owned();
        item.change = Some(Change::Down);
        if self.running && !due {
            item.marks.push(Mark::Restart);
        }
        self.running = true;
        (self.several, self.pushed) = (None, None);
        self.download = None;
    }

    /// The end of a command.
    fn ended(&mut self, piece: &Piece, text: &str) {
        let good = matches!(text, "OK" | "SEND OK");
        if text == "OK" && self.is_boot() {
            return self.restarted(piece, "the module has started, which it says with an OK");
        }
        self.running = true;
        let index = self.item(piece, Side::Module, Kind::Reply);
        self.items[index].says = if good { "done" } else { "failed" }.to_owned();
        if let Some(code) = text.strip_prefix("ERROR:") {
            self.error_code(index, code);
        }
        // Lines that are no commands are only refused.
        while good
            && self
                .waiting
                .front()
                .is_some_and(|waiting| waiting.phrase.is_none())
        {
            self.waiting.pop_front();
        }
        let Some(mut waiting) = self.waiting.pop_front() else {
            return self.blame(index);
        };
        self.items[index].command = Some(waiting.item);
        self.items[index].lane = waiting.lane.clone();
        let asks = waiting
            .upload
            .as_ref()
            .is_some_and(|upload| !upload.prompted);
        if text == "OK" && asks && self.dialect != Dialect::Microchip {
            self.items[index].says = "accepted".to_owned();
            return self.waiting.push_front(waiting);
        }
        self.settle_upload(&mut waiting, None);
        self.restart_due |= waiting.restarts && good;
        if waiting.upload.is_some() && good {
            self.items[index].says = "the payload was taken".to_owned();
        }
    }

    fn error_code(&mut self, index: usize, code: &str) {
        let digits = code.split(',').next().unwrap_or_default().trim();
        let meaning = vocabulary::meaning(Dialect::Microchip, "ERROR", "code", digits);
        self.items[index].says =
            format!("failed: {}", meaning.unwrap_or("a code that is not known"));
        self.items[index].chapter = Some("2".to_owned());
    }

    /// The Microchip firmware says that it has started with an empty line and an `OK`.
    fn is_boot(&self) -> bool {
        if self.dialect != Dialect::Microchip {
            return false;
        }
        let front = self.waiting.front();
        let restarts = self.waiting.iter().any(|waiting| waiting.restarts);
        let takes_payload = self.waiting.iter().any(|waiting| waiting.upload.is_some());
        let data = self
            .items
            .iter()
            .rev()
            .find(|item| item.side == Side::Module)
            .is_some_and(|item| item.kind == Kind::Download);
        let told_apart = self.blank && !data && self.format != Format::Lines && !takes_payload;
        restarts || self.restart_due || told_apart || (front.is_none() && !self.running)
    }

    /// A row with a name: of an answer, or an event.
    fn named(&mut self, index: usize, phrase: &Phrase) {
        self.describe(index, phrase, false);
        self.running = true;
        let name = phrase.name.as_str();
        let owners = BELONGS
            .iter()
            .find(|(event, _)| *event == name)
            .map_or(&[][..], |(_, owners)| owners);
        let is_owner = |own: &str| own == name || owners.contains(&own);
        let word = vocabulary::word(self.dialect, name);
        let event = word.is_some_and(Word::is_event);
        let found = self.waiting.iter().position(|waiting| {
            waiting
                .phrase
                .as_ref()
                .is_some_and(|phrase| is_owner(&phrase.name))
        });
        match found {
            Some(at) => {
                self.items[index].command = Some(self.waiting[at].item);
                self.items[index].kind = if event { Kind::Event } else { Kind::Row };
                if !event {
                    self.answered_before(at);
                }
            }
            None if event || LATE.contains(&name) => {
                self.items[index].kind = Kind::Event;
                let latest = owners
                    .iter()
                    .chain([&name])
                    .filter_map(|owner| self.latest.get(*owner));
                self.items[index].command = latest.max().copied();
            }
            None if word.is_some() => self.blame(index),
            None => self.items[index].kind = Kind::Unknown,
        }
        self.special(index, phrase);
    }

    /// A later command is being answered: those before it never will be.
    fn answered_before(&mut self, at: usize) {
        let earlier: Vec<Waiting> = self.waiting.drain(..at).collect();
        for waiting in earlier {
            self.unanswered(waiting, "a later one was answered");
        }
    }

    /// Rows that begin or end something.
    fn special(&mut self, index: usize, phrase: &Phrase) {
        let value = |at: usize| {
            phrase
                .values
                .get(at)
                .map_or("", |value| value.text.as_str())
        };
        match phrase.name.as_str() {
            "SOCKRD" | "MQTTPUB" => {
                let (length, data) = if phrase.name == "SOCKRD" {
                    (1, 2)
                } else {
                    (2, 3)
                };
                if let (Some(length), Some(data), true) = (
                    phrase.number(length),
                    phrase.values.get(data),
                    data + 1 == phrase.values.len(),
                ) {
                    let mark = super::payload::wrong_length(length, data);
                    self.items[index].marks.extend(mark);
                }
            }
            "LOADCERT" => {
                let of = |waiting: &Waiting| {
                    waiting
                        .phrase
                        .as_ref()
                        .is_some_and(|phrase| phrase.name == "LOADCERT")
                };
                if self.waiting.front().is_some_and(of) {
                    if let Some(mut waiting) = self.waiting.pop_front() {
                        self.settle_upload(&mut waiting, None);
                    }
                }
            }
            "CIP" => {
                let up = self.items[index].change == Some(Change::Up);
                self.items[index].says = if up {
                    "a link is open"
                } else {
                    "a link is closed"
                }
                .to_owned();
                let owner = if up { "CIPSTART" } else { "CIPCLOSE" };
                self.items[index].command = self.latest.get(owner).copied();
            }
            _ => {}
        }
        if let Some(code) = value(0).strip_prefix("ERROR:") {
            self.error_code(index, code);
        }
    }
}
