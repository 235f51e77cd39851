//! What the scenario tests share: a simulated module, the driver on it, and the story that most
//! of them tell. Generic over the dialect.

pub mod service;

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use atat::AtatCmd;
use atwifi::dialect::Dialect;
use atwifi::{Closed, Error, Module, MqttMemory, SocketMemory, TcpSocket, microchip, mock, st67};
use atwifi_simulator::{
    Config, MemoryNetwork, PortError, Profile, Service, Simulation, SpiConfig, services,
};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpFullStack, nb};

pub const SSID: &[u8] = b"home, \"sweet\" \\home";
pub const PASSWORD: &[u8] = b"12345678,\"\\";
pub const NAME: &str = "example.test";
pub const ADDRESS: [u8; 4] = [10, 0, 0, 7];
/// Sends back what it receives.
pub const ECHO: u16 = 7;
/// Keeps what it receives.
pub const RECORD: u16 = 9;
/// Answers an HTTP request with `page()` and closes.
pub const HTTP: u16 = 80;
/// Answers a request with "bye" and closes.
pub const SHORT: u16 = 79;
/// Sends `download()` and stays open.
pub const DOWNLOAD: u16 = 19;
/// Never answers.
pub const SILENT: u16 = 4;
/// An MQTT broker.
pub const MQTT: u16 = 1883;
/// Sends back what it receives, behind TLS.
pub const TLS: u16 = 8443;
/// Nobody listens.
pub const REFUSED: u16 = 1;

mod wire;

pub use wire::{OnSpi, Wire, say, spi_of, wire_of};

/// The virtual clock of a simulation, as the driver's clock. The longer nothing has crossed the wire,
/// the longer it idles: at most by a hundredth, a wait is longer than it should be.
#[derive(Clone)]
pub struct SimClock {
    simulation: Simulation,
    crossed: u64,
    /// When so much had crossed.
    since: Duration,
    is_exact: bool,
}

impl SimClock {
    pub fn new(simulation: &Simulation) -> Self {
        SimClock {
            simulation: simulation.clone(),
            crossed: 0,
            since: Duration::ZERO,
            is_exact: false,
        }
    }

    /// One that never idles longer than a millisecond.
    pub fn exact(simulation: &Simulation) -> Self {
        SimClock {
            is_exact: true,
            ..SimClock::new(simulation)
        }
    }
}

impl atwifi::Clock for SimClock {
    fn now(&mut self) -> u32 {
        self.simulation.now().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        let now = self.simulation.now();
        let crossed = self.simulation.to_host() + self.simulation.to_module();
        if self.is_exact || crossed != self.crossed {
            (self.crossed, self.since) = (crossed, now);
        }
        let quiet = now - self.since;
        self.simulation
            .idle_for((quiet / 100).max(Duration::from_millis(1)));
        ControlFlow::Continue(())
    }
}

/// The reset pin of a simulated module, and a delay on its clock.
pub struct Board(pub Simulation);

impl embedded_hal::digital::ErrorType for Board {
    type Error = std::convert::Infallible;
}

impl embedded_hal::digital::OutputPin for Board {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        self.0.reset_pin(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Self::Error> {
        self.0.reset_pin(true);
        Ok(())
    }
}

impl embedded_hal::delay::DelayNs for Board {
    fn delay_ns(&mut self, ns: u32) {
        self.0.advance(Duration::from_nanos(u64::from(ns)));
    }
}

/// A dialect, the firmware that can be simulated for it, and its words where a test needs them.
pub trait UnderTest: Dialect<Status: std::fmt::Display> {
    const PROFILES: &'static [Profile];
    /// Those of them that run on the SPI too.
    const SPI_PROFILES: &'static [Profile];
    /// The event that a scan is done, as the module prints it.
    const SCAN_DONE: &'static [u8];
    /// Events that may come at any time without changing what the story tells.
    const ANY_TIME: &'static [&'static [u8]];
    /// How many byte values a text cannot carry.
    const REFUSED_BYTES: usize;
    /// What the driver asks a module that it has not met, with the answers.
    const MEETING: &'static [(&'static str, &'static str)];
    /// The longest name that can be resolved, and the longest password.
    const NAME_MAX: usize;
    const PASSWORD_MAX: usize;
    /// Whether the module tells a refused connection from one that nobody answers.
    const TELLS_REFUSAL: bool;
    /// Whether the module keeps files, which it can be asked for.
    const HAS_FILES: bool;
    /// A message for the MQTT session, on the topic `t`, that says `hello`.
    const MESSAGE: &'static [u8];
}

impl UnderTest for st67::St67 {
    const PROFILES: &'static [Profile] = &Profile::ST67;
    const SPI_PROFILES: &'static [Profile] = &[Profile::St67Reference, Profile::St67Fw2_0_75];
    const SCAN_DONE: &'static [u8] = b"+CW:SCAN_DONE\r\n";
    const ANY_TIME: &'static [&'static [u8]] = &[
        Self::SCAN_DONE,
        b"+CIP:4,DISCONNECTED\r\n",
        b"+MQTT:CONNECTED,0\r\n",
    ];
    const REFUSED_BYTES: usize = 3;
    const MEETING: &'static [(&'static str, &'static str)] = &[
        ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"),
        ("ATE0", "\r\nOK\r\n"),
        ("AT+SYSSTORE=0", "\r\nOK\r\n"),
        ("AT+SYSLOG=1", "\r\nOK\r\n"),
        ("AT+CIPMUX=1", "\r\nOK\r\n"),
        ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
        ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    ];
    const NAME_MAX: usize = 127;
    const PASSWORD_MAX: usize = 64;
    const TELLS_REFUSAL: bool = true;
    const HAS_FILES: bool = true;
    const MESSAGE: &'static [u8] = b"+MQTT:SUBRECV:0,1,5,\"t\",hello\r\n";
}

impl UnderTest for microchip::Microchip {
    const PROFILES: &'static [Profile] = &Profile::MICROCHIP;
    const SPI_PROFILES: &'static [Profile] = &[];
    const SCAN_DONE: &'static [u8] = b"\r+WSCNDONE\r\n";
    const ANY_TIME: &'static [&'static [u8]] = &[
        Self::SCAN_DONE,
        b"\r+SOCKCL:99\r\n",
        b"\r+TIME:2,3864185092\r\n",
    ];
    const REFUSED_BYTES: usize = 0;
    const MEETING: &'static [(&'static str, &'static str)] = &[
        ("AT+GMM", "AT+GMM\r\n+GMM=\"PIC32MZW1\"\r\nOK\r\n>"),
        ("ATE0", "ATE0\r\nOK\r\n"),
        ("AT+SOCKLST", "OK\r\n"),
    ];
    const NAME_MAX: usize = 63;
    const PASSWORD_MAX: usize = 128;
    const TELLS_REFUSAL: bool = false;
    const HAS_FILES: bool = false;
    const MESSAGE: &'static [u8] = b"\r+MQTTPUB:1,\"t\",5,\"hello\"\r\n";
}

/// A scripted UART that has gone through the driver's first meeting with the module.
pub fn met<D: UnderTest>() -> mock::Uart {
    D::MEETING
        .iter()
        .fold(mock::Uart::new(), |uart, (command, answer)| {
            uart.answer(format!("{command}\r\n"), answer)
        })
}

pub fn with_mock<D: Dialect, R>(
    uart: &mock::Uart,
    test: impl FnOnce(&mut Module<'_, D, mock::Uart, mock::Clock>) -> R,
) -> R {
    let (mut line, mut sockets) = ([0; 1400], [const { SocketMemory::<64>::new() }; 2]);
    test(&mut Module::new(uart.clone(), mock::Clock::new(), &mut line, &mut sockets).unwrap())
}

/// Each test on each dialect.
macro_rules! on_both_dialects {
    ($($test:ident)*) => {
        mod st67 {
            $(#[test] fn $test() { super::$test::<atwifi::st67::St67>(); })*
        }
        mod microchip {
            $(#[test] fn $test() { super::$test::<atwifi::microchip::Microchip>(); })*
        }
    };
}

/// Of the places where a fault can strike, one in so many is tried: every one with `ATWIFI_SWEEP=all`,
/// which takes much longer, and with a number only one in so many of the usual ones.
pub fn stride(usual: usize) -> usize {
    match std::env::var("ATWIFI_SWEEP").as_deref() {
        Ok("all") => 1,
        Ok(fewer) => usual * fewer.parse::<usize>().expect("`all`, or a number"),
        Err(_) => usual,
    }
}

/// Whether the firmware is much like another that is tried.
pub fn is_alike(profile: Profile) -> bool {
    matches!(
        profile,
        Profile::St67Fw2_0_89 | Profile::St67Fw2_0_97 | Profile::St67Fw2_0_106
    )
}

/// Every firmware of a dialect, on each kind of wire that it has.
pub fn configs<D: UnderTest>() -> impl Iterator<Item = Config> {
    let serial = D::PROFILES.iter().map(|&profile| config(profile));
    let spi = D::SPI_PROFILES.iter().map(|&profile| spi_config(profile));
    serial.chain(spi)
}

/// A module of each of them.
pub fn simulations<D: UnderTest>(
    change: impl Fn(Config) -> Config,
) -> impl Iterator<Item = Simulation> {
    configs::<D>().map(move |config| Simulation::new(change(config), Network::default().build()))
}

pub type Driver<'b, D> = Module<'b, D, Wire, SimClock>;
pub type Failure<D> = atwifi::ErrorOf<D, Wire>;

/// What the simulated network looks like, and what its servers have seen.
#[derive(Clone, Default)]
pub struct Network {
    pub recorded: Rc<RefCell<Vec<u8>>>,
    pub broker: services::MqttBroker,
}

impl Network {
    pub fn build(&self) -> MemoryNetwork {
        let recorded = self.recorded.clone();
        let broker = self.broker.clone();
        MemoryNetwork::default()
            .host(NAME, IpAddr::from(ADDRESS))
            .serve(at(ECHO), |_| services::echo())
            .serve(at(RECORD), move |_| services::record(recorded.clone()))
            .serve(at(HTTP), |_| services::respond(response()))
            .serve(at(SHORT), |_| services::respond("bye"))
            .serve(at(DOWNLOAD), |_| services::send(download()))
            .serve(at(MQTT), move |_| broker.serve())
            .serve(at(TLS), |_| behind_tls(services::echo()))
            .silent(at(SILENT))
            .serve_udp(at(ECHO), services::udp_echo())
    }
}

/// A service behind TLS, with a certificate that nobody has issued.
fn behind_tls(service: Box<dyn Service>) -> Box<dyn Service> {
    let certified = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let key = certified.signing_key.serialize_pem();
    let server = services::TlsServer::new(certified.cert.pem(), key);
    server.serve(service).unwrap()
}

/// The simulated module's own address.
pub fn module_at(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 168, 1, 50], port))
}

pub fn at(port: u16) -> SocketAddr {
    SocketAddr::from((ADDRESS, port))
}

pub fn spi_config(profile: Profile) -> Config {
    config(profile).with_spi(SpiConfig::default())
}

pub fn config(profile: Profile) -> Config {
    Config::new(profile).with_access_point(SSID, PASSWORD)
}

/// A payload that looks like everything a module can say.
pub fn payload() -> Vec<u8> {
    let mut bytes =
        b"\r\nOK\r\n+IPD:0,5\r\nready\r\n\r\nERROR\r\n>+CIP:0,DISCONNECTED\r\n+CIPRECVDATA:9,"
            .to_vec();
    bytes.extend(0..=255_u8);
    bytes
}

/// 100 kB in which every place can be told from every other, and much looks like a module talking.
pub fn download() -> Vec<u8> {
    (0..1000)
        .flat_map(|n: u32| {
            let mut part = format!("{n:04}\r\nOK\r\n+IPD:0,5\r\n#>").into_bytes();
            part.extend((0..100 - part.len() as u32).map(|i| (i * 7 + n) as u8));
            part
        })
        .collect()
}

pub fn response() -> Vec<u8> {
    let body = payload().repeat(9);
    let mut bytes =
        format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend(body);
    bytes
}

/// Runs `test` with a driver on a simulated module.
pub fn with_driver<D: Dialect, R>(
    simulation: &Simulation,
    test: impl FnOnce(&mut Driver<'_, D>) -> R,
) -> R {
    with_memory::<_, _, 512>(simulation, 1024, 5, test)
}

pub fn with_memory<D: Dialect, R, const N: usize>(
    simulation: &Simulation,
    line: usize,
    sockets: usize,
    test: impl FnOnce(&mut Driver<'_, D>) -> R,
) -> R {
    let mut line = vec![0; line];
    let mut sockets: Vec<_> = (0..sockets).map(|_| SocketMemory::<N>::new()).collect();
    let mut messages = MqttMemory::<D, 512>::new();
    let clock = SimClock::new(simulation);
    let module = Module::new(wire_of(simulation), clock, &mut line, &mut sockets);
    let mut module = module.expect("the buffers suffice");
    module.lend_messages(&mut messages);
    test(&mut module)
}

/// A driver that has reset its module and joined.
pub fn with_joined<D: Dialect, R>(
    simulation: &Simulation,
    test: impl FnOnce(&mut Driver<'_, D>) -> R,
) -> R {
    with_driver(simulation, |module| {
        module.reset().expect("reset");
        module.join(SSID, PASSWORD).expect("join");
        test(module)
    })
}

/// The same on every firmware of a dialect.
pub fn each_joined<D: UnderTest>(test: impl Fn(&Simulation, &mut Driver<'_, D>)) {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| test(&simulation, module));
    }
}

/// Somebody who connects to the module.
pub fn peer(port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 9], port))
}

/// A socket that listens.
pub fn listening<D: Dialect>(module: &mut Driver<'_, D>, port: u16) -> TcpSocket {
    let mut socket = module.socket().unwrap();
    module.bind(&mut socket, port).unwrap();
    module.listen(&mut socket).unwrap();
    socket
}

/// Waits up to five virtual seconds for a connection.
pub fn accept<D: Dialect>(
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    listener: &mut TcpSocket,
) -> (TcpSocket, SocketAddr) {
    let deadline = simulation.now() + Duration::from_secs(5);
    loop {
        match module.accept(listener) {
            Ok(accepted) => return accepted,
            Err(nb::Error::WouldBlock) if simulation.now() < deadline => simulation.idle(),
            other => panic!("{other:?}\n{}", simulation.transcript()),
        }
    }
}

/// Receives into `got` until `done` says enough, the peer closes, or five virtual seconds pass.
pub fn receive_until<D: Dialect>(
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    socket: &mut TcpSocket,
    chunk: usize,
    got: &mut Vec<u8>,
    done: impl Fn(&[u8]) -> bool,
) -> Result<(), Failure<D>> {
    let deadline = simulation.now() + Duration::from_secs(5);
    let mut buffer = vec![0; chunk];
    while !done(got) {
        match module.receive(socket, &mut buffer) {
            Ok(n) => {
                assert_ne!(
                    n, 0,
                    "Ok(0) would be the end to some consumers and a hang to others"
                );
                got.extend(&buffer[..n]);
            }
            Err(nb::Error::WouldBlock) if simulation.now() < deadline => simulation.idle(),
            Err(nb::Error::WouldBlock) => return Err(Error::Timeout),
            Err(nb::Error::Other(Error::Closed(Closed::ByPeer))) => break,
            Err(nb::Error::Other(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Where the story ended, and what it had received by then.
#[derive(Debug, Default)]
pub struct Told {
    pub received: Vec<u8>,
    pub error: Option<Error<PortError, String>>,
}

/// Join, resolve, connect, send, receive the echo, close: the conversation that is swept.
pub fn story<D: Dialect>(
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    chunk: usize,
) -> Told {
    let mut told = Told::default();
    if let Err(error) = tell(module, simulation, chunk, &mut told.received) {
        told.error = Some(anonymous::<D>(error));
    }
    told
}

fn tell<D: Dialect>(
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    chunk: usize,
    received: &mut Vec<u8>,
) -> Result<(), Failure<D>> {
    module.join(SSID, PASSWORD)?;
    let address = flat(module.get_host_by_name(NAME, AddrType::IPv4))?;
    let mut socket = module.socket()?;
    let sent = payload();
    let result = flat(module.connect(&mut socket, SocketAddr::new(address, ECHO)))
        .and_then(|()| flat(module.send(&mut socket, &sent)))
        .and_then(|n| {
            assert_eq!(n, sent.len());
            receive_until(module, simulation, &mut socket, chunk, received, |got| {
                got.len() >= sent.len()
            })
        });
    let closed = module.close(socket);
    result.and(closed)
}

/// A blocking call never says `WouldBlock`.
pub fn flat<R, E: std::fmt::Debug>(result: nb::Result<R, E>) -> Result<R, E> {
    result.map_err(|error| match error {
        nb::Error::Other(error) => error,
        nb::Error::WouldBlock => panic!("a blocking call returned WouldBlock"),
    })
}

/// The same error for both dialects.
pub fn anonymous<D: Dialect>(error: Failure<D>) -> Error<PortError, String> {
    match error {
        Error::Transport(e) => Error::Transport(e),
        Error::Timeout => Error::Timeout,
        Error::Interrupted => Error::Interrupted,
        Error::Module(status) => Error::Module(format!("{status:?}")),
        Error::Unconnected(status) => Error::Unconnected(format!("{status:?}")),
        Error::Malformed => Error::Malformed,
        Error::Resource(what) => Error::Resource(what),
        Error::Usage(what) => Error::Usage(what),
        Error::Closed(how) => Error::Closed(how),
        Error::ModuleReset => Error::ModuleReset,
        Error::Unresponsive => Error::Unresponsive,
        other => panic!("{other:?}"),
    }
}

/// A command as it is written.
pub fn wire(command: &impl AtatCmd) -> String {
    let mut bytes = [0; 256];
    let n = command.write(&mut bytes);
    String::from_utf8_lossy(&bytes[..n]).into_owned()
}

/// A reply as it is understood.
pub fn parse<C: AtatCmd>(command: &C, reply: &str) -> Result<C::Response, atat::Error> {
    command.parse(Ok(reply.as_bytes()))
}
