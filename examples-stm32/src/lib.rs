//! What the programs share: the board, the module on it, and the settings.
#![no_std]

pub mod board;
pub mod settings;

#[cfg(feature = "microchip")]
pub use atwifi::microchip::Microchip as Dialect;
#[cfg(not(feature = "microchip"))]
pub use atwifi::st67::St67 as Dialect;

pub use board::{Board, entry};

/// The Wi-Fi module of the board.
pub type Wifi<'b> = atwifi::Module<'b, Dialect, board::Uart, board::Uptime>;
/// What can go wrong with it.
pub type Error = atwifi::ErrorOf<Dialect, board::Uart>;
