//! How programs start that need Bluetooth LE: with an ST67W611M1.

use atwifi::ErrorOf;
use atwifi::st67::{Module, St67};
#[cfg(not(feature = "microchip"))]
use defmt::error;

use crate::Uptime;
use crate::board::wire::Wire;

/// The module of the board.
pub type Wifi<'b> = Module<'b, Wire, Uptime>;
/// What can go wrong with it.
pub type Error = ErrorOf<St67, Wire>;

/// Runs a program. When it returns, because something went wrong, the module is switched off and on, and
/// everything begins anew.
#[cfg(not(feature = "microchip"))]
pub fn start(mut program: impl FnMut(&mut Wifi, Uptime) -> Result<(), Error>) -> ! {
    crate::start_unjoined::<1>(|wifi, clock| {
        if let Err(error) = program(wifi, clock) {
            error!("{}", error);
        }
    })
}

/// Runs nothing: the other module has no Bluetooth.
#[cfg(feature = "microchip")]
pub fn start(_: impl FnMut(&mut Wifi, Uptime) -> Result<(), Error>) -> ! {
    use embedded_hal::delay::DelayNs;

    let mut board = crate::board::Board::take();
    loop {
        defmt::info!("this module has no Bluetooth");
        board.clock.delay_ms(10_000);
    }
}
