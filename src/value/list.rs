//! A list of what a module tells row by row.

use heapless::Vec;

use crate::error::{Lent, Usage};

/// What there is room for, and how much there was.
pub(crate) struct List<T, const N: usize> {
    kept: Vec<T, N>,
    told: usize,
}

impl<T, const N: usize> List<T, N> {
    pub(crate) const fn new() -> Self {
        List {
            kept: Vec::new(),
            told: 0,
        }
    }

    /// Takes the next.
    pub(crate) fn take(&mut self, item: T) {
        self.told += 1;
        // If there is no room, the end says so.
        let _ = self.kept.push(item);
    }

    /// All of it.
    ///
    /// # Errors
    /// [`Usage::BufferTooSmall`] with how many there are.
    pub(crate) fn finish(self) -> Result<Vec<T, N>, Usage> {
        match self.told > N {
            true => Err(Usage::BufferTooSmall {
                which: Lent::Data,
                needed: self.told,
            }),
            false => Ok(self.kept),
        }
    }
}
