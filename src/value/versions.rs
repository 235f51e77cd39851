//! What a module is.

use super::Printed;
use super::ip::digits_of;

/// What a module is, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Versions {
    /// The version by which its firmware is named, such as `2.0.75` or `0.3.2`; on the ST67 that of
    /// the SDK.
    pub firmware: Printed<24>,
    /// The version of the AT commands, where it is told apart: on the ST67.
    pub at: Option<Printed<40>>,
    /// The model: the part number on the ST67, if one was burnt, and such as `PIC32MZW1`.
    pub model: Option<Printed<32>>,
}

impl Versions {
    /// The firmware's version in numbers, to compare; what is no number counts as 0.
    ///
    /// ```
    /// # fn decide(versions: &atwifi::Versions) {
    /// let has_dual_role = versions.numbers() >= [2, 0, 97];
    /// # }
    /// ```
    #[must_use]
    pub fn numbers(&self) -> [u32; 3] {
        numbers(self.firmware.as_bytes())
    }
}

/// The three numbers of a version.
pub(crate) fn numbers(version: &[u8]) -> [u32; 3] {
    let mut parts = version.split(|&b| b == b'.');
    [(); 3].map(|()| parts.next().and_then(number).unwrap_or(0))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits_of(digits, 10, 9)
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_are_compared_number_by_number() {
        assert!(numbers(b"2.0.106") > numbers(b"2.0.97"));
        assert_eq!(numbers(b"0.3"), [0, 3, 0]);
        assert_eq!(numbers(b"1.x.2-rc"), [1, 0, 0]);
        assert_eq!(numbers(b""), [0; 3]);
    }
}
