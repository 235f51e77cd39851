//! Commands, composed from templates: what the driver's own sequences send. The structs that `atat`
//! serializes write the same, and tests hold them together.

use core::net::IpAddr;

use crate::error::Usage;
use crate::value::bytes::{decimal, hex_digit};
use crate::value::ip;
use crate::value::{Mac, Rule};

/// The command that is sent next, in the memory lent for it.
pub(crate) struct Command<'b> {
    length: usize,
    /// What the module has been sent and not answered.
    in_flight: InFlight,
    /// Why it must not be sent.
    refused: Option<Usage>,
    bytes: &'b mut [u8],
}

/// What the module has been sent and not answered.
#[derive(Clone, Copy)]
pub(super) enum InFlight {
    Nothing,
    /// The command.
    Command,
    /// A question of the driver's that finds out where the conversation stands.
    Question(&'static [u8]),
}

impl<'b> Command<'b> {
    pub(crate) fn new(bytes: &'b mut [u8]) -> Self {
        Command {
            length: 0,
            in_flight: InFlight::Nothing,
            refused: None,
            bytes,
        }
    }

    /// The command as far as it is composed.
    pub(crate) fn get(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    pub(super) fn fly(&mut self, what: InFlight) {
        self.in_flight = what;
    }

    /// What the module has been sent and not answered; empty if there is nothing.
    pub(super) fn in_flight(&self) -> &[u8] {
        match self.in_flight {
            InFlight::Nothing => &[],
            InFlight::Command => self.get(),
            InFlight::Question(question) => question,
        }
    }

    /// Whether it may be sent, and if not, why.
    pub(crate) fn check(&mut self) -> Result<(), Usage> {
        match self.refused.take() {
            Some(usage) => Err(usage),
            None => Ok(()),
        }
    }

    /// Begins a new one.
    pub(crate) fn begin(&mut self) -> &mut Self {
        self.length = 0;
        self.refused = None;
        self
    }

    /// Lets `write` put a whole command into the memory; it returns how long it is.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut [u8]) -> usize) {
        self.begin();
        self.length = write(self.bytes).min(self.bytes.len());
    }

    /// Appends a template, in which each `#` stands for the next of the numbers.
    pub(crate) fn put(&mut self, template: &str, numbers: &[u32]) -> &mut Self {
        let mut numbers = numbers.iter();
        for &byte in template.as_bytes() {
            match byte {
                b'#' => {
                    let number = numbers.next().copied().unwrap_or(0);
                    decimal(number, &mut |digit| self.push(digit));
                }
                byte => self.push(byte),
            }
        }
        self
    }

    /// Appends a text as the dialect writes it, of at most so many bytes.
    pub(crate) fn text<R: Rule>(&mut self, text: &[u8], most: usize) -> &mut Self {
        let refused = text.iter().find(|&&byte| R::refuses(byte));
        if text.len() > most {
            self.refused = Some(Usage::TooLong(most));
        } else if let Some(&byte) = refused {
            self.refused = Some(Usage::Byte(byte));
        } else {
            R::write(text, &mut |byte| self.push(byte));
        }
        self
    }

    /// Appends an address as modules read it.
    pub(crate) fn address(&mut self, address: IpAddr) -> &mut Self {
        ip::write(address, &mut |byte| self.push(byte));
        self
    }

    /// Appends a hardware address as modules read it.
    pub(crate) fn mac(&mut self, mac: Mac) -> &mut Self {
        mac.write(&mut |byte| self.push(byte));
        self
    }

    /// Appends bytes as hexadecimal digits between quotes.
    pub(crate) fn hex(&mut self, bytes: &[u8]) -> &mut Self {
        self.push(b'"');
        for &byte in bytes {
            self.push(hex_digit(byte >> 4).to_ascii_uppercase());
            self.push(hex_digit(byte).to_ascii_uppercase());
        }
        self.push(b'"');
        self
    }

    fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.length) {
            Some(place) => {
                *place = byte;
                self.length += 1;
            }
            None => self.refused = Some(Usage::TooLong(self.length)),
        }
    }
}
