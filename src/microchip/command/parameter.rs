//! What the configuration commands share: numbered parameters, set one at a time, and read one at
//! a time or all at once.

use core::net::Ipv4Addr;

use crate::engine::text::number;
use crate::microchip::literal::{Literal, SecretLiteral};
use crate::value::ip as address;
use crate::value::{Numbered, Reported};

/// The value of a parameter, as the module prints it.
pub(crate) trait Value<'a>: Sized {
    /// Takes the text behind the parameter's number. `None` if it is no such value.
    fn parse(text: &'a [u8]) -> Option<Self>;
}

impl Value<'_> for u16 {
    fn parse(text: &[u8]) -> Option<Self> {
        number(text)?.try_into().ok()
    }
}

impl<E: Numbered> Value<'_> for Reported<E> {
    fn parse(text: &[u8]) -> Option<Self> {
        number(text).map(Reported::from)
    }
}

impl Value<'_> for Ipv4Addr {
    fn parse(text: &[u8]) -> Option<Self> {
        address::v4(Literal::parse(text)?.as_plain()?)
    }
}

impl<'a> Value<'a> for Literal<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        Literal::parse(text)
    }
}

impl<'a> Value<'a> for SecretLiteral<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        // Whatever it is, it must not become an `Other`, which shows.
        Some(SecretLiteral::new(text))
    }
}

/// Takes a line that tells a parameter apart: its number and the text of its value.
///
/// Firmware omits the `+` where it prints all parameters of the station (wire notes 7).
pub(crate) fn row<'a>(line: &'a [u8], name: &str) -> Option<(u32, &'a [u8])> {
    let values = line
        .strip_prefix(b"+")
        .unwrap_or(line)
        .strip_prefix(name.as_bytes())?
        .strip_prefix(b":")?;
    let comma = values.iter().position(|&b| b == b',')?;
    let (id, value) = values.split_at_checked(comma)?;
    Some((number(id.trim_ascii())?, value.get(1..)?.trim_ascii()))
}

/// The parameters of a configuration command: with a value to set, without one to ask for, and
/// with the value that the module prints.
macro_rules! parameters {
    (
        $wire:literal
        $(#[$set_doc:meta])* set $Set:ident $([$lt:lifetime])?
        $(#[$id_doc:meta])* id $Id:ident
        $(#[$row_doc:meta])* row $Row:ident
        $($(#[$doc:meta])* $number:literal $Name:ident($In:ty) -> $Out:ty;)*
    ) => {
        $(#[$set_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Set $(<$lt>)? {
            $($(#[$doc])* $Name($In),)*
        }

        impl $(<$lt>)? atat::serde_at::serde::Serialize for $Set $(<$lt>)? {
            fn serialize<S: atat::serde_at::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                match self {
                    $($Set::$Name(value) => serializer.serialize_newtype_variant(
                        stringify!($Set),
                        $number,
                        stringify!($Name),
                        value,
                    ),)*
                }
            }
        }

        numbered! {
            $(#[$id_doc])*
            pub enum $Id {
                $($(#[$doc])* $Name = $number,)*
            }
        }

        $(#[$row_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Row<'a> {
            $($(#[$doc])* $Name($Out),)*
            /// Any other: its number, and its value as the module printed it.
            Other(u32, &'a [u8]),
        }

        impl<'a> $Row<'a> {
            /// Takes a line of the reply apart.
            pub fn parse(line: &'a [u8]) -> Option<Self> {
                use $crate::microchip::command::parameter::{Value, row};
                let (id, text) = row(line, $wire)?;
                let known = match id {
                    $($number => <$Out>::parse(text).map($Row::$Name),)*
                    _ => None,
                };
                Some(known.unwrap_or($Row::Other(id, text)))
            }
        }
    };
}

pub(crate) use parameters;
