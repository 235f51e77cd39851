//! What differs between the dialects in the firmware that is measured.

use atwifi::dialect::Dialect;
use atwifi::microchip::{self, command::network};
use atwifi::st67::{self, command::net};

use crate::take;
use crate::work::Driver;

pub use atwifi::microchip::Microchip;
pub use atwifi::st67::St67;

/// A dialect whose size is measured.
pub trait Measured: Dialect {
    /// How many bytes the driver is lent to read ahead of its one connection.
    const AHEAD: usize;

    /// Sends a command of the crate's, one that stands for many: with a text as its parameter.
    ///
    /// Inlined, so that no code of the driver is made for this crate: it would be shared by firmware
    /// that does not send the command, and optimised for both.
    fn command(module: &mut Driver<Self>);
}

impl Measured for St67 {
    const AHEAD: usize = 384;

    #[inline]
    fn command(module: &mut Driver<Self>) {
        if let Some(host) = take(st67::Text::new(b"example.com")) {
            take(module.command(&net::Ping { host }));
        }
    }
}

impl Measured for Microchip {
    const AHEAD: usize = 320;

    #[inline]
    fn command(module: &mut Driver<Self>) {
        if let Some(target) = take(microchip::Text::new(b"example.com")) {
            let version = None;
            take(module.command(&network::Ping { target, version }));
        }
    }
}
