//! Numbers with a range, checked when they are made.

use core::fmt;

use atat::serde_at::serde::{Serialize, Serializer};

use crate::error::Usage;

/// A number from `MIN` to `MAX`, both included.
///
/// ```
/// use atwifi::{Ranged, Usage};
///
/// let seconds = Ranged::<1, 7200>::new(60)?;
/// assert_eq!(seconds, Ranged::constant::<60>());
/// assert_eq!(seconds.get(), 60);
/// assert_eq!(
///     Ranged::<1, 7200>::new(0),
///     Err(Usage::OutOfRange { min: 1, max: 7200 })
/// );
/// # Ok::<(), Usage>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ranged<const MIN: i32, const MAX: i32>(i32);

impl<const MIN: i32, const MAX: i32> Ranged<MIN, MAX> {
    /// The least.
    pub const MIN: Self = Ranged(MIN);
    /// The greatest.
    pub const MAX: Self = Ranged(MAX);

    /// Checks a number.
    ///
    /// # Errors
    /// [`Usage::OutOfRange`].
    pub fn new(number: impl Into<i64>) -> Result<Self, Usage> {
        match i32::try_from(number.into()) {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Ranged(number)),
            _ => Err(Usage::OutOfRange { min: MIN, max: MAX }),
        }
    }

    /// A number that is checked when the program is compiled.
    #[must_use]
    pub const fn constant<const NUMBER: i32>() -> Self {
        const { assert!(MIN <= NUMBER && NUMBER <= MAX, "the number is out of range") };
        Ranged(NUMBER)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl<const MIN: i32, const MAX: i32> fmt::Debug for Ranged<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MIN: i32, const MAX: i32> fmt::Display for Ranged<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MIN: i32, const MAX: i32> Serialize for Ranged<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.0)
    }
}
