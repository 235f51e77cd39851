use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{installed, write};

/// An HTTP client that asks a server of this machine.
pub struct Curl {
    child: Child,
    folder: TempDir,
}

/// The file with what is posted.
const POSTED: &str = "posted";

impl Curl {
    /// Asks for these paths, one behind the other on one connection.
    ///
    /// `None` if it is not installed.
    #[must_use]
    pub fn get(port: u16, paths: &[&str]) -> Option<Self> {
        Self::start(port, paths, |_| {})
    }

    /// Asks for these paths at the same time, each on a connection of its own.
    ///
    /// `None` if it is not installed.
    #[must_use]
    pub fn get_at_once(port: u16, paths: &[&str]) -> Option<Self> {
        Self::start(port, paths, |command| {
            command.args(["--parallel", "--parallel-immediate"]);
        })
    }

    /// Posts this to the path.
    ///
    /// `None` if it is not installed.
    #[must_use]
    pub fn post(port: u16, path: &str, content: &[u8]) -> Option<Self> {
        Self::start(port, &[path], |command| {
            let folder = command.get_current_dir().expect("it has one");
            write(folder, POSTED, content);
            command.args(["--data-binary", &format!("@{POSTED}")]);
        })
    }

    fn start(port: u16, paths: &[&str], more: impl FnOnce(&mut Command)) -> Option<Self> {
        let program = installed("curl", "curl")?;
        let folder = TempDir::new().expect("a temporary folder");
        let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = Command::new(program);
        command.current_dir(&folder);
        // Without a user's settings and proxies, and without asking whether a body is wanted.
        command.args(["--disable", "--noproxy", "*", "--header", "Expect:"]);
        command.args(["--fail", "--no-progress-meter", "--max-time", "20"]);
        more(&mut command);
        for (number, path) in paths.iter().enumerate() {
            command.args(["--output", &number.to_string()]);
            command.arg(format!("http://{server}/{path}"));
        }
        let child = command.stdin(Stdio::null()).spawn();
        Some(Curl {
            child: child.expect("an installed program starts"),
            folder,
        })
    }

    /// Whether it has its answers, or has given up.
    pub fn is_done(&mut self) -> bool {
        let ended = self.child.try_wait().expect("a child can be asked");
        ended.is_some()
    }

    /// What it was given for the path of this number.
    #[must_use]
    pub fn answer(&self, number: usize) -> Vec<u8> {
        fs::read(self.folder.path().join(number.to_string())).expect("an answer")
    }
}

impl Drop for Curl {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
