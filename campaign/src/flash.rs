//! What a host does with the module's flash, as data: certificates, files, and updates of the firmware.

use proptest::option::weighted;
use proptest::prelude::*;

/// What is done.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each line names what is in it")]
pub enum Flash {
    /// Load a certificate of so many bytes.
    Load { name: usize, size: usize },
    /// Ask whether there is one.
    Has { name: usize },
    /// Delete one.
    Delete { name: usize },
    /// List all that there are.
    List { break_behind: Option<usize> },
    /// Write a file of so many bytes.
    WriteFile { name: usize, size: usize },
    /// Write so many bytes at its end, so many at once.
    Append {
        name: usize,
        size: usize,
        piece: usize,
    },
    /// Read so many bytes of it.
    ReadFile {
        name: usize,
        offset: usize,
        size: usize,
    },
    /// Ask how long it is.
    Size { name: usize },
    /// Delete it.
    DeleteFile { name: usize },
    /// Update the firmware.
    Update {
        image: Image,
        part: usize,
        /// It is broken off behind so many parts.
        break_behind: Option<usize>,
        /// The host uses its sockets between two parts.
        talks: bool,
    },
    /// From now on it is like this.
    Become(State),
}

/// An image of firmware.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Image {
    /// How long its body is, in hundredths of a part.
    pub size: usize,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
}

/// What may be wrong with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is none.
    Magic,
    /// It is not what its hash says.
    Hash,
    /// Its end is missing.
    Short,
}

/// What a flash is like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// All files together have room for so many bytes.
    pub room: Option<usize>,
    /// How long each write takes, in milliseconds.
    pub slow_ms: u64,
    /// This part of an update cannot be written.
    pub fails_at: Option<usize>,
    /// An update is not written as it was sent.
    pub is_spoilt: bool,
}

/// The names of certificates and files: some need escapes, none becomes another by one byte.
pub const NAMES: [&str; 3] = ["ca.der", "a, \"key\".pem", "log\\1"];

/// What there is room for where there is not much.
const ROOM_MAX: usize = 3000;

/// Anything of it.
pub fn any() -> impl Strategy<Value = Flash> {
    prop_oneof![
        9 => certificates(),
        8 => files(),
        4 => updates(),
        2 => state().prop_map(Flash::Become),
    ]
}

fn name() -> impl Strategy<Value = usize> {
    0..NAMES.len()
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![2 => 5..130_usize, 1 => 130..700_usize, 1 => 700..1500_usize]
}

fn certificates() -> impl Strategy<Value = Flash> {
    prop_oneof![
        5 => (name(), size()).prop_map(|(name, size)| Flash::Load { name, size }),
        3 => name().prop_map(|name| Flash::Has { name }),
        1 => name().prop_map(|name| Flash::Delete { name }),
        1 => weighted(0.3, 1..3_usize).prop_map(|break_behind| Flash::List { break_behind }),
    ]
}

fn files() -> impl Strategy<Value = Flash> {
    let long = || prop_oneof![3 => size(), 1 => 1500..5000_usize];
    let place = || prop_oneof![1 => Just(0_usize), 1 => 0..2000_usize];
    prop_oneof![
        3 => (name(), long()).prop_map(|(name, size)| Flash::WriteFile { name, size }),
        2 => (name(), long(), 1..3000_usize)
            .prop_map(|(name, size, piece)| Flash::Append { name, size, piece }),
        4 => (name(), place(), size())
            .prop_map(|(name, offset, size)| Flash::ReadFile { name, offset, size }),
        1 => name().prop_map(|name| Flash::Size { name }),
        1 => name().prop_map(|name| Flash::DeleteFile { name }),
    ]
}

fn updates() -> impl Strategy<Value = Flash> {
    let flaw = prop_oneof![
        1 => Just(Flaw::Magic),
        2 => Just(Flaw::Hash),
        1 => Just(Flaw::Short),
    ];
    let image = (1..400_usize, weighted(0.2, flaw)).prop_map(|(size, flaw)| Image { size, flaw });
    let part = prop_oneof![2 => Just(1024_usize), 1 => 1024..4096_usize, 1 => Just(4096_usize)];
    let break_behind = weighted(0.2, 1..5_usize);
    (image, part, break_behind, any_bool()).prop_map(|(image, part, break_behind, talks)| {
        Flash::Update {
            image,
            part,
            break_behind,
            talks,
        }
    })
}

fn any_bool() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.5)
}

fn state() -> impl Strategy<Value = State> {
    let slow_ms = prop_oneof![2 => Just(0_u64), 1 => 1..100_u64, 1 => 100..1000_u64];
    (
        weighted(0.3, 0..ROOM_MAX),
        slow_ms,
        weighted(0.2, 0..5_usize),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(room, slow_ms, fails_at, is_spoilt)| State {
            room,
            slow_ms,
            fails_at,
            is_spoilt,
        })
}
