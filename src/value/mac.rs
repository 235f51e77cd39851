//! Hardware addresses.

use core::fmt::{self, Write};
use core::str::FromStr;

use atat::serde_at::serde::{Serialize, Serializer};

use super::bytes::hex_digit;
use super::ip::digits_of;
use crate::error::Usage;

/// A MAC or Bluetooth device address. In commands it is quoted: `"aa:bb:cc:dd:ee:ff"`.
///
/// ```
/// use atwifi::Mac;
///
/// let mac: Mac = "40:82:7B:00:02:47".parse()?;
/// assert_eq!(mac, Mac([0x40, 0x82, 0x7b, 0x00, 0x02, 0x47]));
/// assert_eq!(mac.to_string(), "40:82:7b:00:02:47");
/// # Ok::<(), atwifi::Usage>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mac(pub [u8; 6]);

/// The length of a written address, in bytes.
const LENGTH: usize = 17;

impl Mac {
    /// Writes the address between quotes, without `core`'s formatting machinery, which would cost 1 KB
    /// of flash.
    pub(crate) fn write(self, push: &mut impl FnMut(u8)) {
        let mut separator = b'"';
        for byte in self.0 {
            push(separator);
            push(hex_digit(byte >> 4));
            push(hex_digit(byte));
            separator = b':';
        }
        push(b'"');
    }

    /// Reads an address: six numbers of two hexadecimal digits, between colons.
    pub fn parse(text: &[u8]) -> Option<Mac> {
        let mut numbers = text.split(|&b| b == b':');
        let mut bytes = [0; 6];
        for byte in &mut bytes {
            let digits = numbers.next().filter(|digits| digits.len() == 2)?;
            *byte = digits_of(digits, 16, 2)? as u8;
        }
        numbers.next().is_none().then_some(Mac(bytes))
    }
}

impl FromStr for Mac {
    type Err = Usage;

    fn from_str(text: &str) -> Result<Mac, Usage> {
        Mac::parse(text.as_bytes()).ok_or(Usage::Address)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_char(':')?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = [0; LENGTH + 2];
        let mut places = written.iter_mut();
        self.write(&mut |byte| {
            if let Some(place) = places.next() {
                *place = byte;
            }
        });
        serializer.serialize_bytes(&written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "40:82:7b:00:02",
            "40:82:7b:00:02:47:",
            "40:82:7b:00:02:4",
            "40:82:7b:00:02:+7",
            "40-82-7b-00-02-47",
        ] {
            assert_eq!(Mac::parse(text.as_bytes()), None, "{text}");
        }
    }
}
