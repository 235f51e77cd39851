//! The work whose instructions are counted: the same calls on each stack, on a transport that
//! costs next to nothing, and the same bytes on that transport alone.
#![no_std]

mod atwifi_work;
mod bare;
mod messages;
mod peer_work;
mod script;
pub mod time;

pub use atwifi_work::{microchip, st67};
pub use messages::{MESSAGE, MESSAGES, microchip_messages, st67_messages};
pub use peer_work::esp_at_nal;

/// Payload of one transfer, in bytes.
pub const TRANSFER: usize = 1460;

/// Counts what a piece of work costs.
pub trait Meter {
    /// Runs `work` and counts. What the transport alone costs is `work` of the name with `bare `
    /// before it.
    fn measure(&mut self, name: &'static str, work: &mut dyn FnMut());
}

/// The pieces of work that each stack does, and that the transport is measured with alone.
pub const WORK: [&str; 5] = ["download", "upload", "command", "event", "empty receive"];
