//! The bytes of one direction, in which lines and payloads do not end where the log's lines end.

use crate::entry::Entry;

/// What has arrived and is not understood yet.
#[derive(Debug, Default)]
pub struct Half {
    bytes: Vec<u8>,
    starts: Vec<Start>,
}

/// Where the bytes of an entry begin.
#[derive(Clone, Copy, Debug)]
struct Start {
    offset: usize,
    line: usize,
    at: Option<f64>,
}

/// Bytes that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub line: usize,
    pub at: Option<f64>,
    pub bytes: Vec<u8>,
}

impl Half {
    pub fn push(&mut self, entry: &Entry) {
        self.starts.push(Start {
            offset: self.bytes.len(),
            line: entry.line,
            at: entry.at,
        });
        self.bytes.extend(&entry.bytes);
    }

    /// Puts bytes back in front.
    pub fn push_back(&mut self, piece: Piece) {
        let length = piece.bytes.len();
        self.starts
            .iter_mut()
            .for_each(|start| start.offset += length);
        self.starts.insert(
            0,
            Start {
                offset: 0,
                line: piece.line,
                at: piece.at,
            },
        );
        self.bytes.splice(0..0, piece.bytes);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes that many bytes, or all.
    pub fn take(&mut self, count: usize) -> Piece {
        let count = count.min(self.bytes.len());
        let bytes: Vec<u8> = self.bytes.drain(..count).collect();
        let first = self.starts.first().copied();
        // What begins before the cut stays only if it goes on behind it.
        let last = self
            .starts
            .iter()
            .rposition(|start| start.offset <= count)
            .unwrap_or(0);
        self.starts.drain(..last.min(self.starts.len()));
        for start in &mut self.starts {
            start.offset = start.offset.saturating_sub(count);
        }
        if self.bytes.is_empty() {
            self.starts.clear();
        }
        Piece {
            line: first.map_or(0, |start| start.line),
            at: first.and_then(|start| start.at),
            bytes,
        }
    }

    /// Up to and with the next line feed.
    pub fn line(&self) -> Option<usize> {
        let end = self.bytes.iter().position(|&b| b == b'\n')?;
        Some(end + 1)
    }
}

/// What the module has before data in the middle of a line, where the length counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its own length.
    pub head: usize,
    /// How many bytes of data follow.
    pub data: usize,
}

/// Whether data begin in this line; `None` if too little of it has come to say.
pub fn head(bytes: &[u8], several: Option<bool>, pushed: bool) -> Option<Option<Head>> {
    let fixed: &[(&[u8], usize)] = &[
        (b"+CIPRECVDATA:", 0),
        (b"+CIPRECVDATA,", 0),
        (b"+FS:READ,", 0),
        (b"+EFUSE-R:", 0),
        (b"+FLASH-R:", 0),
        (b"+BLE:GATTWRITE:", 3),
    ];
    for &(prefix, commas) in fixed {
        if bytes.starts_with(prefix) {
            return counted(bytes, prefix.len(), commas);
        }
    }
    if bytes.starts_with(b"+MQTT:SUBRECV") {
        return message(bytes);
    }
    if bytes.starts_with(b"+IPD") {
        return arrival(bytes, several, pushed);
    }
    if bytes.starts_with(b"+SOCKRD:") {
        return binary(bytes);
    }
    let all = fixed.iter().map(|(prefix, _)| *prefix).chain([
        b"+MQTT:SUBRECV".as_slice(),
        b"+IPD",
        b"+SOCKRD:",
    ]);
    let mut all = all.filter(|prefix| bytes.len() < prefix.len() && !bytes.is_empty());
    match all.any(|prefix| prefix.starts_with(bytes)) {
        true => None,
        false => Some(None),
    }
}

/// A number that ends in a comma or a colon, with where it ends; `None` if it goes on.
fn number(bytes: &[u8], from: usize) -> Option<Option<(usize, usize)>> {
    let rest = bytes.get(from..)?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let &stop = rest.get(digits)?;
    let text = std::str::from_utf8(&rest[..digits]).ok()?;
    let sound = matches!(stop, b',' | b':') && (1..=6).contains(&digits);
    Some(sound.then(|| (text.parse().unwrap_or(0), from + digits + 1)))
}

fn counted(bytes: &[u8], mut from: usize, commas: usize) -> Option<Option<Head>> {
    for _ in 0..commas {
        let comma = bytes[from..]
            .iter()
            .position(|&b| b == b',' || b == b'\n')?;
        from += comma + 1;
    }
    Some(number(bytes, from)?.map(|(data, head)| Head { head, data }))
}

/// `+SOCKRD:<socket>,<length>,` and a `#`, on the same line or on the next; or text.
fn binary(bytes: &[u8]) -> Option<Option<Head>> {
    let Some(Head { mut head, data }) = counted(bytes, "+SOCKRD:".len(), 1)? else {
        return Some(None);
    };
    for end in [b'\r', b'\n'] {
        head += usize::from(bytes.get(head)? == &end);
    }
    let hash = bytes.get(head)? == &b'#';
    Some(hash.then_some(Head {
        head: head + 1,
        data,
    }))
}

/// `+MQTT:SUBRECV:<link>,<topic length>,<data length>,"<topic>",<data>`
fn message(bytes: &[u8]) -> Option<Option<Head>> {
    let mut from = "+MQTT:SUBRECV:".len();
    let mut numbers = [0; 3];
    for value in &mut numbers {
        let Some((parsed, next)) = number(bytes, from)? else {
            return Some(None);
        };
        (*value, from) = (parsed, next);
    }
    let head = from + numbers[1] + 3;
    (bytes.len() >= head).then_some(Some(Head {
        head,
        data: numbers[2],
    }))
}

/// `+IPD`: data stand in it if they are pushed, which a host has chosen, or which shows.
fn arrival(bytes: &[u8], several: Option<bool>, pushed: bool) -> Option<Option<Head>> {
    // Espressif's ends its head in a colon.
    if bytes.starts_with(b"+IPD,") {
        let end = bytes.iter().position(|&b| matches!(b, b':' | b'\n'))?;
        let text = String::from_utf8_lossy(&bytes[5..end]).into_owned();
        let mut values = text.split(',').filter_map(|value| value.parse().ok());
        let (first, second) = (values.next(), values.next());
        let data = second.or(first).filter(|_| bytes[end] == b':');
        return Some(data.map(|data| Head {
            head: end + 1,
            data,
        }));
    }
    let line = bytes.iter().position(|&b| b == b'\n');
    let announced = |end: usize| {
        let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let values: Vec<&str> = text[5..].trim_end().split(',').collect();
        values
            .iter()
            .all(|value| value.bytes().all(|b| b.is_ascii_digit()) || value.contains('"'))
    };
    if !pushed || line.is_some_and(announced) {
        return line.map(|_| None);
    }
    let Some((first, mut from)) = number(bytes, 5)? else {
        return Some(None);
    };
    let mut data = first;
    if several != Some(false) {
        if let Some((second, next)) = number(bytes, from)? {
            (data, from) = (second, next);
        }
    }
    if bytes.get(from)? == &b'"' {
        for _ in 0..2 {
            from += bytes[from..].iter().position(|&b| b == b',')? + 1;
        }
    }
    Some(Some(Head { head: from, data }))
}
