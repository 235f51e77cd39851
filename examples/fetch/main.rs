//! Joins Wi-Fi through a module, resolves a name and fetches a page over `embedded-nal`.
//!
//! Without arguments: from a small HTTP server on this machine, through a simulated module. With
//! `--port`: through a real one.

mod demo;
mod http;
mod serial;
mod trace;

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use atwifi::dialect::Dialect;
use atwifi::transport::Spi;
use atwifi::{Clock, Module, SocketMemory, StdClock, Transport, microchip::Microchip, st67::St67};
use atwifi_simulator::{HostNetwork, Simulation};
use clap::{Parser, ValueEnum};
use http::Url;
use trace::Traced;

/// Joins Wi-Fi through an AT-command module, resolves a name and fetches a page.
///
/// Without arguments, everything is simulated: a module, an access point ("atwifi-demo", password
/// "correct horse"), and a small HTTP server on this machine, which the simulated network knows as
/// example.test. With --port, the same program drives a real module over a serial port.
///
/// What crosses the wire between host and module is printed on standard error, without the
/// password; the page on standard output. The exit status is 0 only if the page came whole.
#[derive(Parser)]
#[command(name = "fetch", after_help = EXAMPLES)]
struct Options {
    /// The page: http://HOST[:PORT]/PATH.
    url: Option<Url>,
    /// The module.
    #[arg(long, value_enum, default_value_t = Kind::St67)]
    module: Kind,
    /// What is between host and module: an SPI, only simulated and only of the ST67W611M1, shows its
    /// transactions.
    #[arg(long, value_enum, default_value_t = Wire::Serial, conflicts_with = "port")]
    link: Wire,
    /// The serial port of a real module, such as /dev/ttyACM0 or COM3, or where it is on the network,
    /// such as 127.0.0.1:5000.
    #[arg(long, requires_all = ["ssid", "password", "url"])]
    port: Option<String>,
    /// Its baud rate; if not given 2000000 for the ST67W611M1 (its firmware's UART build) and
    /// 230400 for the PIC32MZW1.
    #[arg(long)]
    baud: Option<u32>,
    /// The access point.
    #[arg(long)]
    ssid: Option<String>,
    /// Its password; empty for an open network.
    #[arg(long)]
    password: Option<String>,
    /// The firmware of the simulated module: "reference", "fw-2.0.75" (st67), "fw-0.2.0",
    /// "fw-0.3.2" (microchip).
    #[arg(long, conflicts_with = "port")]
    profile: Option<String>,
}

/// What a module hangs on.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Wire {
    /// A serial line.
    Serial,
    /// The SPI of the ST67W611M1's released firmware.
    Spi,
}

/// The modules that the driver knows.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// ST's ST67W611M1.
    St67,
    /// Microchip's PIC32MZW1 or WFI32.
    Microchip,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::St67 => "st67",
            Kind::Microchip => "microchip",
        }
    }

    fn baud(self) -> u32 {
        match self {
            Kind::St67 => 2_000_000,
            Kind::Microchip => 230_400,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  cargo run --example fetch
      everything simulated, ends with the page
  cargo run --example fetch -- --module microchip
      the same through the other module
  cargo run --example fetch -- --link spi
      the same over the SPI of the ST67W611M1, with its transactions
  cargo run --example fetch -- --password wrong
      what a wrong password looks like
  cargo run --example fetch -- http://nobody.test/
      what an unknown name looks like
  cargo run --example fetch -- --port /dev/ttyACM0 --ssid home --password '...' http://example.com/
      a real module";

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<()> {
    match options.module {
        Kind::St67 if options.link == Wire::Spi => run_on_spi(&options),
        Kind::St67 => run_with::<St67>(options),
        Kind::Microchip => run_with::<Microchip>(options),
    }
}

fn run_with<D: Dialect>(options: Options) -> Result<()>
where
    D::Status: Send + Sync,
{
    let ssid = options.ssid.as_deref().unwrap_or(demo::SSID);
    let password = options.password.as_deref().unwrap_or(demo::PASSWORD);
    if let Some(port) = &options.port {
        let url = options.url.context("a real module needs a URL")?;
        let baud = options.baud.unwrap_or(options.module.baud());
        return show(&fetch::<D, _>(
            serial::open(port, baud)?.line,
            StdClock::new(),
            ssid,
            password,
            &url,
            sleep,
        )?);
    }
    let demo = demo::start(options.module.name(), options.profile.as_deref())?;
    let url = options.url.as_ref().unwrap_or(&demo.url);
    let page = fetch::<D, _>(
        demo.module.port(),
        StdClock::new(),
        ssid,
        password,
        url,
        sleep,
    )?;
    check(url, &demo.url, &page)
}

/// The same over the SPI of a simulated ST67W611M1.
fn run_on_spi(options: &Options) -> Result<()> {
    let ssid = options.ssid.as_deref().unwrap_or(demo::SSID);
    let password = options.password.as_deref().unwrap_or(demo::PASSWORD);
    let (simulation, served) = demo::start_on_spi(options.profile.as_deref())?;
    let (wires, mut meanwhile) = (simulation.spi(), [0; 260]);
    let spi = Spi::new(
        wires.bus(),
        wires.cs(),
        wires.rdy(),
        wires.delay(),
        &mut meanwhile,
    );
    let url = options.url.as_ref().unwrap_or(&served);
    let clock = VirtualClock(simulation.clone());
    let page = fetch::<St67, _>(spi, clock, ssid, password, url, || simulation.idle())?;
    check(url, &served, &page)
}

/// The time of a simulation, which passes while the driver waits.
struct VirtualClock(Simulation<HostNetwork>);

impl Clock for VirtualClock {
    fn now(&mut self) -> u32 {
        self.0.now().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.0.idle();
        ControlFlow::Continue(())
    }
}

fn sleep() {
    std::thread::sleep(Duration::from_millis(1));
}

fn check(url: &Url, served: &Url, page: &[u8]) -> Result<()> {
    ensure!(
        url != served || page == demo::PAGE.as_bytes(),
        "the page is not the one that was served"
    );
    show(page)
}

/// The main job: a transport becomes a network, and the network a page.
fn fetch<D: Dialect, T: Transport>(
    transport: T,
    clock: impl Clock,
    ssid: &str,
    password: &str,
    url: &Url,
    pause: impl FnMut(),
) -> Result<Vec<u8>>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; 1]);
    let transport = Traced::new(transport);
    let mut module = Module::<D, _, _>::new(transport, clock, &mut line, &mut sockets)?;
    module.reset().context("the module does not start")?;
    let address = module
        .join(ssid, password)
        .with_context(|| format!("cannot join \"{ssid}\""))?;
    eprintln!("joined \"{ssid}\" as {address}");
    http::get(&mut module, url, pause)
}

fn show(page: &[u8]) -> Result<()> {
    if page.is_empty() {
        bail!("the page is empty");
    }
    println!("{}", String::from_utf8_lossy(page).trim_end());
    Ok(())
}
