//! Exercises the whole driver against one's own network, and prints a report to paste.
//!
//! Without `--port` the module is simulated, and what is around it is on this machine.

#[path = "../wifi/broker.rs"]
mod broker;
#[path = "../fetch/serial.rs"]
mod serial;
mod simulated;

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result, ensure};
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{Module, MqttMemory, SocketMemory, StdClock, Transport};
use atwifi_selftest::peer::Peer;
use atwifi_selftest::{Counts, MESSAGES, Offers, SOCKETS, Settings, wire};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Exercises the whole driver against one's own network, and prints a report to paste.
///
/// Without --port everything is simulated. With it, the same program drives a real module over a serial port.
/// The steps that need somebody who answers need the peer, on a computer of the module's network: "selftest
/// peer". A host that is not named is not asked, and its steps are skipped.
///
/// The report has no SSID, no password, and of the hardware address only what names its vendor. The exit
/// status is 0 only if nothing has failed.
#[derive(Parser)]
#[command(name = "selftest", after_help = EXAMPLES)]
struct Options {
    #[command(subcommand)]
    job: Option<Job>,
    #[command(flatten)]
    test: Test,
}

#[derive(Subcommand)]
enum Job {
    /// Be the peer: answer what modules under test ask for, until it is stopped.
    Peer {
        /// The port, of TCP and UDP.
        #[arg(long, default_value_t = wire::PORT)]
        at: u16,
    },
}

#[derive(Args)]
struct Test {
    /// The module.
    #[arg(long, value_enum, default_value_t = Kind::St67)]
    module: Kind,
    /// The firmware of the simulated module, such as "fw-2.0.75" or "reference".
    #[arg(long, conflicts_with = "port")]
    profile: Option<String>,
    /// The serial port of a real module, such as /dev/ttyACM0 or COM3, or where it is on the network,
    /// such as 127.0.0.1:5000.
    #[arg(long, requires_all = ["ssid", "password"])]
    port: Option<String>,
    /// Its baud rate; if not given 2000000 for the ST67W611M1 and 230400 for the PIC32MZW1.
    #[arg(long)]
    baud: Option<u32>,
    /// The access point.
    #[arg(long, default_value = simulated::SSID)]
    ssid: String,
    /// Its password; empty for an open network.
    #[arg(long, default_value = simulated::PASSWORD, hide_default_value = true)]
    password: String,
    /// Where the peer is: the address of its computer.
    #[arg(long)]
    peer: Option<String>,
    /// The peer's port.
    #[arg(long, default_value_t = wire::PORT)]
    peer_port: u16,
    /// A time server, such as pool.ntp.org.
    #[arg(long)]
    time_server: Option<String>,
    /// An MQTT broker that takes anybody.
    #[arg(long)]
    broker: Option<String>,
    /// Its port.
    #[arg(long, default_value_t = 1883)]
    broker_port: u16,
    /// A server that talks HTTP behind TLS.
    #[arg(long, requires = "ca")]
    tls: Option<String>,
    /// Its port.
    #[arg(long, default_value_t = 443)]
    tls_port: u16,
    /// The authority that has signed its certificate, in PEM or DER.
    #[arg(long)]
    ca: Option<PathBuf>,
    /// The port on which the module listens for the peer.
    #[arg(long, default_value_t = 6712)]
    listen_port: u16,
}

/// The modules that the driver knows.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// ST's ST67W611M1.
    St67,
    /// Microchip's PIC32MZW1 or WFI32.
    Microchip,
}

const EXAMPLES: &str = "\
Examples:
  cargo run --example selftest
  cargo run --example selftest -- --module microchip
  cargo run --example selftest -- peer
  cargo run --example selftest -- --port /dev/ttyACM0 --ssid home --password '...' --peer 192.168.1.20 \\
      --time-server pool.ntp.org --broker test.mosquitto.org";

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match options.job {
        Some(Job::Peer { at }) => be_peer(at).map(|()| Counts::default()),
        None => match options.test.module {
            Kind::St67 => run::<St67>(&options.test, "st67", 2_000_000),
            Kind::Microchip => run::<Microchip>(&options.test, "microchip", 230_400),
        },
    };
    match done {
        Ok(Counts { failed: 0, .. }) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn be_peer(port: u16) -> Result<()> {
    let started = Peer::start(Ipv4Addr::UNSPECIFIED, port, |what| println!("{what}"));
    let peer = started.with_context(|| format!("port {port} cannot be had"))?;
    println!("the peer answers at port {}, TCP and UDP", peer.port);
    loop {
        thread::park();
    }
}

fn run<D: Offers>(options: &Test, name: &str, baud: u32) -> Result<Counts> {
    let ca = options.ca.as_ref().map(|path| {
        let content = fs::read(path);
        content.with_context(|| path.display().to_string())
    });
    let ca = ca.transpose()?.unwrap_or_default();
    let named = |host: &Option<String>| host.clone().unwrap_or_default();
    let hosts = [
        &options.peer,
        &options.time_server,
        &options.tls,
        &options.broker,
    ];
    let [peer, time_server, tls, broker] = hosts.map(named);
    let settings = Settings {
        ssid: &options.ssid,
        password: &options.password,
        peer: (&peer, options.peer_port),
        time_server: &time_server,
        tls: (&tls, options.tls_port),
        ca: &ca,
        broker: (&broker, options.broker_port),
        listen_port: options.listen_port,
        link: "simulated serial line",
        can_wake: false,
    };
    match &options.port {
        None => {
            ensure!(
                options.peer.is_none(),
                "a simulated module has its own peer"
            );
            simulated::run::<D>(name, options.profile.as_deref(), &settings)
        }
        Some(port) => {
            let baud = options.baud.unwrap_or(baud);
            let link = format!("serial line of {baud} baud");
            let settings = Settings {
                link: &link,
                ..settings
            };
            test::<D, _>(serial::open(port, baud)?.line, &settings)
        }
    }
}

/// Tests the module on this transport.
fn test<D: Offers, T: Transport>(transport: T, settings: &Settings<'_>) -> Result<Counts> {
    let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<512>::new() }; SOCKETS]);
    let mut messages = MqttMemory::<D, MESSAGES>::new();
    let wifi = Module::<D, _, _>::new(transport, StdClock::new(), &mut line, &mut sockets);
    let mut wifi = wifi.ok().context("the buffers are too small")?;
    wifi.lend_messages(&mut messages);
    Ok(atwifi_selftest::run(
        &mut wifi,
        &mut StdClock::new(),
        settings,
        &mut |wifi| wifi.reset(),
        &mut |line| println!("{line}"),
    ))
}
