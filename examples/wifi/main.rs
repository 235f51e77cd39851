//! What a product needs of a Wi-Fi module besides sockets: scans, certificates and files, the time, echoes,
//! MQTT, what it is, updates, sleep.
//!
//! Without `--port` the module and what is around it are simulated.

mod bluetooth;
mod broker;
mod files;
mod mqtt;
mod saving;
#[path = "../fetch/serial.rs"]
mod serial;
mod table;
#[path = "../fetch/trace.rs"]
mod trace;
mod update;
mod world;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use atwifi::dialect::Dialect;
use atwifi::transport::Waking;
use atwifi::{
    AccessPointConfig, Event, Module, MqttMemory, PingOptions, ScanOptions, SocketMemory, StdClock,
    Strongest, Transport, microchip::Microchip, st67::St67,
};
use bluetooth::HasBluetooth;
use clap::{Args, Parser, Subcommand, ValueEnum};
use files::HasFiles;
use saving::{Delay, SETTLE, WakePin};
use trace::Traced;
use update::Updates;

/// Asks a Wi-Fi module for what is around it.
///
/// Without --port everything is simulated: the module, access points, and a network in which
/// example.test is this machine. With it, the same program drives a real module over a serial port.
#[derive(Parser)]
#[command(name = "wifi", after_help = EXAMPLES)]
struct Options {
    #[command(flatten)]
    module: ModuleOptions,
    #[command(subcommand)]
    job: Job,
}

#[derive(Args)]
struct ModuleOptions {
    /// The module.
    #[arg(long, value_enum, default_value_t = Kind::St67, global = true)]
    module: Kind,
    /// The serial port of a real module, such as /dev/ttyACM0 or COM3, or where it is on the network,
    /// such as 127.0.0.1:5000.
    #[arg(long, global = true)]
    port: Option<String>,
    /// Its baud rate; if not given 2000000 for the ST67W611M1 and 230400 for the PIC32MZW1.
    #[arg(long, global = true)]
    baud: Option<u32>,
    /// The access point to join, where the job needs a network.
    #[arg(long, default_value = world::SSID, global = true)]
    ssid: String,
    /// Its password; empty for an open network.
    #[arg(long, default_value = world::PASSWORD, hide_default_value = true, global = true)]
    password: String,
    /// The firmware of the simulated module, such as "fw-2.0.75" or "reference".
    #[arg(long, conflicts_with = "port", global = true)]
    profile: Option<String>,
    /// Print what crosses the wire, on standard error.
    #[arg(long, global = true)]
    wire: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// ST's ST67W611M1.
    St67,
    /// Microchip's PIC32MZW1 or WFI32.
    Microchip,
}

#[derive(Subcommand)]
enum Job {
    /// List the access points around.
    Scan(Scan),
    /// Be an access point for a while, and tell who joins and leaves.
    Ap(Ap),
    /// Look for Bluetooth LE devices, and be one for a while: an ST67W611M1 only.
    Ble(bluetooth::Ble),
    /// Load a certificate into the module.
    Cert(files::Cert),
    /// Write, read, list and delete the files of an ST67W611M1.
    Files(files::Files),
    /// Publish a message by the MQTT client in the module, and print what is published.
    Mqtt(mqtt::Mqtt),
    /// Ask a host for echoes.
    Ping(Ping),
    /// Tell what the module is, and which network it is in.
    Info,
    /// Ask servers of the network for the time.
    Time {
        /// The time server.
        #[arg(default_value = "pool.ntp.org")]
        server: String,
    },
    /// Update the module's firmware: an ST67W611M1 only.
    Update {
        /// The image, one of ST's files for its mission profile T01; one of the demonstration's if none is
        /// given, and the module is simulated.
        image: Option<PathBuf>,
    },
    /// Sleep in the network and be woken to be asked something: an ST67W611M1. Or sleep until somebody
    /// presses the button: a PIC32MZW1. At a serial port, its DTR drives the wake-up pin of the module.
    Sleep {
        /// For how many seconds.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
    },
}

#[derive(Args)]
struct Scan {
    /// Only this channel.
    #[arg(long)]
    channel: Option<u8>,
    /// Only listen.
    #[arg(long)]
    passive: bool,
    /// Only what is received at least this strongly, in dBm.
    #[arg(long, allow_negative_numbers = true)]
    min_rssi: Option<i8>,
    /// Only the strongest of each SSID, so many of them, up to 64.
    #[arg(long)]
    strongest: Option<usize>,
}

#[derive(Args)]
struct Ap {
    /// Its name.
    #[arg(default_value = "atwifi-setup")]
    name: String,
    /// Its password; empty for an open network.
    #[arg(long = "with", default_value = "12345678")]
    with_password: String,
    /// For how many seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

#[derive(Args)]
struct Ping {
    /// Its name or address.
    #[arg(default_value = world::HOST)]
    host: String,
    /// How often.
    #[arg(long, short, default_value_t = 4)]
    count: u16,
    /// From one to the next, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    interval: u16,
}

const EXAMPLES: &str = "\
Examples:
  cargo run --example wifi -- scan
  cargo run --example wifi -- scan --strongest 3 --module microchip
  cargo run --example wifi -- ap
  cargo run --example wifi -- ble
  cargo run --example wifi -- cert ca.pem --port /dev/ttyACM0
  cargo run --example wifi -- files
  cargo run --example wifi -- mqtt --module microchip
  cargo run --example wifi -- ping --wire
  cargo run --example wifi -- update
  cargo run --example wifi -- sleep --module microchip
  cargo run --example wifi -- time --port /dev/ttyACM0 --ssid home --password '...'";

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    match options.module.module {
        Kind::St67 => connect::<St67>(options, "st67", 2_000_000),
        Kind::Microchip => connect::<Microchip>(options, "microchip", 230_400),
    }
}

fn connect<D: HasBluetooth + HasFiles + Updates>(
    options: &Options,
    name: &str,
    baud: u32,
) -> Result<()>
where
    D::Status: Send + Sync,
{
    let module = &options.module;
    match &module.port {
        Some(port) => {
            let mut port = serial::open(port, module.baud.unwrap_or(baud))?;
            // A port without the line has no module that sleeps.
            let pin = WakePin(Box::new(move |level| {
                if let Some(dtr) = &mut port.signals {
                    drop(dtr.write_data_terminal_ready(level));
                }
            }));
            trace::<D, _>(options, waking(options, port.line, pin))
        }
        None => {
            let simulated = world::start(name, module.profile.as_deref())?;
            world::let_a_phone_join(&simulated);
            world::let_somebody_press_the_button(&simulated);
            let input = simulated.clone();
            let pin = WakePin(Box::new(move |level| input.wake_pin(level)));
            trace::<D, _>(options, waking(options, simulated.port(), pin))
        }
    }
}

/// Only a module that sleeps needs time to wake up.
fn waking<T: Transport>(
    options: &Options,
    transport: T,
    pin: WakePin,
) -> Waking<T, WakePin, Delay> {
    let settle = match options.job {
        Job::Sleep { .. } => SETTLE,
        _ => 0,
    };
    Waking::new(transport, pin, Delay, settle)
}

fn trace<D: HasBluetooth + HasFiles + Updates, T: Transport>(
    options: &Options,
    transport: T,
) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    match options.module.wire {
        true => work::<D, _>(options, Traced::new(transport)),
        false => work::<D, _>(options, transport),
    }
}

fn work<D: HasBluetooth + HasFiles + Updates, T: Transport>(
    options: &Options,
    transport: T,
) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; 1]);
    let mut messages = MqttMemory::<D, { mqtt::WAITING }>::new();
    let mut wifi = Module::<D, _, _>::new(transport, StdClock::new(), &mut line, &mut sockets)?;
    wifi.lend_messages(&mut messages);
    wifi.reset().context("the module does not start")?;
    match &options.job {
        Job::Scan(job) => scan(&mut wifi, job),
        Job::Ap(job) => access_point(&mut wifi, job),
        Job::Ble(job) => D::bluetooth(&mut wifi, job),
        Job::Cert(job) => files::certificate(&mut wifi, job),
        Job::Files(job) => D::files(&mut wifi, job),
        Job::Mqtt(job) => {
            join(&mut wifi, &options.module)?;
            mqtt::publish(&mut wifi, job, options.module.port.is_none())
        }
        Job::Ping(job) => {
            join(&mut wifi, &options.module)?;
            ping(&mut wifi, job)
        }
        Job::Info => {
            join(&mut wifi, &options.module)?;
            info(&mut wifi)
        }
        Job::Time { server } => {
            wifi.set_time_servers(&[server])?;
            join(&mut wifi, &options.module)?;
            let time = wifi
                .wait_for_time(10_000)
                .context("nobody tells the time")?;
            println!("{}", table::date(time));
            Ok(())
        }
        Job::Update { image } => {
            let is_named = image.is_some() || options.module.port.is_none();
            ensure!(is_named, "name the image that the module is to run");
            D::update(&mut wifi, image.as_ref())
        }
        Job::Sleep { seconds } => saving::sleep(&mut wifi, &options.module, *seconds),
    }
}

type Wifi<'b, D, T> = Module<'b, D, T, StdClock>;

fn join<D: Dialect, T: Transport>(wifi: &mut Wifi<'_, D, T>, options: &ModuleOptions) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    let ModuleOptions { ssid, password, .. } = options;
    let joined = wifi.join(ssid, password);
    let address = joined.with_context(|| format!("cannot join \"{ssid}\""))?;
    eprintln!("joined \"{ssid}\" as {address}");
    Ok(())
}

/// How many of the strongest access points there is room for.
const STRONGEST: usize = 64;

fn scan<D: Dialect, T: Transport>(wifi: &mut Wifi<'_, D, T>, job: &Scan) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    let mut options = ScanOptions::new();
    options.channel = job.channel;
    options.is_passive = job.passive;
    options.min_rssi = job.min_rssi;
    let mut strongest = Strongest::<STRONGEST>::new();
    println!("{}", table::HEAD);
    let scanned = wifi.scan(&options, |found| {
        match job.strongest {
            None => println!("{}", table::row(found)),
            Some(_) => strongest.take(found),
        }
        ControlFlow::Continue(())
    })?;
    for found in strongest.iter().take(job.strongest.unwrap_or(0)) {
        println!("{}", table::row(found));
    }
    eprintln!("{} access points", scanned.found);
    if scanned.spoilt > 0 {
        eprintln!("{} more were spoilt on the way", scanned.spoilt);
    }
    Ok(())
}

fn access_point<D: Dialect, T: Transport>(wifi: &mut Wifi<'_, D, T>, job: &Ap) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    let config = AccessPointConfig::new(job.name.as_bytes(), job.with_password.as_bytes());
    let address = wifi.start_access_point(&config)?;
    println!("\"{}\" is at {address}", job.name);
    let end = Instant::now() + Duration::from_secs(job.seconds);
    while Instant::now() < end {
        match wifi.poll()? {
            None => thread::sleep(Duration::from_millis(10)),
            Some(Event::ClientConnected(mac)) => println!("{mac} has joined"),
            Some(Event::ClientAddress(mac, ip)) => {
                println!(
                    "{} has {ip}",
                    mac.map_or("it".into(), |mac| mac.to_string())
                );
            }
            Some(Event::ClientDisconnected(mac)) => println!("{mac} has left"),
            Some(other) => println!("{other:?}"),
        }
    }
    wifi.stop_access_point()?;
    Ok(())
}

fn info<D: Dialect, T: Transport>(wifi: &mut Wifi<'_, D, T>) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    let addresses = wifi.addresses()?;
    let station = wifi.station()?.context("the station has left again")?;
    table::about(&wifi.versions()?, wifi.mac()?);
    table::network(&station, &addresses);
    Ok(())
}

fn ping<D: Dialect, T: Transport>(wifi: &mut Wifi<'_, D, T>, job: &Ping) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    let Ping {
        host,
        count,
        interval,
    } = job;
    let options = PingOptions::new()
        .with_count(*count)
        .with_interval_ms(*interval);
    let in_ms = |time: Duration| format!("{} ms", time.as_millis());
    let summary = wifi.ping(host, &options, |time| {
        println!("{host}: {}", time.map_or("lost".into(), in_ms));
        ControlFlow::Continue(())
    })?;
    println!("{} of {} came back", summary.received, summary.sent);
    if let Some(average) = summary.average() {
        let [min, average, max] = [summary.min, average, summary.max].map(in_ms);
        println!("at least {min}, on average {average}, at most {max}");
    }
    Ok(())
}
