//! A logic analyser's table of decoded bytes, as Saleae's "async serial" and sigrok's UART export it.

use csv::{ReaderBuilder, StringRecord};

use crate::entry::{Entry, Format, Log, Side};

/// Bytes that are closer than this, in seconds, stand together.
const GAP: f64 = 0.002;

/// Where a table has what.
struct Columns {
    time: Option<usize>,
    data: usize,
    channel: Option<usize>,
}

/// The table, or nothing if the text is none.
pub fn read(text: &[u8]) -> Option<Log> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text);
    let mut records = reader.byte_records();
    let header = StringRecord::from_byte_record_lossy(records.next()?.ok()?);
    let columns = columns(&header)?;
    let mut entries: Vec<Entry> = Vec::new();
    for (index, record) in records.enumerate() {
        let Ok(record) = record else { continue };
        let record = StringRecord::from_byte_record_lossy(record);
        let Some(byte) = record.get(columns.data).and_then(byte) else {
            continue;
        };
        let at = columns
            .time
            .and_then(|time| record.get(time)?.trim().parse().ok());
        let side = columns
            .channel
            .map_or(Side::Unknown, |channel| side(record.get(channel)));
        push(&mut entries, index + 2, at, side, byte);
    }
    Some(Log {
        format: Format::Csv,
        entries,
        no_blank_lines: false,
    })
}

fn columns(header: &StringRecord) -> Option<Columns> {
    let find = |names: &[&str]| {
        header.iter().position(|cell| {
            let cell = cell.trim().to_ascii_lowercase();
            names
                .iter()
                .any(|name| cell == *name || cell.starts_with(&format!("{name} [")))
        })
    };
    Some(Columns {
        data: find(&["data", "value", "byte", "tx/rx data"])?,
        time: find(&["start_time", "time", "start", "start time"]),
        channel: find(&[
            "name",
            "channel",
            "analyzer name",
            "direction",
            "row",
            "source",
        ]),
    })
    .filter(|columns| columns.time.or(columns.channel).is_some())
}

fn side(cell: Option<&str>) -> Side {
    let cell = cell.unwrap_or_default().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| cell.contains(word));
    match () {
        () if has(&["host", "mcu", "to module", "mosi"]) => Side::Host,
        () if has(&["module", "wifi", "to host", "miso"]) => Side::Module,
        // As the host's board names its lines.
        () if has(&["tx"]) => Side::Host,
        () if has(&["rx"]) => Side::Module,
        () => Side::Unknown,
    }
}

/// `0x41`, `A`, `'A'`, `\r`, `CR`, `41` of two hex digits.
fn byte(cell: &str) -> Option<u8> {
    let cell = if cell == " " {
        return Some(b' ');
    } else {
        cell.trim()
    };
    if let Some(digits) = cell.strip_prefix("0x").or(cell.strip_prefix("0X")) {
        return u8::from_str_radix(digits, 16).ok();
    }
    match cell {
        "\\r" | "CR" | "[CR]" => return Some(b'\r'),
        "\\n" | "LF" | "[LF]" => return Some(b'\n'),
        "\\t" | "[TAB]" => return Some(b'\t'),
        "SP" | "' '" | "COMMA" => return Some(if cell == "COMMA" { b',' } else { b' ' }),
        _ => {}
    }
    let bare = cell
        .strip_prefix('\'')
        .and_then(|cell| cell.strip_suffix('\''));
    match bare.unwrap_or(cell).as_bytes() {
        [one] => Some(*one),
        [_, _] => u8::from_str_radix(cell, 16).ok(),
        _ => None,
    }
}

fn push(entries: &mut Vec<Entry>, line: usize, at: Option<f64>, side: Side, byte: u8) {
    let near = |entry: &&mut Entry| {
        let apart = match (entry.at, at) {
            (Some(then), Some(now)) => now - then - entry.bytes.len() as f64 * 1e-4 > GAP,
            _ => false,
        };
        entry.side == side && !apart && entry.bytes.last() != Some(&b'\n')
    };
    match entries.last_mut().filter(near) {
        Some(entry) => entry.bytes.push(byte),
        None => entries.push(Entry {
            line,
            at,
            side,
            bytes: vec![byte],
            shown: None,
        }),
    }
}
