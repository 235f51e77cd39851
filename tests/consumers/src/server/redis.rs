use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Running, installed};

/// A Redis server that keeps nothing.
pub struct Redis {
    server: Running,
    _folder: TempDir,
}

impl Redis {
    /// `None` if it is not installed.
    pub fn start() -> Option<Self> {
        let program = installed("redis-server", "redis-server")?;
        let folder = TempDir::new().expect("a temporary folder");
        let server = Running::on_free_port(|port| command(&program, &folder, port));
        Some(Redis {
            server,
            _folder: folder,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }
}

fn command(program: &PathBuf, folder: &TempDir, port: u16) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::null());
    command
}
