//! Servers of this machine, each with a configuration of its own on a port of its own.

mod certificates;
mod chrony;
mod coap;
mod curl;
mod mosquitto;
mod nginx;
mod redis;

pub use certificates::Certificates;
pub use chrony::Chrony;
pub use coap::{COAP_PORT, CoapClient};
pub use curl::Curl;
pub use mosquitto::Mosquitto;
pub use nginx::Nginx;
pub use redis::Redis;

use std::env;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Patience;

/// How often a port is tried that somebody else may take first.
const TRIES: usize = 5;
/// Where Debian keeps servers; a user's `PATH` often lacks it.
const SBIN: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// A program that is installed; if it is not, the test is skipped, but not where `CI=true`.
fn installed(program: &str, package: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .chain(SBIN.map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        let advice = format!("{program} is missing (apt-get install {package})");
        assert!(env::var("CI").as_deref() != Ok("true"), "{advice}");
        // Not by `eprintln`: what a test prints is not shown when it passes.
        let _ = writeln!(io::stderr(), "skipped: {advice}");
    }
    found
}

/// What a program prints; panics if it fails.
fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("an installed program runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
    output.stdout
}

/// A server that runs until this is dropped.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts a server that listens on the TCP port it is told, and waits until it does.
    fn on_free_port(command: impl Fn(u16) -> Command) -> Running {
        Self::when_ready(accepts, command)
    }

    /// The same for a server that is ready when `ready` says so.
    fn when_ready(ready: impl Fn(SocketAddr) -> bool, command: impl Fn(u16) -> Command) -> Running {
        for _ in 0..TRIES {
            let port = free_port();
            if let Some(server) = Self::on_port(port, &ready, command(port)) {
                return server;
            }
        }
        panic!("{:?} did not start {TRIES} times", command(0).get_program());
    }

    /// `None` if it ends instead of getting ready.
    fn on_port(
        port: u16,
        ready: impl Fn(SocketAddr) -> bool,
        mut command: Command,
    ) -> Option<Running> {
        let child = command.stdin(Stdio::null()).spawn();
        let mut server = Running {
            child: child.expect("an installed program starts"),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        };
        let patience = Patience::new();
        loop {
            let answers = ready(server.address);
            // Whoever answers, it is this server only as long as it has not given up the port.
            let ended = server.child.try_wait().expect("a child can be asked");
            if ended.is_some() {
                return None;
            }
            if answers {
                return Some(server);
            }
            patience.wait("the server gets ready");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn accepts(server: SocketAddr) -> bool {
    TcpStream::connect(server).is_ok()
}

/// A port that neither TCP nor UDP uses.
#[must_use]
pub fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its number");
        if UdpSocket::bind(address).is_ok() {
            return address.port();
        }
    }
}

fn write(folder: &Path, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, content).expect("a temporary folder can be written");
    file
}
