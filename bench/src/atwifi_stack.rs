//! atwifi on a simulated module, as firmware uses it.

use std::net::SocketAddr;
use std::ops::ControlFlow;

use atwifi::dialect::Dialect;
use atwifi::{Clock, Module, SocketMemory, TcpSocket};
use atwifi_simulator::{Config, Port, Profile, Simulation};
use embedded_nal::{TcpClientStack, nb};

use crate::stack::{SERVER, Stack, Uart, network};

const SSID: &[u8] = b"home";
const PASSWORD: &[u8] = b"12345678";

type Driver<'b, D> = Module<'b, D, Port, VirtualClock>;

/// Runs `measure` with a driver of dialect `D` that has joined, lent `AHEAD` bytes to read ahead.
pub fn run<D: Dialect, const AHEAD: usize, R>(
    profile: Profile,
    uart: Uart,
    measure: impl FnOnce(&mut dyn Stack) -> R,
) -> R {
    let mut config = Config::new(profile)
        .with_access_point(SSID, PASSWORD)
        .with_baud(uart.baud)
        .with_latency(uart.latency);
    // How often the firmware looks at its line is latency, and that is given.
    config.poll = std::time::Duration::ZERO;
    let simulation = Simulation::new(config, network());
    let mut line = vec![0; Driver::<D>::LINE_BUFFER];
    let mut sockets = [const { SocketMemory::<AHEAD>::new() }; 1];
    let clock = VirtualClock(simulation.clone());
    let mut module = Driver::<D>::new(simulation.port(), clock, &mut line, &mut sockets)
        .expect("the buffers suffice");
    module.reset().expect("the module starts");
    module.join(SSID, PASSWORD).expect("the module joins");
    measure(&mut Atwifi {
        module,
        simulation,
        socket: None,
    })
}

/// The time of the simulation.
struct VirtualClock(Simulation);

impl Clock for VirtualClock {
    fn now(&mut self) -> u32 {
        self.0.now().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.0.idle();
        ControlFlow::Continue(())
    }
}

struct Atwifi<'b, D: Dialect> {
    module: Driver<'b, D>,
    simulation: Simulation,
    socket: Option<TcpSocket>,
}

impl<D: Dialect> Stack for Atwifi<'_, D> {
    fn connect(&mut self, port: u16) {
        let mut socket = self.module.socket().expect("a socket is free");
        let server = SocketAddr::new(SERVER, port);
        self.module.connect(&mut socket, server).expect("connected");
        self.socket = Some(socket);
    }

    fn send(&mut self, payload: &[u8]) {
        let socket = self.socket.as_mut().expect("connected before");
        let sent = self.module.send(socket, payload).expect("sent");
        assert_eq!(sent, payload.len());
    }

    fn receive(&mut self, into: &mut [u8]) -> Option<usize> {
        let socket = self.socket.as_mut().expect("connected before");
        match self.module.receive(socket, into) {
            Ok(n) => Some(n),
            Err(nb::Error::WouldBlock) => None,
            Err(nb::Error::Other(error)) => panic!("receive: {error:?}"),
        }
    }

    fn close(&mut self) {
        let socket = self.socket.take().expect("connected before");
        self.module.close(socket).expect("closed");
    }

    fn idle(&mut self) {
        self.simulation.idle();
    }

    fn simulation(&self) -> &Simulation {
        &self.simulation
    }
}
