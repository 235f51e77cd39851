//! The command line.

mod faults;
mod surroundings;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use atwifi_simulator::{Config, HostNetwork, Profile};
use clap::{Args, Parser, ValueEnum};
use faults::FaultOptions;
pub use surroundings::Surroundings;

const EXAMPLES: &str = "\
Examples:
  Type AT commands by hand. Start the module on a pseudo-terminal and open the device that it
  prints; each line must end with CR LF:

      atwifi-simulator --pty --ap home:secret99 --transcript -
      picocom --omap crcrlf --echo /dev/pts/7

  then say AT+CWMODE=1 and AT+CWJAP=\"home\",\"secret99\". The Microchip module echoes what is
  typed and prompts with >:

      atwifi-simulator microchip --pty --ap home:secret99 --transcript -
      picocom --omap crcrlf /dev/pts/7

  then say AT+WSTAC=1,\"home\", AT+WSTAC=2,3, AT+WSTAC=3,\"secret99\" and AT+WSTA=1.

  Firmware in QEMU. The emulated UART becomes a client of the module's TCP port:

      atwifi-simulator --tcp 127.0.0.1:6700 --ap home:secret99 --host example.test=127.0.0.1
      qemu-system-arm -M mps2-an385 -nographic -kernel firmware.elf \\
          -serial mon:stdio -serial tcp:127.0.0.1:6700

  Firmware on a board. Wire a USB-serial adapter to the UART that the module would be on, and
  let socat carry the bytes, at the bit rate that the module has after a reset: 2000000 for st67,
  230400 for microchip:

      socat /dev/ttyUSB0,raw,echo=0,b230400 TCP:127.0.0.1:6700

  Let the module verify a TLS server. The firmware names the certificate with
  AT+CIPSSLCCONF=0,2,,,\"ca.crt\" or AT+TLSC=1,1,\"ca.crt\":

      atwifi-simulator --tcp 127.0.0.1:6700 --ap home:secret99 --file ca.crt=authority.pem

  Talk to firmware that listens: a port on which the module listens is the same port of this
  machine.

      nc 127.0.0.1 8080

  Let somebody use what the firmware offers: a station joins the access point that the module is,
  one Bluetooth LE device waits to be found, and another connects as soon as the module advertises:

      atwifi-simulator --tcp 127.0.0.1:6700 --station 02:00:00:00:00:01 \\
          --ble-peer 02:00:00:00:00:02=thermometer --ble-central 02:00:00:00:00:03

  Give the firmware a hard time: reads of one byte, a lost byte, a reset in the middle:

      atwifi-simulator --tcp 127.0.0.1:6700 --ap home:secret99 --fragment 1 --drop 300 \\
          --reset-after 1000

The module's network is this machine's, but only loopback addresses and the names given with
--host, unless --allow-any-network is given.";

/// A simulated AT-command Wi-Fi module, for trying firmware without hardware.
///
/// The module answers AT commands on a TCP port or a pseudo-terminal as the real one does on its
/// serial line, joins the access points it is given, and opens real connections on this machine.
/// It runs until it is interrupted.
#[derive(Debug, Parser)]
#[command(name = "atwifi-simulator", version, after_help = EXAMPLES)]
pub struct Options {
    /// The module to simulate.
    #[arg(value_enum, default_value_t = Module::St67)]
    module: Module,

    /// What its firmware does: reference, fw-2.0.75, fw-2.0.89, fw-2.0.97 or fw-2.0.106 for st67;
    /// reference, fw-0.2.0 or fw-0.3.2 for microchip. "reference" follows the vendor's document to
    /// the letter; the default is fw-2.0.75, which is known best, or fw-0.3.2.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    #[command(flatten)]
    pub wire: Wire,

    /// A name that the module can look up. May be repeated.
    #[arg(long = "host", value_name = "NAME=ADDRESS", value_parser = host)]
    hosts: Vec<(String, IpAddr)>,

    /// Puts a file into the module, such as a certificate or a private key in PEM or DER. May be
    /// repeated.
    #[arg(long = "file", value_name = "NAME=PATH", value_parser = file)]
    files: Vec<(String, PathBuf)>,

    /// Lets the module reach any address and look up any name that this machine can.
    #[arg(long)]
    allow_any_network: bool,

    /// The address that the module is told of whoever of this machine connects to it, such as one in the
    /// network of its access point; a loopback address if nothing is said.
    #[arg(long, value_name = "ADDRESS")]
    peers_from: Option<IpAddr>,

    /// Bit rate of the serial line; without it the line takes no time.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    baud: Option<u32>,

    /// Time that a command takes.
    #[arg(long, value_name = "MS", default_value_t = 1)]
    latency: u64,

    /// How often the firmware of the Microchip module looks at its serial line; 50 if nothing is
    /// said, and 0 is at once.
    #[arg(long, value_name = "MS")]
    poll: Option<u64>,

    /// Time from a reset to the first word of the firmware.
    #[arg(long, value_name = "MS", default_value_t = 850)]
    boot: u64,

    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Writes what crosses the wire to a file, or to standard output; passwords are masked.
    #[arg(long, value_name = "FILE|-")]
    pub transcript: Option<String>,

    /// Takes whatever comes as an update for an image of firmware; otherwise, an ST67W611M1 wants one
    /// with a header and the right hash.
    #[arg(long)]
    accept_any_update: bool,

    #[command(flatten)]
    pub surroundings: Surroundings,

    /// The access point is lost once, this long after the start.
    #[arg(long, value_name = "MS", help_heading = "Faults")]
    pub lose_link_after: Option<u64>,

    #[command(flatten)]
    faults: FaultOptions,
}

/// The modules that can be simulated.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Module {
    /// ST67W611M1
    St67,
    /// PIC32MZW1, as in the WFI32 modules
    Microchip,
}

impl Module {
    fn name(self) -> &'static str {
        match self {
            Module::St67 => "st67",
            Module::Microchip => "microchip",
        }
    }

    fn latest(self) -> Profile {
        match self {
            Module::St67 => Profile::St67Fw2_0_75,
            Module::Microchip => Profile::MicrochipFw0_3_2,
        }
    }
}

/// Where the module's serial line ends.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Wire {
    /// Listens on a TCP port; port 0 takes any that is free. The address is printed.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub tcp: Option<SocketAddr>,

    /// Makes a pseudo-terminal and prints the path of its device.
    #[cfg(unix)]
    #[arg(long)]
    pub pty: bool,
}

impl Options {
    /// The module as asked for.
    pub fn config(&self) -> anyhow::Result<Config> {
        let profile = match &self.profile {
            Some(name) => Profile::named(self.module.name(), name)?,
            None => self.module.latest(),
        };
        let mut usual = Config::new(profile);
        for (name, path) in &self.files {
            let content = std::fs::read(path);
            let content = content.with_context(|| format!("cannot read {}", path.display()))?;
            usual = usual.with_file(name, content);
        }
        Ok(Config {
            access_points: self.surroundings.access_points(),
            ble_peers: self.surroundings.ble_peers(),
            accepts_any_update: self.accept_any_update,
            baud: self.baud,
            latency: Duration::from_millis(self.latency),
            poll: self.poll.map_or(usual.poll, Duration::from_millis),
            boot: Duration::from_millis(self.boot),
            seed: self.seed,
            faults: self.faults.faults(),
            ..usual
        })
    }

    /// Its network as asked for.
    pub fn network(&self) -> HostNetwork {
        let mut network = HostNetwork::new().allow_any(self.allow_any_network);
        if let Some(address) = self.peers_from {
            network = network.peers_from(address);
        }
        let hosts = self.hosts.iter();
        hosts.fold(network, |network, (name, address)| {
            network.host(name, *address)
        })
    }
}

fn host(text: &str) -> Result<(String, IpAddr), String> {
    let usage = "write a name and its address, as in example.test=127.0.0.1";
    let (name, address) = text.split_once('=').ok_or(usage)?;
    let address = address.parse().map_err(|_| usage)?;
    Ok((name.to_owned(), address))
}

fn file(text: &str) -> Result<(String, PathBuf), String> {
    let usage = "write the name of a file in the module and a path, as in ca_01.crt=ca.pem";
    let (name, path) = text.split_once('=').ok_or(usage)?;
    Ok((name.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn the_help_explains_how_to_try_firmware() {
        let help = Options::command().render_long_help().to_string();
        for word in [
            "qemu-system-arm",
            "socat",
            "AT+CWJAP",
            "AT+WSTAC",
            "--fragment",
            "--file",
            "--pty",
        ] {
            assert!(help.contains(word), "{word} is missing");
        }
    }
}
