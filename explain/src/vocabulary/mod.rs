//! The words of both modules: what each command and event is for, its arguments, its numbers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A family of modules whose words are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// ST's ST67W611M1.
    St67,
    /// Microchip's PIC32MZW1 and WFI32.
    Microchip,
    /// Espressif's ESP-AT, where its words are those of the ST67.
    EspAt,
    /// None is certain.
    Unknown,
}

impl Dialect {
    /// What a user calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::St67 => "ST67W611M1",
            Dialect::Microchip => "PIC32MZW1 or WFI32",
            Dialect::EspAt => "ESP-AT",
            Dialect::Unknown => "unknown",
        }
    }
}

/// A command or an event.
#[derive(Debug)]
pub struct Word {
    /// Of the vendor's reference.
    pub chapter: &'static str,
    /// Without `AT` and `+`.
    pub name: &'static str,
    flags: &'static str,
    arguments: &'static str,
    row: &'static str,
    /// What it is for.
    pub meaning: &'static str,
}

impl Word {
    /// Arguments of the command; a secret one begins with `*`.
    pub fn arguments(&self) -> Vec<&'static str> {
        names(self.arguments)
    }

    /// Values of the reply or event.
    pub fn row(&self) -> Vec<&'static str> {
        names(self.row)
    }

    /// A link id may stand in front of the arguments.
    pub fn has_link(&self) -> bool {
        self.flags.contains('L')
    }

    /// A payload follows when the module asks for it.
    pub fn uploads(&self) -> bool {
        self.flags.contains('P')
    }

    /// The payload is a secret.
    pub fn uploads_secret(&self) -> bool {
        self.flags.contains("SS")
    }

    /// The module restarts behind it.
    pub fn restarts(&self) -> bool {
        self.flags.contains('R')
    }

    /// It comes unasked.
    pub fn is_event(&self) -> bool {
        self.flags.contains('V')
    }

    /// There may be no reply.
    pub fn may_be_silent(&self) -> bool {
        self.flags.contains('N')
    }

    fn coincides(&self) -> bool {
        self.flags.contains('E')
    }
}

fn names(list: &'static str) -> Vec<&'static str> {
    list.split(',')
        .filter(|name| !name.is_empty() && *name != "-")
        .collect()
}

/// Words by name.
type Words = BTreeMap<&'static str, Word>;

static ST67: LazyLock<Words> = LazyLock::new(|| words(include_str!("st67.tsv")));
static MICROCHIP: LazyLock<Words> = LazyLock::new(|| words(include_str!("microchip.tsv")));
static VALUES: LazyLock<BTreeMap<(&'static str, &'static str), &'static str>> =
    LazyLock::new(|| {
        rows(include_str!("values.tsv"))
            .map(|[dialect, key, values]| ((dialect, key), values))
            .collect()
    });

fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let rows = table.lines().skip(1);
    rows.filter_map(|row| row.split('\t').collect::<Vec<_>>().try_into().ok())
}

fn words(table: &'static str) -> Words {
    let words = rows(table).map(|[chapter, name, flags, arguments, row, meaning]| Word {
        chapter,
        name,
        flags,
        arguments,
        row,
        meaning,
    });
    words.map(|word| (word.name, word)).collect()
}

/// The word of a dialect with this name; where the dialect is not known, of the only one that has it.
pub fn word(dialect: Dialect, name: &str) -> Option<&'static Word> {
    match dialect {
        Dialect::St67 => ST67.get(name),
        Dialect::Microchip => MICROCHIP.get(name),
        Dialect::EspAt => ST67.get(name).filter(|word| word.coincides()),
        Dialect::Unknown => match (ST67.get(name), MICROCHIP.get(name)) {
            (Some(word), None) | (None, Some(word)) => Some(word),
            _ => None,
        },
    }
}

/// Every word that has a secret argument, in any dialect.
pub fn with_secrets() -> impl Iterator<Item = &'static Word> {
    let all = ST67.values().chain(MICROCHIP.values());
    all.filter(|word| word.arguments.contains('*') || word.row.contains('*'))
}

/// Whether only one of the two vendors has the word: 1 for ST, -1 for Microchip.
pub fn leaning(name: &str) -> i32 {
    i32::from(ST67.contains_key(name)) - i32::from(MICROCHIP.contains_key(name))
}

/// What the value of an argument means.
pub fn meaning(dialect: Dialect, name: &str, argument: &str, value: &str) -> Option<&'static str> {
    let table = match dialect {
        Dialect::Microchip => "microchip",
        Dialect::Unknown if leaning(name) < 0 => "microchip",
        Dialect::Unknown if leaning(name) == 0 => return None,
        _ => "st67",
    };
    let of = |key: String| {
        let (_, values) = VALUES
            .iter()
            .find(|((dialect, own), _)| *dialect == table && *own == key)?;
        let pairs = values.split(';').filter_map(|pair| pair.split_once('='));
        pairs
            .into_iter()
            .find(|(own, _)| *own == value)
            .map(|(_, meaning)| meaning)
    };
    of(format!("{name}.{argument}")).or_else(|| of(format!("*.{argument}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole() {
        let lines = |table: &str| table.lines().count() - 1;
        assert_eq!(ST67.len(), lines(include_str!("st67.tsv")));
        assert_eq!(MICROCHIP.len(), lines(include_str!("microchip.tsv")));
        assert_eq!(VALUES.len(), lines(include_str!("values.tsv")));
    }

    #[test]
    fn every_code_of_both_vendors_has_a_meaning() {
        for code in 0..=47 {
            let code = code.to_string();
            assert!(
                meaning(Dialect::Microchip, "ERROR", "code", &code).is_some(),
                "{code}"
            );
        }
        for reason in 0..=25 {
            let reason = reason.to_string();
            assert!(
                meaning(Dialect::St67, "CW:ERROR", "reason", &reason).is_some(),
                "{reason}"
            );
        }
        for sub in 0..=0x14 {
            let sub = format!("0x{sub:02x}");
            assert!(
                meaning(Dialect::St67, "ERR CODE", "sub", &sub).is_some(),
                "{sub}"
            );
        }
    }
}
