//! The line buffer that the caller lends.
//!
//! ```text
//! | kept reply lines | (consumed) | bytes not yet understood | free |
//! 0               kept          start                      end
//! ```

use core::ops::Range;

pub(crate) struct Buffer<'b> {
    bytes: &'b mut [u8],
    kept: usize,
    start: usize,
    /// Up to here no line end was found: no byte is searched twice.
    scanned: usize,
    end: usize,
    /// The line at `start` has lost its beginning, because it was longer than the buffer.
    overlong: bool,
}

/// A line without its end, as a place in the buffer.
pub(crate) struct Line {
    pub(crate) at: Range<usize>,
    /// It was longer than the buffer; only its tail is here.
    pub(crate) overlong: bool,
}

impl<'b> Buffer<'b> {
    pub(crate) fn new(bytes: &'b mut [u8]) -> Self {
        Buffer {
            bytes,
            kept: 0,
            start: 0,
            scanned: 0,
            end: 0,
            overlong: false,
        }
    }

    /// The bytes that are not understood yet.
    pub(crate) fn pending(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or(&[])
    }

    pub(crate) fn get(&self, at: Range<usize>) -> &[u8] {
        self.bytes.get(at).unwrap_or(&[])
    }

    /// Whether the pending line has lost its beginning.
    pub(crate) fn is_overlong(&self) -> bool {
        self.overlong
    }

    /// Consumes up to `n` pending bytes.
    pub(crate) fn skip(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
        self.scanned = self.scanned.max(self.start);
        self.rewind_if_empty();
    }

    /// Consumes one pending byte and tells where it is.
    pub(crate) fn skip_one(&mut self) -> Range<usize> {
        let at = self.start..self.start + 1;
        self.skip(1);
        at
    }

    /// Moves pending bytes to the caller and returns how many.
    pub(crate) fn take(&mut self, into: &mut [u8]) -> usize {
        let n = self.pending().len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..n), self.pending().get(..n)) {
            to.copy_from_slice(from);
        }
        self.skip(n);
        n
    }

    /// The next complete line; it is consumed, and stays readable until [`room`](Self::room) is
    /// asked for.
    pub(crate) fn line(&mut self) -> Option<Line> {
        let unseen = self.bytes.get(self.scanned..self.end).unwrap_or(&[]);
        let Some(found) = unseen.iter().position(|&b| b == b'\n') else {
            self.scanned = self.end;
            return None;
        };
        let line_end = self.scanned + found;
        let mut at = self.start..line_end;
        while at.end > at.start && self.bytes.get(at.end - 1) == Some(&b'\r') {
            at.end -= 1;
        }
        self.start = line_end + 1;
        self.scanned = self.start;
        let overlong = core::mem::take(&mut self.overlong);
        Some(Line { at, overlong })
    }

    /// Keeps a line, and its line end, as part of the reply.
    pub(crate) fn keep(&mut self, at: Range<usize>) {
        // What is kept never overtakes what is pending: the line's own end made room for CRLF.
        let length = at.len();
        self.bytes.copy_within(at, self.kept);
        self.kept += length;
        for byte in *b"\r\n" {
            if self.kept < self.start {
                if let Some(place) = self.bytes.get_mut(self.kept) {
                    *place = byte;
                }
                self.kept += 1;
            }
        }
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
        self.overlong = false;
    }

    /// Free space for the transport. Where a line fills the whole buffer its beginning is given
    /// up, and the line will be reported as overlong.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.end == self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, self.kept);
            self.end = self.kept + (self.end - self.start);
            self.scanned = self.kept + (self.scanned - self.start);
            self.start = self.kept;
        }
        if self.end == self.bytes.len() {
            self.clear();
            self.overlong = true;
        }
        self.bytes.get_mut(self.end..).unwrap_or(&mut [])
    }

    /// Tells that the transport has put `n` bytes into [`room`](Self::room).
    pub(crate) fn filled(&mut self, n: usize) {
        self.end = (self.end + n).min(self.bytes.len());
    }

    fn rewind_if_empty(&mut self) {
        if self.start == self.end && !self.overlong {
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

    fn text<'a>(buffer: &'a Buffer<'_>, line: &Line) -> &'a str {
        core::str::from_utf8(buffer.get(line.at.clone())).unwrap()
    }

    #[test]
    fn lines_come_out_at_any_fragmentation() {
        for size in 1..12 {
            let mut bytes = [0; 16];
            let mut buffer = Buffer::new(&mut bytes);
            let mut seen = 0;
            for piece in b"+A:1\r\n+B\r\nOK\r\n".chunks(size) {
                push(&mut buffer, piece);
                while let Some(line) = buffer.line() {
                    assert_eq!(text(&buffer, &line), ["+A:1", "+B", "OK"][seen]);
                    seen += 1;
                }
            }
            assert_eq!(seen, 3);
        }
    }

    #[test]
    fn kept_lines_stay_in_front_while_others_pass() {
        let mut bytes = [0; 24];
        let mut buffer = Buffer::new(&mut bytes);
        push(&mut buffer, b"+A:1\r\n+EVENT:7\r\n+A:2\r\n");
        let first = buffer.line().unwrap();
        buffer.keep(first.at);
        buffer.line().unwrap();
        let last = buffer.line().unwrap();
        buffer.keep(last.at);
        assert_eq!(buffer.kept(), b"+A:1\r\n+A:2\r\n");
        push(&mut buffer, b"OK\r\n");
        let line = buffer.line().unwrap();
        assert_eq!(text(&buffer, &line), "OK");
        assert_eq!(buffer.kept(), b"+A:1\r\n+A:2\r\n");
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_reported_and_the_next_is_whole() {
        let mut bytes = [0; 8];
        let mut buffer = Buffer::new(&mut bytes);
        push(&mut buffer, b"0123456789abcdef");
        assert!(buffer.line().is_none());
        push(&mut buffer, b"\r\n");
        assert!(buffer.line().unwrap().overlong);
        push(&mut buffer, b"OK\r\n");
        let line = buffer.line().unwrap();
        assert!(!line.overlong);
        assert_eq!(text(&buffer, &line), "OK");
    }
}
