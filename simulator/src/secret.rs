//! What the transcript must not show.

use std::collections::VecDeque;

/// Marks the bytes that must not be shown: what follows the name in a command that carries a
/// password, and what a module prints of it, wherever that stands and whatever happens to it on its
/// way.
#[derive(Debug, Default)]
pub(crate) struct SecretScanner {
    /// The last bytes, at least as many as the beginning of a command has.
    recent: VecDeque<u8>,
    place: Place,
    escaped: bool,
    /// The first argument so far.
    name: Vec<u8>,
    event: Event,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Elsewhere,
    /// In the first argument of a command that may carry a password.
    Name(Rule),
    /// Behind it.
    Password(Rule),
}

/// What makes the second and later arguments secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// The command alone.
    Always,
    /// The first argument is not another number than this.
    Number(u32),
}

/// An event in the middle of an echo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Event {
    #[default]
    None,
    /// These were the last bytes in front of it.
    Running(VecDeque<u8>),
    /// A prompt may follow.
    Over,
}

impl SecretScanner {
    const COMMANDS: [(&'static [u8], Place); 6] = [
        (b"AT+CWJAP=", Place::Name(Rule::Always)),
        (b"AT+CWSAP=", Place::Name(Rule::Always)),
        (b"AT+WSTAC=", Place::Name(Rule::Number(3))),
        (b"AT+MQTTC=", Place::Name(Rule::Number(5))),
        (b"WSTAC:3,", Place::Password(Rule::Number(3))),
        (b"MQTTC:5,", Place::Password(Rule::Number(5))),
    ];
    const REMEMBERED: usize = 12;

    pub fn is_secret(&mut self, byte: u8) -> bool {
        if self.is_in_event(byte) {
            return false;
        }
        let ends_line = byte == b'\n' && self.line_may_end();
        let secret = matches!(self.place, Place::Password(_)) && byte != b'\r' && !ends_line;
        self.remember(byte);
        if ends_line {
            self.place = Place::Elsewhere;
        } else if self.place == Place::Elsewhere {
            self.begin_command();
        } else if let Place::Name(rule) = self.place {
            self.read_name(byte, rule);
        }
        self.escaped = byte == b'\\' && !self.escaped;
        secret
    }

    /// A Microchip module prints its events, each behind a CR, into the echo of what is typed. The
    /// echo goes on behind them.
    fn is_in_event(&mut self, byte: u8) -> bool {
        match std::mem::take(&mut self.event) {
            Event::Running(mut before) => {
                self.remember(byte);
                if byte == b'\n' {
                    std::mem::swap(&mut self.recent, &mut before);
                    self.event = Event::Over;
                } else if !self.begin_command() {
                    self.event = Event::Running(before);
                }
                true
            }
            Event::Over if byte == b'>' => true,
            _ if byte == b'+' && self.recent.back() == Some(&b'\r') && !self.is_quoted() => {
                while self.recent.back() == Some(&b'\r') {
                    self.recent.pop_back();
                }
                self.event = Event::Running(self.recent.clone());
                true
            }
            _ => false,
        }
    }

    /// Whether even a CR can be part of an argument.
    fn is_quoted(&self) -> bool {
        matches!(
            self.place,
            Place::Name(Rule::Always) | Place::Password(Rule::Always)
        )
    }

    fn line_may_end(&self) -> bool {
        !self.is_quoted() || self.recent.back() == Some(&b'\r')
    }

    fn remember(&mut self, byte: u8) {
        if self.recent.len() == Self::REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(byte.to_ascii_uppercase());
    }

    /// Whether the last byte is that behind which a command has its arguments.
    fn begin_command(&mut self) -> bool {
        let begun = Self::COMMANDS.iter().find(|(command, _)| {
            let last = self.recent.iter().rev();
            self.recent.len() >= command.len()
                && last.zip(command.iter().rev()).all(|(a, b)| a == b)
        });
        if let Some((_, place)) = begun {
            self.place = *place;
            self.name.clear();
        }
        begun.is_some()
    }

    fn read_name(&mut self, byte: u8, rule: Rule) {
        if byte != b',' || self.escaped {
            self.name.push(byte);
            return;
        }
        self.place = match rule {
            Rule::Number(secret) if is_other_number(&self.name, secret) => Place::Elsewhere,
            _ => Place::Password(rule),
        };
    }
}

/// Whether the text is beyond doubt a number, and not that of the secret.
fn is_other_number(text: &[u8], secret: u32) -> bool {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let number: Option<u32> = text.parse().ok();
    number.is_some_and(|number| number != secret && number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::transcript::{Direction, Record};

    fn shown(bytes: &[u8]) -> String {
        let mut scanner = SecretScanner::default();
        let mut record = Record::new(Duration::from_millis(1500), Direction::ToModule);
        for &byte in bytes {
            record.push(&[byte], scanner.is_secret(byte));
        }
        record.to_string()
    }

    #[test]
    fn passwords_are_masked() {
        for (line, expected) in [
            (
                &b"AT+CWJAP=\"home\",\"secret99\"\r\n"[..],
                r#"AT+CWJAP="home",***\r\n"#,
            ),
            (
                b"payloadat+cwjap=\"a\\,b\",\"secret99\",,1\r\nAT\r\n",
                r#"payloadat+cwjap="a\\,b",***\r\nAT\r\n"#,
            ),
            (
                b"AT+CWJAP=\"a\nb\",\"p\nq\"\r\n",
                r#"AT+CWJAP="a\nb",***\r\n"#,
            ),
            (
                b"AT+CWSAP=\"ap\",\"secret99\",1,3\r\n",
                r#"AT+CWSAP="ap",***\r\n"#,
            ),
            (
                b"AT+WSTAC=2,3\r\nAT+WSTAC=3,\"secret99\"\nAT\n",
                r#"AT+WSTAC=2,3\r\nAT+WSTAC=3,***\nAT\n"#,
            ),
            (
                b"AT+WSTAC= 0x3 ,[7365]\r\nAT+MQTTC=5,\"secret99\"\r\n",
                r#"AT+WSTAC= 0x3 ,***\r\nAT+MQTTC=5,***\r\n"#,
            ),
            (
                b"WSTAC:1,\"home\"\r\nWSTAC:3,\"secret99\"\r\nOK\r\n>",
                r#"WSTAC:1,"home"\r\nWSTAC:3,***\r\nOK\r\n>"#,
            ),
            (
                b"payload\r+AT+CWJAP=\"home\",\"secret99\"\r\n",
                r#"payload\r+AT+CWJAP="home",***\r\n"#,
            ),
            (
                b"AT+WS\r+WSTALD\r\n>TAC=\r\r+A:1,\"x\"\r\n>3,\"sec\r+SOCKCL:4\r\n>ret99\"\r\nOK\r\n",
                r#"AT+WS\r+WSTALD\r\n>TAC=\r\r+A:1,"x"\r\n>3,***\r+SOCKCL:4\r\n>***\r\nOK\r\n"#,
            ),
        ] {
            assert_eq!(shown(line), format!("    1.500000 -> {expected}"));
        }
    }
}
