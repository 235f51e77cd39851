//! What a user does, in the field's words: no AT text.

mod about;
mod join;
mod ping;
mod scan;
mod station;
mod time;
