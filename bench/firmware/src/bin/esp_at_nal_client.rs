//! Firmware that joins and is a TCP client, with esp-at-nal on an ESP-AT module.
//!
//! Its read-ahead is as large as that of the others; it cannot resolve names.
#![no_std]
#![no_main]

use core::cell::RefCell;
use core::convert::Infallible;
use core::net::SocketAddr;

use atat_of_peer::blocking::Client;
use atat_of_peer::{AtDigester, AtatIngress, Config, Ingress, ResponseSlot, UrcChannel};
use atwifi::Clock;
use atwifi_bench_firmware::{Timer, Uart, halt, panic_halts, take, unknown};
use atwifi_workload::time::{PolledTimer, TICKS_PER_SECOND, set_passing};
use critical_section::Mutex;
use embedded_nal::TcpClientStack;
use esp_at_nal::urc::URCMessages;
use esp_at_nal::wifi::{Adapter, WifiAdapter};

panic_halts!();

/// Payload of one command.
const CHUNK: usize = 512;
/// One command's payload with the lines around it.
const BUFFER: usize = CHUNK + 128;
const EVENTS: usize = 8;

type Events = URCMessages<CHUNK>;
type Input = Ingress<'static, AtDigester<Events>, Events, BUFFER, EVENTS, 1>;

static SLOT: ResponseSlot<BUFFER> = ResponseSlot::new();
static CHANNEL: UrcChannel<Events, EVENTS, 1> = UrcChannel::new();
static INPUT: Mutex<RefCell<Option<Input>>> = Mutex::new(RefCell::new(None));

/// What the receive interrupt would do.
fn pass() -> u64 {
    if Uart.has_byte() {
        let byte = Uart.byte();
        critical_section::with(|cs| {
            if let Some(input) = INPUT.borrow(cs).borrow_mut().as_mut() {
                take(input.try_write(&[byte]));
            }
        });
    }
    Timer.now().into()
}

struct Writer;

impl embedded_io_of_peer::ErrorType for Writer {
    type Error = Infallible;
}

impl embedded_io_of_peer::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        bytes.iter().for_each(|&byte| Uart.put(byte));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    set_passing(pass);
    let input = cortex_m::singleton!(: [u8; BUFFER] = [0; BUFFER]);
    let output = cortex_m::singleton!(: [u8; BUFFER] = [0; BUFFER]);
    let (Some(input), Some(output)) = (input, output) else {
        halt()
    };
    let ingress = Ingress::new(AtDigester::new(), input, &SLOT, &CHANNEL);
    critical_section::with(|cs| INPUT.borrow(cs).replace(Some(ingress)));
    let client = Client::new(Writer, &SLOT, output, Config::new());
    let Ok(subscription) = CHANNEL.subscribe() else {
        halt()
    };
    let timer = PolledTimer::default();
    let mut adapter: Adapter<'_, _, _, TICKS_PER_SECOND, CHUNK, CHUNK, EVENTS> =
        Adapter::new(client, subscription, timer);
    take(adapter.join("home", "12345678"));
    let Some(mut socket) = take(adapter.socket()) else {
        halt()
    };
    let remote = SocketAddr::from((unknown().to_be_bytes(), 80));
    take(adapter.connect(&mut socket, remote));
    let mut buffer = [0; 64];
    while unknown() != 0 {
        take(adapter.send(&mut socket, &buffer));
        take(adapter.receive(&mut socket, &mut buffer));
    }
    take(adapter.close(socket));
    halt()
}
