//! The line editor that stands between the UART and the commands.

use std::time::Duration;

/// How long an ESC waits for the rest of its sequence.
const ESCAPE_TIMEOUT: Duration = Duration::from_millis(250);
/// Lines that can be recalled.
const HISTORY: usize = 8;
const ESC: u8 = 0x1b;
/// Clears the line of a terminal.
const CLEAR_LINE: &[u8] = b"\x1b[2K\r\0>";

/// A line that is being typed.
#[derive(Debug)]
pub(in crate::microchip) struct Console {
    pub echo: bool,
    line: Vec<u8>,
    column: usize,
    room: usize,
    /// Whether a new line begins with a prompt.
    prompts: bool,
    sequence: Sequence,
    /// When the last byte was an ESC.
    escaped: Option<Duration>,
    history: Vec<Vec<u8>>,
    recalled: Option<usize>,
    /// What the terminal is to show.
    shown: Vec<u8>,
}

/// How far an escape sequence has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sequence {
    None,
    Escape,
    Control,
    Single,
}

impl Console {
    pub fn new(room: usize, prompts: bool) -> Self {
        Console {
            echo: true,
            line: Vec::new(),
            column: 0,
            room,
            prompts,
            sequence: Sequence::None,
            escaped: None,
            history: Vec::new(),
            recalled: None,
            shown: Vec::new(),
        }
    }

    /// The echo of what has been typed since this was asked last.
    pub fn take_echo(&mut self) -> Vec<u8> {
        let shown = std::mem::take(&mut self.shown);
        if self.echo { shown } else { Vec::new() }
    }

    /// When a lone ESC clears the line.
    pub fn next(&self) -> Option<Duration> {
        let escaped = self.escaped.filter(|_| self.echo)?;
        Some(escaped + ESCAPE_TIMEOUT)
    }

    /// Clears the line if an ESC has been alone for too long.
    pub fn look_at_clock(&mut self, now: Duration) {
        if self.next().is_some_and(|at| at <= now) {
            self.shown.extend_from_slice(CLEAR_LINE);
            self.start_line();
        }
    }

    fn start_line(&mut self) {
        self.line.clear();
        self.column = 0;
        self.sequence = Sequence::None;
        self.escaped = None;
        self.recalled = None;
    }

    /// The next byte from the host, and the line that it completes. A line that grows too long is
    /// gone, and what follows begins a new one.
    pub fn feed(&mut self, byte: u8, now: Duration) -> Option<Vec<u8>> {
        self.escaped = None;
        if self.column >= self.room {
            self.start_line();
            self.prompt();
            return None;
        }
        if self.sequence != Sequence::None && self.goes_on(byte) {
            return None;
        }
        match byte {
            b'\n' => return self.end_line(),
            b'\r' => {
                self.column = 0;
                self.shown.push(byte);
            }
            0x08 => self.step_back(),
            ESC => {
                self.sequence = Sequence::Escape;
                self.escaped = Some(now);
            }
            b' '..=b'~' | 0x80.. => self.put(byte),
            // Other control characters and DEL never reach the line (wire notes 12).
            _ => {}
        }
        None
    }

    fn prompt(&mut self) {
        if self.prompts {
            self.shown.push(b'>');
        }
    }

    fn put(&mut self, byte: u8) {
        match self.line.get_mut(self.column) {
            Some(place) => *place = byte,
            None => self.line.push(byte),
        }
        self.column += 1;
        self.shown.push(byte);
    }

    fn step_back(&mut self) {
        if self.column == 0 {
            return;
        }
        if self.column == self.line.len() {
            self.line.pop();
        }
        self.column -= 1;
        self.shown.extend_from_slice(b"\x1b[D\x1b[K");
    }

    fn end_line(&mut self) -> Option<Vec<u8>> {
        self.shown.push(b'\n');
        if self.line.is_empty() {
            self.prompt();
            return None;
        }
        let line = std::mem::take(&mut self.line);
        if self.history.len() == HISTORY {
            self.history.remove(0);
        }
        self.history.push(line.clone());
        self.start_line();
        Some(line)
    }

    /// Whether the byte belongs to an escape sequence.
    fn goes_on(&mut self, byte: u8) -> bool {
        let (belongs, next) = match (self.sequence, byte) {
            (_, ESC) => (true, Sequence::Escape),
            (sequence, 0..=0x1f) => (false, sequence),
            (Sequence::Escape, b'[') => (true, Sequence::Control),
            (Sequence::Escape, b'O') => (true, Sequence::Single),
            (Sequence::Control, b'@'..=b'~') => {
                self.recall(byte);
                (true, Sequence::None)
            }
            (Sequence::Control, _) => (true, Sequence::Control),
            (Sequence::Single, _) => (true, Sequence::None),
            (Sequence::Escape | Sequence::None, _) => (false, Sequence::None),
        };
        self.sequence = next;
        belongs
    }

    /// The arrow keys walk through the lines before.
    fn recall(&mut self, key: u8) {
        let last = self.history.len().checked_sub(1);
        let index = match (key, self.recalled) {
            (b'A', None) => last,
            (b'A', Some(index)) => Some(index.saturating_sub(1)),
            (b'B', Some(index)) => last.map(|last| last.min(index + 1)),
            _ => return,
        };
        let Some(line) = index.and_then(|index| self.history.get(index)) else {
            return;
        };
        if !self.echo {
            return;
        }
        self.shown.extend_from_slice(CLEAR_LINE);
        self.shown.extend_from_slice(line);
        self.line.clone_from(line);
        self.column = self.line.len();
        self.recalled = index;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console() -> Console {
        Console::new(512, true)
    }

    fn type_in(console: &mut Console, bytes: &[u8]) -> Vec<String> {
        let lines = bytes
            .iter()
            .filter_map(|byte| console.feed(*byte, Duration::ZERO));
        lines
            .map(|line| String::from_utf8_lossy(&line).into_owned())
            .collect()
    }

    fn lines(bytes: &[u8]) -> Vec<String> {
        type_in(&mut console(), bytes)
    }

    #[test]
    fn a_line_ends_with_lf() {
        assert_eq!(lines(b"AT\r\nAT\n\r\nAT\r"), ["AT", "AT"]);
    }

    #[test]
    fn an_empty_line_brings_a_prompt() {
        let mut console = console();
        type_in(&mut console, b"\r\nAT\r\n");
        assert_eq!(console.take_echo(), b"\r\n>AT\r\n");
    }

    #[test]
    fn a_lone_cr_goes_back_to_the_first_column() {
        assert_eq!(lines(b"ABCDEF\rXY\r\n"), ["XYCDEF"]);
    }

    #[test]
    fn backspace_takes_back() {
        assert_eq!(lines(b"\x08ATX\x08\r\n"), ["AT"]);
        let mut console = console();
        type_in(&mut console, b"AX\x08T\r\n");
        assert_eq!(console.take_echo(), b"AX\x1b[D\x1b[KT\r\n");
    }

    #[test]
    fn control_characters_are_dropped_and_what_is_not_ascii_is_kept() {
        assert_eq!(lines(b"A\x7f\0\x01\t\x1fT\n"), ["AT"]);
        assert_eq!(lines("AT\u{e4}~ \n".as_bytes()), ["AT\u{e4}~ "]);
        let mut console = console();
        let typed = b"\x80\xff\n";
        let line = typed
            .iter()
            .find_map(|byte| console.feed(*byte, Duration::ZERO));
        assert_eq!(line.as_deref(), Some(&b"\x80\xff"[..]));
        assert_eq!(console.take_echo(), b"\x80\xff\n");
    }

    #[test]
    fn the_head_of_a_long_line_is_lost() {
        let mut bytes = vec![b'x'; 511];
        bytes.extend(b"\r\n");
        assert_eq!(lines(&bytes)[0].len(), 511);
        let mut bytes = vec![b'x'; 512];
        bytes.extend(b"!tail\r\n");
        assert_eq!(lines(&bytes), ["tail"]);
    }

    #[test]
    fn arrows_recall_lines() {
        assert_eq!(
            lines(b"AT\nATE1\n\x1b[A\x1b[A\n\x1b[A\x1b[A\x1b[B\n"),
            ["AT", "ATE1", "AT", "AT"]
        );
        assert_eq!(lines(b"\x1b[1;2HA\x1bOAT\n"), ["AT"]);
    }

    #[test]
    fn a_lone_esc_clears_the_line() {
        let mut console = console();
        type_in(&mut console, b"junk\x1b");
        console.take_echo();
        assert_eq!(console.next(), Some(ESCAPE_TIMEOUT));
        console.look_at_clock(ESCAPE_TIMEOUT);
        assert_eq!(console.take_echo(), b"\x1b[2K\r\0>");
        assert_eq!(type_in(&mut console, b"AT\n"), ["AT"]);
    }
}
