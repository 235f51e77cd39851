//! The driver behind an interrupt-fed receive ring that loses bytes, and behind what a computer has.

use std::cell::Cell;
use std::net::TcpStream;
use std::rc::Rc;
use std::time::Duration;

use crate::common::*;
use atwifi::transport::{Halves, HalvesError, Overrun, Reader, Ring, Std};
use atwifi::{Error, Module, PinError, SocketMemory, StdClock};
use atwifi_simulator::{Config, HostNetwork, Port, Server, Simulation};
use embedded_io::{ErrorType, Read, ReadReady};
use embedded_nal::{TcpClientStack, nb};

/// Small against what a module says: one interrupt too late and bytes are gone.
const RING: usize = 4096;

/// What arrives goes through a ring, as on a microcontroller.
struct Received {
    port: Port,
    ring: &'static Ring<RING>,
    reader: Reader<'static, RING>,
    /// The UART overruns: it loses what arrives.
    loses: Rc<Cell<bool>>,
}

impl Received {
    fn interrupt(&mut self) {
        let mut lost = false;
        while self.port.read_ready().unwrap() {
            let mut byte = [0];
            self.port.read(&mut byte).unwrap();
            if self.loses.get() {
                lost = true;
            } else {
                self.ring.push(byte[0]);
            }
        }
        if lost {
            self.ring.overrun();
        }
    }
}

impl ErrorType for Received {
    type Error = Overrun;
}

impl ReadReady for Received {
    fn read_ready(&mut self) -> Result<bool, Overrun> {
        self.interrupt();
        self.reader.read_ready()
    }
}

impl Read for Received {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Overrun> {
        self.reader.read(into)
    }
}

type Driver<'b, D> = Module<'b, D, Halves<Received, Port>, SimClock>;

fn each_behind_a_ring<D: UnderTest>(
    test: impl Fn(&Simulation, &Cell<bool>, &'static Ring<RING>, &mut Driver<'_, D>),
) {
    for simulation in simulations::<D>(|config| config).filter(|one| !one.has_spi()) {
        let ring: &'static Ring<RING> = Box::leak(Box::default());
        let loses = Rc::new(Cell::new(false));
        let received = Received {
            port: simulation.port(),
            ring,
            reader: ring.reader(),
            loses: loses.clone(),
        };
        let transport = Halves::new(received, simulation.port());
        let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; 2]);
        let clock = SimClock::new(&simulation);
        let mut module = Module::new(transport, clock, &mut line, &mut sockets).unwrap();
        module.reset().unwrap();
        module.join(SSID, PASSWORD).unwrap();
        test(&simulation, &loses, ring, &mut module);
    }
}

/// Lets the program be busy elsewhere.
fn busy(simulation: &Simulation) {
    let until = simulation.now() + Duration::from_millis(200);
    while simulation.now() < until {
        simulation.idle();
    }
}

fn a_notice_that_was_lost_is_reported_and_its_data_found<D: UnderTest>() {
    each_behind_a_ring::<D>(|simulation, loses, ring, module| {
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(ECHO))).unwrap();
        assert_eq!(
            flat(module.send(&mut socket, &payload())),
            Ok(payload().len())
        );

        loses.set(true);
        busy(simulation);
        let lost = nb::Error::Other(Error::Transport(HalvesError::Receive(Overrun)));
        assert_eq!(module.receive(&mut socket, &mut [0; 8]), Err(lost));
        loses.set(false);
        assert_eq!(ring.overruns(), 1);

        let (mut got, mut into) = (Vec::<u8>::new(), [0; 300]);
        let until = simulation.now() + Duration::from_secs(5);
        while got.len() < payload().len() && simulation.now() < until {
            match module.receive(&mut socket, &mut into) {
                Ok(n) => got.extend(&into[..n]),
                Err(nb::Error::WouldBlock) => simulation.idle(),
                Err(other) => panic!("{other:?}\n{}", simulation.transcript()),
            }
        }
        assert_eq!(got, payload());
        module.close(socket).unwrap();
    });
}

fn an_answer_that_was_lost_is_an_error_and_the_next_command_goes_through<D: UnderTest>() {
    each_behind_a_ring::<D>(|simulation, loses, _, module| {
        loses.set(true);
        let lost = Error::Transport(HalvesError::Receive(Overrun));
        assert_eq!(module.link_state(), Err(lost));
        loses.set(false);
        busy(simulation);
        assert_eq!(module.link_state(), Ok(atwifi::LinkState::Up));
    });
}

fn a_ring_that_is_large_enough_loses_nothing<D: UnderTest>() {
    each_behind_a_ring::<D>(|simulation, _, ring, module| {
        let mut socket = module.socket().unwrap();
        flat(module.connect(&mut socket, at(DOWNLOAD))).unwrap();
        let (mut got, mut into) = (Vec::<u8>::new(), [0; 1000]);
        let until = simulation.now() + Duration::from_secs(120);
        while got.len() < download().len() && simulation.now() < until {
            match module.receive(&mut socket, &mut into) {
                Ok(n) => got.extend(&into[..n]),
                Err(nb::Error::WouldBlock) => simulation.idle(),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(got == download());
        assert_eq!(ring.overruns(), 0);
    });
}

/// As a program on a computer speaks to a module behind a serial server.
fn a_connection_of_the_operating_system_is_a_transport<D: UnderTest>() {
    for config in configs::<D>().filter(|config| config.spi.is_none()) {
        let soon = Duration::from_millis(1);
        let config = Config {
            boot: soon,
            join: soon,
            associate: soon,
            dhcp: soon,
            ..config
        };
        let module = Server::new(config, HostNetwork::new()).spawn();
        let address = module.serve_tcp("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(1)))
            .unwrap();
        let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; 1]);
        let transport = Std::new(stream);
        let mut wifi =
            Module::<D, _, _>::new(transport, StdClock::new(), &mut line, &mut sockets).unwrap();
        wifi.reset().unwrap();
        wifi.join(SSID, PASSWORD).unwrap();
        drop(module);
        let gone = wifi.link_state();
        assert!(matches!(gone, Err(Error::Transport(_))), "{gone:?}");
    }
}

/// A pin that has failed says how.
#[test]
fn a_reset_pin_that_fails_is_told_with_its_error() {
    use embedded_hal::digital::{self, ErrorKind, OutputPin};

    struct Loose;

    impl digital::ErrorType for Loose {
        type Error = ErrorKind;
    }

    impl OutputPin for Loose {
        fn set_low(&mut self) -> Result<(), ErrorKind> {
            Err(ErrorKind::Other)
        }

        fn set_high(&mut self) -> Result<(), ErrorKind> {
            Err(ErrorKind::Other)
        }
    }

    struct Delay;

    impl embedded_hal::delay::DelayNs for Delay {
        fn delay_ns(&mut self, _: u32) {}
    }

    let (mut line, mut sockets) = ([0; 640], [const { SocketMemory::<512>::new() }; 1]);
    let (uart, clock) = (atwifi::mock::Uart::new(), atwifi::mock::Clock::new());
    let mut wifi = atwifi::st67::Module::new(uart, clock, &mut line, &mut sockets).unwrap();
    let failed = Err(Error::Pin(PinError(ErrorKind::Other)));
    assert_eq!(wifi.reset_by_pin(&mut Loose, &mut Delay), failed);
    assert_eq!(wifi.power_down(&mut Loose).map(drop), failed);
}

on_both_dialects! {
    a_connection_of_the_operating_system_is_a_transport
    a_notice_that_was_lost_is_reported_and_its_data_found
    an_answer_that_was_lost_is_an_error_and_the_next_command_goes_through
    a_ring_that_is_large_enough_loses_nothing
}
