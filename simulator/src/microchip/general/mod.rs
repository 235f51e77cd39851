//! The module itself: chapter 3 of the reference.

mod basic;
pub(super) mod certificate;
pub(super) mod clock;
mod low_power;
