//! `embedded-nal` on top of the driver.

mod dns;
mod shared;
mod stream;
mod tcp;

pub use shared::Shared;
pub use stream::{Stream, WaitTcp};
