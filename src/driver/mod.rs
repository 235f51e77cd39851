//! The driver of one module: its session, its events, any command, and the way back after trouble.
//!
//! `dialect` is the page that a porter of another module reads. It and `Module` name each other:
//! what a dialect's sequences are done with is the module, what the module does is the dialect's.

mod atat;
mod command;
pub mod dialect;
mod event;
mod module;
pub(crate) mod queue;
#[cfg(test)]
pub(crate) mod recorder;
mod send;
mod services;
mod session;

pub use command::{Download, Prompt, Upload};
pub use event::Event;
pub use module::{ErrorOf, Module, Timeouts};
pub use session::Session;
