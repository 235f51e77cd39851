//! Joins Wi-Fi through a module, resolves a name and fetches a page over `embedded-nal`.
//!
//! Without arguments: from a small HTTP server on this machine, through a simulated module. With
//! `--port`: through a real one.

mod demo;
mod http;
mod serial;
mod trace;

use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use atwifi::{StdClock, Transport, st67};
use clap::Parser;
use http::Url;
use trace::Traced;

/// Joins Wi-Fi through an ST67W611M1, resolves a name and fetches a page.
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
    /// The serial port of a real module, such as /dev/ttyACM0 or COM3.
    #[arg(long, requires_all = ["ssid", "password", "url"])]
    port: Option<String>,
    /// Its baud rate; the firmware's UART build talks at 2000000.
    #[arg(long, default_value_t = 2_000_000)]
    baud: u32,
    /// The access point.
    #[arg(long)]
    ssid: Option<String>,
    /// Its password; empty for an open network.
    #[arg(long)]
    password: Option<String>,
    /// The firmware of the simulated module: "reference" or "fw-2.0.75".
    #[arg(long, default_value = "fw-2.0.75", conflicts_with = "port")]
    profile: atwifi_simulator::Profile,
}

const EXAMPLES: &str = "\
Examples:
  cargo run --example fetch
      everything simulated, ends with the page
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
    let ssid = options.ssid.as_deref().unwrap_or(demo::SSID);
    let password = options.password.as_deref().unwrap_or(demo::PASSWORD);
    if let Some(port) = &options.port {
        let url = options.url.context("a real module needs a URL")?;
        let page = fetch(serial::open(port, options.baud)?, ssid, password, &url)?;
        return show(&page);
    }
    let demo = demo::start(options.profile)?;
    let url = options.url.as_ref().unwrap_or(&demo.url);
    let page = fetch(demo.module.port(), ssid, password, url)?;
    ensure!(
        url != &demo.url || page == demo::PAGE.as_bytes(),
        "the page is not the one that was served"
    );
    show(&page)
}

/// The main job: a transport becomes a network, and the network a page.
fn fetch<T: Transport>(transport: T, ssid: &str, password: &str, url: &Url) -> Result<Vec<u8>>
where
    T::Error: Send + Sync + 'static,
{
    let (mut line, mut read_ahead) = ([0; 1024], [[0; 512]; 1]);
    let transport = Traced::new(transport, password);
    let mut module = st67::Module::new(transport, StdClock::new(), &mut line, &mut read_ahead)?;
    module.reset().context("the module does not start")?;
    let address = module
        .join(ssid, password)
        .with_context(|| format!("cannot join \"{ssid}\""))?;
    eprintln!("joined \"{ssid}\" as {address}");
    http::get(&mut module, url)
}

fn show(page: &[u8]) -> Result<()> {
    if page.is_empty() {
        bail!("the page is empty");
    }
    println!("{}", String::from_utf8_lossy(page).trim_end());
    Ok(())
}
