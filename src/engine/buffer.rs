//! The line buffer that the caller lends.
//!
//! ```text
//! | kept reply lines | (consumed) | bytes not yet understood | free |
//! 0               kept          start                      end
//! ```

use core::ops::Range;

use crate::value::bytes::{copy, move_down};

/// So much of a line tells what it is, its line end included.
const HEAD: usize = 24;

pub(crate) struct Buffer<'b> {
    kept: usize,
    start: usize,
    /// Up to here no line end was found: no byte is searched twice.
    scanned: usize,
    end: usize,
    /// The line that was taken last, without its end.
    line: Range<usize>,
    /// The line at `start` was longer than the buffer: some of it is missing.
    is_overlong: bool,
    bytes: &'b mut [u8],
}

/// How a line came out of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Whole,
    /// It was longer than the buffer; its beginning is here, and its end.
    Overlong,
}

impl<'b> Buffer<'b> {
    pub(crate) fn new(bytes: &'b mut [u8]) -> Self {
        Buffer {
            kept: 0,
            start: 0,
            scanned: 0,
            end: 0,
            line: 0..0,
            is_overlong: false,
            bytes,
        }
    }

    /// The bytes that are not understood yet.
    pub(crate) fn pending(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or(&[])
    }

    /// Whether some of the pending line is missing.
    pub(crate) fn is_overlong(&self) -> bool {
        self.is_overlong
    }

    /// Consumes up to `n` pending bytes.
    pub(crate) fn skip(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
        self.scanned = self.scanned.max(self.start);
        self.rewind_if_empty();
    }

    /// Moves pending bytes to the caller and returns how many.
    pub(crate) fn take(&mut self, into: &mut [u8]) -> usize {
        let n = copy(self.pending(), into);
        self.skip(n);
        n
    }

    /// Consumes the next line, if it is complete. It stays readable until [`room`](Self::room) is
    /// asked for.
    pub(crate) fn take_line(&mut self) -> Option<Taken> {
        let unseen = self.bytes.get(self.scanned..self.end).unwrap_or(&[]);
        let Some(found) = unseen.iter().position(|&b| b == b'\n') else {
            self.scanned = self.end;
            return None;
        };
        let end = self.scanned + found;
        let line = self.bytes.get(self.start..end).unwrap_or(&[]);
        let blanks = line.iter().rev().take_while(|&&b| b == b'\r').count();
        self.line = self.start..end - blanks;
        self.start = end + 1;
        self.scanned = self.start;
        Some(match core::mem::take(&mut self.is_overlong) {
            true => Taken::Overlong,
            false => Taken::Whole,
        })
    }

    /// The line that was taken last.
    pub(crate) fn line(&self) -> &[u8] {
        self.bytes.get(self.line.clone()).unwrap_or(&[])
    }

    /// Keeps the line that was taken last, and its line end, as part of the reply; `false` if that would
    /// leave no room for what comes.
    pub(crate) fn keep(&mut self) -> bool {
        // What is kept never overtakes what is pending: the line's own end made room for CRLF.
        let line = self.line.clone();
        let length = line.len();
        if self.kept + length + b"\r\n".len() + HEAD >= self.bytes.len() {
            return false;
        }
        move_down(self.bytes, line, self.kept);
        self.kept += length;
        for byte in *b"\r\n" {
            if self.kept < self.start {
                if let Some(place) = self.bytes.get_mut(self.kept) {
                    *place = byte;
                }
                self.kept += 1;
            }
        }
        true
    }

    pub(crate) fn kept(&self) -> &[u8] {
        self.bytes.get(..self.kept).unwrap_or(&[])
    }

    pub(crate) fn forget_kept(&mut self) {
        self.kept = 0;
        self.rewind_if_empty();
    }

    pub(crate) fn clear(&mut self) {
        self.kept = 0;
        self.start = 0;
        self.scanned = 0;
        self.end = 0;
        self.is_overlong = false;
    }

    /// Free space for the transport. Of a line that fills the whole buffer all but the beginning is given
    /// up, and it will be reported as overlong.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.end == self.bytes.len() {
            move_down(self.bytes, self.start..self.end, self.kept);
            let moved = self.start - self.kept;
            self.start -= moved;
            self.scanned -= moved;
            self.end -= moved;
        }
        if self.end == self.bytes.len() {
            self.end = self.start + HEAD;
            self.scanned = self.end;
            self.is_overlong = true;
        }
        self.bytes.get_mut(self.end..).unwrap_or(&mut [])
    }

    /// Whether nothing can be added that nothing is given up for.
    pub(crate) fn is_full(&self) -> bool {
        self.kept + self.pending().len() == self.bytes.len()
    }

    /// Tells that the transport has put `n` bytes into [`room`](Self::room).
    pub(crate) fn filled(&mut self, n: usize) {
        self.end = (self.end + n).min(self.bytes.len());
    }

    fn rewind_if_empty(&mut self) {
        if self.start == self.end && !self.is_overlong {
            self.start = self.kept;
            self.scanned = self.kept;
            self.end = self.kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(buffer: &mut Buffer<'_>, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = buffer.room();
            let n = room.len().min(bytes.len());
            room[..n].copy_from_slice(&bytes[..n]);
            buffer.filled(n);
            bytes = &bytes[n..];
        }
    }

    fn text<'a>(buffer: &'a Buffer<'_>) -> &'a str {
        core::str::from_utf8(buffer.line()).unwrap()
    }

    #[test]
    fn lines_come_out_at_any_fragmentation() {
        for size in 1..12 {
            let mut bytes = [0; 48];
            let mut buffer = Buffer::new(&mut bytes);
            let mut seen = 0;
            for piece in b"+A:1\r\n+B\r\nOK\r\n".chunks(size) {
                push(&mut buffer, piece);
                while buffer.take_line().is_some() {
                    assert_eq!(text(&buffer), ["+A:1", "+B", "OK"][seen]);
                    seen += 1;
                }
            }
            assert_eq!(seen, 3);
        }
    }

    #[test]
    fn kept_lines_stay_in_front_while_others_pass() {
        let mut bytes = [0; 48];
        let mut buffer = Buffer::new(&mut bytes);
        push(&mut buffer, b"+A:1\r\n+EVENT:7\r\n+A:2\r\n");
        buffer.take_line().unwrap();
        buffer.keep();
        buffer.take_line().unwrap();
        buffer.take_line().unwrap();
        buffer.keep();
        assert_eq!(buffer.kept(), b"+A:1\r\n+A:2\r\n");
        push(&mut buffer, b"OK\r\n");
        buffer.take_line().unwrap();
        assert_eq!(text(&buffer), "OK");
        assert_eq!(buffer.kept(), b"+A:1\r\n+A:2\r\n");
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_reported_and_the_next_is_whole() {
        let mut bytes = [0; 80];
        let mut buffer = Buffer::new(&mut bytes);
        push(&mut buffer, b"+A:1\r\n");
        buffer.take_line().unwrap();
        buffer.keep();
        push(&mut buffer, b"+B:");
        push(&mut buffer, &[b'x'; 200]);
        assert_eq!(buffer.take_line(), None);
        push(&mut buffer, b"\r\n");
        assert_eq!(buffer.take_line(), Some(Taken::Overlong));
        assert!(text(&buffer).starts_with("+B:xxx"));
        assert_eq!(buffer.kept(), b"+A:1\r\n");
        push(&mut buffer, b"OK\r\n");
        assert_eq!(buffer.take_line(), Some(Taken::Whole));
        assert_eq!(text(&buffer), "OK");
    }

    #[test]
    fn as_many_lines_are_kept_as_leave_room_for_the_next() {
        let mut bytes = [0; 80];
        let mut buffer = Buffer::new(&mut bytes);
        let mut kept = 0;
        for _ in 0..20 {
            push(&mut buffer, b"+ROW:1\r\n");
            assert_eq!(buffer.take_line(), Some(Taken::Whole));
            kept += usize::from(buffer.keep());
        }
        assert_eq!(buffer.kept(), b"+ROW:1\r\n".repeat(kept));
        assert!(kept >= 6);
        push(&mut buffer, b"OK\r\n");
        assert_eq!(buffer.take_line(), Some(Taken::Whole));
    }
}
