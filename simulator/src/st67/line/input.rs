//! What the host has sent and the command processor has not taken yet (wire notes 1 and 11).

use std::collections::VecDeque;

/// The most that is kept of a line, with its CR LF.
const LONGEST: usize = 256;

/// The pieces from the host, and the beginning of a line.
#[derive(Debug, Default)]
pub(in crate::st67) struct Input {
    pieces: VecDeque<Piece>,
    line: Vec<u8>,
    /// How much of the line has been heard as a part.
    heard: usize,
}

#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    /// It has come over a UART, so that what is not read now is read later; the rest of a frame
    /// is lost.
    streams: bool,
}

/// What has come.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::st67) enum Heard {
    /// More of a line that is not complete.
    Part(Vec<u8>),
    Line(Line),
}

/// A complete line.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::st67) struct Line {
    /// The line without CR LF.
    pub text: Vec<u8>,
    /// What of it has not been heard as a part.
    pub rest: Vec<u8>,
    /// It is a command, and more stood behind it in the same chunk and is lost.
    pub crowded: bool,
}

impl Piece {
    /// Takes at most `limit` bytes.
    fn read(&mut self, limit: usize) -> Vec<u8> {
        let count = self.bytes.len().min(limit);
        let taken = self.bytes.drain(..count).collect();
        if !self.streams {
            self.bytes.clear();
        }
        taken
    }
}

impl Input {
    pub fn push(&mut self, bytes: &[u8], joined: bool) {
        match self.pieces.back_mut() {
            Some(piece) if joined && piece.streams => piece.bytes.extend_from_slice(bytes),
            _ => self.pieces.push_back(Piece {
                bytes: bytes.to_vec(),
                streams: joined,
            }),
        }
    }

    /// Pieces of which nothing was read.
    pub fn unread(&self) -> usize {
        self.pieces.len()
    }

    pub fn clear(&mut self) {
        *self = Input::default();
    }

    /// The next line, or part of one.
    pub fn hear(&mut self) -> Option<Heard> {
        loop {
            if let Some(line) = self.split() {
                return Some(Heard::Line(line));
            }
            if let Some(part) = self.part() {
                return Some(Heard::Part(part));
            }
            let room = LONGEST - self.line.len();
            let more = self.payload(room)?;
            self.line.extend(more);
        }
    }

    /// At most `limit` bytes, as they have come.
    pub fn payload(&mut self, limit: usize) -> Option<Vec<u8>> {
        let piece = self.pieces.front_mut()?;
        let taken = piece.read(limit);
        if piece.bytes.is_empty() {
            self.pieces.pop_front();
        }
        Some(taken)
    }

    /// The first complete line. A command takes all that stands behind it with it.
    fn split(&mut self) -> Option<Line> {
        let end = self.line.windows(2).position(|pair| pair == b"\r\n")?;
        let behind = self.line.split_off(end + 2);
        let mut text = std::mem::replace(&mut self.line, behind);
        text.truncate(end);
        let heard = std::mem::take(&mut self.heard);
        let rest = text.get(heard..).unwrap_or_default().to_vec();
        let crowded = is_command(&text) && !self.line.is_empty();
        if crowded {
            self.line.clear();
        }
        Some(Line {
            text,
            rest,
            crowded,
        })
    }

    /// What has come of a line. One that grows too long is forgotten as far as it has come, but not
    /// how much of it has been heard.
    fn part(&mut self) -> Option<Vec<u8>> {
        if self.line.is_empty() {
            return None;
        }
        let part = self.line.get(self.heard..).unwrap_or_default().to_vec();
        self.heard = self.line.len();
        if self.line.len() == LONGEST {
            self.line.clear();
        }
        Some(part).filter(|part| !part.is_empty())
    }
}

/// Only these lines are commands.
pub(in crate::st67) fn is_command(line: &[u8]) -> bool {
    line.get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"AT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(input: &mut Input) -> Vec<Line> {
        let heard = std::iter::from_fn(|| input.hear());
        let lines = heard.filter_map(|heard| match heard {
            Heard::Line(line) => Some(line),
            Heard::Part(_) => None,
        });
        lines.collect()
    }

    fn lines(pieces: &[&[u8]]) -> Vec<Line> {
        let mut input = Input::default();
        pieces.iter().for_each(|piece| input.push(piece, false));
        hear(&mut input)
    }

    fn texts(lines: &[Line]) -> Vec<&[u8]> {
        lines.iter().map(|line| &line.text[..]).collect()
    }

    #[test]
    fn a_line_may_come_in_pieces() {
        let found = lines(&[b"A", b"T\r", b"\nAT+GMR\r\n"]);
        assert_eq!(texts(&found), [b"AT"]);
        assert!(found[0].crowded);
    }

    #[test]
    fn what_is_no_command_does_not_end_a_chunk() {
        let found = lines(&[b"\r\nx\r\nAT\r\nAT\r\n"]);
        assert_eq!(texts(&found), [&b""[..], b"x", b"AT"]);
        assert!(found[2].crowded);
    }

    #[test]
    fn a_lone_cr_or_lf_is_part_of_the_line() {
        let found = lines(&[b"A\rT\n\r\n"]);
        assert_eq!(found[0].text, b"A\rT\n");
    }

    #[test]
    fn the_longest_line_has_256_bytes() {
        let mut longest = vec![b'x'; 254];
        longest.extend(b"\r\n");
        assert_eq!(lines(&[&longest])[0].text.len(), 254);
        longest.insert(0, b'x');
        assert_eq!(texts(&lines(&[&longest, b"AT\r\n"])), [b"AT"]);
    }

    #[test]
    fn on_a_uart_what_does_not_fit_begins_the_next_line() {
        let mut input = Input::default();
        input.push(&[b'x'; 300], true);
        input.push(b"\r\n", true);
        assert_eq!(hear(&mut input)[0].text.len(), 44);
        input.push(b"1234567", true);
        assert_eq!(input.payload(5), Some(b"12345".to_vec()));
        input.push(b"AT\r\n", true);
        assert_eq!(texts(&hear(&mut input)), [b"67AT"]);
    }
}
