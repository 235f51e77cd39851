//! Lists of words, each with what it means: one text and one search, where a `match` on byte strings
//! would take eight bytes of code for each of its characters.

use super::text::agree;

/// A list of words, of which each carries what it means; made by [`words!`].
pub(crate) struct Words<M: 'static> {
    /// The words, each with its length before it.
    pub(crate) packed: &'static [u8],
    pub(crate) meanings: &'static [M],
}

impl<M: Copy> Words<M> {
    /// What this word means, if it is in the list.
    pub(crate) fn find(&self, word: &[u8]) -> Option<M> {
        let (place, _) = place_of(self.packed, word, |text, word| text == word);
        self.meanings.get(place).copied()
    }

    /// What the first word of the list means with which `text` begins, and what stands behind it.
    pub(crate) fn find_start<'t>(&self, text: &'t [u8]) -> Option<(M, &'t [u8])> {
        self.find_with(text, |text, word| text.starts_with(word))
    }

    /// As [`find_start`](Self::find_start), or with which `text` may begin when there is more of it.
    pub(crate) fn find_agreeing<'t>(&self, text: &'t [u8]) -> Option<(M, &'t [u8])> {
        self.find_with(text, agree)
    }

    fn find_with<'t>(
        &self,
        text: &'t [u8],
        fits: fn(&[u8], &[u8]) -> bool,
    ) -> Option<(M, &'t [u8])> {
        let (place, length) = place_of(self.packed, text, fits);
        let meaning = self.meanings.get(place).copied()?;
        Some((meaning, text.get(length..).unwrap_or(&[])))
    }
}

/// The place of the first word that begins as the text does, and fits; and how long it is. Behind the
/// end of the list if there is none.
#[inline(never)]
fn place_of(mut packed: &[u8], text: &[u8], fits: fn(&[u8], &[u8]) -> bool) -> (usize, usize) {
    let mut place = 0;
    while let [length, rest @ ..] = packed {
        let length = usize::from(*length);
        if rest.first() == text.first() && fits(text, rest.get(..length).unwrap_or(&[])) {
            return (place, length);
        }
        packed = rest.get(length..).unwrap_or(&[]);
        place += 1;
    }
    (usize::MAX, 0)
}

/// How long a list is when it is packed.
pub(crate) const fn packed_length(words: &[&str]) -> usize {
    let (mut n, mut length) = (0, 0);
    while n < words.len() {
        length += 1 + words[n].len();
        n += 1;
    }
    length
}

/// The words, each with its length before it.
pub(crate) const fn pack<const N: usize>(words: &[&str]) -> [u8; N] {
    let mut packed = [0; N];
    let (mut n, mut at) = (0, 0);
    while n < words.len() {
        let word = words[n].as_bytes();
        assert!(word.len() <= u8::MAX as usize);
        packed[at] = word.len() as u8;
        let mut i = 0;
        while i < word.len() {
            packed[at + 1 + i] = word[i];
            i += 1;
        }
        at += 1 + word.len();
        n += 1;
    }
    packed
}

/// Makes a list: `words! { "OK" => Line::Ok, … }`.
macro_rules! words {
    ($($word:literal => $meaning:expr,)+) => {
        $crate::engine::words::Words {
            packed: {
                use $crate::engine::words::{pack, packed_length};
                const WORDS: &[&str] = &[$($word),+];
                const PACKED: [u8; packed_length(WORDS)] = pack(WORDS);
                &PACKED
            },
            meanings: &[$($meaning),+],
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::Words;

    const WORDS: Words<u8> = words! {
        "OK" => 1,
        "ERROR" => 2,
        "ERR" => 3,
    };

    #[test]
    fn a_word_is_found_if_it_is_whole() {
        for (word, meaning) in [("OK", 1), ("ERROR", 2), ("ERR", 3)] {
            assert_eq!(WORDS.find(word.as_bytes()), Some(meaning));
        }
        for word in ["", "O", "OKAY", "ERRO", "OK\u{5}ERROR", "\u{2}OK"] {
            assert_eq!(WORDS.find(word.as_bytes()), None, "{word:?}");
        }
    }

    #[test]
    fn the_first_word_that_begins_a_text_is_found() {
        assert_eq!(WORDS.find_start(b"ERROR:5"), Some((2, &b":5"[..])));
        assert_eq!(WORDS.find_start(b"ERR CODE"), Some((3, &b" CODE"[..])));
        assert_eq!(WORDS.find_start(b"+OK"), None);
    }
}
