//! What a line means: chapter, values, lane.

use super::Follower;
use crate::syntax::{Form, Phrase};
use crate::told::{Change, Lane};
use crate::vocabulary::{self, Dialect, Word};

impl Follower {
    /// Says what a command, a row or an event is.
    pub(super) fn describe(&mut self, index: usize, phrase: &Phrase, command: bool) {
        let word = vocabulary::word(self.dialect, &phrase.name);
        let Some(word) = word else {
            self.items[index].says =
                format!("{} is in no vocabulary that applies here", phrase.name);
            self.items[index].lane = lane(self.dialect, phrase, &[]);
            return;
        };
        let shift = command && self.names_link(word, phrase);
        let mut names = if command {
            word.arguments()
        } else {
            word.row()
        };
        if shift {
            names.insert(0, "link");
        }
        if let Some(fitting) = self.other_names(phrase, command) {
            names = fitting;
        }
        let details = details(self.dialect, phrase, &names);
        let item = &mut self.items[index];
        item.says = match (command, phrase.form) {
            (true, form) => format!("{} ({})", word.meaning, form.name()),
            (false, _) => word.meaning.to_owned(),
        };
        item.chapter = Some(word.chapter.to_owned());
        item.details = details;
        item.lane = lane(self.dialect, phrase, &names);
        if !command {
            item.change = change(phrase);
        }
    }

    /// Rows whose values depend on the settings.
    fn other_names(&self, phrase: &Phrase, command: bool) -> Option<Vec<&'static str>> {
        match (phrase.name.as_str(), phrase.values.len()) {
            ("IPD", 1) => Some(vec!["length"]),
            ("IPD", 3) => Some(vec!["length", "remote", "remote_port"]),
            ("CIP", 1) => Some(vec!["what"]),
            ("TLSC", 2) if command => Some(vec!["configuration", "field"]),
            ("BLE:GATTREAD", 4) => Some(vec!["connection", "service", "characteristic", "length"]),
            ("BLE:NOTIDATA", 4) => Some(vec!["connection", "value_handle", "length", "data"]),
            _ => None,
        }
    }

    /// Whether the first value is a link.
    pub(super) fn names_link(&self, word: &Word, phrase: &Phrase) -> bool {
        let Some(first) = phrase.values.first().filter(|_| word.has_link()) else {
            return false;
        };
        let id = !first.quoted
            && first.text.len() == 1
            && first.text.bytes().all(|b| b.is_ascii_digit());
        if let Some(several) = self.several {
            return several && id;
        }
        let host_behind = phrase.values.get(1).is_some_and(|value| value.quoted) && word.uploads();
        id && !host_behind
            && (phrase.values.len() > 1
                || phrase.name == "CIPCLOSE"
                || phrase.form == Form::QueryOf)
    }
}

fn details(dialect: Dialect, phrase: &Phrase, names: &[&str]) -> Vec<String> {
    let secret = names.iter().any(|name| name.starts_with('*')) || is_secret_field(phrase, "value");
    if secret && !phrase.sound {
        return vec!["the quotes do not fit, and a secret may be anywhere".to_owned()];
    }
    // Behind the last argument, the last list of values goes on.
    let values = phrase.values.iter().zip(
        names
            .iter()
            .copied()
            .map(Some)
            .chain(std::iter::repeat(None)),
    );
    let shown = values.filter(|(value, _)| !value.text.is_empty());
    let described = shown.map(|(value, name)| {
        let Some(name) = name else {
            let text = if secret {
                crate::secret::MASK.to_owned()
            } else {
                clipped(&value.text)
            };
            return format!("{text} (not known)");
        };
        if let Some(secret) = name.strip_prefix('*') {
            return format!("{secret} = {}", crate::secret::MASK);
        }
        let text = match (is_secret_field(phrase, name), name) {
            (true, _) => crate::secret::MASK.to_owned(),
            _ => clipped(&value.text),
        };
        match vocabulary::meaning(dialect, &phrase.name, name, &value.text) {
            Some(meaning) => format!("{name} = {text} ({meaning})"),
            None => format!("{name} = {text}"),
        }
    });
    described.take(40).collect()
}

/// Settings by number have their password under one of them.
fn is_secret_field(phrase: &Phrase, name: &str) -> bool {
    let (at, field) = match phrase.name.as_str() {
        "WSTAC" | "WAPC" | "WPROVC" => (0, 3),
        "MQTTC" => (0, 5),
        // A command has the configuration first, a row has not.
        "TLSC" if phrase.values.len() > 2 => (1, 4),
        "TLSC" => (0, 4),
        _ => return false,
    };
    name == "value" && phrase.number(at) == Some(field)
}

fn clipped(text: &str) -> String {
    let text = super::escaped(text);
    match text.char_indices().nth(48) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

/// Where it happens.
fn lane(dialect: Dialect, phrase: &Phrase, names: &[&str]) -> Option<Lane> {
    let place = names
        .iter()
        .position(|name| matches!(*name, "link" | "socket"));
    if let Some(value) = place.and_then(|at| phrase.values.get(at)) {
        let sound = !value.text.is_empty()
            && value.text.len() <= 10
            && value.text.bytes().all(|b| b.is_ascii_digit());
        return sound.then(|| Lane::Link(value.text.clone()));
    }
    let name = phrase.name.as_str();
    let is = |families: &[&str]| families.iter().any(|family| name.starts_with(family));
    match () {
        () if is(&["MQTT"]) => Some(Lane::Mqtt),
        () if is(&["BLE"]) => Some(Lane::Bluetooth),
        () if is(&["CWLAPOPT", "CWNETMODE", "CWEVT"]) => None,
        () if is(&["CW", "WSTA", "WAP", "WSCN", "WPROV"]) => Some(Lane::Station),
        () if matches!(name, "CIPSTA" | "CIPAP" | "WPS") => Some(Lane::Station),
        // With one link, it has no number.
        () if matches!(
            name,
            "CIP"
                | "CIPSTART"
                | "CIPSEND"
                | "CIPCLOSE"
                | "CIPRECVDATA"
                | "IPD"
                | "CIPSENDEX"
                | "CIPSENDL"
        ) && dialect != Dialect::Microchip =>
        {
            Some(Lane::Link("0".to_owned()))
        }
        () => None,
    }
}

/// What begins or ends.
fn change(phrase: &Phrase) -> Option<Change> {
    let says = |text: &str| phrase.values.iter().any(|value| value.text == text);
    match phrase.name.as_str() {
        "CIP" if says("CONNECTED") => Some(Change::Up),
        "CIP" if says("DISCONNECTED") => Some(Change::Down),
        "CW:GOTIP" | "WSTALU" | "SOCKIND" | "LINK_CONN" | "MQTT:CONNECTED" | "BLE:CONNECTED" => {
            Some(Change::Up)
        }
        "MQTTCONN" if says("1") => Some(Change::Up),
        "MQTTCONN" => Some(Change::Down),
        "CW:DISCONNECTED" | "WSTALD" | "SOCKCL" | "SOCKERR" | "MQTT:DISCONNECTED"
        | "BLE:DISCONNECTED" => Some(Change::Down),
        _ => None,
    }
}
