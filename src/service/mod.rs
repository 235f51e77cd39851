//! What a user does, in the field's words: no AT text.

mod about;
mod access_point;
mod certificates;
mod join;
mod ping;
mod power;
mod scan;
mod station;
mod time;

pub use power::{Asleep, Off};
