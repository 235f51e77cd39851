//! What lies in the flash, as the host was told, against what is there.

use std::collections::BTreeMap;

use crate::flash::State;

/// What may lie under a name.
#[derive(Clone, Debug, Default, PartialEq)]
enum Known {
    /// Nothing at all.
    #[default]
    Nothing,
    /// This, to the last byte.
    Exactly(Vec<u8>),
    /// One of these, whole, or nothing that is taken for a certificate.
    OneOf(Vec<Vec<u8>>),
    /// Nobody can say.
    Anything,
}

/// All that lies there, and the firmware.
#[derive(Debug, Default)]
pub struct Shelf {
    known: BTreeMap<&'static str, Known>,
    /// What was made so far: each is another one.
    made: u32,
    /// What the flash is like.
    pub state: State,
    /// The version that the firmware has since it was updated.
    pub version: Option<[u32; 3]>,
}

impl Shelf {
    /// The number of something new.
    pub fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// The host was told that this lies there.
    pub fn has(&mut self, name: &'static str, content: Vec<u8>) {
        self.known.insert(name, Known::Exactly(content));
    }

    /// The host was told that nothing lies there.
    pub fn has_not(&mut self, name: &'static str) {
        self.known.insert(name, Known::Nothing);
    }

    /// The host was told that this could not be loaded.
    pub fn may_have(&mut self, name: &'static str, content: Vec<u8>) {
        let known = self.known.entry(name).or_default();
        *known = match std::mem::take(known) {
            Known::Nothing => Known::OneOf(vec![content]),
            Known::Exactly(before) => Known::OneOf(vec![before, content]),
            Known::OneOf(mut all) => {
                all.push(content);
                Known::OneOf(all)
            }
            Known::Anything => Known::Anything,
        };
    }

    /// Nobody can say what lies there.
    pub fn forget(&mut self, name: &'static str) {
        self.known.insert(name, Known::Anything);
    }

    /// Whether this may lie there.
    #[must_use]
    pub fn allows(&self, name: &str, content: Option<&[u8]>) -> bool {
        match self.known.get(name) {
            None | Some(Known::Nothing) => content.is_none(),
            Some(Known::Exactly(known)) => content == Some(known),
            Some(Known::OneOf(all)) => {
                !is_certificate(content) || all.iter().any(|known| content == Some(known))
            }
            Some(Known::Anything) => true,
        }
    }
}

/// Whether it is taken for a certificate: it does not begin with a zero.
#[must_use]
pub fn is_certificate(content: Option<&[u8]>) -> bool {
    content.is_some_and(|content| content.first().is_some_and(|&first| first != 0))
}

/// So many bytes that may be a certificate, of which no two are the same: with all that a module or a line
/// may stumble over.
#[must_use]
pub fn certificate(number: u32, size: usize) -> Vec<u8> {
    let size = size.max(9);
    let [_, _, high, low] = (size as u32 - 4).to_be_bytes();
    let head = [&[0x30, 0x82, high, low], &number.to_be_bytes()[..], HARD].concat();
    head.into_iter()
        .chain((0_u32..).map(|n| (n * 7 + n / 256 + number) as u8))
        .take(size)
        .collect()
}

/// The same of which nobody says how it begins.
#[must_use]
pub fn file(number: u32, size: usize) -> Vec<u8> {
    let mut file = certificate(number, size);
    file.rotate_left(number as usize % 8);
    file
}

const HARD: &[u8] =
    b"+\r\nOK\r\n\0\r\n\r\nOK\r\n\0\0\x7f\r\nready\r\n\r\nERROR\r\n>#\r\n+FS:READ,1,\n\n\r\r";
