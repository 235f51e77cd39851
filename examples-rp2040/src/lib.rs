//! What the programs share: the board, the module on it, and how both start.
#![no_std]

pub mod ble;
pub mod board;
pub mod http;
pub mod settings;

use atwifi::ErrorOf;
#[cfg(feature = "microchip")]
use atwifi::microchip::Microchip as Dialect;
#[cfg(not(feature = "microchip"))]
use atwifi::st67::St67 as Dialect;
use atwifi::{MqttMemory, SocketMemory};
use defmt::error;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;

use board::Board;
use board::wire::{Reset, Wire};
pub use board::{Uptime, entry};

/// The Wi-Fi module of the board.
pub type Wifi<'b> = atwifi::Module<'b, Dialect, Wire, Uptime>;
/// What can go wrong with it.
pub type Error = ErrorOf<Dialect, Wire>;

/// Joins, and runs a program. When it returns, because something went wrong, the module is switched
/// off and on, and everything begins anew.
pub fn start(mut program: impl FnMut(&mut Wifi, Uptime)) -> ! {
    start_unjoined::<2>(|wifi, clock| join(wifi, clock, &mut program))
}

/// The same with room for so many bytes of MQTT messages.
pub fn start_with_messages<const N: usize>(mut program: impl FnMut(&mut Wifi, Uptime)) -> ! {
    let board = Board::take();
    let (mut line, mut sockets) = ([0; 640], [SocketMemory::<64>::new()]);
    let mut messages = MqttMemory::<Dialect, N>::new();
    let wifi = Wifi::new(board.wire, board.clock, &mut line, &mut sockets);
    let mut wifi = wifi.expect("the buffers suffice");
    wifi.lend_messages(&mut messages);
    repeat(&mut wifi, board.reset, board.clock, |wifi, clock| {
        join(wifi, clock, &mut program)
    })
}

/// The same without joining, with so many sockets.
pub fn start_unjoined<const SOCKETS: usize>(program: impl FnMut(&mut Wifi, Uptime)) -> ! {
    let board = Board::take();
    // For lines and events; for what is read ahead on each socket.
    let (mut line, mut sockets) = ([0; 640], [const { SocketMemory::<512>::new() }; SOCKETS]);
    let wifi = Wifi::new(board.wire, board.clock, &mut line, &mut sockets);
    let mut wifi = wifi.expect("the buffers suffice");
    repeat(&mut wifi, board.reset, board.clock, program)
}

/// Runs a program once, with so many sockets and room for so many bytes of MQTT messages. The module is held in
/// reset, and the program is lent its pin.
pub fn start_once<const SOCKETS: usize, const N: usize>(
    program: impl FnOnce(&mut Wifi, &mut Reset, Uptime),
) -> ! {
    let mut board = Board::take();
    // With room for the events of a whole step.
    let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; SOCKETS]);
    let mut messages = MqttMemory::<Dialect, N>::new();
    let wifi = Wifi::new(board.wire, board.clock, &mut line, &mut sockets);
    let mut wifi = wifi.expect("the buffers suffice");
    wifi.lend_messages(&mut messages);
    program(&mut wifi, &mut board.reset, board.clock);
    loop {
        board.clock.delay_ms(1000);
    }
}

fn join(wifi: &mut Wifi, clock: Uptime, program: &mut impl FnMut(&mut Wifi, Uptime)) {
    match wifi.join(settings::SSID, settings::PASSWORD) {
        Ok(_) => program(wifi, clock),
        Err(error) => error!("{}: {}", error, wifi.cause_of(&error)),
    }
}

fn repeat(
    wifi: &mut Wifi,
    mut pin: impl OutputPin,
    mut clock: Uptime,
    mut program: impl FnMut(&mut Wifi, Uptime),
) -> ! {
    loop {
        match reset(wifi, &mut pin, clock) {
            Ok(()) => program(wifi, clock),
            Err(error) => error!("{}: {}", error, wifi.cause_of(&error)),
        }
        clock.delay_ms(1000);
    }
}

/// Resets the module.
fn reset(wifi: &mut Wifi, reset: &mut impl OutputPin, mut clock: Uptime) -> Result<(), Error> {
    wifi.reset_by_pin(reset, &mut clock)?;
    // What the program before has left open.
    wifi.release_sockets()
}
