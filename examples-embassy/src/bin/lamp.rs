//! A lamp that blinks on time, while the network holds up all others. Its broker sets how fast, a server
//! sends datagrams back, and a watchdog sees to it that both kinds of tasks go on.
#![no_std]
#![no_main]

use defmt::info;
use embassy_executor::Spawner;
use embassy_rp::gpio::Output;
use embassy_time::Duration;
use firmware::board::{self, Board};
use firmware::echo::echo;
use firmware::mqtt::mqtt;
use firmware::online::stay_online;
use firmware::punctual::Lateness;
use portable_atomic::{AtomicU32, Ordering};

const TICK: Duration = Duration::from_millis(10);
/// For so long the lamp is on, and for so long off, in milliseconds.
static HALF_PERIOD: AtomicU32 = AtomicU32::new(500);

/// How late tasks are that interrupt the others, and those in the executor of the thread.
static URGENT: Lateness = Lateness::new();
static THREAD: Lateness = Lateness::new();

#[embassy_executor::main]
async fn main(thread: Spawner) {
    let board = Board::take();
    let urgent = board.urgent;
    urgent.spawn(blink(board.led).expect("it is one lamp"));

    let network = firmware::network(board.wire, board.clock);
    thread.spawn(stay_online(network, board.reset).expect("it is one module"));
    thread.spawn(mqtt(network, &HALF_PERIOD, &URGENT).expect("it is one broker"));
    thread.spawn(echo(network).expect("it is one server"));
    thread.spawn(feed().expect("it is one watchdog"));
}

#[embassy_executor::task]
async fn blink(mut led: Output<'static>) {
    let mut since = 0;
    let tick = || {
        board::is_ticking();
        since += TICK.as_millis() as u32;
        if since >= HALF_PERIOD.load(Ordering::Relaxed) {
            since = 0;
            led.toggle();
        }
    };
    URGENT.every(TICK, tick).await
}

/// While a call of the driver waits, the clock's idle hook feeds it instead.
#[embassy_executor::task]
async fn feed() {
    let mut count = 0;
    let tick = || {
        board::feed();
        count += 1;
        if count % 10 == 0 {
            let (urgent, thread) = (URGENT.worst(), THREAD.worst());
            info!("late at most: {} us, in the thread {} us", urgent, thread);
        }
    };
    THREAD.every(10 * TICK, tick).await
}
