//! Numbers with names: closed in commands, open in what a module reports. And numbers whose bits
//! have names.

use core::fmt;

use atat::serde_at::serde::{Deserialize, Deserializer};

/// An enum whose values are numbers on the wire.
pub trait Numbered: Copy + fmt::Debug + PartialEq {
    /// The value of this number, if it has a name.
    fn from_number(number: u32) -> Option<Self>;

    /// The number.
    fn number(self) -> u32;
}

/// A number as a module reports it: one that the reference names, or another.
///
/// ```
/// use atwifi::{Reported, Switch};
///
/// assert_eq!(Reported::from(1), Switch::On);
/// assert_eq!(Reported::<Switch>::from(7), Reported::Unknown(7));
/// assert_eq!(Reported::<Switch>::from(7).known(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reported<E> {
    /// A value that the reference names.
    Known(E),
    /// A number that it does not name.
    Unknown(u32),
}

impl<E: Numbered> Reported<E> {
    /// The value, if the reference names it.
    pub fn known(self) -> Option<E> {
        match self {
            Reported::Known(value) => Some(value),
            Reported::Unknown(_) => None,
        }
    }

    /// The number, named or not.
    pub fn number(self) -> u32 {
        match self {
            Reported::Known(value) => value.number(),
            Reported::Unknown(number) => number,
        }
    }
}

impl<E: Numbered> From<u32> for Reported<E> {
    fn from(number: u32) -> Self {
        E::from_number(number).map_or(Reported::Unknown(number), Reported::Known)
    }
}

impl<E: Numbered> PartialEq<E> for Reported<E> {
    fn eq(&self, value: &E) -> bool {
        self.known().as_ref() == Some(value)
    }
}

impl<'de, E: Numbered> Deserialize<'de> for Reported<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self::from)
    }
}

/// Defines an enum of named numbers, for commands as it is and for replies as [`Reported`].
macro_rules! numbered {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$doc:meta])* $variant:ident = $number:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        $vis enum $name {
            $($(#[$doc])* $variant = $number,)+
        }

        impl $crate::value::Numbered for $name {
            fn from_number(number: u32) -> Option<Self> {
                match number {
                    $($number => Some($name::$variant),)+
                    _ => None,
                }
            }

            fn number(self) -> u32 {
                self as u32
            }
        }

        impl ::atat::serde_at::serde::Serialize for $name {
            fn serialize<S: ::atat::serde_at::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(*self as u32)
            }
        }
    };
}

/// Defines a set of named bits. Bits without a name are kept as they are reported.
macro_rules! mask {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$doc:meta])* $flag:ident = $bits:expr;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub struct $name(u32);

        impl $name {
            /// Nothing of it.
            pub const NONE: $name = $name(0);
            /// All that has a name.
            pub const ALL: $name = $name(0 $(| $bits)+);
            $($(#[$doc])* pub const $flag: $name = $name($bits);)+

            /// The set of these bits, named or not.
            pub const fn from_bits(bits: u32) -> Self {
                $name(bits)
            }

            /// The bits.
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// Both together, in a constant too.
            #[must_use]
            pub const fn and(self, other: $name) -> Self {
                $name(self.0 | other.0)
            }

            /// Whether all of `other` is in it.
            pub const fn contains(self, other: $name) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl ::core::ops::BitOr for $name {
            type Output = $name;

            fn bitor(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }
        }

        impl ::atat::serde_at::serde::Serialize for $name {
            fn serialize<S: ::atat::serde_at::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.0)
            }
        }

        impl<'de> ::atat::serde_at::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::atat::serde_at::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                <u32 as ::atat::serde_at::serde::Deserialize>::deserialize(deserializer).map($name)
            }
        }
    };
}

numbered! {
    /// Off or on.
    pub enum Switch {
        /// Off.
        Off = 0,
        /// On.
        On = 1,
    }
}

impl From<bool> for Switch {
    fn from(on: bool) -> Self {
        if on { Switch::On } else { Switch::Off }
    }
}
