//! A command line taken apart into its name, its form and its arguments, as the firmware does
//! (wire notes 3 and 11).

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;

/// The most words of a line: its name and fifteen arguments.
const MOST: usize = 16;

/// The form in which a command is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::st67) enum Form {
    Query,
    Set,
    Execute,
    /// `=?`, which no command has.
    Test,
}

/// What a line says behind its `AT`.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::st67) struct Words {
    pub name: Vec<u8>,
    pub form: Form,
    pub arguments: Arguments,
}

impl Words {
    pub fn scan(text: &[u8]) -> Result<Self, Code> {
        let mut scanner = Scanner::default();
        let mut rest = text;
        while let [byte, behind @ ..] = rest {
            let taken = scanner
                .take(*byte, behind)
                .map_err(|Unfit| scanner.error())?;
            rest = &behind[taken.min(behind.len())..];
            if scanner.words.len() == MOST {
                scanner.word().extend_from_slice(rest);
                break;
            }
        }
        if scanner.quoted {
            return Err(scanner.error());
        }
        let form = scanner.form();
        let mut words = scanner.words.into_iter();
        Ok(Words {
            name: words.next().unwrap_or_default(),
            form,
            arguments: Arguments::new(words.as_slice()),
        })
    }
}

/// A byte that must not stand where it does.
struct Unfit;

#[derive(Default)]
struct Scanner {
    words: Vec<Vec<u8>>,
    /// More of the last word may follow.
    open: bool,
    /// It stands in quotes that are still open.
    quoted: bool,
    /// A question mark has ended its text, though not the word.
    hidden: bool,
    equal: bool,
    asked: bool,
}

impl Scanner {
    /// Takes a byte, and tells how many of those behind it are taken with it.
    fn take(&mut self, byte: u8, behind: &[u8]) -> Result<usize, Unfit> {
        match byte {
            b'=' if !self.quoted => self.take_equal()?,
            b'?' if !self.quoted => {
                if std::mem::replace(&mut self.asked, true) {
                    return Err(Unfit);
                }
                self.hidden = self.open;
            }
            b',' if self.quoted => return Err(Unfit),
            b',' if self.open => self.open = false,
            b',' => self.words.push(Vec::new()),
            b'"' if self.open => {
                if !matches!(behind, [] | [b',', ..]) {
                    return Err(Unfit);
                }
                self.quoted = false;
                self.word().push(byte);
            }
            b'"' => {
                self.begin();
                self.quoted = true;
                self.word().push(byte);
            }
            b'\\' if self.quoted => {
                if let [literal, ..] = behind {
                    self.word().push(*literal);
                    return Ok(1);
                }
            }
            _ => {
                if !self.open {
                    self.begin();
                }
                if !self.hidden {
                    self.word().push(byte);
                }
            }
        }
        Ok(0)
    }

    /// Only the first ends a word.
    fn take_equal(&mut self) -> Result<(), Unfit> {
        if self.equal {
            return Err(Unfit);
        }
        if std::mem::take(&mut self.open) {
            self.equal = true;
        }
        Ok(())
    }

    fn begin(&mut self) {
        self.words.push(Vec::new());
        self.open = true;
        self.hidden = false;
    }

    fn word(&mut self) -> &mut Vec<u8> {
        if self.words.is_empty() {
            self.begin();
        }
        let last = self.words.len() - 1;
        &mut self.words[last]
    }

    /// The error tells how many arguments there were so far.
    fn error(&self) -> Code {
        Code::parse(self.words.len().saturating_sub(1))
    }

    /// Whatever the firmware cannot make sense of it takes for a query.
    fn form(&self) -> Form {
        let bare = self.words.len() < 2;
        match (self.equal, self.asked) {
            (true, true) if bare => Form::Test,
            (true, false) if !bare => Form::Set,
            (false, false) if bare => Form::Execute,
            _ => Form::Query,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> (Form, Vec<u8>, usize) {
        let words = Words::scan(text.as_bytes()).unwrap();
        (words.form, words.name, words.arguments.len())
    }

    #[test]
    fn forms() {
        let name = || b"+X".to_vec();
        assert_eq!(scan("+X"), (Form::Execute, name(), 0));
        assert_eq!(scan("+X?"), (Form::Query, name(), 0));
        assert_eq!(scan("+X="), (Form::Query, name(), 0));
        assert_eq!(scan("+X=0?"), (Form::Query, name(), 1));
        assert_eq!(scan("+X,1"), (Form::Query, name(), 1));
        assert_eq!(scan("+X?1"), (Form::Query, name(), 0));
        assert_eq!(scan("+X=?"), (Form::Test, name(), 0));
        assert_eq!(scan("+X=1"), (Form::Set, name(), 1));
        assert_eq!(scan("+X=,"), (Form::Set, name(), 1));
        assert_eq!(scan(""), (Form::Execute, Vec::new(), 0));
    }

    #[test]
    fn one_comma_at_the_end_is_nothing() {
        assert_eq!(scan("+X=1,").2, 1);
        assert_eq!(scan("+X=1,,").2, 2);
        assert_eq!(scan("+X=1,,2").2, 3);
    }

    #[test]
    fn quotes_and_backslashes() {
        let words = Words::scan(br#"+X="ab\\\,c","0123456789\"\\","=?""#).unwrap();
        let arguments = words.arguments;
        assert_eq!(arguments.need_text(0, 32), Ok(&br"ab\,c"[..]));
        assert_eq!(arguments.need_text(1, 64), Ok(&br#"0123456789"\"#[..]));
        assert_eq!(arguments.need_text(2, 64), Ok(&b"=?"[..]));
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let error = |text: &str| Words::scan(text.as_bytes()).unwrap_err();
        assert_eq!(error(r#"+X="a,"b""#), Code::parse(1));
        assert_eq!(error(r#"+X="a","b,c""#), Code::parse(2));
        assert_eq!(error(r#"+X="a"b"#), Code::parse(1));
        assert_eq!(error(r#"+X="a"#), Code::parse(1));
        assert_eq!(error(r#"+X="a\""#), Code::parse(1));
        assert_eq!(error("+X??"), Code::parse(0));
        assert_eq!(error("+X=1=2"), Code::parse(1));
    }

    #[test]
    fn what_is_behind_the_last_word_belongs_to_it() {
        let words = format!("+X={}", ["0"; 17].join(","));
        let arguments = Words::scan(words.as_bytes()).unwrap().arguments;
        assert_eq!(arguments.len(), 15);
        assert_eq!(arguments.any_number(14), Err(Code::parse(14)));
    }
}
