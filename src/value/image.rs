//! An image of an ST67W611M1's firmware.

use super::Printed;
use crate::error::ImageFault;

/// What the first bytes of an image say of it: ST's `.ota` files have such a header (wire notes 6).
///
/// Whether it is firmware that does TCP/IP itself (ST's mission profile T01), no public source finds in
/// there: the driver asks the module when it runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Image {
    /// How long the whole of it is, in bytes, with its header.
    pub length: u32,
    /// The hardware that it is for, in the words of who built it, if there are any.
    pub hardware: Option<Printed<16>>,
    /// Its version, likewise.
    pub version: Option<Printed<16>>,
    /// The SHA-256 of what follows the header, which the module checks at the end.
    pub hash: [u8; 32],
}

impl Image {
    /// How long the header is, in bytes.
    pub const HEADER: usize = 512;

    const MAGIC: &'static [u8] = b"QCC74X_OTA";

    /// Looks at the first [`HEADER`](Image::HEADER) bytes of an image.
    ///
    /// # Errors
    /// What is wrong with it. The module says no such thing before the end.
    ///
    /// ```
    /// use atwifi::{Image, ImageFault};
    ///
    /// let mut header = [0; Image::HEADER];
    /// header[..10].copy_from_slice(b"QCC74X_OTA");
    /// header[16..18].copy_from_slice(b"XZ");
    /// header[20..24].copy_from_slice(&1_000_000_u32.to_le_bytes());
    /// header[48..54].copy_from_slice(b"2.0.97");
    /// header[64..96].fill(0x17);
    /// let image = Image::parse(&header)?;
    /// assert_eq!(image.length, 1_000_512);
    /// assert_eq!(image.version.unwrap().as_str(), Some("2.0.97"));
    /// header[16..19].copy_from_slice(b"RAW");
    /// assert_eq!(Image::parse(&header), Err(ImageFault::Kind));
    /// # Ok::<(), ImageFault>(())
    /// ```
    pub fn parse(header: &[u8]) -> Result<Image, ImageFault> {
        let part = |from: usize, to: usize| header.get(from..to).unwrap_or(&[]);
        if header.len() < Image::HEADER {
            return Err(ImageFault::Short);
        }
        if !header.starts_with(Image::MAGIC) {
            return Err(ImageFault::Magic);
        }
        if !part(16, 20).starts_with(b"XZ") {
            return Err(ImageFault::Kind);
        }
        let length = part(20, 24).try_into().map_or(0, u32::from_le_bytes);
        let whole = length.checked_add(Image::HEADER as u32);
        let hash: [u8; 32] = part(64, 96).try_into().unwrap_or_default();
        if hash == [0; 32] || hash == [0xff; 32] {
            return Err(ImageFault::Hash);
        }
        Ok(Image {
            length: whole.filter(|_| length > 0).ok_or(ImageFault::Length)?,
            hardware: text(part(32, 48)),
            version: text(part(48, 64)),
            hash,
        })
    }
}

/// A text of 16 bytes at most, which ends before the first zero.
fn text(field: &[u8]) -> Option<Printed<16>> {
    let text = field.split(|&byte| byte == 0).next()?;
    Printed::new(text).filter(|_| !text.is_empty())
}
