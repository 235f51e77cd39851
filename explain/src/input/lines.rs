//! Serial logs and transcripts: one entry a line, with time and direction or without.

use crate::entry::{Entry, Format, Log, Side};

/// What stands between the time and the text, and who speaks then.
const ARROWS: &[(&str, Side)] = &[
    ("->", Side::Host),
    (">>", Side::Host),
    ("TX:", Side::Host),
    ("TX", Side::Host),
    ("<-", Side::Module),
    ("<<", Side::Module),
    ("RX:", Side::Module),
    ("RX", Side::Module),
    ("--", Side::Remark),
];

/// More than this is not believed to be the length of what a log leaves out.
const LONGEST: usize = 1 << 14;

pub fn read(text: &str) -> Log {
    let rows: Vec<Row<'_>> = text.lines().map(Row::of).collect();
    let directed = rows.iter().any(|row| row.side != Side::Unknown);
    let escaped = rows.iter().any(|row| ends_escaped(row.text));
    let mut entries = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let mut entry = row.entry(escaped);
        entry.line = index + 1;
        // A log with directions tells of other things too; one without has nothing else.
        if directed && row.side == Side::Unknown {
            entry.side = Side::Remark;
        }
        if entry.side == Side::Unknown && entry.bytes.is_empty() {
            continue;
        }
        entries.push(entry);
    }
    let blank = |entry: &Entry| {
        entry.side == Side::Module && (entry.bytes == b"\r\n" || entry.bytes.starts_with(b"\r\n"))
    };
    Log {
        format: match escaped {
            true => Format::Transcript,
            false => Format::Lines,
        },
        no_blank_lines: !entries.iter().any(blank),
        entries,
    }
}

fn ends_escaped(text: &str) -> bool {
    text.ends_with("\\n") || text.ends_with("\\r")
}

/// A line, taken apart.
struct Row<'a> {
    at: Option<f64>,
    side: Side,
    text: &'a str,
}

impl<'a> Row<'a> {
    fn of(line: &'a str) -> Self {
        let (at, rest) = time_of(line);
        for &(arrow, side) in ARROWS {
            let Some(text) = rest.strip_prefix(arrow) else {
                continue;
            };
            // A letter behind the arrow makes it a word; an arrow alone is an empty line.
            if let Some(text) = text.strip_prefix([' ', '\t']) {
                return Row { at, side, text };
            }
            if text.is_empty() {
                return Row { at, side, text };
            }
        }
        // A time stamp in front of text without a direction, else the text itself.
        let text = if at.is_some() { rest } else { line };
        Row {
            at,
            side: Side::Unknown,
            text,
        }
    }

    fn entry(&self, escaped: bool) -> Entry {
        let (text, length) = without_ellipsis(self.text);
        let mut bytes = match escaped {
            true => unescape(text),
            false => text.as_bytes().to_vec(),
        };
        let mut shown = None;
        if let Some(length) = length.filter(|&length| length > bytes.len() && length <= LONGEST) {
            let seen = bytes.len();
            shown = Some(seen);
            let filler = bytes.iter().all(|&b| b == 0);
            bytes.resize(length, 0);
            // What a log leaves out goes to the end of a line, but for a filler, which has none.
            if let [.., second, last] = &mut bytes[seen..]
                && !filler
            {
                (*second, *last) = (b'\r', b'\n');
            }
        } else if !escaped && self.side != Side::Remark && text != ">" && text != "+++" {
            bytes.extend(b"\r\n");
        }
        Entry {
            line: 0,
            at: self.at,
            side: self.side,
            bytes,
            shown,
        }
    }
}

/// `... (1460 bytes)` at the end: what is left out.
fn without_ellipsis(text: &str) -> (&str, Option<usize>) {
    let found = text.rsplit_once(" ... (").and_then(|(head, tail)| {
        let length = tail.strip_suffix(" bytes)")?.parse().ok()?;
        Some((head, Some(length)))
    });
    found.unwrap_or((text, None))
}

/// A time stamp at the start of a line, in seconds; and what comes behind it.
fn time_of(line: &str) -> (Option<f64>, &str) {
    let trimmed = line.trim_start();
    let end = trimmed
        .find(|c: char| !(c.is_ascii_digit() || "[]():.,TZ-".contains(c)))
        .unwrap_or(trimmed.len());
    let (stamp, rest) = trimmed.split_at(end);
    // The direction may have been taken for a part of the stamp.
    let stamp = stamp.trim_end_matches('-');
    let rest = if rest.is_empty() {
        ""
    } else {
        &trimmed[stamp.len()..]
    };
    match seconds(stamp) {
        Some(at) => (Some(at), rest.trim_start()),
        // Without a stamp, a date may stand before it, as in `2026-11-28 04:56:59.5`.
        None => (None, trimmed),
    }
    .or_date(trimmed)
}

trait OrDate<'a> {
    fn or_date(self, line: &'a str) -> Self;
}

impl<'a> OrDate<'a> for (Option<f64>, &'a str) {
    fn or_date(self, line: &'a str) -> Self {
        let date = line.split_once(' ').filter(|(date, _)| is_date(date));
        match date {
            Some((_, rest)) => time_of(rest),
            None => self,
        }
    }
}

fn is_date(word: &str) -> bool {
    let parts: Vec<&str> = word.trim_matches(['[', ']']).split('-').collect();
    parts.len() == 3
        && parts[0].len() == 4
        && parts
            .iter()
            .all(|part| part.bytes().all(|b| b.is_ascii_digit()))
}

/// `1.500`, `[1.5]`, `12:30:01.25` and with a date and a `T` before it.
fn seconds(stamp: &str) -> Option<f64> {
    let stamp = stamp.trim_matches(['[', ']', '(', ')', 'Z', ':']);
    let stamp = stamp.rsplit('T').next()?.replace(',', ".");
    if !stamp.contains(['.', ':']) {
        return None;
    }
    let mut total = 0.0;
    for part in stamp.split(':') {
        total = total * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(total)
}

/// `\r`, `\n`, `\t`, `\\`, `\"`, `\'`, `\0` and `\x..`; everything else stands for itself.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let (byte, used) = match (first, tail) {
            (b'\\', [b'r', ..]) => (b'\r', 1),
            (b'\\', [b'n', ..]) => (b'\n', 1),
            (b'\\', [b't', ..]) => (b'\t', 1),
            (b'\\', [b'0', ..]) => (0, 1),
            (b'\\', [c @ (b'\\' | b'"' | b'\''), ..]) => (*c, 1),
            (b'\\', [b'x', high, low, ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high * 16 + low, 3),
                _ => (b'\\', 0),
            },
            (other, _) => (*other, 0),
        };
        bytes.push(byte);
        rest = &rest[used..];
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
