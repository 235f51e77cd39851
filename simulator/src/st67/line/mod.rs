//! How a line of the host becomes a command, and what takes time in between.

pub(super) mod argument;
pub(super) mod code;
pub(super) mod command;
pub(super) mod input;
pub(super) mod job;
pub(super) mod payload;
pub(super) mod words;
