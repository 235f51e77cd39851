//! A board: the driver on a simulated module that has joined and reaches this machine.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use atwifi::dialect::Dialect;
use atwifi::{Module, Shared, SocketMemory, microchip::Microchip, st67::St67};
use atwifi_simulator::{Config, HostNetwork, Profile, Record, Server, Simulation, SpiConfig};

use crate::wire::{BoardClock, Wire};

const SSID: &str = "consumers";
const PASSWORD: &str = "correct horse";
/// The name of this machine in the simulated network.
pub const NAME: &str = "server.test";
/// Records of the transcript that are shown when a test fails.
const SHOWN: usize = 200;

/// A dialect, and the serial line that its modules come with.
pub trait UnderTest: Dialect<Status: Display + Send + Sync> + Send {
    /// The bit rate.
    const BAUD: u32;
}

impl UnderTest for St67 {
    const BAUD: u32 = 2_000_000;
}

impl UnderTest for Microchip {
    const BAUD: u32 = 230_400;
}

/// What runs on a module, and what the module hangs on.
#[derive(Clone, Copy, Debug)]
pub struct Firmware {
    profile: Profile,
    is_on_spi: bool,
}

impl Firmware {
    /// On a serial line.
    #[must_use]
    pub const fn on_serial_line(profile: Profile) -> Firmware {
        Firmware {
            profile,
            is_on_spi: false,
        }
    }

    /// On the SPI of an ST67W611M1.
    #[must_use]
    pub const fn on_spi(profile: Profile) -> Firmware {
        Firmware {
            profile,
            is_on_spi: true,
        }
    }
}

/// The driver of a board. Its memory is never given back, as in firmware.
pub type Network<D> = Module<'static, D, Wire, BoardClock>;
/// A handle on the driver, for boards with more than one client.
pub type Handle<D> = Shared<'static, 'static, D, Wire, BoardClock>;

/// A simulated module, switched on until this is dropped.
///
/// If the test panics, the end of the conversation between driver and module is printed.
pub struct Board {
    /// Where it is on an SPI, its wires keep it.
    _module: Option<atwifi_simulator::Handle>,
    transcript: Arc<Mutex<VecDeque<String>>>,
}

impl Board {
    /// A board with this firmware in its module, and its driver, which has joined.
    #[must_use]
    pub fn joined<D: UnderTest>(firmware: Firmware) -> (Board, Network<D>) {
        Self::with_files(firmware, [])
    }

    /// The same, with these files in the module.
    #[must_use]
    pub fn with_files<D: UnderTest>(
        firmware: Firmware,
        files: impl IntoIterator<Item = (&'static str, Vec<u8>)>,
    ) -> (Board, Network<D>) {
        let config = config(firmware.profile).with_baud(D::BAUD);
        let config = (files.into_iter()).fold(config, |config, (name, content)| {
            config.with_file(name, content)
        });
        let (board, wire) = Board::new(config, firmware.is_on_spi);
        let line = Box::leak(Box::new([0; 1024]));
        let sockets = Box::leak(Box::new([const { SocketMemory::<512>::new() }; 4]));
        let clock = BoardClock::new(&wire);
        let mut module = Module::new(wire, clock, line, sockets).expect("the buffers suffice");
        module.reset().expect("reset");
        module.join(SSID, PASSWORD).expect("join");
        (board, module)
    }

    /// The same, with the driver behind a handle.
    #[must_use]
    pub fn shared<D: UnderTest>(firmware: Firmware) -> (Board, Handle<D>) {
        let (board, module) = Self::joined(firmware);
        (
            board,
            Shared::new(Box::leak(Box::new(RefCell::new(module)))),
        )
    }

    fn new(config: Config, is_on_spi: bool) -> (Board, Wire) {
        let transcript = Arc::new(Mutex::new(VecDeque::new()));
        let records = Arc::clone(&transcript);
        let record = move |record: &Record| {
            let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
            if records.len() == SHOWN {
                records.pop_front();
            }
            records.push_back(record.to_string());
        };
        let network = HostNetwork::new().host(NAME, IpAddr::V4(Ipv4Addr::LOCALHOST));
        let (module, wire) = if is_on_spi {
            let simulation = Simulation::new(config.with_spi(SpiConfig::default()), network);
            simulation.on_record(record);
            (None, Wire::spi(simulation))
        } else {
            let module = Server::new(config, network).on_record(record).spawn();
            let port = module.port();
            (Some(module), Wire::Serial(port))
        };
        let board = Board {
            _module: module,
            transcript,
        };
        (board, wire)
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        if thread::panicking() {
            let records = self.transcript.lock();
            for record in records.unwrap_or_else(PoisonError::into_inner).iter() {
                eprintln!("{record}");
            }
        }
    }
}

/// A module that boots, joins and looks at its serial line sooner than a real one: time is real
/// here, and the slowness of a module is tested elsewhere, on virtual time.
fn config(firmware: Profile) -> Config {
    const SOON: Duration = Duration::from_millis(20);
    let config = Config::new(firmware).with_access_point(SSID, PASSWORD);
    Config {
        boot: SOON,
        join: SOON,
        associate: SOON,
        dhcp: SOON,
        poll: config.poll / 10,
        ..config
    }
}
