use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::{Certificates, Running, accepts, installed, output, write};

/// An MQTT broker that lets anybody in and keeps nothing.
pub struct Mosquitto {
    program: PathBuf,
    folder: TempDir,
    settings: String,
    server: Option<Running>,
    address: SocketAddr,
}

impl Mosquitto {
    /// `None` if it is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(String::new())
    }

    /// One that speaks TLS, and nothing else.
    ///
    /// `None` if it is not installed.
    pub fn start_secured(certificates: &Certificates) -> Option<Self> {
        // Started by root it would become a user who cannot read the key.
        Self::start_with(format!(
            "user root\ncertfile {}\nkeyfile {}\n",
            certificates.server().display(),
            certificates.server_key().display(),
        ))
    }

    fn start_with(settings: String) -> Option<Self> {
        let program = installed("mosquitto", "mosquitto")?;
        let folder = TempDir::new().expect("a temporary folder");
        let server = Running::on_free_port(|port| command(&program, &folder, &settings, port));
        Some(Mosquitto {
            program,
            address: server.address,
            server: Some(server),
            settings,
            folder,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it, and starts one on the same port that has forgotten everything.
    pub fn restart(&mut self) {
        self.server = None;
        let port = self.address.port();
        let command = command(&self.program, &self.folder, &self.settings, port);
        self.server =
            Some(Running::on_port(port, accepts, command).expect("its port is still free"));
    }

    /// Another client publishes each line as a message.
    ///
    /// `None` if there is none installed.
    #[must_use]
    pub fn publish_lines(&self, topic: &str, lines: &[String]) -> Option<()> {
        let mut publisher = self.client("mosquitto_pub", topic)?;
        let input = write(self.folder.path(), "lines", lines.join("\n"));
        let input = File::open(input).expect("what was written");
        output(publisher.args(["-q", "1", "-l"]).stdin(input));
        Some(())
    }

    /// The retained message that another client gets.
    ///
    /// `None` if there is none installed.
    #[must_use]
    pub fn kept_message(&self, topic: &str) -> Option<Vec<u8>> {
        let mut subscriber = self.client("mosquitto_sub", topic)?;
        Some(output(subscriber.args(["-C", "1", "-N"])))
    }

    fn client(&self, program: &str, topic: &str) -> Option<Command> {
        let mut command = Command::new(installed(program, "mosquitto-clients")?);
        let port = self.address.port().to_string();
        command.args(["-V", "5", "-p", &port, "-t", topic]);
        Some(command)
    }
}

fn command(program: &PathBuf, folder: &TempDir, settings: &str, port: u16) -> Command {
    let settings = format!(
        "listener {port} 127.0.0.1\n\
         allow_anonymous true\n\
         persistence false\n\
         log_type error\n\
         log_type warning\n\
         {settings}"
    );
    let settings = write(folder.path(), "mosquitto.conf", settings);
    let mut command = Command::new(program);
    command.arg("-c").arg(settings);
    command
}
