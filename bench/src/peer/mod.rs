//! The nearest peer: esp-at-nal, a blocking `embedded-nal` stack for ESP-AT modules on `atat`.
//!
//! It is given its best: as much memory as it can use, no pause between commands (`atat` makes one
//! of 20 ms by default), and a receive interrupt that has no cost.

mod module;
mod time;

use std::net::SocketAddr;

use atat_of_peer::blocking::Client;
use atat_of_peer::{AtDigester, AtatIngress, Config, Ingress, ResponseSlot, UrcChannel};
use atwifi_simulator::{Port, Simulation};
use embassy_time_of_peer::Duration;
use embedded_io::{Read, ReadReady, Write};
use embedded_nal::{TcpClientStack, nb};
use esp_at_nal::stack::Socket;
use esp_at_nal::urc::URCMessages;
use esp_at_nal::wifi::{Adapter, WifiAdapter};

use atwifi_workload::time::{PolledTimer, TICKS_PER_SECOND};

use crate::stack::{SERVER, Stack, Uart, network};
use module::EspAt;

/// The most that one send or receive command of the peer moves: its longest measured read.
const CHUNK: usize = 4096;
/// One command's payload with the lines around it.
const BUFFER: usize = CHUNK + 256;
const EVENTS: usize = 8;

type Events = URCMessages<CHUNK>;
type Peer = Adapter<
    'static,
    Client<'static, Writer, BUFFER>,
    PolledTimer,
    TICKS_PER_SECOND,
    CHUNK,
    CHUNK,
    EVENTS,
>;

/// Runs `measure` with the peer, joined.
pub fn run<R>(uart: Uart, measure: impl FnOnce(&mut dyn Stack) -> R) -> R {
    let wire = atwifi_simulator::Config::default().with_baud(uart.baud);
    let module = Box::new(EspAt::new(uart.latency));
    let simulation = Simulation::with_module(module, &wire, network());

    // As in firmware, where these are statics.
    let slot: &'static ResponseSlot<BUFFER> = Box::leak(Box::new(ResponseSlot::new()));
    let events: &'static UrcChannel<Events, EVENTS, 1> = Box::leak(Box::new(UrcChannel::new()));
    let input = vec![0; BUFFER].leak();
    let output = vec![0; BUFFER].leak();

    let mut ingress = Ingress::new(AtDigester::<Events>::new(), input, slot, events);
    let mut port = simulation.port();
    let wire = simulation.clone();
    time::set_passing(
        move || {
            if !port.read_ready().expect("plugged in") {
                wire.idle();
                return;
            }
            while port.read_ready().expect("plugged in") {
                let n = port.read(ingress.write_buf()).expect("plugged in");
                ingress.try_advance(n).expect("there is room for events");
            }
        },
        simulation.clone(),
    );

    let config = Config::new().cmd_cooldown(Duration::from_millis(0));
    let client = Client::new(Writer(simulation.port()), slot, output, config);
    let subscription = events.subscribe().expect("the only subscriber");
    let mut adapter = Peer::new(client, subscription, PolledTimer::default());
    adapter.join("home", "12345678").expect("the module joins");
    let result = measure(&mut EspAtNal {
        adapter,
        simulation,
        socket: None,
    });
    time::stop();
    result
}

/// The host's end of the wire, with the traits that the peer knows.
struct Writer(Port);

impl embedded_io_of_peer::ErrorType for Writer {
    type Error = embedded_io_of_peer::ErrorKind;
}

impl embedded_io_of_peer::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0
            .write(bytes)
            .map_err(|_| embedded_io_of_peer::ErrorKind::Other)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

struct EspAtNal {
    adapter: Peer,
    simulation: Simulation,
    socket: Option<Socket>,
}

impl Stack for EspAtNal {
    fn connect(&mut self, port: u16) {
        let mut socket = self.adapter.socket().expect("a socket is free");
        let server = SocketAddr::new(SERVER, port);
        self.adapter
            .connect(&mut socket, server)
            .expect("connected");
        self.socket = Some(socket);
    }

    fn send(&mut self, payload: &[u8]) {
        let socket = self.socket.as_mut().expect("connected before");
        let sent = self.adapter.send(socket, payload).expect("sent");
        assert_eq!(sent, payload.len());
    }

    fn receive(&mut self, into: &mut [u8]) -> Option<usize> {
        let socket = self.socket.as_mut().expect("connected before");
        match self.adapter.receive(socket, into) {
            Ok(n) => Some(n),
            Err(nb::Error::WouldBlock) => None,
            Err(nb::Error::Other(error)) => panic!("receive: {error:?}"),
        }
    }

    fn close(&mut self) {
        let socket = self.socket.take().expect("connected before");
        self.adapter.close(socket).expect("closed");
    }

    fn idle(&mut self) {
        time::pass();
    }

    fn simulation(&self) -> &Simulation {
        &self.simulation
    }
}
