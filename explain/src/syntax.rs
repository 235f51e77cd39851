//! A line, taken apart: name, form, values.

use std::ops::Range;

/// In which form a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `AT+X`
    Execute,
    /// `AT+X?`
    Query,
    /// `AT+X=1`
    Set,
    /// `AT+X=1?`
    QueryOf,
    /// `AT+X=?`
    Help,
}

impl Form {
    pub fn name(self) -> &'static str {
        match self {
            Form::Execute => "execute",
            Form::Query | Form::QueryOf => "query",
            Form::Set => "set",
            Form::Help => "help",
        }
    }
}

/// A value between commas.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Where it stands in the line, with quotes.
    pub place: Range<usize>,
    /// Without quotes.
    pub text: String,
    pub quoted: bool,
}

impl Value {
    /// A quote stands where none may be: the value may not end where it seems to.
    pub fn is_torn(&self) -> bool {
        let mut skip = false;
        self.text.chars().any(|c| {
            let stray = c == '"' && !skip;
            skip = c == '\\' && !skip;
            stray
        })
    }
}

/// A command, or a row of a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// Without `AT` and `+`, in capitals.
    pub name: String,
    pub form: Form,
    pub values: Vec<Value>,
    /// All quotes are closed, and none stands where it may not be.
    pub sound: bool,
}

impl Phrase {
    /// A number among the values.
    pub fn number(&self, index: usize) -> Option<u64> {
        self.values.get(index)?.text.trim().parse().ok()
    }
}

/// A host's line, if it is a command.
pub fn command(line: &str) -> Option<Phrase> {
    let prefix = line.get(..2)?;
    if !prefix.eq_ignore_ascii_case("AT") {
        return None;
    }
    let rest = &line[2..];
    if rest.is_empty() {
        return Some(bare("AT", Form::Execute));
    }
    let Some(body) = rest.strip_prefix('+') else {
        return short(rest);
    };
    let end = body.find(['=', '?', '/']).unwrap_or(body.len());
    let name = body[..end].trim().to_ascii_uppercase();
    if name.is_empty()
        || !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    {
        return None;
    }
    let tail = &body[end..];
    Some(match tail {
        "" => bare(&name, Form::Execute),
        "?" => bare(&name, Form::Query),
        "=?" | "/?" => bare(&name, Form::Help),
        _ => {
            let asks = tail.ends_with('?') && !tail.ends_with("\"?\"");
            let end = line.len() - usize::from(asks);
            let (values, sound) = values(&line[..end], line.len() - tail.len() + 1);
            let form = if asks { Form::QueryOf } else { Form::Set };
            Phrase {
                name,
                form,
                values,
                sound,
            }
        }
    })
}

/// `ATE0` and `ATV5`.
fn short(rest: &str) -> Option<Phrase> {
    let name = rest.get(..1)?.to_ascii_uppercase();
    let digits = &rest[1..];
    if !matches!(name.as_str(), "E" | "V") || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value = Value {
        place: 3..3 + digits.len(),
        text: digits.to_owned(),
        quoted: false,
    };
    let values = if digits.is_empty() {
        Vec::new()
    } else {
        vec![value]
    };
    Some(Phrase {
        values,
        ..bare(&name, Form::Execute)
    })
}

fn bare(name: &str, form: Form) -> Phrase {
    Phrase {
        name: name.to_owned(),
        form,
        values: Vec::new(),
        sound: true,
    }
}

/// A module's line, if it has a name: `+X:1,2`, `+X=1`, `+CW:ERROR,12`, `+CIP:0,CONNECTED`.
pub fn row(line: &str) -> Option<Phrase> {
    let body = line.strip_prefix('+').or_else(|| {
        // The one dump that has no sign.
        line.starts_with("WSTAC:").then_some(line)
    })?;
    let offset = line.len() - body.len();
    let mut end = body
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
        .unwrap_or(body.len());
    if end == 0 {
        return None;
    }
    // Some names are in two parts; the second is a word.
    for family in ["CW:", "MQTT:", "BLE:"] {
        if let Some(rest) = body.strip_prefix(family) {
            let word = rest.find(|c: char| !(c.is_ascii_uppercase() || c == '_'));
            end = family.len() + word.unwrap_or(rest.len());
        }
    }
    let name = body[..end].to_ascii_uppercase();
    let start = (offset + end + 1).min(line.len());
    let (values, sound) = match line.is_char_boundary(start) && start < line.len() {
        true => values(line, start),
        false => (Vec::new(), true),
    };
    Some(Phrase {
        name,
        form: Form::Set,
        values,
        sound,
    })
}

/// The values of a line from a place on; and whether all that was opened was closed.
fn values(line: &str, from: usize) -> (Vec<Value>, bool) {
    let mut found = Vec::new();
    let mut start = from;
    let mut quoted = false;
    let mut skip = false;
    for (at, c) in line.char_indices().filter(|&(at, _)| at >= from) {
        match c {
            _ if skip => skip = false,
            '\\' if quoted => skip = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                found.push(value(line, start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(value(line, start.min(line.len())..line.len()));
    let sound = !quoted && !found.iter().any(Value::is_torn);
    (found, sound)
}

fn value(line: &str, place: Range<usize>) -> Value {
    let text = line[place.clone()].trim();
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    Value {
        place,
        quoted: inner.is_some(),
        text: inner.unwrap_or(text).to_owned(),
    }
}
