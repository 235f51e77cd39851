//! What the programs share: the board, the module on it, and how both start.
#![no_std]

pub mod ble;
pub mod board;
pub mod http;
pub mod settings;

use atwifi::ErrorOf;
use atwifi::SocketMemory;
#[cfg(feature = "microchip")]
use atwifi::microchip::Microchip as Dialect;
#[cfg(not(feature = "microchip"))]
use atwifi::st67::St67 as Dialect;
use defmt::error;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;

use board::Board;
use board::wire::Wire;
pub use board::{Uptime, entry};

/// The Wi-Fi module of the board.
pub type Wifi<'b> = atwifi::Module<'b, Dialect, Wire, Uptime>;
/// What can go wrong with it.
pub type Error = ErrorOf<Dialect, Wire>;

/// Joins, and runs a program. When it returns, because something went wrong, the module is switched
/// off and on, and everything begins anew.
pub fn start(mut program: impl FnMut(&mut Wifi, Uptime)) -> ! {
    start_unjoined::<2>(
        |wifi, clock| match wifi.join(settings::SSID, settings::PASSWORD) {
            Ok(_) => program(wifi, clock),
            Err(error) => error!("{}", error),
        },
    )
}

/// The same without joining, with so many sockets.
pub fn start_unjoined<const SOCKETS: usize>(mut program: impl FnMut(&mut Wifi, Uptime)) -> ! {
    let mut board = Board::take();
    // For lines and events; for what is read ahead on each socket.
    let (mut line, mut sockets) = ([0; 640], [const { SocketMemory::<512>::new() }; SOCKETS]);
    let wifi = Wifi::new(board.wire, board.clock, &mut line, &mut sockets);
    let mut wifi = wifi.expect("the buffers suffice");
    loop {
        match reset(&mut wifi, &mut board.reset, board.clock) {
            Ok(()) => program(&mut wifi, board.clock),
            Err(error) => error!("{}", error),
        }
        board.clock.delay_ms(1000);
    }
}

/// Resets the module.
fn reset(wifi: &mut Wifi, reset: &mut impl OutputPin, mut clock: Uptime) -> Result<(), Error> {
    wifi.reset_by_pin(reset, &mut clock)?;
    // What the program before has left open.
    wifi.release_sockets()
}
