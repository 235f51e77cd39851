//! What a user does, in the field's words: no AT text.

mod scan;
mod station;
