//! Bytes moved and numbers read and written, without the parts of `core` and of the compiler's
//! library that cost hundreds of bytes of flash each.

use core::cell::Cell;
use core::ops::Range;

/// Copies as much as fits and returns how much.
pub(crate) fn copy(from: &[u8], into: &mut [u8]) -> usize {
    let places = into.iter_mut().zip(from);
    let n = places.len();
    places.for_each(|(place, byte)| *place = *byte);
    n
}

/// Moves bytes towards the front.
pub(crate) fn move_down(bytes: &mut [u8], from: Range<usize>, to: usize) {
    let bytes = Cell::from_mut(bytes).as_slice_of_cells();
    let from = bytes.get(from).unwrap_or(&[]);
    let to = bytes.get(to..).unwrap_or(&[]);
    for (to, from) in to.iter().zip(from) {
        to.set(from.get());
    }
}

/// Writes a number in decimal digits.
pub(crate) fn decimal(mut number: u32, push: &mut impl FnMut(u8)) {
    // Subtracted, since a core without division would need 300 bytes to divide.
    const PLACES: [u32; 10] = [
        1_000_000_000,
        100_000_000,
        10_000_000,
        1_000_000,
        100_000,
        10_000,
        1000,
        100,
        10,
        1,
    ];
    let last = PLACES.len() - 1;
    let first = PLACES.iter().position(|&place| place <= number);
    for &place in PLACES.get(first.unwrap_or(last)..).unwrap_or(&[]) {
        let mut digit = b'0';
        while number >= place {
            number -= place;
            digit += 1;
        }
        push(digit);
    }
}

/// A hexadecimal digit, in lower case.
pub(crate) fn hex_digit(number: u8) -> u8 {
    match number & 0xf {
        digit @ 0..=9 => b'0' + digit,
        digit => b'a' - 10 + digit,
    }
}
