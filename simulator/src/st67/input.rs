//! What the host has sent and the command processor has not taken yet.

use std::collections::VecDeque;

/// Longest command line, with its CR LF.
const LONGEST: usize = 256;

/// The pieces from the host, and the beginning of a line.
#[derive(Debug, Default)]
pub(super) struct Input {
    pieces: VecDeque<Vec<u8>>,
    line: Vec<u8>,
}

/// A complete command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line without CR LF.
    pub text: Vec<u8>,
    /// More stood behind it in the same piece, and is lost.
    pub crowded: bool,
}

impl Input {
    pub fn push(&mut self, bytes: &[u8], joined: bool) {
        match self.pieces.back_mut() {
            Some(piece) if joined => piece.extend_from_slice(bytes),
            _ => self.pieces.push_back(bytes.to_vec()),
        }
    }

    pub fn clear(&mut self) {
        self.pieces.clear();
        self.line.clear();
    }

    /// The next complete line.
    pub fn line(&mut self) -> Option<Line> {
        while let Some(piece) = self.pieces.pop_front() {
            if let Some(line) = self.add(&piece) {
                return Some(line);
            }
        }
        None
    }

    /// At most `limit` bytes of payload; what stands behind them in the same piece is lost.
    pub fn payload(&mut self, limit: usize) -> Option<Vec<u8>> {
        let mut piece = self.pieces.pop_front()?;
        piece.truncate(limit);
        Some(piece)
    }

    /// A line that grows too long loses its tail, and then all of it if no CR LF is in sight.
    fn add(&mut self, piece: &[u8]) -> Option<Line> {
        let room = LONGEST - self.line.len();
        self.line.extend(piece.iter().take(room));
        let Some(end) = self.line.windows(2).position(|pair| pair == b"\r\n") else {
            if self.line.len() == LONGEST {
                self.line.clear();
            }
            return None;
        };
        let crowded = self.line.len() > end + 2;
        let mut text = std::mem::take(&mut self.line);
        text.truncate(end);
        Some(Line { text, crowded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<Line> {
        let mut input = Input::default();
        pieces.iter().for_each(|piece| input.push(piece, false));
        std::iter::from_fn(|| input.line()).collect()
    }

    #[test]
    fn a_line_may_come_in_pieces() {
        let found = lines(&[b"A", b"T\r", b"\nAT+GMR\r\n"]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, b"AT");
        assert!(found[0].crowded);
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
        assert_eq!(lines(&[&longest, b"AT\r\n"])[0].text, b"AT");
    }
}
