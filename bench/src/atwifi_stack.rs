//! atwifi on a simulated module, as firmware uses it.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::ops::ControlFlow;

use atwifi::dialect::Dialect;
use atwifi::st67::St67;
use atwifi::transport::Spi;
use atwifi::{Clock, Module, SocketMemory, TcpSocket, Transport};
use atwifi_simulator::{Config, Port, Profile, Simulation, SpiConfig};
use embedded_nal::{TcpClientStack, nb};

use crate::stack::{SERVER, Stack, Uart, network};
use crate::subject::ST67_AHEAD;

const SSID: &[u8] = b"home";
const PASSWORD: &[u8] = b"12345678";

type Driver<'b, D, T = Port> = Module<'b, D, T, VirtualClock>;

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
    run_on::<D, _, AHEAD, R>(simulation.port(), simulation, measure)
}

/// The same on an SPI, with the least memory that one needs.
pub fn run_on_spi<R>(measure: impl FnOnce(&mut dyn Stack) -> R) -> R {
    let config = Config::new(Profile::St67Fw2_0_75)
        .with_access_point(SSID, PASSWORD)
        .with_latency(std::time::Duration::ZERO)
        .with_spi(SpiConfig::default());
    let simulation = Simulation::new(config, network());
    let (wires, mut meanwhile) = (simulation.spi(), [0; 260]);
    let spi = Spi::new(
        wires.bus(),
        wires.cs(),
        wires.rdy(),
        wires.delay(),
        &mut meanwhile,
    );
    run_on::<St67, _, ST67_AHEAD, R>(spi, simulation, measure)
}

fn run_on<D: Dialect, T: Transport<Error: Debug>, const AHEAD: usize, R>(
    transport: T,
    simulation: Simulation,
    measure: impl FnOnce(&mut dyn Stack) -> R,
) -> R {
    let mut line = vec![0; Driver::<D, T>::LINE_BUFFER];
    let mut sockets = [const { SocketMemory::<AHEAD>::new() }; 1];
    let clock = VirtualClock(simulation.clone());
    let mut module = Driver::<D, T>::new(transport, clock, &mut line, &mut sockets)
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

struct Atwifi<'b, D: Dialect, T: Transport> {
    module: Driver<'b, D, T>,
    simulation: Simulation,
    socket: Option<TcpSocket>,
}

impl<D: Dialect, T: Transport<Error: Debug>> Stack for Atwifi<'_, D, T> {
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
