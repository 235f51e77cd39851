//! What a user does, in the field's words: no AT text.

mod access_point;
mod provisioning;
mod scan;
mod station;
