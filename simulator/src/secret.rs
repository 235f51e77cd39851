//! What the transcript must not show.

use std::collections::VecDeque;

/// Marks the bytes that must not be shown: what follows the name in a command that carries a
/// password, and what a module prints of it, wherever that stands and whatever happens to it on its
/// way.
#[derive(Debug, Default)]
pub(crate) struct SecretScanner {
    /// The line so far, or its end if it is long.
    line: VecDeque<u8>,
    place: Place,
    escaped: bool,
    /// The argument that tells what the next one is, so far.
    name: Vec<u8>,
    event: Event,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Elsewhere,
    /// In the argument in front of the one that tells what the next one is.
    Index(Rule),
    /// In the argument that tells what the next one is.
    Name(Rule),
    /// Behind it.
    Password(Rule),
    /// In a line that tells how long the password will be.
    Announced,
    /// In a password that has been announced: so many bytes are left of it.
    Counted(usize),
    /// In a line that the host has recalled. What was in it has to be guessed.
    Recalled,
    /// In a private key, up to its last line.
    Key,
}

/// What makes the arguments behind the name secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// The command alone.
    Always,
    /// The name is not another number than this.
    Number(u32),
}

/// An event in the middle of an echo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Event {
    #[default]
    None,
    /// This was the line in front of it.
    Running(VecDeque<u8>),
    /// A prompt may follow.
    Over,
}

impl SecretScanner {
    const COMMANDS: &[(&'static [u8], Place)] = &[
        (b"CIPSSLCPSK=", Place::Password(Rule::Always)),
        (b"CIPSSLCPSK:", Place::Password(Rule::Always)),
        (b"CIPSSLCPSKHEX=", Place::Password(Rule::Always)),
        (b"CIPSSLCPSKHEX:", Place::Password(Rule::Always)),
        (b"-----BEGIN PRIVATE KEY-----", Place::Key),
        (b"-----BEGIN RSA PRIVATE KEY-----", Place::Key),
        (b"-----BEGIN EC PRIVATE KEY-----", Place::Key),
        (b"-----BEGIN ENCRYPTED PRIVATE KEY-----", Place::Key),
        (b"MQTTUSERCFG=", Place::Password(Rule::Always)),
        (b"MQTTUSERCFG:", Place::Password(Rule::Always)),
        (b"MQTTPASSWORD:", Place::Password(Rule::Always)),
        (b"MQTTPASSWORD=", Place::Announced),
        (b"MQTTLONGPASSWORD=", Place::Announced),
        (b"BLESECPASSKEY=", Place::Password(Rule::Always)),
        (b"LTK:", Place::Password(Rule::Always)),
        (b"AT+CWJAP=", Place::Name(Rule::Always)),
        (b"AT+CWSAP=", Place::Name(Rule::Always)),
        (b"+CWSAP:", Place::Name(Rule::Always)),
        (b"AT+WSTAC=", Place::Name(Rule::Number(3))),
        (b"AT+WAPC=", Place::Name(Rule::Number(3))),
        (b"AT+MQTTC=", Place::Name(Rule::Number(5))),
        (b"AT+TLSC=", Place::Index(Rule::Number(4))),
        (b"WSTAC:3,", Place::Password(Rule::Number(3))),
        (b"WAPC:3,", Place::Password(Rule::Number(3))),
        (b"MQTTC:5,", Place::Password(Rule::Number(5))),
        (b"TLSC:4,", Place::Password(Rule::Number(4))),
    ];
    /// How each of them ends: of most bytes it is seen at once that none does.
    const COMMAND_ENDS: &'static [u8] = b"=:,-";
    /// No password that is announced is longer.
    const LONGEST_ANNOUNCED: usize = 128;
    /// Begins the last line of a key.
    const KEY_END: &'static [u8] = b"-----END";
    /// What takes back a character, as typed and as echoed.
    const ERASERS: [&'static [u8]; 2] = [b"\x08", b"\x1b[D\x1b[K"];
    /// Keys that recall a line. The echo begins with another sequence and shows the line.
    const RECALLS: [&'static [u8]; 2] = [b"\x1b[A", b"\x1b[B"];
    /// As long as the longest line that a module takes.
    const REMEMBERED: usize = 512;

    pub fn is_secret(&mut self, byte: u8) -> bool {
        if let Place::Counted(left) = self.place {
            self.place = match left {
                0 | 1 => Place::Elsewhere,
                _ => Place::Counted(left - 1),
            };
            return true;
        }
        if self.is_in_event(byte) {
            return false;
        }
        let ends_line = byte == b'\n' && self.place != Place::Key && self.line_may_end();
        let hidden = matches!(
            self.place,
            Place::Password(_) | Place::Recalled | Place::Key
        );
        let secret = hidden && byte != b'\r' && !ends_line;
        self.remember(byte);
        if ends_line {
            self.place = self.announced();
            self.line.clear();
        } else if !self.is_edited() {
            self.read(byte);
        }
        self.escaped = byte == b'\\' && !self.escaped;
        secret
    }

    fn read(&mut self, byte: u8) {
        match self.place {
            Place::Elsewhere => {
                self.begin_command();
            }
            Place::Index(rule) if byte == b',' => self.place = Place::Name(rule),
            Place::Name(rule) => self.read_name(byte, rule),
            Place::Announced => self.name.push(byte),
            Place::Key if self.ends_with(Self::KEY_END) => self.place = Place::Elsewhere,
            Place::Index(_)
            | Place::Password(_)
            | Place::Counted(_)
            | Place::Recalled
            | Place::Key => {}
        }
    }

    /// What follows the line: a password, if that is what the line has announced.
    fn announced(&self) -> Place {
        if self.place != Place::Announced {
            return Place::Elsewhere;
        }
        let text = String::from_utf8_lossy(&self.name);
        let length = text.trim_end().rsplit(',').next();
        match length.and_then(|length| length.parse().ok()) {
            Some(length @ 1..=Self::LONGEST_ANNOUNCED) => Place::Counted(length),
            _ => Place::Elsewhere,
        }
    }

    /// Where the host types by hand, the line is what is left of it. A text in which every byte
    /// counts has no such keys.
    fn is_edited(&mut self) -> bool {
        if self.is_quoted() || self.place == Place::Recalled {
            return false;
        }
        if Self::RECALLS.iter().any(|key| self.ends_with(key)) {
            self.place = Place::Recalled;
            return true;
        }
        let Some(eraser) = Self::ERASERS.iter().find(|key| self.ends_with(key)) else {
            return false;
        };
        let left = self.line.len().saturating_sub(eraser.len() + 1);
        let line = std::mem::take(&mut self.line);
        *self = SecretScanner::default();
        for byte in line.into_iter().take(left) {
            self.is_secret(byte);
        }
        true
    }

    /// A Microchip module prints its events, each behind a CR, into the echo of what is typed. The
    /// echo goes on behind them.
    fn is_in_event(&mut self, byte: u8) -> bool {
        match std::mem::take(&mut self.event) {
            Event::Running(mut before) => {
                self.remember(byte);
                if byte == b'\n' {
                    std::mem::swap(&mut self.line, &mut before);
                    self.event = Event::Over;
                } else if !self.begin_command() {
                    self.event = Event::Running(before);
                }
                true
            }
            Event::Over if byte == b'>' => true,
            _ if byte == b'+' && self.line.back() == Some(&b'\r') && !self.is_quoted() => {
                while self.line.back() == Some(&b'\r') {
                    self.line.pop_back();
                }
                self.event = Event::Running(self.line.clone());
                true
            }
            _ => false,
        }
    }

    /// Whether even a CR can be part of an argument.
    fn is_quoted(&self) -> bool {
        matches!(
            self.place,
            Place::Name(Rule::Always) | Place::Password(Rule::Always) | Place::Key
        )
    }

    fn line_may_end(&self) -> bool {
        !self.is_quoted() || self.line.back() == Some(&b'\r')
    }

    fn remember(&mut self, byte: u8) {
        if self.line.len() == Self::REMEMBERED {
            self.line.pop_front();
        }
        self.line.push_back(byte);
    }

    /// Whether the line ends with the text, in upper or in lower case.
    fn ends_with(&self, text: &[u8]) -> bool {
        let last = self.line.iter().rev().zip(text.iter().rev());
        self.line.len() >= text.len() && last.into_iter().all(|(a, b)| a.eq_ignore_ascii_case(b))
    }

    /// Whether the last byte is that behind which a command has its arguments.
    fn begin_command(&mut self) -> bool {
        let last = self.line.back();
        if last.is_none_or(|last| !Self::COMMAND_ENDS.contains(last)) {
            return false;
        }
        let mut commands = Self::COMMANDS.iter();
        let begun = commands.find(|(command, _)| self.ends_with(command));
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

    #[track_caller]
    fn assert_shown(cases: &[(&[u8], &str)]) {
        for (line, expected) in cases {
            assert_eq!(shown(line), format!("    1.500000 -> {expected}"));
        }
    }

    #[test]
    fn every_command_ends_as_it_is_looked_for() {
        for (command, _) in SecretScanner::COMMANDS {
            let last = command.last().unwrap();
            assert!(SecretScanner::COMMAND_ENDS.contains(last));
        }
    }

    #[test]
    fn passwords_are_masked() {
        assert_shown(&[
            (
                b"AT+CWJAP=\"home\",\"secret99\"\r\n",
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
                b"+CWSAP:\"ap\",\"secret99\",1,3,4,0\r\n",
                r#"+CWSAP:"ap",***\r\n"#,
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
        ]);
    }

    #[test]
    fn other_secrets_of_a_microchip_module_are_masked() {
        assert_shown(&[
            (
                b"AT+WAPC=1,\"ap\"\r\nAT+WAPC=3,\"secret99\"\r\n",
                r#"AT+WAPC=1,"ap"\r\nAT+WAPC=3,***\r\n"#,
            ),
            (
                b"AT+MQTTC=4,\"me\"\r\nAT+MQTTC=5,[736563726574]\r\n",
                r#"AT+MQTTC=4,"me"\r\nAT+MQTTC=5,***\r\n"#,
            ),
            (
                b"AT+TLSC=4,1,\"ca\"\r\nAT+TLSC=1,4,\"secret99\"\r\n",
                r#"AT+TLSC=4,1,"ca"\r\nAT+TLSC=1,4,***\r\n"#,
            ),
            (
                b"+TLSC:4,\"secret99\"\r\nOK\r\n\r+MQTTC:5,\"secret99\"\r\nOK\r\n",
                r#"+TLSC:4,***\r\nOK\r\n\r+MQTTC:5,***\r\nOK\r\n"#,
            ),
        ]);
    }

    #[test]
    fn passwords_of_mqtt_and_ble_are_masked() {
        assert_shown(&[
            (
                b"AT+MQTTUSERCFG=0,0,\"id\",\"me\",\"secret99\"\r\nAT\r\n",
                r"AT+MQTTUSERCFG=***\r\nAT\r\n",
            ),
            (
                b"AT+MQTTPASSWORD=0,8\r\nsecr\nt99AT+MQTTPASSWORD?\r\n",
                r"AT+MQTTPASSWORD=0,8\r\n***AT+MQTTPASSWORD?\r\n",
            ),
            (
                b"+MQTTPASSWORD:0,\"secret99\"\r\n\r\nOK\r\n",
                r"+MQTTPASSWORD:***\r\n\r\nOK\r\n",
            ),
            (
                b"AT+BLESECPASSKEY=0,123456\r\n+BLE:PAIRINGCOMPLETED: Bonded BTADDR: a LTK: 00ff\r\n",
                r"AT+BLESECPASSKEY=***\r\n+BLE:PAIRINGCOMPLETED: Bonded BTADDR: a LTK:***\r\n",
            ),
        ]);
    }

    #[test]
    fn keys_are_masked() {
        assert_shown(&[
            (
                b"AT+CIPSSLCPSK=0,\"secret\",\"me\"\r\n+CIPSSLCPSKHEX:\"7365\",\"me\"\r\nAT\r\n",
                r"AT+CIPSSLCPSK=***\r\n+CIPSSLCPSKHEX:***\r\nAT\r\n",
            ),
            (
                b"-----BEGIN EC PRIVATE KEY-----\r\nTUVT\nU0VH\r\n-----END EC PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nTUVT\n",
                r"-----BEGIN EC PRIVATE KEY-----\r***\r*** EC PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nTUVT\n",
            ),
        ]);
    }

    #[test]
    fn editing_a_line_uncovers_nothing() {
        assert_shown(&[
            (
                b"AT+WSTC\x08AC=3,\"secret99\"\r\n",
                r#"AT+WSTC\x08AC=3,***\r\n"#,
            ),
            (
                b"AT+WSTC\x1b[D\x1b[KAC=3,\"secret99\"\r\n",
                r#"AT+WSTC\x1b[D\x1b[KAC=3,***\r\n"#,
            ),
            (
                b"AT+WSTAC=1,\"\x08\x08\x083,\"secret99\"\r\n",
                r#"AT+WSTAC=1,"\x08\x08\x083,***\r\n"#,
            ),
            (
                b"AT+WSTAC=3,\"secret98\x089\"\r\nAT+WSTAC=2,2\x083\r\n",
                r#"AT+WSTAC=3,***\r\nAT+WSTAC=2,2\x083\r\n"#,
            ),
            (
                b"AT+WSTAC=1,0\r\n\x1b[A\x08\x08\x083,\"secret99\"\r\nAT\r\n",
                r#"AT+WSTAC=1,0\r\n\x1b[A***\r\nAT\r\n"#,
            ),
            (
                b"AT+CWJAP=\"a\",\"\x08\x08\x08\x08\x08\x08secret99\"\r\n",
                r#"AT+CWJAP="a",***\r\n"#,
            ),
        ]);
    }
}
