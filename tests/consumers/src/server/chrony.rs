use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::{Running, installed, write};

/// An NTP server that tells the time of this machine and leaves its clock alone.
pub struct Chrony {
    server: Running,
    _folder: TempDir,
}

impl Chrony {
    /// How far it says it is from a clock that needs no server.
    pub const STRATUM: u8 = 8;

    /// `None` if it is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        let program = installed("chronyd", "chrony")?;
        let folder = TempDir::new().expect("a temporary folder");
        let server = Running::when_ready(answers, |port| command(&program, &folder, port));
        Some(Chrony {
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

/// Whether a client of this machine gets an answer.
fn answers(server: SocketAddr) -> bool {
    const WAIT: Duration = Duration::from_millis(100);
    let mut request = [0; 48];
    // The fourth version of the protocol; a client.
    request[0] = 4 << 3 | 3;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.set_read_timeout(Some(WAIT)).expect("some time");
    let asked = socket.connect(server).and_then(|()| socket.send(&request));
    asked.is_ok() && socket.recv(&mut request).is_ok()
}

fn command(program: &PathBuf, folder: &TempDir, port: u16) -> Command {
    let settings = format!(
        "port {port}\n\
         cmdport 0\n\
         bindaddress 127.0.0.1\n\
         bindcmdaddress /\n\
         pidfile {}/pid\n\
         allow 127.0.0.1\n\
         local stratum {}\n",
        folder.path().display(),
        Chrony::STRATUM,
    );
    let settings = write(folder.path(), "chrony.conf", settings);
    let mut command = Command::new(program);
    // In the foreground, without touching the clock, and by any user.
    command.args(["-d", "-x", "-U", "-f"]).arg(settings);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}
