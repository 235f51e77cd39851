//! Lists of words, each with what it means: one text and one search, where a `match` on byte strings
//! would take eight bytes of code for each of its characters.

use super::text::agree;

/// A list of words, of which each carries what it means; made by [`words!`].
pub(crate) struct Words<M: 'static> {
    /// The words, each with a line feed behind it.
    pub(crate) texts: &'static str,
    pub(crate) meanings: &'static [M],
}

impl<M: Copy> Words<M> {
    /// What this word means, if it is in the list.
    pub(crate) fn find(&self, word: &[u8]) -> Option<M> {
        self.meanings.get(position(self.texts, word)).copied()
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
        let (place, length) = place_of(self.texts, text, fits)?;
        let meaning = self.meanings.get(place).copied()?;
        Some((meaning, text.get(length..).unwrap_or(&[])))
    }
}

/// The place of the first word that fits, and how long it is.
#[inline(never)]
fn place_of(texts: &str, text: &[u8], fits: fn(&[u8], &[u8]) -> bool) -> Option<(usize, usize)> {
    let words = texts.as_bytes().split(|&b| b == b'\n');
    let (place, word) = words.enumerate().find(|(_, word)| fits(text, word))?;
    Some((place, word.len()))
}

/// At which place of the list a word stands; behind its end if at none.
fn position(texts: &str, word: &[u8]) -> usize {
    let mut place = 0;
    // How far the word at this place agrees; `None` where it does not.
    let mut agreed = Some(0);
    for &byte in texts.as_bytes() {
        agreed = match (byte, agreed) {
            (b'\n', Some(length)) if length == word.len() => return place,
            (b'\n', _) => {
                place += 1;
                Some(0)
            }
            (byte, Some(length)) if word.get(length) == Some(&byte) => Some(length + 1),
            _ => None,
        };
    }
    place
}

/// Makes a list: `words! { "OK" => Line::Ok, … }`.
macro_rules! words {
    ($($word:literal => $meaning:expr,)+) => {
        $crate::engine::words::Words {
            texts: concat!($($word, "\n"),+),
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
        for word in ["", "O", "OKAY", "ERRO", "OK\nERROR", "\n"] {
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
