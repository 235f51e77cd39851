//! A host that types command lines and looks at what comes back.
#![allow(dead_code, reason = "of another program")]

pub mod certificates;

use std::time::Duration;

use atwifi_simulator::{Config, MemoryNetwork, Port, Profile, Simulation};
use embedded_io::{Read, ReadReady, Write};

/// Longer than any command here takes.
pub const LONG: Duration = Duration::from_secs(5);

pub const SSID: &str = "home";
pub const PASSWORD: &str = "secret99";

pub struct Host {
    profile: Profile,
    pub simulation: Simulation,
    pub port: Port,
}

impl Host {
    /// A module that has just said that it is ready.
    pub fn new(config: Config, network: MemoryNetwork) -> Self {
        let mut host = Host::switched_on(config, network);
        host.simulation.advance(Duration::from_secs(1));
        host.read();
        host
    }

    /// A module that is booting.
    pub fn switched_on(config: Config, network: MemoryNetwork) -> Self {
        let profile = config.profile;
        let simulation = Simulation::new(config, network);
        let port = simulation.port();
        Host {
            profile,
            simulation,
            port,
        }
    }

    /// A station with an address, set up the way a host would, for several links.
    pub fn online(profile: Profile, network: MemoryNetwork) -> Self {
        let config = Config::new(profile).with_access_point(SSID, PASSWORD);
        Host::new(config, network).joined()
    }

    pub fn joined(mut self) -> Self {
        let lines = if self.profile.module() == "st67" {
            vec![
                "AT+CWMODE=1,0".to_owned(),
                format!("AT+CWJAP=\"{SSID}\",\"{PASSWORD}\""),
                "AT+CIPMUX=1".to_owned(),
                "AT+CIPRECVMODE=1".to_owned(),
                "AT+CIPDINFO=1".to_owned(),
            ]
        } else {
            vec![
                "ATE0".to_owned(),
                format!("AT+WSTAC=1,\"{SSID}\""),
                "AT+WSTAC=2,3".to_owned(),
                format!("AT+WSTAC=3,\"{PASSWORD}\""),
                "AT+WSTA=1".to_owned(),
            ]
        };
        for line in &lines {
            let reply = self.ask(line);
            assert!(reply.contains("OK\r\n"), "{line}: {reply:?}");
        }
        self
    }

    /// The station of an ST67W611M1 joins once more.
    pub fn joined_again(mut self) -> Self {
        let reply = self.ask(&format!("AT+CWJAP=\"{SSID}\",\"{PASSWORD}\""));
        assert!(reply.contains("+CW:GOTIP"), "{reply:?}");
        self
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.port.write_all(bytes).unwrap();
    }

    /// All that has arrived.
    pub fn read(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while self.port.read_ready().unwrap() {
            all.extend(self.read_once());
        }
        all
    }

    /// What one read returns.
    pub fn read_once(&mut self) -> Vec<u8> {
        let mut buffer = [0; 8192];
        let count = self.port.read(&mut buffer).unwrap();
        buffer[..count].to_vec()
    }

    /// Sends a line and returns all that arrives within a few seconds.
    pub fn ask(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes());
        self.wait()
    }

    pub fn wait(&mut self) -> String {
        self.simulation.advance(LONG);
        String::from_utf8_lossy(&self.read()).into_owned()
    }

    /// Plays a conversation: a line that is sent, and all that comes back.
    #[track_caller]
    pub fn play(&mut self, conversation: &[(&str, &str)]) {
        for (line, reply) in conversation {
            assert_eq!(self.ask(line), *reply, "answer to {line:?}");
        }
    }

    /// Opens a socket of a Microchip module, and returns its id.
    #[track_caller]
    pub fn open(&mut self) -> String {
        self.open_protocol(2)
    }

    /// Opens a socket for datagrams of a Microchip module, and returns its id.
    #[track_caller]
    pub fn open_udp(&mut self) -> String {
        self.open_protocol(1)
    }

    #[track_caller]
    fn open_protocol(&mut self, protocol: u8) -> String {
        let reply = self.ask(&format!("AT+SOCKO={protocol}"));
        let id = reply.strip_prefix("+SOCKO:");
        let id = id.and_then(|rest| rest.strip_suffix("\r\nOK\r\n"));
        id.unwrap_or_else(|| panic!("{reply:?}")).to_owned()
    }

    /// Opens a socket of a Microchip module and connects it to a service of the tests.
    #[track_caller]
    pub fn connect(&mut self, port: u16) -> String {
        let id = self.open();
        let reply = self.ask(&format!("AT+SOCKBR={id},\"192.168.101.110\",{port}"));
        assert!(reply.contains(&format!("+SOCKIND:{id},")), "{reply:?}");
        id
    }

    #[track_caller]
    pub fn expect(&mut self, reply: &str) {
        assert_eq!(self.wait(), reply);
    }
}

/// The address of the services in the tests.
pub fn server(port: u16) -> std::net::SocketAddr {
    ([192, 168, 101, 110], port).into()
}
