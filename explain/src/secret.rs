//! Keys and passwords: found, remembered, and never shown.

use crate::syntax::{self, Phrase, Value};
use crate::vocabulary::{self, Word};

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// A shorter secret is only hidden where it stands, since it would hide half of everything else.
const SHORTEST: usize = 4;

/// In a payload, what comes behind one of these is hidden up to the end of the line.
const TELLTALES: &[&str] = &[
    "authorization:",
    "password=",
    "passwd=",
    "token=",
    "api-key:",
    "cookie:",
];

/// Secrets that were seen in clear.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Hides the secrets of a line where they stand, and remembers them; says whether one was in clear.
    pub fn take(&mut self, line: &str) -> (String, bool) {
        let Some(start) = place(line) else {
            return (line.to_owned(), false);
        };
        let hidden = &line[start.clone()];
        let bare = hidden.trim().trim_matches('"').trim_matches(['[', ']']);
        let clear = !bare.is_empty() && !bare.trim_matches('*').is_empty();
        if clear {
            self.remember(bare);
            bare.split('"').for_each(|part| self.remember(part));
            self.remember(&unescape(bare));
            if let Some(text) = from_hex(bare) {
                self.remember(&text);
            }
        }
        let shown = match bare.is_empty() {
            true => hidden.to_owned(),
            false => format!("\"{MASK}\""),
        };
        (
            format!("{}{shown}{}", &line[..start.start], &line[start.end..]),
            clear,
        )
    }

    /// Remembers a secret, to be hidden wherever it stands.
    pub fn remember(&mut self, secret: &str) {
        if secret.len() >= SHORTEST && !self.0.iter().any(|known| known == secret) {
            self.0.push(secret.to_owned());
            // The longest first, that none shows a part of another.
            self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    /// Hides what has been remembered, in clear, in escapes and in hex.
    pub fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            for form in forms(secret) {
                if text.contains(&form) {
                    text = text.replace(&form, MASK);
                }
            }
        }
        text
    }
}

fn forms(secret: &str) -> [String; 5] {
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    let quoted: String = secret
        .chars()
        .flat_map(|c| {
            matches!(c, ',' | '"' | '\\')
                .then_some('\\')
                .into_iter()
                .chain([c])
        })
        .collect();
    let shown = secret.escape_default().to_string();
    [
        secret.to_owned(),
        quoted,
        shown,
        hex.to_ascii_uppercase(),
        hex,
    ]
}

fn unescape(text: &str) -> String {
    let mut skip = false;
    text.chars()
        .filter(|&c| {
            skip = c == '\\' && !skip;
            !skip
        })
        .collect()
}

fn from_hex(text: &str) -> Option<String> {
    if text.len() < 2 * SHORTEST || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let pairs = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16));
    String::from_utf8(pairs.collect::<Result<_, _>>().ok()?).ok()
}

/// Where the secret of a line stands: from its value to the end, if the line cannot be trusted.
fn place(line: &str) -> Option<std::ops::Range<usize>> {
    let upper = line.to_ascii_uppercase();
    let found = keyed(line, &upper)
        .or_else(|| vocabulary::with_secrets().find_map(|word| of_word(line, &upper, word)))?;
    (found.start <= found.end && line.is_char_boundary(found.start)).then_some(found)
}

/// Settings with a number: the third of the station is its password.
fn keyed(line: &str, upper: &str) -> Option<std::ops::Range<usize>> {
    const KEYED: &[(&str, &str)] = &[
        ("WSTAC", "3"),
        ("WAPC", "3"),
        ("WPROVC", "3"),
        ("MQTTC", "5"),
        ("TLSC", "4"),
    ];
    for (name, field) in KEYED {
        for sign in ['=', ':'] {
            let Some(at) = upper.find(&format!("{name}{sign}")) else {
                continue;
            };
            let from = at + name.len() + 1;
            let rest = &line[from..];
            // In a command the number of the TLS configuration stands before it.
            let skip = match (*name, sign) {
                ("TLSC", '=') => rest.find(',').map_or(rest.len(), |comma| comma + 1),
                _ => 0,
            };
            let behind = rest[skip..].trim_start().strip_prefix(field)?.trim_start();
            let value = behind.strip_prefix(',')?;
            return Some(
                line.len() - value.len()..line.trim_end().len().max(line.len() - value.len()),
            );
        }
    }
    None
}

fn of_word(line: &str, upper: &str, word: &Word) -> Option<std::ops::Range<usize>> {
    let at = upper.find(word.name)?;
    let head = if at >= 3 && upper[..at].ends_with("AT+") {
        at - 3
    } else {
        at
    };
    let (name, rest) = line[head..].split_at(at - head + word.name.len());
    // Older firmware of Espressif has names that say how long a setting lasts.
    let removed = if rest.starts_with("_CUR") || rest.starts_with("_DEF") {
        4
    } else {
        0
    };
    let renamed = format!("{name}{}", &rest[removed..]);
    let (phrase, names) = match head < at {
        true => (syntax::command(&renamed)?, word.arguments()),
        false => (syntax::row(&format!("+{renamed}"))?, word.row()),
    };
    if phrase.name != word.name {
        return None;
    }
    // The row was given a sign that the line has elsewhere.
    let sign = usize::from(head == at);
    let found = secret_of(&phrase, &names, word, renamed.len() + sign)?;
    let place = |at: usize| (at + head + removed).saturating_sub(sign).min(line.len());
    Some(place(found.start)..place(found.end))
}

fn secret_of(
    phrase: &Phrase,
    names: &[&str],
    word: &Word,
    length: usize,
) -> Option<std::ops::Range<usize>> {
    let mut index = names.iter().position(|name| name.starts_with('*'))?;
    if word.has_link()
        && phrase.values.len() > 1
        && !phrase.values[0].quoted
        && phrase.values[0].text.len() <= 1
    {
        index += 1;
    }
    // Behind a torn value, nobody knows which is the secret.
    let torn = phrase.values.iter().position(Value::is_torn);
    let value = phrase
        .values
        .get(torn.map_or(index, |torn| torn.min(index)))?;
    // A quote or a comma too many, and the secret may go on behind it.
    let sure = phrase.sound && phrase.values.len() <= names.len() + usize::from(word.has_link());
    let end = if sure { value.place.end } else { length };
    Some(value.place.start..end)
}

/// Hides keys and passwords in a payload.
pub fn in_payload(text: &str) -> (String, bool) {
    if text.contains("PRIVATE KEY") {
        return (format!("{MASK} (a private key)"), true);
    }
    let mut shown = text.to_owned();
    let mut found = false;
    for telltale in TELLTALES {
        let mut from = 0;
        while let Some(at) = shown[from..].to_ascii_lowercase().find(telltale) {
            let start = from + at + telltale.len();
            let length = shown[start..]
                .find(['\\', '\r', '\n', '&'])
                .unwrap_or(shown.len() - start);
            found |= shown[start..start + length].trim() != MASK && length > 0;
            shown.replace_range(start..start + length, MASK);
            from = start + MASK.len();
        }
    }
    (shown, found)
}
