//! What the program stands on: the board, the module on it, and tasks that use it.
#![no_std]

pub mod board;
pub mod echo;
pub mod mqtt;
pub mod online;
pub mod punctual;
pub mod settings;

use core::cell::RefCell;

#[cfg(feature = "microchip")]
use atwifi::microchip::Microchip as Dialect;
#[cfg(not(feature = "microchip"))]
use atwifi::st67::St67 as Dialect;
use atwifi::{ErrorOf, Shared, SocketMemory};
use static_cell::{ConstStaticCell, StaticCell};

use board::Uptime;
use board::wire::Wire;

/// The Wi-Fi module of the board.
pub type Wifi = atwifi::Module<'static, Dialect, Wire, Uptime>;
/// A handle on it, of which each task has its own.
pub type Network = Shared<'static, 'static, Dialect, Wire, Uptime>;
/// What can go wrong with it.
pub type Error = ErrorOf<Dialect, Wire>;

/// Puts the module where handles reach it; once.
pub fn network(wire: Wire, clock: Uptime) -> Network {
    // For lines and events; for what is read ahead on each socket.
    static LINE: ConstStaticCell<[u8; 640]> = ConstStaticCell::new([0; 640]);
    static SOCKETS: StaticCell<[SocketMemory<'static, 512>; 2]> = StaticCell::new();
    static MODULE: StaticCell<RefCell<Wifi>> = StaticCell::new();
    let sockets = SOCKETS.init([const { SocketMemory::new() }; 2]);
    let wifi = Wifi::new(wire, clock, LINE.take(), sockets).expect("the buffers suffice");
    Shared::new(MODULE.init(RefCell::new(wifi)))
}
